//! The words around what was found: a piece of the original text with the found words between
//! U+E000 and U+E001, as the filter `marked` shows them.

use crate::desk::search::fold;

/// What stands before the first found word. **Unit:** characters.
const BEFORE: usize = 40;
/// The whole piece. **Unit:** characters.
const PIECE: usize = 200;

/// The piece of a text around the first word of a query that is in it.
///
/// Text and query are compared folded, as the search does, but shown as written.
pub fn around(text: &str, query: &str) -> String {
    let letters: Vec<char> = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{E000}' | '\u{E001}'))
        .collect();
    let (folded, origin) = folded(&letters);
    let query = fold(query);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for word in query.split_whitespace().take(12) {
        let word: Vec<char> = word.chars().collect();
        found.extend(places(&folded, &word).into_iter().filter_map(|at| {
            let last = at + word.len() - 1; // a word of a query has at least one letter
            Some((*origin.get(at)?, *origin.get(last)? + 1))
        }));
    }
    found.sort_unstable();
    let first = found.first().map_or(0, |(from, _)| *from);
    let from = first.saturating_sub(BEFORE);
    let to = (from + PIECE).min(letters.len());
    let mut piece = String::new();
    if from > 0 {
        piece.push('…');
    }
    let mut at = from;
    for (begin, end) in found {
        if begin < at || end > to {
            continue;
        }
        piece.extend(letters.get(at..begin).unwrap_or_default());
        piece.push('\u{E000}');
        piece.extend(letters.get(begin..end).unwrap_or_default());
        piece.push('\u{E001}');
        at = end;
    }
    piece.extend(letters.get(at..to).unwrap_or_default());
    if to < letters.len() {
        piece.push('…');
    }
    piece
}

/// The folded letters, and for each the letter it came from.
fn folded(letters: &[char]) -> (Vec<char>, Vec<usize>) {
    let mut folded = Vec::with_capacity(letters.len());
    let mut origin = Vec::with_capacity(letters.len());
    let mut buffer = [0; 4];
    for (at, letter) in letters.iter().enumerate() {
        for c in fold(letter.encode_utf8(&mut buffer)).chars() {
            folded.push(c);
            origin.push(at);
        }
    }
    (folded, origin)
}

/// Where a word begins in a text; the places do not overlap.
fn places(text: &[char], word: &[char]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut next = 0;
    for (at, window) in text.windows(word.len().max(1)).enumerate() {
        if at >= next && window == word {
            places.push(at);
            next = at + word.len();
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::around;

    #[test]
    fn found_words_are_marked_as_they_were_written() {
        for (text, query, piece) in [
            (
                "Where is my Parcel?",
                "parcel",
                "Where is my \u{E000}Parcel\u{E001}?",
            ),
            (
                "Un CAFÉ, por favor",
                "cafe",
                "Un \u{E000}CAFÉ\u{E001}, por favor",
            ),
            ("مُحَمَّد نے لکھا", "محمد", "\u{E000}مُحَمَّد\u{E001} نے لکھا"),
            (
                "two words, words",
                "words two",
                "\u{E000}two\u{E001} \u{E000}words\u{E001}, \u{E000}words\u{E001}",
            ),
            ("nothing of it", "parcel", "nothing of it"),
            ("line\nbreak", "break", "line \u{E000}break\u{E001}"),
            ("a \u{E000}trick\u{E001}", "x", "a trick"),
            ("", "x", ""),
        ] {
            assert_eq!(around(text, query), piece, "{text} / {query}");
        }
    }

    #[test]
    fn a_long_text_is_cut_around_what_was_found() {
        let text = format!("{} needle {}", "hay ".repeat(100), "hay ".repeat(100));
        let piece = around(&text, "needle");
        assert!(piece.starts_with('…') && piece.ends_with('…'), "{piece}");
        assert!(piece.contains("\u{E000}needle\u{E001}"), "{piece}");
        assert!(piece.chars().count() < 210);
    }
}
