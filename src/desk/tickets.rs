//! Tickets: opened from a conversation with its context attached, or by hand; owned, waiting,
//! resolved, closed. A ticket's own notes are in `articles`.

pub mod joins;
pub mod list;
pub mod whole;

use super::contacts::{self, apply_view};
use super::conversations::{self, myself};
use super::members::{self, valid_reason};
use super::{along, fields, groups, labels, search, statuses};
use crate::domain::conversation::{Owner, Transfer};
use crate::domain::event::{Fact, SealedReason, SealedTitle, TicketEvent};
use crate::domain::id::{ContactId, ConversationId, GroupId, MemberId, Object, TicketId};
use crate::domain::label::List;
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::domain::ticket::{Priority, Status, Wait};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};
use std::collections::BTreeMap;

/// The number of the first ticket.
pub const FIRST: u64 = 1001;

/// A ticket as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Which.
    pub id: TicketId,
    /// Whose case.
    pub contact: Option<ContactId>,
    /// What it is about; none once erased.
    pub title: Option<String>,
    /// What kind of case.
    pub kind: String,
    /// How soon it matters.
    pub priority: Priority,
    /// Its status, as shipped.
    pub status: Status,
    /// The name of its status here.
    pub named: String,
    /// What that is called.
    pub label: String,
    /// Who is responsible.
    pub owner: Owner,
    /// Whose queue it is in.
    pub group: Option<GroupId>,
    /// How urgent it is; 0 = not escalated.
    pub level: u8,
    /// What is waited for.
    pub wait: Option<Wait>,
    /// How it was solved.
    pub resolution: Option<String>,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it changed last.
    pub changed_at: Moment,
    /// When it ended.
    pub closed_at: Option<Moment>,
    /// When the next target of its clocks falls due.
    pub due_at: Option<Moment>,
    /// Since when one of them is to be warned of.
    pub near_at: Option<Moment>,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// The conversations it and those merged into it took along, with the newest article then.
    pub conversations: Vec<(ConversationId, u64)>,
}

/// A ticket as it is to be opened.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The conversation it comes from.
    pub conversation: Option<ConversationId>,
    /// Whose case, if it comes from no conversation.
    pub contact: Option<ContactId>,
    /// What it is about.
    pub title: String,
    /// What kind of case.
    pub kind: String,
    /// How soon it matters.
    pub priority: Option<Priority>,
    /// Whose queue.
    pub group: Option<GroupId>,
}

// Decide

/// Opens a ticket; from a conversation it takes the articles so far along, and its owner.
///
/// **Refuses:** an empty or too long title, an unknown type.
pub fn open(now: &Now<'_>, wanted: Wanted) -> Result<Vec<Fact>> {
    let title = valid_title(&wanted.title)?;
    let kind = valid_kind(now, &wanted.kind)?;
    let source = wanted
        .conversation
        .map(|id| conversations::get(now, id))
        .transpose()?;
    let contact = source
        .as_ref()
        .map(|source| source.contact)
        .or(wanted.contact);
    if let Some(contact) = contact {
        contacts::get(now, contact)?;
    }
    if let Some(group) = wanted.group {
        groups::name(now, group)?;
    }
    let owner = match source.as_ref().map(|source| &source.owner) {
        Some(owner @ Owner::Member { .. }) => owner.clone(),
        Some(Owner::Bot | Owner::Nobody) | None => myself(now).unwrap_or(Owner::Nobody),
    };
    let ticket = now.value("SELECT coalesce(max(id), 1000) + 1 FROM ticket", &[])?;
    let opened = TicketEvent::Opened {
        ticket,
        contact,
        conversation: wanted.conversation,
        attached_to: source.as_ref().and_then(|source| source.last_article),
        kind,
        priority: wanted.priority.unwrap_or(Priority::Normal),
        owner,
        group: wanted
            .group
            .or(source.as_ref().and_then(|source| source.group)),
        sealed: SealedTitle { title: Some(title) },
    };
    Ok(vec![opened.into()])
}

/// Brings it to another of the shipped statuses.
///
/// **Refuses:** as for [`enter`].
pub fn change_status(
    now: &Now<'_>,
    id: TicketId,
    to: Status,
    wait: Option<Wait>,
    note: &str,
) -> Result<Vec<Fact>> {
    enter(now, id, to.as_str(), wait, note)
}

