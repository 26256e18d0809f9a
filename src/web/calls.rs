//! Calls: the card in a thread, the form for a note, the card that rings on every page, the list
//! of calls and commitments, and the hook of a phone system.

pub mod acts;
pub mod card;
pub mod form;
pub mod hook;
pub mod page;
pub mod ring;

use crate::domain::moment::Moment;
use serde::Serialize;
use std::collections::BTreeMap;

/// A call as a thread shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Card {
    /// The event that began it.
    pub id: u64,
    /// What happened, in a few words.
    pub sentence: String,
    /// `in` or `out`.
    pub direction: &'static str,
    /// `open`, `missed`, `answered`, `rejected` or `failed`.
    pub outcome: &'static str,
    /// The customer's number, or what stands for it.
    pub number: Option<String>,
    /// The queue it waited in.
    pub queue: Option<String>,
    /// Who took it.
    pub member: Option<String>,
    /// When it began.
    pub started_at: Moment,
    /// When somebody took it.
    pub answered_at: Option<Moment>,
    /// When it was over.
    pub ended_at: Option<Moment>,
    /// Why, in plain words.
    pub cause: Option<String>,
    /// Customers it may be instead, id and name.
    pub maybe: Vec<(String, String)>,
    /// What was noted.
    pub note: Option<Note>,
    /// Where its note is written, for those who may.
    pub write_href: Option<String>,
    /// What was promised.
    pub promises: Vec<Promise>,
}

/// The note of a call.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    /// The event that recorded it.
    pub seq: u64,
    /// Why they called.
    pub reason: String,
    /// What was said.
    pub key_points: Vec<String>,
    /// What comes next.
    pub follow_ups: Vec<String>,
    /// Internal.
    pub locked: bool,
    /// 1 to 5.
    pub satisfaction: Option<u8>,
    /// Somebody above has to look at it.
    pub escalate: bool,
    /// Who wrote it.
    pub by: Option<String>,
    /// When.
    pub at: Moment,
    /// How many notes it corrects.
    pub corrects: u64,
}

/// A promise in one line.
#[derive(Debug, Clone, Serialize)]
pub struct Promise {
    /// The event that made it.
    pub id: u64,
    /// What was promised.
    pub text: String,
    /// Who has to do it.
    pub owner: String,
    /// `M-3`.
    pub owner_id: String,
    /// Whether that is the reader.
    pub mine: bool,
    /// Until when.
    pub due_at: Moment,
    /// `open`, `kept` or `missed`.
    pub state: &'static str,
    /// Open and past due.
    pub overdue: bool,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// The thread it was made in: id and address.
    pub on: (String, String),
    /// The customer, id and name.
    pub contact: Option<(String, String)>,
    /// Whether the reader may end or move it.
    pub may: bool,
}

/// The form for a call and its note.
#[derive(Debug, Clone, Serialize)]
pub struct CallForm {
    /// Where it is posted.
    pub action: String,
    /// Numbers to dial: as people read them, and the address that dials.
    pub numbers: Vec<(String, String)>,
    /// Calls without a note it may be about: id and sentence.
    pub calls: Vec<(String, String)>,
    /// The one that is chosen; empty for a call no phone system told of.
    pub chosen: String,
    /// Members who can take a commitment, id and name.
    pub members: Vec<(String, String)>,
    /// The reader's id: commitments are theirs unless they say otherwise.
    pub me: String,
    /// What was typed.
    pub typed: BTreeMap<String, String>,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
}

/// Something that wants the reader's eye on every page.
#[derive(Debug, Clone, Serialize)]
pub struct Ring {
    /// `ringing`, `speaking`, `note` or `promise`.
    pub kind: &'static str,
    /// The event behind it.
    pub id: u64,
    /// Who calls, or what was promised.
    pub title: String,
    /// The number, or to whom it was promised.
    pub detail: String,
    /// Customers it may be instead, id and name.
    pub maybe: Vec<(String, String)>,
    /// Since when it rings, or when it is due.
    pub at: Moment,
    /// Whether it is past due.
    pub late: bool,
    /// The thread.
    pub href: String,
    /// Where the note is written.
    pub write_href: String,
}

/// `calls/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct CallsPage {
    /// Views: name in English, address, count if it has one, whether it is this one.
    pub views: Vec<(&'static str, String, Option<u64>, bool)>,
    /// `mine`, `open`, `ended`, `calls` or `missed`.
    pub view: &'static str,
    /// The promises of this view.
    pub promises: Vec<Promise>,
    /// The calls of this view.
    pub calls: Vec<CallRow>,
    /// The page after.
    pub older: Option<String>,
    /// Members a promise may be given to, id and name.
    pub members: Vec<(String, String)>,
    /// The promise whose form was refused.
    pub refused: u64,
    /// What was typed there.
    pub typed: BTreeMap<String, String>,
    /// What is wrong there, by field.
    pub wrong: BTreeMap<String, String>,
    /// Whether the reader may open a call ticket.
    pub may_open: bool,
}

/// A call in the list.
#[derive(Debug, Clone, Serialize)]
pub struct CallRow {
    /// The call.
    pub card: Card,
    /// The customer, id and name.
    pub contact: Option<(String, String)>,
    /// The thread: id and address.
    pub on: Option<(String, String)>,
}

/// `calls/new.html`: a ticket that begins with a call.
#[derive(Debug, Clone, Serialize)]
pub struct NewCallPage {
    /// The form.
    pub form: CallForm,
    /// The customer it is with, id and name, where that is known.
    pub contact: Option<(String, String)>,
    /// The number the customer calls from.
    pub number: String,
}
