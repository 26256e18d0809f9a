//! The shape of the source: how a file opens, how long it is, and what may not stand in it without
//! a proof beside it.

use super::{
    none,
    reading::{below, block, file, files, in_name, names_at_top, rust, word_in},
};
use std::collections::BTreeSet;

/// What may lie at the top of the repository, and why.
const TOP: [(&str, &str); 11] = [
    ("Cargo.toml", "what it is built from"),
    ("Cargo.lock", "exactly what it is built from"),
    ("src", "the product"),
    ("schema.sql", "the database on a page"),
    ("web", "templates, styles, scripts, handbook"),
    ("examples", "how to use it from outside"),
    ("tests", "what it promises"),
    ("LICENSE", "what others may do with it"),
    ("README.md", "where to begin"),
    (".gitignore", "what is made and not kept"),
    (".ci", "what every submission runs"),
];

/// **Unit:** lines, its tests not counted. A catalogue is as long as what it lists.
const LONG: usize = 500;
const CATALOGUES: [&str; 2] = ["src/domain/event.rs", "src/web/site.rs"];

/// Files that hold two rooms already, with their lines: they may shrink, and nothing joins them.
const OVERGROWN: [(&str, usize); 8] = [
    ("src/demo/stage.rs", 700),
    ("src/desk/articles.rs", 570),
    ("src/desk/channels.rs", 830),
    ("src/desk/conversations.rs", 720),
    ("src/desk/deliveries.rs", 600),
    ("src/desk/members.rs", 530),
    ("src/desk/tickets.rs", 930),
    ("src/ledger/mod.rs", 550),
];

/// **Unit:** characters.
const WIDE: usize = 100;
/// **Unit:** characters. A row of a table that holds a sentence may run on, and the
/// picture of the house in `lib.rs`.
const WIDE_WITH_WORDS: usize = 120;

#[test]
fn the_top_level_holds_only_what_a_newcomer_needs() {
    let names = names_at_top().into_iter();
    let strangers = names.filter(|name| !TOP.iter().any(|(known, _)| known == name));
    none(
        strangers.map(|name| format!("{name}:1")).collect(),
        "nothing lies at the top without a reason: move it, ignore it, or give the reason in TOP",
    );
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let mut findings = Vec::new();
    for folder in ["src/", "tests/", "examples/"] {
        for file in below(folder, &[".rs"]) {
            // A hard decision may follow the opening, in a paragraph of its own.
            let opening = file
                .text
                .lines()
                .take_while(|line| line.starts_with("//! "));
            let lines = opening.count();
            if lines == 0 && !file.text.trim().is_empty() {
                findings.push(format!("{}:1 has no //! lines", file.path));
            } else if lines > 5 && folder == "src/" && file.path != "src/lib.rs" {
                findings.push(format!("{}:1 opens with {lines} lines", file.path));
            }
        }
    }
    none(
        findings,
        "a file opens with one to five lines of //!: what this room is for and what is \
         deliberately not here",
    );
}

#[test]
fn no_source_file_is_long_and_no_line_is_wide() {
    let mut findings = Vec::new();
    for source in rust("src/") {
        let lines = source.lines().count();
        let overgrown = OVERGROWN.iter().find(|(path, _)| *path == source.path);
        let limit = overgrown.map_or(LONG, |(_, lines)| *lines);
        if lines > limit && !CATALOGUES.contains(&source.path) {
            findings.push(format!("{} is longer than {limit}", source.at(lines)));
        }
        let text = file(source.path).map_or("", |file| file.text.as_str());
        for (at, line) in text.lines().enumerate() {
            let width = line.chars().count();
            let mut strings = source.strings.iter();
            let words = strings
                .any(|(from, text)| (*from..=from + text.matches('\n').count()).contains(&at));
            let picture = source.path == "src/lib.rs";
            let limit = if words || picture {
                WIDE_WITH_WORDS
            } else {
                WIDE
            };
            if width > limit && !source.tested[at] {
                findings.push(format!("{} has {width} columns", source.at(at + 1)));
            }
        }
    }
    none(
        findings,
        "a file that grew long usually holds two rooms; a wide line hides its end",
    );
}

#[test]
fn nothing_can_panic_without_a_proof_beside_it() {
    const RISKS: [&str; 5] = [
        ".unwrap()",
        ".expect(\"",
        ".expect(&",
        "panic!",
        "unreachable!",
    ];
    const NEVER: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];
    let mut findings = Vec::new();
    for source in rust("src/") {
        for (line, code) in source.lines() {
            let broken = code.trim_end().ends_with(".expect(").then_some(&".expect(");
            let risks = RISKS.iter().filter(|risk| code.contains(**risk));
            for risk in risks.chain(broken) {
                if !source.proved(line) {
                    findings.push(format!("{} {risk} without a proof", source.at(line)));
                }
            }
            if indexes(code) && !source.proved(line) {
                findings.push(format!("{} an index without a proof", source.at(line)));
            }
            for word in NEVER.iter().filter(|word| word_in(code, word)) {
                findings.push(format!("{} {word}", source.at(line)));
            }
        }
    }
    none(
        findings,
        "answer with a refusal or a fault, take a place with `get`; where it truly cannot happen, a // comment on the line \
         or right above the statement proves it",
    );
}

