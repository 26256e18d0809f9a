//! Reading connections: opened when needed, kept for the next reader, each reading one consistent
//! picture inside a transaction of its own.

use super::store::{self, Use};
use crate::error::{Doing, Fault, Result};
use rusqlite::Connection;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// How many idle reading connections are kept.
const IDLE_MAX: usize = 16;

/// The reading connections of one desk.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Idle>,
}

/// Connections nobody reads with; once closed, none is kept any more.
#[derive(Default)]
struct Idle {
    kept: Vec<Connection>,
    closed: bool,
}

/// A reading connection inside a transaction; dropping it ends the transaction.
pub(super) struct Lease {
    db: Option<Connection>,
    home: Arc<Readers>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Arc<Self> {
        Arc::new(Readers {
            path,
            idle: Mutex::default(),
        })
    }

    /// Closes the idle connections and keeps none from now on: the last connection to close folds
    /// the write-ahead log into the database, and a reading one cannot.
    pub(super) fn close(&self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.closed = true;
        idle.kept.clear();
    }

    /// A connection that shows the present from now on.
    pub(super) fn lease(self: &Arc<Self>) -> Result<Lease> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .kept
            .pop();
        let db = match idle {
            Some(db) => db,
            None => {
                let mut db = store::open(&self.path, Use::Read).doing("opening the database")?;
                store::guard(&mut db)?;
                db
            }
        };
        db.execute_batch("BEGIN")
            .map_err(Fault::from)
            .doing("beginning to read")?;
        Ok(Lease {
            db: Some(db),
            home: Arc::clone(self),
        })
    }
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        // The connection leaves only in `drop`, after which nobody can hold the lease.
        self.db
            .as_ref()
            .expect("a lease holds its connection until it is dropped")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(db) = self.db.take() else { return };
        if db.execute_batch("ROLLBACK").is_err() {
            return; // a connection in an unknown state is closed, not kept
        }
        let mut idle = self
            .home
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !idle.closed && idle.kept.len() < IDLE_MAX {
            idle.kept.push(db);
        }
    }
}
