//! Everything signed: the head, the published checkpoints, and what was kept elsewhere, held
//! against the trail as it is.

use super::anchor::{Anchor, Says};
use super::report::{Code, Findings, Place, entry_changed, leaf_changed};
use super::trail::{Ask, Trail};
use crate::domain::id::Seq;
use crate::error::Fault;
use crate::ledger::keys::Keys;
use crate::ledger::note::{Checkpoint, Verifier};
use crate::ledger::tlog::Inclusion;
use crate::ledger::tree::{Hash, verify_inclusion};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::collections::BTreeSet;

/// Said of a note the desk keeps: nobody but its keys writes there.
const STRANGE_LINE: &str = "under it stands a line that no key of this trail wrote, or not the \
                            lines it was signed with";

/// Signed statements: first as they lie there, after the walk those whose signatures are right.
#[derive(Debug, Clone, Default)]
pub(super) struct Signed {
    /// The newest, rewritten with every commit, as stored.
    pub head_note: Option<String>,
    head: Option<Checkpoint>,
    stored: Vec<(Option<u64>, Option<String>)>,
    checkpoints: Vec<Checkpoint>,
    kept: Vec<Anchor>,
    anchors: Vec<(String, Checkpoint)>,
    roots: Vec<(String, Hash)>,
    proofs: Vec<(String, Inclusion, Checkpoint)>,
    /// How many checkpoints are stored.
    pub published: u64,
    sizes: BTreeSet<u64>,
}

impl Signed {
    /// Reads all there are. Signatures are looked at after the walk, which tells the keys.
    pub fn read(db: &Connection, anchors: &[Anchor], findings: &mut Findings) -> Self {
        let mut signed = Signed {
            kept: anchors.to_vec(),
            ..Signed::default()
        };
        signed.read_head(db, findings);
        signed.read_checkpoints(db, findings);
        for anchor in anchors {
            if let Says::Root(root) = &anchor.says {
                signed.roots.push((anchor.name.clone(), *root));
            }
        }
        signed
    }

    /// Whether what was kept elsewhere can be held against a trail of which only the events from
    /// here on are read: a root without its size may be that of any beginning.
    pub fn reaches_only(&self, size: u64) -> bool {
        self.kept.iter().all(|anchor| match &anchor.says {
            Says::Note(_) => true,
            Says::Proof(proof) => proof.index >= size,
            Says::Root(_) => false,
        })
    }

    /// The same without the published checkpoints that do not reach beyond so many events.
    pub fn only_beyond(&self, size: u64) -> Self {
        let mut beyond = self.clone();
        beyond
            .stored
            .retain(|(stored, _)| stored.is_none_or(|stored| stored > size));
        beyond.sizes.retain(|stored| *stored > size);
        beyond.published = beyond.stored.len() as u64;
        beyond
    }

    /// Looks at the signatures, and says which are not as they should be. What was kept elsewhere
    /// may also be signed with a key that was given.
    pub fn open(&mut self, keys: Option<&Keys>, given: Option<&Verifier>, findings: &mut Findings) {
        if let Some(keys) = keys {
            self.open_head(keys, findings);
            self.open_checkpoints(keys, findings);
        }
        for anchor in std::mem::take(&mut self.kept) {
            self.open_anchor(&anchor, keys, given, findings);
        }
    }

    /// What the walk along the trail has to note.
    pub fn ask(&self, seals: bool) -> Ask {
        let stored = self.stored.iter().filter_map(|(_, note)| note.as_deref());
        let kept = self.kept.iter().filter_map(Anchor::note);
        let stated = stored.chain(kept).chain(self.head_note.as_deref());
        let mut sizes: Vec<u64> = stated
            .filter_map(|note| Some(Checkpoint::parse(note).ok()?.size))
            .collect();
        sizes.sort_unstable();
        sizes.dedup();
        Ask {
            sizes,
            roots: self.roots.iter().map(|(_, root)| *root).collect(),
            places: self
                .kept
                .iter()
                .filter_map(|anchor| match &anchor.says {
                    Says::Proof(proof) => Some(proof.index),
                    Says::Note(_) | Says::Root(_) => None,
                })
                .collect(),
            seals,
        }
    }

