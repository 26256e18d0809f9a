//! Assignment: work that nobody owns goes to a member by the rule of its group, in the commit that
//! left it without owner; and the work of members who stay away returns to the queue.

use super::along;
use super::conversations::{self, Conversation};
use super::{groups, shifts, tickets};
use crate::domain::actor::Actor;
use crate::domain::assignment::{Candidate, Choice, Method, Rule, choose};
use crate::domain::conversation::{Owner, Status, Transfer};
use crate::domain::event::assignment::AssignmentEvent;
use crate::domain::event::{Cause, ConversationEvent, Event, Fact, MemberEvent, TicketEvent};
use crate::domain::id::{ConversationId, GroupId, MemberId, Object, Seq, TicketId};
use crate::domain::member::Right;
use crate::domain::moment::MINUTE_MS;
use crate::domain::ticket::Category;
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Happened, Now, Recorded, Writer};
use std::collections::BTreeSet;

/// Most of a queue that is given out at once, when somebody comes who can take it.
const QUEUE_MAX: u32 = 50;
/// Most of a member's work that returns at once.
const RETURN_MAX: u32 = 500;
/// The most a cap may be.
const CAP_MAX: u32 = 1_000;
/// The longest somebody may be away before their work returns. **Unit:** minutes.
const AWAY_MAX: u32 = 7 * 24 * 60;

// Decide

/// Gives a group another rule.
///
/// **Refuses:** caps and times out of bounds; an unknown group.
pub fn set_rule(now: &Now<'_>, group: GroupId, to: Rule) -> Result<Vec<Fact>> {
    groups::name(now, group)?;
    if to.cap > CAP_MAX {
        let text = format!("a cap is at most {CAP_MAX}; 0 is none");
        return Err(Refusal::invalid(text).at("cap").into());
    }
    if to.away_min > AWAY_MAX {
        let text = format!("at most {AWAY_MAX} minutes, which is a week; 0 is never");
        return Err(Refusal::invalid(text).at("away_min").into());
    }
    let (from, _) = rule(now, group)?;
    if from == to {
        return Ok(Vec::new());
    }
    Ok(vec![AssignmentEvent::RuleSet { group, from, to }.into()])
}

/// What follows from facts: what nobody owns is given out, and when somebody can take more, what
/// waits longest in the queues of their groups.
pub fn follow(now: &Now<'_>, news: &[Happened]) -> Result<Vec<Fact>> {
    let mut wanted: Vec<(Object, Seq, Option<MemberId>)> = Vec::new();
    for happened in news {
        let seq = happened.seq;
        match &happened.event {
            Event::Conversation(
                ConversationEvent::Started {
                    conversation,
                    owner: Owner::Nobody,
                    ..
                }
                | ConversationEvent::GroupChanged { conversation, .. },
            ) => wanted.push((Object::Conversation(*conversation), seq, None)),
            Event::Conversation(ConversationEvent::OwnerChanged {
                conversation,
                from,
                to: Owner::Nobody,
                ..
            }) => wanted.push((Object::Conversation(*conversation), seq, from.member())),
            Event::Ticket(
                TicketEvent::Opened {
                    ticket,
                    owner: Owner::Nobody,
                    ..
                }
                | TicketEvent::GroupChanged { ticket, .. },
            ) => wanted.push((Object::Ticket(*ticket), seq, None)),
            Event::Ticket(TicketEvent::OwnerChanged {
                ticket,
                from,
                to: Owner::Nobody,
                ..
            }) => wanted.push((Object::Ticket(*ticket), seq, from.member())),
            Event::Member(MemberEvent::PresenceChanged { member, to, .. }) if to == "online" => {
                wanted.extend(queue_of(now, *member, seq)?);
            }
            Event::Conversation(ConversationEvent::StatusChanged {
                conversation,
                to: Status::Closed,
                ..
            }) => {
                let owner = conversations::get(now, *conversation)?.owner.member();
                if let Some(member) = owner {
                    wanted.extend(queue_of(now, member, seq)?.into_iter().take(1));
                }
            }
            Event::Assignment(AssignmentEvent::ShiftTurned { member, on: true }) => {
                wanted.extend(queue_of(now, *member, seq)?);
            }
            Event::Assignment(AssignmentEvent::RuleSet { group, .. }) => {
                wanted.extend(queue(now, *group, seq)?);
            }
            _ => {} // proved: nothing else leaves work without owner or somebody with room
        }
    }
    let (mut facts, mut given): (Vec<Fact>, Vec<MemberId>) = (Vec::new(), Vec::new());
    let mut moved: BTreeSet<Object> = BTreeSet::new();
    for (object, cause, but) in wanted {
        if moved.contains(&object) {
            continue;
        }
        let Some((member, some)) = give_out(now, object, cause, but, &given)? else {
            continue;
        };
        given.push(member);
        let first = facts.len();
        for (place, mut fact) in some.into_iter().enumerate() {
            moved.extend(fact.event.objects().first());
            if place > 0 {
                fact.cause = Some(Cause::Earlier(first)); // it goes along with the first
            }
            facts.push(fact);
        }
    }
    Ok(facts)
}

