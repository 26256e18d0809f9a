//! What every handler has at hand: the ledger, the live hub, who is there, and the few things that
//! live in memory alone because nobody is accountable for them.

use crate::desk::sessions;
use crate::domain::actor::{Actor, Door, Who};
use crate::domain::id::{MemberId, Object};
use crate::domain::moment::{HOUR_MS, MINUTE_MS, Moment};
use crate::error::Result;
use crate::jobs::Jobs;
use crate::ledger::Ledger;
use crate::ledger::verify::Report;
use crate::web::exports::making::Making;
use crate::web::front::live::Hub;
use crate::web::passwords::Passwords;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long somebody counts as present on a page after their last sign. **Unit:** milliseconds.
const PRESENT_MS: i64 = MINUTE_MS;

/// What the handlers share.
pub struct App {
    /// The desk's memory.
    pub ledger: Ledger,
    /// Where open pages hear of news.
    pub hub: Hub,
    /// The hands: intake, outbox, media, timers.
    pub jobs: Jobs,
    /// Where passwords are digested, away from the request threads.
    pub passwords: Passwords,
    /// The address people reach the desk at, if it was given.
    pub public_url: Option<String>,
    /// What a visitor of the demo may sign in with: name and role, e-mail address, password. Empty
    /// on a desk that is none.
    pub samples: Vec<(String, String, String)>,
    /// The one-time code of the first run, until it is used.
    pub setup_code: Mutex<Option<String>>,
    /// When each session was used last; begins anew with the process.
    pub used: Mutex<HashMap<String, Moment>>,
    /// Who looks at or writes in what.
    pub present: Mutex<HashMap<(MemberId, Object), Present>>,
    /// What a running or finished verification told last.
    pub verification: Arc<Mutex<Verification>>,
    /// Exports that are being made.
    pub making: Arc<Making>,
    /// When the process began to serve.
    pub started_at: Moment,
}

/// A member on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// The name.
    pub name: String,
    /// Whether they are writing.
    pub writing: bool,
    /// Their last sign.
    pub at: Moment,
}

/// The state of verifying the trail.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// How far the running one is, done and in all; none if none runs.
    pub running: Option<(u64, u64)>,
    /// What the last one found, in this process.
    pub last: Option<Verified>,
}

/// What a verification found.
#[derive(Debug, Clone)]
pub struct Verified {
    /// When.
    pub at: Moment,
    /// What it said.
    pub report: Arc<Report>,
}

impl App {
    /// Whether a session has idled too long and is over. If not, and somebody is really there, it
    /// is used now: a page that fetches itself again keeps no session alive.
    fn idled(&self, session: &sessions::Session, idle_h: i64, there: bool) -> bool {
        let now = self.ledger.clock().now();
        let mut used = locked(&self.used);
        // One that this process has not seen yet was used when it began, or with the process.
        let since = session.started_at.max(self.started_at);
        let last = used.get(&session.id).copied().unwrap_or(since);
        if now.ms_since(last) > idle_h * HOUR_MS {
            return true;
        }
        if there {
            used.insert(session.id.clone(), now);
        }
        false
    }

    /// Notes that a member is on a page; tells whether others should hear of it.
    pub fn arrive(&self, member: MemberId, name: &str, object: Object, writing: bool) -> bool {
        let now = self.ledger.clock().now();
        let mut present = locked(&self.present);
        present.retain(|_, there| now.ms_since(there.at) < PRESENT_MS);
        let there = Present {
            name: name.to_owned(),
            writing,
            at: now,
        };
        let before = present.insert((member, object), there);
        before.is_none_or(|before| before.writing != writing)
    }

    /// Notes that a member left a page.
    pub fn leave(&self, member: MemberId, object: Object) -> bool {
        locked(&self.present).remove(&(member, object)).is_some()
    }

    /// The others on a page, by name.
    pub fn others(&self, me: MemberId, object: Object) -> Vec<Present> {
        let now = self.ledger.clock().now();
        let present = locked(&self.present);
        let mut others: Vec<Present> = present
            .iter()
            .filter(|((member, on), there)| {
                *on == object && *member != me && now.ms_since(there.at) < PRESENT_MS
            })
            .map(|(_, there)| there.clone())
            .collect();
        others.sort_by(|a, b| a.name.cmp(&b.name));
        others
    }

    /// Whether a member looks at something now.
    pub fn looks(&self, member: MemberId, object: Object) -> bool {
        let now = self.ledger.clock().now();
        locked(&self.present)
            .get(&(member, object))
            .is_some_and(|there| now.ms_since(there.at) < PRESENT_MS)
    }

    /// Who is writing in each conversation or ticket, apart from one member.
    pub fn writing(&self, me: MemberId) -> HashMap<Object, String> {
        let now = self.ledger.clock().now();
        locked(&self.present)
            .iter()
            .filter(|((member, _), there)| {
                there.writing && *member != me && now.ms_since(there.at) < PRESENT_MS
            })
            .map(|((_, object), there)| (*object, there.name.clone()))
            .collect()
    }

    /// Wakes the pages that show an object without anything having been recorded: presence.
    pub fn wake(&self, object: Object) {
        self.hub.wake(&[format!("presence:{object}")]);
    }

    /// The member of a session, if it holds and has not idled; `there` if somebody is really there.
    pub fn signed_in(
        &self,
        session: &str,
        there: bool,
    ) -> Result<Option<(sessions::Session, crate::desk::members::Member)>> {
        let who = Who::system("web", Door::Web);
        let now = self.ledger.now(&who)?;
        let Some((session, member)) = sessions::member_of(&now, session)? else {
            return Ok(None);
        };
        let idle_h = crate::desk::settings::number(&now, "session.idle_h")?;
        drop(now);
        if self.idled(&session, idle_h, there) {
            return Ok(None);
        }
        Ok(Some((session, member)))
    }

    /// A member as the one who wishes through a page.
    pub fn who(member: &crate::desk::members::Member, request: &str) -> Who {
        let actor = Actor::Member {
            id: member.id,
            name: member.name.clone(),
            role: member.role,
        };
        Who::of(actor, Door::Web, Some(request.to_owned()))
    }
}

/// The value behind a lock, whatever happened to a thread that held it.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
