//! The inbox: queues with their counts, and the conversations in them.

use super::conversations;
use crate::domain::conversation::Owner;
use crate::domain::id::{ChannelId, ContactId, ConversationId, GroupId, MemberId};
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Bind, Now, Row};
use std::str::FromStr;

/// Counts stop here; more is shown as "more than".
pub const COUNT_MAX: u64 = 999;

/// Where a conversation stands among those that wait: since when, behind them all that do not.
const TURN: &str = "coalesce(waiting_since, 9000000000000000 - last_at)";

/// A queue of conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// Mine, not closed.
    Mine,
    /// Nobody's, not closed.
    Unassigned,
    /// The bot's, not closed.
    Bot,
    /// Escalated, not closed.
    Escalated,
    /// Waiting for the customer.
    Waiting,
    /// Put aside.
    Snoozed,
    /// Ended.
    Closed,
    /// Marked as spam.
    Spam,
    /// All, closed ones too.
    All,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The customer who waits longest first; then those who do not wait, newest first.
    Waiting,
    /// The newest article first.
    Newest,
    /// The oldest article first.
    Oldest,
    /// The next target that falls due first; those without come last.
    Due,
}

/// Which conversations.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The queue.
    pub queue: Queue,
    /// One group's only.
    pub group: Option<GroupId>,
    /// One channel's only.
    pub channel: Option<ChannelId>,
    /// One tag's only.
    pub tag: Option<String>,
    /// The order.
    pub sort: Sort,
    /// From after this key of the last row shown.
    pub after: Option<(i64, ConversationId)>,
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: ConversationId,
    /// Where the next page goes on.
    pub key: i64,
    /// With whom.
    pub contact: ContactId,
    /// Their name, as told.
    pub name: Option<String>,
    /// A number to show where there is no name.
    pub number: Option<String>,
    /// On which channel.
    pub channel: ChannelId,
    /// Its kind and title.
    pub channel_kind: String,
    /// Its title.
    pub channel_title: String,
    /// The status, as stored.
    pub status: String,
    /// Whether it is marked as spam.
    pub spam: bool,
    /// Who is responsible.
    pub owner: Owner,
    /// Whose queue it is in.
    pub group: Option<GroupId>,
    /// 0 = not escalated.
    pub level: u8,
    /// Put aside until then.
    pub snoozed_until: Option<Moment>,
    /// When something was said last.
    pub last_at: Moment,
    /// Since when the customer waits.
    pub waiting_since: Option<Moment>,
    /// When the next target of its clocks falls due.
    pub due_at: Option<Moment>,
    /// Since when one of them is to be warned of.
    pub near_at: Option<Moment>,
    /// The last line.
    pub preview: Option<String>,
    /// Who spoke it: `contact`, `member`, `bot`, `system`.
    pub spoke: Option<String>,
    /// Tags, separated by commas.
    pub tags: Option<String>,
    /// Tickets, separated by commas.
    pub tickets: Option<String>,
}

impl FromStr for Queue {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Queue::ALL
            .into_iter()
            .find(|queue| queue.as_str() == text)
            .ok_or_else(|| format!("there is no queue {text}"))
    }
}

impl Queue {
    /// All queues, in the order they are shown.
    pub const ALL: [Queue; 9] = [
        Queue::Mine,
        Queue::Unassigned,
        Queue::Bot,
        Queue::Escalated,
        Queue::Waiting,
        Queue::Snoozed,
        Queue::Closed,
        Queue::Spam,
        Queue::All,
    ];

