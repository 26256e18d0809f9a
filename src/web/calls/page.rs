//! The list of commitments and calls, and the page for a ticket that begins with a call.

use super::card::{self, href, named};
use super::form::{self, numbers};
use super::{CallForm, CallRow, CallsPage, NewCallPage};
use crate::desk::calls::{self, Call};
use crate::desk::commitments::{self, Which};
use crate::desk::contacts;
use crate::domain::id::{ContactId, Seq};
use crate::domain::member::Right;
use crate::error::{Refusal, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::conversations::show::workers;
use crate::web::exchange::Response;
use crate::web::thread::view;
use crate::web::visit::Visit;
use std::collections::BTreeMap;

/// Lines on one page.
const LINES: u32 = 50;
/// The views: word of the address, name in English.
const VIEWS: [(&str, &str); 5] = [
    ("mine", "My commitments"),
    ("open", "All open"),
    ("ended", "Kept and missed"),
    ("calls", "Calls"),
    ("missed", "Missed calls"),
];

/// `GET /calls`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let page = page(visit, &now)?;
    visit.page(&now, "calls/index.html", &page)
}

/// The list again with the form of one commitment that was refused.
pub fn again(visit: &Visit<'_>, id: Seq, refusal: Refusal) -> Result<Response> {
    if !matches!(refusal.kind, RefusalKind::Invalid | RefusalKind::Conflict) {
        return Err(refusal.into());
    }
    let now = visit.now()?;
    let mut page = page(visit, &now)?;
    page.refused = id.0;
    page.typed = visit.form.fields.iter().cloned().collect();
    page.wrong = form::wrong(&refusal);
    Ok(visit
        .page(&now, "calls/index.html", &page)?
        .with_status(refusal.status()))
}

fn page(visit: &Visit<'_>, now: &Now<'_>) -> Result<CallsPage> {
    let asked = visit.query("view").unwrap_or("mine");
    let known = VIEWS
        .iter()
        .map(|(word, _)| *word)
        .find(|word| *word == asked);
    let view = known.unwrap_or("mine");
    let before = visit.query("before").and_then(|seq| seq.parse().ok());
    let which = match view {
        "mine" => Some(Which::Mine(visit.member.id)),
        "open" => Some(Which::Open),
        "ended" => Some(Which::Ended),
        _ => None, // the views of calls
    };
    let promises = match which {
        Some(which) => commitments::list(now, which, 200)?,
        None => Vec::new(),
    };
    let found = match which {
        Some(_) => Vec::new(),
        None => calls::list(now, view == "missed", before, LINES)?,
    };
    let older = found
        .last()
        .filter(|_| found.len() == LINES as usize)
        .map(|call| view::with(visit, &[("before", &call.seq.to_string())]));
    let mine = commitments::waiting_for_me(now)?.0;
    Ok(CallsPage {
        views: VIEWS
            .into_iter()
            .map(|(word, label)| {
                let path = if word == "mine" {
                    "/calls".to_owned()
                } else {
                    format!("/calls?view={word}")
                };
                (label, path, (word == "mine").then_some(mine), word == view)
            })
            .collect(),
        view,
        promises: promises
            .into_iter()
            .map(|promise| card::promise(visit, now, promise))
            .collect::<Result<_>>()?,
        calls: found
            .iter()
            .map(|call| row(visit, now, call))
            .collect::<Result<_>>()?,
        older,
        members: workers(now)?,
        refused: 0,
        typed: BTreeMap::new(),
        wrong: BTreeMap::new(),
        may_open: visit.may(Right::Work),
    })
}

fn row(visit: &Visit<'_>, now: &Now<'_>, call: &Call) -> Result<CallRow> {
    Ok(CallRow {
        card: card::card(visit, now, call)?,
        contact: call.contact.map(|id| named(now, id)).transpose()?,
        on: call
            .object()
            .map(|object| (object.to_string(), href(object))),
    })
}

/// `GET /calls/new`
pub fn new(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let page = new_page(visit, &now, None)?;
    visit.page(&now, "calls/new.html", &page)
}

/// The page again with what was typed and the sentence at its field.
pub fn new_again(visit: &Visit<'_>, refusal: Refusal) -> Result<Response> {
    if !matches!(refusal.kind, RefusalKind::Invalid | RefusalKind::Conflict) {
        return Err(refusal.into());
    }
    let now = visit.now()?;
    let page = new_page(visit, &now, Some(&refusal))?;
    Ok(visit
        .page(&now, "calls/new.html", &page)?
        .with_status(refusal.status()))
}

fn new_page(visit: &Visit<'_>, now: &Now<'_>, refused: Option<&Refusal>) -> Result<NewCallPage> {
    let given = visit.query("contact").unwrap_or(visit.field("contact"));
    let contact: Option<ContactId> = given.parse().ok();
    if let Some(contact) = contact {
        contacts::get(now, contact)?;
    }
    let numbers = numbers(now, contact)?;
    let typed: BTreeMap<String, String> = visit.form.fields.iter().cloned().collect();
    Ok(NewCallPage {
        number: match typed.get("number") {
            Some(number) => number.clone(),
            None => numbers
                .first()
                .map(|(number, _)| number.clone())
                .unwrap_or_default(),
        },
        form: CallForm {
            action: "/calls".to_owned(),
            numbers,
            calls: Vec::new(),
            chosen: String::new(),
            members: workers(now)?,
            me: visit.member.id.to_string(),
            typed,
            wrong: refused.map(form::wrong).unwrap_or_default(),
        },
        contact: contact.map(|id| named(now, id)).transpose()?,
    })
}
