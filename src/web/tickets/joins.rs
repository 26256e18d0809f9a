//! Tickets that belong together, as their pages show and change it: merged, split off, linked.

use super::acts::act;
use crate::desk::inbox;
use crate::desk::tickets::joins::{self, Parted};
use crate::desk::tickets::{self, Wanted, list};
use crate::domain::event::{Event, TicketEvent};
use crate::domain::id::{ArticleId, Object, TicketId};
use crate::domain::ticket::Link;
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::conversations::Status;
use crate::web::conversations::show::status_of;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;

/// What a ticket belongs together with.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Joins {
    /// The one it was merged into, in which it lives on.
    pub merged: Option<Other>,
    /// Those merged into it.
    pub merged_here: Vec<Other>,
    /// Those it is linked with.
    pub links: Vec<Other>,
    /// Where its articles were split off from: object, address, how many.
    pub split_from: Option<(String, String, u64)>,
    /// The tickets that were split off from it.
    pub split_off: Vec<Other>,
    /// Where its articles were put back to.
    pub put_back: Option<String>,
    /// The kinds of links, with their names.
    pub kinds: Vec<(&'static str, &'static str)>,
}

/// Another ticket.
#[derive(Debug, Clone, Serialize)]
pub struct Other {
    /// `T-1042`.
    pub id: String,
    /// What it is to this one.
    pub what: String,
    /// What it is about; empty where the reader may not see it.
    pub title: String,
    /// Its status.
    pub status: Status,
}

/// What a ticket belongs together with, as its page shows it.
pub fn view(now: &Now<'_>, id: TicketId, put_back: Option<String>) -> Result<Joins> {
    let merged = joins::merged(now, id)?;
    let split_from = joins::split_from(now, id)?;
    Ok(Joins {
        merged: merged
            .map(|(_, root)| other(now, root, "Merged into"))
            .transpose()?,
        merged_here: others(now, &joins::merged_here(now, id)?, "Merged into it")?,
        links: joins::links(now, id)?
            .into_iter()
            .map(|joined| other(now, joined.ticket, joined.link.words(joined.from_here)))
            .collect::<Result<_>>()?,
        put_back: put_back.filter(|_| split_from.is_none()),
        split_from: split_from.map(|from| {
            let (object, href) = (from.from.to_string(), address(from.from));
            (object, href, from.articles)
        }),
        split_off: parted(now, Object::Ticket(id))?,
        kinds: Link::ALL
            .map(|link| (link.as_str(), link.words(true)))
            .into(),
    })
}

/// The tickets that were split off from a thread.
pub fn parted(now: &Now<'_>, from: Object) -> Result<Vec<Other>> {
    let parted = joins::split_off(now, from)?.into_iter();
    let ids: Vec<TicketId> = parted.map(|Parted { ticket, .. }| ticket).collect();
    others(now, &ids, "Split off")
}

fn others(now: &Now<'_>, ids: &[TicketId], what: &str) -> Result<Vec<Other>> {
    ids.iter().map(|id| other(now, *id, what)).collect()
}

fn other(now: &Now<'_>, id: TicketId, what: &str) -> Result<Other> {
    let ticket = tickets::get(now, id)?;
    let within = list::is_within_reach(now, id)?;
    Ok(Other {
        id: id.to_string(),
        what: what.to_owned(),
        status: status_of(&ticket),
        title: ticket.title.filter(|_| within).unwrap_or_default(),
    })
}

fn address(object: Object) -> String {
    match object {
        Object::Conversation(id) => format!("/conversations/{id}"),
        Object::Ticket(id) => format!("/tickets/{id}"),
        other => format!("/audit?object={other}"), // nothing else is split
    }
}

/// `POST /tickets/T-1042/merging`
pub fn merge(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let into = visit.field("into").to_owned();
    act(visit, id, "merging", "Merged", move |now| {
        let into = ticket(&into, "into")?;
        within_reach(now, into, "into")?;
        joins::merge(now, id, into)
    })
}

