//! Privacy on pages: what is gone and why, what is held, and the forms that erase, hold, keep and
//! copy.

pub mod copy;
pub mod erasure;
pub mod hold;
pub mod retention;

use crate::desk::audit;
use crate::desk::privacy::holds::{self as held, Hold};
use crate::desk::privacy::{self, Erasure};
use crate::domain::event::Event;
use crate::domain::event::privacy::PrivacyEvent;
use crate::domain::id::Object;
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::audit::explorer::link;
use crate::web::sentences;
use crate::web::text::Language;
use crate::web::visit::Visit;
use serde::Serialize;

/// What stands in the place of something erased.
#[derive(Debug, Clone, Serialize)]
pub struct Removed {
    /// The event that removed it.
    pub seq: u64,
    /// When.
    pub at: Moment,
    /// Who.
    pub by: String,
    /// Why, in English.
    pub ground: &'static str,
}

/// A legal hold in one line.
#[derive(Debug, Clone, Serialize)]
pub struct HoldLine {
    /// What is held: `T-1042`.
    pub object: String,
    /// Its page.
    pub href: String,
    /// Since when.
    pub at: Moment,
    /// Who placed it.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// The event that placed it.
    pub seq: u64,
}

impl Removed {
    /// An erasure as the pages tell it.
    pub fn of(language: Language, erasure: &Erasure) -> Self {
        Removed {
            seq: erasure.seq.0,
            at: erasure.at,
            by: sentences::actor(language, &erasure.by, &|_| None),
            ground: erasure.ground.words(),
        }
    }
}

/// The holds that cover what a page shows.
pub fn holds(visit: &Visit<'_>, now: &Now<'_>, object: Object) -> Result<Vec<HoldLine>> {
    lines(visit, now, held::shown(now, object)?)
}

/// Holds as lines.
fn lines(visit: &Visit<'_>, now: &Now<'_>, holds: Vec<Hold>) -> Result<Vec<HoldLine>> {
    let language = visit.language();
    let told = holds.into_iter().map(|hold| {
        let by = audit::get(now, hold.seq)?.entry.actor;
        Ok(HoldLine {
            object: hold.object.to_string(),
            href: link(hold.object).href.unwrap_or_default(),
            at: hold.at,
            by: sentences::actor(language, &by, &|_| None),
            reason: hold.reason,
            seq: hold.seq.0,
        })
    });
    told.collect()
}

/// The newest erasure about an object.
pub fn removed_from(visit: &Visit<'_>, now: &Now<'_>, object: Object) -> Result<Option<Removed>> {
    let filter = audit::Filter {
        objects: vec![object],
        event: Some("privacy.erased".to_owned()),
        ..audit::Filter::default()
    };
    let newest = audit::list(now, &filter, 1)?.pop();
    Ok(newest.and_then(|recorded| match recorded.event {
        Event::Privacy(PrivacyEvent::Erased { ground, .. }) => Some(Removed::of(
            visit.language(),
            &Erasure {
                seq: recorded.seq,
                at: recorded.entry.at,
                by: recorded.entry.actor,
                ground,
            },
        )),
        _ => None, // only this event was asked for
    }))
}

/// The recorded events that took data out of the desk, as lines.
fn exports(
    visit: &Visit<'_>,
    now: &Now<'_>,
    objects: &[Object],
) -> Result<Vec<crate::web::audit::EventRow>> {
    let taken = privacy::taken_out(now, objects)?.into_iter().take(20);
    taken
        .map(|seq| {
            let (_, row) = crate::web::audit::explorer::row_at(now, visit.language(), seq)?;
            Ok(row)
        })
        .collect()
}
