//! The desk as it stood: which facts a thing's past is made from, and what it said then, field by
//! field, so that two moments can be held beside each other.

pub mod configuration;
pub mod fields;

use super::audit;
use super::audit::filter::place_at;
use crate::domain::audit::time::Point;
use crate::domain::calendar::Zone;
use crate::domain::id::{Object, Seq};
use crate::error::{Refusal, Result};
use crate::ledger::{Ledger, Now, Past};
use std::collections::{BTreeSet, VecDeque};

/// Most events a picture of the past is made from.
const EVENTS_MAX: usize = 40_000;

/// An event about more cases than this does not bind them together: the same done to many.
const TOGETHER_MAX: usize = 4;

/// What is looked back at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A conversation, a ticket or a customer, with everything it is bound up with.
    Case(Object),
    /// How the desk was set up.
    Configuration,
}

/// The desk after an event, as far as this scope goes.
///
/// **Refuses:** what too much is bound up with.
pub fn after(ledger: &Ledger, now: &Now<'_>, scope: Scope, last: Seq) -> Result<Past> {
    ledger.past(&needed(now, scope, last)?, last)
}

/// The newest event at a point that was asked for: an event's number, or a time.
///
/// **Refuses:** what is neither, and what was before the desk.
pub fn place(now: &Now<'_>, text: &str, zone: &Zone) -> Result<Seq> {
    let text = text.trim();
    let number = text.trim_start_matches('#').parse::<Seq>();
    let seq = match (number, Point::read(text, zone, now.at())) {
        (Ok(seq), _) | (Err(_), Ok(Point::Event(seq))) => seq,
        (Err(_), Ok(Point::Instant(at))) => before(place_at(now, at.plus_ms(1))?)?,
        (Err(_), Ok(Point::Day(_, until))) => before(place_at(now, until)?)?,
        (Err(_), Err(why)) => return Err(Refusal::invalid(why).into()),
    };
    if seq >= now.next_seq() {
        return Err(Refusal::not_found(format!("there is no event {seq} yet")).into());
    }
    Ok(seq)
}

fn before(seq: Seq) -> Result<Seq> {
    let early = || Refusal::not_found("that was before this desk began");
    Ok(seq.0.checked_sub(1).map(Seq).ok_or_else(early)?)
}

/// The places of the events that a picture is made from, rising.
pub fn needed(now: &Now<'_>, scope: Scope, last: Seq) -> Result<Vec<Seq>> {
    let mut places = configuration(now, last)?;
    if let Scope::Case(object) = scope {
        bound(now, object, last, &mut places)?;
    }
    Ok(places.into_iter().collect())
}

/// The events that set the desk up. What an area adds counts as such unless it tells of a case: a
/// picture that holds too much is right, one that holds too little is not.
fn configuration(now: &Now<'_>, last: Seq) -> Result<BTreeSet<Seq>> {
    let mut places = BTreeSet::new();
    for name in audit::event_names(now)? {
        let (area, word) = name.split_once('.').unwrap_or((name.as_str(), ""));
        let kind = kind(area, word);
        if kind == Kind::Passing {
            continue;
        }
        let own = kind == Kind::SetUp;
        let found: Vec<Seq> = now.all(
            "SELECT seq FROM trail WHERE event = :event AND seq <= :last
                AND (:own OR NOT EXISTS (SELECT 1 FROM event_object
                     WHERE event_object.seq = trail.seq
                       AND (object GLOB 'C-*' OR object GLOB 'T-*' OR object GLOB 'K-*')))
              ORDER BY seq LIMIT :limit",
            &[
                (":event", &name),
                (":last", &last),
                (":own", &own),
                (":limit", &EVENTS_MAX),
            ],
            |row| row.get("seq"),
        )?;
        places.extend(found);
    }
    Ok(places)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It says how the desk works.
    SetUp,
    /// It may, unless it is about a case.
    Other,
    /// It tells of a case or of a moment; what a case needs of it is found there.
    Passing,
}

fn kind(area: &str, word: &str) -> Kind {
    match (area, word) {
        ("conversation" | "article" | "ticket" | "contact", _) => Kind::Passing,
        ("notification" | "audit" | "bulk" | "view" | "pack" | "access", _) => Kind::Passing,
        ("privacy" | "export" | "checkpoint", _) => Kind::Passing,
        (
            "member",
            "logged_in" | "logged_out" | "login_failed" | "session_revoked" | "access_refused"
            | "presence_changed" | "password_changed",
        ) => Kind::Passing,
        (
            "channel",
            "payload_received" | "payload_read" | "payload_unreadable" | "signature_refused"
            | "tested" | "notice_received",
        ) => Kind::Passing,
        ("desk", "started" | "stopped" | "clock_stepped") => Kind::Passing,
        ("desk" | "member" | "group" | "channel" | "label", _) => Kind::SetUp,
        _ => Kind::Other, // areas of which only a part is set up
    }
}

/// The events about a case and about everything it is bound up with, as far as that reaches.
fn bound(now: &Now<'_>, object: Object, last: Seq, places: &mut BTreeSet<Seq>) -> Result<()> {
    let mut met = BTreeSet::from([object]);
    let mut open = VecDeque::from([object]);
    let mut own = 0;
    while let Some(object) = open.pop_front() {
        let events: Vec<Seq> = now.all(
            "SELECT seq FROM event_object WHERE object = :object AND seq <= :last
              ORDER BY seq LIMIT :limit",
            &[
                (":object", &object),
                (":last", &last),
                (":limit", &(EVENTS_MAX + 1)),
            ],
            |row| row.get("seq"),
        )?;
        own += events.len();
        if own > EVENTS_MAX {
            let text = format!("more than {EVENTS_MAX} events are bound up with {object}");
            return Err(Refusal::conflict(text).into());
        }
        for seq in events {
            places.insert(seq);
            let cases: Vec<Object> = audit::objects(now, seq)?
                .into_iter()
                .filter(|object| {
                    matches!(
                        object,
                        Object::Conversation(_) | Object::Ticket(_) | Object::Contact(_)
                    )
                })
                .collect();
            if cases.len() > TOGETHER_MAX {
                continue;
            }
            open.extend(cases.into_iter().filter(|case| met.insert(*case)));
        }
    }
    Ok(())
}
