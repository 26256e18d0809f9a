//! The steps of tickets from status to status: what is needed to come into one, and what follows by
//! itself.

use super::{Known, find, get, next_of, offered};
use crate::desk::fields;
use crate::desk::sla::{calendars, touch};
use crate::desk::tickets::{self, Ticket, joins};
use crate::domain::actor::{Actor, Door};
use crate::domain::calendar::Zone;
use crate::domain::event::status::StatusEvent;
use crate::domain::event::{ArticleEvent, Cause, Event, Fact, SealedReason, TicketEvent};
use crate::domain::id::{GroupId, Object, Seq, TicketId};
use crate::domain::moment::{DAY_MS, HOUR_MS};
use crate::domain::status::{Ask, Definition, Follows, Named, Next, When};
use crate::domain::ticket::{Category, Status, Wait};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Happened, Now};
use std::collections::BTreeMap;

/// The longest note. **Unit:** characters.
const NOTE_MAX: usize = 4_000;

// Decide

/// Brings a ticket into a status; `values` is what the same wish writes into its own fields.
///
/// **Refuses:** a step the flow does not have, or not for this role; what the status asks for and
/// nobody said; ending without the fields that are needed for it.
pub fn enter(
    now: &Now<'_>,
    present: &Ticket,
    to: &str,
    wait: Option<Wait>,
    note: &str,
    values: &BTreeMap<String, String>,
) -> Result<Vec<Fact>> {
    let known = offered(now, to)?;
    demand_step(present, &known)?;
    demand_role(now, &known)?;
    let wait = valid_wait(&known.definition, wait)?;
    let reason = valid_note(&known.definition, note)?;
    fields::demand_filled(now, present, &known.definition, values)?;
    entered(now, present, &known, wait, reason)
}

/// The facts of a step that may be: the change itself, and what goes along with it.
fn entered(
    now: &Now<'_>,
    present: &Ticket,
    known: &Known,
    wait: Option<Wait>,
    reason: Option<String>,
) -> Result<Vec<Fact>> {
    let base = known.definition.base;
    let note = reason.clone().unwrap_or_default();
    let changed: Fact = TicketEvent::StatusChanged {
        ticket: present.id,
        from: present.status,
        to: base,
        restores: false,
        named: pinned(now, known, present.group, wait.as_ref())?,
        was: was(present),
        wait,
        sealed: SealedReason { reason },
    }
    .into();
    let mut facts = vec![changed];
    facts.extend(joins::along(now, present, base, &note)?);
    Ok(facts)
}

fn demand_step(present: &Ticket, known: &Known) -> Result<()> {
    let (id, definition) = (present.id, &known.definition);
    if present.named == known.name {
        let text = format!("{id} is in {status} already", status = definition.label);
        return Err(Refusal::conflict(text).at("status").into());
    }
    if !may_step(present, known) {
        let (from, to) = (&present.label, &definition.label);
        let text = format!("{id} cannot go from {from} to {to}");
        return Err(Refusal::conflict(text).at("status").into());
    }
    Ok(())
}

/// Whether the flow has a step: the way of the shipped statuses, narrowed by the definition.
fn may_step(present: &Ticket, known: &Known) -> bool {
    let definition = &known.definition;
    let along = match present.status == definition.base {
        true => definition.base != Status::Closed, // two names of one
        false => present.status.may_become(definition.base),
    };
    let from = definition.from.is_empty() || definition.from.contains(&present.named);
    along && from && present.named != known.name
}

fn demand_role(now: &Now<'_>, known: &Known) -> Result<()> {
    if may_set(now, known) {
        return Ok(());
    }
    let definition = &known.definition;
    let roles: Vec<&str> = definition.roles.iter().map(|role| role.as_str()).collect();
    let text = format!(
        "only {roles} may set {status}",
        roles = roles.join(", "),
        status = definition.label
    );
    Err(Refusal::forbidden(text).into())
}

/// Rules and the desk itself set what a lead set them up to.
fn may_set(now: &Now<'_>, known: &Known) -> bool {
    let roles = &known.definition.roles;
    match &now.who().actor {
        Actor::Member { role, .. } => roles.is_empty() || roles.contains(role),
        Actor::Bot { .. }
        | Actor::Rule { .. }
        | Actor::Contact { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. } => true,
    }
}

