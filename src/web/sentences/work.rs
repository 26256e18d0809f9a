//! Sentences about customers, conversations and tickets.

use super::{Voice, joined, with_reason};
use crate::domain::assignment::Choice;
use crate::domain::conversation::{Owner, Transfer};
use crate::domain::event::{ContactEvent, ConversationEvent, SealedReason, TicketEvent};
use crate::domain::id::{GroupId, Object};
use crate::domain::ticket::{Priority, Wait};

pub(super) fn contact(voice: &Voice<'_>, event: &ContactEvent) -> String {
    match event {
        ContactEvent::Added { contact, sealed } => {
            let name = named(voice, Object::Contact(*contact), sealed.name.as_deref());
            voice.say("{name} was met for the first time", &[("name", &name)])
        }
        ContactEvent::Changed {
            contact,
            why,
            sealed,
        } => {
            let pattern = match why.as_str() {
                "identity" => "Another way to reach {name} is known",
                "number_changed" => "{name} has a new number",
                "user_id_changed" => "{name} has a new id at WhatsApp",
                _ => "The profile of {name} changed", // `profile`, and words of later versions
            };
            let name = named(voice, Object::Contact(*contact), sealed.name.as_deref());
            voice.say(pattern, &[("name", &name)])
        }
        ContactEvent::PreferenceChanged {
            contact,
            category,
            value,
        } => {
            let name = named(voice, Object::Contact(*contact), None);
            let pattern = match value.as_str() {
                "stop" => "{name} wants no more {category}",
                "resume" => "{name} wants {category} again",
                _ => "{name} chose {value} for {category}", // a word of the provider
            };
            let category = category.replace('_', " ");
            voice.say(
                pattern,
                &[("name", &name), ("category", &category), ("value", value)],
            )
        }
        ContactEvent::Viewed { contact } => voice.say(
            "{who} opened the page of {name}",
            &[("name", &named(voice, Object::Contact(*contact), None))],
        ),
        ContactEvent::IdentityAdded { .. }
        | ContactEvent::IdentityRemoved { .. }
        | ContactEvent::Described { .. }
        | ContactEvent::Merged { .. }
        | ContactEvent::Unmerged { .. }
        | ContactEvent::Blocked { .. }
        | ContactEvent::Unblocked { .. }
        | ContactEvent::Imported { .. } => joined::contact(voice, event),
    }
}

fn named(voice: &Voice<'_>, object: Object, disclosed: Option<&str>) -> String {
    match disclosed {
        Some(name) if !name.is_empty() => name.to_owned(),
        Some(_) | None => voice.name(object),
    }
}

pub(super) fn contact_icon(event: &ContactEvent) -> &'static str {
    match event {
        ContactEvent::Added { .. } | ContactEvent::Changed { .. } => "people",
        ContactEvent::PreferenceChanged { .. } => "megaphone",
        ContactEvent::Viewed { .. } => "eye",
        ContactEvent::IdentityAdded { .. }
        | ContactEvent::IdentityRemoved { .. }
        | ContactEvent::Described { .. } => "pen",
        ContactEvent::Merged { .. } | ContactEvent::Unmerged { .. } => "link",
        ContactEvent::Blocked { .. } | ContactEvent::Unblocked { .. } => "lock",
        ContactEvent::Imported { .. } => "download",
    }
}

