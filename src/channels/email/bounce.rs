//! Bounces: which letter of ours did not arrive, for good or not yet, and why. First the form the
//! standard gives them, then what older servers write in plain text.
//!
//! **Source:** RFC 3464, sections 2.2 and 2.3; RFC 3463.

use super::automatic::report_type;
use crate::domain::letter::{Bounce, Fate, status_words};
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};

/// How much of a part is looked through. **Unit:** bytes.
const LOOK: usize = 64 * 1024;
/// Message-IDs followed at most.
const ABOUT: usize = 20;

/// What a letter tells as a bounce; none if it is none.
pub fn read(message: &Message<'_>, sender: &str, subject: &str) -> Option<Bounce> {
    if report_type(message).as_deref() == Some("delivery-status") {
        return Some(standard(message));
    }
    let failed = message.header_raw("X-Failed-Recipients").is_some();
    let local = sender.split('@').next().unwrap_or_default().to_lowercase();
    let daemon = matches!(local.as_str(), "mailer-daemon" | "postmaster");
    let subject = subject.to_lowercase();
    let words = [
        "undeliver",
        "delivery status",
        "failure notice",
        "returned mail",
        "delivery fail",
        "mail delivery",
        "returning message",
        "unzustellbar",
        "non remis",
        "no se pudo entregar",
    ];
    if !(failed || daemon && words.iter().any(|words| subject.contains(words))) {
        return None;
    }
    let text = message.raw_message();
    let text = String::from_utf8_lossy(text.get(..text.len().min(LOOK)).unwrap_or_default());
    let status = status_in(&text).unwrap_or_else(|| "5.0.0".to_owned());
    Some(Bounce {
        fate: by_status(&status),
        text: status_words(&status).to_owned(),
        status,
        about: ids(&text),
    })
}

fn standard(message: &Message<'_>) -> Bounce {
    let mut bounce = Bounce::default();
    let mut about = Vec::new();
    let mut fate = None;
    for part in message.parts.iter().take(20) {
        let kind = kind(part);
        if let PartType::Message(inner) = &part.body {
            about.extend(inner.message_id().map(str::to_owned));
        }
        let bytes = part.contents();
        let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(LOOK)).unwrap_or_default());
        if kind.ends_with("delivery-status") {
            for line in text.lines() {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                let value = value.trim();
                if name.eq_ignore_ascii_case("action") {
                    fate = fate.max(by_action(value)); // the worst recipient counts
                } else if name.eq_ignore_ascii_case("status") {
                    let status = status_in(value).unwrap_or_default();
                    // The worst recipient counts.
                    if status > bounce.status {
                        bounce.status = status;
                    }
                } else if name.eq_ignore_ascii_case("x-original-message-id") {
                    about.push(value.trim_matches(['<', '>']).to_owned());
                }
            }
        } else if kind.contains("rfc822") {
            about.extend(ids(&text));
        }
    }
    bounce.fate = fate.unwrap_or_else(|| by_status(&bounce.status));
    let words = status_words(&bounce.status);
    bounce.text = match bounce.fate {
        Fate::Delayed => format!("not delivered yet, it is still being tried: {words}"),
        Fate::Failed => words.to_owned(),
        Fate::Delivered | Fate::Passed => String::new(),
    };
    about.sort_unstable();
    about.dedup();
    about.truncate(ABOUT);
    bounce.about = about;
    bounce
}

/// What was done for one recipient; none if the word is unknown.
fn by_action(value: &str) -> Option<Fate> {
    let action: String = value
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    match action.to_lowercase().as_str() {
        "failed" => Some(Fate::Failed),
        "delayed" => Some(Fate::Delayed),
        "delivered" => Some(Fate::Delivered),
        "relayed" | "expanded" => Some(Fate::Passed),
        _ => None,
    }
}

fn by_status(status: &str) -> Fate {
    match status.chars().next() {
        Some('2') => Fate::Delivered,
        Some('4') => Fate::Delayed,
        _ => Fate::Failed, // a bounce that tells nothing is one
    }
}

fn kind(part: &MessagePart<'_>) -> String {
    part.content_type().map_or_else(String::new, |kind| {
        format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_lowercase()
    })
}

/// The first enhanced status in a text.
fn status_in(text: &str) -> Option<String> {
    let fit = |word: &str| {
        let parts: Vec<&str> = word.split('.').collect();
        let number = |part: &&str| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        parts.len() == 3
            && matches!(parts.first(), Some(&"2" | &"4" | &"5"))
            && parts.iter().all(number)
    };
    text.split(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
        .map(|word| word.trim_end_matches('.'))
        .find(|word| fit(word))
        .map(str::to_owned)
}

/// The Message-IDs of the letters a text quotes.
fn ids(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let (name, value) = line.trim_start_matches(['>', ' ']).split_once(':')?;
        let id = value.trim().trim_start_matches('<').split('>').next()?;
        (name.eq_ignore_ascii_case("message-id") && id.contains('@')).then(|| id.to_owned())
    });
    lines.take(ABOUT).collect()
}
