//! Letters: where a received one belongs, what an answer is, what a bounce makes of the letter it
//! is about. Mailboxes and their settings are in `mailboxes`.

mod place;
pub mod receivers;

use super::articles::{self, Author, Place as Where};
use super::conversations::{self, Conversation};
use super::{channels, contacts, deliveries, settings, spam};
use crate::domain::actor::Actor;
use crate::domain::conversation::{Owner, Status, Transfer};
use crate::domain::event::email::{EmailEvent, SealedReceiver};
use crate::domain::event::{
    ArticleEvent, Cause, ConversationEvent, Fact, File, Said, SealedContent, TicketEvent,
};
use crate::domain::id::{ArticleId, ChannelId, ContactId, ConversationId, Seq, TicketId};
use crate::domain::letter::{Fate, Letter};
use crate::domain::message::Content;
use crate::domain::message::email::Email;
use crate::domain::moment::{HOUR_MS, Moment};
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};
use place::{bounced, fresh_id, thread};

/// Automatic answers one customer gets within an hour at most.
pub const ANSWERS_PER_CUSTOMER: i64 = 3;
/// Automatic answers one mailbox gives within an hour at most.
pub const ANSWERS_PER_MAILBOX: i64 = 120;

/// What a letter made happen.
#[derive(Debug, Default)]
pub struct Received {
    /// The facts.
    pub facts: Vec<Fact>,
    /// The conversation it began, and with whom, if it began one and may be answered by a machine.
    pub answerable: Option<(ConversationId, ContactId)>,
}

/// An answer as it is wished.
pub struct Reply {
    /// In which conversation.
    pub conversation: ConversationId,
    /// What people read of it.
    pub email: Email,
    /// The letter as it is sent.
    pub raw: Vec<u8>,
    /// The mark in its Message-ID.
    pub tag: String,
    /// The newest article the writer had seen, if the send is to be stopped by newer ones.
    pub seen: Option<ArticleId>,
}

// Decide

/// Decides what a letter makes happen.
pub fn receive(
    now: &Now<'_>,
    channel: ChannelId,
    payload: Seq,
    letter: &Letter,
) -> Result<Received> {
    let Some(provider_id) = fresh_id(now, letter)? else {
        return Ok(Received::default());
    };
    let caused = |fact: Fact| fact.because(Cause::Event(payload));
    if let Some(found) = bounced(now, letter)? {
        return bounce(now, channel, payload, letter, provider_id, found);
    }
    let (contact, met) = contacts::meet(now, &letter.party, "profile")?;
    let provider = Actor::Provider { id: channel };
    let mut facts: Vec<Fact> = met
        .map(|fact| caused(fact).by(provider))
        .into_iter()
        .collect();
    let thread = thread(now, letter, contact)?;
    let thread = thread.map(|id| conversations::get(now, id)).transpose()?;
    let blocked = contacts::is_blocked(now, contact)?;
    let fits = match &thread {
        Some(present) if fits(now, present, letter, blocked)? => Some(present),
        Some(_) | None => None,
    };
    let mut answerable = None;
    let conversation = match fits {
        Some(present) => {
            let wakes = !letter.is_automatic() && !blocked && !spam::is(now, present.id)?;
            if present.status == Status::Closed && wakes {
                facts.push(caused(conversations::status(present, Status::Open)).by(system()));
            }
            present.id
        }
        None => {
            let previous = thread.as_ref().map(|present| present.id);
            let (conversation, begun) = begin(now, channel, contact, letter, previous, blocked)?;
            facts.extend(begun.into_iter().map(|fact| caused(fact).by(system())));
            answerable =
                (letter.unanswerable.is_none() && !blocked).then_some((conversation, contact));
            conversation
        }
    };
    let said = Said::from(Content::Email(Box::new(letter.email.clone())));
    let sealed = SealedContent { said: Some(said) };
    if let Some(what) = &letter.email.automatic {
        let appended = EmailEvent::Appended {
            conversation,
            contact,
            what: what.clone(),
            provider_id,
            sent_at: letter.sent_at,
            payload,
            sealed,
        };
        facts.push(caused(appended.into()).by(Actor::Contact { id: contact }));
        return Ok(Received {
            facts,
            answerable: None,
        });
    }
    let received = ArticleEvent::Received {
        conversation,
        contact,
        kind: "email".to_owned(),
        provider_id,
        sent_at: letter.sent_at,
        reply_to: letter.answers.first().cloned(),
        payload,
        sealed,
    };
    facts.push(caused(received.into()).by(Actor::Contact { id: contact }));
    let cause = Cause::Earlier(facts.len() - 1);
    if let Some(present) = fits {
        if present.status == Status::Waiting {
            let open = conversations::status(present, Status::Open);
            facts.push(open.because(cause).by(system()));
        }
        if present.snoozed_until.is_some() {
            facts.push(woken(conversation).because(cause).by(system()));
        }
    }
    Ok(Received { facts, answerable })
}

