//! The house rules, checked on the repository's own files. A test here fails with every place that
//! breaks its rule, as `file:line`, and with what to do about it. When a rule makes a piece of code
//! worse, change the rule here in the same commit and say why.

mod catalogue;
mod crates;
mod face;
mod reading;
mod rooms;
mod said;
mod shape;
mod texts;
mod unedited;
mod words;

/// Fails with all findings at once, each a line that begins with its place.
#[track_caller]
fn none(findings: Vec<String>, rule: &str) {
    assert!(
        findings.is_empty(),
        "{rule}\n  {}\n{} in all",
        findings.join("\n  "),
        findings.len()
    );
}
