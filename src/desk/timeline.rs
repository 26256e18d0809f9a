//! The timeline of a conversation or ticket: articles and changes, interleaved in the order they
//! were recorded.

use super::{audit, calls, privacy};
use crate::domain::event::email::EmailEvent;
use crate::domain::event::import::ImportEvent;
use crate::domain::event::{Event, Said, SlaEvent};
use crate::domain::id::{ArticleId, ConversationId, Object, Seq, TicketId};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::{Now, Row};

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Something said or noted.
    Article(Box<Article>),
    /// Something that changed.
    Change(Box<audit::Recorded>),
}

/// An article with all that came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Article {
    /// Which.
    pub seq: ArticleId,
    /// Where it was said.
    pub conversation: Option<ConversationId>,
    /// The ticket it is a note on.
    pub ticket: Option<TicketId>,
    /// `in`, `out`, `note`.
    pub direction: String,
    /// `contact`, `member`, `bot`, `system`.
    pub author_kind: String,
    /// The author's name.
    pub author: Option<String>,
    /// The kind of content.
    pub kind: String,
    /// The provider's id.
    pub provider_id: Option<String>,
    /// The provider's time.
    pub sent_at: Moment,
    /// When it was recorded.
    pub at: Moment,
    /// What was said; none once erased.
    pub said: Option<Said>,
    /// Who erased that.
    pub erased: Option<privacy::Erasure>,
    /// The raw payload it came in.
    pub payload: Option<Seq>,
    /// The message it answers.
    pub quoted: Option<Quoted>,
    /// The article it sets right.
    pub corrects: Option<Quoted>,
    /// The articles that set it right, oldest first.
    pub corrected_by: Vec<ArticleId>,
    /// The tickets it was split off into.
    pub split_into: Vec<TicketId>,
    /// Whom it mentions, with the names they had then.
    pub mentions: Vec<(Object, String)>,
    /// Reactions: author and emoji.
    pub reactions: Vec<(String, String)>,
    /// Later versions, oldest first; a taken-back message has one without content.
    pub revisions: Vec<Revision>,
    /// What became of it, for what we sent.
    pub delivery: Option<State>,
    /// Its file, if it has one.
    pub media: Option<Media>,
    /// The call it is.
    pub call: Option<Box<calls::Call>>,
}

/// The message an article answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// Which; none if we never saw it.
    pub seq: Option<ArticleId>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Its first line.
    pub preview: Option<String>,
}

/// A later version of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// `edited` or `revoked`.
    pub kind: String,
    /// When.
    pub at: Moment,
    /// The new version.
    pub said: Option<Said>,
}

/// How far a message of ours has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// `queued`, `sending`, `unknown`, `accepted`, `sent`, `delivered`, `read`, `played`, `failed`.
    pub word: String,
    /// In plain words, where something is wrong.
    pub trouble: Option<String>,
    /// When it is tried again.
    pub next_at: Option<Moment>,
}

/// A file of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// `waiting`, `fetched`, `failed`.
    pub state: String,
    /// The type by its bytes.
    pub media_type: Option<String>,
    /// **Unit:** bytes.
    pub size_bytes: Option<u64>,
    /// The name the sender gave it.
    pub name: Option<String>,
    /// The event that holds the bytes.
    pub file: Option<Seq>,
    /// Why it is not there.
    pub trouble: Option<String>,
}

// Ask

/// The newest lines of a timeline before an event, oldest first.
///
/// **Limit:** `limit` articles and the changes between them, at most ten times as many.
pub fn page(now: &Now<'_>, object: Object, before: Option<Seq>, limit: u32) -> Result<Vec<Entry>> {
    let articles = articles(now, object, before, limit)?;
    let full = articles.len() == limit as usize;
    let from = articles
        .first()
        .filter(|_| full)
        .map_or(Seq(0), |article| article.seq);
    let changes = audit::of_object(now, object, from, before, limit.saturating_mul(10))?;
    let mut entries: Vec<Entry> = articles
        .into_iter()
        .map(|a| Entry::Article(a.into()))
        .collect();
    entries.extend(
        changes
            .into_iter()
            .filter(|change| shows_as_change(&change.event))
            .map(|change| Entry::Change(change.into())),
    );
    entries.sort_by_key(Entry::seq);
    Ok(entries)
}

