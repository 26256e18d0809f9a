//! Facts about service levels: calendars, policies, and the clocks of cases.

use crate::domain::calendar::hours::Timetable;
use crate::domain::id::{GroupId, Object};
use crate::domain::moment::Moment;
use crate::domain::sla::policy::Policy;
use crate::domain::sla::{Metric, State, Why};
use serde::{Deserialize, Serialize};

/// Facts about service levels. A clock is named by its case, what it measures and its number
/// there; what was computed stands in the fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlaEvent {
    /// Opening hours were set down: a new calendar, or a new version of one.
    CalendarSet {
        /// Which calendar.
        calendar: u64,
        /// Its version, from 1.
        version: u32,
        /// Its name.
        name: String,
        /// The hours before; none for a new one.
        #[serde(default)]
        from: Option<Timetable>,
        /// The hours from now on.
        to: Timetable,
    },
    /// Whose hours a calendar holds.
    CalendarAssigned {
        /// The group; none means the desk as a whole.
        #[serde(default)]
        group: Option<GroupId>,
        /// The calendar before.
        #[serde(default)]
        from: Option<u64>,
        /// The calendar after; none means the desk's.
        #[serde(default)]
        to: Option<u64>,
    },
    /// A policy was set down: a new one, or a new version.
    PolicySet {
        /// Which policy.
        policy: u64,
        /// Its version, from 1.
        version: u32,
        /// What it said before; none for a new one.
        #[serde(default)]
        from: Option<Policy>,
        /// What it says.
        to: Policy,
    },
    /// A policy takes no new cases any more; those it has keep it.
    PolicyRetired {
        /// Which policy.
        policy: u64,
        /// Its name.
        name: String,
    },
    /// A case is measured by a policy; none means that none fits.
    Matched {
        /// The case.
        object: Object,
        /// The policy.
        #[serde(default)]
        policy: Option<u64>,
        /// Its version.
        #[serde(default)]
        policy_version: u32,
        /// Its name at the time.
        #[serde(default)]
        name: String,
        /// The calendar; none means that every hour counts.
        #[serde(default)]
        calendar: Option<u64>,
        /// Its version.
        #[serde(default)]
        calendar_version: u32,
        /// The priority whose targets hold.
        priority: String,
    },
    /// A clock began.
    Started {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case, from 0.
        n: u64,
        /// How much it may count. **Unit:** seconds.
        target_s: i64,
        /// The last instant in time; none while it is paused.
        due_at: Option<Moment>,
        /// When to warn.
        warn_at: Option<Moment>,
        /// When it began.
        started_at: Moment,
        /// Whether it stands still from the start.
        #[serde(default)]
        paused: bool,
    },
    /// A clock stands still.
    Paused {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// What it has counted. **Unit:** milliseconds.
        used_ms: i64,
        /// The status that pauses it.
        status: String,
        /// Since when.
        paused_at: Moment,
    },
    /// A clock counts again.
    Resumed {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// What it had counted. **Unit:** milliseconds.
        used_ms: i64,
        /// The last instant in time.
        due_at: Option<Moment>,
        /// When to warn.
        warn_at: Option<Moment>,
        /// Since when.
        resumed_at: Moment,
    },
    /// A stopped clock goes on, because the case was taken up again.
    Reopened {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// How much it may count. **Unit:** seconds.
        target_s: i64,
        /// What it had counted. **Unit:** milliseconds.
        used_ms: i64,
        /// The last instant in time; none while it is paused.
        due_at: Option<Moment>,
        /// When to warn.
        warn_at: Option<Moment>,
        /// Since when.
        reopened_at: Moment,
        /// Whether it stands still.
        #[serde(default)]
        paused: bool,
    },
    /// Another target or other hours hold for a clock.
    Retargeted {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// Before. **Unit:** seconds.
        from_s: i64,
        /// After. **Unit:** seconds.
        to_s: i64,
        /// What it had counted before `since`. **Unit:** milliseconds.
        used_ms: i64,
        /// Since when it counts by these terms; none while it is paused.
        since: Option<Moment>,
        /// The last instant in time; none while it is paused.
        due_at: Option<Moment>,
        /// When to warn.
        warn_at: Option<Moment>,
    },
    /// A set share of a target is used up.
    Warned {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// The share. **Unit:** percent.
        share_pct: u8,
        /// The last instant in time.
        due_at: Option<Moment>,
    },
    /// A clock was overrun. The event's own time is when that was noticed.
    Breached {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// The last instant in time.
        due_at: Option<Moment>,
        /// When it was overrun: the due instant, or that of a change that left no time.
        breached_at: Moment,
    },
    /// A clock was stopped in time by what it waited for.
    Met {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// What it has counted. **Unit:** milliseconds.
        used_ms: i64,
        /// When.
        met_at: Moment,
    },
    /// A clock was stopped after it was overrun.
    Ended {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// What it has counted. **Unit:** milliseconds.
        used_ms: i64,
        /// When.
        ended_at: Moment,
    },
    /// A clock was stopped for another reason; it is neither met nor missed.
    Cancelled {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// What it has counted. **Unit:** milliseconds.
        used_ms: i64,
        /// Why.
        why: Why,
        /// When.
        cancelled_at: Moment,
    },
    /// A clock stands otherwise than told before, because an answer did not reach the customer.
    Recounted {
        /// The case.
        object: Object,
        /// What the clock measures.
        clock: Metric,
        /// Its number in the case.
        n: u64,
        /// How it stands.
        state: State,
        /// What it had counted before `since`. **Unit:** milliseconds.
        used_ms: i64,
        /// Since when it counts.
        since: Option<Moment>,
        /// The last instant in time.
        due_at: Option<Moment>,
        /// When to warn.
        warn_at: Option<Moment>,
        /// When it stopped.
        stopped_at: Option<Moment>,
        /// When it was overrun.
        breached_at: Option<Moment>,
        /// How often it was paused.
        pauses: u32,
    },
}

impl SlaEvent {
    /// The case whose chain this event continues.
    pub fn objects(&self) -> Vec<Object> {
        match self {
            SlaEvent::CalendarSet { .. }
            | SlaEvent::PolicySet { .. }
            | SlaEvent::PolicyRetired { .. } => Vec::new(),
            SlaEvent::CalendarAssigned { group, .. } => {
                group.iter().map(|group| Object::Group(*group)).collect()
            }
            SlaEvent::Matched { object, .. }
            | SlaEvent::Started { object, .. }
            | SlaEvent::Paused { object, .. }
            | SlaEvent::Resumed { object, .. }
            | SlaEvent::Reopened { object, .. }
            | SlaEvent::Retargeted { object, .. }
            | SlaEvent::Warned { object, .. }
            | SlaEvent::Breached { object, .. }
            | SlaEvent::Met { object, .. }
            | SlaEvent::Ended { object, .. }
            | SlaEvent::Cancelled { object, .. }
            | SlaEvent::Recounted { object, .. } => vec![*object],
        }
    }
}
