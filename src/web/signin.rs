//! Signing in, the first run, and the pages that refuse or fail.

use serde::Serialize;
use std::collections::BTreeMap;

/// `signin/login.html`
#[derive(Debug, Clone, Serialize, Default)]
pub struct LoginPage {
    /// What was typed, never the password.
    pub email: String,
    /// Where to go afterwards.
    pub next: String,
    /// What is wrong, by field; the sentence for the whole form has no field.
    pub wrong: BTreeMap<String, String>,
    /// Sample accounts of the demo: name, e-mail, password.
    pub demo: Vec<(String, String, String)>,
}

/// `signin/setup.html`: the first run.
#[derive(Debug, Clone, Serialize, Default)]
pub struct SetupPage {
    /// What was typed, by field: `code`, `desk`, `name`, `email`.
    pub typed: BTreeMap<String, String>,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
}

/// `signin/key.html`: the verifier key, to be written down.
#[derive(Debug, Clone, Serialize)]
pub struct KeyPage {
    /// The key.
    pub vkey: String,
    /// Its short form, to compare by eye.
    pub fingerprint: String,
}

/// `problem/*.html`: a refusal or a fault as a page.
#[derive(Debug, Clone, Serialize)]
pub struct ProblemPage {
    /// The HTTP status.
    pub status: u16,
    /// The sentence of the refusal; empty for a fault.
    pub sentence: String,
    /// The right that is missing, in words.
    pub right: Option<String>,
    /// The number to look for in the log.
    pub incident: Option<String>,
    /// After how many seconds to try again.
    pub retry_after_s: Option<u64>,
}
