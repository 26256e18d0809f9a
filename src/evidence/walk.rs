//! The walk along the events of a bundle and, in step with them, its disclosures: form, order,
//! links, chains, what they commit to. Whether they are the signed ones is not decided here.

use super::chains::Chains;
use super::source::{Line, Piece, Source, line};
use super::verdict::{Code, Verdict};
use super::{Disclosed, Kind, Manifest, names};
use crate::ledger::entry::{ENTRY_BYTES_MAX, FileSeal, opened, seal};
use crate::ledger::keys::Keys;
use crate::ledger::note::Verifier;
use crate::ledger::rebuild::is_file;
use crate::ledger::tree::{self, Edge, Hash};
use crate::ledger::verify::Place;
use crate::ledger::verify::scan::{Scanned, scan};
use data_encoding::BASE64;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::BufReader;

/// The longest line of `disclosures.jsonl`. **Unit:** bytes.
const DISCLOSURE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How often it is told how far it is. **Unit:** events.
const TOLD_EVERY: u64 = 4_096;

/// What the walk is asked.
pub struct Ask<'a> {
    /// What the bundle says of itself.
    pub manifest: &'a Manifest,
    /// Tree sizes whose roots are wanted.
    pub sizes: Vec<u64>,
    /// Roots whose sizes are wanted.
    pub roots: Vec<Hash>,
    /// Places whose leaves are wanted.
    pub places: Vec<u64>,
}

/// What the walk learned.
#[derive(Default)]
pub struct Walked {
    /// How many events.
    pub entries: u64,
    /// Whether they are the whole trail.
    pub whole: bool,
    /// The tree over them, if they are the whole trail.
    pub edge: Edge,
    /// Their places and leaves, if they are a part of it.
    pub leaves: Vec<(u64, Hash)>,
    /// Size → root.
    pub roots: BTreeMap<u64, Hash>,
    /// Wanted root → size.
    pub sizes: HashMap<Hash, u64>,
    /// Wanted place → leaf.
    pub wanted: BTreeMap<u64, Hash>,
    /// Disclosed files by their names.
    pub files: BTreeMap<String, FileSeal>,
    /// The names of the events.
    pub names: HashSet<String>,
    /// What is pinned to the pack the bundle is of: event → its hash when it was pinned, base64.
    pub pinned: BTreeMap<u64, String>,
    /// The keys its events tell of, if they are the whole trail.
    pub keys: Option<Keys>,
}

struct Walk<'a> {
    ask: &'a Ask<'a>,
    verdict: &'a mut Verdict,
    walked: Walked,
    chains: Chains,
    before: Option<(u64, Hash)>,
    at: String,
    texts: Option<Texts<'a>>,
    /// Sealed texts that are not disclosed: event → fields.
    missing: HashMap<u64, HashSet<String>>,
}

/// The disclosures, read in step with the events.
struct Texts<'a> {
    from: BufReader<Piece<'a>>,
    line: Vec<u8>,
    current: Option<(u64, String, String, Value)>,
    last: Option<(u64, String)>,
}

/// Walks along the events.
pub fn walk(
    source: &Source,
    ask: &Ask<'_>,
    progress: &dyn Fn(u64),
    verdict: &mut Verdict,
) -> Walked {
    let whole = ask.manifest.kind == Kind::Full;
    let mut walk = Walk {
        chains: match whole {
            true => Chains::all(),
            false => Chains::of(&ask.manifest.objects),
        },
        walked: Walked {
            whole,
            ..Walked::default()
        },
        ask,
        verdict,
        before: None,
        at: String::new(),
        texts: None,
        missing: HashMap::new(),
    };
    walk.begin(source);
    walk.events(source, progress);
    walk.end()
}

impl<'a> Walk<'a> {
    fn unreadable(&mut self, name: &str, why: &str) {
        let meaning = format!("{name} cannot be read: {why}");
        self.verdict
            .add(Code::BundleUnreadable, Place::thing(name), meaning);
    }

