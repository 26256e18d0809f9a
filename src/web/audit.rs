//! The trail: the explorer, one event, and what vouches for all of them.

pub mod asked;
pub mod event;
pub mod evidence;
pub mod explorer;
pub mod integrity;
pub mod meaning;
pub mod tree;
pub mod views;

use crate::domain::moment::Moment;
use crate::web::shell::Badge;
use crate::web::views::KeptView;
use serde::Serialize;
use std::collections::BTreeMap;

/// `audit/index.html`
#[derive(Debug, Clone, Serialize)]
pub struct AuditPage {
    /// What was asked, in words.
    pub question: String,
    /// What of it cannot be understood.
    pub mistakes: Vec<Mistake>,
    /// What can stand in the question: whole conditions.
    pub completions: Vec<String>,
    /// Members and the other actors one may ask for, id and name.
    pub actors: Vec<(String, String)>,
    /// The names of all events, each area before its own.
    pub events: Vec<String>,
    /// Sets of events: name and what it is for.
    pub sets: Vec<(String, String)>,
    /// Channels, id and name.
    pub channels: Vec<(String, String)>,
    /// Conditions in force: text, the address without it.
    pub chips: Vec<(String, String)>,
    /// How many events pass: the number, and whether there are more.
    pub count: Option<(u64, bool)>,
    /// The events, the newest first.
    pub rows: Vec<EventRow>,
    /// Or, where they are counted in groups: the groups.
    pub groups: Option<Groups>,
    /// All columns: id, name, whether it is shown.
    pub columns: Vec<(String, String, bool)>,
    /// The ids of those shown.
    pub shown: Vec<String>,
    /// Ways to put rows together: name, address, whether it is the present one.
    pub groupings: Vec<(String, String, bool)>,
    /// Parts of the present form that a new question keeps: name and value.
    pub kept: Vec<(String, String)>,
    /// Whether new events appear by themselves.
    pub live: bool,
    /// The same page still, or live again.
    pub live_href: String,
    /// The page before.
    pub newer: Option<String>,
    /// The page after.
    pub older: Option<String>,
    /// Where looking stopped before it was done, and the address that looks on from there.
    pub stopped: Option<(u64, String)>,
    /// The export of this filter, without the format.
    pub export: Option<String>,
    /// Views that were kept.
    pub views: Vec<KeptView>,
    /// The query to keep as a view.
    pub query: String,
    /// Whether the reader may keep views for everybody.
    pub may_share: bool,
    /// What is wrong with a view that was to be kept, by field.
    pub wrong: BTreeMap<String, String>,
    /// What was typed there.
    pub typed: BTreeMap<String, String>,
}

/// Something in a question that cannot be understood.
#[derive(Debug, Clone, Serialize)]
pub struct Mistake {
    /// Where it begins. **Unit:** characters, from 1.
    pub at: usize,
    /// A line that points at it.
    pub pointer: String,
    /// What is wrong, and what to do.
    pub text: String,
}

/// Events counted in groups.
#[derive(Debug, Clone, Serialize)]
pub struct Groups {
    /// What they are counted by.
    pub by: String,
    /// One line each, the largest first.
    pub rows: Vec<GroupRow>,
    /// Of how many events, if there are more than were counted.
    pub newest_only: Option<u64>,
}

/// Events of one group.
#[derive(Debug, Clone, Serialize)]
pub struct GroupRow {
    /// Who or what.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The explorer with these events.
    pub href: String,
    /// The page of the thing.
    pub page: Option<String>,
    /// How many.
    pub count: u64,
    /// The oldest.
    pub first: Moment,
    /// The newest.
    pub last: Moment,
}

/// `audit/tree.html`: what an event follows from, and everything that followed from it.
#[derive(Debug, Clone, Serialize)]
pub struct TreePage {
    /// The event.
    pub seq: u64,
    /// The events it follows from, the first cause first.
    pub above: Vec<EventRow>,
    /// It, and what followed: depth and event, each before what followed from it.
    pub below: Vec<(usize, EventRow)>,
    /// Whether more followed than is shown.
    pub more: bool,
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
    /// Through which door it came.
    pub door: String,
    /// Its hash. **Unit:** base64.
    pub hash: String,
    /// Whether a new day of the reader begins above it.
    pub new_day: bool,
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
    /// Whether the reader may erase what it seals.
    pub may_erase: bool,
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
    /// Packs it can be pinned to.
    pub packs: Vec<crate::web::packs::PackLine>,
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
    /// Who removed it, when and why.
    pub removed: Option<crate::web::privacy::Removed>,
    /// Whether it can be erased.
    pub personal: bool,
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
    /// The newest checkpoint known to be kept elsewhere by each means, the newest of all first.
    pub elsewhere: Vec<Elsewhere>,
    /// Why the witness could not be asked, and when.
    pub trouble: Option<(String, Moment)>,
    /// The keys before this one: verifier key, and the number of events it signed.
    pub earlier: Vec<(String, u64)>,
    /// Published checkpoints, the newest first.
    pub checkpoints: Vec<CheckpointLine>,
    /// The older ones.
    pub older: Option<String>,
}

/// A checkpoint known to be kept elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct Elsewhere {
    /// How many events it is over.
    pub size: u64,
    /// When it left.
    pub at: Moment,
    /// `export`, `witness` or `mail`.
    pub by: &'static str,
    /// The witness or the member.
    pub whom: String,
}

/// A step of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Looked {
    /// What it looks at.
    pub name: &'static str,
    /// Whether all of it was right.
    pub good: bool,
    /// How many of what it looked at: `events`, `checkpoints`, `texts`, `files`, `rows`.
    pub counts: Vec<(&'static str, u64)>,
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
    /// What was looked at.
    pub steps: Vec<Looked>,
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
