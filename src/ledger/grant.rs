//! Granting: each wish alone, although many share a transaction. A wish that is refused has written
//! nothing yet. One that fails while it is being written is rare: then the transaction begins anew,
//! and what was granted before is written once more, from its facts.
//!
//! 2026-11-22: a savepoint around every wish did the same and cost a fifth of all recording, as
//! SQLite keeps a copy of each page that is changed within one. Those that share a transaction with
//! a wish that failed still get one, so that many failures do not cost many repetitions.

use super::Wish;
use super::append::{Tail, append, size};
use super::door::{Doorkeeper, Happened, Receipt};
use super::now::{Now, Picture};
use super::writer::Book;
use crate::domain::actor::{Door, Who};
use crate::domain::event::{Cause, DeskEvent, Fact};
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Fault, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A clock that stands back by more than this is worth an event. **Unit:** milliseconds.
const CLOCK_STEP_MS: i64 = 2_000;

/// How often what followed from a wish may have consequences of its own. What would still follow
/// then is cut off.
const ROUNDS_MAX: usize = 8;

/// What was granted since the transaction began.
#[derive(Default)]
pub(super) struct Granted {
    /// The end of the trail when it began.
    begun: Option<Tail>,
    facts: Vec<Written>,
    /// Whether a fact was begun to be written since this was last set to false.
    writing: bool,
    /// Whether a wish has failed while it was written.
    careful: bool,
}

/// A fact with all that decides how it is written, but chance.
struct Written {
    who: Arc<Who>,
    fact: Fact,
    cause: Option<Seq>,
    clock: Moment,
}

impl Granted {
    /// Nothing yet, behind this end of the trail.
    pub fn since(tail: &Tail) -> Self {
        Granted {
            begun: Some(tail.clone()),
            ..Granted::default()
        }
    }
}

impl Doorkeeper {
    /// Grants one wish, or leaves everything as it was.
    pub(super) fn grant(&mut self, who: Who, wish: Wish) -> Result<Receipt> {
        self.still_writing()?;
        if self.granted.careful {
            return self.grant_carefully(who, wish);
        }
        let before = self.granted.facts.len();
        self.granted.writing = false;
        let granted = self.try_grant(Arc::new(who), wish);
        if granted.is_err() && self.granted.writing {
            self.granted.facts.truncate(before);
            self.start_over().doing("ending a wish")?;
        }
        granted
    }

    fn grant_carefully(&mut self, who: Who, wish: Wish) -> Result<Receipt> {
        let (before, later) = (self.tail.clone(), self.later.len());
        // What is written before the savepoint stays; what is not would be forgotten with the wish.
        self.later.heads.write(&self.db)?;
        self.mark("SAVEPOINT wish")?;
        let granted = self.try_grant(Arc::new(who), wish);
        if granted.is_err() {
            self.tail = before;
            self.later.cut(later);
            self.mark("ROLLBACK TO wish").doing("ending a wish")?;
        }
        self.mark("RELEASE wish").doing("ending a wish")?;
        granted
    }

    fn mark(&self, sql: &str) -> Result<()> {
        let statement = self.db.prepare_cached(sql);
        let ran = statement.and_then(|mut statement| statement.execute([]));
        Ok(ran.map(drop).map_err(Fault::from)?)
    }

    /// Begins the transaction anew and writes what was granted in it once more. Where that cannot
    /// be done no transaction is left, and nothing of it was granted.
    fn start_over(&mut self) -> Result<()> {
        let granted = std::mem::take(&mut self.granted);
        let begun = granted
            .begun
            .ok_or_else(|| Error::fault("no transaction had begun"))?;
        self.db.execute_batch("ROLLBACK").map_err(Fault::from)?;
        self.later.cut(0);
        self.tail = begun;
        self.db
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(Fault::from)?;
        let again = self.write_again(&granted.facts);
        if again.is_err() {
            self.db.execute_batch("ROLLBACK").map_err(Fault::from)?;
        }
        self.granted.careful = true;
        again
    }

    fn write_again(&mut self, facts: &[Written]) -> Result<()> {
        if size(&self.db)? != self.tail.edge.size() {
            return Err(Error::fault("a command beside the desk wrote in between"));
        }
        for written in facts {
            let Written {
                who,
                fact,
                cause,
                clock,
            } = written;
            self.put(who, fact, *cause, *clock)?;
        }
        Ok(())
    }

