//! Opening hours: when a desk works, and how much of a stretch of time that is. Several windows a
//! day, windows over midnight, days that differ. What is counted with it stands in `sla`.

use super::{Zone, date_of, day_number, weekday};
use crate::domain::moment::{DAY_MS, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The days of the week as a timetable names them, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Most windows of one day, and most days that differ.
pub const WINDOWS_MAX: usize = 12;
/// Most days that differ from the week in one timetable.
pub const EXCEPTIONS_MAX: usize = 400;

/// How far ahead working time is looked for. **Unit:** days.
const HORIZON: i64 = 20 * 366;

/// How much is laid out at first, and at once at most: mostly the end comes within two days.
/// **Unit:** milliseconds.
const STRETCH_MS: i64 = 2 * DAY_MS;
const STRETCH_MAX_MS: i64 = 32 * DAY_MS;

/// Opening hours as people write them and as the trail keeps them: a window is two times of the
/// wall clock, `["09:00", "18:00"]`; one that ends no later than it begins runs over midnight.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timetable {
    /// The IANA zone.
    pub tz: String,
    /// Windows by day of the week, `mon` to `sun`; a missing day is closed.
    #[serde(default)]
    pub weekly: BTreeMap<String, Vec<[String; 2]>>,
    /// Windows by date, instead of the week's; none means closed.
    #[serde(default)]
    pub exceptions: BTreeMap<String, Vec<[String; 2]>>,
}

/// Opening hours ready to count with.
#[derive(Debug, Clone)]
pub struct Hours {
    zone: Zone,
    weekly: [Vec<Window>; 7],
    exceptions: BTreeMap<i32, Vec<Window>>,
}

/// A stretch of time in which the desk is open: from, until (not included).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first instant of it.
    pub from: Moment,
    /// The first instant after it.
    pub until: Moment,
}

/// Minutes after midnight of the day it belongs to; the end may lie on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    start: u16,
    end: u16,
}

impl Timetable {
    /// Open at every hour of every day.
    pub fn always() -> Self {
        let day = || vec![["00:00".to_owned(), "24:00".to_owned()]];
        Timetable {
            tz: "UTC".to_owned(),
            weekly: DAYS.iter().map(|name| (name.to_string(), day())).collect(),
            exceptions: BTreeMap::new(),
        }
    }

    /// The hours to count with.
    ///
    /// **Refuses:** an unknown zone, day, date or time.
    pub fn hours(&self) -> Result<Hours, String> {
        let zone = Zone::named(&self.tz)?;
        let mut weekly: [Vec<Window>; 7] = Default::default();
        for (name, windows) in &self.weekly {
            let place = DAYS
                .iter()
                .zip(weekly.iter_mut())
                .find(|(day, _)| *day == name);
            let Some((_, place)) = place else {
                return Err(format!(
                    "{name} is not a day; days are {all}",
                    all = DAYS.join(", ")
                ));
            };
            *place = windows.iter().map(window).collect::<Result<_, _>>()?;
        }
        let mut exceptions = BTreeMap::new();
        for (date, windows) in &self.exceptions {
            let windows = windows.iter().map(window).collect::<Result<_, _>>()?;
            exceptions.insert(day_number(date)?, windows);
        }
        Ok(Hours {
            zone,
            weekly,
            exceptions,
        })
    }

    /// The hours to count with, if nobody can have meant something else.
    ///
    /// **Refuses:** what [`Timetable::hours`] refuses; a window that is empty; windows that
    /// overlap, within a day or over midnight into the next; a week that is never open; too many.
    pub fn checked(&self) -> Result<Hours, String> {
        let hours = self.hours()?;
        let written = self.weekly.iter().chain(&self.exceptions);
        for (day, windows) in written {
            if windows.len() > WINDOWS_MAX {
                return Err(format!("{day} has more than {WINDOWS_MAX} windows"));
            }
            if let Some([start, _]) = windows.iter().find(|[start, end]| start == end) {
                return Err(format!("the window {start}–{start} on {day} is empty"));
            }
        }
        if self.exceptions.len() > EXCEPTIONS_MAX {
            return Err(format!("at most {EXCEPTIONS_MAX} dates may differ"));
        }
        for (name, windows) in DAYS.iter().zip(&hours.weekly) {
            disjoint(name, windows)?;
        }
        for (date, windows) in &hours.exceptions {
            disjoint(&date_of(*date), windows)?;
        }
        for (place, name) in DAYS.iter().enumerate() {
            let today = hours.weekly.get(place);
            let next = hours.weekly.get((place + 1) % 7);
            if let (Some(today), Some(next)) = (today, next) {
                runs_into(name, today, next)?;
            }
        }
        let open = hours.weekly.iter().chain(hours.exceptions.values());
        if !open.into_iter().any(|windows| !windows.is_empty()) {
            return Err("the calendar is never open: give at least one day a window".to_owned());
        }
        Ok(hours)
    }
}