/// Brings it to another status, by its name.
///
/// **Refuses:** a step the flow does not have; what the status asks for and nobody said, such as a
/// courier without whom, reference and date, or resolving without a resolution note.
pub fn enter(
    now: &Now<'_>,
    id: TicketId,
    to: &str,
    wait: Option<Wait>,
    note: &str,
) -> Result<Vec<Fact>> {
    enter_filled(now, id, to, wait, note, &BTreeMap::new())
}

/// The same together with what is written into its own fields by the same wish, just before.
pub fn enter_filled(
    now: &Now<'_>,
    id: TicketId,
    to: &str,
    wait: Option<Wait>,
    note: &str,
    values: &BTreeMap<String, String>,
) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    demand_hold(now, &present)?;
    statuses::enter(now, &present, to, wait, note, values)
}

/// Writes into its own fields.
pub fn fill(now: &Now<'_>, id: TicketId, values: &BTreeMap<String, String>) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    demand_hold(now, &present)?;
    fields::fill(now, &present, values)
}

/// Makes the one who wishes responsible, and for its open conversations too.
pub fn take(now: &Now<'_>, id: TicketId, reason: &str) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    let me = myself(now)?;
    let how = match &present.owner {
        Owner::Member { id: holder, .. } if Some(*holder) == me.member() => {
            return Err(Refusal::conflict(format!("{id} is yours already")).into());
        }
        Owner::Member { name, .. } => {
            if members::demand(now, Right::Assign).is_err() {
                let text = format!("{id} is held by {name}; ask them to hand it over");
                return Err(Refusal::conflict(text).into());
            }
            valid_reason(reason)?;
            Transfer::TakenFrom
        }
        Owner::Nobody | Owner::Bot => Transfer::Taken,
    };
    along::ticket(now, &present, me, how, reason)
}

/// Makes another member responsible.
///
/// **Refuses:** as for conversations.
pub fn assign(now: &Now<'_>, id: TicketId, to: MemberId, reason: &str) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    let holder = members::get(now, to)?;
    if !holder.active || !holder.role.has(Right::Work) {
        let text = format!("{} cannot own tickets", holder.name);
        return Err(Refusal::conflict(text).at("to").into());
    }
    if present.owner.member() == Some(to) {
        return Err(
            Refusal::conflict(format!("{id} is with {name} already", name = holder.name)).into(),
        );
    }
    let mine = present.owner.member().is_some() && present.owner.member() == now.who().member();
    let how = if mine {
        Transfer::HandedOver
    } else {
        Transfer::Assigned
    };
    if present.owner.member().is_some() {
        valid_reason(reason)?;
        if !mine {
            members::demand(now, Right::Assign)?;
        }
    }
    along::ticket(
        now,
        &present,
        Owner::Member {
            id: to,
            name: holder.name,
        },
        how,
        reason,
    )
}

/// Puts it back into the queue, and its open conversations too.
///
/// **Refuses:** one nobody owns; without reason; what somebody else holds, without the right.
pub fn release(now: &Now<'_>, id: TicketId, reason: &str) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    if present.owner == Owner::Nobody {
        return Err(Refusal::conflict(format!("{id} is in the queue already")).into());
    }
    demand_hold(now, &present)?;
    valid_reason(reason)?;
    along::ticket(now, &present, Owner::Nobody, Transfer::Released, reason)
}

/// Gives it another title.
pub fn rename(now: &Now<'_>, id: TicketId, title: &str) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    demand_hold(now, &present)?;
    let title = valid_title(title)?;
    if present.title.as_deref() == Some(title.as_str()) {
        return Ok(Vec::new());
    }
    let sealed = SealedTitle { title: Some(title) };
    Ok(vec![TicketEvent::Renamed { ticket: id, sealed }.into()])
}

/// Changes priority, type and group; what is as it was gives no fact.
pub fn change_fields(
    now: &Now<'_>,
    id: TicketId,
    priority: Priority,
    kind: &str,
    group: Option<GroupId>,
) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    demand_hold(now, &present)?;
    let kind = match kind == present.kind {
        true => present.kind.clone(), // a retired one may stay
        false => valid_kind(now, kind)?,
    };
    let mut facts: Vec<Fact> = Vec::new();
    if present.priority != priority {
        let (from, to) = (present.priority, priority);
        facts.push(
            TicketEvent::PriorityChanged {
                ticket: id,
                from,
                to,
            }
            .into(),
        );
    }
    if present.kind != kind {
        let (from, to) = (present.kind.clone(), kind);
        facts.push(
            TicketEvent::TypeChanged {
                ticket: id,
                from,
                to,
            }
            .into(),
        );
    }
    if present.group != group {
        if let Some(group) = group {
            groups::name(now, group)?;
        }
        let (from, to) = (present.group, group);
        facts.push(
            TicketEvent::GroupChanged {
                ticket: id,
                from,
                to,
            }
            .into(),
        );
    }
    Ok(facts)
}

