//! Verification: whether the trail is the one that was signed, and whether everything the pages
//! show follows from it. Reads only, beside a serving process; damage becomes findings.
//!
//! **Source:** AUDIT §5, in its seven steps.

mod anchor;
mod compare;
mod file;
mod hand;
mod invariants;
mod keys;
mod report;
pub(crate) mod scan;
mod seals;
mod search;
mod signed;
mod since;
mod trail;

pub use anchor::{Anchor, Says};
pub use hand::Hand;
pub use report::{Code, Depth, FINDINGS_MAX, Finding, Place, Report, Severity};
pub use since::Since;

use super::home::Home;
use super::note::Verifier;
use super::rebuild::{self, Watch};
use super::store::{self, Use};
use super::{Apply, apart, shape};
use crate::domain::event::Event;
use crate::domain::id::Seq;
use crate::error::{Doing, Error, Fault, Refusal, Result};
use data_encoding::BASE64;
use invariants::Invariants;
use report::Findings;
use rusqlite::Connection;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use signed::Signed;
use std::time::Instant;
use trail::Trail;

/// The largest value that is read from a database. **Unit:** bytes.
const VALUE_BYTES_MAX: i32 = 256 * 1024 * 1024;

/// How a trail is verified.
pub struct Options<'a> {
    /// How thoroughly.
    pub depth: Depth,
    /// The key everything signed must be signed with; without it the one the first event tells.
    pub vkey: Option<Verifier>,
    /// From where on, at the depth of the chain; the whole trail without.
    pub since: Option<Since>,
    /// What was kept elsewhere.
    pub anchors: Vec<Anchor>,
    /// Told how far it is.
    pub progress: &'a dyn Fn(Progress),
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub step: Step,
    /// How many are done: events, files, rows.
    pub done: u64,
    /// How many events there are.
    pub events: u64,
}

/// The steps of a verification, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The file as SQLite checks it.
    File,
    /// The events one after the other.
    Trail,
    /// Files against their digests.
    Files,
    /// Making the derived tables again.
    Rebuild,
    /// Comparing them row by row.
    Compare,
    /// Comparing the search indexes.
    Search,
}

impl Step {
    /// What it is doing, for a progress bar.
    pub fn words(self) -> &'static str {
        match self {
            Step::File => "checking the file",
            Step::Trail => "following the chain",
            Step::Files => "checking kept files",
            Step::Rebuild => "making the tables again",
            Step::Compare => "comparing rows",
            Step::Search => "comparing the search index",
        }
    }
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            depth: Depth::Whole,
            vkey: None,
            since: None,
            anchors: Vec::new(),
            progress: &|_| {},
        }
    }
}

/// Who is told how far it is.
struct Told<'a> {
    progress: &'a dyn Fn(Progress),
    events: u64,
}

impl Told<'_> {
    fn of(&self, step: Step, done: u64) {
        (self.progress)(Progress {
            step,
            done,
            events: self.events,
        });
    }

    fn nobody() -> Told<'static> {
        Told {
            progress: &|_| {},
            events: 0,
        }
    }
}

/// Verifies the desk in a folder.
///
/// **Refuses:** a folder without a desk. Whatever is wrong with a desk is a finding, not an error.
pub fn verify(home: &Home, apply: Apply, options: &Options<'_>) -> Result<Report> {
    if !home.is_inhabited() {
        let folder = home.folder().display();
        return Err(Refusal::not_found(format!("there is no desk in {folder}")).into());
    }
    let begun = Instant::now();
    let mut report = Report {
        events: 0,
        read_from: 0,
        root: String::new(),
        head: None,
        vkey: None,
        depth: options.depth,
        newest_good: None,
        checkpoints: 0,
        anchors: options.anchors.len() as u64,
        disclosures: 0,
        files: 0,
        rows: 0,
        took_ms: 0,
        remarks: Vec::new(),
        findings: Vec::new(),
        findings_beyond: 0,
    };
    let mut findings = Findings::default();
    match open(home) {
        Ok(db) => go(&db, home, apply, options, &mut report, &mut findings)?,
        Err(error) => {
            let meaning = format!("the database cannot be read: {error}");
            findings.add(Code::FileDamaged, Place::thing("the file"), meaning);
        }
    }
    (report.findings, report.findings_beyond) = findings.finish(report.newest_good);
    report.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

/// A connection that shows one consistent picture and trusts nothing in it.
fn open(home: &Home) -> Result<Connection> {
    let db = store::open(&home.database(), Use::Read)?;
    db.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)
        .map_err(Fault::from)?;
    // The file is open for reading alone; words of the search index are listed by temporary tables.
    db.execute_batch("PRAGMA query_only = OFF; PRAGMA cell_size_check = ON; BEGIN")
        .map_err(Fault::from)?;
    db.query_row("SELECT count(*) FROM main.sqlite_master", [], |_| Ok(()))
        .map_err(Fault::from)?;
    Ok(db)
}