impl Hours {
    /// The zone the windows are meant in.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// How much of `from` to `until` is working time; 0 if the end is not after the start.
    /// **Unit:** milliseconds.
    pub fn between(&self, from: Moment, until: Moment) -> i64 {
        self.stretches(from, until)
            .map(|(from, until)| length(&self.spans(from, until)))
            .sum()
    }

    /// The earliest instant at or after `from` by which so much working time has passed: its
    /// inverse. None if that much does not come within twenty years. **Unit:** milliseconds.
    pub fn add(&self, from: Moment, working_ms: i64) -> Option<Moment> {
        if working_ms <= 0 {
            return Some(from);
        }
        let mut left = working_ms;
        for (from, until) in self.stretches(from, from.plus_ms(HORIZON * DAY_MS)) {
            for span in self.spans(from, until) {
                let open = span.until.ms_since(span.from);
                if open >= left {
                    return Some(span.from.plus_ms(left));
                }
                left -= open;
            }
        }
        None
    }

    /// Whether the desk is open at an instant.
    pub fn is_open(&self, at: Moment) -> bool {
        self.between(at, at.plus_ms(1)) > 0
    }

    /// When it next opens, or closes if it is open; none if neither happens within a year.
    pub fn next_change(&self, at: Moment) -> Option<Moment> {
        let year = self.stretches(at, at.plus_ms(366 * DAY_MS));
        let open = self.is_open(at);
        let mut edge = at;
        for (from, until) in year {
            for span in self.spans(from, until) {
                if !open {
                    return Some(span.from);
                }
                if span.from > edge {
                    return Some(edge);
                }
                edge = span.until;
            }
        }
        (open && edge < at.plus_ms(366 * DAY_MS)).then_some(edge)
    }

    /// The open stretches within `from` to `until`, in order, none touching another.
    /// **Limit:** laid out whole; for years of it ask piece by piece.
    pub fn spans(&self, from: Moment, until: Moment) -> Vec<Span> {
        if until <= from {
            return Vec::new();
        }
        // A window may begin the day before, and a day the zone skipped moves a day forward.
        let first = self.zone.local(from).day_number - 3;
        let last = self.zone.local(until).day_number + 1;
        let mut found: Vec<Span> = Vec::new();
        for day in first..=last {
            for window in self.windows(day) {
                let start = self.zone.wall(day, window.start);
                let end = self.zone.wall(day, window.end);
                let (Some(start), Some(end)) = (start, end) else {
                    continue;
                };
                let (start, end) = (start.max(from), end.min(until));
                if start < end {
                    found.push(Span {
                        from: start,
                        until: end,
                    });
                }
            }
        }
        found.sort_by_key(|span| span.from);
        merged(found)
    }

    fn windows(&self, day: i32) -> &[Window] {
        let usual = || self.weekly.get(weekday(day)).map_or(&[][..], Vec::as_slice);
        self.exceptions.get(&day).map_or_else(usual, Vec::as_slice)
    }

    /// `from` to `until` in pieces that are laid out one after the other, each twice as long as the
    /// one before it.
    fn stretches(
        &self,
        from: Moment,
        until: Moment,
    ) -> impl Iterator<Item = (Moment, Moment)> + use<> {
        let (mut next, mut length_ms) = (from, STRETCH_MS);
        std::iter::from_fn(move || {
            let start = next;
            next = start.plus_ms(length_ms).min(until);
            length_ms = (length_ms * 2).min(STRETCH_MAX_MS);
            (start < until).then_some((start, next))
        })
    }
}

fn merged(sorted: Vec<Span>) -> Vec<Span> {
    let mut merged: Vec<Span> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match merged.last_mut() {
            Some(last) if span.from <= last.until => last.until = last.until.max(span.until),
            Some(_) | None => merged.push(span),
        }
    }
    merged
}

fn length(spans: &[Span]) -> i64 {
    spans
        .iter()
        .map(|span| span.until.ms_since(span.from))
        .sum()
}

fn window([start, end]: &[String; 2]) -> Result<Window, String> {
    let (start, mut end) = (minute(start)?, minute(end)?);
    if start == 1440 {
        return Err("a window begins before 24:00".to_owned());
    }
    if end <= start {
        end += 1440;
    }
    Ok(Window { start, end })
}

fn minute(time: &str) -> Result<u16, String> {
    let wrong = || format!("{time} is not a time like 09:00");
    let (hour, minute) = time.split_once(':').ok_or_else(wrong)?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return Err(wrong());
    }
    let hour: u16 = hour.parse().map_err(|_| wrong())?;
    let minute: u16 = minute.parse().map_err(|_| wrong())?;
    let whole = hour * 60 + minute;
    if minute > 59 || whole > 1440 {
        return Err(wrong());
    }
    Ok(whole)
}

