//! One event: what it changed, why, what followed, and the bytes that vouch for it.

use super::explorer::{link, row_at};
use super::{Chain, CheckpointLine, EventPage, FieldChange, Sealed};
use crate::desk::audit::{self, Recorded};
use crate::desk::{packs, privacy};
use crate::domain::id::Seq;
use crate::domain::member::Right;
use crate::domain::privacy::Kind;
use crate::error::Result;
use crate::ledger::Now;
use crate::ledger::entry::opened;
use crate::ledger::note::Checkpoint;
use crate::web::exchange::Response;
use crate::web::packs::show::in_one_line;
use crate::web::privacy::Removed;
use crate::web::sentences;
use crate::web::text::Language;
use crate::web::visit::Visit;
use data_encoding::BASE64;
use serde_json::{Map, Value};

/// Most events that are shown as following from one.
const EFFECTS: u32 = 50;

/// Most packs an event is offered for, the newest that are not decided.
const PACKS: u32 = 5;

/// `GET /audit/SEQ`
pub fn show(visit: &Visit<'_>, seq: Seq) -> Result<Response> {
    let now = visit.now()?;
    let language = visit.language();
    let (event, row) = row_at(&now, language, seq)?;
    let at = |seq| row_at(&now, language, seq).map(|(_, row)| row);
    let newest = audit::published(&now, None, 1)?.pop();
    let checkpoint = newest
        .filter(|published| published.size > seq.0)
        .map(|published| line(&published))
        .transpose()?;
    let proof = match &checkpoint {
        Some(checkpoint) => audit::inclusion(&now, seq, checkpoint.size)?,
        None => Vec::new(),
    };
    let (changes, facts) = taken_apart(&event);
    let packs = match packs::may(visit.member.role) {
        true => packs::list(&now, None, None, true, PACKS)?,
        false => Vec::new(),
    };
    let page = EventPage {
        packs: packs.iter().map(in_one_line).collect(),
        on_behalf_of: event
            .entry
            .acts_for
            .as_ref()
            .map(|actor| sentences::actor(language, actor, &|_| None)),
        via: event.entry.via.door.to_string(),
        request: event.entry.via.request.clone(),
        cause: event.entry.cause.map(at).transpose()?,
        effects: audit::caused_by(&now, seq, EFFECTS)?
            .into_iter()
            .map(at)
            .collect::<Result<_>>()?,
        changes,
        facts,
        sealed: sealed(&now, language, &event)?,
        chains: chains(&event),
        leaf: BASE64.encode(&event.leaf),
        prev: event.entry.prev.clone(),
        before: seq.0.checked_sub(1),
        after: Some(seq.0 + 1).filter(|after| *after < now.next_seq().0),
        checkpoint,
        proof: proof.iter().map(|hash| BASE64.encode(hash)).collect(),
        may_erase: visit.may(Right::Erase),
        entry: event.bytes,
        row,
    };
    visit.page(&now, "audit/show.html", &page)
}

/// A published checkpoint in one line.
pub fn line(published: &audit::Published) -> Result<CheckpointLine> {
    Ok(CheckpointLine {
        size: published.size,
        at: published.at,
        root: BASE64.encode(&Checkpoint::parse(&published.note)?.root),
        note: published.note.clone(),
    })
}

/// The public fields of an event: those with a before and an after, and the others.
fn taken_apart(event: &Recorded) -> (Vec<FieldChange>, Vec<(String, String)>) {
    let mut changes = Vec::new();
    let mut facts = Vec::new();
    let data = &event.entry.data;
    if let (Some(from), Some(to)) = (data.get("from"), data.get("to")) {
        changes.push(change(what(&event.entry.event, data), from, to));
    }
    for (field, value) in data {
        match (field.as_str(), value) {
            ("from" | "to", _) => {}
            ("targets", Value::Array(all)) => facts.push((field.clone(), all.len().to_string())),
            ("changes", Value::Object(fields)) => {
                let pairs = fields.iter().map(|(name, pair)| {
                    let side = |side| pair.get(side).unwrap_or(&Value::Null);
                    change(name.clone(), side("from"), side("to"))
                });
                changes.extend(pairs);
            }
            (_, Value::Object(fields)) if !fields.contains_key("kind") => {
                let pairs = fields.iter();
                facts.extend(
                    pairs.filter_map(|(name, value)| {
                        Some((format!("{field}.{name}"), shown(value)?))
                    }),
                );
            }
            (_, value) => facts.extend(shown(value).map(|value| (field.clone(), value))),
        }
    }
    (changes, facts)
}

fn change(field: String, from: &Value, to: &Value) -> FieldChange {
    FieldChange {
        field,
        before: shown(from),
        after: shown(to),
    }
}

/// What changed, by the event's name: the status of `ticket.status_changed`.
fn what(event: &str, data: &Map<String, Value>) -> String {
    if let Some(Value::String(key)) = data.get("key") {
        return key.clone();
    }
    let word = event.split('.').nth(1).unwrap_or(event);
    match word {
        "escalated" => "level".to_owned(),
        "renamed" => "name".to_owned(),
        word => word.strip_suffix("_changed").unwrap_or(word).to_owned(),
    }
}

/// A value as people read it; none where there is nothing.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(all) => {
            let words: Vec<String> = all.iter().filter_map(shown).collect();
            Some(words.join(", ")).filter(|words| !words.is_empty())
        }
        Value::Object(fields) => {
            let name = fields.get("name").or_else(|| fields.get("kind"));
            match name {
                Some(Value::String(name)) => Some(name.clone()),
                Some(_) | None => Some(value.to_string()),
            }
        }
    }
}

/// The sealed fields. A secret is never shown to anybody.
fn sealed(now: &Now<'_>, language: Language, event: &Recorded) -> Result<Vec<Sealed>> {
    event
        .disclosures
        .iter()
        .map(|(field, text)| {
            let value = match text {
                Some(text) if field != "secret" => Some(readable(&opened(text)?.1)?),
                Some(_) | None => None,
            };
            Ok(Sealed {
                field: field.clone(),
                digest: event.entry.sealed.get(field).cloned().unwrap_or_default(),
                value,
                removed: privacy::erasure_of(now, event.seq, field)?
                    .map(|erasure| Removed::of(language, &erasure)),
                personal: Kind::of(&event.entry.event, field).is_some(),
            })
        })
        .collect()
}

fn readable(value: &Value) -> Result<String> {
    Ok(match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value)?,
    })
}

fn chains(event: &Recorded) -> Vec<Chain> {
    let links = event.entry.of.iter();
    links
        .filter_map(|(name, n, prev)| {
            Some(Chain {
                object: link(name.parse().ok()?),
                n: *n,
                prev: prev.clone(),
            })
        })
        .collect()
}
