//! The past on a page: a thread, a ticket, a customer or the set-up as it stood after an event,
//! marked as past and without a form that could change anything; and two moments beside each other.

pub mod show;

use crate::domain::moment::Moment;
use crate::web::audit::EventRow;
use crate::web::thread::Timeline;
use serde::Serialize;

/// `past/show.html`
#[derive(Debug, Clone, Serialize)]
pub struct PastPage {
    /// `C-88`, `T-1042`, `K-17`; empty for the set-up.
    pub id: String,
    /// What it was called then.
    pub title: String,
    /// Whether it is the present, looked at unseen.
    pub observing: bool,
    /// Its page of today.
    pub href: String,
    /// The event it stands after.
    pub event: EventRow,
    /// The place of the event among its own, counted from 1, and how many there are.
    pub nth: Option<(usize, usize)>,
    /// The moment before.
    pub before: Option<String>,
    /// The moment after.
    pub after: Option<String>,
    /// The other moment, if two are compared.
    pub other: Option<EventRow>,
    /// What it said: sections of fields.
    pub sections: Vec<Section>,
    /// How many fields differ, if two moments are compared.
    pub differ: usize,
    /// What was said up to then.
    pub timeline: Option<Timeline>,
    /// What happened between the two moments, oldest first.
    pub between: Vec<EventRow>,
    /// How the desk was set up then.
    pub configuration: Option<String>,
}

/// Fields that belong together.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// Their name; empty for the fields of a thing.
    pub name: String,
    /// The fields.
    pub fields: Vec<Field>,
}

/// A field at one moment or two.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it said; none if nothing.
    pub then: Value,
    /// What it said at the other moment.
    pub other: Value,
    /// Whether the two differ.
    pub differs: bool,
}

/// What a field says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Value {
    /// In words.
    pub text: Option<String>,
    /// Or an instant.
    pub at: Option<Moment>,
}
