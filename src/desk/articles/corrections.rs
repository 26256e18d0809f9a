//! Corrections: nothing that was said is edited. What sets it right is a new article that names the
//! old, and both are shown so.

use crate::domain::event::{ArticleEvent, Event, Fact};
use crate::domain::id::{ArticleId, ConversationId, Object, TicketId};
use crate::error::{Refusal, Result};
use crate::ledger::Now;

// Decide

/// Makes these facts, which say something anew, name the article they set right.
///
/// **Refuses:** what the customer wrote; an article of another thread; a note set right by a
/// message, or a message by a note.
pub fn correct(now: &Now<'_>, old: ArticleId, mut facts: Vec<Fact>) -> Result<Vec<Fact>> {
    for fact in &mut facts {
        let (object, direction, corrects) = match &mut fact.event {
            Event::Article(ArticleEvent::Noted {
                object, corrects, ..
            }) => (*object, "note", corrects),
            Event::Article(ArticleEvent::Queued {
                conversation,
                corrects,
                ..
            }) => (Object::Conversation(*conversation), "out", corrects),
            _ => continue, // what else the wish brings along
        };
        let found = now.maybe(
            "SELECT direction, author_kind FROM article
              WHERE seq = :seq AND conversation IS :conversation AND ticket IS :ticket",
            &[
                (":seq", &old),
                (":conversation", &conversation_in(object)),
                (":ticket", &ticket_in(object)),
            ],
            |row| Ok((row.get("direction")?, row.get("author_kind")?)),
        )?;
        let Some((known, author)): Option<(String, String)> = found else {
            let text = format!("{old} is not an article of {object}");
            return Err(Refusal::invalid(text).at("corrects").into());
        };
        if author == "contact" {
            let text = "only what was written here can be set right, not what the customer wrote";
            return Err(Refusal::invalid(text).at("corrects").into());
        }
        if known != direction {
            let text = "a note is set right by a note, a message by a message";
            return Err(Refusal::invalid(text).at("corrects").into());
        }
        *corrects = Some(old);
    }
    Ok(facts)
}

fn conversation_in(object: Object) -> Option<ConversationId> {
    match object {
        Object::Conversation(id) => Some(id),
        _ => None, // the columns of an article's place
    }
}

fn ticket_in(object: Object) -> Option<TicketId> {
    match object {
        Object::Ticket(id) => Some(id),
        _ => None, // the columns of an article's place
    }
}
