//! The catalogues under `web/text`: no dead text, no lost placeholder, every grammatical number its
//! language has, and hardly a text of the pages left in English.

use super::{
    none,
    reading::{below, file, in_name, rust},
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The languages beside English, each with the grammatical numbers CLDR gives it.
pub const LANGUAGES: [(&str, &[&str]); 3] = [
    ("es", &["one", "other"]),
    ("ar", &["zero", "one", "two", "few", "many", "other"]),
    ("ur", &["one", "other"]),
];

/// Texts of the templates a language may lack, in percent: a new page does not wait for three
/// translations, but nobody forgets them for long.
const MISSING_MAX_PCT: usize = 3;

/// One line of a catalogue.
pub struct Line {
    /// `web/text/es.json:12`
    place: String,
    pub english: String,
    translated: Value,
}

/// A catalogue line by line; each line is one text.
pub fn catalogue(code: &str) -> Vec<Line> {
    let path = format!("web/text/{code}.json");
    let text = &file(&path).expect("a catalogue of each language").text;
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !matches!(*line, "{" | "}"));
    lines
        .map(|(at, line)| {
            let place = format!("{path}:{}", at + 1);
            let one = format!("{{{}}}", line.trim_end_matches(','));
            let one: Map<String, Value> =
                serde_json::from_str(&one).unwrap_or_else(|error| panic!("{place} {error}"));
            assert_eq!(one.len(), 1, "{place} one text a line");
            let (english, translated) = one.into_iter().next().expect("one text");
            Line {
                place,
                english,
                translated,
            }
        })
        .collect()
}

/// What the templates say outright: plain texts, and the English plurals of the counted ones.
fn of_templates() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut plain, mut counted) = (BTreeSet::new(), BTreeSet::new());
    for template in below("web/templates/", &[".html", ".txt", ".xml"]) {
        let text = template.text.as_str();
        plain.extend(called(text, "_(").filter_map(|rest| Some(quoted(rest)?.0)));
        let labels = called(text, "label=").filter_map(|rest| Some(quoted(rest)?.0));
        plain.extend(labels.filter(|label| !label.contains("{{")));
        counted.extend(called(text, "plural(").filter_map(|rest| {
            let (_, rest) = quoted(rest)?;
            Some(quoted(rest.trim_start().strip_prefix(',')?)?.0)
        }));
    }
    (plain, counted)
}

/// What stands behind each place where a name that is no part of a longer one is called.
fn called<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(name).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        let apart = !before.is_some_and(|c| in_name(c) || c == '-');
        apart.then(|| &text[at + name.len()..])
    })
}

/// The string that begins here, and what stands behind it.
fn quoted(rest: &str) -> Option<(String, &str)> {
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let (inside, after) = rest[1..].split_once(quote)?;
    Some((inside.to_owned(), after))
}

/// Every string of the program as it is when it runs.
fn of_program() -> BTreeSet<String> {
    let all = rust("src/").flat_map(|source| source.said());
    all.map(|(_, text)| meant(text)).collect()
}

/// A string literal without its escapes.
pub fn meant(literal: &str) -> String {
    let mut text = String::new();
    let mut rest = literal;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let next = after.chars().next().unwrap_or('\\');
        rest = after.strip_prefix(next).unwrap_or(after);
        match next {
            '\n' => rest = rest.trim_start(),
            'n' => text.push('\n'),
            other => text.push(other),
        }
    }
    text + rest
}

