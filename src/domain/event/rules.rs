//! Facts about automation rules: written, switched, run, cut, hindered.

use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::domain::rule::Definition;
use serde::{Deserialize, Serialize};

/// Facts about rules.
// Few live at a time, on their way into the trail: boxes would only be in the way.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleEvent {
    /// A rule was written, or a new version of it.
    Saved {
        /// Which.
        rule: u64,
        /// From 1.
        version: u32,
        /// What it is called.
        name: String,
        /// What it says; its texts are words of the staff.
        #[serde(default)]
        sealed: SealedDefinition,
    },
    /// It runs from now on, or no longer.
    Switched {
        /// Which.
        rule: u64,
        /// Which version stood then.
        version: u32,
        /// Whether it runs.
        on: bool,
    },
    /// Its conditions held, and it did what follows from this event.
    Ran {
        /// Which.
        rule: u64,
        /// Which version.
        version: u32,
        /// What it is called.
        name: String,
        /// To what.
        object: Object,
        /// The event it answered; none by the clock.
        #[serde(default)]
        trigger: Option<Seq>,
        /// Since when what it waits for lasts; by the clock alone.
        #[serde(default)]
        since: Option<Moment>,
        /// How many rules stand before it in the chain of causes.
        depth: u32,
    },
    /// It would have run, but rules answered rules too deeply: a loop. Nothing was done.
    Cut {
        /// Which.
        rule: u64,
        /// Which version.
        version: u32,
        /// What it is called.
        name: String,
        /// To what.
        object: Object,
        /// The event it would have answered.
        trigger: Seq,
        /// How many rules stand before it in the chain of causes.
        depth: u32,
    },
    /// One of its actions could not be done.
    Hindered {
        /// Which.
        rule: u64,
        /// Which version.
        version: u32,
        /// What it is called.
        name: String,
        /// To what.
        object: Object,
        /// Which action.
        action: String,
        /// Why.
        #[serde(default)]
        sealed: super::SealedReason,
    },
}

/// What is sealed in a version of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedDefinition {
    /// What it says.
    #[serde(default)]
    pub definition: Option<Definition>,
}

impl RuleEvent {
    /// The objects whose chains this event continues.
    pub fn objects(&self) -> Vec<Object> {
        match self {
            RuleEvent::Saved { .. } | RuleEvent::Switched { .. } => Vec::new(),
            RuleEvent::Ran { object, .. }
            | RuleEvent::Cut { object, .. }
            | RuleEvent::Hindered { object, .. } => vec![*object],
        }
    }
}
