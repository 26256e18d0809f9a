//! The past: the desk as it stood after an event, made once more in memory from the facts that a
//! question needs. Which those are is for the desk to say; nothing of it is kept.

use super::entry::Entry;
use super::now::{Now, Picture};
use super::store::{Bind, bind_all};
use super::writer::{Book, Later, Recorded, Writer};
use super::{Ledger, append, rebuild, shape};
use crate::domain::actor::Who;
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Fault, Result};
use rusqlite::Connection;

/// The desk as it stood once, as far as it was asked for.
pub struct Past {
    db: Connection,
    at: Moment,
    next: Seq,
}

impl Past {
    /// The picture of it, for one who looks.
    pub fn now<'a>(&'a self, who: &'a Who) -> Now<'a> {
        Now::new(Picture::Writing(&self.db), self.at, self.next, who)
    }
}

impl Ledger {
    /// The desk as it stood after an event: the facts at `places`, which rise up to it, applied to
    /// tables in memory. Personal content that was removed since is not in it.
    pub fn past(&self, places: &[Seq], last: Seq) -> Result<Past> {
        let from = self.shared.readers.lease()?;
        let into = shape::fresh()?;
        // Only some of the facts are taken along.
        into.execute_batch(
            "PRAGMA foreign_keys = OFF; DROP TRIGGER event_is_appended; PRAGMA synchronous = OFF;
             BEGIN",
        )
        .map_err(Fault::from)
        .doing("preparing a picture of the past")?;
        let later = Later::default();
        let book = Book {
            db: &into,
            later: &later,
        };
        let mut at = None;
        for seq in places {
            at = Some(self.take_along(&from, book, *seq)?);
            later.cut(0); // the indexes for searching are asked for nothing here
        }
        if places.last() != Some(&last) {
            let (entry, _) = entry(&from, last)?;
            at = Some(entry.at);
        }
        into.execute_batch("COMMIT; PRAGMA query_only = ON")
            .map_err(Fault::from)?;
        Ok(Past {
            db: into,
            at: at.unwrap_or_default(),
            next: Seq(last.0 + 1),
        })
    }

    /// Applies one event, with the rows that stand beside it.
    fn take_along(&self, from: &Connection, book: Book<'_>, seq: Seq) -> Result<Moment> {
        let (entry, bytes) = entry(from, seq)?;
        let disclosures = match entry.sealed.is_empty() {
            true => Vec::new(),
            false => rebuild::disclosures(from, seq)?,
        };
        let writer = Writer::new(book, seq);
        append::write(&writer, seq, Entry::leaf(&bytes), &bytes, &disclosures)?;
        append::place(&writer, &entry)?;
        for object in rebuild::objects(&entry)? {
            writer.about(object);
        }
        let (files, readable): (Vec<_>, Vec<_>) = disclosures
            .into_iter()
            .partition(|(field, _)| rebuild::is_file(field));
        drop(files); // their bytes stay where they are
        let event = entry.fact(&readable)?;
        let recorded = Recorded {
            seq,
            at: entry.at,
            actor: &entry.actor,
            via: &entry.via,
            cause: entry.cause,
            event: &event,
        };
        (self.shared.apply)(&writer, &recorded)
            .doing_so(|| format!("applying {} {seq} once more", entry.event))?;
        writer.write_about()?;
        Ok(entry.at)
    }
}

/// One entry and its bytes.
fn entry(from: &Connection, seq: Seq) -> Result<(Entry, String)> {
    let mut statement = from
        .prepare_cached("SELECT entry FROM event WHERE seq = :seq")
        .map_err(Fault::from)?;
    bind_all(&mut statement, &[(":seq", &seq as &dyn Bind)])?;
    let mut rows = statement.raw_query();
    let row = rows.next().map_err(Fault::from)?;
    let row = row.ok_or_else(|| Error::fault(format!("there is no event {seq}")))?;
    let bytes: String = row.get(0).map_err(Fault::from)?;
    let entry = serde_json::from_str(&bytes).doing_so(|| format!("reading event {seq}"))?;
    Ok((entry, bytes))
}
