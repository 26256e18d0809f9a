//! Writing a letter down as it is sent. Its bytes are kept with the event that queues it: a retry
//! sends the very same letter, and the original is the evidence.

use super::automatic::OUR_MARK;
use super::text::line;
use crate::domain::message::email::{Attachment, Email, Mailbox};
use crate::domain::moment::Moment;
use crate::error::{Error, Refusal, Result};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Enclosed, Mailbox as Named, Message, MultiPart, SinglePart};
use std::time::{Duration, SystemTime};

/// Receivers of one letter at most.
pub const RECEIVERS: usize = 50;
/// All files of one letter together. **Unit:** bytes.
pub const FILES_MAX: usize = 25 * crate::config::MIB;
/// References written at most: the first and the last are kept.
const REFERENCES: usize = 20;

/// A letter as it is wished.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What people read of it: from, to, cc, bcc, subject, passages, Message-ID, what it answers.
    pub email: Email,
    /// Words as they are sent, history and signature in them.
    pub text: String,
    /// Where answers are wanted.
    pub reply_to: Option<String>,
    /// Files: name, type, bytes.
    pub files: Vec<(String, String, Vec<u8>)>,
    /// It is written by a machine.
    pub automatic: bool,
    /// The root of the trail, base64: kept by whoever receives it, it shows a history rewritten
    /// later. Without its size, which would tell how much work there is.
    pub audit_root: Option<String>,
}

/// The bytes of a letter, and what people read of it with its files listed.
///
/// **Refuses:** addresses letters cannot be sent to, none or too many of them, files that are too
/// large together.
pub fn write(draft: Draft, at: Moment) -> Result<(Vec<u8>, Email)> {
    let mut email = draft.email;
    let count = email.to.len() + email.cc.len() + email.bcc.len();
    if count == 0 {
        return Err(Refusal::invalid("say whom the e-mail is for")
            .at("to")
            .into());
    }
    if count > RECEIVERS {
        let text = format!("an e-mail goes to at most {RECEIVERS} addresses");
        return Err(Refusal::invalid(text).at("to").into());
    }
    let size: usize = draft.files.iter().map(|(_, _, bytes)| bytes.len()).sum();
    if size > FILES_MAX {
        let text = format!(
            "the files together have at most {} MB",
            FILES_MAX / crate::config::MIB
        );
        return Err(Refusal::invalid(text).at("file").into());
    }
    let mut builder = Message::builder();
    if let Some(from) = &email.from {
        builder = builder.from(named(from, "from")?);
    }
    for one in &email.to {
        builder = builder.to(named(one, "to")?);
    }
    for one in &email.cc {
        builder = builder.cc(named(one, "cc")?);
    }
    for one in &email.bcc {
        named(one, "bcc")?; // checked, and never written down
    }
    if let Some(address) = &draft.reply_to {
        let (name, address) = (String::new(), address.clone());
        builder = builder.reply_to(named(&Mailbox { name, address }, "to")?);
    }
    let since = Duration::from_millis(u64::try_from(at.0).unwrap_or_default());
    builder = builder
        .date(SystemTime::UNIX_EPOCH + since)
        .message_id(Some(format!("<{}>", email.message_id)))
        .subject(line(&email.subject, 500));
    if let Some(nearest) = email.answers.first() {
        builder = builder
            .in_reply_to(format!("<{nearest}>"))
            .references(references(&email.answers));
    }
    if draft.automatic {
        for (name, value) in [
            ("Auto-Submitted", "auto-replied"),
            ("X-Auto-Response-Suppress", "All"),
            (OUR_MARK, "yes"),
        ] {
            let name = HeaderName::new_from_ascii_str(name);
            builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
        }
    }
    if let Some(root) = draft.audit_root {
        let name = HeaderName::new_from_ascii_str("X-Audit-Root");
        builder = builder.raw_header(HeaderValue::new(name, root));
    }
    let words = MultiPart::alternative()
        .singlepart(SinglePart::plain(draft.text.clone()))
        .singlepart(SinglePart::html(formatted(&draft.text)));
    let message = if draft.files.is_empty() {
        builder.multipart(words)
    } else {
        let mut mixed = MultiPart::mixed().multipart(words);
        for (name, mime, bytes) in &draft.files {
            let kind = ContentType::parse(mime);
            let octets = ContentType::parse("application/octet-stream");
            let kind = kind
                .or(octets)
                .map_err(|error| Error::fault(error.to_string()))?;
            mixed = mixed.singlepart(Enclosed::new(name.clone()).body(bytes.clone(), kind));
        }
        builder.multipart(mixed)
    };
    let raw = message
        .map_err(|error| Error::fault(error.to_string()))?
        .formatted();
    email.formatted = true;
    email.attachments = super::parse(&raw)
        .map(|mail| mail.email.attachments)
        .unwrap_or_default();
    Ok((raw, email))
}

