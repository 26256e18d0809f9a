//! The shape of the database: made from `schema.sql`, told apart by a digest, renewed by an
//! upgrade. Facts are never touched by it.

use crate::error::{Doing, Fault, Result};
use data_encoding::HEXLOWER;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The whole database on a page.
pub const SCHEMA: &str = include_str!("../../schema.sql");

/// The tables that hold facts; everything else but scratch follows from them.
pub const FACTS: [&str; 5] = ["event", "disclosure", "file", "checkpoint", "head"];

/// The tables that are neither: lost without harm.
pub const SCRATCH: [&str; 3] = ["draft", "kept_export", "place"];

/// One thing the schema makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    /// `table`, `index`, `trigger`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The statement that makes it.
    pub sql: String,
}

/// Everything a database is made of, in the order it was made; SQLite's own indexes left out.
pub(super) fn made(db: &Connection) -> Result<Vec<Made>> {
    let sql = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid";
    let mut statement = db.prepare(sql).map_err(Fault::from)?;
    let mut rows = statement.query([]).map_err(Fault::from)?;
    let mut made = Vec::new();
    while let Some(row) = rows.next().map_err(Fault::from)? {
        made.push(Made {
            kind: row.get(0).map_err(Fault::from)?,
            name: row.get(1).map_err(Fault::from)?,
            sql: row.get(2).map_err(Fault::from)?,
        });
    }
    Ok(made)
}

/// The names of the indexes SQLite makes by itself, for keys.
pub(super) fn made_along(db: &Connection) -> Result<BTreeSet<String>> {
    let sql = "SELECT name FROM sqlite_master WHERE sql IS NULL";
    let mut statement = db.prepare(sql).map_err(Fault::from)?;
    let names: rusqlite::Result<BTreeSet<String>> = statement
        .query_map([], |row| row.get(0))
        .map_err(Fault::from)?
        .collect();
    Ok(names.map_err(Fault::from)?)
}

/// A database in memory with this program's shape and no rows.
pub(super) fn fresh() -> Result<Connection> {
    let db = Connection::open_in_memory().map_err(Fault::from)?;
    super::store::settle(&db)?;
    create(&db)?;
    Ok(db)
}

/// Makes all tables in an empty database.
pub(super) fn create(db: &Connection) -> Result<()> {
    db.execute_batch(SCHEMA)
        .map_err(Fault::from)
        .doing("creating the tables")
}

/// The digest of a shape: hex SHA-256 over kind, name and statement of all that was made, by name.
pub(super) fn digest(made: &[Made]) -> String {
    let mut lines: Vec<String> = made
        .iter()
        .map(|one| format!("{}\0{}\0{}\n", one.kind, one.name, one.sql))
        .collect();
    lines.sort();
    HEXLOWER.encode(&Sha256::digest(lines.concat()))
}

/// Drops everything but facts and scratch, and makes what this program's schema has and the
/// database does not have. The caller rebuilds the derived tables afterwards.
pub(super) fn renew(db: &Connection) -> Result<()> {
    db.execute_batch("PRAGMA foreign_keys = OFF")
        .map_err(Fault::from)?;
    let wanted = made(&fresh()?)?;
    let virtual_tables: Vec<String> = made(db)?
        .into_iter()
        .filter(|one| one.sql.starts_with("CREATE VIRTUAL TABLE"))
        .map(|one| one.name)
        .collect();
    for name in &virtual_tables {
        drop_one(db, "table", name)?;
    }
    for kind in ["trigger", "view", "index", "table"] {
        for one in made(db)?.into_iter().filter(|one| one.kind == kind) {
            let kept = FACTS.contains(&one.name.as_str())
                || wanted
                    .iter()
                    .any(|w| *w == one && SCRATCH.contains(&one.name.as_str()));
            if !kept && !one.name.starts_with("sqlite_") {
                drop_one(db, kind, &one.name)?;
            }
        }
    }
    for one in &wanted {
        let shadow = wanted.iter().any(|other| {
            other.sql.starts_with("CREATE VIRTUAL TABLE")
                && one.name.starts_with(&format!("{}_", other.name))
        });
        let present = made(db)?.iter().any(|other| other.name == one.name);
        if !shadow && !present {
            db.execute_batch(&one.sql)
                .map_err(Fault::from)
                .doing(format!("making {}", one.name))?;
        }
    }
    Ok(())
}

fn drop_one(db: &Connection, kind: &str, name: &str) -> Result<()> {
    let name = name.replace('"', "\"\"");
    db.execute_batch(&format!("DROP {kind} IF EXISTS \"{name}\""))
        .map_err(Fault::from)
        .doing(format!("dropping {kind} {name}"))
}
