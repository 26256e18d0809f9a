//! Service levels: calendars and policies as they are set, clocks as they move because of what
//! happens to conversations and tickets. The arithmetic stands in `domain::sla`; the same facts,
//! counted anew, are in `recount`.

pub mod calendars;
pub mod cases;
pub mod follow;
pub mod line;
pub mod policies;
pub mod recount;
mod told;
pub mod touch;

pub use follow::{adopt, follow, lapse};
pub use touch::note;

use super::{conversations, tickets};
use crate::domain::event::SlaEvent;
use crate::domain::id::Object;
use crate::domain::moment::Moment;
use crate::domain::sla::{State, Why};
use crate::error::Result;
use crate::ledger::{Recorded, Writer};

// Apply

/// Applies a fact about service levels.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &SlaEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        SlaEvent::CalendarSet { .. } | SlaEvent::CalendarAssigned { .. } => {
            return calendars::apply(write, recorded, event);
        }
        SlaEvent::PolicySet { .. } | SlaEvent::PolicyRetired { .. } => {
            return policies::apply(write, recorded, event);
        }
        SlaEvent::Matched {
            object,
            policy,
            policy_version,
            calendar,
            calendar_version,
            priority,
            ..
        } => {
            write.run(
                "INSERT INTO sla_case (object, policy, policy_version, calendar, calendar_version,
                     priority, live, seq)
                 VALUES (:object, :policy, :policy_version, :calendar, :calendar_version,
                     :priority, 0, :seq)
                 ON CONFLICT (object) DO UPDATE
                 SET policy = excluded.policy, policy_version = excluded.policy_version,
                     calendar = excluded.calendar, calendar_version = excluded.calendar_version,
                     priority = excluded.priority, seq = excluded.seq",
                &[
                    (":object", object),
                    (":policy", policy),
                    (":policy_version", policy_version),
                    (":calendar", calendar),
                    (":calendar_version", calendar_version),
                    (":priority", priority),
                    (":seq", seq),
                ],
            )?;
        }
        SlaEvent::Started {
            object,
            clock,
            n,
            target_s,
            due_at,
            warn_at,
            started_at,
            paused,
        } => {
            let (state, since) = running(*paused, *started_at);
            write.run(
                "INSERT INTO sla_clock (object, n, metric, target_s, started_at, state, used_ms,
                     since, due_at, warn_at, pauses, seq)
                 VALUES (:object, :n, :metric, :target_s, :started_at, :state, 0,
                     :since, :due_at, :warn_at, 0, :seq)",
                &[
                    (":object", object),
                    (":n", n),
                    (":metric", &clock.as_str()),
                    (":target_s", target_s),
                    (":started_at", started_at),
                    (":state", &state.as_str()),
                    (":since", &since),
                    (":due_at", due_at),
                    (":warn_at", warn_at),
                    (":seq", seq),
                ],
            )?;
        }
        SlaEvent::Paused {
            object,
            n,
            used_ms,
            status,
            ..
        } => {
            write.run(
                "UPDATE sla_clock SET state = 'paused', used_ms = :used_ms, since = NULL,
                     due_at = NULL, warn_at = NULL, pauses = pauses + 1, paused_by = :status,
                     seq = :seq
                  WHERE object = :object AND n = :n",
                &[
                    (":used_ms", used_ms),
                    (":status", status),
                    (":seq", seq),
                    (":object", object),
                    (":n", n),
                ],
            )?;
        }
        SlaEvent::Resumed {
            object,
            n,
            used_ms,
            due_at,
            warn_at,
            resumed_at,
            ..
        } => {
            write.run(
                "UPDATE sla_clock SET state = 'running', used_ms = :used_ms, since = :since,
                     due_at = :due_at, warn_at = :warn_at, paused_by = NULL,
                     warned = warned AND :warn_at IS NULL, seq = :seq
                  WHERE object = :object AND n = :n",
                &[
                    (":used_ms", used_ms),
                    (":since", resumed_at),
                    (":due_at", due_at),
                    (":warn_at", warn_at),
                    (":seq", seq),
                    (":object", object),
                    (":n", n),
                ],
            )?;
        }
        SlaEvent::Reopened {
            object,
            n,
            target_s,
            used_ms,
            due_at,
            warn_at,
            reopened_at,
            paused,
            ..
        } => {
            let (state, since) = running(*paused, *reopened_at);
            write.run(
                "UPDATE sla_clock SET state = :state, target_s = :target_s, used_ms = :used_ms,
                     since = :since, due_at = :due_at, warn_at = :warn_at, stopped_at = NULL,
                     why = NULL, warned = warned AND :warn_at IS NULL, seq = :seq
                  WHERE object = :object AND n = :n",
                &[
                    (":state", &state.as_str()),
                    (":target_s", target_s),
                    (":used_ms", used_ms),
                    (":since", &since),
                    (":due_at", due_at),
                    (":warn_at", warn_at),
                    (":seq", seq),
                    (":object", object),
                    (":n", n),
                ],
            )?;
        }
        SlaEvent::Retargeted {
            object,
            n,
            to_s,
            used_ms,
            since,
            due_at,
            warn_at,
            ..
        } => {
            write.run(
                "UPDATE sla_clock SET target_s = :to_s, used_ms = :used_ms, since = :since,
                     due_at = :due_at, warn_at = :warn_at, warned = warned AND :warn_at IS NULL,
                     seq = :seq
                  WHERE object = :object AND n = :n",
                &[
                    (":to_s", to_s),
                    (":used_ms", used_ms),
                    (":since", since),
                    (":due_at", due_at),
                    (":warn_at", warn_at),
                    (":seq", seq),
                    (":object", object),
                    (":n", n),
                ],
            )?;
        }
        SlaEvent::Warned { object, n, .. } => {
            write.run(
                "UPDATE sla_clock SET warn_at = NULL, warned = 1, seq = :seq
                  WHERE object = :object AND n = :n",
                &[(":seq", seq), (":object", object), (":n", n)],
            )?;
        }
        SlaEvent::Breached {
            object,
            n,
            breached_at,
            ..
        } => {
            write.run(
                "UPDATE sla_clock SET warn_at = NULL, breached_at = :breached_at, seq = :seq
                  WHERE object = :object AND n = :n",
                &[
                    (":breached_at", breached_at),
                    (":seq", seq),
                    (":object", object),
                    (":n", n),
                ],
            )?;
        }
        SlaEvent::Met {
            object,
            n,
            used_ms,
            met_at: stopped_at,
            ..
        } => stop(
            write,
            recorded,
            (*object, *n),
            State::Met,
            *used_ms,
            stopped_at,
            None,
        )?,
        SlaEvent::Ended {
            object,
            n,
            used_ms,
            ended_at: stopped_at,
            ..
        } => stop(
            write,
            recorded,
            (*object, *n),
            State::Breached,
            *used_ms,
            stopped_at,
            None,
        )?,
        SlaEvent::Cancelled {
            object,
            n,
            used_ms,
            why,
            cancelled_at: stopped_at,
            ..
        } => {
            let why = Some(*why);
            stop(
                write,
                recorded,
                (*object, *n),
                State::Cancelled,
                *used_ms,
                stopped_at,
                why,
            )?;
        }
        SlaEvent::Recounted {
            object,
            n,
            state,
            used_ms,
            since,
            due_at,
            warn_at,
            stopped_at,
            breached_at,
            pauses,
            ..
        } => {
            write.run(
                "UPDATE sla_clock SET state = :state, used_ms = :used_ms, since = :since,
                     due_at = :due_at, warn_at = :warn_at, stopped_at = :stopped_at,
                     breached_at = :breached_at, pauses = :pauses,
                     warned = warned AND :warn_at IS NULL, seq = :seq
                  WHERE object = :object AND n = :n",
                &[
                    (":state", &state.as_str()),
                    (":used_ms", used_ms),
                    (":since", since),
                    (":due_at", due_at),
                    (":warn_at", warn_at),
                    (":stopped_at", stopped_at),
                    (":breached_at", breached_at),
                    (":pauses", pauses),
                    (":seq", seq),
                    (":object", object),
                    (":n", n),
                ],
            )?;
        }
    }
    for object in event.objects() {
        count(write, object)?;
        match object {
            Object::Conversation(id) => conversations::relate(write, id)?,
            Object::Ticket(id) => tickets::relate(write, id)?,
            Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {}
        }
    }
    Ok(())
}

