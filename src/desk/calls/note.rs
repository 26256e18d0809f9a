//! What members write down about calls: the call itself, its note, what was promised, that somebody
//! above has to look at it.

use super::{Wanted, get, lines};
use crate::desk::commitments;
use crate::desk::{contacts, conversations, tickets};
use crate::domain::call::outcome;
use crate::domain::conversation::{Owner, Transfer};
use crate::domain::event::call::{CallEvent, CallRef, SealedCallNote};
use crate::domain::event::{
    Cause, ContactEvent, ConversationEvent, Event, Fact, SealedContact, SealedReason, TicketEvent,
};
use crate::domain::id::{ContactId, Object, Seq};
use crate::domain::message::{CallDirection, one_line};
use crate::domain::moment::DAY_MS;
use crate::error::{Refusal, Result};
use crate::ledger::Now;

/// How far back a call may be written down. **Unit:** milliseconds.
const BACK_MS: i64 = 31 * DAY_MS;
/// The longest call that is believed. **Unit:** seconds.
const LONGEST_S: u64 = 24 * 3_600;

/// Writes down a call, or the note of one the phone system told of.
///
/// **Refuses:** a closed conversation; a number that is none; a time to come; a satisfaction
/// outside 1 to 5; promises without words, owner or a date to come; a call of another thread.
pub fn log(now: &Now<'_>, object: Object, wanted: Wanted) -> Result<Vec<Fact>> {
    let (contact, level) = match object {
        Object::Conversation(id) => {
            let present = conversations::open(now, id)?;
            (Some(present.contact), present.level)
        }
        Object::Ticket(id) => {
            let present = tickets::get(now, id)?;
            if present.closed_at.is_some() {
                let text = format!("{id} is closed; reopen it first");
                return Err(Refusal::conflict(text).into());
            }
            (present.contact, present.level)
        }
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            let text = format!("{object} does not take calls");
            return Err(Refusal::invalid(text).into());
        }
    };
    let mut facts = written(now, object, contact, level, &wanted)?;
    let ours = wanted.direction == CallDirection::Out && wanted.call.is_none();
    if let Object::Conversation(id) = object
        && ours
        && wanted.answered
        && !wanted.locked
    {
        let present = conversations::get(now, id)?;
        if present.owner == Owner::Nobody
            && let Ok(me) = conversations::myself(now)
        {
            let taken = conversations::owned(&present, me, Transfer::Taken, "");
            facts.push(taken.because(Cause::Earlier(0)));
            facts.extend(conversations::opened(&present, 0));
        }
    }
    Ok(facts)
}

/// Opens a ticket that begins with a call; the customer is one the desk knows, or is met by
/// number and name.
///
/// **Refuses:** as for [`log`] and for a ticket.
pub fn open_with(
    now: &Now<'_>,
    contact: Option<ContactId>,
    name: &str,
    title: &str,
    wanted: &Wanted,
) -> Result<Vec<Fact>> {
    let mut facts: Vec<Fact> = Vec::new();
    let number = match wanted.number.trim() {
        "" => None,
        text => Some(lines::number(now, text)?),
    };
    let known = match (contact, &number) {
        (Some(contact), _) => Some(contact),
        (None, Some(number)) => contacts::by_number(now, number)?,
        (None, None) => {
            let text = "say who called: a number the desk can keep";
            return Err(Refusal::invalid(text).at("number").into());
        }
    };
    let contact = match known {
        Some(contact) => contact,
        None => {
            let contact = now.value("SELECT coalesce(max(id) + 1, 1) FROM contact", &[])?;
            let sealed = SealedContact {
                name: Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
                identities: number
                    .map(|number| [("phone".to_owned(), number.e164().to_owned())].into()),
            };
            facts.push(ContactEvent::Added { contact, sealed }.into());
            contact
        }
    };
    let place = tickets::Wanted {
        title: title.to_owned(),
        kind: "question".to_owned(),
        ..tickets::Wanted::default()
    };
    for mut fact in tickets::open(now, place)? {
        if let Event::Ticket(TicketEvent::Opened {
            ticket,
            contact: whose,
            ..
        }) = &mut fact.event
        {
            *whose = Some(contact);
            let object = Object::Ticket(*ticket);
            let call = written(now, object, Some(contact), 0, wanted)?;
            facts.push(fact);
            let before = facts.len();
            facts.extend(call.into_iter().map(|mut fact| {
                if let Some(Cause::Earlier(place)) = fact.cause {
                    fact.cause = Some(Cause::Earlier(place + before));
                }
                fact
            }));
        } else {
            facts.push(fact);
        }
    }
    Ok(facts)
}

