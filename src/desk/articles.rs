//! Articles: what is written to the customer and noted among ourselves, and how each fact about an
//! article changes the tables. What becomes of a sent one is decided in `deliveries`; reading a
//! thread is in `timeline`.

mod afterwards;
pub mod corrections;

use super::conversations::{self, Conversation, demand_hold, opened, relate};
use super::{deliveries, mentions, search};
use crate::domain::conversation::Owner;
use crate::domain::event::{ArticleEvent, Cause, Fact, File, Said, SealedContent};
use crate::domain::id::{ArticleId, ChannelId, ContactId, ConversationId, Object, TicketId};
use crate::domain::message::Content;
use crate::domain::moment::Moment;
use crate::domain::update::Side;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};

/// The longest note. **Unit:** characters.
pub const NOTE_MAX: usize = 10_000;

/// A message to a customer as it is wished.
pub struct Reply {
    /// In which conversation.
    pub conversation: ConversationId,
    /// What it says; checked against the channel's rules before.
    pub content: Content,
    /// The file that goes with it.
    pub file: Option<File>,
    /// The message it answers.
    pub reply_to: Option<ArticleId>,
    /// Sent along, comes back with statuses; random.
    pub tag: String,
    /// The newest article the writer had seen, if the send is to be stopped by newer ones.
    pub seen: Option<ArticleId>,
}

// Decide

/// Puts a message to the customer into the outbox.
///
/// **Refuses:** what somebody else or the bot holds; free text outside the provider's window; when
/// the thread moved on while it was written.
pub fn reply(now: &Now<'_>, wished: Reply) -> Result<Vec<Fact>> {
    let present = conversations::open(now, wished.conversation)?;
    if super::channels::get(now, present.channel)?.kind == super::calls::lines::KIND {
        let text = "a phone line carries calls, no messages";
        return Err(Refusal::conflict(text).at("text").into());
    }
    demand_hold(now, &present)?;
    guard_send(now, &present, wished.seen)?;
    let template = matches!(wished.content, Content::Template(_));
    if !template && present.window_until.is_none_or(|until| until <= now.at()) {
        let text = "the 24 hours for free text are over; choose a template";
        return Err(Refusal::conflict(text).at("text").into());
    }
    let said = Said::from(wished.content);
    let context = wished
        .reply_to
        .map(|article| provider_id(now, &present, article))
        .transpose()?;
    let mut facts: Vec<Fact> = Vec::new();
    if present.owner == Owner::Nobody
        && let Ok(me) = conversations::myself(now)
    {
        let how = crate::domain::conversation::Transfer::Taken;
        facts.extend(super::along::conversation(now, &present, me, how, "")?);
    }
    let queued = ArticleEvent::Queued {
        conversation: present.id,
        contact: present.contact,
        channel: present.channel,
        kind: said.kind().to_owned(),
        reply_to: context,
        tag: wished.tag,
        corrects: None,
        sealed: SealedContent { said: Some(said) },
    };
    let mut queued: Fact = queued.into();
    queued.files.extend(wished.file);
    facts.push(queued);
    let cause = facts.len() - 1;
    facts.extend(opened(&present, cause));
    if present.snoozed_until.is_some() {
        let conversation = present.id;
        let woken = crate::domain::event::ConversationEvent::Snoozed {
            conversation,
            until: None,
        };
        facts.push(Fact::from(woken).because(Cause::Earlier(cause)));
    }
    Ok(facts)
}

/// Writes an internal note on a conversation or a ticket.
///
/// **Refuses:** an empty or too long one; other objects.
pub fn note(now: &Now<'_>, object: Object, text: &str) -> Result<Vec<Fact>> {
    match object {
        Object::Conversation(id) => drop(conversations::get(now, id)?),
        Object::Ticket(id) => drop(super::tickets::joins::standing(now, id)?),
        Object::Contact(id) => drop(super::contacts::get(now, id)?),
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            return Err(Refusal::invalid(format!("{object} does not take notes")).into());
        }
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::invalid("the note is empty").at("text").into());
    }
    if text.chars().count() > NOTE_MAX {
        let text = format!("a note has at most {NOTE_MAX} characters");
        return Err(Refusal::invalid(text).at("text").into());
    }
    let noted = ArticleEvent::Noted {
        object,
        mentions: mentions::of(now, text)?,
        corrects: None,
        sealed: SealedContent {
            said: Some(Content::text(text).into()),
        },
    };
    Ok(vec![noted.into()])
}

