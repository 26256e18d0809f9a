//! The words of the interface. English source text is the key; the other languages are catalogues
//! under `web/text`. What is missing there is shown in English.
//!
//! Refusals, banners and what a wish came to are made far from any page, as plain English sentences
//! with values in them: the command line, the log and the programs that ask read the same ones.
//! [`said`] knows such a sentence again by its pattern, so that nothing below the pages has to know
//! who reads it. House tests hold the patterns apart.

use flate2::read::GzDecoder;
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::{collections::HashMap, sync::LazyLock};

/// A language the interface speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Language {
    /// The source language of every text.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
    /// Arabic, written from right to left.
    #[serde(rename = "ar")]
    Arabic,
    /// Urdu, written from right to left.
    #[serde(rename = "ur")]
    Urdu,
}

/// All languages, in the order the profile page offers them.
pub const LANGUAGES: [Language; 4] = [
    Language::English,
    Language::Spanish,
    Language::Arabic,
    Language::Urdu,
];

impl Language {
    /// The BCP 47 code, as in `<html lang>`.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Spanish => "es",
            Language::Arabic => "ar",
            Language::Urdu => "ur",
        }
    }

    /// The language's name in itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Spanish => "Español",
            Language::Arabic => "العربية",
            Language::Urdu => "اردو",
        }
    }

    /// The direction its lines run, as in `<html dir>`.
    pub fn direction(self) -> &'static str {
        match self {
            Language::English | Language::Spanish => "ltr",
            Language::Arabic | Language::Urdu => "rtl",
        }
    }

    /// The language of this code; a region after it (`es-MX`) does not matter.
    pub fn of_code(code: &str) -> Option<Self> {
        let code = code.split(['-', '_']).next()?;
        LANGUAGES
            .into_iter()
            .find(|language| language.code() == code)
    }

    /// The same, with English for a code nobody speaks here.
    pub fn of(code: &str) -> Self {
        Self::of_code(code).unwrap_or_default()
    }

    /// The grammatical number CLDR uses for a count in this language.
    fn category(self, n: i64) -> &'static str {
        match self {
            Language::English | Language::Spanish | Language::Urdu => match n {
                1 => "one",
                _ => "other",
            },
            Language::Arabic => match (n, n.rem_euclid(100)) {
                (0, _) => "zero",
                (1, _) => "one",
                (2, _) => "two",
                (_, 3..=10) => "few",
                (_, 11..=99) => "many",
                _ => "other",
            },
        }
    }
}

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/text"]
struct Files;

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Plain(String),
    Counted(HashMap<String, String>),
}

type Catalogue = HashMap<String, Entry>;

static CATALOGUES: LazyLock<HashMap<&'static str, Catalogue>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for language in LANGUAGES {
        // A house test proves that each embedded catalogue parses, so nothing is lost here.
        let file = Files::get(&format!("{}.json.gz", language.code()));
        let read = file.and_then(|file| unpacked(&file.data).ok());
        all.insert(language.code(), read.unwrap_or_default());
    }
    all
});

fn unpacked(packed: &[u8]) -> io::Result<Catalogue> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text)?)
}

/// The text in this language.
pub fn translate(language: Language, english: &str) -> &str {
    match CATALOGUES
        .get(language.code())
        .and_then(|texts| texts.get(english))
    {
        Some(Entry::Plain(text)) if !text.is_empty() => text,
        _ => english,
    }
}

/// The form of the text that fits the count; the key of the catalogue is the English plural.
pub fn plural<'a>(language: Language, one: &'a str, other: &'a str, n: i64) -> &'a str {
    let entry = CATALOGUES
        .get(language.code())
        .and_then(|texts| texts.get(other));
    match entry {
        Some(Entry::Counted(forms)) => match forms.get(language.category(n)) {
            Some(text) => text,
            None => forms.get("other").map_or(other, String::as_str),
        },
        _ if n == 1 => one,
        _ => other,
    }
}

