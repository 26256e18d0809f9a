//! Privacy: what is erased and who wanted it, what is held, how long things are kept. What a wish
//! erases is found in `targets`; that it is gone from everywhere is the ledger's work.

pub mod holds;
mod named;
pub mod retention;
mod strays;
pub mod targets;

use super::{audit, members, settings};
use crate::domain::actor::Actor;
use crate::domain::event::privacy::{Person, PrivacyEvent};
use crate::domain::event::{Cause, Event, Fact, SealedReason};
use crate::domain::id::{ContactId, MemberId, Object, Seq};
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::domain::privacy::{Ground, Kind, Subject};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};
use targets::Found;

/// Most sealed fields one event names: an entry holds no more.
const PART: usize = 1_500;

/// **Unit:** characters.
const WORDS_MAX: usize = 1_000;

/// What somebody wants erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it is about.
    pub subject: Subject,
    /// Which kinds of content; all, if none is named.
    pub kinds: Vec<Kind>,
    /// Why.
    pub ground: Ground,
    /// Why, in words.
    pub words: String,
}

/// A request that waits for a second person, or came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The event that made it.
    pub seq: Seq,
    /// What is wanted.
    pub wanted: Wanted,
    /// Who wants it.
    pub by: Person,
    /// When.
    pub at: Moment,
    /// `open`, `approved`, `declined`.
    pub state: String,
}

/// An erasure, as the page of what is gone tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The event.
    pub seq: Seq,
    /// When.
    pub at: Moment,
    /// Who did it.
    pub by: Actor,
    /// Why.
    pub ground: Ground,
}

// Decide

/// Records what a first person wants erased, for a second one to approve.
///
/// **Refuses:** what [`erase`] refuses.
pub fn request(now: &Now<'_>, wanted: &Wanted) -> Result<Vec<Fact>> {
    let found = wish(now, wanted)?;
    let same = requests(now, true)?;
    if same.iter().any(|one| one.wanted.subject == wanted.subject) {
        return Err(Refusal::conflict("the same is waiting for a second person already").into());
    }
    let requested = PrivacyEvent::ErasureRequested {
        subject: wanted.subject,
        object: found.object,
        kinds: wanted.kinds.clone(),
        ground: wanted.ground,
        sealed: sealed(&wanted.words),
    };
    Ok(vec![requested.into()])
}

/// Erases what one person alone may erase here.
///
/// **Refuses:** without the right, where a second person has to approve, what is held, what is gone
/// already.
pub fn erase(now: &Now<'_>, wanted: &Wanted) -> Result<Vec<Fact>> {
    if needs_second(now)? {
        let text = "a second person has to approve an erasure here (privacy.second_person)";
        return Err(Refusal::conflict(text).into());
    }
    let found = wish(now, wanted)?;
    Ok(erased(wanted, found, None))
}

/// Erases what another person asked for.
///
/// **Refuses:** the one who asked, and what [`erase`] refuses.
pub fn approve(now: &Now<'_>, seq: Seq) -> Result<Vec<Fact>> {
    let known = undecided(now, seq)?;
    members::demand(now, Right::Erase)?;
    if now.who().member() == known.by.member {
        let text = "you asked for it yourself: somebody else has to approve";
        return Err(Refusal::conflict(text).into());
    }
    let found = wish(now, &known.wanted)?;
    Ok(erased(&known.wanted, found, Some(&known)))
}

/// Does not approve.
///
/// **Refuses:** without words.
pub fn decline(now: &Now<'_>, seq: Seq, why: &str) -> Result<Vec<Fact>> {
    let known = undecided(now, seq)?;
    members::demand(now, Right::Erase)?;
    let declined = PrivacyEvent::ErasureDeclined {
        request: known.seq,
        object: object_of(now, known.wanted.subject)?,
        sealed: reason("why", why)?,
    };
    Ok(vec![declined.into()])
}

/// What a wish would erase, if it may.
fn wish(now: &Now<'_>, wanted: &Wanted) -> Result<Found> {
    members::demand(now, Right::Erase)?;
    if wanted.words.chars().count() > WORDS_MAX {
        let text = format!("at most {WORDS_MAX} characters");
        return Err(Refusal::invalid(text).at("words").into());
    }
    let found = targets::of(now, wanted.subject, &wanted.kinds)?;
    if let Some(hold) = holds::over(now, &found.objects)?.first() {
        let text = format!(
            "{object} is under a legal hold since event {seq}: nothing about it is erased until it is \
             released",
            object = hold.object,
            seq = hold.seq
        );
        return Err(Refusal::conflict(text).into());
    }
    if found.targets.is_empty() {
        let gone = match targets::gone(now, &found.objects, wanted.subject)? {
            Some(seq) => format!("it is gone already: event {seq} erased it"),
            None => "nothing of it is sealed: there is nothing to erase".to_owned(),
        };
        return Err(Refusal::conflict(gone).into());
    }
    Ok(found)
}

