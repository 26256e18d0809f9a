//! Conversations: owned, handed over, escalated, tagged, closed, reopened. What comes in from
//! outside is decided in `intake`; the words exchanged are in `articles`.

use super::contacts::{self, apply_view};
use super::members::{self, valid_reason};
use super::{along, groups, labels, settings, spam};
use crate::domain::conversation::{Held, Owner, Status, Summary, Transfer};
use crate::domain::event::{Cause, ConversationEvent, Fact, SealedReason, SealedSummary};
use crate::domain::id::{
    ArticleId, ChannelId, ContactId, ConversationId, GroupId, MemberId, Object, TicketId,
};
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};

/// A conversation as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Which.
    pub id: ConversationId,
    /// With whom.
    pub contact: ContactId,
    /// On which channel.
    pub channel: ChannelId,
    /// The one before.
    pub previous: Option<ConversationId>,
    /// Its status.
    pub status: Status,
    /// Who is responsible.
    pub owner: Owner,
    /// Whose queue it is in.
    pub group: Option<GroupId>,
    /// How urgent it is; 0 = not escalated.
    pub level: u8,
    /// Put aside until then.
    pub snoozed_until: Option<Moment>,
    /// When it began.
    pub started_at: Moment,
    /// When it ended.
    pub closed_at: Option<Moment>,
    /// When something was said last.
    pub last_at: Moment,
    /// The newest article.
    pub last_article: Option<ArticleId>,
    /// Since when the customer waits for an answer.
    pub waiting_since: Option<Moment>,
    /// Until when free text may be sent.
    pub window_until: Option<Moment>,
    /// What the agent confirmed.
    pub summary: Option<Summary>,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// The tickets it belongs to.
    pub tickets: Vec<TicketId>,
}

// Decide

/// Makes the one who wishes responsible.
///
/// **Refuses:** what somebody else holds, unless the one who wishes may assign and says why.
pub fn take(now: &Now<'_>, id: ConversationId, reason: &str) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
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
    let mut facts = along::conversation(now, &present, me, how, reason)?;
    facts.extend(opened(&present, 0));
    Ok(facts)
}

/// Makes another member responsible.
///
/// **Refuses:** somebody who does not work here; an agent giving away what is not theirs; handing
/// over without a reason.
pub fn assign(now: &Now<'_>, id: ConversationId, to: MemberId, reason: &str) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    let holder = members::get(now, to)?;
    if !holder.active || !holder.role.has(Right::Work) {
        let text = format!("{} cannot own conversations", holder.name);
        return Err(Refusal::conflict(text).at("to").into());
    }
    if present.owner.member() == Some(to) {
        return Err(
            Refusal::conflict(format!("{id} is with {name} already", name = holder.name)).into(),
        );
    }
    let mine = present.owner.member().is_some() && present.owner.member() == now.who().member();
    let how = if mine {
        valid_reason(reason)?;
        Transfer::HandedOver
    } else {
        if present.owner.member().is_some() {
            members::demand(now, Right::Assign)?;
            valid_reason(reason)?;
        }
        Transfer::Assigned
    };
    let to = Owner::Member {
        id: to,
        name: holder.name,
    };
    along::conversation(now, &present, to, how, reason)
}

/// Puts it back into the queue.
///
/// **Refuses:** without reason; what somebody else holds, unless the one who wishes may assign.
pub fn release(now: &Now<'_>, id: ConversationId, reason: &str) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    if present.owner == Owner::Nobody {
        return Err(Refusal::conflict(format!("{id} is in the queue already")).into());
    }
    if present.owner.member() != now.who().member() {
        members::demand(now, Right::Assign)?;
    }
    valid_reason(reason)?;
    along::conversation(now, &present, Owner::Nobody, Transfer::Released, reason)
}

/// Moves it into another group's queue.
pub fn change_group(now: &Now<'_>, id: ConversationId, to: Option<GroupId>) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    if let Some(group) = to {
        groups::name(now, group)?;
    }
    if present.group == to {
        return Ok(Vec::new());
    }
    let from = present.group;
    Ok(vec![
        ConversationEvent::GroupChanged {
            conversation: id,
            from,
            to,
        }
        .into(),
    ])
}

/// Marks it open or waiting for the customer. Closing and reopening have wishes of their own.
pub fn change_status(now: &Now<'_>, id: ConversationId, to: Status) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    match to {
        Status::New => Err(
            Refusal::conflict("a conversation does not become new again")
                .at("status")
                .into(),
        ),
        Status::Closed => Err(Refusal::conflict("close it with a summary")
            .at("status")
            .into()),
        Status::Open | Status::Waiting if present.status == to => Ok(Vec::new()),
        Status::Open | Status::Waiting => Ok(vec![status(&present, to)]),
    }
}

