//! The page of a case over time.

use super::{CasePage, picture};
use crate::desk::{case, contacts, conversations, inbox, tickets};
use crate::domain::event::{ContactEvent, ConversationEvent, Event, TicketEvent};
use crate::domain::id::Object;
use crate::domain::member::Right;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::audit::explorer::rows;
use crate::web::exchange::Response;
use crate::web::names::Names;
use crate::web::shell::Reader;
use crate::web::visit::{Visit, zone};

/// `GET /tickets/T-1042/case`, `GET /conversations/C-88/case`
pub fn page(visit: &Visit<'_>, object: Object) -> Result<Response> {
    let now = visit.now()?;
    let reader = Reader {
        language: visit.language(),
        zone: zone(&visit.member.preferences.zone),
        now: now.at(),
    };
    let views = visit.query("views") == Some("yes");
    let mut page = told(&now, object, &reader, views)?;
    page.may_export = visit.may(Right::Export);
    visit.page(&now, "case/show.html", &page)
}

/// The title of a case and its page.
///
/// **Refuses:** what is no case, what is not there or out of reach.
pub fn demand(now: &Now<'_>, object: Object) -> Result<(String, String)> {
    match object {
        Object::Conversation(id) => {
            inbox::demand_reach(now, id)?;
            let contact = conversations::get(now, id)?.contact;
            let title = contacts::get(now, contact)?.title();
            Ok((title, format!("/conversations/{id}")))
        }
        Object::Ticket(id) => {
            tickets::list::demand_reach(now, id)?;
            let title = tickets::get(now, id)?.title.unwrap_or_default();
            Ok((title, format!("/tickets/{id}")))
        }
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            Err(Refusal::not_found(format!("{object} is no case")).into())
        }
    }
}

/// A case as one reads it, with or without who looked.
pub fn told(now: &Now<'_>, object: Object, reader: &Reader, views: bool) -> Result<CasePage> {
    let (title, href) = demand(now, object)?;
    let known = case::of(now, object)?;
    let names = Names::of_events(now, &known.events)?;
    let (picture, lines) = picture::draw(&known, &names, reader);
    let mut events = known.events;
    events.retain(|event| match &event.event {
        Event::Conversation(ConversationEvent::Viewed { .. })
        | Event::Ticket(TicketEvent::Viewed { .. })
        | Event::Contact(ContactEvent::Viewed { .. }) => views,
        _ => true, // everything else is part of what happened
    });
    Ok(CasePage {
        title,
        from: known.from,
        until: known.until,
        cut: known.cut,
        picture,
        rows: lines,
        events: rows(now, reader.language, &names, &events)?,
        audit_href: format!("/audit?q=about%3A{object}"),
        views,
        views_href: match views {
            true => format!("{href}/case"),
            false => format!("{href}/case?views=yes"),
        },
        may_export: false,
        id: object.to_string(),
        href,
    })
}