    fn read_head(&mut self, db: &Connection, findings: &mut Findings) {
        let place = || Place::table("head").column("note");
        let mut notes = Vec::new();
        let read = each(
            db,
            "SELECT id, note FROM main.head ORDER BY id",
            &mut |id, note| {
                notes.push((id, note.map(str::to_owned)));
            },
        );
        if let Err(error) = read {
            let meaning = format!("the signed head cannot be read: {error}");
            findings.add(Code::FileDamaged, place(), meaning);
            return;
        }
        let [(Some(0), Some(note))] = notes.as_slice() else {
            let meaning = format!(
                "there should be one signed statement about the newest event; there are {}, or it \
                 is no text",
                notes.len()
            );
            findings.add(Code::HeadMissing, place(), meaning);
            return;
        };
        self.head_note = Some(note.clone());
    }

    fn open_head(&mut self, keys: &Keys, findings: &mut Findings) {
        let Some(note) = &self.head_note else { return };
        let place = Place::table("head").column("note");
        match keys.open(note) {
            Ok(head) => {
                if !keys.wrote_all(note) {
                    findings.add(Code::SignatureWrong, place, STRANGE_LINE);
                }
                self.head = Some(head);
            }
            Err(error) => {
                let meaning = format!(
                    "the statement about the newest event was not signed with the desk's key \
                     ({error})"
                );
                findings.add(Code::SignatureWrong, place, meaning);
            }
        }
    }

    fn read_checkpoints(&mut self, db: &Connection, findings: &mut Findings) {
        let sql = "SELECT size, note FROM main.checkpoint ORDER BY size";
        let (stored, sizes) = (&mut self.stored, &mut self.sizes);
        let read = each(db, sql, &mut |size, note| {
            sizes.extend(size);
            stored.push((size, note.map(str::to_owned)));
        });
        self.published = stored.len() as u64;
        if let Err(error) = read {
            let meaning = format!("the published checkpoints cannot be read: {error}");
            findings.add(Code::FileDamaged, Place::table("checkpoint"), meaning);
        }
    }

    fn open_checkpoints(&mut self, keys: &Keys, findings: &mut Findings) {
        for (size, note) in std::mem::take(&mut self.stored) {
            let key = size.map_or("?".to_owned(), |size| size.to_string());
            let place = Place::row("checkpoint", key);
            let strange = note.as_ref().is_some_and(|note| !keys.wrote_all(note));
            let opened = match note {
                Some(note) => keys.open(&note).map_err(|error| error.to_string()),
                None => Err("it is no text".to_owned()),
            };
            match opened {
                Ok(checkpoint) if Some(checkpoint.size) == size => {
                    if strange {
                        findings.add(Code::SignatureWrong, place.column("note"), STRANGE_LINE);
                    }
                    self.checkpoints.push(checkpoint);
                }
                Ok(checkpoint) => {
                    let meaning = format!(
                        "the checkpoint stored here is about {} events: it was exchanged",
                        checkpoint.size
                    );
                    findings.add(Code::SignatureWrong, place.column("size"), meaning);
                }
                Err(error) => {
                    let meaning = format!(
                        "the published checkpoint was not signed with the desk's key ({error})"
                    );
                    findings.add(Code::SignatureWrong, place.column("note"), meaning);
                }
            }
        }
    }

    fn open_anchor(
        &mut self,
        anchor: &Anchor,
        keys: Option<&Keys>,
        given: Option<&Verifier>,
        findings: &mut Findings,
    ) {
        let Some(note) = anchor.note() else { return };
        let place = Place::thing(&anchor.name);
        let Some(keys) = keys else {
            let meaning = "without the desk's key the checkpoint cannot be checked";
            findings.add(Code::AnchorUnreadable, place, meaning);
            return;
        };
        // One of a time after an exchange that is no longer in the trail.
        let by_given = |error| match given {
            Some(given) => given.open(note),
            None => Err(error),
        };
        match keys.open(note).or_else(by_given) {
            Ok(checkpoint) => {
                if let Says::Proof(proof) = &anchor.says {
                    let proof = (anchor.name.clone(), proof.clone(), checkpoint.clone());
                    self.proofs.push(proof);
                }
                self.anchors.push((anchor.name.clone(), checkpoint));
            }
            Err(error) => {
                let meaning = format!(
                    "the checkpoint kept in {} was not signed with this desk's key: it is about \
                     another desk, or the desk was replaced as a whole ({error})",
                    anchor.name
                );
                findings.add(Code::AnchorUnreadable, place, meaning);
            }
        }
    }

