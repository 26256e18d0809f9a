//! The search indexes beside rebuilt ones. How an index is cut into segments depends on how its
//! writing was divided, so what is compared is what they say: each word of each text. How it is
//! written down follows from that, and is checked page by page.
//!
//! 2026-11: SQLite's own check neither reads what a search finds pages by nor the lists of
//! beginnings, and its table of words shows only what counts. So the pages are read here. Not told
//! from anything: how many pages were ever written, by which SQLite plans its merges, and the lists
//! by which pages were skipped that a merge under way has moved. No search reads those.

mod leaf;
mod pages;
mod parts;
mod skips;
mod tally;
mod varint;

use super::report::{Code, Findings, Place};
use super::{Step, Told};
use crate::error::{Fault, Result};
use crate::ledger::shape;
use rusqlite::Connection;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::ValueRef;
use std::cmp::Ordering;
use tally::{Known, OfGone, OfLive, OfRebuilt, Sum};

/// Puts the texts aside that are taken out of the indexes while the tables are made again.
pub(super) fn keep_gone(rebuilt: &Connection) -> Result<()> {
    rebuilt
        .execute_batch(
            "CREATE TABLE gone (id INTEGER PRIMARY KEY, body TEXT);
             CREATE TRIGGER search_is_gone AFTER DELETE ON search
              BEGIN INSERT INTO gone VALUES (old.id, old.body); END",
        )
        .map_err(Fault::from)?;
    Ok(())
}

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
    match compare(live, rebuilt, name, findings, told) {
        Ok(compared) => compared,
        Err(error) => {
            let meaning = format!("the search index {name} cannot be read: {error}");
            findings.add(Code::FileDamaged, Place::table(name), meaning);
            0
        }
    }
}

fn compare(
    live: &Connection,
    rebuilt: &Connection,
    name: &str,
    findings: &mut Findings,
    told: &Told<'_>,
) -> Result<u64> {
    let gone = index_of_gone(rebuilt, name)?;
    counts(live, rebuilt, name, findings)?;
    let bare = definition(rebuilt, name)?.contains("detail = 'none'");
    let index = |db, name| pages::Index { db, name, bare };
    let mut known = Known::default();
    pages::read(&index(rebuilt, &gone), &mut OfGone(&mut known))?;
    let mut is = OfLive {
        known: &mut known,
        sum: Sum::default(),
        odd: Vec::new(),
        strange: false,
    };
    let cookie = pages::read(&index(live, name), &mut is)?;
    let OfLive {
        sum, odd, strange, ..
    } = is;
    told.of(Step::Search, sum.entries);
    let mut should = OfRebuilt {
        known: &mut known,
        sum: Sum::default(),
    };
    let settings = pages::read(&index(rebuilt, name), &mut should)?;
    let same = sum == should.sum;
    if !known.is_all_seen() {
        pages::read(&index(rebuilt, &gone), &mut OfGone(&mut known))?;
    }
    let before = findings.count();
    let more = known.strange_signs();
    for (table, key, what) in odd.into_iter().chain(more) {
        let table = format!("{name}_{table}");
        let meaning = format!("a row of {table} {what}");
        findings.add(Code::SearchChanged, Place::row(&table, key), meaning);
    }
    if !same {
        words(live, rebuilt, name, findings, &mut 0, told)?;
    }
    let place = Place::row(&format!("{name}_data"), "10");
    if cookie != settings && findings.count() == before {
        let meaning = "the search index tells of other settings than it has";
        findings.add(Code::SearchChanged, place, meaning);
    }
    let odd = !same || strange || known.is_more_merged() || known.is_gone_found();
    if odd && findings.count() == before {
        let meaning = "the search index does not say what it would if made from the texts";
        let place = Place::table(&format!("{name}_data"));
        findings.add(Code::SearchChanged, place, meaning);
    }
    Ok(sum.entries)
}

/// An index of the texts that were taken out, made like the one that is searched.
fn index_of_gone(rebuilt: &Connection, name: &str) -> Result<String> {
    let gone = format!("gone_{name}");
    let made = definition(rebuilt, name)?
        .replace(
            &format!("VIRTUAL TABLE {name} "),
            &format!("VIRTUAL TABLE {gone} "),
        )
        .replace("content = 'search'", "content = 'gone'");
    rebuilt
        .execute_batch(&format!(
            "{made}; INSERT INTO {gone} (rowid, body) SELECT id, body FROM gone ORDER BY id;
             SAVEPOINT written; RELEASE written"
        ))
        .map_err(Fault::from)?;
    Ok(gone)
}

fn definition(db: &Connection, name: &str) -> Result<String> {
    let sql = "SELECT sql FROM main.sqlite_master WHERE name = ?1";
    Ok(db
        .query_row(sql, [name], |row| row.get(0))
        .map_err(Fault::from)?)
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
