//! Rules answer: right after a commit, event by event, each answer a wish of its own; and by the
//! clock. After a crash they go on where they were, and what was answered is not answered again.

use super::Shared;
use crate::desk::actions::Target;
use crate::desk::places;
use crate::desk::rules::{self, Rule};
use crate::domain::actor::{Door, Who};
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::error::{Error, RefusalKind, Result};
use crate::ledger::{Ledger, Now};
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
    shared.attend("answering by the clock", || {
        tick(&shared.ledger, &|| shared.rules.is_closed())
    });
    let mut ticked = shared.ledger.clock().now();
    while shared.rules.wait(TICK) {
        shared.attend("answering by rules", || {
            catch_up(&shared.ledger, &mut place)
        });
        let at = shared.ledger.clock().now();
        if u128::from(at.ms_since(ticked).unsigned_abs()) >= TICK.as_millis() {
            ticked = at;
            shared.attend("answering by the clock", || {
                tick(&shared.ledger, &|| shared.rules.is_closed())
            });
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

/// Answers what has lasted long enough, unless told to stop between two answers.
pub fn tick(ledger: &Ledger, stop: &dyn Fn() -> bool) -> Result<()> {
    let who = who();
    let now = ledger.now(&who)?;
    let mut due = Vec::new();
    for rule in rules::list(&now)?.into_iter().filter(|rule| rule.on) {
        let found = lasting(&now, &rule, stop)?;
        due.extend(
            found
                .into_iter()
                .map(|(object, since)| (rule.clone(), object, since)),
        );
    }
    drop(now);
    for (rule, object, since) in due {
        if stop() {
            return Ok(());
        }
        let answer = rules::who(&rule);
        let id = rule.id;
        let granted = ledger.record(&answer, move |now| {
            rules::answer_clock(now, id, object, since)
        });
        attended(granted.map(drop), id)?;
    }
    Ok(())
}

/// All that has lasted long enough for a rule and that its conditions let pass. What they do not
/// let pass comes up each time, and is looked past: nothing waits behind it.
fn lasting(now: &Now<'_>, rule: &Rule, stop: &dyn Fn() -> bool) -> Result<Vec<(Object, Moment)>> {
    let mut passed = Vec::new();
    let Some(definition) = &rule.definition else {
        return Ok(passed); // what it says was erased
    };
    let mut after = None;
    loop {
        let found = rules::lasting(now, rule, true, after)?;
        for (object, since) in &found {
            let target = Target::of(now, *object)?;
            if rules::holds(now, definition, &target, None)? {
                passed.push((*object, *since));
            }
        }
        if found.len() < rules::PORTION as usize || stop() {
            return Ok(passed);
        }
        after = found.last().copied();
    }
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