/// A sentence of the program with its values, in this language: "C-1042 is with Sana already" is
/// known by `{id} is with {name} already`. One that no pattern fits is shown as it is.
pub fn said(language: Language, sentence: &str) -> String {
    let known = CATALOGUES.get(language.code());
    let Some(texts) = known.filter(|texts| !texts.is_empty()) else {
        return sentence.to_owned();
    };
    if let Some(Entry::Plain(text)) = texts.get(sentence) {
        return text.clone();
    }
    let mut patterns = PATTERNS.get(language.code()).into_iter().flatten();
    let fits = |pattern: &'static Pattern| Some((pattern, pattern.values(sentence)?));
    let Some((pattern, values)) = patterns.find_map(fits) else {
        return composed(language, sentence);
    };
    let value = |name: &str| {
        let (_, value) = values.iter().find(|(known, _)| *known == name)?;
        Some(match OF_OURS.contains(&name) {
            true => said(language, value),
            false => isolated(language, (*value).to_owned()),
        })
    };
    let n = values.iter().find(|(name, _)| *name == "n");
    let n = n.and_then(|(_, n)| n.parse().ok()).unwrap_or_default();
    let english = pattern.english.as_str();
    match texts.get(english) {
        Some(Entry::Counted(_)) => fill(plural(language, english, english, n), value),
        _ => fill(translate(language, english), value),
    }
}

/// A sentence that says first what stands in the way, then what that comes to: `{why}: {what}`.
fn composed(language: Language, sentence: &str) -> String {
    match sentence.split_once(": ") {
        Some((why, what)) => format!("{}: {}", said(language, why), said(language, what)),
        None => sentence.to_owned(),
    }
}

/// The values that are words of the program, not of a person.
const OF_OURS: [&str; 9] = [
    "error", "event", "field", "kind", "right", "role", "state", "trouble", "what",
];

/// An English text with places for values.
struct Pattern {
    english: String,
    /// What stands between the values, and before the first and behind the last.
    fixed: Vec<String>,
    names: Vec<String>,
}

/// The patterns of each language, those that leave the least open first.
static PATTERNS: LazyLock<HashMap<&'static str, Vec<Pattern>>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for (code, texts) in CATALOGUES.iter() {
        let mut patterns: Vec<Pattern> = texts
            .keys()
            .filter_map(|english| Pattern::of(english))
            .collect();
        let fixed = |pattern: &Pattern| pattern.fixed.iter().map(String::len).sum::<usize>();
        patterns.sort_by(|a, b| (fixed(b), &a.english).cmp(&(fixed(a), &b.english)));
        all.insert(*code, patterns);
    }
    all
});

impl Pattern {
    /// None for a text without places, and for one that is nothing but places and marks.
    fn of(english: &str) -> Option<Pattern> {
        let (mut fixed, mut names) = (Vec::new(), Vec::new());
        let mut rest = english;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}')?;
            fixed.push(before.to_owned());
            names.push(name.to_owned());
            rest = tail;
        }
        fixed.push(rest.to_owned());
        let speaks = |text: &String| text.chars().filter(|c| c.is_alphabetic()).count() > 2;
        (!names.is_empty() && fixed.iter().any(speaks)).then(|| Pattern {
            english: english.to_owned(),
            fixed,
            names,
        })
    }

    /// What stands in the places of the sentence, if it is one of this pattern.
    fn values<'a>(&'a self, sentence: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let (first, others) = self.fixed.split_first()?;
        let mut rest = sentence.strip_prefix(first.as_str())?;
        let mut values = Vec::with_capacity(self.names.len());
        for (at, (name, fixed)) in self.names.iter().zip(others).enumerate() {
            let (value, tail) = match at + 1 == self.names.len() {
                true => (rest.strip_suffix(fixed.as_str())?, ""),
                false => rest.split_once(fixed.as_str())?,
            };
            values.push((name.as_str(), value));
            rest = tail;
        }
        Some(values)
    }
}

