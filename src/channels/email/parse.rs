//! Reading a letter as it is met in the wild. Whatever it holds, the time and the memory are
//! bounded by its length, and what could not be read is said; the original is kept beside it.

use super::automatic::{Signs, signs};
use super::text::{line, lines, mailbox};
use super::{bounce, html, parts, quotes, token};
use crate::domain::letter::{Bounce, Letter};
use crate::domain::message::email::{Email, Mailbox};
use crate::domain::moment::Moment;
use crate::domain::update::Party;
use mail_parser::PartType;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{
    Address, Encoding, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders,
};

/// The longest body that is shown. **Unit:** characters.
const WORDS_MAX: usize = 200_000;
/// People named in one header at most.
const PEOPLE: usize = 100;
/// Earlier letters followed at most.
const ANSWERS: usize = 50;
/// Letters within letters that are read; beyond, only the outer headers are.
const NESTED: usize = 50;
/// Bodies joined at most.
const BODIES: usize = 50;

/// A letter as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// What people read of it.
    pub email: Email,
    /// When it says it was written.
    pub sent_at: Option<Moment>,
    /// All addresses it was brought to, with what stands behind a plus sign.
    pub reached: Vec<String>,
    /// Why no machine may answer it.
    pub unanswerable: Option<String>,
    /// It tells what became of a letter of ours.
    pub bounce: Option<Bounce>,
    /// Made of its bytes, for one without Message-ID.
    pub digest: String,
}

/// Reads a letter.
///
/// **Refuses:** bytes that hold no header of a letter; answers why.
pub fn parse(raw: &[u8]) -> Result<Mail, String> {
    if raw.iter().all(u8::is_ascii_whitespace) {
        return Err("it is empty".to_owned());
    }
    let message = read(raw).ok_or_else(|| "it has no header of a letter".to_owned())?;
    let known = [
        "From",
        "To",
        "Cc",
        "Subject",
        "Date",
        "Message-ID",
        "Received",
        "Sender",
    ];
    if !known.iter().any(|name| message.header(*name).is_some()) {
        return Err("it has no header of a letter".to_owned());
    }
    let people = |address: Option<&Address<'_>>| -> Vec<Mailbox> {
        let all = address.into_iter().flat_map(|address| address.iter());
        all.take(PEOPLE)
            .filter_map(|one| mailbox(one.name(), one.address()))
            .collect()
    };
    let first = |address: Option<&Address<'_>>| {
        let all = people(address);
        let fit = all.iter().find(|one| one.address.contains('@')).cloned();
        fit.or_else(|| all.into_iter().next())
    };
    let from = first(message.from()).or_else(|| first(message.sender()));
    let sender = from
        .as_ref()
        .map(|from| from.address.clone())
        .unwrap_or_default();
    let subject = line(message.subject().unwrap_or_default(), 500);
    let Signs {
        unanswerable,
        answer,
    } = signs(&message, &sender);
    let bounce = bounce::read(&message, &sender, &subject);
    let automatic = match &bounce {
        Some(_) => Some("a report on delivery".to_owned()),
        None => answer,
    };
    let mut remarks = remarks(&message);
    let (attachments, more) = parts::list(&message);
    if more > 0 {
        remarks.push(format!(
            "{more} more parts are not listed; the original holds them"
        ));
    }
    if is_deep(raw) {
        remarks.push("letters within letters too deep to read; the original holds them".to_owned());
    }
    let (words, formatted) = words(raw, &message);
    if words.chars().count() >= WORDS_MAX {
        remarks.push("very long; the original holds the rest".to_owned());
    }
    if words.contains("-----BEGIN PGP MESSAGE-----") {
        remarks.push("encrypted with PGP; it opens with the receiver's key".to_owned());
    }
    let reached = [
        "Delivered-To",
        "X-Original-To",
        "Envelope-To",
        "X-Envelope-To",
    ];
    let mut reached: Vec<String> = reached
        .iter()
        .flat_map(|name| message.header_values(*name))
        .take(PEOPLE)
        .flat_map(texts)
        .map(|text| line(&text, 320))
        .collect();
    let (to, cc) = (people(message.to()), people(message.cc()));
    reached.extend(to.iter().chain(&cc).map(|one| one.address.clone()));
    let date = message.date().filter(|date| date.is_valid());
    let email = Email {
        message_id: message
            .message_id()
            .map(|id| line(id, 900))
            .unwrap_or_default(),
        answers: answers(&message),
        reply_to: people(message.reply_to()),
        bcc: people(message.bcc()),
        from,
        to,
        cc,
        subject,
        passages: quotes::passages(&words),
        attachments,
        formatted,
        automatic,
        remarks,
    };
    Ok(Mail {
        email,
        sent_at: date.map(|date| Moment(date.to_timestamp().saturating_mul(1000))),
        reached,
        unanswerable,
        bounce,
        digest: token::known_by_bytes(raw),
    })
}

