//! Search over articles, tickets and customers, over all time.

use crate::desk::search::{self, Hit};
use crate::desk::{access, contacts, conversations, tickets, timeline};
use crate::domain::id::{ContactId, ConversationId, Object, Seq};
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::access::looked;
use crate::web::exchange::Response;
use crate::web::snippet;
use crate::web::thread::view::with;
use crate::web::visit::Visit;
use serde::Serialize;

/// Hits of one page.
const HITS: u32 = 30;
/// The longest question. **Unit:** characters.
const QUERY_MAX: usize = 200;
/// A page of a thread shows about so many articles; those before are found a page earlier.
const NEAR_END: u32 = 50;

/// `search/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct SearchPage {
    /// What was searched for.
    pub q: String,
    /// In what: name in English, address, count where it is known, whether it is this one.
    pub kinds: Vec<(&'static str, String, Option<u64>, bool)>,
    /// What was found, the newest first.
    pub hits: Vec<HitRow>,
    /// What is wrong with the question.
    pub wrong: Option<String>,
    /// More.
    pub older: Option<String>,
}

/// Something that was found.
#[derive(Debug, Clone, Serialize)]
pub struct HitRow {
    /// `article`, `ticket` or `contact`.
    pub kind: &'static str,
    /// Its page.
    pub href: String,
    /// The customer, or the ticket's number and title.
    pub title: String,
    /// The words around, the found ones between U+E000 and U+E001.
    pub snippet: String,
    /// Who wrote it, for an article.
    pub author: Option<String>,
    /// When.
    pub at: Moment,
}

/// `GET /search`
pub fn page(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let q = visit.query("q").unwrap_or_default().trim();
    if let Some(path) = named(visit, &now, q)? {
        return Ok(Response::redirect_303(&path));
    }
    let kind = visit
        .query("kind")
        .filter(|kind| ["article", "ticket", "contact"].contains(kind));
    let before = visit.query("before").and_then(|seq| seq.parse().ok());
    let wrong = (q.chars().count() > QUERY_MAX)
        .then(|| format!("a search has at most {QUERY_MAX} characters"));
    let mut found = match wrong {
        None => search::find_within_reach(&now, q, kind, before, HITS + 1)?,
        Some(_) => Vec::new(),
    };
    if before.is_none() && !visit.in_background() && wrong.is_none() {
        let (words, count) = (q.to_owned(), found.len() as u64);
        let wish = move |now: &Now<'_>| access::search(now, "desk", &words, count);
        looked(visit.record(wish))?;
    }
    let more = found.len() > HITS as usize;
    found.truncate(HITS as usize);
    let last = found.last().map(|hit| hit.seq.to_string()).filter(|_| more);
    let tab = |name, value: &str| {
        let on = kind.unwrap_or_default() == value;
        (
            name,
            with(visit, &[("kind", value), ("before", "")]),
            None,
            on,
        )
    };
    let status = if wrong.is_some() { 422 } else { 200 };
    let page = SearchPage {
        q: q.to_owned(),
        kinds: vec![
            tab("All", ""),
            tab("Messages and notes", "article"),
            tab("Tickets", "ticket"),
            tab("Customers", "contact"),
        ],
        hits: found
            .iter()
            .map(|hit| row(&now, hit, q))
            .collect::<Result<_>>()?,
        wrong,
        older: last.map(|last| with(visit, &[("before", &last)])),
    };
    let response = visit.page(&now, "search/index.html", &page)?;
    Ok(response.with_status(status))
}

/// The page of what was asked for by its name: `T-1042`, `c-88`, `#18231`.
fn named(visit: &Visit<'_>, now: &Now<'_>, q: &str) -> Result<Option<String>> {
    if let Some(number) = q.strip_prefix('#') {
        let seq = number.parse::<u64>().ok();
        let there = seq.filter(|seq| *seq < now.next_seq().0 && visit.may(Right::Audit));
        return Ok(there.map(|seq| format!("/audit/{seq}")));
    }
    Ok(match q.to_uppercase().parse() {
        Ok(Object::Conversation(id)) if conversations::get(now, id).is_ok() => {
            Some(format!("/conversations/{id}"))
        }
        Ok(Object::Ticket(id)) if tickets::get(now, id).is_ok() => Some(format!("/tickets/{id}")),
        Ok(Object::Contact(id)) if contacts::get(now, id).is_ok() => {
            Some(format!("/contacts/{id}"))
        }
        Ok(_) | Err(_) => None,
    })
}

fn row(now: &Now<'_>, hit: &Hit, q: &str) -> Result<HitRow> {
    let mut row = HitRow {
        kind: "article",
        href: format!("/audit/{}", hit.seq),
        title: hit.object.to_string(),
        snippet: String::new(),
        author: None,
        at: hit.at,
    };
    match (hit.kind.as_str(), hit.object) {
        ("contact", Object::Contact(id)) => contact(now, id, q, &mut row)?,
        ("ticket", Object::Ticket(id)) => {
            let ticket = tickets::get(now, id)?;
            row.kind = "ticket";
            row.href = format!("/tickets/{id}");
            row.snippet = snippet::around(&ticket.title.unwrap_or_default(), q);
        }
        (_, object) => article(now, hit, object, q, &mut row)?, // `article`
    }
    Ok(row)
}

fn contact(now: &Now<'_>, id: ContactId, q: &str, row: &mut HitRow) -> Result<()> {
    let contact = contacts::get(now, id)?;
    let known = contact.identities.iter().map(|(_, value)| value.as_str());
    let words: Vec<&str> = contact.name.as_deref().into_iter().chain(known).collect();
    row.kind = "contact";
    row.href = format!("/contacts/{id}");
    row.title = contact.title();
    row.snippet = snippet::around(&words.join(" · "), q);
    Ok(())
}

fn article(now: &Now<'_>, hit: &Hit, object: Object, q: &str, row: &mut HitRow) -> Result<()> {
    let seq = Seq(hit.seq);
    if let Some(article) = timeline::article(now, seq)? {
        let said = article.said.as_ref();
        let text = said.map(|said| said.content.text_for_search());
        row.snippet = snippet::around(&text.unwrap_or_default(), q);
        row.author = article.author;
    }
    match object {
        Object::Conversation(id) => {
            let contact = conversations::get(now, id)?.contact;
            row.title = contacts::get(now, contact)?.title();
            row.href = format!("{}#e{seq}", in_thread(now, id, seq)?);
        }
        Object::Ticket(id) => {
            let title = tickets::get(now, id)?.title.unwrap_or_default();
            row.title = format!("{id} · {title}");
            row.href = format!("/tickets/{id}#e{seq}");
        }
        // Articles are found on conversations and tickets alone.
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {}
    }
    Ok(())
}

/// The page of a thread an article stands on: the newest, or one that ends with it.
fn in_thread(now: &Now<'_>, id: ConversationId, seq: Seq) -> Result<String> {
    let after = timeline::count_after(now, id, seq, NEAR_END)?;
    Ok(if after < u64::from(NEAR_END) {
        format!("/conversations/{id}")
    } else {
        format!("/conversations/{id}?before={}", seq.0 + 1)
    })
}