/// Refuses when the customer or a colleague wrote something the writer has not seen.
pub(super) fn guard_send(
    now: &Now<'_>,
    present: &Conversation,
    seen: Option<ArticleId>,
) -> Result<()> {
    let Some(seen) = seen else { return Ok(()) };
    let me = now.who().member();
    let newer: u64 = now.value(
        "SELECT count(*) FROM article
          WHERE conversation = :id AND seq > :seen AND direction <> 'note'
            AND NOT (author_kind = 'member' AND author IS :me)",
        &[(":id", &present.id), (":seen", &seen), (":me", &me)],
    )?;
    if newer == 0 {
        return Ok(());
    }
    let text = match newer {
        1 => "the thread moved on: 1 new message; read it, then send again".to_owned(),
        n => format!("the thread moved on: {n} new messages; read them, then send again"),
    };
    Err(Refusal::conflict(text).at("seen").into())
}

fn provider_id(now: &Now<'_>, present: &Conversation, article: ArticleId) -> Result<String> {
    let found: Option<Option<String>> = now.maybe(
        "SELECT provider_id FROM article WHERE seq = :seq AND conversation = :id",
        &[(":seq", &article), (":id", &present.id)],
        |row| row.get("provider_id"),
    )?;
    found.flatten().ok_or_else(|| {
        Refusal::invalid(format!("message {article} cannot be answered directly")).into()
    })
}

// Apply

/// Applies a fact about an article.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &ArticleEvent) -> Result<()> {
    match event {
        ArticleEvent::Received {
            conversation,
            contact,
            kind,
            provider_id,
            sent_at,
            reply_to,
            payload,
            sealed,
        } => {
            let row = Row {
                place: Place::Conversation(*conversation),
                direction: "in",
                author: Author::Contact(*contact),
                kind,
                provider_id: Some(provider_id),
                sent_at: *sent_at,
                reply_to: reply_to.as_deref(),
                payload: Some(payload.0),
                said: sealed.said.as_ref(),
                corrects: None,
                mentions: None,
            };
            insert(write, recorded, &row)?;
            await_media(write, recorded, sealed)?;
            write.run(
                "UPDATE conversation
                    SET last_at = :at, last_article = :seq,
                        waiting_since = CASE WHEN status = 'closed' THEN waiting_since
                            ELSE coalesce(waiting_since, :sent_at) END,
                        window_until = max(coalesce(window_until, 0), :window)
                  WHERE id = :id",
                &[
                    (":at", &recorded.at),
                    (":seq", &recorded.seq),
                    (":sent_at", sent_at),
                    (":window", &sent_at.plus_ms(super::intake::WINDOW_MS)),
                    (":id", conversation),
                ],
            )?;
            relate(write, *conversation)
        }
        ArticleEvent::Echoed {
            conversation,
            contact: _,
            kind,
            provider_id,
            sent_at,
            payload,
            sealed,
        } => {
            let row = Row {
                place: Place::Conversation(*conversation),
                direction: "out",
                author: Author::System,
                kind,
                provider_id: Some(provider_id),
                sent_at: *sent_at,
                reply_to: None,
                payload: Some(payload.0),
                said: sealed.said.as_ref(),
                corrects: None,
                mentions: None,
            };
            insert(write, recorded, &row)?;
            await_media(write, recorded, sealed)?;
            answered(write, recorded, *conversation)
        }
        ArticleEvent::Queued {
            conversation,
            contact,
            channel,
            kind,
            reply_to,
            tag,
            corrects,
            sealed,
        } => {
            let row = Row {
                place: Place::Conversation(*conversation),
                direction: "out",
                author: author(recorded),
                kind,
                provider_id: None,
                sent_at: recorded.at,
                reply_to: reply_to.as_deref(),
                payload: None,
                said: sealed.said.as_ref(),
                corrects: *corrects,
                mentions: None,
            };
            insert(write, recorded, &row)?;
            own_media(write, recorded, sealed)?;
            deliveries::apply_queued(write, recorded, *channel, *contact, tag)?;
            match author(recorded) {
                // A machine's "we got it" is no answer: the customer waits on.
                Author::System => super::waiting::said_more(write, recorded, *conversation),
                Author::Contact(_) | Author::Member(_) | Author::Bot => {
                    answered(write, recorded, *conversation)
                }
            }
        }
        ArticleEvent::Noted {
            object,
            mentions,
            corrects,
            sealed,
        } => apply_note(write, recorded, *object, mentions, *corrects, sealed),
        ArticleEvent::Attempted { .. }
        | ArticleEvent::Accepted { .. }
        | ArticleEvent::Deferred { .. }
        | ArticleEvent::Doubted { .. }
        | ArticleEvent::Failed { .. }
        | ArticleEvent::Requeued { .. }
        | ArticleEvent::Reported { .. }
        | ArticleEvent::MediaFetched { .. }
        | ArticleEvent::MediaFailed { .. } => deliveries::apply(write, recorded, event),
        ArticleEvent::Reacted {
            target,
            conversation,
            contact,
            side,
            removed,
            sealed,
        } => {
            let channel: Option<ChannelId> = match conversation {
                Some(id) => channel_of(write, *id)?,
                None => None,
            };
            let author = match (side, channel) {
                (Side::Customer, _) | (Side::Business, None) => contact.to_string(),
                (Side::Business, Some(channel)) => channel.to_string(),
            };
            afterwards::react(
                write,
                recorded,
                target,
                &author,
                *removed,
                sealed.emoji.as_deref(),
            )?;
            conversation.map_or(Ok(()), |id| relate(write, id))
        }
        ArticleEvent::Edited {
            target,
            conversation,
            sent_at,
            sealed,
            ..
        } => {
            let said = sealed.said.as_ref();
            afterwards::revise(write, recorded, target, "edited", *sent_at, said)?;
            conversation.map_or(Ok(()), |id| relate(write, id))
        }
        ArticleEvent::Revoked {
            target,
            conversation,
            sent_at,
            ..
        } => {
            afterwards::revise(write, recorded, target, "revoked", *sent_at, None)?;
            conversation.map_or(Ok(()), |id| relate(write, id))
        }
        ArticleEvent::ReadMarked {
            article,
            conversation,
        } => {
            write.run(
                "UPDATE conversation SET read_until = max(coalesce(read_until, 0), :article)
                  WHERE id = :id",
                &[(":article", article), (":id", conversation)],
            )?;
            relate(write, *conversation)
        }
    }
}

