//! Since when a customer waits: what did not arrive is no answer.

use super::conversations::relate;
use crate::domain::id::{ArticleId, ConversationId};
use crate::error::Result;
use crate::ledger::{Recorded, Writer};

// Apply

/// What failed was no answer: the customer waits since the first message after the last answer
/// that did not fail, be it written here or on the phone, or a call that was taken. One that
/// arrived after all did not fail.
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
                                          AND report.state = 'failed'
                                          AND NOT EXISTS (
                                              SELECT 1 FROM report AS later
                                               WHERE later.provider_id = report.provider_id
                                                 AND later.state IN ('delivered', 'read', 'played')
                                                 AND later.at >= report.at))), -1)))
          WHERE id = :id AND status <> 'closed'",
        &[(":id", &conversation)],
    )?;
    Ok(())
}

/// What was reported as failed arrived after all: it was an answer, unless the customer wrote since
/// or a machine had sent it.
pub fn arrived(
    write: &Writer<'_>,
    article: ArticleId,
    conversation: ConversationId,
    provider_id: &str,
) -> Result<()> {
    let answers: Option<u64> = write.find(
        "SELECT article.seq AS article FROM article
          WHERE article.seq = :article AND direction = 'out' AND author_kind <> 'system'
            AND EXISTS (SELECT 1 FROM report
                         WHERE provider_id = :provider_id AND state = 'failed')
            AND NOT EXISTS (SELECT 1 FROM report AS lost
                             WHERE lost.provider_id = :provider_id AND lost.state = 'failed'
                               AND lost.at > (SELECT max(at) FROM report
                                               WHERE provider_id = :provider_id
                                                 AND state IN ('delivered', 'read', 'played')))",
        &[(":article", &article), (":provider_id", &provider_id)],
        |row| row.get("article"),
    )?;
    match answers {
        Some(_) => sent_again(write, article, conversation),
        None => Ok(()),
    }
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
