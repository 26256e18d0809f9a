//! Making a bundle: a checkpoint is published, everything is read from one picture of the desk in
//! passes that keep nothing, and the export is recorded with what it held and who wanted it.

use super::package::Package;
use super::proofs::{Consistency, Inclusion, Proofs, encoded};
use super::report::{self, Facts};
use super::{Disclosed, FORMAT, Ground, Kind, Manifest, names};
use crate::desk::audit::filter::{self, Filter};
use crate::desk::evidence::{self, Exhibit, Taken, Which};
use crate::desk::proofs::Prover;
use crate::domain::actor::{Actor, Who};
use crate::domain::compliance;
use crate::domain::id::{Object, Seq};
use crate::error::{Error, Refusal, Result};
use crate::export;
use crate::export::table::{Cell, csv_row};
use crate::ledger::entry::{self, Entry, FileSeal};
use crate::ledger::note::Checkpoint;
use crate::ledger::rebuild::is_file;
use crate::ledger::tree::{Edge, verify_consistency, verify_inclusion};
use crate::ledger::{Ledger, Now, SOFTWARE};
use data_encoding::BASE64;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

/// The most events a report can show and check in a browser; beyond, it names the tools that can.
pub const REPORT_EVENTS_MAX: u64 = 50_000;

/// How often it is told how far it is. **Unit:** events.
const TOLD_EVERY: u64 = 1_000;

/// What is wanted of a bundle.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which events.
    pub what: What,
    /// Sealed fields that are left out.
    pub withhold: BTreeSet<String>,
}

/// Which events a bundle holds.
#[derive(Debug, Clone)]
pub enum What {
    /// All.
    All,
    /// Every event of a ticket and its conversations, of a conversation, of a customer with both.
    Case(Object),
    /// The case a pack is about, and what is pinned to the pack beyond it.
    Pack(u64),
    /// What passes a filter, and the filter as people read it.
    Filter(Box<Filter>, String),
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// How many events.
    pub entries: u64,
    /// Over how many events the checkpoint is.
    pub size: u64,
    /// The event that recorded it.
    pub seq: Seq,
    /// How many sealed texts and files were left out, secrets too.
    pub withheld: u64,
    /// Hex SHA-256 of what `sha256sum` prints of all files in the order of their names.
    pub digest: String,
}

/// Makes a bundle, publishes a checkpoint for it and records the export.
///
/// **Refuses:** a case that is not there, a filter nothing passes.
/// **Limit:** memory for one event, one file, and one number per chosen event.
pub fn make(
    ledger: &Ledger,
    who: &Who,
    wanted: &Wanted,
    mut package: Package<'_>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<Made> {
    wanted.demand(&ledger.now(who)?)?;
    let note = ledger.publish_checkpoint()?;
    let checkpoint = Checkpoint::parse(&note)?;
    let now = ledger.now(who)?;
    let size = checkpoint.size;
    let (objects, ground) = match &wanted.what {
        What::Case(object) => (evidence::case(&now, *object)?, None),
        What::Pack(pack) => {
            let (objects, pins) = evidence::pack(&now, *pack, size)?;
            (objects, Some(Ground { pack: *pack, pins }))
        }
        What::All | What::Filter(..) => (Vec::new(), None),
    };
    let pins = ground.as_ref().map_or(&[][..], |ground| &ground.pins);
    let which = match &wanted.what {
        What::All => Which::All(size),
        What::Case(_) | What::Pack(_) => evidence::of_objects(&now, &objects, pins, size)?,
        What::Filter(filter, _) => evidence::matching(&now, filter, size)?,
    };
    let mut bundle = Bundle {
        vkey: ledger.verifier().text(),
        objects,
        ground,
        which,
        withhold: &wanted.withhold,
        now: &now,
        note,
        checkpoint,
        withheld: BTreeMap::new(),
        last: BTreeMap::new(),
        names: BTreeSet::new(),
        progress,
    };
    let manifest = bundle.write(&mut package, &wanted.what)?;
    package.file(names::MANIFEST, |out| {
        Ok(out.write_all(manifest.text()?.as_bytes())?)
    })?;
    let (entries, digest) = (manifest.entries, package.finish()?);
    let withheld = bundle.withheld.values().sum();
    let about = bundle.objects.first().copied();
    drop(bundle);
    drop(now);
    let mut taken = Taken {
        withheld: wanted.withhold.iter().cloned().collect(),
        entries,
        digest: digest.clone(),
        size,
        ..Taken::default()
    };
    match &wanted.what {
        What::All => {}
        What::Case(object) => taken.object = Some(*object),
        What::Pack(pack) => {
            taken.pack = Some(*pack);
            taken.object = about;
        }
        What::Filter(_, question) => taken.question.clone_from(question),
    }
    let receipt = ledger.record(who, move |_| Ok(evidence::record(taken)))?;
    Ok(Made {
        entries,
        size,
        seq: export::recorded(&receipt)?,
        withheld,
        digest,
    })
}

