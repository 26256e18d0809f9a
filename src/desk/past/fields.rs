//! What a conversation, a ticket or a customer says, field by field.

use crate::desk::contacts::{self, merging};
use crate::desk::sla::line;
use crate::desk::{channels, conversations, groups, tickets};
use crate::domain::id::{ContactId, ConversationId, Object, TicketId};
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::ledger::Now;

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name in English.
    pub name: String,
    /// What it says.
    pub says: Says,
}

/// What a field says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// Nothing.
    Nothing,
    /// What somebody wrote, a name or a number.
    Text(String),
    /// A word of ours, in English.
    Word(String),
    /// An instant.
    At(Moment),
}

/// What a thing said.
///
/// **Refuses:** what was not there.
pub fn of(now: &Now<'_>, object: Object) -> Result<Vec<Field>> {
    match object {
        Object::Conversation(id) => conversation(now, id),
        Object::Ticket(id) => ticket(now, id),
        Object::Contact(id) => contact(now, id),
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            Err(Refusal::not_found(format!("{object} has no past of its own")).into())
        }
    }
}

fn text(name: &str, value: impl Into<String>) -> Field {
    let value = value.into();
    Field {
        name: name.to_owned(),
        says: match value.is_empty() {
            true => Says::Nothing,
            false => Says::Text(value),
        },
    }
}

fn word(name: &str, value: &str) -> Field {
    Field {
        name: name.to_owned(),
        says: Says::Word(value.to_owned()),
    }
}

fn at(name: &str, at: Option<Moment>) -> Field {
    Field {
        name: name.to_owned(),
        says: at.map_or(Says::Nothing, Says::At),
    }
}

fn some<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn names<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    all.join(", ")
}

fn conversation(now: &Now<'_>, id: ConversationId) -> Result<Vec<Field>> {
    let known = conversations::get(now, id)?;
    let contact = contacts::get(now, known.contact)?;
    let group = known.group.map(|group| groups::name(now, group));
    let summary = known.summary.unwrap_or_default();
    let mut fields = vec![
        text("Customer", format!("{} ({})", contact.title(), contact.id)),
        text("Channel", channels::get(now, known.channel)?.title),
        word("Status", known.status.words()),
        word("Owner", known.owner.words()),
        text("Group", group.transpose()?.unwrap_or_default()),
        text("Tags", names(known.tags)),
        text("Escalation level", known.level.to_string()),
        at("Snoozed until", known.snoozed_until),
        at("Began", Some(known.started_at)),
        at("Ended", known.closed_at),
        at("Last message", Some(known.last_at)),
        at("Waiting for an answer since", known.waiting_since),
        at("Free text may be sent until", known.window_until),
        text("Tickets", names(known.tickets)),
        text("Issue", summary.issue),
        text("Actions", summary.actions),
        text("Outcome", summary.outcome),
        text("Next step", summary.next_step),
    ];
    clocks(now, Object::Conversation(id), &mut fields)?;
    Ok(fields)
}

fn ticket(now: &Now<'_>, id: TicketId) -> Result<Vec<Field>> {
    let known = tickets::get(now, id)?;
    let group = known.group.map(|group| groups::name(now, group));
    let contact = known.contact.map(|contact| contacts::get(now, contact));
    let contact = contact.transpose()?;
    let wait = known.wait;
    let waits = |part: fn(&crate::domain::ticket::Wait) -> &String| {
        wait.as_ref().map(part).cloned().unwrap_or_default()
    };
    let mut fields = vec![
        text("Title", known.title.unwrap_or_default()),
        text(
            "Customer",
            contact.map_or_else(String::new, |contact| {
                format!("{} ({})", contact.title(), contact.id)
            }),
        ),
        word("Status", known.status.words()),
        word("Owner", known.owner.words()),
        text("Group", group.transpose()?.unwrap_or_default()),
        word("Priority", known.priority.as_str()),
        text("Type", known.kind),
        text("Tags", names(known.tags)),
        text("Escalation level", known.level.to_string()),
        text("Waiting for whom", waits(|wait| &wait.whom)),
        text("Reference", waits(|wait| &wait.reference)),
        text("Expected on", waits(|wait| &wait.expected_on)),
        text("Resolution", known.resolution.unwrap_or_default()),
        at("Opened", Some(known.opened_at)),
        at("Ended", known.closed_at),
        text(
            "Conversations",
            names(known.conversations.iter().map(|(id, _)| *id)),
        ),
    ];
    clocks(now, Object::Ticket(id), &mut fields)?;
    Ok(fields)
}

fn contact(now: &Now<'_>, id: ContactId) -> Result<Vec<Field>> {
    let known = contacts::get(now, id)?;
    let merged = merging::merged(now, id)?.map(|(_, root)| root);
    let mut fields = vec![
        text("Name", known.title()),
        at("Blocked since", known.blocked_at),
        text("The same person as", some(merged)),
    ];
    for (kind, value) in known.identities {
        fields.push(text(&format!("identity {kind}"), value));
    }
    for (field, value) in known.fields {
        fields.push(text(&format!("field {field}"), value));
    }
    let talks = conversations::of_contact(now, id, None, 200)?;
    let talks = talks.into_iter().map(|conversation| conversation.id);
    fields.push(text("Conversations", names(talks)));
    Ok(fields)
}

/// The clocks of a case, each with how it stood and how much it had counted.
fn clocks(now: &Now<'_>, object: Object, fields: &mut Vec<Field>) -> Result<()> {
    let Some(line) = line::of(now, object)? else {
        return Ok(());
    };
    fields.push(text(
        "Service level",
        format!("{}, version {}", line.policy, line.version),
    ));
    let mut clocks = line.clocks;
    clocks.sort_by_key(|clock| clock.started_at);
    for (n, clock) in clocks.into_iter().enumerate() {
        let counted_min = clock.counted_ms / 60_000;
        let target_min = clock.target_ms / 60_000;
        let state = clock.state.as_str();
        let missed = if clock.breach { ", missed" } else { "" };
        fields.push(text(
            &format!("Clock {}: {}", n + 1, clock.metric.words()),
            format!("{state}{missed}, {counted_min} of {target_min} min"),
        ));
    }
    Ok(())
}

/// A customer's name as it was.
pub fn name(now: &Now<'_>, contact: ContactId) -> Result<String> {
    Ok(contacts::get(now, contact)?.title())
}
