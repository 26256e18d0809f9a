//! Replaying: the trail once more into a database in memory, stopping at each event to let somebody
//! look at the desk as it stood then. Nothing of it is kept.

use super::entry::Entry;
use super::now::{Now, Picture};
use super::rebuild::{Watch, replay};
use super::store::{self, Use};
use super::{Ledger, shape};
use crate::domain::actor::Who;
use crate::domain::event::Event;
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Fault, Result};
use rusqlite::Connection;

/// Looks at the desk as it stood: with nothing before an event is applied, at its time, and once at
/// the end, at the present; with the event after it.
pub type Look<'a> = &'a mut dyn FnMut(&Now<'_>, Option<(Seq, &Event)>) -> Result<()>;

struct Looking<'a> {
    db: &'a Connection,
    who: &'a Who,
    look: Look<'a>,
    trouble: Option<Error>,
}

impl Ledger {
    /// Replays the whole trail for one who looks.
    pub fn replay(&self, who: &Who, look: Look<'_>) -> Result<()> {
        let from = store::open(&self.home().database(), Use::Read)?;
        from.execute_batch("BEGIN").map_err(Fault::from)?;
        let into = shape::fresh()?;
        into.execute_batch("PRAGMA foreign_keys = OFF; BEGIN")
            .map_err(Fault::from)
            .doing("preparing a replay")?;
        let mut looking = Looking {
            db: &into,
            who,
            look,
            trouble: None,
        };
        let replayed = replay(&from, &into, self.shared.apply, &mut looking);
        if let Ok(tail) = &replayed {
            looking.look(self.clock().now(), Seq(tail.edge.size()), None);
        }
        match looking.trouble {
            Some(error) => Err(error),
            None => replayed.map(drop),
        }
    }
}

impl Looking<'_> {
    fn look(&mut self, at: Moment, next: Seq, happened: Option<(Seq, &Event)>) {
        if self.trouble.is_none() {
            let now = Now::new(Picture::Writing(self.db), at, next, self.who);
            self.trouble = (self.look)(&now, happened).err();
        }
    }
}

impl Watch for Looking<'_> {
    fn coming(&mut self, entry: &Entry) {
        self.look(entry.at, entry.seq, None);
    }

    fn applied(&mut self, entry: &Entry, event: &Event) {
        let next = Seq(entry.seq.0 + 1);
        self.look(entry.at, next, Some((entry.seq, event)));
    }

    fn failed(&mut self, _: Seq, error: Error) -> Result<()> {
        Err(error)
    }

    fn progress(&mut self, _: u64) {}
}
