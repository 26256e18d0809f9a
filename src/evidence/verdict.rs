//! What checking a bundle says: its findings, each with its place and meaning, and the figures
//! around them; as JSON and as plain text.

use super::{Ground, Kind};
use crate::error::Result;
use crate::ledger::verify::{FINDINGS_MAX, Place};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

/// Most findings of one code that are kept, so that others are seen beside them.
const ALIKE_MAX: usize = 100;

/// What checking a bundle found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verdict {
    /// How its events were chosen, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The objects of a case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<String>,
    /// The last event here of each object of a case; that none follows is not proved.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub last: BTreeMap<String, u64>,
    /// The pack whose ground it is, as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<Ground>,
    /// Whose trail, as signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Over how many events the checkpoint is, as signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The root it signs, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The key everything signed was checked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vkey: Option<String>,
    /// How many events it holds.
    pub entries: u64,
    /// How many sealed texts are disclosed and fit their digests.
    pub disclosed: u64,
    /// How many were erased before, and the bundle holds the erasure.
    pub erased: u64,
    /// How many were left out: field → how many.
    pub withheld: BTreeMap<String, u64>,
    /// How many files fit their digests.
    pub files: u64,
    /// How many outside anchors were held against it.
    pub anchors: u64,
    /// How long it took. **Unit:** milliseconds.
    pub took_ms: u64,
    /// What could not be looked at, and why; not a finding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// How many more findings there are than those kept.
    pub findings_beyond: u64,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What sort of thing.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// What it means, in one plain sentence.
    pub meaning: String,
}

/// The sorts of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The bundle or one of its files cannot be read, or is larger than it may be.
    BundleUnreadable,
    /// A file that does not belong into a bundle.
    NameRefused,
    /// The manifest is not of its form, or says what is not so.
    ManifestWrong,
    /// The key is not the expected one.
    KeyChanged,
    /// The checkpoint is not signed by the key.
    SignatureWrong,
    /// An event is not written in the one form events have.
    EventMalformed,
    /// An event stands where it does not belong.
    EventMisplaced,
    /// Events of a whole trail or of a case are missing.
    EventMissing,
    /// An event does not follow the one before it.
    LinkBroken,
    /// An event is dated before the one before it.
    TimeRanBack,
    /// The own chain of an object has a gap or another predecessor.
    ObjectChainBroken,
    /// The events are not those that were signed, or not those of what was kept elsewhere.
    Rewritten,
    /// An event is not among those that were signed.
    EventChanged,
    /// A proof is missing.
    ProofMissing,
    /// A proof is not of its form, or proves nothing.
    ProofWrong,
    /// A sealed text is not the one that was recorded.
    DisclosureChanged,
    /// A sealed text that no event of the bundle commits to.
    DisclosureUnknown,
    /// A disclosed file is not there.
    FileMissing,
    /// A file is not the one that was recorded.
    FileChanged,
    /// A file that nothing in the bundle speaks of.
    FileUnknown,
    /// A file made for reading is not the one the manifest lists.
    ReadableChanged,
    /// An event is not the one that was pinned to the pack, or was not pinned.
    PinWrong,
    /// What was kept elsewhere is about more events.
    Truncated,
    /// What was kept elsewhere cannot be read, or is about another desk.
    AnchorUnreadable,
    /// What was kept elsewhere cannot be compared with this bundle.
    AnchorUnproven,
}