fn go(
    db: &Connection,
    home: &Home,
    apply: Apply,
    options: &Options<'_>,
    report: &mut Report,
    findings: &mut Findings,
) -> Result<()> {
    let whole = options.depth == Depth::Whole;
    let told = Told {
        progress: options.progress,
        events: super::append::size(db).unwrap_or(0),
    };
    if whole {
        file::integrity(db, findings, &told);
    }
    let first = first_key(db);
    if first.is_none() {
        let meaning = "the first event does not tell the desk's key";
        findings.add(Code::KeyChanged, Place::event(0), meaning);
    }
    let mut signed = Signed::read(db, &options.anchors, findings);
    let since = options.since.as_ref().filter(|_| !whole);
    let since = since.filter(|since| signed.reaches_only(since.size));
    let start = since.and_then(|since| {
        let beyond = signed.only_beyond(since.size);
        let start = since::start(db, since, &beyond.ask(false), findings)?;
        report.read_from = since.size;
        report.remarks.push(since::remark(since.size));
        signed = beyond;
        Some(start)
    });
    let trail = trail::walk(db, &signed.ask(whole), start, findings, &told);
    let known = keys::of(first.or_else(|| options.vkey.clone()), &trail, findings);
    keys::check(known.as_ref(), home, options, findings, &mut report.remarks);
    signed.open(known.as_ref(), options.vkey.as_ref(), findings);
    report.newest_good = signed.judge(&trail, findings);
    report.events = trail.events;
    report.root = BASE64.encode(&trail.computed.root());
    report.head = signed.head_note.clone();
    report.vkey = known.map(|keys| keys.newest().text());
    report.checkpoints = signed.published;
    report.disclosures = trail.disclosures;
    let tables = file::compare_shape(db, &trail, findings, &mut report.remarks)?;
    if whole {
        seals::erasures(&trail, findings);
        report.files = seals::files(db, &trail, findings, &told);
        report.rows = follow(db, apply, &trail, &tables, findings, &told)?;
    }
    Ok(())
}

fn first_key(db: &Connection) -> Option<Verifier> {
    let entry: String = db
        .query_row("SELECT entry FROM main.event WHERE seq = 0", [], |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                _ => String::new(),
            })
        })
        .ok()?;
    let entry: serde_json::Value = serde_json::from_str(&entry).ok()?;
    Verifier::parse(entry["data"]["vkey"].as_str()?).ok()
}

/// Makes the derived tables again beside the live ones and compares; answers how many rows.
fn follow(
    db: &Connection,
    apply: Apply,
    trail: &Trail,
    tables: &[String],
    findings: &mut Findings,
    told: &Told<'_>,
) -> Result<u64> {
    let folder = apart::folder(&std::env::temp_dir(), "trailbox-verify-")
        .doing("making a folder for the rebuild")?;
    let rebuilt = workbench(&folder.path().join("rebuilt.db"))?;
    search::keep_gone(&rebuilt)?;
    let mut watch = Lenient {
        findings,
        told,
        invariants: Invariants::default(),
        explained: trail.first_bad.is_some(),
    };
    if let Err(error) = rebuild::replay(db, &rebuilt, apply, &mut watch) {
        let meaning = format!("the events cannot be applied any further: {error}");
        findings.add(Code::FileDamaged, Place::table("event"), meaning);
    }
    let fresh = shape::fresh()?;
    let mut rows = 0;
    for table in compare::derived(&fresh)? {
        if tables.contains(&table.name) {
            rows += compare::table(db, &rebuilt, &table, findings, told, rows);
        }
    }
    for index in search::indexes(&fresh)? {
        if tables.contains(&index) {
            search::index(db, &rebuilt, &index, findings, told);
        }
    }
    Ok(rows)
}

/// An empty database with this program's shape, made for speed and thrown away.
fn workbench(path: &std::path::Path) -> Result<Connection> {
    let db = Connection::open(path).map_err(Fault::from)?;
    store::settle(&db)?;
    db.execute_batch(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = ON; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -65536; BEGIN",
    )
    .map_err(Fault::from)?;
    shape::create(&db)?;
    // The ledger's own indexes are for those who look; nothing that is applied here does. Whether
    // the live ones fit their tables is part of SQLite's own check.
    for one in shape::made(&db)? {
        let own = ["trail_by_", "event_object_by_"];
        if one.kind == "index" && own.iter().any(|prefix| one.name.starts_with(prefix)) {
            db.execute_batch(&format!("DROP INDEX {}", one.name))
                .map_err(Fault::from)?;
        }
    }
    Ok(db)
}

/// Goes on over events that cannot be applied, and says so.
struct Lenient<'a, 'b> {
    findings: &'a mut Findings,
    told: &'a Told<'b>,
    invariants: Invariants,
    explained: bool,
}

impl Watch for Lenient<'_, '_> {
    fn applied(&mut self, entry: &super::entry::Entry, event: &Event) {
        self.invariants
            .take(entry.seq, &entry.actor, event, self.findings);
    }

    fn failed(&mut self, seq: Seq, error: Error) -> Result<()> {
        let also = if self.explained {
            "; other events of this trail are not as they were recorded"
        } else {
            ""
        };
        let meaning = format!("it cannot be read or applied by this program: {error}{also}");
        self.findings
            .add(Code::NotApplicable, Place::event(seq.0), meaning);
        Ok(())
    }

    fn progress(&mut self, done: u64) {
        self.told.of(Step::Rebuild, done);
    }
}
