//! Telephone numbers: any way of writing one becomes one form, E.164. The only room that knows the
//! numbering plans. What is no number (an extension, a SIP address, `anonymous`) stays a text.

use phonenumber::country;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest text that is looked at. **Unit:** bytes.
const LONGEST: usize = 64;
/// Digits two ways of writing one number surely share at the end.
const TAIL: usize = 8;

/// A telephone number that a numbering plan knows, as E.164: `+` and at most 15 digits.
///
/// **Source:** ITU-T E.164.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// The number a text names. One without country code is read as dialled in the country given
    /// by its two letters; `00` before the country code is taken for `+`.
    ///
    /// **Refuses:** what no numbering plan knows; a number without country code where the country
    /// is not known.
    pub fn parse(text: &str, country: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is not a telephone number");
        if text.len() > LONGEST {
            return Err("a telephone number has at most 15 digits".to_owned());
        }
        let plain = text.trim().trim_start_matches("tel:");
        let written = |c: char| c.is_ascii_digit() || "+ -./()\u{a0}\u{202f}".contains(c);
        if plain.is_empty() || !plain.chars().all(written) {
            return Err(wrong());
        }
        let plain = match plain.strip_prefix("00") {
            Some(rest) => format!("+{rest}"),
            None => plain.to_owned(),
        };
        let home = country::Id::from_code(country);
        if home.is_none() && !plain.starts_with('+') {
            return Err(format!("{text} has no country code; write it with +"));
        }
        let number = phonenumber::parse(home, &plain).map_err(|_| wrong())?;
        if !phonenumber::is_valid(&number) {
            return Err(wrong());
        }
        Ok(PhoneNumber(
            number.format().mode(phonenumber::Mode::E164).to_string(),
        ))
    }

    /// The number behind a WhatsApp id: digits with the country code and no sign.
    pub fn of_digits(digits: &str) -> Result<Self, String> {
        PhoneNumber::parse(&format!("+{}", digits.trim_start_matches('+')), "")
    }

    /// `+923001234567`
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The digits without the sign, as WhatsApp names a customer.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }

    /// The two letters of its country; none for numbers of no country (satellites).
    pub fn country(&self) -> Option<String> {
        let number = phonenumber::parse(None, &self.0).ok()?;
        number.country().id().map(|id| id.as_ref().to_owned())
    }

    /// As people write it to somebody abroad: `+92 300 1234567`.
    pub fn international(&self) -> String {
        match phonenumber::parse(None, &self.0) {
            Ok(number) => {
                let mode = phonenumber::Mode::International;
                number.format().mode(mode).to_string()
            }
            Err(_) => self.0.clone(),
        }
    }

    /// As people dial it at home, digits alone: `03001234567`.
    pub fn national_digits(&self) -> String {
        match phonenumber::parse(None, &self.0) {
            Ok(number) => {
                let text = number
                    .format()
                    .mode(phonenumber::Mode::National)
                    .to_string();
                text.chars().filter(char::is_ascii_digit).collect()
            }
            Err(_) => self.digits().to_owned(),
        }
    }

    /// The last digits, by which another way of writing the same number may be found: with the
    /// ninth digit of Brazil, the 1 of Mexico, or without the country code.
    pub fn tail(&self) -> &str {
        let digits = self.digits();
        digits
            .get(digits.len().saturating_sub(TAIL)..)
            .unwrap_or(digits)
    }
}

/// Whether two letters name a country that has telephone numbers.
pub fn is_country(letters: &str) -> bool {
    country::Id::from_code(letters).is_some()
}

trait FromCode: Sized {
    fn from_code(letters: &str) -> Option<Self>;
}

impl FromCode for country::Id {
    fn from_code(letters: &str) -> Option<Self> {
        letters.trim().to_ascii_uppercase().parse().ok()
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        PhoneNumber::parse(&text, "")
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> String {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::{PhoneNumber, is_country};

    #[test]
    fn any_way_of_writing_a_number_is_one_number() {
        for (text, country, expected) in [
            ("+92 300 1234567", "", "+923001234567"),
            ("0300-1234567", "PK", "+923001234567"),
            ("00923001234567", "DE", "+923001234567"),
            ("tel:+49-30-23125741", "", "+493023125741"),
            ("(030) 23125741", "de", "+493023125741"),
        ] {
            let number = PhoneNumber::parse(text, country).unwrap();
            assert_eq!(number.e164(), expected, "{text}");
        }
        let number = PhoneNumber::parse("+92 300 1234567", "").unwrap();
        assert_eq!(number.country().as_deref(), Some("PK"));
        assert_eq!(number.digits(), "923001234567");
        assert_eq!(number.national_digits(), "03001234567");
        assert_eq!(number.international(), "+92 300 1234567");
        assert_eq!(number.tail(), "01234567");
        assert_eq!(PhoneNumber::of_digits("923001234567").unwrap(), number);
    }

    #[test]
    fn what_is_no_number_is_refused_with_a_sentence() {
        for (text, country) in [
            ("", "PK"),
            ("anonymous", "PK"),
            ("sip:ana@example.com", "PK"),
            ("12", "PK"),
            ("+1", ""),
            ("+999 999 999 999 999 999", ""),
            ("0300 1234567", ""),
            ("+92 300 ١٢٣", ""),
        ] {
            let refused = PhoneNumber::parse(text, country).unwrap_err();
            assert!(refused.contains(text.trim()), "{refused}");
        }
        assert!(PhoneNumber::parse(&"1".repeat(1_000), "PK").is_err());
        assert!(is_country("pk") && !is_country("ZZ") && !is_country("Pakistan"));
    }
}