impl Code {
    /// The code as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::BundleUnreadable => "bundle_unreadable",
            Code::NameRefused => "name_refused",
            Code::ManifestWrong => "manifest_wrong",
            Code::KeyChanged => "key_changed",
            Code::SignatureWrong => "signature_wrong",
            Code::EventMalformed => "event_malformed",
            Code::EventMisplaced => "event_misplaced",
            Code::EventMissing => "event_missing",
            Code::LinkBroken => "link_broken",
            Code::TimeRanBack => "time_ran_back",
            Code::ObjectChainBroken => "object_chain_broken",
            Code::Rewritten => "rewritten",
            Code::EventChanged => "event_changed",
            Code::ProofMissing => "proof_missing",
            Code::ProofWrong => "proof_wrong",
            Code::DisclosureChanged => "disclosure_changed",
            Code::DisclosureUnknown => "disclosure_unknown",
            Code::FileMissing => "file_missing",
            Code::FileChanged => "file_changed",
            Code::FileUnknown => "file_unknown",
            Code::ReadableChanged => "readable_changed",
            Code::PinWrong => "pin_wrong",
            Code::Truncated => "truncated",
            Code::AnchorUnreadable => "anchor_unreadable",
            Code::AnchorUnproven => "anchor_unproven",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Verdict {
    /// Adds a finding.
    pub(super) fn add(&mut self, code: Code, place: Place, meaning: impl Into<String>) {
        let alike = self.findings.iter().filter(|found| found.code == code);
        if self.findings.len() >= FINDINGS_MAX || alike.count() >= ALIKE_MAX {
            self.findings_beyond += 1;
            return;
        }
        let meaning = meaning.into();
        self.findings.push(Finding {
            code,
            place,
            meaning,
        });
    }

    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The exit code: 0 clean, 3 findings.
    pub fn exit_code(&self) -> u8 {
        if self.is_clean() { 0 } else { 3 }
    }

    /// Writes the verdict for people.
    pub fn print(&self, out: &mut dyn Write) -> Result<()> {
        let what = match self.kind {
            Some(Kind::Full) => "the whole trail".to_owned(),
            Some(Kind::Case) => format!("the case {}", self.objects.join(", ")),
            Some(Kind::Filter) => "a selection".to_owned(),
            None => "unknown".to_owned(),
        };
        let line = |out: &mut dyn Write, name: &str, value: &str| -> Result<()> {
            Ok(writeln!(out, "{name:<13}{value}")?)
        };
        if let Some(origin) = &self.origin {
            line(out, "desk", origin)?;
        }
        line(out, "bundle", &what)?;
        match self.size {
            Some(size) => line(out, "events", &format!("{} of {size}", self.entries))?,
            None => line(out, "events", &self.entries.to_string())?,
        }
        if let Some(root) = &self.root {
            line(out, "root", root)?;
        }
        if let Some(vkey) = &self.vkey {
            line(out, "key", vkey)?;
        }
        let (disclosed, erased, files) = (self.disclosed, self.erased, self.files);
        let checked = format!("{disclosed} sealed texts, {files} files; {erased} were erased");
        line(out, "checked", &checked)?;
        if !self.last.is_empty() {
            line(out, "last events", &last_events(&self.last))?;
        }
        if let Some(ground) = &self.pack {
            let pins: Vec<String> = ground.pins.iter().map(u64::to_string).collect();
            let pins = format!("P-{}: {}", ground.pack, pins.join(", "));
            line(out, "pinned", &pins)?;
        }
        if !self.withheld.is_empty() {
            let all: u64 = self.withheld.values().sum();
            let fields = self.withheld.iter();
            let fields: Vec<String> = fields.map(|(field, n)| format!("{field} {n}")).collect();
            line(out, "WITHHELD", &format!("{all} ({})", fields.join(", ")))?;
        }
        for remark in &self.remarks {
            line(out, "note", remark)?;
        }
        if self.is_clean() {
            let words = match self.kind {
                Some(Kind::Full) => "the trail is whole up to the checkpoint, and unchanged",
                Some(Kind::Case) => {
                    "each event is as it was signed, and none is missing before the last event of \
                     each object; that none follows it is not proved"
                }
                Some(Kind::Filter) | None => {
                    "each event is as it was signed; a selection does not show what it left out"
                }
            };
            return line(out, "clean", words);
        }
        let all = self.findings.len() as u64 + self.findings_beyond;
        let word = if all == 1 { "finding" } else { "findings" };
        writeln!(out, "\n{all} {word}")?;
        for finding in &self.findings {
            writeln!(out, "  {}: {}", finding.place, finding.meaning)?;
            writeln!(out, "      {}", finding.code)?;
        }
        if self.findings_beyond > 0 {
            writeln!(out, "  … and {} more", self.findings_beyond)?;
        }
        Ok(())
    }
}

/// The last event of each object, in words.
pub(super) fn last_events(last: &BTreeMap<String, u64>) -> String {
    let last = last.iter();
    let each: Vec<String> = last
        .map(|(object, seq)| format!("{object}: event {seq}"))
        .collect();
    each.join(", ")
}
