//! Facts about canned replies and macros: written, retired, used.

use crate::domain::action::Actions;
use crate::domain::id::{MemberId, Object};
use serde::{Deserialize, Serialize};

/// Facts about macros.
// Few live at a time, on their way into the trail: boxes would only be in the way.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MacroEvent {
    /// A macro was written, or a new version of it.
    Saved {
        /// Which.
        #[serde(rename = "macro")]
        id: u64,
        /// From 1.
        version: u32,
        /// What it is called.
        name: String,
        /// Whose own it is; none if everybody may use it.
        #[serde(default)]
        owner: Option<MemberId>,
        /// What it does; its texts are words of the staff.
        #[serde(default)]
        sealed: SealedActions,
    },
    /// It is not offered any more.
    Retired {
        /// Which.
        #[serde(rename = "macro")]
        id: u64,
        /// What it is called.
        name: String,
    },
    /// It is offered again.
    Restored {
        /// Which.
        #[serde(rename = "macro")]
        id: u64,
        /// What it is called.
        name: String,
    },
    /// Somebody used it; what it did, or what was sent with its words, follows from this event.
    Used {
        /// Which.
        #[serde(rename = "macro")]
        id: u64,
        /// Which version.
        version: u32,
        /// What it is called.
        name: String,
        /// On what.
        object: Object,
        /// In which language; empty for the usual one.
        #[serde(default)]
        language: String,
    },
}

/// What is sealed in a version of a macro.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedActions {
    /// What it does.
    #[serde(default)]
    pub actions: Option<Actions>,
}

impl MacroEvent {
    /// The objects whose chains this event continues.
    pub fn objects(&self) -> Vec<Object> {
        match self {
            MacroEvent::Saved { .. } | MacroEvent::Retired { .. } | MacroEvent::Restored { .. } => {
                Vec::new()
            }
            MacroEvent::Used { object, .. } => vec![*object],
        }
    }
}