    fn begin(&mut self, source: &'a Source) {
        match source.piece(names::DISCLOSURES) {
            Ok(Some(piece)) => {
                self.texts = Some(Texts {
                    from: BufReader::with_capacity(64 * 1024, piece),
                    line: Vec::new(),
                    current: None,
                    last: None,
                });
                self.advance();
            }
            Ok(None) => self.unreadable(names::DISCLOSURES, "it is not there"),
            Err(error) => self.unreadable(names::DISCLOSURES, &error.to_string()),
        }
    }

    fn events(&mut self, source: &Source, progress: &dyn Fn(u64)) {
        let mut from = match source.piece(names::ENTRIES) {
            Ok(Some(piece)) => BufReader::with_capacity(64 * 1024, piece),
            Ok(None) => return self.unreadable(names::ENTRIES, "it is not there"),
            Err(error) => return self.unreadable(names::ENTRIES, &error.to_string()),
        };
        let mut bytes = Vec::new();
        loop {
            match line(&mut from, ENTRY_BYTES_MAX as u64 + 1, &mut bytes) {
                Ok(Line::Whole) => self.event(&bytes),
                Ok(Line::End) => return,
                Ok(Line::TooLong) => {
                    let why = format!("a line is longer than {ENTRY_BYTES_MAX} bytes");
                    return self.unreadable(names::ENTRIES, &why);
                }
                Ok(Line::CutOff) => {
                    return self.unreadable(names::ENTRIES, "it ends in the middle of an event");
                }
                Err(error) => return self.unreadable(names::ENTRIES, &error.to_string()),
            }
            if self.walked.entries.is_multiple_of(TOLD_EVERY) {
                progress(self.walked.entries);
            }
        }
    }

    fn event(&mut self, bytes: &[u8]) {
        let place = self.walked.entries;
        self.walked.entries += 1;
        let leaf = tree::leaf(bytes);
        if self.walked.whole {
            self.walked.edge.push(leaf);
            self.note_roots();
        }
        let text = std::str::from_utf8(bytes);
        let scanned = match text.map_err(|_| ("no text", 0)).and_then(scan) {
            Ok(scanned) => scanned,
            Err((what, at)) => {
                let meaning = format!("line {} of the events: {what} at byte {at}", place + 1);
                let seq = self.before.map_or(0, |(seq, _)| seq + 1);
                self.verdict
                    .add(Code::EventMalformed, Place::event(seq), meaning);
                self.before = None;
                return;
            }
        };
        if self.ask.places.contains(&scanned.seq) {
            self.walked.wanted.insert(scanned.seq, leaf);
        }
        self.links(&scanned, place, leaf);
        for (object, says, were) in self.chains.take(scanned.seq, &scanned.of, &leaf) {
            let meaning = format!(
                "it says it is event no. {says} of {object}, and {were} of {object} stand before \
                 it here: one is missing or was changed"
            );
            self.verdict
                .add(Code::ObjectChainBroken, Place::event(scanned.seq), meaning);
        }
        if !self.walked.names.contains(scanned.event) {
            self.walked.names.insert(scanned.event.to_owned());
        }
        self.sealed(&scanned);
        self.erasure(&scanned);
        self.pin(&scanned);
        self.keys(&scanned);
        if !self.walked.whole {
            self.walked.leaves.push((scanned.seq, leaf));
        }
        self.before = Some((scanned.seq, leaf));
    }

