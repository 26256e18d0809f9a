//! A conversation as the inbox and its own page show it.

use super::{
    Actions, ChannelName, ContactPanel, ConversationLine, ConversationPage, Details, Escalation,
    Person, Presence, Status, Summary, Thread, TicketLine, compose,
};
use crate::desk::conversations::{self, Conversation};
use crate::desk::spam;
use crate::desk::{
    articles, audit, bot, channels, contacts, groups, inbox, labels, members, statuses, tickets,
};
use crate::domain::conversation::{Owner, Status as State};
use crate::domain::event::{ContactEvent, ConversationEvent, Event};
use crate::domain::id::{ContactId, ConversationId, Object};
use crate::domain::label::List;
use crate::domain::member::Right;
use crate::domain::ticket;
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::names::Names;
use crate::web::text::translate;
use crate::web::thread::view;
use crate::web::visit::Visit;
use std::collections::BTreeMap;

/// Earlier conversations shown beside a thread.
const EARLIER: u32 = 8;
/// Events shown beside a thread.
const EVENTS: u32 = 10;

/// `GET /conversations/C-88`
pub fn page(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    opened(visit, id)?;
    let now = visit.now()?;
    let page = ConversationPage {
        thread: thread(visit, &now, id, None)?,
    };
    visit.page(&now, "conversations/show.html", &page)
}

/// Notes that the member opened a conversation, and shows the customer that it was read.
pub fn opened(visit: &Visit<'_>, id: ConversationId) -> Result<()> {
    let now = visit.now()?;
    inbox::demand_reach(&now, id)?;
    if visit.in_background() {
        return Ok(());
    }
    let object = Object::Conversation(id);
    let record = contacts::must_record_view(&now, object)?;
    let marks = crate::desk::settings::switch(&now, "whatsapp.read_marks")?;
    let present = conversations::get(&now, id)?;
    drop(now);
    if record {
        looked(visit.record(move |now| conversations::view(now, id)))?;
    }
    crate::web::notifications::seen(visit, object)?;
    let mine = present.owner.member() == Some(visit.member.id);
    if marks && mine && visit.may(Right::Work) {
        visit.app.jobs.mark_read(id);
    }
    Ok(())
}

/// While the desk cannot write, reading goes on: what was looked at is in the log alone then.
fn looked(recorded: Result<crate::ledger::Receipt>) -> Result<()> {
    match recorded {
        Err(Error::Refusal(refusal)) if refusal.kind == RefusalKind::Unavailable => {
            tracing::warn!(
                "a page was opened, which could not be recorded: {}",
                refusal.text
            );
            Ok(())
        }
        other => other.map(drop),
    }
}

/// The page again with a form that was refused: what was typed, and the sentence at its field.
pub fn again(visit: &Visit<'_>, id: ConversationId, form: &str, error: Error) -> Result<Response> {
    let refusal = match error {
        Error::Refusal(refusal) => refusal,
        fault @ Error::Fault(_) => return Err(fault),
    };
    let shown = matches!(refusal.kind, RefusalKind::Invalid | RefusalKind::Conflict);
    if !shown {
        return Err(refusal.into());
    }
    let now = visit.now()?;
    let mut thread = thread(visit, &now, id, Some((form, &refusal)))?;
    thread.may.refused = form.to_owned();
    thread.may.typed = visit.form.fields.iter().cloned().collect();
    thread.may.wrong = wrong(form, &refusal);
    let page = ConversationPage { thread };
    Ok(visit
        .page(&now, "conversations/show.html", &page)?
        .with_status(refusal.status()))
}

/// The sentence at its field, by the names the forms use.
fn wrong(form: &str, refusal: &Refusal) -> BTreeMap<String, String> {
    let field = match (form, refusal.field.unwrap_or_default()) {
        ("escalation", "reason") => "why",
        ("owner", "to") => "owner",
        (_, field) => field,
    };
    BTreeMap::from([(field.to_owned(), refusal.text.clone())])
}

/// A conversation with everything around it.
pub fn thread(
    visit: &Visit<'_>,
    now: &Now<'_>,
    id: ConversationId,
    refused: Option<(&str, &Refusal)>,
) -> Result<Thread> {
    inbox::demand_reach(now, id)?;
    let present = conversations::get(now, id)?;
    let person = contacts::merging::person(now, present.contact)?;
    let contact = contacts::get(now, person)?;
    let channel = channels::get(now, present.channel)?;
    let in_inbox = visit.request.path == "/inbox";
    let href = format!("/conversations/{id}");
    let object = Object::Conversation(id);
    let here = if in_inbox {
        view::with(visit, &[("step", "")])
    } else {
        href.clone()
    };
    let composer = compose::composer(visit, now, &present, refused)?;
    Ok(Thread {
        title: contact.title(),
        list: if in_inbox {
            view::with(visit, &[("open", ""), ("step", "")])
        } else {
            "/inbox".to_owned()
        },
        details_href: if in_inbox {
            view::with(visit, &[("step", "details")])
        } else {
            format!("{href}#details")
        },
        here,
        status: status(present.status),
        owner: self::person(visit, &present.owner),
        group: present
            .group
            .map(|group| groups::name(now, group))
            .transpose()?,
        channel: ChannelName {
            id: channel.id.to_string(),
            name: channel.title.clone(),
            kind: channel.kind.clone(),
        },
        escalation: escalation(now, &present)?,
        tags: present.tags.clone(),
        waiting_since: present.waiting_since,
        sla: crate::web::sla::line(now, visit.language(), object)?,
        snoozed_until: present.snoozed_until,
        present: visit
            .app
            .others(visit.member.id, object)
            .into_iter()
            .map(|other| Presence {
                name: other.name,
                writing: other.writing,
            })
            .collect(),
        may: actions(visit, now, &present)?,
        timeline: view::timeline(visit, now, object)?,
        unsent: compose::unsent(visit, composer.as_ref(), refused),
        composer,
        details: details(visit, now, &present)?,
        selecting: crate::web::tickets::joins::selecting(visit),
        holds: crate::web::privacy::holds(visit, now, object)?,
        id: id.to_string(),
        href,
    })
}

