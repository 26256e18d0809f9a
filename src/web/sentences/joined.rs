//! Sentences about what belongs together, and what members write down of a customer.

use super::Voice;
use crate::domain::event::{ContactEvent, TicketEvent};
use crate::domain::id::{ContactId, Object};

pub(super) fn contact(voice: &Voice<'_>, event: &ContactEvent) -> String {
    let name = |contact: &ContactId| voice.name(Object::Contact(*contact));
    match event {
        ContactEvent::IdentityAdded {
            contact,
            kind,
            sealed,
        } => voice.because(
            "{who} wrote down another way to reach {name} ({kind})",
            &[("name", &name(contact)), ("kind", &way(voice, kind))],
            sealed.value.as_deref(),
        ),
        ContactEvent::IdentityRemoved {
            contact,
            kind,
            sealed,
        } => voice.because(
            "{who} took away a way to reach {name} ({kind})",
            &[("name", &name(contact)), ("kind", &way(voice, kind))],
            sealed.value.as_deref(),
        ),
        ContactEvent::Described {
            contact, fields, ..
        } => voice.say(
            "{who} wrote down of {name}: {fields}",
            &[("name", &name(contact)), ("fields", &fields.join(", "))],
        ),
        ContactEvent::Merged { contact, into } => voice.say(
            "{who} merged {name} ({id}) into {into} ({into_id})",
            &[
                ("name", &name(contact)),
                ("id", &contact.to_string()),
                ("into", &name(into)),
                ("into_id", &into.to_string()),
            ],
        ),
        ContactEvent::Unmerged { contact, from } => voice.say(
            "{who} took {name} ({id}) out of {from} ({from_id}) again",
            &[
                ("name", &name(contact)),
                ("id", &contact.to_string()),
                ("from", &name(from)),
                ("from_id", &from.to_string()),
            ],
        ),
        ContactEvent::Blocked { contact, sealed } => voice.because(
            "{who} blocked {name}",
            &[("name", &name(contact))],
            sealed.reason.as_deref(),
        ),
        ContactEvent::Unblocked { contact } => {
            voice.say("{who} unblocked {name}", &[("name", &name(contact))])
        }
        ContactEvent::Imported {
            added,
            changed,
            same,
            refused,
            ..
        } => voice.say(
            "{who} took in a table of customers: {added} new, {changed} changed, {same} as they \
             were, {refused} lines refused",
            &[
                ("added", &added.to_string()),
                ("changed", &changed.to_string()),
                ("same", &same.to_string()),
                ("refused", &refused.to_string()),
            ],
        ),
        ContactEvent::Added { .. }
        | ContactEvent::Changed { .. }
        | ContactEvent::PreferenceChanged { .. }
        | ContactEvent::Viewed { .. } => super::work::contact(voice, event),
    }
}

fn way(voice: &Voice<'_>, kind: &str) -> String {
    voice.word(match kind {
        "phone" => "telephone",
        "email" => "e-mail",
        "wa_id" => "WhatsApp",
        other => other, // a provider's word
    })
}

/// Sentences about tickets merged, split and linked.
pub(super) fn ticket(voice: &Voice<'_>, event: &TicketEvent) -> String {
    match event {
        TicketEvent::Merged { ticket, into } => voice.say(
            "{who} merged {it} into {into}",
            &[("it", &ticket.to_string()), ("into", &into.to_string())],
        ),
        TicketEvent::Unmerged { ticket, from } => voice.say(
            "{who} took {it} out of {from} again",
            &[("it", &ticket.to_string()), ("from", &from.to_string())],
        ),
        TicketEvent::Split {
            ticket,
            from,
            articles,
        } => voice.say(
            "{who} split {n} articles of {from} off into {it}",
            &[
                ("it", &ticket.to_string()),
                ("from", &from.to_string()),
                ("n", &articles.len().to_string()),
            ],
        ),
        TicketEvent::SplitUndone { ticket, from, .. } => voice.say(
            "{who} put what was split off into {it} back into {from}",
            &[("it", &ticket.to_string()), ("from", &from.to_string())],
        ),
        TicketEvent::Linked { ticket, to, link } => voice.say(
            "{who} linked {it}: {link} {to}",
            &[
                ("it", &ticket.to_string()),
                ("to", &to.to_string()),
                ("link", &voice.word(link.words(true)).to_lowercase()),
            ],
        ),
        TicketEvent::Unlinked { ticket, to, link } => voice.say(
            "{who} took the link away: {it} {link} {to}",
            &[
                ("it", &ticket.to_string()),
                ("to", &to.to_string()),
                ("link", &voice.word(link.words(true)).to_lowercase()),
            ],
        ),
        _ => super::work::ticket(voice, event), // the others are said there
    }
}