/// Whether a letter goes on in its thread. What somebody blocked writes makes no work, in a thread
/// of others neither.
fn fits(now: &Now<'_>, present: &Conversation, letter: &Letter, blocked: bool) -> Result<bool> {
    if blocked {
        return Ok(present.status == Status::Closed
            || letter.is_automatic()
            || contacts::is_blocked(now, present.contact)?);
    }
    let reopen_ms = settings::number(now, "conversation.reopen_h")? * HOUR_MS;
    let lately = present
        .closed_at
        .is_some_and(|at| now.at().ms_since(at) <= reopen_ms);
    Ok(present.status != Status::Closed || lately || letter.is_automatic())
}

/// A conversation that begins with a letter; one of somebody blocked is over at once.
fn begin(
    now: &Now<'_>,
    channel: ChannelId,
    contact: ContactId,
    letter: &Letter,
    previous: Option<ConversationId>,
    blocked: bool,
) -> Result<(ConversationId, Vec<Fact>)> {
    let conversation = now.value("SELECT coalesce(max(id) + 1, 1) FROM conversation", &[])?;
    let started = ConversationEvent::Started {
        conversation,
        contact,
        channel,
        previous,
        owner: Owner::Nobody,
        group: channels::get(now, channel)?.group,
    };
    let mut facts: Vec<Fact> = vec![started.into()];
    if blocked {
        // It is kept, and nobody is asked to answer.
        let closed = ConversationEvent::StatusChanged {
            conversation,
            from: Status::New,
            to: Status::Closed,
            held: None,
        };
        facts.push(closed.into());
    } else if let Some(ticket) = place::ticket(now, letter, contact)? {
        let attached = TicketEvent::ConversationAttached {
            ticket,
            conversation,
            attached_to: ArticleId::default(),
        };
        facts.push(attached.into());
    }
    Ok((conversation, facts))
}

/// Whether a machine may answer now, or the fact that it may not and why.
pub fn may_answer(
    now: &Now<'_>,
    channel: ChannelId,
    conversation: ConversationId,
    contact: ContactId,
) -> Result<Option<Fact>> {
    let since = now.at().plus_ms(-HOUR_MS);
    let (of_contact, of_channel): (i64, i64) = now
        .maybe(
            "SELECT count(CASE WHEN delivery.contact = :contact THEN 1 END) AS contact,
                    count(*) AS channel
               FROM delivery JOIN article ON article.seq = delivery.article
              WHERE delivery.channel = :channel AND article.author_kind = 'system'
                AND article.at > :since",
            &[
                (":contact", &contact),
                (":channel", &channel),
                (":since", &since),
            ],
            |row| Ok((row.get("contact")?, row.get("channel")?)),
        )?
        .unwrap_or_default();
    let why = if of_contact >= ANSWERS_PER_CUSTOMER {
        format!("this customer had {of_contact} automatic answers within an hour")
    } else if of_channel >= ANSWERS_PER_MAILBOX {
        format!("this mailbox gave {of_channel} automatic answers within an hour")
    } else {
        return Ok(None);
    };
    Ok(Some(withheld(conversation, &why)))
}