pub(super) fn conversation(voice: &Voice<'_>, event: &ConversationEvent) -> String {
    match event {
        ConversationEvent::Started {
            conversation,
            contact,
            channel,
            ..
        } => voice.say(
            "{name} started {conversation} on {channel}",
            &[
                ("name", &voice.name(Object::Contact(*contact))),
                ("conversation", &conversation.to_string()),
                ("channel", &voice.name(Object::Channel(*channel))),
            ],
        ),
        ConversationEvent::OwnerChanged {
            conversation,
            from,
            to,
            how,
            choice,
            sealed,
        } => {
            let said = passed(voice, &conversation.to_string(), from, to, *how);
            with_reason(said, chosen(voice, choice.as_deref(), sealed).as_deref())
        }
        ConversationEvent::GroupChanged {
            conversation,
            from,
            to,
        } => regrouped(voice, &conversation.to_string(), *from, *to),
        ConversationEvent::StatusChanged {
            conversation,
            from,
            to,
            ..
        } => voice.say(
            "{who} changed the status of {it} from {from} to {to}",
            &[
                ("it", &conversation.to_string()),
                ("from", &voice.word(from.words())),
                ("to", &voice.word(to.words())),
            ],
        ),
        ConversationEvent::Snoozed {
            conversation,
            until,
        } => {
            let it = conversation.to_string();
            match until {
                Some(until) => voice.say(
                    "{who} put {it} aside until {until}",
                    &[("it", &it), ("until", &minute(&until.to_string()))],
                ),
                None => voice.say("{it} came back", &[("it", &it)]),
            }
        }
        ConversationEvent::SpamMarked {
            conversation,
            blocks,
        } => voice.say(
            match blocks {
                true => "{who} marked {it} as spam and blocked the customer",
                false => "{who} marked {it} as spam",
            },
            &[("it", &conversation.to_string())],
        ),
        ConversationEvent::SpamCleared { conversation } => voice.say(
            "{who} found {it} to be no spam",
            &[("it", &conversation.to_string())],
        ),
        ConversationEvent::Tagged {
            conversation,
            added,
            removed,
        } => tagged(voice, &conversation.to_string(), added, removed),
        ConversationEvent::Escalated {
            conversation,
            from,
            to,
            sealed,
        } => escalated(
            voice,
            &conversation.to_string(),
            *from,
            *to,
            sealed.reason.as_deref(),
        ),
        ConversationEvent::Summarised {
            conversation,
            sealed,
        } => voice.because(
            "{who} summarised {it}",
            &[("it", &conversation.to_string())],
            sealed
                .summary
                .as_ref()
                .map(|summary| summary.issue.as_str()),
        ),
        ConversationEvent::Viewed { conversation } => {
            voice.say("{who} opened {it}", &[("it", &conversation.to_string())])
        }
    }
}

pub(super) fn conversation_icon(event: &ConversationEvent) -> &'static str {
    match event {
        ConversationEvent::Started { .. } => "inbox",
        ConversationEvent::OwnerChanged { .. } => "hand",
        ConversationEvent::GroupChanged { .. } => "group",
        ConversationEvent::StatusChanged { .. } => "swap",
        ConversationEvent::Snoozed { .. } => "clock",
        ConversationEvent::SpamMarked { .. } => "trash",
        ConversationEvent::SpamCleared { .. } => "undo",
        ConversationEvent::Tagged { .. } => "tag",
        ConversationEvent::Escalated { .. } => "flag",
        ConversationEvent::Summarised { .. } => "check",
        ConversationEvent::Viewed { .. } => "eye",
    }
}

pub(super) fn conversation_tone(event: &ConversationEvent) -> &'static str {
    match event {
        ConversationEvent::Escalated { to, .. } if *to > 0 => "warn",
        ConversationEvent::Escalated { .. }
        | ConversationEvent::Started { .. }
        | ConversationEvent::OwnerChanged { .. }
        | ConversationEvent::GroupChanged { .. }
        | ConversationEvent::StatusChanged { .. }
        | ConversationEvent::Snoozed { .. }
        | ConversationEvent::SpamMarked { .. }
        | ConversationEvent::SpamCleared { .. }
        | ConversationEvent::Tagged { .. }
        | ConversationEvent::Summarised { .. }
        | ConversationEvent::Viewed { .. } => "",
    }
}

