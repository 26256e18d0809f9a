//! The line under a title: which clocks run for a case, how much is left, and the stretches of time
//! that add up to what each has counted.

use super::calendars;
use super::cases::{self, Measure};
use crate::desk::audit;
use crate::domain::calendar::hours::Hours;
use crate::domain::event::{Event, SlaEvent};
use crate::domain::id::Object;
use crate::domain::moment::Moment;
use crate::domain::sla::{Clock, Course, Metric, State};
use crate::error::Result;
use crate::ledger::Now;

/// Most stretches explained of one clock.
const STRETCHES_MAX: usize = 60;

/// The clocks of a case for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The name of the policy.
    pub policy: String,
    /// Its version.
    pub version: u32,
    /// The name of the calendar; none means that every hour counts.
    pub calendar: Option<String>,
    /// The clocks that run or stand still, the next to fall due first; then those that have
    /// stopped, the newest first.
    pub clocks: Vec<Shown>,
}

/// One clock for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What it measures.
    pub metric: Metric,
    /// How it stands.
    pub state: State,
    /// Whether it was overrun.
    pub breach: bool,
    /// Whether it is to be warned of: running, and the set share used up.
    pub near: bool,
    /// How much it may count. **Unit:** milliseconds.
    pub target_ms: i64,
    /// What it has counted. **Unit:** milliseconds.
    pub counted_ms: i64,
    /// When it began.
    pub started_at: Moment,
    /// The last instant in time.
    pub due_at: Option<Moment>,
    /// When it stopped.
    pub stopped_at: Option<Moment>,
    /// What its time was made of, oldest first; the newest `STRETCHES_MAX`.
    pub stretches: Vec<Stretch>,
}

/// What a stretch of time was to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It counted.
    Counted,
    /// The desk was closed.
    Outside,
    /// A status paused it.
    Paused,
    /// It had stopped, and ran again later.
    Stopped,
}

/// A stretch of time as a clock saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// What it was.
    pub kind: Kind,
    /// The status that paused it.
    pub status: Option<String>,
    /// From.
    pub from: Moment,
    /// Until.
    pub until: Moment,
}

impl Stretch {
    /// How long it was. **Unit:** milliseconds.
    pub fn ms(&self) -> i64 {
        self.until.ms_since(self.from)
    }
}

// Ask

/// The clocks of a case; none if it is not measured.
pub fn of(now: &Now<'_>, object: Object) -> Result<Option<Line>> {
    let Some(pin) = cases::pin(now, object)? else {
        return Ok(None);
    };
    let measure = cases::measure(now, &pin)?;
    let mut course = Course {
        clocks: cases::clocks(now, object)?,
        ..Course::default()
    };
    course.lapse(now.at());
    let told = told(now, object)?;
    let mut clocks: Vec<(usize, Clock)> = course.clocks.into_iter().enumerate().collect();
    clocks.sort_by_key(|(n, clock)| {
        let live = clock.state.is_live();
        let due = clock.due_at.filter(|_| live).map_or(i64::MAX, |due| due.0);
        (!live, due, std::cmp::Reverse(*n))
    });
    let shown = clocks
        .iter()
        .map(|(n, clock)| show(now, *n, clock, &measure, &told));
    let calendar = match pin.calendar {
        Some(calendar) => calendars::get(now, calendar)?.map(|calendar| calendar.name),
        None => None,
    };
    Ok(Some(Line {
        policy: measure.policy.name.clone(),
        version: pin.policy_version,
        calendar,
        clocks: shown.collect(),
    }))
}

