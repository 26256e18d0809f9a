//! What people say: sentences by language and purpose, with places that are filled in. They stand
//! in `texts/`, one section per purpose, one sentence per line.

use super::cast::Language;
use super::dice::Dice;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The sentences of one language, or of the staff among themselves.
pub struct Book(HashMap<&'static str, Vec<&'static str>>);

/// What is put into the places of a sentence.
pub type Slots = Vec<(&'static str, String)>;

impl Book {
    fn read(text: &'static str) -> Self {
        let mut sections: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut section = "";
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            match line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                Some(name) => section = name,
                None => sections.entry(section).or_default().push(line),
            }
        }
        Book(sections)
    }

    /// A sentence of a section, filled in; the empty text where there is none.
    pub fn say(&self, dice: &mut Dice, section: &str, slots: &Slots) -> String {
        let lines = self.0.get(section).map(Vec::as_slice).unwrap_or_default();
        fill(dice.one(lines).copied().unwrap_or_default(), slots)
    }

    /// Whether there is such a section.
    #[cfg(test)]
    pub fn has(&self, section: &str) -> bool {
        self.0.contains_key(section)
    }
}

/// The sentences of a language.
pub fn book(language: Language) -> &'static Book {
    static BOOKS: OnceLock<[Book; 8]> = OnceLock::new();
    let books = BOOKS.get_or_init(|| {
        [
            Book::read(include_str!("texts/roman_urdu.txt")),
            Book::read(include_str!("texts/english.txt")),
            Book::read(include_str!("texts/urdu.txt")),
            Book::read(include_str!("texts/roman_hindi.txt")),
            Book::read(include_str!("texts/hindi.txt")),
            Book::read(include_str!("texts/spanish.txt")),
            Book::read(include_str!("texts/portuguese.txt")),
            Book::read(include_str!("texts/arabic.txt")),
        ]
    });
    let [
        roman_urdu,
        english,
        urdu,
        roman_hindi,
        hindi,
        spanish,
        portuguese,
        arabic,
    ] = books;
    match language {
        Language::RomanUrdu => roman_urdu,
        Language::English => english,
        Language::Urdu => urdu,
        Language::RomanHindi => roman_hindi,
        Language::Hindi => hindi,
        Language::Spanish => spanish,
        Language::Portuguese => portuguese,
        Language::Arabic => arabic,
    }
}

/// What the staff write among themselves.
pub fn staff() -> &'static Book {
    static STAFF: OnceLock<Book> = OnceLock::new();
    STAFF.get_or_init(|| Book::read(include_str!("texts/staff.txt")))
}

/// A sentence with its places filled in.
pub fn fill(sentence: &str, slots: &Slots) -> String {
    let mut text = sentence.to_owned();
    for (place, value) in slots {
        if text.contains('{') {
            text = text.replace(&format!("{{{place}}}"), value);
        }
    }
    text
}

/// What a conversation is about, with its share in percent.
pub const TOPICS: [(&str, f64); 11] = [
    ("where", 29.0),
    ("product", 17.0),
    ("return", 14.0),
    ("refund", 9.0),
    ("damaged", 8.0),
    ("payment", 8.0),
    ("address", 5.0),
    ("cancel", 4.0),
    ("praise", 2.0),
    ("wholesale", 1.0),
    ("spam", 3.0),
];

#[cfg(test)]
mod tests {
    use super::super::cast::LANGUAGES;
    use super::*;

    #[test]
    fn every_language_has_words_for_everything_and_every_place_is_filled() {
        const COMMON: [&str; 12] = [
            "greeting", "thing", "ask", "give", "push", "wait", "update", "angry", "sorry", "ok",
            "bye", "again",
        ];
        let known = [
            "order", "amount", "thing", "city", "courier", "name", "agent", "date", "size", "awb",
        ];
        let staff = staff();
        for (language, _) in LANGUAGES {
            let book = book(language);
            let topics = TOPICS.iter().filter(|(topic, _)| *topic != "spam");
            let wanted =
                topics.flat_map(|(topic, _)| [format!("{topic}.open"), format!("{topic}.answer")]);
            for section in wanted.chain(COMMON.map(str::to_owned)) {
                assert!(book.has(&section), "{language:?} has no {section}");
            }
            for (section, lines) in book.0.iter().chain(&staff.0) {
                for line in lines {
                    for place in line.split('{').skip(1) {
                        let place = place.split('}').next().unwrap();
                        assert!(known.contains(&place), "{language:?} {section}: {line}");
                    }
                }
            }
        }
    }
}
