//! Legal holds: what must not be erased, by nobody and no rule. A hold on a customer covers all
//! their conversations and tickets; one on a ticket or conversation covers what belongs to it.

use super::{reason, targets};
use crate::desk::contacts::merging;
use crate::desk::members;
use crate::desk::tickets::whole;
use crate::domain::event::Fact;
use crate::domain::event::privacy::PrivacyEvent;
use crate::domain::id::{ContactId, ConversationId, Object, Seq, TicketId};
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Row};
use std::collections::BTreeSet;

/// Most holds that a page lists.
const LISTED_MAX: u32 = 1_000;

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What is held.
    pub object: Object,
    /// Since when.
    pub at: Moment,
    /// Why; none once erased.
    pub reason: Option<String>,
    /// The event that placed it.
    pub seq: Seq,
}

// Decide

/// Places a hold.
///
/// **Refuses:** without the right, without a reason, what is held already, what cannot be held.
pub fn place(now: &Now<'_>, object: Object, why: &str) -> Result<Vec<Fact>> {
    members::demand(now, Right::Hold)?;
    known(now, object)?;
    if on(now, object)?.is_some() {
        return Err(Refusal::conflict(format!("{object} is under a hold already")).into());
    }
    let sealed = reason("reason", why)?;
    Ok(vec![PrivacyEvent::HoldPlaced { object, sealed }.into()])
}

/// Releases it.
///
/// **Refuses:** without the right, without a reason, what is not held.
pub fn release(now: &Now<'_>, object: Object, why: &str) -> Result<Vec<Fact>> {
    members::demand(now, Right::Hold)?;
    if on(now, object)?.is_none() {
        return Err(Refusal::conflict(format!("{object} is under no hold")).into());
    }
    let sealed = reason("reason", why)?;
    Ok(vec![PrivacyEvent::HoldReleased { object, sealed }.into()])
}

/// Refuses what cannot be held, and what is not there.
pub fn known(now: &Now<'_>, object: Object) -> Result<()> {
    if !matches!(
        object,
        Object::Contact(_) | Object::Conversation(_) | Object::Ticket(_)
    ) {
        let text = format!("{object} is no customer, conversation or ticket");
        return Err(Refusal::invalid(text).into());
    }
    let there: bool = now.value(
        "SELECT EXISTS (SELECT 1 FROM event_object WHERE object = :object)",
        &[(":object", &object)],
    )?;
    match there {
        true => Ok(()),
        false => Err(Refusal::not_found(format!("there is no {object}")).into()),
    }
}

// Ask

/// All holds, the newest first: however many there are, each of them counts.
pub fn all(now: &Now<'_>) -> Result<Vec<Hold>> {
    let sql = "SELECT object, at, reason, seq FROM hold ORDER BY seq DESC";
    now.all(sql, &[], read)
}

/// The newest holds, for a page.
pub fn newest(now: &Now<'_>) -> Result<Vec<Hold>> {
    now.all(
        "SELECT object, at, reason, seq FROM hold ORDER BY seq DESC LIMIT :limit",
        &[(":limit", &LISTED_MAX)],
        read,
    )
}

/// The hold on exactly this.
pub fn on(now: &Now<'_>, object: Object) -> Result<Option<Hold>> {
    now.maybe(
        "SELECT object, at, reason, seq FROM hold WHERE object = :object",
        &[(":object", &object)],
        read,
    )
}

/// The holds that cover any of these, the newest first: asked from these, so that many holds
/// elsewhere cost nothing.
pub fn over(now: &Now<'_>, objects: &BTreeSet<Object>) -> Result<Vec<Hold>> {
    if !any(now)? {
        return Ok(Vec::new());
    }
    let mut related = BTreeSet::new();
    for object in objects {
        related.extend(near(now, *object)?);
    }
    let mut over = Vec::new();
    for one in related {
        let Some(hold) = on(now, one)? else {
            continue;
        };
        if !covered(now, one)?.is_disjoint(objects) {
            over.push(hold);
        }
    }
    over.sort_by_key(|hold| std::cmp::Reverse(hold.seq));
    Ok(over)
}

