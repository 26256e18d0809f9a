//! What goes along when something changes hands: a conversation's open tickets with it, a ticket's
//! open conversations, and what hangs on those. Each is a fact of its own with the same cause.

use super::conversations::{self, Conversation};
use super::tickets::{self, Ticket};
use crate::domain::conversation::{Owner, Status, Transfer};
use crate::domain::event::{Cause, Fact, SealedReason, TicketEvent};
use crate::domain::id::{ConversationId, Object, TicketId};
use crate::domain::ticket::Category;
use crate::error::Result;
use crate::ledger::Now;
use std::collections::{BTreeSet, VecDeque};

/// Most things that go along at once.
const ALONG_MAX: usize = 200;

/// A change of hands.
struct Change<'a> {
    object: Object,
    from: &'a Owner,
    to: &'a Owner,
    how: Transfer,
    reason: &'a str,
}

/// Another owner of a conversation, with the open tickets that go along; first in its wish.
pub fn conversation(
    now: &Now<'_>,
    present: &Conversation,
    to: Owner,
    how: Transfer,
    reason: &str,
) -> Result<Vec<Fact>> {
    let mut facts = vec![conversations::owned(present, to.clone(), how, reason)];
    let change = Change {
        object: Object::Conversation(present.id),
        from: &present.owner,
        to: &to,
        how,
        reason,
    };
    facts.extend(along(now, &change)?);
    Ok(facts)
}

/// Another owner of a ticket, with the open conversations that go along; first in its wish.
pub fn ticket(
    now: &Now<'_>,
    present: &Ticket,
    to: Owner,
    how: Transfer,
    reason: &str,
) -> Result<Vec<Fact>> {
    let mut facts = vec![ticket_owned(present, to.clone(), how, reason)];
    let change = Change {
        object: Object::Ticket(present.id),
        from: &present.owner,
        to: &to,
        how,
        reason,
    };
    facts.extend(along(now, &change)?);
    Ok(facts)
}

/// The facts about what goes along. What somebody else holds stays with them.
fn along(now: &Now<'_>, change: &Change<'_>) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    let mut known = BTreeSet::from([change.object]);
    let mut next = VecDeque::from([change.object]);
    while let Some(object) = next.pop_front() {
        for other in neighbours(now, object)? {
            if known.len() > ALONG_MAX || !known.insert(other) {
                continue;
            }
            if let Some(fact) = moved(now, other, change)? {
                facts.push(fact.because(Cause::Earlier(0)));
                next.push_back(other);
            }
        }
    }
    Ok(facts)
}

fn neighbours(now: &Now<'_>, object: Object) -> Result<Vec<Object>> {
    Ok(match object {
        Object::Conversation(id) => {
            let tickets = conversations::get(now, id)?.tickets;
            tickets.into_iter().map(Object::Ticket).collect()
        }
        Object::Ticket(id) => {
            let held = tickets::get(now, id)?.conversations;
            let held = held.into_iter().map(|(id, _)| Object::Conversation(id));
            held.collect()
        }
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            Vec::new()
        }
    })
}

fn moved(now: &Now<'_>, object: Object, change: &Change<'_>) -> Result<Option<Fact>> {
    match object {
        Object::Conversation(id) => conversation_fact(now, id, change),
        Object::Ticket(id) => ticket_fact(now, id, change),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => Ok(None),
    }
}

fn conversation_fact(
    now: &Now<'_>,
    id: ConversationId,
    change: &Change<'_>,
) -> Result<Option<Fact>> {
    let along = conversations::get(now, id)?;
    if along.status == Status::Closed || !goes(&along.owner, change) {
        return Ok(None);
    }
    Ok(Some(conversations::owned(
        &along,
        change.to.clone(),
        change.how,
        change.reason,
    )))
}

fn ticket_fact(now: &Now<'_>, id: TicketId, change: &Change<'_>) -> Result<Option<Fact>> {
    let along = tickets::get(now, id)?;
    let ended = matches!(along.status.category(), Category::Done | Category::Final);
    if ended || *change.to == Owner::Bot || !goes(&along.owner, change) {
        return Ok(None); // the bot owns conversations alone
    }
    Ok(Some(ticket_owned(
        &along,
        change.to.clone(),
        change.how,
        change.reason,
    )))
}

/// Whether something of this owner goes along: what nobody or the bot has, and what the same member
/// had, unless it is there already.
fn goes(held: &Owner, change: &Change<'_>) -> bool {
    let there = match (held, change.to) {
        (Owner::Member { id, .. }, Owner::Member { id: to, .. }) => id == to,
        (held, to) => held == to,
    };
    let given_up = change.to.member().is_none();
    !there
        && match held {
            Owner::Member { id, .. } => change.from.member() == Some(*id),
            Owner::Nobody | Owner::Bot => !given_up,
        }
}

/// The change of owner of a ticket as a fact.
pub fn ticket_owned(present: &Ticket, to: Owner, how: Transfer, reason: &str) -> Fact {
    let reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    TicketEvent::OwnerChanged {
        ticket: present.id,
        from: present.owner.clone(),
        to,
        how,
        choice: None,
        sealed: SealedReason { reason },
    }
    .into()
}
