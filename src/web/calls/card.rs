//! From a call of the desk to its card.

use super::{Card, Note, Promise};
use crate::desk::calls::Call;
use crate::desk::commitments::{self, Commitment};
use crate::desk::{contacts, members};
use crate::domain::call::PromiseState;
use crate::domain::id::{ContactId, Object};
use crate::domain::member::Right;
use crate::domain::message::{CallDirection, CallOutcome};
use crate::domain::phone::PhoneNumber;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::text::{Language, fill, translate};
use crate::web::visit::Visit;

/// What happened, in the reader's language.
fn sentence(language: Language, call: &Call) -> String {
    let ours = call.direction == CallDirection::Out;
    let english = match (call.outcome, call.ended_at, call.duration_s) {
        (CallOutcome::Open, None, _) if ours => "Calling",
        (CallOutcome::Open, None, _) => "Ringing",
        (CallOutcome::Open, Some(_), _) if ours => "Our call",
        (CallOutcome::Open, Some(_), _) => "Call",
        (CallOutcome::Missed, _, _) if ours => "Our call was not answered",
        (CallOutcome::Missed, _, _) => "Missed call",
        (CallOutcome::Answered, None, _) => "Speaking now",
        (CallOutcome::Answered, _, None) if ours => "Our call, answered",
        (CallOutcome::Answered, _, None) => "Call, answered",
        (CallOutcome::Answered, _, Some(_)) if ours => "Our call of {min} min {s} s",
        (CallOutcome::Answered, _, Some(_)) => "Call of {min} min {s} s",
        (CallOutcome::Rejected, _, _) if ours => "Our call, rejected",
        (CallOutcome::Rejected, _, _) => "Call, rejected",
        (CallOutcome::Failed, _, _) if ours => "Our call, failed",
        (CallOutcome::Failed, _, _) => "Call, failed",
    };
    let long_s = call.duration_s.unwrap_or_default();
    fill(translate(language, english), |name| match name {
        "min" => Some((long_s / 60).to_string()),
        "s" => Some((long_s % 60).to_string()),
        _ => None,
    })
}

/// A call with its note and what was promised in it.
pub fn card(visit: &Visit<'_>, now: &Now<'_>, call: &Call) -> Result<Card> {
    let sentence = sentence(visit.language(), call);
    let works = visit.may(Right::Work);
    let place = call.object();
    let promises = commitments::of_call(now, call.seq)?;
    Ok(Card {
        id: call.seq.0,
        sentence,
        direction: match call.direction {
            CallDirection::In => "in",
            CallDirection::Out => "out",
        },
        outcome: match call.outcome {
            CallOutcome::Open => "open",
            CallOutcome::Missed => "missed",
            CallOutcome::Answered => "answered",
            CallOutcome::Rejected => "rejected",
            CallOutcome::Failed => "failed",
        },
        number: call.number.as_deref().map(readable),
        queue: call.queue.clone(),
        member: call
            .member
            .map(|member| members::get(now, member).map(|member| member.name))
            .transpose()?,
        started_at: call.started_at,
        answered_at: call.answered_at.filter(|_| call.channel.is_some()),
        ended_at: call.ended_at.filter(|_| call.channel.is_some()),
        cause: call.cause.as_deref().and_then(cause).map(str::to_owned),
        maybe: names(now, &call.maybe)?,
        note: call.noted.as_ref().map(|noted| {
            let words = noted.note.clone().unwrap_or_default();
            Note {
                seq: noted.seq.0,
                reason: words.reason,
                key_points: words.key_points,
                follow_ups: words.follow_ups,
                locked: noted.locked,
                satisfaction: noted.satisfaction,
                escalate: noted.escalate,
                by: noted.by.clone(),
                at: noted.at,
                corrects: noted.corrects,
            }
        }),
        write_href: place
            .filter(|_| works)
            .map(|place| format!("{}?write=call&call={}#composer", href(place), call.seq)),
        promises: promises
            .into_iter()
            .map(|promise| self::promise(visit, now, promise))
            .collect::<Result<_>>()?,
    })
}

/// A promise in one line.
pub fn promise(visit: &Visit<'_>, now: &Now<'_>, one: Commitment) -> Result<Promise> {
    let mine = one.owner == visit.member.id;
    let open = one.state == PromiseState::Open;
    let removed = || "its words were removed".to_owned();
    Ok(Promise {
        id: one.seq.0,
        text: one.text.unwrap_or_else(removed),
        owner: one.owner_name,
        owner_id: one.owner.to_string(),
        mine,
        due_at: one.due_at,
        state: one.state.as_str(),
        overdue: open && one.due_at <= now.at(),
        ended_at: one.ended_at,
        on: (one.object.to_string(), href(one.object)),
        contact: one.contact.map(|contact| named(now, contact)).transpose()?,
        may: open && visit.may(Right::Work) && (mine || visit.may(Right::Assign)),
    })
}

/// The address of a thread.
pub fn href(object: Object) -> String {
    match object {
        Object::Conversation(id) => format!("/conversations/{id}"),
        Object::Ticket(id) => format!("/tickets/{id}"),
        Object::Contact(id) => format!("/contacts/{id}"),
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => "/inbox".to_owned(),
    }
}

/// A number as people read it; what is none as it was told.
pub fn readable(number: &str) -> String {
    PhoneNumber::parse(number, "").map_or_else(|_| number.to_owned(), |it| it.international())
}

/// Customers by id and name.
pub fn names(now: &Now<'_>, contacts: &[ContactId]) -> Result<Vec<(String, String)>> {
    contacts.iter().map(|id| named(now, *id)).collect()
}

/// A customer by id and name.
pub fn named(now: &Now<'_>, id: ContactId) -> Result<(String, String)> {
    Ok((id.to_string(), contacts::get(now, id)?.title()))
}

/// Why a call ended, where that is worth a word.
fn cause(word: &str) -> Option<&'static str> {
    match word {
        "busy" => Some("the line was busy"),
        "cancel" => Some("the caller hung up"),
        "noAnswer" => Some("nobody answered"),
        "congestion" => Some("the network was busy"),
        "notFound" => Some("there is no such number"),
        "forwarded" => Some("it was forwarded"),
        "lost" => Some("the phone system never told of its end"),
        _ => None, // an ordinary end, or a word of some other system
    }
}
