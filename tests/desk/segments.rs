//! The tables that SQLite keeps for a search index, where an index has many pages, is being merged
//! and holds what was taken out again: each byte of them follows from the texts, but for a counter.
//!
//! `TRAILBOX_LONG=1` changes many more of them.

use crate::kit::{Kit, verified};
use crate::tamper::Copy;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use trailbox::desk::tickets;
use trailbox::domain::member::Role;

/// Texts long enough for an index of hundreds of pages; words all have, and words nobody else has.
fn long_texts(kit: &Kit, count: u64, looks: &mut dyn FnMut(&Kit, u64)) {
    let lead = kit.member("Mar", Role::Lead);
    let channel = kit.channel("shop");
    let mut dice = fastrand::Rng::with_seed(5);
    let mut ticket = None;
    for number in 0..count {
        let mut text = "la ".repeat(900);
        for _ in 0..500 {
            let word: String = (0..dice.usize(2..9)).map(|_| dice.lowercase()).collect();
            text.push_str(&word);
            text.push(' ');
        }
        kit.writes(channel, &format!("346001112{:02}", number % 7), &text);
        let title = format!("Lamp no. {number} of {}", dice.u32(..));
        match ticket {
            None => {
                let wanted = tickets::Wanted {
                    title,
                    ..tickets::Wanted::default()
                };
                ticket = Some(kit.ticket(&lead, wanted));
            }
            Some(ticket) => {
                kit.done(&lead, move |now| tickets::rename(now, ticket, &title));
            }
        }
        looks(kit, number);
    }
}

/// A value of the tables of an index: how it is changed, the keys of its row, and what it is.
type Change = (&'static str, Vec<Value>, Value);

/// All of them.
fn rows(db: &Connection) -> Vec<Change> {
    let mut rows = Vec::new();
    for (update, select) in [
        (
            "UPDATE search_word_data SET block = ?1 WHERE id = ?2",
            "SELECT block, id FROM search_word_data",
        ),
        (
            "UPDATE search_part_data SET block = ?1 WHERE id = ?2",
            "SELECT block, id FROM search_part_data",
        ),
        (
            "UPDATE search_word_idx SET pgno = ?1 WHERE segid = ?2 AND term = ?3",
            "SELECT pgno, segid, term FROM search_word_idx",
        ),
        (
            "UPDATE search_part_idx SET pgno = ?1 WHERE segid = ?2 AND term = ?3",
            "SELECT pgno, segid, term FROM search_part_idx",
        ),
        (
            "UPDATE search_word_idx SET term = ?1 WHERE segid = ?2 AND term = ?3",
            "SELECT term, segid, term FROM search_word_idx",
        ),
        (
            "UPDATE search_part_idx SET segid = ?1 WHERE segid = ?2 AND term = ?3",
            "SELECT segid, segid, term FROM search_part_idx",
        ),
        (
            "UPDATE search_word_docsize SET sz = ?1 WHERE id = ?2",
            "SELECT sz, id FROM search_word_docsize",
        ),
    ] {
        let mut statement = db.prepare(select).unwrap();
        let width = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let keys = (1..width).map(|at| row.get(at).unwrap()).collect();
            rows.push((update, keys, row.get(0).unwrap()));
        }
    }
    rows
}

/// The value with one bit of it changed; none where that bit follows from nothing.
fn flipped(dice: &mut fastrand::Rng, (update, keys, value): &Change) -> Option<Value> {
    match value {
        Value::Integer(number) => Some(Value::Integer(number ^ (1 << dice.u8(0..8)))),
        Value::Blob(bytes) => {
            let at = dice.usize(0..bytes.len().max(1));
            let mut bytes = bytes.clone();
            if update.contains("_data") && keys == &[Value::Integer(10)] {
                // How many pages were ever written stands behind two small numbers.
                let length = bytes[6..].iter().take_while(|byte| **byte >= 0x80).count();
                if (6..=6 + length).contains(&at) {
                    return None;
                }
            }
            match bytes.get_mut(at) {
                Some(byte) => *byte ^= 1 << dice.u8(0..8),
                None => bytes.push(1),
            }
            Some(Value::Blob(bytes))
        }
        _ => None,
    }
}

#[test]
fn every_byte_of_a_search_index_of_many_pages_counts() {
    let long = std::env::var_os("TRAILBOX_LONG").is_some();
    let kit = Kit::new();
    // Clean at every stage of the merges that go on meanwhile.
    long_texts(&kit, if long { 120 } else { 40 }, &mut |kit, number| {
        if number % 10 == 9 {
            kit.inspect();
        }
    });
    let base = Copy::of(kit.home());
    let db = Connection::open(base.database()).unwrap();
    let rows = rows(&db);
    let count = |sql: &str| -> i64 { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    for index in ["search_word", "search_part"] {
        let pages = count(&format!("SELECT count(*) FROM {index}_data"));
        let most = count(&format!(
            "SELECT max(pages) FROM (SELECT count(*) AS pages FROM {index}_idx GROUP BY segid)"
        ));
        let lists = count(&format!(
            "SELECT count(*) FROM {index}_data WHERE (id >> 36) & 1 = 1"
        ));
        println!("{index}: {pages} rows, {most} pages of one segment, {lists} lists of pages");
        assert!(pages > 50 && most > 10, "{index} is too small");
        let whole = index == "search_part"; // it would take thousands of texts
        assert!(whole || lists > 0, "no word of {index} fills pages");
    }
    let mut dice = fastrand::Rng::with_seed(12);
    let mut changes = Vec::new();
    while changes.len() < if long { 1_000 } else { 24 } {
        let row = &rows[dice.usize(0..rows.len())];
        if let Some(changed) = flipped(&mut dice, row) {
            changes.push((row.0, row.1.clone(), row.2.clone(), changed));
        }
    }
    let next = AtomicUsize::new(0);
    let missed = Mutex::new(Vec::new());
    let (made, placed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let copy = base.again();
                while let Some((update, keys, was, changed)) =
                    changes.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let set = |value: &Value, keys: &[Value]| {
                        let db = Connection::open(copy.database()).unwrap();
                        db.execute_batch("PRAGMA synchronous = OFF").unwrap();
                        let values = std::iter::once(value).chain(keys);
                        db.execute(update, rusqlite::params_from_iter(values))
                    };
                    if set(changed, keys).is_err() {
                        continue; // there is such a row already
                    }
                    made.fetch_add(1, Ordering::Relaxed);
                    let report = verified(&copy.home());
                    let table = update.split(' ').nth(1).unwrap();
                    let index = &table[..11];
                    let named = report.findings.iter().any(|finding| {
                        let at = finding.place.table.as_deref();
                        at.is_some_and(|at| at.starts_with(index))
                    });
                    if report.is_clean() {
                        let change = format!("{update} {keys:?}: {was:?} to {changed:?}");
                        missed.lock().unwrap().push(change);
                    }
                    placed.fetch_add(usize::from(named), Ordering::Relaxed);
                    // Put back, by the key it has now.
                    let mut keys = keys.clone();
                    if update.contains("SET term") {
                        keys[1] = changed.clone();
                    } else if update.contains("SET segid") {
                        keys[0] = changed.clone();
                    }
                    assert_eq!(set(was, &keys).unwrap(), 1);
                }
                assert!(verified(&copy.home()).is_clean(), "put back");
            });
        }
    });
    let (made, placed) = (made.into_inner(), placed.into_inner());
    let missed = missed.into_inner().unwrap();
    println!(
        "{made} bits changed, {} found, {placed} in their index",
        made - missed.len()
    );
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
    assert!(placed * 100 >= made * 99, "{placed} of {made} named");
}
