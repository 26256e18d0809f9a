//! Facts about what was taken over from another system. The envelope tells when it was recorded,
//! the fact when it was true.

use super::SealedTitle;
use crate::domain::id::{ChannelId, ContactId, ConversationId, MemberId, Object, Seq, TicketId};
use crate::domain::import::{Author, Source};
use crate::domain::moment::Moment;
use crate::domain::ticket::{Priority, Status};
use serde::{Deserialize, Serialize};

/// Facts about imports. A run is known by the event that began it.
// Few live at a time, on their way into the trail: boxes would only be in the way.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportEvent {
    /// A run began.
    Began {
        /// From where.
        source: Source,
        /// Hex SHA-256 of each file.
        digests: Vec<String>,
        /// Threads found in them.
        threads: u64,
        /// Articles found in them.
        articles: u64,
    },
    /// A ticket was taken over.
    TicketTaken {
        /// The run.
        run: Seq,
        /// From where.
        source: Source,
        /// Its id there.
        foreign_id: String,
        /// Which it is here.
        ticket: TicketId,
        /// Whose case.
        #[serde(default)]
        contact: Option<ContactId>,
        /// What kind of case.
        kind: String,
        /// How soon it mattered.
        priority: Priority,
        /// Its status.
        status: Status,
        /// Its tags.
        #[serde(default)]
        tags: Vec<String>,
        /// When it was opened there.
        opened_at: Moment,
        /// When it changed there last.
        changed_at: Moment,
        /// What it is about.
        #[serde(default)]
        sealed: SealedTitle,
    },
    /// A conversation was taken over; it is closed.
    ConversationTaken {
        /// The run.
        run: Seq,
        /// From where.
        source: Source,
        /// Its id there; empty where that names a person and is sealed.
        foreign_id: String,
        /// Which it is here.
        conversation: ConversationId,
        /// With whom.
        contact: ContactId,
        /// On which channel.
        channel: ChannelId,
        /// When it began there.
        started_at: Moment,
        /// When something was said there last.
        last_at: Moment,
        /// Its id there, where that names a person.
        #[serde(default)]
        sealed: SealedId,
    },
    /// Something that was said was taken over.
    ArticleTaken {
        /// The run.
        run: Seq,
        /// From where.
        source: Source,
        /// Its id there.
        foreign_id: String,
        /// Where it belongs here.
        object: Object,
        /// Which side said it.
        author: Author,
        /// The customer, if they said it and are known.
        #[serde(default)]
        contact: Option<ContactId>,
        /// The member, if one with the author's address works here.
        #[serde(default)]
        member: Option<MemberId>,
        /// The customer never saw it.
        #[serde(default)]
        internal: bool,
        /// When it was said.
        sent_at: Moment,
        /// What kind of article, if not plain words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// What later letters name it by.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider_id: Option<String>,
        /// What was said, and by whom.
        #[serde(default)]
        sealed: SealedTaken,
    },
    /// A run came to its end.
    Finished {
        /// The run.
        run: Seq,
        /// From where.
        source: Source,
        /// Threads that were taken.
        threads: u64,
        /// Articles that were taken.
        articles: u64,
        /// Records that were known before.
        known: u64,
        /// Records that were left out.
        left_out: u64,
    },
}

/// What is sealed in a conversation of another system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedId {
    /// Its id there; none once erased.
    #[serde(default)]
    pub foreign_id: Option<String>,
}

/// What is sealed in an article of another system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedTaken {
    /// What was said; none once erased.
    #[serde(default)]
    pub said: Option<super::Said>,
    /// The author's name there.
    #[serde(default)]
    pub author_name: Option<String>,
}

impl ImportEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            ImportEvent::Began { .. } | ImportEvent::Finished { .. } => Vec::new(),
            ImportEvent::TicketTaken {
                ticket, contact, ..
            } => [Object::Ticket(*ticket)]
                .into_iter()
                .chain(contact.map(Object::Contact))
                .collect(),
            ImportEvent::ConversationTaken {
                conversation,
                contact,
                ..
            } => vec![
                Object::Conversation(*conversation),
                Object::Contact(*contact),
            ],
            ImportEvent::ArticleTaken { object, .. } => vec![*object],
        }
    }
}
