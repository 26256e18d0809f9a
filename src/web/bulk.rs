//! Bulk wishes: begun from a list, watched while they run, undone.

use crate::desk::bulk::{self, Bulk};
use crate::desk::tickets::list as tickets;
use crate::desk::{audit, inbox};
use crate::domain::action::Actions;
use crate::domain::event::Event;
use crate::domain::event::bulk::BulkEvent;
use crate::domain::id::Object;
use crate::domain::moment::Moment;
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::inbox::page::wish;
use crate::web::sentences;
use crate::web::settings::actions::{self as form, Choices};
use crate::web::tickets::list::{filter, with_words};
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// `bulk/show.html`: one bulk wish; `bulk/form.html` shows a refused one again.
#[derive(Debug, Clone, Serialize)]
pub struct BulkPage {
    /// Its number.
    pub id: u64,
    /// `running`, `done`, `undoing` or `undone`.
    pub state: String,
    /// What is done, in English.
    pub told: Vec<String>,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// Who asked for it.
    pub by: String,
    /// When.
    pub at: Moment,
    /// The event that began it, and the one that asked to undo it.
    pub events: (u64, Option<u64>),
    /// How many were chosen.
    pub all: u64,
    /// How many are done, skipped ones among them.
    pub done: u64,
    /// What was not changed, and why.
    pub skipped: Vec<(String, String)>,
    /// What was not put back, and why.
    pub kept: Vec<(String, String)>,
    /// Whether the reader may undo it.
    pub may_undo: bool,
    /// What is wrong with the wish to undo it.
    pub wrong: BTreeMap<String, String>,
}

/// `bulk/form.html`: what is to be done to what was chosen.
#[derive(Debug, Clone, Serialize)]
pub struct BulkForm {
    /// What was chosen.
    pub objects: Vec<String>,
    /// `conversations` or `tickets`.
    pub about: &'static str,
    /// The list they were chosen from.
    pub back: String,
    /// The form's values.
    pub values: BTreeMap<String, String>,
    /// What can be chosen.
    pub choices: Choices,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
}

/// `POST /bulk`: what was ticked in a list, or all of it; without an action the form asks for one.
pub fn start(visit: &Visit<'_>) -> Result<Response> {
    let objects = chosen(visit)?;
    let at_once = at_once(visit);
    if objects.is_empty() || (at_once.is_none() && visit.field("then") != "do") {
        return ask(visit, &objects, BTreeMap::new());
    }
    let reason = visit.field("why").to_owned();
    let wished = at_once.map_or_else(|| form::read(visit), Ok);
    let all = objects.clone();
    let granted = wished
        .and_then(|wished| visit.record(move |now| bulk::start(now, &objects, wished, &reason)));
    let refusal = match granted {
        Ok(receipt) => {
            let begun = receipt.facts.iter().find_map(|(_, event)| match event {
                Event::Bulk(BulkEvent::Started { bulk, .. }) => Some(*bulk),
                _ => None, // nothing else is recorded
            });
            let id = begun.ok_or_else(|| Error::fault("a bulk wish was not begun"))?;
            return Ok(Response::redirect_303(&format!("/bulk/{id}")));
        }
        Err(Error::Refusal(refusal)) => refusal,
        Err(fault) => return Err(fault),
    };
    if !matches!(refusal.kind, RefusalKind::Invalid | RefusalKind::Conflict) {
        return Err(refusal.into());
    }
    let field = refusal.field.unwrap_or_default().to_owned();
    let wrong = BTreeMap::from([(field, refusal.text.clone())]);
    Ok(ask(visit, &all, wrong)?.with_status(refusal.status()))
}

/// What a button under the list does without asking: to the spam, or back from there.
fn at_once(visit: &Visit<'_>) -> Option<Actions> {
    let spam = match visit.field("at_once") {
        "mark" => true,
        "clear" => false,
        _ => return None,
    };
    Some(Actions {
        spam: Some(spam),
        ..Actions::default()
    })
}