/// A status of a conversation as the pages name it.
pub fn status(status: State) -> Status {
    let category = match status {
        State::New => "new",
        State::Open => "open",
        State::Waiting => "waiting",
        State::Closed => "final",
    };
    Status {
        id: status.as_str().to_owned(),
        name: status.words().to_owned(),
        category: category.to_owned(),
    }
}

/// A status of a ticket as the pages name it.
pub fn ticket_status(status: ticket::Status) -> Status {
    Status {
        id: status.as_str().to_owned(),
        name: status.words().to_owned(),
        category: status.category().as_str().to_owned(),
    }
}

/// The status of a ticket as it is called here.
pub fn status_of(ticket: &crate::desk::tickets::Ticket) -> Status {
    Status {
        id: ticket.named.clone(),
        name: ticket.label.clone(),
        category: ticket.status.category().as_str().to_owned(),
    }
}

/// A status as the desk defines it, as the pages name it.
pub fn known_status(known: statuses::Known) -> Status {
    Status {
        id: known.name,
        name: known.definition.label,
        category: known.definition.base.category().as_str().to_owned(),
    }
}

/// Somebody responsible, as the pages name them.
pub fn person(visit: &Visit<'_>, owner: &Owner) -> Option<Person> {
    match owner {
        Owner::Nobody => None,
        Owner::Bot => Some(Person {
            id: String::new(),
            name: "Assistant".to_owned(),
            kind: "bot",
            me: false,
        }),
        Owner::Member { id, name } => Some(Person {
            id: id.to_string(),
            name: name.clone(),
            kind: "member",
            me: *id == visit.member.id,
        }),
    }
}

/// The members who can own work, id and name.
pub fn workers(now: &Now<'_>) -> Result<Vec<(String, String)>> {
    Ok(members::list(now)?
        .into_iter()
        .filter(|member| member.active && member.role.has(Right::Work))
        .map(|member| (member.id.to_string(), member.name))
        .collect())
}

/// All groups, id and name.
pub fn group_names(now: &Now<'_>) -> Result<Vec<(String, String)>> {
    Ok(groups::list(now)?
        .into_iter()
        .map(|group| (group.id.to_string(), group.name))
        .collect())
}

fn escalation(now: &Now<'_>, present: &Conversation) -> Result<Option<Escalation>> {
    if present.level == 0 {
        return Ok(None);
    }
    let filter = audit::Filter {
        event: Some("conversation.escalated".to_owned()),
        objects: vec![Object::Conversation(present.id)],
        ..audit::Filter::default()
    };
    let raised = audit::list(now, &filter, 1)?.pop();
    Ok(raised.map(|raised| {
        let reason = match &raised.event {
            Event::Conversation(ConversationEvent::Escalated { sealed, .. }) => {
                sealed.reason.clone().unwrap_or_default()
            }
            _ => String::new(), // the filter asks for this event alone
        };
        Escalation {
            level: present.level,
            reason,
            by: actor_name(&raised),
            at: raised.entry.at,
        }
    }))
}

fn actor_name(recorded: &audit::Recorded) -> String {
    use crate::domain::actor::Actor;
    match &recorded.entry.actor {
        Actor::Member { name, .. } => name.clone(),
        Actor::Bot { .. } => "Assistant".to_owned(),
        other @ (Actor::Rule { .. }
        | Actor::Contact { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. }) => other.id(),
    }
}

fn actions(visit: &Visit<'_>, now: &Now<'_>, present: &Conversation) -> Result<Actions> {
    if !visit.may(Right::Work) {
        return Ok(Actions::default());
    }
    let open = present.status != State::Closed;
    let mine = present.owner.member() == Some(visit.member.id);
    let held = present.owner.member().is_some() && !mine;
    let may_take_from = visit.may(Right::Assign);
    let acts = open && (!held || may_take_from);
    let on_hand = acts && present.owner != Owner::Bot;
    let statuses = [State::Open, State::Waiting].map(status);
    let newest = conversations::newest(now, present.contact, present.channel)?;
    let spam = spam::is(now, present.id)?;
    Ok(Actions {
        take: open && !mine && !held,
        take_from: open && held && may_take_from,
        to_bot: on_hand && bot::begins(now, present.channel)?,
        assign: acts,
        members: workers(now)?,
        groups: group_names(now)?,
        statuses: if on_hand { statuses.into() } else { Vec::new() },
        tag: true,
        known_tags: inbox::known_tags(now)?,
        types: types(visit, now)?,
        escalate: open,
        snooze: on_hand,
        close: on_hand,
        reopen: !open && !spam && newest == Some(present.id),
        spam: !spam && (acts || !open),
        not_spam: spam,
        open_ticket: true,
        ..Actions::default()
    })
}

