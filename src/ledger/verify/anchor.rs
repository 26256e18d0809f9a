//! Anchors: what somebody kept outside — a checkpoint's signed note, or the bare root that goes out
//! with mail.

use super::super::tlog::Inclusion;
use super::super::tree::Hash;
use crate::error::{Refusal, Result};
use data_encoding::{BASE64, HEXUPPER};

/// A statement about the trail that was kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// What it is called in findings: the file it came from.
    pub name: String,
    /// What it says.
    pub says: Says,
}

/// What an anchor says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// A signed note; the signature is checked under the desk's key.
    Note(String),
    /// A proof that an event is in the tree of a signed note.
    Proof(Inclusion),
    /// A root, without saying of how many events.
    Root(Hash),
}

impl Anchor {
    /// Reads an anchor: a proof of one event, a signed note (cosigned or not), the root in base64
    /// (44 characters), or a text that holds a note or a root, such as a saved mail with its
    /// `X-Audit-Root:` line.
    ///
    /// **Refuses:** a text with none of them.
    pub fn read(name: impl Into<String>, text: &str) -> Result<Self> {
        let name = name.into();
        let text = text.replace("\r\n", "\n");
        let says = Inclusion::read(&text)
            .ok()
            .map(Says::Proof)
            .or_else(|| note_in(&text).map(Says::Note))
            .or_else(|| note_in(&unquoted(&text)).map(Says::Note))
            .or_else(|| root_in(&text).map(Says::Root));
        match says {
            Some(says) => Ok(Anchor { name, says }),
            None => Err(Refusal::invalid(format!(
                "{name} holds neither a signed checkpoint nor a root of 44 characters in base64"
            ))
            .into()),
        }
    }
}

impl Anchor {
    /// The signed note in it.
    pub fn note(&self) -> Option<&str> {
        match &self.says {
            Says::Note(note) => Some(note),
            Says::Proof(proof) => Some(&proof.note),
            Says::Root(_) => None,
        }
    }
}

/// A text as mail carries it in quoted-printable: soft line ends gone, `=E2` a byte.
///
/// **Source:** RFC 2045 §6.7.
fn unquoted(text: &str) -> String {
    let text = text.replace("=\n", "");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'=');
        match hex.and_then(|hex| HEXUPPER.decode(hex).ok()) {
            Some(byte) => {
                bytes.extend(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The signed note in a text: three lines, a blank one, and lines that begin with a long dash.
fn note_in(text: &str) -> Option<String> {
    let signatures = text.find("\n\n\u{2014} ")?;
    let before: Vec<&str> = text.get(..signatures)?.lines().collect();
    let body = before.get(before.len().checked_sub(3)?..)?;
    let mut note = body.join("\n");
    note.push_str("\n\n");
    for line in text.get(signatures + 2..)?.lines() {
        if !line.starts_with("\u{2014} ") {
            break;
        }
        note.push_str(line);
        note.push('\n');
    }
    Some(note)
}

fn root_in(text: &str) -> Option<Hash> {
    let root = |text: &str| BASE64.decode(text.as_bytes()).ok()?.try_into().ok();
    let header = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("X-Audit-Root")
            .then(|| value.trim())
    });
    root(header.unwrap_or(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::note::Pen;

    #[test]
    fn an_anchor_is_read_from_what_people_keep() {
        let pen = Pen::new("shop/00000000", &[1; 32]);
        let note = pen.sign(5, &[2; 32]);
        for text in [
            note.clone(),
            note.replace('\n', "\r\n"),
            format!("Dear lead,\n\ntoday's checkpoint:\n{note}\nYours\n"),
            // As a mail program saves it.
            note.replace('=', "=3D")
                .replace('\u{2014}', "=E2=80=94")
                .replace("shop/", "sh=\r\nop/"),
        ] {
            let anchor = Anchor::read("kept.txt", &text).unwrap();
            assert_eq!(anchor.says, Says::Note(note.clone()));
        }
        let root = BASE64.encode(&[2; 32]);
        for text in [
            root.clone(),
            format!("From: a\nx-audit-root: {root}\n\nhello"),
        ] {
            assert_eq!(Anchor::read("m", &text).unwrap().says, Says::Root([2; 32]));
        }
        for text in ["", "hello", "AAAA"] {
            assert!(Anchor::read("m", text).is_err());
        }
    }
}
