//! Calendars: named opening hours, whose they are, and a look at what they mean before they hold.

use super::{Wrong, answered};
use crate::desk::groups;
use crate::desk::sla::calendars;
use crate::domain::calendar::hours::{DAYS, Hours, Timetable};
use crate::domain::calendar::{date_of, zone_names};
use crate::domain::id::GroupId;
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// `settings/calendars.html`: all of them, or one in its form.
#[derive(Debug, Clone, Serialize)]
pub struct CalendarsPage {
    /// The calendars: id, name, zone, version.
    pub calendars: Vec<(u64, String, String, u32)>,
    /// Whose hours they are: group's id (empty for the desk), name, calendar.
    pub assigned: Vec<(String, String, String)>,
    /// The one in the form; none for a new one.
    pub open: Option<u64>,
    /// The form's fields: `name`, `tz`, `mon` to `sun`, `exceptions`.
    pub typed: BTreeMap<String, String>,
    /// The days: field, name in English.
    pub days: Vec<(&'static str, &'static str)>,
    /// Every zone.
    pub zones: Vec<String>,
    /// What the fields mean; none if they mean nothing.
    pub preview: Option<Preview>,
    /// What is wrong, by field.
    pub wrong: Wrong,
}

/// What opening hours mean from now on.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// Whether the desk is open now.
    pub open: bool,
    /// When that changes.
    pub change: Option<Moment>,
    /// The next seven days: date, day of the week in English, and the windows in local time.
    pub days: Vec<(String, &'static str, Vec<String>)>,
}

const WEEK: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// `GET /settings/calendars`, and `GET /settings/calendars/1`: with fields in its query the form
/// shows them, and what they would mean.
pub fn show(visit: &Visit<'_>, open: Option<u64>) -> Result<Response> {
    let asked = visit.query("tz").is_some();
    let typed = asked.then(|| fields(|name| visit.query(name).unwrap_or_default()));
    page(visit, open, typed, Wrong::new())
}

/// `POST /settings/calendars`, and `POST /settings/calendars/1`
pub fn save(visit: &Visit<'_>, open: Option<u64>) -> Result<Response> {
    let typed = fields(|name| visit.field(name));
    let name = typed.get("name").cloned().unwrap_or_default();
    let read = timetable(&typed);
    let granted = read
        .and_then(|timetable| visit.record(move |now| calendars::set(now, open, &name, timetable)));
    answered(
        granted,
        |_| visit.went_well("/settings/calendars", "Saved"),
        |wrong| page(visit, open, Some(typed), wrong),
    )
}

/// `POST /settings/calendars/assignment`
pub fn assign(visit: &Visit<'_>) -> Result<Response> {
    let group = visit.field("group");
    let group: Option<GroupId> = match group {
        "" => None,
        id => Some(id.parse().map_err(Refusal::invalid)?),
    };
    let to = visit.field("calendar");
    let to: Option<u64> = match to {
        "" => None,
        id => Some(
            id.parse()
                .map_err(|_| Refusal::invalid(format!("{id} is no calendar")))?,
        ),
    };
    answered(
        visit.record(move |now| calendars::assign(now, group, to)),
        |_| visit.went_well("/settings/calendars", "Saved"),
        |wrong| page(visit, None, None, wrong),
    )
}

fn page(
    visit: &Visit<'_>,
    open: Option<u64>,
    typed: Option<BTreeMap<String, String>>,
    mut wrong: Wrong,
) -> Result<Response> {
    let now = visit.now()?;
    let known = match open {
        Some(id) => Some(calendars::one(&now, id)?),
        None => None,
    };
    let typed = typed.unwrap_or_else(|| {
        let usual = || started(&visit.member.preferences.zone);
        let shown = |known: &calendars::Calendar| written(&known.name, &known.timetable);
        known.as_ref().map_or_else(usual, shown)
    });
    let preview = match timetable(&typed).map(|timetable| timetable.checked()) {
        Ok(Ok(hours)) => Some(preview(&now, &hours)),
        Ok(Err(trouble)) if wrong.is_empty() => {
            let field = if trouble.contains("time zone") {
                "tz"
            } else {
                "hours"
            };
            wrong.insert(field.to_owned(), trouble);
            None
        }
        Err(crate::error::Error::Refusal(refusal)) if wrong.is_empty() => {
            wrong.insert(
                refusal.field.unwrap_or_default().to_owned(),
                refusal.text.clone(),
            );
            None
        }
        Ok(Err(_)) | Err(_) => None, // the sentence stands there already
    };
    let list = calendars::list(&now)?;
    let page = CalendarsPage {
        assigned: assigned(&now)?,
        calendars: list
            .into_iter()
            .map(|known| (known.id, known.name, known.timetable.tz, known.version))
            .collect(),
        open,
        typed,
        days: DAYS.into_iter().zip(WEEK).collect(),
        zones: zone_names(),
        preview,
        wrong,
    };
    visit.page(&now, "settings/calendars.html", &page)
}

fn assigned(now: &Now<'_>) -> Result<Vec<(String, String, String)>> {
    let of = |group| -> Result<String> {
        let calendar = calendars::assigned(now, group)?;
        Ok(calendar.map(|id| id.to_string()).unwrap_or_default())
    };
    let mut rows = vec![(String::new(), String::new(), of(None)?)];
    for group in groups::list(now)? {
        let calendar = of(Some(group.id))?;
        rows.push((group.id.to_string(), group.name, calendar));
    }
    Ok(rows)
}

