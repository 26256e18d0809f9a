//! The settings' own page: what a new desk still needs, and what can be set.

use super::{ChecklistItem, SettingsArea, SettingsPage};
use crate::desk::{audit, channels, groups, members};
use crate::domain::member::Right;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::visit::Visit;

/// Every area: title, text, picture, address, and the right it needs.
const AREAS: &[(&str, &str, &str, &str, Right)] = &[
    (
        "Channels",
        "WhatsApp numbers and mailboxes: connection, templates, what could not be read",
        "plug",
        "/settings/channels",
        Right::Settings,
    ),
    (
        "Bot",
        "Where it begins, what it asks for and says",
        "bot",
        "/settings/bot",
        Right::Settings,
    ),
    (
        "Signatures",
        "What stands under e-mails: yours and each group's",
        "pen",
        "/settings/signatures",
        Right::Read,
    ),
    (
        "Members",
        "Who works here, with which role",
        "people",
        "/settings/members",
        Right::Members,
    ),
    (
        "Groups",
        "Teams with a queue of their own",
        "group",
        "/settings/groups",
        Right::Settings,
    ),
    (
        "Tags",
        "What conversations and tickets are tagged with",
        "tag",
        "/settings/labels/tag",
        Right::Settings,
    ),
    (
        "Ticket types",
        "The kinds of case a ticket can be",
        "ticket",
        "/settings/labels/type",
        Right::Settings,
    ),
    (
        "Statuses",
        "What tickets go through: clocks, what is asked for, what follows by itself",
        "swap",
        "/settings/statuses",
        Right::Settings,
    ),
    (
        "Ticket fields",
        "Fields of your own: order numbers, dates, choices, and what is needed to resolve",
        "pen",
        "/settings/fields",
        Right::Settings,
    ),
    (
        "Macros and canned replies",
        "Words to insert, several actions in one go",
        "template",
        "/settings/macros",
        Right::Work,
    ),
    (
        "Rules",
        "What the desk does by itself: when this happens, then do that",
        "sliders",
        "/settings/rules",
        Right::Settings,
    ),
    (
        "Webhooks",
        "Other programs that are told what happens here, signed, with every try in a log",
        "plug",
        "/settings/webhooks",
        Right::Settings,
    ),
    (
        "Service levels",
        "How soon customers are answered and cases end, and what happens at a breach",
        "clock",
        "/settings/sla",
        Right::Settings,
    ),
    (
        "Calendars",
        "Opening hours by name, holidays, time zones",
        "clock",
        "/settings/calendars",
        Right::Settings,
    ),
    (
        "Desk and privacy",
        "Name, sessions, summaries, which reads are recorded",
        "sliders",
        "/settings/desk",
        Right::Settings,
    ),
    (
        "Retention and erasure",
        "How long things are kept, what is held, what was erased",
        "trash",
        "/settings/retention",
        Right::Erase,
    ),
    (
        "My profile",
        "Name, password, language, time zone, light or dark",
        "person",
        "/settings/profile",
        Right::Read,
    ),
    (
        "Where I am signed in",
        "Browsers that hold a session of mine",
        "screen",
        "/settings/sessions",
        Right::Read,
    ),
];

/// `GET /settings`
pub fn show(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let areas = AREAS.iter().filter(|(.., right)| visit.may(*right));
    let page = SettingsPage {
        checklist: if visit.may(Right::Settings) {
            checklist(&now)?
        } else {
            Vec::new()
        },
        areas: areas
            .map(|(title, text, icon, href, _)| SettingsArea {
                title,
                text,
                icon,
                href,
            })
            .collect(),
    };
    visit.page(&now, "settings/index.html", &page)
}

fn checklist(now: &Now<'_>) -> Result<Vec<ChecklistItem>> {
    let channels = channels::list(now)?;
    let mut templates = false;
    for channel in &channels {
        templates |= !channels::templates(now, channel.id)?.is_empty();
    }
    let members = members::list(now)?;
    let item = |title, text, href, done| ChecklistItem {
        title,
        text,
        href,
        done,
    };
    Ok(vec![
        item(
            "Connect a WhatsApp number",
            "Customers can write to you",
            "/settings/channels",
            channels.iter().any(|channel| channel.state == "active"),
        ),
        item(
            "See the first message come in",
            "Write to your number from another phone; the inbox shows it at once",
            "/inbox",
            channels.iter().any(|channel| channel.heard_at.is_some()),
        ),
        item(
            "Sync the message templates",
            "Outside the 24 hours only an approved template can be sent",
            "/settings/channels",
            templates,
        ),
        item(
            "Add the people who answer",
            "Each with a name of their own: the trail says who did what",
            "/settings/members",
            members.iter().filter(|member| member.active).count() > 1,
        ),
        item(
            "Make groups",
            "A queue for each team, so that nobody reads everything",
            "/settings/groups",
            !groups::list(now)?.is_empty(),
        ),
        item(
            "Verify the trail once",
            "And keep the verifier key and a checkpoint somewhere else",
            "/audit/integrity",
            audit::newest(now, "audit.verified")?.is_some(),
        ),
    ])
}
