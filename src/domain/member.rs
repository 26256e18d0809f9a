//! Members: their roles, and which right each role carries. The one place that says who may do
//! what.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a member is here for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, keys and members included.
    Owner,
    /// Settings, channels, members.
    Admin,
    /// All conversations and tickets, audit, exports.
    Lead,
    /// Reads all, reviews.
    Reviewer,
    /// Own groups and own work.
    Agent,
    /// Reads everything, changes nothing, exports.
    Auditor,
}

/// What a page, a form or a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Use the desk at all: read the inbox, tickets, customers within reach.
    Read,
    /// See conversations and tickets of every group.
    ReadAll,
    /// Answer, note, take, hand over, tag, close, open tickets.
    Work,
    /// Take what somebody else holds, assign to others.
    Assign,
    /// Read the audit trail of the whole desk.
    Audit,
    /// Take data out of the desk.
    Export,
    /// See raw provider payloads and re-read them.
    Raw,
    /// Change channels, groups and settings.
    Settings,
    /// Add, deactivate and change members.
    Members,
    /// Give or take the owner role.
    Owners,
    /// Erase personal content for good, and say how long it is kept.
    Erase,
    /// Place and release legal holds.
    Hold,
}

impl Role {
    /// All roles, the widest first.
    pub const ALL: [Role; 6] = [
        Role::Owner,
        Role::Admin,
        Role::Lead,
        Role::Reviewer,
        Role::Agent,
        Role::Auditor,
    ];

    /// Whether this role carries the right.
    ///
    /// **Source:** DESIGN §5, the table of roles.
    pub fn has(self, right: Right) -> bool {
        match right {
            Right::Read => true,
            Right::ReadAll => self != Role::Agent,
            Right::Work => matches!(self, Role::Owner | Role::Admin | Role::Lead | Role::Agent),
            Right::Assign => matches!(self, Role::Owner | Role::Admin | Role::Lead),
            Right::Audit => self != Role::Agent,
            Right::Export => !matches!(self, Role::Agent | Role::Admin),
            Right::Raw | Right::Settings | Right::Members | Right::Erase => {
                matches!(self, Role::Owner | Role::Admin)
            }
            Right::Owners => self == Role::Owner,
            Right::Hold => matches!(self, Role::Owner | Role::Lead),
        }
    }

    /// The role as written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Lead => "lead",
            Role::Reviewer => "reviewer",
            Role::Agent => "agent",
            Role::Auditor => "auditor",
        }
    }
}

impl Right {
    /// The right in words, for the page that refuses.
    pub fn words(self) -> &'static str {
        match self {
            Right::Read => "use the desk",
            Right::ReadAll => "see the work of every group",
            Right::Work => "work on conversations and tickets",
            Right::Assign => "assign work that somebody else holds",
            Right::Audit => "read the audit trail",
            Right::Export => "export data",
            Right::Raw => "see raw payloads",
            Right::Settings => "change settings and channels",
            Right::Members => "manage members",
            Right::Owners => "give or take the owner role",
            Right::Erase => "erase personal content",
            Right::Hold => "place and release legal holds",
        }
    }

    /// Whether a refusal of this right is worth an event.
    pub fn is_sensitive(self) -> bool {
        match self {
            Right::Read => false,
            Right::ReadAll
            | Right::Work
            | Right::Assign
            | Right::Audit
            | Right::Export
            | Right::Raw
            | Right::Settings
            | Right::Members
            | Right::Owners
            | Right::Erase
            | Right::Hold => true,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| {
                format!(
                    "{text} is not a role; roles are owner, admin, lead, reviewer, agent, auditor"
                )
            })
    }
}
