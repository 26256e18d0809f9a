//! Legal holds on pages: one page for each thing that can be held.

use super::HoldLine;
use crate::desk::audit;
use crate::desk::audit::parse_object;
use crate::desk::privacy::holds;
use crate::domain::id::Object;
use crate::error::{Error, Refusal, Result};
use crate::web::audit::EventRow;
use crate::web::audit::explorer::{link, row_at};
use crate::web::exchange::Response;
use crate::web::refused::{shown, wrong};
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// `privacy/hold.html`
#[derive(Debug, Clone, Serialize)]
pub struct HoldPage {
    /// `T-1042`.
    pub object: String,
    /// Its page.
    pub href: String,
    /// The hold on exactly this.
    pub here: Option<HoldLine>,
    /// Holds on something else that cover it.
    pub others: Vec<HoldLine>,
    /// What a hold on it covers.
    pub covered: Vec<String>,
    /// How many more.
    pub more: usize,
    /// Holds and releases so far, the newest first.
    pub history: Vec<EventRow>,
    /// What was typed.
    pub typed: BTreeMap<String, String>,
    /// What is wrong there.
    pub wrong: BTreeMap<String, String>,
}

/// Names listed of what a hold covers.
const LISTED: usize = 40;

/// `GET /holds/T-1042`
pub fn show(visit: &Visit<'_>, object: &str) -> Result<Response> {
    page(visit, parse_object(object)?, None)
}

/// `POST /holds/T-1042`
pub fn place(visit: &Visit<'_>, object: &str) -> Result<Response> {
    let (object, why) = (parse_object(object)?, visit.field("reason").to_owned());
    let done = visit.record(move |now| holds::place(now, object, &why));
    answered(
        visit,
        object,
        done.map(drop),
        "Held. Nothing about it is erased.",
    )
}

/// `POST /holds/T-1042/release`
pub fn release(visit: &Visit<'_>, object: &str) -> Result<Response> {
    let (object, why) = (parse_object(object)?, visit.field("reason").to_owned());
    let done = visit.record(move |now| holds::release(now, object, &why));
    answered(visit, object, done.map(drop), "Released.")
}

fn answered(visit: &Visit<'_>, object: Object, done: Result<()>, said: &str) -> Result<Response> {
    match done {
        Ok(()) => Ok(visit.went_well(&format!("/holds/{object}"), said)),
        Err(Error::Refusal(refusal)) if shown(&refusal) => page(visit, object, Some(refusal)),
        Err(error) => Err(error),
    }
}

fn page(visit: &Visit<'_>, object: Object, refused: Option<Refusal>) -> Result<Response> {
    let now = visit.now()?;
    holds::known(&now, object)?;
    let (here, others) = super::holds(visit, &now, object)?
        .into_iter()
        .partition::<Vec<_>, _>(|line| line.object == object.to_string());
    let covered = holds::covered(&now, object)?;
    let filter = audit::Filter {
        objects: vec![object],
        event: Some("privacy".to_owned()),
        ..audit::Filter::default()
    };
    let history = audit::list(&now, &filter, 50)?.into_iter();
    let history = history.filter(|event| event.entry.event.starts_with("privacy.hold"));
    let page = HoldPage {
        object: object.to_string(),
        href: link(object).href.unwrap_or_default(),
        here: here.into_iter().next(),
        others,
        more: covered.len().saturating_sub(LISTED),
        covered: covered.iter().take(LISTED).map(Object::to_string).collect(),
        history: history
            .map(|event| Ok(row_at(&now, visit.language(), event.seq)?.1))
            .collect::<Result<_>>()?,
        typed: visit.form.fields.iter().cloned().collect(),
        wrong: wrong(refused.as_ref()),
    };
    let response = visit.page(&now, "privacy/hold.html", &page)?;
    Ok(response.with_status(refused.map_or(200, |refusal| refusal.status())))
}
