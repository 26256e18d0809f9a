//! Facts about privacy: what was erased and why, what is held, how long things are kept, what was
//! given to the person it is about.

use super::SealedReason;
use crate::domain::id::{ContactId, MemberId, Object, Seq};
use crate::domain::privacy::{Ground, Kind, Subject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Facts about privacy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivacyEvent {
    /// A first person wants something erased; a second one has to approve.
    ErasureRequested {
        /// What it is about.
        subject: Subject,
        /// The customer, conversation or ticket.
        #[serde(default)]
        object: Option<Object>,
        /// Which kinds of content; all, if none is named.
        #[serde(default)]
        kinds: Vec<Kind>,
        /// Why.
        ground: Ground,
        /// Why, in words.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// A second person does not approve.
    ErasureDeclined {
        /// The request.
        request: Seq,
        /// The customer, conversation or ticket.
        #[serde(default)]
        object: Option<Object>,
        /// Why not.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// Sealed texts and files were erased; what they had said is gone, that they were there is not.
    /// Much at once takes several of these, of which the later name the first as their cause.
    Erased {
        /// What it is about.
        subject: Subject,
        /// The customer, conversation or ticket.
        #[serde(default)]
        object: Option<Object>,
        /// How much of each kind of content, in all parts.
        counts: BTreeMap<Kind, u64>,
        /// Why.
        ground: Ground,
        /// Who asked, if another approved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<Person>,
        /// The request that was approved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<Seq>,
        /// Which part, from 1.
        part: u32,
        /// Of how many.
        parts: u32,
        /// What this part erased: event and field.
        targets: Vec<(Seq, String)>,
        /// Why, in words.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// Something must not be erased, by nobody and no rule.
    HoldPlaced {
        /// The customer, conversation or ticket.
        object: Object,
        /// Why.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// It may be erased again.
    HoldReleased {
        /// The customer, conversation or ticket.
        object: Object,
        /// Why.
        #[serde(default)]
        sealed: SealedReason,
    },
    /// How long a kind of content is kept was set.
    RetentionSet {
        /// Which kind.
        kind: Kind,
        /// Counted from 1.
        version: u32,
        /// Before; none if it was kept for ever. **Unit:** days.
        #[serde(default)]
        from: Option<u32>,
        /// After. **Unit:** days.
        #[serde(default)]
        to: Option<u32>,
    },
    /// A customer's data was taken out of the desk, to be given to them.
    CopyTaken {
        /// Whose.
        contact: ContactId,
        /// How many articles it holds.
        articles: u64,
        /// How many files.
        files: u64,
        /// Hex SHA-256 of what `sha256sum` prints of its files in the order of their names.
        digest: String,
    },
}

/// A member, with the name at the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who; none for the operator at the shell.
    #[serde(default)]
    pub member: Option<MemberId>,
    /// The name.
    pub name: String,
}

impl PrivacyEvent {
    /// The objects whose chains this event continues.
    pub fn objects(&self) -> Vec<Object> {
        match self {
            PrivacyEvent::ErasureRequested { object, .. }
            | PrivacyEvent::ErasureDeclined { object, .. }
            | PrivacyEvent::Erased { object, .. } => object.iter().copied().collect(),
            PrivacyEvent::HoldPlaced { object, .. } | PrivacyEvent::HoldReleased { object, .. } => {
                vec![*object]
            }
            PrivacyEvent::CopyTaken { contact, .. } => vec![Object::Contact(*contact)],
            PrivacyEvent::RetentionSet { .. } => Vec::new(),
        }
    }
}
