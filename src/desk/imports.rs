//! Imports: what another system knew becomes tickets, conversations and articles, with their own
//! ids and times. Nothing that was known before is taken twice; nothing is sent, no clock starts,
//! nobody is notified.

mod letters;
mod people;

pub use letters::letters;

use super::articles::{self, Place};
use super::conversations::relate;
use super::{channels, members, search, tickets};
use crate::domain::event::import::{ImportEvent, SealedId, SealedTaken};
use crate::domain::event::{Cause, Fact, Said, SealedTitle};
use crate::domain::id::{ChannelId, ContactId, MemberId, Object, Seq};
use crate::domain::import::{Article, Author, Chat, Opening, Source, Ticket};
use crate::domain::message::Content;
use crate::domain::ticket::Status;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};
use people::{meet, meet_chatter};

// Decide

/// Begins a run.
pub fn begin(source: Source, digests: Vec<String>, threads: u64, articles: u64) -> Vec<Fact> {
    let began = ImportEvent::Began {
        source,
        digests,
        threads,
        articles,
    };
    vec![began.into()]
}

/// Takes a ticket over, with what it holds; of one that is known only what is new.
pub fn ticket(now: &Now<'_>, run: Seq, source: Source, wanted: &Ticket) -> Result<Vec<Fact>> {
    let key = format!("ticket/{}", wanted.key);
    let mut facts: Vec<Fact> = Vec::new();
    let (ticket, contact) = match taken(now, source, &key)? {
        Some(Object::Ticket(id)) => (id, tickets::get(now, id)?.contact),
        Some(other) => {
            let text = format!("{key} is {other}, which is no ticket");
            return Err(Refusal::conflict(text).into());
        }
        None => {
            let contact = match &wanted.customer {
                Some(person) => Some(meet(now, source, person, &mut facts)?),
                None => None,
            };
            let ticket = now.value("SELECT coalesce(max(id), 1000) + 1 FROM ticket", &[])?;
            let title: String = wanted
                .title
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let fact = ImportEvent::TicketTaken {
                run,
                source,
                foreign_id: wanted.key.clone(),
                ticket,
                contact,
                kind: wanted.kind.clone(),
                priority: wanted.priority,
                status: wanted.status,
                tags: wanted.tags.clone(),
                opened_at: wanted.opened_at,
                changed_at: wanted.changed_at,
                sealed: SealedTitle {
                    title: Some(title.chars().take(200).collect()),
                },
            };
            facts.push(Fact::from(fact).because(Cause::Event(run)));
            (ticket, contact)
        }
    };
    let object = Object::Ticket(ticket);
    for article in &wanted.articles {
        facts.extend(self::article(now, run, source, object, contact, article)?);
    }
    Ok(facts)
}

/// Takes articles over whose ticket was taken before; those of unknown tickets are left out.
pub fn articles(now: &Now<'_>, run: Seq, source: Source, wanted: &[Article]) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    for article in wanted {
        let key = format!("ticket/{}", article.ticket);
        if let Some(Object::Ticket(id)) = taken(now, source, &key)? {
            let contact = tickets::get(now, id)?.contact;
            facts.extend(self::article(
                now,
                run,
                source,
                Object::Ticket(id),
                contact,
                article,
            )?);
        }
    }
    Ok(facts)
}

/// Takes a chat over: the conversation it becomes, and the first or newest of its messages.
///
/// **Refuses:** a channel that is not WhatsApp's; a customer of whom neither number nor name is
/// known.
pub fn chat(
    now: &Now<'_>,
    run: Seq,
    channel: ChannelId,
    chat: &Chat,
    wanted: &[Article],
) -> Result<Vec<Fact>> {
    let source = Source::WhatsappChat;
    let mut facts: Vec<Fact> = Vec::new();
    let key = chat.key(channel);
    let (conversation, contact) = match taken(now, source, &key)? {
        Some(Object::Conversation(id)) => (id, super::conversations::get(now, id)?.contact),
        Some(_) | None => {
            let known = channels::get(now, channel)?;
            if known.kind != "whatsapp" {
                let text = format!("{} is not a WhatsApp channel", known.name);
                return Err(Refusal::conflict(text).into());
            }
            let contact = meet_chatter(now, chat, &mut facts)?;
            let conversation =
                now.value("SELECT coalesce(max(id) + 1, 1) FROM conversation", &[])?;
            let (first, last) = (wanted.first(), wanted.last());
            let fact = ImportEvent::ConversationTaken {
                run,
                source,
                foreign_id: String::new(),
                conversation,
                contact,
                channel,
                started_at: first.map_or(now.at(), |article| article.sent_at),
                last_at: last.map_or(now.at(), |article| article.sent_at),
                sealed: SealedId {
                    foreign_id: Some(key), // it holds the customer's number
                },
            };
            facts.push(Fact::from(fact).because(Cause::Event(run)));
            (conversation, contact)
        }
    };
    let object = Object::Conversation(conversation);
    for article in wanted {
        facts.extend(self::article(
            now,
            run,
            source,
            object,
            Some(contact),
            article,
        )?);
    }
    Ok(facts)
}

