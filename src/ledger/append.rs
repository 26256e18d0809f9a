//! Appending: a fact becomes an entry, a leaf, its disclosures and files, and then the rows that
//! follow from it. Rebuilding takes the second half of the same road.

use super::Apply;
use super::chance::Chance;
use super::entry::{self, Entry, FileSeal};
use super::store::{Bind, Cell};
use super::tree::{Edge, Hash, empty_root};
use super::writer::{Book, Recorded, Writer};
use crate::domain::actor::Who;
use crate::domain::event::{Event, Fact};
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Fault, Result};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// The end of the trail as the writer knows it.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    /// The right edge of the tree; its size is the number of events.
    pub edge: Edge,
    /// Leaf of the newest event.
    pub leaf: Hash,
    /// Instant of the newest event.
    pub at: Moment,
}

impl Tail {
    /// The tail of an empty trail.
    pub fn empty() -> Self {
        Tail {
            edge: Edge::default(),
            leaf: empty_root(),
            at: Moment(i64::MIN),
        }
    }

    /// The tail of the trail in a database, from its newest entry, its tiles and leaves.
    pub fn read(db: &Connection) -> Result<Self> {
        let size = size(db)?;
        if size == 0 {
            return Ok(Tail::empty());
        }
        let newest = size - 1;
        let leaf = leaf_at(db, newest)?;
        let entry: String = one(
            db,
            "SELECT entry FROM event WHERE seq = :seq",
            &[(":seq", &newest)],
        )?
        .ok_or_else(|| Error::fault(format!("event {newest} is missing")))?;
        let entry: Entry = serde_json::from_str(&entry).doing("reading the newest event")?;
        let at = entry.at;
        let mut peaks = Vec::new();
        let mut from = 0;
        for height in (0..64).rev().filter(|height| size >> height & 1 == 1) {
            peaks.push(subtree(db, height, from >> height)?);
            from += 1 << height;
        }
        let edge = Edge::of(size, peaks).ok_or_else(|| Error::fault("the tree has no edge"))?;
        Ok(Tail { edge, leaf, at })
    }
}

/// How many events the trail has.
pub(super) fn size(db: &Connection) -> Result<u64> {
    one(db, "SELECT coalesce(max(seq) + 1, 0) FROM event", &[])?
        .ok_or_else(|| Error::fault("the trail has no size"))
}

/// The first column of the first row of an answer.
pub(super) fn one<T: Cell>(
    db: &Connection,
    sql: &str,
    values: &[(&str, &dyn Bind)],
) -> Result<Option<T>> {
    let mut statement = db.prepare_cached(sql).map_err(Fault::from)?;
    super::store::bind_all(&mut statement, values)?;
    let mut rows = statement.raw_query();
    match rows.next().map_err(Fault::from)? {
        Some(row) => Ok(Some(T::from_value(row.get_ref(0).map_err(Fault::from)?)?)),
        None => Ok(None),
    }
}

fn leaf_at(db: &Connection, seq: u64) -> Result<Hash> {
    one(
        db,
        "SELECT leaf FROM event WHERE seq = :seq",
        &[(":seq", &seq)],
    )?
    .ok_or_else(|| Error::fault(format!("event {seq} is missing")))
}

/// The root of a full subtree of 2^height leaves, from the nearest tiles below it.
pub(super) fn subtree(db: &Connection, height: u32, place: u64) -> Result<Hash> {
    if height == 0 {
        return leaf_at(db, place);
    }
    if height.is_multiple_of(8) {
        let level = height / 8;
        let root = one(
            db,
            "SELECT root FROM tile WHERE level = :level AND place = :place",
            &[(":level", &level), (":place", &place)],
        )?;
        return root.ok_or_else(|| Error::fault(format!("tile {level}/{place} is missing")));
    }
    let left = subtree(db, height - 1, place * 2)?;
    let right = subtree(db, height - 1, place * 2 + 1)?;
    Ok(super::tree::node(&left, &right))
}

