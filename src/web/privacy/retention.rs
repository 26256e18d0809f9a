//! How long things are kept, what that would erase now, what is held, what waits for a second
//! person, and what was erased.

use super::HoldLine;
use crate::desk::privacy::{self, holds, retention};
use crate::domain::privacy::{Kind, Subject};
use crate::error::{Error, Refusal, Result};
use crate::web::audit::EventRow;
use crate::web::audit::explorer::row_at;
use crate::web::exchange::Response;
use crate::web::refused::{shown, wrong};
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// `privacy/retention.html`
#[derive(Debug, Clone, Serialize)]
pub struct RetentionPage {
    /// The rules.
    pub rules: Vec<RuleRow>,
    /// Whether the dry run was asked for.
    pub tried: bool,
    /// Whether a second person has to approve what people want erased.
    pub second: bool,
    /// Requests that wait.
    pub requests: Vec<RequestLine>,
    /// What is held.
    pub holds: Vec<HoldLine>,
    /// The newest erasures.
    pub erasures: Vec<EventRow>,
    /// What was typed.
    pub typed: BTreeMap<String, String>,
    /// What is wrong there, by kind.
    pub wrong: BTreeMap<String, String>,
}

/// How long one kind is kept.
#[derive(Debug, Clone, Serialize)]
pub struct RuleRow {
    /// Its word.
    pub kind: &'static str,
    /// In English.
    pub name: &'static str,
    /// For how many days; empty keeps it for ever.
    pub days: String,
    /// The rule's version; 0 if none was ever set.
    pub version: u32,
    /// The event that set it.
    pub seq: Option<u64>,
    /// What would go now: how many, how many held, how many of open cases, whether there is more.
    pub due: Option<(u64, u64, u64, bool)>,
}

/// A request in one line.
#[derive(Debug, Clone, Serialize)]
pub struct RequestLine {
    /// The event.
    pub seq: u64,
    /// What it asks for, as a sentence.
    pub event: EventRow,
}

/// Sealed fields the dry run counts of each kind.
const COUNTED: usize = retention::BATCH;

/// `GET /settings/retention`, with `?try=now` what would go.
pub fn show(visit: &Visit<'_>) -> Result<Response> {
    page(visit, None)
}

/// `POST /settings/retention/messages`
pub fn set(visit: &Visit<'_>, kind: &str) -> Result<Response> {
    let kind: Kind = kind
        .parse()
        .map_err(|_| Refusal::not_found(format!("there is no kind of content {kind}")))?;
    let days = visit.field("days").trim();
    let days = match days.is_empty() {
        true => Ok(None),
        false => days.parse::<u32>().map(Some).map_err(|_| {
            let text = format!("{days} is no number of days; leave it empty to keep it for ever");
            Error::from(Refusal::invalid(text).at("days"))
        }),
    };
    let done = days.and_then(|days| visit.record(move |now| retention::set(now, kind, days)));
    match done {
        Ok(_) => Ok(visit.went_well("/settings/retention", "Saved")),
        Err(Error::Refusal(refusal)) if shown(&refusal) => page(visit, Some((kind, refusal))),
        Err(error) => Err(error),
    }
}

fn page(visit: &Visit<'_>, refused: Option<(Kind, Refusal)>) -> Result<Response> {
    let now = visit.now()?;
    let tried = visit.query("try").is_some();
    let due = match tried {
        true => retention::due(&now, COUNTED)?,
        false => Vec::new(),
    };
    let rules = retention::rules(&now)?.into_iter().map(|rule| {
        let due = due.iter().find(|due| due.rule.kind == rule.kind);
        RuleRow {
            kind: rule.kind.as_str(),
            name: rule.kind.words(),
            days: rule.days.map(|days| days.to_string()).unwrap_or_default(),
            version: rule.version,
            seq: rule.seq.map(|seq| seq.0),
            due: due.map(|due| (due.targets.len() as u64, due.held, due.open, due.more)),
        }
    });
    let rules = rules.collect();
    let row = |seq| row_at(&now, visit.language(), seq).map(|(_, row)| row);
    let held = super::lines(visit, &now, holds::newest(&now)?)?;
    let page = RetentionPage {
        rules,
        tried,
        second: privacy::needs_second(&now)?,
        requests: privacy::requests(&now, true)?
            .into_iter()
            .filter(|request| !matches!(request.wanted.subject, Subject::Rule { .. }))
            .map(|request| {
                Ok(RequestLine {
                    seq: request.seq.0,
                    event: row(request.seq)?,
                })
            })
            .collect::<Result<_>>()?,
        holds: held,
        erasures: privacy::erasures(&now, 50)?
            .into_iter()
            .map(|event| row(event.seq))
            .collect::<Result<_>>()?,
        typed: visit.form.fields.iter().cloned().collect(),
        wrong: match &refused {
            Some((kind, refusal)) => {
                let wrong = wrong(Some(refusal)).into_values();
                wrong.map(|text| (kind.as_str().to_owned(), text)).collect()
            }
            None => BTreeMap::new(),
        },
    };
    let response = visit.page(&now, "privacy/retention.html", &page)?;
    Ok(response.with_status(refused.map_or(200, |(_, refusal)| refusal.status())))
}
