//! The trail as people read it: which events there are, narrowed by filters, and what one of them
//! says to the last byte.

pub mod asked;
pub mod filter;
pub mod streams;

pub use filter::Filter;

use crate::domain::event::access::SealedQuestion;
use crate::domain::event::{AuditEvent, DeskEvent, Event, Fact};
use crate::domain::id::{Object, Seq};
use crate::domain::moment::Moment;
use crate::error::{Error, Refusal, Result};
use crate::ledger::entry::Entry;
use crate::ledger::keys::Keys;
use crate::ledger::note::Verifier;
use crate::ledger::{Now, Recorded as Applied, Row, Writer, tree};

/// An event as it stands in the trail.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its place.
    pub seq: Seq,
    /// Its leaf.
    pub leaf: [u8; 32],
    /// The exact bytes.
    pub bytes: String,
    /// The entry in them.
    pub entry: Entry,
    /// The fact, with the disclosures that are still there.
    pub event: Event,
    /// The disclosures: field and text; none for those erased.
    pub disclosures: Vec<(String, Option<String>)>,
}

// Decide

/// Records that part of the trail was taken out of the desk.
pub fn record_export(
    format: &str,
    question: &str,
    rows: u64,
    digest: &str,
    size: u64,
) -> Vec<Fact> {
    let (format, digest) = (format.to_owned(), digest.to_owned());
    vec![
        AuditEvent::Exported {
            format,
            filter: None,
            rows,
            digest,
            size,
            sealed: SealedQuestion::of(question),
        }
        .into(),
    ]
}

/// Records that the trail was verified.
pub fn record_verification(
    events: u64,
    findings: u64,
    root: String,
    depth: &str,
    took_ms: u64,
) -> Vec<Fact> {
    let depth = depth.to_owned();
    vec![
        AuditEvent::Verified {
            events,
            findings,
            root,
            depth,
            took_ms,
        }
        .into(),
    ]
}

// Apply

/// Applies a fact about the trail; it leaves no row but its place in the trail.
pub fn apply(_write: &Writer<'_>, _recorded: &Applied<'_>, event: &AuditEvent) -> Result<()> {
    match event {
        AuditEvent::Exported { .. }
        | AuditEvent::EvidenceExported { .. }
        | AuditEvent::Verified { .. }
        | AuditEvent::CheckpointPublished { .. } => Ok(()),
    }
}

// Ask

/// One event.
///
/// **Refuses:** a place the trail does not have.
pub fn get(now: &Now<'_>, seq: Seq) -> Result<Recorded> {
    let missing = || Refusal::not_found(format!("there is no event {seq}"));
    let sql = "SELECT seq, leaf, entry FROM event WHERE seq = :seq";
    let (leaf, bytes) = now.one(sql, &[(":seq", &seq)], missing, |row| {
        Ok((row.get("leaf")?, row.get("entry")?))
    })?;
    complete(now, seq, leaf, bytes)
}

/// The events that name this one as their cause.
pub fn caused_by(now: &Now<'_>, seq: Seq, limit: u32) -> Result<Vec<Seq>> {
    now.all(
        "SELECT seq FROM trail WHERE cause = :seq ORDER BY seq LIMIT :limit",
        &[(":seq", &seq), (":limit", &limit)],
        |row| row.get("seq"),
    )
}

/// The objects an event is about, chained or related.
pub fn objects(now: &Now<'_>, seq: Seq) -> Result<Vec<Object>> {
    now.all(
        "SELECT object FROM event_object WHERE seq = :seq ORDER BY object LIMIT 50",
        &[(":seq", &seq)],
        |row| row.get("object"),
    )
}

/// The newest events that pass a filter, newest first.
pub fn list(now: &Now<'_>, filter: &Filter, limit: u32) -> Result<Vec<Recorded>> {
    let seqs = filter::all(now, filter, limit)?;
    seqs.into_iter().map(|seq| get(now, seq)).collect()
}

