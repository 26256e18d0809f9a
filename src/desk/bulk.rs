//! Bulk wishes: the same actions done to many conversations or tickets, each by a wish of its own
//! with the bulk's event as its cause, so that a crash loses and doubles nothing. Undoing them is
//! in `inverse`.

mod inverse;

use super::actions::{self, Target, join};
use super::rules::relate;
use super::{audit, inbox, tickets};
use crate::domain::action::Actions;
use crate::domain::actor::Who;
use crate::domain::event::bulk::{BulkEvent, SealedWish};
use crate::domain::event::{Cause, Fact, SealedReason};
use crate::domain::id::{Object, Seq};
use crate::domain::member::Right;
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};
use std::collections::HashSet;

/// Most things of one bulk wish.
pub const OBJECTS_MAX: usize = 1_000;

/// What is done in bulk to tickets, as [`Actions::kinds`] says.
const OF_TICKETS: [&str; 6] = [
    "tags",
    "priority",
    "type",
    "group",
    "assign",
    "ticket status",
];
/// What is done in bulk to conversations.
const OF_TALKS: [&str; 6] = ["tags", "group", "assign", "status", "snooze", "spam"];

/// A bulk wish as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulk {
    /// Which.
    pub id: u64,
    /// `running`, `done`, `undoing` or `undone`.
    pub state: String,
    /// What was chosen.
    pub objects: Vec<Object>,
    /// What is done to each; none once erased.
    pub actions: Option<Actions>,
    /// Why.
    pub reason: Option<String>,
    /// The event that began it.
    pub started: Seq,
    /// The event that asked to undo it.
    pub undo: Option<Seq>,
}

/// One that was not changed, or not put back, and why.
pub type Left = (Object, String);

// Decide

/// Begins a bulk wish.
///
/// **Refuses:** none or too many chosen; actions that make no sense for many; what names something
/// unknown or retired.
pub fn start(
    now: &Now<'_>,
    objects: &[Object],
    actions: Actions,
    reason: &str,
) -> Result<Vec<Fact>> {
    let mut seen = HashSet::new();
    let objects: Vec<Object> = objects
        .iter()
        .copied()
        .filter(|object| seen.insert(*object))
        .collect();
    if objects.is_empty() {
        return Err(Refusal::invalid("choose at least one").at("object").into());
    }
    if objects.len() > OBJECTS_MAX {
        let text = format!("choose at most {OBJECTS_MAX}, not {n}", n = objects.len());
        return Err(Refusal::invalid(text).at("object").into());
    }
    let known = |object: &Object| matches!(object, Object::Conversation(_) | Object::Ticket(_));
    if !objects.iter().all(known) {
        return Err(Refusal::invalid("only conversations and tickets")
            .at("object")
            .into());
    }
    if actions.is_empty() {
        return Err(Refusal::invalid("say what is to be done").at("then").into());
    }
    if !actions.reply.is_empty() || actions.note.is_some() {
        let text = "nothing is written in bulk, neither to customers nor as a note";
        return Err(Refusal::invalid(text).at("reply").into());
    }
    fits(&objects, &actions)?;
    actions::check(now, &actions)?;
    let bulk = now.value("SELECT coalesce(max(id), 0) + 1 FROM bulk", &[])?;
    let reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let kinds = actions.kinds().into_iter().map(str::to_owned);
    let started = BulkEvent::Started {
        bulk,
        objects,
        actions: kinds.collect(),
        sealed: SealedWish {
            wish: Some(actions),
            reason,
        },
    };
    Ok(vec![started.into()])
}

/// Refuses what is not done in bulk to objects of their kind. What a ticket's action changes of its
/// conversation would not be found under the ticket, and never count as done.
fn fits(objects: &[Object], actions: &Actions) -> Result<()> {
    for object in objects {
        let (offered, text) = match object {
            Object::Ticket(_) => (OF_TICKETS, "this is not done to tickets in bulk"),
            _ => (OF_TALKS, "this is not done to conversations in bulk"),
        };
        if !actions.kinds().iter().all(|kind| offered.contains(kind)) {
            return Err(Refusal::invalid(text).at("then").into());
        }
    }
    Ok(())
}

/// Asks to undo a bulk wish.
///
/// **Refuses:** one that runs or is undone; somebody else's, without the right to assign.
pub fn undo(now: &Now<'_>, id: u64) -> Result<Vec<Fact>> {
    let known = get(now, id)?;
    let author = audit::get(now, known.started)?.entry.actor;
    if author != now.who().actor {
        super::members::demand(now, Right::Assign)?;
    }
    if known.state != "done" {
        let text = match known.state.as_str() {
            "running" => "it is still running; undo it when it is done",
            _ => "it has been undone already",
        };
        return Err(Refusal::conflict(text).into());
    }
    let undone = Fact::from(BulkEvent::Undone { bulk: id });
    Ok(vec![undone.because(Cause::Event(known.started))])
}

