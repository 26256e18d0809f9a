//! What happens by the clock: sleepers are woken, what fell due is told, checkpoints published each
//! hour in which something happened, templates asked for once a day.

use super::Shared;
use crate::desk::calls::hear;
use crate::desk::{assignment, audit, channels, checkpoints, commitments};
use crate::desk::{conversations, shifts, sla, statuses};
use crate::domain::actor::{Door, Who};
use crate::domain::id::Seq;
use crate::domain::moment::{DAY_MS, HOUR_MS, Moment};
use crate::error::{Error, Result};
use crate::ledger::{Ledger, Now};
use std::time::Duration;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(1);

/// How often it is looked whether a checkpoint is to be mailed. **Unit:** milliseconds.
const MAIL_LOOK_MS: i64 = 60_000;

/// Looks at the clock until told to end.
pub(super) fn run(shared: &Shared) {
    let mut checkpoint_at = shared.ledger.clock().now().plus_ms(HOUR_MS);
    let mut mail_at = shared.ledger.clock().now();
    let mut templates_at = shared.ledger.clock().now();
    let mut measured = Seq(0);
    let mut retained = None;
    let mut retention_at = shared.ledger.clock().now().plus_ms(HOUR_MS / 12);
    while shared.ticks.wait(TICK) {
        shared.attend("waking conversations", || wake(&shared.ledger));
        shared.attend("looking what is due", || look(shared));
        shared.attend("measuring open cases", || measure(shared, &mut measured));
        shared.attend("returning the work of who is away", || give_back(shared));
        shared.attend("looking at commitments", || remind(shared));
        shared.attend("giving up calls", || give_up(shared));
        shared.attend("moving tickets on", || move_on(shared));
        shared.attend("turning shifts", || turn(shared));
        let at = shared.ledger.clock().now();
        if at >= checkpoint_at {
            checkpoint_at = at.plus_ms(HOUR_MS);
            shared.attend("publishing a checkpoint", || publish(shared));
        }
        if at >= mail_at {
            mail_at = at.plus_ms(MAIL_LOOK_MS);
            shared.attend("mailing a checkpoint", || super::checkpoints::send(shared));
        }
        if at >= retention_at {
            retention_at = at.plus_ms(HOUR_MS);
            shared.attend("erasing what is too old", || {
                let stop = || shared.ticks.is_closed();
                super::retention::run(&shared.ledger, &mut retained, &stop)
            });
        }
        if at >= templates_at {
            templates_at = at.plus_ms(DAY_MS);
            shared.attend("asking for templates", || sync(shared, at));
        }
    }
}

fn who() -> Who {
    Who::system("timer", Door::Timer)
}

/// Wakes conversations whose time has come. One that is refused holds none of the others up.
pub fn wake(ledger: &Ledger) -> Result<()> {
    let who = who();
    let asleep = conversations::to_wake(&ledger.now(&who)?)?;
    for conversation in asleep {
        let wish = move |now: &Now<'_>| conversations::snooze(now, conversation, None);
        match ledger.record(&who, wish) {
            Ok(_) => {}
            Err(Error::Refusal(refusal)) => {
                tracing::warn!("{conversation} is not woken: {}", refusal.text);
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

/// Tells what has fallen due since; when it did stands in the fact, not when we looked.
fn look(shared: &Shared) -> Result<()> {
    let who = who();
    let due = sla::cases::due(&shared.ledger.now(&who)?)?;
    for object in due {
        shared
            .ledger
            .record(&who, move |now| sla::lapse(now, object))?;
    }
    Ok(())
}

/// After a policy was set, open cases it fits are measured too, some in each round.
fn measure(shared: &Shared, measured: &mut Seq) -> Result<()> {
    let who = who();
    let now = shared.ledger.now(&who)?;
    let Some(newest) = sla::policies::newest(&now)?.filter(|newest| newest > measured) else {
        return Ok(());
    };
    let open = sla::cases::unmeasured(&now, newest)?;
    drop(now);
    if open.is_empty() {
        *measured = newest;
    }
    for object in open {
        shared
            .ledger
            .record(&who, move |now| sla::adopt(now, object))?;
    }
    Ok(())
}

fn give_back(shared: &Shared) -> Result<()> {
    let who = who();
    let mut away: Vec<_> = assignment::away(&shared.ledger.now(&who)?)?
        .into_iter()
        .map(|left| left.member)
        .collect();
    away.dedup(); // they come in order
    for member in away {
        shared
            .ledger
            .record(&who, move |now| assignment::return_work(now, member))?;
    }
    Ok(())
}

/// Owners are reminded of what is due, and what was not kept in time is missed.
fn remind(shared: &Shared) -> Result<()> {
    let who = who();
    let due = commitments::due(&shared.ledger.now(&who)?)?;
    if !due.is_empty() {
        shared.ledger.record(&who, commitments::tick)?;
    }
    Ok(())
}

/// A call of whose end nobody told does not ring for ever.
fn give_up(shared: &Shared) -> Result<()> {
    let who = who();
    let lost = hear::lost(&shared.ledger.now(&who)?)?;
    if !lost.is_empty() {
        shared.ledger.record(&who, hear::give_up)?;
    }
    Ok(())
}

/// Tickets whose status ends by itself go on.
fn move_on(shared: &Shared) -> Result<()> {
    let who = who();
    let due = statuses::due(&shared.ledger.now(&who)?)?;
    for ticket in due {
        shared
            .ledger
            .record(&who, move |now| statuses::lapse(now, ticket))?;
    }
    Ok(())
}

/// Shifts begin and end by the calendars of members.
fn turn(shared: &Shared) -> Result<()> {
    let who = who();
    let turned = shifts::turn(&shared.ledger.now(&who)?)?;
    if !turned.is_empty() {
        shared.ledger.record(&who, shifts::turn)?;
    }
    Ok(())
}

fn publish(shared: &Shared) -> Result<()> {
    let who = who();
    let now = shared.ledger.now(&who)?;
    let newest = audit::checkpoints(&now, 1)?.first().map(|(size, _)| *size);
    let happened = checkpoints::happened_since(&now, newest.unwrap_or(0))?;
    drop(now);
    if happened {
        shared.ledger.publish_checkpoint()?;
    }
    Ok(())
}

fn sync(shared: &Shared, _at: Moment) -> Result<()> {
    let who = who();
    let active = channels::list(&shared.ledger.now(&who)?)?;
    for channel in active
        .into_iter()
        .filter(|channel| channel.kind == "whatsapp" && channel.state == "active")
    {
        shared.attend("asking for templates", || {
            shared.providers.sync_templates(&who, channel.id)?;
            Ok(())
        });
    }
    Ok(())
}
