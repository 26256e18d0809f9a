//! What members do with a customer: write down, merge, block, note. Each act is a wish; a refused
//! one shows the page again with the sentence at its field.

use super::show::page;
use crate::desk::articles;
use crate::desk::contacts::{self, merging, profile};
use crate::domain::event::Fact;
use crate::domain::id::{ContactId, Object};
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use std::collections::BTreeMap;

/// Grants a wish about a customer and goes back; or shows the refused form again.
fn act(
    visit: &Visit<'_>,
    id: ContactId,
    form: &str,
    said: &str,
    wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
) -> Result<Response> {
    match visit.record(wish) {
        Ok(_) => Ok(visit.went_well(&visit.back(&format!("/contacts/{id}")), said)),
        Err(Error::Refusal(refusal))
            if matches!(refusal.kind, RefusalKind::Invalid | RefusalKind::Conflict) =>
        {
            let status = refusal.status();
            Ok(page(visit, id, Some((form, &refusal)))?.with_status(status))
        }
        Err(error) => Err(error),
    }
}

/// `POST /contacts/K-17/profile`: name, language, company, address, attributes.
pub fn describe(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    let fields = visit.form.fields.iter();
    let wanted: BTreeMap<String, String> = fields
        .filter(|(name, _)| !matches!(name.as_str(), "csrf" | "back"))
        .cloned()
        .collect();
    act(visit, id, "profile", "Saved", move |now| {
        profile::describe(now, id, &wanted)
    })
}

/// `POST /contacts/K-17/identities`
pub fn add_identity(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    let (kind, value) = (
        visit.field("kind").to_owned(),
        visit.field("value").to_owned(),
    );
    act(visit, id, "identities", "Written down", move |now| {
        profile::add_identity(now, id, &kind, &value)
    })
}

/// `POST /contacts/K-17/identity_removal`
pub fn remove_identity(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    let (kind, value) = (
        visit.field("kind").to_owned(),
        visit.field("value").to_owned(),
    );
    act(visit, id, "identity_removal", "Taken away", move |now| {
        profile::remove_identity(now, id, &kind, &value)
    })
}

/// `POST /contacts/K-17/merging`: this one is the same person as another, and known as that one.
pub fn merge(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    let into = visit.field("into").trim().to_uppercase();
    act(visit, id, "merging", "Merged", move |now| {
        let digits = into.trim_start_matches(['K', '-', '#']);
        let into = format!("K-{digits}").parse().map_err(|_| {
            Refusal::invalid("give the number of a customer, such as K-17").at("into")
        })?;
        merging::merge(now, id, into)
    })
}

/// `POST /contacts/K-17/unmerging`
pub fn unmerge(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    act(visit, id, "unmerging", "Taken apart again", move |now| {
        merging::unmerge(now, id)
    })
}

/// `POST /contacts/K-17/block`
pub fn block(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    let reason = visit.field("reason").to_owned();
    act(visit, id, "block", "Blocked", move |now| {
        profile::block(now, id, &reason)
    })
}

/// `POST /contacts/K-17/unblock`
pub fn unblock(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    act(visit, id, "unblock", "Not blocked any more", move |now| {
        profile::unblock(now, id)
    })
}

/// `POST /contacts/K-17/notes`
pub fn note(visit: &Visit<'_>, id: ContactId) -> Result<Response> {
    let text = visit.field("text").to_owned();
    act(visit, id, "notes", "Noted", move |now| {
        contacts::get(now, id)?;
        articles::note(now, Object::Contact(id), &text)
    })
}
