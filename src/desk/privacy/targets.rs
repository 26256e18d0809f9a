//! What an erasure hits: every sealed text and file about a person, an article or an event, with
//! the payloads they came in and the searches that name them.

use super::named::Names;
use super::strays;
use crate::desk::audit;
use crate::desk::contacts::merging;
use crate::domain::id::{ContactId, ConversationId, Object, Seq, TicketId};
use crate::domain::privacy::{Kind, Subject};
use crate::error::{Refusal, Result};
use crate::ledger::entry::opened;
use crate::ledger::{Bind, Now};
use std::collections::{BTreeMap, BTreeSet};

/// Conversations or tickets of one person that are looked at.
const CASES_MAX: u32 = 10_000;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The customer, conversation or ticket the erasure is about.
    pub object: Option<Object>,
    /// Everything it touches, for holds.
    pub objects: BTreeSet<Object>,
    /// Event and field, with their kind.
    pub targets: BTreeMap<(Seq, String), Kind>,
}

impl Found {
    /// How much of each kind.
    pub fn counts(&self) -> BTreeMap<Kind, u64> {
        let mut counts = BTreeMap::new();
        for kind in self.targets.values() {
            *counts.entry(*kind).or_default() += 1;
        }
        counts
    }

    fn keep(&mut self, kinds: &[Kind]) {
        if !kinds.is_empty() {
            self.targets.retain(|_, kind| kinds.contains(kind));
        }
    }
}

/// What a subject's erasure hits, of these kinds or of all.
///
/// **Refuses:** a customer, article or event that is not there; what is the desk's own.
pub fn of(now: &Now<'_>, subject: Subject, kinds: &[Kind]) -> Result<Found> {
    let mut found = match subject {
        Subject::Contact(contact) => of_contact(now, contact)?,
        Subject::Article(article) => of_article(now, article)?,
        Subject::Event(seq) => of_event(now, seq)?,
        Subject::Rule { .. } => {
            return Err(Refusal::invalid("what a rule erases is found by the rule").into());
        }
    };
    found.keep(kinds);
    Ok(found)
}

