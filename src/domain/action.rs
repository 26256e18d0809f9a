//! Actions: what a macro, a rule or a bulk wish does to one conversation or ticket. Each kind at
//! most once, done in the order of the fields below.

use super::id::{GroupId, MemberId};
use super::ticket::Priority;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is done. Whatever is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Actions {
    /// Tags that come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
    /// Tags that go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
    /// The ticket's priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The ticket's type.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type")]
    pub kind: Option<String>,
    /// Whose queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Who is responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Assignee>,
    /// Marked as urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate: Option<Escalation>,
    /// What colleagues read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What the customer reads, by language; the empty language is the usual one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reply: BTreeMap<String, String>,
    /// The conversation's status: `open`, `waiting`, `closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The ticket's status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_status: Option<String>,
    /// What is written into the ticket's own fields, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Who is told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<Notice>,
    /// The webhook that is told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<u64>,
    /// How it was solved or what came of it, where the status asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The conversation is put aside for so long. **Unit:** hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snooze_h: Option<u32>,
    /// The conversation is marked as spam, or the mark is taken away. In bulk only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spam: Option<bool>,
}

/// Who becomes responsible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Assignee {
    /// Nobody: back into the queue.
    Nobody,
    /// Whoever uses the macro.
    Me,
    /// A member.
    Member {
        /// Which.
        id: MemberId,
    },
}

/// Who is told, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Who.
    pub to: Audience,
    /// What they read.
    pub text: String,
}

/// Whom a notice goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Audience {
    /// Whoever is responsible; the leads where nobody is.
    Owner,
    /// The leads.
    Leads,
    /// A member.
    Member {
        /// Which.
        id: MemberId,
    },
    /// Everybody of a group.
    Group {
        /// Which.
        id: GroupId,
    },
}

/// How urgent something becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// 1 to 3; 0 ends it.
    pub level: u8,
    /// Why.
    pub reason: String,
}

impl Actions {
    /// Whether nothing would be done.
    pub fn is_empty(&self) -> bool {
        *self == Actions::default()
    }

    /// The words of each kind of action that would be done, in order.
    pub fn kinds(&self) -> Vec<&'static str> {
        let all = [
            (
                "tags",
                !self.add_tags.is_empty() || !self.remove_tags.is_empty(),
            ),
            ("priority", self.priority.is_some()),
            ("type", self.kind.is_some()),
            ("group", self.group.is_some()),
            ("assign", self.assign.is_some()),
            ("escalate", self.escalate.is_some()),
            ("note", self.note.is_some()),
            ("reply", !self.reply.is_empty()),
            ("status", self.status.is_some()),
            ("own fields", !self.fields.is_empty()),
            ("ticket status", self.ticket_status.is_some()),
            ("snooze", self.snooze_h.is_some()),
            ("spam", self.spam.is_some()),
            ("notify", self.notify.is_some()),
            ("webhook", self.webhook.is_some()),
        ];
        let done = all.into_iter().filter(|(_, done)| *done);
        done.map(|(word, _)| word).collect()
    }
}