    fn try_grant(&mut self, who: Arc<Who>, wish: Wish) -> Result<Receipt> {
        let clock = self.clock.now();
        let back_ms = self.tail.at.0.saturating_sub(clock.0);
        if self.tail.edge.size() > 0 && back_ms > CLOCK_STEP_MS && !self.told_step(back_ms)? {
            let step: Fact = DeskEvent::ClockStepped { back_ms }.into();
            let who = Arc::new(Who::system("clock", Door::Timer));
            self.put_all(&who, vec![step], clock)?;
        }
        let first = Seq(self.tail.edge.size());
        let wished = {
            let at = clock.max(self.tail.at);
            let now = Now::new(Picture::Writing(&self.db), at, first, &who);
            catch_unwind(AssertUnwindSafe(|| wish(&now)))
                .unwrap_or_else(|_| Err(Error::fault("a decision failed with a panic")))?
        };
        let mut news = self.put_all(&who, wished, clock)?;
        let (mut facts, mut followed) = (Vec::new(), Vec::new());
        let mut round = 0;
        while !news.is_empty() {
            let consequences = match round < ROUNDS_MAX {
                true => self.consequences(&who, &news)?,
                false => Vec::new(),
            };
            let told = if round == 0 {
                &mut facts
            } else {
                &mut followed
            };
            told.extend(news.into_iter().map(|new| (new.seq, new.event)));
            news = self.put_all(&who, consequences, clock)?;
            round += 1;
        }
        Ok(Receipt {
            facts,
            followed,
            at: self.tail.at,
        })
    }

    fn consequences(&self, who: &Who, news: &[Happened]) -> Result<Vec<Fact>> {
        let next = Seq(self.tail.edge.size());
        let now = Now::new(Picture::Writing(&self.db), self.tail.at, next, who);
        catch_unwind(AssertUnwindSafe(|| (self.follow)(&now, news)))
            .unwrap_or_else(|_| Err(Error::fault("what follows failed with a panic")))
    }

    fn put_all(
        &mut self,
        who: &Arc<Who>,
        facts: Vec<Fact>,
        clock: Moment,
    ) -> Result<Vec<Happened>> {
        let first = self.tail.edge.size();
        let mut news = Vec::with_capacity(facts.len());
        for fact in facts {
            let cause = fact.cause.map(|cause| match cause {
                Cause::Event(seq) => seq,
                Cause::Earlier(place) => Seq(first + place as u64),
            });
            let seq = self.put(who, &fact, cause, clock)?;
            news.push(Happened {
                seq,
                actor: fact.by.as_ref().unwrap_or(&who.actor).clone(),
                cause,
                event: fact.event.clone(),
            });
            if !self.granted.careful {
                self.granted.facts.push(Written {
                    who: Arc::clone(who),
                    fact,
                    cause,
                    clock,
                });
            }
        }
        Ok(news)
    }

    /// Whether the newest event already tells that the clock stands back by about this much.
    fn told_step(&self, back_ms: i64) -> Result<bool> {
        let newest: Option<String> = self
            .db
            .prepare_cached("SELECT entry FROM event ORDER BY seq DESC LIMIT 1")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(Fault::from)?;
        let entry: Option<super::entry::Entry> = newest
            .map(|entry| serde_json::from_str(&entry))
            .transpose()?;
        Ok(entry.is_some_and(|entry| {
            entry
                .clock_back_ms
                .is_some_and(|told| told + CLOCK_STEP_MS >= back_ms)
        }))
    }