    fn links(&mut self, scanned: &Scanned<'_>, place: u64, leaf: Hash) {
        let seq = scanned.seq;
        let misplaced = match (self.walked.whole, self.before) {
            (true, _) => seq != place,
            (false, Some((before, _))) => seq <= before,
            (false, None) => false,
        };
        if misplaced {
            let meaning = "it does not stand in its place";
            self.verdict
                .add(Code::EventMisplaced, Place::event(seq), meaning);
        }
        let before = match self.before {
            Some((before, leaf)) if before + 1 == seq => Some(leaf),
            Some(_) => None,
            None if seq == 0 => Some(tree::empty_root()),
            None => None,
        };
        if before.is_some_and(|before| BASE64.encode(&before) != scanned.prev) {
            let meaning = "it was recorded after another event than the one before it here";
            self.verdict
                .add(Code::LinkBroken, Place::event(seq), meaning);
        }
        if scanned.at < self.at.as_str() {
            let meaning = format!("it is dated {}, before the event before it", scanned.at);
            self.verdict
                .add(Code::TimeRanBack, Place::event(seq), meaning);
        }
        self.at.clear();
        self.at.push_str(scanned.at);
        debug_assert_ne!(leaf, tree::empty_root());
    }

    fn note_roots(&mut self) {
        let size = self.walked.edge.size();
        let wanted = self.ask.sizes.contains(&size);
        if wanted || !self.ask.roots.is_empty() {
            let root = self.walked.edge.root();
            if wanted {
                self.walked.roots.insert(size, root);
            }
            if self.ask.roots.contains(&root) {
                self.walked.sizes.insert(root, size);
            }
        }
    }

    /// What the event commits to against what is disclosed of it.
    fn sealed(&mut self, scanned: &Scanned<'_>) {
        let seq = scanned.seq;
        for (field, digest) in &scanned.sealed {
            self.skip_to(seq, field);
            let disclosed = self.current(seq, field);
            let Some((text, value)) = disclosed else {
                let fields = self.missing.entry(seq).or_default();
                fields.insert((*field).to_owned());
                continue;
            };
            if seal(&text) == *digest {
                self.verdict.disclosed += 1;
                self.file(seq, field, value);
            } else {
                let meaning =
                    format!("the sealed text `{field}` is not the one the event commits to");
                self.verdict
                    .add(Code::DisclosureChanged, Place::event(seq), meaning);
            }
            self.advance();
        }
        self.skip_to(seq.saturating_add(1), "");
    }

    fn file(&mut self, seq: u64, field: &str, value: Value) {
        if !is_file(field) {
            return;
        }
        match serde_json::from_value::<FileSeal>(value) {
            Ok(seal) => {
                self.walked.files.insert(seal.sha256.clone(), seal);
            }
            Err(error) => {
                let meaning = format!("the sealed file `{field}` is not described: {error}");
                self.verdict
                    .add(Code::DisclosureChanged, Place::event(seq), meaning);
            }
        }
    }

    /// Sealed texts an erasure names are not missing.
    fn erasure(&mut self, scanned: &Scanned<'_>) {
        if scanned.event != "privacy.erased" {
            return;
        }
        let data: Value = serde_json::from_str(scanned.data).unwrap_or_default();
        let targets = data.get("targets").and_then(Value::as_array);
        for target in targets.into_iter().flatten() {
            let (Some(seq), Some(field)) = (
                target.get(0).and_then(Value::as_u64),
                target.get(1).and_then(Value::as_str),
            ) else {
                continue;
            };
            let fields = self.missing.get_mut(&seq);
            if fields.is_some_and(|fields| fields.remove(field)) {
                self.verdict.erased += 1;
            }
        }
    }

    /// The key of the first event, and those that follow from one another.
    fn keys(&mut self, scanned: &Scanned<'_>) {
        let name = match scanned.event {
            "desk.opened" if self.walked.whole && scanned.seq == 0 => "vkey",
            "desk.key_rotated" if self.walked.whole => "to",
            _ => return, // no other event names one
        };
        let data: Value = serde_json::from_str(scanned.data).unwrap_or_default();
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        let Some(key) = text(name).and_then(|key| Verifier::parse(key).ok()) else {
            return;
        };
        match &mut self.walked.keys {
            Some(keys) if text("from") == Some(&keys.newest().text()) => {
                keys.follow(scanned.seq, key);
            }
            Some(_) => {} // it follows from no key that is known here
            none => *none = Some(Keys::new(key)),
        }
    }

