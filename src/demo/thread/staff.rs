//! The staff's side of a thread: who takes it, who inherits it, what is done beside it, how it ends.

use super::*;

impl Thread<'_> {
    /// Who answers, and when: the owner if at work soon, else somebody who is, after a hand-over.
    pub(super) fn find_worker(&mut self, wait_ms: i64) -> Option<usize> {
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
    pub(super) fn hand_over(&mut self, from: usize, to: usize) {
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

    /// Notes, escalation, a ticket: what is done beside the conversation.
    pub(super) fn beside(&mut self) {
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
    pub(super) fn finish(&mut self) {
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

    pub(super) fn close_spam(&mut self) -> Moment {
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
}