/// The events about an object from a place on and before another, oldest first.
pub fn of_object(
    now: &Now<'_>,
    object: Object,
    from: Seq,
    before: Option<Seq>,
    limit: u32,
) -> Result<Vec<Recorded>> {
    let mut seqs: Vec<Seq> = now.all(
        "SELECT event_object.seq FROM event_object JOIN trail ON trail.seq = event_object.seq
          WHERE object = :object AND event_object.seq >= :from
            AND (:before IS NULL OR event_object.seq < :before)
            AND trail.event NOT GLOB 'article.*'
          ORDER BY event_object.seq DESC LIMIT :limit",
        &[
            (":object", &object),
            (":from", &from),
            (":before", &before),
            (":limit", &limit),
        ],
        |row| row.get("seq"),
    )?;
    seqs.reverse();
    seqs.into_iter().map(|seq| get(now, seq)).collect()
}

/// A published checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// How many events it covers.
    pub size: u64,
    /// Its signed note.
    pub note: String,
    /// When the newest event it covers was recorded.
    pub at: Moment,
}

/// The published checkpoints of fewer than so many events, the newest first.
pub fn published(now: &Now<'_>, before: Option<u64>, limit: u32) -> Result<Vec<Published>> {
    now.all(
        "SELECT checkpoint.size, checkpoint.note, trail.at
           FROM checkpoint JOIN trail ON trail.seq = checkpoint.size - 1
          WHERE (:before IS NULL OR checkpoint.size < :before)
          ORDER BY checkpoint.size DESC LIMIT :limit",
        &[(":before", &before), (":limit", &limit)],
        |row| {
            Ok(Published {
                size: row.get("size")?,
                note: row.get("note")?,
                at: row.get("at")?,
            })
        },
    )
}

/// An exchange of the key that signs checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The event that tells of it.
    pub seq: Seq,
    /// When.
    pub at: Moment,
    /// The verifier key before.
    pub from: String,
    /// The verifier key after.
    pub to: String,
}

/// The exchanges of the signing key, in their order.
pub fn rotations(now: &Now<'_>) -> Result<Vec<Rotation>> {
    let seqs: Vec<Seq> = now.all(
        "SELECT seq FROM trail WHERE event = 'desk.key_rotated' ORDER BY seq LIMIT 1000",
        &[],
        |row| row.get("seq"),
    )?;
    let mut rotations = Vec::with_capacity(seqs.len());
    for seq in seqs {
        let found = get(now, seq)?;
        if let Event::Desk(DeskEvent::KeyRotated { from, to }) = found.event {
            let at = found.entry.at;
            rotations.push(Rotation { seq, at, from, to });
        }
    }
    Ok(rotations)
}

/// The keys of the desk, the first first.
pub fn keys(now: &Now<'_>) -> Result<Keys> {
    let Event::Desk(DeskEvent::Opened { vkey, .. }) = get(now, Seq(0))?.event else {
        return Err(Error::fault("the first event does not open a desk"));
    };
    let mut keys = Keys::new(Verifier::parse(&vkey)?);
    for rotation in rotations(now)? {
        keys.follow(rotation.seq.0, Verifier::parse(&rotation.to)?);
    }
    Ok(keys)
}

/// The signed note of the newest state.
pub fn head(now: &Now<'_>) -> Result<String> {
    now.value("SELECT note FROM head WHERE id = 0", &[])
}

/// The names of the events that ever happened here, in order.
pub fn event_names(now: &Now<'_>) -> Result<Vec<String>> {
    // One step down the index per name; a plain DISTINCT would read every row of it.
    now.all(
        "WITH RECURSIVE name (event) AS (
             SELECT min(event) FROM trail
             UNION ALL
             SELECT (SELECT min(event) FROM trail WHERE event > name.event)
               FROM name WHERE name.event IS NOT NULL)
         SELECT event FROM name WHERE event IS NOT NULL ORDER BY event LIMIT 500",
        &[],
        |row| row.get("event"),
    )
}

/// The inclusion proof of an event in the tree of the first `size` events, from the leaf upwards.
///
/// **Refuses:** an event the tree does not hold.
pub fn inclusion(now: &Now<'_>, seq: Seq, size: u64) -> Result<Vec<[u8; 32]>> {
    if seq.0 >= size || size > now.next_seq().0 {
        let text = format!("event {seq} is not among the first {size}");
        return Err(Refusal::not_found(text).into());
    }
    tree::prove_inclusion(seq.0, size, &mut |height, place| {
        subtree(now, height, place)
    })
}

