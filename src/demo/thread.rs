//! How a conversation goes: who writes what, who answers when, and what is done about it beside.

use super::cast::{Calendar, Customer, Language, WORKERS, ZARA};
use super::dice::Dice;
use super::plan::{Body, Deed, FileKind, News, Plan, What};
use super::shop;
use super::texts::{Slots, TOPICS, book, staff};
use crate::domain::conversation::Summary;
use crate::domain::moment::{HOUR_MS, MINUTE_MS, Moment};

/// A message that is sent again gets the name of the message this much later.
pub const AGAIN: usize = 30_000;

/// A conversation while it is being thought out.
pub struct Thread<'a> {
    /// Where its steps go.
    pub plan: &'a mut Plan,
    /// The days of the story.
    pub story: &'a Calendar,
    /// Its own dice.
    pub dice: Dice,
    /// Which chat.
    pub chat: usize,
    /// With whom.
    pub customer: &'a Customer,
    /// What goes into the places of sentences.
    pub slots: Slots,
    /// The topic's place among [`TOPICS`].
    pub topic: usize,
    /// The customer mixes English in.
    pub mixes: bool,
    /// The customer is angry.
    pub angry: bool,
    /// It ends with the customer writing again.
    pub comes_back: bool,
    /// The present of the thread.
    pub at: Moment,
    /// The number of the next message.
    pub no: usize,
    /// Who holds it.
    pub owner: Option<usize>,
    /// When the customer wrote last, and which message.
    pub heard: (Moment, usize),
    /// The newest message of ours.
    pub answered: Option<usize>,
    /// When a member did something last.
    pub acted: Moment,
    /// Since when it is open; nothing while it is closed.
    pub open_since: Option<Moment>,
}

