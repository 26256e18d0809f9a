//! Whom a fact concerns: noted when it is applied, told afterwards.

use crate::domain::action::Audience;
use crate::domain::actor::Door;
use crate::domain::conversation::{Owner, Transfer};
use crate::domain::event::call::CommitmentEvent;
use crate::domain::event::notification::NotificationEvent;
use crate::domain::event::pack::PackEvent;
use crate::domain::event::{ArticleEvent, ConversationEvent, Event, SlaEvent, TicketEvent};
use crate::domain::id::{ConversationId, GroupId, MemberId, Object, TicketId};
use crate::domain::notification::Kind;
use crate::error::Result;
use crate::ledger::{Recorded, Writer};

/// Notes who is concerned by a fact. What was imported from elsewhere concerns nobody now.
pub fn hear(write: &Writer<'_>, recorded: &Recorded<'_>) -> Result<()> {
    if recorded.via.door == Door::Import {
        return Ok(());
    }
    match recorded.event {
        Event::Conversation(ConversationEvent::OwnerChanged {
            conversation,
            from,
            to,
            how,
            ..
        }) => passed(
            write,
            recorded,
            Object::Conversation(*conversation),
            from,
            to,
            *how,
        ),
        Event::Ticket(TicketEvent::OwnerChanged {
            ticket,
            from,
            to,
            how,
            ..
        }) => passed(write, recorded, Object::Ticket(*ticket), from, to, *how),
        Event::Conversation(ConversationEvent::Escalated {
            conversation,
            from,
            to,
            ..
        }) if to > from => {
            let object = Object::Conversation(*conversation);
            owner_and_leads(write, recorded, Kind::Escalation, object)
        }
        Event::Ticket(TicketEvent::Escalated {
            ticket, from, to, ..
        }) if to > from => {
            owner_and_leads(write, recorded, Kind::Escalation, Object::Ticket(*ticket))
        }
        Event::Sla(SlaEvent::Warned { object, .. }) => match owner(write, *object)? {
            Some(owner) => due(write, recorded, owner, Kind::SlaWarning, *object),
            None => Ok(()), // those who look at the queue see its colour
        },
        Event::Sla(SlaEvent::Breached { object, .. }) => {
            owner_and_leads(write, recorded, Kind::SlaBreach, *object)
        }
        Event::Article(ArticleEvent::Received { conversation, .. }) => {
            let Some(owner) = conversation_owner(write, *conversation)? else {
                return Ok(());
            };
            replied(write, recorded, Object::Conversation(*conversation), owner)
        }
        Event::Article(ArticleEvent::Noted {
            object, mentions, ..
        }) => {
            for mentioned in mentions {
                match mentioned {
                    Object::Member(member) => {
                        due(write, recorded, *member, Kind::Mention, *object)?;
                    }
                    Object::Group(group) => {
                        all_of(write, recorded, *group, Kind::Mention, *object)?;
                    }
                    Object::Conversation(_)
                    | Object::Ticket(_)
                    | Object::Contact(_)
                    | Object::Channel(_) => {} // nobody to tell
                }
            }
            Ok(())
        }
        Event::Commitment(event) => promised(write, recorded, event),
        Event::Pack(event) => disputed(write, recorded, event),
        Event::Notification(NotificationEvent::Asked { object, to, .. }) => {
            asked(write, recorded, *object, *to)
        }
        _ => Ok(()), // proved: what concerns nobody in particular is told to nobody
    }
}

const ALL_OF_GROUP: &str =
    "INSERT OR IGNORE INTO notification_due (about, member, kind, object, at)
    SELECT :about, member.id, :kind, :object, :at
      FROM group_member JOIN member ON member.id = group_member.member
     WHERE \"group\" = :group AND active = 1 AND member.id IS NOT :but
       AND NOT EXISTS (SELECT 1 FROM notification_preference AS chosen
                        WHERE chosen.member = member.id AND kind = :kind AND list = 0)";

