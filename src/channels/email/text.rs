//! Words from outside made safe to show: one line where one line is meant, no signs that turn the
//! reading direction or hide what follows, addresses in one spelling, names of files that are
//! names.

use crate::domain::message::email::Mailbox;

/// The longest address kept. **Source:** RFC 5321, 4.5.3.1.3, with room for its brackets.
const ADDRESS_MAX: usize = 320;

/// One line without control characters and without marks that turn the reading direction.
pub fn line(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut gap = false;
    for letter in text.chars() {
        if letter.is_whitespace() || letter == '\0' {
            gap = !out.is_empty();
        } else if !hidden(letter) {
            if std::mem::take(&mut gap) {
                out.push(' ');
            }
            out.push(letter);
            if out.chars().count() >= most {
                break;
            }
        }
    }
    out
}

/// Many lines: line ends in one form, no control characters, at most so many characters.
pub fn lines(text: &str, most: usize) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = text
        .chars()
        .filter(|letter| matches!(letter, '\n' | '\t') || !hidden(*letter));
    kept.take(most).collect()
}

/// Whether a letter only serves to confuse.
fn hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        )
}

/// An address in the one spelling it is compared in; none if it is no address.
pub fn address(text: &str) -> Option<String> {
    let text = text.trim().trim_matches(['<', '>']);
    let (local, domain) = text.rsplit_once('@')?;
    let fit = |part: &str| {
        !part.is_empty()
            && !part.contains(|letter: char| letter.is_whitespace() || letter.is_control())
    };
    let quoted = local.starts_with('"') && local.ends_with('"') && local.len() > 2;
    if text.len() > ADDRESS_MAX
        || !fit(domain)
        || !(fit(local) || quoted && !local.contains(char::is_control))
        || domain.contains(['<', '>', ',', ';'])
    {
        return None;
    }
    Some(format!("{local}@{}", domain.to_lowercase()))
}

/// Somebody, as a header names them; none if nothing is told.
pub fn mailbox(name: Option<&str>, written: Option<&str>) -> Option<Mailbox> {
    let written = written.unwrap_or_default();
    let name = line(name.unwrap_or_default().trim_matches('"'), 200);
    let address = address(written).unwrap_or_else(|| line(written, ADDRESS_MAX));
    (!name.is_empty() || !address.is_empty()).then_some(Mailbox { name, address })
}

/// A name to save a file under: no folders, nothing hidden, not too long, its ending kept.
pub fn file_name(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = line(last, 2_000);
    let name = name.trim_matches(['.', ' ']);
    let name: String = name
        .chars()
        .map(|letter| match letter {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
            letter => letter,
        })
        .collect();
    let letters = name.chars().count();
    if letters <= 120 {
        return name;
    }
    let ending: String = match name.rsplit_once('.') {
        Some((_, ending)) if ending.len() <= 10 => format!(".{ending}"),
        _ => String::new(),
    };
    let start: String = name.chars().take(120 - ending.chars().count()).collect();
    format!("{start}{ending}")
}

#[cfg(test)]
mod tests {
    use super::{address, file_name, line};

    #[test]
    fn files_are_named_so_that_nothing_is_hidden() {
        for (given, name) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ana\\invoice.pdf", "invoice.pdf"),
            ("invoice\u{202E}fdp.exe", "invoicefdp.exe"),
            ("a\r\nb.txt", "a b.txt"),
            ("...", ""),
            ("what?.txt", "what_.txt"),
        ] {
            assert_eq!(file_name(given), name);
        }
        let long = format!("{}.pdf", "x".repeat(500));
        assert!(file_name(&long).ends_with("x.pdf") && file_name(&long).len() == 120);
    }

    #[test]
    fn addresses_have_one_spelling() {
        for (given, kept) in [
            ("<Ana@Example.TEST>", Some("Ana@example.test")),
            ("\"a b\"@x.test", Some("\"a b\"@x.test")),
            ("ana", None),
            ("ana@", None),
            ("a b@x.test", None),
            ("", None),
        ] {
            assert_eq!(address(given).as_deref(), kept, "{given}");
        }
        assert_eq!(line("  a\t b\u{7}\r\n c ", 99), "a b c");
    }
}
