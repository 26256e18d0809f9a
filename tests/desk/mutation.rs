//! Whatever is changed behind the program's back is found, and its place is named: every column of
//! every table, rows dropped, doubled and swapped, forged appends, rewritten history, cut-off ends,
//! other shapes. On the desk as it was, nothing is found.
//!
//! `TRAILBOX_LONG=1` tries each change alone and on more rows.

use crate::kit::verified;
use crate::story::busy_desk;
use crate::tamper::{Copy, Raw, Row, Table, recomputed};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use trailbox::ledger::verify::{Finding, Report};

/// The ways a value is changed.
const WAYS: [&str; 5] = ["flip", "null", "empty", "other type", "neighbour"];

/// Tables that hold what follows from nothing else.
const FACTS: [&str; 5] = ["event", "disclosure", "file", "checkpoint", "head"];

/// How often each thing happened.
#[derive(Default)]
struct Count {
    tried: AtomicUsize,
    impossible: AtomicUsize,
    placed: AtomicUsize,
    missed: Mutex<Vec<String>>,
    misplaced: Mutex<Vec<String>>,
}

/// A change: what it is called, where it should be found, how it is made. It answers whether it
/// could be made.
struct Change<'a> {
    name: String,
    place: Wanted,
    make: Box<dyn Fn(&mut Raw) -> bool + Send + Sync + 'a>,
}

/// Where a change should be found.
#[derive(Clone)]
enum Wanted {
    /// At one of these events, or after the first.
    Event(Vec<u64>),
    /// In a table, at a row, in a column.
    Cell(String, Option<String>, Option<String>),
    /// At something with this name.
    Thing(String),
    /// Anywhere.
    Any,
}

impl Wanted {
    fn is_named(&self, report: &Report) -> bool {
        report.findings.iter().any(|finding| self.fits(finding))
    }

    fn fits(&self, finding: &Finding) -> bool {
        let place = &finding.place;
        match self {
            Wanted::Event(seqs) => place.seq.is_some_and(|seq| seqs.contains(&seq)),
            Wanted::Cell(table, key, column) => {
                let here = place
                    .table
                    .as_ref()
                    .is_some_and(|named| named == table || table.starts_with(&format!("{named}_")));
                let row = match (&place.key, key) {
                    (Some(named), Some(key)) => named == key,
                    _ => true,
                };
                let cell = match (&place.column, column) {
                    (Some(named), Some(column)) => named == column,
                    _ => true,
                };
                here && row && cell
            }
            Wanted::Thing(name) => place
                .thing
                .as_ref()
                .is_some_and(|thing| thing.ends_with(name.as_str())),
            Wanted::Any => true,
        }
    }
}

fn long() -> bool {
    std::env::var_os("TRAILBOX_LONG").is_some()
}

/// Makes each change on a copy of its own and looks what verification says.
fn try_all(base: &Copy, changes: &[Vec<Change<'_>>], count: &Count) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(together) = changes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    try_together(base, together, count);
                }
            });
        }
    });
}

fn try_together(base: &Copy, changes: &[Change<'_>], count: &Count) {
    let copy = base.again();
    let mut made = Vec::new();
    for change in changes {
        let mut raw = Raw::open(&copy.database());
        if (change.make)(&mut raw) {
            made.push(change);
        } else {
            count.impossible.fetch_add(1, Ordering::Relaxed);
        }
        raw.close();
    }
    if made.is_empty() {
        return;
    }
    let report = verified(&copy.home());
    for change in made {
        count.tried.fetch_add(1, Ordering::Relaxed);
        let named = change.place.is_named(&report);
        let alone = changes.len() == 1;
        if report.is_clean() || (!named && !alone) {
            count.missed.lock().unwrap().push(change.name.clone());
        } else if named {
            count.placed.fetch_add(1, Ordering::Relaxed);
        } else {
            let places: BTreeSet<String> = report
                .findings
                .iter()
                .map(|finding| finding.place.to_string())
                .collect();
            let name = format!("{}: {places:?}", change.name);
            count.misplaced.lock().unwrap().push(name);
        }
    }
}

/// Every column of a row, changed in every way.
fn cells(table: &Table, row: &Row) -> Vec<Change<'static>> {
    let mut changes = Vec::new();
    for (column, name) in table.columns.iter().enumerate() {
        for way in WAYS {
            let Some(value) = table.changed(row, column, way) else {
                continue;
            };
            let (table, row) = (table.clone(), row.clone());
            let is_key = table.keys.contains(name);
            changes.push(Change {
                name: format!("{} {} {name}: {way}", table.name, row.key),
                place: place_of(&table, &row, (!is_key).then(|| name.clone())),
                make: Box::new(move |raw| raw.set(&table, &row, column, &value)),
            });
        }
    }
    changes
}

fn place_of(table: &Table, row: &Row, column: Option<String>) -> Wanted {
    if table.name == "event" {
        let seq = row.seq().unwrap_or_default();
        return Wanted::Event(vec![seq.saturating_sub(1), seq, seq + 1]);
    }
    let key = column.is_some().then(|| row.key.clone());
    Wanted::Cell(table.name.clone(), key, column)
}