/// The form that asks what is to be done.
fn ask(visit: &Visit<'_>, objects: &[Object], wrong: BTreeMap<String, String>) -> Result<Response> {
    if objects.is_empty() {
        let text = "tick what you mean first, or choose all of the list";
        return Err(Refusal::invalid(text).at("object").into());
    }
    let now = visit.now()?;
    let tickets = objects
        .iter()
        .all(|object| matches!(object, Object::Ticket(_)));
    let page = BulkForm {
        objects: objects.iter().map(ToString::to_string).collect(),
        about: if tickets { "tickets" } else { "conversations" },
        back: visit.back(if tickets { "/tickets" } else { "/inbox" }),
        values: visit.form.fields.iter().cloned().collect(),
        choices: form::choices(visit, &now)?,
        wrong,
    };
    visit.page(&now, "bulk/form.html", &page)
}

/// What was ticked, or the whole list the form was sent from.
fn chosen(visit: &Visit<'_>) -> Result<Vec<Object>> {
    if visit.field("all") != "yes" {
        let ticked = visit.form.all("object").into_iter();
        let ticked = ticked.flat_map(|object| object.split_whitespace());
        let ticked = ticked.map(|object| object.parse().map_err(Refusal::invalid));
        return Ok(ticked.collect::<std::result::Result<Vec<Object>, Refusal>>()?);
    }
    let now = visit.now()?;
    let most = bulk::OBJECTS_MAX as u32 + 1;
    if visit.field("about") == "tickets" {
        let mut asked = filter(visit, |name| visit.query(name));
        asked.before = None;
        let found = match visit.query("q").map(str::trim) {
            Some(q) if !q.is_empty() => with_words(&now, &asked, q)?,
            _ => tickets::page(&now, &asked, most)?,
        };
        let found = found.into_iter();
        return Ok(found.map(|ticket| Object::Ticket(ticket.id)).collect());
    }
    let mut asked = wish(visit);
    asked.after = None;
    let found = inbox::list(&now, &asked, most)?.into_iter();
    Ok(found
        .map(|listed| Object::Conversation(listed.id))
        .collect())
}

/// `GET /bulk/3`
pub fn show(visit: &Visit<'_>, id: u64) -> Result<Response> {
    page(visit, id, BTreeMap::new())
}

fn page(visit: &Visit<'_>, id: u64, wrong: BTreeMap<String, String>) -> Result<Response> {
    let now = visit.now()?;
    let known = bulk::get(&now, id)?;
    let began = audit::get(&now, known.started)?;
    let pending = bulk::pending(&now, &known)?.len() as u64;
    let shown = |left: Vec<bulk::Left>| -> Vec<(String, String)> {
        let left = left.into_iter();
        left.map(|(object, why)| (object.to_string(), why))
            .collect()
    };
    let all = known.objects.len() as u64;
    let page = BulkPage {
        id,
        told: told(&now, &known)?,
        reason: known.reason.clone(),
        by: sentences::actor(visit.language(), &began.entry.actor, &|_| None),
        at: began.entry.at,
        events: (known.started.0, known.undo.map(|seq| seq.0)),
        all,
        done: all.saturating_sub(pending),
        skipped: shown(bulk::left(&now, id, false)?),
        kept: shown(bulk::left(&now, id, true)?),
        may_undo: known.state == "done"
            && (began.entry.actor.member() == Some(visit.member.id)
                || visit.may(crate::domain::member::Right::Assign)),
        state: known.state,
        wrong,
    };
    let running = matches!(page.state.as_str(), "running" | "undoing");
    let shown = visit.page(&now, "bulk/show.html", &page)?;
    Ok(match running {
        true => shown.with_header("refresh", "2"), // also where no script listens
        false => shown,
    })
}

fn told(now: &Now<'_>, known: &Bulk) -> Result<Vec<String>> {
    match &known.actions {
        Some(actions) => form::told(now, actions),
        None => Ok(Vec::new()), // erased
    }
}

/// `POST /bulk/3/undoing`
pub fn undo(visit: &Visit<'_>, id: u64) -> Result<Response> {
    match visit.record(move |now| bulk::undo(now, id)) {
        Ok(_) => Ok(Response::redirect_303(&format!("/bulk/{id}"))),
        Err(Error::Refusal(refusal)) if refusal.kind == RefusalKind::Conflict => {
            let wrong = BTreeMap::from([(String::new(), refusal.text.clone())]);
            Ok(page(visit, id, wrong)?.with_status(refusal.status()))
        }
        Err(error) => Err(error),
    }
}