fn valid_wait(definition: &Definition, wait: Option<Wait>) -> Result<Option<Wait>> {
    if definition.base.category() != Category::Waiting {
        return Ok(None);
    }
    let wait = wait.unwrap_or(Wait {
        whom: String::new(),
        reference: String::new(),
        expected_on: String::new(),
    });
    for (ask, field, text, value) in [
        (Ask::Whom, "whom", "say for whom you wait", &wait.whom),
        (
            Ask::Reference,
            "reference",
            "give their reference, such as a tracking number",
            &wait.reference,
        ),
    ] {
        let missing = value.trim().is_empty() && definition.asks.contains(&ask);
        if missing || value.chars().count() > 100 {
            return Err(Refusal::invalid(text).at(field).into());
        }
    }
    let format = time::macros::format_description!("[year]-[month]-[day]");
    let dated = !wait.expected_on.is_empty() || definition.asks.contains(&Ask::ExpectedOn);
    if dated && time::Date::parse(&wait.expected_on, &format).is_err() {
        let text = "give the date it is expected, such as 2026-11-30";
        return Err(Refusal::invalid(text).at("expected_on").into());
    }
    let said = [&wait.whom, &wait.reference, &wait.expected_on];
    let nothing = said.into_iter().all(|text| text.trim().is_empty());
    Ok((!nothing).then(|| Wait {
        whom: wait.whom.trim().to_owned(),
        reference: wait.reference.trim().to_owned(),
        expected_on: wait.expected_on,
    }))
}

/// Whether a status takes a note: one that solves, or asks for one.
pub fn takes_note(definition: &Definition) -> bool {
    definition.base == Status::Resolved || definition.asks.contains(&Ask::Note)
}

fn valid_note(definition: &Definition, note: &str) -> Result<Option<String>> {
    let reason = Some(note.trim().to_owned()).filter(|note| !note.is_empty());
    if reason.is_none() && definition.base == Status::Resolved {
        let text = "say how it was solved, in a resolution note";
        return Err(Refusal::invalid(text).at("note").into());
    }
    if reason.is_none() && definition.asks.contains(&Ask::Note) {
        let text = format!("say why it becomes {}, in a note", definition.label);
        return Err(Refusal::invalid(text).at("note").into());
    }
    if reason
        .as_ref()
        .is_some_and(|reason| reason.chars().count() > NOTE_MAX)
    {
        let text = format!("a note has at most {NOTE_MAX} characters");
        return Err(Refusal::invalid(text).at("note").into());
    }
    Ok(reason)
}

/// What the fact says of a status that is more than a shipped one.
fn pinned(
    now: &Now<'_>,
    known: &Known,
    group: Option<GroupId>,
    wait: Option<&Wait>,
) -> Result<Option<Named>> {
    let definition = &known.definition;
    let next = match &definition.next {
        Some(next) => follows(now, next, group, wait)?,
        None => None,
    };
    let plain = known.version == 0 && next.is_none();
    Ok((!plain).then(|| Named {
        name: known.name.clone(),
        label: definition.label.clone(),
        version: known.version,
        pauses: definition.pauses.clone(),
        next,
    }))
}

/// What a ticket's status was called, if it had a name of its own.
fn was(present: &Ticket) -> Option<String> {
    (present.label != present.status.words()).then(|| present.label.clone())
}

/// When a status ends by itself, by the hours of the group as they are now.
fn follows(
    now: &Now<'_>,
    next: &Next,
    group: Option<GroupId>,
    wait: Option<&Wait>,
) -> Result<Option<Follows>> {
    let calendar = calendars::of_group(now, group)?;
    let hours = calendar.map(|calendar| calendar.timetable.hours());
    let hours = hours.transpose().map_err(Error::fault)?;
    let at = match next.when {
        When::WorkingHours(count) => {
            let working_ms = i64::from(count) * HOUR_MS;
            match &hours {
                Some(hours) => hours.add(now.at(), working_ms),
                None => Some(now.at().plus_ms(working_ms)),
            }
        }
        When::ExpectedDate => {
            let date = wait.map_or("", |wait| wait.expected_on.as_str());
            let utc = Zone::utc();
            let zone = hours.as_ref().map_or(&utc, |hours| hours.zone());
            let start = zone.day_start(date).ok();
            // What is expected today has until the day ends.
            start.map(|start| match start <= now.at() {
                true => start.plus_ms(DAY_MS).max(now.at().plus_ms(HOUR_MS)),
                false => start,
            })
        }
    };
    Ok(at.map(|at| Follows {
        at,
        to: next.to.clone(),
    }))
}

