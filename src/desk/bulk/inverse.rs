//! Undoing what a bulk did to one thing: each of its events is answered by the inverse one, the
//! last first, where nothing else has changed it since.

use super::Bulk;
use crate::desk::spam::{self, Sender};
use crate::desk::{audit, conversations, tickets};
use crate::domain::conversation::{Owner, Transfer};
use crate::domain::event::{
    ContactEvent, ConversationEvent, Event, Fact, SealedReason, SealedSummary, TicketEvent,
};
use crate::domain::id::{ConversationId, Object, Seq, TicketId};
use crate::domain::status::Named;
use crate::domain::ticket;
use crate::error::{Refusal, Result};
use crate::ledger::Now;

/// Most events of one wish.
const EVENTS_MAX: u32 = 200;

/// The facts that put one thing back to what it was before.
///
/// **Refuses:** what has changed since.
pub fn undone(now: &Now<'_>, bulk: &Bulk, object: Object) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    for event in done_to(now, bulk.started, object)?.into_iter().rev() {
        match &event.event {
            Event::Conversation(did) => facts.extend(talk(now, event.seq, did)?),
            Event::Ticket(did) => facts.extend(case(now, event.seq, did)?),
            _ => {} // what followed from a change follows from its inverse too
        }
    }
    Ok(facts)
}

/// The events by which a bulk changed one thing: those it caused, and what the same wish did
/// because of them.
fn done_to(now: &Now<'_>, cause: Seq, object: Object) -> Result<Vec<audit::Recorded>> {
    let first: Vec<Seq> = now.all(
        "SELECT trail.seq AS seq FROM trail JOIN event_object ON event_object.seq = trail.seq
          WHERE trail.cause = :cause AND event_object.object = :object
          ORDER BY trail.seq LIMIT :limit",
        &[
            (":cause", &cause),
            (":object", &object),
            (":limit", &EVENTS_MAX),
        ],
        |row| row.get("seq"),
    )?;
    let mut all = first.clone();
    let mut next = first;
    while let Some(seq) = next.pop() {
        for caused in audit::caused_by(now, seq, EVENTS_MAX)? {
            // The facts of a wish stand side by side; what answers them comes later.
            if all.contains(&Seq(caused.0.saturating_sub(1))) && !all.contains(&caused) {
                all.push(caused);
                next.push(caused);
            }
        }
    }
    all.sort();
    let events = all.into_iter().map(|seq| audit::get(now, seq));
    let mut events = events.collect::<Result<Vec<_>>>()?;
    events.retain(|event| event.entry.actor.kind() == "member");
    Ok(events)
}

fn changed_since(object: impl std::fmt::Display, what: &str) -> Result<Vec<Fact>> {
    Err(Refusal::conflict(format!("{object} has another {what} since")).into())
}

fn handed(to: &Owner) -> Transfer {
    match to {
        Owner::Nobody => Transfer::Released,
        Owner::Bot | Owner::Member { .. } => Transfer::Assigned,
    }
}

fn because() -> SealedReason {
    SealedReason {
        reason: Some("undone".to_owned()),
    }
}