/// Ends a run.
pub fn finish(
    run: Seq,
    source: Source,
    threads: u64,
    articles: u64,
    known: u64,
    left_out: u64,
) -> Vec<Fact> {
    let finished = ImportEvent::Finished {
        run,
        source,
        threads,
        articles,
        known,
        left_out,
    };
    vec![Fact::from(finished).because(Cause::Event(run))]
}

fn article(
    now: &Now<'_>,
    run: Seq,
    source: Source,
    object: Object,
    contact: Option<ContactId>,
    wanted: &Article,
) -> Result<Option<Fact>> {
    if stands(now, source, wanted)? {
        return Ok(None);
    }
    let member: Option<MemberId> = match (wanted.author, &wanted.email) {
        (Author::Staff, Some(email)) => members::by_email(now, email)?.map(|member| member.id),
        (Author::Staff | Author::Customer | Author::System, _) => None,
    };
    let fact = ImportEvent::ArticleTaken {
        run,
        source,
        foreign_id: wanted.key.clone(),
        object,
        author: wanted.author,
        contact: contact.filter(|_| wanted.author == Author::Customer),
        member,
        internal: wanted.internal,
        sent_at: wanted.sent_at,
        kind: None,
        provider_id: None,
        sealed: SealedTaken {
            said: Some(Said::from(Content::text(wanted.words()))),
            author_name: Some(wanted.name.clone()).filter(|name| !name.is_empty()),
        },
    };
    Ok(Some(Fact::from(fact).because(Cause::Event(run))))
}

// Apply

/// Applies a fact about an import.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &ImportEvent) -> Result<()> {
    match event {
        ImportEvent::Began { .. } | ImportEvent::Finished { .. } => Ok(()),
        ImportEvent::TicketTaken {
            source,
            foreign_id,
            ticket,
            contact,
            kind,
            priority,
            status,
            tags,
            opened_at,
            changed_at,
            sealed,
            ..
        } => {
            let closed_at = (*status == Status::Closed).then_some(*changed_at);
            write.run(
                "INSERT INTO ticket (id, contact, title, type, priority, status, category, named,
                     opened_at, changed_at, closed_at, seq)
                 VALUES (:id, :contact, :title, :type, :priority, :status, :category, :status,
                     :opened_at, :changed_at, :closed_at, :seq)",
                &[
                    (":id", ticket),
                    (":contact", contact),
                    (":title", &sealed.title),
                    (":type", kind),
                    (":priority", &priority.as_str()),
                    (":status", &status.as_str()),
                    (":category", &status.category().as_str()),
                    (":opened_at", opened_at),
                    (":changed_at", changed_at),
                    (":closed_at", &closed_at),
                    (":seq", &recorded.seq),
                ],
            )?;
            for tag in tags {
                write.run(
                    "INSERT OR IGNORE INTO ticket_tag (ticket, tag, seq)
                     VALUES (:ticket, :tag, :seq)",
                    &[(":ticket", ticket), (":tag", tag), (":seq", &recorded.seq)],
                )?;
            }
            let object = Object::Ticket(*ticket);
            if let Some(title) = &sealed.title {
                search::index(write, recorded, "ticket", object, *opened_at, title)?;
            }
            keep(
                write,
                recorded,
                *source,
                &format!("ticket/{foreign_id}"),
                object,
            )
        }
        ImportEvent::ConversationTaken {
            source,
            foreign_id,
            conversation,
            contact,
            channel,
            started_at,
            last_at,
            sealed,
            ..
        } => {
            write.run(
                "INSERT INTO conversation (id, contact, channel, status, owner_kind, started_at,
                     closed_at, last_at, seq)
                 VALUES (:id, :contact, :channel, 'closed', 'nobody', :started_at, :last_at,
                     :last_at, :seq)",
                &[
                    (":id", conversation),
                    (":contact", contact),
                    (":channel", channel),
                    (":started_at", started_at),
                    (":last_at", last_at),
                    (":seq", &recorded.seq),
                ],
            )?;
            let object = Object::Conversation(*conversation);
            match sealed.foreign_id.as_ref().unwrap_or(foreign_id).as_str() {
                "" => Ok(()), // it was erased
                known => keep(write, recorded, *source, known, object),
            }
        }
        ImportEvent::ArticleTaken { .. } => apply_article(write, recorded, event),
    }
}

