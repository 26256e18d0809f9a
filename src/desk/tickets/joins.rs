//! How tickets belong together: one merged into another, one split off, links between two. A merge
//! is a row of its own that says where a ticket lives on; nothing else moves, so that undoing it
//! takes that row away and all is as it was. What was said stays in both threads.

use super::{Ticket, Wanted, demand_hold, get, open};
use crate::desk::{conversations, statuses, tickets};
use crate::domain::event::{Cause, Event, Fact, TicketEvent};
use crate::domain::id::{ArticleId, ConversationId, Object, TicketId};
use crate::domain::ticket::{Category, Link, Status};
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};

/// Most articles that are split off at once.
pub const SPLIT_MAX: usize = 200;

/// How another ticket belongs to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The other one.
    pub ticket: TicketId,
    /// How, as the trail names the link.
    pub link: Link,
    /// Whether this one is the one the link starts at: the child, the duplicate.
    pub from_here: bool,
}

/// Articles that were split off into a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parted {
    /// The new ticket.
    pub ticket: TicketId,
    /// Where the articles were said.
    pub from: Object,
    /// How many.
    pub articles: u64,
}

// Decide

/// Merges a ticket into another, in which it lives on.
///
/// **Refuses:** itself; one of the two merged already; what somebody else holds.
pub fn merge(now: &Now<'_>, id: TicketId, into: TicketId) -> Result<Vec<Fact>> {
    if id == into {
        let text = format!("{id} cannot be merged into itself");
        return Err(Refusal::invalid(text).at("into").into());
    }
    for ticket in [id, into] {
        demand_hold(
            now,
            &standing(now, ticket).map_err(|error| at(error, "into"))?,
        )?;
    }
    Ok(vec![TicketEvent::Merged { ticket: id, into }.into()])
}

/// Takes a merged ticket out again: it stands as before.
///
/// **Refuses:** one that is not merged.
pub fn unmerge(now: &Now<'_>, id: TicketId) -> Result<Vec<Fact>> {
    let present = get(now, id)?;
    let Some((from, _)) = merged(now, id)? else {
        return Err(Refusal::conflict(format!("{id} is not merged into another")).into());
    };
    demand_hold(now, &present)?;
    Ok(vec![TicketEvent::Unmerged { ticket: id, from }.into()])
}

/// Opens a new ticket with some of the articles of a conversation or ticket; they stay where they
/// were said, and stand in both.
///
/// **Refuses:** no article, more than [`SPLIT_MAX`], or one of another thread.
pub fn split(
    now: &Now<'_>,
    from: Object,
    mut articles: Vec<ArticleId>,
    wanted: Wanted,
) -> Result<Vec<Fact>> {
    articles.sort_unstable();
    articles.dedup();
    if articles.is_empty() || articles.len() > SPLIT_MAX {
        let text = format!("choose 1 to {SPLIT_MAX} articles to split off");
        return Err(Refusal::invalid(text).at("articles").into());
    }
    let contact = match from {
        Object::Conversation(id) => Some(conversations::get(now, id)?.contact),
        Object::Ticket(id) => standing(now, id)?.contact,
        _ => None, // nothing is said there
    };
    for article in &articles {
        if !holds(now, from, *article)? {
            let text = format!("{article} is not an article of {from}");
            return Err(Refusal::invalid(text).at("articles").into());
        }
    }
    let mut facts = open(
        now,
        Wanted {
            conversation: None,
            contact,
            ..wanted
        },
    )?;
    let opened = facts.iter().find_map(|fact| match &fact.event {
        Event::Ticket(TicketEvent::Opened { ticket, .. }) => Some(*ticket),
        _ => None, // what else opening brings along
    });
    if let Some(ticket) = opened {
        let split = TicketEvent::Split {
            ticket,
            from,
            articles,
        };
        facts.push(Fact::from(split).because(Cause::Earlier(0)));
    }
    Ok(facts)
}

