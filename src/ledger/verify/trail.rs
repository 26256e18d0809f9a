//! The walk along the trail: every entry's digest, form, place and links, the tree over them, and
//! what they commit to.

use super::report::{Code, Findings, Place, entry_changed, leaf_changed};
use super::scan::{Link, Scanned, scan};
use super::seals::Seals;
use super::since::Start;
use super::{Step, Told};
use crate::error::{Error, Fault};
use crate::ledger::tree::{self, Edge, Hash, empty_root};
use data_encoding::BASE64;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What the walk is asked to note on its way.
#[derive(Debug, Default)]
pub(super) struct Ask {
    /// Tree sizes whose roots are wanted, ascending.
    pub sizes: Vec<u64>,
    /// Roots whose sizes are wanted.
    pub roots: HashSet<Hash>,
    /// Places whose leaves are wanted.
    pub places: HashSet<u64>,
    /// Whether disclosures are checked.
    pub seals: bool,
}

/// What the walk learned.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// How many events were read.
    pub events: u64,
    /// The tree over the entries as they are.
    pub computed: Edge,
    /// The tree over the stored digests, where it is another.
    stored: Option<Edge>,
    /// Size → root over the entries, and over the stored digests.
    pub roots: BTreeMap<u64, (Hash, Hash)>,
    /// Wanted root → size.
    pub sizes: HashMap<Hash, u64>,
    /// Wanted place → leaf over the entry as it is.
    pub leaves: HashMap<u64, Hash>,
    /// One more than the newest event's place.
    pub end: u64,
    /// The first place from which several events are missing, so that the tree cannot be told.
    pub torn: Option<u64>,
    /// The first event that is not as it was recorded.
    pub first_bad: Option<u64>,
    /// The newest event, if its entry and its stored digest differ.
    pub doubtful: Option<u64>,
    /// The digest of the shape the database should have.
    pub shape: Option<String>,
    /// Sealed texts that are not there: event and field.
    pub missing: Vec<(u64, String)>,
    /// Erasures: event and field → the erasing event.
    pub erased: BTreeMap<(u64, String), u64>,
    /// Sizes of checkpoints the trail tells of; the first is published when a desk is opened.
    pub published: BTreeSet<u64>,
    /// How many disclosures fit their digests.
    pub disclosures: u64,
    /// Exchanges of the signing key: event, key before, key after.
    pub rotations: Vec<(u64, String, String)>,
}

impl Trail {
    /// The root over the stored digests.
    pub fn stored_root(&self) -> Hash {
        self.stored.as_ref().unwrap_or(&self.computed).root()
    }

    fn bad(&mut self, seq: u64) {
        self.first_bad = Some(self.first_bad.map_or(seq, |first| first.min(seq)));
    }
}

/// The event before, as far as the next one needs it.
struct Before {
    seq: u64,
    computed: Hash,
    stored: Option<Hash>,
    doubtful: bool,
}

struct Walk<'a> {
    findings: &'a mut Findings,
    ask: &'a Ask,
    trail: Trail,
    before: Option<Before>,
    at: String,
    /// Object → how many events, digest of its newest; see [`object_key`].
    objects: HashMap<u64, (u64, Hash)>,
    /// Stored digests of events whose entries were changed.
    others: HashMap<Hash, Hash>,
    /// Events that could not be read: later gaps in objects' chains may be theirs.
    holes: u64,
    next_size: usize,
    /// The first event that is read.
    first: u64,
}

/// Walks along the trail, from its beginning or from a place where the state is known.
pub(super) fn walk(
    db: &Connection,
    ask: &Ask,
    start: Option<Start>,
    findings: &mut Findings,
    told: &Told<'_>,
) -> Trail {
    let mut walk = Walk {
        findings,
        ask,
        trail: Trail::default(),
        before: None,
        at: String::new(),
        objects: HashMap::new(),
        others: HashMap::new(),
        holes: 0,
        next_size: 0,
        first: 0,
    };
    if let Some(start) = start {
        walk.begin(start);
    }
    if let Err(error) = walk.events(db, told) {
        walk.findings.add(
            Code::FileDamaged,
            Place::table("event"),
            format!("the events cannot be read any further: {error}"),
        );
    }
    let doubtful = walk.before.filter(|before| before.doubtful);
    walk.trail.doubtful = doubtful.map(|before| before.seq);
    walk.trail
}

