//! Which room may name which: imports point down only, and an outside library stays in the rooms
//! that have a use for it. A new room at the top of `src/` gets its line here, with its reason.

use super::{
    none,
    reading::{Rust, block, in_name, rust, word_in},
};

/// Each room and the rooms it may name; `lib.rs` only lists them.
const ROOMS: [(&str, &[&str]); 14] = [
    ("error", &[]),
    ("domain", &["error"]),
    ("config", &["error", "domain"]),
    ("ledger", &["error", "domain", "config"]),
    ("channels", &["error", "domain", "config"]),
    ("desk", &["error", "domain", "config", "ledger"]),
    ("export", BELOW),
    // A bundle holds the table that export makes, of the same columns.
    (
        "evidence",
        &["error", "domain", "config", "ledger", "desk", "export"],
    ),
    // It stands on another machine and knows checkpoints alone.
    ("witness", &["error", "domain", "config", "ledger"]),
    ("jobs", BELOW),
    // A page hands out what export writes, and wakes the hands when there is work for them.
    (
        "web",
        &[
            "error", "domain", "config", "ledger", "channels", "desk", "evidence", "export", "jobs",
        ],
    ),
    // The demo plays a provider and its customers, and serves the desk it made.
    ("demo", ALL),
    // The command line starts and stops all the others.
    ("cli", ALL),
    ("main", ALL),
];

const BELOW: &[&str] = &["error", "domain", "config", "ledger", "channels", "desk"];
const ALL: &[&str] = &[
    "error", "domain", "config", "ledger", "channels", "desk", "evidence", "export", "witness",
    "jobs", "web", "demo", "cli",
];

/// Outside libraries and the only places that may name them: a room, or one file of it.
const KEPT: [(&str, &[&str]); 30] = [
    ("zip", &["src/evidence/", "src/export/"]),
    ("qrcode", &["src/evidence/"]),
    ("rusqlite", &["src/ledger/"]),
    ("jiff", &["src/domain/calendar.rs"]),
    ("phonenumber", &["src/domain/phone.rs"]),
    ("tiny_http", FACE),
    ("hyper", FACE),
    ("hyper_util", FACE),
    ("http_body_util", FACE),
    ("tokio", FACE),
    ("tokio_rustls", FACE),
    ("rustls", &["src/web/", "src/channels/email/"]),
    ("lettre", &["src/channels/email/"]),
    ("mail_parser", &["src/channels/email/"]),
    ("ammonia", &["src/channels/email/"]),
    ("cookie", FACE),
    (
        "form_urlencoded",
        &[
            "src/web/",
            "src/channels/",
            "src/demo",
            "src/cli/evidence.rs",
        ],
    ),
    ("minijinja", FACE),
    ("rust_embed", FACE),
    ("pulldown_cmark", FACE),
    ("linkify", FACE),
    ("ureq", &["src/channels/", "src/jobs/", "src/demo"]),
    ("ed25519_dalek", &["src/ledger/"]),
    ("clap", HANDS_ON),
    ("indicatif", HANDS_ON),
    ("comfy_table", HANDS_ON),
    ("rpassword", HANDS_ON),
    ("anstream", HANDS_ON),
    ("anstyle", HANDS_ON),
    // Dice for stories, salts of seeded desks and jitter; nothing that must stay secret.
    (
        "fastrand",
        &["src/demo", "src/ledger/chance.rs", "src/web/front"],
    ),
];

const FACE: &[&str] = &["src/web/"];
const HANDS_ON: &[&str] = &["src/cli", "src/main.rs", "src/demo"];

/// What the domain may name of the outside world.
const DOMAIN: [&str; 7] = [
    "std",
    "core",
    "serde",
    "serde_json",
    "time",
    "jiff",
    "phonenumber",
];