/// The call or its note, what was promised, and that somebody above has to look at it.
fn written(
    now: &Now<'_>,
    object: Object,
    contact: Option<ContactId>,
    level: u8,
    wanted: &Wanted,
) -> Result<Vec<Fact>> {
    if wanted
        .satisfaction
        .is_some_and(|stars| !(1..=5).contains(&stars))
    {
        let text = "satisfaction goes from 1 to 5";
        return Err(Refusal::invalid(text).at("satisfaction").into());
    }
    let mut facts: Vec<Fact> = Vec::new();
    let mut said_before = false; // a corrected note does not escalate a second time
    let call = match wanted.call {
        Some(call) => {
            facts.push(noted(now, object, call, wanted)?);
            said_before = get(now, call)?.noted.is_some_and(|noted| noted.escalate);
            CallRef::Call(call)
        }
        None => {
            facts.push(logged(now, object, contact, wanted)?);
            CallRef::Cause
        }
    };
    for promise in &wanted.promises {
        let made = commitments::make(now, call, object, contact, promise)?;
        facts.push(made.because(Cause::Earlier(0)));
    }
    if wanted.escalate && level == 0 && !said_before {
        let reason = format!("after a call: {}", one_line(&wanted.note.reason, 200));
        facts.extend(escalated(object, reason).map(|fact| fact.because(Cause::Earlier(0))));
    }
    Ok(facts)
}

fn logged(
    now: &Now<'_>,
    object: Object,
    contact: Option<ContactId>,
    wanted: &Wanted,
) -> Result<Fact> {
    let number = match wanted.number.trim() {
        "" => None,
        text => Some(lines::number(now, text)?),
    };
    let started_at = wanted.started_at.unwrap_or(now.at());
    let back_ms = now.at().ms_since(started_at);
    if !(-crate::domain::moment::MINUTE_MS..=BACK_MS).contains(&back_ms) {
        let text = "a call is written down within a month after it began";
        return Err(Refusal::invalid(text).at("started").into());
    }
    if wanted.duration_s.is_some_and(|s| s > LONGEST_S) {
        let text = "a call lasts at most a day";
        return Err(Refusal::invalid(text).at("minutes").into());
    }
    let outcome = outcome(wanted.direction, wanted.answered, "");
    let logged = CallEvent::Logged {
        object,
        contact,
        direction: wanted.direction,
        outcome,
        started_at,
        duration_s: wanted.duration_s.filter(|_| wanted.answered),
        locked: wanted.locked,
        satisfaction: wanted.satisfaction,
        escalate: wanted.escalate,
        sealed: SealedCallNote {
            note: Some(wanted.note.clone()),
            number: number.map(String::from),
        },
    };
    Ok(logged.into())
}

fn noted(now: &Now<'_>, object: Object, call: Seq, wanted: &Wanted) -> Result<Fact> {
    let present = get(now, call)?;
    if present.object() != Some(object) {
        let text = format!("call {call} does not belong to {object}");
        return Err(Refusal::conflict(text).at("call").into());
    }
    let noted = CallEvent::Noted {
        call,
        object,
        corrects: present.noted.map(|noted| noted.seq),
        locked: wanted.locked,
        satisfaction: wanted.satisfaction,
        escalate: wanted.escalate,
        sealed: SealedCallNote {
            note: Some(wanted.note.clone()),
            number: None,
        },
    };
    Ok(Fact::from(noted).because(Cause::Event(call)))
}

fn escalated(object: Object, reason: String) -> Option<Fact> {
    let sealed = SealedReason {
        reason: Some(reason),
    };
    match object {
        Object::Conversation(conversation) => Some(
            ConversationEvent::Escalated {
                conversation,
                from: 0,
                to: 1,
                sealed,
            }
            .into(),
        ),
        Object::Ticket(ticket) => Some(
            TicketEvent::Escalated {
                ticket,
                from: 0,
                to: 1,
                sealed,
            }
            .into(),
        ),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => None,
    }
}
