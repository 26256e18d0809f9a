//! How the desk answers: who does, in which language, and the message's way from the outbox to the
//! customer's phone.

use super::cast::{Language, WORKERS, ZARA, language_of};
use super::plan::Body;
use super::plan::{Came, Deed, News, What};
use super::shop;
use super::texts::{self, book, staff};
use super::thread::{AGAIN, Thread};
use crate::domain::message::Template;
use crate::domain::moment::{HOUR_MS, MINUTE_MS, Moment};

/// After how long free text is not possible any more; a little less than the provider's 24 hours.
const WINDOW_MS: i64 = 24 * HOUR_MS - 10 * MINUTE_MS;

impl Thread<'_> {
    /// Somebody at work answers after a wait; whoever held it hands over before, if they are not
    /// there.
    pub fn answer(&mut self, section: &str, wait_ms: i64) {
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
    pub fn answers_in(&self) -> Language {
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
    pub fn look(&mut self) {
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

    /// Who answers, and when: the owner if at work soon, else somebody who is, after a hand-over.
    pub fn find_worker(&mut self, wait_ms: i64) -> Option<usize> {
        let language = language_of(&self.customer.wa_id);
        let wanted = self.at.plus_ms(wait_ms);
        let mut best: Option<(Moment, u64, usize)> = None;
        for (place, worker) in WORKERS
            .iter()
            .enumerate()
            .filter(|(_, worker)| !worker.speaks.is_empty())
        {
            let own = self.owner == Some(place);
            if !own && !worker.speaks.contains(&language) {
                continue;
            }
            let Some((from, _)) = worker.next_shift(self.story, wanted) else {
                continue;
            };
            // The owner keeps it unless somebody else is there hours before.
            let patience = if own { 2 * HOUR_MS } else { 0 };
            let queue = if from > wanted {
                from.plus_ms(self.dice.wait(14.0, 0.8, 180.0))
            } else {
                wanted
            };
            let found = (Moment(queue.0 - patience), self.dice.number(), place);
            if best.is_none_or(|best| found < best) {
                best = Some(found);
            }
        }
        let (at, _, place) = best?;
        let own = self.owner == Some(place);
        self.at = if own {
            at.plus_ms(2 * HOUR_MS).max(wanted)
        } else {
            at.max(wanted)
        };
        match self.owner {
            Some(owner) if owner != place => self.hand_over(owner, place),
            _ => {}
        }
        self.owner = Some(place);
        Some(place)
    }

    /// Passes it on: mostly when the shift ended, else just before the other one answers.
    fn hand_over(&mut self, from: usize, to: usize) {
        let Some(worker) = WORKERS.get(from) else {
            return;
        };
        let staff = staff();
        let gone_home = worker
            .last_end(self.story, self.at)
            .map(|end| end.plus_ms(-3 * MINUTE_MS).max(self.acted.plus_ms(30_000)))
            .filter(|when| self.open_since.is_some_and(|open| open < *when))
            .filter(|when| when.0 < self.at.0 - 20_000);
        let there = worker.works_on(self.story, self.story.day_of(self.at));
        let now = self.at.plus_ms(-40_000).max(self.heard.0.plus_ms(2_000));
        // Who is not in today cannot hand over any more; the lead does.
        let (by, when, section) = match gone_home {
            Some(when) => (from, when, "handover"),
            None if there => (from, now, "handover"),
            None => (ZARA, now, "assign"),
        };
        self.at = self.at.max(when.plus_ms(20_000));
        if by == from && self.dice.percent(22.0) {
            let note = staff.say(&mut self.dice, "note", &self.slots);
            self.plan
                .add(when, self.chat, What::Deed(by, Deed::Note(note)));
        }
        let reason = staff.say(&mut self.dice, section, &self.slots);
        self.plan
            .add(when, self.chat, What::Deed(by, Deed::Assign(to, reason)));
        self.owner = Some(to);
    }
}
