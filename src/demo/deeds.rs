//! What a worker does, as a wish: each deed asks the decider that the page or form behind it asks.

use super::cast::{DIGEST, WORKERS};
use super::dice::Dice;
use super::plan::{DESK, Deed, Spoken};
use crate::desk::articles::{self, Reply};
use crate::desk::privacy::{self, holds, retention};
use crate::desk::{
    audit, calls, commitments, contacts, conversations, deliveries, groups, members,
};
use crate::desk::{notifications, sessions, settings, tickets};
use crate::domain::call::Note;
use crate::domain::conversation::Status;
use crate::domain::event::call::CommitmentEvent;
use crate::domain::event::{ArticleEvent, ConversationEvent, Event, Fact, Origin, TicketEvent};
use crate::domain::id::{ContactId, ConversationId, MemberId, Object, Seq, TicketId};
use crate::domain::member::Right;
use crate::domain::message::{CallDirection, Content, Text};
use crate::domain::privacy::{Ground, Subject};
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;

/// What the desk has made of the chats: filled while wishes are granted.
#[derive(Default)]
pub struct Known {
    /// The payload that is being read.
    pub payload: Seq,
    chats: Vec<KnownChat>,
    sessions: Vec<Option<String>>,
}

/// What the desk has made of one chat.
#[derive(Default, Clone)]
pub struct KnownChat {
    conversation: Option<ConversationId>,
    contact: Option<ContactId>,
    ticket: Option<TicketId>,
    promise: Option<Seq>,
    articles: Vec<Option<Seq>>,
}

/// One deed of one worker, about to be decided.
pub struct Act<'a> {
    /// The present.
    pub now: &'a Now<'a>,
    /// The story's seed.
    pub seed: u64,
    /// In which chat.
    pub chat: usize,
    /// Who: the place among the workers.
    pub worker: usize,
}

