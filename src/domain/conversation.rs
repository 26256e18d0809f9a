//! Conversations: their statuses, their owner, how urgently they ask for a person.

use super::id::MemberId;
use super::moment::Moment;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The status of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has answered yet.
    New,
    /// Being worked on.
    Open,
    /// We asked; the customer has not answered.
    Waiting,
    /// Ended; a later message within the reopen window reopens it.
    Closed,
}

/// Who is responsible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Owner {
    /// Unassigned.
    Nobody,
    /// The assistant.
    Bot,
    /// A person.
    Member {
        /// Which one.
        id: MemberId,
        /// The name at the time.
        name: String,
    },
}

/// How ownership came to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transfer {
    /// A member took what was unassigned or with the bot.
    Taken,
    /// A member with the right took it from somebody else.
    TakenFrom,
    /// Somebody else was made responsible.
    Assigned,
    /// The owner passed it on with a reason.
    HandedOver,
    /// The owner put it back into the queue.
    Released,
    /// The bot gave up, or was never there.
    Escalated,
}

/// What an agent confirms when a conversation ends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// What the customer wanted.
    pub issue: String,
    /// What was done.
    #[serde(default)]
    pub actions: String,
    /// How it ended.
    #[serde(default)]
    pub outcome: String,
    /// What happens next, and who does it.
    #[serde(default)]
    pub next_step: String,
}

/// What closing a conversation ends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Held {
    /// Until when it was put aside.
    #[serde(default)]
    pub snoozed_until: Option<Moment>,
    /// Since when the customer waited.
    #[serde(default)]
    pub waiting_since: Option<Moment>,
}

impl Status {
    /// All statuses in the order of work.
    pub const ALL: [Status; 4] = [Status::New, Status::Open, Status::Waiting, Status::Closed];

    /// The status as written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::Open => "open",
            Status::Waiting => "waiting",
            Status::Closed => "closed",
        }
    }

    /// The status as people read it.
    pub fn words(self) -> &'static str {
        match self {
            Status::New => "New",
            Status::Open => "Open",
            Status::Waiting => "Waiting for customer",
            Status::Closed => "Closed",
        }
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| {
                format!("{text} is not a status; statuses are new, open, waiting, closed")
            })
    }
}

impl Owner {
    /// The member responsible, if one is.
    pub fn member(&self) -> Option<MemberId> {
        match self {
            Owner::Member { id, .. } => Some(*id),
            Owner::Nobody | Owner::Bot => None,
        }
    }

    /// The kind as written in the database.
    pub fn kind(&self) -> &'static str {
        match self {
            Owner::Nobody => "nobody",
            Owner::Bot => "bot",
            Owner::Member { .. } => "member",
        }
    }

    /// The owner as people read it.
    pub fn words(&self) -> &str {
        match self {
            Owner::Nobody => "nobody",
            Owner::Bot => "the bot",
            Owner::Member { name, .. } => name,
        }
    }
}
