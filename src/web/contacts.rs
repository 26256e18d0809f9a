//! Customers: the list, and one customer with all they ever asked.

use crate::desk::{audit, contacts, conversations, search, settings, tickets};
use crate::domain::conversation::Status;
use crate::domain::id::{ContactId, Object};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::conversations::{ContactPanel, TicketLine, show as near};
use crate::web::exchange::Response;
use crate::web::thread::{Change, view};
use crate::web::visit::Visit;
use serde::Serialize;

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

/// Customers on one page of the list.
const ROWS: u32 = 50;
/// Conversations on a customer's page.
const CONVERSATIONS: u32 = 200;
/// Events on a customer's page.
const EVENTS: u32 = 10;
/// Tickets on a customer's page.
const TICKETS: u32 = 50;

/// `GET /contacts`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let q = visit.query("q").unwrap_or_default().to_owned();
    let before: Option<ContactId> = visit.query("before").and_then(|before| before.parse().ok());
    let (rows, older) = if q.is_empty() {
        let found = contacts::list(&now, before, ROWS + 1)?;
        let more = found.len() > ROWS as usize;
        let rows: Vec<_> = found.into_iter().take(ROWS as usize).map(listed).collect();
        let older = rows
            .last()
            .filter(|_| more)
            .map(|last: &ContactRow| last.id.clone());
        (rows, older)
    } else {
        (found(&now, &q)?, None)
    };
    let page = ContactsPage {
        q,
        rows,
        newer: before.map(|_| view::with(visit, &[("before", "")])),
        older: older.map(|last| view::with(visit, &[("before", &last)])),
    };
    visit.page(&now, "contacts/index.html", &page)
}

fn listed(found: contacts::Listed) -> ContactRow {
    ContactRow {
        id: found.id.to_string(),
        name: found.name,
        identity: found.handle,
        conversations: found.conversations,
        open: 0,
        last_at: found.last_at,
    }
}

/// The customers with these words in their names or numbers, each once.
fn found(now: &Now<'_>, q: &str) -> Result<Vec<ContactRow>> {
    let hits = search::find(now, q, Some("contact"), None, ROWS)?;
    let mut rows: Vec<ContactRow> = Vec::new();
    for hit in hits {
        let Object::Contact(id) = hit.object else {
            continue;
        };
        if rows.iter().any(|row| row.id == id.to_string()) {
            continue;
        }
        let known = contacts::get(now, id)?;
        let conversations = conversations::of_contact(now, id, 200)?;
        rows.push(ContactRow {
            id: id.to_string(),
            name: known.title(),
            identity: known.handle(),
            conversations: conversations.len() as u64,
            open: conversations
                .iter()
                .filter(|line| line.status != Status::Closed)
                .count() as u64,
            last_at: conversations.iter().map(|line| line.last_at).max(),
        });
    }
    Ok(rows)
}

/// `GET /contacts/K-17`
pub fn show(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    near::contact_opened(visit, id)?;
    let now = visit.now()?;
    let of_contact = tickets::Filter {
        contact: Some(id),
        ..tickets::Filter::default()
    };
    let of_object = audit::Filter {
        objects: vec![Object::Contact(id)],
        ..audit::Filter::default()
    };
    let conversations = conversations::of_contact(&now, id, CONVERSATIONS)?;
    let page = ContactPage {
        contact: ContactPanel {
            earlier: conversations
                .iter()
                .map(|line| near::conversation_line(&now, line))
                .collect::<Result<_>>()?,
            ..near::contact_panel(&now, id, None)?
        },
        tickets: tickets::list(&now, &of_contact, TICKETS)?
            .into_iter()
            .map(|ticket| TicketLine {
                id: ticket.id.to_string(),
                status: near::ticket_status(ticket.status),
                owner: ticket
                    .owner
                    .member()
                    .map(|_| ticket.owner.words().to_owned()),
                title: ticket.title.unwrap_or_default(),
            })
            .collect(),
        older: None,
        audit: audit::list(&now, &of_object, EVENTS)?
            .iter()
            .map(|event| view::change(visit.language(), event))
            .collect(),
        audit_href: format!("/audit?object={id}"),
        view_recorded: settings::switch(&now, "audit.reads")?,
    };
    visit.page(&now, "contacts/show.html", &page)
}
