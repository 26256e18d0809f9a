//! Facts about the fields of tickets a desk defines, and what stands in them.

use crate::domain::field::Definition;
use crate::domain::id::{Object, TicketId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Facts about fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldEvent {
    /// A field was defined, or defined otherwise; what stands in it stays.
    Defined {
        /// Its name; never changes.
        name: String,
        /// Counted from 1.
        version: u32,
        /// What it says.
        definition: Definition,
    },
    /// It is not offered any more; what stands in it stays.
    Retired {
        /// Its name.
        name: String,
    },
    /// It is offered again.
    Restored {
        /// Its name.
        name: String,
    },
    /// Something was written into fields of a ticket, or taken out.
    Filled {
        /// Which ticket.
        ticket: TicketId,
        /// Which fields, with the versions of their definitions.
        fields: BTreeMap<String, u32>,
        /// What stood there and what stands there now.
        #[serde(default)]
        sealed: SealedValues,
    },
}

/// What stood in a field, and what stands there now.
pub type Change = (Option<String>, Option<String>);

/// What is sealed where fields are filled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedValues {
    /// By field, before and after; none once erased.
    #[serde(default)]
    pub values: Option<BTreeMap<String, Change>>,
}

impl FieldEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            FieldEvent::Filled { ticket, .. } => vec![Object::Ticket(*ticket)],
            FieldEvent::Defined { .. }
            | FieldEvent::Retired { .. }
            | FieldEvent::Restored { .. } => Vec::new(),
        }
    }
}
