//! Reading an entry without building anything: one strict walk over its bytes that accepts only the
//! canonical form and hands out the parts the chain is made of.
//!
//! **Source:** AUDIT §2. `Entry::read` is the definition; this is the same rule at the speed of
//! reading, and a test holds the two against each other.

/// Deepest nesting that is followed; the same limit as serde_json's.
const DEPTH_MAX: u32 = 120;

/// 2^53 − 1.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// The members of an entry, in their order.
const MEMBERS: [&str; 15] = [
    "actor",
    "at",
    "cause",
    "clock_back_ms",
    "data",
    "ev",
    "event",
    "for",
    "of",
    "prev",
    "salt",
    "sealed",
    "seq",
    "v",
    "via",
];

/// The members that may be missing.
const OPTIONAL: [&str; 5] = ["cause", "clock_back_ms", "for", "of", "sealed"];

/// One link of an object's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link<'a> {
    /// `C-88`.
    pub object: &'a str,
    /// The n-th event of that object.
    pub place: u64,
    /// Base64 leaf of the one before.
    pub before: Option<&'a str>,
}

/// The parts of an entry the chain is made of; text as it stands between its quotes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Scanned<'a> {
    /// The instant.
    pub at: &'a str,
    /// The event it follows from.
    pub cause: Option<u64>,
    /// The fact's public fields, as JSON.
    pub data: &'a str,
    /// The fact's name.
    pub event: &'a str,
    /// The chains it continues.
    pub of: Vec<Link<'a>>,
    /// Base64 leaf of the entry before.
    pub prev: &'a str,
    /// Field and base64 digest of each disclosure, by field.
    pub sealed: Vec<(&'a str, &'a str)>,
    /// Its place.
    pub seq: u64,
}

