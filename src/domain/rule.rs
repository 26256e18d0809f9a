//! Automation rules: when something happened or has lasted, and conditions hold, then actions are
//! done. How a rule is kept, run and tried stands in the desk.

use super::action::Actions;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A rule as one version of it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// What it is about.
    pub about: About,
    /// The events it answers, by name; none for a rule by the clock.
    #[serde(default)]
    pub when: Vec<String>,
    /// How long what has to last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<After>,
    /// What must hold, all of it.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// What is done.
    pub then: Actions,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Conversations.
    Conversation,
    /// Tickets.
    Ticket,
}

/// A wait by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// What has to last.
    pub what: Lasting,
    /// **Unit:** hours by the calendar.
    pub hours: u32,
}

/// What can last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lasting {
    /// We wrote last, and the customer has said nothing since.
    Silence,
    /// The customer wrote, and nobody has answered.
    Unanswered,
    /// Nothing at all has changed on the ticket.
    Unchanged,
}

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Of what: `status`, `tag`, `text`, …
    pub field: String,
    /// How it compares.
    pub test: Test,
    /// With what.
    pub value: String,
}

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// It is this, or it has this.
    Is,
    /// It is not this, or has it not.
    IsNot,
    /// The words stand in it, whatever their case.
    Contains,
    /// They do not.
    ContainsNot,
}

/// The events a rule about conversations can answer: name and words.
pub const TALK_EVENTS: [(&str, &str); 9] = [
    ("conversation.started", "a customer starts a conversation"),
    ("article.received", "a customer's message comes in"),
    ("article.queued", "somebody writes to the customer"),
    ("article.noted", "somebody writes a note"),
    ("conversation.status_changed", "the status changes"),
    ("conversation.owner_changed", "the owner changes"),
    ("conversation.group_changed", "the group changes"),
    ("conversation.tagged", "tags come or go"),
    ("conversation.escalated", "it is escalated"),
];

/// The events a rule about tickets can answer: name and words.
pub const TICKET_EVENTS: [(&str, &str); 11] = [
    ("ticket.opened", "a ticket is opened"),
    ("ticket.status_changed", "the status changes"),
    ("ticket.owner_changed", "the owner changes"),
    ("ticket.priority_changed", "the priority changes"),
    ("ticket.type_changed", "the type changes"),
    ("ticket.group_changed", "the group changes"),
    ("ticket.tagged", "tags come or go"),
    ("field.filled", "its own fields are filled in"),
    ("ticket.escalated", "it is escalated"),
    ("ticket.conversation_attached", "a conversation joins it"),
    ("article.noted", "somebody writes a note"),
];

/// What conditions can look at: name, words, whether only tickets have it.
pub const FIELDS: [(&str, &str); 11] = [
    ("status", "status"),
    ("owner", "owner (M-3, nobody or bot)"),
    ("group", "group (its name, or none)"),
    ("tag", "tag"),
    ("escalation", "escalation level"),
    ("channel", "channel (its name)"),
    ("text", "text of the message or note"),
    ("customer", "customer's name"),
    ("ticket_status", "ticket's status"),
    ("priority", "ticket's priority"),
    ("type", "ticket's type"),
];

/// What the name of a condition on a ticket's own field begins with: `field.order_number`.
pub const OWN: &str = "field.";

/// How deep rules may answer rules. **Limit:** events of rules in one chain of causes.
pub const DEPTH_MAX: u32 = 4;

impl About {
    /// The events a rule about this can answer.
    pub fn events(self) -> &'static [(&'static str, &'static str)] {
        match self {
            About::Conversation => &TALK_EVENTS,
            About::Ticket => &TICKET_EVENTS,
        }
    }

    /// As written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            About::Conversation => "conversation",
            About::Ticket => "ticket",
        }
    }
}

impl FromStr for About {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "conversation" => Ok(About::Conversation),
            "ticket" => Ok(About::Ticket),
            other => Err(format!(
                "a rule is about conversation or ticket, not {other}"
            )),
        }
    }
}

impl Lasting {
    /// Everything that can last, with its words.
    pub const ALL: [(Lasting, &'static str); 3] = [
        (
            Lasting::Silence,
            "the customer has said nothing since we wrote",
        ),
        (Lasting::Unanswered, "the customer waits for an answer"),
        (Lasting::Unchanged, "nothing has changed on the ticket"),
    ];

    /// As written in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Lasting::Silence => "silence",
            Lasting::Unanswered => "unanswered",
            Lasting::Unchanged => "unchanged",
        }
    }
}

impl FromStr for Lasting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Lasting::ALL.into_iter().map(|(lasting, _)| lasting);
        known
            .clone()
            .find(|lasting| lasting.as_str() == text)
            .ok_or_else(|| format!("{text} cannot last; silence, unanswered, unchanged can"))
    }
}

impl Test {
    /// Every comparison with its words.
    pub const ALL: [(Test, &'static str); 4] = [
        (Test::Is, "is"),
        (Test::IsNot, "is not"),
        (Test::Contains, "contains"),
        (Test::ContainsNot, "does not contain"),
    ];

    /// As written in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Test::Is => "is",
            Test::IsNot => "is_not",
            Test::Contains => "contains",
            Test::ContainsNot => "contains_not",
        }
    }

    /// Whether any of the values passes, or for the negative ones: none does.
    pub fn holds(self, values: &[String], wanted: &str) -> bool {
        let wanted = wanted.trim().to_lowercase();
        let mut values = values.iter().map(|value| value.to_lowercase());
        match self {
            Test::Is => values.any(|value| value == wanted),
            Test::IsNot => !values.any(|value| value == wanted),
            Test::Contains => values.any(|value| value.contains(&wanted)),
            Test::ContainsNot => !values.any(|value| value.contains(&wanted)),
        }
    }
}

impl FromStr for Test {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut known = Test::ALL.into_iter().map(|(test, _)| test);
        known
            .find(|test| test.as_str() == text)
            .ok_or_else(|| format!("{text} is not a comparison"))
    }
}

#[cfg(test)]
mod tests {
    use super::Test;

    #[test]
    fn comparisons_ignore_case_and_negatives_mean_none() {
        let values = ["Refund".to_owned(), "vip".to_owned()];
        for (test, wanted, holds) in [
            (Test::Is, "refund", true),
            (Test::Is, "ref", false),
            (Test::IsNot, "VIP", false),
            (Test::IsNot, "late", true),
            (Test::Contains, "fun", true),
            (Test::ContainsNot, "fun", false),
            (Test::ContainsNot, "xyz", true),
        ] {
            assert_eq!(test.holds(&values, wanted), holds, "{test:?} {wanted}");
        }
        assert!(Test::IsNot.holds(&[], "anything"));
    }
}
