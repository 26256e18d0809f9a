//! Records out of JSON of any layout: a list, a list in a wrapper (`{"tickets":[…]}`), one object,
//! or one object a line. The file is read once from front to end and never held as a whole.

use crate::error::{Error, Refusal, Result};
use serde_json::Value;
use std::io::{BufRead, ErrorKind};

/// The largest record. **Unit:** bytes.
const RECORD_MAX: usize = 32 * 1024 * 1024;
/// Lists of records by the name they have in a wrapper.
const LISTS: [&str; 9] = [
    "tickets",
    "users",
    "comments",
    "ticket_comments",
    "audits",
    "ticket_audits",
    "articles",
    "ticket_articles",
    "organizations",
];

/// A record of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The line it begins on, counted from 1.
    pub line: u64,
    /// The list it stood in, if that had a name.
    pub list: Option<&'static str>,
    /// The record.
    pub value: Value,
}

/// How a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Whole,
    /// In the middle of a record or a list; the line the last whole record ends on.
    Cut(u64),
}

/// Hands over each record in order; tells how the file ended.
///
/// **Refuses:** what is no JSON, with its line; a record over 32 MB; what `each` refuses.
pub fn each(from: &mut dyn BufRead, each: &mut dyn FnMut(Record) -> Result<()>) -> Result<End> {
    let mut scan = Scan {
        from,
        line: 1,
        whole: 0,
        peeked: None,
    };
    // A mark at the front tells only that it is UTF-8.
    if scan.peek()? == Some(0xEF) {
        for _ in 0..3 {
            scan.next()?;
        }
    }
    loop {
        match scan.solid()? {
            None => return Ok(End::Whole),
            Some(b'[') => {
                scan.next()?;
                if scan.elements(None, each)?.is_none() {
                    return Ok(End::Cut(scan.whole));
                }
            }
            Some(b'{') => {
                if scan.object(each)?.is_none() {
                    return Ok(End::Cut(scan.whole));
                }
            }
            Some(b',') => drop(scan.next()?),
            Some(_) => {
                let text = format!("line {} is not JSON", scan.line);
                return Err(Refusal::invalid(text).into());
            }
        }
    }
}

struct Scan<'a> {
    from: &'a mut dyn BufRead,
    line: u64,
    whole: u64,
    peeked: Option<u8>,
}

