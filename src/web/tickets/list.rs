//! The list of tickets: views, filters, orders, a page at a time.

use super::{TicketRow, TicketsPage};
use crate::desk::labels::{self, Label};
use crate::desk::tickets::list::{self, Filter, Sort};
use crate::desk::tickets::{self, Ticket};
use crate::desk::{contacts, search, statuses};
use crate::domain::id::Object;
use crate::domain::label::List;
use crate::domain::member::Right;
use crate::domain::ticket::Category;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::conversations::show::{group_names, known_status, person, status_of, workers};
use crate::web::exchange::Response;
use crate::web::links::neighbours;
use crate::web::thread::view::with;
use crate::web::views::{self, Kept};
use crate::web::visit::Visit;
use std::collections::BTreeMap;

/// Tickets of one page.
const ROWS: u32 = 50;
/// Views are counted up to here.
const COUNT_MAX: u32 = 1_000;
/// Most tickets that are looked at when their titles are searched.
const FOUND_MAX: u32 = 200;
/// The fields of the filter.
const FIELDS: [&str; 6] = ["status", "owner", "group", "priority", "tag", "q"];
/// The views: name, query.
const VIEWS: [(&str, &str); 5] = [
    ("Open", ""),
    ("Mine", "owner=me"),
    ("Unassigned", "owner=none"),
    ("Awaiting courier", "status=awaiting_courier"),
    ("All", "view=all"),
];

/// `GET /tickets`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let filter = filter(visit, |name| visit.query(name));
    let q = visit.query("q").unwrap_or_default().trim();
    if let Ok(Object::Ticket(id)) = q.to_uppercase().parse()
        && tickets::get(&now, id).is_ok()
    {
        return Ok(Response::redirect_303(&format!("/tickets/{id}")));
    }
    let mut found = if q.is_empty() {
        list::page(&now, &filter, ROWS + 1)?
    } else {
        with_words(&now, &filter, q)?
    };
    let more = found.len() > ROWS as usize && q.is_empty();
    if q.is_empty() {
        found.truncate(ROWS as usize);
    }
    let last = found.last().filter(|_| more);
    let types = labels::list(&now, List::Type)?;
    let key = last.map(|last| format!("{}_{}", filter.sort.key_of(last), last.id.0));
    let here = crate::web::visit::target(visit.request);
    let (newer, older) = neighbours(&here, "before", key.as_deref());
    let page = TicketsPage {
        may_work: visit.may(Right::Work),
        filter: asked(visit),
        statuses: statuses::list(&now)?
            .into_iter()
            .map(known_status)
            .collect(),
        owners: workers(&now)?,
        groups: group_names(&now)?,
        sorts: sorts(visit, filter.sort),
        views: shipped(visit, &now)?,
        kept: kept(visit, &now)?,
        newer,
        older,
        rows: found
            .into_iter()
            .map(|ticket| row(visit, &now, &types, ticket))
            .collect::<Result<_>>()?,
    };
    visit.page(&now, "tickets/index.html", &page)
}

/// What a query narrows the list to; without a status it shows what is not finished.
pub fn filter<'q>(visit: &Visit<'_>, query: impl Fn(&str) -> Option<&'q str>) -> Filter {
    let status = query("status")
        .filter(|status| !status.is_empty())
        .map(str::to_owned);
    Filter {
        unfinished: status.is_none() && query("view") != Some("all"),
        status,
        owner: match query("owner") {
            None => None,
            Some("none") => Some(None),
            Some("me") => Some(Some(visit.member.id)),
            Some(id) => id.parse().ok().map(Some),
        },
        group: query("group").and_then(|group| group.parse().ok()),
        priority: query("priority").and_then(|priority| priority.parse().ok()),
        tag: query("tag").map(str::to_owned),
        contact: query("contact").and_then(|contact| contact.parse().ok()),
        sort: match query("sort") {
            Some("opened") => Sort::Opened,
            Some("priority") => Sort::Priority,
            Some("due") => Sort::Due,
            _ => Sort::Changed, // the usual one, also for words nobody offers
        },
        before: query("before").and_then(|before| {
            let (key, id) = before.split_once('_')?;
            Some((
                key.parse().ok()?,
                crate::domain::id::TicketId(id.parse().ok()?),
            ))
        }),
    }
}

