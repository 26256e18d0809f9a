//! The inbox: which queue, which rows, which thread.

use super::{InboxList, InboxPage, Queue, QueueSection, Row};
use crate::desk::inbox::{self, Listed, Queue as Kind, Sort, Wish};
use crate::desk::{channels, groups};
use crate::domain::conversation::Status;
use crate::domain::id::{ChannelId, ConversationId, GroupId, Object};
use crate::domain::member::Right;
use crate::domain::moment::{HOUR_MS, Moment};
use crate::error::{Error, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::conversations::{Status as Shown, show};
use crate::web::exchange::Response;
use crate::web::links::neighbours;
use crate::web::thread::view;
use crate::web::views::{self, Kept};
use crate::web::visit::Visit;
use std::collections::HashMap;

/// Rows on one page of the list.
const ROWS: u32 = 50;
/// A customer who waits longer counts as overdue. **Unit:** milliseconds.
const OVERDUE_MS: i64 = HOUR_MS;
/// The rows of a kept view are counted up to here.
const COUNT_MAX: u32 = 1_000;

/// `GET /inbox`
pub fn page(visit: &Visit<'_>) -> Result<Response> {
    let open = visit
        .query("open")
        .and_then(|id| id.parse::<ConversationId>().ok());
    let open = match open.map(|id| show::opened(visit, id)) {
        // It went to another group: the list stays.
        Some(Err(Error::Refusal(refusal))) if refusal.kind == RefusalKind::Forbidden => None,
        Some(opened) => opened.map(|()| open)?,
        None => None,
    };
    let now = visit.now()?;
    let wish = wish(visit);
    let thread = open
        .map(|id| show::thread(visit, &now, id, None))
        .transpose()?;
    let step = match (&thread, visit.query("step")) {
        (None, _) => "list",
        (Some(_), Some("details")) => "details",
        (Some(_), _) => "thread",
    };
    let kept = views::kept(visit, &now, "inbox", |asked| {
        let wish = wish_of(|name| asked.get(name));
        inbox::count(&now, &wish, COUNT_MAX).map(Some)
    })?;
    let page = InboxPage {
        step,
        queues: queues(&now, &wish, &kept)?,
        queue_name: queue_name(&now, &wish)?,
        kept,
        list: list(visit, &now, &wish, open)?,
        thread,
    };
    visit.page(&now, "inbox/index.html", &page)
}

/// What the query narrows the list to.
pub fn wish(visit: &Visit<'_>) -> Wish {
    wish_of(|name| visit.query(name))
}

/// What a query narrows the list to.
pub fn wish_of<'q>(query: impl Fn(&str) -> Option<&'q str>) -> Wish {
    let group = query("group").and_then(|id| id.parse::<GroupId>().ok());
    let channel = query("channel").and_then(|id| id.parse::<ChannelId>().ok());
    let narrowed = group.is_some() || channel.is_some();
    let otherwise = if narrowed { Kind::All } else { Kind::Mine };
    let after = query("after").and_then(|after| {
        let (key, id) = after.split_once('.')?;
        Some((key.parse().ok()?, id.parse().ok()?))
    });
    let queue = query("queue")
        .and_then(|queue| queue.parse().ok())
        .unwrap_or(otherwise);
    let usual = if matches!(queue, Kind::Closed | Kind::All) {
        Sort::Newest
    } else {
        Sort::Waiting
    };
    Wish {
        queue,
        group,
        channel,
        tag: query("tag").map(str::to_owned),
        sort: query("sort")
            .and_then(|sort| sort.parse().ok())
            .unwrap_or(usual),
        after,
    }
}

fn queue_name(now: &Now<'_>, wish: &Wish) -> Result<String> {
    if let Some(group) = wish.group {
        return groups::name(now, group);
    }
    if let Some(channel) = wish.channel {
        return Ok(channels::get(now, channel)?.title);
    }
    Ok(wish.queue.words().to_owned())
}

