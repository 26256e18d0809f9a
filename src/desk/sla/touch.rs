//! What a fact means for the clocks of a case, and whose turn it is afterwards. Every fact passes
//! here as it is applied, so that the turns are whole whether a policy is there or not.

use crate::domain::actor::Actor;
use crate::domain::conversation::{self, Owner};
use crate::domain::event::call::CallEvent;
use crate::domain::event::{ArticleEvent, ConversationEvent, Event, TicketEvent};
use crate::domain::id::{ArticleId, ConversationId, Object, TicketId};
use crate::domain::message::{CallDirection, CallOutcome};
use crate::domain::sla::{Input, Pauses, Turn};
use crate::domain::status::Named;
use crate::domain::ticket::{Category, Status};
use crate::error::Result;
use crate::ledger::{Now, Recorded, Writer};
use std::collections::BTreeSet;

/// Most tickets one conversation is followed into.
const TICKETS_MAX: u32 = 100;

/// What a fact means for clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// A conversation began.
    Started(ConversationId, Input),
    /// A ticket was opened, from a conversation or not.
    Opened(TicketId, Option<ConversationId>, Input),
    /// A conversation joined a ticket.
    Joined(TicketId, ConversationId),
    /// A ticket was merged: it counts no more, and its customer waits in the other one.
    Merged(TicketId, TicketId),
    /// That was undone.
    Unmerged(TicketId, TicketId),
    /// Something was said in a conversation: it counts there and in its tickets.
    Said(ConversationId, Input),
    /// Something happened to one case.
    Of(Object, Input),
}

/// What a fact by an actor means for clocks; none for most.
pub fn of(event: &Event, actor: &Actor) -> Option<Touch> {
    let bot = |owner: &Owner| matches!(owner, Owner::Bot);
    match event {
        Event::Conversation(event) => match event {
            ConversationEvent::Started {
                conversation,
                owner,
                ..
            } => {
                let opened = Input::Opened {
                    by_customer: false,
                    bot: bot(owner),
                };
                Some(Touch::Started(*conversation, opened))
            }
            ConversationEvent::OwnerChanged {
                conversation, to, ..
            } => Some(Touch::Of(
                Object::Conversation(*conversation),
                Input::Owned { bot: bot(to) },
            )),
            ConversationEvent::StatusChanged {
                conversation, to, ..
            } => Some(Touch::Of(Object::Conversation(*conversation), status(*to))),
            // Spam does not count; that it ended is part of the mark.
            ConversationEvent::SpamMarked { conversation, .. } => Some(Touch::Of(
                Object::Conversation(*conversation),
                Input::Voided,
            )),
            ConversationEvent::SpamCleared { conversation } => Some(Touch::Of(
                Object::Conversation(*conversation),
                Input::Restored,
            )),
            _ => None, // the group is a condition of policies, the rest moves no clock
        },
        Event::Ticket(event) => match event {
            TicketEvent::Opened {
                ticket,
                conversation,
                owner,
                ..
            } => {
                let opened = Input::Opened {
                    by_customer: false,
                    bot: bot(owner),
                };
                Some(Touch::Opened(*ticket, *conversation, opened))
            }
            TicketEvent::OwnerChanged { ticket, to, .. } => Some(Touch::Of(
                Object::Ticket(*ticket),
                Input::Owned { bot: bot(to) },
            )),
            TicketEvent::StatusChanged {
                ticket, to, named, ..
            } => Some(Touch::Of(
                Object::Ticket(*ticket),
                ticket_status(*to, named.as_ref()),
            )),
            TicketEvent::ConversationAttached {
                ticket,
                conversation,
                ..
            } => Some(Touch::Joined(*ticket, *conversation)),
            // It lives on in another, whose clocks count.
            TicketEvent::Merged { ticket, into } => Some(Touch::Merged(*ticket, *into)),
            TicketEvent::Unmerged { ticket, from } => Some(Touch::Unmerged(*ticket, *from)),
            _ => None, // conditions of policies, or nothing to clocks
        },
        Event::Article(event) => said(event, actor),
        Event::Call(event) => called(event, actor),
        _ => None, // nothing else happens to a case
    }
}

