//! Nothing edits or deletes what was said: no route, no event, no right, no statement.

use super::reading::{file, rust};

/// Words of addresses, events and commands that would change or drop what was said.
const FORBIDDEN: [&str; 10] = [
    "edit",
    "delet",
    "destroy",
    "rewrite",
    "overwrite",
    "purge",
    "redact",
    "unsend",
    "update",
    "hide",
];

#[test]
fn no_route_event_right_or_statement_edits_or_deletes_an_article() {
    let site = file("src/web/site.rs").expect("the site's map");
    let acts: Vec<&str> = site
        .text
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with('(') || line.starts_with('"'))
        .filter(|line| line.contains("=>"))
        .collect();
    assert!(acts.len() > 60, "the map is read: {}", acts.len());
    let mut on_articles = 0;
    for act in &acts {
        let words = act.split("=>").next().unwrap_or_default().to_lowercase();
        let bad = FORBIDDEN.iter().find(|word| words.contains(**word));
        assert!(bad.is_none(), "{act} sounds like changing what was said");
        assert!(
            !words.contains("(put,") && !words.contains("(delete,"),
            "{act}"
        );
        if words.contains("\"articles\"") && words.starts_with("(post") {
            on_articles += 1;
            assert!(
                words.contains("\"retry\""),
                "{act}: an article is only sent again"
            );
        }
    }
    assert_eq!(on_articles, 1);

    // Of all events only the provider's own news speak of a change, and they are the customer's.
    for line in include_str!("../../golden/events.jsonl").lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = line["event"].as_str().unwrap();
        let bad = FORBIDDEN.iter().any(|word| name.contains(word));
        assert!(!bad || name == "article.edited", "{name}");
    }
    // An edit by the customer is kept beside what was said first; see `revision`.
    for source in rust("src/") {
        let quiet = ["src/demo/tamper.rs", "src/ledger/verify/"];
        if quiet.iter().any(|path| source.path.starts_with(path)) {
            continue;
        }
        for (line, code) in &source.strings {
            for verb in [
                "UPDATE article",
                "DELETE FROM article",
                "REPLACE INTO article",
            ] {
                let found = code.find(verb).map(|at| &code[at + verb.len()..]);
                let other =
                    |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
                let Some(rest) = found.filter(|rest| !other(rest)) else {
                    continue;
                };
                assert!(
                    rest.trim_start().starts_with("SET provider_id"),
                    "{}:{} {code}",
                    source.path,
                    line
                );
            }
        }
    }
    let rights = &file("src/domain/member.rs").expect("the rights").text;
    let rights = rights.split("pub enum Right {").nth(1).unwrap_or_default();
    let rights = rights.split('}').next().unwrap_or_default().to_lowercase();
    assert!(
        !FORBIDDEN.iter().any(|word| rights.contains(word)),
        "{rights}"
    );
}