impl Thread<'_> {
    /// Thinks the whole conversation out; answers when its last step is.
    pub fn run(&mut self) -> Moment {
        let wanted = self.dice.around(3.7, 0.85).clamp(1.0, 46.0) as usize;
        self.open();
        if self.topic() == "spam" {
            return self.close_spam();
        }
        let day = self.story.day_of(self.at);
        let rush = if self.story.rush(day) > 3.0 {
            6.0
        } else {
            self.story.rush(day)
        };
        let wait = self.dice.wait(6.0 * rush, 0.9, 600.0);
        self.answer("answer.first", wait);
        self.beside();
        let mut turns = 0;
        while self.no + 2 < wanted {
            self.customer_turn(turns);
            let pace = self
                .owner
                .and_then(|owner| WORKERS.get(owner))
                .map_or(1.0, |w| w.pace);
            let wait = self.dice.wait(4.0 * pace * rush.sqrt(), 1.0, 240.0);
            self.answer(if self.angry { "sorry" } else { "go.on" }, wait);
            turns += 1;
        }
        if self.dice.percent(50.0) {
            self.gap(2.0, 1.6, 400.0);
            let thanks = self.words("ok");
            self.says(Body::Text(thanks));
            if self.dice.percent(45.0) {
                self.answer("bye", MINUTE_MS);
            }
        }
        self.finish();
        if self.comes_back {
            let away = self.dice.between(HOUR_MS, 30 * HOUR_MS);
            self.at = self.at.plus_ms(away);
            let again = self.words("again");
            self.says(Body::Text(again));
            let wait = self.dice.wait(8.0, 0.9, 300.0);
            self.answer("update", wait);
            self.gap(4.0, 1.2, 200.0);
            let thanks = self.words("ok");
            self.says(Body::Text(thanks));
            self.finish();
        }
        self.at
    }

    /// A conversation that is under way at the end of the story: with a worker, or with nobody.
    pub fn left_open(&mut self, worker: Option<usize>, turns: usize) {
        self.open();
        let Some(worker) = worker else { return };
        self.owner = Some(worker);
        for turn in 0..turns {
            let wait = self.dice.wait(1.5, 0.4, 4.0);
            self.at = self.at.plus_ms(wait);
            if turn == 0 {
                self.look();
                self.beside();
            }
            if turn % 2 == 0 {
                let section = if self.angry { "sorry" } else { "ask" };
                let text = book(self.answers_in()).say(&mut self.dice, section, &self.slots);
                self.replies(text, None);
            } else {
                let text = self.words("give");
                self.says(Body::Text(text));
            }
        }
    }

    /// What it is about.
    pub fn topic(&self) -> &'static str {
        TOPICS.get(self.topic).map_or("where", |(topic, _)| topic)
    }

    fn open(&mut self) {
        let topic = self.topic();
        let open = match topic {
            "spam" => book(Language::English).say(&mut self.dice, "spam.open", &self.slots),
            _ => self.words(&format!("{topic}.open")),
        };
        let greeting = self.words("greeting");
        match self.dice.below(10) {
            0..5 if topic != "spam" => self.says(Body::Text(format!("{greeting}, {open}"))),
            5 | 6 if topic != "spam" => {
                self.says(Body::Text(greeting));
                self.gap(0.4, 0.5, 2.0);
                self.says(Body::Text(open));
            }
            _ if topic == "product" && self.dice.percent(16.0) => self.says(Body::FromAd(open)),
            _ => self.says(Body::Text(open)),
        }
        let market = self.customer.market;
        match topic {
            "damaged" if self.dice.percent(62.0) => self.photo(),
            "return" if self.dice.percent(25.0) => self.photo(),
            "product" if self.dice.percent(9.0) => {
                self.gap(0.5, 0.5, 3.0);
                self.says(Body::Basket(
                    shop::SKUS[0].to_owned(), // a constant with several
                    market.price,
                    market.currency,
                ));
            }
            "address" if self.dice.percent(40.0) => {
                self.gap(0.5, 0.5, 3.0);
                let city = self.dice.one(market.cities).copied().unwrap_or("Lahore");
                self.says(Body::Place(city));
            }
            "wholesale" if self.dice.percent(50.0) => {
                self.gap(0.5, 0.5, 3.0);
                let (name, number) = (self.customer.name.clone(), self.customer.wa_id.clone());
                self.says(Body::Card(name, number));
            }
            _ if topic != "spam" && self.dice.percent(5.0) => self.photo(),
            _ if topic != "spam" && self.dice.percent(6.0) => self.voice(),
            _ if self.dice.percent(0.9) => self.says(Body::Unsupported),
            _ => {}
        }
    }

    fn photo(&mut self) {
        self.gap(0.5, 0.5, 3.0);
        let caption = self.words("caption");
        let no = self.no;
        self.says(Body::Photo(caption));
        let fetched = self.at.plus_ms(1_400);
        self.plan
            .add(fetched, self.chat, What::Fetched(no, FileKind::Picture));
    }

    /// A voice note.
    pub fn voice(&mut self) {
        self.gap(0.5, 0.5, 3.0);
        let no = self.no;
        self.says(Body::Voice);
        let fetched = self.at.plus_ms(1_400);
        self.plan
            .add(fetched, self.chat, What::Fetched(no, FileKind::Voice));
    }

    fn customer_turn(&mut self, turn: usize) {
        if turn == 0 && self.dice.percent(8.0) && self.owner.is_some() {
            let soon = self.at.plus_ms(20_000);
            self.member(soon, Deed::Wait);
        }
        self.gap(3.0, 1.9, 1_300.0);
        let section = match turn {
            0 => "give",
            _ if self.angry && self.dice.percent(55.0) => "angry",
            _ if self.dice.percent(25.0) => "ok",
            _ => "push",
        };
        let text = self.words(section);
        self.says(Body::Text(text));
        if self.dice.percent(15.0) {
            self.gap(0.3, 0.6, 4.0);
            let text = self.words("push");
            self.says(Body::Text(text));
        }
        match self.dice.below(100) {
            0 => {
                let (no, text) = (self.no - 1, self.words("push"));
                self.gap(0.4, 0.3, 2.0);
                self.plan
                    .add(self.at, self.chat, What::News(News::Edit(no, text)));
            }
            1 => {
                let no = self.no - 1;
                self.gap(0.6, 0.3, 2.0);
                self.plan
                    .add(self.at, self.chat, What::News(News::Revoke(no)));
            }
            2..5 => {
                if let Some(no) = self.answered {
                    let sign = self
                        .dice
                        .one(&["👍", "🙏", "❤️", "😡"])
                        .copied()
                        .unwrap_or("👍");
                    self.plan
                        .add(self.at, self.chat, What::News(News::Reaction(no, sign)));
                }
            }
            5 => self.photo(),
            _ => {}
        }
    }

    /// The customer writes now.
    pub fn says(&mut self, body: Body) {
        let quotes = self.answered.filter(|_| self.dice.percent(8.0));
        self.says_to(body, quotes);
    }

    /// The customer writes now, maybe in answer to a message.
    pub fn says_to(&mut self, body: Body, quotes: Option<usize>) {
        let no = self.no;
        self.no += 1;
        self.heard = (self.at, no);
        self.open_since = self.open_since.or(Some(self.at));
        self.plan.add(
            self.at,
            self.chat,
            What::News(News::Message { no, body, quotes }),
        );
    }

    /// The customer does something to a message.
    pub fn tells(&mut self, news: News) {
        self.plan.add(self.at, self.chat, What::News(news));
    }

    /// Notes, escalation, a ticket: what is done beside the conversation.
    fn beside(&mut self) {
        let staff = staff();
        if self.dice.percent(11.0) {
            let note = staff.say(&mut self.dice, "note", &self.slots);
            self.member(self.at.plus_ms(45_000), Deed::Note(note));
        }
        if self.angry {
            let (level, reason) = (
                1 + self.dice.below(2) as u8,
                staff.say(&mut self.dice, "escalate", &self.slots),
            );
            self.member(self.at.plus_ms(70_000), Deed::Escalate(level, reason));
            if self.dice.percent(40.0) {
                let seen = self.dice.within(self.at.plus_ms(120_000), 40 * MINUTE_MS);
                self.plan.add(seen, self.chat, What::Deed(ZARA, Deed::View));
            }
        }
        if self.dice.percent(2.0) {
            self.member(self.at.plus_ms(30_000), Deed::ViewContact);
        } else if self.dice.percent(1.5) {
            let until = self.at.plus_ms(3 * HOUR_MS);
            self.member(self.at.plus_ms(30_000), Deed::Snooze(until));
        }
        let likely = match self.topic() {
            "where" if self.story.strike(self.story.day_of(self.at)) => 55.0,
            "where" => 24.0,
            "return" | "refund" => 46.0,
            "damaged" => 72.0,
            "payment" => 18.0,
            "address" | "cancel" => 12.0,
            _ => 0.0,
        };
        if self.dice.percent(likely) {
            shop::ticket(self);
        }
    }

    /// Tags and a summary; it is closed by whoever holds it.
    fn finish(&mut self) {
        let Some(owner) = self.owner else { return };
        let wait = self.dice.wait(9.0, 0.9, 50.0);
        self.at = self.at.plus_ms(wait);
        // Those who left no longer close anything.
        let gone = WORKERS
            .get(owner)
            .is_some_and(|worker| worker.days.1 < self.story.day_of(self.at));
        let by = if gone { ZARA } else { owner };
        let tags = shop::tags(self);
        self.plan
            .add(self.at, self.chat, What::Deed(by, Deed::Tag(tags)));
        let (topic, staff) = (self.topic(), staff());
        let mut say = |section: &str| staff.say(&mut self.dice, section, &self.slots);
        let summary = Summary {
            issue: say(&format!("{topic}.issue")),
            actions: say(&format!("{topic}.actions")),
            outcome: say("outcome"),
            next_step: say("next"),
        };
        self.at = self.at.plus_ms(15_000);
        self.plan
            .add(self.at, self.chat, What::Deed(by, Deed::Close(summary)));
        self.acted = self.at;
        self.open_since = None;
    }

    fn close_spam(&mut self) -> Moment {
        let wait = self.dice.wait(20.0, 0.8, 200.0);
        let Some(by) = self.find_worker(wait) else {
            return self.at;
        };
        self.member(self.at, Deed::View);
        self.at = self.at.plus_ms(8_000);
        self.plan.add(
            self.at,
            self.chat,
            What::Deed(by, Deed::Tag("spam".to_owned())),
        );
        let staff = staff();
        let mut say = |section: &str| staff.say(&mut self.dice, section, &self.slots);
        let summary = Summary {
            issue: say("spam.issue"),
            actions: say("spam.actions"),
            outcome: say("spam.outcome"),
            next_step: String::new(),
        };
        self.at = self.at.plus_ms(6_000);
        self.plan
            .add(self.at, self.chat, What::Deed(by, Deed::Close(summary)));
        self.at
    }

    /// Whoever holds it does something.
    pub fn member(&mut self, at: Moment, deed: Deed) {
        if let Some(owner) = self.owner {
            self.plan.add(at, self.chat, What::Deed(owner, deed));
            self.at = self.at.max(at);
            self.acted = self.at;
        }
    }

    /// Time passes.
    pub fn gap(&mut self, median: f64, spread: f64, most: f64) {
        let wait = self.dice.wait(median, spread, most);
        self.at = self.at.plus_ms(wait);
    }

    fn words(&mut self, section: &str) -> String {
        let language = self.customer.language;
        let mixed = self.mixes && self.dice.percent(40.0) && !section.ends_with(".open");
        let language = if mixed { Language::English } else { language };
        book(language).say(&mut self.dice, section, &self.slots)
    }
}
