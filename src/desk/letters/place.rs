//! Where a letter belongs, and whether it is known already.

use super::super::conversations;
use super::super::intake::article_of;
use super::super::tickets::joins;
use crate::domain::event::Said;
use crate::domain::id::{ArticleId, ContactId, ConversationId, Object, TicketId};
use crate::domain::letter::Letter;
use crate::domain::message::Content;
use crate::error::Result;
use crate::ledger::Now;

/// What a letter is to be known by; none if it is known already: it came by two ways, or is a copy
/// of our own. Another letter that bears the same Message-ID gets a name of its own.
pub(super) fn fresh_id(now: &Now<'_>, letter: &Letter) -> Result<Option<String>> {
    if let Some(tag) = &letter.own {
        let ours: bool = now.value(
            "SELECT EXISTS (SELECT 1 FROM delivery WHERE tag = :tag)",
            &[(":tag", tag)],
        )?;
        if ours {
            return Ok(None);
        }
    }
    let Some((known, _)) = article_of(now, &letter.provider_id)? else {
        return Ok(Some(letter.provider_id.clone()));
    };
    let sql = "SELECT content FROM article WHERE seq = :seq";
    let said: Option<Said> = now
        .maybe(sql, &[(":seq", &known)], |row| row.json_if_any("content"))?
        .flatten();
    let same = match said.map(|said| said.content) {
        Some(Content::Email(email)) => {
            email.subject == letter.email.subject
                && email.from == letter.email.from
                && email.passages == letter.email.passages
        }
        _ => true, // erased: its name is all that is left of it
    };
    if same || article_of(now, &letter.fingerprint)?.is_some() {
        return Ok(None);
    }
    Ok(Some(letter.fingerprint.clone()))
}

/// The letter of ours a bounce is about.
pub(super) fn bounced(
    now: &Now<'_>,
    letter: &Letter,
) -> Result<Option<(ArticleId, ConversationId)>> {
    let Some(bounce) = &letter.bounce else {
        return Ok(None);
    };
    for tag in &letter.tags {
        if let Some((article, Some(conversation))) = of_tag(now, tag)? {
            return Ok(Some((article, conversation)));
        }
    }
    for id in &bounce.about {
        if let Some((article, Some(conversation))) = article_of(now, id)? {
            return Ok(Some((article, conversation)));
        }
    }
    Ok(None)
}

fn of_tag(now: &Now<'_>, tag: &str) -> Result<Option<(ArticleId, Option<ConversationId>)>> {
    now.maybe(
        "SELECT delivery.article AS seq, article.conversation
           FROM delivery JOIN article ON article.seq = delivery.article
          WHERE delivery.tag = :tag",
        &[(":tag", &tag)],
        |row| Ok((row.get("seq")?, row.get("conversation")?)),
    )
}

/// The thread a letter belongs to: by what it answers, by our token, by the ticket its subject
/// names if its sender takes part in that.
pub(super) fn thread(
    now: &Now<'_>,
    letter: &Letter,
    contact: ContactId,
) -> Result<Option<ConversationId>> {
    for id in &letter.answers {
        if let Some((_, Some(conversation))) = article_of(now, id)? {
            return Ok(Some(conversation));
        }
    }
    for tag in &letter.tags {
        if let Some((_, Some(conversation))) = of_tag(now, tag)? {
            return Ok(Some(conversation));
        }
    }
    match letter.token {
        Some(Object::Conversation(id)) if conversations::get(now, id).is_ok() => {
            return Ok(Some(id));
        }
        Some(Object::Ticket(ticket)) => {
            if let Some(found) = of_ticket(now, ticket)? {
                return Ok(Some(found));
            }
        }
        _ => {} // no token, or of something that is gone
    }
    match letter.ticket {
        Some(ticket) if takes_part(now, ticket, contact)? => of_ticket(now, ticket),
        Some(_) | None => Ok(None),
    }
}

/// The ticket a thread that begins with a letter belongs to: the one its address or its subject
/// names, or the one in which that lives on.
pub(super) fn ticket(
    now: &Now<'_>,
    letter: &Letter,
    contact: ContactId,
) -> Result<Option<TicketId>> {
    let named = match (letter.token, letter.ticket) {
        (Some(Object::Ticket(ticket)), _) => Some(ticket),
        (_, Some(ticket)) if takes_part(now, ticket, contact)? => Some(ticket),
        (_, _) => None,
    };
    let Some(named) = named else {
        return Ok(None);
    };
    let root = joins::merged(now, named)?.map_or(named, |(_, root)| root);
    // A ticket has one customer.
    now.maybe(
        "SELECT id FROM ticket WHERE id = :id AND (contact IS NULL OR contact = :contact)",
        &[(":id", &root), (":contact", &contact)],
        |row| row.get("id"),
    )
}

/// Whether a customer takes part in a ticket, or in one it lives on in or was split off from.
fn takes_part(now: &Now<'_>, ticket: TicketId, contact: ContactId) -> Result<bool> {
    now.value(
        "WITH family(id) AS (
             SELECT :ticket
             UNION SELECT root FROM ticket_merge WHERE ticket = :ticket
             UNION SELECT ticket_merge.ticket FROM ticket_merge
              WHERE root = coalesce((SELECT root FROM ticket_merge WHERE ticket = :ticket), :ticket))
         SELECT EXISTS (SELECT 1 FROM ticket
                         WHERE id IN (SELECT id FROM family) AND contact = :contact)
             OR EXISTS (SELECT 1 FROM ticket_conversation
                          JOIN article USING (conversation)
                         WHERE ticket_conversation.ticket IN (SELECT id FROM family)
                           AND author_kind = 'contact' AND author = :contact)
             OR EXISTS (SELECT 1 FROM ticket_split
                          JOIN article ON article.seq = ticket_split.article
                         WHERE ticket_split.ticket = :ticket
                           AND author_kind = 'contact' AND author = :contact)",
        &[(":ticket", &ticket), (":contact", &contact)],
    )
}

/// The newest e-mail thread of a ticket; of one that was merged, else the newest of the whole it
/// lives on in.
fn of_ticket(now: &Now<'_>, ticket: TicketId) -> Result<Option<ConversationId>> {
    now.maybe(
        "SELECT conversation.id FROM ticket_conversation
           JOIN conversation ON conversation.id = ticket_conversation.conversation
           JOIN channel ON channel.id = conversation.channel AND channel.kind = 'email'
          WHERE ticket = :ticket
             OR ticket IN (SELECT root FROM ticket_merge WHERE ticket = :ticket)
             OR ticket IN (SELECT ticket FROM ticket_merge
                            WHERE root = coalesce(
                                (SELECT root FROM ticket_merge WHERE ticket = :ticket), :ticket))
          ORDER BY ticket = :ticket DESC, conversation.id DESC LIMIT 1",
        &[(":ticket", &ticket)],
        |row| row.get("id"),
    )
}
