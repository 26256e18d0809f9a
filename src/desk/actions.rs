//! Actions done to one conversation or ticket: the engine under macros, rules and bulk wishes.
//! Each action is the wish a member would make by hand, with the same refusals.

mod text;

pub use text::filled;

use super::articles::{self, Reply};
use super::conversations::{self, Conversation};
use super::labels;
use super::spam::{self, Sender};
use super::tickets::{self, Ticket};
use super::{fields, groups, members, notifications, statuses, webhooks};
use crate::domain::action::{Actions, Assignee, Notice};
use crate::domain::conversation::{Status, Summary};
use crate::domain::event::{Cause, ConversationEvent, Event, Fact};
use crate::domain::id::{ContactId, Object};
use crate::domain::label::{List, name_of};
use crate::domain::member::Right;
use crate::domain::message::Content;
use crate::domain::moment::HOUR_MS;
use crate::domain::{ticket, variable};
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use std::collections::BTreeMap;

/// The longest text of an action. **Unit:** characters.
pub const TEXT_MAX: usize = 4_000;

/// What actions are done to.
#[derive(Debug, Clone)]
pub struct Target {
    /// What was chosen.
    pub object: Object,
    /// The conversation: itself, or the newest open one of the ticket.
    pub conversation: Option<Conversation>,
    /// The ticket: itself, or the newest of the conversation that is not over.
    pub ticket: Option<Ticket>,
}

/// One action and what came of it.
pub struct Step {
    /// Its kind, as [`Actions::kinds`] says.
    pub kind: &'static str,
    /// Its facts; none if it was so already.
    pub came: Result<Vec<Fact>>,
}

impl Target {
    /// What actions on an object are done to.
    ///
    /// **Refuses:** objects that are neither conversation nor ticket.
    pub fn of(now: &Now<'_>, object: Object) -> Result<Self> {
        match object {
            Object::Conversation(id) => {
                let present = conversations::get(now, id)?;
                let mut ticket = None;
                for id in present.tickets.iter().rev() {
                    let found = tickets::get(now, *id)?;
                    if found.status.category() != ticket::Category::Final {
                        ticket = Some(found);
                        break;
                    }
                }
                Ok(Target {
                    object,
                    conversation: Some(present),
                    ticket,
                })
            }
            Object::Ticket(id) => {
                let present = tickets::get(now, id)?;
                let mut conversation = None;
                for (id, _) in present.conversations.iter().rev() {
                    let found = conversations::get(now, *id)?;
                    if found.status != Status::Closed {
                        conversation = Some(found);
                        break;
                    }
                }
                Ok(Target {
                    object,
                    conversation,
                    ticket: Some(present),
                })
            }
            Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
                Err(Refusal::invalid(format!("nothing can be done so to {object}")).into())
            }
        }
    }

    /// The customer.
    pub fn contact(&self) -> Option<ContactId> {
        let talk = self.conversation.as_ref().map(|talk| talk.contact);
        talk.or(self.ticket.as_ref().and_then(|ticket| ticket.contact))
    }

    fn ticket(&self) -> Result<&Ticket> {
        self.ticket
            .as_ref()
            .ok_or_else(|| Refusal::conflict(format!("{} has no open ticket", self.object)).into())
    }

    fn conversation(&self) -> Result<&Conversation> {
        self.conversation.as_ref().ok_or_else(|| {
            Refusal::conflict(format!("{} has no open conversation", self.object)).into()
        })
    }
}