/// Does to one of them what the bulk wishes, or says why not; nothing if that was done before.
pub fn advance(now: &Now<'_>, id: u64, object: Object) -> Result<Vec<Fact>> {
    let known = get(now, id)?;
    let back = known.state == "undoing";
    let cause = match (known.state.as_str(), known.undo) {
        ("running", _) => known.started,
        ("undoing", Some(undo)) => undo,
        _ => return Ok(Vec::new()), // it is over
    };
    if touched(now, cause, object)? {
        return Ok(Vec::new());
    }
    let came = match back {
        false => done_to(now, &known, object),
        true => inverse::undone(now, &known, object),
    };
    let why = match came {
        Ok(facts) if !facts.is_empty() => {
            let mut all = Vec::new();
            join(&mut all, facts, Cause::Event(cause));
            return Ok(all);
        }
        Ok(_) => "it was so already".to_owned(),
        Err(Error::Refusal(refusal)) => refusal.text,
        Err(fault) => return Err(fault),
    };
    let sealed = SealedReason { reason: Some(why) };
    let left = match back {
        false => BulkEvent::Skipped {
            bulk: id,
            object,
            sealed,
        },
        true => BulkEvent::Kept {
            bulk: id,
            object,
            sealed,
        },
    };
    Ok(vec![Fact::from(left).because(Cause::Event(cause))])
}

fn done_to(now: &Now<'_>, bulk: &Bulk, object: Object) -> Result<Vec<Fact>> {
    match object {
        Object::Conversation(id) => inbox::demand_reach(now, id)?,
        Object::Ticket(id) => tickets::list::demand_reach(now, id)?,
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {}
    }
    let Some(actions) = &bulk.actions else {
        return Err(Refusal::conflict("what was wished was erased").into());
    };
    fits(&[object], actions)?;
    actions::check(now, actions)?;
    let why = bulk.reason.as_deref().unwrap_or("done in bulk");
    let target = Target::of(now, object)?;
    let mut facts = Vec::new();
    for step in actions::perform(now, &target, actions, why, "") {
        join(&mut facts, step.came?, Cause::Event(bulk.started));
    }
    Ok(facts)
}

/// Says that a bulk has been done, or undone, once nothing is left of it.
pub fn finish(now: &Now<'_>, id: u64) -> Result<Vec<Fact>> {
    let known = get(now, id)?;
    let back = known.state == "undoing";
    if !matches!(known.state.as_str(), "running" | "undoing") || !pending(now, &known)?.is_empty() {
        return Ok(Vec::new());
    }
    let left = self::left(now, id, back)?.len() as u64;
    let all = match back {
        false => known.objects.len(),
        true => changed(now, &known)?.len(),
    };
    let done = (all as u64).saturating_sub(left);
    let (over, cause) = match (back, known.undo) {
        (true, Some(undo)) => (
            BulkEvent::Restored {
                bulk: id,
                done,
                kept: left,
            },
            undo,
        ),
        _ => (
            BulkEvent::Finished {
                bulk: id,
                done,
                skipped: left,
            },
            known.started,
        ),
    };
    Ok(vec![Fact::from(over).because(Cause::Event(cause))])
}

// Apply

/// Applies a fact about a bulk wish.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &BulkEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        BulkEvent::Started {
            bulk,
            objects,
            sealed,
            ..
        } => {
            let actions = sealed
                .wish
                .as_ref()
                .map(serde_json::to_string)
                .transpose()?;
            write.run(
                "INSERT INTO bulk (id, state, objects, actions, reason, started, seq)
                 VALUES (:id, 'running', :objects, :actions, :reason, :seq, :seq)",
                &[
                    (":id", bulk),
                    (":objects", &serde_json::to_string(objects)?),
                    (":actions", &actions),
                    (":reason", &sealed.reason),
                    (":seq", seq),
                ],
            )?;
            Ok(())
        }
        BulkEvent::Skipped {
            bulk,
            object,
            sealed,
        } => {
            apply_left(write, recorded, (*bulk, false), *object, sealed)?;
            relate(write, *object)
        }
        BulkEvent::Kept {
            bulk,
            object,
            sealed,
        } => {
            apply_left(write, recorded, (*bulk, true), *object, sealed)?;
            relate(write, *object)
        }
        BulkEvent::Finished { bulk, .. } => apply_state(write, recorded, *bulk, "done"),
        BulkEvent::Restored { bulk, .. } => apply_state(write, recorded, *bulk, "undone"),
        BulkEvent::Undone { bulk } => {
            write.run(
                "UPDATE bulk SET undo = :seq WHERE id = :id",
                &[(":seq", seq), (":id", bulk)],
            )?;
            apply_state(write, recorded, *bulk, "undoing")
        }
    }
}

