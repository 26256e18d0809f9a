//! The pen: the only thing that can write a row. It is made only while a fact is being recorded or
//! the derived tables are being rebuilt.
//!
//! Nobody else can make one:
//!
//! ```compile_fail
//! let pen = trailbox::ledger::Writer { book: todo!(), seq: todo!() };
//! ```

use super::heads::Heads;
use super::now::Row;
use super::store::{Bind, bind_all, owned};
use super::tree::Hash;
use crate::domain::actor::{Actor, Via};
use crate::domain::event::Event;
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Fault, Result};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::cell::RefCell;

/// Writes the rows that follow from one fact.
pub struct Writer<'a> {
    book: Book<'a>,
    seq: Seq,
    /// What the fact is about, written in one go when it is applied.
    about: RefCell<Vec<Object>>,
}

/// Rows for as many objects as each has places.
const ABOUT: [&str; 4] = [
    "INSERT OR IGNORE INTO event_object (seq, object) VALUES (:seq, :a)",
    "INSERT OR IGNORE INTO event_object (seq, object) VALUES (:seq, :a), (:seq, :b)",
    "INSERT OR IGNORE INTO event_object (seq, object) VALUES (:seq, :a), (:seq, :b), (:seq, :c)",
    "INSERT OR IGNORE INTO event_object (seq, object)
     VALUES (:seq, :a), (:seq, :b), (:seq, :c), (:seq, :d)",
];

/// What is written into: a database, and what it is to be given at the end of the transaction.
#[derive(Clone, Copy)]
pub(super) struct Book<'a> {
    pub db: &'a Connection,
    pub later: &'a Later,
}

/// Statements put off to the end of a transaction, in their order.
///
/// FTS5 writes what it has gathered to disk whenever a savepoint begins, and every event begins
/// one: put off, a hundred texts cost about as much as one.
#[derive(Default)]
pub(super) struct Later {
    statements: RefCell<Vec<PutOff>>,
    /// The ends of the objects' chains, written once however often they moved.
    pub heads: Heads,
}

struct PutOff {
    sql: String,
    values: Vec<(String, Value)>,
}

impl Later {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.statements.borrow().len()
    }

    /// Forgets all statements behind the first `len`, and every end of a chain that is not written
    /// yet: their wish was refused.
    pub fn cut(&self, len: usize) {
        self.statements.borrow_mut().truncate(len);
        self.heads.forget();
    }

    /// Runs them all.
    pub fn run(&self, db: &Connection) -> Result<()> {
        self.heads.write(db)?;
        for PutOff { sql, values } in self.statements.take() {
            let mut statement = db
                .prepare_cached(&sql)
                .map_err(Fault::from)
                .doing_so(|| writing(&sql))?;
            let values: Vec<(&str, &dyn Bind)> = values
                .iter()
                .map(|(name, value)| (name.as_str(), value as &dyn Bind))
                .collect();
            bind_all(&mut statement, &values).doing_so(|| writing(&sql))?;
            let ran = statement.raw_execute().map_err(Fault::from);
            ran.doing_so(|| writing(&sql))?;
        }
        Ok(())
    }
}

fn writing(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().take(4).collect();
    format!("writing {}", words.join(" "))
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
    pub(super) fn new(book: Book<'a>, seq: Seq) -> Self {
        let about = RefCell::default();
        Writer { book, seq, about }
    }

    /// Runs one statement; answers how many rows it changed.
    pub fn run(&self, sql: &str, values: &[(&str, &dyn Bind)]) -> Result<usize> {
        let doing = || writing(sql);
        let mut statement = self
            .book
            .db
            .prepare_cached(sql)
            .map_err(Fault::from)
            .doing_so(doing)?;
        bind_all(&mut statement, values).doing_so(doing)?;
        statement.raw_execute().map_err(Fault::from).doing_so(doing)
    }

    /// Runs one statement at the end of the transaction: for indexes that nothing that is decided
    /// or applied asks.
    pub fn run_later(&self, sql: &str, values: &[(&str, &dyn Bind)]) {
        let values = values.iter();
        let values = values.map(|(name, value)| ((*name).to_owned(), owned(*value)));
        self.book.later.statements.borrow_mut().push(PutOff {
            sql: sql.to_owned(),
            values: values.collect(),
        });
    }

    /// One row of what has been written so far, if there is one.
    pub fn find<T>(
        &self,
        sql: &str,
        values: &[(&str, &dyn Bind)],
        each: impl FnOnce(&Row) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self
            .book
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

    /// Notes that the chain of this object ends in the fact now.
    pub(super) fn lengthen(&self, object: Object, leaf: Hash) {
        self.book.later.heads.lengthen(object, leaf, self.seq);
    }

    /// Notes that the fact is also about this object, so that filters find it there.
    pub fn about(&self, object: Object) {
        self.about.borrow_mut().push(object);
    }

    /// Writes what was noted.
    pub(super) fn write_about(&self) -> Result<()> {
        let mut objects = self.about.take();
        objects.sort_unstable();
        objects.dedup();
        for some in objects.chunks(ABOUT.len()) {
            let mut values: Vec<(&str, &dyn Bind)> = vec![(":seq", &self.seq)];
            let names = [":a", ":b", ":c", ":d"];
            let bound = some.iter().map(|one| one as &dyn Bind);
            values.extend(names.into_iter().zip(bound));
            let sql = ABOUT.get(some.len() - 1);
            let sql = sql.ok_or_else(|| Error::fault("no statement for so many objects"))?;
            self.run(sql, &values)?;
        }
        Ok(())
    }
}
