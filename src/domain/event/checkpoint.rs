//! Facts about checkpoints beyond their publication: who signed them as well, where copies went.

use crate::domain::checkpoint::Contradiction;
use crate::domain::id::{ChannelId, MemberId, Object};
use crate::domain::moment::Moment;
use serde::{Deserialize, Serialize};

/// Facts about checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointEvent {
    /// A witness signed a published checkpoint as well, and keeps it.
    Cosigned {
        /// How many events the checkpoint is over.
        size: u64,
        /// The name the witness signs with.
        witness: String,
        /// When it signed, by its own clock.
        signed_at: Moment,
        /// The signature line under the note.
        line: String,
    },
    /// A witness refused a checkpoint, because it signed another trail of this desk before.
    Contradicted {
        /// How many events the checkpoint is over.
        size: u64,
        /// The name the witness signs with.
        witness: String,
        /// How the trails differ.
        how: Contradiction,
        /// How many events the one had that it signed.
        known: u64,
    },
    /// A checkpoint was mailed to a member.
    Mailed {
        /// How many events the checkpoint is over.
        size: u64,
        /// To whom.
        member: MemberId,
        /// The mailbox it was sent from.
        channel: ChannelId,
    },
    /// A checkpoint could not be mailed to a member.
    NotMailed {
        /// How many events the checkpoint is over.
        size: u64,
        /// To whom.
        member: MemberId,
        /// The mailbox it was to be sent from; none if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<ChannelId>,
        /// What the server said may name people.
        sealed: SealedReason,
    },
}

/// Why something could not be sent; none once erased.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedReason {
    /// In plain words.
    #[serde(default)]
    pub reason: Option<String>,
}

impl CheckpointEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            CheckpointEvent::Cosigned { .. } | CheckpointEvent::Contradicted { .. } => Vec::new(),
            CheckpointEvent::Mailed { member, .. } | CheckpointEvent::NotMailed { member, .. } => {
                vec![Object::Member(*member)]
            }
        }
    }
}
