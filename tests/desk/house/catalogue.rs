//! Catalogues that must stay whole: every event has its sentence, every command and option its
//! place in the handbook. What each event looked like when it was released is kept in the museum.

use super::{
    none,
    reading::{below, block, file, rust},
};
use std::{collections::BTreeSet, process::Command};

/// One kind of event, as the catalogue in `src/domain/event.rs` declares it.
pub struct Kind {
    /// The line of its declaration.
    line: usize,
    /// `TicketEvent::StatusChanged`.
    variant: String,
    /// `ticket.status_changed`.
    name: String,
}

/// Every kind of event the catalogue declares.
pub fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for source in rust("src/domain/event") {
        kinds.extend(kinds_in(&source.code.join("\n")));
    }
    kinds
}

fn kinds_in(code: &str) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (area, events) in areas() {
        let opening = format!("pub enum {events} {{");
        let Some(from) = code.find(&opening) else {
            continue;
        };
        let body = &code[from..from + opening.len() - 1 + block(&code[from + opening.len() - 1..])];
        let first = code[..from].matches('\n').count() + 1;
        for (at, line) in body.lines().enumerate() {
            let indented = line.strip_prefix("    ").unwrap_or_default();
            if indented.starts_with(|c: char| c.is_ascii_uppercase()) {
                let variant = indented
                    .split([' ', '{', '(', ','])
                    .next()
                    .unwrap_or_default();
                kinds.push(Kind {
                    line: first + at,
                    variant: format!("{events}::{variant}"),
                    name: format!("{area}.{}", snake(variant)),
                });
            }
        }
    }
    kinds
}

/// The areas of the catalogue: `Ticket(TicketEvent) "ticket";` gives `("ticket", "TicketEvent")`.
fn areas() -> Vec<(String, String)> {
    let text = file("src/domain/event.rs").map_or("", |file| file.text.as_str());
    let lines = text.lines().filter_map(|line| {
        let (head, word) = line.trim().strip_suffix("\";")?.split_once(") \"")?;
        let (_, events) = head.split_once('(')?;
        events
            .ends_with("Event")
            .then(|| (word.to_owned(), events.to_owned()))
    });
    lines.collect()
}

fn snake(variant: &str) -> String {
    let mut word = String::new();
    for c in variant.chars() {
        if c.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(c.to_ascii_lowercase());
    }
    word
}

/// Whether the site stands so far that it shows the trail.
fn shows_the_trail() -> bool {
    routes().any(|route| route.segments.first() == Some(&"\"audit\""))
}

/// One line of the site's map.
struct Route {
    line: usize,
    method: &'static str,
    /// As written: literals with their quotes, variables, `..`.
    segments: Vec<&'static str>,
}

/// Every route that `src/web/site.rs` lists as `(Get, ["tickets", id]) => …`.
fn routes() -> impl Iterator<Item = Route> {
    let text = file("src/web/site.rs").map_or("", |file| file.text.as_str());
    text.lines().zip(1..).filter_map(|(arm, line)| {
        let (method, rest) = arm.trim_start().strip_prefix('(')?.split_once(", [")?;
        let (segments, after) = rest.split_once("])")?;
        let segments = segments.split(',').map(str::trim);
        let route = Route {
            line,
            method,
            segments: segments.filter(|segment| !segment.is_empty()).collect(),
        };
        after.contains("=>").then_some(route)
    })
}

impl Route {
    /// Whether an address could be this route's: variables take anything.
    fn takes(&self, address: &str) -> bool {
        let path = address.split(['?', '#']).next().unwrap_or_default();
        let given: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let open = self.segments.last().is_some_and(|last| last.contains(".."));
        let fixed = self.segments.len() - usize::from(open);
        let fits = given.len() == fixed || (open && given.len() >= fixed);
        let mut pairs = self.segments.iter().take(fixed).zip(&given);
        fits && pairs.all(|(segment, part)| {
            segment
                .strip_prefix('"')
                .is_none_or(|name| name.trim_end_matches('"') == *part)
        })
    }
}

#[test]
fn every_route_is_visited_by_a_test() {
    if !shows_the_trail() {
        return;
    }
    let tests: Vec<_> = below("tests/", &[".rs"])
        .filter(|file| !file.path.starts_with("tests/desk/house"))
        .collect();
    let words = tests
        .iter()
        .flat_map(|file| file.text.split(['"', ' ', '\'', '`', '\n']));
    let addresses: BTreeSet<&str> = words
        .filter_map(|word| word.find('/').map(|from| &word[from..]))
        .collect();
    let lonely = routes().filter(|route| !addresses.iter().any(|address| route.takes(address)));
    none(
        lonely
            .map(|route| {
                let address = route.segments.join("/").replace('"', "");
                format!("src/web/site.rs:{} {} /{address}", route.line, route.method)
            })
            .collect(),
        "no test in tests/ names an address of this route: ask for it in a page test, as one who \
         may and as one who may not",
    );
}

#[test]
fn routes_are_read_and_compared() {
    let route = |segments: &[&'static str]| Route {
        line: 1,
        method: "Get",
        segments: segments.to_vec(),
    };
    let ticket = route(&["\"tickets\"", "id"]);
    assert!(ticket.takes("/tickets/T-1?x=/y") && ticket.takes("/tickets/{}"));
    assert!(!ticket.takes("/tickets") && !ticket.takes("/tickets/T-1/notes"));
    let assets = route(&["\"assets\"", ".."]);
    assert!(assets.takes("/assets/js/app.js") && !assets.takes("/asset"));
    assert!(route(&[]).takes("/"));
}

