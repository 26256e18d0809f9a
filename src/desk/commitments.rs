//! Commitments: what a member promised a customer, until when, and whether it was kept.

use super::{conversations, inbox, members, settings, tickets};
use crate::domain::call::{PROMISE_MAX, PromiseState};
use crate::domain::event::call::{CallRef, CommitmentEvent, SealedPromise};
use crate::domain::event::{Cause, Fact, SealedReason};
use crate::domain::id::{ContactId, MemberId, Object, Seq};
use crate::domain::member::Right;
use crate::domain::moment::{DAY_MS, HOUR_MS, Moment};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};

/// How far ahead something may be promised. **Unit:** milliseconds.
const AHEAD_MS: i64 = 366 * DAY_MS;

/// A promise as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// What is promised.
    pub text: String,
    /// Who has to do it.
    pub owner: MemberId,
    /// Until when.
    pub due_at: Moment,
}

/// A promise as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// The event that made it.
    pub seq: Seq,
    /// The call it was promised in.
    pub call: Option<Seq>,
    /// On which conversation or ticket.
    pub object: Object,
    /// To whom.
    pub contact: Option<ContactId>,
    /// Who has to do it.
    pub owner: MemberId,
    /// Their name.
    pub owner_name: String,
    /// What was promised; none once erased.
    pub text: Option<String>,
    /// Until when.
    pub due_at: Moment,
    /// When the owner is reminded.
    pub remind_at: Moment,
    /// From when it counts as missed.
    pub missed_at: Moment,
    /// Whether the owner was reminded.
    pub reminded: bool,
    /// What became of it.
    pub state: PromiseState,
    /// When it ended.
    pub ended_at: Option<Moment>,
}

/// Whose promises, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Open ones of one member.
    Mine(MemberId),
    /// Open ones of everybody.
    Open,
    /// All that ended.
    Ended,
}

// Decide

/// The promise as a fact, not yet with its cause.
///
/// **Refuses:** no words, an owner who does not work here, a time past or more than a year ahead.
pub fn make(
    now: &Now<'_>,
    call: CallRef,
    object: Object,
    contact: Option<ContactId>,
    promise: &Promise,
) -> Result<Fact> {
    let text = promise.text.trim().to_owned();
    if text.is_empty() || text.chars().count() > PROMISE_MAX {
        let text = format!("a commitment has 1 to {PROMISE_MAX} characters");
        return Err(Refusal::invalid(text).at("promise").into());
    }
    let owner = holder(now, promise.owner)?;
    let due_at = valid_due(now, promise.due_at)?;
    let (remind_at, missed_at) = around(now, due_at)?;
    let made = CommitmentEvent::Made {
        call,
        object,
        contact,
        owner: owner.id,
        owner_name: owner.name,
        due_at,
        remind_at,
        missed_at,
        sealed: SealedPromise { text: Some(text) },
    };
    Ok(made.into())
}

/// Says that it was done.
///
/// **Refuses:** one that has ended; somebody else's, without the right.
pub fn keep(now: &Now<'_>, id: Seq, how: &str) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    let kept = CommitmentEvent::Kept {
        commitment: id,
        object: present.object,
        owner: present.owner,
        late: now.at() > present.due_at,
        sealed: reason(how)?,
    };
    Ok(vec![Fact::from(kept).because(Cause::Event(id))])
}

/// Says that it will not be done.
///
/// **Refuses:** no reason; one that has ended; somebody else's, without the right.
pub fn miss(now: &Now<'_>, id: Seq, why: &str) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    members::valid_reason(why)?;
    let missed = CommitmentEvent::Missed {
        commitment: id,
        object: present.object,
        owner: present.owner,
        due_at: present.due_at,
        sealed: reason(why)?,
    };
    Ok(vec![Fact::from(missed).because(Cause::Event(id))])
}

