//! The inbox: queues, the list of one queue, and the thread that is open.

pub mod page;

use crate::domain::moment::Moment;
use crate::web::conversations::{Person, Status, Thread};
use crate::web::views::Kept;
use serde::Serialize;

/// `inbox/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct InboxPage {
    /// Which of the three steps a phone shows: `list`, `thread` or `details`.
    pub step: &'static str,
    /// The queues, groups and channels.
    pub queues: Vec<QueueSection>,
    /// The chosen queue's name in English, or the group's own.
    pub queue_name: String,
    /// The views that were kept.
    pub kept: Kept,
    /// The rows.
    pub list: InboxList,
    /// The chosen conversation.
    pub thread: Option<Thread>,
}

/// Queues under one heading.
#[derive(Debug, Clone, Serialize)]
pub struct QueueSection {
    /// The heading in English; the first section has none.
    pub title: &'static str,
    /// The queues.
    pub queues: Vec<Queue>,
}

/// A queue with what is in it.
#[derive(Debug, Clone, Serialize)]
pub struct Queue {
    /// Its name: English for the shipped ones.
    pub name: String,
    /// Its picture in the sprite.
    pub icon: &'static str,
    /// Its address.
    pub href: String,
    /// How many conversations.
    pub count: u64,
    /// Whether one of them is overdue.
    pub overdue: bool,
    /// Whether it is the chosen one.
    pub current: bool,
}

/// `inbox/_list.html`: the list of a queue, also what a live update fetches.
#[derive(Debug, Clone, Serialize)]
pub struct InboxList {
    /// Whether the reader may change many at once.
    pub may_work: bool,
    /// This list, without a chosen row.
    pub href: String,
    /// One per conversation.
    pub rows: Vec<Row>,
    /// How it can be sorted: name in English, address, whether it is so now.
    pub sorts: Vec<(&'static str, String, bool)>,
    /// Filters in force: text, the address without it.
    pub chips: Vec<(String, String)>,
    /// The page before.
    pub newer: Option<String>,
    /// The page after.
    pub older: Option<String>,
}

/// One conversation in the list.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// `C-88`.
    pub id: String,
    /// The list with this one open.
    pub href: String,
    /// Whether it is the open one.
    pub current: bool,
    /// The customer.
    pub contact: String,
    /// `whatsapp`; also its picture.
    pub channel: String,
    /// Who spoke last: `contact`, `member`, `bot` or `note`.
    pub last_kind: &'static str,
    /// The last line, as plain text.
    pub last_text: String,
    /// When something was last said.
    pub last_at: Moment,
    /// The oldest customer message nobody answered.
    pub waiting_since: Option<Moment>,
    /// Its next target.
    pub due: Option<crate::web::sla::Due>,
    /// Waiting over an hour.
    pub overdue: bool,
    /// Its status.
    pub status: Status,
    /// Who is responsible.
    pub owner: Option<Person>,
    /// Raised.
    pub escalated: bool,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who is writing in it now.
    pub writing: Option<String>,
    /// Tickets that hold it.
    pub tickets: Vec<String>,
}
