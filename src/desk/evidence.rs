//! Evidence: which events a bundle holds, their exact bytes, and what of their sealed content may
//! leave the desk. How a bundle is written down is not here; see the room of that name.

use crate::desk::audit::filter::{self, Filter};
use crate::desk::contacts::merging;
use crate::desk::tickets::whole;
use crate::desk::{audit, checkpoints, packs};
use crate::domain::event::access::SealedQuestion;
use crate::domain::event::export::ExportEvent;
use crate::domain::event::{AuditEvent, Event, Fact};
use crate::domain::id::{ContactId, ConversationId, MemberId, Object, TicketId};
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::ledger::tree::Hash;
use std::collections::{BTreeMap, BTreeSet};

/// Places asked for at once.
const PAGE: u32 = 500;

/// Most published checkpoints one bundle proves to be the beginnings of its own.
const BEGINNINGS_MAX: u32 = 2_000;

/// The name of disclosures that never leave the desk: password digests, tokens of channels.
pub const SECRET: &str = "secret";

/// Events of a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The first so many, all of them.
    All(u64),
    /// Those at these places, ascending.
    These(Vec<u64>),
}

/// An event as it goes into a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhibit {
    /// Its place.
    pub seq: u64,
    /// Its leaf.
    pub leaf: Hash,
    /// The exact bytes.
    pub entry: String,
}

/// A bundle as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// The ticket, conversation or customer it is about.
    pub object: Option<Object>,
    /// The pack it is the ground of.
    pub pack: Option<u64>,
    /// What was asked for; empty for a case and for the whole trail.
    pub question: String,
    /// Sealed fields that were left out.
    pub withheld: Vec<String>,
    /// How many events it holds.
    pub entries: u64,
    /// Hex SHA-256 of what `sha256sum` prints of its files.
    pub digest: String,
    /// The checkpoint published with it.
    pub size: u64,
}

impl Which {
    /// How many.
    pub fn count(&self) -> u64 {
        match self {
            Which::All(size) => *size,
            Which::These(places) => places.len() as u64,
        }
    }
}

// Decide

/// Records that a bundle was taken out of the desk.
pub fn record(taken: Taken) -> Vec<Fact> {
    vec![
        AuditEvent::EvidenceExported {
            digest: taken.digest,
            entries: taken.entries,
            filter: None,
            object: taken.object,
            pack: taken.pack,
            size: taken.size,
            withheld: taken.withheld,
            sealed: SealedQuestion::of(&taken.question),
        }
        .into(),
    ]
}

// Ask

/// The objects of a case: a ticket with all that was merged into it and their conversations; a
/// conversation; a customer, under every record of theirs, with conversations and tickets.
///
/// **Refuses:** other objects, and those that are not there.
pub fn case(now: &Now<'_>, object: Object) -> Result<Vec<Object>> {
    let objects = match object {
        Object::Ticket(ticket) => whole::objects(now, ticket)?,
        Object::Contact(contact) => of_contact(now, contact)?,
        Object::Conversation(_) => vec![object],
        Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            let text = format!("{object} is no ticket, conversation or customer");
            return Err(Refusal::invalid(text).into());
        }
    };
    let known: bool = now.value(
        "SELECT EXISTS (SELECT 1 FROM event_object WHERE object = :object)",
        &[(":object", &object)],
    )?;
    if !known {
        return Err(Refusal::not_found(format!("there is no {object}")).into());
    }
    Ok(objects)
}

fn of_contact(now: &Now<'_>, contact: ContactId) -> Result<Vec<Object>> {
    let records = merging::family(now, contact)?;
    let mut objects: Vec<Object> = records.iter().copied().map(Object::Contact).collect();
    for record in &records {
        objects.extend(now.all(
            "SELECT id FROM conversation WHERE contact = :contact ORDER BY id LIMIT 1000",
            &[(":contact", record)],
            |row| Ok(Object::Conversation(ConversationId(row.get("id")?))),
        )?);
    }
    for record in &records {
        objects.extend(now.all(
            "SELECT id FROM ticket WHERE contact = :contact ORDER BY id LIMIT 1000",
            &[(":contact", record)],
            |row| Ok(Object::Ticket(TicketId(row.get("id")?))),
        )?);
    }
    Ok(objects)
}

