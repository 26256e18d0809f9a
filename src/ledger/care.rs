//! Care at the threshold: what is looked at before a desk is opened. The full account is
//! [`super::verify`]; this much is quick enough for every start.

use super::append::Tail;
use super::home::Home;
use super::note::{Pen, Verifier};
use super::{entry, shape};
use crate::domain::event::{DeskEvent, Event};
use crate::error::{Doing, Error, Fault, Refusal, Result};
use rusqlite::Connection;

/// The digest of the shape the database has, and of the one this program wants.
///
/// **Refuses:** a database whose shape is not the one its trail tells of.
pub(super) fn told_shape(db: &Connection) -> Result<(String, String)> {
    let made = shape::digest(&shape::made(db)?);
    let wanted = shape::digest(&shape::made(&shape::fresh()?)?);
    let known = newest_shape(db).map_err(damaged)?;
    if made != known {
        return Err(damaged(Error::fault(
            "its tables are not those the trail tells of",
        )));
    }
    Ok((known, wanted))
}

/// What the first event says about the desk.
pub(super) struct Genesis {
    /// Origin line of its checkpoints.
    pub origin: String,
    /// The key they are verified with.
    pub vkey: String,
}

impl Genesis {
    /// Reads it.
    pub fn read(db: &Connection) -> Result<Self> {
        let entry: String = db
            .query_row("SELECT entry FROM event WHERE seq = 0", [], |row| {
                row.get(0)
            })
            .map_err(Fault::from)
            .doing("reading the first event")?;
        let entry: entry::Entry = serde_json::from_str(&entry).doing("reading the first event")?;
        match entry.fact(&[])? {
            Event::Desk(DeskEvent::Opened { origin, vkey, .. }) => Ok(Genesis { origin, vkey }),
            _ => Err(Error::fault("the first event does not open a desk")),
        }
    }
}

/// The key that signs now, as the newest event about it tells; none if there is none but the first.
///
/// The events themselves are asked where the derived tables are about to be made again.
pub(super) fn newest_vkey(db: &Connection, derived: bool) -> Result<Option<String>> {
    let sql = match derived {
        true => {
            "SELECT entry FROM event WHERE seq =
                 (SELECT max(seq) FROM trail WHERE event = 'desk.key_rotated')"
        }
        false => {
            "SELECT entry FROM event WHERE instr(entry, '\"event\":\"desk.key_rotated\"')
              ORDER BY seq DESC LIMIT 1"
        }
    };
    let entry: Option<String> = super::append::one(db, sql, &[])?;
    let Some(entry) = entry else { return Ok(None) };
    let entry: entry::Entry = serde_json::from_str(&entry).doing("reading which key signs")?;
    match entry.fact(&[])? {
        Event::Desk(DeskEvent::KeyRotated { to, .. }) => Ok(Some(to)),
        other => Err(Error::fault(format!("{} tells no key", other.name()?))),
    }
}

/// The pen that signs now. A rotation that was cut off between its event and its file is ended.
/// Which key it is the index of the trail tells; if the key lying there does not fit, the index may
/// be what was edited, and the events are asked.
///
/// **Refuses:** a key that is not the desk's.
pub(super) fn pen(db: &Connection, home: &Home, genesis: &Genesis, alone: bool) -> Result<Pen> {
    let pen = Pen::new(genesis.origin.clone(), &home.read_key()?);
    let mut wanted = String::new();
    for derived in [true, false] {
        let told = match derived {
            true => newest_vkey(db, derived).unwrap_or_default(), // damaged, it tells nothing
            false => newest_vkey(db, derived).map_err(damaged)?,
        };
        wanted = told.unwrap_or_else(|| genesis.vkey.clone());
        if pen.verifier().text() == wanted {
            return Ok(pen);
        }
        let next = home.read_next_key();
        let next = next.map(|seed| Pen::new(genesis.origin.clone(), &seed));
        if let Some(next) = next.filter(|next| next.verifier().text() == wanted) {
            if alone {
                home.take_next_key()?;
            }
            return Ok(next);
        }
    }
    Err(Refusal::conflict(format!(
        "the signing key {} does not belong to this desk, whose key is {wanted}; put the right one \
         back; nothing was changed",
        home.key_file().display(),
    ))
    .into())
}

/// The digest of the shape as the newest event about it tells.
pub(super) fn newest_shape(db: &Connection) -> Result<String> {
    let entry: String = db
        .query_row(
            "SELECT entry FROM event WHERE seq =
                 (SELECT max(seq) FROM trail
                  WHERE event IN ('desk.opened', 'desk.schema_changed'))",
            [],
            |row| row.get(0),
        )
        .map_err(Fault::from)
        .doing("reading which shape the database should have")?;
    let entry: entry::Entry = serde_json::from_str(&entry)?;
    match entry.fact(&[])? {
        Event::Desk(DeskEvent::Opened { schema, .. }) => Ok(schema),
        Event::Desk(DeskEvent::SchemaChanged { to, .. }) => Ok(to),
        other => Err(Error::fault(format!(
            "{} does not tell a shape",
            other.name()?
        ))),
    }
}

/// Whether the signed head is about the events there are.
pub(super) fn check_head(db: &Connection, verifier: &Verifier, tail: &Tail) -> Result<()> {
    let note: String = db
        .query_row("SELECT note FROM head WHERE id = 0", [], |row| row.get(0))
        .map_err(Fault::from)
        .doing("reading the signed head")?;
    let head = verifier.open(&note)?;
    if head.size != tail.edge.size() || head.root != tail.edge.root() {
        return Err(Error::fault(format!(
            "the signed head tells {} events, the trail has {}, or their root differs",
            head.size,
            tail.edge.size()
        )));
    }
    Ok(())
}

/// The refusal of a database that is not as this program left it.
pub(super) fn damaged(error: Error) -> Error {
    Refusal::conflict(format!(
        "the database is damaged or was changed behind the program's back ({error}); nothing was \
         changed; run `trailbox verify` to see what is wrong, and put a backup back if needed"
    ))
    .into()
}
