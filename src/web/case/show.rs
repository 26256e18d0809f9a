//! The page of a case over time.

use super::{CasePage, picture};
use crate::desk::{case, contacts, conversations, evidence, inbox, packs, tickets};
use crate::domain::event::{ContactEvent, ConversationEvent, Event, TicketEvent};
use crate::domain::id::Object;
use crate::domain::member::Right;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::audit::explorer::rows;
use crate::web::exchange::Response;
use crate::web::names::Names;
use crate::web::packs::PackLine;
use crate::web::packs::show::in_one_line;
use crate::web::shell::Reader;
use crate::web::visit::{Visit, zone};

/// Most packs shown of each ticket and conversation of a case.
const PACKS: u32 = 20;

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
    page.may_settle = packs::may(visit.member.role);
    for about in evidence::case(&now, object)? {
        let found = packs::list(&now, Some(about), None, false, PACKS)?;
        page.packs.extend(found.iter().map(in_one_line));
    }
    if page.may_settle {
        let asked = visit.query("pack").and_then(|name| packs::parse(name).ok());
        let open =
            |pack: &&PackLine| pack.outcome.is_none() && asked.is_none_or(|asked| asked == pack.id);
        page.pack = page.packs.iter().find(open).cloned();
    }
    if let Some(pack) = &page.pack {
        let pins = packs::pins(&now, pack.id)?;
        page.pinned = pins.iter().map(|pin| pin.event.0).collect();
    }
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
        may_settle: false,
        packs: Vec::new(),
        pack: None,
        pinned: Vec::new(),
        id: object.to_string(),
        href,
    })
}
