//! Whether a text names a person: by a name, a part of one, a number or an address. Whole words
//! count, so that nobody else's text goes with theirs.

use crate::desk::search::fold;
use crate::domain::id::{ContactId, Object};
use crate::error::Result;
use crate::ledger::Now;
use crate::ledger::entry::opened;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::collections::BTreeSet;

/// Shorter names and parts of names would be found in words that mean others. **Unit:** letters; a
/// sign that stands for a word or syllable counts twice.
const NAME_MIN: usize = 4;

/// Fewer digits are an order or a date as well. **Unit:** digits.
const NUMBER_MIN: usize = 7;

/// Most groups that one number is written in.
const GROUPS_MAX: usize = 8;

/// What names a person.
#[derive(Debug, Default)]
pub struct Names {
    /// Whole names and addresses, folded, word by word with a space around each.
    whole: BTreeSet<String>,
    /// Parts of names, folded.
    parts: BTreeSet<String>,
    /// Numbers, digits alone.
    numbers: BTreeSet<String>,
}

impl Names {
    /// What names the customers among these objects: as they are known now, and as they ever were
    /// by what is still sealed about them.
    pub fn of(now: &Now<'_>, objects: &BTreeSet<Object>) -> Result<Self> {
        let mut names = Names::default();
        for object in objects {
            if let Object::Contact(contact) = object {
                names.known(now, *contact)?;
                names.told(now, *object)?;
            }
        }
        Ok(names)
    }

    /// Whether nothing is known that could be looked for.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.parts.is_empty() && self.numbers.is_empty()
    }

    /// Whether any text of a value names them.
    pub fn named_in(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => {
                // Questions may be those of an address.
                let read = percent_decode_str(text).decode_utf8_lossy();
                self.named(text) || (read != *text && self.named(&read))
            }
            Value::Array(values) => values.iter().any(|value| self.named_in(value)),
            Value::Object(fields) => fields.values().any(|value| self.named_in(value)),
            Value::Null | Value::Bool(_) => false,
            Value::Number(number) => self.called(&number.to_string()),
        }
    }

    /// Whether a whole name, an address or a number stands in a text.
    pub fn stand_in(&self, text: &str) -> bool {
        let folded = fold(text);
        self.wholly_in(&folded) || self.called(&folded)
    }

    fn named(&self, text: &str) -> bool {
        let folded = fold(text);
        self.wholly_in(&folded)
            || words(&folded).any(|word| self.parts.contains(word))
            || self.called(&folded)
    }

    fn wholly_in(&self, folded: &str) -> bool {
        let spaced = spaced(folded);
        self.whole
            .iter()
            .any(|name| match name.chars().any(is_unspaced) {
                true => folded.contains(name.trim()),
                false => spaced.contains(name.as_str()),
            })
    }

    /// Whether one of the numbers stands in a text, however it is written: with its country, with
    /// none, in groups.
    fn called(&self, text: &str) -> bool {
        let groups = groups(text);
        (0..groups.len()).any(|from| {
            let mut number = String::new();
            for (n, (digits, joined)) in groups.iter().skip(from).take(GROUPS_MAX).enumerate() {
                if n > 0 && !joined {
                    return false;
                }
                number.push_str(digits);
                if self.numbers.iter().any(|known| same(known, &number)) {
                    return true;
                }
            }
            false
        })
    }

    fn known(&mut self, now: &Now<'_>, contact: ContactId) -> Result<()> {
        let id: &dyn crate::ledger::Bind = &contact;
        let values: Vec<String> = now.all(
            "SELECT value FROM identity WHERE contact = :id ORDER BY value LIMIT 200",
            &[(":id", id)],
            |row| row.get("value"),
        )?;
        values.iter().for_each(|value| self.reached(value));
        let name: Option<String> = now.value(
            "SELECT (SELECT name FROM contact WHERE id = :id) AS name",
            &[(":id", id)],
        )?;
        name.iter().for_each(|name| self.is_called(name));
        Ok(())
    }

    /// What the disclosures about a customer tell of names and numbers, old ones too.
    fn told(&mut self, now: &Now<'_>, contact: Object) -> Result<()> {
        now.each(
            "SELECT field, text FROM event_object JOIN disclosure USING (seq) JOIN trail USING (seq)
              WHERE object = :object
                AND ((event LIKE 'contact.%' AND field IN ('name', 'identities', 'value', 'values'))
                     OR (event LIKE 'call.%' AND field = 'number'))
              ORDER BY seq, field",
            &[(":object", &contact)],
            |row| {
                let (field, text): (String, String) = (row.get("field")?, row.get("text")?);
                let value = opened(&text)?.1;
                match (field.as_str(), &value) {
                    ("name", Value::String(name)) => self.is_called(name),
                    ("values", Value::Object(values)) => {
                        let name = values.get("name").and_then(Value::as_str);
                        name.into_iter().for_each(|name| self.is_called(name));
                    }
                    ("identities", Value::Object(values)) => {
                        let values = values.values().filter_map(Value::as_str);
                        values.for_each(|value| self.reached(value));
                    }
                    (_, Value::String(value)) => self.reached(value),
                    _ => {} // nothing was told
                }
                Ok(())
            },
        )
    }

    /// They go by this name.
    fn is_called(&mut self, name: &str) {
        self.reached(name);
        let folded = fold(name);
        let long = words(&folded).filter(|word| {
            let letters = word.chars().filter(|letter| letter.is_alphabetic());
            letters.count() >= NAME_MIN
        });
        self.parts.extend(long.map(str::to_owned));
    }

    /// They are reached by this number or address.
    fn reached(&mut self, value: &str) {
        let folded = fold(value);
        let number = folded.chars().all(|c| c.is_ascii_digit() || is_between(c));
        let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
        if number && digits.len() >= NUMBER_MIN {
            self.numbers.insert(digits);
        } else if weight(&folded) >= NAME_MIN {
            self.whole.insert(spaced(&folded));
        }
    }
}

