//! Read marks: the customer sees that we have read what they wrote. A mark that cannot be sent is
//! let go; the next one covers it.

use super::Shared;
use crate::channels::whatsapp::send::Typing;
use crate::desk::{conversations, deliveries};
use crate::domain::actor::{Door, Who};
use crate::domain::id::ConversationId;
use crate::error::Result;
use std::sync::PoisonError;
use std::time::Duration;

/// How long to sleep when nobody rings.
const IDLE: Duration = Duration::from_secs(60);

/// Marks what is asked for until told to end.
pub fn run(shared: &Shared) {
    while shared.reads.wait(IDLE) {
        let waiting = std::mem::take(
            &mut *shared
                .to_mark_read
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for conversation in waiting {
            shared.attend("marking a conversation read", || mark(shared, conversation));
        }
    }
}

fn mark(shared: &Shared, conversation: ConversationId) -> Result<()> {
    let who = Who::system("reads", Door::Timer);
    let now = shared.ledger.now(&who)?;
    let unread = deliveries::unread(&now, conversation)?;
    let channel = conversations::get(&now, conversation)?.channel;
    let active = crate::desk::channels::get(&now, channel)?.state == "active";
    drop(now);
    let Some((article, provider_id)) = unread.filter(|_| active) else {
        return Ok(());
    };
    match shared
        .providers
        .line(channel)?
        .mark_read(&provider_id, Typing::Hidden)
    {
        Ok(()) => {
            shared.ledger.record(&who, move |now| {
                Ok(deliveries::mark_read(now, conversation, article))
            })?;
        }
        Err(failure) => tracing::debug!("marking {conversation} read: {failure:?}"),
    }
    Ok(())
}