fn queues(now: &Now<'_>, wish: &Wish, kept: &Kept) -> Result<Vec<QueueSection>> {
    let views = kept.views.iter().map(|view| Queue {
        name: view.name.clone(),
        icon: if view.shared { "people" } else { "pin" },
        href: view.href.clone(),
        count: view.count.unwrap_or(0),
        overdue: false,
        current: view.here,
    });
    let narrowed = wish.group.is_some() || wish.channel.is_some();
    let is_kept = kept.views.iter().any(|view| view.here);
    let counts = inbox::counts(now)?;
    let late = inbox::overdue(now, now.at().plus_ms(-OVERDUE_MS))?;
    let own = counts
        .into_iter()
        .map(|(queue, count)| Queue {
            name: queue.words().to_owned(),
            icon: icon(queue),
            href: format!("/inbox?queue={}", queue.as_str()),
            count: count.unwrap_or(0),
            overdue: late.contains(&queue),
            current: !narrowed && !is_kept && queue == wish.queue,
        })
        .collect();
    let mut sections = vec![QueueSection {
        title: "",
        queues: own,
    }];
    let groups = groups::list(now)?
        .into_iter()
        .map(|group| Queue {
            href: format!("/inbox?group={}", group.id),
            current: wish.group == Some(group.id),
            name: group.name,
            icon: "people",
            count: 0,
            overdue: false,
        })
        .collect::<Vec<_>>();
    let channels = channels::list(now)?
        .into_iter()
        .map(|channel| Queue {
            href: format!("/inbox?channel={}", channel.id),
            current: wish.channel == Some(channel.id),
            name: channel.title,
            icon: "whatsapp",
            count: 0,
            overdue: false,
        })
        .collect::<Vec<_>>();
    for (title, queues) in [
        ("Groups", groups),
        ("Channels", channels),
        ("Kept views", views.collect()),
    ] {
        if !queues.is_empty() {
            sections.push(QueueSection { title, queues });
        }
    }
    Ok(sections)
}

fn icon(queue: Kind) -> &'static str {
    match queue {
        Kind::Mine => "person",
        Kind::Unassigned => "inbox",
        Kind::Bot => "bot",
        Kind::Escalated => "flag",
        Kind::Waiting => "clock",
        Kind::Snoozed => "moon",
        Kind::Closed => "check",
        Kind::Spam => "trash",
        Kind::All => "list",
    }
}

fn list(
    visit: &Visit<'_>,
    now: &Now<'_>,
    wish: &Wish,
    open: Option<ConversationId>,
) -> Result<InboxList> {
    let mut found = inbox::list(now, wish, ROWS + 1)?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let last = found.last().filter(|_| more);
    let last = last.map(|last| format!("{}.{}", last.key, last.id));
    let here = view::with(visit, &[("step", "")]);
    let (newer, older) = neighbours(&here, "after", last.as_deref());
    let writing = visit.app.writing(visit.member.id);
    let rows = found
        .into_iter()
        .map(|listed| row(visit, now.at(), listed, open, &writing))
        .collect::<Result<_>>()?;
    let sorts = [
        ("Waiting longest", "waiting", Sort::Waiting),
        ("Newest", "newest", Sort::Newest),
        ("Oldest", "oldest", Sort::Oldest),
        ("Next SLA target", "due", Sort::Due),
    ]
    .map(|(label, name, sort)| {
        (
            label,
            view::with(visit, &[("sort", name), ("after", ""), ("trail", "")]),
            sort == wish.sort,
        )
    });
    let chips = wish.tag.iter().map(|tag| {
        (
            format!("#{tag}"),
            view::with(visit, &[("tag", ""), ("after", ""), ("trail", "")]),
        )
    });
    Ok(InboxList {
        may_work: visit.may(Right::Work),
        href: view::with(visit, &[("open", ""), ("step", "")]),
        rows,
        sorts: sorts.into(),
        chips: chips.collect(),
        newer,
        older,
    })
}

fn row(
    visit: &Visit<'_>,
    at: Moment,
    listed: Listed,
    open: Option<ConversationId>,
    writing: &HashMap<Object, String>,
) -> Result<Row> {
    let status: Status = listed.status.parse().map_err(Error::fault)?;
    let id = listed.id.to_string();
    let number = listed.number.map(|number| format!("+{number}"));
    let name = listed.name.filter(|name| !name.is_empty());
    Ok(Row {
        href: view::with(visit, &[("open", &id), ("step", "")]),
        current: open == Some(listed.id),
        contact: name
            .or(number)
            .unwrap_or_else(|| listed.contact.to_string()),
        channel: listed.channel_kind,
        last_kind: match listed.spoke.as_deref() {
            Some("member" | "system") => "member",
            Some("bot") => "bot",
            _ => "contact", // the customer, or nobody yet
        },
        last_text: listed.preview.unwrap_or_default(),
        last_at: listed.last_at,
        waiting_since: listed.waiting_since,
        due: crate::web::sla::due(listed.due_at, listed.near_at, at),
        overdue: listed
            .waiting_since
            .is_some_and(|since| at.ms_since(since) > OVERDUE_MS),
        status: match listed.spam {
            true => Shown {
                name: "Spam".to_owned(),
                category: "bad".to_owned(),
                ..show::status(status)
            },
            false => show::status(status),
        },
        owner: show::person(visit, &listed.owner),
        escalated: listed.level > 0,
        tags: listed
            .tags
            .iter()
            .flat_map(|tags| tags.split(','))
            .map(str::to_owned)
            .collect(),
        writing: writing.get(&Object::Conversation(listed.id)).cloned(),
        tickets: listed
            .tickets
            .iter()
            .flat_map(|all| all.split(','))
            .map(str::to_owned)
            .collect(),
        id,
    })
}
