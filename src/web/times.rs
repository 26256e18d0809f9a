//! Instants and spans as people read them: in the reader's zone and language, relative for under a
//! day and a date from then on.

use crate::domain::calendar::Local;
use crate::domain::moment::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use crate::web::shell::Reader;
use crate::web::text::{fill, translate};
use crate::web::{filters, message_text};
use minijinja::{Error, ErrorKind, State, Value};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_SHORT: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May ", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// How an instant is shown.
#[derive(Clone, Copy)]
pub enum Form {
    /// Relative for under a day, then the date.
    When,
    /// The same inside a sentence.
    Ago,
    /// The time of day.
    Clock,
    /// Date and time to the second.
    Exact,
    /// The same with the year, for paper.
    Dated,
    /// The day alone, with today and yesterday by name.
    Day,
}

fn moment(value: &Value) -> Result<Moment, Error> {
    let text = value.as_str().unwrap_or_default();
    Moment::parse(text).map_err(|error| Error::new(ErrorKind::InvalidOperation, error))
}

/// An instant as `<time>`, with the exact instant and the zone on hover.
pub fn element(state: &State, value: &Value, form: Form) -> Result<Value, Error> {
    if value.is_none() {
        return Ok(Value::from("–"));
    }
    let (reader, at) = (filters::reader(state)?, moment(value)?);
    let local = reader.zone.local(at);
    let shown = match form {
        Form::When => relative(&reader, at, &local),
        Form::Ago => sentence(&reader, at, &local),
        Form::Clock => format!("{:02}:{:02}", local.hour, local.minute),
        Form::Exact => format!("{} {}", date(&reader, &local, false), seconds(&local)),
        Form::Dated => format!("{} {}", date(&reader, &local, true), seconds(&local)),
        Form::Day => day(&reader, &local),
    };
    let live = match form {
        Form::When if within_a_day(&reader, at) => " data-relative",
        Form::Ago if within_a_day(&reader, at) => " data-relative=\"ago\"",
        Form::When | Form::Ago | Form::Clock | Form::Exact | Form::Dated | Form::Day => "",
    };
    let mut html = format!("<time datetime=\"{at}\"{live} title=\"");
    message_text::escape(&hover(&reader, &local), &mut html);
    html.push_str("\">");
    message_text::escape(&shown, &mut html);
    html.push_str("</time>");
    Ok(Value::from_safe_string(html))
}

fn seconds(local: &Local) -> String {
    format!("{:02}:{:02}:{:02}", local.hour, local.minute, local.second)
}

fn hover(reader: &Reader, local: &Local) -> String {
    let minutes = local.offset_s.abs() / 60;
    format!(
        "{} {}, {} ({}, UTC{}{:02}:{:02})",
        named(reader, &WEEKDAYS, local.weekday),
        date(reader, local, true),
        seconds(local),
        reader.zone.name(),
        if local.offset_s < 0 { '−' } else { '+' },
        minutes / 60,
        minutes % 60,
    )
}

fn relative(reader: &Reader, at: Moment, local: &Local) -> String {
    let ms = reader.now.ms_since(at);
    let say = |pattern: &str, n: i64| {
        fill(translate(reader.language, pattern), |name| {
            (name == "n").then(|| n.to_string())
        })
    };
    match ms.abs() {
        0..MINUTE_MS => say("now", 0),
        MINUTE_MS..HOUR_MS if ms > 0 => say("{n} min", ms / MINUTE_MS),
        HOUR_MS..DAY_MS if ms > 0 => say("{n} h", ms / HOUR_MS),
        MINUTE_MS..HOUR_MS => say("in {n} min", -ms / MINUTE_MS),
        HOUR_MS..DAY_MS => say("in {n} h", -ms / HOUR_MS),
        _ => date(reader, local, false),
    }
}

fn within_a_day(reader: &Reader, at: Moment) -> bool {
    reader.now.ms_since(at).abs() < DAY_MS
}

/// "6 h ago", "on 19 Nov".
fn sentence(reader: &Reader, at: Moment, local: &Local) -> String {
    let pattern = match reader.now.ms_since(at) {
        MINUTE_MS..DAY_MS => "{time} ago",
        _ if within_a_day(reader, at) => "{time}",
        _ => "on {time}",
    };
    let time = relative(reader, at, local);
    fill(translate(reader.language, pattern), |name| {
        (name == "time").then(|| time.clone())
    })
}

fn named(reader: &Reader, names: &[&'static str], index: u8) -> String {
    let name = names.get(usize::from(index)).copied().unwrap_or_default();
    // "May " with a space is the short form: it has its own entry in the catalogues.
    translate(reader.language, name).trim_end().to_owned()
}

/// Day and month, with the year where it is not this one or where the long form is asked for.
pub fn date(reader: &Reader, local: &Local, long: bool) -> String {
    let names = if long { &MONTHS } else { &MONTHS_SHORT };
    let month = named(reader, names, local.month.saturating_sub(1));
    let this_year = reader.zone.local(reader.now).year == local.year;
    let pattern = if this_year && !long {
        "{day} {month}"
    } else {
        "{day} {month} {year}"
    };
    fill(translate(reader.language, pattern), |name| match name {
        "day" => Some(local.day.to_string()),
        "month" => Some(month.clone()),
        "year" => Some(local.year.to_string()),
        _ => None,
    })
}

fn day(reader: &Reader, local: &Local) -> String {
    let today = reader.zone.local(reader.now);
    match today.day_number - local.day_number {
        0 => translate(reader.language, "Today").to_owned(),
        1 => translate(reader.language, "Yesterday").to_owned(),
        _ => format!(
            "{} {}",
            named(reader, &WEEKDAYS, local.weekday),
            date(reader, local, today.year != local.year)
        ),
    }
}

/// The time left until an instant; nothing is left once it is past.
pub fn until(state: &State, value: Value) -> Result<String, Error> {
    let reader = filters::reader(state)?;
    let left = moment(&value)?.ms_since(reader.now).max(0);
    Ok(span(&reader, left))
}

/// A span in its two largest units.
pub fn span(reader: &Reader, ms: i64) -> String {
    let say = |pattern: &str, n: i64| {
        fill(translate(reader.language, pattern), |name| {
            (name == "n").then(|| n.to_string())
        })
    };
    let two = |large: String, small: i64, pattern: &str| match small {
        0 => large,
        small => format!("{large} {}", say(pattern, small)),
    };
    match ms.max(0) {
        ms @ 0..MINUTE_MS => say("{n} s", ms / 1000),
        ms @ MINUTE_MS..HOUR_MS => say("{n} min", ms / MINUTE_MS),
        ms @ HOUR_MS..DAY_MS => two(
            say("{n} h", ms / HOUR_MS),
            ms % HOUR_MS / MINUTE_MS,
            "{n} min",
        ),
        ms => two(say("{n} d", ms / DAY_MS), ms % DAY_MS / HOUR_MS, "{n} h"),
    }
}
