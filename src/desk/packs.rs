//! Packs: pinned events of a case, what each side said, a finding, a decision, and with whom it is
//! shared. A pin names the event by number and hash; what was decided stands on the pins of then.

pub mod answers;

use super::{audit, conversations, members, tickets};
use crate::domain::actor::Actor;
use crate::domain::event::Fact;
use crate::domain::event::pack::{PackEvent, SealedWords};
use crate::domain::id::{MemberId, Object, Seq};
use crate::domain::member::{Right, Role};
use crate::domain::moment::Moment;
use crate::domain::pack::{Outcome, Side};
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::ledger::{Now, Recorded, Row, Writer};
use data_encoding::BASE64;

/// Most events pinned to one pack.
pub const PINS_MAX: usize = 200;

/// Most sides of a dispute.
pub const SIDES_MAX: usize = 4;

/// **Unit:** characters.
const TITLE_MAX: usize = 200;

/// **Unit:** characters.
const TEXT_MAX: usize = 10_000;

/// A pack as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Which.
    pub id: u64,
    /// The conversation or ticket.
    pub object: Object,
    /// What it is about; none once erased.
    pub title: Option<String>,
    /// What each side said.
    pub sides: Vec<Side>,
    /// What was found.
    pub finding: Option<String>,
    /// What came of it, once decided.
    pub outcome: Option<Outcome>,
    /// What was decided.
    pub decision: Option<String>,
    /// When.
    pub decided_at: Option<Moment>,
    /// When it was opened.
    pub opened_at: Moment,
    /// The event that changed it last.
    pub seq: Seq,
}

/// A pinned event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The event.
    pub event: Seq,
    /// Its hash when it was pinned, base64.
    pub leaf: String,
    /// What it is to show.
    pub remark: Option<String>,
    /// The event that pinned it.
    pub seq: Seq,
}

/// What a pack says, as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// What it is about.
    pub title: String,
    /// What each side said.
    pub sides: Vec<Side>,
    /// What was found.
    pub finding: String,
}

// Decide

/// Opens a pack on a conversation or ticket.
///
/// **Refuses:** another thing, an empty or too long title, one who may not.
pub fn open(now: &Now<'_>, object: Object, title: &str) -> Result<Vec<Fact>> {
    demand(now)?;
    match object {
        Object::Conversation(id) => conversations::get(now, id).map(drop)?,
        Object::Ticket(id) => tickets::get(now, id).map(drop)?,
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            let text = format!("{object} is no case; a pack is about a conversation or ticket");
            return Err(Refusal::invalid(text).into());
        }
    }
    let title = line("title", title, TITLE_MAX)?;
    let opened = PackEvent::Opened {
        pack: now.value("SELECT coalesce(max(id) + 1, 1) FROM pack", &[])?,
        object,
        sealed: SealedWords {
            title: Some(title),
            ..SealedWords::default()
        },
    };
    Ok(vec![opened.into()])
}

/// Pins an event, or says anew what a pinned one is to show.
///
/// **Refuses:** one that is not there or pinned already, too many, a pack that is decided.
pub fn pin(now: &Now<'_>, pack: u64, event: Seq, remark: &str) -> Result<Vec<Fact>> {
    let known = undecided(now, pack)?;
    let recorded = audit::get(now, event).map_err(|error| match error {
        Error::Refusal(refusal) => Refusal::invalid(refusal.text).at("event").into(),
        fault @ Error::Fault(_) => fault,
    })?;
    let pins = pins(now, pack)?;
    let remark = remark.trim();
    let remark = match remark.is_empty() {
        true => None,
        false => Some(line("remark", remark, TEXT_MAX)?),
    };
    let pinned = pins.iter().find(|pin| pin.event == event);
    if pinned.is_some_and(|pin| remark.is_none() || pin.remark == remark) {
        let text = format!("event {event} is pinned already");
        return Err(Refusal::conflict(text).at("event").into());
    }
    if pinned.is_none() && pins.len() >= PINS_MAX {
        let text = format!("at most {PINS_MAX} events are pinned to one pack");
        return Err(Refusal::conflict(text).at("event").into());
    }
    let pinned = PackEvent::Pinned {
        pack,
        object: known.object,
        event,
        leaf: BASE64.encode(&recorded.leaf),
        sealed: SealedWords {
            remark,
            ..SealedWords::default()
        },
    };
    Ok(vec![pinned.into()])
}

