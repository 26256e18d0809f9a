//! Where the chains of objects end. Within one transaction an object is often spoken of again and
//! again, so the ends that moved are kept here and written once, when it is committed.

use super::entry::Link;
use super::store::{Bind, Cell, bind_all};
use super::tree::Hash;
use crate::domain::id::{Object, Seq};
use crate::error::{Doing, Fault, Result};
use data_encoding::BASE64;
use rusqlite::Connection;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Ends of chains that moved since they were written last.
#[derive(Default)]
pub(super) struct Heads(RefCell<BTreeMap<Object, Head>>);

struct Head {
    /// Events of the chain as written; none as long as nobody asked.
    written: Option<u64>,
    /// Events that came since.
    added: u64,
    leaf: Hash,
    seq: Seq,
}

impl Heads {
    /// What an entry that continues the chain of an object says of it.
    pub fn link(&self, db: &Connection, object: &Object) -> Result<Link> {
        let id = object.to_string();
        if let Some(head) = self.0.borrow_mut().get_mut(object) {
            let written = match head.written {
                Some(events) => events,
                None => read(db, object)?.map_or(0, |(events, _)| events),
            };
            head.written = Some(written);
            return Ok((id, written + head.added, Some(BASE64.encode(&head.leaf))));
        }
        Ok(match read(db, object)? {
            Some((events, leaf)) => (id, events, Some(BASE64.encode(&leaf))),
            None => (id, 0, None),
        })
    }

    /// The chain of an object ends in this event now.
    pub fn lengthen(&self, object: Object, leaf: Hash, seq: Seq) {
        let mut heads = self.0.borrow_mut();
        let head = heads.entry(object).or_insert(Head {
            written: None,
            added: 0,
            leaf,
            seq,
        });
        head.added += 1;
        (head.leaf, head.seq) = (leaf, seq);
    }

    /// Writes all that moved.
    pub fn write(&self, db: &Connection) -> Result<()> {
        for (object, head) in self.0.take() {
            let sql = "INSERT INTO object_head (object, events, leaf, seq)
                       VALUES (:object, :added, :leaf, :seq)
                       ON CONFLICT (object) DO UPDATE SET events = events + excluded.events,
                           leaf = excluded.leaf, seq = excluded.seq";
            let mut statement = db.prepare_cached(sql).map_err(Fault::from)?;
            let values: [(&str, &dyn Bind); 4] = [
                (":object", &object),
                (":added", &head.added),
                (":leaf", &head.leaf),
                (":seq", &head.seq),
            ];
            bind_all(&mut statement, &values)?;
            let written = statement.raw_execute().map_err(Fault::from);
            written.doing_so(|| format!("writing the end of {object}"))?;
        }
        Ok(())
    }

    /// Forgets what moved since it was written last.
    pub fn forget(&self) {
        self.0.borrow_mut().clear();
    }
}

/// Length and newest leaf of an object's chain as they are written.
fn read(db: &Connection, object: &Object) -> Result<Option<(u64, Hash)>> {
    let sql = "SELECT events, leaf FROM object_head WHERE object = :object";
    let mut statement = db.prepare_cached(sql).map_err(Fault::from)?;
    bind_all(&mut statement, &[(":object", object)])?;
    let mut rows = statement.raw_query();
    let Some(row) = rows.next().map_err(Fault::from)? else {
        return Ok(None);
    };
    let events = u64::from_value(row.get_ref(0).map_err(Fault::from)?)?;
    Ok(Some((events, row.get(1).map_err(Fault::from)?)))
}
