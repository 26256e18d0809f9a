//! Notifications: who is to be told what, in which ways, and what they have seen. Who is concerned
//! follows from each fact; whether and how they are told is decided apart, and is a fact again.

mod concerned;
pub mod copies;

pub use concerned::{due, hear};

use super::{groups, members};
use crate::domain::action::Audience;
use crate::domain::event::notification::{NotificationEvent, SealedNotice};
use crate::domain::event::{Cause, Fact};
use crate::domain::id::{MemberId, Object, Seq};
use crate::domain::moment::{HOUR_MS, Moment};
use crate::domain::notification::{Kind, Ways};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};

/// Most members told at once, and most notifications marked at once.
const TELL_MAX: u32 = 200;
/// What is older than this only stands in the list. **Unit:** milliseconds.
const LATE_MS: i64 = HOUR_MS;

/// Somebody who is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Who.
    pub member: MemberId,
    /// What about.
    pub kind: Kind,
    /// The event.
    pub about: Seq,
    /// What it happened to.
    pub object: Object,
    /// When it happened.
    pub at: Moment,
}

/// What somebody was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The event that told them.
    pub seq: Seq,
    /// What about.
    pub kind: Kind,
    /// The event.
    pub about: Seq,
    /// What it happened to.
    pub object: Object,
    /// In which ways.
    pub ways: Ways,
    /// When they were told.
    pub at: Moment,
    /// When they saw it.
    pub read_at: Option<Moment>,
}

// Decide

/// Tells who is to be told. Whoever looks at the thing itself is not rung up; who left is not told.
pub fn tell(
    now: &Now<'_>,
    due: &[Due],
    looks: impl Fn(MemberId, Object) -> bool,
) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    for due in due {
        if !is_due(now, due)? {
            continue; // told meanwhile
        }
        let quiet = looks(due.member, due.object);
        let rings = !quiet && now.at().ms_since(due.at) < LATE_MS;
        let wanted = ways(now, due.member, due.kind)?;
        let told: Fact = NotificationEvent::Told {
            member: due.member,
            kind: due.kind,
            about: due.about,
            object: due.object,
            ways: Ways {
                list: wanted.list,
                browser: wanted.browser && rings,
                email: wanted.email && rings && copies::goes_out(now, due.member)?,
            },
            quiet,
        }
        .into();
        facts.push(told.because(Cause::Event(due.about)));
    }
    Ok(facts)
}

/// Marks what the one who wishes was told as seen: all of it, or what is about one object.
pub fn read(now: &Now<'_>, object: Option<Object>) -> Result<Vec<Fact>> {
    let Some(member) = now.who().member() else {
        return Ok(Vec::new());
    };
    let notifications: Vec<Seq> = now.all(
        "SELECT seq FROM notification
          WHERE member = :member AND read_at IS NULL AND (:object IS NULL OR object = :object)
          ORDER BY seq LIMIT :limit",
        &[
            (":member", &member),
            (":object", &object),
            (":limit", &TELL_MAX),
        ],
        |row| row.get("seq"),
    )?;
    if notifications.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![
        NotificationEvent::Read {
            member,
            notifications,
        }
        .into(),
    ])
}

/// Chooses in which ways the one who wishes is told of a kind.
///
/// **Refuses:** ringing for what does not stand in the list.
pub fn prefer(now: &Now<'_>, kind: Kind, to: Ways) -> Result<Vec<Fact>> {
    let Some(member) = now.who().member() else {
        return Err(Refusal::forbidden("only members are told").into());
    };
    if !to.list && (to.browser || to.email) {
        let text = format!("{}: what rings also stands in the list", kind.words());
        return Err(Refusal::invalid(text).into());
    }
    let from = ways(now, member, kind)?;
    if from == to {
        return Ok(Vec::new());
    }
    Ok(vec![
        NotificationEvent::Preferred {
            member,
            kind,
            from,
            to,
        }
        .into(),
    ])
}

/// Asks that somebody be told of something: what the action `notify` does.
pub fn ask(object: Object, to: Audience, text: &str) -> Vec<Fact> {
    let sealed = SealedNotice {
        text: Some(text.to_owned()),
    };
    vec![NotificationEvent::Asked { object, to, sealed }.into()]
}

/// Refuses an audience that is not there.
pub fn demand(now: &Now<'_>, to: Audience) -> Result<()> {
    let text = match to {
        Audience::Owner | Audience::Leads => return Ok(()),
        Audience::Member { id } => {
            let known = members::list(now)?.into_iter().find(|known| known.id == id);
            match known {
                Some(known) if known.active => return Ok(()),
                Some(known) => format!("{} does not work here any more", known.name),
                None => format!("there is no member {id}"),
            }
        }
        Audience::Group { id } => {
            if groups::list(now)?.iter().any(|group| group.id == id) {
                return Ok(());
            }
            format!("there is no group {id}")
        }
    };
    Err(Refusal::invalid(text).at("notify").into())
}

// Apply

