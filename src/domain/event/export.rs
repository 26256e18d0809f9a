//! Facts about lists that were taken out of the desk. What was asked for may name somebody, and is
//! sealed.

use super::access::SealedQuestion;
use crate::domain::id::{Object, Seq};
use serde::{Deserialize, Serialize};

/// Facts about exports of lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportEvent {
    /// A list of work was taken out of the desk.
    ListTaken {
        /// `conversations`, `tickets` or `contacts`.
        list: String,
        /// `csv` or `xlsx`.
        format: String,
        /// How many rows.
        rows: u64,
        /// Hex SHA-256 of the file.
        digest: String,
        /// The checkpoint published with it.
        size: u64,
        /// What the list was narrowed to.
        #[serde(default)]
        sealed: SealedQuestion,
    },
    /// A file that was made before was fetched once more: on from where it broke off, or by
    /// somebody else.
    Fetched {
        /// The event that recorded the export.
        export: Seq,
        /// From which byte on; 0 is all of it.
        from_byte: u64,
    },
    /// A report was made for printing.
    Printed {
        /// `case`, `pack` or `events`.
        what: String,
        /// The ticket or conversation it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        object: Option<Object>,
        /// The pack it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pack: Option<u64>,
        /// How many events stand in it.
        rows: u64,
        /// Hex SHA-256 of the page.
        digest: String,
        /// The checkpoint printed on it.
        size: u64,
        /// What was asked for.
        #[serde(default)]
        sealed: SealedQuestion,
    },
}

impl ExportEvent {
    /// The objects whose chains this event continues.
    pub fn objects(&self) -> Vec<Object> {
        match self {
            ExportEvent::ListTaken { .. } | ExportEvent::Fetched { .. } => Vec::new(),
            ExportEvent::Printed { object, .. } => object.iter().copied().collect(),
        }
    }
}
