//! Webhooks: who outside is told of which events, and what became of each delivery. What goes out
//! is the public part of an event; it is sent by a job, after the commit.

mod sending;

pub use sending::{
    AGAIN, Delivery, HAND, Parcel, again, count, delivery, fresh, log, place, renewed_since,
};

use super::{conversations, settings, tickets};
use crate::domain::event::webhook::WebhookEvent;
use crate::domain::event::{Fact, SealedSecret};
use crate::domain::id::{Object, Seq};
use crate::domain::webhook::{KINDS, wait_ms};
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};
use serde_json::{Value, json};

/// Most webhooks of one desk.
const HOOKS_MAX: usize = 20;
/// The shortest secret somebody may choose. **Unit:** characters.
const SECRET_MIN: usize = 16;

/// A webhook as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its number.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// The newest version.
    pub version: u32,
    /// The machine it goes to.
    pub host: String,
    /// The events that go out, by name.
    pub kinds: Vec<String>,
    /// Where to; none once erased.
    pub url: Option<String>,
    /// What bodies are signed with.
    pub secret: Option<String>,
    /// Whether it is on.
    pub on: bool,
    /// It tells of what happened after this event.
    pub on_seq: Option<Seq>,
    /// The event that changed it last.
    pub seq: Seq,
}

/// A webhook as it is to be.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What it is called.
    pub name: String,
    /// Where to.
    pub url: String,
    /// The machine in that address.
    pub host: String,
    /// What bodies are signed with; empty keeps the one there is.
    pub secret: String,
    /// The events that go out, by name.
    pub kinds: Vec<String>,
}

// Decide

/// Writes a webhook: a new one, switched off, or another version of one there is.
///
/// **Refuses:** no name, no kinds or unknown ones, a short secret; one too many.
pub fn save(now: &Now<'_>, id: Option<u64>, wanted: Wanted) -> Result<Vec<Fact>> {
    let name = wanted.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > 80 {
        return Err(Refusal::invalid("a name has 1 to 80 characters")
            .at("name")
            .into());
    }
    if wanted.kinds.is_empty() {
        let text = "choose at least one event that goes out";
        return Err(Refusal::invalid(text).at("kinds").into());
    }
    for kind in &wanted.kinds {
        if !KINDS.iter().any(|(known, _)| known == kind) {
            let text = format!("{kind} does not go out");
            return Err(Refusal::invalid(text).at("kinds").into());
        }
    }
    let all = list(now)?;
    let known = match id {
        Some(id) => Some(get(now, id)?),
        None if all.len() >= HOOKS_MAX => {
            let text = format!("a desk has at most {HOOKS_MAX} webhooks");
            return Err(Refusal::conflict(text).at("name").into());
        }
        None => None,
    };
    let kept = known.as_ref().and_then(|known| known.secret.clone());
    let secret = match (wanted.secret.trim(), kept) {
        ("", Some(kept)) => kept,
        (secret, _) if secret.chars().count() < SECRET_MIN => {
            let text = format!("a secret has at least {SECRET_MIN} characters");
            return Err(Refusal::invalid(text).at("secret").into());
        }
        (secret, _) => secret.to_owned(),
    };
    let same = known.as_ref().is_some_and(|known| {
        known.name == name
            && known.kinds == wanted.kinds
            && known.url.as_deref() == Some(wanted.url.as_str())
            && known.secret.as_deref() == Some(secret.as_str())
    });
    if same {
        return Ok(Vec::new());
    }
    let hook = match id {
        Some(id) => id,
        None => all.iter().map(|hook| hook.id).max().unwrap_or(0) + 1,
    };
    let saved = WebhookEvent::Saved {
        hook,
        version: known.map_or(0, |known| known.version) + 1,
        name,
        host: wanted.host,
        kinds: wanted.kinds,
        sealed: SealedSecret {
            secret: Some(json!({ "url": wanted.url, "secret": secret })),
        },
    };
    Ok(vec![saved.into()])
}

/// Switches it on or off; switched on, it tells of what happens from then on.
pub fn switch(now: &Now<'_>, id: u64, on: bool) -> Result<Vec<Fact>> {
    let known = get(now, id)?;
    if known.on == on {
        return Ok(Vec::new());
    }
    Ok(vec![WebhookEvent::Switched { hook: id, on }.into()])
}

/// Asks that a hook be told of something: what the action `webhook` does.
///
/// **Refuses:** an unknown hook, or one that is off.
pub fn ask(now: &Now<'_>, hook: u64, object: Object) -> Result<Vec<Fact>> {
    demand(now, hook)?;
    Ok(vec![WebhookEvent::Asked { hook, object }.into()])
}

/// Refuses a hook that is not there, or is off.
pub fn demand(now: &Now<'_>, hook: u64) -> Result<()> {
    let text = match find(now, hook)? {
        Some(known) if known.on => return Ok(()),
        Some(known) => format!("the webhook {} is off", known.name),
        None => format!("there is no webhook W-{hook}"),
    };
    Err(Refusal::invalid(text).at("webhook").into())
}

/// Asks for a delivery to be sent again.
///
/// **Refuses:** an unknown delivery; one that still waits.
pub fn renew(now: &Now<'_>, hook: u64, about: Seq) -> Result<Vec<Fact>> {
    demand(now, hook)?;
    match delivery(now, hook, about)? {
        Some(known) if known.state == "waiting" => {
            let text = "it waits for its next try already";
            Err(Refusal::conflict(text).into())
        }
        Some(_) => Ok(vec![WebhookEvent::Renewed { hook, about }.into()]),
        None => {
            let text = format!("event {about} was not sent to W-{hook}");
            Err(Refusal::not_found(text).into())
        }
    }
}