/// Takes an event off.
pub fn unpin(now: &Now<'_>, pack: u64, event: Seq) -> Result<Vec<Fact>> {
    let known = undecided(now, pack)?;
    if !pins(now, pack)?.iter().any(|pin| pin.event == event) {
        return Err(Refusal::not_found(format!("event {event} is not pinned")).into());
    }
    let object = known.object;
    Ok(vec![
        PackEvent::Unpinned {
            pack,
            object,
            event,
        }
        .into(),
    ])
}

/// Writes what it says.
///
/// **Refuses:** too long words, too many sides, a side without a name, a pack that is decided.
pub fn write(now: &Now<'_>, pack: u64, words: Words) -> Result<Vec<Fact>> {
    let known = undecided(now, pack)?;
    let title = line("title", &words.title, TITLE_MAX)?;
    let mut sides = Vec::new();
    for side in words.sides {
        let (who, says) = (side.who.trim(), side.says.trim());
        if who.is_empty() && says.is_empty() {
            continue;
        }
        sides.push(Side {
            who: line("who", who, TITLE_MAX)?,
            says: within("says", says)?,
        });
    }
    if sides.len() > SIDES_MAX {
        let text = format!("at most {SIDES_MAX} sides");
        return Err(Refusal::invalid(text).at("who").into());
    }
    let finding = within("finding", words.finding.trim())?;
    let same = known.title.as_ref() == Some(&title)
        && known.sides == sides
        && known.finding.as_deref().unwrap_or_default() == finding;
    if same {
        return Ok(Vec::new());
    }
    let written = PackEvent::Written {
        pack,
        object: known.object,
        sealed: SealedWords {
            title: Some(title),
            sides: Some(sides),
            finding: Some(finding),
            ..SealedWords::default()
        },
    };
    Ok(vec![written.into()])
}

/// Decides: from then on nothing is pinned or written.
///
/// **Refuses:** without a pinned event, without a finding, without words.
pub fn decide(now: &Now<'_>, pack: u64, outcome: Outcome, decision: &str) -> Result<Vec<Fact>> {
    let known = undecided(now, pack)?;
    let pins: Vec<Seq> = pins(now, pack)?.into_iter().map(|pin| pin.event).collect();
    if pins.is_empty() {
        let text = "pin at least one event first: a decision stands on what happened";
        return Err(Refusal::conflict(text).into());
    }
    if known.finding.as_deref().unwrap_or_default().is_empty() {
        return Err(Refusal::conflict("write the finding first").into());
    }
    let decided = PackEvent::Decided {
        pack,
        object: known.object,
        outcome,
        pins,
        sealed: SealedWords {
            decision: Some(line("decision", decision, TEXT_MAX)?),
            ..SealedWords::default()
        },
    };
    Ok(vec![decided.into()])
}

/// Takes a decided pack up again.
pub fn reopen(now: &Now<'_>, pack: u64, why: &str) -> Result<Vec<Fact>> {
    demand(now)?;
    let known = get(now, pack)?;
    if known.outcome.is_none() {
        return Err(Refusal::conflict("this pack is not decided").into());
    }
    let reopened = PackEvent::Reopened {
        pack,
        object: known.object,
        sealed: SealedWords {
            decision: Some(line("why", why, TEXT_MAX)?),
            ..SealedWords::default()
        },
    };
    Ok(vec![reopened.into()])
}