pub(super) fn ticket(voice: &Voice<'_>, event: &TicketEvent) -> String {
    match event {
        TicketEvent::Opened {
            ticket,
            conversation,
            sealed,
            ..
        } => {
            let from = conversation.map(|id| id.to_string()).unwrap_or_default();
            voice.because(
                if conversation.is_some() {
                    "{who} opened {it} from {from}"
                } else {
                    "{who} opened {it}"
                },
                &[("it", &ticket.to_string()), ("from", &from)],
                sealed.title.as_deref(),
            )
        }
        TicketEvent::Renamed { ticket, sealed } => voice.because(
            "{who} renamed {it}",
            &[("it", &ticket.to_string())],
            sealed.title.as_deref(),
        ),
        TicketEvent::StatusChanged {
            ticket,
            from,
            to,
            wait,
            named,
            was,
            sealed,
            ..
        } => {
            let words = named.as_ref().map_or(to.words(), |named| &named.label);
            let to = format!(
                "{}{}",
                voice.word(words),
                wait.as_ref().map(waited).unwrap_or_default()
            );
            voice.because(
                "{who} changed the status of {it} from {from} to {to}",
                &[
                    ("it", &ticket.to_string()),
                    ("from", &voice.word(was.as_deref().unwrap_or(from.words()))),
                    ("to", &to),
                ],
                sealed.reason.as_deref(),
            )
        }
        TicketEvent::OwnerChanged {
            ticket,
            from,
            to,
            how,
            choice,
            sealed,
        } => with_reason(
            passed(voice, &ticket.to_string(), from, to, *how),
            chosen(voice, choice.as_deref(), sealed).as_deref(),
        ),
        TicketEvent::PriorityChanged { ticket, from, to } => {
            let word = |priority: &Priority| voice.word(priority.as_str());
            voice.say(
                "{who} changed the priority of {it} from {from} to {to}",
                &[
                    ("it", &ticket.to_string()),
                    ("from", &word(from)),
                    ("to", &word(to)),
                ],
            )
        }
        TicketEvent::TypeChanged { ticket, from, to } => voice.say(
            "{who} changed the type of {it} from {from} to {to}",
            &[("it", &ticket.to_string()), ("from", from), ("to", to)],
        ),
        TicketEvent::GroupChanged { ticket, from, to } => {
            regrouped(voice, &ticket.to_string(), *from, *to)
        }
        TicketEvent::Tagged {
            ticket,
            added,
            removed,
        } => tagged(voice, &ticket.to_string(), added, removed),
        TicketEvent::Escalated {
            ticket,
            from,
            to,
            sealed,
        } => escalated(
            voice,
            &ticket.to_string(),
            *from,
            *to,
            sealed.reason.as_deref(),
        ),
        TicketEvent::ConversationAttached {
            ticket,
            conversation,
            ..
        } => voice.say(
            "{who} attached {conversation} to {it}",
            &[
                ("conversation", &conversation.to_string()),
                ("it", &ticket.to_string()),
            ],
        ),
        TicketEvent::Merged { .. }
        | TicketEvent::Unmerged { .. }
        | TicketEvent::Split { .. }
        | TicketEvent::SplitUndone { .. }
        | TicketEvent::Linked { .. }
        | TicketEvent::Unlinked { .. } => joined::ticket(voice, event),
        TicketEvent::Viewed { ticket } => {
            voice.say("{who} opened {it}", &[("it", &ticket.to_string())])
        }
    }
}

pub(super) fn ticket_icon(event: &TicketEvent) -> &'static str {
    match event {
        TicketEvent::Opened { .. } => "ticket",
        TicketEvent::Renamed { .. } => "pen",
        TicketEvent::StatusChanged { wait, .. } if wait.is_some() => "truck",
        TicketEvent::StatusChanged { .. } => "swap",
        TicketEvent::OwnerChanged { .. } => "hand",
        TicketEvent::PriorityChanged { .. } => "sort",
        TicketEvent::TypeChanged { .. } => "hash",
        TicketEvent::GroupChanged { .. } => "group",
        TicketEvent::Tagged { .. } => "tag",
        TicketEvent::Escalated { .. } => "flag",
        TicketEvent::ConversationAttached { .. } => "link",
        TicketEvent::Merged { .. }
        | TicketEvent::Unmerged { .. }
        | TicketEvent::Split { .. }
        | TicketEvent::SplitUndone { .. }
        | TicketEvent::Linked { .. }
        | TicketEvent::Unlinked { .. } => "link",
        TicketEvent::Viewed { .. } => "eye",
    }
}