    /// The queue in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Queue::Mine => "mine",
            Queue::Unassigned => "unassigned",
            Queue::Bot => "bot",
            Queue::Escalated => "escalated",
            Queue::Waiting => "waiting",
            Queue::Snoozed => "snoozed",
            Queue::Closed => "closed",
            Queue::Spam => "spam",
            Queue::All => "all",
        }
    }

    /// The queue on screen.
    pub fn words(self) -> &'static str {
        match self {
            Queue::Mine => "Mine",
            Queue::Unassigned => "Unassigned",
            Queue::Bot => "With the bot",
            Queue::Escalated => "Escalated",
            Queue::Waiting => "Waiting",
            Queue::Snoozed => "Snoozed",
            Queue::Closed => "Closed",
            Queue::Spam => "Spam",
            Queue::All => "All",
        }
    }

    /// The condition of this queue; each has an index of its own for every order.
    fn condition(self) -> &'static str {
        match self {
            Queue::Mine => {
                "owner_kind = 'member' AND owner = :me AND status <> 'closed'
                 AND snoozed_until IS NULL"
            }
            Queue::Unassigned => {
                "owner_kind = 'nobody' AND owner IS NULL AND status <> 'closed'
                 AND snoozed_until IS NULL AND :me IS :me"
            }
            Queue::Bot => {
                "owner_kind = 'bot' AND owner IS NULL AND status <> 'closed' AND :me IS :me"
            }
            Queue::Escalated => "level > 0 AND status <> 'closed' AND :me IS :me",
            Queue::Waiting => "status = 'waiting' AND :me IS :me",
            Queue::Snoozed => "snoozed_until IS NOT NULL AND :me IS :me",
            Queue::Closed => {
                "status = 'closed' AND :me IS :me
                 AND conversation.id NOT IN (SELECT conversation FROM conversation_spam)"
            }
            Queue::Spam => {
                "conversation.id IN (SELECT conversation FROM conversation_spam) AND :me IS :me"
            }
            Queue::All => ":me IS :me",
        }
    }

    /// Where its conversations are counted: in the index that holds all the condition asks, so that
    /// no row has to be looked at.
    fn counted_in(self) -> &'static str {
        match self {
            Queue::Mine | Queue::Unassigned => "conversation INDEXED BY conversation_held",
            _ => "conversation",
        }
    }
}

impl FromStr for Sort {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "waiting" => Ok(Sort::Waiting),
            "newest" => Ok(Sort::Newest),
            "oldest" => Ok(Sort::Oldest),
            "due" => Ok(Sort::Due),
            other => Err(format!("there is no order {other}")),
        }
    }
}

// Ask

/// What the one who looks may see: all groups, or their own and what has no group.
pub fn reach(now: &Now<'_>) -> Option<MemberId> {
    match &now.who().actor {
        crate::domain::actor::Actor::Member { id, role, .. } if !role.has(Right::ReadAll) => {
            Some(*id)
        }
        _ => None, // outside the roles: the shell, the clock, the tests
    }
}

/// The part of a question that keeps to what the one who looks may see.
const WITHIN_REACH: &str = "(:reach IS NULL OR conversation.\"group\" IS NULL
    OR (owner_kind = 'member' AND owner IS :reach)
    OR conversation.\"group\" IN (SELECT \"group\" FROM group_member WHERE member = :reach))";

/// Whether the one who looks may see a conversation.
pub fn is_within_reach(now: &Now<'_>, id: ConversationId) -> Result<bool> {
    let sql = format!("SELECT 1 AS yes FROM conversation WHERE id = :id AND {WITHIN_REACH}");
    let within: Option<i64> = now.maybe(&sql, &[(":id", &id), (":reach", &reach(now))], |row| {
        row.get("yes")
    })?;
    Ok(within.is_some())
}

/// Refuses what is not within the reach of the one who looks.
///
/// **Refuses:** conversations of other groups, for roles that see their own only.
pub fn demand_reach(now: &Now<'_>, id: ConversationId) -> Result<()> {
    if !is_within_reach(now, id)? {
        conversations::get(now, id)?;
        let text = format!("{id} belongs to a group you are not in");
        return Err(Refusal::forbidden(text).into());
    }
    Ok(())
}

