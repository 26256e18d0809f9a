//! Points in time as people type them: a day, an instant, so long ago, or the number of an event.

use crate::domain::calendar::{Zone, date_of};
use crate::domain::id::Seq;
use crate::domain::moment::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};

/// What was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A whole day of the reader: from its first instant until the next day's.
    Day(Moment, Moment),
    /// An instant.
    Instant(Moment),
    /// An event.
    Event(Seq),
}

impl Point {
    /// Reads one; days are those of a zone, `7d` and the like count back from now.
    pub fn read(text: &str, zone: &Zone, now: Moment) -> Result<Self, String> {
        let today = zone.local(now).day_number;
        match text.to_lowercase().as_str() {
            "today" => return day(zone, today),
            "yesterday" => return day(zone, today - 1),
            _ => {} // a word like any other
        }
        if let Some(number) = text.strip_prefix('#') {
            let number = number.replace('.', "");
            return number.parse().map(Point::Event);
        }
        if let Some(ms) = ago(text) {
            return Ok(Point::Instant(now.plus_ms(-ms)));
        }
        let number = crate::domain::calendar::day_number(text);
        if let Ok(number) = number {
            return day(zone, number);
        }
        let local = text.len() == 16 && text.as_bytes().get(10) == Some(&b'T');
        let at = match local {
            true => zone.instant(text).ok(),
            false => Moment::parse(text).ok(),
        };
        at.map(Point::Instant).ok_or_else(|| {
            format!("{text} is no time; write a day (2026-11-22), an instant (2026-11-22T14:30), 7d, today or #18231")
        })
    }
}

fn day(zone: &Zone, number: i32) -> Result<Point, String> {
    let from = zone.day_start(&date_of(number))?;
    Ok(Point::Day(from, zone.day_start(&date_of(number + 1))?))
}

/// `30m`, `24h`, `7d`, `2w` in milliseconds.
fn ago(text: &str) -> Option<i64> {
    let unit = match text.chars().last()? {
        'm' => MINUTE_MS,
        'h' => HOUR_MS,
        'd' => DAY_MS,
        'w' => 7 * DAY_MS,
        _ => return None,
    };
    let count: i64 = text.get(..text.len() - 1)?.parse().ok()?;
    (0..=100_000).contains(&count).then_some(count * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_instants_and_events_are_read() {
        let zone = Zone::named("Asia/Karachi").unwrap();
        let now = Moment::parse("2026-11-22T20:00:00Z").unwrap(); // the 23rd in Karachi
        for (text, from, until) in [
            (
                "2026-11-20",
                "2026-11-19T19:00:00.000Z",
                "2026-11-20T19:00:00.000Z",
            ),
            (
                "today",
                "2026-11-22T19:00:00.000Z",
                "2026-11-23T19:00:00.000Z",
            ),
            (
                "Yesterday",
                "2026-11-21T19:00:00.000Z",
                "2026-11-22T19:00:00.000Z",
            ),
        ] {
            let Ok(Point::Day(a, b)) = Point::read(text, &zone, now) else {
                panic!("{text} is a day");
            };
            assert_eq!(
                (a.to_string().as_str(), b.to_string().as_str()),
                (from, until)
            );
        }
        for (text, at) in [
            ("2026-11-20T09:30", "2026-11-20T04:30:00.000Z"),
            ("2026-11-20T09:30:00Z", "2026-11-20T09:30:00.000Z"),
            ("24h", "2026-11-21T20:00:00.000Z"),
            ("2w", "2026-11-08T20:00:00.000Z"),
        ] {
            let at = Moment::parse(at).unwrap();
            assert_eq!(
                Point::read(text, &zone, now),
                Ok(Point::Instant(at)),
                "{text}"
            );
        }
        assert_eq!(
            Point::read("#18231", &zone, now),
            Ok(Point::Event(Seq(18231)))
        );
        for wrong in [
            "soon",
            "2026-13-01",
            "#x",
            "9999999999d",
            "2026-11-22T25:00",
            "",
        ] {
            assert!(Point::read(wrong, &zone, now).is_err(), "{wrong}");
        }
        // A day of 25 hours.
        let madrid = Zone::named("Europe/Madrid").unwrap();
        let Ok(Point::Day(from, until)) = Point::read("2026-10-25", &madrid, now) else {
            panic!("a day");
        };
        assert_eq!(until.ms_since(from), 25 * HOUR_MS);
    }
}