pub(super) fn ticket_tone(event: &TicketEvent) -> &'static str {
    match event {
        TicketEvent::Escalated { to, .. } if *to > 0 => "warn",
        TicketEvent::Escalated { .. }
        | TicketEvent::Opened { .. }
        | TicketEvent::Renamed { .. }
        | TicketEvent::StatusChanged { .. }
        | TicketEvent::OwnerChanged { .. }
        | TicketEvent::PriorityChanged { .. }
        | TicketEvent::TypeChanged { .. }
        | TicketEvent::GroupChanged { .. }
        | TicketEvent::Tagged { .. }
        | TicketEvent::ConversationAttached { .. }
        | TicketEvent::Merged { .. }
        | TicketEvent::Unmerged { .. }
        | TicketEvent::Split { .. }
        | TicketEvent::SplitUndone { .. }
        | TicketEvent::Linked { .. }
        | TicketEvent::Unlinked { .. }
        | TicketEvent::Viewed { .. } => "",
    }
}

/// Why this one: the rule's reason, or the words given.
fn chosen(voice: &Voice<'_>, choice: Option<&Choice>, sealed: &SealedReason) -> Option<String> {
    match choice {
        Some(choice) => Some(super::assignment::why(voice, choice)),
        None => sealed.reason.clone(),
    }
}

/// Another owner, by the way it came about.
fn passed(voice: &Voice<'_>, it: &str, from: &Owner, to: &Owner, how: Transfer) -> String {
    let values = [
        ("it", it),
        ("from", &*voice.word(from.words())),
        ("to", &*voice.word(to.words())),
    ];
    let nobody = matches!(from, Owner::Nobody);
    let pattern = match how {
        Transfer::Taken if nobody => "{who} took {it}",
        Transfer::Taken | Transfer::TakenFrom => "{who} took over {it} from {from}",
        Transfer::Assigned if nobody => "{who} assigned {it} to {to}",
        Transfer::Assigned => "{who} assigned {it} to {to} (before: {from})",
        Transfer::HandedOver => "{who} handed {it} over from {from} to {to}",
        Transfer::Released => "{who} put {it} back into the queue (before: {from})",
        Transfer::Escalated => "{who} gave {it} up (from {from} to {to})",
    };
    voice.say(pattern, &values)
}

fn regrouped(voice: &Voice<'_>, it: &str, from: Option<GroupId>, to: Option<GroupId>) -> String {
    let name = |group: Option<GroupId>| match group {
        Some(group) => voice.name(Object::Group(group)),
        None => voice.word("no group"),
    };
    voice.say(
        "{who} moved {it} from {from} to {to}",
        &[("it", it), ("from", &name(from)), ("to", &name(to))],
    )
}

fn tagged(voice: &Voice<'_>, it: &str, added: &[String], removed: &[String]) -> String {
    let (added, removed) = (added.join(", "), removed.join(", "));
    let pattern = match (added.is_empty(), removed.is_empty()) {
        (false, true) => "{who} tagged {it}: {added}",
        (true, false) => "{who} took tags off {it}: {removed}",
        (true, true) | (false, false) => "{who} tagged {it}: {added}; took off: {removed}",
    };
    let values = [("it", it), ("added", &*added), ("removed", &*removed)];
    voice.say(pattern, &values)
}

fn escalated(voice: &Voice<'_>, it: &str, from: u8, to: u8, reason: Option<&str>) -> String {
    let pattern = match (from, to) {
        (_, 0) => "{who} took the escalation off {it}",
        (0, 1) => "{who} escalated {it}",
        (0, _) => "{who} escalated {it} to level {to}",
        (_, _) => "{who} changed the escalation of {it} from level {from} to {to}",
    };
    let (from, to) = (from.to_string(), to.to_string());
    let values = [("it", it), ("from", &*from), ("to", &*to)];
    voice.because(pattern, &values, reason)
}

/// ` (Leopards, LP-88213, 2026-11-24)`, as far as it is known.
fn waited(wait: &Wait) -> String {
    let known = [&wait.whom, &wait.reference, &wait.expected_on];
    let known: Vec<&str> = known
        .into_iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .collect();
    if known.is_empty() {
        return String::new();
    }
    format!(" ({})", known.join(", "))
}

/// An instant to the minute, in UTC, as it stands in the trail.
fn minute(instant: &str) -> String {
    let shown: String = instant.chars().take(16).collect();
    format!("{} UTC", shown.replace('T', " "))
}
