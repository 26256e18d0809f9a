//! Which events help to answer which requirement, in our words. An event supports a requirement;
//! that a desk meets it nobody but its auditor can say. The handbook's table is made from this one.

use std::collections::{BTreeMap, BTreeSet};

/// A requirement and what the trail has to say to it.
pub struct Requirement {
    /// Its name, as auditors write it.
    pub name: &'static str,
    /// What it asks for, in our words.
    pub asks: &'static str,
    /// Events and areas that answer it.
    pub events: &'static [&'static str],
    /// What else in the product answers it.
    pub also: &'static str,
    /// What is left to others.
    pub open: &'static str,
}

/// All of them.
///
/// **Source:** ISO/IEC 27001:2022 Annex A; AICPA Trust Services Criteria 2017 (points of focus
/// 2022); PCI DSS 4.0.1 requirement 10; Regulations (EU) 2016/679 and 2024/1689; ISO 10002:2018.
pub const REQUIREMENTS: &[Requirement] = &[
    Requirement {
        name: "ISO 27001 A.8.15",
        asks: "log who did what and when, denied access, changed settings and rights; protect the log",
        events: &[
            "member",
            "access",
            "conversation.viewed",
            "ticket.viewed",
            "contact.viewed",
            "desk.setting_changed",
            "channel",
            "rule.saved",
            "macro.saved",
            "audit",
            "desk.started",
            "desk.stopped",
        ],
        also: "every entry names actor, time and door; hash chain, signed head, verification",
        open: "what happens on the machine outside this program; somebody has to read the log",
    },
    Requirement {
        name: "ISO 27001 A.8.17",
        asks: "clocks that agree",
        events: &["desk.clock_stepped"],
        also: "UTC everywhere, the provider's time is kept apart from ours",
        open: "the machine's own clock has to be synchronised",
    },
    Requirement {
        name: "ISO 27001 A.5.28",
        asks: "collect and preserve evidence",
        events: &[
            "audit.evidence_exported",
            "pack",
            "privacy.hold_placed",
            "privacy.hold_released",
        ],
        also: "evidence bundles that verify without this desk",
        open: "where bundles are kept, and who may take them out of there",
    },
    Requirement {
        name: "ISO 27001 A.5.33",
        asks: "keep records from loss, forgery and early deletion",
        events: &[
            "audit.verified",
            "audit.checkpoint_published",
            "privacy.hold_placed",
        ],
        also: "facts are only added to; a checkpoint kept elsewhere shows a rewritten past",
        open: "copies of the data folder on another machine",
    },
    Requirement {
        name: "ISO 27001 A.8.10",
        asks: "delete what is not needed any more",
        events: &["privacy.erased", "privacy.retention_set"],
        also: "retention rules with versions, a dry run",
        open: "backups and exports made before; providers keep their own copies",
    },
    Requirement {
        name: "SOC 2 CC6.1-6.3",
        asks: "access is given, changed and taken away by those who may",
        events: &[
            "member.added",
            "member.role_changed",
            "member.deactivated",
            "member.reactivated",
            "member.password_changed",
            "member.session_revoked",
            "group.member_added",
            "group.member_removed",
        ],
        also: "",
        open: "a review of rights at intervals is yours to do",
    },
    Requirement {
        name: "SOC 2 CC7.2",
        asks: "notice what is out of the ordinary",
        events: &[
            "member.login_failed",
            "member.access_refused",
            "channel.signature_refused",
            "channel.payload_unreadable",
            "channel.stopped",
            "email.lost",
        ],
        also: "the explorer's sets `is:denied` and `is:failure`",
        open: "nothing raises an alarm by itself outside the desk",
    },
    Requirement {
        name: "SOC 2 CC7.3",
        asks: "weigh what was noticed",
        events: &["audit.verified", "pack.decided"],
        also: "",
        open: "incidents are handled outside; a pack can hold the finding",
    },
    Requirement {
        name: "SOC 2 CC8.1",
        asks: "changes are authorised",
        events: &[
            "desk.setting_changed",
            "rule.saved",
            "macro.saved",
            "sla.policy_set",
            "sla.calendar_set",
            "status.defined",
            "field.defined",
            "bot.switched",
        ],
        also: "each change has a version and an author",
        open: "no second person approves a change of settings",
    },
    Requirement {
        name: "PCI DSS 10.2.1",
        asks: "log access, acts of admins, access to the log, denied tries, changed credentials",
        events: &[
            "member",
            "access",
            "desk.setting_changed",
            "audit.exported",
            "audit.evidence_exported",
            "desk.started",
            "desk.stopped",
        ],
        also: "",
        open: "card numbers in messages are not found or masked: keep them out of the desk",
    },
    Requirement {
        name: "PCI DSS 10.3",
        asks: "nobody changes the log, and a change is noticed",
        events: &["audit.verified", "audit.checkpoint_published"],
        also: "triggers, hash chain, rebuild and compare",
        open: "a copy on a central log server is yours to make",
    },
    Requirement {
        name: "PCI DSS 10.4-10.7",
        asks: "review daily, keep twelve months, synchronise time, notice when logging fails",
        events: &["desk.clock_stepped", "audit.verified"],
        also: "without its event no change is made: logging cannot fail alone",
        open: "the daily review; no rule of this desk ever deletes events",
    },
    Requirement {
        name: "GDPR Art. 15",
        asks: "give a person a copy of their data, and say who received it",
        events: &[
            "privacy.copy_taken",
            "contact.viewed",
            "audit.exported",
            "audit.evidence_exported",
        ],
        also: "*A copy of all their data* on the customer's page, `trailbox export contact`",
        open: "proving that the one who asks is the one; data about them outside this desk",
    },
    Requirement {
        name: "GDPR Art. 17",
        asks: "erase on request, unless there is a duty or a claim",
        events: &[
            "privacy.erasure_requested",
            "privacy.erasure_declined",
            "privacy.erased",
            "privacy.hold_placed",
            "privacy.hold_released",
        ],
        also: "a second person, a preview, proof that the rest is untouched",
        open: "backups, exports, the provider; ids a provider made from a number stay in the entries",
    },
    Requirement {
        name: "GDPR Art. 5(2), 24",
        asks: "be able to show what was done",
        events: &["privacy", "contact", "member", "desk.setting_changed"],
        also: "the whole trail",
        open: "purposes and legal bases are not kept here",
    },
    Requirement {
        name: "GDPR Art. 30",
        asks: "a record of processing: recipients, how long things are kept",
        events: &["channel.added", "channel.changed", "privacy.retention_set"],
        also: "channels and retention rules as they stood at any time",
        open: "the record itself, with purposes and categories, is yours to write",
    },
    Requirement {
        name: "GDPR Art. 32, 33",
        asks: "secure processing; after a breach, say whose data and how many",
        events: &[
            "member.logged_in",
            "member.login_failed",
            "access",
            "conversation.viewed",
            "ticket.viewed",
            "contact.viewed",
        ],
        also: "",
        open: "the database file is not encrypted; what is read past the program leaves no event",
    },
    Requirement {
        name: "EU AI Act Art. 50(1)",
        asks: "tell people that they talk to a machine",
        events: &["bot.disclosed", "bot.decided"],
        also: "the text and its language stand in the message",
        open: "",
    },
    Requirement {
        name: "ISO 10002 8",
        asks: "record complaints, their course and their outcome",
        events: &[
            "ticket",
            "conversation.escalated",
            "sla.breached",
            "commitment",
            "call",
            "article.received",
            "article.queued",
        ],
        also: "the case over time",
        open: "a register of complaints with causes and stages of its own",
    },
];

