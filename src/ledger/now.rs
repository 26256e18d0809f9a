//! The present, read-only: what deciders and pages ask. It accepts SELECT and WITH alone, and only
//! where SQLite itself calls the statement read-only.

use super::readers::Lease;
use super::store::{Bind, Cell, bind_all};
use crate::domain::actor::Who;
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Fault, Refusal, Result};
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use std::ops::Deref;

/// The present as one consistent picture, with the one who looks at it.
pub struct Now<'a> {
    db: Picture<'a>,
    at: Moment,
    next: Seq,
    who: &'a Who,
}

/// Where the picture is taken from.
pub(super) enum Picture<'a> {
    /// The writing connection, between two wishes.
    Writing(&'a Connection),
    /// A reading connection inside a transaction of its own, given back when done.
    Reading(Lease),
}

enum Go {
    On,
    Enough,
}

impl Deref for Picture<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match self {
            Picture::Writing(db) => db,
            Picture::Reading(lease) => lease,
        }
    }
}

/// One row of an answer; columns are asked by name.
pub struct Row<'a> {
    row: &'a rusqlite::Row<'a>,
    /// Behind the column asked last: mostly the one that is asked next.
    next: std::cell::Cell<usize>,
}

impl<'a> Row<'a> {
    pub(super) fn new(row: &'a rusqlite::Row<'a>) -> Self {
        let next = std::cell::Cell::new(0);
        Row { row, next }
    }

    fn first<T: Cell>(&self) -> Result<T> {
        T::from_value(self.row.get_ref(0).map_err(Fault::from)?)
    }

    /// The value of a column.
    pub fn get<T: Cell>(&self, column: &str) -> Result<T> {
        let place = match self.next.get() {
            here if self
                .row
                .as_ref()
                .column_name(here)
                .is_ok_and(|name| name == column) =>
            {
                here
            }
            _ => self
                .row
                .as_ref()
                .column_index(column)
                .map_err(Fault::from)?,
        };
        self.next.set(place + 1);
        let value = self.row.get_ref(place).map_err(Fault::from)?;
        T::from_value(value).doing_so(|| format!("reading column {column}"))
    }

    /// The value of a column that holds JSON.
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).doing_so(|| format!("reading column {column}"))
    }

    /// The value of a column that holds JSON or nothing.
    pub fn json_if_any<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| serde_json::from_str(&text))
            .transpose()
            .doing_so(|| format!("reading {column}"))
    }
}

impl<'a> Now<'a> {
    pub(super) fn new(db: Picture<'a>, at: Moment, next: Seq, who: &'a Who) -> Self {
        Now { db, at, next, who }
    }

    /// The instant.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// The place the next event will have. Within one wish the n-th fact gets this plus n.
    pub fn next_seq(&self) -> Seq {
        self.next
    }

    /// Who looks.
    pub fn who(&self) -> &Who {
        self.who
    }

    /// All rows of a question, in order.
    pub fn all<T>(
        &self,
        sql: &str,
        values: &[(&str, &dyn Bind)],
        mut each: impl FnMut(&Row) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.each(sql, values, |row| {
            found.push(each(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Calls `each` with every row of a question, in order, without keeping them.
    pub fn each(
        &self,
        sql: &str,
        values: &[(&str, &dyn Bind)],
        mut each: impl FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        self.ask(sql, values, |row| each(row).map(|()| Go::On))
    }

    /// The one row of a question, if there is one; the first if there are several.
    pub fn maybe<T>(
        &self,
        sql: &str,
        values: &[(&str, &dyn Bind)],
        mut each: impl FnMut(&Row) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut found = None;
        self.ask(sql, values, |row| {
            found = Some(each(row)?);
            Ok(Go::Enough)
        })?;
        Ok(found)
    }

    /// The one row of a question.
    ///
    /// **Refuses:** `missing`, if there is none.
    pub fn one<T>(
        &self,
        sql: &str,
        values: &[(&str, &dyn Bind)],
        missing: impl FnOnce() -> Refusal,
        each: impl FnMut(&Row) -> Result<T>,
    ) -> Result<T> {
        self.maybe(sql, values, each)?
            .ok_or_else(|| missing().into())
    }

    /// The one value of a question that always has one, such as a count.
    pub fn value<T: Cell>(&self, sql: &str, values: &[(&str, &dyn Bind)]) -> Result<T> {
        let found = self.maybe(sql, values, |row| row.first().doing_so(|| brief(sql)))?;
        found.ok_or_else(|| Error::fault(format!("no answer to {}", brief(sql))))
    }

    fn ask(
        &self,
        sql: &str,
        values: &[(&str, &dyn Bind)],
        mut each: impl FnMut(&Row) -> Result<Go>,
    ) -> Result<()> {
        let verb = sql.trim_start();
        if !(verb.starts_with("SELECT") || verb.starts_with("WITH")) {
            return Err(Error::fault(format!("not a question: {verb:.40}")));
        }
        let mut statement = self
            .db
            .prepare_cached(sql)
            .map_err(Fault::from)
            .doing_so(|| brief(sql))?;
        if !statement.readonly() {
            return Err(Error::fault(format!("not read-only: {verb:.40}")));
        }
        bind_all(&mut statement, values).doing_so(|| brief(sql))?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(Fault::from).doing_so(|| brief(sql))? {
            if let Go::Enough = each(&Row::new(row))? {
                break;
            }
        }
        Ok(())
    }

    /// How SQLite means to answer: one line per step, for tests that hot questions never scan.
    pub fn plan(&self, sql: &str) -> Result<Vec<String>> {
        let mut statement = self
            .db
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .map_err(Fault::from)?;
        let mut rows = statement.raw_query();
        let mut plan = Vec::new();
        while let Some(row) = rows.next().map_err(Fault::from)? {
            plan.push(row.get(3).map_err(Fault::from)?);
        }
        Ok(plan)
    }
}

fn brief(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().take(8).collect();
    format!("asking {}", words.join(" "))
}