fn apply_article(write: &Writer<'_>, recorded: &Recorded<'_>, event: &ImportEvent) -> Result<()> {
    let ImportEvent::ArticleTaken {
        source,
        foreign_id,
        object,
        author,
        contact,
        member,
        internal,
        sent_at,
        kind,
        provider_id,
        sealed,
        ..
    } = event
    else {
        return Ok(()); // `apply` sends this event alone
    };
    let place = match object {
        Object::Conversation(id) => Place::Conversation(*id),
        Object::Ticket(id) => Place::Ticket(*id),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            return Ok(()); // nothing is said there
        }
    };
    let row = articles::Row {
        place,
        direction: match (internal, author) {
            (true, _) => "note",
            (false, Author::Customer) => "in",
            (false, Author::Staff | Author::System) => "out",
        },
        author: match (contact, member) {
            (Some(contact), _) => articles::Author::Contact(*contact),
            (None, Some(member)) => articles::Author::Member(*member),
            (None, None) => articles::Author::System,
        },
        kind: kind.as_deref().unwrap_or("text"),
        provider_id: provider_id.as_ref(),
        sent_at: *sent_at,
        reply_to: None,
        payload: None,
        said: sealed.said.as_ref(),
        corrects: None,
        mentions: None,
    };
    // Shown when it was said; when it was recorded stands in the trail.
    let name = sealed.author_name.as_deref();
    articles::insert_as_of(write, recorded, &row, *sent_at, name)?;
    keep(
        write,
        recorded,
        *source,
        &format!("article/{foreign_id}"),
        *object,
    )?;
    match object {
        Object::Conversation(id) => {
            write.run(
                "UPDATE conversation
                    SET last_at = max(last_at, :at), last_article = :seq,
                        closed_at = max(closed_at, :at)
                  WHERE id = :id",
                &[(":at", sent_at), (":seq", &recorded.seq), (":id", id)],
            )?;
            relate(write, *id)
        }
        Object::Ticket(id) => tickets::relate(write, *id),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => Ok(()),
    }
}

fn keep(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    source: Source,
    key: &str,
    object: Object,
) -> Result<()> {
    write.run(
        "INSERT INTO imported (source, key, object, seq) VALUES (:source, :key, :object, :seq)",
        &[
            (":source", &source.as_str()),
            (":key", &key),
            (":object", &object),
            (":seq", &recorded.seq),
        ],
    )?;
    Ok(())
}

// Ask

/// Whether an article of another system stands here: taken under its id, or, where that system
/// tells the first comment of a ticket as its description too, taken as the other of the two.
pub fn stands(now: &Now<'_>, source: Source, wanted: &Article) -> Result<bool> {
    if taken(now, source, &format!("article/{}", wanted.key))?.is_some() {
        return Ok(true);
    }
    let ticket = taken(now, source, &format!("ticket/{}", wanted.ticket))?;
    let (Source::Zendesk, Some(Object::Ticket(ticket))) = (source, ticket) else {
        return Ok(false);
    };
    let description = Article::description_of(&wanted.ticket);
    let others = now.all(
        "SELECT sent_at, direction = 'note' AS internal, content FROM article
          WHERE ticket = :ticket AND author_name IS NOT NULL
            AND (:description OR seq = (SELECT seq FROM imported
                                         WHERE source = :source AND key = 'article/' || :key))
          ORDER BY seq LIMIT 1000",
        &[
            (":ticket", &ticket),
            (":description", &wanted.is_description()),
            (":source", &source.as_str()),
            (":key", &description),
        ],
        |row| {
            let said: Option<Said> = row.json_if_any("content")?;
            let text = match said.map(|said| said.content) {
                Some(Content::Text(text)) => text.text,
                _ => String::new(), // erased: its time is left
            };
            Ok(Opening::of(
                row.get("sent_at")?,
                row.get("internal")?,
                &text,
            ))
        },
    )?;
    let opening = wanted.opening();
    Ok(others.into_iter().any(|other| opening.is(other)))
}

/// Where a record of another system stands, if it was taken.
pub fn taken(now: &Now<'_>, source: Source, key: &str) -> Result<Option<Object>> {
    now.maybe(
        "SELECT object FROM imported WHERE source = :source AND key = :key",
        &[(":source", &source.as_str()), (":key", &key)],
        |row| row.get("object"),
    )
}
