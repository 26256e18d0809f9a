//! The files customers send, until they are fetched from the provider. What becomes of the messages
//! we send is beside this.

use super::super::{channels, conversations};
use crate::domain::event::{ArticleEvent, Fact, File, Said};
use crate::domain::id::{ArticleId, ChannelId, ConversationId};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::Now;

/// A file to fetch from the provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetch {
    /// The article it belongs to.
    pub article: ArticleId,
    /// Where that belongs.
    pub conversation: ConversationId,
    /// Through which channel.
    pub channel: ChannelId,
    /// How often it was tried.
    pub attempts: u32,
    /// What it says; none once erased.
    pub said: Option<Said>,
}

// Decide

/// Records a fetched file.
pub fn media_fetched(
    now: &Now<'_>,
    article: ArticleId,
    media_type: &str,
    bytes: Vec<u8>,
) -> Result<Vec<Fact>> {
    let Some(conversation) = waiting_media(now, article)? else {
        return Ok(Vec::new());
    };
    let media_type = media_type.to_owned();
    let size_bytes = bytes.len() as u64;
    let file = File {
        field: "media",
        media_type: media_type.clone(),
        bytes,
    };
    let fetched = ArticleEvent::MediaFetched {
        article,
        conversation,
        media_type,
        size_bytes,
    };
    Ok(vec![Fact::from(fetched).with_file(file)])
}

/// Records that a file could not be fetched, and when it is tried again, if it is.
pub fn media_failed(
    now: &Now<'_>,
    article: ArticleId,
    text: &str,
    next_at: Option<Moment>,
) -> Result<Vec<Fact>> {
    let Some(conversation) = waiting_media(now, article)? else {
        return Ok(Vec::new());
    };
    let text = text.to_owned();
    Ok(vec![
        ArticleEvent::MediaFailed {
            article,
            conversation,
            text,
            next_at,
        }
        .into(),
    ])
}

/// Records that the provider refuses the whole channel: it stops, and the file waits until somebody
/// mended it.
pub fn media_held(
    now: &Now<'_>,
    article: ArticleId,
    code: Option<i64>,
    text: &str,
) -> Result<Vec<Fact>> {
    let Some(conversation) = waiting_media(now, article)? else {
        return Ok(Vec::new());
    };
    let channel = conversations::get(now, conversation)?.channel;
    let mut facts = channels::stop(now, channel, code, text)?;
    facts.extend(media_failed(now, article, text, Some(now.at()))?);
    Ok(facts)
}

fn waiting_media(now: &Now<'_>, article: ArticleId) -> Result<Option<ConversationId>> {
    now.maybe(
        "SELECT conversation FROM media JOIN article ON article.seq = media.article
          WHERE media.article = :article AND state = 'waiting'",
        &[(":article", &article)],
        |row| row.get("conversation"),
    )
}

// Ask

/// Files that are due to be fetched through channels in order, the longest waiting first.
pub fn media_due(now: &Now<'_>, limit: u32) -> Result<Vec<Fetch>> {
    now.all(
        "SELECT media.article, article.conversation, conversation.channel, media.attempts,
                article.content
           FROM media JOIN article ON article.seq = media.article
           JOIN conversation ON conversation.id = article.conversation
           JOIN channel ON channel.id = conversation.channel AND channel.state = 'active'
          WHERE media.state = 'waiting' AND media.next_at <= :now
          ORDER BY media.next_at, media.article LIMIT :limit",
        &[(":now", &now.at()), (":limit", &limit)],
        |row| {
            Ok(Fetch {
                article: row.get("article")?,
                conversation: row.get("conversation")?,
                channel: row.get("channel")?,
                attempts: row.get("attempts")?,
                said: row.json_if_any("content")?,
            })
        },
    )
}