/// How many conversations each queue has, up to [`COUNT_MAX`]; closed and all are not counted.
pub fn counts(now: &Now<'_>) -> Result<Vec<(Queue, Option<u64>)>> {
    Queue::ALL
        .into_iter()
        .map(|queue| {
            if matches!(queue, Queue::Closed | Queue::All) {
                return Ok((queue, None));
            }
            // A queue's condition is a constant.
            let sql = format!(
                "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} AND {WITHIN_REACH} LIMIT :most)",
                queue.counted_in(),
                queue.condition()
            );
            let me = now.who().member();
            let count = now.value(
                &sql,
                &[
                    (":me", &me),
                    (":reach", &reach(now)),
                    (":most", &(COUNT_MAX + 1)),
                ],
            )?;
            Ok((queue, Some(count)))
        })
        .collect()
}

/// A page of a queue.
pub fn list(now: &Now<'_>, wish: &Wish, limit: u32) -> Result<Vec<Listed>> {
    let sql = question(wish);
    ask(now, wish, limit, |values| now.all(&sql, values, read))
}

/// How many a queue has, counted up to a limit.
pub fn count(now: &Now<'_>, wish: &Wish, most: u32) -> Result<u64> {
    // The question is made of constants, see there.
    let sql = format!("SELECT count(*) FROM ({})", question(wish));
    ask(now, wish, most, |values| now.value(&sql, values))
}

/// Asks with the values of [`question`].
fn ask<T>(
    now: &Now<'_>,
    wish: &Wish,
    limit: u32,
    asked: impl FnOnce(&[(&str, &dyn Bind)]) -> Result<T>,
) -> Result<T> {
    let (me, reach) = (now.who().member(), reach(now));
    let mut values: Vec<(&str, &dyn Bind)> =
        vec![(":me", &me), (":reach", &reach), (":limit", &limit)];
    if let Some(group) = &wish.group {
        values.push((":group", group));
    }
    if let Some(channel) = &wish.channel {
        values.push((":channel", channel));
    }
    if let Some(tag) = &wish.tag {
        values.push((":tag", tag));
    }
    if let Some((key, id)) = &wish.after {
        values.extend([(":key", key as &dyn Bind), (":id", id)]);
    }
    asked(&values)
}

/// The question a page of a queue is asked with: read in its order out of an index, as far as the
/// page goes. CROSS keeps the conversations outside, else their order is lost.
pub fn question(wish: &Wish) -> String {
    let (key, compare, order) = match wish.sort {
        Sort::Waiting => (TURN, ">", ""),
        Sort::Newest => ("last_at", "<", "DESC"),
        Sort::Oldest => ("last_at", ">", ""),
        Sort::Due => ("coalesce(conversation.due_at, 9000000000000000)", ">", ""),
    };
    let group = wish
        .group
        .map_or("", |_| "AND conversation.\"group\" = :group");
    let channel = wish
        .channel
        .map_or("", |_| "AND conversation.channel = :channel");
    let tag = wish.tag.as_ref().map_or("", |_| {
        "AND EXISTS (SELECT 1 FROM conversation_tag
              WHERE conversation = conversation.id AND tag = :tag)"
    });
    let after = match wish.after {
        // The first half alone finds the place in an index over an expression.
        Some(_) => {
            format!("AND {key} {compare}= :key AND ({key}, conversation.id) {compare} (:key, :id)")
        }
        None => String::new(),
    };
    // All parts are constants of the queue, the sort and what it is narrowed by.
    format!(
        "SELECT conversation.*, {key} AS key, coalesce(person.name, contact.name) AS contact_name,
                (SELECT value FROM identity WHERE contact = conversation.contact
                    AND kind = 'wa_id' ORDER BY seq DESC LIMIT 1) AS number,
                EXISTS (SELECT 1 FROM conversation_spam AS spam
                    WHERE spam.conversation = conversation.id) AS spam,
                channel.kind AS channel_kind, channel.title AS channel_title,
                member.name AS owner_name, coalesce((SELECT preview FROM call WHERE call.seq = article.seq),
                    article.preview) AS preview, article.author_kind AS spoke,
                (SELECT group_concat(tag) FROM conversation_tag
                  WHERE conversation = conversation.id) AS tags,
                (SELECT group_concat('T-' || ticket) FROM ticket_conversation
                  WHERE conversation = conversation.id) AS tickets
           FROM conversation
          CROSS JOIN contact ON contact.id = conversation.contact
           LEFT JOIN contact_merge ON contact_merge.contact = contact.id
           LEFT JOIN contact AS person ON person.id = contact_merge.root
          CROSS JOIN channel ON channel.id = conversation.channel
           LEFT JOIN member ON member.id = conversation.owner
           LEFT JOIN article ON article.seq = conversation.last_article
          WHERE {} AND {WITHIN_REACH} {group} {channel} {tag} {after}
          ORDER BY {key} {order}, conversation.id {order} LIMIT :limit",
        wish.queue.condition()
    )
}

