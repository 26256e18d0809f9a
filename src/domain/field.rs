//! A ticket's own fields as a desk defines them: what may stand in one, and whether a ticket can
//! end without it.

use super::bot;
use super::phone::PhoneNumber;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The longest name for people. **Unit:** characters.
pub const LABEL_MAX: usize = 60;
/// The longest value. **Unit:** characters.
pub const VALUE_MAX: usize = 500;
/// Most choices of one field.
pub const CHOICES_MAX: usize = 100;

/// A field as one version of its definition says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// How it is called.
    pub label: String,
    /// What may stand in it.
    pub kind: Kind,
    /// The values to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The pattern of an order number: `NM-#####`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pattern: String,
    /// The country whose way of writing numbers a phone number is read in; empty: with `+` only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub country: String,
    /// The types of ticket that have it, by name; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Whether a ticket cannot be resolved without it.
    #[serde(default)]
    pub to_close: bool,
}

/// What may stand in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Words.
    Text,
    /// A number.
    Number,
    /// A date.
    Date,
    /// One of several values.
    Choice,
    /// Yes or no.
    YesNo,
    /// A telephone number.
    Phone,
    /// An order number of a pattern.
    Order,
}

impl Kind {
    /// Every kind with its words.
    pub const ALL: [(Kind, &'static str); 7] = [
        (Kind::Text, "Text"),
        (Kind::Number, "Number"),
        (Kind::Date, "Date"),
        (Kind::Choice, "One of several values"),
        (Kind::YesNo, "Yes or no"),
        (Kind::Phone, "Telephone number"),
        (Kind::Order, "Order number"),
    ];

    /// As forms and the trail write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Date => "date",
            Kind::Choice => "choice",
            Kind::YesNo => "yes_no",
            Kind::Phone => "phone",
            Kind::Order => "order",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Kind::ALL.into_iter().map(|(kind, _)| kind);
        known
            .clone()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("{text} is not a kind of field"))
    }
}

impl Definition {
    /// Whether tickets of a type have it.
    pub fn is_of(&self, kind: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|of| of == kind)
    }

    /// Refuses what cannot be; the field of the form comes with the sentence.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let length = self.label.trim().chars().count();
        if !(1..=LABEL_MAX).contains(&length) {
            return Err(("label", format!("a name has 1 to {LABEL_MAX} characters")));
        }
        let choices = self.choices.len();
        if self.kind == Kind::Choice && !(2..=CHOICES_MAX).contains(&choices) {
            let text = format!("give 2 to {CHOICES_MAX} values to choose from, one a line");
            return Err(("choices", text));
        }
        if let Some(long) = self.choices.iter().find(|one| one.chars().count() > 100) {
            return Err(("choices", format!("{long} is longer than 100 characters")));
        }
        if self.kind == Kind::Order {
            bot::check_pattern(&self.pattern).map_err(|text| ("pattern", text))?;
        }
        if !self.country.is_empty() && !super::phone::is_country(&self.country) {
            let text = format!("{} is not a country; write two letters", self.country);
            return Err(("country", text));
        }
        Ok(())
    }

    /// A value as it is kept, from one as it was written; nothing for nothing.
    ///
    /// **Refuses:** what cannot stand in this field.
    pub fn read(&self, text: &str) -> Result<Option<String>, String> {
        let text = text.trim();
        let label = self.label.as_str();
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().count() > VALUE_MAX {
            return Err(format!("{label} has at most {VALUE_MAX} characters"));
        }
        let value = match self.kind {
            Kind::Text => text.to_owned(),
            Kind::Number => number(text).ok_or_else(|| format!("{label}: {text} is no number"))?,
            Kind::Date => {
                let format = time::macros::format_description!("[year]-[month]-[day]");
                time::Date::parse(text, &format)
                    .map_err(|_| format!("{label}: write a date such as 2026-11-30"))?;
                text.to_owned()
            }
            Kind::Choice => self
                .choices
                .iter()
                .find(|choice| choice.to_lowercase() == text.to_lowercase())
                .cloned()
                .ok_or_else(|| {
                    let all = self.choices.join(", ");
                    format!("{label} is one of {all}")
                })?,
            Kind::YesNo => match text.to_lowercase().as_str() {
                "yes" | "true" | "1" => "yes".to_owned(),
                "no" | "false" | "0" => "no".to_owned(),
                _ => return Err(format!("{label} is yes or no")),
            },
            Kind::Phone => PhoneNumber::parse(text, &self.country)
                .map_err(|error| format!("{label}: {error}"))?
                .into(),
            Kind::Order => bot::find_order(&self.pattern, text)
                .filter(|found| found.chars().count() == text.chars().count())
                .ok_or_else(|| {
                    let example = bot::example(&self.pattern);
                    format!("{label}: {text} is no order number; write one such as {example}")
                })?,
        };
        Ok(Some(value))
    }
}

/// A number as it is kept: digits with a point, no signs between thousands.
fn number(text: &str) -> Option<String> {
    let plain = text.replace([' ', '\u{a0}', '_'], "").replace(',', ".");
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if !all(whole) || !all(part) || digits.len() > 18 {
        return None;
    }
    Some(plain.trim_start_matches('+').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind) -> Definition {
        Definition {
            label: "It".to_owned(),
            kind,
            choices: vec!["Red".to_owned(), "Blue".to_owned()],
            pattern: "NM-#####".to_owned(),
            country: "PK".to_owned(),
            types: Vec::new(),
            to_close: false,
        }
    }

    #[test]
    fn what_is_written_is_kept_in_one_form_or_refused() {
        for (kind, written, kept) in [
            (Kind::Text, " a  word ", "a  word"),
            (Kind::Number, "1 200,50", "1200.50"),
            (Kind::Number, "-3", "-3"),
            (Kind::Date, "2026-11-30", "2026-11-30"),
            (Kind::Choice, "red", "Red"),
            (Kind::YesNo, "YES", "yes"),
            (Kind::Phone, "0300 1234567", "+923001234567"),
            (Kind::Order, "nm-12345", "NM-12345"),
        ] {
            assert_eq!(of(kind).read(written), Ok(Some(kept.to_owned())));
            assert_eq!(of(kind).read(kept), Ok(Some(kept.to_owned())), "again");
            assert_eq!(of(kind).read("  "), Ok(None));
        }
        for (kind, written) in [
            (Kind::Number, "1.2.3"),
            (Kind::Number, "many"),
            (Kind::Date, "2026-02-30"),
            (Kind::Choice, "green"),
            (Kind::YesNo, "maybe"),
            (Kind::Phone, "12"),
            (Kind::Order, "NM-123"),
            (Kind::Order, "my NM-12345"),
        ] {
            assert!(of(kind).read(written).is_err(), "{written}");
        }
        assert!(of(Kind::Text).read(&"x".repeat(501)).is_err());
    }

    #[test]
    fn a_definition_that_cannot_be_says_where() {
        let mut bad = of(Kind::Choice);
        bad.choices.truncate(1);
        assert_eq!(bad.check().unwrap_err().0, "choices");
        let mut bad = of(Kind::Order);
        bad.pattern = "any".to_owned();
        assert_eq!(bad.check().unwrap_err().0, "pattern");
        let mut bad = of(Kind::Phone);
        bad.country = "XX".to_owned();
        assert_eq!(bad.check().unwrap_err().0, "country");
        assert_eq!(of(Kind::Text).check(), Ok(()));
    }
}