impl Walk<'_> {
    fn begin(&mut self, start: Start) {
        let size = start.edge.size();
        self.first = size;
        self.at = start.at;
        self.trail.events = size;
        self.trail.end = size;
        self.trail.computed = start.edge;
        self.trail.shape = start.shape;
        self.trail.rotations = start.rotations;
        self.trail.roots = start.roots;
        self.before = size.checked_sub(1).map(|seq| Before {
            seq,
            computed: start.leaf,
            stored: Some(start.leaf),
            doubtful: false,
        });
        self.note_roots();
    }

    fn events(&mut self, db: &Connection, told: &Told<'_>) -> Result<(), Error> {
        let mut statement = db
            .prepare("SELECT seq, leaf, entry FROM main.event WHERE seq >= ?1 ORDER BY seq")
            .map_err(Fault::from)?;
        let mut disclosed = match self.ask.seals {
            true => Some(
                db.prepare("SELECT seq, field, text FROM main.disclosure ORDER BY seq, field")
                    .map_err(Fault::from)?,
            ),
            false => None,
        };
        let mut seals = match &mut disclosed {
            Some(statement) => Some(Seals::new(
                statement.query([]).map_err(Fault::from)?,
                self.findings,
            )),
            None => None,
        };
        let first = match self.first {
            0 => i64::MIN, // also what stands at places that are none
            first => i64::try_from(first).map_err(Fault::from)?,
        };
        let mut rows = statement.query([first]).map_err(Fault::from)?;
        let end = loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => break Ok(()),
                Err(error) => break Err(Error::from(Fault::from(error))),
            };
            let (Ok(seq), Ok(leaf), Ok(entry)) = (row.get_ref(0), row.get_ref(1), row.get_ref(2))
            else {
                break Err(Error::fault("a row without its columns"));
            };
            self.event(seq, leaf, entry, seals.as_mut());
            if self.trail.events.is_multiple_of(4096) {
                told.of(Step::Trail, self.trail.events);
            }
        };
        if let Some(seals) = seals {
            self.trail.disclosures = seals.finish(self.findings);
        }
        told.of(Step::Trail, self.trail.events);
        end
    }

    fn event(
        &mut self,
        seq: ValueRef<'_>,
        leaf: ValueRef<'_>,
        entry: ValueRef<'_>,
        seals: Option<&mut Seals<'_>>,
    ) {
        self.trail.events += 1;
        let Some(seq) = whole(seq) else {
            let place = Place::table("event");
            let meaning = "a row stands at a place that is no number from 0 upwards";
            self.findings.add(Code::EventMisplaced, place, meaning);
            return;
        };
        let (bytes, is_text) = match entry {
            ValueRef::Text(bytes) => (bytes, true),
            ValueRef::Blob(bytes) => (bytes, false),
            _ => (&[][..], false),
        };
        let computed = tree::leaf(bytes);
        let stored: Option<Hash> = match leaf {
            ValueRef::Blob(bytes) => bytes.try_into().ok(),
            _ => None,
        };
        let doubtful = stored != Some(computed);
        let text = std::str::from_utf8(bytes).ok().filter(|_| is_text);
        let scanned = text.ok_or(("not text", 0)).and_then(scan);
        self.gap(seq, scanned.as_ref().ok());
        match &scanned {
            Ok(scanned) => {
                self.links(seq, scanned);
                self.objects(seq, scanned, computed, stored);
                self.notes(seq, scanned);
                if let Some(seals) = seals {
                    seals.event(seq, &scanned.sealed, self.findings, &mut self.trail.missing);
                }
            }
            Err((what, at)) => {
                self.settle(seq, None);
                self.holes += 1;
                if !doubtful {
                    let meaning = format!(
                        "the entry is not written in the form entries have ({what} at byte {at})"
                    );
                    self.findings
                        .add(Code::EventMalformed, Place::event(seq), meaning);
                    self.trail.bad(seq);
                }
            }
        }
        if self.ask.places.contains(&seq) {
            self.trail.leaves.insert(seq, computed);
        }
        self.push(computed, stored);
        self.trail.end = seq.saturating_add(1);
        self.before = Some(Before {
            seq,
            computed,
            stored,
            doubtful,
        });
    }

    /// Notes events that are missing before this one.
    fn gap(&mut self, seq: u64, scanned: Option<&Scanned<'_>>) {
        let next = self.before.as_ref().map_or(0, |before| before.seq + 1);
        if seq == next {
            return;
        }
        self.settle(seq, None);
        let meaning = match seq - next {
            1 => format!("event {next} is missing"),
            _ => format!("the events {next} to {} are missing", seq - 1),
        };
        let place = Place::event(next);
        self.findings.add(Code::EventMissing, place, meaning);
        self.trail.bad(next);
        self.holes += 1;
        // The digest of a single missing event stands in the one after it, so that the tree can
        // still tell whether all the others are as they were signed.
        let prev = scanned.and_then(|scanned| BASE64.decode(scanned.prev.as_bytes()).ok());
        let prev: Option<Hash> = prev.and_then(|prev| prev.try_into().ok());
        if seq - next > 1 || prev.is_none() {
            self.trail.torn = self.trail.torn.or(Some(next));
        } else if let Some(leaf) = prev {
            let mut stored = self
                .trail
                .stored
                .take()
                .unwrap_or_else(|| self.trail.computed.clone());
            stored.push(leaf);
            self.trail.stored = Some(stored);
            self.trail.computed.push([0; 32]); // not the missing one: its root must not pass
            self.note_roots();
        }
        self.before = None;
    }

    /// Says what is wrong with the event before, now that the next one names its digest.
    fn settle(&mut self, seq: u64, prev: Option<&str>) {
        let Some(before) = self.before.as_mut().filter(|before| before.doubtful) else {
            return;
        };
        before.doubtful = false;
        let (place, entry_stands) = (before.seq, prev == Some(&BASE64.encode(&before.computed)));
        if entry_stands {
            leaf_changed(self.findings, place);
        } else {
            entry_changed(self.findings, place);
            self.trail.bad(place);
        }
        debug_assert!(place < seq);
    }

    /// Place, predecessor, instant and cause.
    fn links(&mut self, seq: u64, scanned: &Scanned<'_>) {
        self.settle(seq, Some(scanned.prev));
        let place = Place::event(seq);
        if scanned.seq != seq {
            let meaning = format!("the entry at this place says it is event {}", scanned.seq);
            self.findings
                .add(Code::EventMisplaced, place.clone(), meaning);
            self.trail.bad(seq);
        }
        let follows = match &self.before {
            Some(before) => {
                is_digest(scanned.prev, &before.computed)
                    || before
                        .stored
                        .is_some_and(|stored| is_digest(scanned.prev, &stored))
            }
            None => seq > 0 || is_digest(scanned.prev, &empty_root()),
        };
        if !follows {
            let before = seq.saturating_sub(1);
            let meaning = format!(
                "event {seq} was recorded after another event {before} than the one that stands \
                 there now: one of the two was exchanged"
            );
            self.findings
                .add(Code::LinkBroken, Place::event(before), meaning);
            self.trail.bad(before);
        }
        if scanned.at < self.at.as_str() {
            let meaning = format!("it is dated {}, before the event before it", scanned.at);
            self.findings.add(Code::TimeRanBack, place.clone(), meaning);
            self.trail.bad(seq);
        }
        self.at.clear();
        self.at.push_str(scanned.at);
        if let Some(cause) = scanned.cause.filter(|cause| *cause >= seq) {
            let meaning = format!("it names event {cause} as its cause, which is not before it");
            self.findings.add(Code::CauseAhead, place, meaning);
            self.trail.bad(seq);
        }
    }

    /// The own chains of the objects the event is about.
    fn objects(&mut self, seq: u64, scanned: &Scanned<'_>, computed: Hash, stored: Option<Hash>) {
        if let Some(stored) = stored.filter(|stored| *stored != computed) {
            self.others.insert(computed, stored);
        }
        for Link {
            object,
            place,
            before,
        } in &scanned.of
        {
            let Some(key) = object_key(object) else {
                let meaning = format!("{object} is not the name of an object");
                self.findings
                    .add(Code::EventMalformed, Place::event(seq), meaning);
                continue;
            };
            let known = self.objects.get(&key);
            let events = known.map_or(0, |(events, _)| *events);
            let fits = match (known, before) {
                (None, None) => *place == 0,
                (Some((_, leaf)), Some(before)) => {
                    let other = self.others.get(leaf);
                    *place == events
                        && (is_digest(before, leaf)
                            || other.is_some_and(|other| is_digest(before, other)))
                }
                _ => false,
            };
            let before_all = self.first > 0 && known.is_none() && before.is_some();
            let excused = (self.holes > 0 && *place > events) || before_all;
            if !fits && !excused {
                let meaning = format!(
                    "it says it is event no. {place} of {object}, but that is not what the events \
                     of {object} before it come to ({events})"
                );
                self.findings
                    .add(Code::ObjectChainBroken, Place::event(seq), meaning);
                self.trail.bad(seq);
            }
            self.objects.insert(key, (*place + 1, computed));
        }
    }

    /// What some events say about the desk, its shape and what was erased.
    fn notes(&mut self, seq: u64, scanned: &Scanned<'_>) {
        let wanted = match scanned.event {
            "audit.checkpoint_published" => {
                self.trail.published.insert(seq.saturating_add(1));
                return;
            }
            "desk.opened" => "schema",
            "desk.schema_changed" => "to",
            "desk.key_rotated" => {
                self.trail.published.insert(seq.saturating_add(1));
                let data: Value = serde_json::from_str(scanned.data).unwrap_or_default();
                // As below.
                let text = |name| data[name].as_str().unwrap_or_default().to_owned();
                self.trail.rotations.push((seq, text("from"), text("to")));
                return;
            }
            "privacy.erased" => "targets",
            _ => return,
        };
        let data: Value = serde_json::from_str(scanned.data).unwrap_or_default();
        if seq == 0 {
            self.trail.published.insert(1);
        }
        // JSON answers null to a name or a place it does not have, here and below.
        match &data[wanted] {
            Value::String(digest) => self.trail.shape = Some(digest.clone()),
            Value::Array(targets) => {
                for target in targets {
                    // As above.
                    if let (Some(of), Some(field)) = (target[0].as_u64(), target[1].as_str()) {
                        self.trail.erased.insert((of, field.to_owned()), seq);
                    }
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, computed: Hash, stored: Option<Hash>) {
        let trail = &mut self.trail;
        if trail.stored.is_none() && stored != Some(computed) {
            trail.stored = Some(trail.computed.clone());
        }
        trail.computed.push(computed);
        if let Some(edge) = &mut trail.stored {
            edge.push(stored.unwrap_or(computed));
        }
        self.note_roots();
    }

    fn note_roots(&mut self) {
        let size = self.trail.computed.size();
        while let Some(wanted) = self.ask.sizes.get(self.next_size).filter(|w| **w <= size) {
            if *wanted == size {
                let roots = (self.trail.computed.root(), self.trail.stored_root());
                self.trail.roots.insert(size, roots);
            }
            self.next_size += 1;
        }
        if !self.ask.roots.is_empty() {
            for root in [self.trail.computed.root(), self.trail.stored_root()] {
                if self.ask.roots.contains(&root) {
                    self.trail.sizes.entry(root).or_insert(size);
                }
            }
        }
    }
}

fn whole(value: ValueRef<'_>) -> Option<u64> {
    match value {
        ValueRef::Integer(number) => u64::try_from(number).ok(),
        _ => None,
    }
}

/// Whether a base64 text is this digest, without building anything.
fn is_digest(text: &str, digest: &Hash) -> bool {
    let mut encoded = [0; 44];
    BASE64.encode_mut(digest, &mut encoded);
    text.as_bytes() == encoded
}

/// An object's name as one number: its letter and its number.
fn object_key(name: &str) -> Option<u64> {
    let (letter, number) = name.split_once('-')?;
    let [letter @ b'A'..=b'Z'] = letter.as_bytes() else {
        return None;
    };
    let number: u64 = number.parse().ok().filter(|number| *number < 1 << 56)?;
    Some(u64::from(*letter) << 56 | number)
}