/// Puts it aside until an instant, or until the customer writes; none wakes it.
///
/// **Refuses:** an instant that is past or more than a year away.
pub fn snooze(now: &Now<'_>, id: ConversationId, until: Option<Moment>) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    if let Some(until) = until {
        let ahead = until.ms_since(now.at());
        if ahead <= 0 || ahead > 366 * crate::domain::moment::DAY_MS {
            let text = "snooze until a time within the next year";
            return Err(Refusal::invalid(text).at("until").into());
        }
    }
    if present.snoozed_until == until {
        return Ok(Vec::new());
    }
    Ok(vec![
        ConversationEvent::Snoozed {
            conversation: id,
            until,
        }
        .into(),
    ])
}

/// Gives it exactly these tags.
///
/// **Refuses:** more than [`labels::TAGS_MAX`], tags that are too long.
pub fn tag(now: &Now<'_>, id: ConversationId, tags: &str) -> Result<Vec<Fact>> {
    let present = get(now, id)?;
    let (added, removed) = labels::tag_changes(now, &present.tags, tags)?;
    if added.is_empty() && removed.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![
        ConversationEvent::Tagged {
            conversation: id,
            added,
            removed,
        }
        .into(),
    ])
}

/// Marks it as urgent for a person, or no longer (level 0).
///
/// **Refuses:** without reason; levels above 3.
pub fn escalate(now: &Now<'_>, id: ConversationId, to: u8, reason: &str) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
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
        ConversationEvent::Escalated {
            conversation: id,
            from,
            to,
            sealed,
        }
        .into(),
    ])
}

/// Ends it with a summary.
///
/// **Refuses:** what somebody else holds; an empty issue or outcome where summaries are required.
pub fn close(now: &Now<'_>, id: ConversationId, summary: Summary) -> Result<Vec<Fact>> {
    let present = open(now, id)?;
    demand_hold(now, &present)?;
    let required = settings::switch(now, "conversation.summary_required")?;
    let summary = valid_summary(summary, required)?;
    let mut facts: Vec<Fact> = Vec::new();
    if summary != Summary::default() {
        let sealed = SealedSummary {
            summary: Some(summary),
        };
        facts.push(
            ConversationEvent::Summarised {
                conversation: id,
                sealed,
            }
            .into(),
        );
    }
    let said = facts.len().checked_sub(1).map(Cause::Earlier);
    let mut closed = status(&present, Status::Closed);
    closed.cause = said;
    facts.push(closed);
    Ok(facts)
}

/// Opens it again.
///
/// **Refuses:** when a newer conversation with the same customer has begun.
pub fn reopen(now: &Now<'_>, id: ConversationId) -> Result<Vec<Fact>> {
    let present = get(now, id)?;
    if present.status != Status::Closed {
        return Err(Refusal::conflict(format!("{id} is not closed")).into());
    }
    if spam::is(now, id)? {
        let text = format!("{id} is marked as spam; take the mark away");
        return Err(Refusal::conflict(text).into());
    }
    // A customer may have many e-mail threads at once, but one chat.
    let chat = super::channels::get(now, present.channel)?.kind != "email";
    let newer = newest(now, present.contact, present.channel)?;
    if let Some(newer) = newer.filter(|new| chat && *new > id) {
        return Err(Refusal::conflict(format!("{newer} has begun since; go on there")).into());
    }
    Ok(vec![status(&present, Status::Open)])
}

/// Refuses unless the one who wishes holds the conversation, nobody does, or they may assign.
pub fn demand_hold(now: &Now<'_>, present: &Conversation) -> Result<()> {
    match &present.owner {
        Owner::Member { id, .. } if Some(*id) == now.who().member() => Ok(()),
        Owner::Member { name, .. } => {
            if members::demand(now, Right::Assign).is_ok() {
                return Ok(());
            }
            Err(Refusal::conflict(format!("{id} is held by {name}", id = present.id)).into())
        }
        Owner::Bot => {
            let text = format!("{} is with the bot; take it over first", present.id);
            Err(Refusal::conflict(text).into())
        }
        Owner::Nobody => Ok(()),
    }
}