/// Agrees another time with the customer.
///
/// **Refuses:** no reason; a time past; one that has ended.
pub fn move_to(now: &Now<'_>, id: Seq, due_at: Moment, why: &str) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    members::valid_reason(why)?;
    let to = valid_due(now, due_at)?;
    if to == present.due_at {
        return Ok(Vec::new());
    }
    let (remind_at, missed_at) = around(now, to)?;
    let moved = CommitmentEvent::Moved {
        commitment: id,
        object: present.object,
        from: present.due_at,
        to,
        remind_at,
        missed_at,
        sealed: reason(why)?,
    };
    Ok(vec![Fact::from(moved).because(Cause::Event(id))])
}

/// Gives it to somebody else.
pub fn assign(now: &Now<'_>, id: Seq, to: MemberId) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    if present.owner == to {
        return Ok(Vec::new());
    }
    let holder = holder(now, to)?;
    let changed = CommitmentEvent::OwnerChanged {
        commitment: id,
        object: present.object,
        from: present.owner,
        to,
        to_name: holder.name,
    };
    Ok(vec![Fact::from(changed).because(Cause::Event(id))])
}

/// What the clock makes happen: reminders, and promises that were not kept in time.
pub fn tick(now: &Now<'_>) -> Result<Vec<Fact>> {
    let mut facts: Vec<Fact> = Vec::new();
    for present in due(now)? {
        let (commitment, object, owner) = (present.seq, present.object, present.owner);
        let fact: Fact = if now.at() >= present.missed_at {
            CommitmentEvent::Missed {
                commitment,
                object,
                owner,
                due_at: present.due_at,
                sealed: SealedReason::default(),
            }
            .into()
        } else {
            CommitmentEvent::Reminded {
                commitment,
                object,
                owner,
                due_at: present.due_at,
            }
            .into()
        };
        facts.push(fact.because(Cause::Event(commitment)));
    }
    Ok(facts)
}

fn open(now: &Now<'_>, id: Seq) -> Result<Commitment> {
    let present = get(now, id)?;
    if present.state != PromiseState::Open {
        let text = format!("this commitment was {} already", present.state.as_str());
        return Err(Refusal::conflict(text).into());
    }
    if now.who().member() != Some(present.owner) {
        members::demand(now, Right::Assign)?;
    }
    Ok(present)
}

fn holder(now: &Now<'_>, owner: MemberId) -> Result<members::Member> {
    let holder = members::get(now, owner)?;
    if !holder.active || !holder.role.has(Right::Work) {
        let text = format!("{} cannot take commitments", holder.name);
        return Err(Refusal::conflict(text).at("promise").into());
    }
    Ok(holder)
}

fn valid_due(now: &Now<'_>, due_at: Moment) -> Result<Moment> {
    let ahead_ms = due_at.ms_since(now.at());
    if ahead_ms <= 0 || ahead_ms > AHEAD_MS {
        let text = "a commitment is due within the next year";
        return Err(Refusal::invalid(text).at("promise").into());
    }
    Ok(due_at)
}

/// When the owner is reminded and from when it counts as missed, by the settings of today.
fn around(now: &Now<'_>, due_at: Moment) -> Result<(Moment, Moment)> {
    let remind_ms = settings::number(now, "commitment.remind_h")? * HOUR_MS;
    let grace_ms = settings::number(now, "commitment.grace_h")? * HOUR_MS;
    let remind_at = due_at.plus_ms(-remind_ms).max(now.at());
    Ok((remind_at, due_at.plus_ms(grace_ms)))
}

fn reason(text: &str) -> Result<SealedReason> {
    let text = text.trim();
    if text.chars().count() > PROMISE_MAX {
        let text = format!("at most {PROMISE_MAX} characters");
        return Err(Refusal::invalid(text).at("reason").into());
    }
    Ok(SealedReason {
        reason: Some(text.to_owned()).filter(|text| !text.is_empty()),
    })
}

// Apply

