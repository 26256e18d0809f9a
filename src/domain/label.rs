//! Labels: the words things are sorted by. Tags stand on conversations and tickets, types on
//! tickets. A label's name never changes; how it is called and coloured does.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Which list a label stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// What conversations and tickets are tagged with.
    Tag,
    /// What kind of case a ticket is.
    Type,
}

/// The colour a label is shown in; the label itself always stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// No colour of its own.
    Grey,
    /// The accent.
    Blue,
    /// Good.
    Green,
    /// Mind it.
    Amber,
    /// Bad.
    Red,
    /// The assistant's.
    Purple,
}

/// The types of case a desk starts with: name and label.
pub const TYPES: [(&str, &str); 6] = [
    ("question", "Question"),
    ("delivery", "Delivery"),
    ("return", "Return or exchange"),
    ("refund", "Refund"),
    ("complaint", "Complaint"),
    ("other", "Other"),
];

/// The longest name of a label. **Unit:** characters.
pub const NAME_MAX: usize = 40;

/// A tag or a type as its name is written: small letters, words joined by hyphens, no `#` before.
/// Empty if there is nothing to name.
pub fn name_of(text: &str) -> String {
    let words: Vec<&str> = text
        .trim()
        .trim_start_matches('#')
        .split_whitespace()
        .collect();
    words.join("-").to_lowercase()
}

impl List {
    /// The list as written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            List::Tag => "tag",
            List::Type => "type",
        }
    }
}

impl FromStr for List {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tag" => Ok(List::Tag),
            "type" => Ok(List::Type),
            other => Err(format!(
                "{other} is not a list of labels; lists are tag, type"
            )),
        }
    }
}

impl Colour {
    /// All colours, the quietest first.
    pub const ALL: [Colour; 6] = [
        Colour::Grey,
        Colour::Blue,
        Colour::Green,
        Colour::Amber,
        Colour::Red,
        Colour::Purple,
    ];

    /// The colour as written in the trail and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Colour::Grey => "grey",
            Colour::Blue => "blue",
            Colour::Green => "green",
            Colour::Amber => "amber",
            Colour::Red => "red",
            Colour::Purple => "purple",
        }
    }

    /// The pill it is shown as.
    pub fn pill(self) -> &'static str {
        match self {
            Colour::Grey => "final",
            Colour::Blue => "open",
            Colour::Green => "ok",
            Colour::Amber => "warn",
            Colour::Red => "bad",
            Colour::Purple => "bot",
        }
    }
}

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Colour::ALL
            .into_iter()
            .find(|colour| colour.as_str() == text)
            .ok_or_else(|| {
                format!("{text} is not a colour; colours are grey, blue, green, amber, red, purple")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn names_are_small_and_joined() {
        for (text, name) in [
            ("  #Late Parcel ", "late-parcel"),
            ("VIP", "vip"),
            ("", ""),
            ("##", ""),
            ("شحن  سريع", "شحن-سريع"),
        ] {
            assert_eq!(name_of(text), name, "{text}");
        }
    }
}
