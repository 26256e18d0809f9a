//! The derived tables beside a rebuild of them, row by row and both ways.

use super::report::{Code, Findings, Place};
use super::{Step, Told};
use crate::error::{Fault, Result};
use crate::ledger::shape;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::cmp::Ordering;

/// Longest value of a key in a finding. **Unit:** characters.
const KEY_MAX: usize = 60;

/// A derived table: its columns, those of the key first.
#[derive(Debug)]
pub(super) struct Table {
    pub name: String,
    columns: Vec<String>,
    keys: usize,
}

/// The derived tables of this program's schema; the search indexes are compared by their words.
pub(super) fn derived(fresh: &Connection) -> Result<Vec<Table>> {
    let made = shape::made(fresh)?;
    let indexes: Vec<String> = made
        .iter()
        .filter(|one| one.sql.starts_with("CREATE VIRTUAL TABLE"))
        .map(|one| one.name.clone())
        .collect();
    let own = |name: &str| {
        !shape::FACTS.contains(&name)
            && !shape::SCRATCH.contains(&name)
            && !indexes
                .iter()
                .any(|index| name == index || name.starts_with(&format!("{index}_")))
    };
    let mut tables = Vec::new();
    for one in made
        .iter()
        .filter(|one| one.kind == "table" && own(&one.name))
    {
        tables.push(columns(fresh, &one.name)?);
    }
    Ok(tables)
}

/// The columns of a table, those of its key first.
pub(super) fn columns(fresh: &Connection, table: &str) -> Result<Table> {
    let sql = "SELECT name FROM pragma_table_info(?1) ORDER BY pk = 0, pk, cid";
    let mut statement = fresh.prepare_cached(sql).map_err(Fault::from)?;
    let columns: rusqlite::Result<Vec<String>> = statement
        .query_map([table], |row| row.get(0))
        .map_err(Fault::from)?
        .collect();
    let keys: i64 = fresh
        .query_row(
            "SELECT count(*) FROM pragma_table_info(?1) WHERE pk > 0",
            [table],
            |row| row.get(0),
        )
        .map_err(Fault::from)?;
    Ok(Table {
        name: table.to_owned(),
        columns: columns.map_err(Fault::from)?,
        keys: usize::try_from(keys).map_err(Fault::from)?,
    })
}

/// Compares one table; answers how many rows were compared.
pub(super) fn table(
    live: &Connection,
    rebuilt: &Connection,
    table: &Table,
    findings: &mut Findings,
    told: &Told<'_>,
    before: u64,
) -> u64 {
    let mut rows = 0;
    let done = lockstep(live, rebuilt, table, findings, &mut rows, &mut |rows| {
        told.of(Step::Compare, before + rows);
    });
    if let Err(error) = done {
        let meaning = format!(
            "the table {} cannot be read any further: {error}",
            table.name
        );
        findings.add(Code::FileDamaged, Place::table(&table.name), meaning);
    }
    rows
}

fn lockstep(
    live: &Connection,
    rebuilt: &Connection,
    table: &Table,
    findings: &mut Findings,
    compared: &mut u64,
    told: &mut dyn FnMut(u64),
) -> Result<()> {
    let sql = table.select();
    let mut live = live.prepare(&sql).map_err(Fault::from)?;
    let mut rebuilt = rebuilt.prepare(&sql).map_err(Fault::from)?;
    let mut live = live.query([]).map_err(Fault::from)?;
    let mut rebuilt = rebuilt.query([]).map_err(Fault::from)?;
    live.advance().map_err(Fault::from)?;
    rebuilt.advance().map_err(Fault::from)?;
    loop {
        let order = match (live.get(), rebuilt.get()) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(is), Some(should)) => table.order(is, should)?,
        };
        match (order, live.get(), rebuilt.get()) {
            (Ordering::Less, Some(is), _) => {
                let meaning = format!(
                    "there is a row in {} that does not follow from the events",
                    table.name
                );
                findings.add(Code::RowUnknown, table.place(is)?, meaning);
                live.advance().map_err(Fault::from)?;
            }
            (Ordering::Greater, _, Some(should)) => {
                let meaning = format!(
                    "a row of {} that follows from the events is missing",
                    table.name
                );
                findings.add(Code::RowMissing, table.place(should)?, meaning);
                rebuilt.advance().map_err(Fault::from)?;
            }
            (Ordering::Equal, Some(is), Some(should)) => {
                table.same(is, should, findings)?;
                live.advance().map_err(Fault::from)?;
                rebuilt.advance().map_err(Fault::from)?;
            }
            _ => return Ok(()), // an order without a row cannot be
        }
        *compared += 1;
        if compared.is_multiple_of(8192) {
            told(*compared);
        }
    }
}