/// The `{names}` of a text, in alphabetical order.
pub fn placeholders(text: &str) -> Vec<&str> {
    let parts = text.split('{').skip(1);
    let names = parts.filter_map(|part| part.split_once('}').map(|(name, _)| name));
    let mut names: Vec<&str> = names.filter(|name| name.chars().all(in_name)).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_catalogue_is_in_order_and_holds_no_dead_text() {
    let (plain, counted) = of_templates();
    let program = of_program();
    // `_(priority|capitalize)` shows a word of the program with a capital letter.
    let small: BTreeSet<String> = program.iter().map(|text| text.to_lowercase()).collect();
    let mut findings = Vec::new();
    for (code, _) in LANGUAGES {
        let mut before = String::new();
        for line in catalogue(code) {
            let (place, english) = (&line.place, &line.english);
            let used = match line.translated {
                Value::String(_) => {
                    plain.contains(english)
                        || program.contains(english)
                        || small.contains(&english.to_lowercase())
                }
                _ => counted.contains(english) || program.contains(english),
            };
            if !used {
                findings.push(format!("{place} nothing says: {english}"));
            }
            if *english <= before {
                findings.push(format!("{place} stands behind: {before}"));
            }
            before.clone_from(english);
        }
    }
    none(
        findings,
        "a text that changed in English changes its key in every catalogue; keys stand in order",
    );
}

#[test]
fn every_translation_has_the_placeholders_and_numbers_it_needs() {
    let mut findings = Vec::new();
    for (code, numbers) in LANGUAGES {
        for line in catalogue(code) {
            findings.extend(faults(&line, numbers));
        }
    }
    none(
        findings,
        "a lost {name} is a sentence with a hole, a lost number one with a wrong word",
    );
}

/// What is wrong with one translation.
fn faults(line: &Line, numbers: &[&str]) -> Vec<String> {
    let (place, english) = (&line.place, &line.english);
    let wanted = placeholders(english);
    let mut faults = Vec::new();
    let mut compare = |text: &str, bare_allowed: bool| {
        let found = placeholders(text);
        let bare = bare_allowed && found.iter().all(|name| wanted.contains(name));
        if text.is_empty() || (found != wanted && !bare) {
            faults.push(format!("{place} {english} → {text}"));
        }
    };
    match &line.translated {
        Value::String(text) => compare(text, false),
        Value::Object(forms) => {
            for (number, form) in forms {
                // "once" and "twice" need no figure.
                let bare = ["zero", "one", "two"].contains(&number.as_str());
                compare(form.as_str().unwrap_or_default(), bare);
            }
            let has: BTreeSet<&str> = forms.keys().map(String::as_str).collect();
            if has != numbers.iter().copied().collect() {
                faults.push(format!("{place} {english} needs {}", numbers.join(", ")));
            }
        }
        other => faults.push(format!("{place} {english} is {other}")),
    }
    faults
}

#[test]
fn every_language_has_nearly_every_text_of_the_pages() {
    let (plain, counted) = of_templates();
    let all = plain.len() + counted.len();
    assert!(all > 900, "the templates say {all} texts");
    for (code, _) in LANGUAGES {
        let (mut said, mut said_counted) = (BTreeSet::new(), BTreeSet::new());
        for line in catalogue(code) {
            match line.translated {
                Value::Object(_) => said_counted.insert(line.english),
                _ => said.insert(line.english),
            };
        }
        let missing = plain.difference(&said);
        let missing: Vec<String> = missing
            .chain(counted.difference(&said_counted))
            .map(|text| format!("web/text/{code}.json lacks: {text}"))
            .collect();
        if missing.len() * 100 > all * MISSING_MAX_PCT {
            none(missing, "translate what the pages say");
        }
    }
}

#[test]
fn texts_are_found_where_they_are_said() {
    let page = r#"{{ _("a {n}", n=1) }}{{ _( 'b' ) }}{{ my_("c") }}{{ icon("x", label="d") }}"#;
    let found = |name| -> Vec<String> {
        let all = called(page, name).filter_map(|rest| Some(quoted(rest)?.0));
        all.collect()
    };
    assert_eq!(found("_("), ["a {n}", "b"]);
    assert_eq!(found("label="), ["d"]);
    assert_eq!(meant("one \\\n    two \\\"three\\\""), "one two \"three\"");
    assert_eq!(placeholders("{who} {n} { x } {who}"), ["n", "who", "who"]);
    let line = |translated: Value| Line {
        place: "es:1".to_owned(),
        english: "{n} days of {name}".to_owned(),
        translated,
    };
    let numbers = ["one", "other"];
    for (good, translated) in [
        (true, serde_json::json!("{n} días de {name}")),
        (false, serde_json::json!("días de {name}")),
        (false, serde_json::json!("")),
        (
            true,
            serde_json::json!({"one": "un día de {name}", "other": "{n} días de {name}"}),
        ),
        (
            false,
            serde_json::json!({"one": "{n} {name}", "other": "días de {name}"}),
        ),
        (false, serde_json::json!({"other": "{n} días de {name}"})),
    ] {
        let faults = faults(&line(translated), &numbers);
        assert_eq!(faults.is_empty(), good, "{faults:?}");
    }
}
