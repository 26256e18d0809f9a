//! Sealed texts and files against what the events commit to, both ways.

use super::report::{Code, Findings, Place};
use super::trail::Trail;
use super::{Step, Told};
use crate::error::{Error, Fault, Result};
use crate::ledger::entry::{self, FileSeal};
use crate::ledger::rebuild::is_file;
use data_encoding::BASE64;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Rows};
use sha2::{Digest, Sha256};

/// The disclosures, read in step with the events that commit to them.
pub(super) struct Seals<'a> {
    rows: Rows<'a>,
    current: Option<Current>,
    fitting: u64,
}

struct Current {
    seq: i64,
    field: String,
    seal: String,
}

impl<'a> Seals<'a> {
    /// Begins with the first disclosure.
    pub fn new(rows: Rows<'a>, findings: &mut Findings) -> Self {
        let mut seals = Seals {
            rows,
            current: None,
            fitting: 0,
        };
        seals.advance(findings);
        seals
    }

    /// Checks the disclosures of one event; events come in ascending order.
    pub fn event(
        &mut self,
        seq: u64,
        sealed: &[(&str, &str)],
        findings: &mut Findings,
        missing: &mut Vec<(u64, String)>,
    ) {
        let here = i64::try_from(seq).unwrap_or(i64::MAX);
        for (field, seal) in sealed {
            self.skip_to(here, field, findings);
            match &self.current {
                Some(current) if current.seq == here && current.field == *field => {
                    if current.seal == *seal {
                        self.fitting += 1;
                    } else {
                        let meaning = format!(
                            "the sealed text `{field}` of event {seq} was changed: it no longer \
                             has the digest the event commits to"
                        );
                        findings.add(Code::DisclosureChanged, place(seq, field), meaning);
                    }
                    self.advance(findings);
                }
                _ => missing.push((seq, (*field).to_owned())),
            }
        }
        if !sealed.is_empty() {
            self.skip_to(here + 1, "", findings);
        }
    }

    /// Reports what is left; answers how many fitted.
    pub fn finish(mut self, findings: &mut Findings) -> u64 {
        while self.current.is_some() {
            self.unknown(findings);
        }
        self.fitting
    }

    fn skip_to(&mut self, seq: i64, field: &str, findings: &mut Findings) {
        while let Some(current) = &self.current {
            if (current.seq, current.field.as_str()) >= (seq, field) {
                return;
            }
            self.unknown(findings);
        }
    }

    fn unknown(&mut self, findings: &mut Findings) {
        if let Some(current) = &self.current {
            let meaning = format!(
                "there is a text `{}` for event {}, which commits to none",
                current.field, current.seq
            );
            let seq = u64::try_from(current.seq).unwrap_or_default();
            findings.add(Code::DisclosureUnknown, place(seq, &current.field), meaning);
        }
        self.advance(findings);
    }

    fn advance(&mut self, findings: &mut Findings) {
        self.current = None;
        loop {
            let row = match self.rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return,
                Err(error) => {
                    let meaning = format!("the sealed texts cannot be read any further: {error}");
                    findings.add(Code::FileDamaged, Place::table("disclosure"), meaning);
                    return;
                }
            };
            match (row.get_ref(0), row.get_ref(1), row.get_ref(2)) {
                (
                    Ok(ValueRef::Integer(seq)),
                    Ok(ValueRef::Text(field)),
                    Ok(ValueRef::Text(text)),
                ) => {
                    self.current = Some(Current {
                        seq,
                        field: String::from_utf8_lossy(field).into_owned(),
                        seal: BASE64.encode(&Sha256::digest(text)),
                    });
                    return;
                }
                (Ok(ValueRef::Integer(seq)), Ok(ValueRef::Text(field)), Ok(_)) => {
                    let field = String::from_utf8_lossy(field).into_owned();
                    let meaning = "the sealed text is no text any more";
                    let seq = u64::try_from(seq).unwrap_or_default();
                    findings.add(Code::DisclosureChanged, place(seq, &field), meaning);
                }
                _ => {
                    let meaning = "a sealed text stands under no event or no field";
                    findings.add(Code::DisclosureUnknown, Place::table("disclosure"), meaning);
                }
            }
        }
    }
}

fn place(seq: u64, field: &str) -> Place {
    Place::row("disclosure", format!("{seq}/{field}")).of_event(seq)
}