impl Act<'_> {
    /// Decides it.
    pub fn deed(&self, known: &mut Known, deed: Deed) -> Result<Vec<Fact>> {
        if self.chat == DESK {
            return self.at_desk(known, deed);
        }
        let now = self.now;
        let chat = known.chat(self.chat)?.clone();
        let missing = |what: &str| {
            Error::from(Refusal::not_found(format!(
                "chat {} has no {what} yet",
                self.chat
            )))
        };
        let conversation = chat.conversation.ok_or_else(|| missing("conversation"))?;
        let ticket = || chat.ticket.ok_or_else(|| missing("ticket"));
        match deed {
            Deed::View => conversations::view(now, conversation),
            Deed::ViewContact => {
                let contact = chat.contact.ok_or_else(|| missing("customer"))?;
                contacts::view(now, contact)
            }
            Deed::ViewTicket => tickets::view(now, ticket()?),
            Deed::MarkRead(no) => Ok(deliveries::mark_read(
                now,
                conversation,
                known.article(self.chat, no)?,
            )),
            Deed::Reply(no, text, quotes) => {
                let quoted = quotes.map(|no| known.article(self.chat, no)).transpose()?;
                self.reply(
                    known,
                    no,
                    conversation,
                    Content::Text(Text { text }),
                    quoted,
                )
            }
            Deed::Prepared(no, template) => {
                self.reply(known, no, conversation, Content::Template(*template), None)
            }
            Deed::Note(text) => articles::note(now, Object::Conversation(conversation), &text),
            Deed::Call(spoken) => self.call(conversation, *spoken),
            Deed::Keep(how) => {
                let promise = chat.promise.ok_or_else(|| missing("commitment"))?;
                commitments::keep(now, promise, &how)
            }
            Deed::Take(reason) => conversations::take(now, conversation, &reason),
            Deed::Assign(to, reason) => {
                conversations::assign(now, conversation, member(to), &reason)
            }
            Deed::Release(reason) => conversations::release(now, conversation, &reason),
            Deed::Tag(tags) => conversations::tag(now, conversation, &tags),
            Deed::Escalate(level, reason) => {
                conversations::escalate(now, conversation, level, &reason)
            }
            Deed::Wait => conversations::change_status(now, conversation, Status::Waiting),
            Deed::Snooze(until) => conversations::snooze(now, conversation, Some(until)),
            Deed::Close(summary) => conversations::close(now, conversation, summary),
            Deed::Reopen => conversations::reopen(now, conversation),
            Deed::Ticket(kind, priority, title) => {
                let wanted = tickets::Wanted {
                    conversation: Some(conversation),
                    title,
                    kind: kind.to_owned(),
                    priority: Some(priority),
                    ..tickets::Wanted::default()
                };
                tickets::open(now, wanted)
            }
            Deed::TicketStatus(to, wait, note) => {
                // It went along with its conversation meanwhile: whoever has it now goes on.
                let present = tickets::get(now, ticket()?)?;
                if present.status == to {
                    return Ok(Vec::new()); // a word of the customer brought it there
                }
                let holder = present.owner.member();
                if holder.is_some_and(|holder| holder != member(self.worker)) {
                    return Ok(Vec::new());
                }
                tickets::change_status(now, ticket()?, to, wait, &note)
            }
            Deed::TicketNote(text) => articles::note(now, Object::Ticket(ticket()?), &text),
            Deed::TicketEscalate(level, reason) => {
                tickets::escalate(now, ticket()?, level, &reason)
            }
            Deed::TicketTag(tags) => tickets::tag(now, ticket()?, &tags),
            Deed::Retry(no) => deliveries::retry(now, known.article(self.chat, no)?),
            Deed::Erase(no, words) => {
                let wanted = privacy::Wanted {
                    subject: Subject::Article(known.article(self.chat, no)?),
                    kinds: Vec::new(),
                    ground: Ground::Unlawful,
                    words,
                };
                privacy::erase(now, &wanted)
            }
            Deed::Hold(why) => holds::place(now, Object::Conversation(conversation), &why),
            Deed::LogIn
            | Deed::LogInFails
            | Deed::LogOut
            | Deed::Presence(_)
            | Deed::Export(..)
            | Deed::Set(..)
            | Deed::Hire(_)
            | Deed::Dismiss(..)
            | Deed::Group(..)
            | Deed::Retain(..)
            | Deed::Refused(_) => self.at_desk(known, deed),
        }
    }

    fn reply(
        &self,
        known: &mut Known,
        no: usize,
        conversation: ConversationId,
        content: Content,
        reply_to: Option<Seq>,
    ) -> Result<Vec<Fact>> {
        let tag: [u8; 8] =
            Dice::new(self.seed ^ 0x7a6, (self.chat as u64) << 16 | no as u64).bytes();
        let wished = Reply {
            conversation,
            content,
            file: None,
            reply_to,
            tag: data_encoding::HEXLOWER.encode(&tag),
            seen: None,
        };
        let facts = articles::reply(self.now, wished)?;
        let place = facts
            .iter()
            .position(|fact| matches!(fact.event, Event::Article(ArticleEvent::Queued { .. })));
        if let (Some(place), Some(chat)) = (place, known.chats.get_mut(self.chat)) {
            chat.note(Some(no), Seq(self.now.next_seq().0 + place as u64));
        }
        Ok(facts)
    }

    fn call(&self, conversation: ConversationId, spoken: Spoken) -> Result<Vec<Fact>> {
        let (text, due_at) = spoken.promise;
        let spoken_ms = i64::try_from(spoken.duration_s * 1_000).unwrap_or(0);
        let wanted = calls::Wanted {
            answered: true,
            started_at: Some(self.now.at().plus_ms(-spoken_ms)),
            duration_s: Some(spoken.duration_s),
            note: Note {
                reason: spoken.reason,
                key_points: spoken.key_points,
                follow_ups: Vec::new(),
            },
            satisfaction: Some(spoken.satisfaction),
            promises: vec![commitments::Promise {
                text,
                owner: member(self.worker),
                due_at,
            }],
            direction: CallDirection::Out,
            ..calls::Wanted::default()
        };
        calls::log(self.now, Object::Conversation(conversation), wanted)
    }

    fn at_desk(&self, known: &mut Known, deed: Deed) -> Result<Vec<Fact>> {
        let (now, me) = (self.now, member(self.worker));
        let worker = WORKERS
            .get(self.worker)
            .ok_or_else(|| Error::fault("there is no such worker"))?;
        let origin = || Origin {
            address: format!("203.0.113.{}", 10 + self.worker),
            agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0".to_owned(),
        };
        if known.sessions.len() <= self.worker {
            known.sessions.resize(WORKERS.len(), None);
        }
        match deed {
            Deed::LogIn => {
                let mut dice = Dice::new(self.seed ^ 0x5e55, now.next_seq().0);
                let session = data_encoding::HEXLOWER.encode(&dice.bytes::<32>());
                if let Some(place) = known.sessions.get_mut(self.worker) {
                    *place = Some(session.clone());
                }
                sessions::log_in(now, me, session, origin())
            }
            Deed::LogInFails => {
                let reason = if members::get(now, me).is_ok_and(|member| member.active) {
                    "password"
                } else {
                    "deactivated"
                };
                sessions::fail(now, &worker.email(), reason, origin())
            }
            Deed::LogOut => match known.sessions.get_mut(self.worker).and_then(Option::take) {
                Some(session) => {
                    let mut facts = notifications::read(now, None)?;
                    facts.extend(sessions::log_out(now, &session)?);
                    Ok(facts)
                }
                None => Ok(Vec::new()),
            },
            Deed::Presence(to) => members::change_presence(now, me, to),
            Deed::Export(format, filter, rows) => {
                let digest: [u8; 32] = Dice::new(self.seed ^ 0xe4, now.next_seq().0).bytes();
                let digest = data_encoding::HEXLOWER.encode(&digest);
                Ok(audit::record_export(
                    format,
                    filter,
                    rows,
                    &digest,
                    now.next_seq().0,
                ))
            }
            Deed::Set(key, value) => settings::set(now, key, value),
            Deed::Hire(place) => {
                let Some(hired) = WORKERS.get(place) else {
                    return Ok(Vec::new());
                };
                members::add(
                    now,
                    hired.name,
                    &hired.email(),
                    hired.role,
                    Some(DIGEST.trim_ascii().to_owned()),
                )
            }
            Deed::Dismiss(place, reason) => members::deactivate(now, member(place), reason),
            Deed::Group(name, workers) => {
                let ids: Vec<MemberId> = workers.iter().map(|place| member(*place)).collect();
                match groups::list(now)?
                    .into_iter()
                    .find(|group| group.name == name)
                {
                    Some(group) => groups::set_members(now, group.id, &ids),
                    None => groups::add(now, name),
                }
            }
            Deed::Retain(kind, days) => retention::set(now, kind, Some(days)),
            Deed::Refused(wish) => members::record_refusal(now, Right::Audit, wish),
            _ => Err(Error::fault("a deed in a chat has no chat")),
        }
    }
}