/// Whether a line takes a place of something: `x[1]`, `f()[a..b]`; the whole, `x[..]`, is safe.
fn indexes(code: &str) -> bool {
    code.match_indices('[').any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let place = before.is_some_and(|c| in_name(c) || c == ')' || c == ']');
        // A JSON value answers null to a name it does not have.
        let harmless = ["[..]", "[\"", "[key]", "[field]", "[name]"];
        place && !harmless.iter().any(|start| code[at..].starts_with(start))
    })
}

#[test]
fn our_own_enums_are_matched_in_full() {
    let closed = closed_enums();
    let mut findings = Vec::new();
    for source in rust("src/") {
        let lines = (0..source.code.len()).map(|at| match source.tested[at] {
            true => "",
            false => source.code[at].as_str(),
        });
        let code = lines.collect::<Vec<_>>().join("\n");
        for (from, _) in code.match_indices("match ") {
            if code[..from].ends_with(in_name) {
                continue;
            }
            let Some(open) = code[from..].find('{') else {
                continue;
            };
            let body = &code[from + open..from + open + block(&code[from + open..])];
            let arms = arms(body);
            let ours = arms.iter().find_map(|(_, pattern)| {
                let head = pattern.split("::").next()?.trim_start_matches(['&', '(']);
                let named = pattern.contains("::") && closed.contains(head);
                named.then(|| head.to_owned())
            });
            // One arm and a wildcard is an `if let`, which swallows nothing that has a place.
            let wild = arms
                .iter()
                .find(|(_, pattern)| *pattern == "_" && arms.len() > 2);
            if let (Some(name), Some((at, _))) = (ours, wild) {
                let line = code[..from + open + at].matches('\n').count() + 1;
                if source.comments[line - 1].starts_with("//") {
                    continue; // says beside it what all the others have in common
                }
                findings.push(format!("{} `_ =>` swallows {name}", source.at(line)));
            }
        }
    }
    none(
        findings,
        "name every variant (`A | B => …`), so that the compiler asks when a new one comes; or say \
         beside the wildcard what all the others have in common",
    );
}

/// The enums that name events, statuses and refusals: those declared in src/ under such names.
fn closed_enums() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for source in rust("src/") {
        for (_, code) in source.lines() {
            if let Some((_, rest)) = code.split_once("enum ") {
                let name: String = rest.chars().take_while(|c| in_name(*c)).collect();
                let ours = ["Event", "Status", "Category", "Refusal", "RefusalKind"];
                if ours.iter().any(|end| name.ends_with(end)) {
                    names.insert(name);
                }
            }
        }
    }
    names
}

/// The patterns of a match, each with where it stands in the body.
fn arms(body: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut start, mut arms) = (0, 1, Vec::new());
    let mut in_pattern = true;
    for (at, c) in body.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth != 1 {
            continue;
        }
        if in_pattern && body[at..].starts_with("=>") {
            let from = start + (body[start..at].len() - body[start..at].trim_start().len());
            arms.push((from, body[from..at].trim_end()));
            in_pattern = false;
        } else if c == ',' || (!in_pattern && c == '}') {
            // `A => {}` ends its arm without a comma; what follows begins the next, unless it is
            // the rest of `if … {} else {},`, which the comma at its end then discards.
            (start, in_pattern) = (at + 1, true);
        }
    }
    arms
}

#[test]
fn no_test_is_ignored_and_nothing_is_left_to_do() {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("#[", "ignore"),
    ];
    let mut findings = Vec::new();
    for file in files().iter().filter(|file| file.path != "Cargo.lock") {
        for (at, line) in file.text.lines().enumerate() {
            for mark in marks.iter().filter(|mark| word_in(line, mark)) {
                findings.push(format!("{}:{} {mark}", file.path, at + 1));
            }
        }
    }
    none(
        findings,
        "do it, or open an issue; a test that fails is mended, or asserts what is wrong and says why",
    );
}

#[test]
fn an_index_is_told_from_a_type_a_macro_and_an_attribute() {
    for safe in [
        "#[test]",
        "vec![1]",
        "x: [u8; 3]",
        "&x[..]",
        "<[u8]>",
        "let [a, b] = c",
    ] {
        assert!(!indexes(safe), "{safe}");
    }
    for risky in ["x[1]", "f()[0]", "x[0][..]", "text[at..]"] {
        assert!(indexes(risky), "{risky}");
    }
}

#[test]
fn the_arms_of_a_match_are_read() {
    let body = "{\n  Event::A { x, .. } => f(x),\n  Event::B(_) | Event::C => { g() }\n  X => if x { 1 } else { 2 },\n  _ => h(),\n}";
    let patterns: Vec<&str> = arms(body).into_iter().map(|(_, p)| p).collect();
    assert_eq!(
        patterns,
        ["Event::A { x, .. }", "Event::B(_) | Event::C", "X", "_"]
    );
    let (at, _) = arms(body)[3];
    assert!(body[at..].starts_with("_ =>"));
}