/// The one who wishes as an owner.
pub fn myself(now: &Now<'_>) -> Result<Owner> {
    match &now.who().actor {
        crate::domain::actor::Actor::Member { id, name, .. } => Ok(Owner::Member {
            id: *id,
            name: name.clone(),
        }),
        other => Err(Refusal::forbidden(format!("{} cannot own work", other.kind())).into()),
    }
}

/// The change of owner as a fact.
pub fn owned(present: &Conversation, to: Owner, how: Transfer, reason: &str) -> Fact {
    let (conversation, from) = (present.id, present.owner.clone());
    let reason = Some(reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let sealed = SealedReason { reason };
    ConversationEvent::OwnerChanged {
        conversation,
        from,
        to,
        how,
        choice: None,
        sealed,
    }
    .into()
}

/// The change of status as a fact.
pub fn status(present: &Conversation, to: Status) -> Fact {
    let (conversation, from) = (present.id, present.status);
    let ends = present.snoozed_until.is_some() || present.waiting_since.is_some();
    let held = (to == Status::Closed && ends).then_some(Held {
        snoozed_until: present.snoozed_until,
        waiting_since: present.waiting_since,
    });
    ConversationEvent::StatusChanged {
        conversation,
        from,
        to,
        held,
    }
    .into()
}

/// That a new conversation is open now that somebody works on it, because of an earlier fact.
pub fn opened(present: &Conversation, cause: usize) -> Option<Fact> {
    (present.status == Status::New)
        .then(|| status(present, Status::Open).because(Cause::Earlier(cause)))
}

/// The conversation, if it is not closed.
pub fn open(now: &Now<'_>, id: ConversationId) -> Result<Conversation> {
    let present = get(now, id)?;
    if present.status == Status::Closed {
        return Err(Refusal::conflict(format!("{id} is closed; reopen it first")).into());
    }
    Ok(present)
}

fn valid_summary(summary: Summary, required: bool) -> Result<Summary> {
    let tidy = |text: String| text.trim().to_owned();
    let summary = Summary {
        issue: tidy(summary.issue),
        actions: tidy(summary.actions),
        outcome: tidy(summary.outcome),
        next_step: tidy(summary.next_step),
    };
    for (field, text, needed) in [
        ("issue", &summary.issue, true),
        ("actions", &summary.actions, false),
        ("outcome", &summary.outcome, true),
        ("next_step", &summary.next_step, false),
    ] {
        if text.chars().count() > 2_000 {
            let text = format!("{field} has at most 2000 characters");
            return Err(Refusal::invalid(text).at(field).into());
        }
        if required && needed && text.is_empty() {
            let text = format!("the summary needs its {field}");
            return Err(Refusal::invalid(text).at(field).into());
        }
    }
    Ok(summary)
}

// Apply

/// Applies a fact about a conversation.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &ConversationEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        ConversationEvent::Started {
            conversation,
            contact,
            channel,
            previous,
            owner,
            group,
        } => {
            write.run(
                "INSERT INTO conversation (id, contact, channel, previous, status, owner_kind,
                     owner, \"group\", started_at, last_at, seq)
                 VALUES (:id, :contact, :channel, :previous, 'new', :owner_kind,
                     :owner, :group, :at, :at, :seq)",
                &[
                    (":id", conversation),
                    (":contact", contact),
                    (":channel", channel),
                    (":previous", previous),
                    (":owner_kind", &owner.kind()),
                    (":owner", &owner.member()),
                    (":group", group),
                    (":at", &recorded.at),
                    (":seq", seq),
                ],
            )?;
            write.about(Object::Channel(*channel));
            Ok(())
        }
        ConversationEvent::OwnerChanged {
            conversation,
            from,
            to,
            how,
            choice,
            ..
        } => {
            super::assignment::apply_choice(write, recorded, to, choice.as_deref())?;
            // What the bot gives up waits for a person from then on, whatever the bot said.
            let given_up = *from == Owner::Bot && *how == Transfer::Escalated;
            write.run(
                "UPDATE conversation SET owner_kind = :kind, owner = :owner, seq = :seq,
                     waiting_since = CASE WHEN :waits THEN coalesce(waiting_since, :at)
                                          ELSE waiting_since END
                  WHERE id = :id",
                &[
                    (":kind", &to.kind()),
                    (":owner", &to.member()),
                    (":waits", &given_up),
                    (":at", &recorded.at),
                    (":seq", seq),
                    (":id", conversation),
                ],
            )?;
            if *to == Owner::Bot {
                super::bot::begin_again(write, *conversation)?;
            }
            relate(write, *conversation)
        }
        ConversationEvent::GroupChanged {
            conversation, to, ..
        } => {
            write.run(
                "UPDATE conversation SET \"group\" = :group, seq = :seq WHERE id = :id",
                &[(":group", to), (":seq", seq), (":id", conversation)],
            )?;
            relate(write, *conversation)
        }
        ConversationEvent::StatusChanged {
            conversation,
            to,
            held,
            ..
        } => {
            let closed_at = (*to == Status::Closed).then_some(recorded.at);
            write.run(
                "UPDATE conversation SET status = :status, closed_at = :closed_at, seq = :seq,
                     snoozed_until = CASE WHEN :closed_at IS NULL
                         THEN coalesce(:snoozed_until, snoozed_until) END,
                     waiting_since = CASE WHEN :closed_at IS NULL
                         THEN coalesce(:waiting_since, waiting_since) END
                  WHERE id = :id",
                &[
                    (":status", &to.as_str()),
                    (":closed_at", &closed_at),
                    (
                        ":snoozed_until",
                        &held.as_ref().and_then(|held| held.snoozed_until),
                    ),
                    (
                        ":waiting_since",
                        &held.as_ref().and_then(|held| held.waiting_since),
                    ),
                    (":seq", seq),
                    (":id", conversation),
                ],
            )?;
            relate(write, *conversation)
        }
        ConversationEvent::SpamMarked {
            conversation,
            blocks,
        } => spam::apply_marked(write, recorded, *conversation, *blocks),
        ConversationEvent::SpamCleared { conversation } => {
            spam::apply_cleared(write, recorded, *conversation)
        }
        ConversationEvent::Snoozed {
            conversation,
            until,
        } => {
            // One wish may have closed it and then put it aside: closed, it rests already.
            write.run(
                "UPDATE conversation SET seq = :seq, snoozed_until =
                     CASE WHEN status <> 'closed' THEN :until END WHERE id = :id",
                &[(":until", until), (":seq", seq), (":id", conversation)],
            )?;
            relate(write, *conversation)
        }
        ConversationEvent::Tagged {
            conversation,
            added,
            removed,
        } => {
            for tag in removed {
                write.run(
                    "DELETE FROM conversation_tag WHERE conversation = :id AND tag = :tag",
                    &[(":id", conversation), (":tag", tag)],
                )?;
            }
            labels::apply_used(write, recorded, added)?;
            for tag in added {
                write.run(
                    "INSERT OR IGNORE INTO conversation_tag (conversation, tag, seq)
                     VALUES (:id, :tag, :seq)",
                    &[(":id", conversation), (":tag", tag), (":seq", seq)],
                )?;
            }
            relate(write, *conversation)
        }
        ConversationEvent::Escalated {
            conversation, to, ..
        } => {
            write.run(
                "UPDATE conversation SET level = :level, seq = :seq WHERE id = :id",
                &[(":level", to), (":seq", seq), (":id", conversation)],
            )?;
            relate(write, *conversation)
        }
        ConversationEvent::Summarised {
            conversation,
            sealed,
        } => {
            let summary = sealed
                .summary
                .as_ref()
                .map(serde_json::to_string)
                .transpose()?;
            write.run(
                "UPDATE conversation SET summary = :summary, seq = :seq WHERE id = :id",
                &[(":summary", &summary), (":seq", seq), (":id", conversation)],
            )?;
            relate(write, *conversation)
        }
        ConversationEvent::Viewed { conversation } => {
            apply_view(write, recorded, Object::Conversation(*conversation))?;
            relate(write, *conversation)
        }
    }
}