/// The types a ticket can be of, name and label in the reader's language.
pub fn types(visit: &Visit<'_>, now: &Now<'_>) -> Result<Vec<(String, String)>> {
    let types = labels::offered(now, List::Type)?.into_iter();
    Ok(types
        .map(|label| {
            (
                label.name,
                translate(visit.language(), &label.label).to_owned(),
            )
        })
        .collect())
}

fn details(visit: &Visit<'_>, now: &Now<'_>, present: &Conversation) -> Result<Details> {
    let object = Object::Conversation(present.id);
    let filter = audit::Filter {
        objects: vec![object],
        ..audit::Filter::default()
    };
    let events = audit::list(now, &filter, EVENTS)?;
    let tickets = present
        .tickets
        .iter()
        .map(|ticket| {
            let ticket = tickets::get(now, *ticket)?;
            Ok(TicketLine {
                id: ticket.id.to_string(),
                status: status_of(&ticket),
                title: ticket.title.unwrap_or_default(),
                owner: ticket
                    .owner
                    .member()
                    .map(|_| ticket.owner.words().to_owned()),
            })
        })
        .collect::<Result<_>>()?;
    let names = Names::of_events(now, &events)?;
    let confirmed = match &present.summary {
        Some(_) => {
            let filter = audit::Filter {
                event: Some("conversation.summarised".to_owned()),
                objects: vec![object],
                ..audit::Filter::default()
            };
            audit::list(now, &filter, 1)?.pop()
        }
        None => None,
    };
    Ok(Details {
        tickets,
        split_off: crate::web::tickets::joins::parted(now, object)?,
        summary: present.summary.as_ref().map(|summary| Summary {
            issue: summary.issue.clone(),
            actions: summary.actions.clone(),
            outcome: summary.outcome.clone(),
            next_step: summary.next_step.clone(),
            by: confirmed.as_ref().map(actor_name),
            at: confirmed.as_ref().map(|event| event.entry.at),
        }),
        contact: contact_panel(
            now,
            contacts::merging::person(now, present.contact)?,
            Some(present.id),
        )?,
        audit: events
            .iter()
            .map(|event| view::change(visit.language(), event, &names))
            .collect(),
        audit_href: format!("/audit?object={}", present.id),
    })
}

/// The customer beside a thread, with their other conversations.
pub fn contact_panel(
    now: &Now<'_>,
    id: ContactId,
    without: Option<ConversationId>,
) -> Result<ContactPanel> {
    let contact = contacts::get(now, id)?;
    let earlier = conversations::of_contact(now, id, None, EARLIER + 1)?
        .into_iter()
        .filter(|conversation| Some(conversation.id) != without)
        .map(|conversation| conversation_line(now, &conversation))
        .collect::<Result<_>>()?;
    let mut identities = contact.identities.clone();
    for other in contacts::merging::family(now, id)?.into_iter().skip(1) {
        identities.extend(contacts::get(now, other)?.identities);
    }
    Ok(ContactPanel {
        id: id.to_string(),
        name: contact.title(),
        identities: identities
            .iter()
            .map(|(kind, value)| {
                use crate::web::contacts::{shown, way};
                (way(kind).to_owned(), shown(kind, value))
            })
            .collect(),
        language: contact.fields.get("language").cloned(),
        since: contacts::since(now, id)?,
        earlier,
    })
}

/// A conversation in one line.
pub fn conversation_line(now: &Now<'_>, conversation: &Conversation) -> Result<ConversationLine> {
    let issue = conversation
        .summary
        .as_ref()
        .map(|summary| summary.issue.clone());
    let text = match issue.filter(|issue| !issue.is_empty()) {
        _ if !inbox::is_within_reach(now, conversation.id)? => String::new(), // only that it was
        Some(issue) => issue,
        None => articles::last_line(now, conversation.id)?.unwrap_or_default(),
    };
    Ok(ConversationLine {
        id: conversation.id.to_string(),
        text,
        status: status(conversation.status),
        at: conversation.last_at,
    })
}

/// Records that the member opened a customer's page, where it is to be recorded.
pub fn contact_opened(visit: &Visit<'_>, id: ContactId) -> Result<()> {
    if visit.in_background() {
        return Ok(());
    }
    let object = Object::Contact(id);
    if contacts::must_record_view(&visit.now()?, object)? {
        looked(visit.record(move |now| {
            contacts::get(now, id)?;
            contacts::record_view(now, object, ContactEvent::Viewed { contact: id }.into())
        }))?;
    }
    Ok(())
}