/// Refuses actions that name what does not exist or is not offered any more, or whose texts name
/// unknown variables. The field it refuses is the action's.
pub fn check(now: &Now<'_>, actions: &Actions) -> Result<()> {
    for tag in actions.add_tags.iter().chain(&actions.remove_tags) {
        let known = labels::find(now, List::Tag, &name_of(tag))?;
        let text = match known {
            Some(label) if !label.retired => continue,
            Some(_) => format!("the tag {tag} is retired"),
            None => format!("there is no tag {tag}; add it to the list of tags first"),
        };
        return Err(Refusal::invalid(text).at("tags").into());
    }
    if let Some(kind) = &actions.kind {
        labels::demand(now, List::Type, kind)?;
    }
    if let Some(group) = actions.group {
        groups::name(now, group).map_err(|_| {
            Error::from(Refusal::invalid(format!("there is no group {group}")).at("group"))
        })?;
    }
    if let Some(Assignee::Member { id }) = actions.assign {
        let known = members::list(now)?.into_iter().find(|known| known.id == id);
        let works = |known: &members::Member| known.active && known.role.has(Right::Work);
        if !known.as_ref().is_some_and(works) {
            let name = known.map_or_else(|| id.to_string(), |known| known.name);
            let text = format!("{name} cannot own work any more");
            return Err(Refusal::invalid(text).at("assign").into());
        }
    }
    if let Some(raised) = &actions.escalate
        && (raised.level > 3 || raised.reason.trim().is_empty())
    {
        let text = "an escalation has a level from 0 to 3 and a reason";
        return Err(Refusal::invalid(text).at("escalate").into());
    }
    if let Some(status) = &actions.status {
        let status: Status = status
            .parse()
            .map_err(|error: String| Refusal::invalid(error).at("status"))?;
        if status == Status::New {
            let text = "a conversation does not become new again";
            return Err(Refusal::invalid(text).at("status").into());
        }
    }
    if actions.status.as_deref() == Some("closed") && actions.snooze_h.is_some() {
        let text = "what is closed is not snoozed: choose one of both";
        return Err(Refusal::invalid(text).at("snooze_h").into());
    }
    if actions.spam.is_some() && (actions.status.is_some() || actions.snooze_h.is_some()) {
        let text = "spam has no status and is not snoozed: choose one of both";
        return Err(Refusal::invalid(text).at("spam").into());
    }
    if let Some(status) = &actions.ticket_status {
        statuses::offered(now, status).map_err(|error| at(error, "ticket_status"))?;
    }
    for (name, text) in &actions.fields {
        let known = fields::find(now, name)?.filter(|field| !field.retired);
        let Some(known) = known else {
            let text = format!("there is no field {name}");
            return Err(Refusal::invalid(text).at("fields").into());
        };
        known
            .definition
            .read(text)
            .map_err(|error| Refusal::invalid(error).at("fields"))?;
    }
    if let Some(hook) = actions.webhook {
        webhooks::demand(now, hook)?;
    }
    if let Some(Notice { to, .. }) = &actions.notify {
        notifications::demand(now, *to)?;
    }
    let fields = text::own_fields(now)?;
    let reply = actions.reply.values().map(|text| ("reply", text));
    let note = actions.note.iter().map(|text| ("note", text));
    let told = actions.notify.iter().map(|told| ("notify", &told.text));
    for (field, text) in reply.chain(note).chain(told) {
        if text.trim().is_empty() || text.chars().count() > TEXT_MAX {
            let text = format!("a text has 1 to {TEXT_MAX} characters");
            return Err(Refusal::invalid(text).at(field).into());
        }
        variable::check(text, &fields).map_err(|error| Refusal::invalid(error).at(field))?;
    }
    if actions
        .snooze_h
        .is_some_and(|hours| !(1..=8_760).contains(&hours))
    {
        let text = "snooze for 1 to 8760 hours";
        return Err(Refusal::invalid(text).at("snooze_h").into());
    }
    Ok(())
}

/// Does the actions to one target. `why` is the reason told where the desk asks for one, `language`
/// the one the customer is written to in.
pub fn perform(
    now: &Now<'_>,
    target: &Target,
    actions: &Actions,
    why: &str,
    language: &str,
) -> Vec<Step> {
    let steps = actions.kinds().into_iter();
    steps
        .map(|kind| Step {
            kind,
            came: step(now, target, actions, kind, why, language),
        })
        .collect()
}

