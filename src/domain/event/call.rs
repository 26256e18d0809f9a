//! Facts about calls and about what was promised in them.

use crate::domain::call::{Note, StepKind};
use crate::domain::id::{ChannelId, ContactId, ConversationId, MemberId, Object, Seq};
use crate::domain::message::{CallDirection, CallOutcome};
use crate::domain::moment::Moment;
use serde::{Deserialize, Serialize};

/// Facts about calls. A call is known by the event that began it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEvent {
    /// The phone system told of a new call.
    Rang {
        /// Through which line.
        channel: ChannelId,
        /// The phone system's name for it.
        call_id: String,
        /// Who called whom.
        direction: CallDirection,
        /// With whom.
        contact: ContactId,
        /// Customers it may be instead: their number ends alike, or they wrote it.
        #[serde(default)]
        maybe: Vec<ContactId>,
        /// Where it belongs.
        conversation: ConversationId,
        /// When it was told.
        started_at: Moment,
        /// At whom it rings, or who dials.
        #[serde(default)]
        members: Vec<MemberId>,
        /// The queue it waits in.
        #[serde(default)]
        queue: Option<String>,
        /// The body it came in.
        payload: Seq,
        /// The numbers.
        #[serde(default)]
        sealed: SealedNumbers,
    },
    /// Somebody took it.
    Answered {
        /// Which.
        call: Seq,
        /// Where it belongs.
        conversation: ConversationId,
        /// When it was told.
        answered_at: Moment,
        /// Who, if the phone system named a member.
        #[serde(default)]
        member: Option<MemberId>,
        /// The name at the time.
        #[serde(default)]
        name: Option<String>,
        /// The body it came in.
        payload: Seq,
    },
    /// It is over.
    Ended {
        /// Which.
        call: Seq,
        /// Where it belongs.
        conversation: ConversationId,
        /// When it was told, or when it was given up.
        ended_at: Moment,
        /// The phone system's word; `lost` if it never told.
        cause: String,
        /// What became of it.
        outcome: CallOutcome,
        /// How long they spoke. **Unit:** seconds.
        #[serde(default)]
        duration_s: Option<u64>,
        /// The body it came in; none if it was given up.
        #[serde(default)]
        payload: Option<Seq>,
    },
    /// A step was told of a call nobody heard begin; it waits for the beginning.
    StepKept {
        /// Through which line.
        channel: ChannelId,
        /// The phone system's name for the call.
        call_id: String,
        /// Which step.
        step: StepKind,
        /// When it was told.
        told_at: Moment,
        /// Why it ended, if it did.
        #[serde(default)]
        cause: Option<String>,
        /// Who took it, if the phone system named a member.
        #[serde(default)]
        member: Option<MemberId>,
        /// Whether somebody took it, as far as this step says.
        #[serde(default)]
        answered: bool,
        /// The body it came in.
        payload: Seq,
    },
    /// A member wrote down a call the phone system did not tell of.
    Logged {
        /// On which conversation or ticket.
        object: Object,
        /// With whom.
        #[serde(default)]
        contact: Option<ContactId>,
        /// Who called whom.
        direction: CallDirection,
        /// What became of it.
        outcome: CallOutcome,
        /// When it began.
        started_at: Moment,
        /// How long they spoke. **Unit:** seconds.
        #[serde(default)]
        duration_s: Option<u64>,
        /// Internal: the customer never sees it.
        #[serde(default)]
        locked: bool,
        /// How satisfied the customer was, 1 to 5.
        #[serde(default)]
        satisfaction: Option<u8>,
        /// Somebody above has to look at it.
        #[serde(default)]
        escalate: bool,
        /// The note and the number.
        #[serde(default)]
        sealed: SealedCallNote,
    },
    /// A member wrote the note of a call; a later one corrects it, both stay.
    Noted {
        /// Which call.
        call: Seq,
        /// On which conversation or ticket.
        object: Object,
        /// The event of the note it corrects.
        #[serde(default)]
        corrects: Option<Seq>,
        /// Internal: the customer never sees it.
        #[serde(default)]
        locked: bool,
        /// How satisfied the customer was, 1 to 5.
        #[serde(default)]
        satisfaction: Option<u8>,
        /// Somebody above has to look at it.
        #[serde(default)]
        escalate: bool,
        /// The note.
        #[serde(default)]
        sealed: SealedCallNote,
    },
}

