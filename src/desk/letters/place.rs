//! Where a letter belongs, and whether it is known already.

use super::super::conversations;
use super::super::intake::article_of;
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
    let Some(ticket) = letter.ticket else {
        return Ok(None);
    };
    let takes_part: bool = now.value(
        "SELECT EXISTS (SELECT 1 FROM ticket WHERE id = :ticket AND contact = :contact)
             OR EXISTS (SELECT 1 FROM ticket_conversation
                          JOIN article USING (conversation)
                         WHERE ticket_conversation.ticket = :ticket AND author_kind = 'contact'
                           AND author = :contact)",
        &[(":ticket", &ticket), (":contact", &contact)],
    )?;
    if takes_part {
        of_ticket(now, ticket)
    } else {
        Ok(None)
    }
}

/// The newest e-mail thread of a ticket.
fn of_ticket(now: &Now<'_>, ticket: TicketId) -> Result<Option<ConversationId>> {
    now.maybe(
        "SELECT conversation.id FROM ticket_conversation
           JOIN conversation ON conversation.id = ticket_conversation.conversation
           JOIN channel ON channel.id = conversation.channel AND channel.kind = 'email'
          WHERE ticket = :ticket ORDER BY conversation.id DESC LIMIT 1",
        &[(":ticket", &ticket)],
        |row| row.get("id"),
    )
}