fn talk(now: &Now<'_>, seq: Seq, did: &ConversationEvent) -> Result<Vec<Fact>> {
    let inverse = match did {
        ConversationEvent::OwnerChanged {
            conversation,
            from,
            to,
            ..
        } => {
            let present = conversations::get(now, *conversation)?;
            if present.owner.member() != to.member() || present.owner.kind() != to.kind() {
                return changed_since(conversation, "owner");
            }
            ConversationEvent::OwnerChanged {
                conversation: *conversation,
                from: present.owner,
                to: from.clone(),
                how: handed(from),
                choice: None,
                sealed: because(),
            }
        }
        ConversationEvent::GroupChanged {
            conversation,
            from,
            to,
        } => {
            if conversations::get(now, *conversation)?.group != *to {
                return changed_since(conversation, "group");
            }
            ConversationEvent::GroupChanged {
                conversation: *conversation,
                from: *to,
                to: *from,
            }
        }
        ConversationEvent::StatusChanged {
            conversation,
            from,
            to,
            held,
        } => {
            if conversations::get(now, *conversation)?.status != *to {
                return changed_since(conversation, "status");
            }
            ConversationEvent::StatusChanged {
                conversation: *conversation,
                from: *to,
                to: *from,
                held: held.clone(),
            }
        }
        ConversationEvent::Snoozed {
            conversation,
            until,
        } => {
            if conversations::get(now, *conversation)?.snoozed_until != *until {
                return changed_since(conversation, "snooze");
            }
            ConversationEvent::Snoozed {
                conversation: *conversation,
                until: snoozed_before(now, *conversation, seq)?,
            }
        }
        ConversationEvent::Tagged {
            conversation,
            added,
            removed,
        } => {
            let tags = conversations::get(now, *conversation)?.tags;
            if !still(&tags, added, removed) {
                return changed_since(conversation, "set of tags");
            }
            ConversationEvent::Tagged {
                conversation: *conversation,
                added: removed.clone(),
                removed: added.clone(),
            }
        }
        ConversationEvent::Escalated {
            conversation,
            from,
            to,
            ..
        } => {
            if conversations::get(now, *conversation)?.level != *to {
                return changed_since(conversation, "escalation level");
            }
            ConversationEvent::Escalated {
                conversation: *conversation,
                from: *to,
                to: *from,
                sealed: because(),
            }
        }
        ConversationEvent::Summarised { conversation, .. } => {
            let before = before(now, Object::Conversation(*conversation), SUMMARY, seq)?;
            let summary = match before.map(|event| event.event) {
                Some(Event::Conversation(ConversationEvent::Summarised { sealed, .. })) => {
                    sealed.summary
                }
                _ => None, // it had none
            };
            ConversationEvent::Summarised {
                conversation: *conversation,
                sealed: SealedSummary { summary },
            }
        }
        ConversationEvent::SpamMarked { conversation, .. } => {
            return match spam::is(now, *conversation)? {
                true => spam::clear(now, *conversation),
                false => changed_since(conversation, "spam mark"),
            };
        }
        ConversationEvent::SpamCleared { conversation } => {
            if spam::is(now, *conversation)? {
                return changed_since(conversation, "spam mark");
            }
            let sender = match let_free(now, seq)? {
                true => Sender::Blocked,
                false => Sender::Free,
            };
            return spam::mark(now, *conversation, sender);
        }
        ConversationEvent::Started { .. } | ConversationEvent::Viewed { .. } => {
            return Ok(Vec::new());
        }
    };
    Ok(vec![inverse.into()])
}