/// Puts articles that were split off back: the new ticket keeps its number and is closed, empty.
///
/// **Refuses:** a ticket that was not split off, or has gone on since.
pub fn rejoin(now: &Now<'_>, id: TicketId) -> Result<Vec<Fact>> {
    let present = standing(now, id)?;
    demand_hold(now, &present)?;
    let rows: Vec<(ArticleId, Object)> = now.all(
        "SELECT article, source FROM ticket_split WHERE ticket = :id ORDER BY article LIMIT 1000",
        &[(":id", &id)],
        |row| Ok((row.get("article")?, object(&row.get::<String>("source")?)?)),
    )?;
    let Some((_, from)) = rows.first().copied() else {
        return Err(Refusal::conflict(format!("{id} was not split off")).into());
    };
    let gone_on: bool = now.value(
        "SELECT EXISTS (SELECT 1 FROM article WHERE ticket = :id)
             OR EXISTS (SELECT 1 FROM ticket_conversation WHERE ticket = :id)
             OR EXISTS (SELECT 1 FROM ticket_merge WHERE into_ticket = :id)
             OR EXISTS (SELECT 1 FROM ticket_split WHERE source = :name)",
        &[(":id", &id), (":name", &Object::Ticket(id))],
    )?;
    if gone_on {
        let text = format!("{id} has gone on since it was split off; merge it instead");
        return Err(Refusal::conflict(text).into());
    }
    let undone = TicketEvent::SplitUndone {
        ticket: id,
        from,
        articles: rows.into_iter().map(|(article, _)| article).collect(),
    };
    let mut facts: Vec<Fact> = vec![undone.into()];
    if present.status != Status::Closed {
        let closed = statuses::set(&present, Status::Closed, None);
        facts.push(closed.because(Cause::Earlier(0)));
    }
    Ok(facts)
}

/// Links a ticket with another: related, child of it, or a duplicate of it.
///
/// **Refuses:** itself; a pair that is linked already; a parent among its own children.
pub fn link(now: &Now<'_>, id: TicketId, to: TicketId, link: Link) -> Result<Vec<Fact>> {
    standing(now, id)?;
    standing(now, to).map_err(|error| at(error, "to"))?;
    if id == to {
        let text = format!("{id} cannot be linked with itself");
        return Err(Refusal::invalid(text).at("to").into());
    }
    if links(now, id)?.iter().any(|joined| joined.ticket == to) {
        let text = format!("{id} and {to} are linked already");
        return Err(Refusal::conflict(text).at("to").into());
    }
    if link != Link::Related && above(now, to, link)?.contains(&id) {
        let text = format!("{to} stands below {id} already");
        return Err(Refusal::conflict(text).at("to").into());
    }
    Ok(vec![
        TicketEvent::Linked {
            ticket: id,
            to,
            link,
        }
        .into(),
    ])
}

/// Takes a link away, whichever of the two it was made from.
///
/// **Refuses:** two that are not linked.
pub fn unlink(now: &Now<'_>, id: TicketId, other: TicketId) -> Result<Vec<Fact>> {
    standing(now, id)?;
    let found = links(now, id)?;
    let Some(joined) = found.iter().find(|joined| joined.ticket == other) else {
        return Err(Refusal::conflict(format!("{id} and {other} are not linked")).into());
    };
    let (ticket, to) = if joined.from_here {
        (id, other)
    } else {
        (other, id)
    };
    let link = joined.link;
    Ok(vec![TicketEvent::Unlinked { ticket, to, link }.into()])
}

/// What a change of status means for the tickets it is linked with: its open duplicates are
/// resolved with it, because of it.
///
/// **Refuses:** to end a ticket whose children are still open.
pub fn along(now: &Now<'_>, present: &Ticket, to: Status, note: &str) -> Result<Vec<Fact>> {
    let ends = |category: Category| matches!(category, Category::Done | Category::Final);
    if !ends(to.category()) || ends(present.status.category()) {
        return Ok(Vec::new());
    }
    let mut facts = Vec::new();
    let mut children: Vec<String> = Vec::new();
    for joined in links(now, present.id)? {
        let other = get(now, joined.ticket)?;
        let open = !ends(other.status.category()) && merged(now, other.id)?.is_none();
        if joined.from_here || !open {
            continue;
        }
        match joined.link {
            Link::Child => children.push(other.id.to_string()),
            Link::Duplicate if other.status.may_become(Status::Resolved) => {
                let reason = format!("duplicate of {}: {}", present.id, note.trim());
                let reason = reason.trim_end_matches([':', ' ']).to_owned();
                let resolved = statuses::set(&other, Status::Resolved, Some(reason));
                facts.push(resolved.because(Cause::Earlier(0)));
            }
            Link::Duplicate | Link::Related => {}
        }
    }
    if !children.is_empty() {
        let (id, open) = (present.id, children.join(", "));
        let text = format!("{id} has open children: {open}; end them first");
        return Err(Refusal::conflict(text).at("status").into());
    }
    Ok(facts)
}