fn preview(now: &Now<'_>, hours: &Hours) -> Preview {
    let at = now.at();
    let zone = hours.zone();
    let today = zone.local(at).day_number;
    let clock = |at: Moment, day: i32| {
        let local = zone.local(at);
        match local.day_number > day && local.hour == 0 && local.minute == 0 {
            true => "24:00".to_owned(),
            false => format!("{:02}:{:02}", local.hour, local.minute),
        }
    };
    let days = (today..today + 7).map(|day| {
        let start = zone.wall(day, 0).unwrap_or(at);
        let end = zone.wall(day + 1, 0).unwrap_or(at);
        let spans = hours.spans(start, end).into_iter();
        let windows =
            spans.map(|span| format!("{}–{}", clock(span.from, day), clock(span.until, day)));
        let name = WEEK.get(crate::domain::calendar::weekday(day)).copied();
        (date_of(day), name.unwrap_or_default(), windows.collect())
    });
    Preview {
        open: hours.is_open(at),
        change: hours.next_change(at),
        days: days.collect(),
    }
}

fn fields<'a>(value: impl Fn(&str) -> &'a str) -> BTreeMap<String, String> {
    let names = ["name", "tz", "exceptions"].into_iter().chain(DAYS);
    names
        .map(|name| (name.to_owned(), value(name).to_owned()))
        .collect()
}

/// A new calendar's form: office hours where the reader is.
fn started(zone: &str) -> BTreeMap<String, String> {
    let mut typed = fields(|_| "");
    for day in DAYS.iter().take(5) {
        typed.insert((*day).to_owned(), "09:00-18:00".to_owned());
    }
    let zone = if zone.is_empty() { "UTC" } else { zone };
    typed.insert("tz".to_owned(), zone.to_owned());
    typed
}

/// A timetable as its form writes it.
fn written(name: &str, timetable: &Timetable) -> BTreeMap<String, String> {
    let windows = |windows: &Vec<[String; 2]>| {
        let each = windows.iter().map(|[start, end]| format!("{start}-{end}"));
        each.collect::<Vec<_>>().join(", ")
    };
    let mut typed = fields(|_| "");
    typed.insert("name".to_owned(), name.to_owned());
    typed.insert("tz".to_owned(), timetable.tz.clone());
    for (day, list) in &timetable.weekly {
        typed.insert(day.clone(), windows(list));
    }
    let lines = timetable
        .exceptions
        .iter()
        .map(|(date, list)| match list.is_empty() {
            true => format!("{date} closed"),
            false => format!("{date} {}", windows(list)),
        });
    typed.insert(
        "exceptions".to_owned(),
        lines.collect::<Vec<_>>().join("\n"),
    );
    typed
}

/// The timetable that fields of a form mean.
fn timetable(typed: &BTreeMap<String, String>) -> Result<Timetable> {
    let text = |name: &str| typed.get(name).map_or("", |text| text.trim());
    let mut timetable = Timetable {
        tz: text("tz").to_owned(),
        ..Timetable::default()
    };
    for day in DAYS {
        let list = windows(text(day), day)?;
        if !list.is_empty() {
            timetable.weekly.insert(day.to_owned(), list);
        }
    }
    for line in text("exceptions")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let (date, rest) = line
            .split_once(char::is_whitespace)
            .unwrap_or((line, "closed"));
        let list = match rest.trim() {
            "closed" | "" => Vec::new(),
            open => windows(open, "exceptions")?,
        };
        let day = crate::domain::calendar::day_number(date);
        day.map_err(|trouble| Refusal::invalid(trouble).at("exceptions"))?;
        if timetable.exceptions.insert(date.to_owned(), list).is_some() {
            let text = format!("{date} stands there twice");
            return Err(Refusal::invalid(text).at("exceptions").into());
        }
    }
    Ok(timetable)
}

fn windows(text: &str, field: &'static str) -> Result<Vec<[String; 2]>> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let window = |part: &str| {
        let (start, end) = part.split_once(['-', '–']).ok_or_else(|| {
            Refusal::invalid(format!("{part} is not a window like 09:00-18:00")).at(field)
        })?;
        Ok([full(start.trim()), full(end.trim())])
    };
    parts.map(window).collect()
}

/// `9:00` as `09:00`, `9` as `09:00`.
fn full(time: &str) -> String {
    let (hour, minute) = time.split_once(':').unwrap_or((time, "00"));
    format!("{hour:0>2}:{minute}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_and_its_timetable_mean_the_same() {
        let mut typed = fields(|_| "");
        typed.insert("tz".to_owned(), "Asia/Karachi".to_owned());
        typed.insert("mon".to_owned(), "9-13, 14:00–18:00".to_owned());
        typed.insert(
            "exceptions".to_owned(),
            "2026-12-25 closed\n2026-12-24 9-12".to_owned(),
        );
        let read = timetable(&typed).unwrap();
        assert_eq!(read.weekly.get("mon").map(Vec::len), Some(2));
        assert_eq!(read.exceptions.get("2026-12-25"), Some(&Vec::new()));
        let again = timetable(&written("Shop", &read)).unwrap();
        assert_eq!(again, read);
        for (field, text) in [
            ("tue", "morning"),
            ("exceptions", "25/12/2026 closed"),
            ("exceptions", "2026-12-25\n2026-12-25 9-12"),
        ] {
            let mut odd = typed.clone();
            odd.insert(field.to_owned(), text.to_owned());
            let refused = timetable(&odd).unwrap_err();
            assert_eq!(refused.refusal().unwrap().field, Some(field), "{text}");
        }
    }
}