/// The lines that came after an event, for live updates; oldest first.
pub fn since(now: &Now<'_>, object: Object, after: Seq, limit: u32) -> Result<Vec<Entry>> {
    let mut entries = page(now, object, None, limit)?;
    entries.retain(|entry| entry.seq() > after);
    Ok(entries)
}

/// One article.
pub fn article(now: &Now<'_>, seq: ArticleId) -> Result<Option<Article>> {
    let found = now.maybe(
        &format!("{ARTICLES} WHERE article.seq = :seq"),
        &[(":seq", &seq)],
        read,
    )?;
    found.map(|article| complete(now, article)).transpose()
}

/// How many articles of a conversation came after one, counted up to a limit.
pub fn count_after(
    now: &Now<'_>,
    conversation: ConversationId,
    after: ArticleId,
    most: u32,
) -> Result<u64> {
    now.value(
        "SELECT count(*) FROM (SELECT 1 FROM article
          WHERE conversation = :id AND seq > :after LIMIT :limit)",
        &[
            (":id", &conversation),
            (":after", &after),
            (":limit", &most),
        ],
    )
}

impl Entry {
    /// Its place in the trail.
    pub fn seq(&self) -> Seq {
        match self {
            Entry::Article(article) => article.seq,
            Entry::Change(change) => change.seq,
        }
    }
}

/// Whether an event stands in a timeline as a line of its own; what happens to an article is shown
/// at the article.
fn shows_as_change(event: &Event) -> bool {
    match event {
        Event::Conversation(_) | Event::Ticket(_) | Event::Rule(_) => true,
        Event::Bulk(_) | Event::Macro(_) | Event::Pack(_) | Event::Access(_) => true,
        Event::Status(_) | Event::Field(_) | Event::Privacy(_) | Event::Export(_) => true,
        Event::Contact(_) | Event::Bot(_) | Event::Commitment(_) => true,
        Event::Call(_) | Event::Import(ImportEvent::ArticleTaken { .. }) => false,
        Event::Import(_) => true,
        Event::Sla(event) => matches!(
            event,
            SlaEvent::Warned { .. } | SlaEvent::Breached { .. } | SlaEvent::Recounted { .. }
        ),
        Event::Article(_)
        | Event::Assignment(_)
        | Event::Notification(_)
        | Event::Desk(_)
        | Event::Member(_)
        | Event::Group(_)
        | Event::Channel(_)
        | Event::Label(_)
        | Event::View(_)
        | Event::Webhook(_)
        | Event::Audit(_)
        | Event::Checkpoint(_) => false,
        Event::Email(event) => matches!(
            event,
            EmailEvent::AnswerWithheld { .. } | EmailEvent::ReceiverRefused { .. }
        ),
    }
}

const ARTICLES: &str = "SELECT article.*, member.name AS member_name, contact.name AS contact_name,
        delivery.state AS delivery_state, delivery.trouble AS delivery_trouble,
        delivery.next_at AS delivery_next_at,
        media.state AS media_state, media.type AS media_type, media.size_bytes AS media_size,
        media.name AS media_name, media.file AS media_file, media.trouble AS media_trouble
    FROM article
    LEFT JOIN member ON author_kind = 'member' AND member.id = article.author
    LEFT JOIN contact ON author_kind = 'contact' AND contact.id = article.author
    LEFT JOIN delivery ON delivery.article = article.seq
    LEFT JOIN media ON media.article = article.seq";

