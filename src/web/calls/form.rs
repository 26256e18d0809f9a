//! The form for a call: what it offers, and what was typed into it.

use super::CallForm;
use super::card::readable;
use crate::desk::calls::{self, Wanted, lines};
use crate::desk::commitments::Promise;
use crate::desk::contacts;
use crate::domain::call::{Note, PROMISES_MAX, dial_href};
use crate::domain::id::{ContactId, Object, Seq};
use crate::domain::message::CallDirection;
use crate::domain::moment::{MINUTE_MS, Moment};
use crate::domain::phone::PhoneNumber;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::conversations::show::workers;
use crate::web::visit::{Visit, zone};
use std::collections::BTreeMap;

/// The form for a thread; none unless it was asked for or refused.
pub fn form(
    visit: &Visit<'_>,
    now: &Now<'_>,
    object: Object,
    contact: Option<ContactId>,
    refused: Option<&Refusal>,
) -> Result<CallForm> {
    let open = calls::without_note(now, object)?;
    let mut calls: Vec<(String, String)> = Vec::new();
    for call in &open {
        calls.push((call.seq.to_string(), label(visit, now, call)));
    }
    let asked = visit.query("call").or_else(|| visit.form.get("call"));
    let corrected = asked
        .and_then(|call| call.parse().ok())
        .map(|call: Seq| calls::find(now, call))
        .transpose()?
        .flatten()
        .filter(|call| call.object() == Some(object));
    if let Some(call) = &corrected
        && call.noted.is_some()
    {
        calls.insert(0, (call.seq.to_string(), label(visit, now, call)));
    }
    let chosen = match (asked, calls.first()) {
        (Some(asked), _) => asked.to_owned(),
        (None, Some((first, _))) => first.clone(),
        (None, None) => String::new(),
    };
    let mut typed: BTreeMap<String, String> = BTreeMap::new();
    if let Some(noted) = corrected.and_then(|call| call.noted) {
        let note = noted.note.unwrap_or_default();
        typed.insert("reason".to_owned(), note.reason);
        typed.insert("key_points".to_owned(), note.key_points.join("\n"));
        typed.insert("follow_ups".to_owned(), note.follow_ups.join("\n"));
        let points = noted.satisfaction.map(|points| points.to_string());
        typed.insert("satisfaction".to_owned(), points.unwrap_or_default());
        for (name, on) in [("locked", noted.locked), ("escalate", noted.escalate)] {
            let value = if on { "yes" } else { "" };
            typed.insert(name.to_owned(), value.to_owned());
        }
    }
    if refused.is_some() {
        typed = visit.form.fields.iter().cloned().collect();
    }
    Ok(CallForm {
        action: format!("{}/calls", super::card::href(object)),
        numbers: numbers(now, contact)?,
        calls,
        chosen,
        members: workers(now)?,
        me: visit.member.id.to_string(),
        typed,
        wrong: refused.map(wrong).unwrap_or_default(),
    })
}

/// The sentence at its field.
pub fn wrong(refusal: &Refusal) -> BTreeMap<String, String> {
    let field = refusal.field.unwrap_or_default().to_owned();
    BTreeMap::from([(field, refusal.text.clone())])
}

/// The numbers of a customer, as people read them and as the browser dials them.
pub fn numbers(now: &Now<'_>, contact: Option<ContactId>) -> Result<Vec<(String, String)>> {
    let Some(contact) = contact else {
        return Ok(Vec::new());
    };
    let dial = lines::to_dial(now)?.map_or_else(|| "tel:".to_owned(), |(_, line)| line.dial);
    let mut numbers: Vec<(String, String)> = Vec::new();
    for (kind, value) in contacts::get(now, contact)?.identities {
        let number = match kind.as_str() {
            "phone" => PhoneNumber::parse(&value, ""),
            "wa_id" => PhoneNumber::of_digits(&value),
            _ => continue, // identities nobody can dial
        };
        let Ok(number) = number else { continue };
        let line = (number.international(), dial_href(&dial, &number));
        if !numbers.contains(&line) {
            numbers.push(line);
        }
    }
    Ok(numbers)
}

