//! From instants to places on a drawing: time runs from left to right, and stretches in which
//! nothing happened are short.

use crate::desk::case::Case;
use crate::domain::moment::{HOUR_MS, Moment};

/// How wide a drawing is. **Unit:** user units.
pub const WIDTH: i64 = 1_180;
/// Where time begins. **Unit:** user units.
pub const LEFT: i64 = 150;
/// What stays free behind it. **Unit:** user units.
pub const RIGHT: i64 = 20;
/// A gap is left out if it is longer than this share of the whole, and drawn this wide.
const LONG: i64 = 12;
const BREAK: i64 = 26;

/// From instants to places: straight pieces, long gaps short.
pub struct Scale {
    /// Each piece: from and until, where it begins and ends, whether time is left out.
    pub pieces: Vec<(Moment, Moment, i64, i64, bool)>,
}

impl Scale {
    /// The scale of a case.
    pub fn of(case: &Case) -> Self {
        let mut known: Vec<Moment> = vec![case.from, case.until];
        known.extend(case.events.iter().map(|event| event.entry.at));
        for clock in &case.clocks {
            known.extend(clock.due.filter(|due| *due < case.until));
        }
        known.retain(|at| (case.from..=case.until).contains(at));
        known.sort_unstable();
        known.dedup();
        let whole = case.until.ms_since(case.from).max(1);
        // A gap is long against what remains once the longest ones are out.
        let mut gaps: Vec<i64> = known
            .iter()
            .zip(known.iter().skip(1))
            .map(|(a, b)| b.ms_since(*a))
            .collect();
        gaps.sort_unstable();
        let mut short = whole;
        while let Some(longest) = gaps.pop() {
            if longest <= HOUR_MS.max(short / LONG) {
                gaps.push(longest);
                break;
            }
            short -= longest;
        }
        let limit = gaps.last().copied().unwrap_or(0);
        let breaks = known
            .iter()
            .zip(known.iter().skip(1))
            .filter(|(a, b)| b.ms_since(**a) > limit)
            .count() as i64;
        let room = (WIDTH - LEFT - RIGHT - breaks * BREAK).max(WIDTH / 4);
        let short = short.max(1);
        let mut pieces = Vec::new();
        let mut x = LEFT;
        let mut passed = 0;
        let straight = |passed: i64| room * passed / short;
        for (a, b) in known.iter().zip(known.iter().skip(1)) {
            let ms = b.ms_since(*a);
            let broken = ms > limit;
            let wide = match broken {
                true => BREAK,
                false => straight(passed + ms) - straight(passed),
            };
            if !broken {
                passed += ms;
            }
            pieces.push((*a, *b, x, x + wide, broken));
            x += wide;
        }
        Scale { pieces }
    }

    /// The place of an instant.
    pub fn x(&self, at: Moment) -> i64 {
        let piece = self.pieces.iter().find(|(_, until, _, _, _)| at <= *until);
        match piece {
            Some((from, until, x, to, _)) => {
                let whole = until.ms_since(*from).max(1);
                x + (to - x) * at.ms_since(*from).clamp(0, whole) / whole
            }
            None => self.pieces.last().map_or(LEFT, |(_, _, _, to, _)| *to),
        }
    }
}