fn apply_left(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    (bulk, back): (u64, bool),
    object: Object,
    sealed: &SealedReason,
) -> Result<()> {
    write.run(
        "INSERT INTO bulk_left (bulk, back, object, why, seq)
         VALUES (:bulk, :back, :object, :why, :seq)",
        &[
            (":bulk", &bulk),
            (":back", &back),
            (":object", &object),
            (":why", &sealed.reason),
            (":seq", &recorded.seq),
        ],
    )?;
    Ok(())
}

fn apply_state(write: &Writer<'_>, recorded: &Recorded<'_>, bulk: u64, state: &str) -> Result<()> {
    write.run(
        "UPDATE bulk SET state = :state, seq = :seq WHERE id = :id",
        &[(":state", &state), (":seq", &recorded.seq), (":id", &bulk)],
    )?;
    Ok(())
}

// Ask

/// A bulk wish.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, id: u64) -> Result<Bulk> {
    now.one(
        "SELECT id, state, objects, actions, reason, started, undo FROM bulk WHERE id = :id",
        &[(":id", &id)],
        || Refusal::not_found(format!("there is no bulk wish {id}")),
        read,
    )
}

/// The bulk wishes that are being done or undone, the oldest first.
pub fn unfinished(now: &Now<'_>) -> Result<Vec<u64>> {
    now.all(
        "SELECT id FROM bulk WHERE state IN ('running', 'undoing') ORDER BY id LIMIT 100",
        &[],
        |row| row.get("id"),
    )
}

fn read(row: &Row<'_>) -> Result<Bulk> {
    Ok(Bulk {
        id: row.get("id")?,
        state: row.get("state")?,
        objects: row.json("objects")?,
        actions: row.json_if_any("actions")?,
        reason: row.get("reason")?,
        started: row.get("started")?,
        undo: row.get("undo")?,
    })
}

/// As whom it is done: whoever asked for what is being done.
pub fn who(now: &Now<'_>, bulk: &Bulk) -> Result<Who> {
    let asked = match (bulk.state.as_str(), bulk.undo) {
        ("undoing", Some(undo)) => undo,
        _ => bulk.started,
    };
    let entry = audit::get(now, asked)?.entry;
    Ok(Who {
        actor: entry.actor,
        acts_for: entry.acts_for,
        via: entry.via,
    })
}

/// What is still to be done, or to be put back.
pub fn pending(now: &Now<'_>, bulk: &Bulk) -> Result<Vec<Object>> {
    let (all, cause) = match (bulk.state.as_str(), bulk.undo) {
        ("running", _) => (bulk.objects.clone(), bulk.started),
        ("undoing", Some(undo)) => (changed(now, bulk)?, undo),
        _ => return Ok(Vec::new()), // it is over
    };
    let touched = touched_by(now, cause)?;
    let left = all.into_iter().filter(|object| !touched.contains(object));
    Ok(left.collect())
}

/// What a bulk changed, the last first: undone in that order.
fn changed(now: &Now<'_>, bulk: &Bulk) -> Result<Vec<Object>> {
    let skipped: HashSet<Object> = left(now, bulk.id, false)?
        .into_iter()
        .map(|(object, _)| object)
        .collect();
    let mut changed: Vec<Object> = bulk.objects.clone();
    changed.retain(|object| !skipped.contains(object));
    changed.reverse();
    Ok(changed)
}

fn touched(now: &Now<'_>, cause: Seq, object: Object) -> Result<bool> {
    let found: u64 = now.value(
        "SELECT EXISTS (SELECT 1 FROM trail JOIN event_object ON event_object.seq = trail.seq
          WHERE trail.cause = :cause AND event_object.object = :object)",
        &[(":cause", &cause), (":object", &object)],
    )?;
    Ok(found > 0)
}

fn touched_by(now: &Now<'_>, cause: Seq) -> Result<HashSet<Object>> {
    let mut touched = HashSet::new();
    now.each(
        "SELECT DISTINCT event_object.object AS object
           FROM trail JOIN event_object ON event_object.seq = trail.seq
          WHERE trail.cause = :cause",
        &[(":cause", &cause)],
        |row| {
            touched.insert(row.get::<Object>("object")?);
            Ok(())
        },
    )?;
    Ok(touched)
}

/// What was not changed, or not put back, and why.
pub fn left(now: &Now<'_>, id: u64, back: bool) -> Result<Vec<Left>> {
    now.all(
        "SELECT object, coalesce(why, '') AS why FROM bulk_left
          WHERE bulk = :bulk AND back = :back ORDER BY seq LIMIT 1000",
        &[(":bulk", &id), (":back", &back)],
        |row| Ok((row.get("object")?, row.get("why")?)),
    )
}