/// Gives it exactly these tags.
pub fn tag(now: &Now<'_>, id: TicketId, tags: &str) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    let (added, removed) = labels::tag_changes(now, &present.tags, tags)?;
    if added.is_empty() && removed.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![
        TicketEvent::Tagged {
            ticket: id,
            added,
            removed,
        }
        .into(),
    ])
}

/// Marks it as urgent, or no longer (level 0).
pub fn escalate(now: &Now<'_>, id: TicketId, to: u8, reason: &str) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    if to > 3 {
        return Err(Refusal::invalid("escalation levels are 0 to 3")
            .at("level")
            .into());
    }
    let reason = valid_reason(reason)?;
    if present.level == to {
        return Err(Refusal::conflict(format!("{id} is at level {to} already")).into());
    }
    let (from, sealed) = (
        present.level,
        SealedReason {
            reason: Some(reason),
        },
    );
    Ok(vec![
        TicketEvent::Escalated {
            ticket: id,
            from,
            to,
            sealed,
        }
        .into(),
    ])
}

/// Lets a further conversation join it.
///
/// **Refuses:** one that belongs to it already, or of another customer.
pub fn attach(now: &Now<'_>, id: TicketId, conversation: ConversationId) -> Result<Vec<Fact>> {
    let present = joins::standing(now, id)?;
    let joining = conversations::get(now, conversation)?;
    if present
        .conversations
        .iter()
        .any(|(known, _)| *known == conversation)
    {
        return Err(Refusal::conflict(format!("{conversation} belongs to {id} already")).into());
    }
    if present
        .contact
        .is_some_and(|contact| contact != joining.contact)
    {
        let text = format!("{conversation} is with another customer than {id}");
        return Err(Refusal::conflict(text).into());
    }
    let attached_to = joining.last_article.unwrap_or_default();
    Ok(vec![
        TicketEvent::ConversationAttached {
            ticket: id,
            conversation,
            attached_to,
        }
        .into(),
    ])
}

/// Records that the one who looks opened it.
pub fn view(now: &Now<'_>, id: TicketId) -> Result<Vec<Fact>> {
    get(now, id)?;
    contacts::record_view(
        now,
        Object::Ticket(id),
        TicketEvent::Viewed { ticket: id }.into(),
    )
}

fn demand_hold(now: &Now<'_>, present: &Ticket) -> Result<()> {
    match &present.owner {
        Owner::Member { id, name } if Some(*id) != now.who().member() => {
            if members::demand(now, Right::Assign).is_ok() {
                return Ok(());
            }
            Err(Refusal::conflict(format!("{id} is held by {name}", id = present.id)).into())
        }
        Owner::Member { .. } | Owner::Nobody | Owner::Bot => Ok(()),
    }
}

fn valid_title(title: &str) -> Result<String> {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() || title.chars().count() > 200 {
        return Err(Refusal::invalid("a title has 1 to 200 characters")
            .at("title")
            .into());
    }
    Ok(title)
}

fn valid_kind(now: &Now<'_>, kind: &str) -> Result<String> {
    let kind = if kind.is_empty() { "other" } else { kind };
    labels::demand(now, List::Type, kind)?;
    Ok(kind.to_owned())
}

// Apply

