//! What becomes of the open work of a member who leaves: it goes back to the queues, so that nobody
//! waits for somebody who does not come.

use super::{conversations, tickets};
use crate::domain::conversation::{Owner, Transfer};
use crate::domain::event::{Cause, Fact};
use crate::domain::id::{ConversationId, MemberId, TicketId};
use crate::error::Result;
use crate::ledger::Now;

/// Most conversations, and most tickets, that are put back at once.
const WORK_MAX: u32 = 5_000;

/// Puts the open conversations and tickets of a member back, because of the wish's first fact.
pub fn put_back(now: &Now<'_>, member: MemberId, reason: &str) -> Result<Vec<Fact>> {
    let held: Vec<ConversationId> = now.all(
        "SELECT id FROM conversation
          WHERE owner_kind = 'member' AND owner = :member AND status <> 'closed'
          ORDER BY id LIMIT :limit",
        &[(":member", &member), (":limit", &WORK_MAX)],
        |row| row.get("id"),
    )?;
    let cases: Vec<TicketId> = now.all(
        "SELECT id FROM ticket
          WHERE owner = :member AND category NOT IN ('done', 'final')
          ORDER BY id LIMIT :limit",
        &[(":member", &member), (":limit", &WORK_MAX)],
        |row| row.get("id"),
    )?;
    let mut facts = Vec::new();
    for id in held {
        let present = conversations::get(now, id)?;
        let fact = conversations::owned(&present, Owner::Nobody, Transfer::Released, reason);
        facts.push(fact.because(Cause::Earlier(0)));
    }
    for id in cases {
        let present = tickets::get(now, id)?;
        let fact = super::along::ticket_owned(&present, Owner::Nobody, Transfer::Released, reason);
        facts.push(fact.because(Cause::Earlier(0)));
    }
    Ok(facts)
}
