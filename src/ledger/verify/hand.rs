//! A hand behind the program's back, to show what verification finds: what somebody can do who has
//! SQLite and the file, but not the key. It only ever works on a copy that it makes itself.

use super::super::apart;
use super::super::home::Home;
use super::super::tree;
use crate::error::{Doing, Error, Fault, Result};
use data_encoding::BASE64;
use rusqlite::{Connection, OptionalExtension};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use tempfile::TempDir;

/// A copy of a desk, and the hand inside it.
pub struct Hand {
    folder: TempDir,
}

impl Hand {
    /// Makes a copy of a desk, while that may be in use.
    pub fn in_copy_of(home: &Home) -> Result<Self> {
        let hand = Hand { folder: folder()? };
        let db = super::open(home)?;
        // Folded into one file, so that a copy of it is a file copy.
        let to = hand.database().display().to_string();
        db.execute_batch("COMMIT").map_err(Fault::from)?;
        db.execute("VACUUM main INTO ?1", [to])
            .map_err(Fault::from)
            .doing("copying the desk")?;
        if home.key_file().exists() {
            std::fs::copy(home.key_file(), hand.home().key_file()).doing("copying the key")?;
        }
        Ok(hand)
    }

    /// Another copy of this copy.
    pub fn again(&self) -> Result<Self> {
        let hand = Hand { folder: folder()? };
        std::fs::copy(self.database(), hand.database()).doing("copying the desk")?;
        let (key, to) = (self.home().key_file(), hand.home().key_file());
        if key.exists() {
            std::fs::copy(key, to).doing("copying the key")?;
        }
        Ok(hand)
    }

    /// The copy's data folder.
    pub fn home(&self) -> Home {
        Home::at(self.folder.path())
    }

    fn database(&self) -> PathBuf {
        self.home().database()
    }

    /// Runs statements with every trigger out of the way, and puts the triggers back; answers how
    /// many rows changed.
    pub fn run(&self, sql: &str) -> Result<usize> {
        let db = self.open()?;
        let triggers = triggers(&db)?;
        for (name, _) in &triggers {
            db.execute_batch(&format!("DROP TRIGGER \"{name}\""))
                .map_err(Fault::from)?;
        }
        let before = db.total_changes();
        db.execute_batch(sql).map_err(Fault::from)?;
        let changed = db.total_changes() - before;
        for (_, sql) in &triggers {
            db.execute_batch(sql).map_err(Fault::from)?;
        }
        usize::try_from(changed).map_err(|error| Fault::from(error).into())
    }

    /// Changes what the database is made of.
    pub fn reshape(&self, sql: &str) -> Result<()> {
        let db = self.open()?;
        db.execute_batch(sql)
            .map_err(|error| Fault::from(error).into())
    }

    /// Dates an event one hour off; `recompute` makes every digest after it right again.
    pub fn redate(&self, seq: u64, recompute: bool) -> Result<()> {
        let db = self.open()?;
        let triggers = triggers(&db)?;
        for (name, _) in &triggers {
            db.execute_batch(&format!("DROP TRIGGER \"{name}\""))
                .map_err(Fault::from)?;
        }
        db.execute_batch("BEGIN").map_err(Fault::from)?;
        if recompute {
            rewrite_from(&db, seq)?;
        } else if let Some(entry) = entry(&db, seq)? {
            let update = "UPDATE event SET entry = ?2 WHERE seq = ?1";
            db.execute(update, (integer(seq)?, redated(&entry)))
                .map_err(Fault::from)?;
        }
        db.execute_batch("COMMIT").map_err(Fault::from)?;
        for (_, sql) in &triggers {
            db.execute_batch(sql).map_err(Fault::from)?;
        }
        Ok(())
    }

    /// Appends an event of its own making after the newest, with every digest right.
    pub fn forge(&self) -> Result<()> {
        let db = self.open()?;
        let size = super::super::append::size(&db)?;
        let newest = entry(&db, size.saturating_sub(1))?.unwrap_or_default();
        let prev = BASE64.encode(&tree::leaf(newest.as_bytes()));
        let forged: super::super::entry::Entry = serde_json::from_str(&newest)?;
        let forged = super::super::entry::Entry {
            prev,
            seq: crate::domain::id::Seq(size),
            event: "desk.stopped".to_owned(),
            data: [("reason".to_owned(), "nobody was here".into())]
                .into_iter()
                .collect(),
            of: Vec::new(),
            sealed: Default::default(),
            cause: None,
            ..forged
        };
        let forged = forged.bytes()?;
        let leaf = tree::leaf(forged.as_bytes());
        let insert = "INSERT INTO event (seq, leaf, entry) VALUES (?1, ?2, ?3)";
        db.execute(insert, (integer(size)?, leaf, forged))
            .map_err(Fault::from)?;
        Ok(())
    }