/// Applies a fact about a ticket.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &TicketEvent) -> Result<()> {
    let seq = &recorded.seq;
    let at = &recorded.at;
    match event {
        TicketEvent::Opened {
            ticket,
            contact,
            conversation,
            attached_to,
            kind,
            priority,
            owner,
            group,
            sealed,
        } => {
            write.run(
                "INSERT INTO ticket (id, contact, title, type, priority, status, category, named,
                     owner, \"group\", opened_at, changed_at, seq)
                 VALUES (:id, :contact, :title, :type, :priority, 'new', 'new', 'new', :owner,
                     :group, :at, :at, :seq)",
                &[
                    (":id", ticket),
                    (":contact", contact),
                    (":title", &sealed.title),
                    (":type", kind),
                    (":priority", &priority.as_str()),
                    (":owner", &owner.member()),
                    (":group", group),
                    (":at", at),
                    (":seq", seq),
                ],
            )?;
            if let Some(conversation) = conversation {
                let attached_to = attached_to.unwrap_or_default();
                apply_attached(write, recorded, *ticket, *conversation, attached_to.0)?;
            }
            index(write, recorded, *ticket, sealed.title.as_deref())?;
            return relate(write, *ticket);
        }
        TicketEvent::Renamed { ticket, sealed } => {
            write.run(
                "UPDATE ticket SET title = :title WHERE id = :id",
                &[(":title", &sealed.title), (":id", ticket)],
            )?;
            index(write, recorded, *ticket, sealed.title.as_deref())?;
        }
        TicketEvent::StatusChanged {
            ticket,
            to,
            restores,
            wait,
            named,
            sealed,
            ..
        } => {
            statuses::apply_named(write, *ticket, *to, named.as_ref())?;
            let closed_at = (*to == Status::Closed).then_some(*at);
            let resolution = sealed.reason.as_ref().filter(|_| *to == Status::Resolved);
            write.run(
                "UPDATE ticket SET status = :status, category = :category, closed_at = :closed_at,
                     waiting_for = :whom, reference = :reference, expected_on = :expected_on,
                     resolution = CASE WHEN :restores THEN :restored
                         ELSE coalesce(:resolution, resolution) END
                  WHERE id = :id",
                &[
                    (":status", &to.as_str()),
                    (":category", &to.category().as_str()),
                    (":closed_at", &closed_at),
                    (":whom", &wait.as_ref().map(|wait| &wait.whom)),
                    (":reference", &wait.as_ref().map(|wait| &wait.reference)),
                    (":expected_on", &wait.as_ref().map(|wait| &wait.expected_on)),
                    (":restores", restores),
                    (":restored", &sealed.reason),
                    (":resolution", &resolution),
                    (":id", ticket),
                ],
            )?;
        }
        TicketEvent::OwnerChanged {
            ticket, to, choice, ..
        } => {
            super::assignment::apply_choice(write, recorded, to, choice.as_deref())?;
            write.run(
                "UPDATE ticket SET owner = :owner WHERE id = :id",
                &[(":owner", &to.member()), (":id", ticket)],
            )?;
        }
        TicketEvent::PriorityChanged { ticket, to, .. } => {
            write.run(
                "UPDATE ticket SET priority = :priority WHERE id = :id",
                &[(":priority", &to.as_str()), (":id", ticket)],
            )?;
        }
        TicketEvent::TypeChanged { ticket, to, .. } => {
            write.run(
                "UPDATE ticket SET type = :type WHERE id = :id",
                &[(":type", to), (":id", ticket)],
            )?;
        }
        TicketEvent::GroupChanged { ticket, to, .. } => {
            write.run(
                "UPDATE ticket SET \"group\" = :group WHERE id = :id",
                &[(":group", to), (":id", ticket)],
            )?;
        }
        TicketEvent::Tagged {
            ticket,
            added,
            removed,
        } => {
            for tag in removed {
                write.run(
                    "DELETE FROM ticket_tag WHERE ticket = :id AND tag = :tag",
                    &[(":id", ticket), (":tag", tag)],
                )?;
            }
            labels::apply_used(write, recorded, added)?;
            for tag in added {
                write.run(
                    "INSERT OR IGNORE INTO ticket_tag (ticket, tag, seq) VALUES (:id, :tag, :seq)",
                    &[(":id", ticket), (":tag", tag), (":seq", seq)],
                )?;
            }
        }
        TicketEvent::Escalated { ticket, to, .. } => {
            write.run(
                "UPDATE ticket SET level = :level WHERE id = :id",
                &[(":level", to), (":id", ticket)],
            )?;
        }
        TicketEvent::ConversationAttached {
            ticket,
            conversation,
            attached_to,
        } => {
            apply_attached(write, recorded, *ticket, *conversation, attached_to.0)?;
        }
        TicketEvent::Merged { .. }
        | TicketEvent::Unmerged { .. }
        | TicketEvent::Split { .. }
        | TicketEvent::SplitUndone { .. }
        | TicketEvent::Linked { .. }
        | TicketEvent::Unlinked { .. } => return joins::apply(write, recorded, event),
        TicketEvent::Viewed { ticket } => {
            apply_view(write, recorded, Object::Ticket(*ticket))?;
            return relate(write, *ticket);
        }
    }
    let [Object::Ticket(ticket), ..] = event_objects(event)[..] else {
        return Ok(());
    };
    write.run(
        "UPDATE ticket SET changed_at = :at, seq = :seq WHERE id = :id",
        &[(":at", at), (":seq", seq), (":id", &ticket)],
    )?;
    relate(write, ticket)
}

