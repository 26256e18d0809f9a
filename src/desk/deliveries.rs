//! Deliveries: what becomes of a message after it was put into the outbox, and of the files that
//! customers send. Attempts are recorded before they are made, so that a crash in between is
//! noticed and nothing is knowingly sent twice.

mod media;

pub use media::{Fetch, media_due, media_failed, media_fetched, media_held};

use super::conversations::relate;
use super::letters::receivers;
use super::{settings, waiting};
use crate::domain::event::{ArticleEvent, Fact, Said};
use crate::domain::id::{ArticleId, ChannelId, ContactId, ConversationId, Seq};
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};

/// A message in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Which.
    pub article: ArticleId,
    /// Where it belongs.
    pub conversation: ConversationId,
    /// On which channel.
    pub channel: ChannelId,
    /// To whom.
    pub contact: ContactId,
    /// `queued`, `sending`, `unknown`, `accepted`, `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before.
    pub next_at: Option<Moment>,
    /// Sent along.
    pub tag: String,
    /// The provider's id of the message it answers.
    pub reply_to: Option<String>,
    /// What it says; none once erased.
    pub said: Option<Said>,
}

/// What came of an attempt, in the desk's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it.
    Accepted {
        /// The provider's id.
        provider_id: String,
    },
    /// It did not; try again at an instant.
    Deferred {
        /// The provider's error.
        code: Option<i64>,
        /// In plain words.
        text: String,
        /// Not before.
        next_at: Moment,
    },
    /// The answer was lost.
    Doubted {
        /// In plain words.
        text: String,
    },
    /// It is not tried again.
    Failed {
        /// The provider's error.
        code: Option<i64>,
        /// In plain words.
        text: String,
    },
}

// Decide

/// Records that an attempt begins.
///
/// **Refuses:** what is not waiting to be sent any more.
pub fn attempt(now: &Now<'_>, article: ArticleId) -> Result<Vec<Fact>> {
    let present = get(now, article)?;
    if !matches!(present.state.as_str(), "queued" | "unknown") {
        return Err(Refusal::conflict(format!(
            "message {article} is {state}",
            state = present.state
        ))
        .into());
    }
    let (conversation, attempt) = (present.conversation, present.attempts + 1);
    Ok(vec![
        ArticleEvent::Attempted {
            article,
            conversation,
            attempt,
        }
        .into(),
    ])
}

/// Records what came of an attempt. A status that came first has settled it already.
pub fn settle(now: &Now<'_>, article: ArticleId, outcome: Outcome) -> Result<Vec<Fact>> {
    let present = get(now, article)?;
    let conversation = present.conversation;
    if present.state == "accepted" {
        return Ok(Vec::new());
    }
    let fact = match outcome {
        Outcome::Accepted { provider_id } => ArticleEvent::Accepted {
            article,
            conversation,
            provider_id,
        },
        Outcome::Deferred {
            code,
            text,
            next_at,
        } => ArticleEvent::Deferred {
            article,
            conversation,
            code,
            text,
            next_at,
        },
        Outcome::Doubted { text } => {
            let next_at = now
                .at()
                .plus_ms(settings::number(now, "outbox.doubt_s")? * 1000);
            ArticleEvent::Doubted {
                article,
                conversation,
                text,
                next_at,
            }
        }
        Outcome::Failed { code, text } => ArticleEvent::Failed {
            article,
            conversation,
            code,
            text,
        },
    };
    Ok(vec![fact.into()])
}

/// Doubts every attempt that was begun and never settled: the program ended in between.
pub fn recover(now: &Now<'_>) -> Result<Vec<Fact>> {
    let unsettled = now.all(
        "SELECT article, conversation FROM delivery JOIN article ON article.seq = delivery.article
          WHERE state = 'sending' ORDER BY article LIMIT 10000",
        &[],
        |row| Ok((row.get("article")?, row.get("conversation")?)),
    )?;
    let next_at = now
        .at()
        .plus_ms(settings::number(now, "outbox.doubt_s")? * 1000);
    let text = "the program ended while it was being sent";
    let doubt = |(article, conversation)| {
        ArticleEvent::Doubted {
            article,
            conversation,
            text: text.to_owned(),
            next_at,
        }
        .into()
    };
    Ok(unsettled.into_iter().map(doubt).collect())
}

/// Puts a failed message into the outbox again.
///
/// **Refuses:** one that has not failed.
pub fn retry(now: &Now<'_>, article: ArticleId) -> Result<Vec<Fact>> {
    let present = get(now, article)?;
    let failed: bool = present.state == "failed"
        || now.value(
            "SELECT EXISTS (SELECT 1 FROM report JOIN article USING (provider_id)
              WHERE article.seq = :article AND state = 'failed')",
            &[(":article", &article)],
        )?;
    if !failed {
        return Err(Refusal::conflict(format!("message {article} has not failed")).into());
    }
    let conversation = present.conversation;
    Ok(vec![
        ArticleEvent::Requeued {
            article,
            conversation,
        }
        .into(),
    ])
}