/// Members are numbered as they join.
pub fn member(place: usize) -> MemberId {
    let joined = WORKERS.get(place).map_or(0, |worker| worker.days.0);
    let before = |other: usize| {
        WORKERS
            .get(other)
            .is_some_and(|other| other.days.0 < joined)
    };
    let earlier = (0..WORKERS.len()).filter(|other| before(*other)).count();
    let same = (0..place)
        .filter(|other| {
            WORKERS
                .get(*other)
                .is_some_and(|other| other.days.0 == joined)
        })
        .count();
    MemberId((earlier + same) as u64 + 1)
}

impl Known {
    /// Notes the numbers the desk gave: the n-th fact of a wish gets the next place plus n.
    pub fn learn(&mut self, now: &Now<'_>, chat: usize, no: Option<usize>, facts: &[Fact]) {
        if chat == DESK {
            return;
        }
        if self.chats.len() <= chat {
            self.chats.resize(chat + 1, KnownChat::default());
        }
        let Some(known) = self.chats.get_mut(chat) else {
            return;
        };
        for (place, fact) in facts.iter().enumerate() {
            match &fact.event {
                Event::Conversation(ConversationEvent::Started {
                    conversation,
                    contact,
                    ..
                }) => {
                    known.conversation = Some(*conversation);
                    known.contact = Some(*contact);
                }
                Event::Article(ArticleEvent::Received {
                    conversation,
                    contact,
                    ..
                }) => {
                    known.conversation = Some(*conversation);
                    known.contact = Some(*contact);
                    known.note(no, Seq(now.next_seq().0 + place as u64));
                }
                Event::Ticket(TicketEvent::Opened { ticket, .. }) => known.ticket = Some(*ticket),
                Event::Commitment(CommitmentEvent::Made { .. }) => {
                    known.promise = Some(Seq(now.next_seq().0 + place as u64));
                }
                _ => {} // not a name that is asked for later
            }
        }
    }

    fn chat(&self, chat: usize) -> Result<&KnownChat> {
        let missing = || Refusal::not_found(format!("chat {chat} has not begun"));
        self.chats.get(chat).ok_or_else(|| missing().into())
    }

    /// The article that message `no` of a chat became.
    pub fn article(&self, chat: usize, no: usize) -> Result<Seq> {
        let missing = || Refusal::not_found(format!("chat {chat} has no message {no}"));
        self.chat(chat)?
            .articles
            .get(no)
            .copied()
            .flatten()
            .ok_or_else(|| missing().into())
    }
}

impl KnownChat {
    fn note(&mut self, no: Option<usize>, article: Seq) {
        let Some(no) = no else { return };
        if self.articles.len() <= no {
            self.articles.resize(no + 1, None);
        }
        if let Some(place) = self.articles.get_mut(no) {
            *place = Some(article);
        }
    }
}