/// Moves a ticket on whose status ends by itself now; one that cannot go on says why and stays.
pub fn lapse(now: &Now<'_>, id: TicketId) -> Result<Vec<Fact>> {
    let present = tickets::get(now, id)?;
    let Some(follows) = next_of(now, id)?.filter(|next| next.at <= now.at()) else {
        return Ok(Vec::new());
    };
    let reason = match present.wait.as_ref().map(|wait| &wait.expected_on) {
        Some(date) if !date.is_empty() => format!("expected on {date}"),
        _ => format!("its time in {} is over", present.label),
    };
    let moved = offered(now, &follows.to).and_then(|known| {
        demand_step(&present, &known)?;
        fields::demand_filled(now, &present, &known.definition, &BTreeMap::new())?;
        entered(now, &present, &known, None, Some(reason))
    });
    let facts = match moved {
        Ok(facts) => facts,
        Err(Error::Refusal(refusal)) => {
            let stayed = StatusEvent::Stayed {
                ticket: id,
                name: present.named,
                to: follows.to,
                why: refusal.text,
            };
            vec![stayed.into()]
        }
        Err(fault) => return Err(fault),
    };
    let since = set_by(now, id)?;
    Ok(facts
        .into_iter()
        .map(|mut fact| match fact.cause {
            None => {
                fact.cause = since.map(Cause::Event);
                fact.by(system())
            }
            Some(_) => fact.by(system()),
        })
        .collect())
}

/// What a word of the customer means for tickets that wait for one.
pub fn follow(now: &Now<'_>, news: &[Happened]) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    if now.who().via.door == Door::Import {
        return Ok(facts);
    }
    for new in news {
        let Event::Article(ArticleEvent::Received { conversation, .. }) = &new.event else {
            continue;
        };
        for id in touch::tickets_of(now, *conversation)? {
            let present = tickets::get(now, id)?;
            let waits = present.status.category() == Category::Waiting;
            if !waits || joins::merged(now, id)?.is_some() {
                continue;
            }
            if !get(now, &present.named)?.definition.ends_on_word {
                continue;
            }
            let back = Known::shipped(Status::InProgress);
            let back = find(now, &back.name)?.unwrap_or(back);
            let reason = Some("the customer wrote".to_owned());
            let moved = entered(now, &present, &back, None, reason)?;
            facts.extend(
                moved
                    .into_iter()
                    .map(|fact| fact.because(Cause::Event(new.seq)).by(system())),
            );
        }
    }
    Ok(facts)
}

/// The event that set a ticket's status.
fn set_by(now: &Now<'_>, id: TicketId) -> Result<Option<Seq>> {
    now.value(
        "SELECT max(trail.seq) FROM event_object
           JOIN trail ON trail.seq = event_object.seq AND trail.event = 'ticket.status_changed'
          WHERE event_object.object = :object",
        &[(":object", &Object::Ticket(id))],
    )
}

/// The fact that a ticket comes into a shipped status, beside what anybody asks for.
pub fn set(present: &Ticket, to: Status, reason: Option<String>) -> Fact {
    let changed = TicketEvent::StatusChanged {
        ticket: present.id,
        from: present.status,
        to,
        wait: None,
        restores: false,
        named: None,
        was: was(present),
        sealed: SealedReason { reason },
    };
    changed.into()
}

fn system() -> Actor {
    Actor::System {
        id: "statuses".to_owned(),
    }
}

// Ask

/// The statuses the one who looks may bring a ticket into now.
pub fn ways(now: &Now<'_>, present: &Ticket) -> Result<Vec<Known>> {
    let mut all = super::list(now)?;
    all.retain(|known| !known.retired && may_step(present, known) && may_set(now, known));
    Ok(all)
}
