//! Rebuilding: the derived tables again from the facts, either in place or in a fresh database
//! beside the live one to compare with.

use super::Apply;
use super::append::{Tail, derive};
use super::entry::Entry;
use super::shape;
use super::store::{Bind, Cell};
use super::tree::Hash;
use super::writer::Writer;
use crate::domain::event::Event;
use crate::domain::id::{Object, Seq};
use crate::error::{Doing, Error, Fault, Result};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Told while events are gone through: how many are done.
pub type Progress<'a> = &'a mut dyn FnMut(u64);

/// Watches a replay.
pub(super) trait Watch {
    /// An event was applied.
    fn applied(&mut self, entry: &Entry, event: &Event);

    /// An event could not be read or applied: an error ends the replay, otherwise it goes on.
    fn failed(&mut self, seq: Seq, error: Error) -> Result<()>;

    /// So many are done.
    fn progress(&mut self, done: u64);
}

/// Applies every event of `from` to `into`, in order; answers the tail. The derived tables of
/// `into` must be empty.
pub(super) fn replay(
    from: &Connection,
    into: &Connection,
    apply: Apply,
    watch: &mut dyn Watch,
) -> Result<Tail> {
    let mut tail = Tail::empty();
    let mut events = from
        .prepare("SELECT seq, leaf, entry FROM main.event ORDER BY seq")
        .map_err(Fault::from)
        .doing("reading the trail")?;
    let mut rows = events.query([]).map_err(Fault::from)?;
    while let Some(row) = rows
        .next()
        .map_err(Fault::from)
        .doing("reading the trail")?
    {
        let seq = match Seq::from_value(row.get_ref(0).map_err(Fault::from)?) {
            Ok(seq) => seq,
            Err(error) => {
                watch.failed(Seq(tail.edge.size()), error)?;
                continue;
            }
        };
        let applied = read(from, seq, row).and_then(|(entry, leaf, event)| {
            let objects = objects(&entry)?;
            let writer = Writer::new(into, seq);
            let derived = AssertUnwindSafe(|| {
                derive(&writer, &mut tail, &entry, leaf, &event, &objects, apply)
            });
            catch_unwind(derived).unwrap_or_else(|_| Err(Error::fault("applying it panicked")))?;
            Ok((entry, event))
        });
        match applied {
            Ok((entry, event)) => watch.applied(&entry, &event),
            Err(error) => watch.failed(seq, error)?,
        }
        if seq.0.is_multiple_of(1000) {
            watch.progress(seq.0);
        }
    }
    watch.progress(tail.edge.size());
    Ok(tail)
}

/// One event with its entry and leaf. The leaf is computed, not believed.
fn read(from: &Connection, seq: Seq, row: &rusqlite::Row<'_>) -> Result<(Entry, Hash, Event)> {
    let bytes = row
        .get_ref(2)
        .map_err(Fault::from)?
        .as_str()
        .map_err(Fault::from)?;
    let entry: Entry =
        serde_json::from_str(bytes).doing(format!("reading the entry of event {seq}"))?;
    if entry.seq != seq {
        return Err(Error::fault(format!(
            "event {seq} says it is {}",
            entry.seq
        )));
    }
    let disclosures = if entry.sealed.is_empty() {
        Vec::new()
    } else {
        disclosures(from, seq)?
    };
    let fields: Vec<(String, String)> = disclosures
        .into_iter()
        .filter(|(field, _)| !is_file(field))
        .collect();
    let event = entry.fact(&fields).doing(format!("reading event {seq}"))?;
    Ok((entry, Entry::leaf(bytes), event))
}

/// The objects whose chains the entry continues, as it says itself: what it said when it was
/// written holds, whatever this program would say today.
fn objects(entry: &Entry) -> Result<Vec<Object>> {
    let objects = entry.of.iter().map(|(object, _, _)| object.parse());
    objects.collect::<Result<_, String>>().map_err(Error::fault)
}

/// Whether a disclosure of this name speaks of bytes in the `file` table.
pub fn is_file(field: &str) -> bool {
    matches!(field, "raw" | "media")
}

/// The disclosures of an event that are still there.
pub(super) fn disclosures(db: &Connection, seq: Seq) -> Result<Vec<(String, String)>> {
    let mut statement = db
        .prepare_cached("SELECT field, text FROM disclosure WHERE seq = :seq ORDER BY field")
        .map_err(Fault::from)?;
    super::store::bind_all(&mut statement, &[(":seq", &seq as &dyn Bind)])?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(Fault::from)? {
        found.push((
            row.get(0).map_err(Fault::from)?,
            row.get(1).map_err(Fault::from)?,
        ));
    }
    Ok(found)
}

/// Ends at the first event that cannot be applied.
struct Strict<'a>(Progress<'a>);

impl Watch for Strict<'_> {
    fn applied(&mut self, _: &Entry, _: &Event) {}

    fn failed(&mut self, _: Seq, error: Error) -> Result<()> {
        Err(error)
    }

    fn progress(&mut self, done: u64) {
        (self.0)(done);
    }
}

/// Makes the derived tables of a database again, in one transaction, in this program's shape.
pub(super) fn in_place(db: &Connection, apply: Apply, progress: Progress<'_>) -> Result<Tail> {
    use rusqlite::config::DbConfig;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)
        .map_err(Fault::from)?;
    db.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")
        .map_err(Fault::from)?;
    let rebuilt = shape::renew(db).and_then(|()| replay(db, db, apply, &mut Strict(progress)));
    match &rebuilt {
        Ok(_) => db
            .execute_batch("COMMIT")
            .map_err(Fault::from)
            .doing("keeping the rebuild")?,
        Err(_) => db.execute_batch("ROLLBACK").map_err(Fault::from)?,
    }
    db.execute_batch("PRAGMA foreign_keys = ON")
        .map_err(Fault::from)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)
        .map_err(Fault::from)?;
    rebuilt
}

#[cfg(test)]
mod tests {
    use super::super::shape;

    #[test]
    fn renewing_a_shape_changes_nothing_of_it() {
        let db = shape::fresh().unwrap();
        let before = shape::digest(&shape::made(&db).unwrap());
        shape::renew(&db).unwrap();
        assert_eq!(shape::digest(&shape::made(&db).unwrap()), before);
        db.execute_batch("CREATE INDEX extra ON trail (door); DROP TRIGGER event_is_appended")
            .unwrap();
        shape::renew(&db).unwrap();
        assert_eq!(shape::digest(&shape::made(&db).unwrap()), before);
    }
}