/// The addresses somebody typed, apart by commas, semicolons or line ends: `Ana <a@x.test>`.
///
/// **Refuses:** what is no address.
pub fn mailboxes(text: &str, field: &'static str) -> Result<Vec<Mailbox>> {
    let mut found: Vec<Mailbox> = Vec::new();
    for one in text.split([',', ';', '\n', '\r']) {
        let one = line(one, 500);
        if one.is_empty() {
            continue;
        }
        let (name, written) = match one.rsplit_once('<') {
            Some((name, address)) => (name.trim(), address.trim_end_matches('>')),
            None => ("", one.as_str()),
        };
        let fits = super::text::address(written)
            .filter(|address| address.parse::<lettre::Address>().is_ok());
        let Some(address) = fits else {
            return Err(
                Refusal::invalid(format!("{written} is not an e-mail address"))
                    .at(field)
                    .into(),
            );
        };
        let name = line(name.trim_matches('"'), 200);
        if !found
            .iter()
            .any(|known| known.address.eq_ignore_ascii_case(&address))
        {
            found.push(Mailbox { name, address });
        }
    }
    Ok(found)
}

/// What stands below an answer: who wrote when, and the words, marked.
pub fn quote(email: &Email, when: &str) -> String {
    let who = email
        .from
        .as_ref()
        .map(|from| from.words())
        .unwrap_or_default();
    let said: String = email.said().chars().take(20_000).collect();
    let marked: Vec<String> = said
        .lines()
        .map(|line| format!("> {line}").trim_end().to_owned())
        .collect();
    format!("On {when}, {who} wrote:\n{}", marked.join("\n"))
}

/// A subject as it is answered or passed on, with one mark before it and its ticket named.
pub fn subject(of: &str, mark: &str, ticket: Option<crate::domain::id::TicketId>) -> String {
    let mut bare = of.trim();
    while let Some((start, rest)) = bare.split_once(':') {
        let start = start.trim().trim_end_matches(|letter: char| {
            letter.is_ascii_digit() || matches!(letter, '[' | ']')
        });
        let marks = [
            "re", "aw", "sv", "antw", "odp", "ref", "rv", "fw", "fwd", "wg", "tr", "vs", "ynt",
            "rif", "رد",
        ];
        if !marks.contains(&start.to_lowercase().as_str()) {
            break;
        }
        bare = rest.trim_start();
    }
    let named = ticket.filter(|ticket| !bare.contains(&format!("[{ticket}]")));
    match named {
        Some(ticket) => format!("{mark}: {bare} [{ticket}]"),
        None => format!("{mark}: {bare}"),
    }
}

fn named(one: &Mailbox, field: &'static str) -> Result<Named> {
    let address = one.address.parse().map_err(|_| {
        Refusal::invalid(format!("{} is not an e-mail address", one.address)).at(field)
    })?;
    let name = Some(line(&one.name, 200)).filter(|name| !name.is_empty());
    Ok(Named::new(name, address))
}

/// The first and the last of what a letter answers, the oldest first.
fn references(answers: &[String]) -> String {
    let mut all: Vec<&String> = answers.iter().rev().collect();
    if all.len() > REFERENCES {
        let cut = all.len() - REFERENCES + 1;
        all.drain(1..=cut.min(all.len() - 1));
    }
    let named: Vec<String> = all.into_iter().map(|id| format!("<{id}>")).collect();
    named.join(" ")
}

