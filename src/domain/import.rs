//! Records of another system on their way in: threads, what was said in them, and by whom. The
//! readers of the formats make them, the desk decides about them.

use super::moment::Moment;
use super::ticket::{Priority, Status};
use serde::{Deserialize, Serialize};

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

impl Source {
    /// The source as the trail and the database write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Zendesk => "zendesk",
            Source::Zammad => "zammad",
            Source::WhatsappChat => "whatsapp_chat",
        }
    }

    /// The source as people read it.
    pub fn words(self) -> &'static str {
        match self {
            Source::Zendesk => "Zendesk",
            Source::Zammad => "Zammad",
            Source::WhatsappChat => "a WhatsApp chat",
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