    /// Holds every statement against the trail; answers the newest event that one vouches for.
    pub fn judge(&self, trail: &Trail, findings: &mut Findings) -> Option<Seq> {
        let mut good = 0;
        if let Some(head) = &self.head {
            self.judge_head(head, trail, findings, &mut good);
        } else if let Some(seq) = trail.doubtful {
            entry_changed(findings, seq);
        }
        self.judge_published(trail, findings);
        let mut others = Vec::new();
        for checkpoint in &self.checkpoints {
            match vouched(checkpoint, trail) {
                Vouched::Until(size) => good = good.max(size),
                Vouched::Gone | Vouched::Rewritten => others.push(checkpoint),
                Vouched::Unknown => {}
            }
        }
        if let Some(first) = others.first() {
            let place = Place::row("checkpoint", first.size.to_string());
            let further = match others.len() - 1 {
                0 => String::new(),
                more => format!("; {more} later checkpoints do not fit either"),
            };
            let meaning = match vouched(first, trail) {
                Vouched::Gone => format!(
                    "it was published over {} events, but only {} are there: the end of the trail \
                     was cut off{further}",
                    first.size, trail.end
                ),
                _ => format!(
                    "the first {} events are not those it was published over: something among \
                     them was rewritten{further}",
                    first.size
                ),
            };
            let code = match vouched(first, trail) {
                Vouched::Gone => Code::Truncated,
                _ => Code::Rewritten,
            };
            findings.add(code, place, meaning);
        }
        for (name, checkpoint) in &self.anchors {
            self.judge_anchor(name, checkpoint, trail, findings, &mut good);
        }
        for (name, proof, signed) in &self.proofs {
            let leaf = trail.leaves.get(&proof.index);
            let holds = leaf.is_some_and(|leaf| {
                let (index, size) = (proof.index, signed.size);
                verify_inclusion(index, size, leaf, &proof.proof, &signed.root)
            });
            if !holds {
                let meaning = format!(
                    "event {} as it stands is not the one that {name} proves: it is gone, or it \
                     was changed",
                    proof.index
                );
                findings.add(
                    Code::Rewritten,
                    Place::thing(name).of_event(proof.index),
                    meaning,
                );
            }
        }
        for (name, root) in &self.roots {
            match trail.sizes.get(root) {
                Some(size) => good = good.max(*size),
                None => {
                    let meaning = format!(
                        "the root kept in {name} is the root of no beginning of this trail: events \
                         it was made over were cut off or rewritten"
                    );
                    findings.add(Code::Rewritten, Place::thing(name), meaning);
                }
            }
        }
        good.checked_sub(1).map(Seq)
    }

    /// Every checkpoint the trail tells of is there, and no other.
    fn judge_published(&self, trail: &Trail, findings: &mut Findings) {
        for size in trail.published.difference(&self.sizes) {
            let place = Place::row("checkpoint", size.to_string());
            let meaning = format!("the checkpoint published over {size} events is gone");
            findings.add(Code::CheckpointMissing, place, meaning);
        }
        for size in self.sizes.difference(&trail.published) {
            let place = Place::row("checkpoint", size.to_string());
            let meaning =
                format!("no event tells that a checkpoint over {size} events was published");
            findings.add(Code::CheckpointUnknown, place, meaning);
        }
    }

