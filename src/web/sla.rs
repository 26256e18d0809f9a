//! Service levels on a page: the line under a title, the chip in a list.

use crate::desk::sla::line::{self, Kind, Shown};
use crate::domain::id::Object;
use crate::domain::moment::Moment;
use crate::domain::sla::State;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::text::{Language, translate};
use serde::Serialize;

/// `sla/_line.html`: the clocks of one case.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The policy's name.
    pub policy: String,
    /// Its version.
    pub version: u32,
    /// The calendar's name; none means that every hour counts.
    pub calendar: Option<String>,
    /// Clocks that run or stand still, the next to fall due first.
    pub live: Vec<Clock>,
    /// Clocks that have stopped, the newest first.
    pub past: Vec<Clock>,
}

/// One clock.
#[derive(Debug, Clone, Serialize)]
pub struct Clock {
    /// What it measures, in English.
    pub name: &'static str,
    /// `running`, `paused`, `met`, `breached`, `cancelled`.
    pub state: &'static str,
    /// Empty, `warn`, `bad`, `ok`.
    pub tone: &'static str,
    /// What is left, or by how much it is over. **Unit:** milliseconds of its hours.
    pub left_ms: i64,
    /// Whether it was overrun.
    pub over: bool,
    /// How much it may count. **Unit:** milliseconds.
    pub target_ms: i64,
    /// What it has counted. **Unit:** milliseconds.
    pub counted_ms: i64,
    /// When it began.
    pub started_at: Moment,
    /// The last instant in time.
    pub due_at: Option<Moment>,
    /// When it stopped.
    pub stopped_at: Option<Moment>,
    /// What its time was made of, in sum.
    pub sums: Vec<Sum>,
    /// The same, piece by piece.
    pub pieces: Vec<Piece>,
}

/// How much of a clock's time was of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// `counted`, `outside`, `paused`, `stopped`.
    pub kind: &'static str,
    /// The status that paused it, in words.
    pub status: Option<String>,
    /// **Unit:** milliseconds.
    pub ms: i64,
}

/// A stretch of a clock's time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// What it was.
    pub what: Sum,
    /// From.
    pub from: Moment,
    /// Until.
    pub until: Moment,
}

/// The next target of a case in a list.
#[derive(Debug, Clone, Serialize)]
pub struct Due {
    /// When.
    pub at: Moment,
    /// How far away, either way. **Unit:** milliseconds.
    pub away_ms: i64,
    /// Empty, `warn`, `bad`.
    pub tone: &'static str,
}

/// The line of a case; none if it is not measured.
pub fn line(now: &Now<'_>, language: Language, object: Object) -> Result<Option<Line>> {
    let Some(known) = line::of(now, object)? else {
        return Ok(None);
    };
    let clocks = known.clocks.iter().map(|shown| clock(language, shown));
    let (live, past) = clocks.partition(|clock| matches!(clock.state, "running" | "paused"));
    Ok(Some(Line {
        policy: known.policy,
        version: known.version,
        calendar: known.calendar,
        live,
        past,
    }))
}

/// The chip of a case in a list: marked from the instant at which its policy warns.
pub fn due(due_at: Option<Moment>, near_at: Option<Moment>, now: Moment) -> Option<Due> {
    due_at.map(|at| {
        let away = at.ms_since(now);
        Due {
            at,
            away_ms: away.abs(),
            tone: match away {
                away if away < 0 => "bad",
                _ if near_at.is_some_and(|near_at| near_at <= now) => "warn",
                _ => "",
            },
        }
    })
}

fn clock(language: Language, shown: &Shown) -> Clock {
    let left = shown.target_ms - shown.counted_ms;
    let tone = match (shown.state, shown.breach) {
        (_, true) => "bad",
        (State::Running, false) if shown.near => "warn",
        (State::Met, false) => "ok",
        (_, false) => "",
    };
    let mut sums: Vec<Sum> = Vec::new();
    let mut pieces = Vec::new();
    for stretch in &shown.stretches {
        let what = Sum {
            kind: match stretch.kind {
                Kind::Counted => "counted",
                Kind::Outside => "outside",
                Kind::Paused => "paused",
                Kind::Stopped => "stopped",
            },
            status: stretch
                .status
                .as_deref()
                .map(|status| status_words(language, status)),
            ms: stretch.ms(),
        };
        let alike = |sum: &&mut Sum| sum.kind == what.kind && sum.status == what.status;
        match sums.iter_mut().find(alike) {
            Some(sum) => sum.ms += what.ms,
            None => sums.push(what.clone()),
        }
        let (from, until) = (stretch.from, stretch.until);
        pieces.push(Piece { what, from, until });
    }
    Clock {
        name: shown.metric.words(),
        state: shown.state.as_str(),
        tone,
        left_ms: left.abs(),
        over: shown.breach,
        target_ms: shown.target_ms,
        counted_ms: shown.counted_ms,
        started_at: shown.started_at,
        due_at: shown.due_at,
        stopped_at: shown.stopped_at,
        sums,
        pieces,
    }
}

/// A status as people read it: a ticket's, a conversation's, else as it is written.
fn status_words(language: Language, status: &str) -> String {
    let ticket = status
        .parse::<crate::domain::ticket::Status>()
        .map(|known| known.words());
    let conversation = status.parse::<crate::domain::conversation::Status>();
    let words = ticket.ok().or(conversation.map(|known| known.words()).ok());
    words.map_or_else(
        || status.to_owned(),
        |words| translate(language, words).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_says_how_near_a_target_is() {
        let now = Moment(1_000_000_000);
        for (away, near, tone) in [
            (-1, None, "bad"),
            (-1, Some(-5), "bad"),
            (0, Some(0), "warn"),
            (900, Some(-1), "warn"),
            (900, Some(1), ""),
            (1, None, ""),
        ] {
            let near_at = near.map(|near| now.plus_ms(near));
            let chip = due(Some(now.plus_ms(away)), near_at, now);
            assert_eq!(
                chip.map(|chip| (chip.tone, chip.away_ms)),
                Some((tone, away.abs()))
            );
        }
        assert!(due(None, None, now).is_none());
    }
}