impl Table {
    fn select(&self) -> String {
        let quoted = |names: &[String]| {
            let quoted: Vec<String> = names
                .iter()
                .map(|name| format!("\"{}\"", name.replace('"', "\"\"")))
                .collect();
            quoted.join(", ")
        };
        let keys = self.columns.get(..self.keys).unwrap_or_default();
        format!(
            "SELECT {} FROM main.\"{}\" ORDER BY {}",
            quoted(&self.columns),
            self.name.replace('"', "\"\""),
            quoted(keys)
        )
    }

    fn order(&self, is: &Row<'_>, should: &Row<'_>) -> Result<Ordering> {
        for column in 0..self.keys {
            let is = is.get_ref(column).map_err(Fault::from)?;
            let should = should.get_ref(column).map_err(Fault::from)?;
            match order(is, should) {
                Ordering::Equal => {}
                other => return Ok(other),
            }
        }
        Ok(Ordering::Equal)
    }

    fn same(&self, is: &Row<'_>, should: &Row<'_>, findings: &mut Findings) -> Result<()> {
        for (column, name) in self.columns.iter().enumerate().skip(self.keys) {
            let is_value = is.get_ref(column).map_err(Fault::from)?;
            let should_be = should.get_ref(column).map_err(Fault::from)?;
            if is_value != should_be {
                let meaning = format!(
                    "{} says {}, but the events come to {}",
                    self.name,
                    brief(is_value),
                    brief(should_be)
                );
                findings.add(Code::RowChanged, self.place(is)?.column(name), meaning);
            }
        }
        Ok(())
    }

    fn place(&self, row: &Row<'_>) -> Result<Place> {
        let mut key = Vec::new();
        for column in 0..self.keys {
            key.push(plain(row.get_ref(column).map_err(Fault::from)?));
        }
        Ok(Place::row(&self.name, key.join("/")))
    }
}

/// SQLite's own order over values of any type.
fn order(a: ValueRef<'_>, b: ValueRef<'_>) -> Ordering {
    match (a, b) {
        (ValueRef::Integer(a), ValueRef::Integer(b)) => a.cmp(&b),
        (ValueRef::Real(a), ValueRef::Real(b)) => a.total_cmp(&b),
        (ValueRef::Text(a), ValueRef::Text(b)) | (ValueRef::Blob(a), ValueRef::Blob(b)) => a.cmp(b),
        (ValueRef::Integer(a), ValueRef::Real(b)) => (a as f64).total_cmp(&b),
        (ValueRef::Real(a), ValueRef::Integer(b)) => a.total_cmp(&(b as f64)),
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: ValueRef<'_>) -> u8 {
    match value {
        ValueRef::Null => 0,
        ValueRef::Integer(_) | ValueRef::Real(_) => 1,
        ValueRef::Text(_) => 2,
        ValueRef::Blob(_) => 3,
    }
}

pub(super) fn plain(value: ValueRef<'_>) -> String {
    let text = match value {
        ValueRef::Null => "nothing".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => data_encoding::HEXLOWER.encode(bytes.get(..16).unwrap_or(bytes)),
    };
    match text.char_indices().nth(KEY_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A value for a sentence; text in quotes, so that an empty one shows.
pub(super) fn brief(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Text(_) => format!("\"{}\"", plain(value)),
        ValueRef::Blob(_) => format!("bytes {}", plain(value)),
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => plain(value),
    }
}