/// Whether an event answers a requirement.
pub fn supports(requirement: &Requirement, event: &str) -> bool {
    let area = event.split('.').next().unwrap_or(event);
    requirement
        .events
        .iter()
        .any(|named| *named == event || *named == area)
}

/// For which requirements there are events among these, and which.
pub fn named(events: &BTreeSet<String>) -> BTreeMap<String, Vec<String>> {
    let mut named = BTreeMap::new();
    for one in REQUIREMENTS {
        let found = events.iter().filter(|event| supports(one, event));
        let found: Vec<String> = found.cloned().collect();
        if !found.is_empty() {
            named.insert(one.name.to_owned(), found);
        }
    }
    named
}

/// The table as the handbook shows it.
pub fn table() -> String {
    let mut table = String::from(
        "| Requirement | Asks for | Events | Also | Not covered |\n|---|---|---|---|---|\n",
    );
    for one in REQUIREMENTS {
        let events: Vec<String> = one
            .events
            .iter()
            .map(|event| format!("`{event}`"))
            .collect();
        let line = [one.name, one.asks, &events.join(", "), one.also, one.open];
        table.push_str(&format!("| {} |\n", line.join(" | ")));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::is_known;

    #[test]
    fn no_event_in_the_table_is_invented() {
        for one in REQUIREMENTS {
            for event in one.events {
                assert!(is_known(event), "{}: {event}", one.name);
                assert!(supports(one, event));
            }
        }
        assert!(!supports(&REQUIREMENTS[1], "desk.started"));
    }

    #[test]
    fn the_handbook_shows_this_table() {
        let page = include_str!("../../web/help/54-compliance.md");
        assert!(
            page.contains(&table()),
            "web/help/54-compliance.md has to hold:\n{}",
            table()
        );
    }
}