#[test]
fn every_event_has_a_sentence() {
    let speakers = rust("src/").filter(|source| {
        let says = |what: &str| source.lines().any(|(_, line)| line.contains(what));
        says("Event::") && (says("fn sentence") || source.path.contains("sentence"))
    });
    let speakers: Vec<_> = speakers.collect();
    if speakers.is_empty() {
        assert!(
            !shows_the_trail(),
            "the site has /audit, but no function `sentence` says what an event tells a person"
        );
        return;
    }
    let said: String = speakers
        .iter()
        .map(|source| source.code.join("\n"))
        .collect();
    let silent = kinds()
        .into_iter()
        .filter(|kind| !said.contains(&kind.variant));
    none(
        silent
            .map(|kind| format!("src/domain/event.rs:{} {}", kind.line, kind.variant))
            .collect(),
        "every event needs a sentence for the timeline (the files that hold `fn sentence`)",
    );
}

#[test]
fn every_event_stands_in_the_museum() {
    const MUSEUM: &str = "tests/golden/events.jsonl";
    let Some(museum) = file(MUSEUM) else {
        assert!(
            kinds().is_empty(),
            "{MUSEUM} is missing: one line of every event's shape"
        );
        return;
    };
    let lines = museum.text.lines().filter_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(line["event"].as_str()?.to_owned())
    });
    let kept: BTreeSet<String> = lines.collect();
    let missing = kinds()
        .into_iter()
        .filter(|kind| !kept.contains(&kind.name));
    none(
        missing
            .map(|kind| format!("src/domain/event.rs:{} {}", kind.line, kind.name))
            .collect(),
        "add one line with an example of the event to tests/golden/events.jsonl; lines that stand \
         there are never changed",
    );
}

#[test]
fn every_command_and_option_is_in_the_handbook() {
    let handbook: String = below("web/help/", &[".md"])
        .map(|page| page.text.as_str())
        .collect();
    if handbook.is_empty() {
        assert!(!shows_the_trail(), "web/help has no pages");
        return;
    }
    let mut findings = Vec::new();
    compare(&handbook, &[], &mut findings);
    none(
        findings,
        "what the program can do stands in its handbook, in the words one types",
    );
}

/// Compares a command and all below it with the handbook.
fn compare(handbook: &str, command: &[&str], findings: &mut Vec<String>) {
    let page = help(command);
    let name = ["trailbox"].iter().chain(command).copied();
    let name = name.collect::<Vec<_>>().join(" ");
    if !handbook.contains(&name) {
        findings.push(format!("web/help:1 says nothing of `{name}`"));
    }
    for option in options(&page) {
        if !handbook.contains(&option) {
            findings.push(format!("web/help:1 says nothing of {option} ({name})"));
        }
    }
    for inner in commands(&page) {
        let inner: Vec<&str> = command.iter().copied().chain([inner.as_str()]).collect();
        compare(handbook, &inner, findings);
    }
}

#[test]
fn every_setting_is_in_the_handbook() {
    let handbook: String = below("web/help/", &[".md"])
        .map(|page| page.text.as_str())
        .collect();
    let text = file("src/desk/settings.rs").map_or("", |file| file.text.as_str());
    let keys = text.lines().zip(1..).filter_map(|(line, at)| {
        let key = line.trim().strip_prefix("key: \"")?.strip_suffix("\",")?;
        Some((key, at))
    });
    let missing = keys.filter(|(key, _)| !handbook.contains(&format!("`{key}`")));
    none(
        missing
            .map(|(key, at)| format!("src/desk/settings.rs:{at} {key}"))
            .collect(),
        "each setting stands in the handbook (web/help) with its meaning and its default",
    );
}

/// What the program says about itself or about one of its commands.
fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_trailbox"))
        .args(words)
        .arg("--help")
        .output()
        .expect("the program runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The commands a help page lists.
fn commands(page: &str) -> Vec<String> {
    let listed = page.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let listed = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let named = listed.filter(|name| !name.is_empty() && *name != "help");
    named.map(str::to_owned).collect()
}

/// The long options a help page lists.
fn options(page: &str) -> Vec<String> {
    let lines = page.lines().map(str::trim_start);
    let lines = lines.filter(|line| line.starts_with('-'));
    let names = lines.filter_map(|line| {
        let from = line.find("--")?;
        let name = line[from..].split([' ', '=', '<', ',', '[', '.']).next()?;
        (!["--help", "--version"].contains(&name)).then(|| name.to_owned())
    });
    names.collect()
}

#[test]
fn help_pages_and_names_are_read() {
    let page = "Usage: trailbox <COMMAND>\n\nCommands:\n  serve  Answer\n  member add\n  help  x\n\n\
                Options:\n      --data <DIR>  Where\n  -h, --help  Print help\n";
    assert_eq!(commands(page), ["serve", "member"]);
    assert_eq!(options(page), ["--data"]);
    assert_eq!(snake("StatusChanged"), "status_changed");
}
