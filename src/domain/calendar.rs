//! Local time: which day and hour an instant is in an IANA zone, and which instant a wall clock
//! means. The only room that knows jiff; opening hours (`hours`) ask it.

pub mod hours;

use crate::domain::moment::Moment;
use jiff::civil::{Date, DateTime};
use jiff::{Span, Timestamp, Zoned, tz::TimeZone};

/// A time zone by its IANA name. **Limit:** only the zones of the bundled database.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

/// An instant as a clock on the wall of a zone shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The year of the Gregorian calendar.
    pub year: i16,
    /// 1 is January.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// 0 is Monday.
    pub weekday: u8,
    /// 0–23.
    pub hour: u8,
    /// 0–59.
    pub minute: u8,
    /// 0–59.
    pub second: u8,
    /// Distance of the clock from UTC. **Unit:** seconds, east positive.
    pub offset_s: i32,
    /// Days since 1970-01-01 of the local date; two instants of one local day share it.
    pub day_number: i32,
}

impl Zone {
    /// The zone of this IANA name (`Asia/Karachi`).
    pub fn named(name: &str) -> Result<Self, String> {
        TimeZone::get(name)
            .map(Zone)
            .map_err(|_| format!("{name} is not a time zone of the IANA database"))
    }

    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        Zone(TimeZone::UTC)
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What the clock on the wall shows at this instant.
    pub fn local(&self, at: Moment) -> Local {
        let timestamp = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let offset = self.0.to_offset(timestamp);
        let clock = offset.to_datetime(timestamp);
        let since = clock.date().duration_since(Date::constant(1970, 1, 1));
        Local {
            year: clock.year(),
            month: clock.month().unsigned_abs(),
            day: clock.day().unsigned_abs(),
            weekday: clock
                .date()
                .weekday()
                .to_monday_zero_offset()
                .unsigned_abs(),
            hour: clock.hour().unsigned_abs(),
            minute: clock.minute().unsigned_abs(),
            second: clock.second().unsigned_abs(),
            offset_s: offset.seconds(),
            day_number: i32::try_from(since.as_hours() / 24).unwrap_or(0),
        }
    }

    /// The instant of a local date and time, written `2026-11-22T14:30`; a time the clock skips is
    /// the one after the gap, a time it shows twice is the first.
    pub fn instant(&self, local: &str) -> Result<Moment, String> {
        let local: DateTime = local
            .parse()
            .map_err(|_| format!("{local} is not a date and time like 2026-11-22T14:30"))?;
        let at = self
            .0
            .to_zoned(local)
            .map_err(|error| format!("{local} is out of range: {error}"))?;
        writable(&at).ok_or_else(|| format!("{local} is out of range"))
    }

    /// The first instant of a local day, written `2026-11-22`; where the clock skips midnight,
    /// the first that exists.
    pub fn day_start(&self, date: &str) -> Result<Moment, String> {
        let date: Date = date
            .parse()
            .map_err(|_| format!("{date} is not a date like 2026-11-22"))?;
        let at = self
            .0
            .to_zoned(date.at(0, 0, 0, 0))
            .map_err(|error| format!("{date} is out of range: {error}"))?;
        writable(&at).ok_or_else(|| format!("{date} is out of range"))
    }

    /// The instant at which the wall clock of a day shows so many minutes after midnight; a time
    /// the clock skips moves forward by the gap, one it shows twice is the first. None outside the
    /// years the calendar knows.
    pub fn wall(&self, day_number: i32, minute: u16) -> Option<Moment> {
        let days = day_number + i32::from(minute / 1440);
        let date = Date::constant(1970, 1, 1)
            .checked_add(Span::new().try_days(days).ok()?)
            .ok()?;
        let (hour, minute) = (minute % 1440 / 60, minute % 60);
        let clock = date.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
        writable(&self.0.to_zoned(clock).ok()?)
    }
}

/// The instant of a time in a zone, if it can be written: the calendar knows more years.
fn writable(at: &Zoned) -> Option<Moment> {
    Some(Moment(at.timestamp().as_millisecond())).filter(|at| at.is_writable())
}

/// Days since 1970-01-01 of a date written `2026-11-22`.
pub fn day_number(date: &str) -> Result<i32, String> {
    let wrong = || format!("{date} is not a date like 2026-11-22");
    let parsed: Date = date.parse().map_err(|_| wrong())?;
    if date.len() != 10 {
        return Err(wrong()); // jiff reads more than this one form
    }
    let since = parsed.duration_since(Date::constant(1970, 1, 1));
    i32::try_from(since.as_hours() / 24).map_err(|_| wrong())
}

/// The date of a day, written `2026-11-22`.
pub fn date_of(day_number: i32) -> String {
    Span::new()
        .try_days(day_number)
        .and_then(|span| Date::constant(1970, 1, 1).checked_add(span))
        .map_or_else(|_| String::new(), |date| date.to_string())
}

/// The day of the week of a day. **Unit:** 0 is Monday.
pub fn weekday(day_number: i32) -> usize {
    // 1970-01-01 was a Thursday.
    usize::try_from((i64::from(day_number) + 3).rem_euclid(7)).unwrap_or(0)
}

/// Every zone a person may choose, by name.
pub fn zone_names() -> Vec<String> {
    jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .filter(|name| name.contains('/') && !name.starts_with("Etc/") || name == "UTC")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_another_day_and_hour_in_another_zone() {
        let at = Moment::parse("2026-11-22T20:04:51.007Z").unwrap();
        let karachi = Zone::named("Asia/Karachi").unwrap().local(at);
        assert_eq!((karachi.day, karachi.hour, karachi.minute), (23, 1, 4));
        assert_eq!((karachi.weekday, karachi.offset_s), (0, 5 * 3600));
        let utc = Zone::utc().local(at);
        assert_eq!((utc.day, utc.hour, utc.weekday), (22, 20, 6));
        assert_eq!(karachi.day_number, utc.day_number + 1);
        assert!(Zone::named("Asia/Nowhere").is_err());
    }

    #[test]
    fn a_day_starts_when_its_clock_says_so() {
        let zone = Zone::named("Europe/Madrid").unwrap();
        let start = zone.day_start("2026-11-22").unwrap();
        assert_eq!(start.to_string(), "2026-11-21T23:00:00.000Z");
        assert!(zone.day_start("22/11/2026").is_err());
        let gap = zone.instant("2026-03-29T02:30").unwrap();
        assert_eq!(gap.to_string(), "2026-03-29T01:30:00.000Z");
        assert!(zone.instant("half past two").is_err());
        assert!(zone.instant("-001000-01-01T00:00").is_err());
        assert!(zone_names().iter().any(|name| name == "Africa/Cairo"));
    }

    #[test]
    fn a_day_has_a_number_a_weekday_and_a_date() {
        let day = day_number("2026-11-22").unwrap();
        assert_eq!((weekday(day), date_of(day).as_str()), (6, "2026-11-22"));
        assert_eq!((weekday(0), weekday(-1), weekday(4)), (3, 2, 0));
        let zone = Zone::named("Europe/Madrid").unwrap();
        let noon = zone.wall(day, 12 * 60).unwrap();
        assert_eq!(noon.to_string(), "2026-11-22T11:00:00.000Z");
        let midnight = zone.wall(day, 24 * 60).unwrap();
        assert_eq!(midnight.to_string(), "2026-11-22T23:00:00.000Z");
        for wrong in ["22/11/2026", "2026-02-30", "2026-11-22T10:00", ""] {
            assert!(day_number(wrong).is_err(), "{wrong}");
        }
    }
}