/// The fact that a machine gives no answer, and why.
pub fn withheld(conversation: ConversationId, why: &str) -> Fact {
    let why = why.to_owned();
    EmailEvent::AnswerWithheld { conversation, why }.into()
}

/// A letter of ours on its way into the outbox, whoever wrote it.
pub fn queued(
    conversation: ConversationId,
    contact: ContactId,
    channel: ChannelId,
    reply: Reply,
) -> Fact {
    let said = Said::from(Content::Email(Box::new(reply.email)));
    let queued: Fact = ArticleEvent::Queued {
        conversation,
        contact,
        channel,
        kind: "email".to_owned(),
        reply_to: None,
        tag: reply.tag,
        corrects: None,
        sealed: SealedContent { said: Some(said) },
    }
    .into();
    queued.with_file(File {
        field: "raw",
        media_type: "message/rfc822".to_owned(),
        bytes: reply.raw,
    })
}

/// Puts an answer into the outbox.
///
/// **Refuses:** what somebody else or the bot holds; when the thread moved on while it was written.
pub fn reply(now: &Now<'_>, wished: Reply) -> Result<Vec<Fact>> {
    let present = conversations::open(now, wished.conversation)?;
    conversations::demand_hold(now, &present)?;
    articles::guard_send(now, &present, wished.seen)?;
    if channels::get(now, present.channel)?.kind != "email" {
        return Err(Refusal::conflict(format!("{} is no e-mail thread", present.id)).into());
    }
    let mut facts: Vec<Fact> = Vec::new();
    if present.owner == Owner::Nobody
        && let Ok(me) = conversations::myself(now)
    {
        facts.push(conversations::owned(&present, me, Transfer::Taken, ""));
    }
    facts.push(queued(present.id, present.contact, present.channel, wished));
    let cause = facts.len() - 1;
    facts.extend(conversations::opened(&present, cause));
    if present.snoozed_until.is_some() {
        facts.push(woken(present.id).because(Cause::Earlier(cause)));
    }
    Ok(facts)
}

/// Records that a receiver was refused while others were taken.
pub fn receiver_refused(
    now: &Now<'_>,
    article: ArticleId,
    address: &str,
    code: i64,
    text: &str,
) -> Result<Vec<Fact>> {
    let conversation = deliveries::get(now, article)?.conversation;
    let sealed = SealedReceiver {
        address: Some(address.to_owned()),
    };
    let text = text.to_owned();
    let refused = EmailEvent::ReceiverRefused {
        article,
        conversation,
        code,
        text,
        sealed,
    };
    Ok(vec![Fact::from(refused).because(Cause::Event(article))])
}

fn woken(conversation: ConversationId) -> Fact {
    ConversationEvent::Snoozed {
        conversation,
        until: None,
    }
    .into()
}

fn system() -> Actor {
    Actor::System {
        id: "intake".to_owned(),
    }
}

/// The state a letter of ours is in by a report; none if it tells nothing of the receiver.
fn reported_as(fate: Fate) -> Option<&'static str> {
    match fate {
        Fate::Failed => Some("failed"),
        Fate::Delayed => Some("delayed"),
        Fate::Delivered => Some("delivered"),
        Fate::Passed => None,
    }
}

