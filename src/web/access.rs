//! What is recorded about the reader, and looking without being seen, which is recorded too.

use crate::desk::access;
use crate::desk::audit;
use crate::desk::audit::filter::Count;
use crate::domain::audit::sets;
use crate::domain::id::{Object, Seq};
use crate::domain::member::Right;
use crate::error::{Error, RefusalKind, Result};
use crate::ledger::Receipt;
use crate::web::audit::EventRow;
use crate::web::audit::explorer::rows;
use crate::web::exchange::Response;
use crate::web::links::neighbours;
use crate::web::names::Names;
use crate::web::text::translate;
use crate::web::visit::{Visit, target};
use serde::Serialize;

/// Events of one page.
const ROWS: u32 = 50;

/// The sets that are summed up.
const SUMMED: [&str; 6] = ["view", "read", "export", "login", "denied", "rights"];

/// `access/mine.html`
#[derive(Debug, Clone, Serialize)]
pub struct MinePage {
    /// How much of what: what, number, whether there is more.
    pub sums: Vec<(String, u64, bool)>,
    /// The events, the newest first.
    pub rows: Vec<EventRow>,
    /// Whether the reader may open them in the trail.
    pub opens: bool,
    /// The page before.
    pub newer: Option<String>,
    /// The page after.
    pub older: Option<String>,
}

/// `GET /me/recorded`
pub fn mine(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let language = visit.language();
    let me = visit.member.id;
    let before: Option<Seq> = visit.query("before").and_then(|seq| seq.parse().ok());
    let found = access::recorded_of(&now, me, before, ROWS)?;
    let last = match found.stopped {
        Some(stopped) => Some(stopped),
        None => found.places.get(ROWS as usize - 1).copied(),
    };
    let events = found.places.into_iter().map(|seq| audit::get(&now, seq));
    let events = events.collect::<Result<Vec<_>>>()?;
    let names = Names::of_events(&now, &events)?;
    let last = last.map(|seq| seq.to_string());
    let (newer, older) = neighbours(&target(visit.request), "before", last.as_deref());
    let sums = access::sums_of(&now, me, &SUMMED)?;
    let page = MinePage {
        sums: SUMMED
            .iter()
            .zip(sums)
            .filter_map(|(set, count)| {
                let what = sets::SETS.iter().find(|(name, _, _)| name == set)?.1;
                let what = translate(language, what).to_owned();
                Some(match count {
                    Count::Exactly(n) => (what, n, false),
                    Count::MoreThan(n) => (what, n, true),
                    Count::Unknown => return None,
                })
            })
            .collect(),
        rows: rows(&now, language, &names, &events)?,
        opens: visit.may(Right::Audit),
        newer,
        older,
    };
    visit.page(&now, "access/mine.html", &page)
}

/// `GET /conversations/C-88/observing`, and the same of tickets: the thread as it is, without
/// presence, marks and forms; that somebody looked is recorded.
pub fn observe(visit: &Visit<'_>, object: Object) -> Result<Response> {
    if !visit.in_background() {
        looked(visit.record(move |now| access::observe(now, object)))?;
    }
    crate::web::past::show::observed(visit, object)
}

/// While the desk cannot write, reading goes on: what was looked at is in the log alone then.
pub fn looked(recorded: Result<Receipt>) -> Result<()> {
    match recorded {
        Err(Error::Refusal(refusal)) if refusal.kind == RefusalKind::Unavailable => {
            tracing::warn!(
                "something was read, which could not be recorded: {}",
                refusal.text
            );
            Ok(())
        }
        other => other.map(drop),
    }
}
