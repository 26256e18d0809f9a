//! Sentences with values: refusals, banners and what a wish came to. The program makes them in
//! English; a page says them in its reader's language, so every one has its pattern in each
//! catalogue, with a name for each of its values, and no template prints one as it is.

use super::{
    none,
    reading::{Rust, below, rust},
    texts::{LANGUAGES, catalogue, meant, placeholders},
};
use std::collections::{BTreeMap, BTreeSet};

/// Sentences a language may lack, in percent: a new refusal does not wait for three translations,
/// but nobody forgets them for long.
const MISSING_MAX_PCT: usize = 3;

/// The rooms whose sentences reach a page.
const ROOMS: [&str; 6] = [
    "src/desk/",
    "src/web/",
    "src/domain/",
    "src/channels/email/compose.rs",
    "src/channels/webhook.rs",
    "src/channels/whatsapp/send.rs",
];

/// Among them, what speaks to programs, to the command line, or in words of the trail.
const ELSEWHERE: [&str; 17] = [
    "src/desk/imports",
    "src/desk/intake.rs",
    "src/desk/past/",
    "src/desk/proofs.rs",
    "src/desk/sla/",
    "src/domain/compliance.rs",
    "src/domain/event",
    "src/domain/id.rs",
    "src/domain/import.rs",
    "src/domain/moment.rs",
    "src/web/calls/hook.rs",
    "src/web/case/",
    "src/web/exchange",
    "src/web/front/",
    "src/web/print.rs",
    "src/web/samples/",
    "src/web/webhooks.rs",
];

/// What a statement that makes such a sentence, or says what a setting means, has in it.
const MAKES: [&str; 13] = [
    "meaning: ",
    "Refusal::",
    "Err(",
    "ok_or",
    "map_err",
    "let text",
    "let mut text",
    "let said",
    "let sentence",
    "let refusal",
    "went_well",
    "invalid(",
    "conflict(",
];

/// The sentences of the program with the place of each, as they stand in its source.
fn sentences() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for source in ROOMS.iter().flat_map(|room| rust(room)) {
        if ELSEWHERE.iter().any(|room| source.path.starts_with(room)) {
            continue;
        }
        for (line, text) in source.said() {
            let text = meant(text);
            if speaks(&text) && makes_one(source, line) {
                found.entry(text).or_insert_with(|| source.at(line));
            }
        }
    }
    found
}

/// Two words or more, and neither a query nor a text of many lines nor one about braces.
fn speaks(text: &str) -> bool {
    let bare = shape(text);
    let words = bare.split(|c: char| !c.is_alphabetic());
    let words = words.filter(|word| word.len() > 1).count();
    let query = ["SELECT ", "WHERE ", " AND ", " IS "];
    let other = query.iter().any(|word| text.contains(word));
    words > 1
        && text.trim().contains(' ')
        && !other
        && !text.contains(['\n', '#'])
        && !text.contains("{{")
}

/// Whether the statement around this line makes a refusal or tells what came of a wish.
fn makes_one(source: &Rust, line: usize) -> bool {
    let mut statement = Vec::new();
    for code in source.code[..line].iter().rev() {
        let code = code.trim();
        let before = code.ends_with(';') || code == "}" || code.ends_with("*/");
        if before && !statement.is_empty() {
            break;
        }
        statement.push(code);
    }
    let has = |word: &str| statement.iter().any(|code| code.contains(word));
    let own = statement.iter().take(2).copied().collect::<String>();
    let other = [
        "doing(",
        "doing_so(",
        "fault(",
        "Fault::new(",
        "warn!(",
        "error!(",
    ];
    MAKES.iter().any(|word| has(word)) && !other.iter().any(|word| own.contains(word))
}

/// A sentence with its values left open.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        shape.push_str(before);
        shape.push_str("{}");
        rest = after.split_once('}').map_or("", |(_, tail)| tail);
    }
    shape + rest
}

#[test]
fn every_sentence_with_values_is_in_every_catalogue() {
    let sentences = sentences();
    assert!(sentences.len() > 400, "{} sentences", sentences.len());
    for (code, _) in LANGUAGES {
        let said: BTreeSet<String> = catalogue(code)
            .iter()
            .map(|line| shape(&line.english))
            .collect();
        let missing: Vec<String> = sentences
            .iter()
            .filter(|(text, _)| !said.contains(&shape(text)))
            .map(|(text, place)| format!("{place} web/text/{code}.json lacks: {text}"))
            .collect();
        if missing.len() * 100 > sentences.len() * MISSING_MAX_PCT {
            none(missing, "translate what the program refuses and tells");
        }
    }
}

#[test]
fn two_values_of_a_sentence_have_names() {
    let unnamed = sentences().into_iter().filter(|(text, _)| {
        let names = placeholders(text);
        names.len() > 1 && names.iter().any(|name| name.is_empty())
    });
    let unnamed = unnamed.map(|(text, place)| format!("{place} {text}"));
    none(
        unnamed.collect(),
        "another language may need them in another order: write {name}, not {}",
    );
}

#[test]
fn no_template_prints_a_sentence_of_the_program_as_it_is() {
    let mut findings = Vec::new();
    for template in below("web/templates/", &[".html"]) {
        for (at, line) in template.text.lines().enumerate() {
            let printed = line.split("{{").skip(1);
            let printed = printed.filter_map(|part| Some(part.split_once("}}")?.0.trim()));
            for what in printed.filter(|what| is_sentence(template.path.as_str(), what)) {
                findings.push(format!("{}:{} {what}", template.path, at + 1));
            }
        }
    }
    none(findings, "say it with `|said`, in the reader's language");
}

/// Whether a template prints a refusal, a banner or a flash here without translating it.
fn is_sentence(path: &str, what: &str) -> bool {
    if what.contains("|said") || what.contains(" if ") || what.contains(',') {
        return false;
    }
    let of_a_page = path.contains("/problem/") && what.starts_with("sentence");
    let bare = what.split(['|', '[']).next().unwrap_or(what);
    let refusal = bare.split('.').any(|part| part == "wrong") && !what.contains('(');
    let told = ["banner.text", "shell.flash.text", "mistake.text"];
    of_a_page || refusal || told.iter().any(|name| what.contains(name))
}

#[test]
fn sentences_are_told_from_other_texts() {
    for (path, what, expected) in [
        ("web/templates/_flash.html", "_(shell.flash.text)", true),
        ("web/templates/_flash.html", "shell.flash.text|said", false),
        ("web/templates/x.html", "may.wrong.tags", true),
        ("web/templates/x.html", "wrong[\"\"]", true),
        (
            "web/templates/x.html",
            "field(_(\"Name\"), \"name\", wrong)",
            false,
        ),
        ("web/templates/problem/x.html", "sentence", true),
        (
            "web/templates/problem/x.html",
            "sentence or _(\"No\")",
            true,
        ),
        ("web/templates/audit/x.html", "sentence", false),
    ] {
        assert_eq!(is_sentence(path, what), expected, "{path} {what}");
    }
    assert_eq!(
        shape("{id} is with {name} already"),
        "{} is with {} already"
    );
    assert!(speaks("{id} is closed") && !speaks("{} {more}"));
}
