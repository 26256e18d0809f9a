//! All that belongs to a ticket: the tickets that were merged into it, at whatever depth, the
//! conversations of them all, and what was said elsewhere and split off into one of them.

use crate::domain::id::{ConversationId, Object, Seq, TicketId};
use crate::error::Result;
use crate::ledger::Now;

/// Most tickets and conversations of one case, each.
const PARTS_MAX: u32 = 1_000;

/// Most events of articles that were split off into one ticket.
const APART_MAX: u32 = 20_000;

// Ask

/// A ticket, the tickets merged into it, and the conversations of them all, in that order.
///
/// A merged ticket has what was merged into it before, too: its history is its own.
pub fn objects(now: &Now<'_>, id: TicketId) -> Result<Vec<Object>> {
    let mut objects = vec![Object::Ticket(id)];
    let merged: Vec<TicketId> = now.all(
        "WITH RECURSIVE below(id) AS (
             SELECT ticket FROM ticket_merge WHERE into_ticket = :id
             UNION SELECT ticket FROM ticket_merge JOIN below ON into_ticket = below.id)
         SELECT id FROM below ORDER BY id LIMIT :limit",
        &[(":id", &id), (":limit", &PARTS_MAX)],
        |row| row.get("id"),
    )?;
    objects.extend(merged.into_iter().map(Object::Ticket));
    let talks: Vec<ConversationId> = now.all(
        "WITH RECURSIVE below(id) AS (
             SELECT :id
             UNION SELECT ticket FROM ticket_merge JOIN below ON into_ticket = below.id)
         SELECT DISTINCT conversation FROM ticket_conversation JOIN below ON ticket = below.id
          ORDER BY conversation LIMIT :limit",
        &[(":id", &id), (":limit", &PARTS_MAX)],
        |row| row.get("conversation"),
    )?;
    objects.extend(talks.into_iter().map(Object::Conversation));
    Ok(objects)
}

/// The tickets one was merged into, the nearest first.
pub fn above(now: &Now<'_>, id: TicketId) -> Result<Vec<TicketId>> {
    now.all(
        "WITH RECURSIVE above(id, step) AS (
             SELECT into_ticket, 1 FROM ticket_merge WHERE ticket = :id
             UNION SELECT into_ticket, step + 1 FROM ticket_merge JOIN above ON ticket = above.id)
         SELECT id FROM above ORDER BY step LIMIT :limit",
        &[(":id", &id), (":limit", &PARTS_MAX)],
        |row| row.get("id"),
    )
}

/// The events of the articles that were said elsewhere and split off into one of these: what was
/// said, and what became of it. Their threads themselves are not part of the case.
pub fn apart(now: &Now<'_>, objects: &[Object]) -> Result<Vec<Seq>> {
    let mut found = Vec::new();
    for object in objects {
        let Object::Ticket(ticket) = object else {
            continue;
        };
        found.extend(now.all::<Seq>(
            include_str!("apart.sql"),
            &[(":ticket", ticket), (":limit", &APART_MAX)],
            |row| row.get("seq"),
        )?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
