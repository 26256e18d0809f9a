//! How a conversation goes: who writes what, who answers when, and what is done about it beside.

mod staff;

use super::cast::{Calendar, Customer, Language, WORKERS, ZARA, language_of};
use super::dice::Dice;
use super::plan::{Body, Came, Deed, FileKind, News, Plan, What};
use super::shop;
use super::texts::{self, Slots, TOPICS, book, staff};
use crate::domain::conversation::Summary;
use crate::domain::message::Template;
use crate::domain::moment::{HOUR_MS, MINUTE_MS, Moment};

/// After how long free text is not possible any more; a little less than the provider's 24 hours.
const WINDOW_MS: i64 = 24 * HOUR_MS - 10 * MINUTE_MS;

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
        let wanted = self.dice.around(4.6, 0.95).clamp(1.0, 46.0) as usize;
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
        if self.dice.percent(72.0) {
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
                    shop::SKUS[0].to_owned(), // a constant list with entries
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

    /// Somebody at work answers after a wait; whoever held it hands over before, if they are not
    /// there.
    fn answer(&mut self, section: &str, wait_ms: i64) {
        let Some(worker) = self.find_worker(wait_ms) else {
            return;
        };
        let Some(person) = WORKERS.get(worker) else {
            return;
        };
        let slots = &mut self.slots;
        slots.retain(|(place, _)| *place != "agent");
        let first = person.name.split(' ').next().unwrap_or_default();
        slots.push(("agent", first.to_owned()));
        if self.at.ms_since(self.heard.0) > WINDOW_MS {
            return self.prepared();
        }
        if section == "answer.first" || self.dice.percent(40.0) {
            self.look();
        }
        let topic = self.topic();
        let section = match section {
            "answer.first" if self.dice.percent(40.0) => "ask".to_owned(),
            "answer.first" => format!("{topic}.answer"),
            "go.on" => match self.dice.below(4) {
                0 => "wait".to_owned(),
                1 => format!("{topic}.answer"),
                _ => "update".to_owned(),
            },
            other => other.to_owned(),
        };
        let text = book(self.answers_in()).say(&mut self.dice, &section, &self.slots);
        let quotes = Some(self.heard.1).filter(|_| self.dice.percent(9.0));
        self.replies(text, quotes);
        if section == "wait" {
            let more = self.dice.wait(5.0, 0.7, 25.0);
            self.at = self.at.plus_ms(more);
            let text = book(self.answers_in()).say(&mut self.dice, "update", &self.slots);
            self.replies(text, None);
        }
    }

    /// The language the owner answers in: the customer's, if they speak it.
    fn answers_in(&self) -> Language {
        let wanted = language_of(&self.customer.wa_id);
        let speaks = self
            .owner
            .and_then(|owner| WORKERS.get(owner))
            .map(|worker| worker.speaks);
        match speaks {
            Some(speaks) if !speaks.contains(&wanted) => Language::English,
            _ => wanted,
        }
    }

    /// Opens the conversation before answering.
    fn look(&mut self) {
        self.member(self.at, Deed::View);
        if self.story.day_of(self.at) >= shop::READ_MARKS_FROM {
            let no = self.heard.1;
            self.plan.add(
                self.at.plus_ms(900),
                self.chat,
                What::Deed(self.owner.unwrap_or(ZARA), Deed::MarkRead(no)),
            );
        }
        let reading = self.dice.between(9_000, 70_000);
        self.at = self.at.plus_ms(reading);
    }

    /// The owner writes now; the outbox and the provider do their part.
    pub fn replies(&mut self, text: String, quotes: Option<usize>) {
        let no = self.no;
        self.no += 1;
        self.member(self.at, Deed::Reply(no, text, quotes));
        self.sent(no);
    }

    /// The owner sends a template now.
    pub fn sends(&mut self, template: Template) {
        let no = self.no;
        self.no += 1;
        self.member(self.at, Deed::Prepared(no, Box::new(template)));
        self.sent(no);
    }

    /// The way of message `no` from the outbox to the customer's phone.
    fn sent(&mut self, no: usize) {
        self.answered = Some(no);
        let (chat, mut at) = (self.chat, self.at.plus_ms(180));
        self.plan.add(at, chat, What::Attempt(no));
        if self.story.outage(at) {
            while self.story.outage(at) {
                let wait_ms = 240_000;
                self.plan.add(
                    at.plus_ms(300),
                    chat,
                    What::Settle(no, Came::Later(wait_ms)),
                );
                at = at.plus_ms(wait_ms + 1_500);
                self.plan.add(at, chat, What::Attempt(no));
            }
        } else if self.dice.percent(0.3) {
            self.plan
                .add(at.plus_ms(9_000), chat, What::Settle(no, Came::Lost));
            self.plan.add(
                at.plus_ms(12_000),
                chat,
                What::News(News::Status(no, "sent", None)),
            );
            return;
        }
        self.plan
            .add(at.plus_ms(420), chat, What::Settle(no, Came::Taken));
        if self.dice.percent(0.7) {
            at = at.plus_ms(4_000);
            self.plan.add(
                at,
                chat,
                What::News(News::Status(no, "failed", Some(131_026))),
            );
            if self.dice.percent(40.0) {
                self.again(no, at);
            }
            return;
        }
        self.arrives(no, at);
    }

    /// What the provider tells of a message that was taken. An open chat is read at once, and then
    /// no delivery is told.
    fn arrives(&mut self, no: usize, taken_at: Moment) {
        let chat = self.chat;
        let delivered = taken_at.plus_ms(self.dice.between(1_500, 9_000));
        let read = self.dice.percent(78.0);
        if !(read && self.dice.percent(40.0)) {
            self.plan.add(
                delivered,
                chat,
                What::News(News::Status(no, "delivered", None)),
            );
        }
        if read {
            let read = delivered.plus_ms(self.dice.wait(2.0, 1.4, 300.0));
            self.plan
                .add(read, chat, What::News(News::Status(no, "read", None)));
        }
    }

    /// The owner presses Retry; the message gets another name at the provider.
    fn again(&mut self, no: usize, failed_at: Moment) {
        let Some(owner) = self.owner else { return };
        let at = failed_at.plus_ms(self.dice.wait(6.0, 0.6, 20.0));
        self.plan
            .add(at, self.chat, What::Deed(owner, Deed::Retry(no)));
        self.plan.add(at.plus_ms(200), self.chat, What::Attempt(no));
        self.plan.add(
            at.plus_ms(700),
            self.chat,
            What::Settle(no, Came::TakenAgain),
        );
        self.arrives(no + AGAIN, at.plus_ms(700));
    }

    /// A template, because the window has closed; most customers tap its button.
    fn prepared(&mut self) {
        let first = self
            .customer
            .name
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
        let order = texts::fill("{order}", &self.slots);
        let template = shop::parcel_news(self.answers_in(), &first, &order);
        let button = template.buttons.first().cloned().unwrap_or_default();
        self.look();
        self.sends(template);
        if self.dice.percent(70.0) {
            self.gap(30.0, 1.0, 600.0);
            self.says(Body::Tap(button));
            let wait = self.dice.wait(5.0, 0.7, 60.0);
            if self.find_worker(wait).is_some() && self.at.ms_since(self.heard.0) < WINDOW_MS {
                self.look();
                let text = book(self.answers_in()).say(&mut self.dice, "update", &self.slots);
                self.replies(text, None);
            }
        }
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
    fn gap(&mut self, median: f64, spread: f64, most: f64) {
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