/// Gives something out by the rule of its group, if nobody owns it and somebody can be chosen.
fn give_out(
    now: &Now<'_>,
    object: Object,
    cause: Seq,
    but: Option<MemberId>,
    given: &[MemberId],
) -> Result<Option<(MemberId, Vec<Fact>)>> {
    let (owner, group, rests) = match object {
        Object::Conversation(id) => {
            let present = conversations::get(now, id)?;
            let rests = present.status == Status::Closed || present.snoozed_until.is_some();
            (present.owner, present.group, rests)
        }
        Object::Ticket(id) => {
            let present = tickets::get(now, id)?;
            let category = present.status.category();
            let ended = matches!(category, Category::Done | Category::Final);
            (present.owner, present.group, ended)
        }
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            return Ok(None);
        }
    };
    let Some(group) = group.filter(|_| owner == Owner::Nobody && !rests) else {
        return Ok(None);
    };
    let (rule, set_by) = rule(now, group)?;
    if rule.method == Method::Manual {
        return Ok(None);
    }
    let mut candidates = candidates(now, group, but)?;
    for candidate in &mut candidates {
        // What this very round gave out already.
        let places = given.iter().enumerate();
        let mine = places.filter(|(_, member)| **member == candidate.member);
        for (place, _) in mine {
            candidate.open += 1;
            candidate.last = Some(Seq(cause.0 + 1 + place as u64));
        }
    }
    let Some((one, choice)) = choose(group, rule, set_by, &candidates) else {
        return Ok(None);
    };
    let member = one.member;
    let to = Owner::Member {
        id: member,
        name: one.name,
    };
    let mut facts = match object {
        Object::Conversation(id) => {
            let present = conversations::get(now, id)?;
            along::conversation(now, &present, to, Transfer::Assigned, "")?
        }
        Object::Ticket(id) => {
            let present = tickets::get(now, id)?;
            along::ticket(now, &present, to, Transfer::Assigned, "")?
        }
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            Vec::new()
        }
    };
    if let Some(first) = facts.first_mut() {
        explain(first, choice);
        first.cause = Some(Cause::Event(cause));
    }
    let by = actor(group, set_by);
    let facts = facts.into_iter().map(|fact| fact.by(by.clone()));
    Ok(Some((member, facts.collect())))
}

/// Puts the reason of the choice into the change of owner.
fn explain(fact: &mut Fact, why: Choice) {
    match &mut fact.event {
        Event::Conversation(ConversationEvent::OwnerChanged { choice, .. })
        | Event::Ticket(TicketEvent::OwnerChanged { choice, .. }) => *choice = Some(Box::new(why)),
        _ => {} // proved: only changes of owner come here
    }
}

/// A group's rule as the one who acts; its version is the event that set it.
fn actor(group: GroupId, set_by: Seq) -> Actor {
    Actor::Rule {
        id: format!("assignment of {group}"),
        version: u32::try_from(set_by.0).unwrap_or(u32::MAX),
    }
}

/// Puts the open work of a member who stays away back into the queues of the groups whose rule
/// wants it.
pub fn return_work(now: &Now<'_>, member: MemberId) -> Result<Vec<Fact>> {
    let away = away(now)?;
    let mut facts: Vec<Fact> = Vec::new();
    for left in away.into_iter().filter(|left| left.member == member) {
        let (_, set_by) = rule(now, left.group)?;
        let reason = format!("{} has been away for {} minutes", left.name, left.minutes);
        let fact = match left.object {
            Object::Conversation(id) => {
                let present: Conversation = conversations::get(now, id)?;
                conversations::owned(&present, Owner::Nobody, Transfer::Released, &reason)
            }
            Object::Ticket(id) => {
                let present = tickets::get(now, id)?;
                super::along::ticket_owned(&present, Owner::Nobody, Transfer::Released, &reason)
            }
            Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
                continue;
            }
        };
        let went = went_away(now, left.member)?;
        let fact = fact.by(actor(left.group, set_by));
        facts.push(match went {
            Some(seq) => fact.because(Cause::Event(seq)),
            None => fact,
        });
    }
    Ok(facts)
}