impl Mail {
    /// The letter as intake takes it; `key` is the mailbox's own for tokens.
    pub fn letter(self, key: &str, arrived_at: Moment) -> Letter {
        let email = self.email;
        let sender = email.from.clone().unwrap_or_else(|| Mailbox {
            name: String::new(),
            address: "unknown sender".to_owned(),
        });
        let id = email.message_id.as_str();
        let own_name = token::read_message_id(key, id);
        let provider_id = if id.is_empty() {
            self.digest.clone()
        } else {
            token::known_by(id)
        };
        let told = format!(
            "{}\n{:?}\n{}\n{}",
            sender.address,
            self.sent_at,
            email.subject,
            email.said()
        );
        let own: Vec<_> = email
            .answers
            .iter()
            .filter_map(|id| token::read_message_id(key, id))
            .collect();
        let mut bounce = self.bounce;
        let mut tags: Vec<String> = own.iter().map(|(tag, _)| tag.clone()).collect();
        if let Some(bounce) = &mut bounce {
            let about = bounce.about.iter();
            let about = about.filter_map(|id| token::read_message_id(key, id));
            tags.splice(0..0, about.map(|(tag, _)| tag));
            bounce.about = bounce.about.iter().map(|id| token::known_by(id)).collect();
        }
        let token = self
            .reached
            .iter()
            .find_map(|address| token::read_address(key, address));
        let token = token.or_else(|| own.iter().find_map(|(_, object)| *object));
        let earliest = Moment(631_152_000_000); // 1990: a clock that was never set
        let sent_at = self
            .sent_at
            .filter(|at| *at >= earliest && *at <= arrived_at);
        Letter {
            provider_id,
            fingerprint: token::known_by(&told),
            party: Party {
                email: Some(sender.address.to_lowercase()).filter(|address| !address.is_empty()),
                name: Some(sender.name).filter(|name| !name.is_empty()),
                ..Party::default()
            },
            sent_at: sent_at.unwrap_or(arrived_at),
            answers: email.answers.iter().map(|id| token::known_by(id)).collect(),
            tags,
            own: own_name.and_then(|(tag, object)| object.map(|_| tag)),
            token,
            ticket: token::ticket_in(&email.subject),
            unanswerable: self.unanswerable,
            bounce,
            email,
        }
    }
}

/// The structure of a letter; of one that nests without end only the headers.
pub fn read(raw: &[u8]) -> Option<Message<'_>> {
    if is_deep(raw) {
        return MessageParser::default().parse_headers(raw);
    }
    MessageParser::default().parse(raw)
}

/// What stands between the parts of a letter that has several.
pub fn boundary(raw: &[u8]) -> Option<String> {
    let message = MessageParser::default().parse_headers(raw)?;
    let kind = message.content_type()?;
    let boundary = kind.attribute("boundary")?;
    (kind.ctype().eq_ignore_ascii_case("multipart") && !boundary.is_empty())
        .then(|| boundary.to_owned())
}

fn is_deep(raw: &[u8]) -> bool {
    let name = b"message/rfc822";
    let mut seen = 0;
    for at in memchr_slash(raw) {
        let from = at.saturating_sub(7);
        if raw
            .get(from..from + name.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(name))
        {
            seen += 1;
            if seen > NESTED {
                return true;
            }
        }
    }
    false
}

fn memchr_slash(raw: &[u8]) -> impl Iterator<Item = usize> {
    let all = raw.iter().enumerate();
    all.filter(|(_, byte)| **byte == b'/').map(|(at, _)| at)
}

fn texts(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Text(text) => vec![text.to_string()],
        HeaderValue::TextList(all) => all.iter().map(ToString::to_string).collect(),
        HeaderValue::Address(address) => address
            .iter()
            .filter_map(|one| one.address().map(str::to_owned))
            .collect(),
        _ => Vec::new(), // what holds no words
    }
}

/// The Message-IDs it answers, the nearest first.
fn answers(message: &Message<'_>) -> Vec<String> {
    let mut all = texts(message.in_reply_to());
    all.truncate(ANSWERS);
    let references = texts(message.references());
    all.extend(references.into_iter().rev().take(ANSWERS));
    let mut answers: Vec<String> = Vec::new();
    for id in all {
        let id = line(id.trim_matches(['<', '>', ' ']), 900);
        if !id.is_empty() && !answers.contains(&id) && answers.len() < ANSWERS {
            answers.push(id);
        }
    }
    answers
}

fn remarks(message: &Message<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    let kind = message.content_type();
    let sub = kind
        .and_then(|kind| kind.subtype())
        .unwrap_or_default()
        .to_lowercase();
    let smime = kind
        .and_then(|kind| kind.attribute("smime-type"))
        .unwrap_or_default();
    match sub.as_str() {
        "encrypted" => remarks.push("encrypted; it opens with the receiver's key".to_owned()),
        "signed" => remarks.push("digitally signed; the signature was not checked".to_owned()),
        "pkcs7-mime" | "x-pkcs7-mime" if smime.contains("signed") => {
            remarks.push("digitally signed with S/MIME; it stands in the attachment".to_owned());
        }
        "pkcs7-mime" | "x-pkcs7-mime" => {
            remarks.push("encrypted with S/MIME; it opens with the receiver's key".to_owned());
        }
        _ => {}
    }
    remarks
}