impl Scan<'_> {
    fn peek(&mut self) -> Result<Option<u8>> {
        if self.peeked.is_none() {
            self.peeked = loop {
                match self.from.fill_buf() {
                    Ok(bytes) => {
                        let first = bytes.first().copied();
                        self.from.consume(usize::from(first.is_some()));
                        break first;
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(Error::from(error)),
                }
            };
        }
        Ok(self.peeked)
    }

    fn next(&mut self) -> Result<Option<u8>> {
        let byte = self.peek()?;
        self.peeked = None;
        self.line += u64::from(byte == Some(b'\n'));
        Ok(byte)
    }

    /// The next byte that is not white space, left in place.
    fn solid(&mut self) -> Result<Option<u8>> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.next()?;
        }
        Ok(None)
    }

    /// The elements of a list whose bracket is behind us; none if the file ends before the list.
    fn elements(
        &mut self,
        list: Option<&'static str>,
        each: &mut dyn FnMut(Record) -> Result<()>,
    ) -> Result<Option<()>> {
        loop {
            match self.solid()? {
                None => return Ok(None),
                Some(b']') => {
                    self.next()?;
                    return Ok(Some(()));
                }
                Some(b',') => drop(self.next()?),
                Some(_) => {
                    let line = self.line;
                    let Some(bytes) = self.value(Vec::new())? else {
                        return Ok(None);
                    };
                    self.give(line, list, &bytes, each)?;
                }
            }
        }
    }

    fn give(
        &mut self,
        line: u64,
        list: Option<&'static str>,
        bytes: &[u8],
        each: &mut dyn FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            Refusal::invalid(format!("the record on line {line} is broken JSON: {error}"))
        })?;
        self.whole = self.line;
        each(Record { line, list, value })
    }

    /// An object that is a record, or a wrapper of lists; none if the file ends inside.
    fn object(&mut self, each: &mut dyn FnMut(Record) -> Result<()>) -> Result<Option<()>> {
        let line = self.line;
        let mut bytes = Vec::new();
        self.next()?; // its brace
        bytes.push(b'{');
        loop {
            match self.solid()? {
                None => return Ok(None),
                Some(b'"') => {}
                Some(_) => break, // an empty object, or no JSON: the reader says so
            }
            let Some(key) = self.value(Vec::new())? else {
                return Ok(None);
            };
            let name: String = serde_json::from_slice(&key).unwrap_or_default();
            bytes.extend_from_slice(&key);
            if self.solid()? != Some(b':') {
                break;
            }
            self.next()?;
            bytes.push(b':');
            let list = LISTS.iter().find(|list| **list == name);
            match (list, self.solid()?) {
                (_, None) => return Ok(None),
                (Some(list), Some(b'[')) => {
                    self.next()?;
                    if self.elements(Some(list), each)?.is_none() {
                        return Ok(None);
                    }
                    return self.rest_of_wrapper(each);
                }
                (_, Some(_)) if name.is_empty() || !is_paging(&name) => break,
                (_, Some(_)) => {
                    let Some(value) = self.value(Vec::new())? else {
                        return Ok(None);
                    };
                    bytes.extend_from_slice(&value);
                }
            }
            if self.solid()? != Some(b',') {
                break;
            }
            self.next()?;
            bytes.push(b',');
        }
        let Some(bytes) = self.closing(bytes)? else {
            return Ok(None);
        };
        self.give(line, None, &bytes, each)?;
        Ok(Some(()))
    }

    /// What follows the first list of a wrapper: more lists, or words about pages.
    fn rest_of_wrapper(
        &mut self,
        each: &mut dyn FnMut(Record) -> Result<()>,
    ) -> Result<Option<()>> {
        loop {
            match self.solid()? {
                None => return Ok(None),
                Some(b'}') => {
                    self.next()?;
                    return Ok(Some(()));
                }
                Some(b'"') => {
                    let Some(key) = self.value(Vec::new())? else {
                        return Ok(None);
                    };
                    let name: String = serde_json::from_slice(&key).unwrap_or_default();
                    let list = LISTS.iter().find(|list| **list == name);
                    if self.solid()? == Some(b':') {
                        self.next()?;
                    }
                    match (list, self.solid()?) {
                        (Some(list), Some(b'[')) => {
                            self.next()?;
                            if self.elements(Some(list), each)?.is_none() {
                                return Ok(None);
                            }
                        }
                        (_, Some(_)) => {
                            if self.value(Vec::new())?.is_none() {
                                return Ok(None);
                            }
                        }
                        (_, None) => return Ok(None),
                    }
                }
                Some(b',') => drop(self.next()?),
                Some(_) => {
                    let text = format!("line {} is not JSON", self.line);
                    return Err(Refusal::invalid(text).into());
                }
            }
        }
    }

    /// The bytes of one whole value; none if the file ends inside.
    fn value(&mut self, mut bytes: Vec<u8>) -> Result<Option<Vec<u8>>> {
        match self.solid()? {
            Some(open @ (b'{' | b'[')) => {
                self.next()?;
                bytes.push(open);
                self.closing(bytes)
            }
            Some(b'"') => {
                self.next()?;
                bytes.push(b'"');
                Ok(self.string(&mut bytes)?.then_some(bytes))
            }
            _ => {
                while let Some(byte) = self.peek()? {
                    if byte.is_ascii_whitespace() || b",]}:".contains(&byte) {
                        if bytes.is_empty() {
                            let text = format!("line {} is not JSON", self.line);
                            return Err(Refusal::invalid(text).into());
                        }
                        return Ok(Some(bytes));
                    }
                    self.next()?;
                    bytes.push(byte);
                    self.fits(&bytes)?;
                }
                Ok(None)
            }
        }
    }

    /// The bytes up to the bracket that closes the first one.
    fn closing(&mut self, mut bytes: Vec<u8>) -> Result<Option<Vec<u8>>> {
        let mut depth = 1_u32;
        while let Some(byte) = self.next()? {
            bytes.push(byte);
            self.fits(&bytes)?;
            match byte {
                b'"' => match self.string(&mut bytes)? {
                    true => {}
                    false => return Ok(None), // it never closes
                },
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Some(bytes));
                    }
                }
                _ => {} // a byte between
            }
        }
        Ok(None)
    }

    /// The rest of a string with its closing mark; false if the file ends inside.
    fn string(&mut self, bytes: &mut Vec<u8>) -> Result<bool> {
        while let Some(byte) = self.next()? {
            bytes.push(byte);
            self.fits(bytes)?;
            match byte {
                b'"' => return Ok(true),
                b'\\' => {
                    if let Some(escaped) = self.next()? {
                        bytes.push(escaped);
                    }
                }
                _ => {} // a letter
            }
        }
        Ok(false)
    }

    fn fits(&self, bytes: &[u8]) -> Result<()> {
        if bytes.len() <= RECORD_MAX {
            return Ok(());
        }
        let text = format!("the record before line {} is over 32 MiB", self.line);
        Err(Refusal::invalid(text).into())
    }
}