// Apply

/// Applies a fact about how groups give work out.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &AssignmentEvent) -> Result<()> {
    match event {
        AssignmentEvent::ShiftSet { member, to, .. } => {
            return shifts::apply_set(write, recorded, *member, *to);
        }
        AssignmentEvent::ShiftTurned { member, on } => {
            return shifts::apply_turned(write, recorded, *member, *on);
        }
        AssignmentEvent::RuleSet { group, to, .. } => write.run(
            "INSERT INTO assignment_rule (\"group\", method, cap, away_min, seq)
             VALUES (:group, :method, :cap, :away_min, :seq)
             ON CONFLICT (\"group\") DO UPDATE SET method = excluded.method, cap = excluded.cap,
                 away_min = excluded.away_min, seq = excluded.seq",
            &[
                (":group", group),
                (":method", &to.method.as_str()),
                (":cap", &to.cap),
                (":away_min", &to.away_min),
                (":seq", &recorded.seq),
            ],
        )?,
    };
    Ok(())
}

/// Notes whose turn it was.
pub fn apply_choice(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    to: &Owner,
    choice: Option<&Choice>,
) -> Result<()> {
    let (Some(member), Some(choice)) = (to.member(), choice) else {
        return Ok(());
    };
    write.run(
        "INSERT INTO assignment_turn (\"group\", member, seq) VALUES (:group, :member, :seq)
         ON CONFLICT (\"group\", member) DO UPDATE SET seq = excluded.seq",
        &[
            (":group", &choice.group),
            (":member", &member),
            (":seq", &recorded.seq),
        ],
    )?;
    Ok(())
}

// Ask

/// A group's rule, and the event that set it; by hand until one is set.
pub fn rule(now: &Now<'_>, group: GroupId) -> Result<(Rule, Seq)> {
    let found = now.maybe(
        "SELECT method, cap, away_min, seq FROM assignment_rule WHERE \"group\" = :group",
        &[(":group", &group)],
        |row| {
            let method: String = row.get("method")?;
            let rule = Rule {
                method: method.parse().map_err(Error::fault)?,
                cap: row.get("cap")?,
                away_min: row.get("away_min")?,
            };
            Ok((rule, row.get("seq")?))
        },
    )?;
    Ok(found.unwrap_or_default())
}

fn candidates(now: &Now<'_>, group: GroupId, but: Option<MemberId>) -> Result<Vec<Candidate>> {
    let mut all: Vec<Candidate> = now.all(
        "SELECT member.id, name, role, presence, assignment_turn.seq AS last,
             (SELECT count(*) FROM conversation
               WHERE owner_kind = 'member' AND owner = member.id AND status <> 'closed')
           + (SELECT count(*) FROM ticket
               WHERE owner = member.id AND category NOT IN ('done', 'final')) AS open
           FROM group_member
           JOIN member ON member.id = group_member.member
           LEFT JOIN assignment_turn ON assignment_turn.\"group\" = group_member.\"group\"
                AND assignment_turn.member = member.id
          WHERE group_member.\"group\" = :group AND active = 1
          ORDER BY member.id LIMIT 500",
        &[(":group", &group)],
        |row| {
            let role: String = row.get("role")?;
            let role: crate::domain::member::Role = role.parse().map_err(Error::fault)?;
            let presence: String = row.get("presence")?;
            let member: MemberId = row.get("id")?;
            Ok(Candidate {
                member,
                name: row.get("name")?,
                online: presence == "online",
                on_shift: true, // looked at below
                may_work: role.has(Right::Work),
                gave_back: but == Some(member),
                open: row.get("open")?,
                last: row.get("last")?,
            })
        },
    )?;
    for candidate in &mut all {
        candidate.on_shift = shifts::is_on(now, candidate.member)?;
    }
    Ok(all)
}

/// What nobody owns in the queues of a member's groups, what waits longest first.
fn queue_of(
    now: &Now<'_>,
    member: MemberId,
    cause: Seq,
) -> Result<Vec<(Object, Seq, Option<MemberId>)>> {
    let mut all = Vec::new();
    for group in groups::of_member(now, member)? {
        all.extend(queue(now, group, cause)?);
    }
    Ok(all)
}

fn queue(
    now: &Now<'_>,
    group: GroupId,
    cause: Seq,
) -> Result<Vec<(Object, Seq, Option<MemberId>)>> {
    if rule(now, group)?.0.method == Method::Manual {
        return Ok(Vec::new());
    }
    let talks: Vec<ConversationId> = now.all(
        "SELECT id FROM conversation
          WHERE owner_kind = 'nobody' AND status <> 'closed' AND snoozed_until IS NULL
            AND \"group\" = :group
          ORDER BY waiting_since IS NULL, waiting_since, id LIMIT :limit",
        &[(":group", &group), (":limit", &QUEUE_MAX)],
        |row| row.get("id"),
    )?;
    let cases: Vec<TicketId> = now.all(
        "SELECT id FROM ticket
          WHERE owner IS NULL AND category NOT IN ('done', 'final') AND \"group\" = :group
          ORDER BY id LIMIT :limit",
        &[(":group", &group), (":limit", &QUEUE_MAX)],
        |row| row.get("id"),
    )?;
    let talks = talks.into_iter().map(Object::Conversation);
    let cases = cases.into_iter().map(Object::Ticket);
    Ok(talks
        .chain(cases)
        .map(|object| (object, cause, None))
        .collect())
}

/// Open work of a member who has been away for longer than the rule of its group allows.
pub struct Left {
    /// Who is away.
    pub member: MemberId,
    /// Their name.
    pub name: String,
    /// The work.
    pub object: Object,
    /// Whose queue it returns to.
    pub group: GroupId,
    /// For how long they have been away. **Unit:** minutes.
    pub minutes: i64,
}

/// What [`away`] asks, every second: first who is away for too long, which mostly is nobody, then
/// what they hold. CROSS keeps that order, and the sign keeps the planner from making an index of
/// its own over all tickets each time.
pub const AWAY: &str = "SELECT member.id AS member, member.name, conversation.id, 'C' AS kind,
         assignment_rule.\"group\" AS \"group\", (:now - away_at) / :minute AS minutes
    FROM member CROSS JOIN assignment_rule CROSS JOIN conversation
   WHERE presence = 'away' AND away_min > 0 AND away_at <= :now - away_min * :minute
     AND conversation.owner = member.id AND conversation.\"group\" = assignment_rule.\"group\"
     AND owner_kind = 'member' AND status <> 'closed' AND snoozed_until IS NULL
  UNION ALL
  SELECT member.id, member.name, ticket.id, 'T', assignment_rule.\"group\",
         (:now - away_at) / :minute
    FROM member CROSS JOIN assignment_rule CROSS JOIN ticket
   WHERE presence = 'away' AND away_min > 0 AND away_at <= :now - away_min * :minute
     AND ticket.owner = member.id AND +ticket.\"group\" = assignment_rule.\"group\"
     AND category IN ('new', 'open', 'waiting')
   ORDER BY 1, 4, 3 LIMIT :limit";

/// The work that waits for members who are away for too long, by member.
pub fn away(now: &Now<'_>) -> Result<Vec<Left>> {
    now.all(
        AWAY,
        &[
            (":now", &now.at()),
            (":minute", &MINUTE_MS),
            (":limit", &RETURN_MAX),
        ],
        |row| {
            let kind: String = row.get("kind")?;
            let object = match kind.as_str() {
                "C" => Object::Conversation(row.get("id")?),
                _ => Object::Ticket(row.get("id")?), // the one other kind above
            };
            Ok(Left {
                member: row.get("member")?,
                name: row.get("name")?,
                object,
                group: row.get("group")?,
                minutes: row.get("minutes")?,
            })
        },
    )
}

/// The event with which a member went away.
fn went_away(now: &Now<'_>, member: MemberId) -> Result<Option<Seq>> {
    let sql = "SELECT away_seq FROM member WHERE id = :id";
    let found = now.maybe(sql, &[(":id", &member)], |row| row.get("away_seq"))?;
    Ok(found.flatten())
}
