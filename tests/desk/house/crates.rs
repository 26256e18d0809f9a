//! What the product is built from: every direct dependency is on the card below, every licence in
//! the whole tree is one a free product may ship, and some crates never come in.

use super::{none, reading::file};
use serde_json::Value;
use std::process::Command;

/// The card: every library the repository may name in Cargo.toml. A new one comes with a paragraph
/// in its commit: what it replaces, its licence, what it brings along.
const CARD: &str = "
    rusqlite tiny_http serde serde_json minijinja rust-embed time clap
    hyper hyper-util http-body-util tokio rustls tokio-rustls signal-hook sd-notify rustix
    sha2 hmac ed25519-dalek argon2 getrandom data-encoding totp-rs cookie jiff
    ureq lettre webpki-roots mail-parser async-imap phonenumber ammonia html2text pulldown-cmark linkify whatlang
    unicode-normalization unicode-segmentation csv rust_xlsxwriter zip flate2 qrcode schemars
    form_urlencoded percent-encoding infer tracing tracing-subscriber prometheus-client
    anstream anstyle indicatif comfy-table rpassword clap_complete clap_mangen
    brotli insta proptest tempfile fastrand ct-merkle signed_note tlog_tiles
";

/// Crates that never come in, directly or by another: C libraries where Rust does, dead ones, and
/// those with known faults.
const NEVER: [&str; 12] = [
    "aws-lc-sys",
    "aws-lc-rs",
    "openssl-sys",
    "native-tls",
    "chrono",
    "chrono-tz",
    "time-tz",
    "multipart",
    "rustls-pemfile",
    "anyhow",
    "thiserror",
    "regex",
];
/// Of these, the ones another crate may bring along; only we do not name them ourselves.
const NOT_OURS: [&str; 4] = ["chrono", "anyhow", "thiserror", "regex"];

/// Licences that ask for nothing but a notice, and MPL, which stays with its own files.
const LICENCES: [&str; 13] = [
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "MPL-2.0",
    "Unicode-3.0",
    "CDLA-Permissive-2.0",
];

/// The libraries Cargo.toml names, as code names them.
pub fn direct_dependencies() -> Vec<String> {
    let names = dependency_lines().into_iter().map(|(_, name)| name);
    names.map(|name| name.replace('-', "_")).collect()
}

#[test]
fn every_direct_dependency_is_on_the_card() {
    let card: Vec<&str> = CARD.split_whitespace().collect();
    let strangers = dependency_lines().into_iter();
    let strangers = strangers.filter(|(_, name)| !card.contains(&name.as_str()));
    none(
        strangers
            .map(|(line, name)| format!("Cargo.toml:{line} {name}"))
            .collect(),
        "a new library needs its paragraph in the commit and its name on the card in \
         tests/desk/house/crates.rs",
    );
}

#[test]
fn every_crate_in_the_tree_may_be_shipped() {
    let mut findings = Vec::new();
    for package in tree() {
        let word = |key: &str| package[key].as_str().unwrap_or_default();
        let (name, licence) = (word("name"), word("license"));
        if NEVER.contains(&name) && !NOT_OURS.contains(&name) {
            findings.push(format!("Cargo.lock:1 {name} never comes in"));
        }
        if !permits(licence) {
            findings.push(format!("Cargo.lock:1 {name} is under {licence:?}"));
        }
    }
    let ours = dependency_lines().into_iter();
    let ours = ours.filter(|(_, name)| NEVER.contains(&name.as_str()));
    findings.extend(ours.map(|(line, name)| format!("Cargo.toml:{line} {name}")));
    none(
        findings,
        "this crate cannot be shipped: switch off the feature that brings it, or do without \
         (`cargo tree -i NAME` says who wants it)",
    );
}

#[test]
fn every_crate_comes_from_the_one_registry() {
    let lock = file("Cargo.lock").expect("Cargo.lock is committed");
    let index = concat!("registry+https://github.com/rust-lang/crates", ".io-index");
    let lines = lock.text.lines().enumerate();
    let strangers =
        lines.filter(|(_, line)| line.starts_with("source = ") && !line.contains(index));
    none(
        strangers
            .map(|(at, line)| format!("Cargo.lock:{} {line}", at + 1))
            .collect(),
        "a crate comes from the public registry, never from a branch or a folder",
    );
}

/// The lines of Cargo.toml that name a dependency, with its package name.
fn dependency_lines() -> Vec<(usize, String)> {
    let manifest = file("Cargo.toml").expect("there is a Cargo.toml");
    let (mut section, mut found) = (String::new(), Vec::new());
    for (at, line) in manifest.text.lines().enumerate() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
        } else if section.ends_with("dependencies")
            && let Some((name, _)) = line.split_once([' ', '=', '.'])
            && !name.starts_with('#')
            && !name.is_empty()
        {
            found.push((at + 1, name.to_owned()));
        }
    }
    found
}

/// Every package of the tree for this machine, as cargo itself resolves it from the lock file.
fn tree() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let run = |program: &str, args: &[&str]| {
        let output = Command::new(program)
            .args(args)
            .current_dir(super::reading::top())
            .output();
        let output = output.unwrap_or_else(|error| panic!("cannot run {program}: {error}"));
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program} {args:?}: {complaint}");
        String::from_utf8(output.stdout).expect("cargo writes UTF-8")
    };
    let version = run(&cargo, &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let metadata = run(
        &cargo,
        &[
            "metadata",
            "--locked",
            "--offline",
            "--format-version=1",
            "--filter-platform",
            host.expect("cargo names its host"),
        ],
    );
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages.clone()
}

/// Whether a licence expression can be met with permitted licences alone: one side of every OR,
/// both sides of every AND. The old slash means OR.
fn permits(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (permitted, rest) = either(&words);
    permitted && rest.is_empty()
}

fn either<'a>(words: &'a [&'a str]) -> (bool, &'a [&'a str]) {
    let (mut permitted, mut rest) = both(words);
    while let Some(("OR", after)) = rest.split_first().map(|(word, after)| (*word, after)) {
        let (other, after) = both(after);
        (permitted, rest) = (permitted || other, after);
    }
    (permitted, rest)
}

fn both<'a>(words: &'a [&'a str]) -> (bool, &'a [&'a str]) {
    let (mut permitted, mut rest) = one(words);
    while let Some(("AND", after)) = rest.split_first().map(|(word, after)| (*word, after)) {
        let (other, after) = one(after);
        (permitted, rest) = (permitted && other, after);
    }
    (permitted, rest)
}

fn one<'a>(words: &'a [&'a str]) -> (bool, &'a [&'a str]) {
    match words {
        ["(", inside @ ..] => {
            let (permitted, rest) = either(inside);
            (permitted, rest.strip_prefix(&[")"]).unwrap_or(rest))
        }
        [licence, "WITH", exception, rest @ ..] => {
            let whole = format!("{licence} WITH {exception}");
            (LICENCES.contains(&whole.as_str()), rest)
        }
        [licence, rest @ ..] => (LICENCES.contains(licence), rest),
        [] => (false, words),
    }
}

#[test]
fn licences_are_read_as_expressions() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "Unlicense OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "ISC AND (Apache-2.0 OR ISC)",
    ] {
        assert!(permits(good), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-2.0-only",
        "LGPL-2.1 OR AGPL-3.0",
    ] {
        assert!(!permits(bad), "{bad}");
    }
}
