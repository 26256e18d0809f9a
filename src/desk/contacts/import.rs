//! Customers out of a table (CSV): what each line would do is said first, and the same file twice
//! does nothing the second time. A file is taken in one go or not at all; lines that cannot be
//! taken are named with their reason.

use super::profile::{FIELDS, attributes, valid_field, valid_identity};
use super::{by_identity, get, merging};
use crate::config::MIB;
use crate::domain::attribute::Attribute;
use crate::domain::event::{
    Cause, ContactEvent, Fact, SealedContact, SealedFields, SealedIdentity,
};
use crate::domain::id::ContactId;
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use std::collections::{BTreeMap, BTreeSet};

/// The largest file. **Unit:** bytes.
pub const BYTES_MAX: usize = 4 * MIB;
/// Most lines.
pub const LINES_MAX: usize = 5_000;

/// What a file would do.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// Its lines, in order.
    pub lines: Vec<Line>,
    /// Columns that are not known, and are left out.
    pub unknown: Vec<String>,
}

/// What one line would do.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its number in the file, the head being 1.
    pub number: usize,
    /// Whom it speaks of, as the file says.
    pub who: String,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// A customer nobody knew.
    New(Told),
    /// A known one, of whom something is new: what, by field.
    Changed(ContactId, Told),
    /// A known one, of whom nothing is new.
    Same(ContactId),
    /// Cannot be taken, and why.
    Refused(String),
}

/// What a line tells of a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Field and value.
    pub fields: BTreeMap<String, String>,
    /// Kind and value.
    pub identities: Vec<(String, String)>,
}

impl Preview {
    /// How many lines are new, changed, as they were, and refused.
    pub fn counts(&self) -> (u64, u64, u64, u64) {
        let mut counts = (0, 0, 0, 0);
        for line in &self.lines {
            match line.fate {
                Fate::New(_) => counts.0 += 1,
                Fate::Changed(..) => counts.1 += 1,
                Fate::Same(_) => counts.2 += 1,
                Fate::Refused(_) => counts.3 += 1,
            }
        }
        counts
    }
}

