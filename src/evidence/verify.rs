//! Checking a bundle without a desk, in one pass over each of its files: form, signature, tree,
//! proofs, chains, sealed content, files, what the manifest claims, and what was kept elsewhere.

use super::held::Held;
use super::source::Source;
use super::sums::{digest, sum};
use super::verdict::{Code, Verdict};
use super::walk::{self, Walked};
use super::{Ground, Kind, Manifest, names, proofs};
use crate::domain::moment::Moment;
use crate::error::Refusal;
use crate::ledger::entry::FileSeal;
use crate::ledger::note::{Checkpoint, Verifier};
use crate::ledger::tree::{self, Hash};
use crate::ledger::verify::{Anchor, Place, Says};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Instant;

/// The longest manifest. **Unit:** bytes.
const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;

/// The longest checkpoint. **Unit:** bytes.
const NOTE_BYTES_MAX: u64 = 16 * 1024;

/// What a bundle is held against.
pub struct Given<'a> {
    /// The key it must be signed with; without it the one it names itself.
    pub vkey: Option<Verifier>,
    /// What was kept elsewhere.
    pub anchors: Vec<Anchor>,
    /// Told how many events are done.
    pub progress: &'a dyn Fn(u64),
}

/// Checks the bundle at a path.
///
/// **Refuses:** a path where nothing lies. Whatever is wrong with a bundle is a finding.
/// **Limit:** memory for one line, one proof, and a hash per event of a selection.
pub fn verify(path: &Path, given: &Given<'_>) -> crate::error::Result<Verdict> {
    if !path.exists() {
        return Err(Refusal::not_found(format!("there is no {}", path.display())).into());
    }
    let begun = Instant::now();
    let mut verdict = Verdict {
        anchors: given.anchors.len() as u64,
        ..Verdict::default()
    };
    match Source::open(path) {
        Ok(source) => Check {
            source: &source,
            given,
            verdict: &mut verdict,
        }
        .go(),
        Err(error) => {
            let meaning = format!("the bundle cannot be read: {error}");
            verdict.add(Code::BundleUnreadable, Place::thing("the bundle"), meaning);
        }
    }
    verdict.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(verdict)
}

struct Check<'a> {
    source: &'a Source,
    given: &'a Given<'a>,
    verdict: &'a mut Verdict,
}

