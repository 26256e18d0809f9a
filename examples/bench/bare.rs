//! What this machine could do at most: the same rows written by a bare SQLite loop, the same
//! entries read and hashed by a bare loop. The desk is measured against these, not in absolute
//! figures, because disks and processors differ.

use rusqlite::{Connection, OpenFlags, types::Value};
use sha2::{Digest, Sha256};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// What can go wrong in a bench: it ends with the sentence.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Rows that a run of wishes left behind, in the order of the events that wrote them.
pub struct Rows {
    /// The statement, and whether it writes the trail rather than state.
    statements: Vec<(String, bool)>,
    /// Event, statement, values.
    rows: Vec<(i64, usize, Vec<Value>)>,
}

impl Rows {
    /// Every row of every table that an event from `from` on wrote, the search index included.
    pub fn since(database: &Path, from: i64) -> Result<Self> {
        let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut found = Rows {
            statements: Vec::new(),
            rows: Vec::new(),
        };
        for table in names(&db, TABLES, "")? {
            let columns = names(&db, "SELECT name FROM pragma_table_info(?1)", &table)?;
            let place = match table.as_str() {
                "search" => "id", // its own id is the event's place
                _ => "seq",
            };
            if columns.iter().any(|column| column == place) {
                let marks = vec!["?"; columns.len()].join(", ");
                let insert = format!("INSERT OR REPLACE INTO \"{table}\" VALUES ({marks})");
                let select = format!("SELECT {place}, * FROM \"{table}\" WHERE {place} >= ?1");
                let trail = TRAIL.contains(&table.as_str());
                found.take(&db, from, &select, columns.len(), (insert, trail))?;
            }
        }
        for index in names(&db, INDEXES, "")? {
            let insert = format!("INSERT INTO {index} (rowid, body) VALUES (?, ?)");
            let select = "SELECT id, id, body FROM search WHERE id >= ?1";
            found.take(&db, from, select, 2, (insert, false))?;
        }
        found
            .rows
            .sort_by_key(|(seq, statement, _)| (*seq, *statement));
        Ok(found)
    }

    fn take(
        &mut self,
        db: &Connection,
        from: i64,
        select: &str,
        columns: usize,
        insert: (String, bool),
    ) -> Result<()> {
        let statement = self.statements.len();
        self.statements.push(insert);
        let mut query = db.prepare(select)?;
        let mut rows = query.query([from])?;
        while let Some(row) = rows.next()? {
            let values = (1..=columns).map(|at| row.get(at));
            let values = values.collect::<rusqlite::Result<_>>()?;
            self.rows.push((row.get(0)?, statement, values));
        }
        Ok(())
    }

    /// Writes them into a copy of the database as it was before, `wishes` parts in all, so many
    /// parts a commit, each commit on disk before the next; the rows of the trail only if asked
    /// for. Gives the time.
    pub fn replay(
        &self,
        before: &Path,
        wishes: usize,
        per_commit: usize,
        trail: bool,
    ) -> Result<Duration> {
        let db = Connection::open(before)?;
        // Foreign keys are not checked here, though the desk does: the bare loop gets the benefit.
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;",
        )?;
        db.set_prepared_statement_cache_capacity(self.statements.len() + 8);
        let per_commit = (self.rows.len() * per_commit).div_ceil(wishes.max(1));
        let began = Instant::now();
        for rows in self.rows.chunks(per_commit.max(1)) {
            db.execute_batch("BEGIN IMMEDIATE")?;
            for (_, statement, values) in rows {
                let Some((sql, of_trail)) = self.statements.get(*statement) else {
                    continue; // every row was read with a statement
                };
                if *of_trail && !trail {
                    continue;
                }
                let values = rusqlite::params_from_iter(values.iter());
                db.prepare_cached(sql)?.execute(values)?;
            }
            if trail {
                db.prepare_cached("UPDATE head SET note = note")?
                    .execute([])?;
            }
            db.execute_batch("COMMIT")?;
        }
        Ok(began.elapsed())
    }
}

/// The tables a desk without a trail would not have.
const TRAIL: [&str; 7] = [
    "event",
    "disclosure",
    "trail",
    "event_object",
    "object_head",
    "tile",
    "checkpoint",
];

/// The place the next event will have.
pub fn next_place(database: &Path) -> Result<i64> {
    let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "SELECT coalesce(max(seq) + 1, 0) FROM event";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// Reads every entry and hashes it, and no more. Gives how many there are, and the time.
pub fn read_and_hash(database: &Path) -> Result<(usize, Duration)> {
    let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let began = Instant::now();
    let mut query = db.prepare("SELECT entry FROM event ORDER BY seq")?;
    let mut rows = query.query([])?;
    let (mut entries, mut last) = (0, [0; 32]);
    while let Some(row) = rows.next()? {
        let mut hash = Sha256::new();
        hash.update([0]);
        hash.update(row.get_ref(0)?.as_str()?);
        last = hash.finalize().into();
        entries += 1;
    }
    std::hint::black_box(last);
    Ok((entries, began.elapsed()))
}

/// Tables of our own, without those that SQLite keeps for its search indexes.
const TABLES: &str = "
    SELECT name FROM sqlite_master AS own
    WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND ?1 = ''
      AND NOT EXISTS (SELECT 1 FROM sqlite_master AS search
                      WHERE search.sql LIKE 'CREATE VIRTUAL%'
                        AND substr(own.name, 1, length(search.name) + 1) = search.name || '_')
    ORDER BY rowid";

const INDEXES: &str =
    "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%' AND ?1 = '' ORDER BY rowid";

fn names(db: &Connection, sql: &str, of: &str) -> Result<Vec<String>> {
    let mut query = db.prepare(sql)?;
    let names = query.query_map([of], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}
