//! A hand inside the database: copies of a desk, and changes made with SQLite alone, past triggers
//! and declared types, leaving no other trace.

use data_encoding::{BASE64, HEXLOWER};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use trailbox::ledger::Home;

/// A copy of a desk.
pub struct Copy {
    folder: TempDir,
}

impl Copy {
    /// A copy of the desk that lives there, while it is in use.
    pub fn of(home: &Home) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Connection::open(home.database()).unwrap();
        let to = folder.path().join("trailbox.db");
        db.execute("VACUUM INTO ?1", [to.to_str().unwrap()])
            .unwrap();
        std::fs::copy(home.key_file(), folder.path().join("signing.key")).unwrap();
        Copy { folder }
    }

    /// Another copy of the same.
    pub fn again(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in ["trailbox.db", "signing.key"] {
            std::fs::copy(self.folder.path().join(file), folder.path().join(file)).unwrap();
        }
        Copy { folder }
    }

    /// Its data folder.
    pub fn home(&self) -> Home {
        Home::at(self.folder.path())
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("trailbox.db")
    }
}

/// A table with its rows as they were.
#[derive(Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
    pub keys: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row as it was.
#[derive(Clone)]
pub struct Row {
    pub values: Vec<Value>,
    /// Its key as findings write it.
    pub key: String,
}

impl Row {
    /// The number in its first column.
    pub fn seq(&self) -> Option<u64> {
        match self.values[0] {
            Value::Integer(number) => u64::try_from(number).ok(),
            _ => None,
        }
    }
}

impl Table {
    /// Every table but scratch and the search indexes themselves, whose own tables are among them.
    pub fn all(db: &Connection) -> Vec<Table> {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table'
                   AND sql NOT LIKE 'CREATE VIRTUAL%'
                   AND name NOT IN ('draft', 'kept_export', 'place') ORDER BY name";
        let mut statement = db.prepare(sql).unwrap();
        let names = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        names.map(|name| Table::read(db, name.unwrap())).collect()
    }

    fn read(db: &Connection, name: String) -> Table {
        let info = |filter: &str| -> Vec<String> {
            let sql = format!("SELECT name FROM pragma_table_info('{name}') {filter}");
            let mut statement = db.prepare(&sql).unwrap();
            let names = statement.query_map([], |row| row.get(0)).unwrap();
            names.map(|name| name.unwrap()).collect()
        };
        let columns = info("ORDER BY cid");
        let keys = info("WHERE pk > 0 ORDER BY pk");
        let places: Vec<usize> = keys
            .iter()
            .map(|key| columns.iter().position(|column| column == key).unwrap())
            .collect();
        let order = keys
            .iter()
            .map(|key| format!("\"{key}\""))
            .collect::<Vec<_>>()
            .join(", ");
        let mut statement = db
            .prepare(&format!("SELECT * FROM \"{name}\" ORDER BY {order}"))
            .unwrap();
        let count = columns.len();
        let rows = statement
            .query_map([], |row| {
                let values: Vec<Value> = (0..count).map(|at| row.get(at).unwrap()).collect();
                let key = places
                    .iter()
                    .map(|at| plain(&values[*at]))
                    .collect::<Vec<_>>()
                    .join("/");
                Ok(Row { values, key })
            })
            .unwrap();
        Table {
            rows: rows.map(|row| row.unwrap()).collect(),
            name,
            columns,
            keys,
        }
    }

    /// A row in the middle, preferring one without empty columns.
    pub fn middle(&self) -> Option<&Row> {
        let from = self.rows.len() / 2;
        let empty = |row: &&Row| {
            row.values
                .iter()
                .filter(|value| **value == Value::Null)
                .count()
        };
        self.rows[from..]
            .iter()
            .take(40)
            .chain(&self.rows[..from])
            .min_by_key(empty)
    }

    /// Rows to try every change on.
    pub fn samples(&self) -> Vec<&Row> {
        let mut samples: Vec<&Row> = self.middle().into_iter().collect();
        if self.name == "event" || std::env::var_os("TRAILBOX_LONG").is_some() {
            samples.extend(self.rows.first());
            samples.extend(self.rows.last());
        }
        samples
    }

    /// Two rows that say different things.
    pub fn different(&self) -> Option<(Row, Row)> {
        let one = self.middle()?;
        let rest = |row: &Row| -> Vec<Value> {
            let own = self.columns.iter().zip(&row.values);
            own.filter(|(column, _)| !self.keys.contains(column))
                .map(|(_, v)| v.clone())
                .collect()
        };
        let other = self
            .rows
            .iter()
            .find(|row| row.key != one.key && rest(row) != rest(one))?;
        Some((one.clone(), other.clone()))
    }

    /// The same row under a key that no row has.
    pub fn elsewhere(&self, row: &Row) -> Option<Row> {
        let mut row = row.clone();
        let key = self
            .columns
            .iter()
            .position(|column| self.keys.last() == Some(column))?;
        row.values[key] = match &row.values[key] {
            Value::Integer(_) => Value::Integer(1_000_000),
            Value::Text(text) => Value::Text(format!("{text}x")),
            _ => return None,
        };
        Some(row)
    }

