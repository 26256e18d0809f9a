//! Customers: the list, one customer with all they ever asked, a table of them taken in.

pub mod acts;
pub mod import;
pub mod show;

use crate::desk::contacts::view::View;
use crate::desk::contacts::{self, Listed};
use crate::domain::id::ContactId;
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::web::conversations::{ContactPanel, TicketLine};
use crate::web::exchange::Response;
use crate::web::links::neighbours;
use crate::web::thread::{Article, Change};
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// Customers of one page.
const ROWS: u32 = 50;

/// `contacts/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct ContactsPage {
    /// What was searched for.
    pub q: String,
    /// The views: name, address, whether it is this one.
    pub views: Vec<(&'static str, &'static str, bool)>,
    /// The customers.
    pub rows: Vec<ContactRow>,
    /// The page before.
    pub newer: Option<String>,
    /// The page after.
    pub older: Option<String>,
    /// Whether the reader may take in a table.
    pub may_import: bool,
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
    /// Whether what they write makes no work.
    pub blocked: bool,
}

/// `contacts/show.html`: one customer.
#[derive(Debug, Clone, Serialize)]
pub struct ContactPage {
    /// `K-17`.
    pub id: String,
    /// The customer; `earlier` holds all conversations.
    pub contact: ContactPanel,
    /// As whom they are known, if they were merged.
    pub merged: Option<Person>,
    /// Those merged into them.
    pub merged_here: Vec<Person>,
    /// Who may be the same person: id, name, why.
    pub alike: Vec<(String, String, &'static str)>,
    /// Since when they are blocked.
    pub blocked_at: Option<Moment>,
    /// How many messages were kept since.
    pub kept: u64,
    /// The name as it was told or written down.
    pub name: String,
    /// Language, company, address.
    pub fields: Vec<(String, String)>,
    /// What the desk keeps beyond.
    pub attributes: Vec<AttributeRow>,
    /// How they can be reached.
    pub ways: Vec<Way>,
    /// The notes about them.
    pub notes: Vec<Article>,
    /// The names a note offers behind an `@`.
    pub mentionable: Vec<String>,
    /// Whether the reader may change any of it.
    pub may_change: bool,
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
    /// What must not be erased of it.
    pub holds: Vec<crate::web::privacy::HoldLine>,
    /// What was erased of it last.
    pub removed: Option<crate::web::privacy::Removed>,
    /// Whether the reader may erase it.
    pub may_erase: bool,
    /// Whether the reader may take a copy of it.
    pub may_copy: bool,
    /// The form that was refused.
    pub refused: String,
    /// What was typed into it.
    pub typed: BTreeMap<String, String>,
    /// The sentence at its field.
    pub wrong: BTreeMap<String, String>,
}

/// A customer by name.
#[derive(Debug, Clone, Serialize)]
pub struct Person {
    /// `K-17`.
    pub id: String,
    /// Their name.
    pub name: String,
    /// How they are known.
    pub handle: String,
}

/// One way to reach a customer.
#[derive(Debug, Clone, Serialize)]
pub struct Way {
    /// Whose it is: the customer, or one merged into them.
    pub holder: String,
    /// Its kind in the trail.
    pub kind: String,
    /// Its kind for people.
    pub word: &'static str,
    /// What it is.
    pub value: String,
    /// The same as people write it.
    pub shown: String,
    /// Whether it came with traffic.
    pub verified: bool,
    /// Whether members may take it away.
    pub ours: bool,
}

/// One attribute of the desk's own.
#[derive(Debug, Clone, Serialize)]
pub struct AttributeRow {
    /// Its name.
    pub key: String,
    /// `text`, `number`, `date`, `yes/no`, `choice`.
    pub kind: &'static str,
    /// What may be chosen.
    pub choices: Vec<String>,
    /// What stands there.
    pub value: String,
}

/// `contacts/import.html`
#[derive(Debug, Clone, Serialize, Default)]
pub struct ImportPage {
    /// The file, to be sent again for good.
    pub text: String,
    /// How many lines are new, changed, as they were, refused; none before a file was chosen.
    pub counts: Option<(u64, u64, u64, u64)>,
    /// Columns that are left out.
    pub unknown: Vec<String>,
    /// The lines, the refused ones first.
    pub lines: Vec<ImportLine>,
    /// How many more there are.
    pub hidden: usize,
    /// What is wrong with the file.
    pub wrong: String,
}

/// What one line of a table would do.
#[derive(Debug, Clone, Serialize)]
pub struct ImportLine {
    /// Its number in the file.
    pub number: usize,
    /// Whom it speaks of.
    pub who: String,
    /// `new`, `changed`, `same` or `refused`.
    pub fate: &'static str,
    /// The customer it changes.
    pub contact: Option<String>,
    /// What is new, or why it is refused.
    pub what: String,
}

/// `GET /contacts`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let q = visit.query("q").unwrap_or_default().trim();
    let view = View::ALL.into_iter();
    let view = view
        .rev()
        .find(|view| visit.query("view") == Some(view.as_str()));
    let view = view.unwrap_or_default();
    // A place within a list is a customer, one within what was found an event.
    let before = visit.query("before");
    let page_of = |before: Option<&str>, limit: u32| -> Result<(Vec<Listed>, Vec<String>)> {
        Ok(if q.is_empty() {
            let before: Option<ContactId> = before.and_then(|id| id.parse().ok());
            let found = contacts::list(&now, view, before, limit)?;
            let keyed = found.into_iter().map(|row| {
                let key = row.id.to_string();
                (row, key)
            });
            keyed.unzip()
        } else {
            let before = before.and_then(|seq| seq.parse().ok());
            let found = contacts::search(&now, q, before, limit)?;
            let keyed = found.into_iter().map(|(seq, row)| (row, seq.to_string()));
            keyed.unzip()
        })
    };
    let (mut rows, keys) = page_of(before, ROWS + 1)?;
    let more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    let last = keys.get(rows.len().saturating_sub(1)).filter(|_| more);
    let here = crate::web::visit::target(visit.request);
    let (newer, older) = neighbours(&here, "before", last.map(String::as_str));
    let page = ContactsPage {
        q: q.to_owned(),
        views: View::ALL
            .map(|each| {
                let (name, href) = match each {
                    View::All => ("All", "/contacts"),
                    View::Open => ("With open conversations", "/contacts?view=open"),
                    View::Silent => ("Never wrote", "/contacts?view=silent"),
                    View::Blocked => ("Blocked", "/contacts?view=blocked"),
                };
                (name, href, each == view && q.is_empty())
            })
            .into(),
        rows: rows.into_iter().map(row).collect(),
        newer,
        older,
        may_import: visit.may(Right::Work),
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
        blocked: listed.blocked,
    }
}

/// A way to reach somebody in a word.
pub fn way(kind: &str) -> &'static str {
    match kind {
        "wa_id" => "WhatsApp",
        "phone" => "telephone",
        "caller" => "calls from",
        "email" => "e-mail",
        "user_id" | "parent_user_id" => "user id",
        "username" => "user name",
        _ => "known as", // kinds of later channels
    }
}

/// A number or address as people write it.
pub fn shown(kind: &str, value: &str) -> String {
    use crate::domain::phone::PhoneNumber;
    let number = match kind {
        "wa_id" => PhoneNumber::of_digits(value).ok(),
        "phone" => PhoneNumber::parse(value, "").ok(),
        _ => return value.to_owned(), // no number
    };
    match number {
        Some(number) => number.international(),
        None if kind == "wa_id" => format!("+{value}"),
        None => value.to_owned(),
    }
}