impl Wanted {
    /// Refuses what would be empty, before anything is recorded.
    pub fn demand(&self, now: &Now<'_>) -> Result<()> {
        let any = match &self.what {
            What::All => true,
            What::Case(object) => !evidence::case(now, *object)?.is_empty(),
            What::Pack(pack) => !evidence::pack(now, *pack, 0)?.0.is_empty(),
            What::Filter(wanted, _) => !filter::all(now, wanted, 1)?.is_empty(),
        };
        if any {
            return Ok(());
        }
        Err(Refusal::invalid("no event passes this filter").into())
    }
}

struct Bundle<'a, 'b> {
    now: &'a Now<'b>,
    vkey: String,
    note: String,
    checkpoint: Checkpoint,
    objects: Vec<Object>,
    ground: Option<Ground>,
    which: Which,
    withhold: &'a BTreeSet<String>,
    /// Field → how many times it was left out.
    withheld: BTreeMap<String, u64>,
    /// The last event of each object of the case.
    last: BTreeMap<String, u64>,
    /// The names of its events.
    names: BTreeSet<String>,
    progress: &'a mut dyn FnMut(&str, u64, u64),
}

impl Bundle<'_, '_> {
    fn write(&mut self, package: &mut Package<'_>, what: &What) -> Result<Manifest> {
        let note = self.note.clone();
        package.file(names::CHECKPOINT, |out| Ok(out.write_all(note.as_bytes())?))?;
        let vkey = format!("{}\n", self.vkey);
        package.file(names::VKEY, |out| Ok(out.write_all(vkey.as_bytes())?))?;
        package.file(names::ENTRIES, |out| self.entries(out))?;
        let mut files = BTreeMap::new();
        package.file(names::DISCLOSURES, |out| self.disclosures(out, &mut files))?;
        for (sha256, (seq, field)) in files {
            // Sealed in the same transaction as its event, and erased only with its disclosure.
            let bytes = evidence::file(self.now, seq, &field)?.ok_or_else(|| {
                Error::fault(format!(
                    "the file {field} of event {seq} is gone; verify the desk"
                ))
            })?;
            let name = format!("{}{sha256}", names::FILES);
            package.file(&name, |out| Ok(out.write_all(&bytes)?))?;
        }
        if !matches!(self.which, Which::All(_)) {
            package.file(names::PROOFS, |out| self.proofs(out))?;
        }
        let (kind, filter) = match what {
            What::All => (Kind::Full, None),
            What::Case(_) | What::Pack(_) => (Kind::Case, None),
            What::Filter(_, address) => (Kind::Filter, Some(address.clone())),
        };
        let mut manifest = Manifest {
            format: FORMAT.to_owned(),
            kind,
            objects: self.objects.iter().map(ToString::to_string).collect(),
            entries: self.which.count(),
            withheld: !self.withheld.is_empty(),
            made_at: self.now.at().to_string(),
            by: name(self.now.who()),
            filter,
            supports: compliance::named(&self.names),
            pack: self.ground.clone(),
            sums: BTreeMap::new(),
        };
        package.file(names::TABLE, |out| self.table(out))?;
        package.file(names::README, |out| {
            let text = report::readme(&manifest, &self.checkpoint, &self.last);
            Ok(out.write_all(text.as_bytes())?)
        })?;
        package.file(names::REPORT, |out| self.report(&manifest, out))?;
        for name in names::LISTED {
            let sum = package.sum(name).unwrap_or_default(); // all were just written
            manifest.sums.insert(name.to_owned(), sum);
        }
        Ok(manifest)
    }

    /// Calls `each` with the events of the bundle, telling how far it is.
    fn each(
        &mut self,
        doing: &str,
        mut each: impl FnMut(&mut Self, Exhibit) -> Result<()>,
    ) -> Result<()> {
        let which = std::mem::replace(&mut self.which, Which::All(0));
        let (all, mut done) = (which.count(), 0);
        let now = self.now;
        let read = evidence::each(now, &which, |exhibit| {
            if done % TOLD_EVERY == 0 {
                (self.progress)(doing, all, done);
            }
            done += 1;
            each(self, exhibit)
        });
        self.which = which;
        read
    }

    fn entries(&mut self, out: &mut dyn Write) -> Result<()> {
        let mut edge = Edge::default();
        self.each("writing events", |_, exhibit| {
            edge.push(exhibit.leaf);
            out.write_all(exhibit.entry.as_bytes())?;
            Ok(out.write_all(b"\n")?)
        })?;
        let whole = matches!(self.which, Which::All(_));
        if whole && edge.root() != self.checkpoint.root {
            return Err(damaged());
        }
        Ok(())
    }

