//! Erasing: the one way in which something sealed goes. The facts that name it are appended, what
//! they name is deleted, and the derived tables are made again without it, in one transaction; then
//! the database is written anew and its log emptied, so that no page keeps a copy.
//!
//! 2026-11: making everything again costs what a rebuild costs. Taking each text out of each table
//! it went into would be quicker, and right only as long as nobody forgets a table: what follows
//! from a text is for the areas to know, and here it follows from the same code as ever.

use super::Wish;
use super::append::Tail;
use super::door::{Doorkeeper, Receipt};
use super::rebuild;
use super::store::{self, Use};
use crate::domain::actor::Who;
use crate::error::{Doing, Error, Fault, Result};
use rusqlite::config::DbConfig;
use std::time::Duration;

/// How long readers are waited for before the log is emptied later.
const PATIENCE: Duration = Duration::from_secs(2);

impl Doorkeeper {
    /// Grants a wish and forgets what its facts name.
    pub(super) fn erase(&mut self, who: Who, wish: Wish) -> Result<Receipt> {
        let before = self.tail.clone();
        let own = store::open(&self.path, Use::Write).doing("opening the database to erase")?;
        // The writing connection can neither delete facts nor make tables again: for as long as
        // this takes another stands in its place.
        let guarded = std::mem::replace(&mut self.db, own);
        let erased = self.forget(who, wish);
        match &erased {
            Ok(receipt) if receipt.facts.is_empty() => {}
            Ok(_) => {
                self.write_anew();
                self.empty_exports();
            }
            Err(_) => {
                self.tail = before;
                self.later.cut(0);
                if !self.db.is_autocommit() {
                    self.db.execute_batch("ROLLBACK").ok(); // closed below in any case
                }
            }
        }
        self.db = guarded;
        erased
    }

    fn forget(&mut self, who: Who, wish: Wish) -> Result<Receipt> {
        self.db
            .set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)
            .map_err(Fault::from)?;
        self.db
            .execute_batch("PRAGMA foreign_keys = OFF")
            .map_err(Fault::from)?;
        self.begin()?;
        let first = self.tail.edge.size();
        let receipt = self.grant(who, wish)?;
        if receipt.facts.is_empty() {
            self.db.execute_batch("ROLLBACK").map_err(Fault::from)?;
            return Ok(receipt);
        }
        self.later.run(&self.db)?;
        self.delete(first)?;
        let made: Tail = rebuild::again(&self.db, self.apply, &mut |_| {})
            .doing("making the tables again without what is erased")?;
        if made.edge.root() != self.tail.edge.root() {
            return Err(Error::fault("the trail is another one after an erasure"));
        }
        self.tail = made;
        self.finish(true, false)?;
        Ok(receipt)
    }

    /// Deletes what the events from a place on name, and what was being typed about it.
    fn delete(&self, first: u64) -> Result<()> {
        for sql in [
            "DELETE FROM draft WHERE object IN
                 (SELECT object FROM event_object WHERE seq IN
                      (SELECT seq FROM erased WHERE by_seq >= ?1))",
            "DELETE FROM kept_export WHERE ?1 = ?1",
            "DELETE FROM file WHERE (seq, field) IN
                 (SELECT seq, field FROM erased WHERE by_seq >= ?1)",
            "DELETE FROM disclosure WHERE (seq, field) IN
                 (SELECT seq, field FROM erased WHERE by_seq >= ?1)",
        ] {
            self.db
                .execute(sql, [i64::try_from(first).unwrap_or(i64::MAX)])
                .map_err(Fault::from)
                .doing("deleting what is erased")?;
        }
        Ok(())
    }

    /// Deleted rows are overwritten, but a page that was split once may keep what moved to another:
    /// only a database written anew is sure to hold nothing of it.
    fn write_anew(&mut self) {
        let written = self
            .db
            .execute_batch("PRAGMA temp_store = FILE; VACUUM")
            .map_err(Fault::from);
        if let Err(error) = written {
            tracing::error!("erased, but the database could not be written anew: {error}");
        }
        self.empty_log(PATIENCE);
    }

    /// Kept exports may hold what is erased: they go, and are made again without it.
    fn empty_exports(&self) {
        let folder = self.path.with_file_name("exports");
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::error!("erased, but {} stays: {error}", folder.display());
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Empties the log, unless somebody is still reading what it holds: then after a later commit.
    pub(super) fn empty_log(&mut self, patience: Duration) {
        let emptied = self.db.busy_timeout(patience).and_then(|()| {
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            self.db.query_row(sql, [], |row| row.get::<_, i64>(0))
        });
        self.log_holds_erased = !matches!(emptied, Ok(0));
        if let Err(error) = self.db.busy_timeout(store::PATIENCE) {
            tracing::error!("the patience of the writing connection: {error}");
        }
    }
}