/// Missing texts and erasures against each other.
pub(super) fn erasures(trail: &Trail, findings: &mut Findings) {
    for (seq, field) in &trail.missing {
        if !trail.erased.contains_key(&(*seq, field.clone())) {
            let meaning = format!(
                "the sealed text `{field}` of event {seq} is gone, although no erasure names it"
            );
            findings.add(Code::DisclosureMissing, place(*seq, field), meaning);
        }
    }
    let gone: std::collections::BTreeSet<(u64, &str)> = trail
        .missing
        .iter()
        .map(|(seq, field)| (*seq, field.as_str()))
        .collect();
    for ((seq, field), by) in &trail.erased {
        if !gone.contains(&(*seq, field.as_str())) {
            let meaning = format!(
                "event {by} erased the text `{field}` of event {seq}, but it is there, or never was"
            );
            findings.add(Code::ErasureBroken, place(*seq, field), meaning);
        } else if *by <= *seq {
            let meaning = format!("event {by} erased the text `{field}` of a later event, {seq}");
            findings.add(Code::ErasureBroken, place(*seq, field), meaning);
        }
    }
}

/// Every file against the disclosure that commits to it, both ways; answers how many fit.
pub(super) fn files(
    db: &Connection,
    trail: &Trail,
    findings: &mut Findings,
    told: &Told<'_>,
) -> u64 {
    let mut fitting = 0;
    let done = each_file(db, findings, told, &mut fitting)
        .and_then(|()| missing_files(db, trail, findings));
    if let Err(error) = done {
        let meaning = format!("the files cannot be read any further: {error}");
        findings.add(Code::FileDamaged, Place::table("file"), meaning);
    }
    fitting
}

fn each_file(
    db: &Connection,
    findings: &mut Findings,
    told: &Told<'_>,
    fitting: &mut u64,
) -> Result<()> {
    let sql = "SELECT f.seq, f.field, f.bytes, d.text
               FROM main.file f
               LEFT JOIN main.disclosure d ON d.seq = f.seq AND d.field = f.field";
    let mut statement = db.prepare(sql).map_err(Fault::from)?;
    let mut rows = statement.query([]).map_err(Fault::from)?;
    let mut read = 0;
    while let Some(row) = rows.next().map_err(Fault::from)? {
        let column = |place| row.get_ref(place).map_err(Fault::from);
        let (ValueRef::Integer(seq), ValueRef::Text(field)) = (column(0)?, column(1)?) else {
            let meaning = "a file stands under no event or no field";
            findings.add(Code::FileUnknown, Place::table("file"), meaning);
            continue;
        };
        let field = String::from_utf8_lossy(field);
        let seq = u64::try_from(seq).unwrap_or_default();
        let place = Place::row("file", format!("{seq}/{field}")).of_event(seq);
        match (column(2)?, column(3)?) {
            (_, ValueRef::Null) => {
                let meaning = "there is a file that no event commits to";
                findings.add(Code::FileUnknown, place, meaning);
            }
            (ValueRef::Blob(bytes), ValueRef::Text(text)) if fits(text, bytes) => *fitting += 1,
            _ => {
                let meaning = "the file was changed: it no longer has the digest its event \
                               commits to";
                findings.add(Code::FileChanged, place.column("bytes"), meaning);
            }
        }
        read += 1;
        told.of(Step::Files, read);
    }
    Ok(())
}

fn fits(disclosure: &[u8], bytes: &[u8]) -> bool {
    let seal = std::str::from_utf8(disclosure)
        .map_err(|error| Error::from(Fault::from(error)))
        .and_then(entry::opened)
        .and_then(|(_, value)| Ok(serde_json::from_value::<FileSeal>(value)?));
    seal.is_ok_and(|seal| seal.fits(bytes))
}

/// Disclosures of files whose bytes are not there.
fn missing_files(db: &Connection, trail: &Trail, findings: &mut Findings) -> Result<()> {
    let sql = "SELECT d.seq, d.field FROM main.disclosure d
               WHERE NOT EXISTS
                   (SELECT 1 FROM main.file f WHERE f.seq = d.seq AND f.field = d.field)";
    let mut statement = db.prepare(sql).map_err(Fault::from)?;
    let mut rows = statement.query([]).map_err(Fault::from)?;
    while let Some(row) = rows.next().map_err(Fault::from)? {
        let (Ok(ValueRef::Integer(seq)), Ok(ValueRef::Text(field))) =
            (row.get_ref(0), row.get_ref(1))
        else {
            continue; // reported when the disclosures were read
        };
        let field = String::from_utf8_lossy(field).into_owned();
        let seq = u64::try_from(seq).unwrap_or_default();
        if is_file(&field) && !trail.erased.contains_key(&(seq, field.clone())) {
            let meaning = format!("the file `{field}` of event {seq} is gone");
            let place = Place::row("file", format!("{seq}/{field}")).of_event(seq);
            findings.add(Code::FileMissing, place, meaning);
        }
    }
    Ok(())
}