    /// The sealed content that leaves the desk, and what is left out, counted once for all passes.
    fn disclosures(
        &mut self,
        out: &mut dyn Write,
        files: &mut BTreeMap<String, (u64, String)>,
    ) -> Result<()> {
        let (mut sealed_since, mut erased) = (BTreeMap::new(), Vec::new());
        self.each("writing sealed texts", |bundle, exhibit| {
            let entry: Entry = serde_json::from_str(&exhibit.entry)?;
            erased.extend(targets(&entry));
            for (object, _, _) in &entry.of {
                if bundle.objects.iter().any(|one| one.to_string() == *object) {
                    bundle.last.insert(object.clone(), exhibit.seq);
                }
            }
            if !bundle.names.contains(&entry.event) {
                bundle.names.insert(entry.event.clone());
            }
            if entry.sealed.is_empty() {
                return Ok(());
            }
            let open = bundle.open(exhibit.seq)?;
            for field in entry.sealed.keys() {
                if !open.iter().any(|(known, _)| known == field) {
                    sealed_since.insert((exhibit.seq, field.clone()), ());
                }
            }
            for (field, text) in open {
                if is_file(&field) {
                    let seal: FileSeal = serde_json::from_value(entry::opened(&text)?.1)?;
                    files.insert(seal.sha256, (exhibit.seq, field));
                }
                let line = Disclosed {
                    seq: exhibit.seq,
                    text,
                };
                writeln!(out, "{}", serde_json::to_string(&line)?)?;
            }
            Ok(())
        })?;
        for target in erased {
            sealed_since.remove(&target);
        }
        for (_, field) in sealed_since.into_keys() {
            *self.withheld.entry(field).or_default() += 1;
        }
        Ok(())
    }

    /// The sealed content of an event that may leave the desk.
    fn open(&self, seq: u64) -> Result<Vec<(String, String)>> {
        let mut open = evidence::disclosures(self.now, seq)?;
        open.retain(|(field, _)| !self.withhold.contains(field));
        Ok(open)
    }

    fn proofs(&mut self, out: &mut dyn Write) -> Result<()> {
        let (size, root) = (self.checkpoint.size, self.checkpoint.root);
        let mut prover = Prover::new(self.now, size)?;
        let mut proofs = Proofs::begin(out)?;
        self.each("proving", |_, exhibit| {
            let proof = prover.inclusion(exhibit.seq)?;
            if !verify_inclusion(exhibit.seq, size, &exhibit.leaf, &proof, &root) {
                return Err(damaged());
            }
            proofs.add(&Inclusion {
                index: exhibit.seq,
                leaf: BASE64.encode(exhibit.entry.as_bytes()),
                proof: encoded(&proof),
            })
        })?;
        proofs.go_on()?;
        for (old_size, note) in evidence::beginnings(self.now, size)? {
            let old_root = Checkpoint::parse(&note)?.root;
            let proof = prover.consistency(old_size)?;
            if !verify_consistency(old_size, size, &proof, &old_root, &root) {
                return Err(damaged());
            }
            proofs.add(&Consistency {
                old_size,
                old_root: BASE64.encode(&old_root),
                proof: encoded(&proof),
            })?;
        }
        proofs.end()
    }

    fn table(&mut self, out: &mut dyn Write) -> Result<()> {
        csv_row(out, &export::HEAD.map(Cell::from))?;
        self.each("writing the table", |bundle, exhibit| {
            let entry: Entry = serde_json::from_str(&exhibit.entry)?;
            let open = bundle.open(exhibit.seq)?;
            let open = open.iter().map(|(field, text)| (field, text));
            csv_row(out, &export::cells(&entry, &exhibit.leaf, open)?)
        })
    }

    fn report(&mut self, manifest: &Manifest, out: &mut dyn Write) -> Result<()> {
        let fits = manifest.entries <= REPORT_EVENTS_MAX;
        let nodes = match &self.which {
            Which::These(places) if fits => {
                Prover::new(self.now, self.checkpoint.size)?.complement(places)?
            }
            Which::These(_) | Which::All(_) => Vec::new(),
        };
        let facts = Facts {
            manifest,
            note: &self.note,
            vkey: &self.vkey,
            software: SOFTWARE,
            shown: fits,
        };
        report::begin(out, &facts)?;
        if fits {
            let mut first = true;
            self.each("writing the report", |bundle, exhibit| {
                let open = bundle.open(exhibit.seq)?;
                let texts: Vec<String> = open.into_iter().map(|(_, text)| text).collect();
                report::event(out, std::mem::take(&mut first), &exhibit.entry, &texts)
            })?;
        }
        report::end(out, &nodes)
    }
}

/// What an erasure names: events and fields.
fn targets(entry: &Entry) -> Vec<(u64, String)> {
    if entry.event != "privacy.erased" {
        return Vec::new();
    }
    let targets = entry.data.get("targets").cloned().unwrap_or_default();
    serde_json::from_value(targets).unwrap_or_default() // of another form: names nothing
}

/// Whoever acts, for the manifest.
fn name(who: &Who) -> String {
    match &who.actor {
        Actor::Member { id, name, .. } => format!("{name} ({id})"),
        other @ (Actor::Bot { .. }
        | Actor::Rule { .. }
        | Actor::Contact { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. }) => other.id(),
    }
}

fn damaged() -> Error {
    Error::fault("the trail does not come to the root that was signed; verify the desk")
}
