//! Exports: the trail or what passes a question, and the lists of work, as tables for people and as
//! lines for machines. Each is written row by row, and recorded with who, what, how many rows and
//! the digest of the file.

mod deeds;
pub mod lists;
mod projections;
mod sheet;
pub mod table;
mod trail;

pub(crate) use trail::recorded;
pub use trail::{Exported, HEAD, cells, trail};

use crate::domain::actor::{Actor, Who};
use crate::error::Result;
use crate::ledger::{Ledger, Now};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sheet::Spreadsheet;
use std::io::Write;
use std::str::FromStr;
use table::{Cell, Column};

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, one row per event, for spreadsheets.
    Csv,
    /// A spreadsheet: typed cells, one sheet for each kind of event.
    Xlsx,
    /// One JSON object per line: the exact entry, its leaf, its disclosures.
    Jsonl,
    /// One JSON object per line in the form of the Open Cybersecurity Schema Framework.
    Ocsf,
    /// One JSON object per line in the form of the Elastic Common Schema.
    Ecs,
}

impl Format {
    /// All of them, in the order they are offered.
    pub const ALL: [Format; 5] = [
        Format::Csv,
        Format::Xlsx,
        Format::Jsonl,
        Format::Ocsf,
        Format::Ecs,
    ];

    /// The form in a URL and the trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Jsonl => "jsonl",
            Format::Ocsf => "ocsf",
            Format::Ecs => "ecs",
        }
    }

    /// How the name of its file ends.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Xlsx => "xlsx",
            Format::Jsonl => "jsonl",
            Format::Ocsf => "ocsf.jsonl",
            Format::Ecs => "ecs.jsonl",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Format::Jsonl | Format::Ocsf | Format::Ecs => "application/x-ndjson",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let found = Format::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| {
            let known = Format::ALL.map(Format::as_str).join(", ");
            format!("{text} is not a format; formats are {known}")
        })
    }
}

/// Begins a spreadsheet with a sheet that says what it is: the checkpoint published with it stands
/// there, to be kept.
fn spreadsheet(
    ledger: &Ledger,
    now: &Now<'_>,
    what: &str,
    question: &str,
    note: &str,
) -> Result<Spreadsheet> {
    let mut book = Spreadsheet::new()?;
    book.sheet(
        "About",
        vec![Column::new("about", 18), Column::new("this", 90)],
    )?;
    let origin = ledger.verifier().name().to_owned();
    for (about, this) in [
        ("desk", Cell::from(origin)),
        ("what", Cell::from(what)),
        ("question", Cell::from(question)),
        ("made at (UTC)", Cell::At(now.at())),
        ("made by", Cell::from(by(now.who()))),
        ("checkpoint", Cell::from(note.trim_end())),
        ("key", Cell::from(ledger.verifier().text())),
    ] {
        book.row(&[Cell::from(about), this])?;
    }
    Ok(book)
}

/// Whoever acts, as people read it.
fn by(who: &Who) -> String {
    match &who.actor {
        Actor::Member { id, name, .. } => format!("{name} ({id})"),
        other @ (Actor::Bot { .. }
        | Actor::Rule { .. }
        | Actor::Contact { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. }) => other.id(),
    }
}

/// Digests along what goes out.
struct Digested<'a> {
    out: &'a mut dyn Write,
    hasher: Sha256,
}

impl<'a> Digested<'a> {
    fn new(out: &'a mut dyn Write) -> Self {
        Digested {
            out,
            hasher: Sha256::new(),
        }
    }

    /// Hex SHA-256 of all that went out.
    fn digest(self) -> String {
        HEXLOWER.encode(&self.hasher.finalize())
    }
}

impl Write for Digested<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