/// The objects of the case a pack is about, and the events pinned to it among the first `size`.
///
/// **Refuses:** a pack that is not there.
pub fn pack(now: &Now<'_>, pack: u64, size: u64) -> Result<(Vec<Object>, Vec<u64>)> {
    let objects = case(now, packs::get(now, pack)?.object)?;
    let pins = packs::pins(now, pack)?.into_iter();
    // Pinned since the checkpoint: nothing in the bundle would speak of it.
    let pins = pins.filter(|pin| pin.seq.0 < size);
    Ok((objects, pins.map(|pin| pin.event.0).collect()))
}

/// The events about these objects, of articles split off into one of them, pinned to their pack,
/// among the first `size`; and those that erased any of their content.
pub fn of_objects(now: &Now<'_>, objects: &[Object], pins: &[u64], size: u64) -> Result<Which> {
    let mut places: BTreeSet<u64> = pins.iter().copied().collect();
    let apart = whole::apart(now, objects)?.into_iter();
    places.extend(apart.map(|seq| seq.0).filter(|seq| *seq < size));
    for object in objects {
        now.each(
            "SELECT seq FROM event_object WHERE object = :object AND seq < :size ORDER BY seq",
            &[(":object", object), (":size", &size)],
            |row| {
                places.insert(row.get::<u64>("seq")?);
                Ok(())
            },
        )?;
    }
    with_erasures(now, places, size)
}

/// The events that pass a filter among the first `size`, and those that erased any of their
/// content.
pub fn matching(now: &Now<'_>, wanted: &Filter, size: u64) -> Result<Which> {
    let mut places = BTreeSet::new();
    let mut page = wanted.clone();
    loop {
        let found = filter::all(now, &page, PAGE)?;
        places.extend(found.iter().map(|seq| seq.0).filter(|seq| *seq < size));
        match found.last() {
            Some(last) if found.len() == PAGE as usize => page.before = Some(*last),
            _ => break, // the last page
        }
    }
    with_erasures(now, places, size)
}

fn with_erasures(now: &Now<'_>, mut places: BTreeSet<u64>, size: u64) -> Result<Which> {
    let mut erasing: Vec<u64> = Vec::new();
    now.each(
        "SELECT DISTINCT seq, by_seq FROM erased WHERE by_seq < :size ORDER BY seq, by_seq",
        &[(":size", &size)],
        |row| {
            if places.contains(&row.get::<u64>("seq")?) {
                erasing.push(row.get("by_seq")?);
            }
            Ok(())
        },
    )?;
    places.extend(erasing);
    Ok(Which::These(places.into_iter().collect()))
}

/// Calls `each` with the events, in order, without keeping them.
pub fn each(
    now: &Now<'_>,
    which: &Which,
    mut each: impl FnMut(Exhibit) -> Result<()>,
) -> Result<()> {
    let read = |row: &crate::ledger::Row<'_>| {
        Ok(Exhibit {
            seq: row.get("seq")?,
            leaf: row.get("leaf")?,
            entry: row.get("entry")?,
        })
    };
    match which {
        Which::All(size) => now.each(
            "SELECT seq, leaf, entry FROM event WHERE seq < :size ORDER BY seq",
            &[(":size", size)],
            |row| each(read(row)?),
        ),
        Which::These(places) => places.iter().try_for_each(|seq| {
            let missing = || Refusal::not_found(format!("there is no event {seq}"));
            each(now.one(
                "SELECT seq, leaf, entry FROM event WHERE seq = :seq",
                &[(":seq", seq)],
                missing,
                read,
            )?)
        }),
    }
}

/// The sealed content of an event that is still there and no secret, by field.
pub fn disclosures(now: &Now<'_>, seq: u64) -> Result<Vec<(String, String)>> {
    now.all(
        "SELECT field, text FROM disclosure
          WHERE seq = :seq AND field <> :secret ORDER BY field LIMIT 100",
        &[(":seq", &seq), (":secret", &SECRET)],
        |row| Ok((row.get("field")?, row.get("text")?)),
    )
}

/// The bytes of a sealed file.
pub fn file(now: &Now<'_>, seq: u64, field: &str) -> Result<Option<Vec<u8>>> {
    now.maybe(
        "SELECT bytes FROM file WHERE seq = :seq AND field = :field",
        &[(":seq", &seq), (":field", &field)],
        |row| row.get("bytes"),
    )
}

