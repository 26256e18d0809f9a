//! Service levels: which clocks run for a case, when each is due, and what moves them. The same
//! steps serve the desk (one at a time, as things happen) and whoever counts anew from the start.
//! Which policy holds is decided in the desk; working time is counted in `calendar`.

mod course;
pub mod policy;
mod turn;

pub use course::{Course, Terms};
pub use turn::{Input, Pauses, Turn};

use super::moment::Moment;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a clock measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// From the customer's first message (or the bot's hand-over) to the first answer of a person.
    FirstResponse,
    /// From a later message of the customer to the answer of a person.
    NextResponse,
    /// From one answer of a person to the next word of ours, while the case is unfinished.
    Update,
    /// From the start of the case to its end; waiting does not count.
    Resolution,
}

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Counting.
    Running,
    /// Not counting; it has no due time and cannot breach.
    Paused,
    /// Stopped in time.
    Met,
    /// Stopped after it was due.
    Breached,
    /// Stopped for another reason; neither met nor breached.
    Cancelled,
}

/// Why a clock was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The case was finished before it was due.
    Finished,
    /// The case went back to the bot.
    Bot,
    /// The case was spam, or was merged into another.
    Void,
    /// The policy has no such target any more.
    NoTarget,
    /// The message that started or stopped it never arrived.
    Recounted,
}

/// One clock of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// What it measures.
    pub metric: Metric,
    /// How much it may count. **Unit:** seconds.
    pub target_s: i64,
    /// When it began.
    pub started_at: Moment,
    /// How it stands.
    pub state: State,
    /// What it had counted before `since`. **Unit:** milliseconds of its hours.
    pub used_ms: i64,
    /// Since when it counts; none unless it runs.
    pub since: Option<Moment>,
    /// The last instant in time; none while paused.
    pub due_at: Option<Moment>,
    /// When the set share of the target is used up; none if that is past or it does not run.
    pub warn_at: Option<Moment>,
    /// When it stopped.
    pub stopped_at: Option<Moment>,
    /// When it was overrun: the due instant, or that of a change that left no time.
    pub breached_at: Option<Moment>,
    /// How often it was paused.
    pub pauses: u32,
}

/// What happened to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It began.
    Started,
    /// It stands still.
    Paused,
    /// It counts again.
    Resumed,
    /// A stopped one runs again, with what it had used.
    Reopened,
    /// Its target or its hours changed.
    Retargeted,
    /// The set share of its target is used up.
    Warned,
    /// It was overrun.
    Breached,
    /// It stopped in time.
    Met,
    /// It stopped after it was overrun.
    Ended,
    /// It stopped for another reason.
    Cancelled(Why),
}

/// A change of the clock at a place of the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which clock: its place in [`Course::clocks`].
    pub clock: usize,
    /// What happened to it.
    pub change: Change,
}

/// Targets of a case; none where there is none. **Unit:** seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Targets {
    /// To the first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_response: Option<i64>,
    /// To each later answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_response: Option<i64>,
    /// Between words of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<i64>,
    /// To the end of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<i64>,
}

impl Why {
    /// As written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Finished => "finished",
            Why::Bot => "bot",
            Why::Void => "void",
            Why::NoTarget => "no_target",
            Why::Recounted => "recounted",
        }
    }
}

impl Metric {
    /// All of them, in the order of a case.
    pub const ALL: [Metric; 4] = [
        Metric::FirstResponse,
        Metric::NextResponse,
        Metric::Update,
        Metric::Resolution,
    ];

    /// As written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Metric::FirstResponse => "first_response",
            Metric::NextResponse => "next_response",
            Metric::Update => "update",
            Metric::Resolution => "resolution",
        }
    }

    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Metric::FirstResponse => "First response",
            Metric::NextResponse => "Next response",
            Metric::Update => "Update",
            Metric::Resolution => "Resolution",
        }
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = Metric::ALL.into_iter();
        all.clone()
            .find(|metric| metric.as_str() == text)
            .ok_or_else(|| {
                let known: Vec<&str> = all.map(Metric::as_str).collect();
                format!(
                    "{text} is not a clock; clocks are {all}",
                    all = known.join(", ")
                )
            })
    }
}

impl State {
    /// All of them.
    pub const ALL: [State; 5] = [
        State::Running,
        State::Paused,
        State::Met,
        State::Breached,
        State::Cancelled,
    ];

    /// As written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Paused => "paused",
            State::Met => "met",
            State::Breached => "breached",
            State::Cancelled => "cancelled",
        }
    }

    /// Whether it may still count.
    pub fn is_live(self) -> bool {
        matches!(self, State::Running | State::Paused)
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        State::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("{text} is not a state of a clock"))
    }
}

impl Targets {
    /// The target of one clock. **Unit:** seconds.
    pub fn of(&self, metric: Metric) -> Option<i64> {
        match metric {
            Metric::FirstResponse => self.first_response,
            Metric::NextResponse => self.next_response,
            Metric::Update => self.update,
            Metric::Resolution => self.resolution,
        }
    }

    /// Sets the target of one clock. **Unit:** seconds.
    pub fn set(&mut self, metric: Metric, target_s: Option<i64>) {
        match metric {
            Metric::FirstResponse => self.first_response = target_s,
            Metric::NextResponse => self.next_response = target_s,
            Metric::Update => self.update = target_s,
            Metric::Resolution => self.resolution = target_s,
        }
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        *self == Targets::default()
    }
}

impl Clock {
    /// Whether it was overrun, stopped or not, and counts as such.
    pub fn is_breach(&self, at: Moment) -> bool {
        match self.state {
            State::Breached => true,
            State::Running => self.breached_at.is_some() || self.due_at.is_some_and(|due| due < at),
            State::Paused => self.breached_at.is_some(),
            State::Met | State::Cancelled => false,
        }
    }
}

/// How many clocks were met and how many breached; the rest is neither.
pub fn score(clocks: &[Clock], at: Moment) -> (u64, u64) {
    clocks.iter().fold((0, 0), |(met, breached), clock| {
        match (clock.state, clock.is_breach(at)) {
            (State::Met, _) => (met + 1, breached),
            (_, true) => (met, breached + 1),
            (_, false) => (met, breached),
        }
    })
}
