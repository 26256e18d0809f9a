//! What a member does with calls and commitments through their forms.

use super::form;
use crate::desk::{calls, commitments, contacts, inbox, tickets};
use crate::domain::event::{Event, TicketEvent};
use crate::domain::id::{ContactId, ConversationId, Object, Seq, TicketId};
use crate::domain::message::one_line;
use crate::error::{Error, Refusal, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;

/// `POST /conversations/C-88/calls`
pub fn on_conversation(visit: &Visit<'_>, id: ConversationId) -> Result<Response> {
    let granted = form::wanted(visit).and_then(|wanted| {
        visit.record(move |now| {
            inbox::demand_reach(now, id)?;
            calls::log(now, Object::Conversation(id), wanted)
        })
    });
    match granted {
        Ok(_) => Ok(visit.went_well(&visit.back(&format!("/conversations/{id}")), "Call noted")),
        Err(error) => crate::web::conversations::show::again(visit, id, "calls", error),
    }
}

/// `POST /tickets/T-1042/calls`
pub fn on_ticket(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let granted = form::wanted(visit).and_then(|wanted| {
        visit.record(move |now| {
            tickets::list::demand_reach(now, id)?;
            calls::log(now, Object::Ticket(id), wanted)
        })
    });
    match granted {
        Ok(_) => Ok(visit.went_well(&visit.back(&format!("/tickets/{id}")), "Call noted")),
        Err(error) => crate::web::tickets::show::again(visit, id, "calls", error),
    }
}

/// `POST /calls`: a ticket that begins with a call.
pub fn open(visit: &Visit<'_>) -> Result<Response> {
    match opened(visit) {
        Ok(id) => Ok(visit.went_well(&format!("/tickets/{id}"), "Ticket opened, call noted")),
        Err(Error::Refusal(refusal)) => super::page::new_again(visit, refusal),
        Err(fault) => Err(fault),
    }
}

fn opened(visit: &Visit<'_>) -> Result<TicketId> {
    let mut wanted = form::wanted(visit)?;
    wanted.call = None;
    let contact = match visit.field("contact") {
        "" => None,
        id => Some(
            id.parse::<ContactId>()
                .map_err(|error| Refusal::invalid(error).at("contact"))?,
        ),
    };
    if let Some(contact) = contact {
        contacts::get(&visit.now()?, contact)?;
    }
    let name = visit.field("name").to_owned();
    let title = match visit.field("title").trim() {
        "" => one_line(&wanted.note.reason, 120),
        title => title.to_owned(),
    };
    let receipt =
        visit.record(move |now| calls::open_with(now, contact, &name, &title, &wanted))?;
    let opened = receipt.facts.iter().find_map(|(_, event)| match event {
        Event::Ticket(TicketEvent::Opened { ticket, .. }) => Some(*ticket),
        _ => None, // the other facts of this wish
    });
    opened.ok_or_else(|| Error::fault("a ticket that was just opened is missing"))
}

/// `POST /commitments/81204/kept`, `/missed`, `/due`, `/owner`
pub fn promise(visit: &Visit<'_>, id: Seq, act: &str) -> Result<Response> {
    let reason = visit.field("reason").to_owned();
    let (said, granted) = match act {
        "kept" => (
            "Kept",
            visit.record(move |now| commitments::keep(now, id, &reason)),
        ),
        "missed" => (
            "Missed",
            visit.record(move |now| commitments::miss(now, id, &reason)),
        ),
        "due" => (
            "Moved",
            form::due(visit, visit.field("due")).and_then(|due| {
                visit.record(move |now| commitments::move_to(now, id, due, &reason))
            }),
        ),
        "owner" => (
            "Handed over",
            visit
                .field("owner")
                .parse()
                .map_err(|error: String| Refusal::invalid(error).at("owner").into())
                .and_then(|to| visit.record(move |now| commitments::assign(now, id, to))),
        ),
        _ => {
            let text = format!("there is nothing at {}", visit.request.path);
            return Err(Refusal::not_found(text).into());
        }
    };
    match granted {
        Ok(_) => Ok(visit.went_well(&visit.back("/calls"), said)),
        Err(Error::Refusal(refusal)) => super::page::again(visit, id, refusal),
        Err(fault) => Err(fault),
    }
}
