//! Rebuilding: the derived tables again from the facts, either in place or in a fresh database
//! beside the live one to compare with.

use super::Apply;
use super::append::{Tail, derive};
use super::entry::Entry;
use super::shape;
use super::store::{Bind, Cell};
use super::writer::Writer;
use crate::domain::id::Seq;
use crate::error::{Doing, Error, Fault, Result};
use rusqlite::Connection;

/// Told while events are gone through: how many are done.
pub type Progress<'a> = &'a mut dyn FnMut(u64);

/// Applies every event of `from` to `into`, in order; answers the tail. The derived tables of
/// `into` must be empty.
pub(super) fn replay(
    from: &Connection,
    into: &Connection,
    apply: Apply,
    progress: Progress<'_>,
) -> Result<Tail> {
    let mut tail = Tail::empty();
    let mut events = from
        .prepare("SELECT seq, leaf, entry FROM event ORDER BY seq")
        .map_err(Fault::from)
        .doing("reading the trail")?;
    let mut rows = events.query([]).map_err(Fault::from)?;
    while let Some(row) = rows
        .next()
        .map_err(Fault::from)
        .doing("reading the trail")?
    {
        let seq = Seq::from_value(row.get_ref(0).map_err(Fault::from)?)?;
        let leaf = row.get(1).map_err(Fault::from)?;
        let bytes: String = row.get(2).map_err(Fault::from)?;
        let entry: Entry =
            serde_json::from_str(&bytes).doing(format!("reading the entry of event {seq}"))?;
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
        let writer = Writer::new(into, seq);
        derive(
            &writer,
            &mut tail,
            &entry,
            leaf,
            &event,
            &event.objects(),
            apply,
        )?;
        if seq.0.is_multiple_of(1000) {
            progress(seq.0);
        }
    }
    progress(tail.edge.size());
    Ok(tail)
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

/// Makes the derived tables of a database again, in one transaction, in this program's shape.
pub(super) fn in_place(db: &Connection, apply: Apply, progress: Progress<'_>) -> Result<Tail> {
    use rusqlite::config::DbConfig;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)
        .map_err(Fault::from)?;
    db.execute_batch("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")
        .map_err(Fault::from)?;
    let rebuilt = shape::renew(db).and_then(|()| replay(db, db, apply, progress));
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
