//! The events of a question that one report does not hold: numbered parts of a stated size, each a
//! report of its own with header, page numbers and checkpoint.

use super::EVENTS_MAX;
use crate::desk::audit::filter::{self, Filter};
use crate::domain::id::Seq;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;

/// Most parts of one report: ten million events.
const PARTS_MAX: usize = 2_000;

/// `print/parts.html`
#[derive(Debug, Clone, Serialize)]
struct PartsPage {
    /// What was asked.
    question: String,
    /// The paper.
    paper: String,
    /// How many events pass in all.
    events: u64,
    /// How many stand in a part at most.
    most: u32,
    /// The parts, the oldest events first.
    parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its number, from 1.
    pub no: usize,
    /// Of how many.
    pub of: usize,
    /// Its first event.
    pub first: u64,
    /// Its last event.
    pub last: u64,
    /// How many events it holds.
    pub events: u64,
}

/// Whether all events that pass fit one report.
pub fn fits(now: &Now<'_>, wanted: &Filter) -> Result<bool> {
    Ok(filter::all(now, wanted, EVENTS_MAX + 1)?.len() <= EVENTS_MAX as usize)
}

/// The parts of what passes, the oldest first. Only the oldest one is smaller than a part may be.
///
/// **Limit:** memory for one part.
pub fn of(now: &Now<'_>, wanted: &Filter) -> Result<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    let mut page = wanted.clone();
    loop {
        let found = filter::all(now, &page, EVENTS_MAX)?;
        let (Some(last), Some(first)) = (found.first(), found.last()) else {
            break;
        };
        parts.push(Part {
            no: 0,
            of: 0,
            first: first.0,
            last: last.0,
            events: found.len() as u64,
        });
        if parts.len() > PARTS_MAX {
            let (parts, events) = (PARTS_MAX, EVENTS_MAX);
            let text = format!("more than {parts} parts of {events} events; ask for less");
            return Err(Refusal::invalid(text).into());
        }
        page.before = Some(*first);
    }
    parts.reverse();
    let of = parts.len();
    for (no, part) in (1..).zip(&mut parts) {
        (part.no, part.of) = (no, of);
    }
    Ok(parts)
}

/// The part a form asks for; none if it asks for the whole.
///
/// **Refuses:** numbers that are none.
pub fn asked(visit: &Visit<'_>) -> Result<Option<Part>> {
    if visit.field("part").is_empty() {
        return Ok(None);
    }
    let number = |name: &'static str| {
        let text = visit.field(name);
        let number = text.parse::<u64>();
        number.map_err(|_| Refusal::invalid(format!("{text} is no number")).at(name))
    };
    Ok(Some(Part {
        no: number("part")? as usize,
        of: number("of")? as usize,
        first: number("first")?,
        last: number("last")?,
        events: 0,
    }))
}

/// What passes in one part.
pub fn narrowed(wanted: &Filter, part: &Part) -> Filter {
    let since = wanted.since.map_or(part.first, |seq| seq.0.max(part.first));
    let before = part.last.saturating_add(1);
    let before = wanted.before.map_or(before, |seq| seq.0.min(before));
    Filter {
        since: Some(Seq(since)),
        before: Some(Seq(before)),
        ..wanted.clone()
    }
}

/// The page that leads to all parts.
pub fn index(visit: &Visit<'_>, wanted: &Filter, question: &str) -> Result<Response> {
    let now = visit.now()?;
    let parts = of(&now, wanted)?;
    let page = PartsPage {
        question: question.to_owned(),
        paper: visit.field("paper").to_owned(),
        events: parts.iter().map(|part| part.events).sum(),
        most: EVENTS_MAX,
        parts,
    };
    visit.page(&now, "print/parts.html", &page)
}