#[test]
fn imports_point_down_only() {
    let mut findings = Vec::new();
    for source in rust("src/") {
        let room = room_of(source.path);
        if room == "lib" {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            let path = source.path;
            findings.push(format!("{path}:1 the room {room} has no line in ROOMS"));
            continue;
        };
        for (line, named) in rooms_named(source) {
            let known = ROOMS.iter().any(|(name, _)| *name == named);
            if known && named != room && !allowed.contains(&named.as_str()) {
                let at = source.at(line);
                findings.push(format!("{at} {room} must not know {named}"));
            }
        }
    }
    none(
        findings,
        "imports point down only (see the map above this test): move the code to the room it \
         speaks of, or pass in what it needs",
    );
}

#[test]
fn each_outside_library_stays_in_its_rooms() {
    let mut findings = Vec::new();
    for source in rust("src/") {
        for (line, code) in source.lines() {
            for (library, places) in KEPT {
                let at_home = places.iter().any(|place| source.path.starts_with(place));
                if !at_home && names_library(code, library) {
                    let at = source.at(line);
                    findings.push(format!("{at} {library} is named only in {places:?}"));
                }
            }
        }
    }
    none(
        findings,
        "an outside library stays in its rooms: ask the room that has it",
    );
}

#[test]
fn the_domain_sees_only_std_serde_and_time() {
    let libraries = super::crates::direct_dependencies();
    let mut findings = Vec::new();
    for source in rust("src/domain/") {
        for (line, code) in source.lines() {
            for library in &libraries {
                if !DOMAIN.contains(&library.as_str()) && names_library(code, library) {
                    findings.push(format!("{} names {library}", source.at(line)));
                }
            }
            for room in ["fs", "net", "process", "thread", "env"] {
                if code.contains(&format!("std::{room}")) {
                    findings.push(format!("{} names std::{room}", source.at(line)));
                }
            }
        }
    }
    none(
        findings,
        "the domain holds words and rules: no library but serde and time, no file, no socket, no \
         thread",
    );
}

#[test]
fn the_clock_is_asked_by_the_ledger_and_the_doors_alone() {
    const CLOCKS: [&str; 6] = [
        "SystemTime::now",
        "Moment::of_system_clock",
        "OffsetDateTime::now_utc",
        "UtcDateTime::now",
        "Timestamp::now",
        "Zoned::now",
    ];
    const PLACES: [&str; 7] = [
        "src/domain/moment.rs",
        "src/ledger/",
        "src/web/front",
        "src/jobs/",
        "src/cli",
        "src/main.rs",
        "src/demo",
    ];
    let mut findings = Vec::new();
    for source in rust("src/") {
        if PLACES.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        for (line, code) in source.lines() {
            for clock in CLOCKS.iter().filter(|clock| word_in(code, clock)) {
                findings.push(format!("{} asks {clock}", source.at(line)));
            }
        }
    }
    none(
        findings,
        "a decider takes the time from `now`, a page from the present it reads; only the ledger \
         and those who wake it ask the system's clock",
    );
}

#[test]
fn the_desk_knows_neither_http_nor_a_provider() {
    const WORDS: [&str; 9] = [
        "http",
        "Http",
        "HTTP",
        "StatusCode",
        "wamid",
        "graph",
        "facebook",
        "x-hub",
        "cookie",
    ];
    let mut findings = Vec::new();
    for source in rust("src/desk/") {
        // What a channel is connected to is a setting of the desk.
        if source.path == "src/desk/channels.rs" {
            continue;
        }
        let strings = source.said();
        for (line, text) in source.lines().chain(strings) {
            for word in WORDS.iter().filter(|word| word_in(text, word)) {
                findings.push(format!("{} says {word}", source.at(line)));
            }
        }
    }
    none(
        findings,
        "the desk never knows HTTP or a provider: such words belong to web or channels",
    );
}

#[test]
fn sql_stands_in_the_ledger_and_the_desk_alone() {
    let mut findings = Vec::new();
    for source in rust("src/") {
        // The tamper drill writes behind the program's back: that is its point.
        let homes = ["src/ledger/", "src/desk/", "src/demo/tamper.rs"];
        let home = homes.iter().any(|home| source.path.starts_with(home));
        for (line, text) in source.said() {
            if !home && is_sql(text) {
                findings.push(format!("{} holds SQL", source.at(line)));
            }
        }
    }
    none(
        findings,
        "queries stand in the function of the desk (or the ledger) that asks them: add a question \
         there",
    );
}

