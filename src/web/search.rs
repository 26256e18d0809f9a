//! Search over articles, tickets and customers, over all time.

use crate::domain::moment::Moment;
use serde::Serialize;

/// `search/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct SearchPage {
    /// What was searched for.
    pub q: String,
    /// In what: name in English, address, count where it is known, whether it is this one.
    pub kinds: Vec<(&'static str, String, Option<u64>, bool)>,
    /// What was found, the newest first.
    pub hits: Vec<HitRow>,
    /// What is wrong with the question.
    pub wrong: Option<String>,
    /// More.
    pub older: Option<String>,
}

/// Something that was found.
#[derive(Debug, Clone, Serialize)]
pub struct HitRow {
    /// `article`, `ticket` or `contact`.
    pub kind: &'static str,
    /// Its page.
    pub href: String,
    /// The customer, or the ticket's number and title.
    pub title: String,
    /// The words around, the found ones between U+E000 and U+E001.
    pub snippet: String,
    /// Who wrote it, for an article.
    pub author: Option<String>,
    /// When.
    pub at: Moment,
}
