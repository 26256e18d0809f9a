//! Evidence bundles, `trailbox-evidence/1`: part of the trail in a folder or one zip file, with all
//! a stranger needs to check it, written here and read again by [`verify()`] without a desk.

mod chains;
mod copy;
mod held;
mod make;
mod package;
mod proofs;
mod report;
mod source;
mod sums;
mod verdict;
mod verify;
mod walk;

pub use copy::{Copied, copy};
pub use make::{Made, Wanted, What, make};
pub use package::Package;
pub use report::qr;
pub use sums::sum_of;
pub use verdict::{Code, Finding, Verdict};
pub use verify::{Given, verify};

use crate::error::{Refusal, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format and its version.
pub const FORMAT: &str = "trailbox-evidence/1";

/// The files of a bundle.
pub mod names {
    /// What the bundle says of itself.
    pub const MANIFEST: &str = "manifest.json";
    /// The signed note the proofs are against.
    pub const CHECKPOINT: &str = "checkpoint";
    /// The verifier key, as the desk tells it.
    pub const VKEY: &str = "vkey.txt";
    /// The exact bytes of the events.
    pub const ENTRIES: &str = "entries.jsonl";
    /// The sealed content that was not withheld.
    pub const DISCLOSURES: &str = "disclosures.jsonl";
    /// That the events are among those of the checkpoint, and older ones its beginning.
    pub const PROOFS: &str = "proofs.json";
    /// For reading, verifies itself.
    pub const REPORT: &str = "report.html";
    /// For spreadsheets.
    pub const TABLE: &str = "report.csv";
    /// What is proved and how to check it by hand.
    pub const README: &str = "README.txt";
    /// The folder of sealed files.
    pub const FILES: &str = "files/";
    /// Files the manifest lists with their digests, as nothing signed speaks of all that is in
    /// them: those made for people, the key, and the sealed content, of which some is withheld.
    pub const LISTED: [&str; 5] = [README, TABLE, REPORT, DISCLOSURES, VKEY];
    /// All but the sealed files.
    pub const ALL: [&str; 9] = [
        MANIFEST,
        CHECKPOINT,
        VKEY,
        ENTRIES,
        DISCLOSURES,
        PROOFS,
        REPORT,
        TABLE,
        README,
    ];
}

/// How the events of a bundle were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// All of the trail up to the checkpoint.
    Full,
    /// Every event of the named objects up to the checkpoint.
    Case,
    /// What passed a filter; completeness is not shown.
    Filter,
}

/// What a bundle says of itself. Unsigned: what can be proved is held against the events, `by` and
/// `made_at` cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// How the events were chosen.
    pub kind: Kind,
    /// The objects of a case.
    pub objects: Vec<String>,
    /// How many events.
    pub entries: u64,
    /// Whether sealed content was left out that the desk still has.
    pub withheld: bool,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// Who made it.
    pub by: String,
    /// The filter, as people read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Which requirements auditors ask about its events help to answer, and which events: see the
    /// handbook. Supports, not complies; other versions of this program may name others.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub supports: BTreeMap<String, Vec<String>>,
    /// The pack whose ground it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<Ground>,
    /// Hex SHA-256 of [`names::LISTED`].
    pub sums: BTreeMap<String, String>,
}

/// What a pack stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Which pack.
    pub pack: u64,
    /// The events pinned to it, ascending.
    pub pins: Vec<u64>,
}

impl Manifest {
    /// As it is written.
    pub fn text(&self) -> Result<String> {
        Ok(format!("{}\n", serde_json::to_string(self)?))
    }

    /// Reads it, strictly: no member twice, none unknown, written as we write it.
    ///
    /// **Refuses:** anything else.
    pub fn read(text: &str) -> Result<Self> {
        let refused = |what: String| Refusal::invalid(format!("the manifest {what}"));
        let manifest: Manifest = serde_json::from_str(text)
            .map_err(|error| refused(format!("cannot be read: {error}")))?;
        if manifest.format != FORMAT {
            let what = format!("is of the format {}, not {FORMAT}", manifest.format);
            return Err(refused(what).into());
        }
        if manifest.text()? != text {
            return Err(refused("is not written in its one form".to_owned()).into());
        }
        Ok(manifest)
    }
}

/// A line of `disclosures.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disclosed {
    /// The event.
    pub seq: u64,
    /// `["salt","field",value]`.
    pub text: String,
}