/// The holds that cover what a page shows: for a customer, anything of theirs.
pub fn shown(now: &Now<'_>, object: Object) -> Result<Vec<Hold>> {
    match object {
        _ if !any(now)? => Ok(Vec::new()),
        Object::Contact(_) => over(now, &covered(now, object)?),
        _ => over(now, &BTreeSet::from([object])),
    }
}

fn any(now: &Now<'_>) -> Result<bool> {
    now.value("SELECT EXISTS (SELECT 1 FROM hold)", &[])
}

/// Everything a hold on which may cover this, and some more.
fn near(now: &Now<'_>, object: Object) -> Result<BTreeSet<Object>> {
    let mut near = covered(now, object)?;
    for one in near.clone() {
        match one {
            Object::Conversation(conversation) => {
                let contact = contact_of(now, conversation)?;
                near.extend(contact.map(Object::Contact));
            }
            Object::Ticket(ticket) => {
                let into = whole::above(now, ticket)?.into_iter();
                near.extend(into.map(Object::Ticket));
            }
            _ => {} // their families follow
        }
    }
    for one in near.clone() {
        if let Object::Contact(contact) = one {
            let person = merging::person(now, contact)?;
            let family = merging::family(now, person)?.into_iter();
            near.extend(family.map(Object::Contact));
        }
    }
    Ok(near)
}

fn contact_of(now: &Now<'_>, conversation: ConversationId) -> Result<Option<ContactId>> {
    now.maybe(
        "SELECT contact FROM conversation WHERE id = :id",
        &[(":id", &conversation)],
        |row| row.get("contact"),
    )
}

/// Everything a hold on this covers.
pub fn covered(now: &Now<'_>, object: Object) -> Result<BTreeSet<Object>> {
    let mut covered = BTreeSet::from([object]);
    match object {
        Object::Contact(contact) => covered.extend(targets::objects_of(now, contact)?),
        Object::Conversation(conversation) => {
            covered.extend(contact_of(now, conversation)?.map(Object::Contact));
        }
        Object::Ticket(ticket) => {
            // What was merged into it lives on in it, and is held along.
            for part in whole::objects(now, ticket)? {
                covered.insert(part);
                let Object::Ticket(ticket) = part else {
                    continue;
                };
                covered.extend(now.all(
                    "SELECT contact FROM ticket WHERE id = :id AND contact IS NOT NULL",
                    &[(":id", &ticket)],
                    |row| Ok(Object::Contact(row.get::<ContactId>("contact")?)),
                )?);
                covered.extend(now.all(
                    "SELECT source FROM ticket_split WHERE ticket = :id
                      ORDER BY source LIMIT 1000",
                    &[(":id", &ticket)],
                    |row| row.get::<Object>("source"),
                )?);
            }
        }
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => {}
    }
    let talks = covered
        .clone()
        .into_iter()
        .filter_map(|object| match object {
            Object::Conversation(id) => Some(id),
            _ => None, // only conversations are attached
        });
    let mut attached: Vec<Object> = Vec::new();
    for conversation in talks {
        attached.extend(now.all(
            "SELECT ticket FROM ticket_conversation WHERE conversation = :id
             UNION SELECT ticket FROM ticket_split WHERE source = :object
              ORDER BY 1 LIMIT 1000",
            &[
                (":id", &conversation),
                (":object", &Object::Conversation(conversation)),
            ],
            |row| Ok(Object::Ticket(row.get::<TicketId>("ticket")?)),
        )?);
    }
    covered.extend(attached);
    Ok(covered)
}

fn read(row: &Row<'_>) -> Result<Hold> {
    Ok(Hold {
        object: row.get("object")?,
        at: row.get("at")?,
        reason: row.get("reason")?,
        seq: row.get("seq")?,
    })
}
