//! Exports of lists and reports for printing: that they were made, and what is told of work that
//! leaves the desk in a table.

use super::access;
use crate::domain::event::access::SealedQuestion;
use crate::domain::event::export::ExportEvent;
use crate::domain::event::{Cause, Fact};
use crate::domain::id::{MemberId, Object, Seq};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::{Ledger, Now, Recorded, Writer};

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

/// Records that a kept export is fetched once more. Whoever made it and fetches all of it does what
/// the export itself tells; the same again within the hour is not told again.
pub fn fetch(now: &Now<'_>, kept: &Kept, from_byte: u64) -> Result<Vec<Fact>> {
    let own = now.who().member() == Some(kept.member);
    if (own && from_byte == 0) || access::looked(now, &format!("export:{}", kept.export))? {
        return Ok(Vec::new());
    }
    let fetched = ExportEvent::Fetched {
        export: kept.export,
        from_byte,
    };
    let mut fact = Fact::from(fetched);
    fact.cause = Some(Cause::Event(kept.export));
    Ok(vec![fact])
}

// Apply

/// Applies a fact about exports; it leaves no row but its place in the trail, and who fetched last.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &ExportEvent) -> Result<()> {
    match event {
        ExportEvent::ListTaken { .. } | ExportEvent::Printed { .. } => Ok(()),
        ExportEvent::Fetched { export, .. } => {
            access::looks(write, recorded, &format!("export:{export}"))
        }
    }
}

// Scratch: the files that were made and are kept for a while.

/// An export that is kept for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// In its address, and the name of its file.
    pub id: String,
    /// The event that recorded it.
    pub export: Seq,
    /// Who made it.
    pub member: MemberId,
    /// It is saved under this name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Hex SHA-256 of the file.
    pub digest: String,
    /// Its length. **Unit:** bytes.
    pub size_bytes: u64,
    /// When it was made.
    pub made_at: Moment,
    /// Until when it is kept.
    pub until: Moment,
}

/// Notes that an export is kept.
pub fn keep(ledger: &Ledger, kept: &Kept) -> Result<()> {
    ledger.scribble(
        "INSERT INTO kept_export (id, export, member, name, type, digest, size_bytes, made_at,
                                  until)
         VALUES (:id, :export, :member, :name, :type, :digest, :size, :made_at, :until)",
        vec![
            (":id", Box::new(kept.id.clone())),
            (":export", Box::new(kept.export)),
            (":member", Box::new(kept.member)),
            (":name", Box::new(kept.name.clone())),
            (":type", Box::new(kept.media_type.clone())),
            (":digest", Box::new(kept.digest.clone())),
            (":size", Box::new(kept.size_bytes)),
            (":made_at", Box::new(kept.made_at)),
            (":until", Box::new(kept.until)),
        ],
    )
}

/// Notes that an export is not kept any more.
pub fn drop_kept(ledger: &Ledger, id: &str) -> Result<()> {
    ledger.scribble(
        "DELETE FROM kept_export WHERE id = :id",
        vec![(":id", Box::new(id.to_owned()))],
    )
}

// Ask

/// The exports that are kept, the newest first; those whose time is up too.
pub fn kept(now: &Now<'_>) -> Result<Vec<Kept>> {
    now.all(
        "SELECT id, export, member, name, type, digest, size_bytes, made_at, until
           FROM kept_export ORDER BY export DESC, id LIMIT 500",
        &[],
        |row| {
            Ok(Kept {
                id: row.get("id")?,
                export: row.get("export")?,
                member: row.get("member")?,
                name: row.get("name")?,
                media_type: row.get("type")?,
                digest: row.get("digest")?,
                size_bytes: row.get("size_bytes")?,
                made_at: row.get("made_at")?,
                until: row.get("until")?,
            })
        },
    )
}

/// The names of what members wrote down of customers, in order.
pub fn contact_fields(now: &Now<'_>) -> Result<Vec<String>> {
    now.all(
        "SELECT DISTINCT field FROM contact_field ORDER BY field LIMIT 100",
        &[],
        |row| row.get("field"),
    )
}
