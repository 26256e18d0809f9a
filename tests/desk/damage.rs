//! A file that was damaged at random: verification ends, never panics, and finds whatever changed
//! what the tables hold. `TRAILBOX_LONG=1` tries a hundred times as many places.

use crate::kit::{Kit, verified};
use crate::tamper::Copy;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use trailbox::domain::member::Role;

/// Longest a verification of a damaged small desk may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything the tables hold; none if SQLite cannot read it.
fn content(database: &Path) -> Option<Vec<(String, Vec<Vec<Value>>)>> {
    let db = Connection::open(database).ok()?;
    let sql = "SELECT name, sql FROM sqlite_master
                WHERE name NOT IN ('draft', 'kept_export', 'place') ORDER BY name, type";
    let made = all(&db, sql)?;
    let mut content = vec![("the shape".to_owned(), made.clone())];
    for row in made {
        let [Value::Text(name), Value::Text(sql)] = row.as_slice() else {
            continue;
        };
        if sql.starts_with("CREATE TABLE") {
            let mut rows = all(&db, &format!("SELECT * FROM \"{name}\" NOT INDEXED"))?;
            if name.starts_with("search_") && name.ends_with("_data") {
                // It holds a number that follows from nothing; `segments` changes all else in it.
                rows.retain(|row| row.first() != Some(&Value::Integer(10)));
            }
            content.push((name.clone(), rows));
        }
    }
    Some(content)
}

fn all(db: &Connection, sql: &str) -> Option<Vec<Vec<Value>>> {
    let mut statement = db.prepare(sql).ok()?;
    let columns = statement.column_count();
    let mut rows = statement.query([]).ok()?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().ok()? {
        let values = (0..columns).map(|column| row.get(column).ok());
        found.push(values.collect::<Option<Vec<_>>>()?);
    }
    Some(found)
}

#[test]
fn a_flipped_byte_never_passes_if_it_changes_anything() {
    let kit = Kit::new();
    let lead = kit.member("Mar", Role::Lead);
    let channel = kit.channel("shop");
    let conversation = kit.writes(channel, "34600111222", "where is my lamp?");
    let reply = kit.reply(conversation, "on its way");
    kit.done(&lead, move |now| {
        trailbox::desk::articles::reply(now, reply)
    });
    kit.ledger.publish_checkpoint().unwrap();
    let base = Copy::of(kit.home());
    let bytes = std::fs::read(base.database()).unwrap();
    let before = content(&base.database()).expect("the desk can be read");

    let tries = match std::env::var_os("TRAILBOX_LONG") {
        Some(_) => 20_000,
        None => 200,
    };
    let mut dice = fastrand::Rng::with_seed(11);
    let told: Vec<usize> = (0..bytes.len())
        .filter(|place| bytes[*place] != 0)
        .collect();
    let flips: Vec<(usize, u8)> = (0..tries)
        .map(|round| {
            let place = match round % 8 {
                0 => dice.usize(0..100), // the file's own head
                1 => dice.usize(0..bytes.len()),
                _ => told[dice.usize(0..told.len())],
            };
            (place, 1 << dice.u8(0..8))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let (changed, found) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let missed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let copy = base.again();
                while let Some((place, bits)) = flips.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut damaged = bytes.clone();
                    damaged[*place] ^= bits;
                    for leftover in ["trailbox.db-wal", "trailbox.db-shm", "trailbox.db-journal"] {
                        std::fs::remove_file(copy.home().folder().join(leftover)).ok();
                    }
                    std::fs::write(copy.database(), &damaged).unwrap();
                    let begun = Instant::now();
                    let report = verified(&copy.home());
                    let took = begun.elapsed();
                    assert!(took < PATIENCE, "byte {place} ^ {bits}: {took:?}");
                    let same = content(&copy.database()).as_ref() == Some(&before);
                    found.fetch_add(usize::from(!report.is_clean()), Ordering::Relaxed);
                    changed.fetch_add(usize::from(!same), Ordering::Relaxed);
                    if !same && report.is_clean() {
                        missed
                            .lock()
                            .unwrap()
                            .push(format!("byte {place} ^ {bits}"));
                    }
                }
            });
        }
    });
    println!(
        "{tries} flips in a file of {} bytes: {} changed what the tables hold, {} were found",
        bytes.len(),
        changed.load(Ordering::Relaxed),
        found.load(Ordering::Relaxed)
    );
    let missed = missed.lock().unwrap();
    assert!(missed.is_empty(), "not found: {}", missed.join(", "));
}

#[test]
fn what_is_no_database_at_all_is_a_finding() {
    let kit = Kit::new();
    let base = Copy::of(kit.home());
    let whole = std::fs::read(base.database()).unwrap();
    for bytes in [
        Vec::new(),
        b"not a database, but long enough to look like one".repeat(200),
        whole[..whole.len() / 2].to_vec(),
        whole[..100].to_vec(),
        vec![0; 8192],
    ] {
        let copy = base.again();
        std::fs::write(copy.database(), &bytes).unwrap();
        let report = verified(&copy.home());
        assert!(!report.is_clean(), "{} bytes", bytes.len());
        assert_eq!(report.exit_code(), 3);
        let mut text = Vec::new();
        report.print(&mut text).unwrap();
        serde_json::to_string(&report).unwrap();
    }
}
