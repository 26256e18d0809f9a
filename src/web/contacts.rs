//! Customers: the list, and one customer with all they ever asked.

use crate::desk::contacts::{self, Listed};
use crate::desk::tickets::list::{self, Filter, Sort};
use crate::domain::id::{ContactId, Object};
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::audit::explorer::newest_about;
use crate::web::conversations::show::{
    contact_opened, contact_panel, conversation_line, ticket_status,
};
use crate::web::conversations::{ContactPanel, ConversationLine, TicketLine};
use crate::web::exchange::Response;
use crate::web::thread::Change;
use crate::web::thread::view::with;
use crate::web::visit::Visit;
use serde::Serialize;

/// Customers of one page, and conversations and tickets on the page of one.
const ROWS: u32 = 50;
/// Events on the page of a customer.
const EVENTS: u32 = 10;

/// `contacts/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct ContactsPage {
    /// What was searched for.
    pub q: String,
    /// The customers.
    pub rows: Vec<ContactRow>,
    /// The page before.
    pub newer: Option<String>,
    /// The page after.
    pub older: Option<String>,
}

/// One customer in the list.
#[derive(Debug, Clone, Serialize)]
pub struct ContactRow {
    /// `K-17`.
    pub id: String,
    /// Their name.
    pub name: String,
    /// How they are known: the first identity.
    pub identity: String,
    /// How many conversations they had.
    pub conversations: u64,
    /// How many of them are open.
    pub open: u64,
    /// When they last wrote.
    pub last_at: Option<Moment>,
}

/// `contacts/show.html`: one customer.
#[derive(Debug, Clone, Serialize)]
pub struct ContactPage {
    /// The customer; `earlier` holds all conversations.
    pub contact: ContactPanel,
    /// Their tickets, the newest first.
    pub tickets: Vec<TicketLine>,
    /// More conversations than are shown.
    pub older: Option<String>,
    /// What happened to the record, the newest first.
    pub audit: Vec<Change>,
    /// All of it.
    pub audit_href: String,
    /// Whether opening this page is recorded.
    pub view_recorded: bool,
}

/// `GET /contacts`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let q = visit.query("q").unwrap_or_default().trim();
    let before = visit.query("before");
    let (mut rows, keys): (Vec<Listed>, Vec<String>) = if q.is_empty() {
        let before = before.and_then(|id| id.parse().ok());
        let found = contacts::list(&now, before, ROWS + 1)?;
        let keyed = found.into_iter().map(|row| {
            let key = row.id.to_string();
            (row, key)
        });
        keyed.unzip()
    } else {
        let before = before.and_then(|seq| seq.parse().ok());
        let found = contacts::search(&now, q, before, ROWS + 1)?;
        let keyed = found.into_iter().map(|(seq, row)| (row, seq.to_string()));
        keyed.unzip()
    };
    let more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let last = keys.get(rows.len().saturating_sub(1)).filter(|_| more);
    let page = ContactsPage {
        q: q.to_owned(),
        rows: rows.into_iter().map(row).collect(),
        newer: before.map(|_| with(visit, &[("before", "")])),
        older: last.map(|key| with(visit, &[("before", key)])),
    };
    visit.page(&now, "contacts/index.html", &page)
}

fn row(listed: Listed) -> ContactRow {
    ContactRow {
        id: listed.id.to_string(),
        name: listed.name,
        identity: listed.handle,
        conversations: listed.conversations,
        open: listed.open,
        last_at: listed.last_at,
    }
}

/// `GET /contacts/K-17`
pub fn show(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    contact_opened(visit, id)?;
    let now = visit.now()?;
    let mut contact = contact_panel(&now, id, None)?;
    let before = visit.query("before").and_then(|id| id.parse().ok());
    let mut held = crate::desk::conversations::of_contact(&now, id, before, ROWS + 1)?;
    let more = held.len() > ROWS as usize;
    held.truncate(ROWS as usize);
    let last = held.last().map(|held| held.id.to_string()).filter(|_| more);
    contact.earlier = held
        .iter()
        .map(|held| conversation_line(&now, held))
        .collect::<Result<Vec<ConversationLine>>>()?;
    let page = ContactPage {
        contact,
        tickets: ticket_lines(&now, id)?,
        older: last.map(|last| with(visit, &[("before", &last)])),
        audit: if visit.may(Right::Audit) {
            newest_about(&now, visit.language(), Object::Contact(id), EVENTS)?
        } else {
            Vec::new()
        },
        audit_href: format!("/audit?contact={id}"),
        view_recorded: crate::desk::settings::switch(&now, "audit.reads")?,
    };
    visit.page(&now, "contacts/show.html", &page)
}

fn ticket_lines(now: &Now<'_>, id: ContactId) -> Result<Vec<TicketLine>> {
    let filter = Filter {
        contact: Some(id),
        sort: Sort::Opened,
        ..Filter::default()
    };
    let found = list::page(now, &filter, ROWS)?;
    Ok(found
        .into_iter()
        .map(|ticket| TicketLine {
            id: ticket.id.to_string(),
            title: ticket.title.unwrap_or_default(),
            status: ticket_status(ticket.status),
            owner: ticket
                .owner
                .member()
                .map(|_| ticket.owner.words().to_owned()),
        })
        .collect())
}