fn articles(
    now: &Now<'_>,
    object: Object,
    before: Option<Seq>,
    limit: u32,
) -> Result<Vec<Article>> {
    let sql = match object {
        Object::Conversation(_) => format!(
            "{ARTICLES} WHERE article.conversation = :id
                AND (:before IS NULL OR article.seq < :before)
              ORDER BY article.seq DESC LIMIT :limit"
        ),
        Object::Ticket(_) => format!(
            "{ARTICLES} WHERE article.seq IN (
                 SELECT seq FROM article WHERE ticket IN
                    (SELECT :id UNION SELECT ticket FROM ticket_merge WHERE root = :id)
                 UNION ALL
                 SELECT article.seq FROM ticket_conversation AS taken
                   JOIN article ON article.conversation = taken.conversation
                  WHERE taken.ticket IN
                    (SELECT :id UNION SELECT ticket FROM ticket_merge WHERE root = :id)
                 UNION ALL
                 SELECT article FROM ticket_split WHERE ticket IN
                    (SELECT :id UNION SELECT ticket FROM ticket_merge WHERE root = :id))
                AND (:before IS NULL OR article.seq < :before)
              ORDER BY article.seq DESC LIMIT :limit"
        ),
        Object::Contact(_) => format!(
            "{ARTICLES} WHERE article.contact IN
                (SELECT :id UNION SELECT contact FROM contact_merge WHERE root = :id)
                AND (:before IS NULL OR article.seq < :before)
              ORDER BY article.seq DESC LIMIT :limit"
        ),
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            return Ok(Vec::new());
        }
    };
    let id = match object {
        Object::Conversation(id) => id.0,
        Object::Ticket(id) => id.0,
        Object::Contact(id) => id.0,
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => 0,
    };
    let found = now.all(
        &sql,
        &[(":id", &id), (":before", &before), (":limit", &limit)],
        read,
    )?;
    let mut articles = found
        .into_iter()
        .map(|article| complete(now, article))
        .collect::<Result<Vec<_>>>()?;
    articles.reverse();
    Ok(articles)
}

fn read(row: &Row<'_>) -> Result<Article> {
    let member: Option<String> = row.get("member_name")?;
    let contact: Option<String> = row.get("contact_name")?;
    let reply_to: Option<String> = row.get("reply_to")?;
    let delivery: Option<String> = row.get("delivery_state")?;
    let media: Option<String> = row.get("media_state")?;
    let corrects: Option<ArticleId> = row.get("corrects")?;
    Ok(Article {
        seq: row.get("seq")?,
        conversation: row.get("conversation")?,
        ticket: row.get("ticket")?,
        direction: row.get("direction")?,
        author_kind: row.get("author_kind")?,
        author: member.or(contact).or(row.get("author_name")?),
        kind: row.get("kind")?,
        provider_id: row.get("provider_id")?,
        sent_at: row.get("sent_at")?,
        at: row.get("at")?,
        said: row.json_if_any("content")?,
        erased: None,
        payload: row.get("payload")?,
        quoted: reply_to.map(|id| Quoted {
            seq: None,
            author: None,
            preview: Some(id),
        }),
        corrects: corrects.map(|seq| Quoted {
            seq: Some(seq),
            author: None,
            preview: None,
        }),
        corrected_by: Vec::new(),
        split_into: Vec::new(),
        mentions: row.json_if_any("mentions")?.unwrap_or_default(),
        reactions: Vec::new(),
        revisions: Vec::new(),
        delivery: match delivery {
            Some(word) => Some(State {
                word,
                trouble: row.get("delivery_trouble")?,
                next_at: row.get("delivery_next_at")?,
            }),
            None => None,
        },
        media: match media {
            Some(state) => Some(Media {
                state,
                media_type: row.get("media_type")?,
                size_bytes: row.get("media_size")?,
                name: row.get("media_name")?,
                file: row.get("media_file")?,
                trouble: row.get("media_trouble")?,
            }),
            None => None,
        },
        call: None,
    })
}

