//! Views of the explorer that are kept under a name.

use super::asked::address;
use super::explorer;
use crate::desk::views;
use crate::error::{Error, RefusalKind, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use std::collections::BTreeMap;

/// `POST /audit/views`: keeps the present question, columns and grouping.
pub fn save(visit: &Visit<'_>) -> Result<Response> {
    let (name, query) = (
        visit.field("name").to_owned(),
        visit.field("query").to_owned(),
    );
    let shared = visit.field("shared") == "yes";
    let member = (visit.member.id, visit.member.role);
    let place = address(&query);
    let kept = visit.record(move |now| views::save(now, "audit", &name, &query, member, shared));
    match kept {
        Ok(_) => Ok(visit.went_well(&place, "Kept this view.")),
        Err(Error::Refusal(refusal)) if refusal.kind != RefusalKind::Forbidden => {
            let field = refusal.field.unwrap_or_default().to_owned();
            explorer::page(visit, BTreeMap::from([(field, refusal.text)]))
        }
        Err(error) => Err(error),
    }
}

/// `POST /audit/views/3/removal`
pub fn remove(visit: &Visit<'_>, view: u64) -> Result<Response> {
    let member = (visit.member.id, visit.member.role);
    visit.record(move |now| views::remove(now, "audit", view, member))?;
    Ok(visit.went_well(&visit.back("/audit"), "Removed the view."))
}