/// Applies a fact about notifications.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &NotificationEvent) -> Result<()> {
    match event {
        NotificationEvent::Asked { object, .. } => match object {
            Object::Conversation(id) => super::conversations::relate(write, *id)?,
            Object::Ticket(id) => super::tickets::relate(write, *id)?,
            Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {}
        },
        NotificationEvent::Told {
            member,
            kind,
            about,
            object,
            ways,
            quiet,
        } => {
            write.run(
                "DELETE FROM notification_due
                  WHERE about = :about AND member = :member AND kind = :kind",
                &[
                    (":about", about),
                    (":member", member),
                    (":kind", &kind.as_str()),
                ],
            )?;
            let read_at = quiet.then_some(recorded.at);
            write.run(
                "INSERT INTO notification (seq, member, kind, about, object, browser, email, at,
                     read_at)
                 VALUES (:seq, :member, :kind, :about, :object, :browser, :email, :at, :read_at)",
                &[
                    (":seq", &recorded.seq),
                    (":member", member),
                    (":kind", &kind.as_str()),
                    (":about", about),
                    (":object", object),
                    (":browser", &ways.browser),
                    (":email", &ways.email),
                    (":at", &recorded.at),
                    (":read_at", &read_at),
                ],
            )?;
            if ways.email {
                copies::apply_wanted(write, recorded, *member)?;
            }
        }
        NotificationEvent::CopyTried {
            notification,
            attempt,
            sent,
            next_at,
            ..
        } => copies::apply_tried(write, recorded, *notification, *attempt, *sent, *next_at)?,
        NotificationEvent::Read { notifications, .. } => {
            for seq in notifications {
                write.run(
                    "UPDATE notification SET read_at = coalesce(read_at, :at) WHERE seq = :seq",
                    &[(":at", &recorded.at), (":seq", seq)],
                )?;
            }
        }
        NotificationEvent::Preferred {
            member, kind, to, ..
        } => {
            write.run(
                "INSERT INTO notification_preference (member, kind, list, browser, email, seq)
                 VALUES (:member, :kind, :list, :browser, :email, :seq)
                 ON CONFLICT (member, kind) DO UPDATE SET list = excluded.list,
                     browser = excluded.browser, email = excluded.email, seq = excluded.seq",
                &[
                    (":member", member),
                    (":kind", &kind.as_str()),
                    (":list", &to.list),
                    (":browser", &to.browser),
                    (":email", &to.email),
                    (":seq", &recorded.seq),
                ],
            )?;
        }
    }
    Ok(())
}

// Ask

/// Who is to be told, what happened first comes first.
pub fn to_tell(now: &Now<'_>) -> Result<Vec<Due>> {
    now.all(
        "SELECT about, member, kind, object, at FROM notification_due
          ORDER BY about, member, kind LIMIT :limit",
        &[(":limit", &TELL_MAX)],
        |row| {
            Ok(Due {
                member: row.get("member")?,
                kind: kind(row)?,
                about: row.get("about")?,
                object: object(row)?,
                at: row.get("at")?,
            })
        },
    )
}

fn is_due(now: &Now<'_>, due: &Due) -> Result<bool> {
    now.value(
        "SELECT EXISTS (SELECT 1 FROM notification_due
          WHERE about = :about AND member = :member AND kind = :kind)",
        &[
            (":about", &due.about),
            (":member", &due.member),
            (":kind", &due.kind.as_str()),
        ],
    )
}

/// In which ways a member wants to be told of a kind.
pub fn ways(now: &Now<'_>, member: MemberId, kind: Kind) -> Result<Ways> {
    let chosen = now.maybe(
        "SELECT list, browser, email FROM notification_preference
          WHERE member = :member AND kind = :kind",
        &[(":member", &member), (":kind", &kind.as_str())],
        |row| {
            Ok(Ways {
                list: row.get("list")?,
                browser: row.get("browser")?,
                email: row.get("email")?,
            })
        },
    )?;
    Ok(chosen.unwrap_or_else(|| kind.usual()))
}

/// What a member was told, the newest first, from before one of them.
pub fn list(
    now: &Now<'_>,
    member: MemberId,
    before: Option<Seq>,
    unread: bool,
    limit: u32,
) -> Result<Vec<Notification>> {
    now.all(
        "SELECT seq, kind, about, object, browser, email, at, read_at FROM notification
          WHERE member = :member AND (:before IS NULL OR seq < :before)
            AND (:unread = 0 OR read_at IS NULL)
          ORDER BY seq DESC LIMIT :limit",
        &[
            (":member", &member),
            (":before", &before),
            (":unread", &unread),
            (":limit", &limit),
        ],
        |row| {
            Ok(Notification {
                seq: row.get("seq")?,
                kind: kind(row)?,
                about: row.get("about")?,
                object: object(row)?,
                ways: Ways {
                    list: true,
                    browser: row.get("browser")?,
                    email: row.get("email")?,
                },
                at: row.get("at")?,
                read_at: row.get("read_at")?,
            })
        },
    )
}

/// How much a member was told and has not seen.
pub fn unread(now: &Now<'_>, member: MemberId) -> Result<u64> {
    now.value(
        "SELECT count(*) FROM notification WHERE member = :member AND read_at IS NULL",
        &[(":member", &member)],
    )
}

/// Whether a member was told something about an object and has not seen it.
pub fn is_unread(now: &Now<'_>, member: MemberId, object: Object) -> Result<bool> {
    now.value(
        "SELECT EXISTS (SELECT 1 FROM notification
          WHERE member = :member AND read_at IS NULL AND object = :object)",
        &[(":member", &member), (":object", &object)],
    )
}

fn kind(row: &Row<'_>) -> Result<Kind> {
    let word: String = row.get("kind")?;
    word.parse().map_err(Error::fault)
}

fn object(row: &Row<'_>) -> Result<Object> {
    let word: String = row.get("object")?;
    word.parse().map_err(Error::fault)
}
