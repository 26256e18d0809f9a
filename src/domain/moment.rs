//! Instants: milliseconds since 1970 in UTC, written as RFC 3339 with exactly three decimals.

use serde::{Deserialize, Serialize};
use std::fmt;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// An instant. **Unit:** milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(pub i64);

/// One minute. **Unit:** milliseconds.
pub const MINUTE_MS: i64 = 60_000;
/// One hour. **Unit:** milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day of 24 hours. **Unit:** milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

impl Moment {
    /// The first instant that can be written: the beginning of the year 0.
    pub const FIRST: Moment = Moment(-62_167_219_200_000);
    /// The last one: the end of the year 9999.
    pub const LAST: Moment = Moment(253_402_300_799_999);

    /// Whether it can be written, and read back.
    pub fn is_writable(self) -> bool {
        (Moment::FIRST..=Moment::LAST).contains(&self)
    }

    /// The instant of the system's clock; only the clocks of the ledger and of the front ask it.
    pub fn of_system_clock() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Moment(since.map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        }))
    }

    /// The instant a number of milliseconds later (earlier if negative).
    pub fn plus_ms(self, ms: i64) -> Self {
        Moment(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative if it is later.
    pub fn ms_since(self, earlier: Moment) -> i64 {
        self.0 - earlier.0
    }

    /// The instant an RFC 3339 text names, whatever its offset.
    ///
    /// **Refuses:** one that in UTC is outside the years 0 to 9999, which could not be written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let at = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|error| format!("{text} is not an RFC 3339 instant: {error}"))?;
        i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000))
            .map(Moment)
            .ok()
            .filter(|at| at.is_writable())
            .ok_or_else(|| format!("{text} is outside the years 0 to 9999 in UTC"))
    }

    /// The same instant in the `time` crate's form; out-of-range values become the epoch.
    pub fn utc(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.utc();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        if !self.is_writable() {
            let text = format!("{} ms since 1970 are outside the years 0 to 9999", self.0);
            return Err(serde::ser::Error::custom(text));
        }
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        Moment::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn a_moment_is_written_with_three_decimals_and_read_back() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_795_320_291_007, "2026-11-22T04:04:51.007Z"),
        ] {
            assert_eq!(Moment(ms).to_string(), text);
            assert_eq!(Moment::parse(text), Ok(Moment(ms)));
        }
        assert_eq!(
            Moment::parse("2026-11-22T06:04:51.007+02:00"),
            Ok(Moment(1_795_320_291_007))
        );
        assert!(Moment::parse("yesterday").is_err());
    }

    #[test]
    fn what_could_not_be_read_back_is_neither_read_nor_written() {
        for (at, text) in [
            (Moment::FIRST, "\"0000-01-01T00:00:00.000Z\""),
            (Moment::LAST, "\"9999-12-31T23:59:59.999Z\""),
        ] {
            assert_eq!(serde_json::to_string(&at).unwrap(), text);
            assert_eq!(serde_json::from_str::<Moment>(text).unwrap(), at);
        }
        for beyond in [Moment::FIRST.plus_ms(-1), Moment::LAST.plus_ms(1)] {
            assert!(serde_json::to_string(&beyond).is_err(), "{}", beyond.0);
        }
        for text in ["0000-01-01T00:30:00+01:00", "9999-12-31T23:59:59-05:00"] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }
}
