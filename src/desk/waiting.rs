//! Since when a customer waits: what did not arrive is no answer.

use super::conversations::relate;
use crate::domain::id::{ArticleId, ConversationId};
use crate::error::Result;
use crate::ledger::{Recorded, Writer};

// Apply

/// What failed was no answer: the customer waits since the first message after the last answer
/// that did not fail, be it written here or on the phone, or a call that was taken.
pub fn unanswered(write: &Writer<'_>, conversation: ConversationId) -> Result<()> {
    write.run(
        "UPDATE conversation SET waiting_since = coalesce(waiting_since, (
             SELECT min(article.sent_at) FROM article
              WHERE article.conversation = :id AND article.direction = 'in'
                AND article.author_kind = 'contact' AND article.seq > coalesce((
                    SELECT max(answered) FROM call WHERE conversation = :id), -1)
                AND article.seq > coalesce((
                    SELECT max(answer.seq) FROM article AS answer
                      LEFT JOIN delivery ON delivery.article = answer.seq
                     WHERE answer.conversation = :id AND answer.direction = 'out'
                       AND (answer.author_kind <> 'system' OR answer.payload IS NOT NULL)
                       AND answer.kind <> 'call'
                       AND coalesce(delivery.state, 'accepted') <> 'failed'
                       AND NOT EXISTS (SELECT 1 FROM report
                                        WHERE report.provider_id = answer.provider_id
                                          AND report.state = 'failed')), -1)))
          WHERE id = :id AND status <> 'closed'",
        &[(":id", &conversation)],
    )?;
    Ok(())
}

/// What failed is sent again: nobody waits for it, unless the customer wrote since.
pub fn sent_again(
    write: &Writer<'_>,
    article: ArticleId,
    conversation: ConversationId,
) -> Result<()> {
    write.run(
        "UPDATE conversation SET waiting_since = NULL
          WHERE id = :id AND NOT EXISTS (
                SELECT 1 FROM article WHERE conversation = :id
                   AND direction = 'in' AND seq > :article)",
        &[(":id", &conversation), (":article", &article)],
    )?;
    Ok(())
}

/// Something was said that answers nothing.
pub fn said_more(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    conversation: ConversationId,
) -> Result<()> {
    write.run(
        "UPDATE conversation SET last_at = :at, last_article = :seq WHERE id = :id",
        &[
            (":at", &recorded.at),
            (":seq", &recorded.seq),
            (":id", &conversation),
        ],
    )?;
    relate(write, conversation)
}
