//! Where an article goes: the conversation of its customer that is open, one closed lately, or a
//! new one.

use super::system;
use crate::desk::conversations::{self, Conversation};
use crate::desk::{channels, contacts, settings, spam};
use crate::domain::conversation::{Owner, Status};
use crate::domain::event::{Cause, ConversationEvent, Fact};
use crate::domain::id::{ChannelId, ContactId, ConversationId};
use crate::domain::moment::{HOUR_MS, Moment};
use crate::error::Result;
use crate::ledger::Now;

/// The conversation an article belongs to, and what had to happen for it.
pub struct Placed {
    /// Its number.
    pub conversation: ConversationId,
    /// As it was before; none if it begins with the article.
    pub present: Option<Conversation>,
    /// What had to happen.
    pub facts: Vec<Fact>,
}

/// The conversation an article belongs to: the open one, the one closed lately, or a new one.
pub fn place(
    now: &Now<'_>,
    channel: ChannelId,
    contact: ContactId,
    sent_at: Moment,
    owner: Owner,
    cause: Cause,
) -> Result<Placed> {
    let newest = conversations::newest(now, contact, channel)?;
    let newest = newest.map(|id| conversations::get(now, id)).transpose()?;
    let reopen_ms = settings::number(now, "conversation.reopen_h")? * HOUR_MS;
    let blocked = contacts::is_blocked(now, contact)?;
    let previous = newest.as_ref().map(|previous| previous.id);
    if let Some(present) = newest {
        let reopened = present
            .closed_at
            .is_some_and(|closed_at| sent_at.ms_since(closed_at) <= reopen_ms);
        // Spam goes on being spam, without making work.
        let spam = reopened && spam::is(now, present.id)?;
        if present.status != Status::Closed || blocked || spam {
            return Ok(Placed::present(present));
        }
        if reopened {
            let open = conversations::status(&present, Status::Open);
            return Ok(Placed {
                facts: vec![open.because(cause).by(system())],
                ..Placed::present(present)
            });
        }
    }
    let conversation = now.value("SELECT coalesce(max(id) + 1, 1) FROM conversation", &[])?;
    let started: Fact = ConversationEvent::Started {
        conversation,
        contact,
        channel,
        previous,
        owner: if blocked { Owner::Nobody } else { owner },
        group: channels::get(now, channel)?.group,
    }
    .into();
    let mut facts = vec![started.because(cause).by(system())];
    if blocked {
        // It is kept, and nobody is asked to answer.
        let closed: Fact = ConversationEvent::StatusChanged {
            conversation,
            from: Status::New,
            to: Status::Closed,
            held: None,
        }
        .into();
        facts.push(closed.because(cause).by(system()));
    }
    Ok(Placed {
        conversation,
        present: None,
        facts,
    })
}

impl Placed {
    fn present(present: Conversation) -> Self {
        Placed {
            conversation: present.id,
            present: Some(present),
            facts: Vec::new(),
        }
    }
}
