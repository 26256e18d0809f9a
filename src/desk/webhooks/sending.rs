//! What has to go out to webhooks, and what became of each delivery.

use super::super::audit;
use super::Hook;
use crate::desk::places;
use crate::domain::event::Event;
use crate::domain::event::webhook::WebhookEvent;
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::domain::webhook::TRIES_MAX;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Row};
use serde_json::json;

/// The name of the hand that sends, for its place.
pub const HAND: &str = "webhooks";
/// Most events looked at in one round.
const EVENTS_MAX: u32 = 500;
/// Most deliveries tried again in one round.
const AGAIN_MAX: u32 = 100;
/// The event that a rule or a macro asks with.
const ASKED: &str = "webhook.asked";

/// A delivery as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event it tells of.
    pub about: Seq,
    /// `waiting`, `taken` or `given_up`.
    pub state: String,
    /// Tries since somebody asked last.
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
    pub seq: Seq,
    /// When that was.
    pub at: Moment,
}

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// To which hook.
    pub hook: u64,
    /// The event it tells of.
    pub about: Seq,
    /// The name of that event.
    pub kind: String,
    /// The body.
    pub body: String,
    /// Tries before this one.
    pub attempts: u32,
}

// Ask

/// What [`again`] asks for each hook, every ten seconds and after every commit. Few wait at a time,
/// while a hook was told of very much: the plus keeps SQLite from reading all of that.
pub const AGAIN: &str = "SELECT about, attempts FROM webhook_delivery
      WHERE +hook = :hook AND state = 'waiting' AND next_at <= :at
      ORDER BY next_at, about LIMIT :limit";

/// What a hook was to be told of since a place and was not yet, in order; and the event up to
/// which was looked.
pub fn fresh(now: &Now<'_>, hook: &Hook, from: Seq) -> Result<(Vec<Parcel>, Seq)> {
    let mut end = now.next_seq();
    let mut wanted: Vec<(Seq, bool)> = Vec::new();
    let mut seen = 0;
    now.each(
        "SELECT seq, event FROM trail WHERE seq >= :from ORDER BY seq LIMIT :limit",
        &[(":from", &from), (":limit", &EVENTS_MAX)],
        |row| {
            let (seq, event): (Seq, String) = (row.get("seq")?, row.get("event")?);
            seen += 1;
            if seen == EVENTS_MAX {
                end = Seq(seq.0 + 1);
            }
            let told = hook.on_seq.is_some_and(|since| since < seq) && hook.kinds.contains(&event);
            if told || event == ASKED {
                wanted.push((seq, told));
            }
            Ok(())
        },
    )?;
    let mut parcels = Vec::new();
    for (about, told) in wanted {
        let asked = !told && asks(now, about, hook.id)?;
        if (told || asked) && delivery(now, hook.id, about)?.is_none() {
            parcels.push(parcel(now, hook.id, about, 0)?);
        }
    }
    Ok((parcels, end))
}

/// Whether a rule or a macro asks this hook with an event.
fn asks(now: &Now<'_>, about: Seq, hook: u64) -> Result<bool> {
    let event = audit::get(now, about)?.event;
    Ok(matches!(event, Event::Webhook(WebhookEvent::Asked { hook: asked, .. }) if asked == hook))
}

/// What a hook is to be told of once more by now, the longest waiting first.
pub fn again(now: &Now<'_>, hook: u64) -> Result<Vec<Parcel>> {
    let due: Vec<(Seq, u32)> = now.all(
        AGAIN,
        &[(":hook", &hook), (":at", &now.at()), (":limit", &AGAIN_MAX)],
        |row| Ok((row.get("about")?, row.get("attempts")?)),
    )?;
    let due = due.into_iter().filter(|(_, tries)| *tries < TRIES_MAX);
    due.map(|(about, tries)| parcel(now, hook, about, tries))
        .collect()
}

/// Whether somebody asked since an event that a hook be told of something again.
pub fn renewed_since(now: &Now<'_>, hook: u64, since: Seq) -> Result<bool> {
    now.value(
        "SELECT EXISTS (SELECT 1 FROM webhook_delivery
          WHERE +hook = :hook AND state = 'waiting' AND next_at <= :at AND attempts = 0
            AND seq > :since)",
        &[(":hook", &hook), (":at", &now.at()), (":since", &since)],
    )
}

/// The body: what the trail says of the event in its public part.
fn parcel(now: &Now<'_>, hook: u64, about: Seq, attempts: u32) -> Result<Parcel> {
    let told = audit::get(now, about)?;
    let objects: Vec<String> = told
        .event
        .objects()
        .iter()
        .map(ToString::to_string)
        .collect();
    let body = json!({
        "seq": about,
        "event": told.entry.event,
        "at": told.entry.at,
        "actor": told.entry.actor,
        "cause": told.entry.cause,
        "objects": objects,
        "data": told.entry.data,
    });
    Ok(Parcel {
        hook,
        about,
        kind: told.entry.event,
        body: body.to_string(),
        attempts,
    })
}

/// The newest deliveries of a hook, or those from before one.
pub fn log(now: &Now<'_>, hook: u64, before: Option<Seq>, limit: u32) -> Result<Vec<Delivery>> {
    now.all(
        "SELECT about, state, attempts, status, took_ms, trouble, next_at, seq, at
           FROM webhook_delivery
          WHERE hook = :hook AND (:before IS NULL OR about < :before)
          ORDER BY about DESC LIMIT :limit",
        &[(":hook", &hook), (":before", &before), (":limit", &limit)],
        read_delivery,
    )
}

/// A delivery, if it was tried.
pub fn delivery(now: &Now<'_>, hook: u64, about: Seq) -> Result<Option<Delivery>> {
    now.maybe(
        "SELECT about, state, attempts, status, took_ms, trouble, next_at, seq, at
           FROM webhook_delivery WHERE hook = :hook AND about = :about",
        &[(":hook", &hook), (":about", &about)],
        read_delivery,
    )
}

/// How many deliveries of a hook are in each state: waiting, taken, given up.
pub fn count(now: &Now<'_>, hook: u64) -> Result<(u64, u64, u64)> {
    now.one(
        "SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,
                count(*) FILTER (WHERE state = 'taken') AS taken,
                count(*) FILTER (WHERE state = 'given_up') AS given_up
           FROM webhook_delivery WHERE hook = :hook",
        &[(":hook", &hook)],
        || Refusal::not_found("nothing was counted"),
        |row| Ok((row.get("waiting")?, row.get("taken")?, row.get("given_up")?)),
    )
}

/// Where telling a hook goes on after a start: at the place kept for all, behind the newest event
/// it was told of, or where it was switched on. What was sent already is noticed.
pub fn place(now: &Now<'_>, hook: &Hook) -> Result<Seq> {
    let told: Option<Seq> = now.value(
        "SELECT max(about) FROM webhook_delivery WHERE hook = :hook",
        &[(":hook", &hook.id)],
    )?;
    let known = [places::kept(now, HAND)?, told, hook.on_seq];
    Ok(known.into_iter().flatten().max().unwrap_or(now.next_seq()))
}

fn read_delivery(row: &Row<'_>) -> Result<Delivery> {
    let status: Option<u64> = row.get("status")?;
    Ok(Delivery {
        about: row.get("about")?,
        state: row.get("state")?,
        attempts: row.get("attempts")?,
        status: status.and_then(|status| u16::try_from(status).ok()),
        took_ms: row.get("took_ms")?,
        trouble: row.get("trouble")?,
        next_at: row.get("next_at")?,
        seq: row.get("seq")?,
        at: row.get("at")?,
    })
}