/// The facts of an erasure: as many as its targets need, the later because of the first.
fn erased(wanted: &Wanted, found: Found, request: Option<&Request>) -> Vec<Fact> {
    let counts = found.counts();
    let targets: Vec<(Seq, String)> = found.targets.into_keys().collect();
    let parts = targets.chunks(PART).len() as u32;
    let cause = request.map(|request| Cause::Event(request.seq));
    let facts = (1..).zip(targets.chunks(PART)).map(|(part, targets)| {
        let erased = PrivacyEvent::Erased {
            subject: wanted.subject,
            object: found.object,
            counts: counts.clone(),
            ground: wanted.ground,
            asked_by: request.map(|request| request.by.clone()),
            request: request.map(|request| request.seq),
            part,
            parts,
            targets: targets.to_vec(),
            sealed: sealed(&wanted.words),
        };
        let mut fact = Fact::from(erased);
        fact.cause = match part {
            1 => cause,
            _ => Some(Cause::Earlier(0)),
        };
        fact
    });
    facts.collect()
}

fn sealed(words: &str) -> SealedReason {
    let words = words.trim();
    SealedReason {
        reason: (!words.is_empty()).then(|| words.to_owned()),
    }
}

fn reason(field: &'static str, words: &str) -> Result<SealedReason> {
    let words = words.trim();
    if words.is_empty() || words.chars().count() > WORDS_MAX {
        let text = format!("write 1 to {WORDS_MAX} characters");
        return Err(Refusal::invalid(text).at(field).into());
    }
    Ok(sealed(words))
}

fn undecided(now: &Now<'_>, seq: Seq) -> Result<Request> {
    let known = get(now, seq)?;
    match known.state.as_str() {
        "open" => Ok(known),
        state => Err(Refusal::conflict(format!("this request was {state} already")).into()),
    }
}

/// Records that a customer's data was taken out of the desk.
pub fn copied(contact: ContactId, articles: u64, files: u64, digest: String) -> Vec<Fact> {
    let taken = PrivacyEvent::CopyTaken {
        contact,
        articles,
        files,
        digest,
    };
    vec![taken.into()]
}

// Apply

/// Applies a fact about privacy.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &PrivacyEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        PrivacyEvent::ErasureRequested { .. } => {
            write.run(
                "INSERT INTO erasure_request (seq, state, seq_changed) VALUES (:seq, 'open', :seq)",
                &[(":seq", seq)],
            )?;
        }
        PrivacyEvent::ErasureDeclined { request, .. } => end(write, *request, "declined", *seq)?,
        PrivacyEvent::Erased {
            request, targets, ..
        } => {
            for (of, field) in targets {
                write.run(
                    "INSERT OR IGNORE INTO erased (seq, field, by_seq) VALUES (:of, :field, :seq)",
                    &[(":of", of), (":field", field), (":seq", seq)],
                )?;
                write.run(
                    "INSERT OR IGNORE INTO event_object (object, seq)
                     SELECT object, :seq FROM event_object
                      WHERE seq = :of AND (object GLOB 'C-*' OR object GLOB 'T-*')",
                    &[(":seq", seq), (":of", of)],
                )?;
            }
            if let Some(request) = request {
                end(write, *request, "approved", *seq)?;
            }
        }
        PrivacyEvent::HoldPlaced { object, sealed } => {
            write.run(
                "INSERT OR REPLACE INTO hold (object, at, reason, seq)
                 VALUES (:object, :at, :reason, :seq)",
                &[
                    (":object", object),
                    (":at", &recorded.at),
                    (":reason", &sealed.reason),
                    (":seq", seq),
                ],
            )?;
        }
        PrivacyEvent::HoldReleased { object, .. } => {
            write.run(
                "DELETE FROM hold WHERE object = :object",
                &[(":object", object)],
            )?;
        }
        PrivacyEvent::RetentionSet {
            kind, version, to, ..
        } => {
            write.run(
                "INSERT OR REPLACE INTO retention (kind, version, days, seq)
                 VALUES (:kind, :version, :days, :seq)",
                &[
                    (":kind", &kind.as_str()),
                    (":version", version),
                    (":days", to),
                    (":seq", seq),
                ],
            )?;
        }
        PrivacyEvent::CopyTaken { .. } => {}
    }
    Ok(())
}

fn end(write: &Writer<'_>, request: Seq, state: &str, seq: Seq) -> Result<()> {
    write.run(
        "UPDATE erasure_request SET state = :state, seq_changed = :by WHERE seq = :seq",
        &[(":state", &state), (":by", &seq), (":seq", &request)],
    )?;
    Ok(())
}

// Ask

/// Whether a second person has to approve.
pub fn needs_second(now: &Now<'_>) -> Result<bool> {
    settings::switch(now, "privacy.second_person")
}

