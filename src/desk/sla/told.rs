//! Steps of clocks as facts.

use super::cases::{Measure, Pin};
use super::follow::Case;
use crate::domain::actor::Actor;
use crate::domain::event::SlaEvent;
use crate::domain::id::Object;
use crate::domain::sla::{Change, Clock, State, Step};

/// Who tells of clocks.
pub(super) fn engine() -> Actor {
    Actor::System {
        id: "sla".to_owned(),
    }
}

/// That a case is measured so from now on.
pub(super) fn matched(object: Object, pin: &Pin, measure: &Measure) -> SlaEvent {
    SlaEvent::Matched {
        object,
        policy: pin.policy,
        policy_version: pin.policy_version,
        name: measure.policy.name.clone(),
        calendar: pin.calendar,
        calendar_version: pin.calendar_version,
        priority: pin.priority.clone(),
    }
}

/// A step of a clock as a fact.
pub(super) fn told(case: &Case, step: Step, targets: &[i64]) -> Option<SlaEvent> {
    let kept = case.course.clocks.get(step.clock)?.clone();
    let object = case.object;
    let clock = kept.metric;
    let n = step.clock as u64;
    let Clock {
        target_s,
        used_ms,
        since,
        due_at,
        warn_at,
        ..
    } = kept;
    let stopped_at = kept.stopped_at.unwrap_or(kept.started_at);
    let since_or_start = since.unwrap_or(kept.started_at);
    Some(match step.change {
        Change::Started => SlaEvent::Started {
            object,
            clock,
            n,
            target_s,
            due_at,
            warn_at,
            started_at: kept.started_at,
            paused: kept.state == State::Paused,
        },
        Change::Paused => SlaEvent::Paused {
            object,
            clock,
            n,
            used_ms,
            status: case.status.clone(),
            paused_at: case.at,
        },
        Change::Resumed => SlaEvent::Resumed {
            object,
            clock,
            n,
            used_ms,
            due_at,
            warn_at,
            resumed_at: since_or_start,
        },
        Change::Reopened => SlaEvent::Reopened {
            object,
            clock,
            n,
            target_s,
            used_ms,
            due_at,
            warn_at,
            reopened_at: since.unwrap_or(case.at),
            paused: kept.state == State::Paused,
        },
        Change::Retargeted => SlaEvent::Retargeted {
            object,
            clock,
            n,
            from_s: targets.get(step.clock).copied().unwrap_or(target_s),
            to_s: target_s,
            used_ms,
            since,
            due_at,
            warn_at,
        },
        Change::Warned => SlaEvent::Warned {
            object,
            clock,
            n,
            share_pct: case
                .measure
                .as_ref()
                .map_or(0, |measure| measure.policy.warn_pct),
            due_at,
        },
        Change::Breached => SlaEvent::Breached {
            object,
            clock,
            n,
            due_at,
            breached_at: kept.breached_at?,
        },
        Change::Met => SlaEvent::Met {
            object,
            clock,
            n,
            used_ms,
            met_at: stopped_at,
        },
        Change::Ended => SlaEvent::Ended {
            object,
            clock,
            n,
            used_ms,
            ended_at: stopped_at,
        },
        Change::Cancelled(why) => SlaEvent::Cancelled {
            object,
            clock,
            n,
            used_ms,
            why,
            cancelled_at: stopped_at,
        },
    })
}
