//! mbox files: letters one after the other, each behind a line that begins with `From `. One letter
//! is held at a time, so the size of the file does not matter. Lengths in headers are not trusted.

use crate::channels::email::parse;
use crate::domain::moment::Moment;
use crate::error::{Doing, Refusal, Result};
use std::io::BufRead;

/// The longest line that begins a letter. **Unit:** bytes.
const ENVELOPE_MAX: usize = 2_000;
/// The most bytes a line is held in; longer ones come in pieces.
const PIECE: usize = 64 * 1024;

/// Which lines got a `>` in front when the file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// `From ` and every `>From ` (mboxrd): one `>` goes.
    Every,
    /// `From ` alone (mboxo): `>From ` gets back what it was, `>>From ` stays.
    First,
}

/// One letter as it stands in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Piece {
    /// The line its `From ` stands on, counted from 1.
    pub line: u64,
    /// Where its first line is. **Unit:** bytes from the beginning of the file.
    pub start: u64,
    /// How long it is in the file. **Unit:** bytes.
    pub length: u64,
    /// Its bytes as they stand there; cut at the limit that was given.
    pub bytes: Vec<u8>,
    /// When the line in front of it says it came, as UTC.
    pub at: Option<Moment>,
}

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Whole,
    /// In the middle of the letter that begins on this line.
    Cut(u64),
}

/// Hands over one letter after the other; of a letter that is longer than `max` bytes its beginning
/// alone. One that was cut off is handed over too, the last one.
///
/// **Refuses:** what does not begin with a letter.
pub fn each(
    input: &mut impl BufRead,
    max: usize,
    each: &mut dyn FnMut(Piece) -> Result<()>,
) -> Result<End> {
    let mut lines = Lines::default();
    let mut current: Option<Piece> = None;
    // A line that may begin a letter, if the next one is a header.
    let mut held: Option<(u64, Vec<u8>)> = None;
    let (mut blank, mut ended) = (true, true);
    while let Some(line) = lines.next(input)? {
        if let Some((number, envelope)) = held.take() {
            // A line that was cut off cannot be told from a header.
            if is_header(&line.bytes) || is_end(&line.bytes) || !line.whole {
                if let Some(piece) = current.take() {
                    each(piece)?;
                }
                current = Some(Piece {
                    line: number,
                    start: line.start,
                    at: told_at(&envelope),
                    ..Piece::default()
                });
            } else {
                put(&mut current, &envelope, max)?;
            }
        }
        let begins =
            line.fresh && blank && line.bytes.starts_with(b"From ") && is_envelope(&line.bytes);
        ended = line.bytes.ends_with(b"\n");
        if begins {
            held = Some((line.number, line.bytes));
            blank = false;
            continue;
        }
        blank = line.fresh && is_end(&line.bytes);
        if current.is_none() && blank {
            continue; // empty lines before the first letter
        }
        put(&mut current, &line.bytes, max)?;
    }
    if let Some((number, envelope)) = held {
        // Nothing comes behind it: the letter it begins is missing.
        if let Some(piece) = current.take() {
            each(piece)?;
        }
        let piece = Piece {
            line: number,
            at: told_at(&envelope),
            ..Piece::default()
        };
        each(piece)?;
        return Ok(End::Cut(number));
    }
    let Some(last) = current else {
        return Err(Refusal::invalid("there is no letter in it").into());
    };
    let number = last.line;
    let torn = is_torn(&last.bytes, ended) && last.length <= max as u64;
    each(last)?;
    Ok(if torn { End::Cut(number) } else { End::Whole })
}

/// The letter itself: without the marks in front of lines that would have begun another, and
/// without the empty line behind it.
pub fn unescape(raw: &[u8], escapes: Escapes) -> Vec<u8> {
    let raw = raw
        .strip_suffix(b"\r\n\r\n")
        .map(|kept| [kept, b"\r\n"].concat())
        .or_else(|| raw.strip_suffix(b"\n\n").map(|kept| [kept, b"\n"].concat()))
        .unwrap_or_else(|| raw.to_vec());
    let mut letter = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let marks = line.iter().take_while(|byte| **byte == b'>').count();
        let from = line
            .get(marks..)
            .is_some_and(|rest| rest.starts_with(b"From "));
        let escaped = match escapes {
            Escapes::Every => marks >= 1,
            Escapes::First => marks == 1,
        };
        let rest = line.get(1..).filter(|_| from && escaped);
        letter.extend_from_slice(rest.unwrap_or(line));
    }
    letter
}

/// One line, or a piece of one.
struct Line {
    bytes: Vec<u8>,
    number: u64,
    start: u64,
    /// It is the beginning of its line.
    fresh: bool,
    /// It is the end of its line too.
    whole: bool,
}

#[derive(Default)]
struct Lines {
    number: u64,
    place: u64,
    inside: bool,
}

impl Lines {
    fn next(&mut self, input: &mut impl BufRead) -> Result<Option<Line>> {
        use std::io::Read;
        let mut bytes = Vec::new();
        let mut piece = input.by_ref().take(PIECE as u64);
        piece
            .read_until(b'\n', &mut bytes)
            .doing("reading the file")?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let fresh = !self.inside;
        self.number += u64::from(fresh);
        let whole = bytes.ends_with(b"\n");
        self.inside = !whole;
        let start = self.place;
        self.place += bytes.len() as u64;
        Ok(Some(Line {
            bytes,
            number: self.number,
            start,
            fresh,
            whole,
        }))
    }
}