/// Appends one fact and applies it; answers its place.
// Two callers, both with all of it at hand: a struct for the list would only rename it.
#[allow(clippy::too_many_arguments)]
pub(super) fn append(
    book: Book<'_>,
    tail: &mut Tail,
    chance: &mut Chance,
    apply: Apply,
    who: &Who,
    fact: &Fact,
    cause: Option<Seq>,
    clock: Moment,
) -> Result<Seq> {
    let seq = Seq(tail.edge.size());
    if let Some(cause) = cause.filter(|cause| *cause >= seq) {
        return Err(Error::fault(format!(
            "event {seq} names event {cause} as its cause, which is not before it"
        )));
    }
    let parts = fact.event.parts()?;
    let mut disclosures = Vec::with_capacity(parts.sealed.len() + fact.files.len());
    for (field, value) in &parts.sealed {
        disclosures.push((
            field.clone(),
            entry::disclose(chance.bytes()?, field, value)?,
        ));
    }
    for file in &fact.files {
        let value = serde_json::to_value(FileSeal::new(file, chance.bytes()?))?;
        let text = entry::disclose(chance.bytes()?, file.field, &value)?;
        disclosures.push((file.field.to_owned(), text));
    }
    let sealed: BTreeMap<String, String> = disclosures
        .iter()
        .map(|(field, text)| (field.clone(), entry::seal(text)))
        .collect();
    if sealed.len() != disclosures.len() {
        return Err(Error::fault(format!("{} seals a field twice", parts.name)));
    }
    let at = clock.max(tail.at);
    let objects = fact.event.objects();
    let entry = Entry {
        actor: fact.by.clone().unwrap_or_else(|| who.actor.clone()),
        at,
        cause,
        clock_back_ms: (clock < tail.at).then(|| tail.at.ms_since(clock)),
        data: parts.data,
        ev: fact.event.version(),
        event: parts.name,
        acts_for: who.acts_for.clone(),
        of: objects
            .iter()
            .map(|object| book.later.heads.link(book.db, object))
            .collect::<Result<_>>()?,
        prev: BASE64.encode(&tail.leaf),
        salt: BASE64URL_NOPAD.encode(&chance.bytes::<16>()?),
        sealed,
        seq,
        v: 1,
        via: who.via.clone(),
    };
    let bytes = entry.bytes()?;
    let leaf = Entry::leaf(&bytes);
    let writer = Writer::new(book, seq);
    write(&writer, seq, leaf, &bytes, &disclosures)?;
    for file in &fact.files {
        writer.run(
            "INSERT INTO file (seq, field, bytes) VALUES (:seq, :field, :bytes)",
            &[
                (":seq", &seq),
                (":field", &file.field),
                (":bytes", &file.bytes),
            ],
        )?;
    }
    derive(&writer, tail, &entry, leaf, &fact.event, &objects, apply)?;
    Ok(seq)
}

/// The entry itself and what it seals.
pub(super) fn write(
    writer: &Writer<'_>,
    seq: Seq,
    leaf: Hash,
    bytes: &str,
    disclosures: &[(String, String)],
) -> Result<()> {
    writer.run(
        "INSERT INTO event (seq, leaf, entry) VALUES (:seq, :leaf, :entry)",
        &[(":seq", &seq), (":leaf", &leaf), (":entry", &bytes)],
    )?;
    for (field, text) in disclosures {
        writer.run(
            "INSERT INTO disclosure (seq, field, text) VALUES (:seq, :field, :text)",
            &[(":seq", &seq), (":field", field), (":text", text)],
        )?;
    }
    Ok(())
}

/// An entry's place in the indexes people filter by.
pub(super) fn place(writer: &Writer<'_>, entry: &Entry) -> Result<()> {
    writer.run(
        "INSERT INTO trail (seq, at, event, actor_kind, actor, door, cause)
         VALUES (:seq, :at, :event, :actor_kind, :actor, :door, :cause)",
        &[
            (":seq", &entry.seq),
            (":at", &entry.at),
            (":event", &entry.event),
            (":actor_kind", &entry.actor.kind()),
            (":actor", &entry.actor.id()),
            (":door", &entry.via.door.as_str()),
            (":cause", &entry.cause),
        ],
    )?;
    Ok(())
}

/// The rows that follow from an entry: its place in the indexes, the tiles, and what the desk makes
/// of the fact.
pub(super) fn derive(
    writer: &Writer<'_>,
    tail: &mut Tail,
    entry: &Entry,
    leaf: Hash,
    event: &Event,
    objects: &[Object],
    apply: Apply,
) -> Result<()> {
    let seq = entry.seq;
    place(writer, entry)?;
    for object in objects {
        writer.about(*object);
        writer.lengthen(*object, leaf);
    }
    let completed = tail.edge.push(leaf);
    for (height, root) in completed {
        let place = (seq.0 >> height).to_owned();
        writer.run(
            "INSERT INTO tile (level, place, root) VALUES (:level, :place, :root)",
            &[
                (":level", &(height / 8)),
                (":place", &place),
                (":root", &root),
            ],
        )?;
    }
    tail.leaf = leaf;
    tail.at = entry.at;
    let recorded = Recorded {
        seq,
        at: entry.at,
        actor: &entry.actor,
        via: &entry.via,
        cause: entry.cause,
        event,
    };
    let applied = apply(writer, &recorded);
    let written = writer.write_about(); // also of one that failed, which verifying looks at
    applied.doing_so(|| format!("applying {} {seq}", entry.event))?;
    written
}