/// What sealed content these events have: field → how many times.
pub fn fields(now: &Now<'_>, which: &Which) -> Result<BTreeMap<String, u64>> {
    let mut fields = BTreeMap::new();
    each(now, which, |exhibit| {
        now.each(
            "SELECT field FROM disclosure
              WHERE seq = :seq AND field <> :secret ORDER BY field",
            &[(":seq", &exhibit.seq), (":secret", &SECRET)],
            |row| {
                *fields.entry(row.get("field")?).or_default() += 1;
                Ok(())
            },
        )
    })?;
    Ok(fields)
}

/// The newest published checkpoints of fewer than `size` events, the oldest first.
pub fn beginnings(now: &Now<'_>, size: u64) -> Result<Vec<(u64, String)>> {
    let mut found: Vec<(u64, String)> = now.all(
        "SELECT size, note FROM checkpoint WHERE size < :size ORDER BY size DESC LIMIT :limit",
        &[(":size", &size), (":limit", &BEGINNINGS_MAX)],
        |row| Ok((row.get("size")?, row.get("note")?)),
    )?;
    found.reverse();
    Ok(found)
}

/// A checkpoint that is known to have left the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// How many events it is over.
    pub size: u64,
    /// When it left.
    pub at: Moment,
    /// How.
    pub by: Means,
}

/// How a checkpoint left the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// With an export.
    Export,
    /// A witness of this name signed and keeps it.
    Witness(String),
    /// It was mailed to a member.
    Mail(MemberId),
}

/// The newest checkpoint that left the desk.
pub fn outside(now: &Now<'_>) -> Result<Option<Outside>> {
    Ok(elsewhere(now)?.into_iter().next())
}

/// The newest checkpoint that left the desk by each means, the one over most events first.
pub fn elsewhere(now: &Now<'_>) -> Result<Vec<Outside>> {
    let mut all = Vec::from_iter(exported(now)?);
    all.extend(
        checkpoints::newest_signed(now)?.map(|(signed, at)| Outside {
            size: signed.size,
            at,
            by: Means::Witness(signed.witness),
        }),
    );
    all.extend(
        checkpoints::newest_mailed(now)?.map(|(size, member, at)| Outside {
            size,
            at,
            by: Means::Mail(member),
        }),
    );
    all.sort_by_key(|one| std::cmp::Reverse(one.size));
    Ok(all)
}

fn exported(now: &Now<'_>) -> Result<Option<Outside>> {
    let mut newest: Option<Outside> = None;
    for name in [
        "audit.exported",
        "audit.evidence_exported",
        "export.printed",
    ] {
        let Some(found) = audit::newest(now, name)? else {
            continue;
        };
        let size = match found.event {
            Event::Audit(
                AuditEvent::Exported { size, .. } | AuditEvent::EvidenceExported { size, .. },
            )
            | Event::Export(ExportEvent::Printed { size, .. }) => size,
            _ => continue, // only these are asked for
        };
        if newest.as_ref().is_none_or(|known| known.size < size) {
            let (at, by) = (found.entry.at, Means::Export);
            newest = Some(Outside { size, at, by });
        }
    }
    Ok(newest)
}

/// Figures of the trail as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// When the first event was recorded.
    pub since: Moment,
    /// How many sealed texts and files there are.
    pub sealed: u64,
    /// How many were erased.
    pub erased: u64,
    /// How many checkpoints were published.
    pub checkpoints: u64,
    /// How many times part of the trail was taken out.
    pub exports: u64,
}

/// The figures of the trail as a whole.
pub fn figures(now: &Now<'_>) -> Result<Figures> {
    Ok(Figures {
        since: now.value("SELECT at FROM trail WHERE seq = 0", &[])?,
        sealed: now.value("SELECT count(*) FROM disclosure", &[])?,
        erased: now.value("SELECT count(*) FROM erased", &[])?,
        checkpoints: now.value("SELECT count(*) FROM checkpoint", &[])?,
        exports: now.value(
            "SELECT count(*) FROM trail
              WHERE event IN ('audit.exported', 'audit.evidence_exported', 'export.list_taken',
                    'export.printed')",
            &[],
        )?,
    })
}
