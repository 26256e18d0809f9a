//! The parts of a letter other than its words: what they are, and taking one out of the original.
//! Nothing is ever unpacked.

use super::text::{file_name, line};
use crate::domain::message::email::Attachment;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use std::collections::HashMap;

/// Attachments listed at most; the others stay in the original.
pub const LISTED: usize = 200;

/// A part as it is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// The type the sender claims.
    pub mime: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The listed parts of a letter, and how many there are beyond.
pub fn list(message: &Message<'_>) -> (Vec<Attachment>, usize) {
    let shown = message.attachments.iter().take(LISTED);
    let listed: Vec<Attachment> = shown
        .filter_map(|id| Some((*id, message.parts.get(*id as usize)?)))
        .filter(|(id, part)| {
            let words = message.text_body.contains(id) || message.parts.len() == 1;
            !(words && part.is_text())
        })
        .map(|(id, part)| attachment(message, id, part))
        .collect();
    (listed, message.attachments.len().saturating_sub(LISTED))
}

/// Takes a part out of the original; none if there is no such part.
pub fn take(raw: &[u8], part: u32) -> Option<Part> {
    let message = MessageParser::default().parse(raw)?;
    let found = message.parts.get(part as usize)?;
    if matches!(found.body, PartType::Multipart(_)) {
        return None;
    }
    Some(Part {
        name: name(found, part),
        mime: mime(found),
        bytes: bytes(raw, found).to_vec(),
    })
}

/// The formatted body of a letter, and which parts its pictures are, by content id.
pub fn formatted(raw: &[u8]) -> Option<(String, HashMap<String, u32>)> {
    let message = super::parse::read(raw)?;
    let mut html = String::new();
    for id in message.html_body.iter().take(20) {
        if let Some(part) = message.parts.get(*id as usize)
            && matches!(part.body, PartType::Html(_))
        {
            html.push_str(&super::parse::part_text(raw, part));
        }
    }
    let pictures = message.parts.iter().enumerate();
    let pictures = pictures
        .filter_map(|(n, part)| Some((part.content_id()?.trim_matches(['<', '>']).to_owned(), n)));
    let pictures = pictures.map(|(id, n)| (id, u32::try_from(n).unwrap_or(u32::MAX)));
    let pictures = pictures.take(LISTED).collect();
    (!html.is_empty()).then_some((html, pictures))
}

fn bytes<'a>(raw: &'a [u8], part: &'a MessagePart<'_>) -> &'a [u8] {
    // A message within stands in the original as it was sent, unless it was packed.
    if part.is_message() && part.encoding == Encoding::None {
        let range = part.offset_body as usize..part.offset_end as usize;
        return raw.get(range).unwrap_or_default();
    }
    part.contents()
}

fn attachment(message: &Message<'_>, id: u32, part: &MessagePart<'_>) -> Attachment {
    let mime = mime(part);
    let size = if part.is_message() && part.encoding == Encoding::None {
        part.offset_end.saturating_sub(part.offset_body) as usize
    } else {
        part.contents().len()
    };
    let disposed = part
        .content_disposition()
        .is_some_and(|how| how.is_attachment());
    let inline = mime.starts_with("image/") && part.content_id().is_some() && !disposed;
    Attachment {
        part: id,
        name: name(part, id),
        note: note(message, part, &mime),
        mime,
        size_bytes: size as u64,
        inline,
    }
}

fn mime(part: &MessagePart<'_>) -> String {
    let told = part.content_type().map(|kind| {
        let sub = kind.subtype().unwrap_or("octet-stream");
        line(&format!("{}/{sub}", kind.ctype()), 100).to_lowercase()
    });
    told.unwrap_or_else(|| {
        if part.is_text() {
            "text/plain"
        } else {
            "application/octet-stream"
        }
        .to_owned()
    })
}

