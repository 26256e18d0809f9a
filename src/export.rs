//! Exports of the trail: the events of a filter as CSV or JSON lines, streamed, newest last, and
//! recorded as an event with count and digest.

use crate::desk::audit::filter::{self, Filter};
use crate::desk::audit::{self, Recorded};
use crate::domain::actor::Who;
use crate::domain::id::Seq;
use crate::error::{Doing, Fault, Result};
use crate::ledger::Ledger;
use crate::ledger::entry::Entry;
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::str::FromStr;

/// Events read at once.
const PAGE: u32 = 5_000;

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, one row per event, for spreadsheets.
    Csv,
    /// One JSON object per line: the exact entry, its leaf, its disclosures.
    Jsonl,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// How many events.
    pub rows: u64,
    /// Hex SHA-256 of all bytes.
    pub digest: String,
    /// The size of the checkpoint published with it.
    pub size: u64,
}

impl Format {
    /// The form in a URL, a file name and the trail.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Jsonl => "application/x-ndjson",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "csv" => Ok(Format::Csv),
            "jsonl" => Ok(Format::Jsonl),
            other => Err(format!("{other} is not a format; formats are csv, jsonl")),
        }
    }
}

/// Writes the events of a filter, oldest first, publishes a checkpoint, and records the export.
/// Secrets are never in it. `address` is the filter as people write it.
///
/// **Limit:** memory for one page of events and one number per event.
pub fn trail(
    ledger: &Ledger,
    who: &Who,
    wanted: &Filter,
    address: &str,
    format: Format,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported> {
    let now = ledger.now(who)?;
    // The places first, newest first as the index has them, so that nothing new slips in between.
    let mut places: Vec<Seq> = Vec::new();
    let mut page = wanted.clone();
    loop {
        let found = filter::all(&now, &page, PAGE)?;
        places.extend(&found);
        match found.last() {
            Some(last) if found.len() == PAGE as usize => page.before = Some(*last),
            _ => break, // the last page
        }
    }
    let mut out = Counted {
        out,
        hasher: Sha256::new(),
    };
    if format == Format::Csv {
        csv_row(&mut out, &HEAD.map(str::to_owned))?;
    }
    for (done, seq) in places.iter().rev().enumerate() {
        let event = audit::get(&now, *seq)?;
        match format {
            Format::Csv => {
                let open = open_disclosures(&event);
                csv_row(&mut out, &cells(&event.entry, &event.leaf, open)?)?
            }
            Format::Jsonl => json_line(&mut out, &event)?,
        }
        if done % 1000 == 0 {
            progress(done as u64);
        }
    }
    drop(now);
    out.flush().doing("writing the export")?;
    let digest = HEXLOWER.encode(&out.hasher.finalize());
    let note = ledger.publish_checkpoint()?;
    let size = crate::ledger::note::Checkpoint::parse(&note)?.size;
    let exported = Exported {
        rows: places.len() as u64,
        digest,
        size,
    };
    let (told, address) = (exported.clone(), address.to_owned());
    ledger.record(who, move |_| {
        let word = format.as_str();
        Ok(audit::record_export(
            word,
            &address,
            told.rows,
            &told.digest,
            told.size,
        ))
    })?;
    Ok(exported)
}

/// The columns of a CSV export.
pub const HEAD: [&str; 12] = [
    "seq",
    "at",
    "event",
    "actor_kind",
    "actor",
    "actor_name",
    "door",
    "cause",
    "objects",
    "data",
    "personal",
    "leaf",
];

/// The cells of an event, with the disclosures that leave the desk.
pub fn cells<'a>(
    entry: &Entry,
    leaf: &[u8; 32],
    open: impl Iterator<Item = (&'a String, &'a String)>,
) -> Result<[String; 12]> {
    use crate::domain::actor::Actor;
    let name = match &entry.actor {
        Actor::Member { name, .. } => name.clone(),
        Actor::Bot { .. }
        | Actor::Rule { .. }
        | Actor::Contact { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. } => String::new(),
    };
    let objects: Vec<&str> = entry.of.iter().map(|link| link.0.as_str()).collect();
    let mut personal = serde_json::Map::new();
    for (field, text) in open {
        personal.insert(field.clone(), crate::ledger::entry::opened(text)?.1);
    }
    let personal = if personal.is_empty() {
        String::new()
    } else {
        serde_json::Value::Object(personal).to_string()
    };
    Ok([
        entry.seq.to_string(),
        entry.at.to_string(),
        entry.event.clone(),
        entry.actor.kind().to_owned(),
        entry.actor.id(),
        name,
        entry.via.door.to_string(),
        entry
            .cause
            .map(|cause| cause.to_string())
            .unwrap_or_default(),
        objects.join(" "),
        serde_json::to_string(&entry.data)?,
        personal,
        BASE64.encode(leaf),
    ])
}

/// The disclosures that may leave the desk: everything that is still there but secrets.
fn open_disclosures(event: &Recorded) -> impl Iterator<Item = (&String, &String)> {
    event
        .disclosures
        .iter()
        .filter(|(field, _)| field != "secret")
        .filter_map(|(field, text)| text.as_ref().map(|text| (field, text)))
}

/// Writes cells as a line of CSV; none of them is a formula.
pub fn csv_row(out: &mut dyn Write, cells: &[String; 12]) -> Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let guarded: Vec<String> = cells.iter().map(|cell| guard(cell)).collect();
    writer.write_record(&guarded).map_err(Fault::from)?;
    let line = writer
        .into_inner()
        .map_err(|error| Fault::new(error.to_string()))?;
    out.write_all(&line).doing("writing the export")
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe before it.
fn guard(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn json_line(out: &mut dyn Write, event: &Recorded) -> Result<()> {
    let entry: &serde_json::value::RawValue = serde_json::from_str(&event.bytes)?;
    let disclosures: Vec<&String> = open_disclosures(event).map(|(_, text)| text).collect();
    let line =
        serde_json::json!({ "leaf": BASE64.encode(&event.leaf), "disclosures": disclosures });
    // The entry goes out byte for byte; it must not pass through a map.
    let rest = line.to_string();
    let rest = rest.strip_prefix('{').unwrap_or_default();
    writeln!(out, "{{\"entry\":{},{rest}", entry.get()).doing("writing the export")
}

/// Counts along what goes out.
struct Counted<'a> {
    out: &'a mut dyn Write,
    hasher: Sha256,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_made_text() {
        for (cell, guarded) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(guard(cell), guarded);
        }
    }
}
