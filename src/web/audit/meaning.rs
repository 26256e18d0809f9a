//! What the trail of this desk proves, and what not, in plain words with the desk's own numbers.

use crate::desk::audit;
use crate::desk::evidence::{self, Outside};
use crate::domain::event::{AuditEvent, Event};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::web::exchange::Response;
use crate::web::signin::fingerprint;
use crate::web::visit::Visit;
use serde::Serialize;

/// `audit/meaning.html`
#[derive(Debug, Clone, Serialize)]
pub struct MeaningPage {
    /// How many events there are.
    pub events: u64,
    /// When the first was recorded.
    pub since: Moment,
    /// How many sealed texts and files stand apart from them.
    pub sealed: u64,
    /// How many of those were erased.
    pub erased: u64,
    /// How many checkpoints were published.
    pub checkpoints: u64,
    /// The newest known to be kept elsewhere: events it is over, and when it left.
    pub outside: Option<(u64, Moment)>,
    /// How many events were recorded since.
    pub since_outside: u64,
    /// How many times part of the trail was taken out, as tables or as evidence.
    pub exports: u64,
    /// When the trail was verified as a whole last, and how much was found.
    pub verified: Option<(Moment, u64)>,
    /// The short form of the key.
    pub fingerprint: String,
}

/// `GET /audit/meaning`
pub fn show(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let figures = evidence::figures(&now)?;
    let outside = evidence::outside(&now)?;
    let events = now.next_seq().0;
    let verified = audit::newest(&now, "audit.verified")?.and_then(|found| match found.event {
        Event::Audit(AuditEvent::Verified { findings, .. }) => Some((found.entry.at, findings)),
        _ => None, // only this event was asked for
    });
    let page = MeaningPage {
        events,
        since: figures.since,
        sealed: figures.sealed,
        erased: figures.erased,
        checkpoints: figures.checkpoints,
        since_outside: outside
            .as_ref()
            .map_or(events, |kept| events - kept.size.min(events)),
        outside: outside.map(|Outside { size, at, .. }| (size, at)),
        exports: figures.exports,
        verified,
        fingerprint: fingerprint(visit.app),
    };
    visit.page(&now, "audit/meaning.html", &page)
}
