//! What an event does and to what, in the few words other systems sort by.

/// What an event does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Something is there that was not.
    Creates,
    /// Something was looked at, or taken out.
    Reads,
    /// Something is different.
    Changes,
    /// Something is not there any more.
    Removes,
    /// Somebody signed in, or tried to.
    SignsIn,
    /// A session ended.
    SignsOut,
    /// Something happened that is none of these.
    Other,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A session of a member.
    Session,
    /// A member and what they may do.
    Account,
    /// How the desk works.
    Setting,
    /// Customers and what is done for them, and the trail itself.
    Work,
}

/// Words of events by what they do.
const WORDS: [(Deed, &[&str]); 4] = [
    (
        Deed::Creates,
        &[
            "added",
            "began",
            "defined",
            "imported",
            "linked",
            "logged",
            "made",
            "noted",
            "opened",
            "pinned",
            "queued",
            "rang",
            "received",
            "echoed",
            "erasure_requested",
            "hold_placed",
            "saved",
            "started",
            "split",
            "identity_added",
            "appended",
            "article_taken",
            "conversation_taken",
            "ticket_taken",
            "conversation_attached",
            "media_fetched",
            "checkpoint_published",
            "policy_set",
            "calendar_set",
            "template_synced",
            "payload_received",
            "notice_received",
            "fetched",
        ],
    ),
    (
        Deed::Reads,
        &[
            "exported",
            "evidence_exported",
            "copy_taken",
            "printed",
            "list_taken",
            "file_opened",
            "observed",
            "read",
            "searched",
            "verified",
            "viewed",
            "payload_read",
            "read_marked",
        ],
    ),
    (
        Deed::Removes,
        &[
            "cancelled",
            "erased",
            "hold_released",
            "identity_removed",
            "member_removed",
            "policy_retired",
            "removed",
            "retired",
            "revoked",
            "template_removed",
            "unlinked",
            "unpinned",
        ],
    ),
    (
        Deed::Changes,
        &[
            "answered",
            "blocked",
            "calendar_assigned",
            "deactivated",
            "decided",
            "described",
            "disabled",
            "edited",
            "enabled",
            "ended",
            "erasure_declined",
            "escalated",
            "filled",
            "finished",
            "kept",
            "key_rotated",
            "member_added",
            "merged",
            "met",
            "missed",
            "moved",
            "paused",
            "preferred",
            "reacted",
            "reactivated",
            "recounted",
            "renamed",
            "renewed",
            "reopened",
            "requeued",
            "restored",
            "resumed",
            "retargeted",
            "retention_set",
            "rule_set",
            "shared",
            "shift_set",
            "shift_turned",
            "signature_set",
            "snoozed",
            "spam_cleared",
            "spam_marked",
            "split_undone",
            "step_kept",
            "stopped",
            "summarised",
            "switched",
            "tagged",
            "unblocked",
            "undone",
            "unmerged",
            "used",
            "written",
        ],
    ),
];

/// What an event does.
pub fn deed(event: &str) -> Deed {
    let word = event.split_once('.').map_or(event, |(_, word)| word);
    match event {
        "member.logged_in" | "member.login_failed" => return Deed::SignsIn,
        "member.logged_out" | "member.session_revoked" => return Deed::SignsOut,
        _ => {} // by its word
    }
    let known = WORDS.iter().find(|(_, words)| words.contains(&word));
    match known {
        Some((deed, _)) => *deed,
        None if word.ends_with("changed") => Deed::Changes,
        None => Deed::Other,
    }
}

/// What an event is about.
pub fn about(event: &str) -> About {
    let (area, word) = event.split_once('.').unwrap_or((event, ""));
    match (area, word) {
        ("member", "logged_in" | "login_failed" | "logged_out" | "session_revoked") => {
            About::Session
        }
        ("member", "presence_changed" | "access_refused") => About::Work,
        ("member", _) | ("group", "member_added" | "member_removed") => About::Account,
        ("desk" | "group" | "label" | "status" | "macro" | "rule" | "assignment" | "view", _) => {
            match word {
                "ran" | "cut" | "hindered" | "used" | "stayed" => About::Work,
                _ => About::Setting,
            }
        }
        ("channel", "added" | "changed" | "disabled" | "enabled" | "stopped" | "tested") => {
            About::Setting
        }
        ("channel", "template_synced" | "template_removed") => About::Setting,
        ("field", "defined" | "retired" | "restored") => About::Setting,
        ("sla", "calendar_set" | "calendar_assigned" | "policy_set" | "policy_retired") => {
            About::Setting
        }
        ("bot", "switched") | ("email", "signature_set") => About::Setting,
        ("privacy", "retention_set") => About::Setting,
        ("webhook", "saved" | "switched" | "renewed") => About::Setting,
        _ => About::Work, // everything that is done for customers
    }
}

/// Whether an event tells of something that went wrong or was not allowed.
pub fn failed(event: &str) -> bool {
    let word = event.split_once('.').map_or(event, |(_, word)| word);
    let ends = [
        "failed",
        "refused",
        "lost",
        "unreadable",
        "missed",
        "breached",
        "hindered",
    ];
    ends.iter().any(|end| word.ends_with(end)) || event == "channel.stopped"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_of_the_museum_is_sorted() {
        let museum = include_str!("../../tests/golden/events.jsonl");
        let mut others = std::collections::BTreeSet::new();
        for line in museum.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let name = line["event"].as_str().unwrap().to_owned();
            if deed(&name) == Deed::Other {
                others.insert(name);
            }
        }
        // What is neither made, read, changed nor removed by anybody: it is tried, told or noticed.
        for (name, what) in [
            ("article.attempted", "tried"),
            ("channel.signature_refused", "noticed"),
            ("notification.told", "told"),
        ] {
            assert!(others.remove(name), "{name} is {what}");
        }
        assert!(others.len() < 40, "{others:?}");
        for (event, sorted) in [
            ("member.logged_in", (Deed::SignsIn, About::Session)),
            ("member.role_changed", (Deed::Changes, About::Account)),
            ("group.member_removed", (Deed::Removes, About::Account)),
            ("channel.added", (Deed::Creates, About::Setting)),
            ("channel.payload_received", (Deed::Creates, About::Work)),
            ("ticket.status_changed", (Deed::Changes, About::Work)),
            ("access.searched", (Deed::Reads, About::Work)),
            ("sla.policy_set", (Deed::Creates, About::Setting)),
            ("sla.breached", (Deed::Other, About::Work)),
        ] {
            assert_eq!((deed(event), about(event)), sorted, "{event}");
        }
        assert!(failed("member.login_failed") && !failed("member.logged_in"));
    }
}