/// What came of a try; `came` is the answer, the time it took and why it was not taken.
pub fn settle(
    now: &Now<'_>,
    parcel: &Parcel,
    came: &(Option<u16>, u64, Option<String>),
) -> Result<Vec<Fact>> {
    let known = get(now, parcel.hook)?;
    let (status, took_ms, trouble) = came.clone();
    let attempt = parcel.attempts + 1;
    let taken = trouble.is_none();
    let next = (!taken).then(|| wait_ms(attempt)).flatten();
    let attempted = WebhookEvent::Attempted {
        hook: parcel.hook,
        version: known.version,
        about: parcel.about,
        attempt,
        status,
        took_ms,
        taken,
        next_at: next.map(|ms| now.at().plus_ms(ms)),
        trouble,
    };
    Ok(vec![attempted.into()])
}

// Apply

/// Applies a fact about webhooks.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &WebhookEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        WebhookEvent::Saved {
            hook,
            version,
            name,
            host,
            kinds,
            sealed,
        } => {
            let secret = sealed.secret.as_ref().map(Value::to_string);
            write.run(
                "INSERT INTO webhook (id, name, version, host, kinds, secret, seq)
                 VALUES (:id, :name, :version, :host, :kinds, :secret, :seq)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version,
                     host = excluded.host, kinds = excluded.kinds, secret = excluded.secret,
                     seq = excluded.seq",
                &[
                    (":id", hook),
                    (":name", name),
                    (":version", version),
                    (":host", host),
                    (":kinds", &serde_json::to_string(kinds)?),
                    (":secret", &secret),
                    (":seq", seq),
                ],
            )?;
        }
        WebhookEvent::Switched { hook, on } => {
            write.run(
                "UPDATE webhook SET running = :on, on_seq = :seq, seq = :seq WHERE id = :id",
                &[(":on", on), (":seq", seq), (":id", hook)],
            )?;
        }
        WebhookEvent::Asked { object, .. } => match object {
            Object::Conversation(id) => conversations::relate(write, *id)?,
            Object::Ticket(id) => tickets::relate(write, *id)?,
            Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {}
        },
        WebhookEvent::Attempted {
            hook,
            about,
            attempt,
            status,
            took_ms,
            taken,
            next_at,
            trouble,
            ..
        } => {
            let state = match (taken, next_at) {
                (true, _) => "taken",
                (false, Some(_)) => "waiting",
                (false, None) => "given_up",
            };
            write.run(
                "INSERT INTO webhook_delivery (hook, about, state, attempts, status, took_ms,
                     next_at, trouble, at, seq)
                 VALUES (:hook, :about, :state, :attempts, :status, :took_ms,
                     :next_at, :trouble, :at, :seq)
                 ON CONFLICT (hook, about) DO UPDATE SET state = excluded.state,
                     attempts = excluded.attempts, status = excluded.status,
                     took_ms = excluded.took_ms, next_at = excluded.next_at,
                     trouble = excluded.trouble, at = excluded.at, seq = excluded.seq",
                &[
                    (":hook", hook),
                    (":about", about),
                    (":state", &state),
                    (":attempts", attempt),
                    (":status", &status.map(u64::from)),
                    (":took_ms", took_ms),
                    (":next_at", next_at),
                    (":trouble", trouble),
                    (":at", &recorded.at),
                    (":seq", seq),
                ],
            )?;
        }
        WebhookEvent::Renewed { hook, about } => {
            write.run(
                "UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_at = :at,
                     seq = :seq
                  WHERE hook = :hook AND about = :about",
                &[
                    (":at", &recorded.at),
                    (":seq", seq),
                    (":hook", hook),
                    (":about", about),
                ],
            )?;
        }
    }
    Ok(())
}

// Ask

const COLUMNS: &str =
    "SELECT id, name, version, host, kinds, secret, running, on_seq, seq FROM webhook";

/// The webhooks, in the order in which they were first written.
pub fn list(now: &Now<'_>) -> Result<Vec<Hook>> {
    now.all(&format!("{COLUMNS} ORDER BY id LIMIT 100"), &[], read)
}

/// A webhook, if there is one.
pub fn find(now: &Now<'_>, id: u64) -> Result<Option<Hook>> {
    now.maybe(&format!("{COLUMNS} WHERE id = :id"), &[(":id", &id)], read)
}

/// A webhook.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, id: u64) -> Result<Hook> {
    find(now, id)?.ok_or_else(|| Refusal::not_found(format!("there is no webhook W-{id}")).into())
}

/// Whether addresses inside the house are sent to.
pub fn reaches_inside(now: &Now<'_>) -> Result<bool> {
    settings::switch(now, "webhook.allow_private")
}

fn read(row: &Row<'_>) -> Result<Hook> {
    let secret: Option<Value> = row.json_if_any("secret")?;
    let part = |name: &str| {
        let value = secret.as_ref().and_then(|secret| secret.get(name));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    Ok(Hook {
        id: row.get("id")?,
        name: row.get("name")?,
        version: row.get("version")?,
        host: row.get("host")?,
        kinds: row.json("kinds")?,
        url: part("url"),
        secret: part("secret"),
        on: row.get("running")?,
        on_seq: row.get("on_seq")?,
        seq: row.get("seq")?,
    })
}
