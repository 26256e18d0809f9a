//! Customers: the list, and one customer with all they ever asked.

use crate::domain::moment::Moment;
use crate::web::conversations::{ContactPanel, TicketLine};
use crate::web::thread::Change;
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
