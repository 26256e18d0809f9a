//! Verifying from a checkpoint on: what stands before it is taken from the stored tree, whose root
//! must be the checkpoint's, and only the events after it are read. What that leaves out is said.

use super::report::{Code, Findings, Place};
use super::trail::Ask;
use crate::error::{Fault, Result};
use crate::ledger::append;
use crate::ledger::care;
use crate::ledger::tree::{self, Edge, Hash};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// From where a trail is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// What it is called in findings.
    pub name: String,
    /// How many events came before.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// The state of the walk at that place, as it is stored.
pub(super) struct Start {
    /// The tree over the events before.
    pub edge: Edge,
    /// The digest of the last of them.
    pub leaf: Hash,
    /// Its instant, as it is written.
    pub at: String,
    /// The digest of the shape the database should have.
    pub shape: Option<String>,
    /// Roots at smaller sizes that are asked for, twice as the walk keeps them.
    pub roots: BTreeMap<u64, (Hash, Hash)>,
    /// Exchanges of the signing key before: event, key before, key after.
    pub rotations: Vec<(u64, String, String)>,
}

/// Where to begin; none if the stored tree is not the one of the checkpoint, which is a finding:
/// then everything is read.
pub(super) fn start(
    db: &Connection,
    since: &Since,
    ask: &Ask,
    findings: &mut Findings,
) -> Option<Start> {
    if since.size == 0 {
        return None;
    }
    let events = append::size(db).unwrap_or(0);
    let begun = match since.size > events {
        true => Ok(None),
        false => read(db, since, ask),
    };
    match begun {
        Ok(Some(start)) if start.edge.root() == since.root => Some(start),
        Ok(None) => {
            let meaning = format!(
                "{} is over {} events, and only {events} are there: an old copy was put back, or \
                 the end was cut off",
                since.name, since.size
            );
            findings.add(Code::Truncated, Place::thing(&since.name), meaning);
            None
        }
        Ok(Some(_)) => {
            let meaning = format!(
                "the tree stored over the first {} events is not the one that {} was made over",
                since.size, since.name
            );
            findings.add(Code::Rewritten, Place::thing(&since.name), meaning);
            None
        }
        Err(error) => {
            let meaning = format!("the tree cannot be read: {error}");
            findings.add(Code::FileDamaged, Place::table("tile"), meaning);
            None
        }
    }
}

fn read(db: &Connection, since: &Since, ask: &Ask) -> Result<Option<Start>> {
    let mut peaks = Vec::new();
    let mut from = 0;
    for height in (0..64).rev().filter(|height| since.size >> height & 1 == 1) {
        peaks.push(append::subtree(db, height, from >> height)?);
        from += 1 << height;
    }
    let Some(edge) = Edge::of(since.size, peaks) else {
        return Ok(None);
    };
    let last = since.size - 1;
    let sql = "SELECT entry FROM main.event WHERE seq = :seq";
    let entry: Option<String> = append::one(db, sql, &[(":seq", &last)])?;
    let Some(entry) = entry else { return Ok(None) };
    let mut roots = BTreeMap::new();
    let before = |size: &&u64| **size > 0 && **size < since.size;
    for size in ask.sizes.iter().filter(before) {
        let mut subtree = |height, place| append::subtree(db, height, place);
        let root = tree::root_of(0, *size, &mut subtree)?;
        roots.insert(*size, (root, root));
    }
    let scanned = super::scan::scan(&entry);
    Ok(Some(Start {
        edge,
        leaf: tree::leaf(entry.as_bytes()),
        at: scanned.map(|entry| entry.at.to_owned()).unwrap_or_default(),
        shape: care::newest_shape(db).ok(),
        roots,
        rotations: rotations(db, since.size)?,
    }))
}

/// The index of the trail is believed here: a key it hides is missed by the signatures after it.
fn rotations(db: &Connection, size: u64) -> Result<Vec<(u64, String, String)>> {
    let sql = "SELECT seq, entry FROM main.event WHERE seq IN
                   (SELECT seq FROM main.trail WHERE event = 'desk.key_rotated' AND seq < ?1)
                ORDER BY seq";
    let size = i64::try_from(size).map_err(Fault::from)?;
    let mut statement = db.prepare(sql).map_err(Fault::from)?;
    let mut rows = statement.query([size]).map_err(Fault::from)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(Fault::from)? {
        let seq: i64 = row.get(0).map_err(Fault::from)?;
        let entry: String = row.get(1).map_err(Fault::from)?;
        let entry: serde_json::Value = serde_json::from_str(&entry)?;
        // JSON answers null to a name it does not have.
        let text = |name| entry["data"][name].as_str().unwrap_or_default().to_owned();
        found.push((
            u64::try_from(seq).unwrap_or_default(),
            text("from"),
            text("to"),
        ));
    }
    Ok(found)
}

/// What was not looked at.
pub(super) fn remark(size: u64) -> String {
    format!(
        "only the events from {size} on were read. The {size} before stand by the stored tree, \
         whose root is the one given: an entry among them that was edited without its digest, an \
         edited table of the pages, a sealed text or a file shows only when everything is verified"
    )
}
