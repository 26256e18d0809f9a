//! A case on one page: swim-lanes over time, the same as a table, and the sentences under it.

pub mod picture;
mod scale;
pub mod show;

use crate::domain::moment::Moment;
use crate::web::audit::EventRow;
use crate::web::packs::PackLine;
use serde::Serialize;

/// `case/show.html`
#[derive(Debug, Clone, Serialize)]
pub struct CasePage {
    /// `T-1042` or `C-88`.
    pub id: String,
    /// What it is about, or with whom.
    pub title: String,
    /// Its own page.
    pub href: String,
    /// When it begins.
    pub from: Moment,
    /// Until when it is told.
    pub until: Moment,
    /// Whether only its newest events are shown.
    pub cut: bool,
    /// The lanes.
    pub picture: Picture,
    /// Everything in them, in the order of time.
    pub rows: Vec<Row>,
    /// What happened, oldest first.
    pub events: Vec<EventRow>,
    /// The trail of it.
    pub audit_href: String,
    /// Whether views are listed among the events.
    pub views: bool,
    /// The same page with or without views.
    pub views_href: String,
    /// Whether the reader may export.
    pub may_export: bool,
    /// Whether the reader settles disputes.
    pub may_settle: bool,
    /// The packs about this case, the newest first.
    pub packs: Vec<PackLine>,
    /// The one that events of the case are pinned to from here.
    pub pack: Option<PackLine>,
    /// What is pinned to it.
    pub pinned: Vec<u64>,
}

/// Swim-lanes over time. **Unit:** user units of the drawing, everywhere.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Picture {
    /// How wide.
    pub width: i64,
    /// How high.
    pub height: i64,
    /// Where time begins.
    pub left: i64,
    /// The lanes, from the top.
    pub lanes: Vec<Lane>,
    /// Stretches of time.
    pub bars: Vec<Bar>,
    /// Instants.
    pub marks: Vec<Mark>,
    /// From hand to hand.
    pub arrows: Vec<Arrow>,
    /// Lines of the clock.
    pub ticks: Vec<Tick>,
    /// Where the drawing leaves out time in which nothing happened.
    pub breaks: Vec<Break>,
}

/// A lane.
#[derive(Debug, Clone, Serialize)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// What it is: `contact`, `queue`, `bot`, `member`, `system`, `status`, `clock`.
    pub kind: &'static str,
    /// Its upper edge.
    pub y: i64,
    /// Its height.
    pub height: i64,
}

/// A stretch of time in a lane.
#[derive(Debug, Clone, Serialize)]
pub struct Bar {
    /// From the left.
    pub x: i64,
    /// From the top.
    pub y: i64,
    /// How wide.
    pub width: i64,
    /// How high.
    pub height: i64,
    /// What it is, as a class.
    pub kind: String,
    /// The words in it, where they fit.
    pub label: String,
    /// What it says, whole.
    pub title: String,
    /// Its event.
    pub href: Option<String>,
}

/// An instant in a lane.
#[derive(Debug, Clone, Serialize)]
pub struct Mark {
    /// From the left.
    pub x: i64,
    /// From the top.
    pub y: i64,
    /// `received`, `sent`, `note`, `view`, `escalated`, `failed`, `due`, `over`, `met`.
    pub kind: &'static str,
    /// What it says, whole.
    pub title: String,
    /// Its event or article.
    pub href: Option<String>,
}

/// From one lane to another.
#[derive(Debug, Clone, Serialize)]
pub struct Arrow {
    /// From the left.
    pub x: i64,
    /// Where it begins.
    pub from: i64,
    /// Where it points.
    pub to: i64,
    /// What it says, whole.
    pub title: String,
    /// Its event.
    pub href: String,
}

/// A line of the clock.
#[derive(Debug, Clone, Serialize)]
pub struct Tick {
    /// From the left.
    pub x: i64,
    /// The time or day.
    pub label: String,
    /// Whether a day begins here.
    pub day: bool,
}

/// Time that is left out.
#[derive(Debug, Clone, Serialize)]
pub struct Break {
    /// From the left.
    pub x: i64,
    /// How wide it is drawn.
    pub width: i64,
    /// How long it was.
    pub label: String,
}

/// A line of the table beside the picture.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// From, or when.
    pub from: Moment,
    /// Until; none for an instant or what still lasts.
    pub until: Option<Moment>,
    /// How long. **Unit:** milliseconds.
    pub ms: Option<i64>,
    /// Whether it still lasts.
    pub lasts: bool,
    /// The lane.
    pub lane: String,
    /// What it was.
    pub what: String,
    /// The object, where the case has several.
    pub object: String,
    /// Its event.
    pub href: Option<String>,
}