fn read(row: &Row<'_>) -> Result<Listed> {
    Ok(Listed {
        id: row.get("id")?,
        key: row.get("key")?,
        contact: row.get("contact")?,
        name: row.get("contact_name")?,
        number: row.get("number")?,
        channel: row.get("channel")?,
        channel_kind: row.get("channel_kind")?,
        channel_title: row.get("channel_title")?,
        status: row.get("status")?,
        spam: row.get("spam")?,
        owner: conversations::owner(row)?,
        group: row.get("group")?,
        level: row.get("level")?,
        snoozed_until: row.get("snoozed_until")?,
        last_at: row.get("last_at")?,
        waiting_since: row.get("waiting_since")?,
        due_at: row.get("due_at")?,
        near_at: row.get("near_at")?,
        preview: row.get("preview")?,
        spoke: row.get("spoke")?,
        tags: row.get("tags")?,
        tickets: row.get("tickets")?,
    })
}

/// The queues in which a customer has waited since before an instant.
pub fn overdue(now: &Now<'_>, before: Moment) -> Result<Vec<Queue>> {
    let mut late = Vec::new();
    for queue in [Queue::Mine, Queue::Unassigned, Queue::Bot, Queue::Escalated] {
        // A queue's condition is a constant.
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM conversation
              WHERE {} AND {TURN} < :before AND {WITHIN_REACH})",
            queue.condition()
        );
        let me = now.who().member();
        let found: bool = now.value(
            &sql,
            &[(":me", &me), (":reach", &reach(now)), (":before", &before)],
        )?;
        if found {
            late.push(queue);
        }
    }
    Ok(late)
}

/// The tags that are offered, by name.
pub fn known_tags(now: &Now<'_>) -> Result<Vec<String>> {
    now.all(
        "SELECT name AS tag FROM label WHERE list = 'tag' AND NOT retired ORDER BY name LIMIT 200",
        &[],
        |row| row.get("tag"),
    )
}

/// The number of conversations that ask for the one who looks: mine with a waiting customer, and
/// nobody's.
pub fn waiting_for_me(now: &Now<'_>) -> Result<u64> {
    // The conditions are constants; who does not wait comes behind the number.
    let sql = format!(
        "SELECT count(*) FROM (
             SELECT 1 FROM conversation
              WHERE {} AND {TURN} < 8000000000000000 AND {WITHIN_REACH}
             UNION ALL SELECT 1 FROM conversation
              WHERE {} AND {TURN} < 8000000000000000 AND {WITHIN_REACH} LIMIT :most)",
        Queue::Mine.condition(),
        Queue::Unassigned.condition()
    );
    let me = now.who().member();
    now.value(
        &sql,
        &[
            (":me", &me),
            (":reach", &reach(now)),
            (":most", &(COUNT_MAX + 1)),
        ],
    )
}

/// The group filter of a URL.
pub fn parse_group(text: &str) -> Result<GroupId> {
    text.parse()
        .map_err(|error: String| Error::Refusal(Refusal::invalid(error)))
}