    /// Writes one fact.
    pub(super) fn put(
        &mut self,
        who: &Who,
        fact: &Fact,
        cause: Option<Seq>,
        clock: Moment,
    ) -> Result<Seq> {
        self.granted.writing = true;
        let book = Book {
            db: &self.db,
            later: &self.later,
        };
        append(
            book,
            &mut self.tail,
            &mut self.chance,
            self.apply,
            who,
            fact,
            cause,
            clock,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::verify::{Options, verify};
    use super::super::{Apply, Chance, Clock, Home, Ledger, Opening, Wish};
    use crate::domain::actor::Who;
    use crate::domain::event::{ContactEvent, DeskEvent, Event, Fact};
    use crate::domain::id::ContactId;
    use crate::domain::moment::Moment;
    use crate::error::{Error, Refusal};

    /// A fact that cannot be applied.
    const POISON: i64 = 13;
    /// A fact that has a consequence.
    const PARENT: i64 = 20;

    const APPLY: Apply = |_, recorded| match recorded.event {
        Event::Desk(DeskEvent::ClockStepped { back_ms: POISON }) => {
            Err(Error::fault("it cannot be applied"))
        }
        _ => Ok(()),
    };

    fn step(back_ms: i64) -> Fact {
        DeskEvent::ClockStepped { back_ms }.into()
    }

    fn wish(steps: &'static [i64]) -> (Who, Wish) {
        let steps = move || steps.iter().copied().map(step).collect();
        (Who::shell(), Box::new(move |_| Ok(steps())))
    }

    fn open(home: &Home) -> Ledger {
        let opening = Opening {
            apply: APPLY,
            follow: |_, news| {
                let parent = |event: &Event| {
                    matches!(
                        event,
                        Event::Desk(DeskEvent::ClockStepped { back_ms: PARENT })
                    )
                };
                let parents = news.iter().filter(|new| parent(&new.event));
                Ok(parents.map(|_| step(PARENT + 1)).collect())
            },
            clock: Clock::hand(Moment(1_795_316_400_000)),
            chance: Chance::Seeded(fastrand::Rng::with_seed(4)),
            progress: &mut |_| {},
        };
        Ledger::create(home, "a desk", opening).unwrap()
    }

    #[test]
    fn what_cannot_be_written_goes_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let ledger = open(&home);
        let refused: (Who, Wish) = (
            Who::shell(),
            Box::new(|_| Err(Refusal::conflict("not now").into())),
        );
        let wishes = vec![
            wish(&[1, PARENT]),
            refused,
            wish(&[2]),
            wish(&[3, POISON, 4]),
            wish(&[5]),
            wish(&[POISON]),
            wish(&[PARENT]),
        ];
        let came = ledger.record_each(wishes).unwrap();
        let granted: Vec<bool> = came.iter().map(Result::is_ok).collect();
        assert_eq!(granted, [true, false, true, false, true, false, true]);
        let mut told = Vec::new();
        for receipt in came.iter().flatten() {
            told.extend(receipt.facts.iter().chain(&receipt.followed).cloned());
        }
        let steps = [1, PARENT, PARENT + 1, 2, 5, PARENT, PARENT + 1];
        let wanted = steps.iter().zip(1..).map(|(step, seq)| {
            let back_ms = *step;
            (seq, Event::Desk(DeskEvent::ClockStepped { back_ms }))
        });
        let told: Vec<(u64, Event)> = told
            .into_iter()
            .map(|(seq, event)| (seq.0, event))
            .collect();
        assert_eq!(told, wanted.collect::<Vec<_>>());
        ledger.close().unwrap();
        let report = verify(&home, APPLY, &Options::default()).unwrap();
        assert!(report.is_clean(), "{report:?}");
        assert_eq!(report.events, 8);
    }

    #[test]
    fn chains_of_objects_pass_over_what_was_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let ledger = open(&home);
        let seen = |contact| {
            ContactEvent::Viewed {
                contact: ContactId(contact),
            }
            .into()
        };
        let wish =
            |facts: Vec<Fact>| -> (Who, Wish) { (Who::shell(), Box::new(move |_| Ok(facts))) };
        let wishes = vec![
            wish(vec![seen(1), seen(2), seen(1)]),
            wish(vec![seen(1), step(POISON)]), // all before it is written anew
            wish(vec![seen(1), seen(2)]),
            wish(vec![seen(2), seen(3), step(POISON)]), // goes by its savepoint
            wish(vec![seen(1), seen(3)]),
        ];
        let came = ledger.record_each(wishes).unwrap();
        let granted: Vec<bool> = came.iter().map(Result::is_ok).collect();
        assert_eq!(granted, [true, false, true, false, true]);
        ledger
            .record(&Who::shell(), move |_| Ok(vec![seen(3), seen(1)]))
            .unwrap();
        ledger.close().unwrap();
        let report = verify(&home, APPLY, &Options::default()).unwrap();
        assert!(report.is_clean(), "{report:?}");
        assert_eq!(report.events, 10);
    }
}
