//! What a verification says: its findings, each with its place and meaning, and the figures around
//! them; as JSON and as plain text.

use crate::domain::id::Seq;
use crate::error::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

/// Most findings that are kept; those beyond are counted.
pub const FINDINGS_MAX: usize = 1_000;

/// Most findings of one code in one table that are kept, so that others are seen beside them.
const ALIKE_MAX: usize = 100;

/// What a verification found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How many events the trail has.
    pub events: u64,
    /// The first of them that was read; those before stand by the stored tree.
    pub read_from: u64,
    /// The root over them as computed from their bytes, base64.
    pub root: String,
    /// The signed statement about the newest state, as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The key everything signed was checked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vkey: Option<String>,
    /// How thoroughly.
    pub depth: Depth,
    /// The newest event that a valid signature vouches for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_good: Option<Seq>,
    /// How many published checkpoints were checked.
    pub checkpoints: u64,
    /// How many outside anchors were checked.
    pub anchors: u64,
    /// How many disclosures were checked against their digests.
    pub disclosures: u64,
    /// How many files were checked against their digests.
    pub files: u64,
    /// How many rows of derived tables were compared with a rebuild.
    pub rows: u64,
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

/// How thoroughly a trail is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Entries, chain, tree and signatures.
    Chain,
    /// Also the file itself, disclosures, files, and every derived table against a rebuild.
    Whole,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What sort of thing.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// How bad.
    pub severity: Severity,
    /// What it means, in one plain sentence.
    pub meaning: String,
    /// The newest event that a valid signature vouches for in spite of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_good: Option<Seq>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The facts themselves are not what was recorded.
    Facts,
    /// The facts stand, but what the pages show does not follow from them; a rebuild mends it.
    State,
}