/// What was said last, on one line.
pub fn last_line(now: &Now<'_>, id: ConversationId) -> Result<Option<String>> {
    let found: Option<Option<String>> = now.maybe(
        "SELECT coalesce((SELECT preview FROM call WHERE call.seq = article.seq), preview) AS preview
           FROM article WHERE conversation = :id ORDER BY seq DESC LIMIT 1",
        &[(":id", &id)],
        |row| row.get("preview"),
    )?;
    Ok(found.flatten())
}

/// The words in which a customer said most, of the first messages of a conversation, on one line.
pub fn longest_words(now: &Now<'_>, conversation: ConversationId) -> Result<String> {
    let first: Vec<Option<String>> = now.all(
        "SELECT preview FROM article WHERE conversation = :id AND direction = 'in'
          ORDER BY seq LIMIT 5",
        &[(":id", &conversation)],
        |row| row.get("preview"),
    )?;
    let longest = first
        .into_iter()
        .flatten()
        .max_by_key(|text| text.chars().count());
    Ok(longest.unwrap_or_default().chars().take(160).collect())
}

/// Where an article stands.
pub(super) enum Place {
    Conversation(ConversationId),
    Ticket(TicketId),
    Contact(ContactId),
}

/// Who an article is by.
pub(super) enum Author {
    Contact(ContactId),
    Member(crate::domain::id::MemberId),
    Bot,
    System,
}

/// A row of the table, as other areas write one too.
pub(super) struct Row<'a> {
    pub place: Place,
    pub direction: &'static str,
    pub author: Author,
    pub kind: &'a str,
    pub provider_id: Option<&'a String>,
    pub sent_at: Moment,
    pub reply_to: Option<&'a str>,
    pub payload: Option<u64>,
    pub said: Option<&'a Said>,
    pub corrects: Option<ArticleId>,
    pub mentions: Option<String>,
}

/// Writes an article down and makes it findable.
pub(super) fn insert(write: &Writer<'_>, recorded: &Recorded<'_>, row: &Row<'_>) -> Result<()> {
    insert_as_of(write, recorded, row, recorded.at, None)
}