    /// The newest event of one of these sorts.
    pub fn newest(&self, event: &str) -> Result<Option<u64>> {
        let db = self.open()?;
        let sql = "SELECT max(seq) FROM trail WHERE event = ?1";
        let seq: Option<i64> = db
            .query_row(sql, [event], |row| row.get(0))
            .map_err(Fault::from)?;
        Ok(seq.and_then(|seq| u64::try_from(seq).ok()))
    }

    /// How many events the copy has.
    pub fn events(&self) -> Result<u64> {
        super::super::append::size(&self.open()?)
    }

    /// Flips one bit of the file, in the middle of the page where the events begin.
    pub fn flip_bit(&self) -> Result<()> {
        let (page, size): (u64, u64) = {
            let db = self.open()?;
            let page: i64 = db
                .query_row(
                    "SELECT pageno FROM dbstat WHERE name = 'event' AND pagetype = 'leaf'
                      ORDER BY pageno LIMIT 1",
                    [],
                    |row| row.get(0),
                )
                .map_err(Fault::from)?;
            let size: i64 = db
                .query_row("PRAGMA page_size", [], |row| row.get(0))
                .map_err(Fault::from)?;
            let number = |n: i64| u64::try_from(n).map_err(Fault::from);
            (number(page)?, number(size)?)
        };
        let place = (page - 1) * size + size - size / 8; // rows fill a page from its end
        let mut file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.database())?;
        let mut byte = [0];
        file.seek(SeekFrom::Start(place))?;
        file.read_exact(&mut byte)?;
        file.seek(SeekFrom::Start(place))?;
        byte[0] ^= 1; // the array has one element
        file.write_all(&byte)?;
        Ok(())
    }

    fn open(&self) -> Result<Connection> {
        let db = Connection::open(self.database()).map_err(Fault::from)?;
        db.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF")
            .map_err(Fault::from)?;
        Ok(db)
    }
}

fn folder() -> Result<TempDir> {
    apart::folder(&std::env::temp_dir(), "trailbox-copy-").doing("making a folder for the copy")
}

fn triggers(db: &Connection) -> Result<Vec<(String, String)>> {
    let sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid";
    let mut statement = db.prepare(sql).map_err(Fault::from)?;
    let found = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(Fault::from)?;
    found
        .collect::<rusqlite::Result<_>>()
        .map_err(|error| Fault::from(error).into())
}

fn integer(seq: u64) -> Result<i64> {
    i64::try_from(seq).map_err(|error| Fault::from(error).into())
}

fn entry(db: &Connection, seq: u64) -> Result<Option<String>> {
    db.query_row(
        "SELECT entry FROM event WHERE seq = ?1",
        [integer(seq)?],
        |row| row.get(0),
    )
    .optional()
    .map_err(|error| Fault::from(error).into())
}

/// The same entry, with another hour.
fn redated(entry: &str) -> String {
    const AT: &str = "\"at\":\"2026-11-22T";
    match entry.find("\"at\":\"") {
        Some(found) => {
            let hour = found + AT.len();
            let now = entry.get(hour..hour + 2).unwrap_or_default();
            let other = if now == "00" { "01" } else { "00" };
            let (before, after) = (entry.get(..hour), entry.get(hour + 2..));
            format!(
                "{}{other}{}",
                before.unwrap_or_default(),
                after.unwrap_or_default()
            )
        }
        None => entry.to_owned(),
    }
}

/// Redates one entry, and gives every later one the predecessors it has now.
fn rewrite_from(db: &Connection, from: u64) -> Result<()> {
    let mut other = std::collections::HashMap::new();
    let mut prev = None;
    for seq in from..super::super::append::size(db)? {
        let before = entry(db, seq)?.ok_or_else(|| Error::fault("an event is missing"))?;
        let mut read: super::super::entry::Entry = serde_json::from_str(&before)?;
        if let Some(prev) = prev {
            read.prev = prev;
        }
        for (_, _, leaf) in &mut read.of {
            if let Some(other) = leaf.as_ref().and_then(|leaf| other.get(leaf)) {
                *leaf = Some(String::clone(other));
            }
        }
        let mut after = read.bytes()?;
        if seq == from {
            after = redated(&after);
        }
        let leaf = tree::leaf(after.as_bytes());
        let update = "UPDATE event SET entry = ?2, leaf = ?3 WHERE seq = ?1";
        db.execute(update, (integer(seq)?, &after, leaf))
            .map_err(Fault::from)?;
        let encoded = BASE64.encode(&leaf);
        other.insert(
            BASE64.encode(&tree::leaf(before.as_bytes())),
            encoded.clone(),
        );
        prev = Some(encoded);
    }
    Ok(())
}