/// A value that keeps its own direction in a line of this language: from right to left, two Latin
/// names in a row would else change places. The marks around it are not seen.
pub fn isolated(language: Language, value: String) -> String {
    let mirrored = language.direction() == "rtl";
    match mirrored && value.chars().any(char::is_alphabetic) {
        true => format!("\u{2068}{value}\u{2069}"),
        false => value,
    }
}

/// Puts the values in the place of `{name}`; a name nobody knows stays as it is.
pub fn fill(pattern: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        match after
            .split_once('}')
            .and_then(|(name, tail)| Some((value(name)?, tail)))
        {
            Some((text, tail)) => {
                filled.push_str(&text);
                rest = tail;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_catalogue_is_readable() {
        for name in Files::iter() {
            let file = Files::get(&name).unwrap();
            let read = unpacked(&file.data);
            assert!(read.is_ok(), "{name}: {:?}", read.err());
        }
    }

    #[test]
    fn arabic_counts_in_six_ways() {
        let counts = [
            (0, "zero"),
            (1, "one"),
            (2, "two"),
            (7, "few"),
            (11, "many"),
            (100, "other"),
        ];
        for (n, category) in counts {
            assert_eq!(Language::Arabic.category(n), category);
        }
    }

    #[test]
    fn sentences_with_values_are_known_again() {
        for (sentence, spanish) in [
            ("the note is empty", "la nota está vacía"),
            ("C-88 is with Sana already", "C-88 ya está con Sana"),
            // The order of the values is the language's own.
            ("open cannot follow done", "open no puede seguir a done"),
            (
                "the role agent does not have the right to export data",
                "el rol agente no tiene derecho a: exportar datos",
            ),
            (
                "the thread moved on: 12 new messages; read them, then send again",
                "la conversación avanzó: 12 mensajes nuevos; léalos y vuelva a enviar",
            ),
            ("Marmalade: 3 jars", "Marmalade: 3 jars"),
        ] {
            assert_eq!(said(Language::Spanish, sentence), spanish);
            assert_eq!(said(Language::English, sentence), sentence);
        }
        for (n, arabic) in [(2, "رسالتان"), (4, "رسائل"), (40, "رسالة جديدة")]
        {
            let sentence =
                format!("the thread moved on: {n} new messages; read them, then send again");
            assert!(said(Language::Arabic, &sentence).contains(arabic), "{n}");
        }
        let arabic = said(Language::Arabic, "C-88 is held by Sana");
        assert_eq!(arabic, "\u{2068}C-88\u{2069} لدى \u{2068}Sana\u{2069}");
    }

    #[test]
    fn the_patterns_of_sentences_are_held_apart() {
        for language in LANGUAGES {
            for pattern in PATTERNS.get(language.code()).into_iter().flatten() {
                let sentence = fill(&pattern.english, |name| Some(format!("x{name}9")));
                let texts = &CATALOGUES[language.code()];
                if texts.contains_key(&sentence) {
                    continue;
                }
                let found = PATTERNS[language.code()]
                    .iter()
                    .find(|one| one.values(&sentence).is_some())
                    .unwrap();
                let shape = |text: &str| fill(text, |_| Some("…".to_owned()));
                let (is, wanted) = (shape(&found.english), shape(&pattern.english));
                assert_eq!(is, wanted, "{}", language.code());
            }
        }
    }

    #[test]
    fn names_keep_their_direction_in_lines_from_right_to_left() {
        for (language, value, expected) in [
            (Language::Arabic, "T-1042", "\u{2068}T-1042\u{2069}"),
            (Language::Urdu, "42", "42"),
            (Language::Spanish, "T-1042", "T-1042"),
        ] {
            assert_eq!(isolated(language, value.to_owned()), expected);
        }
    }

    #[test]
    fn names_in_braces_are_filled_and_unknown_ones_stay() {
        let values = |name: &str| (name == "who").then(|| "Sana {x}".to_owned());
        assert_eq!(
            fill("{who} took {what} {", values),
            "Sana {x} took {what} {"
        );
    }
}