/// Where something is wrong; only what applies is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct Place {
    /// An event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// A table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// A row of it: the values of its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A column of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Anything else: a trigger, an index, a kept checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing: Option<String>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident $word:literal $severity:ident;)*) => {
        /// The sorts of findings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $word)] $code,)*
        }

        impl Code {
            /// The code as it is written.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$code => $word,)*
                }
            }

            fn severity(self) -> Severity {
                match self {
                    $(Code::$code => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    /// The file cannot be read, or SQLite's own check complains.
    FileDamaged "file_damaged" Facts;
    /// A table, index, trigger or view is missing, unknown or another.
    ShapeChanged "shape_changed" Facts;
    /// Events are missing between two others.
    EventMissing "event_missing" Facts;
    /// An entry is not the one that was recorded.
    EventChanged "event_changed" Facts;
    /// The stored digest of an entry was changed; the entry itself was not.
    LeafChanged "leaf_changed" Facts;
    /// An entry is not written in the one form entries have.
    EventMalformed "event_malformed" Facts;
    /// An entry stands at another place than it says.
    EventMisplaced "event_misplaced" Facts;
    /// An event does not follow the one before it.
    LinkBroken "link_broken" Facts;
    /// An event is dated before the one before it.
    TimeRanBack "time_ran_back" Facts;
    /// An event names a later one as its cause.
    CauseAhead "cause_ahead" Facts;
    /// The own chain of an object has a gap or another predecessor.
    ObjectChainBroken "object_chain_broken" Facts;
    /// The signed head is missing or more than one.
    HeadMissing "head_missing" Facts;
    /// A head or checkpoint is not signed by the desk's key.
    SignatureWrong "signature_wrong" Facts;
    /// A checkpoint the trail tells of is gone.
    CheckpointMissing "checkpoint_missing" Facts;
    /// A checkpoint the trail does not tell of.
    CheckpointUnknown "checkpoint_unknown" Facts;
    /// Events that a signature vouches for are gone from the end.
    Truncated "truncated" Facts;
    /// Events that a signature vouches for are others now.
    Rewritten "rewritten" Facts;
    /// Events at the end that no signature vouches for.
    EventUnsigned "event_unsigned" Facts;
    /// The desk's key is not the expected one.
    KeyChanged "key_changed" Facts;
    /// A given anchor could not be read.
    AnchorUnreadable "anchor_unreadable" Facts;
    /// A sealed text is gone although no erasure names it.
    DisclosureMissing "disclosure_missing" Facts;
    /// A sealed text is not the one that was recorded.
    DisclosureChanged "disclosure_changed" Facts;
    /// A sealed text that no event commits to.
    DisclosureUnknown "disclosure_unknown" Facts;
    /// A sealed text that was erased is there again, or an erasure names what never was.
    ErasureBroken "erasure_broken" Facts;
    /// A sealed file is gone.
    FileMissing "file_missing" Facts;
    /// A sealed file is not the one that was recorded.
    FileChanged "file_changed" Facts;
    /// A file that no event commits to.
    FileUnknown "file_unknown" Facts;
    /// A fact cannot be read or applied by this program.
    NotApplicable "not_applicable" Facts;
    /// A row that follows from the facts is missing.
    RowMissing "row_missing" State;
    /// A row that does not follow from the facts.
    RowUnknown "row_unknown" State;
    /// A row says something else than follows from the facts.
    RowChanged "row_changed" State;
    /// The search index does not fit the texts.
    SearchChanged "search_changed" State;
    /// The assistant spoke although a person was responsible.
    BotSpokeOver "bot_spoke_over" Facts;
    /// An attempt to send was followed by another without saying what came of it.
    OutcomeMissing "outcome_missing" Facts;
    /// Somebody is responsible who does not work here.
    OwnerUnknown "owner_unknown" Facts;
}

impl Place {
    /// An event.
    pub fn event(seq: u64) -> Self {
        Place {
            seq: Some(seq),
            ..Place::default()
        }
    }

    /// A table as a whole.
    pub fn table(table: &str) -> Self {
        Place {
            table: Some(table.to_owned()),
            ..Place::default()
        }
    }

    /// A row of a table.
    pub fn row(table: &str, key: impl Into<String>) -> Self {
        Place {
            key: Some(key.into()),
            ..Place::table(table)
        }
    }

    /// Something that has a name of its own.
    pub fn thing(name: impl Into<String>) -> Self {
        Place {
            thing: Some(name.into()),
            ..Place::default()
        }
    }

    /// A column of the row.
    pub fn column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    /// The event the row belongs to.
    pub fn of_event(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.seq.map(|seq| format!("event {seq}")));
        parts.extend(self.thing.clone());
        parts.extend(self.table.as_ref().map(|table| match &self.key {
            Some(key) => format!("{table} {key}"),
            None => format!("table {table}"),
        }));
        parts.extend(
            self.column
                .as_ref()
                .map(|column| format!("column {column}")),
        );
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Findings as they are gathered.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
    alike: BTreeMap<(Code, Option<String>), usize>,
    beyond: u64,
}

impl Findings {
    /// Adds one.
    pub fn add(&mut self, code: Code, place: Place, meaning: impl Into<String>) {
        let alike = self.alike.entry((code, place.table.clone())).or_default();
        *alike += 1;
        if self.kept.len() >= FINDINGS_MAX || *alike > ALIKE_MAX {
            self.beyond += 1;
            return;
        }
        self.kept.push(Finding {
            code,
            place,
            severity: code.severity(),
            meaning: meaning.into(),
            newest_good: None,
        });
    }

    /// How many there are, kept or not.
    pub fn count(&self) -> u64 {
        self.kept.len() as u64 + self.beyond
    }

    /// The findings, the worst first, and how many were not kept.
    pub fn finish(mut self, newest_good: Option<Seq>) -> (Vec<Finding>, u64) {
        for finding in &mut self.kept {
            finding.newest_good = newest_good;
        }
        self.kept.sort_by_key(|finding| finding.severity);
        (self.kept, self.beyond)
    }
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// The exit code: 0 clean, 3 findings.
    pub fn exit_code(&self) -> u8 {
        if self.is_clean() { 0 } else { 3 }
    }

    /// Writes the report for people.
    pub fn print(&self, out: &mut dyn Write) -> Result<()> {
        let how = match self.depth {
            Depth::Chain => "chain, tree and signatures",
            Depth::Whole => "everything",
        };
        let from = match self.read_from {
            0 => String::new(),
            from => format!(" from {from} on"),
        };
        writeln!(
            out,
            "{} events, {how}{from} checked in {}",
            self.events,
            took(self.took_ms)
        )?;
        writeln!(out, "root         {}", self.root)?;
        if let Some(vkey) = &self.vkey {
            writeln!(out, "key          {vkey}")?;
        }
        writeln!(
            out,
            "checked      {} checkpoints, {} kept elsewhere; {} sealed texts, {} files, {} rows",
            self.checkpoints, self.anchors, self.disclosures, self.files, self.rows
        )?;
        for remark in &self.remarks {
            writeln!(out, "note         {remark}")?;
        }
        if self.is_clean() {
            writeln!(
                out,
                "clean        nothing was changed behind the program's back"
            )?;
            if self.anchors == 0 {
                writeln!(
                    out,
                    "             an old copy put back as a whole shows only against a checkpoint \
                     kept elsewhere (--against)"
                )?;
            }
            return Ok(());
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
        match self.newest_good {
            Some(seq) => writeln!(out, "\nevents 0 to {seq} are as they were signed")?,
            None => writeln!(out, "\nno event is vouched for by a valid signature")?,
        }
        Ok(())
    }
}

/// An entry that is not what its digest was made of.
pub(super) fn entry_changed(findings: &mut Findings, seq: u64) {
    let meaning = "the entry was changed after it was recorded: it no longer has the digest the \
                   trail was built with";
    let place = Place::event(seq).column("entry");
    findings.add(Code::EventChanged, place, meaning);
}

/// A stored digest that is not the entry's.
pub(super) fn leaf_changed(findings: &mut Findings, seq: u64) {
    let meaning = "the stored digest was changed; the entry itself is as it was recorded";
    let place = Place::event(seq).column("leaf");
    findings.add(Code::LeafChanged, place, meaning);
}

fn took(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        _ => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    }
}
