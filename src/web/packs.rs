//! Packs on pages: the list, one of them, and its forms.

pub mod show;

use crate::domain::moment::Moment;
use crate::web::audit::{EventRow, ObjectLink};
use serde::Serialize;
use std::collections::BTreeMap;

/// `packs/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct PacksPage {
    /// The packs, the newest first.
    pub packs: Vec<PackLine>,
    /// Whether only those that are not decided are listed.
    pub undecided: bool,
    /// Whether the reader may open one.
    pub may: bool,
    /// What was typed into the form.
    pub typed: BTreeMap<String, String>,
    /// What is wrong there.
    pub wrong: BTreeMap<String, String>,
}

/// A pack in one line.
#[derive(Debug, Clone, Serialize)]
pub struct PackLine {
    /// Which.
    pub id: u64,
    /// What it is about.
    pub title: Option<String>,
    /// The case.
    pub object: ObjectLink,
    /// What came of it, in English; none while it is open.
    pub outcome: Option<&'static str>,
    /// When it was opened.
    pub opened_at: Moment,
}

/// `packs/show.html`
#[derive(Debug, Clone, Serialize)]
pub struct PackPage {
    /// The pack in one line.
    pub pack: PackLine,
    /// What each side said; empty ones to be filled in behind.
    pub sides: Vec<(String, String)>,
    /// What was found.
    pub finding: String,
    /// What was decided.
    pub decision: Option<String>,
    /// When.
    pub decided_at: Option<Moment>,
    /// The pinned events, in the order they happened.
    pub pins: Vec<PinRow>,
    /// With whom it is shared.
    pub shared: Vec<String>,
    /// What those concerned answered, oldest first.
    pub answers: Vec<AnswerRow>,
    /// Whether the reader may answer.
    pub may_answer: bool,
    /// The case over time, where its events are pinned.
    pub case_href: String,
    /// Members it may be shared with, id and name.
    pub members: Vec<(String, String)>,
    /// The newest events of the case, to pin one.
    pub offered: Vec<EventRow>,
    /// The outcomes, word and English.
    pub outcomes: Vec<(&'static str, &'static str)>,
    /// What happened to the pack, oldest first.
    pub history: Vec<EventRow>,
    /// Whether the reader may change it.
    pub may: bool,
    /// Whether the reader may export.
    pub may_export: bool,
    /// The question that finds what is pinned, for the export.
    pub question: String,
    /// What was typed into a form.
    pub typed: BTreeMap<String, String>,
    /// What is wrong there.
    pub wrong: BTreeMap<String, String>,
}

/// What somebody concerned answered.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerRow {
    /// The event.
    pub seq: u64,
    /// Who.
    pub name: String,
    /// When.
    pub at: Moment,
    /// What they say; none once erased.
    pub text: Option<String>,
    /// Who erased that.
    pub removed: Option<crate::web::privacy::Removed>,
}

/// A pinned event.
#[derive(Debug, Clone, Serialize)]
pub struct PinRow {
    /// The event.
    pub event: EventRow,
    /// What it is to show.
    pub remark: Option<String>,
    /// What was said in it.
    pub said: Option<String>,
    /// Who erased that.
    pub removed: Option<crate::web::privacy::Removed>,
    /// Whether its hash is still the one that was pinned.
    pub stands: bool,
    /// The hash. **Unit:** base64.
    pub leaf: String,
}