fn disjoint(day: &str, windows: &[Window]) -> Result<(), String> {
    let mut sorted = windows.to_vec();
    sorted.sort_by_key(|window| window.start);
    for (one, next) in sorted.iter().zip(sorted.iter().skip(1)) {
        if next.start < one.end {
            return Err(overlap(day, one, next));
        }
    }
    Ok(())
}

fn runs_into(day: &str, today: &[Window], next: &[Window]) -> Result<(), String> {
    for late in today.iter().filter(|window| window.end > 1440) {
        if let Some(early) = next.iter().find(|early| early.start + 1440 < late.end) {
            return Err(overlap(&format!("{day} and the day after"), late, early));
        }
    }
    Ok(())
}

fn overlap(day: &str, one: &Window, other: &Window) -> String {
    format!(
        "the windows {one} and {other} on {day} overlap",
        one = shown(one),
        other = shown(other)
    )
}

fn shown(window: &Window) -> String {
    let time = |minute: u16| match minute {
        1440 => "24:00".to_owned(),
        other => format!("{:02}:{:02}", other % 1440 / 60, other % 60),
    };
    format!("{}–{}", time(window.start), time(window.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Days<'a> = &'a [(&'a str, &'a [[&'a str; 2]])];

    fn timetable(tz: &str, days: Days<'_>) -> Timetable {
        let windows = |windows: &[[&str; 2]]| {
            let written = windows
                .iter()
                .map(|[start, end]| [start.to_string(), end.to_string()]);
            written.collect()
        };
        let weekly = days
            .iter()
            .map(|(day, list)| (day.to_string(), windows(list)));
        Timetable {
            tz: tz.to_owned(),
            weekly: weekly.collect(),
            exceptions: BTreeMap::new(),
        }
    }

    #[test]
    fn a_timetable_nobody_can_have_meant_is_refused_in_words() {
        let cases: [(&str, Days<'_>, &str); 8] = [
            ("Asia/Nowhere", &[], "Asia/Nowhere is not a time zone"),
            ("UTC", &[], "never open"),
            ("UTC", &[("monday", &[])], "monday is not a day"),
            (
                "UTC",
                &[("mon", &[["9:00", "18:00"]])],
                "9:00 is not a time",
            ),
            (
                "UTC",
                &[("mon", &[["09:00", "24:01"]])],
                "24:01 is not a time",
            ),
            (
                "UTC",
                &[("mon", &[["09:00", "09:00"]])],
                "09:00–09:00 on mon is empty",
            ),
            (
                "UTC",
                &[("mon", &[["09:00", "13:00"], ["12:00", "18:00"]])],
                "the windows 09:00–13:00 and 12:00–18:00 on mon overlap",
            ),
            (
                "UTC",
                &[
                    ("sun", &[["22:00", "06:00"]]),
                    ("mon", &[["05:00", "09:00"]]),
                ],
                "the windows 22:00–06:00 and 05:00–09:00 on sun and the day after overlap",
            ),
        ];
        for (tz, days, sentence) in cases {
            let refused = timetable(tz, days).checked().unwrap_err();
            assert!(refused.contains(sentence), "{refused}");
        }
        let night = timetable(
            "UTC",
            &[
                ("sun", &[["22:00", "06:00"]]),
                ("mon", &[["06:00", "09:00"]]),
            ],
        );
        assert!(night.checked().is_ok());
    }

    #[test]
    fn a_desk_says_whether_it_is_open_and_until_when() {
        let hours = timetable("UTC", &[("mon", &[["09:00", "12:00"], ["13:00", "18:00"]])])
            .checked()
            .unwrap();
        let at = |text: &str| Moment::parse(text).unwrap();
        for (now, open, change) in [
            ("2026-11-23T09:00:00Z", true, "2026-11-23T12:00:00Z"),
            ("2026-11-23T12:00:00Z", false, "2026-11-23T13:00:00Z"),
            ("2026-11-23T18:00:00Z", false, "2026-11-30T09:00:00Z"),
        ] {
            assert_eq!(hours.is_open(at(now)), open, "{now}");
            assert_eq!(hours.next_change(at(now)), Some(at(change)), "{now}");
        }
        assert_eq!(
            Timetable::always()
                .hours()
                .unwrap()
                .next_change(at("2026-11-23T09:00:00Z")),
            None
        );
        let never = Timetable {
            tz: "UTC".to_owned(),
            ..Timetable::default()
        }
        .hours()
        .unwrap();
        assert_eq!(never.add(Moment(0), 1), None);
        assert_eq!(never.next_change(Moment(0)), None);
    }
}