fn formatted(text: &str) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let lines: Vec<String> = escaped
        .lines()
        .map(|line| {
            match line
                .strip_prefix("&gt; ")
                .or_else(|| line.strip_prefix("&gt;"))
            {
                Some(quoted) => format!("<span style=\"color:#666\">&gt; {quoted}</span><br>"),
                None => format!("{line}<br>"),
            }
        })
        .collect();
    format!(
        "<!doctype html><meta charset=utf-8><div dir=auto>{}</div>",
        lines.join("\n")
    )
}

/// What is listed of a file before it is written down.
pub fn listed(files: &[(String, String, Vec<u8>)]) -> Vec<Attachment> {
    let one = |(name, mime, bytes): &(String, String, Vec<u8>)| Attachment {
        name: name.clone(),
        mime: mime.clone(),
        size_bytes: bytes.len() as u64,
        ..Attachment::default()
    };
    files.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::email::PassageSort;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let mailbox = |address: &str, name: &str| Mailbox {
            name: name.to_owned(),
            address: address.to_owned(),
        };
        let draft = Draft {
            email: Email {
                message_id: "C-7.tag.mac@x.test".into(),
                answers: vec!["b@y.test".into(), "a@y.test".into()],
                from: Some(mailbox("desk@x.test", "Größe & Co")),
                to: vec![mailbox("ana@y.test", "Ana \"A\" Ñ")],
                bcc: vec![mailbox("boss@x.test", "")],
                subject: "Re: eine sehr lange Zeile über Größen\r\nBcc: evil@z.test".into(),
                ..Email::default()
            },
            text: "Grüße\n\n-- \nDesk\n\nOn 3 Aug 2026, Ana <ana@y.test> wrote:\n> hello".into(),
            reply_to: None,
            files: vec![("Bild ä.png".into(), "image/png".into(), vec![1, 2, 3])],
            automatic: true,
            audit_root: Some("cm9vdA==".into()),
        };
        let (raw, listed) = write(draft, Moment(1_785_744_000_000)).unwrap();
        let text = String::from_utf8(raw.clone()).unwrap();
        assert!(
            !text.contains("boss@x.test") && !text.contains("\nBcc:"),
            "{text}"
        );
        assert!(text.contains("\r\nX-Audit-Root: cm9vdA==\r\n"), "{text}");
        let mail = super::super::parse(&raw).unwrap();
        let email = mail.email;
        assert_eq!(email.message_id, "C-7.tag.mac@x.test");
        assert_eq!(email.answers, ["b@y.test", "a@y.test"]);
        assert_eq!(email.to.first().unwrap().name, "Ana \"A\" Ñ");
        assert!(
            email.subject.ends_with("Größen Bcc: evil@z.test"),
            "{}",
            email.subject
        );
        assert_eq!(email.said(), "Grüße");
        assert!(
            email
                .passages
                .iter()
                .any(|one| one.sort == PassageSort::Signature)
        );
        assert!(mail.unanswerable.is_some() && email.automatic.is_some());
        assert_eq!(listed.attachments.first().unwrap().name, "Bild ä.png");
        let part = listed.attachments.first().unwrap().part;
        assert_eq!(
            super::super::parts::take(&raw, part).unwrap().bytes,
            [1, 2, 3]
        );
    }

    #[test]
    fn subjects_are_marked_once_and_addresses_checked() {
        let ticket = "T-9".parse().ok();
        for (of, ticket, is) in [
            ("hello", None, "Re: hello"),
            ("AW: RE[2]: Re: hello", ticket, "Re: hello [T-9]"),
            ("Re: hello [T-9]", ticket, "Re: hello [T-9]"),
            ("Order: late", None, "Re: Order: late"),
        ] {
            assert_eq!(subject(of, "Re", ticket), is);
        }
        let two = mailboxes("Ana <a@x.test>; b@x.test,\n A@x.test", "to").unwrap();
        assert_eq!(two.len(), 2);
        assert!(mailboxes("ana", "to").is_err());
        assert!(mailboxes("a@x.test\r\nBcc: b", "to").is_err());
    }
}
