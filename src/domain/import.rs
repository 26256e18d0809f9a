//! Records of another system on their way in: threads, what was said in them, and by whom. The
//! readers of the formats make them, the desk decides about them.

use super::moment::Moment;
use super::ticket::{Priority, Status};
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The longest text of one imported article. **Unit:** characters.
pub const TEXT_MAX: usize = 200_000;

/// Where records come from; ids are unique per source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Zendesk's JSON.
    Zendesk,
    /// Zammad's JSON.
    Zammad,
    /// A chat exported by WhatsApp's app.
    WhatsappChat,
    /// A file of letters.
    Mbox,
}

/// A person of the other system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Their id there.
    pub key: String,
    /// Their name.
    pub name: String,
    /// Their address, in small letters.
    pub email: Option<String>,
    /// Their number, as written there.
    pub phone: Option<String>,
    /// Whether they work for us.
    pub staff: bool,
}

/// A ticket of the other system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its id there.
    pub key: String,
    /// What it is about.
    pub title: String,
    /// What kind of case, in our words.
    pub kind: String,
    /// How soon it mattered.
    pub priority: Priority,
    /// Its status, as far as we have one like it.
    pub status: Status,
    /// Whose case.
    pub customer: Option<Person>,
    /// Its tags.
    pub tags: Vec<String>,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it changed last.
    pub changed_at: Moment,
    /// What was said, in the order it was said.
    pub articles: Vec<Article>,
}

/// What somebody said in the other system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Its id there.
    pub key: String,
    /// The ticket it belongs to, by its id there.
    pub ticket: String,
    /// Who said it.
    pub author: Author,
    /// The author's name there.
    pub name: String,
    /// The author's address there.
    pub email: Option<String>,
    /// The customer never saw it.
    pub internal: bool,
    /// When it was said.
    pub sent_at: Moment,
    /// The words.
    pub text: String,
    /// Names of files that were with it; the files stay in the other system.
    pub files: Vec<String>,
}

/// What tells the first comment of a ticket again: Zendesk keeps its words as the ticket's
/// description too, under no id of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    sent_at: Moment,
    internal: bool,
    words: u64,
}

impl Opening {
    /// Of an article there, or here.
    pub fn of(sent_at: Moment, internal: bool, text: &str) -> Self {
        let mut words = DefaultHasher::new();
        text.split_whitespace()
            .for_each(|word| word.hash(&mut words));
        let words = words.finish();
        Opening {
            sent_at,
            internal,
            words,
        }
    }

    /// Whether both are the same comment: in the same words, or said to all at the same time.
    pub fn is(self, other: Opening) -> bool {
        let to_all = !self.internal && !other.internal;
        self.words == other.words || to_all && self.sent_at == other.sent_at
    }
}

impl Article {
    /// The key of the article a ticket's description becomes.
    pub fn description_of(ticket: &str) -> String {
        format!("{ticket}/description")
    }

    /// Whether it is a ticket's description.
    pub fn is_description(&self) -> bool {
        self.key == Self::description_of(&self.ticket)
    }

    /// What tells it again.
    pub fn opening(&self) -> Opening {
        Opening::of(self.sent_at, self.internal, &self.text)
    }
}

/// Which side said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The customer.
    Customer,
    /// Somebody who worked for us.
    Staff,
    /// The other system itself.
    System,
}

/// A chat exported by WhatsApp's app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    /// The customer's number, as E.164.
    pub number: Option<super::phone::PhoneNumber>,
    /// The customer's name.
    pub name: String,
}

/// A thread of letters out of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// What its first letter is known by.
    pub key: String,
    /// The customer who writes in it first, or is written to.
    pub customer: super::message::email::Mailbox,
    /// Letters of it that the desk may know already, by what they are known by.
    pub known: Vec<String>,
    /// When it began.
    pub started_at: Moment,
    /// When something was said in it last.
    pub last_at: Moment,
}

/// A letter out of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// What it is known by, made of its Message-ID or of its bytes.
    pub key: String,
    /// Which side wrote it.
    pub author: Author,
    /// Who wrote it.
    pub from: super::message::email::Mailbox,
    /// When it was written.
    pub sent_at: Moment,
    /// What people read of it.
    pub email: super::message::email::Email,
    /// The letter itself.
    pub raw: Vec<u8>,
}

impl Chat {
    /// What it is known by: its channel and its customer.
    pub fn key(&self, channel: super::id::ChannelId) -> String {
        let who = match &self.number {
            Some(number) => number.e164(),
            None => &self.name,
        };
        format!("chat/{channel}/{who}")
    }
}

impl Source {
    /// The source as the trail and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Zendesk => "zendesk",
            Source::Zammad => "zammad",
            Source::WhatsappChat => "whatsapp_chat",
            Source::Mbox => "mbox",
        }
    }

    /// The source as people read it.
    pub fn words(self) -> &'static str {
        match self {
            Source::Zendesk => "Zendesk",
            Source::Zammad => "Zammad",
            Source::WhatsappChat => "a WhatsApp chat",
            Source::Mbox => "an mbox file",
        }
    }
}

impl Article {
    /// The words with what is known of the files.
    pub fn words(&self) -> String {
        let mut text: String = self.text.trim().chars().take(TEXT_MAX).collect();
        for file in &self.files {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str("[file: ");
            text.push_str(file);
            text.push(']');
        }
        text
    }
}