/// Rows dropped, put back at another place, doubled, and two exchanged.
fn rows(table: &Table) -> Vec<Change<'static>> {
    let mut changes = Vec::new();
    let Some(row) = table.middle() else {
        return changes;
    };
    let add = |changes: &mut Vec<Change<'static>>, what: &str, make| {
        let place = match table.name.as_str() {
            "event" => Wanted::Any,
            _ => Wanted::Cell(table.name.clone(), None, None),
        };
        let name = format!("{} row {what}", table.name);
        changes.push(Change { name, place, make });
    };
    type Make = Box<dyn Fn(&mut Raw) -> bool + Send + Sync>;
    let (one, dropped) = (table.clone(), row.clone());
    add(
        &mut changes,
        "dropped",
        Box::new(move |raw: &mut Raw| raw.drop_row(&one, &dropped)) as Make,
    );
    let (one, doubled) = (table.clone(), row.clone());
    add(
        &mut changes,
        "doubled",
        Box::new(move |raw: &mut Raw| {
            one.elsewhere(&doubled)
                .is_some_and(|row| raw.insert(&one, &row))
        }),
    );
    let (one, moved) = (table.clone(), row.clone());
    add(
        &mut changes,
        "moved",
        Box::new(move |raw: &mut Raw| {
            one.elsewhere(&moved)
                .is_some_and(|row| raw.drop_row(&one, &moved) && raw.insert(&one, &row))
        }),
    );
    if let Some((a, b)) = table.different() {
        let one = table.clone();
        add(
            &mut changes,
            "swapped",
            Box::new(move |raw: &mut Raw| raw.swap(&one, &a, &b)),
        );
    }
    changes
}

/// Puts the n-th change of every table into the n-th group: tables do not disturb each other.
fn side_by_side(lists: Vec<Vec<Change<'static>>>) -> Vec<Vec<Change<'static>>> {
    let mut groups: Vec<Vec<Change<'static>>> = Vec::new();
    for list in lists {
        for (place, change) in list.into_iter().enumerate() {
            if long() || groups.len() <= place {
                groups.push(vec![change]);
            } else {
                groups[place].push(change);
            }
        }
    }
    groups
}

#[test]
fn every_change_of_any_value_or_row_is_found_and_named() {
    let kit = busy_desk(530);
    let base = Copy::of(kit.home());
    let clean = verified(&base.home());
    assert!(clean.is_clean(), "{:?}", clean.findings);
    let tables = Table::all(&Connection::open(base.database()).unwrap());
    let empty: Vec<&str> = tables
        .iter()
        .filter(|table| table.rows.is_empty())
        .map(|table| table.name.as_str())
        .collect();
    assert_eq!(empty, ["erased"], "the busy desk has a row in every table");

    let count = Count::default();
    let mut alone = Vec::new();
    let mut together = Vec::new();
    for table in &tables {
        if FACTS.contains(&table.name.as_str()) {
            for row in table.samples() {
                alone.extend(cells(table, row).into_iter().map(|change| vec![change]));
            }
            alone.extend(rows(table).into_iter().map(|change| vec![change]));
        } else if let Some(row) = table.middle() {
            let mut changes = cells(table, row);
            changes.extend(rows(table));
            together.push(changes);
        }
    }
    try_all(&base, &alone, &count);
    try_all(&base, &side_by_side(together), &count);
    try_all(&base, &history(&base), &count);
    try_all(&base, &shapes(), &count);
    conclude(&count);
}

fn conclude(count: &Count) {
    let tried = count.tried.load(Ordering::Relaxed);
    let placed = count.placed.load(Ordering::Relaxed);
    let missed = count.missed.lock().unwrap();
    let misplaced = count.misplaced.lock().unwrap();
    println!(
        "{tried} changes made, {} found, {placed} with the right place ({} that SQLite itself \
         refuses)",
        tried - missed.len(),
        count.impossible.load(Ordering::Relaxed)
    );
    assert!(missed.is_empty(), "not found:\n  {}", missed.join("\n  "));
    assert!(
        misplaced.len() * 100 <= tried,
        "found, but at another place:\n  {}",
        misplaced.join("\n  ")
    );
    assert!(tried >= 1000, "only {tried} changes");
}

/// Changes of the history as a whole, by somebody who knows how it is made but has not the key.
fn history(base: &Copy) -> Vec<Vec<Change<'static>>> {
    let size = events(&base.database());
    let middle = size / 2;
    let mut changes: Vec<Change<'static>> = Vec::new();
    let mut add = |name: &str, place: Wanted, make: Box<dyn Fn(&mut Raw) -> bool + Send + Sync>| {
        let name = name.to_owned();
        changes.push(Change { name, place, make });
    };
    for count in [1, 2, 40] {
        let from = size - count;
        add(
            &format!("the last {count} events cut off"),
            Wanted::Event(vec![from]),
            Box::new(move |raw| {
                raw.run(&format!("DELETE FROM disclosure WHERE seq >= {from}"))
                    && raw.run(&format!("DELETE FROM file WHERE seq >= {from}"))
                    && raw.run(&format!("DELETE FROM event WHERE seq >= {from}"))
            }),
        );
    }
    for seq in [0, 1, middle, size - 1] {
        add(
            &format!("event {seq} dropped"),
            Wanted::Event(vec![seq]),
            Box::new(move |raw| raw.run(&format!("DELETE FROM event WHERE seq = {seq}"))),
        );
    }
    add(
        "ten events dropped from the middle",
        Wanted::Event(vec![middle]),
        Box::new(move |raw| {
            raw.run(&format!(
                "DELETE FROM event WHERE seq >= {middle} AND seq < {middle} + 10"
            ))
        }),
    );
    for (a, b) in [(middle, middle + 1), (5, size - 5)] {
        add(
            &format!("events {a} and {b} exchanged"),
            Wanted::Event(vec![a]),
            Box::new(move |raw| {
                raw.run(&format!("UPDATE event SET seq = -1 WHERE seq = {a}"))
                    && raw.run(&format!("UPDATE event SET seq = {a} WHERE seq = {b}"))
                    && raw.run(&format!("UPDATE event SET seq = {b} WHERE seq = -1"))
            }),
        );
    }
    add(
        "an event forged at the end, with its digests",
        Wanted::Event(vec![size]),
        Box::new(|raw| raw.forge(|entry| entry.replace("message no.", "another no."))),
    );
    for seq in [1, middle, size - 1] {
        add(
            &format!("event {seq} back-dated and everything after it recomputed"),
            Wanted::Any,
            Box::new(move |raw| {
                recomputed(raw, seq, |entry| {
                    entry.replacen("\"at\":\"2026-11-22T", "\"at\":\"2026-11-21T", 1)
                })
            }),
        );
        add(
            &format!("event {seq} given another salt and everything after it recomputed"),
            Wanted::Any,
            Box::new(move |raw| {
                recomputed(raw, seq, |entry| {
                    let at = entry.find("\"salt\":\"").unwrap() + 8;
                    let other = if &entry[at..=at] == "A" { "B" } else { "A" };
                    format!("{}{other}{}", &entry[..at], &entry[at + 1..])
                })
            }),
        );
    }
    changes.into_iter().map(|change| vec![change]).collect()
}

