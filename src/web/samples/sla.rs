//! Service levels for the pages in their tests.

use super::ago;
use crate::domain::moment::MINUTE_MS;
use crate::web::sla::{Clock, Due, Line, Piece, Sum};

pub(super) fn due(minutes: i64) -> Due {
    Due {
        at: ago(-minutes),
        away_ms: (minutes * MINUTE_MS).abs(),
        tone: if minutes < 0 { "bad" } else { "" },
    }
}

fn sum(kind: &'static str, status: Option<&str>, minutes: i64) -> Sum {
    Sum {
        kind,
        status: status.map(str::to_owned),
        ms: minutes * MINUTE_MS,
    }
}

fn clock(name: &'static str, state: &'static str, tone: &'static str) -> Clock {
    let pieces = [
        (sum("counted", None, 20), 120, 100),
        (sum("paused", Some("Awaiting courier"), 60), 100, 40),
        (sum("outside", None, 40), 40, 0),
    ];
    Clock {
        name,
        state,
        tone,
        left_ms: 12 * MINUTE_MS,
        over: tone == "bad",
        target_ms: 30 * MINUTE_MS,
        counted_ms: 18 * MINUTE_MS,
        started_at: ago(120),
        due_at: (state == "running").then(|| ago(-12)),
        stopped_at: (state == "met").then(|| ago(9)),
        sums: pieces.iter().map(|(sum, _, _)| sum.clone()).collect(),
        pieces: pieces
            .iter()
            .map(|(sum, from, until)| Piece {
                what: sum.clone(),
                from: ago(*from),
                until: ago(*until),
            })
            .collect(),
    }
}

pub(super) fn line() -> Line {
    Line {
        policy: "Tickets".into(),
        version: 2,
        calendar: Some("Office hours".into()),
        live: vec![
            clock("Next response", "running", "warn"),
            clock("Update", "running", "bad"),
            clock("Resolution", "paused", ""),
        ],
        past: vec![
            clock("First response", "met", "ok"),
            clock("Update", "breached", "bad"),
        ],
    }
}