/// A customer speaks, or a person of ours does; the bot, rules and notices are no answer.
fn said(event: &ArticleEvent, actor: &Actor) -> Option<Touch> {
    match event {
        ArticleEvent::Received { conversation, .. } => {
            Some(Touch::Said(*conversation, Input::Heard))
        }
        // Written by somebody of ours on the phone that shares the number.
        ArticleEvent::Echoed { conversation, .. } => {
            Some(Touch::Said(*conversation, Input::Answered))
        }
        ArticleEvent::Queued { conversation, .. } | ArticleEvent::Requeued { conversation, .. } => {
            let person = matches!(actor, Actor::Member { .. });
            person.then_some(Touch::Said(*conversation, Input::Answered))
        }
        _ => None, // what becomes of it is looked at apart
    }
}

/// A customer who rings speaks; whoever takes the call, or reaches them, answers.
fn called(event: &CallEvent, actor: &Actor) -> Option<Touch> {
    match event {
        CallEvent::Rang {
            conversation,
            direction: CallDirection::In,
            ..
        } => Some(Touch::Said(*conversation, Input::Heard)),
        CallEvent::Answered { conversation, .. } => {
            Some(Touch::Said(*conversation, Input::Answered))
        }
        CallEvent::Logged {
            object,
            direction,
            outcome,
            locked: false,
            ..
        } => {
            let spoke = *outcome == CallOutcome::Answered && matches!(actor, Actor::Member { .. });
            let input = match direction {
                _ if spoke => Input::Answered,
                CallDirection::In => Input::Heard,
                CallDirection::Out => return None, // they were not reached
            };
            Some(match object {
                Object::Conversation(id) => Touch::Said(*id, input),
                other => Touch::Of(*other, input), // a ticket that began with a call
            })
        }
        CallEvent::Rang { .. }
        | CallEvent::Logged { .. }
        | CallEvent::Ended { .. }
        | CallEvent::StepKept { .. }
        | CallEvent::Noted { .. } => None,
    }
}

fn status(to: conversation::Status) -> Input {
    use conversation::Status;
    Input::Status {
        finished: to == Status::Closed,
        pauses: match to {
            Status::Waiting => Pauses::waiting(),
            Status::New | Status::Open | Status::Closed => Pauses::default(),
        },
    }
}

/// Finished by its category; what stands still, as the definition pinned in the fact has it.
fn ticket_status(to: Status, named: Option<&Named>) -> Input {
    let category = to.category();
    Input::Status {
        finished: matches!(category, Category::Done | Category::Final),
        pauses: match (named, category) {
            (Some(named), _) => named.paused(),
            (None, Category::Waiting) => Pauses::waiting(),
            (None, Category::New | Category::Open | Category::Done | Category::Final) => {
                Pauses::default()
            }
        },
    }
}

// Apply

/// Notes whose turn it is after a fact, where that changed.
pub fn note(write: &Writer<'_>, recorded: &Recorded<'_>) -> Result<()> {
    match of(recorded.event, recorded.actor) {
        None => lost(write, recorded),
        Some(Touch::Started(id, input)) => put(
            write,
            recorded,
            Object::Conversation(id),
            Turn::default().after(input),
        ),
        Some(Touch::Opened(id, source, input)) => {
            let source = source.map(Object::Conversation);
            let context = source.map_or(Ok(None), |source| latest(write, source))?;
            let mut turn = Turn::default().after(input);
            join(&mut turn, context.unwrap_or_default());
            put(write, recorded, Object::Ticket(id), turn)
        }
        Some(Touch::Joined(id, source)) => {
            let object = Object::Ticket(id);
            let context = latest(write, Object::Conversation(source))?.unwrap_or_default();
            gather(write, recorded, object, context)
        }
        Some(Touch::Merged(id, into)) => {
            step(write, recorded, Object::Ticket(id), Input::Voided)?;
            let object = Object::Ticket(root_of(write, into)?);
            let context = latest(write, Object::Ticket(id))?.unwrap_or_default();
            gather(write, recorded, object, context)
        }
        Some(Touch::Unmerged(id, from)) => {
            step(write, recorded, Object::Ticket(id), Input::Restored)?;
            let root = root_of(write, from)?;
            if waits_still(write, root)? {
                return Ok(());
            }
            step(write, recorded, Object::Ticket(root), Input::Relieved)
        }
        Some(Touch::Said(id, input)) => {
            step(write, recorded, Object::Conversation(id), input)?;
            for ticket in belongs_to(write, id)? {
                step(write, recorded, Object::Ticket(ticket), input)?;
            }
            Ok(())
        }
        Some(Touch::Of(object, input)) => step(write, recorded, object, input),
    }
}