fn put(current: &mut Option<Piece>, bytes: &[u8], max: usize) -> Result<()> {
    let Some(piece) = current else {
        let text =
            "it is no mbox file: it does not begin with a line like \"From ana@example.com\"";
        return Err(Refusal::invalid(text).into());
    };
    piece.length += bytes.len() as u64;
    let room = max.saturating_sub(piece.bytes.len());
    piece
        .bytes
        .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    Ok(())
}

fn is_end(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

fn is_header(line: &[u8]) -> bool {
    let name = line.iter().take_while(|byte| **byte != b':').count();
    let proper = line.get(..name).is_some_and(|name| {
        !name.is_empty() && name.iter().all(|byte| (b'!'..=b'~').contains(byte))
    });
    // Some programs write an escaped envelope line as the first header.
    proper && name < line.len() || line.starts_with(b">From ")
}

/// Whether a line that begins with `From ` names a sender or an instant, as no sentence does.
fn is_envelope(line: &[u8]) -> bool {
    if line.len() > ENVELOPE_MAX {
        return false;
    }
    let text = String::from_utf8_lossy(line);
    let words: Vec<&str> = text.split_whitespace().skip(1).collect();
    let sender = words.first().copied().unwrap_or_default();
    let named = sender.contains('@') || matches!(sender, "-" | "MAILER-DAEMON" | "???@???");
    named || words.len() <= 1 || told_at(line).is_some()
}

/// The instant in `From ana@example.com Thu Jan  1 08:15:00 2015`, read as UTC.
fn told_at(line: &[u8]) -> Option<Moment> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = String::from_utf8_lossy(line);
    let words: Vec<&str> = text.split_whitespace().collect();
    let place = words.iter().position(|word| MONTHS.contains(word))?;
    let month = MONTHS
        .iter()
        .position(|name| Some(name) == words.get(place))?
        + 1;
    let day: u8 = words.get(place + 1)?.parse().ok()?;
    let clock = words.get(place + 2)?;
    let year: u16 = words
        .iter()
        .skip(place + 3)
        .find(|word| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()))?
        .parse()
        .ok()?;
    let seconds = if clock.matches(':').count() == 1 {
        ":00"
    } else {
        ""
    };
    Moment::parse(&format!("{year:04}-{month:02}-{day:02}T{clock}{seconds}Z")).ok()
}

/// Whether a letter stops before its end: in its header, before its last part is closed, or in the
/// middle of a line.
fn is_torn(bytes: &[u8], ended: bool) -> bool {
    let headed = bytes.windows(2).any(|two| two == b"\n\n")
        || bytes.windows(3).any(|three| three == b"\n\r\n");
    if !headed {
        return true;
    }
    match parse::boundary(bytes) {
        Some(boundary) => {
            let close = format!("--{boundary}--");
            let close = close.as_bytes();
            !bytes.windows(close.len()).any(|found| found == close)
        }
        None => !ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Piece>, End) {
        let mut all = Vec::new();
        let end = each(&mut text.as_bytes(), 1_000, &mut |piece| {
            all.push(piece);
            Ok(())
        });
        (all, end.unwrap())
    }

    #[test]
    fn letters_are_told_apart_and_found_again() {
        let text = "From ana@example.com Thu Jan  1 08:15:00 2015\nSubject: a\n\nHi\n\
                    From here on it is\nFrom the start:\n\n>From me\n>>From you\n\n\
                    From -\nSubject: b\n\nHo\n\n\
                    From bob\nSubject: c\n\nAnd\n\nFrom what I hear: all\n\n";
        let (all, end) = read(text);
        assert_eq!(end, End::Whole);
        let lines: Vec<u64> = all.iter().map(|piece| piece.line).collect();
        assert_eq!(lines, [1, 11, 16]);
        assert_eq!(all[0].at, Moment::parse("2015-01-01T08:15:00Z").ok());
        for piece in &all {
            let (start, length) = (piece.start as usize, piece.length as usize);
            assert_eq!(&text.as_bytes()[start..start + length], piece.bytes);
        }
        let said = |escapes| String::from_utf8(unescape(&all[0].bytes, escapes)).unwrap();
        assert!(said(Escapes::Every).ends_with("start:\n\nFrom me\n>From you\n"));
        assert!(said(Escapes::First).ends_with("start:\n\nFrom me\n>>From you\n"));
    }

    #[test]
    fn a_file_that_was_cut_says_in_which_letter() {
        let whole = "From a@b.c\nSubject: a\nContent-Type: multipart/mixed; boundary=xx\n\n\
                     --xx\n\nHi\n--xx--\n\nFrom a@b.c\nSubject: b\n\nHo\n";
        assert_eq!(read(whole).1, End::Whole);
        for (cut, line) in [(1, 10), (4, 10), (11, 10), (17, 10), (34, 1), (70, 1)] {
            let (_, end) = read(&whole[..whole.len() - cut]);
            assert_eq!(end, End::Cut(line), "{cut}");
        }
        let no = each(&mut "Subject: a\n\nHi\n".as_bytes(), 9, &mut |_| Ok(()));
        assert!(no.is_err());
        assert!(each(&mut "\n\n".as_bytes(), 9, &mut |_| Ok(())).is_err());
    }

    #[test]
    fn what_is_too_long_is_held_in_part() {
        let text = format!("From a@b.c\nSubject: a\n\n{}\n", "x".repeat(200_000));
        let (all, end) = read(&text);
        assert_eq!((all.len(), end), (1, End::Whole));
        assert_eq!((all[0].bytes.len(), all[0].length), (1_000, 200_013));
    }
}