fn show(now: &Now<'_>, n: usize, clock: &Clock, measure: &Measure, told: &[SlaEvent]) -> Shown {
    let counted_ms = Course::elapsed(clock, now.at(), &measure.hours);
    let target_ms = clock.target_s * 1_000;
    let share = i64::from(measure.policy.warn_pct);
    let near = share > 0 && counted_ms >= target_ms / 100 * share;
    Shown {
        metric: clock.metric,
        state: clock.state,
        breach: clock.is_breach(now.at()),
        near: near && clock.state == State::Running,
        target_ms,
        counted_ms,
        started_at: clock.started_at,
        due_at: clock.due_at,
        stopped_at: clock.stopped_at,
        stretches: stretches(n as u64, clock, told, &measure.hours, now.at()),
    }
}

/// What was told of the clocks of a case.
fn told(now: &Now<'_>, object: Object) -> Result<Vec<SlaEvent>> {
    let filter = audit::Filter {
        event: Some("sla".to_owned()),
        objects: vec![object],
        ..audit::Filter::default()
    };
    let mut told = Vec::new();
    for recorded in audit::list(now, &filter, 500)? {
        // A ticket is also told of what happens to its conversations.
        if let Event::Sla(event) = recorded.event
            && event.objects() == [object]
        {
            told.push(event);
        }
    }
    told.reverse();
    Ok(told)
}

/// A clock's life as runs, pauses and stops, the runs split by the hours.
fn stretches(
    number: u64,
    clock: &Clock,
    told: &[SlaEvent],
    hours: &Hours,
    at: Moment,
) -> Vec<Stretch> {
    let mut turns: Vec<(Moment, Kind, Option<String>)> = Vec::new();
    for event in told {
        match event {
            SlaEvent::Started {
                n,
                started_at,
                paused,
                ..
            } if *n == number => {
                let kind = if *paused { Kind::Paused } else { Kind::Counted };
                turns.push((*started_at, kind, None));
            }
            SlaEvent::Paused {
                n,
                status,
                paused_at,
                ..
            } if *n == number => turns.push((*paused_at, Kind::Paused, Some(status.clone()))),
            SlaEvent::Resumed { n, resumed_at, .. } if *n == number => {
                turns.push((*resumed_at, Kind::Counted, None));
            }
            SlaEvent::Reopened {
                n,
                reopened_at,
                paused,
                ..
            } if *n == number => {
                let kind = if *paused { Kind::Paused } else { Kind::Counted };
                turns.push((*reopened_at, kind, None));
            }
            SlaEvent::Met { n, met_at: end, .. }
            | SlaEvent::Ended {
                n, ended_at: end, ..
            }
            | SlaEvent::Cancelled {
                n,
                cancelled_at: end,
                ..
            } if *n == number => turns.push((*end, Kind::Stopped, None)),
            SlaEvent::Recounted { n, .. } if *n == number => {
                // The stop that was told did not hold.
                turns.retain(|(_, kind, _)| *kind != Kind::Stopped);
            }
            _ => {} // another clock, or nothing to when it counted
        }
    }
    let end = clock.stopped_at.unwrap_or(at);
    let ends = turns
        .iter()
        .skip(1)
        .map(|(from, _, _)| *from)
        .chain([end.max(clock.started_at)]);
    let ends: Vec<Moment> = ends.collect();
    let mut stretches = Vec::new();
    for ((from, kind, status), until) in turns.into_iter().zip(ends) {
        if kind != Kind::Counted {
            push(&mut stretches, kind, status, from, until);
            continue;
        }
        let mut edge = from;
        for span in hours.spans(from, until) {
            push(&mut stretches, Kind::Outside, None, edge, span.from);
            push(&mut stretches, Kind::Counted, None, span.from, span.until);
            edge = span.until;
        }
        push(&mut stretches, Kind::Outside, None, edge, until);
    }
    let older = stretches.len().saturating_sub(STRETCHES_MAX);
    stretches.split_off(older)
}

fn push(
    stretches: &mut Vec<Stretch>,
    kind: Kind,
    status: Option<String>,
    from: Moment,
    until: Moment,
) {
    if from < until {
        stretches.push(Stretch {
            kind,
            status,
            from,
            until,
        });
    }
}