/// `POST /tickets/T-1042/unmerging`
pub fn unmerge(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    act(
        visit,
        id,
        "unmerging",
        "It stands by itself again",
        move |now| joins::unmerge(now, id),
    )
}

/// `POST /tickets/T-1042/links`
pub fn link(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let (to, kind) = (visit.field("to").to_owned(), visit.field("link").to_owned());
    act(visit, id, "links", "Linked", move |now| {
        let to = ticket(&to, "to")?;
        let link = kind
            .parse()
            .map_err(|error: String| Refusal::invalid(error).at("link"))?;
        within_reach(now, to, "to")?;
        joins::link(now, id, to, link)
    })
}

/// `POST /tickets/T-1042/unlinking`
pub fn unlink(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let to = visit.field("to").to_owned();
    act(visit, id, "unlinking", "The link is gone", move |now| {
        joins::unlink(now, id, ticket(&to, "to")?)
    })
}

/// `POST /tickets/T-1043/rejoining`: what was split off goes back.
pub fn rejoin(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    act(
        visit,
        id,
        "rejoining",
        "The articles are back",
        move |now| joins::rejoin(now, id),
    )
}

/// `POST /tickets/T-1042/splitting`, `POST /conversations/C-88/splitting`: a new ticket with the
/// chosen articles.
pub fn split(visit: &Visit<'_>, from: Object) -> Result<Response> {
    let chosen = visit.form.fields.iter();
    let chosen = chosen.filter(|(name, _)| name == "article");
    let chosen: Vec<ArticleId> = chosen.filter_map(|(_, seq)| seq.parse().ok()).collect();
    let (title, kind) = (
        visit.field("title").to_owned(),
        visit.field("type").to_owned(),
    );
    let granted = visit.record(move |now| {
        match from {
            Object::Conversation(id) => inbox::demand_reach(now, id)?,
            Object::Ticket(id) => list::demand_reach(now, id)?,
            _ => {} // refused below
        }
        let wanted = Wanted {
            title,
            kind,
            ..Wanted::default()
        };
        joins::split(now, from, chosen, wanted)
    });
    match granted {
        Ok(receipt) => {
            let opened = receipt.facts.iter().find_map(|(_, event)| match event {
                Event::Ticket(TicketEvent::Opened { ticket, .. }) => Some(*ticket),
                _ => None, // only the opening tells the number
            });
            let ticket = opened.ok_or_else(|| Error::fault("the ticket got no number"))?;
            Ok(visit.went_well(&format!("/tickets/{ticket}"), &format!("Opened {ticket}")))
        }
        Err(error) => match from {
            Object::Conversation(id) => {
                crate::web::conversations::show::again(visit, id, "splitting", error)
            }
            Object::Ticket(id) => super::show::again(visit, id, "splitting", error),
            _ => Err(error), // nothing else is split
        },
    }
}

/// Whether the reader is choosing articles to split off.
pub fn selecting(visit: &Visit<'_>) -> bool {
    let asked = visit.query("select") == Some("split");
    let refused = visit.request.path.ends_with("/splitting");
    (asked || refused) && visit.may(crate::domain::member::Right::Work)
}

/// The one that was typed in, as far as there is one and the reader may see it.
fn within_reach(now: &Now<'_>, id: TicketId, field: &'static str) -> Result<()> {
    list::demand_reach(now, id).map_err(|error| match error {
        Error::Refusal(refusal) if refusal.kind == RefusalKind::NotFound => {
            Refusal::invalid(refusal.text).at(field).into()
        }
        other => other,
    })
}

/// What a conversation or ticket is called in a form: `T-1042`, `t1042` or `1042`.
fn ticket(text: &str, field: &'static str) -> Result<TicketId> {
    let text = text.trim().to_uppercase();
    let digits = text.trim_start_matches(['T', '-', '#']);
    format!("T-{digits}").parse().map_err(|_| {
        Refusal::invalid("give the number of a ticket, such as T-1042")
            .at(field)
            .into()
    })
}
