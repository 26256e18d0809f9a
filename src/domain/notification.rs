//! Notifications: what a member is told of, and in which ways.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody mentioned me, or a group of mine, in a note.
    Mention,
    /// Work was assigned to me.
    Assignment,
    /// Work was handed over to me, or taken from me.
    HandOver,
    /// A customer answered in a conversation of mine.
    Reply,
    /// Work of mine, or work I lead, was escalated.
    Escalation,
    /// A deadline of mine comes near.
    SlaWarning,
    /// A deadline of mine has passed.
    SlaBreach,
    /// A pack that concerns me was shared with me.
    Pack,
    /// A commitment of mine is due, was given to me, or was not kept.
    Commitment,
    /// A rule told me.
    Rule,
}

/// In which ways somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    /// In the list on the desk.
    pub list: bool,
    /// By the browser, also when the desk is not in front.
    pub browser: bool,
    /// By a copy to the member's e-mail address.
    pub email: bool,
}

impl Kind {
    /// All kinds, in the order the preferences show them.
    pub const ALL: [Kind; 10] = [
        Kind::Mention,
        Kind::Assignment,
        Kind::HandOver,
        Kind::Reply,
        Kind::Escalation,
        Kind::SlaWarning,
        Kind::SlaBreach,
        Kind::Commitment,
        Kind::Pack,
        Kind::Rule,
    ];

    /// The kind as written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Mention => "mention",
            Kind::Assignment => "assignment",
            Kind::HandOver => "hand_over",
            Kind::Reply => "reply",
            Kind::Escalation => "escalation",
            Kind::SlaWarning => "sla_warning",
            Kind::SlaBreach => "sla_breach",
            Kind::Commitment => "commitment",
            Kind::Pack => "pack",
            Kind::Rule => "rule",
        }
    }

    /// The kind as people read it.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Mention => "Mention",
            Kind::Assignment => "Assignment",
            Kind::HandOver => "Hand-over",
            Kind::Reply => "Reply on mine",
            Kind::Escalation => "Escalation",
            Kind::SlaWarning => "SLA warning",
            Kind::SlaBreach => "SLA breach",
            Kind::Commitment => "Commitment",
            Kind::Pack => "Pack that concerns me",
            Kind::Rule => "Rule",
        }
    }

    /// The ways until somebody chooses others.
    pub fn usual(self) -> Ways {
        Ways {
            list: true,
            browser: true,
            email: false, // until somebody asks for it
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("{text} is not a kind of notification"))
    }
}