/// An answer did not arrive: unless another one did, the customer waits as before it.
fn lost(write: &Writer<'_>, recorded: &Recorded<'_>) -> Result<()> {
    let (article, conversation) = match recorded.event {
        Event::Article(
            ArticleEvent::Failed {
                article,
                conversation,
                ..
            }
            | ArticleEvent::Reported {
                article: Some(article),
                conversation: Some(conversation),
                ..
            },
        ) if super::recount::is_failure(recorded.event) => (*article, *conversation),
        _ => return Ok(()), // nothing else takes an answer back
    };
    let answers: Option<i64> = write.find(
        "SELECT 1 AS yes FROM article
          WHERE seq = :seq AND direction = 'out' AND author_kind = 'member'",
        &[(":seq", &article)],
        |row| row.get("yes"),
    )?;
    if answers.is_none()
        || answered_since(write, conversation, article)?
        || called_since(write, Some(conversation), None, article)?
    {
        return Ok(());
    }
    let tickets = belongs_to(write, conversation)?;
    let objects = std::iter::once(Object::Conversation(conversation))
        .chain(tickets.into_iter().map(Object::Ticket));
    for object in objects {
        let Some(present) = latest(write, object)? else {
            continue;
        };
        let on_the_phone = match object {
            Object::Ticket(id) => called_since(write, None, Some(id), article)?,
            _ => false, // looked at already
        };
        if on_the_phone {
            continue;
        }
        let before: Option<Turn> = write.find(
            "SELECT turn FROM sla_turn WHERE object = :object AND seq < :seq
              ORDER BY seq DESC LIMIT 1",
            &[(":object", &object), (":seq", &article)],
            |row| Ok(Turn::of_bits(row.get("turn")?)),
        )?;
        let before = before.unwrap_or_default();
        let mut turn = present;
        turn.answered = before.answered;
        turn.asked |= before.asked && !present.finished && !present.bot && !present.void;
        if turn != present {
            put(write, recorded, object, turn)?;
        }
    }
    Ok(())
}

/// Whether somebody of ours wrote to the customer after an article, here or on the phone that
/// shares the number: what came from there has the payload it came in.
fn answered_since(
    write: &Writer<'_>,
    conversation: ConversationId,
    article: ArticleId,
) -> Result<bool> {
    let found: Option<i64> = write.find(
        "SELECT 1 AS yes FROM article LEFT JOIN delivery ON delivery.article = article.seq
          WHERE conversation = :conversation AND article.seq > :seq AND direction = 'out'
            AND kind <> 'call' AND coalesce(delivery.state, '') <> 'failed'
            AND (author_kind = 'member' OR (author_kind = 'system' AND payload IS NOT NULL))
          LIMIT 1",
        &[(":conversation", &conversation), (":seq", &article)],
        |row| row.get("yes"),
    )?;
    Ok(found.is_some())
}

/// Whether somebody of ours spoke with the customer on the phone after an article; a call that was
/// written down by hand counts where a member did.
fn called_since(
    write: &Writer<'_>,
    conversation: Option<ConversationId>,
    ticket: Option<TicketId>,
    article: ArticleId,
) -> Result<bool> {
    let found: Option<i64> = write.find(
        "SELECT 1 AS yes FROM call
          WHERE (conversation = :conversation OR ticket = :ticket) AND answered > :seq
            AND (channel IS NOT NULL OR member IS NOT NULL) LIMIT 1",
        &[
            (":conversation", &conversation),
            (":ticket", &ticket),
            (":seq", &article),
        ],
        |row| row.get("yes"),
    )?;
    Ok(found.is_some())
}

/// A turn joins the one an object has; nothing is written where that changes nothing.
fn gather(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    object: Object,
    context: Turn,
) -> Result<()> {
    let before = latest(write, object)?.unwrap_or_default();
    let mut turn = before;
    join(&mut turn, context);
    if turn == before {
        return Ok(());
    }
    put(write, recorded, object, turn)
}

/// A conversation's customer waits in its ticket too.
fn join(turn: &mut Turn, context: Turn) {
    turn.heard |= context.heard;
    turn.answered |= context.answered;
    turn.asked |= context.asked && !turn.bot && !turn.finished;
}

fn step(write: &Writer<'_>, recorded: &Recorded<'_>, object: Object, input: Input) -> Result<()> {
    let before = latest(write, object)?.unwrap_or_default();
    let turn = before.after(input);
    if turn == before {
        return Ok(());
    }
    put(write, recorded, object, turn)
}