/// What is wrong, and at which byte.
pub(crate) type Wrong = (&'static str, usize);

/// Walks over an entry.
pub(crate) fn scan(text: &str) -> Result<Scanned<'_>, Wrong> {
    let mut walk = Walk { text, at: 0 };
    let mut found = Scanned::default();
    let mut next = 0;
    walk.expect(b'{')?;
    loop {
        let name = walk.string()?;
        walk.expect(b':')?;
        let place = MEMBERS
            .iter()
            .skip(next)
            .position(|member| *member == name)
            .ok_or_else(|| walk.wrong("a member that is unknown or out of order"))?;
        let skipped = MEMBERS.iter().skip(next).take(place);
        if skipped.into_iter().any(|member| !OPTIONAL.contains(member)) {
            return Err(walk.wrong("a member is missing"));
        }
        next += place + 1;
        walk.member(name, &mut found)?;
        match walk.byte()? {
            b',' => {}
            b'}' => break,
            _ => return Err(walk.wrong("neither comma nor brace")),
        }
    }
    if next != MEMBERS.len() {
        return Err(walk.wrong("a member is missing"));
    }
    if walk.at != text.len() {
        return Err(walk.wrong("something after the end"));
    }
    Ok(found)
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    fn wrong(&self, what: &'static str) -> Wrong {
        (what, self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn byte(&mut self) -> Result<u8, Wrong> {
        let byte = self.peek().ok_or_else(|| self.wrong("cut off"))?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Wrong> {
        if self.peek() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        Err(self.wrong("another character than its place asks for"))
    }

    fn since(&self, from: usize) -> &'a str {
        // Both ends stand beside an ASCII character, so this is always a piece of the text.
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn member(&mut self, name: &str, found: &mut Scanned<'a>) -> Result<(), Wrong> {
        match name {
            "at" => {
                found.at = self.string()?;
                if !is_instant(found.at) {
                    return Err(self.wrong("an instant of another form"));
                }
            }
            "cause" => found.cause = Some(self.count()?),
            "clock_back_ms" => {
                self.count()?;
            }
            "data" => found.data = self.object()?,
            "actor" | "for" | "via" => {
                self.object()?;
            }
            "ev" => {
                self.count()?;
            }
            "event" => found.event = self.string()?,
            "of" => self.links(&mut found.of)?,
            "prev" => {
                found.prev = self.string()?;
                if found.prev.len() != 44 {
                    return Err(self.wrong("a digest of another length"));
                }
            }
            "salt" => {
                if self.string()?.len() != 22 {
                    return Err(self.wrong("a salt of another length"));
                }
            }
            "sealed" => self.seals(&mut found.sealed)?,
            "seq" => found.seq = self.count()?,
            "v" => {
                if self.count()? != 1 {
                    return Err(self.wrong("an unknown version of the entry's form"));
                }
            }
            _ => return Err(self.wrong("an unknown member")),
        }
        Ok(())
    }

    fn object(&mut self) -> Result<&'a str, Wrong> {
        let from = self.at;
        if self.peek() != Some(b'{') {
            return Err(self.wrong("not an object"));
        }
        self.value(0)?;
        Ok(self.since(from))
    }

    fn links(&mut self, links: &mut Vec<Link<'a>>) -> Result<(), Wrong> {
        self.expect(b'[')?;
        loop {
            self.expect(b'[')?;
            let object = self.string()?;
            self.expect(b',')?;
            let place = self.count()?;
            self.expect(b',')?;
            let before = match self.peek() {
                Some(b'n') => {
                    self.word("null")?;
                    None
                }
                _ => Some(self.string()?),
            };
            self.expect(b']')?;
            links.push(Link {
                object,
                place,
                before,
            });
            match self.byte()? {
                b',' => {}
                b']' => return Ok(()),
                _ => return Err(self.wrong("neither comma nor bracket")),
            }
        }
    }

    fn seals(&mut self, seals: &mut Vec<(&'a str, &'a str)>) -> Result<(), Wrong> {
        self.expect(b'{')?;
        loop {
            let field = self.string()?;
            self.expect(b':')?;
            let digest = self.string()?;
            if seals.last().is_some_and(|(before, _)| *before >= field) || field.contains('\\') {
                return Err(self.wrong("sealed fields out of order"));
            }
            seals.push((field, digest));
            match self.byte()? {
                b',' => {}
                b'}' => return Ok(()),
                _ => return Err(self.wrong("neither comma nor brace")),
            }
        }
    }

    /// A string in its one canonical spelling; what stands between the quotes.
    fn string(&mut self) -> Result<&'a str, Wrong> {
        self.expect(b'"')?;
        let from = self.at;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let plain = rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            self.at += plain.ok_or_else(|| self.wrong("a string without end"))?;
            match self.byte()? {
                b'"' => return Ok(self.text.get(from..self.at - 1).unwrap_or_default()),
                b'\\' => self.escape()?,
                _ => return Err(self.wrong("a control character")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Wrong> {
        match self.byte()? {
            b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                self.word("00")?;
                let high = self.byte()?;
                let low = self.byte()?;
                let digit = low.is_ascii_digit() || matches!(low, b'a'..=b'f');
                let short = high == b'0' && matches!(low, b'8' | b'9' | b'a' | b'c' | b'd');
                if !matches!(high, b'0' | b'1') || !digit || short {
                    return Err(self.wrong("an escape that is not needed"));
                }
                Ok(())
            }
            _ => Err(self.wrong("an escape that is not needed")),
        }
    }

    /// A whole number from 0 to 2^53 − 1.
    fn count(&mut self) -> Result<u64, Wrong> {
        let mut value: u64 = 0;
        let from = self.at;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            value = value
                .saturating_mul(10)
                .saturating_add(u64::from(byte - b'0'));
            self.at += 1;
        }
        let digits = self.at - from;
        let leading = digits > 1 && self.text.as_bytes().get(from) == Some(&b'0');
        if digits == 0 || leading || value > INTEGER_MAX {
            return Err(self.wrong("not a whole number in its short form"));
        }
        Ok(value)
    }

    fn word(&mut self, word: &str) -> Result<(), Wrong> {
        word.bytes().try_for_each(|byte| self.expect(byte))
    }

    fn value(&mut self, depth: u32) -> Result<(), Wrong> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("nested too deeply"));
        }
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{') => self.fields(depth),
            Some(b'[') => self.list(depth),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-') => {
                self.at += 1;
                match self.count()? {
                    0 => Err(self.wrong("minus zero")),
                    _ => Ok(()),
                }
            }
            Some(b'0'..=b'9') => self.count().map(|_| ()),
            _ => Err(self.wrong("not a value")),
        }
    }

    fn list(&mut self, depth: u32) -> Result<(), Wrong> {
        self.expect(b'[')?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            match self.byte()? {
                b',' => {}
                b']' => return Ok(()),
                _ => return Err(self.wrong("neither comma nor bracket")),
            }
        }
    }

    fn fields(&mut self, depth: u32) -> Result<(), Wrong> {
        self.expect(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut before: Option<&str> = None;
        loop {
            let name = self.string()?;
            if before.is_some_and(|before| !ascends(before, name)) {
                return Err(self.wrong("members twice or out of order"));
            }
            before = Some(name);
            self.expect(b':')?;
            self.value(depth + 1)?;
            match self.byte()? {
                b',' => {}
                b'}' => return Ok(()),
                _ => return Err(self.wrong("neither comma nor brace")),
            }
        }
    }
}