    fn judge_head(
        &self,
        head: &Checkpoint,
        trail: &Trail,
        findings: &mut Findings,
        good: &mut u64,
    ) {
        if let Some(seq) = trail.doubtful {
            let entry_stands =
                trail.roots.get(&head.size).map(|(root, _)| *root) == Some(head.root);
            if entry_stands {
                leaf_changed(findings, seq);
            } else {
                entry_changed(findings, seq);
            }
        }
        match vouched(head, trail) {
            Vouched::Until(size) => {
                *good = (*good).max(size);
                if head.size < trail.end {
                    let last = trail.end - 1;
                    let which = match last - head.size {
                        0 => format!("event {last} was"),
                        _ => format!("the events {} to {last} were", head.size),
                    };
                    let meaning = format!("{which} added without the desk's key");
                    findings.add(Code::EventUnsigned, Place::event(head.size), meaning);
                }
            }
            Vouched::Gone => {
                let meaning = format!(
                    "{} events are signed, but only {} are there: the last {} were cut off",
                    head.size,
                    trail.end,
                    head.size - trail.end
                );
                findings.add(Code::Truncated, Place::event(trail.end), meaning);
            }
            Vouched::Rewritten => {
                let meaning = format!(
                    "the {} events are not those that were signed: something among them was \
                     rewritten together with the digests after it",
                    head.size
                );
                findings.add(
                    Code::Rewritten,
                    Place::table("head").column("note"),
                    meaning,
                );
            }
            Vouched::Unknown => {}
        }
    }

    fn judge_anchor(
        &self,
        name: &str,
        checkpoint: &Checkpoint,
        trail: &Trail,
        findings: &mut Findings,
        good: &mut u64,
    ) {
        let place = Place::thing(name);
        match vouched(checkpoint, trail) {
            Vouched::Until(size) => *good = (*good).max(size),
            Vouched::Gone => {
                let meaning = format!(
                    "{name} was kept when there were {} events, and only {} are there now: an old \
                     copy was put back, or the end was cut off",
                    checkpoint.size, trail.end
                );
                findings.add(Code::Truncated, place, meaning);
            }
            Vouched::Rewritten => {
                let meaning = format!(
                    "the first {} events are not those that {name} was made over: the history was \
                     rewritten",
                    checkpoint.size
                );
                findings.add(Code::Rewritten, place, meaning);
            }
            Vouched::Unknown => {}
        }
    }
}

enum Vouched {
    /// For the first so many events.
    Until(u64),
    /// More events than there are.
    Gone,
    /// Other events than there are.
    Rewritten,
    /// Events are missing in between, which is said already.
    Unknown,
}

fn vouched(checkpoint: &Checkpoint, trail: &Trail) -> Vouched {
    if checkpoint.size == 0 {
        return Vouched::Until(0);
    }
    if checkpoint.size > trail.end {
        return Vouched::Gone;
    }
    let first_bad = trail.first_bad.unwrap_or(u64::MAX);
    match trail.roots.get(&checkpoint.size) {
        Some((computed, _)) if *computed == checkpoint.root => Vouched::Until(checkpoint.size),
        Some((_, stored)) if *stored == checkpoint.root => {
            Vouched::Until(checkpoint.size.min(first_bad))
        }
        _ if trail.torn.is_some_and(|torn| torn < checkpoint.size) => Vouched::Unknown,
        _ => Vouched::Rewritten,
    }
}

/// Calls `with` with number and text of every row; what is of another type is given as none.
fn each(
    db: &Connection,
    sql: &str,
    with: &mut dyn FnMut(Option<u64>, Option<&str>),
) -> crate::error::Result<()> {
    let mut statement = db.prepare(sql).map_err(Fault::from)?;
    let mut rows = statement.query([]).map_err(Fault::from)?;
    while let Some(row) = rows.next().map_err(Fault::from)? {
        let number = match row.get_ref(0).map_err(Fault::from)? {
            ValueRef::Integer(number) => u64::try_from(number).ok(),
            _ => None,
        };
        let text = match row.get_ref(1).map_err(Fault::from)? {
            ValueRef::Text(text) => std::str::from_utf8(text).ok(),
            _ => None,
        };
        with(number, text);
    }
    Ok(())
}