#[test]
fn sql_is_put_together_from_constants_alone() {
    let mut findings = Vec::new();
    for source in rust("src/desk/") {
        for (line, text) in source.said() {
            let made = source.code[line - 1].contains("format!(")
                || (line > 1 && source.code[line - 2].trim_end().ends_with("format!("));
            if made && is_sql(text) && !of_constants(text) && !source.proved(line) {
                findings.push(format!("{} formats SQL", source.at(line)));
            }
        }
    }
    none(
        findings,
        "values go into named parameters, optional filters into (:x IS NULL OR …); where pieces \
         other than a CONSTANT are put in, a comment proves what they can be",
    );
}

/// Whether all that is put into the text is named in capitals.
fn of_constants(text: &str) -> bool {
    let pieces = text.split('{').skip(1);
    pieces
        .map(|piece| piece.split('}').next().unwrap_or_default())
        .all(|piece| !piece.is_empty() && piece.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
}

fn is_sql(text: &str) -> bool {
    const BEGINNINGS: [&str; 7] = [
        "SELECT ",
        "INSERT INTO ",
        "INSERT OR ",
        "UPDATE ",
        "DELETE FROM ",
        "CREATE ",
        "WITH ",
    ];
    const ENDS: [&str; 5] = [" FROM ", " VALUES", " SET ", " AS (", " TABLE "];
    let text = format!("{} ", text.split_whitespace().collect::<Vec<_>>().join(" "));
    BEGINNINGS.iter().any(|start| text.starts_with(start))
        && (text.starts_with("DELETE FROM ") || ENDS.iter().any(|end| text.contains(end)))
}

/// `src/desk/sla.rs` is of the room `desk`, `src/error.rs` of `error`.
fn room_of(path: &str) -> &str {
    let inside = path.trim_start_matches("src/");
    inside.split(['/', '.']).next().unwrap_or_default()
}

/// Every room a file names as `crate::room` or `trailbox::room`, also in a group of imports.
fn rooms_named(source: &Rust) -> Vec<(usize, String)> {
    let code: Vec<&str> = (0..source.code.len())
        .map(|at| {
            if source.tested[at] {
                ""
            } else {
                source.code[at].as_str()
            }
        })
        .collect();
    let code = code.join("\n");
    let mut named = Vec::new();
    for start in ["crate::", "trailbox::"] {
        for (at, _) in code.match_indices(start) {
            let line = code[..at].matches('\n').count() + 1;
            let rest = &code[at + start.len()..];
            let names = match rest.starts_with('{') {
                true => heads(&rest[..block(rest)]),
                false => vec![name(rest)],
            };
            named.extend(names.into_iter().map(|name| (line, name)));
        }
    }
    named
}

/// The first names in a group of imports: `{desk::sla, error::{A, B}}` names desk and error.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut heads, mut fresh) = (0, Vec::new(), false);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 1 && (c == '{' || c == ',') {
            fresh = true;
        } else if fresh && in_name(c) {
            heads.push(name(&group[at..]));
            fresh = false;
        }
    }
    heads
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| in_name(*c)).collect()
}

/// Whether a line of code names this library: `library::…`, or `use library;`.
fn names_library(code: &str, library: &str) -> bool {
    let path = format!("{library}::");
    code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| in_name(c) || c == ':' || c == '.')
    }) || code.contains(&format!("use {library};"))
        || code.contains(&format!("use {library} as"))
}

#[test]
fn groups_of_imports_are_taken_apart() {
    let group = "{\n  desk::{sla, kpi},\n  error::Result, web\n}";
    assert_eq!(heads(group), ["desk", "error", "web"]);
    assert!(names_library("use time::Date;", "time"));
    assert!(!names_library("std::time::Instant", "time"));
    assert!(is_sql("\n  SELECT seq\n  FROM event") && !is_sql("WITH the customer"));
}