/// Whether two names, as they stand between quotes, follow each other in order.
fn ascends(before: &str, name: &str) -> bool {
    if !before.contains('\\') && !name.contains('\\') {
        return before < name;
    }
    let plain = |text: &str| serde_json::from_str::<String>(&format!("\"{text}\""));
    matches!((plain(before), plain(name)), (Ok(before), Ok(name)) if before < name)
}

/// Whether a text has the form `2026-11-22T04:04:51.007Z`.
fn is_instant(text: &str) -> bool {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd.dddZ";
    text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            other => byte == *other,
        })
}

#[cfg(test)]
mod tests {
    use super::super::super::entry::Entry;
    use super::*;

    const ENTRY: &str = concat!(
        r#"{"actor":{"id":"M-1","kind":"member","name":"Ada \"A\"","role":"lead"},"#,
        r#""at":"2026-11-22T04:04:51.007Z","cause":7,"#,
        r#""data":{"a":[1,-2,{"b":null,"c":true}],"b":"zoë\n","d":{}},"ev":1,"#,
        r#""event":"ticket.renamed","of":[["T-1",0,null],"#,
        r#"["C-3",2,"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]],"#,
        r#""prev":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","salt":"3zMnocy5hmnT9rn2ATWzxw","#,
        r#""sealed":{"origin":"x","title":"y"},"seq":9,"v":1,"via":{"door":"web"}}"#
    );

    #[test]
    fn an_entry_gives_up_the_parts_of_the_chain() {
        let found = scan(ENTRY).unwrap();
        assert_eq!((found.seq, found.cause), (9, Some(7)));
        assert_eq!(found.of.len(), 2);
        assert_eq!(found.of[0].object, "T-1");
        assert_eq!(found.of[1].place, 2);
        assert_eq!(found.sealed, [("origin", "x"), ("title", "y")]);
        assert_eq!(found.event, "ticket.renamed");
        Entry::read(ENTRY).unwrap();
    }

    #[test]
    fn what_the_definition_refuses_is_refused() {
        let mut dice = fastrand::Rng::with_seed(7);
        let pieces = [
            "\"",
            "\\",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "0",
            "1",
            "-",
            ".",
            "e",
            " ",
            "null",
            "\\u0008",
            "\\u001f",
            "\\/",
            "ü",
            "\n",
            "\"a\":1,",
            "\"z\":1,",
            "9007199254740992",
            "1.5",
            "-0",
        ];
        let (mut accepted, mut refused) = (0, 0);
        for _ in 0..20_000 {
            let mut text = ENTRY.to_owned();
            for _ in 0..dice.usize(1..3) {
                let mut from = dice.usize(0..text.len());
                while !text.is_char_boundary(from) {
                    from -= 1;
                }
                let mut to = (from + dice.usize(0..4)).min(text.len());
                while !text.is_char_boundary(to) {
                    to += 1;
                }
                text.replace_range(from..to, dice.choice(pieces).unwrap());
            }
            let (quick, whole) = (scan(&text), Entry::read(&text));
            // Where the walk is stricter than the definition: nothing we write is refused by it.
            let stricter = [
                "a digest of another length",
                "a salt of another length",
                "an unknown version of the entry's form",
                "sealed fields out of order",
                "not a whole number in its short form",
            ];
            if let Ok(entry) = &whole {
                match quick {
                    Ok(quick) => {
                        let cause = entry.cause.map(|cause| cause.0);
                        assert_eq!((quick.seq, quick.cause), (entry.seq.0, cause));
                        accepted += 1;
                    }
                    Err((what, _)) => assert!(stricter.contains(&what), "{what} in {text}"),
                }
            } else if let Ok(quick) = quick {
                // The walk does not know the words inside actor, via and of; their form it does.
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(value.to_string(), text);
                assert_eq!(value["seq"].as_u64(), Some(quick.seq));
            } else {
                refused += 1;
            }
        }
        assert!(accepted > 300 && refused > 3000, "{accepted} {refused}");
    }
}