/// Changes of what the database is made of.
fn shapes() -> Vec<Vec<Change<'static>>> {
    let changes = [
        ("DROP TRIGGER event_is_not_updated", "event_is_not_updated"),
        (
            "DROP TRIGGER disclosure_is_not_deleted",
            "disclosure_is_not_deleted",
        ),
        ("DROP INDEX trail_by_actor", "trail_by_actor"),
        ("DROP TABLE conversation_tag", "conversation_tag"),
        ("DROP TABLE search_part", "search_part"),
        ("CREATE INDEX slow ON article (preview)", "slow"),
        ("CREATE TABLE notes (text TEXT)", "notes"),
        ("CREATE VIEW nice AS SELECT * FROM event", "nice"),
        (
            "CREATE TRIGGER sly AFTER INSERT ON event BEGIN SELECT 1; END",
            "sly",
        ),
        ("ALTER TABLE member ADD COLUMN more TEXT", "member"),
        ("ALTER TABLE event RENAME COLUMN leaf TO leafs", "event"),
        (
            "DROP TRIGGER file_is_not_updated;
             CREATE TRIGGER file_is_not_updated BEFORE UPDATE ON file BEGIN SELECT 1; END",
            "file_is_not_updated",
        ),
        (
            "DROP INDEX trail_by_at; CREATE INDEX trail_by_at ON trail (seq)",
            "trail_by_at",
        ),
        (
            "ALTER TABLE event RENAME TO facts; CREATE VIEW event AS SELECT * FROM facts",
            "event",
        ),
    ];
    let change = |(sql, name): (&'static str, &str)| {
        vec![Change {
            name: sql.to_owned(),
            place: Wanted::Thing(name.to_owned()),
            make: Box::new(move |raw: &mut Raw| raw.reshape(sql)),
        }]
    };
    changes.into_iter().map(change).collect()
}

fn events(database: &Path) -> u64 {
    let db = Connection::open(database).unwrap();
    let size: i64 = db
        .query_row("SELECT count(*) FROM event", [], |row| row.get(0))
        .unwrap();
    u64::try_from(size).unwrap()
}

#[test]
fn a_value_that_says_the_same_is_no_alarm() {
    let kit = busy_desk(300);
    let base = Copy::of(kit.home());
    for sql in [
        "UPDATE conversation SET status = status",
        "DELETE FROM draft",
        "INSERT INTO draft VALUES (9, 'C-1', 'note', 'x', 1)",
        "UPDATE file SET rowid = rowid + 100000",
        "VACUUM",
        "REINDEX",
        "INSERT INTO search_word (search_word) VALUES ('optimize')",
        "INSERT INTO search_part (search_part) VALUES ('rebuild')",
    ] {
        let copy = base.again();
        let mut raw = Raw::open(&copy.database());
        assert!(raw.run(sql), "{sql}");
        raw.close();
        let report = verified(&copy.home());
        assert!(report.is_clean(), "{sql}: {:?}", report.findings);
    }
}
