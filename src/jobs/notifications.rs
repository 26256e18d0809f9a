//! Telling members what concerns them: what the tables say is due becomes a fact, and with it a
//! line in the member's list. Whoever looks at the thing itself is not rung up.

use super::Shared;
use crate::desk::notifications;
use crate::domain::actor::{Door, Who};
use crate::domain::id::{MemberId, Object};
use crate::error::Result;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long it sleeps when nobody rings.
const IDLE: Duration = Duration::from_secs(10);

/// Tells whether a member looks at something now.
pub type Looks = Arc<dyn Fn(MemberId, Object) -> bool + Send + Sync>;

/// Who knows who looks at what; nobody until the pages are served.
#[derive(Default)]
pub struct Watch(Mutex<Option<Looks>>);

impl Watch {
    /// Asks this one from now on.
    pub fn set(&self, looks: Looks) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(looks);
    }

    fn get(&self) -> Option<Looks> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Tells until told to end.
pub(super) fn run(shared: &Shared) {
    let mut wait = Duration::ZERO;
    while shared.notifications.wait(wait) {
        wait = IDLE;
        shared.attend("telling members", || {
            if tell(shared)? {
                wait = Duration::ZERO;
            }
            Ok(())
        });
        shared.attend("sending copies", || super::copies::send(shared).map(drop));
    }
}

/// Tells some; answers whether there may be more.
fn tell(shared: &Shared) -> Result<bool> {
    let who = Who::system("notifications", Door::Timer);
    let due = notifications::to_tell(&shared.ledger.now(&who)?)?;
    if due.is_empty() {
        return Ok(false);
    }
    let looks = shared.watch.get();
    let told = shared.ledger.record(&who, move |now| {
        notifications::tell(now, &due, |member, object| {
            looks.as_ref().is_some_and(|looks| looks(member, object))
        })
    })?;
    Ok(!told.facts.is_empty())
}