fn name(part: &MessagePart<'_>, id: u32) -> String {
    let told = part.attachment_name().map(file_name).unwrap_or_default();
    if !told.is_empty() {
        return told;
    }
    if let Some(subject) = part.message().and_then(|inner| inner.subject()) {
        let subject = file_name(&subject.replace(['/', '\\'], "-"));
        if !subject.is_empty() {
            return format!("{subject}.eml");
        }
    }
    let mime = mime(part);
    let ending = match mime.as_str() {
        "message/rfc822" => "eml",
        "text/calendar" => "ics",
        "text/html" => "html",
        "text/vcard" | "text/x-vcard" => "vcf",
        "image/jpeg" => "jpg",
        "image/svg+xml" => "svg",
        "application/pgp-signature" => "asc",
        other => match other.split_once('/') {
            Some(("text" | "message", _)) => "txt",
            Some((_, sub)) if sub.len() <= 4 => sub,
            _ => "bin",
        },
    };
    format!("part-{id}.{ending}")
}

fn note(message: &Message<'_>, part: &MessagePart<'_>, mime: &str) -> Option<String> {
    let said = part.attachment_name().unwrap_or_default();
    let note = match mime {
        "application/ms-tnef" | "application/vnd.ms-tnef" => {
            "files wrapped up by Outlook (winmail.dat); ask the sender for plain attachments"
        }
        _ if said.eq_ignore_ascii_case("winmail.dat") => {
            "files wrapped up by Outlook (winmail.dat); ask the sender for plain attachments"
        }
        "application/pgp-signature"
        | "application/pkcs7-signature"
        | "application/x-pkcs7-signature" => "the sender's digital signature; not checked here",
        "application/pgp-encrypted" => "says that the letter is encrypted",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            "signed or encrypted with S/MIME; it opens in the sender's kind of mail program"
        }
        "application/octet-stream"
            if message.content_type().is_some_and(|kind| {
                kind.subtype()
                    .is_some_and(|sub| sub.eq_ignore_ascii_case("encrypted"))
            }) =>
        {
            "the encrypted letter; it opens with the receiver's key"
        }
        "text/calendar" | "application/ics" => return Some(invitation(&part_words(part))),
        "message/delivery-status" => "the report on delivery",
        _ if part.is_encoding_problem => "its coding is damaged; this is what could be read",
        _ => return None,
    };
    Some(note.to_owned())
}

fn part_words(part: &MessagePart<'_>) -> String {
    let bytes = part.contents();
    let bytes = bytes.get(..bytes.len().min(64 * 1024)).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a calendar part asks or answers, on one line.
fn invitation(text: &str) -> String {
    let unfolded = text
        .replace("\r\n", "\n")
        .replace("\n ", "")
        .replace("\n\t", "");
    let field = |name: &str| {
        unfolded.lines().find_map(|line| {
            let (left, value) = line.split_once(':')?;
            let left = left.split(';').next()?;
            left.eq_ignore_ascii_case(name)
                .then(|| super::text::line(value, 120))
        })
    };
    let what = match field("METHOD").unwrap_or_default().to_uppercase().as_str() {
        "REQUEST" => "an invitation",
        "REPLY" => "an answer to an invitation",
        "CANCEL" => "an appointment called off",
        _ => "an appointment",
    };
    let start = field("DTSTART")
        .filter(|at| at.len() >= 8 && at.is_ascii())
        .map(|at| {
            let part = |from: usize, to: usize| at.get(from..to).unwrap_or_default().to_owned();
            let day = format!("{}-{}-{}", part(0, 4), part(4, 6), part(6, 8));
            match at.get(9..13) {
                Some(_) => format!("{day} {}:{}", part(9, 11), part(11, 13)),
                None => day,
            }
        });
    let told = [field("SUMMARY"), start, field("LOCATION")];
    let told: Vec<String> = told
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect();
    if told.is_empty() {
        return what.to_owned();
    }
    format!("{what}: {}", told.join(", "))
}
