//! Rounds: every page that links lead to, on a desk full of work, looked at as a person with every
//! right sees it. New pages need no line here: whatever a page links to is visited.

use crate::desk::Desk;
use crate::driver::{Browser, DESKTOP, PHONE};
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};

/// Most pages of one round; reaching it means that the way addresses are told apart is too fine.
const PAGES_MAX: usize = 200;

/// How many pages of one kind (`/tickets/T-…`) are looked at.
const OF_A_KIND: usize = 3;

/// An address without what makes one page of a kind another: ids and what is asked for.
fn kind(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let is_id = |word: &str| word.chars().any(|c| c.is_ascii_digit());
    let words = path.split('/');
    let words: Vec<&str> = words.map(|w| if is_id(w) { "…" } else { w }).collect();
    words.join("/")
}

/// Whether a link leads to a page, and not to a file, out of the desk or out of the session.
fn is_page(path: &str) -> bool {
    let files = [
        "/files/",
        "/assets/",
        "/articles/",
        "/export",
        "/avatar",
        "/api/",
    ];
    path.starts_with('/') && !files.iter().any(|word| path.contains(word))
}

fn round(size: (u32, u32), scheme: &str, email: &str) {
    let desk = Desk::demo();
    let browser = Browser::start();
    browser.resize(size);
    browser.prefer(scheme);
    browser.open(&format!("{}/login", desk.origin));
    browser.fill(&browser.role("textbox", "E-mail"), email);
    browser.fill(&browser.find("input[type=password]"), "noor-and-mar");
    browser.follow(|| browser.role("button", "Sign in"));
    let mut waiting: VecDeque<String> = ["/inbox", "/tickets", "/contacts", "/audit", "/settings"]
        .map(str::to_owned)
        .into();
    let (mut seen, mut kinds) = (BTreeSet::new(), Vec::<String>::new());
    let mut findings = Vec::<String>::new();
    while let Some(path) = waiting.pop_front() {
        let kind = kind(&path);
        let before = kinds.iter().filter(|known| **known == kind).count();
        if before >= OF_A_KIND || !seen.insert(path.clone()) {
            continue;
        }
        kinds.push(kind);
        assert!(kinds.len() <= PAGES_MAX, "too many pages: {kinds:#?}");
        let known = findings.len();
        browser.open(&format!("{}{path}", desk.origin));
        if !browser.url().ends_with(&path) {
            continue; // a file, which the browser keeps, or a page that sends on to another
        }
        let over = browser.script(
            "return document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth",
            json!([]),
        );
        if over != json!(0) {
            findings.push(format!("{path} scrolls sideways by {over} px"));
        }
        findings.extend(
            browser
                .axe()
                .into_iter()
                .map(|line| format!("{path}: {line}")),
        );
        for (level, line) in browser.console() {
            if level == "SEVERE" || level == "WARNING" {
                findings.push(format!("{path}: the console says {line}"));
            }
        }
        browser.forget_console();
        for finding in findings.get(known..).unwrap_or_default() {
            println!("{finding}");
        }
        let links = browser.script(
            "return [...document.querySelectorAll('a[href]')]
                .filter(a => a.origin === location.origin && !a.hasAttribute('download'))
                .map(a => a.pathname + a.search)",
            json!([]),
        );
        for link in links.as_array().into_iter().flatten() {
            let link = link.as_str().unwrap_or_default();
            if is_page(link) && !link.starts_with("/logout") {
                waiting.push_back(link.to_owned());
            }
        }
    }
    println!("{} pages at {}×{}, {scheme}", kinds.len(), size.0, size.1);
    assert!(kinds.len() > 30, "too few pages: {kinds:#?}");
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    browser.inspect(&desk.origin);
}

#[test]
fn every_page_is_in_order_at_a_desk_in_the_dark() {
    round(DESKTOP, "dark", "noor@noor-and-mar.example");
}

#[test]
fn every_page_is_in_order_on_a_phone_in_the_light() {
    round(PHONE, "light", "noor@noor-and-mar.example");
}
