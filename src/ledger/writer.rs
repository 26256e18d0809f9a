//! The pen: the only thing that can write a row. It is made only while a fact is being recorded or
//! the derived tables are being rebuilt.
//!
//! Nobody else can make one:
//!
//! ```compile_fail
//! let pen = trailbox::ledger::Writer { db: todo!() };
//! ```

use super::now::Row;
use super::store::{Bind, bind_all};
use crate::domain::actor::{Actor, Via};
use crate::domain::event::Event;
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::error::{Doing, Fault, Result};
use rusqlite::Connection;

/// Writes the rows that follow from one fact.
pub struct Writer<'a> {
    db: &'a Connection,
    seq: Seq,
}

/// A fact as it stands in the trail.
pub struct Recorded<'a> {
    /// Its place.
    pub seq: Seq,
    /// When it was recorded.
    pub at: Moment,
    /// Who did it.
    pub actor: &'a Actor,
    /// Through which door.
    pub via: &'a Via,
    /// The event it follows from.
    pub cause: Option<Seq>,
    /// What happened.
    pub event: &'a Event,
}

impl<'a> Writer<'a> {
    pub(super) fn new(db: &'a Connection, seq: Seq) -> Self {
        Writer { db, seq }
    }

    /// Runs one statement; answers how many rows it changed.
    pub fn run(&self, sql: &str, values: &[(&str, &dyn Bind)]) -> Result<usize> {
        let doing = || {
            format!(
                "writing {}",
                sql.split_whitespace().take(4).collect::<Vec<_>>().join(" ")
            )
        };
        let mut statement = self
            .db
            .prepare_cached(sql)
            .map_err(Fault::from)
            .doing_so(doing)?;
        bind_all(&mut statement, values).doing_so(doing)?;
        statement.raw_execute().map_err(Fault::from).doing_so(doing)
    }

    /// One row of what has been written so far, if there is one.
    pub fn find<T>(
        &self,
        sql: &str,
        values: &[(&str, &dyn Bind)],
        each: impl FnOnce(&Row) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self
            .db
            .prepare_cached(sql)
            .map_err(Fault::from)
            .doing("looking")?;
        bind_all(&mut statement, values).doing("looking")?;
        let mut rows = statement.raw_query();
        rows.next()
            .map_err(Fault::from)?
            .map(|row| each(&Row::new(row)))
            .transpose()
    }

    /// Notes that the fact is also about this object, so that filters find it there.
    pub fn about(&self, object: Object) -> Result<()> {
        self.run(
            "INSERT OR IGNORE INTO event_object (object, seq) VALUES (:object, :seq)",
            &[(":object", &object), (":seq", &self.seq)],
        )?;
        Ok(())
    }
}