/// What a column holds.
enum Column {
    Field(String),
    Identity(&'static str),
    Unknown,
}

// Decide

/// Takes a file in: one fact for the whole with its counts, and those of its lines.
///
/// **Refuses:** a file that is no table, or that changes nothing.
pub fn take(now: &Now<'_>, bytes: &[u8], digest: &str) -> Result<Vec<Fact>> {
    let preview = preview(now, bytes)?;
    let (added, changed, same, refused) = preview.counts();
    if added + changed == 0 {
        let text = "nothing in this file is new";
        return Err(Refusal::conflict(text).at("file").into());
    }
    let mut facts: Vec<Fact> = vec![
        ContactEvent::Imported {
            added,
            changed,
            same,
            refused,
            digest: digest.to_owned(),
        }
        .into(),
    ];
    let mut next: u64 = now.value("SELECT coalesce(max(id) + 1, 1) FROM contact", &[])?;
    for line in preview.lines {
        let (contact, mut told) = match line.fate {
            Fate::Same(_) | Fate::Refused(_) => continue,
            Fate::Changed(contact, told) => (contact, told),
            Fate::New(mut told) => {
                let contact = ContactId(next);
                next += 1;
                let sealed = SealedContact {
                    name: told.fields.remove("name"),
                    identities: None,
                };
                let met = ContactEvent::Added { contact, sealed };
                facts.push(Fact::from(met).because(Cause::Earlier(0)));
                (contact, told)
            }
        };
        for (kind, value) in std::mem::take(&mut told.identities) {
            let sealed = SealedIdentity { value: Some(value) };
            let known = ContactEvent::IdentityAdded {
                contact,
                kind,
                sealed,
            };
            facts.push(Fact::from(known).because(Cause::Earlier(0)));
        }
        if !told.fields.is_empty() {
            let described = ContactEvent::Described {
                contact,
                fields: told.fields.keys().cloned().collect(),
                sealed: SealedFields {
                    values: Some(told.fields),
                },
            };
            facts.push(Fact::from(described).because(Cause::Earlier(0)));
        }
    }
    Ok(facts)
}

// Ask

/// What a file would do, line by line.
///
/// **Refuses:** what is no table with a head of known columns; more than [`LINES_MAX`] lines or
/// [`BYTES_MAX`] bytes.
pub fn preview(now: &Now<'_>, bytes: &[u8]) -> Result<Preview> {
    let wrong = |text: String| Error::from(Refusal::invalid(text).at("file"));
    if bytes.len() > BYTES_MAX {
        return Err(wrong(format!(
            "the file is larger than {} MB",
            BYTES_MAX / MIB
        )));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| wrong("the file is not UTF-8 text; save it as CSV UTF-8".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    let semicolons = head.matches(';').count() > head.matches(',').count();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if semicolons { b';' } else { b',' })
        .flexible(true)
        .from_reader(text.as_bytes());
    let attributes = attributes(now)?;
    let names = reader
        .headers()
        .map_err(|error| wrong(told(&error)))?
        .clone();
    let columns: Vec<Column> = names.iter().map(|name| column(name, &attributes)).collect();
    if !columns
        .iter()
        .any(|column| matches!(column, Column::Identity(_)))
    {
        let text = "the first line names no column phone, email or whatsapp";
        return Err(wrong(text.to_owned()));
    }
    let unknown = names.iter().zip(&columns);
    let unknown = unknown.filter(|(_, column)| matches!(column, Column::Unknown));
    let mut preview = Preview {
        unknown: unknown.map(|(name, _)| name.to_owned()).collect(),
        ..Preview::default()
    };
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for record in reader.records() {
        if preview.lines.len() == LINES_MAX {
            return Err(wrong(format!(
                "the file has more than {LINES_MAX} lines; cut it up"
            )));
        }
        let record = record.map_err(|error| wrong(told(&error)))?;
        let number = record.position().map_or(0, |place| place.line());
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let cells: Vec<&str> = record.iter().collect();
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let fate = if cells.len() != columns.len() {
            let (have, want) = (cells.len(), columns.len());
            Fate::Refused(format!("it has {have} columns, the head has {want}"))
        } else {
            match line(now, &columns, &cells, &attributes, &mut seen) {
                Ok(fate) => fate,
                Err(Error::Refusal(refusal)) => Fate::Refused(refusal.text),
                Err(fault) => return Err(fault),
            }
        };
        let who: String = cells
            .first()
            .copied()
            .unwrap_or_default()
            .chars()
            .take(80)
            .collect();
        preview.lines.push(Line { number, who, fate });
    }
    if preview.lines.is_empty() {
        return Err(wrong("the file has a head and no lines".to_owned()));
    }
    Ok(preview)
}

fn told(error: &csv::Error) -> String {
    let line = error.position().map(|place| place.line());
    let line = line
        .map(|line| format!(" in line {line}"))
        .unwrap_or_default();
    format!("the file cannot be read as CSV{line}")
}

fn column(name: &str, attributes: &[Attribute]) -> Column {
    let name = name.trim().to_lowercase().replace(' ', "-");
    match name.as_str() {
        "phone" | "telephone" | "mobile" | "number" => Column::Identity("phone"),
        "email" | "e-mail" | "mail" => Column::Identity("email"),
        "whatsapp" | "wa-id" | "wa_id" => Column::Identity("wa_id"),
        other => {
            let ours = FIELDS.iter().any(|(field, _)| *field == other)
                || attributes.iter().any(|attribute| attribute.key == other);
            if ours {
                Column::Field(other.to_owned())
            } else {
                Column::Unknown
            }
        }
    }
}

/// What one line would do; each customer stands in a file once.
fn line(
    now: &Now<'_>,
    columns: &[Column],
    cells: &[&str],
    attributes: &[Attribute],
    seen: &mut BTreeSet<(String, String)>,
) -> Result<Fate> {
    let mut told = Told::default();
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cell.trim();
        match column {
            _ if cell.is_empty() => {}
            Column::Unknown => {}
            Column::Field(field) => {
                let value = valid_field(field, cell, attributes)?;
                told.fields.insert(field.clone(), value);
            }
            Column::Identity(kind) => {
                let value = valid_identity(now, kind, cell)?;
                told.identities.push(((*kind).to_owned(), value));
            }
        }
    }
    if told.identities.is_empty() {
        let text = "it has neither a number nor an e-mail address";
        return Err(Refusal::invalid(text).into());
    }
    if let Some((_, value)) = told.identities.iter().find(|known| seen.contains(*known)) {
        let text = format!("{value} stands in an earlier line already");
        return Err(Refusal::invalid(text).into());
    }
    seen.extend(told.identities.iter().cloned());
    let mut holders: BTreeSet<ContactId> = BTreeSet::new();
    for (kind, value) in &told.identities {
        holders.extend(holder(now, kind, value)?);
    }
    let mut holders = holders.into_iter();
    match (holders.next(), holders.next()) {
        (None, _) => Ok(Fate::New(told)),
        (Some(one), Some(other)) => {
            let text = format!("it speaks of {one} and of {other}; merge the two if they are one");
            Err(Refusal::conflict(text).into())
        }
        (Some(contact), None) => {
            let known = get(now, contact)?;
            told.fields.retain(|field, value| {
                let have = match field.as_str() {
                    "name" => known.name.as_ref(),
                    _ => known.fields.get(field), // all others lie together
                };
                have != Some(value)
            });
            let mut fresh = Vec::new();
            for (kind, value) in told.identities {
                if holder(now, &kind, &value)?.is_none() {
                    fresh.push((kind, value));
                }
            }
            told.identities = fresh;
            if told.fields.is_empty() && told.identities.is_empty() {
                Ok(Fate::Same(contact))
            } else {
                Ok(Fate::Changed(contact, told))
            }
        }
    }
}

/// The person who is reached so; a number on the phone and on WhatsApp is one.
fn holder(now: &Now<'_>, kind: &str, value: &str) -> Result<Option<ContactId>> {
    let mut found = by_identity(now, kind, value)?;
    if found.is_none() && kind == "phone" {
        found = by_identity(now, "wa_id", value.trim_start_matches('+'))?;
    }
    if found.is_none() && kind == "wa_id" {
        found = by_identity(now, "phone", &format!("+{value}"))?;
    }
    found
        .map(|contact| merging::person(now, contact))
        .transpose()
}
