//! What the reader was told: the list, what is new in the bar, and in which ways they want to be
//! told of what.

use crate::desk::audit;
use crate::desk::inbox::is_within_reach;
use crate::desk::notifications::{self, Notification};
use crate::domain::event::Event;
use crate::domain::event::pack::PackEvent;
use crate::domain::id::Object;
use crate::domain::moment::Moment;
use crate::domain::notification::{Kind, Ways};
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::names::Names;
use crate::web::sentences;
use crate::web::shell::Bell;
use crate::web::visit::Visit;
use serde::Serialize;

/// Notifications on one page.
const ROWS: u32 = 50;

/// `notifications/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct NotificationsPage {
    /// What the reader was told.
    pub rows: Vec<NotificationRow>,
    /// Whether only what they have not seen is shown.
    pub unread: bool,
    /// How much they have not seen.
    pub count: u64,
    /// The page after.
    pub older: Option<String>,
}

/// One notification.
#[derive(Debug, Clone, Serialize)]
pub struct NotificationRow {
    /// The event that told it.
    pub seq: u64,
    /// Its kind in English.
    pub kind: &'static str,
    /// What happened, as a sentence; empty where it is no longer within reach.
    pub sentence: String,
    /// The picture of what happened.
    pub icon: &'static str,
    /// `C-88`, `T-1042`, …
    pub object: String,
    /// Its page.
    pub href: String,
    /// When.
    pub at: Moment,
    /// Whether it is new.
    pub unread: bool,
}

/// `notifications/preferences.html`
#[derive(Debug, Clone, Serialize)]
pub struct PreferencesPage {
    /// Kinds: id, name in English, whether in the list, by the browser, by e-mail.
    pub kinds: Vec<(&'static str, &'static str, bool, bool, bool)>,
    /// Whether a mailbox is chosen that sends copies.
    pub copies: bool,
    /// Where they go.
    pub address: String,
}

/// `GET /notifications`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let before = visit.query("before").and_then(|seq| seq.parse().ok());
    let unread = visit.query("show") == Some("new");
    let told = notifications::list(&now, visit.member.id, before, unread, ROWS)?;
    let full = told.len() == ROWS as usize;
    let older = told.last().filter(|_| full).map(|last| {
        let show = if unread { "&show=new" } else { "" };
        format!("/notifications?before={}{show}", last.seq)
    });
    let page = NotificationsPage {
        rows: told
            .iter()
            .map(|told| row(visit, &now, told))
            .collect::<Result<_>>()?,
        unread,
        count: notifications::unread(&now, visit.member.id)?,
        older,
    };
    visit.page(&now, "notifications/index.html", &page)
}

/// `POST /notifications/read`: all, or what is about one object; then on to that object's page.
pub fn read(visit: &Visit<'_>) -> Result<Response> {
    let object: Option<Object> = match visit.field("object") {
        "" => None,
        object => Some(object.parse().map_err(Refusal::invalid)?),
    };
    visit.record(move |now| notifications::read(now, object))?;
    let back = object.map_or_else(|| "/notifications".to_owned(), href);
    Ok(Response::redirect_303(&visit.back(&back)))
}

/// `GET /notifications/preferences`
pub fn preferences(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let kinds = Kind::ALL.map(|kind| {
        let ways = notifications::ways(&now, visit.member.id, kind)?;
        let name = (kind.as_str(), kind.words());
        Ok((name.0, name.1, ways.list, ways.browser, ways.email))
    });
    let page = PreferencesPage {
        kinds: kinds.into_iter().collect::<Result<_>>()?,
        copies: notifications::copies::mailbox(&now)?.is_some(),
        address: visit.member.email.clone(),
    };
    visit.page(&now, "notifications/preferences.html", &page)
}

/// `POST /notifications/preferences`: the ways for every kind, in one wish.
pub fn prefer(visit: &Visit<'_>) -> Result<Response> {
    let wanted = Kind::ALL.map(|kind| {
        let on = |way: &str| visit.field(&format!("{}.{way}", kind.as_str())) == "on";
        let browser = on("browser");
        let email = on("email");
        let list = on("list") || browser || email; // what rings also stands in the list
        (
            kind,
            Ways {
                list,
                browser,
                email,
            },
        )
    });
    visit.record(move |now| {
        let mut facts = Vec::new();
        for (kind, ways) in wanted {
            facts.extend(notifications::prefer(now, kind, ways)?);
        }
        Ok(facts)
    })?;
    Ok(visit.went_well("/notifications/preferences", "Saved"))
}

/// Marks what the reader was told about an object as seen, now that they look at it.
pub fn seen(visit: &Visit<'_>, object: Object) -> Result<()> {
    if visit.in_background() {
        return Ok(());
    }
    let unread = notifications::is_unread(&visit.now()?, visit.member.id, object)?;
    if unread {
        visit.record(move |now| notifications::read(now, Some(object)))?;
    }
    Ok(())
}

/// The bell in the bar: how much is new, and the newest, for the browser to say.
pub fn bell(visit: &Visit<'_>, now: &Now<'_>) -> Result<Bell> {
    let me = visit.member.id;
    let newest = notifications::list(now, me, None, true, 1)?.pop();
    let newest = newest.map(|told| row(visit, now, &told).map(|row| (row, told.ways.browser)));
    let (row, rings) = match newest.transpose()? {
        Some((row, rings)) => (Some(row), rings),
        None => (None, false),
    };
    Ok(Bell {
        unread: notifications::unread(now, me)?,
        seq: row.as_ref().map_or(0, |row| row.seq),
        rings,
        title: row.as_ref().map_or("", |row| row.kind),
        text: row.as_ref().map_or_else(String::new, |row| {
            format!("{} {}", row.object, row.sentence)
                .chars()
                .take(160)
                .collect()
        }),
        href: row.map(|row| row.href).unwrap_or_default(),
    })
}

fn row(visit: &Visit<'_>, now: &Now<'_>, told: &Notification) -> Result<NotificationRow> {
    let about = audit::get(now, told.about)?;
    let pack = match &about.event {
        Event::Pack(
            PackEvent::Shared { pack, .. }
            | PackEvent::Answered { pack, .. }
            | PackEvent::Decided { pack, .. }
            | PackEvent::Reopened { pack, .. },
        ) => Some(*pack),
        _ => None, // everything else is found where it happened
    };
    let reachable = match told.object {
        _ if pack.is_some() => true, // it was shared, whatever the case it is about

        Object::Conversation(id) => is_within_reach(now, id)?,
        Object::Ticket(id) => crate::desk::tickets::list::demand_reach(now, id).is_ok(),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => true,
    };
    let names = Names::of_desk(now)?;
    let sentence = if reachable {
        sentences::told(visit.language(), &about, &|object| names.get(object))
    } else {
        String::new()
    };
    Ok(NotificationRow {
        seq: told.seq.0,
        kind: told.kind.words(),
        sentence,
        icon: sentences::icon(&about.event),
        object: told.object.to_string(),
        href: pack.map_or_else(|| href(told.object), |pack| format!("/packs/{pack}")),
        at: about.entry.at,
        unread: told.read_at.is_none(),
    })
}

fn href(object: Object) -> String {
    match object {
        Object::Conversation(id) => format!("/conversations/{id}"),
        Object::Ticket(id) => format!("/tickets/{id}"),
        Object::Contact(id) => format!("/contacts/{id}"),
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => "/notifications".to_owned(),
    }
}