/// Applies a fact about a promise.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &CommitmentEvent) -> Result<()> {
    match event {
        CommitmentEvent::Made {
            call,
            object,
            contact,
            owner,
            owner_name: _,
            due_at,
            remind_at,
            missed_at,
            sealed,
        } => {
            let call = match call {
                CallRef::Call(call) => Some(*call),
                CallRef::Cause => recorded.cause,
            };
            write.run(
                "INSERT INTO commitment (seq, call, object, contact, owner, text, due_at, remind_at,
                     missed_at, state, seq_changed)
                 VALUES (:seq, :call, :object, :contact, :owner, :text, :due_at, :remind_at,
                     :missed_at, 'open', :seq)",
                &[
                    (":seq", &recorded.seq),
                    (":call", &call),
                    (":object", object),
                    (":contact", contact),
                    (":owner", owner),
                    (":text", &sealed.text),
                    (":due_at", due_at),
                    (":remind_at", remind_at),
                    (":missed_at", missed_at),
                ],
            )?;
            Ok(())
        }
        CommitmentEvent::Reminded { commitment, .. } => {
            write.run(
                "UPDATE commitment SET reminded = 1, seq_changed = :seq WHERE seq = :id",
                &[(":seq", &recorded.seq), (":id", commitment)],
            )?;
            Ok(())
        }
        CommitmentEvent::Moved {
            commitment,
            to,
            remind_at,
            missed_at,
            ..
        } => {
            write.run(
                "UPDATE commitment SET due_at = :to, remind_at = :remind_at,
                        missed_at = :missed_at, reminded = 0, seq_changed = :seq
                  WHERE seq = :id",
                &[
                    (":to", to),
                    (":remind_at", remind_at),
                    (":missed_at", missed_at),
                    (":seq", &recorded.seq),
                    (":id", commitment),
                ],
            )?;
            Ok(())
        }
        CommitmentEvent::OwnerChanged { commitment, to, .. } => {
            write.run(
                "UPDATE commitment SET owner = :to, seq_changed = :seq WHERE seq = :id",
                &[(":to", to), (":seq", &recorded.seq), (":id", commitment)],
            )?;
            Ok(())
        }
        CommitmentEvent::Kept { commitment, .. } => {
            end(write, recorded, *commitment, PromiseState::Kept)
        }
        CommitmentEvent::Missed { commitment, .. } => {
            end(write, recorded, *commitment, PromiseState::Missed)
        }
    }
}

fn end(write: &Writer<'_>, recorded: &Recorded<'_>, id: Seq, state: PromiseState) -> Result<()> {
    write.run(
        "UPDATE commitment SET state = :state, ended_at = :at, seq_changed = :seq WHERE seq = :id",
        &[
            (":state", &state.as_str()),
            (":at", &recorded.at),
            (":seq", &recorded.seq),
            (":id", &id),
        ],
    )?;
    Ok(())
}

// Ask

const COLUMNS: &str = "SELECT commitment.*, member.name AS owner_name FROM commitment
    JOIN member ON member.id = commitment.owner";

fn read(row: &Row<'_>) -> Result<Commitment> {
    let state: String = row.get("state")?;
    Ok(Commitment {
        seq: row.get("seq")?,
        call: row.get("call")?,
        object: row.get("object")?,
        contact: row.get("contact")?,
        owner: row.get("owner")?,
        owner_name: row.get("owner_name")?,
        text: row.get("text")?,
        due_at: row.get("due_at")?,
        remind_at: row.get("remind_at")?,
        missed_at: row.get("missed_at")?,
        reminded: row.get("reminded")?,
        state: state.parse().map_err(Error::fault)?,
        ended_at: row.get("ended_at")?,
    })
}

/// A promise.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, id: Seq) -> Result<Commitment> {
    let missing = || Refusal::not_found(format!("event {id} did not make a commitment"));
    let sql = format!("{COLUMNS} WHERE commitment.seq = :id");
    now.one(&sql, &[(":id", &id)], missing, read)
}