    /// The value of a column changed in one of the ways, if that makes another value.
    pub fn changed(&self, row: &Row, column: usize, way: &str) -> Option<Value> {
        let value = &row.values[column];
        let changed = match (way, value) {
            ("flip", Value::Integer(number)) => Value::Integer(number ^ 1),
            ("flip", Value::Text(text)) => {
                let mut letters: Vec<char> = text.chars().collect();
                let at = letters.len() / 2;
                match letters.get_mut(at) {
                    Some(letter) => *letter = if *letter == 'q' { 'w' } else { 'q' },
                    None => letters.push('q'),
                }
                Value::Text(letters.into_iter().collect())
            }
            ("flip", Value::Blob(bytes)) => {
                let mut bytes = bytes.clone();
                let at = bytes.len() / 2;
                match bytes.get_mut(at) {
                    Some(byte) => *byte ^= 1,
                    None => bytes.push(1),
                }
                Value::Blob(bytes)
            }
            ("flip", _) => Value::Integer(1),
            ("null", _) => Value::Null,
            ("empty", Value::Integer(_)) => Value::Integer(0),
            ("empty", Value::Blob(_)) => Value::Blob(Vec::new()),
            ("empty", _) => Value::Text(String::new()),
            ("other type", Value::Integer(number)) => Value::Text(format!("x{number}")),
            ("other type", Value::Text(text)) => Value::Blob(text.clone().into_bytes()),
            ("other type", Value::Blob(bytes)) => Value::Text(HEXLOWER.encode(bytes)),
            ("other type", _) => Value::Real(0.5),
            _ => {
                let mut others = self.rows.iter().map(|other| &other.values[column]);
                others.find(|other| *other != value)?.clone()
            }
        };
        (changed != *value).then_some(changed)
    }
}

/// A connection that follows no rules.
pub struct Raw {
    path: PathBuf,
    db: Option<Connection>,
    triggers: Vec<String>,
}

impl Raw {
    /// Opens a database and takes its triggers away.
    pub fn open(path: &Path) -> Self {
        let mut raw = Raw {
            path: path.to_owned(),
            db: None,
            triggers: Vec::new(),
        };
        raw.connect();
        let db = raw.db();
        let mut statement = db
            .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            .unwrap();
        let found = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<Vec<(String, String)>, _>>()
            .unwrap();
        drop(statement);
        for (name, sql) in found {
            raw.db()
                .execute_batch(&format!("DROP TRIGGER {name}"))
                .unwrap();
            raw.triggers.push(sql);
        }
        raw
    }

    fn connect(&mut self) {
        self.db = None;
        let db = Connection::open(&self.path).unwrap();
        db.execute_batch(
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
             PRAGMA synchronous = OFF; PRAGMA recursive_triggers = OFF;",
        )
        .unwrap();
        self.db = Some(db);
    }

    fn db(&self) -> &Connection {
        self.db.as_ref().unwrap()
    }

    /// Puts the triggers back and closes.
    pub fn close(self) {
        for sql in &self.triggers {
            self.db().execute_batch(sql).unwrap();
        }
    }

    /// Runs a statement; whether it could be done.
    pub fn run(&mut self, sql: &str) -> bool {
        self.db().execute_batch(sql).is_ok()
    }

    /// Runs statements about the shape, with the triggers in place.
    pub fn reshape(&mut self, sql: &str) -> bool {
        for sql in std::mem::take(&mut self.triggers) {
            self.db().execute_batch(&sql).unwrap();
        }
        self.run(sql)
    }

    /// Sets one value, whatever type the column is declared with; whether it could be done.
    pub fn set(&mut self, table: &Table, row: &Row, column: usize, value: &Value) -> bool {
        let before = self.loosen(&table.name);
        let sql = format!(
            "UPDATE \"{}\" SET \"{}\" = ? WHERE {}",
            table.name,
            table.columns[column],
            condition(table)
        );
        let values = [value.clone()].into_iter().chain(key_values(table, row));
        let done = self.db().execute(&sql, params_from_iter(values));
        self.restore(&table.name, &before);
        matches!(done, Ok(1))
    }

    /// Drops a row.
    pub fn drop_row(&mut self, table: &Table, row: &Row) -> bool {
        let sql = format!("DELETE FROM \"{}\" WHERE {}", table.name, condition(table));
        matches!(
            self.db()
                .execute(&sql, params_from_iter(key_values(table, row))),
            Ok(1)
        )
    }

    /// Inserts a row.
    pub fn insert(&mut self, table: &Table, row: &Row) -> bool {
        let places = vec!["?"; table.columns.len()].join(", ");
        let sql = format!("INSERT INTO \"{}\" VALUES ({places})", table.name);
        matches!(
            self.db()
                .execute(&sql, params_from_iter(row.values.clone())),
            Ok(1)
        )
    }

