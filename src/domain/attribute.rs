//! Attributes of a desk's own: a name and a type, as one line says them:
//! `tier: choice gold/silver, vip: yes/no, birthday: date, points: number`.

/// Most attributes a desk keeps.
const ATTRIBUTES_MAX: usize = 30;
/// The longest text. **Unit:** characters.
const TEXT_MAX: usize = 500;

/// One attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name: lower case letters, digits, hyphens.
    pub key: String,
    /// What it takes.
    pub kind: Kind,
}

/// What an attribute takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Any words.
    Text,
    /// A number, with a point before its fraction.
    Number,
    /// A date, `2026-11-30`.
    Date,
    /// `yes` or `no`.
    YesNo,
    /// One of these.
    Choice(Vec<String>),
}

impl Attribute {
    /// The attributes a line names, with commas between.
    pub fn list(text: &str) -> Result<Vec<Attribute>, String> {
        let mut list: Vec<Attribute> = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (key, kind) = part.split_once(':').unwrap_or((part, "text"));
            let key = key.trim().to_lowercase();
            let plain = |c: char| c.is_alphanumeric() || c == '-';
            if key.is_empty() || key.chars().count() > 40 || !key.chars().all(plain) {
                return Err(format!(
                    "{part} does not begin with a name of letters and hyphens"
                ));
            }
            let taken = [
                "name", "language", "company", "address", "phone", "email", "whatsapp",
            ];
            if taken.contains(&key.as_str()) || list.iter().any(|known| known.key == key) {
                return Err(format!("there is an attribute {key} already"));
            }
            let kind = Kind::named(kind.trim()).ok_or_else(|| {
                format!("{part}: types are text, number, date, yes/no, choice a/b")
            })?;
            list.push(Attribute { key, kind });
        }
        if list.len() > ATTRIBUTES_MAX {
            return Err(format!("at most {ATTRIBUTES_MAX} attributes"));
        }
        Ok(list)
    }

    /// A value as this attribute keeps it; an empty one is none.
    pub fn valid(&self, value: &str) -> Result<String, String> {
        let (value, key) = (value.trim(), &self.key);
        if value.is_empty() {
            return Ok(String::new());
        }
        let day = time::macros::format_description!("[year]-[month]-[day]");
        match &self.kind {
            Kind::Text if value.chars().count() <= TEXT_MAX => Ok(value.to_owned()),
            Kind::Text => Err(format!("{key} has at most {TEXT_MAX} characters")),
            Kind::Number => match value.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(value.to_owned()),
                _ => Err(format!("{key} takes a number, not {value}")),
            },
            Kind::Date => match time::Date::parse(value, &day) {
                Ok(_) => Ok(value.to_owned()),
                Err(_) => Err(format!(
                    "{key} takes a date such as 2026-11-30, not {value}"
                )),
            },
            Kind::YesNo => match value.to_lowercase().as_str() {
                "yes" | "y" | "true" | "1" => Ok("yes".to_owned()),
                "no" | "n" | "false" | "0" => Ok("no".to_owned()),
                _ => Err(format!("{key} takes yes or no, not {value}")),
            },
            Kind::Choice(words) => {
                let chosen = words.iter().find(|word| word.eq_ignore_ascii_case(value));
                let all = words.join(", ");
                chosen
                    .cloned()
                    .ok_or_else(|| format!("{key} takes {all}, not {value}"))
            }
        }
    }
}

impl Kind {
    fn named(text: &str) -> Option<Kind> {
        match text.to_lowercase().as_str() {
            "text" => Some(Kind::Text),
            "number" => Some(Kind::Number),
            "date" => Some(Kind::Date),
            "yes/no" => Some(Kind::YesNo),
            _ => {
                let (word, rest) = text.split_once(' ')?;
                let words = rest
                    .split('/')
                    .map(str::trim)
                    .filter(|word| !word.is_empty());
                let words: Vec<String> = words.map(str::to_owned).collect();
                (word.eq_ignore_ascii_case("choice") && words.len() > 1)
                    .then_some(Kind::Choice(words))
            }
        }
    }

    /// The type in a word, as pages name it.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Date => "date",
            Kind::YesNo => "yes/no",
            Kind::Choice(_) => "choice",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_attributes_and_their_types() {
        let text = "Tier: choice gold/silver, vip: yes/no, birthday: date, points: number, about";
        let list = Attribute::list(text).unwrap();
        let told: Vec<(&str, &str)> = list.iter().map(|a| (&*a.key, a.kind.word())).collect();
        let expected = [
            ("tier", "choice"),
            ("vip", "yes/no"),
            ("birthday", "date"),
            ("points", "number"),
            ("about", "text"),
        ];
        assert_eq!(told, expected);
        assert_eq!(Attribute::list("").unwrap(), []);
        for wrong in [
            "a b: text",
            "x: colour",
            "x: choice one",
            "x, x",
            "name",
            ": text",
        ] {
            assert!(Attribute::list(wrong).is_err(), "{wrong}");
        }
        assert!(Attribute::list(&"x, ".repeat(2)).is_err());
    }

    #[test]
    fn values_are_of_their_type() {
        let list = Attribute::list("t: choice Gold/Silver, v: yes/no, d: date, n: number").unwrap();
        for (at, value, expected) in [
            (0, "gold", Some("Gold")),
            (0, "bronze", None),
            (1, "TRUE", Some("yes")),
            (1, "perhaps", None),
            (2, "2026-02-28", Some("2026-02-28")),
            (2, "2026-02-30", None),
            (3, "-1.5", Some("-1.5")),
            (3, "NaN", None),
            (3, "", Some("")),
        ] {
            assert_eq!(list[at].valid(value).ok().as_deref(), expected, "{value}");
        }
    }
}