fn words(folded: &str) -> impl Iterator<Item = &str> {
    let words = folded.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty())
}

fn spaced(folded: &str) -> String {
    let mut spaced = String::from(" ");
    for word in words(folded) {
        spaced.push_str(word);
        spaced.push(' ');
    }
    spaced
}

/// The groups of digits of a text, and whether only what stands within numbers is before each.
fn groups(text: &str) -> Vec<(String, bool)> {
    let mut groups: Vec<(String, bool)> = Vec::new();
    let (mut open, mut joined) = (false, false);
    for letter in text.chars() {
        if !letter.is_ascii_digit() {
            joined = (open || joined) && is_between(letter);
            open = false;
            continue;
        }
        match groups.last_mut().filter(|_| open) {
            Some((digits, _)) => digits.push(letter),
            None => groups.push((letter.to_string(), joined)),
        }
        open = true;
    }
    groups
}

fn is_between(letter: char) -> bool {
    matches!(letter, ' ' | '-' | '.' | '/' | '(' | ')' | '+' | '\u{a0}')
}

/// Whether a number in a text is a known one: the whole of it, or its end without the country.
fn same(known: &str, found: &str) -> bool {
    let found = found.trim_start_matches('0');
    found.len() >= NUMBER_MIN && known.trim_start_matches('0').ends_with(found)
}

/// Letters of scripts that set no spaces between words, and syllables taken apart by folding.
fn is_unspaced(letter: char) -> bool {
    is_sign(letter) || matches!(letter, '\u{e00}'..='\u{eff}' | '\u{1100}'..='\u{11ff}')
}

fn is_sign(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

fn weight(folded: &str) -> usize {
    let letters = folded.chars().filter(|letter| letter.is_alphanumeric());
    letters.map(|letter| 1 + usize::from(is_sign(letter))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str], reached: &[&str]) -> Names {
        let mut known = Names::default();
        names.iter().for_each(|name| known.is_called(name));
        reached.iter().for_each(|value| known.reached(value));
        known
    }

    #[test]
    fn a_text_names_a_person_by_whole_words_and_by_digits() {
        let person = names(
            &["María López O'Brien", "Li Wei", "王小明"],
            &["34600550102", "maria.lopez@example.org"],
        );
        for (text, named) in [
            ("maria lopez", true),
            ("tickets of MARIA", true),
            ("lópez refund", true),
            ("o'brien", true),
            ("q=mar%C3%ADa&tag=late", true),
            ("li wei late", true),
            ("+34 600 55 01 02", true),
            ("600-550-102", true),
            ("0034600550102", true),
            ("status:open 0600550102", true),
            ("from maria.lopez@example.org today", true),
            ("maria.lopez%40example.org", true),
            ("王小明退款", true),
            ("marias", false),
            ("mari", false),
            ("li", false),
            ("weight", false),
            ("lopezia", false),
            ("example.org", false),
            ("550102", false),
            ("346005501027", false),
            ("T-1001 late", false),
            ("小明", false),
        ] {
            let value = serde_json::json!({"question": text});
            assert_eq!(person.named_in(&value), named, "{text}");
        }
        assert!(names(&["Bo"], &["C-1"]).is_empty());
    }
}
