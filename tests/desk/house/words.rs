//! Words that must not stand in the repository: paths of somebody's machine, hosts of package
//! registries, claims the product does not make.

use super::{none, reading::files};

#[test]
fn no_file_names_a_machine_or_a_registry() {
    // Written in two parts, so that this file does not break its own rule.
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("C:", "\\Users"),
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("npm", "js.org"),
        concat!("npm", "js.com"),
        concat!("deb.", "debian.org"),
        concat!("static.", "rust-lang.org"),
    ];
    let mut findings = Vec::new();
    for file in files().iter().filter(|file| file.path != "Cargo.lock") {
        for (at, line) in file.text.lines().enumerate() {
            for word in words.iter().filter(|word| stands_in(line, word)) {
                findings.push(format!("{}:{} names {word}", file.path, at + 1));
            }
        }
    }
    none(
        findings,
        "the repository stands alone: write paths from its top, name packages without their host",
    );
}

/// Whether the word stands in the line with nothing before it that makes it part of another path.
fn stands_in(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.')
    })
}

#[test]
fn nothing_claims_to_be_tamper_proof() {
    let claims = [concat!("tamper", "-proof"), concat!("tamper", "proof")];
    let mut findings = Vec::new();
    for file in files() {
        for (at, line) in file.text.lines().enumerate() {
            let line = line.to_lowercase();
            let denied = line.contains("not ") || line.contains("never ");
            if claims.iter().any(|claim| line.contains(claim)) && !denied {
                findings.push(format!("{}:{}", file.path, at + 1));
            }
        }
    }
    none(
        findings,
        "say tamper-evident: what is edited is found, not prevented",
    );
}