/// Records that the customer was shown that we read up to here.
pub fn mark_read(now: &Now<'_>, conversation: ConversationId, article: ArticleId) -> Vec<Fact> {
    match unread(now, conversation) {
        Ok(Some((newest, _))) if newest >= article => {
            vec![
                ArticleEvent::ReadMarked {
                    article,
                    conversation,
                }
                .into(),
            ]
        }
        _ => Vec::new(), // marked in between: a repeat tells nothing new
    }
}

// Apply

/// Applies that a message was put into the outbox.
pub fn apply_queued(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    channel: ChannelId,
    contact: ContactId,
    tag: &str,
) -> Result<()> {
    write.run(
        "INSERT INTO delivery (article, channel, contact, state, next_at, tag, seq)
         VALUES (:seq, :channel, :contact, 'queued', :at, :tag, :seq)",
        &[
            (":seq", &recorded.seq),
            (":channel", &channel),
            (":contact", &contact),
            (":at", &recorded.at),
            (":tag", &tag),
        ],
    )?;
    Ok(())
}

/// Applies a fact about a delivery or a file.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &ArticleEvent) -> Result<()> {
    let seq = recorded.seq;
    match event {
        ArticleEvent::Attempted {
            article,
            conversation,
            attempt,
        } => {
            write.run(
                "UPDATE delivery SET state = 'sending', attempts = :attempt, next_at = NULL,
                     seq = :seq WHERE article = :article",
                &[(":attempt", attempt), (":seq", &seq), (":article", article)],
            )?;
            relate(write, *conversation)
        }
        ArticleEvent::Accepted {
            article,
            conversation,
            provider_id,
        } => {
            accept(write, seq, *article, provider_id)?;
            relate(write, *conversation)
        }
        ArticleEvent::Deferred {
            article,
            conversation,
            code,
            text,
            next_at,
        } => {
            set(
                write,
                seq,
                *article,
                "queued",
                *code,
                Some(text),
                Some(*next_at),
            )?;
            relate(write, *conversation)
        }
        ArticleEvent::Doubted {
            article,
            conversation,
            text,
            next_at,
        } => {
            set(
                write,
                seq,
                *article,
                "unknown",
                None,
                Some(text),
                Some(*next_at),
            )?;
            relate(write, *conversation)
        }
        ArticleEvent::Failed {
            article,
            conversation,
            code,
            text,
        } => {
            set(write, seq, *article, "failed", *code, Some(text), None)?;
            waiting::unanswered(write, *conversation)?;
            relate(write, *conversation)
        }
        ArticleEvent::Requeued {
            article,
            conversation,
        } => {
            set(
                write,
                seq,
                *article,
                "queued",
                None,
                None,
                Some(recorded.at),
            )?;
            write.run(
                "UPDATE article SET provider_id = NULL WHERE seq = :article",
                &[(":article", article)],
            )?;
            receivers::apply_none_left(write, *article)?;
            waiting::sent_again(write, *article, *conversation)?;
            relate(write, *conversation)
        }
        ArticleEvent::Reported {
            article,
            conversation,
            provider_id,
            state,
            reported_at,
            code,
            text,
            ..
        } => {
            write.run(
                "INSERT INTO report (seq, provider_id, state, at, code, trouble)
                 VALUES (:seq, :provider_id, :state, :at, :code, :trouble)",
                &[
                    (":seq", &seq),
                    (":provider_id", provider_id),
                    (":state", state),
                    (":at", reported_at),
                    (":code", code),
                    (":trouble", text),
                ],
            )?;
            if let Some(article) = article {
                let open: Option<u64> = write.find(
                    "SELECT article FROM delivery
                      WHERE article = :article AND state IN ('sending', 'unknown')",
                    &[(":article", article)],
                    |row| row.get("article"),
                )?;
                if open.is_some() {
                    accept(write, seq, *article, provider_id)?;
                }
            }
            match (article, conversation, state.as_str()) {
                (_, Some(id), "failed") => waiting::unanswered(write, *id)?,
                (Some(article), Some(id), "delivered" | "read" | "played") => {
                    waiting::arrived(write, *article, *id, provider_id)?;
                }
                (_, _, _) => {} // nothing that makes anybody wait
            }
            conversation.map_or(Ok(()), |id| relate(write, id))
        }
        ArticleEvent::MediaFetched {
            article,
            conversation,
            media_type,
            size_bytes,
        } => {
            write.run(
                "UPDATE media SET state = 'fetched', type = :type, size_bytes = :size, file = :seq,
                     trouble = NULL, next_at = NULL, seq = :seq WHERE article = :article",
                &[
                    (":type", media_type),
                    (":size", size_bytes),
                    (":seq", &seq),
                    (":article", article),
                ],
            )?;
            relate(write, *conversation)
        }
        ArticleEvent::MediaFailed {
            article,
            conversation,
            text,
            next_at,
        } => {
            write.run(
                "UPDATE media SET state = CASE WHEN :next_at IS NULL THEN 'failed' ELSE 'waiting' END,
                     trouble = :text, next_at = :next_at, attempts = attempts + 1, seq = :seq
                  WHERE article = :article",
                &[
                    (":next_at", next_at),
                    (":text", text),
                    (":seq", &seq),
                    (":article", article),
                ],
            )?;
            relate(write, *conversation)
        }
        ArticleEvent::Received { .. }
        | ArticleEvent::Echoed { .. }
        | ArticleEvent::Queued { .. }
        | ArticleEvent::Noted { .. }
        | ArticleEvent::Reacted { .. }
        | ArticleEvent::Edited { .. }
        | ArticleEvent::Revoked { .. }
        | ArticleEvent::ReadMarked { .. } => Ok(()),
    }
}