fn running(paused: bool, since: Moment) -> (State, Option<Moment>) {
    if paused {
        (State::Paused, None)
    } else {
        (State::Running, Some(since))
    }
}

fn stop(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    (object, n): (Object, u64),
    state: State,
    used_ms: i64,
    stopped_at: &Moment,
    why: Option<Why>,
) -> Result<()> {
    write.run(
        "UPDATE sla_clock SET state = :state, used_ms = :used_ms, since = NULL, warn_at = NULL,
             stopped_at = :stopped_at, paused_by = NULL, why = :why, seq = :seq
          WHERE object = :object AND n = :n",
        &[
            (":why", &why.map(Why::as_str)),
            (":state", &state.as_str()),
            (":used_ms", &used_ms),
            (":stopped_at", stopped_at),
            (":seq", &recorded.seq),
            (":object", &object),
            (":n", &n),
        ],
    )?;
    Ok(())
}

/// Keeps the next target where lists look for it.
fn count(write: &Writer<'_>, object: Object) -> Result<()> {
    let counted: Option<(u64, Option<Moment>, Option<Moment>)> = write.find(
        "SELECT count(*) AS live, min(iif(state = 'running', due_at, NULL)) AS due_at,
                min(iif(state = 'running', iif(warned, started_at, warn_at), NULL)) AS near_at
           FROM sla_clock WHERE object = :object AND state IN ('running', 'paused')",
        &[(":object", &object)],
        |row| Ok((row.get("live")?, row.get("due_at")?, row.get("near_at")?)),
    )?;
    let (live, due_at, near_at) = counted.unwrap_or_default();
    write.run(
        "UPDATE sla_case SET live = :live WHERE object = :object AND live <> :live",
        &[(":live", &live), (":object", &object)],
    )?;
    // Only where something moved: a target stands in the indexes of many lists.
    let (sql, id) = match object {
        Object::Conversation(id) => (
            "UPDATE conversation SET due_at = :due_at, near_at = :near_at
              WHERE id = :id AND (due_at, near_at) IS NOT (:due_at, :near_at)",
            id.0,
        ),
        Object::Ticket(id) => (
            "UPDATE ticket SET due_at = :due_at, near_at = :near_at
              WHERE id = :id AND (due_at, near_at) IS NOT (:due_at, :near_at)",
            id.0,
        ),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            return Ok(());
        }
    };
    write.run(
        sql,
        &[(":due_at", &due_at), (":near_at", &near_at), (":id", &id)],
    )?;
    Ok(())
}