/// Whether taking a mark of spam away let its customer free too.
fn let_free(now: &Now<'_>, seq: Seq) -> Result<bool> {
    for caused in audit::caused_by(now, seq, EVENTS_MAX)? {
        let event = audit::get(now, caused)?.event;
        if matches!(event, Event::Contact(ContactEvent::Unblocked { .. })) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn case(now: &Now<'_>, seq: Seq, did: &TicketEvent) -> Result<Vec<Fact>> {
    let inverse = match did {
        TicketEvent::OwnerChanged {
            ticket, from, to, ..
        } => {
            let present = tickets::get(now, *ticket)?;
            if present.owner.member() != to.member() {
                return changed_since(ticket, "owner");
            }
            TicketEvent::OwnerChanged {
                ticket: *ticket,
                from: present.owner,
                to: from.clone(),
                how: handed(from),
                choice: None,
                sealed: because(),
            }
        }
        TicketEvent::StatusChanged {
            ticket,
            from,
            to,
            named,
            ..
        } => {
            let present = tickets::get(now, *ticket)?;
            let name = named.as_ref().map_or(to.as_str(), |named| &named.name);
            if present.named != name {
                return changed_since(ticket, "status");
            }
            TicketEvent::StatusChanged {
                ticket: *ticket,
                from: *to,
                to: *from,
                wait: waited_before(now, *ticket, seq)?,
                restores: true,
                named: named_before(now, *ticket, seq)?,
                was: named.as_ref().map(|named| named.label.clone()),
                sealed: SealedReason {
                    reason: resolved_before(now, *ticket, seq)?,
                },
            }
        }
        TicketEvent::PriorityChanged { ticket, from, to } => {
            if tickets::get(now, *ticket)?.priority != *to {
                return changed_since(ticket, "priority");
            }
            TicketEvent::PriorityChanged {
                ticket: *ticket,
                from: *to,
                to: *from,
            }
        }
        TicketEvent::TypeChanged { ticket, from, to } => {
            if tickets::get(now, *ticket)?.kind != *to {
                return changed_since(ticket, "type");
            }
            TicketEvent::TypeChanged {
                ticket: *ticket,
                from: to.clone(),
                to: from.clone(),
            }
        }
        TicketEvent::GroupChanged { ticket, from, to } => {
            if tickets::get(now, *ticket)?.group != *to {
                return changed_since(ticket, "group");
            }
            TicketEvent::GroupChanged {
                ticket: *ticket,
                from: *to,
                to: *from,
            }
        }
        TicketEvent::Tagged {
            ticket,
            added,
            removed,
        } => {
            if !still(&tickets::get(now, *ticket)?.tags, added, removed) {
                return changed_since(ticket, "set of tags");
            }
            TicketEvent::Tagged {
                ticket: *ticket,
                added: removed.clone(),
                removed: added.clone(),
            }
        }
        TicketEvent::Escalated {
            ticket, from, to, ..
        } => {
            if tickets::get(now, *ticket)?.level != *to {
                return changed_since(ticket, "escalation level");
            }
            TicketEvent::Escalated {
                ticket: *ticket,
                from: *to,
                to: *from,
                sealed: because(),
            }
        }
        TicketEvent::Opened { .. }
        | TicketEvent::Renamed { .. }
        | TicketEvent::ConversationAttached { .. }
        | TicketEvent::Merged { .. }
        | TicketEvent::Unmerged { .. }
        | TicketEvent::Split { .. }
        | TicketEvent::SplitUndone { .. }
        | TicketEvent::Linked { .. }
        | TicketEvent::Unlinked { .. }
        | TicketEvent::Viewed { .. } => return Ok(Vec::new()),
    };
    Ok(vec![inverse.into()])
}

fn still(tags: &[String], added: &[String], removed: &[String]) -> bool {
    added.iter().all(|tag| tags.contains(tag)) && !removed.iter().any(|tag| tags.contains(tag))
}

const SUMMARY: &str = "conversation.summarised";

/// The newest event of a name about an object before another.
fn before(
    now: &Now<'_>,
    object: Object,
    event: &str,
    before: Seq,
) -> Result<Option<audit::Recorded>> {
    let filter = audit::Filter {
        event: Some(event.to_owned()),
        objects: vec![object],
        before: Some(before),
        ..audit::Filter::default()
    };
    Ok(audit::list(now, &filter, 1)?.pop())
}

/// Until when a conversation was put aside before an event; closing it ends that too.
fn snoozed_before(
    now: &Now<'_>,
    id: ConversationId,
    seq: Seq,
) -> Result<Option<crate::domain::moment::Moment>> {
    let object = Object::Conversation(id);
    let snoozed = before(now, object, "conversation.snoozed", seq)?;
    let status = before(now, object, "conversation.status_changed", seq)?;
    let closed = status.filter(|event| {
        matches!(
            event.event,
            Event::Conversation(ConversationEvent::StatusChanged {
                to: crate::domain::conversation::Status::Closed,
                ..
            })
        )
    });
    Ok(match snoozed.map(|event| (event.seq, event.event)) {
        Some((at, _)) if closed.is_some_and(|closed| closed.seq > at) => None,
        Some((_, Event::Conversation(ConversationEvent::Snoozed { until, .. }))) => until,
        _ => None, // it never was
    })
}

/// What a ticket waited for before an event.
fn waited_before(now: &Now<'_>, id: TicketId, seq: Seq) -> Result<Option<ticket::Wait>> {
    let status = before(now, Object::Ticket(id), "ticket.status_changed", seq)?;
    Ok(match status.map(|event| event.event) {
        Some(Event::Ticket(TicketEvent::StatusChanged { wait, .. })) => wait,
        _ => None, // it was new
    })
}

/// What a ticket's status was called before an event.
fn named_before(now: &Now<'_>, id: TicketId, seq: Seq) -> Result<Option<Named>> {
    let status = before(now, Object::Ticket(id), "ticket.status_changed", seq)?;
    Ok(match status.map(|event| event.event) {
        Some(Event::Ticket(TicketEvent::StatusChanged { named, .. })) => named,
        _ => None, // it was new
    })
}

/// How a ticket was said to be solved before an event.
fn resolved_before(now: &Now<'_>, id: TicketId, mut seq: Seq) -> Result<Option<String>> {
    while let Some(event) = before(now, Object::Ticket(id), "ticket.status_changed", seq)? {
        if let Event::Ticket(TicketEvent::StatusChanged {
            to,
            restores,
            sealed,
            ..
        }) = &event.event
            && (*restores || (*to == ticket::Status::Resolved && sealed.reason.is_some()))
        {
            return Ok(sealed.reason.clone());
        }
        seq = event.seq;
    }
    Ok(None)
}