    /// Exchanges everything but the keys of two rows.
    pub fn swap(&mut self, table: &Table, a: &Row, b: &Row) -> bool {
        let exchanged = |own: &Row, other: &Row| {
            let mut row = own.clone();
            for (column, name) in table.columns.iter().enumerate() {
                if !table.keys.contains(name) {
                    row.values[column] = other.values[column].clone();
                }
            }
            row
        };
        self.drop_row(table, a)
            && self.drop_row(table, b)
            && self.insert(table, &exchanged(a, b))
            && self.insert(table, &exchanged(b, a))
    }

    /// Appends a copy of the newest event with its place, predecessor and digest made right.
    pub fn forge(&mut self, change: impl Fn(String) -> String) -> bool {
        let newest: (i64, String) = self
            .db()
            .query_row(
                "SELECT seq, entry FROM event ORDER BY seq DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        let (seq, entry) = newest;
        let prev = BASE64.encode(&leaf(&entry));
        let forged = change(with_prev(&entry, &prev))
            .replace(&format!("\"seq\":{seq},"), &format!("\"seq\":{},", seq + 1));
        let forged = without(&without(&forged, "\"of\":["), "\"sealed\":{");
        let sql = "INSERT INTO event (seq, leaf, entry) VALUES (?1, ?2, ?3)";
        self.db()
            .execute(sql, (seq + 1, leaf(&forged), forged))
            .is_ok()
    }

    /// Takes the declared types and limits of a table away; answers its definition.
    fn loosen(&mut self, table: &str) -> String {
        let sql = "SELECT sql FROM sqlite_master WHERE name = ?1 AND type = 'table'";
        let before: String = self.db().query_row(sql, [table], |row| row.get(0)).unwrap();
        let loose = before
            .replace(" NOT NULL", "")
            .replace(") STRICT, WITHOUT ROWID", ") WITHOUT ROWID")
            .replace(") STRICT", ")");
        self.redefine(table, &loose);
        before
    }

    fn restore(&mut self, table: &str, before: &str) {
        self.redefine(table, before);
    }

    fn redefine(&mut self, table: &str, sql: &str) {
        let db = self.db();
        db.execute_batch("PRAGMA writable_schema = ON").unwrap();
        let update = "UPDATE sqlite_master SET sql = ?1 WHERE name = ?2 AND type = 'table'";
        db.execute(update, [sql, table]).unwrap();
        self.connect();
    }
}

/// Changes an entry, and everything after it so that all digests fit again.
pub fn recomputed(raw: &mut Raw, from: u64, change: impl Fn(&str) -> String) -> bool {
    let sql = "SELECT seq, entry FROM event WHERE seq >= ?1 ORDER BY seq";
    let mut statement = raw.db().prepare(sql).unwrap();
    let entries = statement
        .query_map([i64::try_from(from).unwrap()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap()
        .collect::<Result<Vec<(i64, String)>, _>>()
        .unwrap();
    let mut other: Vec<(String, String)> = Vec::new();
    for (place, (seq, before)) in entries.into_iter().enumerate() {
        let mut entry = if place == 0 {
            change(&before)
        } else {
            before.clone()
        };
        if place == 0 && entry == before {
            return false;
        }
        for (old, new) in &other {
            if entry.contains(old.as_str()) {
                entry = entry.replace(old.as_str(), new);
            }
        }
        let sql = "UPDATE event SET entry = ?2, leaf = ?3 WHERE seq = ?1";
        raw.db().execute(sql, (seq, &entry, leaf(&entry))).unwrap();
        other.push((BASE64.encode(&leaf(&before)), BASE64.encode(&leaf(&entry))));
    }
    true
}

fn with_prev(entry: &str, prev: &str) -> String {
    let at = entry.find("\"prev\":\"").unwrap() + 8;
    format!("{}{prev}{}", &entry[..at], &entry[at + 44..])
}

/// An entry without one of its members, which is an object or a list.
fn without(entry: &str, member: &str) -> String {
    let Some(from) = entry.find(member) else {
        return entry.to_owned();
    };
    let end = if member.ends_with('[') {
        "],\"prev"
    } else {
        "},\"seq"
    };
    let to = from + entry[from..].find(end).unwrap() + 2;
    format!("{}{}", &entry[..from], &entry[to..])
}

fn leaf(entry: &str) -> Vec<u8> {
    Sha256::new_with_prefix([0])
        .chain_update(entry.as_bytes())
        .finalize()
        .to_vec()
}

fn condition(table: &Table) -> String {
    let parts: Vec<String> = table
        .keys
        .iter()
        .map(|key| format!("\"{key}\" IS ?"))
        .collect();
    parts.join(" AND ")
}

fn key_values(table: &Table, row: &Row) -> Vec<Value> {
    let value = |key: &String| {
        let at = table
            .columns
            .iter()
            .position(|column| column == key)
            .unwrap();
        row.values[at].clone()
    };
    table.keys.iter().map(value).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) if text.chars().count() > 60 => {
            format!("{}…", text.chars().take(60).collect::<String>())
        }
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => HEXLOWER.encode(bytes.get(..16).unwrap_or(bytes)),
    }
}