fn accept(write: &Writer<'_>, seq: Seq, article: ArticleId, provider_id: &str) -> Result<()> {
    set(write, seq, article, "accepted", None, None, None)?;
    receivers::apply_none_left(write, article)?;
    write.run(
        "UPDATE article SET provider_id = :provider_id WHERE seq = :article",
        &[(":provider_id", &provider_id), (":article", &article)],
    )?;
    Ok(())
}

fn set(
    write: &Writer<'_>,
    seq: Seq,
    article: ArticleId,
    state: &str,
    code: Option<i64>,
    trouble: Option<&String>,
    next_at: Option<Moment>,
) -> Result<()> {
    write.run(
        "UPDATE delivery SET state = :state, code = :code, trouble = :trouble, next_at = :next_at,
             seq = :seq WHERE article = :article",
        &[
            (":state", &state),
            (":code", &code),
            (":trouble", &trouble),
            (":next_at", &next_at),
            (":seq", &seq),
            (":article", &article),
        ],
    )?;
    Ok(())
}

// Ask

const COLUMNS: &str = "SELECT delivery.article, article.conversation, delivery.channel,
    delivery.contact, delivery.state, delivery.attempts, delivery.next_at, delivery.tag,
    article.reply_to, article.content
    FROM delivery JOIN article ON article.seq = delivery.article";

fn read(row: &Row<'_>) -> Result<Delivery> {
    Ok(Delivery {
        article: row.get("article")?,
        conversation: row.get("conversation")?,
        channel: row.get("channel")?,
        contact: row.get("contact")?,
        state: row.get("state")?,
        attempts: row.get("attempts")?,
        next_at: row.get("next_at")?,
        tag: row.get("tag")?,
        reply_to: row.get("reply_to")?,
        said: row.json_if_any("content")?,
    })
}

/// A message in the outbox.
///
/// **Refuses:** what never was in it.
pub fn get(now: &Now<'_>, article: ArticleId) -> Result<Delivery> {
    let missing = || Refusal::not_found(format!("message {article} was never in the outbox"));
    let sql = format!("{COLUMNS} WHERE delivery.article = :article");
    now.one(&sql, &[(":article", &article)], missing, read)
}

/// The first message of every lane that is due, the longest waiting first: a lane is one customer
/// on one active channel, and nothing in it overtakes but a letter some have taken already: it
/// keeps no other waiting. Channels that are held for now are left out, so that what waits on one
/// of them keeps nobody else waiting.
pub fn due(now: &Now<'_>, held: &[ChannelId], limit: u32) -> Result<Vec<Delivery>> {
    let held: Vec<u64> = held.iter().map(|channel| channel.0).collect();
    let held = serde_json::to_string(&held)?;
    let sql = format!(
        "{COLUMNS} JOIN channel ON channel.id = delivery.channel AND channel.state = 'active'
          WHERE delivery.article IN (
                SELECT min(article) FROM delivery
                 WHERE state <> 'accepted' AND state <> 'failed'
                   AND article NOT IN (SELECT article FROM delivery_refusal)
                 GROUP BY channel, contact
                UNION ALL SELECT article FROM delivery_refusal)
            AND delivery.state IN ('queued', 'unknown') AND delivery.next_at <= :now
            AND delivery.channel NOT IN (SELECT value FROM json_each(:held))
          ORDER BY delivery.next_at, delivery.article LIMIT :limit"
    );
    now.all(
        &sql,
        &[(":now", &now.at()), (":held", &held), (":limit", &limit)],
        read,
    )
}

/// The newest message of the customer that was not shown as read yet, with the provider's id.
pub fn unread(now: &Now<'_>, conversation: ConversationId) -> Result<Option<(ArticleId, String)>> {
    now.maybe(
        "SELECT article.seq, provider_id FROM article
           JOIN conversation ON conversation.id = article.conversation
          WHERE article.conversation = :id AND direction = 'in' AND provider_id IS NOT NULL
            AND kind <> 'call' AND article.seq > coalesce(read_until, -1)
          ORDER BY article.seq DESC LIMIT 1",
        &[(":id", &conversation)],
        |row| Ok((row.get("seq")?, row.get("provider_id")?)),
    )
}
