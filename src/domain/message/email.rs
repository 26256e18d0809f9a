//! What an e-mail says. The original stays as it came (file `raw` of the event that brought it);
//! this is what people read of it. Everything in it is bounded.

use serde::{Deserialize, Serialize};

/// An e-mail, in or out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Email {
    /// The name of the message, without its angle brackets.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message_id: String,
    /// The messages it answers, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Mailbox>,
    /// Where answers are wanted, if not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Mailbox>,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Mailbox>,
    /// Who gets a copy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Mailbox>,
    /// Who gets a copy nobody sees; known of our own only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Mailbox>,
    /// What it is about.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The words, in their order: said, quoted, signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<Passage>,
    /// The files and other parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Whether the original has a formatted version.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub formatted: bool,
    /// Why it is no person's letter: an absence notice, a bounce.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatic: Option<String>,
    /// What a reader should know about it: encrypted, cut short.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// Somebody with an e-mail address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mailbox {
    /// The name, if one is told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The address, domain in lower case; maybe none that works.
    pub address: String,
}

/// A run of words of one sort.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Passage {
    /// What sort.
    pub sort: PassageSort,
    /// The words.
    pub text: String,
}

/// The sorts of passage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassageSort {
    /// New words.
    #[default]
    Said,
    /// Words of an earlier message.
    Quoted,
    /// What stands under a letter.
    Signature,
}

/// A part of a mail other than its words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    /// Its place among the mail's parts: by this it is taken out of the original.
    pub part: u32,
    /// Its name, safe to show and to save under.
    pub name: String,
    /// The type the sender claims.
    pub mime: String,
    /// **Unit:** bytes, decoded.
    pub size_bytes: u64,
    /// A picture that stands between the words.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub inline: bool,
    /// What it is, where its name does not tell: an invitation, a wrapping of Outlook's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Email {
    /// The new words alone.
    pub fn said(&self) -> String {
        let said = self.passages.iter();
        let said = said.filter(|passage| passage.sort == PassageSort::Said);
        let words: Vec<&str> = said.map(|passage| passage.text.as_str()).collect();
        words.join("\n")
    }

    /// Where an answer goes.
    pub fn answer_to(&self) -> Option<&Mailbox> {
        self.reply_to.first().or(self.from.as_ref())
    }
}

impl Mailbox {
    /// Name and address as people read them.
    pub fn words(&self) -> String {
        match self.name.as_str() {
            "" => self.address.clone(),
            name => format!("{name} <{}>", self.address),
        }
    }
}