/// One request.
///
/// **Refuses:** an event that is none.
pub fn get(now: &Now<'_>, seq: Seq) -> Result<Request> {
    let missing = || Refusal::not_found(format!("event {seq} asks for no erasure"));
    let state: String = now.one(
        "SELECT state FROM erasure_request WHERE seq = :seq",
        &[(":seq", &seq)],
        missing,
        |row| row.get("state"),
    )?;
    let recorded = audit::get(now, seq)?;
    let Event::Privacy(PrivacyEvent::ErasureRequested {
        subject,
        kinds,
        ground,
        sealed,
        ..
    }) = recorded.event
    else {
        return Err(missing().into());
    };
    Ok(Request {
        seq,
        wanted: Wanted {
            subject,
            kinds,
            ground,
            words: sealed.reason.unwrap_or_default(),
        },
        by: person(&recorded.entry.actor),
        at: recorded.entry.at,
        state,
    })
}

/// Requests, the newest first: all, or those nobody decided yet.
pub fn requests(now: &Now<'_>, open: bool) -> Result<Vec<Request>> {
    let found: Vec<Seq> = now.all(
        "SELECT seq FROM erasure_request WHERE NOT :open OR state = 'open'
          ORDER BY seq DESC LIMIT 100",
        &[(":open", &open)],
        |row| row.get("seq"),
    )?;
    found.into_iter().map(|seq| get(now, seq)).collect()
}

/// The newest erasures, their first parts.
pub fn erasures(now: &Now<'_>, limit: u32) -> Result<Vec<audit::Recorded>> {
    let found: Vec<Seq> = now.all(
        "SELECT seq FROM trail WHERE event = 'privacy.erased' ORDER BY seq DESC LIMIT :limit",
        &[(":limit", &limit)],
        |row| row.get("seq"),
    )?;
    let all = found.into_iter().map(|seq| audit::get(now, seq));
    let mut all: Vec<audit::Recorded> = all.collect::<Result<_>>()?;
    all.retain(|one| {
        matches!(
            one.event,
            Event::Privacy(PrivacyEvent::Erased { part: 1, .. })
        )
    });
    Ok(all)
}

/// Who erased a sealed field of an event, when and why; none if it is there.
pub fn erasure_of(now: &Now<'_>, seq: Seq, field: &str) -> Result<Option<Erasure>> {
    let by: Option<Seq> = now.maybe(
        "SELECT by_seq FROM erased WHERE seq = :seq AND field = :field",
        &[(":seq", &seq), (":field", &field)],
        |row| row.get("by_seq"),
    )?;
    let Some(by) = by else {
        return Ok(None);
    };
    let recorded = audit::get(now, by)?;
    let Event::Privacy(PrivacyEvent::Erased { ground, .. }) = recorded.event else {
        let text = format!("event {by} erased something, but is no erasure");
        return Err(Error::fault(text));
    };
    Ok(Some(Erasure {
        seq: by,
        at: recorded.entry.at,
        by: recorded.entry.actor,
        ground,
    }))
}

/// The customer, conversation or ticket a subject belongs to.
pub fn object_of(now: &Now<'_>, subject: Subject) -> Result<Option<Object>> {
    match subject {
        Subject::Contact(contact) => Ok(Some(Object::Contact(contact))),
        Subject::Article(seq) | Subject::Event(seq) => {
            let objects = audit::objects(now, seq)?;
            let mut cases = objects.iter().copied().filter(|object| {
                matches!(
                    object,
                    Object::Conversation(_) | Object::Ticket(_) | Object::Contact(_)
                )
            });
            Ok(cases.next())
        }
        Subject::Rule { .. } => Ok(None),
    }
}

/// The events that took part of a customer's data out of the desk, the newest first: what is erased
/// here is still there.
pub fn taken_out(now: &Now<'_>, objects: &[Object]) -> Result<Vec<Seq>> {
    let mut found: Vec<Seq> = now.all(
        "SELECT seq FROM trail WHERE event = 'audit.exported' ORDER BY seq DESC LIMIT 50",
        &[],
        |row| row.get("seq"),
    )?;
    for recorded in audit::list(now, &named("audit.evidence_exported"), 200)? {
        if let Event::Audit(crate::domain::event::AuditEvent::EvidenceExported { object, .. }) =
            recorded.event
            && object.is_none_or(|object| objects.contains(&object))
        {
            found.push(recorded.seq);
        }
    }
    for recorded in audit::list(now, &named("privacy.copy_taken"), 200)? {
        if let Event::Privacy(PrivacyEvent::CopyTaken { contact, .. }) = recorded.event
            && objects.contains(&Object::Contact(contact))
        {
            found.push(recorded.seq);
        }
    }
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

fn named(event: &str) -> audit::Filter {
    audit::Filter {
        event: Some(event.to_owned()),
        ..audit::Filter::default()
    }
}

/// Members who could approve what this one asks for.
pub fn approvers(now: &Now<'_>, asker: Option<MemberId>) -> Result<Vec<String>> {
    let all = members::list(now)?.into_iter();
    let able = all.filter(|one| one.active && one.role.has(Right::Erase) && Some(one.id) != asker);
    Ok(able.map(|one| one.name).collect())
}

/// The one who acts, as a fact names them.
fn person(actor: &Actor) -> Person {
    match actor {
        Actor::Member { id, name, .. } => Person {
            member: Some(*id),
            name: name.clone(),
        },
        other => Person {
            member: None,
            name: other.id(),
        }, // the operator at the shell
    }
}