/// The root of a full subtree, from the largest stored tiles in it.
fn subtree(now: &Now<'_>, height: u32, place: u64) -> Result<[u8; 32]> {
    if height == 0 {
        return now.value(
            "SELECT leaf FROM event WHERE seq = :seq",
            &[(":seq", &place)],
        );
    }
    if height.is_multiple_of(8) {
        return now.value(
            "SELECT root FROM tile WHERE level = :level AND place = :place",
            &[(":level", &(height / 8)), (":place", &place)],
        );
    }
    let left = subtree(now, height - 1, place * 2)?;
    let right = subtree(now, height - 1, place * 2 + 1)?;
    Ok(tree::node(&left, &right))
}

/// The newest published checkpoints: size and note.
pub fn checkpoints(now: &Now<'_>, limit: u32) -> Result<Vec<(u64, String)>> {
    now.all(
        "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT :limit",
        &[(":limit", &limit)],
        |row| Ok((row.get("size")?, row.get("note")?)),
    )
}

/// The newest event of a kind.
pub fn newest(now: &Now<'_>, event: &str) -> Result<Option<Recorded>> {
    let seq = now.maybe(
        "SELECT seq FROM trail WHERE event = :event ORDER BY seq DESC LIMIT 1",
        &[(":event", &event)],
        |row| row.get("seq"),
    )?;
    seq.map(|seq| get(now, seq)).transpose()
}

/// The newest events of these names about an object, the newest first. Names that are rare beside
/// everything else about the object are found at once.
pub fn newest_about(
    now: &Now<'_>,
    object: Object,
    events: &[&str],
    limit: u32,
) -> Result<Vec<Recorded>> {
    let mut seqs: Vec<Seq> = Vec::new();
    for event in events {
        seqs.extend(now.all(
            "SELECT trail.seq FROM trail
              WHERE trail.event = :event
                AND EXISTS (SELECT 1 FROM event_object
                     WHERE event_object.object = :object AND event_object.seq = trail.seq)
              ORDER BY trail.seq DESC LIMIT :limit",
            &[(":event", event), (":object", &object), (":limit", &limit)],
            |row| row.get::<Seq>("seq"),
        )?);
    }
    seqs.sort_by(|a, b| b.cmp(a));
    seqs.truncate(limit as usize);
    seqs.into_iter().map(|seq| get(now, seq)).collect()
}

fn complete(now: &Now<'_>, seq: Seq, leaf: [u8; 32], bytes: String) -> Result<Recorded> {
    let entry: Entry = serde_json::from_str(&bytes)?;
    let known: Vec<(String, String)> = if entry.sealed.is_empty() {
        Vec::new()
    } else {
        now.all(
            "SELECT field, text FROM disclosure WHERE seq = :seq ORDER BY field LIMIT 50",
            &[(":seq", &seq)],
            pair,
        )?
    };
    let event = entry.fact(
        &known
            .iter()
            .filter(|(field, _)| !is_bytes(field))
            .cloned()
            .collect::<Vec<_>>(),
    )?;
    let find = |field: &String| {
        known
            .iter()
            .find(|(name, _)| name == field)
            .map(|k| k.1.clone())
    };
    let disclosures = entry
        .sealed
        .keys()
        .map(|field| (field.clone(), find(field)))
        .collect();
    Ok(Recorded {
        seq,
        leaf,
        bytes,
        entry,
        event,
        disclosures,
    })
}

fn is_bytes(field: &str) -> bool {
    crate::ledger::rebuild::is_file(field)
}

fn pair(row: &Row<'_>) -> Result<(String, String)> {
    Ok((row.get("field")?, row.get("text")?))
}

/// The object a filter names.
///
/// **Refuses:** anything that is not the name of an object.
pub fn parse_object(text: &str) -> Result<Object> {
    text.trim()
        .parse()
        .map_err(|error: String| Error::Refusal(Refusal::invalid(error)))
}
