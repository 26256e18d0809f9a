//! A letter as the mail channel reads it: what intake needs to know to place it. What people read
//! of it is its [`Email`].

use super::id::{Object, TicketId};
use super::message::email::Email;
use super::moment::Moment;
use super::update::Party;

/// A received letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is known by: made of its Message-ID, or of its bytes.
    pub provider_id: String,
    /// Tells two different letters with one Message-ID apart.
    pub fingerprint: String,
    /// Who wrote it.
    pub party: Party,
    /// When it was written; never later than when it arrived.
    pub sent_at: Moment,
    /// What people read of it.
    pub email: Email,
    /// What the letters it answers are known by, the nearest first.
    pub answers: Vec<String>,
    /// The marks of our own letters it answers.
    pub tags: Vec<String>,
    /// The mark in its own Message-ID, if it is a copy of a letter of ours.
    pub own: Option<String>,
    /// Where a token that only we can make says it belongs.
    pub token: Option<Object>,
    /// The ticket its subject names; anybody can write that.
    pub ticket: Option<TicketId>,
    /// Why it must not be answered by a machine.
    pub unanswerable: Option<String>,
    /// It says that a letter of ours did not arrive.
    pub bounce: Option<Bounce>,
}

/// What a bounce tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounce {
    /// What became of the letter.
    pub fate: Fate,
    /// The enhanced status, such as `5.1.1`.
    pub status: String,
    /// In plain words, without any address.
    pub text: String,
    /// The Message-IDs it may be about.
    pub about: Vec<String>,
}

/// What became of a letter of ours, as the worst told of a receiver has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It went on to where nobody tells.
    #[default]
    Passed,
    /// It arrived.
    Delivered,
    /// It is still being tried.
    Delayed,
    /// It will not arrive any more.
    Failed,
}

impl Letter {
    /// Whether a machine wrote it to say that nobody reads now: it does not count as an answer.
    pub fn is_automatic(&self) -> bool {
        self.email.automatic.is_some()
    }
}

/// What an enhanced status means, in plain words.
///
/// **Source:** RFC 3463, sections 3.2 to 3.8.
pub fn status_words(status: &str) -> &'static str {
    let mut parts = status.split('.');
    let _class = parts.next();
    let (subject, detail) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    match (subject, detail) {
        ("1", "1" | "0" | "6" | "10") => "there is no such mailbox at that address",
        ("1", "2" | "3") | ("4", "4") => "the part of the address after the @ does not exist",
        ("1", _) => "the address is not accepted",
        ("2", "1") => "the mailbox is switched off",
        ("2", "2") => "the mailbox is full",
        ("2", "3") | ("3", "4") => "the message is too large for the receiver",
        ("2", _) => "the receiving mailbox does not take it",
        ("3", _) => "the receiving server has a fault",
        ("4", _) => "the receiving server cannot be reached",
        ("5", _) => "the two servers do not understand each other",
        ("6", _) => "the receiving server cannot read this kind of message",
        ("7", _) => "the receiver refused it, as spam or by its rules",
        _ => "the receiving server refused it",
    }
}
