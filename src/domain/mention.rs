//! Mentions: `@Maya Lind`, `@maya`, `@returns-team` in what is written among ourselves. Plain text
//! says who is meant; nothing but the text is needed to write one.

use super::id::Object;

/// Most mentions that are looked for in one text; what follows stays text.
pub const MENTIONS_MAX: usize = 50;

/// Somebody who can be mentioned, and the name that does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// The member or group.
    pub object: Object,
    /// What stands behind the `@`, in lower case.
    pub word: String,
}

/// A mention found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention {
    /// Where its `@` stands. **Unit:** bytes.
    pub from: usize,
    /// Where it ends. **Unit:** bytes.
    pub to: usize,
    /// Who is meant.
    pub object: Object,
}

/// The words by which these members and groups can be mentioned: the name, the name with dots or
/// hyphens between its parts, and a member's first name where nobody else has it.
pub fn handles(named: &[(Object, String)]) -> Vec<Handle> {
    let mut handles: Vec<Handle> = Vec::new();
    let mut add = |object: Object, word: String| {
        if !word.is_empty() && !handles.iter().any(|handle| handle.word == word) {
            handles.push(Handle { object, word });
        }
    };
    let parts =
        |name: &str| -> Vec<String> { name.split_whitespace().map(str::to_lowercase).collect() };
    for (object, name) in named {
        for between in [" ", ".", "-"] {
            add(*object, parts(name).join(between));
        }
    }
    let first = |name: &str| parts(name).into_iter().next().unwrap_or_default();
    let members = |(object, _): &&(Object, String)| matches!(object, Object::Member(_));
    for (object, name) in named.iter().filter(members) {
        let word = first(name);
        let shared = named
            .iter()
            .filter(members)
            .filter(|(_, other)| first(other) == word);
        if shared.count() == 1 {
            add(*object, word);
        }
    }
    handles
}

/// The mentions in a text, in order. The longest name that fits wins, and it ends where a word
/// does.
pub fn find(text: &str, handles: &[Handle]) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    for (from, _) in text.match_indices('@') {
        if found.len() == MENTIONS_MAX {
            break;
        }
        let inside = found.last().is_some_and(|last| from < last.to);
        let (before, rest) = text.split_at(from);
        let glued = before
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        if inside || glued {
            continue; // an address such as maya@shop.example
        }
        let named = rest.get(1..).unwrap_or_default();
        let fits = handles
            .iter()
            .filter_map(|handle| Some((starts(named, &handle.word)?, handle.object)))
            .max_by_key(|(bytes, _)| *bytes);
        if let Some((bytes, object)) = fits {
            let to = from + 1 + bytes;
            found.push(Mention { from, to, object });
        }
    }
    found
}

/// Who is mentioned in a text, each once, in order.
pub fn mentioned(text: &str, handles: &[Handle]) -> Vec<Object> {
    let mut objects: Vec<Object> = Vec::new();
    for mention in find(text, handles) {
        if !objects.contains(&mention.object) {
            objects.push(mention.object);
        }
    }
    objects
}

/// How many bytes of the text a word in lower case takes at its start, if it stands there whole.
fn starts(text: &str, word: &str) -> Option<usize> {
    let mut wanted = word.chars().peekable();
    let mut letters = text.char_indices();
    let mut end = 0;
    while wanted.peek().is_some() {
        let (at, letter) = letters.next()?;
        for small in letter.to_lowercase() {
            if wanted.next() != Some(small) {
                return None;
            }
        }
        end = at + letter.len_utf8();
    }
    let goes_on = text
        .get(end..)?
        .chars()
        .next()
        .is_some_and(char::is_alphanumeric);
    (!goes_on).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{GroupId, MemberId};

    fn people() -> Vec<Handle> {
        let member = |id, name: &str| (Object::Member(MemberId(id)), name.to_owned());
        handles(&[
            member(1, "Maya Lind"),
            member(2, "Maya Okafor"),
            member(3, "Zoë Ní"),
            (Object::Group(GroupId(1)), "Returns team".to_owned()),
            (Object::Group(GroupId(2)), "Zoë".to_owned()),
        ])
    }

    fn told(text: &str) -> Vec<String> {
        let found = mentioned(text, &people());
        found.iter().map(Object::to_string).collect()
    }

    #[test]
    fn names_are_found_however_they_are_written() {
        for (text, expected) in [
            ("@Maya Lind please", vec!["M-1"]),
            (
                "ask @MAYA.OKAFOR, @maya-lind and @Maya Lind",
                vec!["M-2", "M-1"],
            ),
            ("(@returns-team) @Returns  team", vec!["G-1"]),
            ("@zoë ní!", vec!["M-3"]),
            ("@zoë", vec!["G-2"]),
            ("@Maya is two people", vec![]),
            ("maya.lind@shop.example, @Maya Lindgren", vec![]),
            ("@", vec![]),
            ("@@Maya Lind", vec!["M-1"]),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn a_first_name_is_enough_where_one_has_it() {
        let handles = handles(&[(Object::Member(MemberId(7)), "Ana Ruiz".to_owned())]);
        let text = "and @ana, thanks";
        let found = find(text, &handles);
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].from..found[0].to], "@ana");
    }

    #[test]
    fn a_text_of_nothing_but_signs_takes_no_time() {
        assert!(find(&"@maya lin ".repeat(2_000), &people()).is_empty());
        let many = "@maya lind ".repeat(200);
        assert_eq!(find(&many, &people()).len(), MENTIONS_MAX);
    }
}