impl Check<'_> {
    fn go(&mut self) {
        for name in &self.source.strange {
            let meaning = "it does not belong into a bundle, and was not looked at";
            self.verdict.add(
                Code::NameRefused,
                Place::thing(name.escape_debug().to_string()),
                meaning,
            );
        }
        let manifest = self.manifest();
        let verifier = self.verifier();
        let signed = verifier.as_ref().and_then(|key| self.checkpoint(key));
        let Some(manifest) = manifest else { return };
        let ask = walk::Ask {
            manifest: &manifest,
            sizes: self.sizes(),
            roots: self.roots(),
            places: self.places(),
        };
        let walked = walk::walk(self.source, &ask, self.given.progress, self.verdict);
        self.verdict.entries = walked.entries;
        if walked.entries != manifest.entries {
            let meaning = format!(
                "the manifest speaks of {} events, there are {}",
                manifest.entries, walked.entries
            );
            self.claims(meaning);
        }
        if manifest.withheld == self.verdict.withheld.is_empty() {
            self.claims("the manifest is wrong about whether anything was withheld");
        }
        let supports = manifest.supports.values().flatten();
        if let Some(event) = supports
            .into_iter()
            .find(|event| !walked.names.contains(*event))
        {
            self.claims(format!(
                "the manifest names {event}, which is not in the bundle"
            ));
        }
        if let Some(ground) = &manifest.pack {
            self.pins(ground, &walked);
        }
        let older = match (&signed, manifest.kind) {
            (None, _) => BTreeMap::new(),
            (Some(signed), Kind::Full) => {
                self.whole(signed, &walked);
                BTreeMap::new()
            }
            (Some(signed), Kind::Case | Kind::Filter) => self.proofs(signed, &walked),
        };
        self.files(&walked.files);
        self.listed(&manifest);
        if let (Some(signed), Some(verifier)) = (&signed, &verifier) {
            self.anchors(signed, verifier, &walked, &older);
        }
    }

    /// Each event that is said to be pinned to the pack: there, pinned by an event that is there,
    /// and the one that was pinned.
    fn pins(&mut self, ground: &Ground, walked: &Walked) {
        for pin in &ground.pins {
            let here = walked.leaves.iter().find(|(seq, _)| seq == pin);
            let meaning = match (here, walked.pinned.get(pin)) {
                (None, _) => "it is said to be pinned to the pack, and is not here",
                (Some(_), None) => "it is said to be pinned to the pack, and no event here pins it",
                (Some((_, leaf)), Some(told)) if BASE64.encode(leaf) != *told => {
                    "it is not the event that was pinned to the pack: that had another hash"
                }
                (Some(_), Some(_)) => continue,
            };
            self.verdict
                .add(Code::PinWrong, Place::event(*pin), meaning);
        }
    }

    fn claims(&mut self, meaning: impl Into<String>) {
        let place = Place::thing(names::MANIFEST);
        self.verdict.add(Code::ManifestWrong, place, meaning);
    }

    /// A whole small file as text; says what is wrong if there is none.
    fn text(&mut self, name: &str, bytes_max: u64, code: Code) -> Option<String> {
        let meaning = match self.source.small(name, bytes_max) {
            Ok(Some(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => return Some(text),
                Err(_) => format!("{name} is no text"),
            },
            Ok(None) => format!("there is no {name}"),
            Err(error) => format!("{name} cannot be read: {error}"),
        };
        self.verdict.add(code, Place::thing(name), meaning);
        None
    }

    fn manifest(&mut self) -> Option<Manifest> {
        let text = self.text(names::MANIFEST, MANIFEST_BYTES_MAX, Code::ManifestWrong)?;
        let manifest = match Manifest::read(&text) {
            Ok(manifest) => manifest,
            Err(error) => {
                self.claims(error.to_string());
                return None;
            }
        };
        self.verdict.kind = Some(manifest.kind);
        self.verdict.objects = manifest.objects.clone();
        self.verdict.pack = manifest.pack.clone();
        let fits = match manifest.kind {
            Kind::Full => manifest.objects.is_empty() && manifest.filter.is_none(),
            Kind::Case => !manifest.objects.is_empty() && manifest.filter.is_none(),
            Kind::Filter => manifest.objects.is_empty() && manifest.filter.is_some(),
        };
        let fits = fits && (manifest.pack.is_none() || manifest.kind == Kind::Case);
        if !fits {
            self.claims("the manifest's objects, filter and pack do not go with its kind");
        }
        if Moment::parse(&manifest.made_at).is_err() {
            self.claims(format!("{:?} is no instant", manifest.made_at));
        }
        if manifest.kind == Kind::Full && self.source.has(names::PROOFS) {
            let meaning = "the whole trail needs no proofs";
            let place = Place::thing(names::PROOFS);
            self.verdict.add(Code::NameRefused, place, meaning);
        }
        Some(manifest)
    }

    /// The key: the given one, or the one the bundle names.
    fn verifier(&mut self) -> Option<Verifier> {
        let told = self
            .text(names::VKEY, NOTE_BYTES_MAX, Code::KeyChanged)
            .map(|text| Verifier::parse(text.strip_suffix('\n').unwrap_or(&text)));
        let place = || Place::thing(names::VKEY);
        let told = match told {
            Some(Ok(told)) => Some(told),
            Some(Err(error)) => {
                self.verdict
                    .add(Code::KeyChanged, place(), error.to_string());
                None
            }
            None => None,
        };
        if let (Some(given), Some(told)) = (&self.given.vkey, &told)
            && given != told
        {
            let meaning = format!(
                "the bundle names the key {}, not the one given",
                told.text()
            );
            self.verdict.add(Code::KeyChanged, place(), meaning);
        }
        if self.given.vkey.is_none() {
            self.verdict.remarks.push(
                "signatures were checked with the key the bundle itself names; give the one you \
                 got elsewhere (--vkey) to be sure whose it is"
                    .to_owned(),
            );
        }
        let verifier = self.given.vkey.clone().or(told);
        self.verdict.vkey = verifier.as_ref().map(Verifier::text);
        verifier
    }

    fn checkpoint(&mut self, verifier: &Verifier) -> Option<Checkpoint> {
        let note = self.text(names::CHECKPOINT, NOTE_BYTES_MAX, Code::SignatureWrong)?;
        match verifier.open(&note) {
            Ok(signed) => {
                self.verdict.origin = Some(signed.origin.clone());
                self.verdict.size = Some(signed.size);
                self.verdict.root = Some(BASE64.encode(&signed.root));
                Some(signed)
            }
            Err(error) => {
                let place = Place::thing(names::CHECKPOINT);
                self.verdict
                    .add(Code::SignatureWrong, place, error.to_string());
                None
            }
        }
    }

    /// The sizes of what was kept, whoever signed it.
    fn sizes(&self) -> Vec<u64> {
        let notes = self.given.anchors.iter().filter_map(Anchor::note);
        let read = notes.filter_map(|note| Checkpoint::parse(note).ok());
        read.map(|kept| kept.size).collect()
    }

    fn roots(&self) -> Vec<Hash> {
        let anchors = self.given.anchors.iter();
        anchors
            .filter_map(|anchor| match &anchor.says {
                Says::Root(root) => Some(*root),
                Says::Note(_) | Says::Proof(_) => None,
            })
            .collect()
    }

    fn places(&self) -> Vec<u64> {
        let anchors = self.given.anchors.iter();
        anchors
            .filter_map(|anchor| match &anchor.says {
                Says::Proof(proof) => Some(proof.index),
                Says::Note(_) | Says::Root(_) => None,
            })
            .collect()
    }

    /// All events against the root that was signed.
    fn whole(&mut self, signed: &Checkpoint, walked: &Walked) {
        let (here, place) = (walked.edge.size(), Place::thing(names::ENTRIES));
        if here < signed.size {
            let meaning = format!("{} events are signed, {here} are there", signed.size);
            self.verdict.add(Code::EventMissing, place, meaning);
        } else if here > signed.size {
            let meaning = format!("{here} events are there, {} are signed", signed.size);
            self.verdict.add(Code::Rewritten, place, meaning);
        } else if walked.edge.root() != signed.root {
            let meaning = "the events do not come to the root that was signed: something among \
                           them was changed";
            self.verdict.add(Code::Rewritten, place, meaning);
        }
    }

    /// Each event against its proof; answers the older roots that are proved to be beginnings.
    fn proofs(&mut self, signed: &Checkpoint, walked: &Walked) -> BTreeMap<u64, Hash> {
        let place = || Place::thing(names::PROOFS);
        let piece = match self.source.piece(names::PROOFS) {
            Ok(Some(piece)) => piece,
            Ok(None) => {
                let meaning = "there are no proofs";
                self.verdict.add(Code::ProofMissing, place(), meaning);
                return BTreeMap::new();
            }
            Err(error) => {
                let meaning = error.to_string();
                self.verdict.add(Code::BundleUnreadable, place(), meaning);
                return BTreeMap::new();
            }
        };
        let (mut at, mut wrong, mut older) = (0, Vec::new(), BTreeMap::new());
        let mut inclusion = |one: proofs::Inclusion| {
            let event = Place::event(one.index);
            let Some((seq, leaf)) = walked.leaves.get(at) else {
                wrong.push((Code::ProofWrong, event, "it is the proof of no event here"));
                return;
            };
            at += 1;
            let bytes = BASE64.decode(one.leaf.as_bytes()).ok();
            let same = bytes.is_some_and(|bytes| tree::leaf(&bytes) == *leaf);
            if one.index != *seq || !same {
                wrong.push((Code::ProofWrong, event, "the proof is of another event"));
                return;
            }
            let proof = proofs::decoded(&one.proof);
            let proved = proof.is_some_and(|proof| {
                tree::verify_inclusion(*seq, signed.size, leaf, &proof, &signed.root)
            });
            if !proved {
                let meaning = "the proof does not lead from the event to the root that was \
                               signed: the event or the proof was changed";
                wrong.push((Code::EventChanged, event, meaning));
            }
        };
        let (mut broken, mut last) = (Vec::new(), None);
        let mut consistency = |one: proofs::Consistency| {
            let old = BASE64.decode(one.old_root.as_bytes()).ok();
            let old: Option<Hash> = old.and_then(|root| root.try_into().ok());
            let proof = proofs::decoded(&one.proof);
            let proved = old.zip(proof).filter(|(old, proof)| {
                let (size, root) = (signed.size, &signed.root);
                tree::verify_consistency(one.old_size, size, proof, old, root)
            });
            match proved {
                Some((root, _)) if last.is_none_or(|last| last < one.old_size) => {
                    older.insert(one.old_size, root);
                }
                _ => broken.push(one.old_size),
            }
            last = Some(one.old_size);
        };
        let read = proofs::read(piece, &mut inclusion, &mut consistency);
        let proofs = at;
        for (code, place, meaning) in wrong {
            self.verdict.add(code, place, meaning);
        }
        for size in broken {
            let meaning = format!(
                "that the first {size} events are the beginning of these is not proved by what \
                 stands there"
            );
            self.verdict.add(Code::ProofWrong, place(), meaning);
        }
        if let Err(error) = read {
            self.verdict
                .add(Code::ProofWrong, place(), error.to_string());
        }
        for (seq, _) in walked.leaves.iter().skip(proofs) {
            let meaning = "there is no proof that it is among the events that were signed";
            self.verdict
                .add(Code::ProofMissing, Place::event(*seq), meaning);
        }
        older
    }

    /// The disclosed files against their digests, both ways.
    fn files(&mut self, sealed: &BTreeMap<String, FileSeal>) {
        for (name, seal) in sealed {
            let path = format!("{}{name}", names::FILES);
            let place = Place::thing(&path);
            match self.source.piece(&path) {
                Ok(Some(piece)) => match digest(piece, seal) {
                    Ok(true) => self.verdict.files += 1,
                    Ok(false) => {
                        let meaning = "the file is not the one its event commits to";
                        self.verdict.add(Code::FileChanged, place, meaning);
                    }
                    Err(error) => {
                        let meaning = format!("the file cannot be read: {error}");
                        self.verdict.add(Code::BundleUnreadable, place, meaning);
                    }
                },
                Ok(None) => {
                    let meaning = "the file is not there, although its digest is disclosed";
                    self.verdict.add(Code::FileMissing, place, meaning);
                }
                Err(error) => {
                    let meaning = format!("the file cannot be read: {error}");
                    self.verdict.add(Code::BundleUnreadable, place, meaning);
                }
            }
        }
        for path in self.source.names() {
            let name = path.strip_prefix(names::FILES);
            if name.is_some_and(|name| !sealed.contains_key(name)) {
                let meaning = "nothing in the bundle speaks of this file";
                self.verdict
                    .add(Code::FileUnknown, Place::thing(path), meaning);
            }
        }
    }

    /// What was made with the bundle against its manifest, which nothing signs.
    fn listed(&mut self, manifest: &Manifest) {
        for name in names::LISTED {
            let known = manifest.sums.get(name);
            let place = Place::thing(name);
            let sum = match self.source.piece(name) {
                Ok(Some(piece)) => sum(piece, Sha256::new()),
                Ok(None) => Err(io::Error::other("it is not there")),
                Err(error) => Err(error),
            };
            match sum {
                Ok((sum, _)) if known == Some(&sum) => {}
                Ok(_) => {
                    let meaning = "it is not the one the bundle was made with";
                    self.verdict.add(Code::ReadableChanged, place, meaning);
                }
                Err(error) => {
                    let meaning = format!("it cannot be read: {error}");
                    self.verdict.add(Code::ReadableChanged, place, meaning);
                }
            }
        }
        if manifest.sums.len() != names::LISTED.len() {
            self.claims("the manifest lists other files than it has to");
        }
    }

    /// What was kept elsewhere against the checkpoint and all it is known to begin with.
    fn anchors(
        &mut self,
        signed: &Checkpoint,
        verifier: &Verifier,
        walked: &Walked,
        older: &BTreeMap<u64, Hash>,
    ) {
        for anchor in &self.given.anchors {
            let held = Held {
                name: &anchor.name,
                signed,
                walked,
                older,
            };
            let wrong = match (&anchor.says, anchor.note()) {
                (Says::Root(root), _) => held.root(root),
                (Says::Note(_) | Says::Proof(_), None) => None, // both hold a note
                (says, Some(note)) => match opened(note, verifier, walked) {
                    Err(why) => {
                        let meaning = format!("what was kept in {} {why}", anchor.name);
                        Some((Code::AnchorUnreadable, meaning))
                    }
                    Ok(kept) => held.note(&kept).or_else(|| held.proof(says, &kept)),
                },
            };
            if let Some((code, meaning)) = wrong {
                self.verdict.add(code, Place::thing(&anchor.name), meaning);
            }
        }
    }
}

/// A checkpoint that was kept, if the bundle's key signed it or, where the whole trail is there,
/// one of the keys before it; else why not.
fn opened(note: &str, verifier: &Verifier, walked: &Walked) -> Result<Checkpoint, String> {
    let error = match verifier.open(note) {
        Ok(kept) => return Ok(kept),
        Err(error) => error,
    };
    if !walked.whole {
        return Err(format!(
            "was not signed with the key of this bundle ({error}): it is of another desk, or of a \
             time before the desk exchanged its key, which only a bundle of the whole trail shows"
        ));
    }
    let keys = walked.keys.as_ref().filter(|keys| keys.holds(verifier));
    let kept = keys.and_then(|keys| keys.open(note).ok());
    kept.ok_or_else(|| format!("is not of this desk ({error})"))
}