/// The words of a letter, and whether it has a formatted version.
fn words(raw: &[u8], message: &Message<'_>) -> (String, bool) {
    let part = |id: &u32| message.parts.get(*id as usize);
    let is_html = |part: &&MessagePart<'_>| matches!(part.body, PartType::Html(_));
    let formatted: Vec<&MessagePart<'_>> = message
        .html_body
        .iter()
        .filter_map(part)
        .filter(is_html)
        .take(BODIES)
        .collect();
    let plain = message.text_body.iter().filter_map(part).take(BODIES);
    let mut out = String::new();
    for part in plain {
        let text = part_text(raw, part);
        let text = match part.body {
            PartType::Html(_) => html::words(&text),
            _ if is_flowed(part) => unflow(&text),
            _ => text,
        };
        push(&mut out, &text);
    }
    if out.is_empty()
        && let Some(damaged) = message.parts.iter().find(|part| is_damaged(part, message))
    {
        // A structure that names no boundary, or one that never comes.
        push(&mut out, &part_text(raw, damaged));
        if matches!(
            damaged.body,
            PartType::Binary(_) | PartType::InlineBinary(_)
        ) {
            push(&mut out, &String::from_utf8_lossy(damaged.contents()));
        }
    }
    if out.trim().is_empty() {
        for part in &formatted {
            push(&mut out, &html::words(&part_text(raw, part)));
        }
    }
    (lines(out.trim_end(), WORDS_MAX), !formatted.is_empty())
}

fn is_damaged(part: &MessagePart<'_>, message: &Message<'_>) -> bool {
    let multipart = part
        .content_type()
        .is_some_and(|kind| kind.ctype() == "multipart");
    let words = matches!(part.body, PartType::Text(_) | PartType::Html(_));
    words && part.is_encoding_problem || multipart && message.parts.len() == 1
}

fn push(out: &mut String, text: &str) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    let room = (WORDS_MAX * 4).saturating_sub(out.len());
    out.extend(text.chars().take(room));
}

/// The text of a part. Where it names no charset, or one that does not fit, the signs that most
/// senders mean are shown instead of holes.
pub fn part_text(raw: &[u8], part: &MessagePart<'_>) -> String {
    let text = match &part.body {
        PartType::Text(text) | PartType::Html(text) => text,
        _ => return String::new(),
    };
    let told = part
        .content_type()
        .and_then(|kind| kind.attribute("charset"));
    let fits = told.is_some_and(|name| charset_decoder(name.as_bytes()).is_some());
    if !text.contains('\u{FFFD}') && (fits || !matches!(part.body, PartType::Html(_))) {
        return text.to_string();
    }
    let range = part.offset_body as usize..part.offset_end as usize;
    let coded = raw.get(range).unwrap_or_default();
    let bytes = match part.encoding {
        Encoding::None => Some(coded.to_vec()),
        Encoding::Base64 => mail_parser::decoders::base64::base64_decode(coded),
        Encoding::QuotedPrintable => {
            mail_parser::decoders::quoted_printable::quoted_printable_decode(coded)
        }
    };
    let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else {
        return text.to_string();
    };
    if !fits
        && matches!(part.body, PartType::Html(_))
        && let Some(decode) = meta_charset(&bytes).and_then(|name| charset_decoder(name.as_bytes()))
    {
        return decode(&bytes);
    }
    if std::str::from_utf8(&bytes).is_ok() {
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    match charset_decoder(b"windows-1252") {
        Some(decode) if !fits => decode(&bytes),
        _ => text.to_string(),
    }
}

/// The charset a formatted body names within itself.
fn meta_charset(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    let head = String::from_utf8_lossy(head).to_lowercase();
    let (_, rest) = head.split_once("charset=")?;
    let fit = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let name: String = rest
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(fit)
        .collect();
    (!name.is_empty()).then_some(name)
}

fn is_flowed(part: &MessagePart<'_>) -> bool {
    let format = part
        .content_type()
        .and_then(|kind| kind.attribute("format"));
    format.is_some_and(|format| format.eq_ignore_ascii_case("flowed"))
}

/// Joins the lines that were only broken to be sent. **Source:** RFC 3676, section 4.
fn unflow(text: &str) -> String {
    let mut out = String::new();
    let mut open: Option<usize> = None;
    for line in text.replace("\r\n", "\n").split('\n') {
        let depth = line.bytes().take_while(|byte| *byte == b'>').count();
        let inner = line.get(depth..).unwrap_or_default();
        let inner = inner.strip_prefix(' ').unwrap_or(inner);
        let signature = inner == "-- ";
        if open == Some(depth) && !signature {
            out.push_str(inner);
        } else {
            if !out.is_empty() {
                out.push('\n');
            }
            if depth > 0 {
                out.push_str(&">".repeat(depth.min(9)));
                out.push(' ');
            }
            out.push_str(inner);
        }
        open = (inner.ends_with(' ') && !signature).then_some(depth);
    }
    out
}
