//! Rules answer: right after a commit, event by event, each answer a wish of its own; and by the
//! clock. After a crash they go on where they were, and what was answered is not answered again.

use super::Shared;
use crate::desk::places;
use crate::desk::rules::{self, Rule};
use crate::domain::actor::{Door, Who};
use crate::domain::id::Seq;
use crate::error::{Error, RefusalKind, Result};
use crate::ledger::Ledger;
use std::time::Duration;

/// How often the clock is asked what has lasted long enough.
const TICK: Duration = Duration::from_secs(60);
/// Events that are looked at at once.
const PAGE: u32 = 1_000;

/// Answers until told to end.
pub(super) fn run(shared: &Shared) {
    let mut place = None;
    shared.attend("answering by rules", || {
        catch_up(&shared.ledger, &mut place)
    });
    shared.attend("answering by the clock", || tick(&shared.ledger));
    let mut ticked = shared.ledger.clock().now();
    while shared.rules.wait(TICK) {
        shared.attend("answering by rules", || {
            catch_up(&shared.ledger, &mut place)
        });
        let at = shared.ledger.clock().now();
        if u128::from(at.ms_since(ticked).unsigned_abs()) >= TICK.as_millis() {
            ticked = at;
            shared.attend("answering by the clock", || tick(&shared.ledger));
            shared.attend("answering by rules", || {
                catch_up(&shared.ledger, &mut place)
            });
        }
    }
}

fn who() -> Who {
    Who::system("rules", Door::Timer)
}

/// Answers everything that has happened since `place`, and what comes of it; goes on where it was
/// before a start if there is none yet.
pub fn catch_up(ledger: &Ledger, place: &mut Option<Seq>) -> Result<()> {
    let who = who();
    loop {
        let now = ledger.now(&who)?;
        let from = match *place {
            Some(place) => place,
            None => rules::place(&now)?,
        };
        let (due, end) = rules::due(&now, from, PAGE)?;
        drop(now);
        let answered = !due.is_empty();
        for triggered in due.chunk_by(|one, other| one.1 == other.1) {
            let rules: Vec<Rule> = triggered.iter().map(|(rule, _)| rule.clone()).collect();
            let Some((_, trigger)) = triggered.first().cloned() else {
                continue;
            };
            let matching = rules::matching(&ledger.now(&who)?, rules, trigger)?;
            for rule in matching {
                let (answer, id) = (rules::who(&rule), rule.id);
                let granted = ledger.record(&answer, move |now| rules::answer(now, id, trigger));
                attended(granted.map(drop), id)?;
            }
        }
        *place = Some(end);
        if answered {
            places::keep(ledger, rules::HAND, end)?;
        }
        if end == from {
            return Ok(());
        }
    }
}

/// Answers what has lasted long enough.
pub fn tick(ledger: &Ledger) -> Result<()> {
    let who = who();
    let now = ledger.now(&who)?;
    let mut due = Vec::new();
    for rule in rules::list(&now)?.into_iter().filter(|rule| rule.on) {
        let Some(definition) = &rule.definition else {
            continue;
        };
        for (object, since) in rules::lasting(&now, &rule, true)? {
            let target = crate::desk::actions::Target::of(&now, object)?;
            if rules::holds(&now, definition, &target, None)? {
                due.push((rule.clone(), object, since));
            }
        }
    }
    drop(now);
    for (rule, object, since) in due {
        let answer = rules::who(&rule);
        let id = rule.id;
        let granted = ledger.record(&answer, move |now| {
            rules::answer_clock(now, id, object, since)
        });
        attended(granted.map(drop), id)?;
    }
    Ok(())
}

/// A desk that cannot write now is asked again later; an answer that fails otherwise is told in the
/// log and does not hold up the others.
fn attended(granted: Result<()>, rule: u64) -> Result<()> {
    match granted {
        Ok(()) => Ok(()),
        Err(Error::Refusal(refusal)) if refusal.kind == RefusalKind::Unavailable => {
            Err(refusal.into())
        }
        Err(Error::Refusal(refusal)) => {
            tracing::debug!("rule R-{rule}: {}", refusal.text);
            Ok(())
        }
        Err(Error::Fault(fault)) => {
            tracing::error!("rule R-{rule}: {fault}");
            Ok(())
        }
    }
}
