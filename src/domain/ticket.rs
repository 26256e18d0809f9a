//! Tickets: their statuses and which of them may follow which.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The category of a status: what it means for queues and clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Nobody has begun.
    New,
    /// Being worked on.
    Open,
    /// Waiting for the customer or a third party.
    Waiting,
    /// Solved, may come back.
    Done,
    /// Over.
    Final,
}

/// The status of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Just opened.
    New,
    /// Somebody is on it.
    InProgress,
    /// We asked the customer.
    AwaitingCustomer,
    /// A courier or another third party has it; says whom, which reference, until when.
    AwaitingCourier,
    /// Solved; asks for the resolution note.
    Resolved,
    /// Over.
    Closed,
}

/// How soon it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// As usual.
    Normal,
    /// Before others.
    High,
    /// At once.
    Urgent,
}

/// How one ticket is linked with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// They have to do with each other.
    Related,
    /// It is a part of the other.
    Child,
    /// It is about the same as the other, and ends with it.
    Duplicate,
}

/// What is waited for while a ticket is with a third party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Whom we wait for, such as the courier's name.
    pub whom: String,
    /// Their reference, such as a tracking number.
    pub reference: String,
    /// The date it is expected, YYYY-MM-DD.
    pub expected_on: String,
}

impl Status {
    /// All statuses in the order of work.
    pub const ALL: [Status; 6] = [
        Status::New,
        Status::InProgress,
        Status::AwaitingCustomer,
        Status::AwaitingCourier,
        Status::Resolved,
        Status::Closed,
    ];

    /// The category this status belongs to.
    pub fn category(self) -> Category {
        match self {
            Status::New => Category::New,
            Status::InProgress => Category::Open,
            Status::AwaitingCustomer | Status::AwaitingCourier => Category::Waiting,
            Status::Resolved => Category::Done,
            Status::Closed => Category::Final,
        }
    }

    /// Whether a ticket may go from this status to the other.
    ///
    /// Closed is left only by reopening, which is In progress; nothing goes back to New; Closed
    /// comes after Resolved, so that a resolution note exists.
    pub fn may_become(self, next: Status) -> bool {
        if self == next {
            return false;
        }
        match next {
            Status::New => false,
            Status::InProgress => true,
            Status::AwaitingCustomer | Status::AwaitingCourier => {
                !matches!(self, Status::Resolved | Status::Closed)
            }
            Status::Resolved => self != Status::Closed,
            Status::Closed => self == Status::Resolved,
        }
    }

    /// The status as written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::InProgress => "in_progress",
            Status::AwaitingCustomer => "awaiting_customer",
            Status::AwaitingCourier => "awaiting_courier",
            Status::Resolved => "resolved",
            Status::Closed => "closed",
        }
    }

    /// The status as people read it.
    pub fn words(self) -> &'static str {
        match self {
            Status::New => "New",
            Status::InProgress => "In progress",
            Status::AwaitingCustomer => "Awaiting customer",
            Status::AwaitingCourier => "Awaiting courier",
            Status::Resolved => "Resolved",
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
            .ok_or_else(|| format!("{text} is not a ticket status"))
    }
}

impl Link {
    /// All links.
    pub const ALL: [Link; 3] = [Link::Related, Link::Child, Link::Duplicate];

    /// The link as written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Link::Related => "related",
            Link::Child => "child",
            Link::Duplicate => "duplicate",
        }
    }

    /// What the one it starts at is to the other: `from_here`, or the other way round.
    pub fn words(self, from_here: bool) -> &'static str {
        match (self, from_here) {
            (Link::Related, _) => "Related to",
            (Link::Child, true) => "Child of",
            (Link::Child, false) => "Parent of",
            (Link::Duplicate, true) => "Duplicate of",
            (Link::Duplicate, false) => "Has the duplicate",
        }
    }
}

impl FromStr for Link {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Link::ALL
            .into_iter()
            .find(|link| link.as_str() == text)
            .ok_or_else(|| format!("{text} is not a link; links are related, child, duplicate"))
    }
}

impl Category {
    /// The category as written in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Category::New => "new",
            Category::Open => "open",
            Category::Waiting => "waiting",
            Category::Done => "done",
            Category::Final => "final",
        }
    }
}

impl Priority {
    /// All priorities, the least first.
    pub const ALL: [Priority; 4] = [
        Priority::Low,
        Priority::Normal,
        Priority::High,
        Priority::Urgent,
    ];

    /// The priority as written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }
}

impl FromStr for Priority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Priority::ALL
            .into_iter()
            .find(|priority| priority.as_str() == text)
            .ok_or_else(|| {
                format!("{text} is not a priority; priorities are low, normal, high, urgent")
            })
    }
}
