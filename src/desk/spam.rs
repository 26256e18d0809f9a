//! Spam: a conversation nobody has to answer. It ends without a summary, its clocks are void, and
//! what comes in later stays in it without making work. Taking the mark away puts all back.

use super::conversations::{self, Conversation, demand_hold, relate};
use super::{channels, contacts};
use crate::domain::conversation::Owner;
use crate::domain::event::{Cause, ContactEvent, ConversationEvent, Event, Fact};
use crate::domain::id::ConversationId;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};

/// Whether the customer is blocked along with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// They may write again, in a conversation of its own later.
    Free,
    /// What they write makes no work any more.
    Blocked,
}

// Decide

/// Marks a conversation as spam.
///
/// **Refuses:** one that is marked already; what somebody else holds.
pub fn mark(now: &Now<'_>, id: ConversationId, sender: Sender) -> Result<Vec<Fact>> {
    let present = conversations::get(now, id)?;
    if is(now, id)? {
        return Err(Refusal::conflict(format!("{id} is marked as spam already")).into());
    }
    // The bot is nobody's judge of spam: it is not asked.
    if present.owner != Owner::Bot {
        demand_hold(now, &present)?;
    }
    let person = contacts::merging::person(now, present.contact)?;
    let block = sender == Sender::Blocked && contacts::get(now, person)?.blocked_at.is_none();
    let mut facts: Vec<Fact> = vec![
        ConversationEvent::SpamMarked {
            conversation: id,
            blocks: block,
        }
        .into(),
    ];
    if block {
        for mut fact in contacts::profile::block(now, person, "spam")? {
            if is_about(&fact.event, id) {
                continue; // the mark itself ends it
            }
            fact.cause = Some(match fact.cause {
                Some(Cause::Earlier(place)) => Cause::Earlier(place + 1),
                Some(other) => other,
                None => Cause::Earlier(0),
            });
            facts.push(fact);
        }
    }
    Ok(facts)
}

fn is_about(event: &Event, id: ConversationId) -> bool {
    matches!(event, Event::Conversation(ConversationEvent::StatusChanged { conversation, .. })
        if *conversation == id)
}

/// Takes the mark away: the conversation stands as before, and a customer who was blocked with it
/// is not any more.
///
/// **Refuses:** one that is not marked; when a newer chat with the customer has begun.
pub fn clear(now: &Now<'_>, id: ConversationId) -> Result<Vec<Fact>> {
    let present = conversations::get(now, id)?;
    if !is(now, id)? {
        return Err(Refusal::conflict(format!("{id} is not marked as spam")).into());
    }
    if comes_back(now, id)? {
        demand_only(now, &present)?;
    }
    let person = contacts::merging::person(now, present.contact)?;
    let blocks: bool = now.value(
        "SELECT blocks FROM conversation_spam WHERE conversation = :id",
        &[(":id", &id)],
    )?;
    let unblock = blocks && contacts::get(now, person)?.blocked_at.is_some();
    let mut facts: Vec<Fact> = vec![ConversationEvent::SpamCleared { conversation: id }.into()];
    if unblock {
        let unblocked = Fact::from(ContactEvent::Unblocked { contact: person });
        facts.push(unblocked.because(Cause::Earlier(0)));
    }
    Ok(facts)
}

/// A customer may have many e-mail threads at once, but one chat.
fn demand_only(now: &Now<'_>, present: &Conversation) -> Result<()> {
    let chat = channels::get(now, present.channel)?.kind != "email";
    let newer = conversations::newest(now, present.contact, present.channel)?;
    match newer.filter(|newer| chat && *newer > present.id) {
        Some(newer) => {
            Err(Refusal::conflict(format!("{newer} has begun since; go on there")).into())
        }
        None => Ok(()),
    }
}

// Apply

/// Applies the mark: what it ends is kept beside it.
pub fn apply_marked(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    id: ConversationId,
    blocks: bool,
) -> Result<()> {
    write.run(
        "INSERT INTO conversation_spam (conversation, status, closed_at, snoozed_until,
             waiting_since, blocks, last_article, at, seq)
         SELECT id, status, closed_at, snoozed_until, waiting_since, :blocks, last_article, :at,
                :seq
           FROM conversation WHERE id = :id",
        &[
            (":blocks", &blocks),
            (":at", &recorded.at),
            (":seq", &recorded.seq),
            (":id", &id),
        ],
    )?;
    write.run(
        "UPDATE conversation
            SET status = 'closed', closed_at = coalesce(closed_at, :at), snoozed_until = NULL,
                waiting_since = NULL, seq = :seq
          WHERE id = :id",
        &[(":at", &recorded.at), (":seq", &recorded.seq), (":id", &id)],
    )?;
    relate(write, id)
}

/// Applies that the mark was taken away. Who wrote meanwhile has waited since then.
pub fn apply_cleared(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    id: ConversationId,
) -> Result<()> {
    write.run(
        "UPDATE conversation
            SET status = spam.status, closed_at = spam.closed_at,
                snoozed_until = spam.snoozed_until,
                waiting_since = CASE WHEN spam.status = 'closed' THEN spam.waiting_since
                    ELSE coalesce(spam.waiting_since,
                        (SELECT min(sent_at) FROM article
                          WHERE article.conversation = :id AND direction = 'in'
                            AND article.seq > coalesce(spam.last_article, 0)))
                    END,
                seq = :seq
           FROM conversation_spam AS spam
          WHERE spam.conversation = conversation.id AND conversation.id = :id",
        &[(":seq", &recorded.seq), (":id", &id)],
    )?;
    write.run(
        "DELETE FROM conversation_spam WHERE conversation = :id",
        &[(":id", &id)],
    )?;
    relate(write, id)
}

// Ask

/// Whether a conversation is marked as spam.
pub fn is(now: &Now<'_>, id: ConversationId) -> Result<bool> {
    now.value(
        "SELECT EXISTS (SELECT 1 FROM conversation_spam WHERE conversation = :id)",
        &[(":id", &id)],
    )
}

fn comes_back(now: &Now<'_>, id: ConversationId) -> Result<bool> {
    now.value(
        "SELECT status <> 'closed' FROM conversation_spam WHERE conversation = :id",
        &[(":id", &id)],
    )
}