fn label(visit: &Visit<'_>, now: &Now<'_>, call: &calls::Call) -> String {
    let zone = zone(&visit.member.preferences.zone);
    let at = zone.local(call.started_at);
    let today = zone.local(now.at()).day_number == at.day_number;
    let day = if today {
        String::new()
    } else {
        format!("{}-{:02}-{:02} ", at.year, at.month, at.day)
    };
    let number = call.number.as_deref().map(readable).unwrap_or_default();
    let whose = match call.direction {
        CallDirection::In => "from",
        CallDirection::Out => "to",
    };
    format!("{day}{:02}:{:02} {whose} {number}", at.hour, at.minute)
}

/// What was typed, as a wish.
///
/// **Refuses:** a duration, a time or a satisfaction that is none; a commitment without a date.
pub fn wanted(visit: &Visit<'_>) -> Result<Wanted> {
    let note = Note::of_form(
        visit.field("reason"),
        visit.field("key_points"),
        visit.field("follow_ups"),
    )
    .map_err(|(field, text)| Refusal::invalid(text).at(field))?;
    let call = match visit.field("call") {
        "" => None,
        text => Some(
            text.parse()
                .map_err(|error: String| Refusal::invalid(error).at("call"))?,
        ),
    };
    let satisfaction =
        match visit.field("satisfaction") {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                Refusal::invalid("satisfaction goes from 1 to 5").at("satisfaction")
            })?),
        };
    Ok(Wanted {
        call,
        direction: match visit.field("direction") {
            "in" => CallDirection::In,
            _ => CallDirection::Out, // the one that is left
        },
        answered: visit.field("outcome") != "missed",
        number: visit.field("number").to_owned(),
        started_at: started(visit)?,
        duration_s: duration(visit)?,
        note,
        locked: visit.field("locked") == "yes",
        satisfaction,
        escalate: visit.field("escalate") == "yes",
        promises: promises(visit)?,
    })
}

fn started(visit: &Visit<'_>) -> Result<Option<Moment>> {
    let zone = zone(&visit.member.preferences.zone);
    match visit.field("started") {
        "" => Ok(None),
        // The timer writes an instant, a person a local time.
        text if text.ends_with('Z') => Ok(Some(
            Moment::parse(text).map_err(|error| Refusal::invalid(error).at("started"))?,
        )),
        text => Ok(Some(
            zone.instant(text)
                .map_err(|error| Refusal::invalid(error).at("started"))?,
        )),
    }
}

/// `3:20`, or minutes alone.
fn duration(visit: &Visit<'_>) -> Result<Option<u64>> {
    let text = visit.field("minutes").trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || {
        let text = format!("{text} is not a duration; write minutes such as 3, or 3:20");
        Refusal::invalid(text).at("minutes")
    };
    let (minutes, seconds) = text.split_once(':').unwrap_or((text, "0"));
    let minutes: u64 = minutes.parse().map_err(|_| wrong())?;
    let seconds: u64 = seconds.parse().map_err(|_| wrong())?;
    if seconds > 59 || minutes > 24 * 60 {
        return Err(wrong().into());
    }
    Ok(Some(minutes * 60 + seconds))
}

fn promises(visit: &Visit<'_>) -> Result<Vec<Promise>> {
    let mut promises = Vec::new();
    for n in 1..=PROMISES_MAX {
        let text = visit.field(&format!("promise.{n}")).trim().to_owned();
        if text.is_empty() {
            continue;
        }
        let owner = match visit.field(&format!("owner.{n}")) {
            "" => visit.member.id,
            id => id
                .parse()
                .map_err(|error: String| Refusal::invalid(error).at("promise"))?,
        };
        let due_at = due(visit, visit.field(&format!("due.{n}")))?;
        promises.push(Promise {
            text,
            owner,
            due_at,
        });
    }
    Ok(promises)
}

/// The last minute of a local day, or a local time, as a form sends them.
///
/// **Refuses:** what is neither; nothing.
pub fn due(visit: &Visit<'_>, text: &str) -> Result<Moment> {
    let zone = zone(&visit.member.preferences.zone);
    if text.is_empty() {
        let text = "say until when, a date";
        return Err(Refusal::invalid(text).at("promise").into());
    }
    let at = if text.contains('T') {
        zone.instant(text)
    } else {
        zone.instant(&format!("{text}T23:59")).map(|at| {
            // The whole of that minute still counts.
            at.plus_ms(MINUTE_MS - 1)
        })
    };
    at.map_err(|error| Refusal::invalid(error).at("promise").into())
}
