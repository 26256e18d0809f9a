//! Trying a rule on the past: the trail is replayed beside the desk, and at each event the same
//! decision is taken that a running rule takes, in the state the desk was in then. Nothing it
//! decides is recorded, so what one answer would have changed for a later one is not seen.

use super::{PORTION, Rule, Trigger, clocked, lasting, respond, triggered, who};
use crate::domain::event::rules::RuleEvent;
use crate::domain::event::{Event, Fact};
use crate::domain::id::{Object, Seq};
use crate::domain::moment::{DAY_MS, HOUR_MS, Moment};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Ledger, Now};
use std::collections::HashSet;

/// Most days a rule is tried on.
pub const DAYS_MAX: i64 = 90;
/// Most answers that are told; the others are counted.
pub const ANSWERS_MAX: usize = 200;
/// The longest trail that is replayed. **Unit:** events.
const EVENTS_MAX: u64 = 1_000_000;

/// One answer a rule would have given.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// To what.
    pub object: Object,
    /// When.
    pub at: Moment,
    /// The event it would have answered; none by the clock.
    pub trigger: Option<Seq>,
    /// The facts it would have recorded.
    pub facts: Vec<Fact>,
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trial {
    /// How many events were looked at.
    pub looked_at: u64,
    /// How many answers there would have been.
    pub count: u64,
    /// The first of them, in order.
    pub answers: Vec<Answer>,
}

/// Tries a rule on the last days.
///
/// **Refuses:** more days than [`DAYS_MAX`]; a trail too long to be replayed while one waits.
pub fn run(ledger: &Ledger, rule: &Rule, days: i64) -> Result<Trial> {
    if !(1..=DAYS_MAX).contains(&days) {
        let text = format!("try a rule on 1 to {DAYS_MAX} days");
        return Err(Refusal::invalid(text).at("days").into());
    }
    let me = who(rule);
    let present = ledger.now(&me)?;
    if present.next_seq().0 > EVENTS_MAX {
        let text =
            format!("this desk's trail is too long to try a rule on: over {EVENTS_MAX} events");
        return Err(Refusal::conflict(text).into());
    }
    let from = present.at().plus_ms(-days * DAY_MS);
    drop(present);
    let mut trial = Trial::default();
    let mut clock = from;
    let mut told: HashSet<(Object, Moment)> = HashSet::new();
    ledger.replay(&me, &mut |now, happened| {
        let at = now.at();
        if at < from {
            return Ok(());
        }
        // By the clock: once in each hour in which something came, in the state before it.
        if happened.is_none() && clock <= at {
            clock = at.plus_ms(HOUR_MS);
            let mut after = None;
            loop {
                let found = lasting(now, rule, false, after)?;
                for (object, since) in &found {
                    if told.insert((*object, *since)) {
                        trial.take(now, rule, &clocked(*object, *since))?;
                    }
                }
                if found.len() < PORTION as usize {
                    break;
                }
                after = found.last().copied();
            }
        }
        let Some((seq, event)) = happened else {
            return Ok(());
        };
        trial.looked_at += 1;
        if matches!(event, Event::Rule(RuleEvent::Ran { .. })) {
            return Ok(());
        }
        match triggered(now, rule, seq, event)? {
            Some(trigger) => trial.take(now, rule, &trigger),
            None => Ok(()),
        }
    })?;
    Ok(trial)
}

impl Trial {
    fn take(&mut self, now: &Now<'_>, rule: &Rule, trigger: &Trigger) -> Result<()> {
        let facts = match respond(now, rule, trigger) {
            Ok(facts) if facts.is_empty() => return Ok(()),
            Ok(facts) => facts,
            Err(Error::Refusal(_)) => return Ok(()), // what it is about is gone
            Err(fault) => return Err(fault),
        };
        self.count += 1;
        if self.answers.len() < ANSWERS_MAX {
            self.answers.push(Answer {
                object: trigger.object,
                at: now.at(),
                trigger: trigger.seq,
                facts,
            });
        }
        Ok(())
    }
}