/// Notes that the fact is also about the customer, the channel and the tickets of a conversation.
pub fn relate(write: &Writer<'_>, conversation: ConversationId) -> Result<()> {
    // One question for all of it: nearly every event of a desk comes by here.
    let others = write.find(
        "SELECT contact, (SELECT root FROM contact_merge
                           WHERE contact_merge.contact = conversation.contact) AS root,
                channel, (SELECT max(ticket) FROM ticket_conversation
                           WHERE conversation = :id) AS ticket
           FROM conversation WHERE id = :id",
        &[(":id", &conversation)],
        |row| {
            Ok([
                Some(Object::Contact(row.get("contact")?)),
                row.get::<Option<ContactId>>("root")?.map(Object::Contact),
                Some(Object::Channel(row.get("channel")?)),
                row.get::<Option<TicketId>>("ticket")?.map(Object::Ticket),
            ])
        },
    )?;
    let others = others.ok_or_else(|| Error::fault(format!("{conversation} was never started")))?;
    for other in others.into_iter().flatten() {
        write.about(other);
    }
    Ok(())
}

// Ask

/// A conversation.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, id: ConversationId) -> Result<Conversation> {
    let missing = || Refusal::not_found(format!("there is no conversation {id}"));
    let mut found = now.one(
        "SELECT conversation.*, member.name AS owner_name
           FROM conversation LEFT JOIN member ON member.id = conversation.owner
          WHERE conversation.id = :id",
        &[(":id", &id)],
        missing,
        read,
    )?;
    found.tags = now.all(
        "SELECT tag FROM conversation_tag WHERE conversation = :id ORDER BY tag LIMIT 100",
        &[(":id", &id)],
        |row| row.get("tag"),
    )?;
    found.tickets = now.all(
        "SELECT coalesce(root, held.ticket) AS ticket
           FROM ticket_conversation AS held
           LEFT JOIN ticket_merge ON ticket_merge.ticket = held.ticket
          WHERE conversation = :id ORDER BY held.ticket LIMIT 100",
        &[(":id", &id)],
        |row| row.get("ticket"),
    )?;
    found.tickets.sort_unstable();
    found.tickets.dedup();
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Conversation> {
    let status: String = row.get("status")?;
    Ok(Conversation {
        id: row.get("id")?,
        contact: row.get("contact")?,
        channel: row.get("channel")?,
        previous: row.get::<Option<u64>>("previous")?.map(ConversationId),
        status: status.parse().map_err(Error::fault)?,
        owner: owner(row)?,
        group: row.get("group")?,
        level: row.get("level")?,
        snoozed_until: row.get("snoozed_until")?,
        started_at: row.get("started_at")?,
        closed_at: row.get("closed_at")?,
        last_at: row.get("last_at")?,
        last_article: row.get("last_article")?,
        waiting_since: row.get("waiting_since")?,
        window_until: row.get("window_until")?,
        summary: row.json_if_any("summary")?,
        tags: Vec::new(),
        tickets: Vec::new(),
    })
}