/// Shares it with a member, who is told.
///
/// **Refuses:** one who left.
pub fn share(now: &Now<'_>, pack: u64, member: MemberId) -> Result<Vec<Fact>> {
    demand(now)?;
    let known = get(now, pack)?;
    let all = members::list(now)?;
    let found = all.into_iter().find(|one| one.id == member && one.active);
    let Some(found) = found else {
        let text = format!("{member} does not work here");
        return Err(Refusal::invalid(text).at("member").into());
    };
    if shared_with(now, pack)?.contains(&member) {
        return Ok(Vec::new());
    }
    let shared = PackEvent::Shared {
        pack,
        object: known.object,
        member,
        name: found.name,
    };
    Ok(vec![shared.into()])
}

/// Whether a role settles disputes: whoever reads the trail and may change anything.
pub fn may(role: Role) -> bool {
    role.has(Right::Audit) && role != Role::Auditor
}

fn demand(now: &Now<'_>) -> Result<()> {
    match &now.who().actor {
        Actor::Member { role, .. } if !may(*role) => {
            let text = format!("the role {role} does not have the right to settle disputes");
            Err(Refusal::of(RefusalKind::Forbidden, text).into())
        }
        _ => Ok(()), // the operator at the shell
    }
}

fn undecided(now: &Now<'_>, pack: u64) -> Result<Pack> {
    demand(now)?;
    let known = get(now, pack)?;
    match known.outcome {
        Some(_) => Err(Refusal::conflict("this pack is decided; take it up again first").into()),
        None => Ok(known),
    }
}

fn line(field: &'static str, text: &str, most: usize) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most {
        let text = format!("write 1 to {most} characters");
        return Err(Refusal::invalid(text).at(field).into());
    }
    Ok(text.to_owned())
}

fn within(field: &'static str, text: &str) -> Result<String> {
    if text.chars().count() > TEXT_MAX {
        let text = format!("at most {TEXT_MAX} characters");
        return Err(Refusal::invalid(text).at(field).into());
    }
    Ok(text.to_owned())
}

// Apply

/// Applies a fact about packs.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &PackEvent) -> Result<()> {
    let (seq, at) = (&recorded.seq, &recorded.at);
    match event {
        PackEvent::Opened {
            pack,
            object,
            sealed,
        } => write.run(
            "INSERT INTO pack (id, object, title, opened_by, opened_at, seq)
             VALUES (:id, :object, :title, :by, :at, :seq)",
            &[
                (":by", &recorded.actor.member()),
                (":id", pack),
                (":object", object),
                (":title", &sealed.title),
                (":at", at),
                (":seq", seq),
            ],
        )?,
        PackEvent::Pinned {
            pack,
            event,
            leaf,
            sealed,
            ..
        } => write.run(
            "INSERT OR REPLACE INTO pack_pin (pack, event, leaf, remark, seq)
             VALUES (:pack, :event, :leaf, :remark, :seq)",
            &[
                (":pack", pack),
                (":event", event),
                (":leaf", leaf),
                (":remark", &sealed.remark),
                (":seq", seq),
            ],
        )?,
        PackEvent::Unpinned { pack, event, .. } => write.run(
            "DELETE FROM pack_pin WHERE pack = :pack AND event = :event",
            &[(":pack", pack), (":event", event)],
        )?,
        PackEvent::Written { pack, sealed, .. } => {
            let sides = sealed.sides.as_ref().map(serde_json::to_string);
            write.run(
                "UPDATE pack SET title = :title, sides = :sides, finding = :finding, seq = :seq
                  WHERE id = :id",
                &[
                    (":title", &sealed.title),
                    (":sides", &sides.transpose()?),
                    (":finding", &sealed.finding),
                    (":seq", seq),
                    (":id", pack),
                ],
            )?
        }
        PackEvent::Decided {
            pack,
            outcome,
            sealed,
            ..
        } => write.run(
            "UPDATE pack SET outcome = :outcome, decision = :decision, decided_at = :at,
                    seq = :seq
              WHERE id = :id",
            &[
                (":outcome", &outcome.as_str()),
                (":decision", &sealed.decision),
                (":at", at),
                (":seq", seq),
                (":id", pack),
            ],
        )?,
        PackEvent::Reopened { pack, .. } => write.run(
            "UPDATE pack SET outcome = NULL, decision = NULL, decided_at = NULL, seq = :seq
              WHERE id = :id",
            &[(":seq", seq), (":id", pack)],
        )?,
        PackEvent::Shared { pack, member, .. } => write.run(
            "INSERT OR IGNORE INTO pack_share (pack, member, shared_by, seq)
             VALUES (:pack, :member, :by, :seq)",
            &[
                (":pack", pack),
                (":member", member),
                (":by", &recorded.actor.member()),
                (":seq", seq),
            ],
        )?,
        PackEvent::Answered { .. } => return answers::apply(write, recorded, event),
    };
    Ok(())
}

