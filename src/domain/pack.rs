//! Packs: what settles a dispute. Pinned events, what each side said, a finding, a decision.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What one side said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Side {
    /// Who.
    pub who: String,
    /// What they say happened.
    pub says: String,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The trail shows that it was so.
    Established,
    /// The trail shows that part of it was so.
    Partly,
    /// The trail shows that it was not so.
    Refuted,
    /// The trail does not tell.
    Open,
}

impl Outcome {
    /// All of them, in the order they are offered.
    pub const ALL: [Outcome; 4] = [
        Outcome::Established,
        Outcome::Partly,
        Outcome::Refuted,
        Outcome::Open,
    ];

    /// As written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Established => "established",
            Outcome::Partly => "partly",
            Outcome::Refuted => "refuted",
            Outcome::Open => "open",
        }
    }

    /// As people read it.
    pub fn words(self) -> &'static str {
        match self {
            Outcome::Established => "Established",
            Outcome::Partly => "Partly established",
            Outcome::Refuted => "Refuted",
            Outcome::Open => "The trail does not settle it",
        }
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Outcome::ALL.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| format!("{text} is not an outcome; choose what came of it"))
    }
}
