//! Lists of tickets: narrowed, in an order, a page at a time, and never more than the one who looks
//! may see.

use super::{COLUMNS, Ticket, get, read};
use crate::desk::inbox;
use crate::domain::id::{ContactId, GroupId, MemberId, TicketId};
use crate::domain::ticket::Priority;
use crate::error::{Refusal, Result};
use crate::ledger::{Bind, Now};

/// What a list of tickets is narrowed to; none narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A category of statuses; `open` in everyday words is `unfinished`.
    pub unfinished: bool,
    /// One status, by its name here.
    pub status: Option<String>,
    /// One owner; `Some(None)` = nobody.
    pub owner: Option<Option<MemberId>>,
    /// One priority.
    pub priority: Option<Priority>,
    /// One tag.
    pub tag: Option<String>,
    /// One customer.
    pub contact: Option<ContactId>,
    /// One group.
    pub group: Option<GroupId>,
    /// In which order.
    pub sort: Sort,
    /// Those after this key and number; the key is [`Sort::key_of`].
    pub before: Option<(i64, TicketId)>,
}

/// The order of a list of tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The one that changed last comes first.
    #[default]
    Changed,
    /// The one that was opened last comes first.
    Opened,
    /// The most urgent comes first, among equals the one that changed last.
    Priority,
    /// The one whose next target falls due first comes first; those without come last.
    Due,
}

/// What lies between two priorities in the key of their order.
/// **Unit:** milliseconds, more than there will be.
const PRIORITY_STEP: i64 = 100_000_000_000_000;

impl Sort {
    /// What the order goes by, the largest first.
    fn key(self) -> &'static str {
        match self {
            Sort::Changed => "changed_at",
            Sort::Opened => "ticket.id",
            Sort::Priority => {
                "(CASE priority WHEN 'urgent' THEN 3 WHEN 'high' THEN 2 WHEN 'normal' THEN 1
                  ELSE 0 END * 100000000000000 + changed_at)"
            }
            Sort::Due => "(-coalesce(due_at, 9000000000000000))",
        }
    }

    /// The place of a ticket in this order.
    pub fn key_of(self, ticket: &Ticket) -> i64 {
        let rank = match ticket.priority {
            Priority::Low => 0,
            Priority::Normal => 1,
            Priority::High => 2,
            Priority::Urgent => 3,
        };
        match self {
            Sort::Changed => ticket.changed_at.0,
            Sort::Opened => i64::try_from(ticket.id.0).unwrap_or(i64::MAX),
            Sort::Priority => rank * PRIORITY_STEP + ticket.changed_at.0,
            Sort::Due => -ticket.due_at.map_or(9_000_000_000_000_000, |due| due.0),
        }
    }
}

// Ask

/// The part of a question that keeps to what the one who looks may see: tickets of their groups
/// and of none, their own, and those with a conversation of theirs.
const WITHIN_REACH: &str = "(:reach IS NULL OR ticket.\"group\" IS NULL OR ticket.owner IS :reach
    OR ticket.\"group\" IN (SELECT \"group\" FROM group_member WHERE member = :reach)
    OR EXISTS (SELECT 1 FROM ticket_conversation AS held
         JOIN conversation ON conversation.id = held.conversation
        WHERE held.ticket = ticket.id AND conversation.owner IS :reach))";

/// Whether the one who looks may see a ticket.
pub fn is_within_reach(now: &Now<'_>, id: TicketId) -> Result<bool> {
    let sql = format!("SELECT 1 AS yes FROM ticket WHERE id = :id AND {WITHIN_REACH}");
    let reach = inbox::reach(now);
    let within: Option<i64> = now.maybe(&sql, &[(":id", &id), (":reach", &reach)], |row| {
        row.get("yes")
    })?;
    Ok(within.is_some())
}

/// Refuses what is not within the reach of the one who looks.
///
/// **Refuses:** tickets of other groups, for roles that see their own only.
pub fn demand_reach(now: &Now<'_>, id: TicketId) -> Result<()> {
    if !is_within_reach(now, id)? {
        get(now, id)?;
        let text = format!("{id} belongs to a group you are not in");
        return Err(Refusal::forbidden(text).into());
    }
    Ok(())
}

/// How many tickets pass a filter, counted up to a limit.
pub fn count(now: &Now<'_>, filter: &Filter, most: u32) -> Result<u64> {
    let passes = passes(filter);
    // Constants, see there; values are bound.
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM ticket WHERE {passes} LIMIT :limit)");
    ask(now, filter, most, |values| now.value(&sql, values))
}

/// Tickets in the filter's order. Tags and conversations are left out.
pub fn page(now: &Now<'_>, filter: &Filter, limit: u32) -> Result<Vec<Ticket>> {
    let (passes, key) = (passes(filter), filter.sort.key());
    // Both are constants, see there; values are bound.
    let sql = format!("{COLUMNS} WHERE {passes} ORDER BY {key} DESC, ticket.id DESC LIMIT :limit");
    ask(now, filter, limit, |values| now.all(&sql, values, read))
}

/// The conditions of a filter and the reach of the one who looks; each piece is a constant here,
/// values are bound. Only what is asked for stands in the question, so that an index leads.
fn passes(filter: &Filter) -> String {
    let key = filter.sort.key();
    [
        WITHIN_REACH,
        "NOT EXISTS (SELECT 1 FROM ticket_merge WHERE ticket_merge.ticket = ticket.id)",
        match filter.unfinished {
            true => "category IN ('new', 'open', 'waiting')",
            false => "1",
        },
        match filter.status {
            Some(_) => "ticket.named = :status",
            None => ":status IS NULL",
        },
        match filter.owner {
            Some(_) => "ticket.owner IS :owner",
            None => ":owner IS NULL",
        },
        match filter.group {
            Some(_) => "ticket.\"group\" = :group",
            None => ":group IS NULL",
        },
        match filter.priority {
            Some(_) => "ticket.priority = :priority",
            None => ":priority IS NULL",
        },
        match filter.contact {
            Some(_) => {
                "ticket.contact IN
                 (SELECT :contact UNION SELECT contact FROM contact_merge WHERE root = :contact)"
            }
            None => ":contact IS NULL",
        },
        match filter.tag {
            Some(_) => "EXISTS (SELECT 1 FROM ticket_tag WHERE ticket = ticket.id AND tag = :tag)",
            None => ":tag IS NULL",
        },
        &match filter.before {
            Some(_) => format!("({key}, ticket.id) < (:key, :id)"),
            None => "(:key, :id) IS NOT (0, 0)".to_owned(),
        },
    ]
    .join(" AND ")
}

fn ask<T>(
    now: &Now<'_>,
    filter: &Filter,
    limit: u32,
    ask: impl FnOnce(&[(&str, &dyn Bind)]) -> Result<T>,
) -> Result<T> {
    ask(&[
        (":status", &filter.status),
        (":owner", &filter.owner.flatten()),
        (":group", &filter.group),
        (":priority", &filter.priority.map(Priority::as_str)),
        (":contact", &filter.contact),
        (":tag", &filter.tag),
        (":key", &filter.before.map(|before| before.0)),
        (":id", &filter.before.map(|before| before.1)),
        (":reach", &inbox::reach(now)),
        (":limit", &limit),
    ])
}