fn event_objects(event: &TicketEvent) -> Vec<Object> {
    crate::domain::event::Event::Ticket(event.clone()).objects()
}

fn apply_attached(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    ticket: TicketId,
    conversation: ConversationId,
    attached_to: u64,
) -> Result<()> {
    write.run(
        "INSERT INTO ticket_conversation (ticket, conversation, attached_to, seq)
         VALUES (:ticket, :conversation, :attached_to, :seq)",
        &[
            (":ticket", &ticket),
            (":conversation", &conversation),
            (":attached_to", &attached_to),
            (":seq", &recorded.seq),
        ],
    )?;
    conversations::relate(write, conversation)
}

fn index(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    ticket: TicketId,
    title: Option<&str>,
) -> Result<()> {
    let Some(title) = title else { return Ok(()) };
    let text = format!("{ticket} {title}");
    search::index(
        write,
        recorded,
        "ticket",
        Object::Ticket(ticket),
        recorded.at,
        &text,
    )
}

/// Notes that the fact is also about the customer of a ticket.
pub fn relate(write: &Writer<'_>, ticket: TicketId) -> Result<()> {
    write.about(Object::Ticket(ticket));
    let contact: Option<Option<ContactId>> = write.find(
        "SELECT contact FROM ticket WHERE id = :id",
        &[(":id", &ticket)],
        |row| row.get("contact"),
    )?;
    contact
        .flatten()
        .map_or(Ok(()), |contact| contacts::merging::relate(write, contact))
}

// Ask

const COLUMNS: &str = "SELECT ticket.*, member.name AS owner_name, ticket_status.label,
        CASE WHEN ticket.owner IS NULL THEN 'nobody' ELSE 'member' END AS owner_kind
    FROM ticket LEFT JOIN member ON member.id = ticket.owner
         LEFT JOIN ticket_status ON ticket_status.name = ticket.named";

/// A ticket.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, id: TicketId) -> Result<Ticket> {
    let missing = || Refusal::not_found(format!("there is no ticket {id}"));
    let sql = format!("{COLUMNS} WHERE ticket.id = :id");
    let mut found = now.one(&sql, &[(":id", &id)], missing, read)?;
    found.tags = now.all(
        "SELECT tag FROM ticket_tag WHERE ticket = :id ORDER BY tag LIMIT 100",
        &[(":id", &id)],
        |row| row.get("tag"),
    )?;
    found.conversations = joins::conversations(now, id)?;
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Ticket> {
    let status: String = row.get("status")?;
    let priority: String = row.get("priority")?;
    let whom: Option<String> = row.get("waiting_for")?;
    let reference: Option<String> = row.get("reference")?;
    let expected_on: Option<String> = row.get("expected_on")?;
    let status: Status = status.parse().map_err(Error::fault)?;
    let label: Option<String> = row.get("label")?;
    Ok(Ticket {
        id: row.get("id")?,
        contact: row.get("contact")?,
        title: row.get("title")?,
        kind: row.get("type")?,
        priority: priority.parse().map_err(Error::fault)?,
        status,
        named: row.get("named")?,
        label: label.unwrap_or_else(|| status.words().to_owned()),
        owner: conversations::owner(row)?,
        group: row.get("group")?,
        level: row.get("level")?,
        wait: whom.map(|whom| Wait {
            whom,
            reference: reference.unwrap_or_default(),
            expected_on: expected_on.unwrap_or_default(),
        }),
        resolution: row.get("resolution")?,
        opened_at: row.get("opened_at")?,
        changed_at: row.get("changed_at")?,
        closed_at: row.get("closed_at")?,
        due_at: row.get("due_at")?,
        near_at: row.get("near_at")?,
        tags: Vec::new(),
        conversations: Vec::new(),
    })
}