/// Whether a field of a wrapper only speaks of its pages.
fn is_paging(name: &str) -> bool {
    [
        "count",
        "next_page",
        "previous_page",
        "after_url",
        "after_cursor",
        "before_url",
        "before_cursor",
        "end_of_stream",
        "end_time",
        "links",
        "meta",
    ]
    .contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = (u64, Option<&'static str>, String);

    fn read(text: &str) -> (Vec<Found>, Result<End>) {
        let mut found = Vec::new();
        let end = each(&mut text.as_bytes(), &mut |record| {
            found.push((record.line, record.list, record.value.to_string()));
            Ok(())
        });
        (found, end)
    }

    #[test]
    fn every_layout_gives_its_records_with_their_lines() {
        for (text, lists) in [
            ("[{\"id\":1},\n{\"id\":2}]", [None, None]),
            ("{\"id\":1}\n{\"id\":2}\n", [None, None]),
            (
                "{\"count\":2,\"tickets\":[{\"id\":1},\n {\"id\":2}],\"next_page\":null}",
                [Some("tickets"), Some("tickets")],
            ),
            (
                "\u{feff}{\"users\":[{\"id\":1}],\n\"tickets\":[{\"id\":2}]}",
                [Some("users"), Some("tickets")],
            ),
        ] {
            let (found, end) = read(text);
            assert_eq!(end.unwrap(), End::Whole, "{text}");
            let expected: Vec<_> = lists
                .into_iter()
                .enumerate()
                .map(|(n, list)| (n as u64 + 1, list, format!("{{\"id\":{}}}", n + 1)))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
        // A record may hold a list that is called like one of records.
        let (found, _) = read("{\"id\":1,\"comments\":[{\"id\":\"a ] } \\\" \"}]}");
        assert_eq!(found.len(), 1);
        assert_eq!(read("").0.len(), 0);
    }

    #[test]
    fn a_file_cut_anywhere_is_noticed() {
        let text = "{\"tickets\":[{\"id\":1,\"a\":\"x\"},\n{\"id\":2,\"a\":[1,2]}],\"count\":2}";
        for cut in 1..text.len() {
            let (found, end) = read(&text[..cut]);
            assert!(matches!(end.unwrap(), End::Cut(_)), "{}", &text[..cut]);
            assert!(found.len() <= 2);
        }
        let list = "[{\"id\":1},\n{\"id\":2}]";
        for cut in 1..list.len() {
            assert!(matches!(read(&list[..cut]).1.unwrap(), End::Cut(_)));
        }
        assert_eq!(read("[{\"id\":1},\n{\"id\"").1.unwrap(), End::Cut(1));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_line() {
        for (text, line) in [
            ("hello", "line 1"),
            ("{\"id\":1}\nhello", "line 2"),
            ("[1x]", "line 1"),
        ] {
            let refused = read(text).1.unwrap_err().to_string();
            assert!(refused.contains(line), "{text}: {refused}");
        }
    }
}
