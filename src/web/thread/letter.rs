//! An e-mail as a bubble shows it: who to whom about what, the new words open, history and
//! signature folded, files with their sizes.

use crate::domain::id::Seq;
use crate::domain::message::email::{Email, Mailbox, PassageSort};
use serde::Serialize;

/// An e-mail.
#[derive(Debug, Clone, Serialize)]
pub struct Letter {
    /// What it is about.
    pub subject: String,
    /// Who wrote it: name and address.
    pub from: String,
    /// Whom it is for.
    pub to: Vec<String>,
    /// Who gets a copy.
    pub cc: Vec<String>,
    /// Who gets a copy nobody sees.
    pub bcc: Vec<String>,
    /// Its words.
    pub passages: Vec<Passage>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// Why it is no person's letter.
    pub automatic: Option<String>,
    /// What a reader should know.
    pub remarks: Vec<String>,
    /// The page with its formatted version.
    pub formatted: Option<String>,
    /// Where the original is.
    pub original: String,
}

/// A run of words.
#[derive(Debug, Clone, Serialize)]
pub struct Passage {
    /// `said`, `quoted` or `signature`.
    pub sort: &'static str,
    /// The words.
    pub text: String,
}

/// A file.
#[derive(Debug, Clone, Serialize)]
pub struct Attachment {
    /// Where it is.
    pub href: String,
    /// Its name.
    pub name: String,
    /// The type the sender claims.
    pub mime: String,
    /// **Unit:** bytes.
    pub size_bytes: u64,
    /// A picture that can be shown in place.
    pub picture: bool,
    /// What it is.
    pub note: Option<String>,
}

/// Pictures a browser shows in place, if they are not too big.
const PICTURES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
/// The largest picture shown in place. **Unit:** bytes.
const PICTURE_MAX: u64 = 2_000_000;

/// An e-mail of the desk as a bubble.
pub fn letter(article: Seq, email: &Email) -> Letter {
    let words = |all: &[Mailbox]| all.iter().map(Mailbox::words).collect();
    Letter {
        subject: email.subject.clone(),
        from: email.from.as_ref().map(Mailbox::words).unwrap_or_default(),
        to: words(&email.to),
        cc: words(&email.cc),
        bcc: words(&email.bcc),
        passages: email
            .passages
            .iter()
            .map(|passage| Passage {
                sort: match passage.sort {
                    PassageSort::Said => "said",
                    PassageSort::Quoted => "quoted",
                    PassageSort::Signature => "signature",
                },
                text: passage.text.clone(),
            })
            .collect(),
        attachments: email
            .attachments
            .iter()
            .map(|file| Attachment {
                href: format!("/articles/{article}/parts/{}", file.part),
                name: file.name.clone(),
                mime: file.mime.clone(),
                size_bytes: file.size_bytes,
                picture: PICTURES.contains(&file.mime.as_str()) && file.size_bytes <= PICTURE_MAX,
                note: file.note.clone(),
            })
            .collect(),
        automatic: email.automatic.clone(),
        remarks: email.remarks.clone(),
        formatted: email
            .formatted
            .then(|| format!("/articles/{article}/letter")),
        original: format!("/articles/{article}/original"),
    }
}