fn put(write: &Writer<'_>, recorded: &Recorded<'_>, object: Object, turn: Turn) -> Result<()> {
    write.run(
        "INSERT INTO sla_turn (object, seq, turn) VALUES (:object, :seq, :turn)
         ON CONFLICT (object, seq) DO UPDATE SET turn = excluded.turn",
        &[
            (":object", &object),
            (":seq", &recorded.seq),
            (":turn", &turn.bits()),
        ],
    )?;
    Ok(())
}

fn latest(write: &Writer<'_>, object: Object) -> Result<Option<Turn>> {
    write.find(
        "SELECT turn FROM sla_turn WHERE object = :object ORDER BY seq DESC LIMIT 1",
        &[(":object", &object)],
        |row| Ok(Turn::of_bits(row.get("turn")?)),
    )
}

fn belongs_to(write: &Writer<'_>, id: ConversationId) -> Result<Vec<TicketId>> {
    let mut tickets: Vec<TicketId> = Vec::new();
    while let Some(ticket) = next_ticket(write, id, tickets.last().map_or(0, |last| last.0))? {
        tickets.push(ticket);
        if tickets.len() >= TICKETS_MAX as usize {
            break;
        }
    }
    Ok(tickets)
}

fn next_ticket(write: &Writer<'_>, id: ConversationId, after: u64) -> Result<Option<TicketId>> {
    write
        .find(
            "SELECT min(ticket) AS ticket FROM (
             SELECT min(ticket) AS ticket FROM ticket_conversation
              WHERE conversation = :id AND ticket > :after
             UNION ALL
             SELECT min(root) FROM ticket_conversation JOIN ticket_merge USING (ticket)
              WHERE conversation = :id AND root > :after)",
            &[(":id", &id), (":after", &after)],
            |row| row.get("ticket"),
        )
        .map(Option::flatten)
}

fn root_of(write: &Writer<'_>, id: TicketId) -> Result<TicketId> {
    let sql = "SELECT root FROM ticket_merge WHERE ticket = :id";
    let root = write.find(sql, &[(":id", &id)], |row| row.get("root"))?;
    Ok(root.unwrap_or(id))
}

/// Whether the customer waits in one of the conversations a ticket still has, or it has none and
/// waits by itself.
fn waits_still(write: &Writer<'_>, id: TicketId) -> Result<bool> {
    let mut any = false;
    let mut after = 0;
    loop {
        let next: Option<ConversationId> = write.find(
            "SELECT conversation FROM ticket_conversation
              WHERE ticket IN (SELECT :id UNION SELECT ticket FROM ticket_merge WHERE root = :id)
                AND conversation > :after
              ORDER BY conversation LIMIT 1",
            &[(":id", &id), (":after", &after)],
            |row| row.get("conversation"),
        )?;
        let Some(next) = next else {
            return Ok(!any);
        };
        let turn = latest(write, Object::Conversation(next))?.unwrap_or_default();
        if turn.asked {
            return Ok(true);
        }
        (any, after) = (true, next.0);
    }
}

// Ask

/// Whose turn it was in a case before an event.
pub fn before(now: &Now<'_>, object: Object, seq: u64) -> Result<Turn> {
    let turn = now.maybe(
        "SELECT turn FROM sla_turn WHERE object = :object AND seq < :seq
          ORDER BY seq DESC LIMIT 1",
        &[(":object", &object), (":seq", &seq)],
        |row| Ok(Turn::of_bits(row.get("turn")?)),
    )?;
    Ok(turn.unwrap_or_default())
}

/// The tickets a conversation belongs to, and those in which merged ones among them live on.
pub fn tickets_of(now: &Now<'_>, id: ConversationId) -> Result<Vec<TicketId>> {
    let mut tickets = BTreeSet::new();
    now.each(
        "SELECT held.ticket, root FROM ticket_conversation AS held
           LEFT JOIN ticket_merge ON ticket_merge.ticket = held.ticket
          WHERE conversation = :id ORDER BY held.ticket LIMIT :limit",
        &[(":id", &id), (":limit", &TICKETS_MAX)],
        |row| {
            tickets.insert(row.get("ticket")?);
            tickets.extend(row.get::<Option<TicketId>>("root")?);
            Ok(())
        },
    )?;
    Ok(tickets.into_iter().take(TICKETS_MAX as usize).collect())
}