/// A report stands in the thread, and so does the letter it is about, by what became of it.
fn bounce(
    now: &Now<'_>,
    channel: ChannelId,
    payload: Seq,
    letter: &Letter,
    provider_id: String,
    (article, conversation): (ArticleId, ConversationId),
) -> Result<Received> {
    let present = conversations::get(now, conversation)?;
    let provider = Actor::Provider { id: channel };
    let caused = |fact: Fact| fact.because(Cause::Event(payload)).by(provider.clone());
    let said = Said::from(Content::Email(Box::new(letter.email.clone())));
    let appended = EmailEvent::Appended {
        conversation,
        contact: present.contact,
        what: "a report on delivery".to_owned(),
        provider_id,
        sent_at: letter.sent_at,
        payload,
        sealed: SealedContent { said: Some(said) },
    };
    let mut facts = vec![caused(appended.into())];
    if let Some(told) = &letter.bounce
        && let Some(state) = reported_as(told.fate)
    {
        let sql = "SELECT coalesce(provider_id, '') FROM article WHERE seq = :seq";
        let known: String = now.value(sql, &[(":seq", &article)])?;
        let words = match told.status.as_str() {
            "" => told.text.clone(),
            status => format!("{} ({status})", told.text),
        };
        let reported = ArticleEvent::Reported {
            article: Some(article),
            conversation: Some(conversation),
            provider_id: known,
            state: state.to_owned(),
            reported_at: letter.sent_at,
            code: None,
            text: Some(words).filter(|_| told.fate != Fate::Delivered),
            tag: None,
        };
        facts.push(
            Fact::from(reported)
                .because(Cause::Earlier(0))
                .by(provider.clone()),
        );
        if told.fate == Fate::Failed && present.status == Status::Waiting {
            let open = conversations::status(&present, Status::Open);
            facts.push(open.because(Cause::Earlier(1)).by(system()));
        }
    }
    Ok(Received {
        facts,
        answerable: None,
    })
}

// Apply

/// Applies a fact about a letter.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &EmailEvent) -> Result<()> {
    match event {
        EmailEvent::Appended {
            conversation,
            contact,
            what: _,
            provider_id,
            sent_at,
            payload,
            sealed,
        } => {
            let author = match recorded.actor {
                Actor::Contact { .. } => Author::Contact(*contact),
                _ => Author::System, // the mail server speaks, not the customer
            };
            let row = articles::Row {
                place: Where::Conversation(*conversation),
                direction: "in",
                author,
                kind: "email",
                provider_id: Some(provider_id),
                sent_at: *sent_at,
                reply_to: None,
                payload: Some(payload.0),
                said: sealed.said.as_ref(),
                corrects: None,
                mentions: None,
            };
            articles::insert(write, recorded, &row)?;
            super::waiting::said_more(write, recorded, *conversation)
        }
        EmailEvent::AnswerWithheld { conversation, .. } => {
            conversations::relate(write, *conversation)
        }
        EmailEvent::ReceiverRefused {
            article,
            conversation,
            code,
            ..
        } => {
            receivers::apply_refused(write, recorded, *article, *code)?;
            conversations::relate(write, *conversation)
        }
        EmailEvent::Fetched { .. }
        | EmailEvent::FetchFailed { .. }
        | EmailEvent::Lost { .. }
        | EmailEvent::Regained { .. }
        | EmailEvent::SignatureSet { .. } => Ok(()),
    }
}

// Ask

/// A letter of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Which.
    pub seq: ArticleId,
    /// The event that holds it as it came or went.
    pub raw: Seq,
    /// It came to us.
    pub inbound: bool,
    /// When it was written.
    pub sent_at: Moment,
    /// What people read of it.
    pub email: Email,
}

/// The letters of a thread, the newest first; erased ones are not among them.
pub fn newest(now: &Now<'_>, conversation: ConversationId, limit: u32) -> Result<Vec<Shown>> {
    let found = now.all(
        "SELECT seq, coalesce(payload, seq) AS raw, direction = 'in' AS inbound, sent_at, content
           FROM article WHERE conversation = :id AND kind = 'email'
          ORDER BY seq DESC LIMIT :limit",
        &[(":id", &conversation), (":limit", &limit)],
        |row| {
            let said: Option<Said> = row.json_if_any("content")?;
            let Some(Content::Email(email)) = said.map(|said| said.content) else {
                return Ok(None);
            };
            Ok(Some(Shown {
                seq: row.get("seq")?,
                raw: row.get("raw")?,
                inbound: row.get("inbound")?,
                sent_at: row.get("sent_at")?,
                email: *email,
            }))
        },
    )?;
    Ok(found.into_iter().flatten().collect())
}

/// The ticket a thread belongs to: the newest.
pub fn ticket_of(present: &Conversation) -> Option<TicketId> {
    present.tickets.iter().max().copied()
}
