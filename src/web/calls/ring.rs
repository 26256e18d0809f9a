//! What wants the reader's eye on every page: calls that ring, a note that is missing, a
//! commitment that comes due.

use super::Ring;
use super::card::{href, named, names, readable};
use crate::desk::{calls, commitments};
use crate::domain::id::Object;
use crate::domain::message::CallOutcome;
use crate::error::Result;
use crate::ledger::Now;

/// The cards for the one who looks, the most urgent first.
pub fn rings(now: &Now<'_>) -> Result<Vec<Ring>> {
    let mut rings = Vec::new();
    for call in calls::at_hand(now)? {
        let Some(place) = call.object() else { continue };
        let title = match call.contact {
            Some(contact) => named(now, contact)?.1,
            None => String::new(),
        };
        let kind = match (call.ended_at, call.outcome) {
            (Some(_), _) => "note",
            (None, CallOutcome::Answered) => "speaking",
            (
                None,
                CallOutcome::Open
                | CallOutcome::Missed
                | CallOutcome::Rejected
                | CallOutcome::Failed,
            ) => "ringing",
        };
        rings.push(Ring {
            kind,
            id: call.seq.0,
            title,
            detail: call.number.as_deref().map(readable).unwrap_or_default(),
            maybe: names(now, &call.maybe)?,
            at: call.ended_at.unwrap_or(call.started_at),
            late: false,
            href: href(place),
            write_href: format!("{}?write=call&call={}#composer", href(place), call.seq),
        });
    }
    rings.sort_by_key(|ring| match ring.kind {
        "ringing" => 0,
        "speaking" => 1,
        _ => 2, // the notes
    });
    for promise in commitments::reminders(now)? {
        rings.push(Ring {
            kind: "promise",
            id: promise.seq.0,
            title: promise.text.unwrap_or_default(),
            detail: match promise.contact {
                Some(contact) => named(now, contact)?.1,
                None => promise.object.to_string(),
            },
            maybe: Vec::new(),
            at: promise.due_at,
            late: promise.due_at <= now.at(),
            href: match promise.object {
                place @ (Object::Conversation(_) | Object::Ticket(_)) => href(place),
                Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
                    "/calls".to_owned()
                }
            },
            write_href: format!("/calls#p{}", promise.seq),
        });
    }
    Ok(rings)
}
