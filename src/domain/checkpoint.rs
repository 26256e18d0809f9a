//! Checkpoints as people speak of them: what a witness that refuses one says about the trail.

use serde::{Deserialize, Serialize};

/// How a trail differs from the one a witness signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contradiction {
    /// The witness signed a longer one: an old copy was put back, or the end was cut off.
    RolledBack,
    /// What the witness signed is not its beginning: the history was rewritten.
    Forked,
}

impl Contradiction {
    /// As it stands in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Contradiction::RolledBack => "rolled_back",
            Contradiction::Forked => "forked",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Contradiction::RolledBack, Contradiction::Forked]
            .into_iter()
            .find(|one| one.as_str() == name)
    }
}