/// The same, shown at another time than that of recording and under a name of its own.
pub(super) fn insert_as_of(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    row: &Row<'_>,
    at: Moment,
    name: Option<&str>,
) -> Result<()> {
    let (conversation, ticket, contact, found_on) = match row.place {
        Place::Conversation(id) => (Some(id), None, None, Object::Conversation(id)),
        Place::Ticket(id) => (None, Some(id), None, Object::Ticket(id)),
        Place::Contact(id) => (None, None, Some(id), Object::Contact(id)),
    };
    let (author_kind, author) = match row.author {
        Author::Contact(id) => ("contact", Some(id.0)),
        Author::Member(id) => ("member", Some(id.0)),
        Author::Bot => ("bot", None),
        Author::System => ("system", None),
    };
    let content = row.said.map(serde_json::to_string).transpose()?;
    let preview = row.said.map(|said| said.content.preview());
    write.run(
        "INSERT INTO article (seq, conversation, ticket, contact, direction, author_kind, author,
             author_name, kind, provider_id, sent_at, at, reply_to, content, preview, payload, corrects, mentions)
         VALUES (:seq, :conversation, :ticket, :contact, :direction, :author_kind, :author,
             :name, :kind, :provider_id, :sent_at, :at, :reply_to, :content, :preview, :payload, :corrects, :mentions)",
        &[
            (":seq", &recorded.seq),
            (":conversation", &conversation),
            (":ticket", &ticket),
            (":contact", &contact),
            (":direction", &row.direction),
            (":author_kind", &author_kind),
            (":author", &author),
            (":kind", &row.kind),
            (":provider_id", &row.provider_id),
            (":sent_at", &row.sent_at),
            (":at", &at),
            (":name", &name),
            (":reply_to", &row.reply_to),
            (":content", &content),
            (":preview", &preview),
            (":payload", &row.payload),
            (":corrects", &row.corrects),
            (":mentions", &row.mentions),
        ],
    )?;
    if let Some(said) = row.said {
        let text = said.content.text_for_search();
        search::index(write, recorded, "article", found_on, at, &text)?;
    }
    Ok(())
}

/// The one who recorded a fact, as the author of an article.
pub(super) fn author(recorded: &Recorded<'_>) -> Author {
    use crate::domain::actor::Actor;
    match recorded.actor {
        Actor::Member { id, .. } => Author::Member(*id),
        Actor::Contact { id } => Author::Contact(*id),
        Actor::Bot { .. } => Author::Bot,
        Actor::Rule { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. } => Author::System,
    }
}

fn apply_note(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    object: Object,
    mentioned: &[Object],
    corrects: Option<ArticleId>,
    sealed: &SealedContent,
) -> Result<()> {
    let place = match object {
        Object::Conversation(id) => Place::Conversation(id),
        Object::Ticket(id) => Place::Ticket(id),
        Object::Contact(id) => Place::Contact(id),
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            return Ok(()); // `note` refuses these
        }
    };
    let row = Row {
        place,
        direction: "note",
        author: author(recorded),
        kind: "note",
        provider_id: None,
        sent_at: recorded.at,
        reply_to: None,
        payload: None,
        said: sealed.said.as_ref(),
        corrects,
        mentions: mentions::apply(write, mentioned)?,
    };
    insert(write, recorded, &row)?;
    match object {
        Object::Conversation(id) => relate(write, id),
        Object::Ticket(id) => super::tickets::relate(write, id),
        Object::Contact(id) => super::contacts::merging::relate(write, id),
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => Ok(()),
    }
}

/// The customer has an answer; nobody waits any more. What a rule says is no answer.
fn answered(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    conversation: ConversationId,
) -> Result<()> {
    let rule = matches!(recorded.actor, crate::domain::actor::Actor::Rule { .. });
    write.run(
        "UPDATE conversation SET last_at = :at, last_article = :seq,
             waiting_since = CASE WHEN :rule THEN waiting_since END
          WHERE id = :id",
        &[
            (":rule", &rule),
            (":at", &recorded.at),
            (":seq", &recorded.seq),
            (":id", &conversation),
        ],
    )?;
    relate(write, conversation)
}

fn await_media(write: &Writer<'_>, recorded: &Recorded<'_>, sealed: &SealedContent) -> Result<()> {
    let media = sealed.said.as_ref().and_then(|said| said.content.media());
    let Some(media) = media.filter(|media| media.media_id.is_some()) else {
        return Ok(());
    };
    write.run(
        "INSERT INTO media (article, state, name, next_at, seq)
         VALUES (:seq, 'waiting', :name, :at, :seq)",
        &[
            (":seq", &recorded.seq),
            (":name", &media.file_name),
            (":at", &recorded.at),
        ],
    )?;
    Ok(())
}

/// A file of ours lies with the event that queued it.
fn own_media(write: &Writer<'_>, recorded: &Recorded<'_>, sealed: &SealedContent) -> Result<()> {
    let media = sealed.said.as_ref().and_then(|said| said.content.media());
    let Some(media) = media else { return Ok(()) };
    write.run(
        "INSERT INTO media (article, state, type, size_bytes, name, file, seq)
         VALUES (:seq, 'fetched', :type, :size, :name, :seq, :seq)",
        &[
            (":seq", &recorded.seq),
            (":type", &media.mime),
            (":size", &media.size_bytes),
            (":name", &media.file_name),
        ],
    )?;
    Ok(())
}

fn channel_of(write: &Writer<'_>, conversation: ConversationId) -> Result<Option<ChannelId>> {
    let sql = "SELECT channel FROM conversation WHERE id = :id";
    write.find(sql, &[(":id", &conversation)], |row| row.get("channel"))
}
