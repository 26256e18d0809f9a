//! What is taken away: lists of work as tables, all of them and not one page; and the files of all
//! exports, which are kept for a while so that a download that broke off can go on.

pub mod making;

pub use making::{Form, take};

use crate::desk::contacts::view::View;
use crate::desk::exports::{self, Kept};
use crate::desk::members;
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::export::Format;
use crate::export::lists::{self, List};
use crate::web::exchange::{Method, Response};
use crate::web::inbox::page::wish_of;
use crate::web::tickets::list as tickets;
use crate::web::visit::Visit;
use serde::Serialize;
use std::io::BufWriter;

/// `exports/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct ExportsPage {
    /// Those in the making.
    pub making: Vec<ExportMade>,
    /// Those that are kept, the newest first.
    pub kept: Vec<KeptExport>,
}

/// An export in the making.
#[derive(Debug, Clone, Serialize)]
pub struct ExportMade {
    /// It will be saved under this name.
    pub name: String,
    /// What is being done, where it takes several steps; else nothing.
    pub step: String,
    /// How many rows are done, of this step.
    pub done: u64,
    /// How many there are; 0 while that is not known.
    pub all: u64,
    /// Why it could not be made.
    pub trouble: Option<String>,
}

/// An export that is kept.
#[derive(Debug, Clone, Serialize)]
pub struct KeptExport {
    /// Its address.
    pub href: String,
    /// It is saved under this name.
    pub name: String,
    /// Its length. **Unit:** bytes.
    pub size_bytes: u64,
    /// Hex SHA-256.
    pub digest: String,
    /// The event that recorded it.
    pub export: u64,
    /// Who made it.
    pub by: String,
    /// When.
    pub at: Moment,
    /// Until when it is kept.
    pub until: Moment,
}

/// `GET /exports`: one's own exports, in the making and kept; leads see everybody's.
pub fn page(visit: &Visit<'_>) -> Result<Response> {
    making::sweep(visit.app)?;
    let now = visit.now()?;
    let all = visit.may(Right::Assign);
    let jobs = visit.app.making.list().into_iter();
    let making = jobs
        .filter(|job| all || job.member == visit.member.id)
        .map(|job| ExportMade {
            name: job.name,
            step: job.step,
            done: job.done,
            all: job.all,
            trouble: job.trouble,
        })
        .collect();
    let mut kept = Vec::new();
    for known in exports::kept(&now)? {
        if !may_take(visit, &known) {
            continue;
        }
        kept.push(KeptExport {
            href: format!("/exports/{}/file", known.id),
            name: known.name,
            size_bytes: known.size_bytes,
            digest: known.digest,
            export: known.export.0,
            by: members::get(&now, known.member)?.name,
            at: known.made_at,
            until: known.until,
        });
    }
    visit.page(&now, "exports/index.html", &ExportsPage { making, kept })
}

/// Whoever made it, and leads.
fn may_take(visit: &Visit<'_>, kept: &Kept) -> bool {
    kept.member == visit.member.id || visit.may(Right::Assign)
}

/// `GET /exports/ID/file`: the file, or on from where a download broke off. Its digest is its tag:
/// a part is only ever added to the same bytes.
///
/// **Refuses:** what is not kept any more, other members' without the right to assign.
pub fn file(visit: &Visit<'_>, id: &str) -> Result<Response> {
    let (kept, file) = making::find(visit.app, &visit.who, id)?;
    if !may_take(visit, &kept) {
        let text = "somebody else made this export; leads may take it, and whoever made it";
        return Err(Refusal::forbidden(text).into());
    }
    let tag = format!("\"{}\"", kept.digest);
    if visit.request.method == Method::Get {
        let from_byte = visit.request.header("range").map_or(0, first_byte);
        let same = visit.request.header("if-range").is_none_or(|of| of == tag);
        let (told, from_byte) = (kept.clone(), if same { from_byte } else { 0 });
        if from_byte < kept.size_bytes {
            visit.record(move |now| exports::fetch(now, &told, from_byte))?;
        }
    }
    Ok(
        Response::file(file, kept.size_bytes, &kept.media_type, &kept.name)
            .with_header("etag", &tag)
            .with_header("cache-control", "private, no-cache"),
    )
}

/// The first byte a range asks for; what cannot be read asks for the whole.
fn first_byte(range: &str) -> u64 {
    let range = range.strip_prefix("bytes=").unwrap_or_default();
    let (first, _) = range.split_once('-').unwrap_or_default();
    first.trim().parse().unwrap_or(0)
}

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
    let question = question.join(" ");
    let form = Form::of(list.as_str(), format);
    take(visit, form, move |ledger, who, file, told| {
        let mut out = BufWriter::new(file);
        let told = &mut |done| told("", done, 0);
        lists::take(ledger, who, &list, &question, format, &mut out, told)
    })
}