/// What was asked for, as the form shows it.
fn asked(visit: &Visit<'_>) -> BTreeMap<&'static str, String> {
    let me = visit.member.id.to_string();
    FIELDS
        .into_iter()
        .filter_map(|field| {
            let value = visit.query(field)?;
            let value = if (field, value) == ("owner", "me") {
                &me
            } else {
                value
            };
            Some((field, value.to_owned()))
        })
        .collect()
}

/// Tickets whose number or title holds the words, the newest first; finished ones too.
pub fn with_words(now: &Now<'_>, filter: &Filter, q: &str) -> Result<Vec<Ticket>> {
    let hits = search::find_within_reach(now, q, Some("ticket"), None, FOUND_MAX)?;
    let mut found = Vec::new();
    for hit in hits {
        let Object::Ticket(id) = hit.object else {
            continue;
        };
        let ticket = tickets::get(now, id)?;
        let passes = filter
            .status
            .as_ref()
            .is_none_or(|status| *status == ticket.named)
            && filter
                .owner
                .is_none_or(|owner| owner == ticket.owner.member())
            && filter.group.is_none_or(|group| ticket.group == Some(group))
            && filter
                .tag
                .as_ref()
                .is_none_or(|tag| ticket.tags.contains(tag))
            && filter
                .contact
                .is_none_or(|contact| ticket.contact == Some(contact))
            && filter
                .priority
                .is_none_or(|priority| priority == ticket.priority);
        if passes {
            found.push(ticket);
        }
    }
    Ok(found)
}

fn sorts(visit: &Visit<'_>, present: Sort) -> Vec<(&'static str, String, bool)> {
    let sort = |name, value, sort| {
        let href = with(visit, &[("sort", value), ("before", "")]);
        (name, href, sort == present)
    };
    vec![
        sort("Last change", "", Sort::Changed),
        sort("Newest", "opened", Sort::Opened),
        sort("Most urgent", "priority", Sort::Priority),
        sort("Next SLA target", "due", Sort::Due),
    ]
}

fn shipped(visit: &Visit<'_>, now: &Now<'_>) -> Result<Vec<(&'static str, String, u64, bool)>> {
    let narrowed = ["owner", "status", "view", "group", "priority", "tag", "q"];
    VIEWS
        .into_iter()
        .map(|(name, query)| {
            let (field, value) = query.split_once('=').unwrap_or_default();
            let only = filter(visit, |name| (name == field).then_some(value));
            let count = list::count(now, &only, COUNT_MAX)?;
            let here = narrowed.iter().all(|name| {
                visit.query(name).unwrap_or_default() == if *name == field { value } else { "" }
            });
            let href = if query.is_empty() {
                "/tickets".to_owned()
            } else {
                format!("/tickets?{query}")
            };
            Ok((name, href, count, here))
        })
        .collect()
}

/// The views that were kept; where words are looked for, the rows are not counted.
fn kept(visit: &Visit<'_>, now: &Now<'_>) -> Result<Kept> {
    views::kept(visit, now, "tickets", |asked| {
        if asked.get("q").is_some() {
            return Ok(None);
        }
        let filter = filter(visit, |name| asked.get(name));
        list::count(now, &filter, COUNT_MAX).map(Some)
    })
}

fn row(visit: &Visit<'_>, now: &Now<'_>, types: &[Label], ticket: Ticket) -> Result<TicketRow> {
    let kind = types.iter().find(|label| label.name == ticket.kind);
    let contact = match ticket.contact {
        Some(id) => Some((id.to_string(), contacts::get(now, id)?.title())),
        None => None,
    };
    let waits = ticket.status.category() == Category::Waiting;
    let wait = ticket.wait.as_ref().filter(|_| waits);
    Ok(TicketRow {
        contact,
        status: status_of(&ticket),
        expected: wait.map(|wait| super::show::day(visit, now, &wait.expected_on).0),
        priority: ticket.priority.as_str().to_owned(),
        owner: person(visit, &ticket.owner),
        at: ticket.changed_at,
        due: crate::web::sla::due(ticket.due_at, ticket.near_at, now.at()),
        escalated: ticket.level > 0,
        id: ticket.id.to_string(),
        title: ticket.title.unwrap_or_default(),
        kind: kind.map_or(ticket.kind, |label| label.label.clone()),
    })
}
