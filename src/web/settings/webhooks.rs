//! Webhooks: the list, the form of one, what became of each delivery.

use super::{Wrong, answered};
use crate::channels::webhook::{self, Reach};
use crate::desk::webhooks::{self, Delivery, Hook, Wanted};
use crate::domain::event::Event;
use crate::domain::event::webhook::WebhookEvent;
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::domain::webhook::{KINDS, TRIES_MAX};
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where they are.
const PLACE: &str = "/settings/webhooks";
/// Deliveries on one page.
const ROWS: u32 = 50;

/// `settings/webhooks.html`
#[derive(Debug, Clone, Serialize)]
pub struct WebhooksPage {
    /// The webhooks.
    pub rows: Vec<HookRow>,
}

/// One webhook in the list.
#[derive(Debug, Clone, Serialize)]
pub struct HookRow {
    /// Its number.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// The newest version.
    pub version: u32,
    /// The machine it goes to.
    pub host: String,
    /// How many kinds of events go out.
    pub kinds: usize,
    /// Whether it is on.
    pub on: bool,
    /// Deliveries that wait, were taken, were given up.
    pub waiting: u64,
    /// See above.
    pub taken: u64,
    /// See above.
    pub given_up: u64,
    /// The event that changed it last.
    pub seq: u64,
}

/// `settings/webhook.html`: one webhook, or a new one.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookPage {
    /// The webhook in one line; none for a new one.
    pub row: Option<HookRow>,
    /// Where the form goes.
    pub action: String,
    /// The form's values; a new one's secret is offered, later it is write-only.
    pub values: BTreeMap<String, String>,
    /// The kinds that are ticked.
    pub ticked: Vec<String>,
    /// Kinds: name and words in English.
    pub kinds: Vec<(&'static str, &'static str)>,
    /// What became of deliveries, the newest first.
    pub log: Vec<DeliveryRow>,
    /// The page after.
    pub older: Option<String>,
    /// Most tries of one delivery.
    pub tries: u32,
    /// Whether addresses inside the house are sent to.
    pub inside: bool,
    /// What is wrong, by field.
    pub wrong: Wrong,
}

/// One delivery.
#[derive(Debug, Clone, Serialize)]
pub struct DeliveryRow {
    /// The event it tells of.
    pub about: u64,
    /// The name of that event.
    pub event: String,
    /// `waiting`, `taken` or `given_up`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The other side's last answer.
    pub status: Option<u16>,
    /// How long that took. **Unit:** milliseconds.
    pub took_ms: u64,
    /// Why it was not taken.
    pub trouble: Option<String>,
    /// When it is tried again.
    pub next_at: Option<Moment>,
    /// The event of the last try.
    pub seq: u64,
    /// When that was.
    pub at: Moment,
}

/// `GET /settings/webhooks`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let hooks = webhooks::list(&now)?;
    let page = WebhooksPage {
        rows: hooks
            .iter()
            .map(|hook| row(&now, hook))
            .collect::<Result<_>>()?,
    };
    visit.page(&now, "settings/webhooks.html", &page)
}

fn row(now: &Now<'_>, hook: &Hook) -> Result<HookRow> {
    let (waiting, taken, given_up) = webhooks::count(now, hook.id)?;
    Ok(HookRow {
        id: hook.id,
        name: hook.name.clone(),
        version: hook.version,
        host: hook.host.clone(),
        kinds: hook.kinds.len(),
        on: hook.on,
        waiting,
        taken,
        given_up,
        seq: hook.seq.0,
    })
}

/// `GET /settings/webhooks/1`, or `new`
pub fn show(visit: &Visit<'_>, of: &str) -> Result<Response> {
    page(visit, of, Wrong::new())
}

