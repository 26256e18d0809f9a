//! Tickets: the list, and one ticket with the timeline of everything it holds.

pub mod acts;
pub mod joins;
pub mod list;
pub mod own;
pub mod show;

use crate::domain::moment::Moment;
use crate::web::conversations::{
    Actions, ContactPanel, ConversationLine, Escalation, Person, Presence, Status,
};
use crate::web::settings::macros::Offered;
use crate::web::thread::{Change, Quoted, Timeline};
use crate::web::views::Kept;
use serde::Serialize;
use std::collections::BTreeMap;

/// `tickets/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct TicketsPage {
    /// Whether the reader may change many at once.
    pub may_work: bool,
    /// What was asked for, by field: `status`, `owner`, `group`, `priority`, `tag`, `q`.
    pub filter: BTreeMap<&'static str, String>,
    /// Statuses to choose from.
    pub statuses: Vec<Status>,
    /// Owners to choose from, id and name.
    pub owners: Vec<(String, String)>,
    /// Groups to choose from, id and name.
    pub groups: Vec<(String, String)>,
    /// How it can be sorted: name in English, address, whether it is so now.
    pub sorts: Vec<(&'static str, String, bool)>,
    /// Quick views: name in English, address, count, whether it is this one.
    pub views: Vec<(&'static str, String, u64, bool)>,
    /// The views that were kept.
    pub kept: Kept,
    /// The tickets.
    pub rows: Vec<TicketRow>,
    /// The page before.
    pub newer: Option<String>,
    /// The page after.
    pub older: Option<String>,
}

/// One ticket in the list.
#[derive(Debug, Clone, Serialize)]
pub struct TicketRow {
    /// `T-1042`.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// The customer, if it has one: id and name.
    pub contact: Option<(String, String)>,
    /// Its status.
    pub status: Status,
    /// When what it waits for is expected.
    pub expected: Option<String>,
    /// `low`, `normal`, `high` or `urgent`.
    pub priority: String,
    /// Its type, as it is called.
    pub kind: String,
    /// Who is responsible.
    pub owner: Option<Person>,
    /// When something last happened.
    pub at: Moment,
    /// Its next target.
    pub due: Option<crate::web::sla::Due>,
    /// Raised.
    pub escalated: bool,
}

/// `tickets/show.html`: one ticket.
#[derive(Debug, Clone, Serialize)]
pub struct TicketPage {
    /// The ticket.
    pub ticket: Ticket,
}

/// A ticket with all that belongs to it.
#[derive(Debug, Clone, Serialize)]
pub struct Ticket {
    /// `T-1042`.
    pub id: String,
    /// What must not be erased of it.
    pub holds: Vec<crate::web::privacy::HoldLine>,
    /// Its address.
    pub href: String,
    /// What it is about.
    pub title: String,
    /// Its status.
    pub status: Status,
    /// Its clocks, if it is measured.
    pub sla: Option<crate::web::sla::Line>,
    /// What it waits for: for whom, reference, expected on.
    pub waiting: Option<Waiting>,
    /// The statuses its flow goes through, with how far it is.
    pub flow: Vec<FlowStep>,
    /// `low`, `normal`, `high` or `urgent`.
    pub priority: String,
    /// Macros to use.
    pub offered: Vec<Offered>,
    /// Its type.
    pub kind: String,
    /// Its type, as it is called.
    pub kind_label: String,
    /// Its own fields.
    pub fields: Vec<own::OwnField>,
    /// When its status ends by itself, and what follows.
    pub next: Option<(Moment, String)>,
    /// Who is responsible.
    pub owner: Option<Person>,
    /// The team whose queue it is in.
    pub group: Option<String>,
    /// Its id.
    pub group_id: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Raised.
    pub escalation: Option<Escalation>,
    /// How it was resolved.
    pub resolution: Option<String>,
    /// When it was opened.
    pub opened_at: Moment,
    /// By whom.
    pub opened_by: String,
    /// Who else looks at it now.
    pub present: Vec<Presence>,
    /// What the reader may do.
    pub may: Actions,
    /// Whether the reader may write notes, rename it, set its priority.
    pub may_change: bool,
    /// What happened.
    pub timeline: Timeline,
    /// The conversations it holds.
    pub conversations: Vec<ConversationLine>,
    /// The customer.
    pub contact: Option<ContactPanel>,
    /// Who did what, the newest first.
    pub audit: Vec<Change>,
    /// All of it.
    pub audit_href: String,
    /// What it belongs together with.
    pub joins: joins::Joins,
    /// Whether the reader is choosing articles to split off.
    pub selecting: bool,
    /// The form for a call, where it is open.
    pub call: Option<crate::web::calls::CallForm>,
    /// The note being written.
    pub draft: String,
    /// When that was kept. **Unit:** milliseconds since 1970.
    pub draft_at: Option<i64>,
    /// The note that is set right.
    pub corrects: Option<Quoted>,
    /// The names a note offers behind an `@`.
    pub mentionable: Vec<String>,
}

/// What a ticket waits for.
#[derive(Debug, Clone, Serialize)]
pub struct Waiting {
    /// For whom.
    pub whom: String,
    /// Their number for it.
    pub reference: String,
    /// The local date it is expected on.
    pub expected: String,
    /// Whether that date is past.
    pub late: bool,
}

/// One status of a flow.
#[derive(Debug, Clone, Serialize)]
pub struct FlowStep {
    /// The status.
    pub status: Status,
    /// `past`, `now` or `next`.
    pub place: &'static str,
}