/// Adds what stands in other tables: quotes, reactions, versions, the provider's reports.
fn complete(now: &Now<'_>, mut article: Article) -> Result<Article> {
    if article.said.is_none() {
        for field in ["said", "note", "number"] {
            article.erased = match article.erased.take() {
                None => privacy::erasure_of(now, article.seq, field)?,
                known => known,
            };
        }
    }
    if let Some(media) = article.media.as_mut()
        && let Some(file) = media.file
        && privacy::erasure_of(now, file, "media")?.is_some()
    {
        (media.state, media.file) = ("failed".to_owned(), None);
        media.trouble = Some("removed for privacy".to_owned());
    }
    if article.kind == "call" {
        article.call = calls::find(now, article.seq)?.map(Box::new);
    }
    if let Some(target) = article.quoted.take().and_then(|quoted| quoted.preview) {
        let found = now.maybe(
            "SELECT article.seq, preview, coalesce(member.name, contact.name) AS author
               FROM article
               LEFT JOIN member ON author_kind = 'member' AND member.id = article.author
               LEFT JOIN contact ON author_kind = 'contact' AND contact.id = article.author
              WHERE provider_id = :target ORDER BY article.seq LIMIT 1",
            &[(":target", &target)],
            |row| {
                Ok(Quoted {
                    seq: Some(row.get("seq")?),
                    author: row.get("author")?,
                    preview: row.get("preview")?,
                })
            },
        )?;
        let unseen = Quoted {
            seq: None,
            author: None,
            preview: None,
        };
        article.quoted = Some(found.unwrap_or(unseen));
    }
    if let Some(old) = article.corrects.as_mut() {
        let found = now.maybe(
            "SELECT preview, member.name AS author
               FROM article
               LEFT JOIN member ON author_kind = 'member' AND member.id = article.author
              WHERE article.seq = :seq",
            &[(":seq", &old.seq)],
            |row| Ok((row.get("author")?, row.get("preview")?)),
        )?;
        (old.author, old.preview) = found.unwrap_or_default();
    }
    article.split_into = now.all(
        "SELECT ticket FROM ticket_split WHERE article = :seq ORDER BY ticket LIMIT 20",
        &[(":seq", &article.seq)],
        |row| row.get("ticket"),
    )?;
    if article.direction != "in" {
        article.corrected_by = now.all(
            "SELECT seq FROM article WHERE corrects = :seq ORDER BY seq LIMIT 20",
            &[(":seq", &article.seq)],
            |row| row.get("seq"),
        )?;
    }
    let Some(target) = article.provider_id.clone() else {
        return Ok(article);
    };
    article.reactions = now.all(
        "SELECT author, emoji FROM reaction WHERE target = :target ORDER BY seq LIMIT 100",
        &[(":target", &target)],
        |row| Ok((row.get("author")?, row.get("emoji")?)),
    )?;
    article.revisions = now.all(
        "SELECT kind, at, content FROM revision WHERE target = :target ORDER BY seq LIMIT 50",
        &[(":target", &target)],
        |row| {
            Ok(Revision {
                kind: row.get("kind")?,
                at: row.get("at")?,
                said: row.json_if_any("content")?,
            })
        },
    )?;
    if article.direction == "out" {
        article.delivery = Some(reported(now, &target, article.delivery)?);
    }
    Ok(article)
}

/// The best the provider reported; failed only while nothing better came.
fn reported(now: &Now<'_>, provider_id: &str, known: Option<State>) -> Result<State> {
    let reports: Vec<(String, Option<String>)> = now.all(
        "SELECT state, trouble FROM report WHERE provider_id = :id ORDER BY seq LIMIT 50",
        &[(":id", &provider_id)],
        |row| Ok((row.get("state")?, row.get("trouble")?)),
    )?;
    let rank = |word: &str| {
        ["sent", "delivered", "read", "played"]
            .iter()
            .position(|w| *w == word)
    };
    let best = reports
        .iter()
        .filter(|report| rank(&report.0).is_some())
        .max_by_key(|r| rank(&r.0));
    let failed = reports.iter().rev().find(|report| report.0 == "failed");
    let accepted = State {
        word: "accepted".to_owned(),
        trouble: None,
        next_at: None,
    };
    let known = known.unwrap_or(accepted);
    let told = |report: &(String, Option<String>)| State {
        word: report.0.clone(),
        trouble: report.1.clone(),
        next_at: None,
    };
    Ok(match (best, failed) {
        (Some(best), Some(failed)) if best.0 == "sent" => told(failed),
        (Some(best), _) => told(best),
        (None, Some(failed)) => told(failed),
        (None, None) => known,
    })
}
