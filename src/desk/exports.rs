//! Exports of lists and reports for printing: that they were made, and what is told of work that
//! leaves the desk in a table.

use crate::domain::event::Fact;
use crate::domain::event::access::SealedQuestion;
use crate::domain::event::export::ExportEvent;
use crate::domain::id::Object;
use crate::error::Result;
use crate::ledger::{Now, Recorded, Writer};

/// What was made of an export, for its fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// How many rows or events.
    pub rows: u64,
    /// Hex SHA-256 of the file.
    pub digest: String,
    /// The checkpoint published with it.
    pub size: u64,
    /// What was asked for, as people write it.
    pub question: String,
}

/// What a report for printing is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// A ticket or conversation.
    Case(Object),
    /// A pack, on the ticket or conversation it is about.
    Pack(u64, Object),
    /// The events of a question.
    Events,
}

// Decide

/// Records that a list was taken out of the desk.
pub fn record_list(list: &str, format: &str, made: Made) -> Vec<Fact> {
    let taken = ExportEvent::ListTaken {
        list: list.to_owned(),
        format: format.to_owned(),
        rows: made.rows,
        digest: made.digest,
        size: made.size,
        sealed: SealedQuestion::of(&made.question),
    };
    vec![taken.into()]
}

/// Records that a report was made for printing.
pub fn record_print(report: Report, made: Made) -> Vec<Fact> {
    let (what, object, pack) = match report {
        Report::Case(object) => ("case", Some(object), None),
        Report::Pack(pack, object) => ("pack", Some(object), Some(pack)),
        Report::Events => ("events", None, None),
    };
    let printed = ExportEvent::Printed {
        what: what.to_owned(),
        object,
        pack,
        rows: made.rows,
        digest: made.digest,
        size: made.size,
        sealed: SealedQuestion::of(&made.question),
    };
    vec![printed.into()]
}

// Apply

/// Applies a fact about exports; it leaves no row but its place in the trail.
pub fn apply(_write: &Writer<'_>, _recorded: &Recorded<'_>, event: &ExportEvent) -> Result<()> {
    match event {
        ExportEvent::ListTaken { .. } | ExportEvent::Printed { .. } => Ok(()),
    }
}

// Ask

/// The names of what members wrote down of customers, in order.
pub fn contact_fields(now: &Now<'_>) -> Result<Vec<String>> {
    now.all(
        "SELECT DISTINCT field FROM contact_field ORDER BY field LIMIT 100",
        &[],
        |row| row.get("field"),
    )
}
