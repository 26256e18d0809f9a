//! The trail: the explorer, one event, and what vouches for all of them.

pub mod asked;
pub mod event;
pub mod explorer;
pub mod integrity;

use crate::domain::moment::Moment;
use crate::web::shell::Badge;
use serde::Serialize;
use std::collections::BTreeMap;

/// `audit/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct AuditPage {
    /// What was asked for, by field: `actor`, `kind`, `event`, `object`, `contact`, `ticket`,
    /// `channel`, `from`, `to`, `q`.
    pub filter: BTreeMap<&'static str, String>,
    /// What is wrong there, by field.
    pub wrong: BTreeMap<String, String>,
    /// Members and the other actors one may ask for, id and name.
    pub actors: Vec<(String, String)>,
    /// The names of all events.
    pub events: Vec<String>,
    /// Channels, id and name.
    pub channels: Vec<(String, String)>,
    /// Filters in force: text, the address without it.
    pub chips: Vec<(String, String)>,
    /// The events, the newest first.
    pub rows: Vec<EventRow>,
    /// The page before.
    pub newer: Option<String>,
    /// The page after.
    pub older: Option<String>,
    /// The export of this filter, without the format.
    pub export: Option<String>,
}

/// One event in the explorer.
#[derive(Debug, Clone, Serialize)]
pub struct EventRow {
    /// Its place.
    pub seq: u64,
    /// When.
    pub at: Moment,
    /// Its name, `ticket.status_changed`.
    pub event: String,
    /// Who.
    pub actor: Actor,
    /// What, in the reader's language.
    pub sentence: String,
    /// What it is about.
    pub objects: Vec<ObjectLink>,
    /// The event it follows from.
    pub cause: Option<u64>,
}

/// Who acted.
#[derive(Debug, Clone, Serialize)]
pub struct Actor {
    /// `member`, `bot`, `rule`, `contact`, `token`, `system` or `provider`.
    pub kind: String,
    /// Their name.
    pub name: String,
    /// The explorer with what they did.
    pub href: String,
}

/// An object by its name, with its page.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectLink {
    /// `T-1042`.
    pub name: String,
    /// Its page, if it has one.
    pub href: Option<String>,
}

/// `audit/show.html`: one event.
#[derive(Debug, Clone, Serialize)]
pub struct EventPage {
    /// The event in one line.
    pub row: EventRow,
    /// Whom the actor acted for, if another.
    pub on_behalf_of: Option<String>,
    /// `web`, `api`, `webhook`, `timer`, `cli` or `import`.
    pub via: String,
    /// The request it came with.
    pub request: Option<String>,
    /// The event it follows from.
    pub cause: Option<EventRow>,
    /// The events that follow from it.
    pub effects: Vec<EventRow>,
    /// What it changed.
    pub changes: Vec<FieldChange>,
    /// What else it says: field and value.
    pub facts: Vec<(String, String)>,
    /// What may have to be forgotten.
    pub sealed: Vec<Sealed>,
    /// The chains of the objects it is about.
    pub chains: Vec<Chain>,
    /// The exact bytes that were hashed.
    pub entry: String,
    /// The hash of the event. **Unit:** base64.
    pub leaf: String,
    /// The hash of the one before. **Unit:** base64.
    pub prev: String,
    /// The event before.
    pub before: Option<u64>,
    /// The event after.
    pub after: Option<u64>,
    /// The newest published checkpoint that covers it.
    pub checkpoint: Option<CheckpointLine>,
    /// The proof that the event is among those of that checkpoint, from the leaf upwards.
    /// **Unit:** base64 each.
    pub proof: Vec<String>,
}

/// A field before and after.
#[derive(Debug, Clone, Serialize)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// What it was.
    pub before: Option<String>,
    /// What it became.
    pub after: Option<String>,
}

/// A sealed field: the trail holds its digest, the content stands apart.
#[derive(Debug, Clone, Serialize)]
pub struct Sealed {
    /// Its name.
    pub field: String,
    /// The digest in the event. **Unit:** base64.
    pub digest: String,
    /// The content; `None` once removed, or for those without the right.
    pub value: Option<String>,
    /// The event that removed it.
    pub removed_by: Option<u64>,
}

/// The place of an event in the chain of one object.
#[derive(Debug, Clone, Serialize)]
pub struct Chain {
    /// The object.
    pub object: ObjectLink,
    /// How many events of it came before.
    pub n: u64,
    /// The hash of the one before. **Unit:** base64.
    pub prev: Option<String>,
}

/// `audit/integrity.html`: what vouches for the trail.
#[derive(Debug, Clone, Serialize)]
pub struct IntegrityPage {
    /// What was verified last.
    pub badge: Badge,
    /// The last run.
    pub run: Option<Run>,
    /// How far the present run is, done and in all.
    pub progress: Option<(u64, u64)>,
    /// Whether the reader may start one.
    pub may_verify: bool,
    /// How many events there are.
    pub size: u64,
    /// The root over all of them. **Unit:** base64.
    pub root: String,
    /// The verifier key.
    pub vkey: String,
    /// Its short form, to compare by eye.
    pub fingerprint: String,
    /// The name in every checkpoint.
    pub origin: String,
    /// Published checkpoints, the newest first.
    pub checkpoints: Vec<CheckpointLine>,
    /// The older ones.
    pub older: Option<String>,
}

/// A run of verify.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// When it ended.
    pub at: Moment,
    /// How long it took. **Unit:** milliseconds.
    pub took_ms: u64,
    /// How many events it read.
    pub events: u64,
    /// What was looked at: name, whether it was right, and a few words.
    pub steps: Vec<(String, bool, String)>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The newest event known to be good.
    pub good_to: Option<u64>,
}

/// Something verify found.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Its code.
    pub code: String,
    /// Where.
    pub place: String,
    /// What it means, in plain words.
    pub meaning: String,
    /// The event to look at, if it is one.
    pub seq: Option<u64>,
}

/// A published checkpoint.
#[derive(Debug, Clone, Serialize)]
pub struct CheckpointLine {
    /// How many events it covers.
    pub size: u64,
    /// When it was published.
    pub at: Moment,
    /// The root. **Unit:** base64.
    pub root: String,
    /// The signed note.
    pub note: String,
}
