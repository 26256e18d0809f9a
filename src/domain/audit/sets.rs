//! Sets of events with a name, for questions such as `is:handoff`: what a reviewer asks for again
//! and again.

/// The sets: name, what it is for, and its events or areas.
pub const SETS: [(&str, &str, &[&str]); 15] = [
    (
        "view",
        "somebody opened a thread, ticket or customer",
        &["conversation.viewed", "ticket.viewed", "contact.viewed"],
    ),
    (
        "read",
        "somebody searched, opened a file or observed",
        &["access"],
    ),
    (
        "handoff",
        "it went to another member, the bot or another group",
        &[
            "conversation.owner_changed",
            "ticket.owner_changed",
            "conversation.group_changed",
            "ticket.group_changed",
        ],
    ),
    (
        "message",
        "something was said between customer and desk",
        &["article.received", "article.echoed", "article.queued"],
    ),
    ("note", "an internal note", &["article.noted"]),
    (
        "status",
        "the status changed",
        &["conversation.status_changed", "ticket.status_changed"],
    ),
    (
        "escalation",
        "escalated, or calmed down again",
        &["conversation.escalated", "ticket.escalated"],
    ),
    ("breach", "a target was missed", &["sla.breached"]),
    (
        "failure",
        "something did not work",
        &[
            "article.failed",
            "article.media_failed",
            "channel.stopped",
            "channel.payload_unreadable",
            "email.lost",
            "email.fetch_failed",
            "email.receiver_refused",
        ],
    ),
    (
        "denied",
        "somebody was refused",
        &[
            "member.access_refused",
            "member.login_failed",
            "channel.signature_refused",
        ],
    ),
    (
        "login",
        "signing in and out",
        &[
            "member.logged_in",
            "member.login_failed",
            "member.logged_out",
            "member.session_revoked",
        ],
    ),
    (
        "export",
        "data left the desk",
        &[
            "audit.exported",
            "audit.evidence_exported",
            "export",
            "privacy.copy_taken",
        ],
    ),
    (
        "personal",
        "personal data of a customer was seen or changed",
        &[
            "contact",
            "access",
            "audit.exported",
            "audit.evidence_exported",
            "export",
            "privacy",
        ],
    ),
    (
        "setting",
        "how the desk works was changed",
        &[
            "desk.setting_changed",
            "group",
            "label",
            "channel.added",
            "channel.changed",
            "channel.disabled",
            "channel.enabled",
            "rule.saved",
            "rule.switched",
            "macro.saved",
            "macro.retired",
            "macro.restored",
            "bot.switched",
            "sla.calendar_set",
            "sla.calendar_assigned",
            "sla.policy_set",
            "sla.policy_retired",
            "assignment.rule_set",
        ],
    ),
    (
        "rights",
        "who works here, and what they may do",
        &[
            "member.added",
            "member.role_changed",
            "member.password_changed",
            "member.deactivated",
            "member.reactivated",
            "group.member_added",
            "group.member_removed",
        ],
    ),
];

/// The events or areas of a set.
pub fn events(name: &str) -> Option<&'static [&'static str]> {
    let found = SETS.iter().find(|(word, _, _)| *word == name);
    found.map(|(_, _, events)| *events)
}

/// Events that change a field though their name does not say so.
pub const CHANGES: [(&str, &[&str]); 4] = [
    ("title", &["ticket.renamed"]),
    ("name", &["group.renamed"]),
    ("tags", &["conversation.tagged", "ticket.tagged"]),
    ("level", &["conversation.escalated", "ticket.escalated"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_of_a_set_exists() {
        let museum = include_str!("../../../tests/golden/events.jsonl");
        let all = SETS.iter().flat_map(|(_, _, events)| *events);
        for event in all.chain(CHANGES.iter().flat_map(|(_, events)| *events)) {
            let shown = match event.contains('.') {
                true => format!("\"event\":\"{event}\""),
                false => format!("\"event\":\"{event}."),
            };
            assert!(museum.contains(&shown), "{event}");
        }
    }
}