fn all_of(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    group: GroupId,
    kind: Kind,
    object: Object,
) -> Result<()> {
    write.run(
        ALL_OF_GROUP,
        &[
            (":about", &recorded.seq),
            (":group", &group),
            (":kind", &kind.as_str()),
            (":but", &recorded.actor.member()),
            (":object", &object),
            (":at", &recorded.at),
        ],
    )?;
    Ok(())
}

const ALL_OF_PACK: &str = "INSERT OR IGNORE INTO notification_due (about, member, kind, object, at)
    SELECT :about, member.id, :kind, :object, :at FROM member
     WHERE active = 1 AND member.id IS NOT :but
       AND CASE WHEN :settling
                THEN member.id IN (SELECT opened_by FROM pack WHERE id = :pack
                                   UNION SELECT shared_by FROM pack_share WHERE pack = :pack)
                ELSE member.id IN (SELECT member FROM pack_share WHERE pack = :pack) END
       AND NOT EXISTS (SELECT 1 FROM notification_preference AS chosen
                        WHERE chosen.member = member.id AND kind = :kind AND list = 0)";

/// Those concerned hear that a pack is shared with them, what came of it and that it is taken up
/// again; those who settle it hear what was answered.
fn disputed(write: &Writer<'_>, recorded: &Recorded<'_>, event: &PackEvent) -> Result<()> {
    let (pack, object, settling) = match event {
        PackEvent::Shared { object, member, .. } => {
            return due(write, recorded, *member, Kind::Pack, *object);
        }
        PackEvent::Answered { pack, object, .. } => (*pack, *object, true),
        PackEvent::Decided { pack, object, .. } | PackEvent::Reopened { pack, object, .. } => {
            (*pack, *object, false)
        }
        PackEvent::Opened { .. }
        | PackEvent::Pinned { .. }
        | PackEvent::Unpinned { .. }
        | PackEvent::Written { .. } => return Ok(()), // work in progress
    };
    write.run(
        ALL_OF_PACK,
        &[
            (":about", &recorded.seq),
            (":kind", &Kind::Pack.as_str()),
            (":object", &object),
            (":at", &recorded.at),
            (":but", &recorded.actor.member()),
            (":settling", &settling),
            (":pack", &pack),
        ],
    )?;
    Ok(())
}

/// Whom a rule or a macro wants to be told.
fn asked(write: &Writer<'_>, recorded: &Recorded<'_>, object: Object, to: Audience) -> Result<()> {
    match to {
        Audience::Owner => match owner(write, object)? {
            Some(owner) => due(write, recorded, owner, Kind::Rule, object),
            None => leads(write, recorded, Kind::Rule, object),
        },
        Audience::Leads => leads(write, recorded, Kind::Rule, object),
        Audience::Member { id } => due(write, recorded, id, Kind::Rule, object),
        Audience::Group { id } => all_of(write, recorded, id, Kind::Rule, object),
    }
}

fn passed(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    object: Object,
    from: &Owner,
    to: &Owner,
    how: Transfer,
) -> Result<()> {
    if let Some(member) = to.member() {
        let kind = match how {
            Transfer::HandedOver => Kind::HandOver,
            Transfer::Taken
            | Transfer::TakenFrom
            | Transfer::Assigned
            | Transfer::Released
            | Transfer::Escalated => Kind::Assignment,
        };
        due(write, recorded, member, kind, object)?;
    }
    match from.member().filter(|_| how == Transfer::TakenFrom) {
        Some(member) => due(write, recorded, member, Kind::HandOver, object),
        None => Ok(()),
    }
}

/// A promise concerns whoever has to keep it; one that was not kept, the leads too.
fn promised(write: &Writer<'_>, recorded: &Recorded<'_>, event: &CommitmentEvent) -> Result<()> {
    match event {
        CommitmentEvent::Made { object, owner, .. }
        | CommitmentEvent::Reminded { object, owner, .. }
        | CommitmentEvent::OwnerChanged {
            object, to: owner, ..
        } => due(write, recorded, *owner, Kind::Commitment, *object),
        CommitmentEvent::Missed { object, owner, .. } => {
            due(write, recorded, *owner, Kind::Commitment, *object)?;
            leads(write, recorded, Kind::Commitment, *object)
        }
        CommitmentEvent::Moved { .. } | CommitmentEvent::Kept { .. } => Ok(()),
    }
}

