//! Exports of the trail: the events of a question, oldest first.

use super::table::{Cell, Column, csv_row};
use super::{Digested, Format, projections, spreadsheet};
use crate::desk::audit::filter::{self, Filter};
use crate::desk::audit::{self, Recorded};
use crate::domain::actor::{Actor, Who};
use crate::domain::compliance;
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Result};
use crate::ledger::entry::{Entry, opened};
use crate::ledger::note::Checkpoint;
use crate::ledger::{Ledger, Now, Receipt};
use data_encoding::BASE64;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;

/// Events read at once.
const PAGE: u32 = 5_000;

/// How often it is told how far it is. **Unit:** events.
const TOLD_EVERY: usize = 1_000;

/// Fields of one kind of event that get a column of their own; the rarer ones share one.
const FIELDS_MAX: usize = 60;

/// Writes one event.
type Line<'a> = &'a mut dyn FnMut(&Recorded) -> Result<()>;

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// How many rows.
    pub rows: u64,
    /// Hex SHA-256 of all bytes.
    pub digest: String,
    /// The size of the checkpoint published with it.
    pub size: u64,
    /// The event that recorded it.
    pub seq: Seq,
}

/// Publishes a checkpoint, writes the events of a question, oldest first, and records the export.
/// Secrets are never in it. `question` is what was asked, as people write it.
///
/// **Limit:** memory for one page of events and one number per event.
pub fn trail(
    ledger: &Ledger,
    who: &Who,
    wanted: &Filter,
    question: &str,
    format: Format,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Exported> {
    let note = ledger.publish_checkpoint()?;
    let size = Checkpoint::parse(&note)?.size;
    let now = ledger.now(who)?;
    let places = places(&now, wanted)?;
    let mut out = Digested::new(out);
    let mut each = |write: Line<'_>| -> Result<()> {
        for (done, seq) in places.iter().rev().enumerate() {
            write(&audit::get(&now, *seq)?)?;
            if done % TOLD_EVERY == 0 {
                progress(done as u64, places.len() as u64);
            }
        }
        Ok(())
    };
    match format {
        Format::Csv => {
            csv_row(&mut out, &HEAD.map(Cell::from))?;
            each(&mut |event| csv_line(&mut out, event))?;
        }
        Format::Xlsx => {
            let what = "events of the audit trail, one sheet for each kind";
            let mut book = spreadsheet(ledger, &now, what, question, &note)?;
            sheets(&now, &places, &mut book, progress)?;
            book.save(&mut out)?;
        }
        Format::Jsonl => each(&mut |event| json_line(&mut out, event))?,
        Format::Ocsf => each(&mut |event| Ok(writeln!(out, "{}", projections::ocsf(event))?))?,
        Format::Ecs => each(&mut |event| Ok(writeln!(out, "{}", projections::ecs(event))?))?,
    }
    drop(now);
    out.flush().doing("writing the export")?;
    let (rows, digest) = (places.len() as u64, out.digest());
    let (told, question) = (digest.clone(), question.to_owned());
    let receipt = ledger.record(who, move |_| {
        let format = format.as_str();
        Ok(audit::record_export(format, &question, rows, &told, size))
    })?;
    Ok(Exported {
        rows,
        digest,
        size,
        seq: recorded(&receipt)?,
    })
}

/// The event that recorded an export.
pub(crate) fn recorded(receipt: &Receipt) -> Result<Seq> {
    let first = receipt.facts.first().map(|(seq, _)| *seq);
    first.ok_or_else(|| Error::fault("an export left no event"))
}

/// The places first, so that nothing new slips in between; the oldest last.
fn places(now: &Now<'_>, wanted: &Filter) -> Result<Vec<Seq>> {
    let mut places: Vec<Seq> = Vec::new();
    let mut page = wanted.clone();
    loop {
        let found = filter::all(now, &page, PAGE)?;
        places.extend(&found);
        match found.last() {
            Some(last) if found.len() == PAGE as usize => page.before = Some(*last),
            _ => return Ok(places), // the last page
        }
    }
}

fn csv_line(out: &mut dyn Write, event: &Recorded) -> Result<()> {
    let open = open_disclosures(event);
    csv_row(out, &cells(&event.entry, &event.leaf, open)?)
}

/// The columns of a CSV export.
pub const HEAD: [&str; 13] = [
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
    "requirements",
];

/// The cells of an event, with the disclosures that leave the desk.
pub fn cells<'a>(
    entry: &Entry,
    leaf: &[u8; 32],
    open: impl Iterator<Item = (&'a String, &'a String)>,
) -> Result<[Cell; 13]> {
    let mut personal = serde_json::Map::new();
    for (field, text) in open {
        personal.insert(field.clone(), opened(text)?.1);
    }
    let personal = match personal.is_empty() {
        true => Cell::Nothing,
        false => Cell::Text(Value::Object(personal).to_string()),
    };
    let [seq, at, event, kind, actor, name, door, cause, objects] = common(entry);
    let data = Cell::Text(serde_json::to_string(&entry.data)?);
    let leaf = Cell::Text(BASE64.encode(leaf));
    Ok([
        seq,
        at,
        event,
        kind,
        actor,
        name,
        door,
        cause,
        objects,
        data,
        personal,
        leaf,
        requirements(entry),
    ])
}

/// Which requirements an event answers, by the mapping of the handbook.
fn requirements(entry: &Entry) -> Cell {
    let names = compliance::REQUIREMENTS.iter();
    let names = names.filter(|one| compliance::supports(one, &entry.event));
    let names: Vec<&str> = names.map(|one| one.name).collect();
    match names.is_empty() {
        true => Cell::Nothing,
        false => Cell::Text(names.join("; ")),
    }
}

