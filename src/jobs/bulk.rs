//! Bulk wishes: done one after the other, each thing by a wish of its own, many to a commit. After
//! a crash what has been done is found in the trail, and the rest is done.

use super::Shared;
use crate::desk::bulk;
use crate::domain::actor::{Door, Who};
use crate::error::{Error, RefusalKind, Result};
use crate::ledger::{Ledger, Now, Wish};
use std::collections::HashSet;
use std::time::Duration;

/// Things that share a commit.
const CHUNK: usize = 50;
/// How often is looked without being rung.
const LOOK: Duration = Duration::from_secs(60);

/// Works until told to end.
pub(super) fn run(shared: &Shared) {
    loop {
        shared.attend("working in bulk", || {
            work(&shared.ledger, &|| shared.bulk.is_closed())
        });
        if !shared.bulk.wait(LOOK) {
            return;
        }
    }
}

/// Does all that is left of all bulk wishes, unless told to stop between two commits. One of which
/// something is left that could not be tried is looked at again later, and holds no other up.
pub fn work(ledger: &Ledger, stop: &dyn Fn() -> bool) -> Result<()> {
    let me = Who::system("bulk", Door::Timer);
    let mut tried = HashSet::new();
    loop {
        let now = ledger.now(&me)?;
        let mut unfinished = bulk::unfinished(&now)?.into_iter();
        let Some(id) = unfinished.find(|id| tried.insert(*id)) else {
            return Ok(());
        };
        let known = bulk::get(&now, id)?;
        let who = bulk::who(&now, &known)?;
        let pending = bulk::pending(&now, &known)?;
        drop(now);
        for chunk in pending.chunks(CHUNK) {
            if stop() {
                return Ok(());
            }
            let wishes = chunk.iter().copied().map(|object| {
                let wish: Wish = Box::new(move |now: &Now<'_>| bulk::advance(now, id, object));
                (who.clone(), wish)
            });
            for granted in ledger.record_each(wishes.collect())? {
                match granted {
                    Err(Error::Refusal(refusal)) if refusal.kind != RefusalKind::Unavailable => {
                        tracing::error!("bulk {id}: {}", refusal.text);
                    }
                    other => drop(other?),
                }
            }
        }
        ledger.record(&who, move |now| bulk::finish(now, id))?;
    }
}