/// Tells the owner and the leads.
fn owner_and_leads(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    kind: Kind,
    object: Object,
) -> Result<()> {
    if let Some(owner) = owner(write, object)? {
        due(write, recorded, owner, kind, object)?;
    }
    leads(write, recorded, kind, object)
}

fn leads(write: &Writer<'_>, recorded: &Recorded<'_>, kind: Kind, object: Object) -> Result<()> {
    write.run(
        "INSERT OR IGNORE INTO notification_due (about, member, kind, object, at)
         SELECT :about, id, :kind, :object, :at FROM member
          WHERE role = 'lead' AND active = 1 AND id IS NOT :but
            AND NOT EXISTS (SELECT 1 FROM notification_preference AS chosen
                             WHERE chosen.member = member.id AND kind = :kind AND list = 0)",
        &[
            (":about", &recorded.seq),
            (":kind", &kind.as_str()),
            (":object", &object),
            (":at", &recorded.at),
            (":but", &recorded.actor.member()),
        ],
    )?;
    Ok(())
}

/// One notification of an answer stands for all that come until it is seen.
fn replied(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    object: Object,
    owner: MemberId,
) -> Result<()> {
    let stands: Option<u64> = write.find(
        "SELECT 1 AS yes FROM notification
          WHERE member = :member AND read_at IS NULL AND kind = 'reply' AND object = :object
         UNION ALL
         SELECT 1 FROM notification_due
          WHERE member = :member AND kind = 'reply' AND object = :object
         LIMIT 1",
        &[(":member", &owner), (":object", &object)],
        |row| row.get("yes"),
    )?;
    match stands {
        Some(_) => Ok(()),
        None => due(write, recorded, owner, Kind::Reply, object),
    }
}

/// Notes that a member is to be told, unless they did it themselves, left, do not want to know, or
/// are to be told of the event that this one only follows.
pub fn due(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    member: MemberId,
    kind: Kind,
    object: Object,
) -> Result<()> {
    if recorded.actor.member() == Some(member) {
        return Ok(());
    }
    write.run(
        "INSERT OR IGNORE INTO notification_due (about, member, kind, object, at)
         SELECT :about, id, :kind, :object, :at FROM member
          WHERE id = :member AND active = 1
            AND NOT EXISTS (SELECT 1 FROM notification_preference AS chosen
                             WHERE chosen.member = :member AND kind = :kind AND list = 0)
            AND NOT EXISTS (SELECT 1 FROM notification_due AS first
                             WHERE first.about = :cause AND first.member = :member
                               AND first.kind = :kind)",
        &[
            (":about", &recorded.seq),
            (":member", &member),
            (":kind", &kind.as_str()),
            (":object", &object),
            (":at", &recorded.at),
            (":cause", &recorded.cause),
        ],
    )?;
    Ok(())
}

fn owner(write: &Writer<'_>, object: Object) -> Result<Option<MemberId>> {
    match object {
        Object::Conversation(id) => conversation_owner(write, id),
        Object::Ticket(id) => ticket_owner(write, id),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => Ok(None),
    }
}

fn conversation_owner(write: &Writer<'_>, id: ConversationId) -> Result<Option<MemberId>> {
    let sql = "SELECT owner FROM conversation WHERE id = :id AND owner_kind = 'member'";
    let owner = write.find(sql, &[(":id", &id)], |row| row.get("owner"))?;
    Ok(owner.flatten())
}

fn ticket_owner(write: &Writer<'_>, id: TicketId) -> Result<Option<MemberId>> {
    let sql = "SELECT owner FROM ticket WHERE id = :id";
    let owner = write.find(sql, &[(":id", &id)], |row| row.get("owner"))?;
    Ok(owner.flatten())
}
