//! What is going to happen: steps in the order of their time. A step is something a customer, a
//! member, the provider or the outbox does; carrying it out is the stage's.

use super::dice::Dice;
use crate::domain::conversation::Summary;
use crate::domain::message::Template;
use crate::domain::moment::Moment;
use crate::domain::privacy::Kind;
use crate::domain::ticket::{Priority, Status, Wait};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One step.
#[derive(Debug)]
pub struct Step {
    /// When.
    pub at: Moment,
    /// In which chat; the desk's own steps have [`DESK`].
    pub chat: usize,
    /// What.
    pub what: What,
}

/// The chat of steps that belong to no customer.
pub const DESK: usize = usize::MAX;

/// What happens.
#[derive(Debug)]
pub enum What {
    /// The provider tells something.
    News(News),
    /// A member does something: their place among the workers.
    Deed(usize, Deed),
    /// The outbox begins to send message `no`.
    Attempt(usize),
    /// What came of it.
    Settle(usize, Came),
    /// The file of message `no` was fetched.
    Fetched(usize, FileKind),
}

/// What the provider tells. Messages of a chat are counted from 0, ours and theirs.
#[derive(Debug)]
pub enum News {
    /// The customer wrote message `no`, maybe in answer to another.
    Message {
        /// Its number.
        no: usize,
        /// What it holds.
        body: Body,
        /// The message it quotes.
        quotes: Option<usize>,
    },
    /// The customer put a sign to a message, or took it away.
    Reaction(usize, &'static str),
    /// The customer rewrote a message.
    Edit(usize, String),
    /// The customer took a message back.
    Revoke(usize),
    /// What became of a message of ours.
    Status(usize, &'static str, Option<i64>),
}

/// What a customer's message holds.
#[derive(Debug)]
pub enum Body {
    /// Words.
    Text(String),
    /// Words after a click on an advertisement.
    FromAd(String),
    /// A picture.
    Photo(String),
    /// A voice note.
    Voice,
    /// A place on the map.
    Place(&'static str),
    /// A basket of the catalogue.
    Basket(String, i64, &'static str),
    /// An address card.
    Card(String, String),
    /// A tapped quick reply.
    Tap(String),
    /// Something WhatsApp does not hand on.
    Unsupported,
}

/// What came of an attempt to send.
#[derive(Debug)]
pub enum Came {
    /// Taken.
    Taken,
    /// Taken after it had failed.
    TakenAgain,
    /// Not reached; tried again after these milliseconds.
    Later(i64),
    /// The answer was lost.
    Lost,
}

/// The sorts of file.
#[derive(Debug, Clone, Copy)]
pub enum FileKind {
    /// A picture.
    Picture,
    /// A voice note.
    Voice,
}

/// What a member does.
#[derive(Debug)]
pub enum Deed {
    /// Opens the conversation.
    View,
    /// Opens the customer's page.
    ViewContact,
    /// Opens the ticket.
    ViewTicket,
    /// Lets the customer see that message `no` was read.
    MarkRead(usize),
    /// Writes message `no`.
    Reply(usize, String, Option<usize>),
    /// Sends a template as message `no`.
    Prepared(usize, Box<Template>),
    /// Writes a note.
    Note(String),
    /// Writes down a call, with what was promised and until when.
    Call(Box<Spoken>),
    /// Says that the promise was kept, and how.
    Keep(String),
    /// Takes the conversation.
    Take(String),
    /// Gives it to another worker.
    Assign(usize, String),
    /// Puts it back.
    Release(String),
    /// Sets the tags.
    Tag(String),
    /// Marks it as urgent.
    Escalate(u8, String),
    /// Marks it as waiting for the customer.
    Wait,
    /// Puts it aside.
    Snooze(Moment),
    /// Ends it.
    Close(Summary),
    /// Opens it again.
    Reopen,
    /// Opens a ticket.
    Ticket(&'static str, Priority, String),
    /// Brings the ticket to a status.
    TicketStatus(Status, Option<Wait>, String),
    /// Writes a note on the ticket.
    TicketNote(String),
    /// Marks the ticket as urgent.
    TicketEscalate(u8, String),
    /// Sets the ticket's tags.
    TicketTag(String),
    /// Sends a failed message again.
    Retry(usize),
    /// Signs in.
    LogIn,
    /// Mistypes the password.
    LogInFails,
    /// Signs out.
    LogOut,
    /// Goes away, or is there again.
    Presence(&'static str),
    /// Takes part of the trail out of the desk.
    Export(&'static str, &'static str, u64),
    /// Changes a setting.
    Set(&'static str, &'static str),
    /// Adds a worker.
    Hire(usize),
    /// Ends a worker's time.
    Dismiss(usize, &'static str),
    /// Makes a group of workers.
    Group(&'static str, &'static [usize]),
    /// Is refused something for which the right is missing.
    Refused(&'static str),
    /// Erases message `no` for good, for this reason.
    Erase(usize, String),
    /// Places a legal hold on the conversation, for this reason.
    Hold(String),
    /// Says for how many days a kind of content is kept.
    Retain(Kind, u32),
}

/// A call as a member writes it down.
#[derive(Debug)]
pub struct Spoken {
    /// How long it took. **Unit:** seconds.
    pub duration_s: u64,
    /// What it was about.
    pub reason: String,
    /// What was said.
    pub key_points: Vec<String>,
    /// What was promised, and until when.
    pub promise: (String, Moment),
    /// How satisfied the customer was, 1 to 5.
    pub satisfaction: u8,
}

/// The steps that are still to come.
#[derive(Default)]
pub struct Plan {
    waiting: BinaryHeap<Reverse<Queued>>,
    next: u64,
}

struct Queued {
    order: (Moment, u64),
    step: Step,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}

impl Plan {
    /// Adds a step.
    pub fn add(&mut self, at: Moment, chat: usize, what: What) {
        let order = (at, self.next);
        self.next += 1;
        let step = Step { at, chat, what };
        self.waiting.push(Reverse(Queued { order, step }));
    }

    /// Adds what a member does to the desk.
    pub fn desk(&mut self, at: Moment, worker: usize, deed: Deed) {
        self.add(at, DESK, What::Deed(worker, deed));
    }

    /// The next step before an instant.
    pub fn next_before(&mut self, until: Moment) -> Option<Step> {
        let due = self
            .waiting
            .peek()
            .is_some_and(|Reverse(next)| next.order.0 < until);
        if !due {
            return None;
        }
        self.waiting.pop().map(|Reverse(next)| next.step)
    }
}

/// The provider's name of message `no` of a chat.
pub fn provider_id(seed: u64, chat: usize, no: usize) -> String {
    let bytes: [u8; 15] = Dice::new(seed ^ 0x5711, (chat as u64) << 16 | no as u64).bytes();
    format!("wamid.{}", data_encoding::BASE64.encode(&bytes))
}
