//! Lists of work to take away: the conversations, tickets or customers of a page as a table, all of
//! them and not one page.

use crate::desk::contacts::view::View;
use crate::error::{Doing, Refusal, Result};
use crate::export::Format;
use crate::export::lists::{self, List};
use crate::web::exchange::Response;
use crate::web::inbox::page::wish_of;
use crate::web::tickets::list as tickets;
use crate::web::visit::Visit;
use std::io::{BufWriter, Seek};

/// What narrows each list; the rest of an address is about the page.
const CONVERSATIONS: [&str; 5] = ["queue", "group", "channel", "tag", "sort"];
const TICKETS: [&str; 9] = [
    "view", "status", "owner", "group", "priority", "tag", "contact", "q", "sort",
];
const CONTACTS: [&str; 2] = ["view", "q"];

/// `POST /exports/conversations`, `/exports/tickets`, `/exports/contacts`: the list of the page the
/// form stands on.
///
/// **Refuses:** other lists, formats that are none of tables.
pub fn list(visit: &Visit<'_>, name: &str) -> Result<Response> {
    let format: Format = visit.field("format").parse().map_err(Refusal::invalid)?;
    let page = visit.field("back");
    let query = page.split_once('?').map_or("", |(_, query)| query);
    let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let asked = |name: &str| {
        let found = query.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    };
    let (list, narrowing) = match name {
        "conversations" => (List::Conversations(wish_of(asked)), &CONVERSATIONS[..]),
        "tickets" => {
            let mut filter = tickets::filter(visit, asked);
            filter.before = None;
            let list = match asked("q").map(str::trim).filter(|q| !q.is_empty()) {
                None => List::Tickets(filter),
                Some(q) => {
                    let found = tickets::with_words(&visit.now()?, &filter, q)?;
                    List::TheseTickets(found.into_iter().map(|ticket| ticket.id).collect())
                }
            };
            (list, &TICKETS[..])
        }
        "contacts" => {
            let list = match asked("q").map(str::trim).filter(|q| !q.is_empty()) {
                None => {
                    let view = View::ALL.into_iter();
                    let view = view.rev().find(|view| asked("view") == Some(view.as_str()));
                    List::Contacts(view.unwrap_or_default())
                }
                Some(q) => List::ContactsWith(q.to_owned()),
            };
            (list, &CONTACTS[..])
        }
        other => return Err(Refusal::not_found(format!("there is no list {other}")).into()),
    };
    let list = match list {
        List::Conversations(mut wish) => {
            wish.after = None;
            List::Conversations(wish)
        }
        other => other,
    };
    let mut question: Vec<String> = narrowing
        .iter()
        .filter_map(|name| Some(lists::condition(name, asked(name)?)))
        .collect();
    // What holds where the address says nothing.
    let usual = match &list {
        List::Conversations(wish) if asked("queue").is_none() => {
            Some(lists::condition("queue", wish.queue.as_str()))
        }
        List::Tickets(filter) if filter.unfinished => Some(lists::condition("view", "open")),
        List::Conversations(_)
        | List::Tickets(_)
        | List::TheseTickets(_)
        | List::Contacts(_)
        | List::ContactsWith(_) => None,
    };
    question.extend(usual);
    let file = tempfile::tempfile().doing("making a file for the export")?;
    let mut out = BufWriter::new(&file);
    let ledger = &visit.app.ledger;
    let question = question.join(" ");
    lists::take(
        ledger,
        &visit.who,
        &list,
        &question,
        format,
        &mut out,
        &mut |_| {},
    )?;
    drop(out); // the export was flushed before it was recorded
    let mut file = file;
    let len = file.seek(std::io::SeekFrom::End(0))?;
    let at = visit.app.ledger.clock().now().to_string();
    let stamp: String = at.chars().take(16).filter(|c| *c != ':').collect();
    let name = format!("{}-{stamp}.{}", list.as_str(), format.ending());
    Ok(Response::file(file, len, format.media_type(), &name))
}