/// The erasure that took what stood about these objects, if one did.
pub(super) fn gone(
    now: &Now<'_>,
    objects: &BTreeSet<Object>,
    subject: Subject,
) -> Result<Option<Seq>> {
    if let Subject::Article(seq) | Subject::Event(seq) = subject {
        return now.maybe(
            "SELECT by_seq FROM erased WHERE seq = :seq ORDER BY by_seq DESC LIMIT 1",
            &[(":seq", &seq)],
            |row| row.get("by_seq"),
        );
    }
    for object in objects {
        let found = now.maybe(
            "SELECT by_seq FROM event_object JOIN erased USING (seq) WHERE object = :object
              ORDER BY by_seq DESC LIMIT 1",
            &[(":object", object)],
            |row| row.get("by_seq"),
        )?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// How many of the payloads that go also hold what is about others.
pub fn shared(now: &Now<'_>, found: &Found) -> Result<u64> {
    let mut shared = 0;
    let bodies = found.targets.iter();
    let bodies = bodies.filter(|((_, field), kind)| **kind == Kind::Payloads && field == "raw");
    for ((seq, _), _) in bodies {
        let told: Vec<Object> = now.all(
            "SELECT DISTINCT object FROM trail JOIN event_object USING (seq)
              WHERE cause = :seq AND object GLOB 'K-*' ORDER BY object LIMIT 100",
            &[(":seq", seq)],
            |row| row.get("object"),
        )?;
        shared += u64::from(told.iter().any(|object| !found.objects.contains(object)));
    }
    Ok(shared)
}

/// The conversations and tickets among what goes that are not closed.
pub fn open(now: &Now<'_>, found: &Found) -> Result<Vec<Object>> {
    let mut open = Vec::new();
    for object in &found.objects {
        if is_open(now, *object)? {
            open.push(*object);
        }
    }
    Ok(open)
}

/// Whether this is a case that is not closed.
pub(super) fn is_open(now: &Now<'_>, object: Object) -> Result<bool> {
    match object {
        Object::Conversation(id) => now.value(
            "SELECT EXISTS (SELECT 1 FROM conversation WHERE id = :id AND status <> 'closed')",
            &[(":id", &id)],
        ),
        Object::Ticket(id) => now.value(
            "SELECT EXISTS (SELECT 1 FROM ticket
              WHERE id = :id AND category NOT IN ('done', 'final'))",
            &[(":id", &id)],
        ),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => Ok(false),
    }
}

/// All records of a person with their conversations and tickets.
pub fn objects_of(now: &Now<'_>, contact: ContactId) -> Result<BTreeSet<Object>> {
    let mut objects = BTreeSet::new();
    for one in merging::family(now, merging::person(now, contact)?)? {
        objects.insert(Object::Contact(one));
        let values: [(&str, &dyn Bind); 2] = [(":contact", &one), (":limit", &CASES_MAX)];
        objects.extend(now.all(
            "SELECT id FROM conversation WHERE contact = :contact ORDER BY id LIMIT :limit",
            &values,
            |row| Ok(Object::Conversation(ConversationId(row.get("id")?))),
        )?);
        objects.extend(now.all(
            "SELECT id FROM ticket WHERE contact = :contact ORDER BY id LIMIT :limit",
            &values,
            |row| Ok(Object::Ticket(TicketId(row.get("id")?))),
        )?);
    }
    Ok(objects)
}

fn of_contact(now: &Now<'_>, contact: ContactId) -> Result<Found> {
    crate::desk::contacts::get(now, contact)?;
    let person = merging::person(now, contact)?;
    let mut found = Found {
        object: Some(Object::Contact(person)),
        objects: objects_of(now, contact)?,
        targets: BTreeMap::new(),
    };
    for object in found.objects.clone() {
        about(now, object, &mut found.targets)?;
        payloads(now, object, &mut found.targets)?;
    }
    early(now, &found.objects, &mut found.targets)?;
    let names = Names::of(now, &found.objects)?;
    searches(now, &names, &mut found.targets)?;
    strays::add(now, &names, &mut found.targets)?;
    Ok(found)
}

/// What the events about an object seal.
fn about(now: &Now<'_>, object: Object, targets: &mut BTreeMap<(Seq, String), Kind>) -> Result<()> {
    now.each(
        "SELECT disclosure.seq AS seq, field, event
           FROM event_object JOIN disclosure USING (seq) JOIN trail USING (seq)
          WHERE object = :object ORDER BY seq, field",
        &[(":object", &object)],
        |row| {
            add(
                row.get("seq")?,
                row.get("event")?,
                row.get("field")?,
                targets,
            )
        },
    )
}

fn add(
    seq: Seq,
    event: String,
    field: String,
    targets: &mut BTreeMap<(Seq, String), Kind>,
) -> Result<()> {
    if let Some(kind) = Kind::of(&event, &field) {
        targets.insert((seq, field), kind);
    }
    Ok(())
}

/// The bodies in which it came: the causes of what is about an object.
fn payloads(
    now: &Now<'_>,
    object: Object,
    targets: &mut BTreeMap<(Seq, String), Kind>,
) -> Result<()> {
    now.each(
        "SELECT DISTINCT disclosure.seq AS seq, field
           FROM event_object JOIN trail USING (seq)
           JOIN trail AS body ON body.seq = trail.cause AND body.event = 'channel.payload_received'
           JOIN disclosure ON disclosure.seq = body.seq
          WHERE object = :object ORDER BY disclosure.seq, field",
        &[(":object", &object)],
        |row| {
            targets.insert((row.get("seq")?, row.get("field")?), Kind::Payloads);
            Ok(())
        },
    )
}

/// The bodies of what was told before it was known whom it is about: reports and calls.
fn early(
    now: &Now<'_>,
    objects: &BTreeSet<Object>,
    targets: &mut BTreeMap<(Seq, String), Kind>,
) -> Result<()> {
    for object in objects {
        let Object::Conversation(conversation) = object else {
            continue; // reports and calls belong to conversations
        };
        for sql in [
            "SELECT DISTINCT disclosure.seq AS seq, field
               FROM article JOIN report USING (provider_id)
               JOIN trail ON trail.seq = report.seq
               JOIN trail AS body
                 ON body.seq = trail.cause AND body.event = 'channel.payload_received'
               JOIN disclosure ON disclosure.seq = body.seq
              WHERE article.conversation = :conversation ORDER BY disclosure.seq, field",
            "SELECT DISTINCT disclosure.seq AS seq, field
               FROM call JOIN trail AS step ON step.event = 'call.step_kept'
               JOIN event ON event.seq = step.seq
                AND json_extract(entry, '$.data.call_id') = call.call_id
               JOIN disclosure ON disclosure.seq = json_extract(entry, '$.data.payload')
              WHERE call.conversation = :conversation AND call.call_id IS NOT NULL
              ORDER BY disclosure.seq, field",
        ] {
            now.each(sql, &[(":conversation", conversation)], |row| {
                targets.insert((row.get("seq")?, row.get("field")?), Kind::Payloads);
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Searches, views with a name, and what exports and prints were narrowed to, that hold a name,
/// number or address of these customers.
fn searches(
    now: &Now<'_>,
    names: &Names,
    targets: &mut BTreeMap<(Seq, String), Kind>,
) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    now.each(
        "SELECT trail.seq AS seq, event, field, text FROM trail JOIN disclosure USING (seq)
          WHERE event IN ('access.searched', 'view.saved', 'audit.exported',
                          'audit.evidence_exported', 'export.list_taken', 'export.printed')
          ORDER BY trail.seq, field",
        &[],
        |row| {
            let text: String = row.get("text")?;
            if names.named_in(&opened(&text)?.1) {
                add(
                    row.get("seq")?,
                    row.get("event")?,
                    row.get("field")?,
                    targets,
                )?;
            }
            Ok(())
        },
    )
}

fn of_article(now: &Now<'_>, article: Seq) -> Result<Found> {
    let missing = || Refusal::not_found(format!("there is no article {article}"));
    let provider_id: Option<String> = now.one(
        "SELECT provider_id FROM article WHERE seq = :seq",
        &[(":seq", &article)],
        missing,
        |row| row.get("provider_id"),
    )?;
    let mut places: BTreeSet<Seq> = BTreeSet::from([article]);
    places.extend(now.all::<Seq>(
        "SELECT file FROM media WHERE article = :seq AND file IS NOT NULL
         UNION SELECT seq FROM revision WHERE target = :id
         UNION SELECT seq FROM reaction WHERE target = :id
         UNION SELECT seq FROM trail WHERE cause = :seq AND event LIKE 'article.%'
         UNION SELECT seq FROM trail WHERE cause = :seq AND event LIKE 'email.%'
         ORDER BY 1 LIMIT 500",
        &[(":seq", &article), (":id", &provider_id)],
        |row| row.get("file"),
    )?);
    let mut found = of_events(now, places)?;
    found.object = super::object_of(now, Subject::Article(article))?;
    Ok(found)
}

fn of_event(now: &Now<'_>, seq: Seq) -> Result<Found> {
    let name = audit::get(now, seq)?.entry.event;
    let mut found = of_events(now, BTreeSet::from([seq]))?;
    found.object = super::object_of(now, Subject::Event(seq))?;
    let sealed = audit::get(now, seq)?.entry.sealed;
    let own = !sealed.keys().any(|field| Kind::of(&name, field).is_some());
    if own && !sealed.is_empty() {
        let text = format!("what {name} seals is the desk's own, not about a person");
        return Err(Refusal::invalid(text).into());
    }
    Ok(found)
}

/// What some events seal, with the bodies they came in.
fn of_events(now: &Now<'_>, places: BTreeSet<Seq>) -> Result<Found> {
    let mut found = Found::default();
    for seq in places {
        now.each(
            "SELECT seq, field, event FROM disclosure JOIN trail USING (seq) WHERE seq = :seq
             UNION SELECT disclosure.seq, field, body.event
               FROM trail JOIN trail AS body
                 ON body.seq = trail.cause AND body.event = 'channel.payload_received'
               JOIN disclosure ON disclosure.seq = body.seq
              WHERE trail.seq = :seq
              ORDER BY 1, 2",
            &[(":seq", &seq)],
            |row| {
                let targets = &mut found.targets;
                add(
                    row.get("seq")?,
                    row.get("event")?,
                    row.get("field")?,
                    targets,
                )
            },
        )?;
        found.objects.extend(audit::objects(now, seq)?);
    }
    Ok(found)
}