/// The ticket, if it stands by itself.
///
/// **Refuses:** one that was merged into another.
pub fn standing(now: &Now<'_>, id: TicketId) -> Result<Ticket> {
    let present = get(now, id)?;
    if let Some((_, root)) = merged(now, id)? {
        let text = format!("{id} was merged; go on in {root}");
        return Err(Refusal::conflict(text).into());
    }
    Ok(present)
}

fn at(error: crate::error::Error, field: &'static str) -> crate::error::Error {
    match error {
        crate::error::Error::Refusal(refusal) => refusal.at(field).into(),
        fault => fault,
    }
}

fn holds(now: &Now<'_>, object: Object, article: ArticleId) -> Result<bool> {
    match object {
        Object::Conversation(id) => now.value(
            "SELECT EXISTS (SELECT 1 FROM article WHERE seq = :seq AND conversation = :id)",
            &[(":seq", &article), (":id", &id)],
        ),
        Object::Ticket(id) => now.value(
            "SELECT EXISTS (SELECT 1 FROM article WHERE seq = :seq AND (
                 ticket IN (SELECT :id UNION SELECT ticket FROM ticket_merge WHERE root = :id)
              OR conversation IN (SELECT conversation FROM ticket_conversation WHERE ticket IN
                    (SELECT :id UNION SELECT ticket FROM ticket_merge WHERE root = :id))
              OR seq IN (SELECT article FROM ticket_split WHERE ticket = :id)))",
            &[(":seq", &article), (":id", &id)],
        ),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => Ok(false),
    }
}

fn above(now: &Now<'_>, id: TicketId, link: Link) -> Result<Vec<TicketId>> {
    now.all(
        "WITH RECURSIVE above(id) AS (
             SELECT :id
             UNION SELECT other FROM ticket_link JOIN above ON ticket = above.id
                    WHERE kind = :kind)
         SELECT id FROM above LIMIT 1000",
        &[(":id", &id), (":kind", &link.as_str())],
        |row| row.get("id"),
    )
}

fn object(text: &str) -> Result<Object> {
    text.parse().map_err(crate::error::Error::fault)
}

// Apply

/// Applies a fact about tickets that belong together.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &TicketEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        TicketEvent::Merged { ticket, into } => {
            let root = root_of(write, *into)?;
            write.run(
                "INSERT INTO ticket_merge (ticket, into_ticket, root, seq)
                 VALUES (:ticket, :into, :root, :seq)",
                &[
                    (":ticket", ticket),
                    (":into", into),
                    (":root", &root),
                    (":seq", seq),
                ],
            )?;
            write.run(
                "UPDATE ticket_merge SET root = :root WHERE root = :ticket",
                &[(":root", &root), (":ticket", ticket)],
            )?;
            related(write, &[*ticket, *into])
        }
        TicketEvent::Unmerged { ticket, from } => {
            let sql = "DELETE FROM ticket_merge WHERE ticket = :ticket";
            write.run(sql, &[(":ticket", ticket)])?;
            // What had been merged into it before goes along.
            write.run(
                "UPDATE ticket_merge SET root = :ticket WHERE ticket IN (
                     WITH RECURSIVE below(id) AS (
                         SELECT ticket FROM ticket_merge WHERE into_ticket = :ticket
                         UNION SELECT ticket_merge.ticket FROM ticket_merge
                                 JOIN below ON into_ticket = below.id)
                     SELECT id FROM below)",
                &[(":ticket", ticket)],
            )?;
            related(write, &[*ticket, *from])
        }
        TicketEvent::Split {
            ticket,
            from,
            articles,
        } => {
            for article in articles {
                write.run(
                    "INSERT INTO ticket_split (ticket, article, source, seq)
                     VALUES (:ticket, :article, :source, :seq)",
                    &[
                        (":ticket", ticket),
                        (":article", article),
                        (":source", from),
                        (":seq", seq),
                    ],
                )?;
            }
            parted(write, *ticket, *from)
        }
        TicketEvent::SplitUndone { ticket, from, .. } => {
            write.run(
                "DELETE FROM ticket_split WHERE ticket = :ticket",
                &[(":ticket", ticket)],
            )?;
            parted(write, *ticket, *from)
        }
        TicketEvent::Linked { ticket, to, link } => {
            write.run(
                "INSERT INTO ticket_link (ticket, other, kind, seq)
                 VALUES (:ticket, :other, :kind, :seq)",
                &[
                    (":ticket", ticket),
                    (":other", to),
                    (":kind", &link.as_str()),
                    (":seq", seq),
                ],
            )?;
            related(write, &[*ticket, *to])
        }
        TicketEvent::Unlinked { ticket, to, .. } => {
            write.run(
                "DELETE FROM ticket_link WHERE ticket = :ticket AND other = :other",
                &[(":ticket", ticket), (":other", to)],
            )?;
            related(write, &[*ticket, *to])
        }
        _ => Ok(()), // `tickets::apply` hands over these alone
    }
}

