//! Facts about packs: opened, pinned to, written, decided, shared. What people wrote is sealed;
//! what is pinned is named by number and hash, so that the ground cannot shift.

use crate::domain::id::{MemberId, Object, Seq};
use crate::domain::pack::{Outcome, Side};
use serde::{Deserialize, Serialize};

/// Facts about packs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackEvent {
    /// A pack was opened on a case.
    Opened {
        /// Which.
        pack: u64,
        /// The conversation or ticket.
        object: Object,
        /// What it is about.
        #[serde(default)]
        sealed: SealedWords,
    },
    /// An event was pinned to it.
    Pinned {
        /// Which.
        pack: u64,
        /// The conversation or ticket.
        object: Object,
        /// The event.
        event: Seq,
        /// Its hash, base64.
        leaf: String,
        /// What it is to show.
        #[serde(default)]
        sealed: SealedWords,
    },
    /// An event was taken off it.
    Unpinned {
        /// Which.
        pack: u64,
        /// The conversation or ticket.
        object: Object,
        /// The event.
        event: Seq,
    },
    /// Its words were written: title, what each side said, the finding.
    Written {
        /// Which.
        pack: u64,
        /// The conversation or ticket.
        object: Object,
        /// All of its words, as they are from now on.
        #[serde(default)]
        sealed: SealedWords,
    },
    /// It was decided; nothing is pinned or written any more.
    Decided {
        /// Which.
        pack: u64,
        /// The conversation or ticket.
        object: Object,
        /// What came of it.
        outcome: Outcome,
        /// The pinned events it stands on.
        pins: Vec<Seq>,
        /// The decision.
        #[serde(default)]
        sealed: SealedWords,
    },
    /// It was taken up again.
    Reopened {
        /// Which.
        pack: u64,
        /// The conversation or ticket.
        object: Object,
        /// Why.
        #[serde(default)]
        sealed: SealedWords,
    },
    /// It was shared with somebody concerned.
    Shared {
        /// Which.
        pack: u64,
        /// The conversation or ticket.
        object: Object,
        /// With whom.
        member: MemberId,
        /// Their name at the time.
        name: String,
    },
    /// Somebody concerned answered.
    Answered {
        /// Which.
        pack: u64,
        /// The conversation or ticket.
        object: Object,
        /// Who.
        member: MemberId,
        /// Their name at the time.
        name: String,
        /// What they say.
        #[serde(default)]
        sealed: SealedWords,
    },
}

/// What is sealed in a pack; each fact carries its share.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedWords {
    /// What it is about.
    #[serde(default)]
    pub title: Option<String>,
    /// What each side said.
    #[serde(default)]
    pub sides: Option<Vec<Side>>,
    /// What was found.
    #[serde(default)]
    pub finding: Option<String>,
    /// What was decided, or why it was taken up again.
    #[serde(default)]
    pub decision: Option<String>,
    /// What a pinned event is to show.
    #[serde(default)]
    pub remark: Option<String>,
    /// What somebody concerned answered.
    #[serde(default)]
    pub answer: Option<String>,
}

impl PackEvent {
    /// The objects whose chains this event continues.
    pub fn objects(&self) -> Vec<Object> {
        match self {
            PackEvent::Opened { object, .. }
            | PackEvent::Pinned { object, .. }
            | PackEvent::Unpinned { object, .. }
            | PackEvent::Written { object, .. }
            | PackEvent::Decided { object, .. }
            | PackEvent::Reopened { object, .. }
            | PackEvent::Shared { object, .. }
            | PackEvent::Answered { object, .. } => vec![*object],
        }
    }
}
