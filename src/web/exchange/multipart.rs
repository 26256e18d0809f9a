//! A bounded reader of `multipart/form-data` (RFC 7578): it finds where the parts are, in one pass
//! and with a small window, and leaves their bytes where they lie.

use crate::config::KIB;
use crate::error::{Error, Refusal, RefusalKind, Result};
use std::io::Read;

/// The head of one part. **Unit:** bytes.
const PART_HEAD_BYTES: usize = 8 * KIB;
/// What is read at a time. **Unit:** bytes.
const WINDOW_BYTES: usize = 64 * KIB;

/// One part: what its head says and where its content lies in the body.
#[derive(Debug)]
pub(super) struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub media_type: String,
    pub start: u64,
    pub end: u64,
}

/// The boundary named by a content type. **Refuses:** none, or one outside RFC 2046.
pub(super) fn boundary_of(content_type: &str) -> Result<String> {
    let boundary = parameter(content_type, "boundary").unwrap_or_default();
    let printable = boundary
        .bytes()
        .all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if boundary.is_empty() || boundary.len() > 70 || !printable {
        return Err(broken("the form names no boundary"));
    }
    Ok(boundary)
}

/// The parts of a body, in order. **Refuses:** more than `most`, a head without a name, an end
/// before the closing boundary.
pub(super) fn parts(body: impl Read, boundary: &str, most: usize) -> Result<Vec<Part>> {
    let line = format!("\r\n--{boundary}");
    let mut window = Window::new(body);
    let mut parts = Vec::new();
    // The first boundary may stand at the very beginning, without a line before it.
    let first = window.skip_past(&line.as_bytes()[2..])?;
    first.ok_or_else(|| broken("the form has no part"))?;
    loop {
        let end_of_line = window.take_until(b"\r\n", PART_HEAD_BYTES);
        let after = match end_of_line {
            Err(_) if window.rest().starts_with(b"--") => break,
            after => after?,
        };
        if after.starts_with(b"--") {
            break;
        }
        if !after.iter().all(|byte| b" \t".contains(byte)) {
            return Err(broken("the form has text beside a boundary"));
        }
        if parts.len() == most {
            let text = format!("a form has at most {most} parts");
            return Err(Error::Refusal(Refusal::of(RefusalKind::TooLarge, text)));
        }
        let mut part = head(&mut window)?;
        part.start = window.at();
        let end = window.skip_past(line.as_bytes())?;
        part.end = end.ok_or_else(|| broken("the form ends before its last boundary"))?;
        parts.push(part);
    }
    Ok(parts)
}

fn head<R: Read>(window: &mut Window<R>) -> Result<Part> {
    let mut disposition = String::new();
    let mut media_type = String::from("application/octet-stream");
    let mut left = PART_HEAD_BYTES;
    loop {
        let line = window.take_until(b"\r\n", left)?;
        if line.is_empty() {
            break;
        }
        left = left.saturating_sub(line.len());
        let line = String::from_utf8_lossy(&line).into_owned();
        let Some((name, value)) = line.split_once(':') else {
            return Err(broken("a part of the form has a line without a colon"));
        };
        if name.eq_ignore_ascii_case("content-disposition") {
            disposition = value.trim().to_owned();
        } else if name.eq_ignore_ascii_case("content-type") {
            media_type = value.trim().to_owned();
        }
    }
    let name = parameter(&disposition, "name");
    Ok(Part {
        name: name.ok_or_else(|| broken("a part of the form has no name"))?,
        file_name: parameter(&disposition, "filename"),
        media_type,
        start: 0,
        end: 0,
    })
}

/// The value of `; name=value`, quoted or not. Browsers write a quote inside as `%22`, others `\"`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (key, after) = rest.split_once('=')?;
        let key = key.trim().trim_start_matches(';').trim();
        let after = after.trim_start();
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                let (value, left) = after.split_at(end);
                (value.trim().to_owned(), left)
            }
        };
        if key.eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = left;
    }
}

fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, one)) = chars.next() {
        match one {
            '"' => {
                let value = value
                    .replace("%22", "\"")
                    .replace("%0D", "")
                    .replace("%0A", " ");
                return Some((value, quoted.get(at + 1..)?));
            }
            // A backslash escapes only a quote or itself: old paths are full of them.
            '\\' => match chars.clone().next() {
                Some((_, next @ ('"' | '\\'))) => {
                    value.push(next);
                    chars.next();
                }
                _ => value.push('\\'),
            },
            one => value.push(one),
        }
    }
    None
}

fn broken(text: &str) -> Error {
    Error::Refusal(Refusal::invalid(text))
}

/// A piece of the body in memory, and where it lies.
struct Window<R> {
    from: R,
    bytes: Vec<u8>,
    used: usize,
    before: u64,
    ended: bool,
}

impl<R: Read> Window<R> {
    fn new(from: R) -> Self {
        Window {
            from,
            bytes: Vec::new(),
            used: 0,
            before: 0,
            ended: false,
        }
    }

    /// The place of the next unread byte in the body.
    fn at(&self) -> u64 {
        self.before + self.used as u64
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.used..).unwrap_or_default()
    }

    fn advance(&mut self, by: usize) {
        self.used = (self.used + by).min(self.bytes.len());
    }

    /// Reads on; false at the end of the body.
    fn more(&mut self) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.bytes.drain(..self.used);
        self.before += self.used as u64;
        self.used = 0;
        let mut piece = Vec::new();
        let mut from = self.from.by_ref().take(WINDOW_BYTES as u64);
        self.ended = from.read_to_end(&mut piece)? == 0;
        self.bytes.append(&mut piece);
        Ok(!self.ended)
    }

    /// Skips past the next occurrence of `what`; answers where it began.
    fn skip_past(&mut self, what: &[u8]) -> Result<Option<u64>> {
        loop {
            if let Some(found) = find(self.rest(), what) {
                let at = self.at() + found as u64;
                self.advance(found + what.len());
                return Ok(Some(at));
            }
            let keep = what.len().saturating_sub(1);
            self.advance(self.rest().len().saturating_sub(keep));
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    /// What stands before the next `end`, which is skipped. **Refuses:** more than `most` bytes.
    fn take_until(&mut self, end: &[u8], most: usize) -> Result<Vec<u8>> {
        loop {
            if let Some(found) = find(self.rest(), end) {
                if found > most {
                    return Err(broken("a part of the form has too long a head"));
                }
                let taken = self.rest().get(..found).unwrap_or_default().to_vec();
                self.advance(found + end.len());
                return Ok(taken);
            }
            if self.rest().len() > most {
                return Err(broken("a part of the form has too long a head"));
            }
            if !self.more()? {
                return Err(broken("the form ends within a part"));
            }
        }
    }
}

/// Where `what` begins in `within`.
fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    loop {
        let rest = within.get(from..)?;
        let candidate = from + rest.iter().position(|byte| *byte == first)?;
        if within.get(candidate..)?.starts_with(what) {
            return Some(candidate);
        }
        from = candidate + 1;
    }
}