fn root_of(write: &Writer<'_>, id: TicketId) -> Result<TicketId> {
    let sql = "SELECT root FROM ticket_merge WHERE ticket = :id";
    let root = write.find(sql, &[(":id", &id)], |row| row.get("root"))?;
    Ok(root.unwrap_or(id))
}

fn related(write: &Writer<'_>, both: &[TicketId]) -> Result<()> {
    both.iter()
        .try_for_each(|ticket| tickets::relate(write, *ticket))
}

fn parted(write: &Writer<'_>, ticket: TicketId, from: Object) -> Result<()> {
    tickets::relate(write, ticket)?;
    match from {
        Object::Conversation(id) => conversations::relate(write, id),
        Object::Ticket(id) => tickets::relate(write, id),
        _ => Ok(()), // `split` refuses these
    }
}

// Ask

/// Where a ticket lives on: the one it was merged into, and where that chain ends.
pub fn merged(now: &Now<'_>, id: TicketId) -> Result<Option<(TicketId, TicketId)>> {
    now.maybe(
        "SELECT into_ticket, root FROM ticket_merge WHERE ticket = :id",
        &[(":id", &id)],
        |row| Ok((row.get("into_ticket")?, row.get("root")?)),
    )
}

/// The tickets merged into one, directly, in order.
pub fn merged_here(now: &Now<'_>, id: TicketId) -> Result<Vec<TicketId>> {
    now.all(
        "SELECT ticket FROM ticket_merge WHERE into_ticket = :id ORDER BY seq LIMIT 200",
        &[(":id", &id)],
        |row| row.get("ticket"),
    )
}

/// The tickets one is linked with, in the order they were linked.
pub fn links(now: &Now<'_>, id: TicketId) -> Result<Vec<Joined>> {
    now.all(
        "SELECT other AS ticket, kind, 1 AS from_here, seq FROM ticket_link WHERE ticket = :id
         UNION ALL
         SELECT ticket, kind, 0, seq FROM ticket_link WHERE other = :id
          ORDER BY seq LIMIT 200",
        &[(":id", &id)],
        |row| {
            let kind: String = row.get("kind")?;
            Ok(Joined {
                ticket: row.get("ticket")?,
                link: kind.parse().map_err(crate::error::Error::fault)?,
                from_here: row.get("from_here")?,
            })
        },
    )
}

/// Where the articles of a ticket that was split off were said, and how many there are.
pub fn split_from(now: &Now<'_>, id: TicketId) -> Result<Option<Parted>> {
    let found: Option<(String, u64)> = now.maybe(
        "SELECT source, count(*) AS n FROM ticket_split WHERE ticket = :id GROUP BY source LIMIT 1",
        &[(":id", &id)],
        |row| Ok((row.get("source")?, row.get("n")?)),
    )?;
    found
        .map(|(from, articles)| {
            Ok(Parted {
                ticket: id,
                from: object(&from)?,
                articles,
            })
        })
        .transpose()
}

/// The tickets that were split off from a conversation or ticket, in order.
pub fn split_off(now: &Now<'_>, from: Object) -> Result<Vec<Parted>> {
    now.all(
        "SELECT ticket, count(*) AS n FROM ticket_split WHERE source = :source
          GROUP BY ticket ORDER BY ticket LIMIT 200",
        &[(":source", &from)],
        |row| {
            Ok(Parted {
                ticket: row.get("ticket")?,
                from,
                articles: row.get("n")?,
            })
        },
    )
}

/// The conversations of a ticket and of all that were merged into it, with the newest article when
/// each was attached.
pub fn conversations(now: &Now<'_>, id: TicketId) -> Result<Vec<(ConversationId, u64)>> {
    now.all(
        "SELECT conversation, min(attached_to) AS attached_to FROM ticket_conversation
          WHERE ticket IN (SELECT :id UNION SELECT ticket FROM ticket_merge WHERE root = :id)
          GROUP BY conversation ORDER BY min(seq) LIMIT 100",
        &[(":id", &id)],
        |row| Ok((row.get("conversation")?, row.get("attached_to")?)),
    )
}