/// The owner in a row with `owner_kind`, `owner` and `owner_name`.
pub fn owner(row: &Row<'_>) -> Result<Owner> {
    let kind: String = row.get("owner_kind")?;
    match (kind.as_str(), row.get::<Option<MemberId>>("owner")?) {
        ("member", Some(id)) => Ok(Owner::Member {
            id,
            name: row.get("owner_name")?,
        }),
        ("bot", _) => Ok(Owner::Bot),
        _ => Ok(Owner::Nobody),
    }
}

/// The newest conversation of a customer on a channel.
pub fn newest(
    now: &Now<'_>,
    contact: ContactId,
    channel: ChannelId,
) -> Result<Option<ConversationId>> {
    now.maybe(
        "SELECT id FROM conversation WHERE contact = :contact AND channel = :channel
          ORDER BY started_at DESC, id DESC LIMIT 1",
        &[(":contact", &contact), (":channel", &channel)],
        |row| row.get("id"),
    )
}

/// The conversations of a customer, the newest first, from before one of them.
pub fn of_contact(
    now: &Now<'_>,
    contact: ContactId,
    before: Option<ConversationId>,
    limit: u32,
) -> Result<Vec<Conversation>> {
    let ids: Vec<ConversationId> = now.all(
        "SELECT id FROM conversation
          WHERE contact IN
                (SELECT :contact UNION SELECT contact FROM contact_merge WHERE root = :contact)
            AND (:before IS NULL OR id < :before)
          ORDER BY id DESC LIMIT :limit",
        &[
            (":contact", &contact),
            (":before", &before),
            (":limit", &limit),
        ],
        |row| row.get("id"),
    )?;
    ids.into_iter().map(|id| get(now, id)).collect()
}

/// Records that the one who looks opened it.
pub fn view(now: &Now<'_>, id: ConversationId) -> Result<Vec<Fact>> {
    get(now, id)?;
    let viewed = ConversationEvent::Viewed { conversation: id };
    contacts::record_view(now, Object::Conversation(id), viewed.into())
}

/// What [`to_wake`] asks, every second.
pub const TO_WAKE: &str = "SELECT id FROM conversation
     WHERE snoozed_until <= :now AND status <> 'closed' ORDER BY snoozed_until, id LIMIT 100";

/// Conversations whose snooze has run out.
pub fn to_wake(now: &Now<'_>) -> Result<Vec<ConversationId>> {
    now.all(TO_WAKE, &[(":now", &now.at())], |row| row.get("id"))
}