/// What every event has.
fn common(entry: &Entry) -> [Cell; 9] {
    let name = match &entry.actor {
        Actor::Member { name, .. } => name.as_str(),
        Actor::Bot { .. }
        | Actor::Rule { .. }
        | Actor::Contact { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. } => "",
    };
    let objects: Vec<&str> = entry.of.iter().map(|link| link.0.as_str()).collect();
    [
        Cell::from(entry.seq.0),
        Cell::At(entry.at),
        Cell::from(entry.event.as_str()),
        Cell::from(entry.actor.kind()),
        Cell::from(entry.actor.id()),
        Cell::from(name),
        Cell::from(entry.via.door.as_str()),
        Cell::from(entry.cause.map(|cause| cause.0)),
        Cell::from(objects.join(" ")),
    ]
}

/// One kind of event: which there are, and how often each field stands in them.
#[derive(Default)]
struct Kind {
    places: Vec<Seq>,
    fields: BTreeMap<String, u64>,
}

/// One sheet for each kind of event, with a column for each of its fields.
fn sheets(
    now: &Now<'_>,
    places: &[Seq],
    book: &mut super::Spreadsheet,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    let all = 2 * places.len() as u64; // each is read twice
    let mut done = 0;
    let mut tell = || {
        if done % TOLD_EVERY as u64 == 0 {
            progress(done, all);
        }
        done += 1;
    };
    for seq in places.iter().rev() {
        let event = audit::get(now, *seq)?;
        let area = event.entry.event.split('.').next().unwrap_or_default();
        let kind = kinds.entry(area.to_owned()).or_default();
        kind.places.push(*seq);
        let public = event.entry.data.keys().map(|name| (name, ""));
        let personal = open_disclosures(&event).map(|(name, _)| (name, PERSONAL));
        for (name, mark) in public.chain(personal) {
            *kind.fields.entry(format!("{name}{mark}")).or_default() += 1;
        }
        tell();
    }
    for (area, kind) in kinds {
        let (own, rare) = columns(kind.fields);
        let mut columns: Vec<Column> = COMMON
            .iter()
            .map(|(name, width)| Column::new(name, *width))
            .collect();
        columns.extend(own.iter().map(|name| Column::new(name, 20)));
        if rare {
            columns.push(Column::new("further fields", 30));
        }
        columns.push(Column::new("leaf", 46));
        columns.push(Column::new("requirements", 40));
        book.sheet(&area, columns)?;
        for seq in kind.places {
            let event = audit::get(now, seq)?;
            book.row(&row(&event, &own, rare)?)?;
            tell();
        }
    }
    Ok(())
}

/// What stands behind the name of a column whose content can be forgotten.
const PERSONAL: &str = " (personal)";

/// The first columns of every sheet, with their widths.
const COMMON: [(&str, u16); 9] = [
    ("seq", 9),
    ("at (UTC)", 23),
    ("event", 26),
    ("actor kind", 11),
    ("actor", 10),
    ("actor name", 18),
    ("door", 9),
    ("cause", 9),
    ("objects", 18),
];

/// The fields that get a column, by name, and whether some are left over.
fn columns(fields: BTreeMap<String, u64>) -> (Vec<String>, bool) {
    let mut by_use: Vec<(String, u64)> = fields.into_iter().collect();
    by_use.sort_by_key(|(_, times)| std::cmp::Reverse(*times)); // keeps names in order among equals
    let rare = by_use.len() > FIELDS_MAX;
    by_use.truncate(FIELDS_MAX);
    let mut names: Vec<String> = by_use.into_iter().map(|(name, _)| name).collect();
    names.sort();
    (names, rare)
}

fn row(event: &Recorded, own: &[String], rare: bool) -> Result<Vec<Cell>> {
    let mut fields: BTreeMap<String, Value> = BTreeMap::new();
    for (name, value) in &event.entry.data {
        fields.insert(name.clone(), value.clone());
    }
    for (name, text) in open_disclosures(event) {
        fields.insert(format!("{name}{PERSONAL}"), opened(text)?.1);
    }
    let mut row = Vec::from(common(&event.entry));
    for name in own {
        row.push(match fields.remove(name) {
            Some(value) => typed(name, value),
            None => Cell::Nothing,
        });
    }
    if rare {
        row.push(match fields.is_empty() {
            true => Cell::Nothing,
            false => Cell::Text(serde_json::to_string(&fields)?),
        });
    }
    row.push(Cell::Text(BASE64.encode(&event.leaf)));
    row.push(requirements(&event.entry));
    Ok(row)
}

/// A value as a cell of its type: numbers, instants, yes and no; what has parts stays JSON.
fn typed(name: &str, value: Value) -> Cell {
    match value {
        Value::Null => Cell::Nothing,
        Value::Bool(yes) => Cell::Yes(yes),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Cell::Number(number),
            None => Cell::Text(number.to_string()),
        },
        Value::String(text) => {
            let instant = name.ends_with("_at") || name.ends_with("_until");
            match Moment::parse(&text) {
                Ok(at) if instant => Cell::At(at),
                Ok(_) | Err(_) => Cell::from(text),
            }
        }
        parts @ (Value::Array(_) | Value::Object(_)) => Cell::Text(parts.to_string()),
    }
}

/// The disclosures that may leave the desk: everything that is still there but secrets.
fn open_disclosures(event: &Recorded) -> impl Iterator<Item = (&String, &String)> {
    event
        .disclosures
        .iter()
        .filter(|(field, _)| field != crate::desk::evidence::SECRET)
        .filter_map(|(field, text)| text.as_ref().map(|text| (field, text)))
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