fn step(
    now: &Now<'_>,
    target: &Target,
    actions: &Actions,
    kind: &str,
    why: &str,
    language: &str,
) -> Result<Vec<Fact>> {
    match kind {
        "tags" => tags(now, target, actions),
        "priority" | "type" => fields(now, target, actions, kind),
        "group" => group(now, target, actions),
        "assign" => assign(now, target, actions.assign, why),
        "escalate" => escalate(now, target, actions),
        "note" => {
            let words = actions.note.as_deref().unwrap_or_default();
            articles::note(now, target.object, &filled(now, target, words)?)
        }
        "reply" => reply(now, target, actions, language),
        "status" => status(now, target, actions),
        "ticket status" => ticket_status(now, target, actions),
        "own fields" => tickets::fill(now, target.ticket()?.id, &actions.fields),
        "notify" => match &actions.notify {
            Some(notice) => {
                let text = filled(now, target, &notice.text)?;
                Ok(notifications::ask(target.object, notice.to, &text))
            }
            None => Ok(Vec::new()),
        },
        "webhook" => match actions.webhook {
            Some(hook) => webhooks::ask(now, hook, target.object),
            None => Ok(Vec::new()),
        },
        "snooze" => {
            let hours = i64::from(actions.snooze_h.unwrap_or(1));
            let until = now.at().plus_ms(hours * HOUR_MS);
            conversations::snooze(now, target.conversation()?.id, Some(until))
        }
        "spam" => {
            if !matches!(target.object, Object::Conversation(_)) {
                return Err(Refusal::conflict("only conversations are marked as spam").into());
            }
            let talk = target.conversation()?;
            match (actions.spam, spam::is(now, talk.id)?) {
                (Some(true), false) => spam::mark(now, talk.id, Sender::Free),
                (Some(false), true) => spam::clear(now, talk.id),
                (Some(_) | None, _) => Ok(Vec::new()), // it is so already
            }
        }
        other => Err(Error::fault(format!("there is no action {other}"))),
    }
}

fn tags(now: &Now<'_>, target: &Target, actions: &Actions) -> Result<Vec<Fact>> {
    let joined = |present: &[String]| {
        let gone: Vec<String> = actions.remove_tags.iter().map(|tag| name_of(tag)).collect();
        let mut kept: Vec<String> = present
            .iter()
            .filter(|tag| !gone.contains(tag))
            .cloned()
            .collect();
        kept.extend(actions.add_tags.iter().cloned());
        kept.join(",")
    };
    match (target.object, &target.conversation, &target.ticket) {
        (Object::Ticket(id), _, Some(ticket)) => tickets::tag(now, id, &joined(&ticket.tags)),
        (_, Some(talk), _) => conversations::tag(now, talk.id, &joined(&talk.tags)),
        (_, None, _) => Ok(Vec::new()), // a target has what it is of
    }
}

fn fields(now: &Now<'_>, target: &Target, actions: &Actions, which: &str) -> Result<Vec<Fact>> {
    let known = target.ticket()?;
    let (mut priority, mut kind) = (known.priority, known.kind.clone());
    if which == "priority" {
        priority = actions.priority.unwrap_or(priority);
    } else if let Some(wanted) = &actions.kind {
        kind.clone_from(wanted);
    }
    tickets::change_fields(now, known.id, priority, &kind, known.group)
}

fn group(now: &Now<'_>, target: &Target, actions: &Actions) -> Result<Vec<Fact>> {
    match (target.object, &target.ticket) {
        (Object::Ticket(id), Some(known)) => {
            let kind = known.kind.clone();
            tickets::change_fields(now, id, known.priority, &kind, actions.group)
        }
        _ => conversations::change_group(now, target.conversation()?.id, actions.group),
    }
}

fn assign(now: &Now<'_>, target: &Target, to: Option<Assignee>, why: &str) -> Result<Vec<Fact>> {
    let member = match to {
        None => return Ok(Vec::new()),
        Some(Assignee::Nobody) => None,
        Some(Assignee::Me) => conversations::myself(now)?.member(),
        Some(Assignee::Member { id }) => Some(id),
    };
    let mine = member.is_some() && member == now.who().member();
    match (target.object, &target.ticket) {
        (Object::Ticket(id), Some(ticket)) => match member {
            member if ticket.owner.member() == member => Ok(Vec::new()),
            None => tickets::release(now, id, why),
            Some(_) if mine => tickets::take(now, id, why),
            Some(member) => tickets::assign(now, id, member, why),
        },
        _ => {
            let talk = target.conversation()?;
            match member {
                Some(member) if talk.owner.member() == Some(member) => Ok(Vec::new()),
                None if talk.owner == crate::domain::conversation::Owner::Nobody => Ok(Vec::new()),
                None => conversations::release(now, talk.id, why),
                Some(_) if mine => conversations::take(now, talk.id, why),
                Some(member) => conversations::assign(now, talk.id, member, why),
            }
        }
    }
}

fn escalate(now: &Now<'_>, target: &Target, actions: &Actions) -> Result<Vec<Fact>> {
    let Some(raised) = &actions.escalate else {
        return Ok(Vec::new());
    };
    let (level, reason) = (raised.level, raised.reason.as_str());
    match (target.object, &target.ticket) {
        (Object::Ticket(_), Some(ticket)) if ticket.level == level => Ok(Vec::new()),
        (Object::Ticket(id), _) => tickets::escalate(now, id, level, reason),
        _ => match target.conversation()? {
            talk if talk.level == level => Ok(Vec::new()),
            talk => conversations::escalate(now, talk.id, level, reason),
        },
    }
}

