//! Facts about bulk wishes: the same done to many at once, and undone again.

use super::SealedReason;
use crate::domain::action::Actions;
use crate::domain::id::Object;
use serde::{Deserialize, Serialize};

/// Facts about bulk wishes.
// Few live at a time, on their way into the trail: boxes would only be in the way.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkEvent {
    /// Somebody chose many and what to do to each; every change that follows names this event.
    Started {
        /// Which.
        bulk: u64,
        /// What was chosen, in the order in which it is done.
        objects: Vec<Object>,
        /// The kinds of action.
        actions: Vec<String>,
        /// The actions themselves, and the reason given.
        #[serde(default)]
        sealed: SealedWish,
    },
    /// It was not done to one of them.
    Skipped {
        /// Which.
        bulk: u64,
        /// The one.
        object: Object,
        /// Why.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// It has been done to all of them.
    Finished {
        /// Which.
        bulk: u64,
        /// How many were changed.
        done: u64,
        /// How many were not.
        skipped: u64,
    },
    /// Somebody wants it undone; every change that follows names this event.
    Undone {
        /// Which.
        bulk: u64,
    },
    /// One of them was not put back: it has changed since.
    Kept {
        /// Which.
        bulk: u64,
        /// The one.
        object: Object,
        /// Why.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// All of them have been put back, or kept.
    Restored {
        /// Which.
        bulk: u64,
        /// How many were put back.
        done: u64,
        /// How many were not.
        kept: u64,
    },
}

/// What is sealed in a bulk wish.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedWish {
    /// What is done to each.
    #[serde(default)]
    pub wish: Option<Actions>,
    /// Why, where a reason was given.
    #[serde(default)]
    pub reason: Option<String>,
}

impl BulkEvent {
    /// The objects whose chains this event continues.
    pub fn objects(&self) -> Vec<Object> {
        match self {
            BulkEvent::Skipped { object, .. } | BulkEvent::Kept { object, .. } => vec![*object],
            BulkEvent::Started { .. }
            | BulkEvent::Finished { .. }
            | BulkEvent::Undone { .. }
            | BulkEvent::Restored { .. } => Vec::new(),
        }
    }
}