/// The promises made in a call, in the order they were made.
pub fn of_call(now: &Now<'_>, call: Seq) -> Result<Vec<Commitment>> {
    let sql = format!("{COLUMNS} WHERE call = :call ORDER BY commitment.seq LIMIT 50");
    now.all(&sql, &[(":call", &call)], read)
}

/// Promises for a list: open ones by when they are due, ended ones the newest first.
pub fn list(now: &Now<'_>, which: Which, limit: u32) -> Result<Vec<Commitment>> {
    let (owner, ended) = match which {
        Which::Mine(member) => (Some(member), false),
        Which::Open => (None, false),
        Which::Ended => (None, true),
    };
    let sql = format!(
        "{COLUMNS} WHERE (state <> 'open') = :ended AND (:owner IS NULL OR owner = :owner)
          ORDER BY CASE WHEN :ended THEN -ended_at ELSE due_at END, commitment.seq LIMIT :limit"
    );
    let found = now.all(
        &sql,
        &[(":ended", &ended), (":owner", &owner), (":limit", &limit)],
        read,
    )?;
    let me = now.who().member();
    let mut list = Vec::new();
    for one in found {
        if Some(one.owner) == me || is_within_reach(now, one.object)? {
            list.push(one);
        }
    }
    Ok(list)
}

fn is_within_reach(now: &Now<'_>, object: Object) -> Result<bool> {
    match object {
        Object::Conversation(id) => {
            conversations::get(now, id)?;
            inbox::is_within_reach(now, id)
        }
        Object::Ticket(id) => match tickets::list::demand_reach(now, id) {
            Ok(()) => Ok(true),
            Err(Error::Refusal(_)) => Ok(false),
            Err(fault @ Error::Fault(_)) => Err(fault),
        },
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => Ok(false),
    }
}

/// How many promises of the one who looks they have to think of now, and whether one is overdue.
pub fn waiting_for_me(now: &Now<'_>) -> Result<(u64, bool)> {
    let Some(me) = now.who().member() else {
        return Ok((0, false));
    };
    let at = now.at();
    let found = now.maybe(
        "SELECT count(*) AS n, count(CASE WHEN due_at <= :at THEN 1 END) AS late
           FROM commitment WHERE owner = :me AND state = 'open' AND remind_at <= :at",
        &[(":me", &me), (":at", &at)],
        |row| Ok((row.get("n")?, row.get::<u64>("late")? > 0)),
    )?;
    Ok(found.unwrap_or((0, false)))
}

/// Open promises of the one who looks that they were reminded of, the first due first.
pub fn reminders(now: &Now<'_>) -> Result<Vec<Commitment>> {
    let Some(me) = now.who().member() else {
        return Ok(Vec::new());
    };
    let sql = format!(
        "{COLUMNS} WHERE owner = :me AND state = 'open' AND reminded = 1
          ORDER BY due_at, commitment.seq LIMIT 3"
    );
    now.all(&sql, &[(":me", &me)], read)
}

/// What [`due`] asks first, every second; the indexes are named, as the planner takes a table of
/// which it knows nothing for a small one.
pub const DUE: &str = "SELECT seq FROM commitment INDEXED BY commitment_to_remind
      WHERE state = 'open' AND reminded = 0 AND remind_at <= :at
     UNION SELECT seq FROM commitment INDEXED BY commitment_to_miss
      WHERE state = 'open' AND missed_at <= :at";

/// Open promises the clock has something to say about, the oldest first.
pub fn due(now: &Now<'_>) -> Result<Vec<Commitment>> {
    let sql = format!(
        "{COLUMNS} WHERE commitment.seq IN ({DUE}) ORDER BY due_at, commitment.seq LIMIT 100"
    );
    now.all(&sql, &[(":at", &now.at())], read)
}