// Ask

/// The number in a pack's name: `P-3`, or 3 alone.
///
/// **Refuses:** anything else.
pub fn parse(name: &str) -> Result<u64> {
    let number = name.trim().trim_start_matches(['P', 'p']);
    let number = number.trim_start_matches('-').parse();
    number.map_err(|_| Refusal::invalid(format!("{name} is not the name of a pack")).into())
}

const COLUMNS: &str = "SELECT id, object, title, sides, finding, outcome, decision, decided_at,
        opened_at, seq FROM pack";

/// One pack.
///
/// **Refuses:** one that is not there.
pub fn get(now: &Now<'_>, pack: u64) -> Result<Pack> {
    let missing = || Refusal::not_found(format!("there is no pack {pack}"));
    let sql = format!("{COLUMNS} WHERE id = :id");
    now.one(&sql, &[(":id", &pack)], missing, read)
}

/// Packs, the newest first: all, those of a case, those shared with a member, those not decided.
pub fn list(
    now: &Now<'_>,
    object: Option<Object>,
    shared_with: Option<MemberId>,
    undecided: bool,
    limit: u32,
) -> Result<Vec<Pack>> {
    now.all(
        &format!(
            "{COLUMNS} WHERE (:object IS NULL OR object = :object)
                AND (:member IS NULL OR id IN (SELECT pack FROM pack_share WHERE member = :member))
                AND (NOT :undecided OR outcome IS NULL)
              ORDER BY id DESC LIMIT :limit"
        ),
        &[
            (":object", &object),
            (":member", &shared_with),
            (":undecided", &undecided),
            (":limit", &limit),
        ],
        read,
    )
}

/// The pinned events, in the order they happened.
pub fn pins(now: &Now<'_>, pack: u64) -> Result<Vec<Pin>> {
    now.all(
        "SELECT event, leaf, remark, seq FROM pack_pin WHERE pack = :pack
          ORDER BY event LIMIT 500",
        &[(":pack", &pack)],
        |row| {
            Ok(Pin {
                event: row.get("event")?,
                leaf: row.get("leaf")?,
                remark: row.get("remark")?,
                seq: row.get("seq")?,
            })
        },
    )
}

/// The members it is shared with.
pub fn shared_with(now: &Now<'_>, pack: u64) -> Result<Vec<MemberId>> {
    now.all(
        "SELECT member FROM pack_share WHERE pack = :pack ORDER BY member LIMIT 500",
        &[(":pack", &pack)],
        |row| row.get("member"),
    )
}

fn read(row: &Row<'_>) -> Result<Pack> {
    let outcome: Option<String> = row.get("outcome")?;
    Ok(Pack {
        id: row.get("id")?,
        object: row.get("object")?,
        title: row.get("title")?,
        sides: row.json_if_any("sides")?.unwrap_or_default(),
        finding: row.get("finding")?,
        outcome: outcome
            .map(|word| word.parse().map_err(Error::fault))
            .transpose()?,
        decision: row.get("decision")?,
        decided_at: row.get("decided_at")?,
        opened_at: row.get("opened_at")?,
        seq: row.get("seq")?,
    })
}
