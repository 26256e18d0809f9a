//! The search indexes beside rebuilt ones. How an index is cut into segments depends on how its
//! writing was divided, so what is compared is what they say: each word of each text.

use super::report::{Code, Findings, Place};
use super::{Step, Told};
use crate::error::{Fault, Result};
use crate::ledger::shape;
use rusqlite::Connection;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::ValueRef;
use std::cmp::Ordering;

/// The full-text indexes of this program's schema.
pub(super) fn indexes(fresh: &Connection) -> Result<Vec<String>> {
    Ok(shape::made(fresh)?
        .into_iter()
        .filter(|one| one.sql.starts_with("CREATE VIRTUAL TABLE") && one.sql.contains("fts5"))
        .map(|one| one.name)
        .collect())
}

/// Compares one index; answers how many entries were compared.
pub(super) fn index(
    live: &Connection,
    rebuilt: &Connection,
    name: &str,
    findings: &mut Findings,
    told: &Told<'_>,
) -> u64 {
    let mut compared = 0;
    let done = words(live, rebuilt, name, findings, &mut compared, told)
        .and_then(|()| counts(live, rebuilt, name, findings))
        .and_then(|()| pages(live, name, findings));
    if let Err(error) = done {
        let meaning = format!("the search index {name} cannot be read: {error}");
        findings.add(Code::FileDamaged, Place::table(name), meaning);
    }
    compared
}

/// A word's place in an index: word, text, column, offset.
type Spot = (Vec<u8>, i64, i64);

fn words(
    live: &Connection,
    rebuilt: &Connection,
    name: &str,
    findings: &mut Findings,
    compared: &mut u64,
    told: &Told<'_>,
) -> Result<()> {
    for db in [live, rebuilt] {
        db.execute_batch(&format!(
            "DROP TABLE IF EXISTS temp.{name}_words;
             CREATE VIRTUAL TABLE temp.{name}_words USING fts5vocab (main, {name}, instance)"
        ))
        .map_err(Fault::from)?;
    }
    let sql = format!("SELECT term, doc, offset FROM temp.{name}_words");
    let mut live = live.prepare(&sql).map_err(Fault::from)?;
    let mut rebuilt = rebuilt.prepare(&sql).map_err(Fault::from)?;
    let mut live = live.query([]).map_err(Fault::from)?;
    let mut rebuilt = rebuilt.query([]).map_err(Fault::from)?;
    live.advance().map_err(Fault::from)?;
    rebuilt.advance().map_err(Fault::from)?;
    let mut last: Option<Spot> = None;
    loop {
        let order = match (live.get(), rebuilt.get()) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(is), Some(should)) => spot(is)?.cmp(&spot(should)?),
        };
        let (row, what) = match order {
            Ordering::Equal => (None, ""),
            Ordering::Less => (live.get(), "finds it in text"),
            Ordering::Greater => (rebuilt.get(), "does not find it in text"),
        };
        if let Some(row) = row {
            let (word, doc, offset) = spot(row)?;
            let meaning = format!(
                "searching for \"{}\" {what} {doc}, unlike an index made from the texts",
                String::from_utf8_lossy(word)
            );
            findings.add(
                Code::SearchChanged,
                Place::row(name, doc.to_string()),
                meaning,
            );
            last = Some((word.to_vec(), doc, offset));
        }
        if order != Ordering::Greater {
            live.advance().map_err(Fault::from)?;
        }
        if order != Ordering::Less {
            rebuilt.advance().map_err(Fault::from)?;
        }
        *compared += 1;
        if compared.is_multiple_of(65_536) {
            told.of(Step::Search, *compared);
        }
        if last.is_some() && findings.count() > super::report::FINDINGS_MAX as u64 {
            return Ok(()); // an index that is all wrong need not be read to its end
        }
    }
}

fn spot<'a>(row: &'a rusqlite::Row<'_>) -> Result<(&'a [u8], i64, i64)> {
    let word = match row.get_ref(0).map_err(Fault::from)? {
        ValueRef::Text(word) | ValueRef::Blob(word) => word,
        _ => &[],
    };
    let number = |column| match row.get_ref(column) {
        Ok(ValueRef::Integer(number)) => number,
        _ => -1,
    };
    Ok((word, number(1), number(2)))
}

/// How long each text is, as the index ranks by it, and its own settings.
fn counts(
    live: &Connection,
    rebuilt: &Connection,
    name: &str,
    findings: &mut Findings,
) -> Result<()> {
    let fresh = shape::fresh()?;
    for shadow in ["docsize", "config"] {
        let shadow = format!("{name}_{shadow}");
        let there = shape::made(&fresh)?.iter().any(|one| one.name == shadow);
        if there {
            let table = super::compare::columns(&fresh, &shadow)?;
            super::compare::table(live, rebuilt, &table, findings, &Told::nobody(), 0);
        }
    }
    let sql = format!("SELECT block FROM main.{name}_data WHERE id = 1");
    let totals = |db: &Connection| -> Result<Vec<u8>> {
        db.query_row(&sql, [], |row| {
            Ok(row.get_ref(0)?.as_bytes().unwrap_or_default().to_vec())
        })
        .map_err(|error| Fault::from(error).into())
    };
    if totals(live)? != totals(rebuilt)? {
        let meaning = "the totals the search index ranks by do not fit the texts";
        let place = Place::row(&format!("{name}_data"), "1").column("block");
        findings.add(Code::SearchChanged, place, meaning);
    }
    Ok(())
}

/// Where each segment begins: the one part of an index that neither reading it from end to end nor
/// SQLite's own check needs, but a search does.
fn pages(live: &Connection, name: &str, findings: &mut Findings) -> Result<()> {
    let sql = format!(
        "SELECT segment FROM (SELECT DISTINCT id >> 37 AS segment FROM main.{name}_data)
          WHERE segment > 0 AND NOT EXISTS
                (SELECT 1 FROM main.{name}_idx
                  WHERE segid = segment AND typeof(segid) = 'integer'
                    AND length(term) = 0 AND pgno >> 1 = 1 AND typeof(pgno) = 'integer')
          ORDER BY segment"
    );
    let mut statement = live.prepare(&sql).map_err(Fault::from)?;
    let mut rows = statement.query([]).map_err(Fault::from)?;
    while let Some(row) = rows.next().map_err(Fault::from)? {
        let segment: i64 = row.get(0).map_err(Fault::from)?;
        let meaning = "the search index does not say where one of its parts begins";
        let place = Place::row(&format!("{name}_idx"), format!("{segment}/"));
        findings.add(Code::SearchChanged, place, meaning);
    }
    Ok(())
}