/// The text in the wanted language, else in the usual one, else in the first there is.
pub fn in_language<'a>(actions: &'a Actions, language: &str) -> Option<&'a str> {
    let texts = &actions.reply;
    let found = texts.get(language).or_else(|| texts.get(""));
    found.or_else(|| texts.values().next()).map(String::as_str)
}

fn reply(now: &Now<'_>, target: &Target, actions: &Actions, language: &str) -> Result<Vec<Fact>> {
    let Some(words) = in_language(actions, language) else {
        return Ok(Vec::new());
    };
    let text = filled(now, target, words)?;
    if text.chars().count() > TEXT_MAX {
        let text = format!("the text is longer than {TEXT_MAX} characters once it is filled in");
        return Err(Refusal::invalid(text).at("reply").into());
    }
    let wished = Reply {
        conversation: target.conversation()?.id,
        content: Content::text(&text),
        file: None,
        reply_to: None,
        // The place is taken by this wish's facts alone, and known to nobody before.
        tag: format!("act-{}", now.next_seq()),
        seen: None,
    };
    let mut facts = articles::reply(now, wished)?;
    // What another action of the same wish decides is left to it.
    facts.retain(|fact| match &fact.event {
        Event::Conversation(ConversationEvent::OwnerChanged { .. }) => actions.assign.is_none(),
        Event::Conversation(ConversationEvent::StatusChanged { .. }) => actions.status.is_none(),
        Event::Conversation(ConversationEvent::Snoozed { .. }) => actions.snooze_h.is_none(),
        _ => true, // the message itself
    });
    let said = facts
        .iter()
        .position(|fact| matches!(fact.event, Event::Article(_)));
    for fact in &mut facts {
        if let (Some(Cause::Earlier(_)), Some(said)) = (fact.cause, said) {
            fact.cause = Some(Cause::Earlier(said));
        }
    }
    Ok(facts)
}

fn status(now: &Now<'_>, target: &Target, actions: &Actions) -> Result<Vec<Fact>> {
    let talk = target.conversation()?;
    let wanted = actions.status.as_deref().unwrap_or_default();
    let wanted: Status = wanted
        .parse()
        .map_err(|error: String| Refusal::invalid(error).at("status"))?;
    if talk.status == wanted {
        return Ok(Vec::new());
    }
    if wanted != Status::Closed {
        return conversations::change_status(now, talk.id, wanted);
    }
    let outcome = actions.outcome.clone().unwrap_or_default();
    let mut summary = talk.summary.clone().unwrap_or_else(|| Summary {
        issue: outcome.clone(),
        ..Summary::default()
    });
    if !outcome.is_empty() {
        summary.outcome = outcome;
    }
    conversations::close(now, talk.id, summary)
}

fn ticket_status(now: &Now<'_>, target: &Target, actions: &Actions) -> Result<Vec<Fact>> {
    let known = target.ticket()?;
    let wanted = actions.ticket_status.as_deref().unwrap_or_default();
    let wanted = statuses::offered(now, wanted).map_err(|error| at(error, "ticket_status"))?;
    if known.named == wanted.name {
        return Ok(Vec::new());
    }
    let note = match statuses::takes_note(&wanted.definition) {
        true => actions.outcome.as_deref().unwrap_or_default(),
        false => "",
    };
    // Rules go on where a field could not be written: the status does not count on it then.
    let filled = match tickets::fill(now, known.id, &actions.fields) {
        Ok(_) => &actions.fields,
        Err(Error::Refusal(_)) => &BTreeMap::new(),
        Err(fault) => return Err(fault),
    };
    tickets::enter_filled(now, known.id, &wanted.name, None, note, filled)
}

fn at(error: Error, field: &'static str) -> Error {
    match error {
        Error::Refusal(refusal) => refusal.at(field).into(),
        fault @ Error::Fault(_) => fault,
    }
}

/// Adds the facts of a decision to those of a wish: what has no cause follows from `cause`.
pub fn join(all: &mut Vec<Fact>, facts: Vec<Fact>, cause: Cause) {
    let before = all.len();
    super::add(all, facts);
    for fact in all.iter_mut().skip(before) {
        fact.cause.get_or_insert(cause);
    }
}