    /// What is pinned to the pack, and what is taken off it.
    fn pin(&mut self, scanned: &Scanned<'_>) {
        let Some(ground) = &self.ask.manifest.pack else {
            return;
        };
        if !matches!(scanned.event, "pack.pinned" | "pack.unpinned") {
            return;
        }
        let data: Value = serde_json::from_str(scanned.data).unwrap_or_default();
        let number = |name: &str| data.get(name).and_then(Value::as_u64);
        let (Some(pack), Some(event)) = (number("pack"), number("event")) else {
            return;
        };
        if pack != ground.pack {
            return;
        }
        match data.get("leaf").and_then(Value::as_str) {
            Some(leaf) => self.walked.pinned.insert(event, leaf.to_owned()),
            None => self.walked.pinned.remove(&event),
        };
    }

    fn current(&mut self, seq: u64, field: &str) -> Option<(String, Value)> {
        let current = &mut self.texts.as_mut()?.current;
        current
            .take_if(|(of, name, _, _)| *of == seq && name == field)
            .map(|(_, _, text, value)| (text, value))
    }

    fn skip_to(&mut self, seq: u64, field: &str) {
        while let Some((of, name, _, _)) = self.texts.as_ref().and_then(|t| t.current.as_ref()) {
            if (*of, name.as_str()) >= (seq, field) {
                return;
            }
            let meaning = format!("there is a text `{name}` of event {of}, which commits to none");
            let place = Place::event(*of);
            self.verdict.add(Code::DisclosureUnknown, place, meaning);
            self.advance();
        }
    }

    /// Goes on to the next disclosure.
    fn advance(&mut self) {
        let Some(texts) = &mut self.texts else { return };
        texts.current = None;
        let why = match line(&mut texts.from, DISCLOSURE_BYTES_MAX, &mut texts.line) {
            Ok(Line::Whole) => match disclosed(&texts.line) {
                Ok((seq, field, text, value)) => {
                    let here = (seq, field.clone());
                    if texts.last.as_ref().is_none_or(|last| *last < here) {
                        texts.last = Some(here);
                        texts.current = Some((seq, field, text, value));
                        return;
                    }
                    format!("the texts of event {seq} stand twice or out of order")
                }
                Err(why) => why,
            },
            Ok(Line::End) => return,
            Ok(Line::TooLong) => format!("a line is longer than {DISCLOSURE_BYTES_MAX} bytes"),
            Ok(Line::CutOff) => "it ends in the middle of a text".to_owned(),
            Err(error) => error.to_string(),
        };
        self.texts = None;
        self.unreadable(names::DISCLOSURES, &why);
    }

    fn end(mut self) -> Walked {
        self.skip_to(u64::MAX, "");
        if !self.walked.whole {
            self.verdict.last = self.chains.last_events();
        }
        let named = self.chains.without_events();
        for object in named {
            let meaning = format!("there is no event of {object}");
            self.verdict
                .add(Code::EventMissing, Place::thing(object), meaning);
        }
        for field in self.missing.into_values().flatten() {
            *self.verdict.withheld.entry(field).or_default() += 1;
        }
        self.walked
    }
}

/// A line of `disclosures.jsonl`, in its one form: event, field, text, value.
fn disclosed(line: &[u8]) -> Result<(u64, String, String, Value), String> {
    let text = std::str::from_utf8(line).map_err(|_| "a line is no text".to_owned())?;
    let read: Disclosed = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if serde_json::to_string(&read).ok().as_deref() != Some(text) {
        return Err(format!(
            "a text of event {} is not written in its form",
            read.seq
        ));
    }
    let (field, value) = opened(&read.text).map_err(|error| error.to_string())?;
    Ok((read.seq, field, read.text, value))
}