/// Facts about what was promised to a customer. A promise is known by the event that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentEvent {
    /// Something was promised.
    Made {
        /// The call it was promised in.
        call: CallRef,
        /// On which conversation or ticket.
        object: Object,
        /// To whom.
        #[serde(default)]
        contact: Option<ContactId>,
        /// Who has to do it.
        owner: MemberId,
        /// The name at the time.
        owner_name: String,
        /// Until when.
        due_at: Moment,
        /// When the owner is reminded.
        remind_at: Moment,
        /// From when it counts as missed.
        missed_at: Moment,
        /// What was promised.
        #[serde(default)]
        sealed: SealedPromise,
    },
    /// The owner was reminded.
    Reminded {
        /// Which.
        commitment: Seq,
        /// On which conversation or ticket.
        object: Object,
        /// Who was reminded.
        owner: MemberId,
        /// Until when it is due.
        due_at: Moment,
    },
    /// Another time was agreed with the customer.
    Moved {
        /// Which.
        commitment: Seq,
        /// On which conversation or ticket.
        object: Object,
        /// Before.
        from: Moment,
        /// After.
        to: Moment,
        /// When the owner is reminded.
        remind_at: Moment,
        /// From when it counts as missed.
        missed_at: Moment,
        /// Why.
        #[serde(default)]
        sealed: super::SealedReason,
    },
    /// Somebody else has to do it.
    OwnerChanged {
        /// Which.
        commitment: Seq,
        /// On which conversation or ticket.
        object: Object,
        /// Before.
        from: MemberId,
        /// After.
        to: MemberId,
        /// The name at the time.
        to_name: String,
    },
    /// It was done.
    Kept {
        /// Which.
        commitment: Seq,
        /// On which conversation or ticket.
        object: Object,
        /// Who had to do it.
        owner: MemberId,
        /// After it was due, but before it counted as missed.
        #[serde(default)]
        late: bool,
        /// How.
        #[serde(default)]
        sealed: super::SealedReason,
    },
    /// It was not done in time, or a member says that it will not be.
    Missed {
        /// Which.
        commitment: Seq,
        /// On which conversation or ticket.
        object: Object,
        /// Who had to do it.
        owner: MemberId,
        /// Until when it was due.
        due_at: Moment,
        /// Why.
        #[serde(default)]
        sealed: super::SealedReason,
    },
}

/// The call a promise was made in: one in the trail, or the one recorded by the same wish, which
/// is the promise's cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallRef {
    /// One in the trail.
    Call(Seq),
    /// The cause of this event.
    Cause,
}

/// What is sealed where a call's numbers are told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedNumbers {
    /// The customer's number, or what stands for it.
    #[serde(default)]
    pub number: Option<String>,
    /// Ours.
    #[serde(default)]
    pub line: Option<String>,
}

/// What is sealed in a note of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedCallNote {
    /// The note; none once erased.
    #[serde(default)]
    pub note: Option<Note>,
    /// The customer's number, if it was written down.
    #[serde(default)]
    pub number: Option<String>,
}

/// What is sealed in a promise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SealedPromise {
    /// What was promised; none once erased.
    #[serde(default)]
    pub text: Option<String>,
}

impl CallEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            CallEvent::Rang {
                channel,
                contact,
                conversation,
                ..
            } => vec![
                Object::Conversation(*conversation),
                Object::Contact(*contact),
                Object::Channel(*channel),
            ],
            CallEvent::Answered { conversation, .. } | CallEvent::Ended { conversation, .. } => {
                vec![Object::Conversation(*conversation)]
            }
            CallEvent::StepKept { channel, .. } => vec![Object::Channel(*channel)],
            CallEvent::Logged {
                object, contact, ..
            } => [*object]
                .into_iter()
                .chain(contact.map(Object::Contact))
                .collect(),
            CallEvent::Noted { object, .. } => vec![*object],
        }
    }
}

impl CommitmentEvent {
    pub(super) fn objects(&self) -> Vec<Object> {
        match self {
            CommitmentEvent::Made {
                object,
                contact,
                owner,
                ..
            } => [*object, Object::Member(*owner)]
                .into_iter()
                .chain(contact.map(Object::Contact))
                .collect(),
            CommitmentEvent::OwnerChanged {
                object, from, to, ..
            } => vec![*object, Object::Member(*from), Object::Member(*to)],
            CommitmentEvent::Reminded { object, owner, .. }
            | CommitmentEvent::Kept { object, owner, .. }
            | CommitmentEvent::Missed { object, owner, .. } => {
                vec![*object, Object::Member(*owner)]
            }
            CommitmentEvent::Moved { object, .. } => vec![*object],
        }
    }
}
