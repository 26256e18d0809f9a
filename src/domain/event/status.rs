//! Facts about the statuses a desk has names for.

use crate::domain::id::{Object, TicketId};
use crate::domain::status::Definition;
use serde::{Deserialize, Serialize};

/// Facts about statuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusEvent {
    /// A status was defined, or defined otherwise; tickets in it stay as it was when they came.
    Defined {
        /// Its name; never changes.
        name: String,
        /// Counted from 1; 0 is as shipped.
        version: u32,
        /// What it says.
        definition: Definition,
    },
    /// It is not offered any more; tickets in it stay in it.
    Retired {
        /// Its name.
        name: String,
    },
    /// It is offered again.
    Restored {
        /// Its name.
        name: String,
    },
    /// A ticket could not go on by itself; it stays until somebody moves it.
    Stayed {
        /// Which.
        ticket: TicketId,
        /// In which status.
        name: String,
        /// Where it should have gone.
        to: String,
        /// Why it did not, in English.
        why: String,
    },
}

impl StatusEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            StatusEvent::Stayed { ticket, .. } => vec![Object::Ticket(*ticket)],
            StatusEvent::Defined { .. }
            | StatusEvent::Retired { .. }
            | StatusEvent::Restored { .. } => Vec::new(),
        }
    }
}
