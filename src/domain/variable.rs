//! Variables in texts: `{{contact.first_name}}`, with words for when it is empty after a bar,
//! `{{contact.first_name|there}}`. What they stand for is looked up in the desk.

/// Every variable: its name and what it stands for. `field.NAME` stands for a ticket's own field.
pub const KNOWN: [(&str, &str); 12] = [
    ("contact.name", "the customer's name"),
    (
        "contact.first_name",
        "the first word of the customer's name",
    ),
    ("conversation.number", "the conversation, C-88"),
    ("ticket.number", "the ticket, T-1042"),
    ("ticket.title", "what the ticket is about"),
    ("ticket.status", "the ticket's status in words"),
    ("ticket.reference", "the reference the ticket waits with"),
    ("ticket.expected_on", "the date the ticket waits for"),
    ("agent.name", "the name of who sends it"),
    ("agent.first_name", "the first word of that name"),
    ("desk.name", "the desk's name"),
    ("today", "the date, 2026-11-22"),
];

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it stands.
    Text(&'a str),
    /// To be looked up.
    Variable {
        /// Its name.
        name: &'a str,
        /// What stands there if it is empty.
        otherwise: Option<&'a str>,
        /// Where it begins.
        place: Place,
    },
}

/// A place in a text, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// **Unit:** characters into the line.
    pub column: usize,
}

/// Takes a text apart.
///
/// **Refuses:** braces that do not close, or close around nothing; says where.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        if !before.is_empty() {
            found.push(Piece::Text(before));
        }
        let at = text.len() - after.len() - 2;
        let place = place_of(text, at);
        let closed = after
            .split_once("}}")
            .filter(|(inner, _)| !inner.contains(['{', '}', '\n']) && inner.chars().count() <= 100);
        let Some((inner, behind)) = closed else {
            return Err(format!("{{{{ is not closed by }}}} at {place}"));
        };
        let (name, otherwise) = match inner.split_once('|') {
            Some((name, otherwise)) => (name.trim(), Some(otherwise.trim())),
            None => (inner.trim(), None),
        };
        if name.is_empty() {
            return Err(format!("there is no name between {{{{ and }}}} at {place}"));
        }
        found.push(Piece::Variable {
            name,
            otherwise,
            place,
        });
        rest = behind;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    Ok(found)
}

fn place_of(text: &str, at: usize) -> Place {
    let before = text.get(..at).unwrap_or_default(); // `at` is where a brace stands
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    Place { line, column }
}

/// Refuses a text that names what does not exist; says where and what there is.
pub fn check(text: &str, fields: &[String]) -> Result<(), String> {
    for piece in pieces(text)? {
        let Piece::Variable { name, place, .. } = piece else {
            continue;
        };
        let own = name.strip_prefix("field.");
        let known = KNOWN.iter().any(|(known, _)| *known == name)
            || own.is_some_and(|own| fields.iter().any(|field| field == own));
        if !known {
            let own = fields.iter().map(|field| format!("field.{field}"));
            let all: Vec<String> = KNOWN
                .iter()
                .map(|(name, _)| (*name).to_owned())
                .chain(own)
                .collect();
            return Err(format!(
                "there is no variable {name} ({place}); variables are {all}",
                all = all.join(", ")
            ));
        }
    }
    Ok(())
}

/// The text with every variable filled in.
///
/// **Refuses:** a variable that stands for nothing here and says nothing for that case.
pub fn fill(text: &str, mut value: impl FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut filled = String::new();
    for piece in pieces(text)? {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Variable {
                name,
                otherwise,
                place,
            } => match (value(name).filter(|value| !value.is_empty()), otherwise) {
                (Some(value), _) => filled.push_str(&value),
                (None, Some(otherwise)) => filled.push_str(otherwise),
                (None, None) => {
                    return Err(format!(
                        "{name} stands for nothing here ({place}); write \
                         {{{{{name}|other words}}}} for that case"
                    ));
                }
            },
        }
    }
    Ok(filled)
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_variables_are_refused_with_their_place_and_the_known_ones() {
        let own = ["order".to_owned()];
        for (text, words) in [
            (
                "Hello {{contact.nmae}}",
                "no variable contact.nmae (line 1, column 7)",
            ),
            ("a\nb {{ x }}", "no variable x (line 2, column 3)"),
            ("ü {{contact.name", "not closed by }} at line 1, column 3"),
            ("{{}}", "no name between {{ and }} at line 1, column 1"),
            ("{{a {{b}}", "not closed"),
            ("{{field.gone}}", "field.order"),
        ] {
            let refused = check(text, &own).unwrap_err();
            assert!(refused.contains(words), "{text}: {refused}");
        }
        assert!(
            check("{{nothing}}", &own)
                .unwrap_err()
                .contains("contact.first_name")
        );
        for text in [
            "",
            "plain { } text",
            "{{ contact.name | friend }}",
            "{{field.order}}",
        ] {
            assert_eq!(check(text, &own), Ok(()), "{text}");
        }
    }

    #[test]
    fn variables_are_filled_and_the_empty_ones_have_their_words() {
        let value = |name: &str| (name == "contact.name").then(|| "Ana".to_owned());
        let said = |text| fill(text, value);
        assert_eq!(said("Hi {{contact.name}}!"), Ok("Hi Ana!".to_owned()));
        assert_eq!(said("Hi {{agent.name|us}}!"), Ok("Hi us!".to_owned()));
        assert_eq!(said("Hi {{agent.name|}}!"), Ok("Hi !".to_owned()));
        assert!(
            said("Hi {{agent.name}}")
                .unwrap_err()
                .contains("stands for nothing here")
        );
    }
}