fn page(visit: &Visit<'_>, of: &str, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let known = place(of)?.map(|id| webhooks::get(&now, id)).transpose()?;
    let before = visit.query("before").and_then(|seq| seq.parse().ok());
    let found = match &known {
        Some(hook) => webhooks::log(&now, hook.id, before, ROWS)?,
        None => Vec::new(),
    };
    let mut values = BTreeMap::new();
    let mut ticked = Vec::new();
    if known.is_none() {
        // Offered once, to be copied; once saved it is shown nowhere.
        let bytes = crate::ledger::chance::random::<24>()?;
        let offered = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        values.insert("secret".to_owned(), offered);
    }
    if let Some(hook) = &known {
        values.insert("name".to_owned(), hook.name.clone());
        values.insert("url".to_owned(), hook.url.clone().unwrap_or_default());
        ticked.clone_from(&hook.kinds);
    }
    if !wrong.is_empty() {
        values = visit.form.fields.iter().cloned().collect();
        if known.is_some() {
            values.remove("secret");
        }
        ticked = kinds(visit);
    }
    let older = found
        .last()
        .filter(|_| found.len() == ROWS as usize)
        .map(|last| format!("{PLACE}/{of}?before={}", last.about));
    let page = WebhookPage {
        row: known.as_ref().map(|hook| row(&now, hook)).transpose()?,
        action: format!("{PLACE}/{of}"),
        values,
        ticked,
        kinds: KINDS.into(),
        log: found
            .into_iter()
            .map(|delivery| told(&now, delivery))
            .collect::<Result<_>>()?,
        older,
        tries: TRIES_MAX,
        inside: webhooks::reaches_inside(&now)?,
        wrong,
    };
    visit.page(&now, "settings/webhook.html", &page)
}

fn told(now: &Now<'_>, delivery: Delivery) -> Result<DeliveryRow> {
    Ok(DeliveryRow {
        about: delivery.about.0,
        event: crate::desk::audit::get(now, delivery.about)?.entry.event,
        state: delivery.state,
        attempts: delivery.attempts,
        status: delivery.status,
        took_ms: delivery.took_ms,
        trouble: delivery.trouble,
        next_at: delivery.next_at,
        seq: delivery.seq.0,
        at: delivery.at,
    })
}

/// `POST /settings/webhooks/1`, or `new`
pub fn change(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let id = place(of)?;
    answered(
        wanted(visit).and_then(|wanted| visit.record(move |now| webhooks::save(now, id, wanted))),
        |receipt| {
            let saved = receipt.facts.first().map(|(_, event)| event);
            let to = match saved {
                Some(Event::Webhook(WebhookEvent::Saved { hook, .. })) => hook.to_string(),
                _ => of.to_owned(), // as it was
            };
            visit.went_well(&format!("{PLACE}/{to}"), "Saved")
        },
        |wrong| page(visit, of, wrong),
    )
}

fn wanted(visit: &Visit<'_>) -> Result<Wanted> {
    let now = visit.now()?;
    let reach = match webhooks::reaches_inside(&now)? {
        true => Reach::Inside,
        false => Reach::Public,
    };
    let url = visit.field("url").trim().to_owned();
    let host = webhook::check(&url, reach).map_err(|error| Refusal::invalid(error).at("url"))?;
    Ok(Wanted {
        name: visit.field("name").to_owned(),
        url,
        host,
        secret: visit.field("secret").to_owned(),
        kinds: kinds(visit),
    })
}

fn kinds(visit: &Visit<'_>) -> Vec<String> {
    let fields = visit.form.fields.iter();
    fields
        .filter(|(field, _)| field == "kinds")
        .map(|(_, value)| value.clone())
        .collect()
}

/// `POST /settings/webhooks/1/state`
pub fn switch(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let (id, on) = (demand(of)?, visit.field("state") == "on");
    let said = if on { "Switched on" } else { "Switched off" };
    answered(
        visit.record(move |now| webhooks::switch(now, id, on)),
        |_| visit.went_well(&format!("{PLACE}/{of}"), said),
        |wrong| page(visit, of, wrong),
    )
}

/// `POST /settings/webhooks/1/redelivery`
pub fn renew(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let id = demand(of)?;
    let about: Seq = visit
        .field("about")
        .parse()
        .map_err(|error: String| Refusal::invalid(error).at("about"))?;
    answered(
        visit.record(move |now| webhooks::renew(now, id, about)),
        |_| visit.went_well(&format!("{PLACE}/{of}"), "It is sent again"),
        |wrong| page(visit, of, wrong),
    )
}

fn demand(of: &str) -> Result<u64> {
    place(of)?.ok_or_else(|| Refusal::not_found("it is not written yet").into())
}

fn place(of: &str) -> Result<Option<u64>> {
    if of == "new" {
        return Ok(None);
    }
    let id = of.parse();
    id.map(Some)
        .map_err(|_| Refusal::not_found(format!("there is no webhook {of}")).into())
}
