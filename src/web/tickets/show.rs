//! One ticket: its header with the flow, the timeline of everything it holds, its details.

use super::{FlowStep, Ticket, TicketPage, Waiting, joins, own};
use crate::desk::audit::{self, Recorded};
use crate::desk::tickets::{self, Ticket as Known};
use crate::desk::{contacts, conversations, drafts, groups, inbox, labels, statuses};
use crate::domain::event::{Event, TicketEvent};
use crate::domain::id::{Object, TicketId};
use crate::domain::label::List;
use crate::domain::member::Right;
use crate::domain::ticket::{Category, Status};
use crate::error::{Error, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::audit::explorer::newest_about;
use crate::web::calls::form;
use crate::web::conversations::compose;
use crate::web::conversations::show::{
    contact_panel, conversation_line, group_names, known_status, person, status_of, ticket_status,
    types, workers,
};
use crate::web::conversations::{Actions, Escalation, Presence};
use crate::web::exchange::Response;
use crate::web::sentences;
use crate::web::settings::macros;
use crate::web::shell::Reader;
use crate::web::thread::view;
use crate::web::times::date;
use crate::web::visit::{Visit, zone};

/// Events shown beside the timeline.
const EVENTS: u32 = 10;

/// `GET /tickets/T-1042`
pub fn page(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    opened(visit, id)?;
    let now = visit.now()?;
    let page = TicketPage {
        ticket: ticket(visit, &now, id)?,
    };
    visit.page(&now, "tickets/show.html", &page)
}

/// Notes that the member opened it.
fn opened(visit: &Visit<'_>, id: TicketId) -> Result<()> {
    let now = visit.now()?;
    tickets::list::demand_reach(&now, id)?;
    if visit.in_background() {
        return Ok(());
    }
    let record = contacts::must_record_view(&now, Object::Ticket(id))?;
    drop(now);
    if record {
        visit.record(move |now| tickets::view(now, id))?;
    }
    crate::web::notifications::seen(visit, Object::Ticket(id))
}

/// The page again with a form that was refused: what was typed, and the sentence at its field.
pub fn again(visit: &Visit<'_>, id: TicketId, form: &str, error: Error) -> Result<Response> {
    let refusal = match error {
        Error::Refusal(refusal) => refusal,
        fault @ Error::Fault(_) => return Err(fault),
    };
    if !matches!(refusal.kind, RefusalKind::Invalid | RefusalKind::Conflict) {
        return Err(refusal.into());
    }
    let now = visit.now()?;
    tickets::list::demand_reach(&now, id)?;
    let mut ticket = ticket(visit, &now, id)?;
    let field = match (form, refusal.field.unwrap_or_default()) {
        ("status", "whom") => "awaiting",
        ("status", "expected_on") => "expected",
        ("status", "note") => "resolution",
        ("owner", "to") => "owner",
        ("escalation", "reason") => "why",
        ("fields", "kind") => "type",
        (_, field) => field,
    };
    ticket.may.refused = form.to_owned();
    ticket.may.typed = visit.form.fields.iter().cloned().collect();
    ticket.may.wrong = [(field.to_owned(), refusal.text.clone())].into();
    if matches!(form, "links" | "merging") && ticket.may.wrong.contains_key("") {
        let field = if form == "links" { "to" } else { "into" };
        ticket
            .may
            .wrong
            .insert(field.to_owned(), refusal.text.clone());
    }
    if form == "calls" {
        let (object, contact) = (Object::Ticket(id), tickets::get(&now, id)?.contact);
        ticket.call = Some(form::form(visit, &now, object, contact, Some(&refusal))?);
    }
    if form == "notes" {
        ticket.draft = visit.field("text").to_owned();
    }
    let response = visit.page(&now, "tickets/show.html", &TicketPage { ticket })?;
    Ok(response.with_status(refusal.status()))
}

fn ticket(visit: &Visit<'_>, now: &Now<'_>, id: TicketId) -> Result<Ticket> {
    let known = tickets::get(now, id)?;
    let object = Object::Ticket(id);
    let draft = drafts::get(now, visit.member.id, object)?;
    let panel = known
        .contact
        .map(|contact| contact_panel(now, contact, None));
    let first = newest(now, id, "ticket.opened")?;
    let mut timeline = view::timeline(visit, now, object)?;
    for (conversation, _) in &known.conversations {
        timeline.topic.push_str(&format!(" {conversation}"));
    }
    Ok(Ticket {
        href: format!("/tickets/{id}"),
        status: status_of(&known),
        sla: crate::web::sla::line(now, visit.language(), object)?,
        waiting: waiting(visit, now, &known),
        flow: flow(known.status, status_of(&known)),
        priority: known.priority.as_str().to_owned(),
        fields: own::shown(now, &known)?,
        next: own::next(now, &known)?,
        kind: known.kind.clone(),
        offered: macros::offered(now)?
            .into_iter()
            .filter(|one| !one.canned && visit.may(Right::Work))
            .collect(),
        kind_label: labels::find(now, List::Type, &known.kind)?
            .map_or_else(|| known.kind.clone(), |label| label.label),
        owner: person(visit, &known.owner),
        group: known
            .group
            .map(|group| groups::name(now, group))
            .transpose()?,
        group_id: known.group.map(|group| group.to_string()),
        tags: known.tags.clone(),
        escalation: escalation(visit, now, &known)?,
        resolution: known.resolution.clone(),
        opened_at: known.opened_at,
        opened_by: first.map_or_else(String::new, |event| by(visit, &event)),
        present: visit
            .app
            .others(visit.member.id, object)
            .into_iter()
            .map(|other| Presence {
                name: other.name,
                writing: other.writing,
            })
            .collect(),
        may: actions(visit, now, &known)?,
        may_change: visit.may(Right::Work)
            && known.status != Status::Closed
            && tickets::joins::merged(now, id)?.is_none(),
        timeline,
        conversations: known
            .conversations
            .iter()
            .map(|(id, _)| conversation_line(now, &conversations::get(now, *id)?))
            .collect::<Result<_>>()?,
        contact: panel.transpose()?,
        audit: if visit.may(Right::Audit) {
            newest_about(now, visit.language(), object, EVENTS)?
        } else {
            Vec::new()
        },
        audit_href: format!("/audit?ticket={id}"),
        joins: {
            let back = newest(now, id, "ticket.split_undone")?;
            let back = back.and_then(|event| match event.event {
                Event::Ticket(TicketEvent::SplitUndone { from, .. }) => Some(from.to_string()),
                _ => None, // only this event was asked for
            });
            joins::view(now, id, back)?
        },
        selecting: joins::selecting(visit),
        draft_at: draft.as_ref().map(|draft| draft.at.0),
        call: if visit.query("write") == Some("call") {
            Some(form::form(visit, now, object, known.contact, None)?)
        } else {
            None
        },
        draft: draft.map(|draft| draft.text).unwrap_or_default(),
        corrects: compose::corrects(visit, now, object)?.map(|(old, _)| old),
        mentionable: compose::mentionable(now)?,
        holds: crate::web::privacy::holds(visit, now, object)?,
        id: id.to_string(),
        title: known.title.unwrap_or_default(),
    })
}

/// What the reader may do with it now.
fn actions(visit: &Visit<'_>, now: &Now<'_>, known: &Known) -> Result<Actions> {
    if !visit.may(Right::Work) || tickets::joins::merged(now, known.id)?.is_some() {
        return Ok(Actions::default());
    }
    let open = known.status != Status::Closed;
    let mine = known.owner.member() == Some(visit.member.id);
    let held = known.owner.member().is_some() && !mine;
    let acts = open && (!held || visit.may(Right::Assign));
    let next = match acts {
        true => statuses::ways(now, known)?,
        false => Vec::new(),
    };
    Ok(Actions {
        take: open && !mine && !held,
        take_from: open && held && visit.may(Right::Assign),
        assign: acts,
        members: workers(now)?,
        groups: group_names(now)?,
        statuses: next.into_iter().map(known_status).collect(),
        tag: open,
        known_tags: inbox::known_tags(now)?,
        types: types_with(visit, now, known)?,
        escalate: open,
        reopen: !open && (!held || visit.may(Right::Assign)),
        ..Actions::default()
    })
}

/// The types it can be of, and the one it is of, even if that is not offered any more.
fn types_with(visit: &Visit<'_>, now: &Now<'_>, known: &Known) -> Result<Vec<(String, String)>> {
    let mut types = types(visit, now)?;
    if !types.iter().any(|(name, _)| *name == known.kind) {
        types.push((known.kind.clone(), known.kind.clone()));
    }
    Ok(types)
}

/// The statuses on its way, with how far it is. A wait stands in it while it is one or may come.
fn flow(present: Status, called: crate::web::conversations::Status) -> Vec<FlowStep> {
    let waits = match present {
        Status::AwaitingCustomer => Some(Status::AwaitingCustomer),
        Status::New | Status::InProgress | Status::AwaitingCourier => Some(Status::AwaitingCourier),
        Status::Resolved | Status::Closed => None,
    };
    let steps = [Status::New, Status::InProgress]
        .into_iter()
        .chain(waits)
        .chain([Status::Resolved, Status::Closed]);
    let mut place = "past";
    steps
        .map(|status| {
            if status == present {
                place = "now";
            } else if place == "now" {
                place = "next";
            }
            let status = match status == present {
                true => called.clone(),
                false => ticket_status(status),
            };
            FlowStep { status, place }
        })
        .collect()
}

fn waiting(visit: &Visit<'_>, now: &Now<'_>, known: &Known) -> Option<Waiting> {
    let wait = known.wait.as_ref()?;
    let waits = known.status.category() == Category::Waiting;
    let (expected, late) = day(visit, now, &wait.expected_on);
    waits.then(|| Waiting {
        whom: wait.whom.clone(),
        reference: wait.reference.clone(),
        expected,
        late,
    })
}

/// A date as the reader writes it, and whether it is past for them.
pub fn day(visit: &Visit<'_>, now: &Now<'_>, iso: &str) -> (String, bool) {
    let reader = Reader {
        language: visit.language(),
        zone: zone(&visit.member.preferences.zone),
        now: now.at(),
    };
    match reader.zone.day_start(iso) {
        Ok(start) => {
            let local = reader.zone.local(start);
            let today = reader.zone.local(reader.now).day_number;
            (date(&reader, &local, false), local.day_number < today)
        }
        Err(_) => (iso.to_owned(), false), // not a date: shown as it stands
    }
}

fn escalation(visit: &Visit<'_>, now: &Now<'_>, known: &Known) -> Result<Option<Escalation>> {
    if known.level == 0 {
        return Ok(None);
    }
    let raised = newest(now, known.id, "ticket.escalated")?;
    Ok(raised.map(|raised| Escalation {
        level: known.level,
        reason: match &raised.event {
            Event::Ticket(TicketEvent::Escalated { sealed, .. }) => {
                sealed.reason.clone().unwrap_or_default()
            }
            _ => String::new(), // only this event was asked for
        },
        by: by(visit, &raised),
        at: raised.entry.at,
    }))
}

/// The newest event of a name about a ticket.
fn newest(now: &Now<'_>, id: TicketId, event: &str) -> Result<Option<Recorded>> {
    let filter = audit::Filter {
        event: Some(event.to_owned()),
        objects: vec![Object::Ticket(id)],
        ..audit::Filter::default()
    };
    Ok(audit::list(now, &filter, 1)?.pop())
}

fn by(visit: &Visit<'_>, event: &Recorded) -> String {
    sentences::actor(visit.language(), &event.entry.actor, &|_| None)
}

#[cfg(test)]
mod tests {
    use super::{flow, ticket_status};
    use crate::domain::ticket::Status;

    #[test]
    fn the_flow_says_how_far_a_ticket_is() {
        for present in Status::ALL {
            let steps = flow(present, ticket_status(present));
            let now: Vec<&str> = steps
                .iter()
                .filter(|step| step.place == "now")
                .map(|step| step.status.id.as_str())
                .collect();
            assert_eq!(now, [present.as_str()]);
            let places: Vec<&str> = steps.iter().map(|step| step.place).collect();
            let mut ordered = places.clone();
            ordered.sort_by_key(|place| ["past", "now", "next"].iter().position(|p| p == place));
            assert_eq!(places, ordered, "{present:?}");
        }
    }
}
