//! Facts about e-mail beyond what any article tells: the reading of mailboxes, letters of
//! machines, answers withheld, signatures.

use super::SealedContent;
use crate::domain::id::{ArticleId, ChannelId, ContactId, ConversationId, Object, Seq};
use crate::domain::moment::Moment;
use serde::{Deserialize, Serialize};

/// Facts about e-mail.
// Few live at a time, on their way into the trail: boxes would only be in the way.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailEvent {
    /// A machine's letter came into a thread: an absence notice, a bounce. It counts as no answer
    /// and wakes nothing.
    Appended {
        /// Where it belongs.
        conversation: ConversationId,
        /// Whose thread it is.
        contact: ContactId,
        /// What it is: `an automatic answer`, `a report on delivery`.
        what: String,
        /// What it is known by.
        provider_id: String,
        /// When it was written.
        sent_at: Moment,
        /// The letter as it came.
        payload: Seq,
        /// What was said.
        #[serde(default)]
        sealed: SealedContent,
    },
    /// The mailbox was read up to here.
    Fetched {
        /// Which.
        channel: ChannelId,
        /// The server's name for this life of the mailbox (UIDVALIDITY).
        validity: u32,
        /// The number of the letter in it (UID).
        uid: u32,
        /// It is the place the desk began at; older letters stay where they are.
        #[serde(default)]
        first: bool,
    },
    /// A letter could not be fetched and was passed over.
    FetchFailed {
        /// Of which mailbox.
        channel: ChannelId,
        /// The server's name for this life of the mailbox (UIDVALIDITY).
        validity: u32,
        /// The number of the letter in it (UID).
        uid: u32,
        /// Why.
        why: String,
    },
    /// The mailbox cannot be reached; it is tried again and again.
    Lost {
        /// Which.
        channel: ChannelId,
        /// In plain words.
        text: String,
    },
    /// The mailbox is reached again.
    Regained {
        /// Which.
        channel: ChannelId,
    },
    /// No automatic answer was sent, although the mailbox gives one.
    AnswerWithheld {
        /// To the first letter of this conversation.
        conversation: ConversationId,
        /// Why.
        why: String,
    },
    /// One of several receivers was refused; the others got the letter.
    ReceiverRefused {
        /// Which letter.
        article: ArticleId,
        /// Where it belongs.
        conversation: ConversationId,
        /// The server's number of the error.
        code: i64,
        /// In plain words.
        text: String,
        /// Who it was.
        #[serde(default)]
        sealed: SealedReceiver,
    },
    /// What stands under letters of a member or a group.
    SignatureSet {
        /// Whose.
        object: Object,
        /// The words; none takes it away.
        #[serde(default)]
        sealed: SealedSignature,
    },
}

/// What is sealed where a receiver was refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedReceiver {
    /// The address; none once erased.
    #[serde(default)]
    pub address: Option<String>,
}

/// What is sealed in a signature.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedSignature {
    /// The words; none once erased or taken away.
    #[serde(default)]
    pub text: Option<String>,
}

impl EmailEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            EmailEvent::Appended {
                conversation,
                contact,
                ..
            } => vec![
                Object::Conversation(*conversation),
                Object::Contact(*contact),
            ],
            EmailEvent::Fetched { channel, .. }
            | EmailEvent::FetchFailed { channel, .. }
            | EmailEvent::Lost { channel, .. }
            | EmailEvent::Regained { channel } => vec![Object::Channel(*channel)],
            EmailEvent::AnswerWithheld { conversation, .. }
            | EmailEvent::ReceiverRefused { conversation, .. } => {
                vec![Object::Conversation(*conversation)]
            }
            EmailEvent::SignatureSet { object, .. } => vec![*object],
        }
    }
}
