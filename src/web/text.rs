//! The words of the interface. English source text is the key; the other languages are catalogues
//! under `web/text`. What is missing there is shown in English.

use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};
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
#[folder = "web/text"]
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
        let read = Files::get(&format!("{}.json", language.code()))
            .and_then(|file| serde_json::from_slice(&file.data).ok());
        all.insert(language.code(), read.unwrap_or_default());
    }
    all
});

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
            let read: Result<Catalogue, _> = serde_json::from_slice(&file.data);
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
