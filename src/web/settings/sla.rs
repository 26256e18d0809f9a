//! Policies of service levels: which cases are measured, and by what.

use super::{Wrong, answered};
use crate::desk::sla::{calendars, policies};
use crate::desk::{channels, groups, labels};
use crate::domain::label::List;
use crate::domain::sla::policy::{Applies, Basis, Policy};
use crate::domain::sla::{Metric, Targets};
use crate::domain::ticket::Priority;
use crate::error::{Refusal, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// `settings/sla.html`
#[derive(Debug, Clone, Serialize)]
pub struct PoliciesPage {
    /// The policies in the order they are tried.
    pub policies: Vec<PolicyRow>,
    /// Whether there are calendars to count by.
    pub calendars: bool,
    /// What is wrong.
    pub wrong: Wrong,
}

/// One policy in the list.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyRow {
    /// Which.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// `all`, `conversations`, `tickets`.
    pub applies: &'static str,
    /// Out of use.
    pub retired: bool,
    /// Targets of priority normal: clock in English, text.
    pub targets: Vec<(&'static str, String)>,
}

/// `settings/policy.html`
#[derive(Debug, Clone, Serialize)]
pub struct PolicyPage {
    /// Which; none for a new one.
    pub id: Option<u64>,
    /// Out of use.
    pub retired: bool,
    /// The form's fields with one value.
    pub typed: BTreeMap<String, String>,
    /// The channels: id, title, chosen.
    pub channels: Vec<(String, String, bool)>,
    /// The groups: id, name, chosen.
    pub groups: Vec<(String, String, bool)>,
    /// The ticket types: name, label, chosen.
    pub types: Vec<(String, String, bool)>,
    /// The calendars: id, name.
    pub calendars: Vec<(String, String)>,
    /// The clocks: field, name in English.
    pub clocks: Vec<(&'static str, &'static str)>,
    /// The priorities.
    pub priorities: Vec<&'static str>,
    /// What is wrong, by field.
    pub wrong: Wrong,
}

/// `GET /settings/sla`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    list(visit, Wrong::new())
}

fn list(visit: &Visit<'_>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let rows = policies::list(&now)?.into_iter().map(|known| {
        let targets = known.policy.targets("normal");
        let shown = Metric::ALL.into_iter().filter_map(|metric| {
            let target = targets.of(metric)?;
            Some((metric.words(), span(target)))
        });
        PolicyRow {
            id: known.id,
            name: known.policy.name.clone(),
            version: known.version,
            applies: applies(known.policy.applies),
            retired: known.retired,
            targets: shown.collect(),
        }
    });
    let page = PoliciesPage {
        policies: rows.collect(),
        calendars: !calendars::list(&now)?.is_empty(),
        wrong,
    };
    visit.page(&now, "settings/sla.html", &page)
}

/// `POST /settings/sla/start`: the usual calendar and policies, to begin with.
pub fn start(visit: &Visit<'_>) -> Result<Response> {
    let zone = visit.member.preferences.zone.clone();
    let zone = if zone.is_empty() {
        "UTC".to_owned()
    } else {
        zone
    };
    answered(
        visit.record(move |now| policies::start(now, &zone, 1)),
        |_| visit.went_well("/settings/sla", "The desk measures itself from now on"),
        |wrong| list(visit, wrong),
    )
}

/// `GET /settings/sla/new`, and `GET /settings/sla/1`
pub fn show(visit: &Visit<'_>, id: &str) -> Result<Response> {
    let id = number(id)?;
    let now = visit.now()?;
    let (policy, retired) = match id {
        Some(id) => {
            let known = policies::one(&now, id)?;
            (known.policy, known.retired)
        }
        None => (usual(), false),
    };
    drop(now);
    form(visit, id, retired, written(&policy), &policy, Wrong::new())
}

/// `POST /settings/sla/new`, and `POST /settings/sla/1`
pub fn save(visit: &Visit<'_>, id: &str) -> Result<Response> {
    let id = number(id)?;
    let (policy, mut wrong) = read(visit);
    if !wrong.is_empty() {
        let typed = typed(visit);
        let again = form(visit, id, false, typed, &policy, std::mem::take(&mut wrong))?;
        return Ok(again.with_status(422));
    }
    let wanted = policy.clone();
    answered(
        visit.record(move |now| policies::set(now, id, wanted)),
        |_| visit.went_well("/settings/sla", "Saved"),
        |wrong| form(visit, id, false, typed(visit), &policy, wrong),
    )
}

/// `POST /settings/sla/1/retirement`
pub fn retire(visit: &Visit<'_>, id: u64) -> Result<Response> {
    answered(
        visit.record(move |now| policies::retire(now, id)),
        |_| visit.went_well("/settings/sla", "Out of use; cases it has keep it"),
        |wrong| list(visit, wrong),
    )
}

fn form(
    visit: &Visit<'_>,
    id: Option<u64>,
    retired: bool,
    typed: BTreeMap<String, String>,
    policy: &Policy,
    wrong: Wrong,
) -> Result<Response> {
    let now = visit.now()?;
    let channels = channels::list(&now)?.into_iter().map(|channel| {
        let chosen = policy.channels.contains(&channel.id);
        (channel.id.to_string(), channel.title, chosen)
    });
    let groups = groups::list(&now)?.into_iter().map(|group| {
        let chosen = policy.groups.contains(&group.id);
        (group.id.to_string(), group.name, chosen)
    });
    let types = labels::offered(&now, List::Type)?.into_iter().map(|label| {
        let chosen = policy.types.contains(&label.name);
        (label.name, label.label, chosen)
    });
    let calendars = calendars::list(&now)?.into_iter();
    let page = PolicyPage {
        id,
        retired,
        typed,
        channels: channels.collect(),
        groups: groups.collect(),
        types: types.collect(),
        calendars: calendars
            .map(|known| (known.id.to_string(), known.name))
            .collect(),
        clocks: Metric::ALL
            .map(|metric| (metric.as_str(), metric.words()))
            .into(),
        priorities: Priority::ALL
            .iter()
            .rev()
            .map(|priority| priority.as_str())
            .collect(),
        wrong,
    };
    visit.page(&now, "settings/policy.html", &page)
}

fn number(id: &str) -> Result<Option<u64>> {
    match id {
        "new" => Ok(None),
        id => id
            .parse()
            .map(Some)
            .map_err(|_| Refusal::not_found(format!("there is no policy {id}")).into()),
    }
}

fn usual() -> Policy {
    Policy {
        position: 50,
        warn_pct: 80,
        ..Policy::default()
    }
}

fn applies(applies: Applies) -> &'static str {
    match applies {
        Applies::All => "all",
        Applies::Conversations => "conversations",
        Applies::Tickets => "tickets",
    }
}

/// A policy as its form writes it.
fn written(policy: &Policy) -> BTreeMap<String, String> {
    let hours = match policy.hours {
        Basis::Business => "business",
        Basis::Calendar => "calendar",
    };
    let calendar = policy.calendar.map(|id| id.to_string()).unwrap_or_default();
    let pauses = if policy.pause_first_response {
        "yes"
    } else {
        ""
    };
    let mut typed = BTreeMap::from([
        ("name".to_owned(), policy.name.clone()),
        ("position".to_owned(), policy.position.to_string()),
        ("applies".to_owned(), applies(policy.applies).to_owned()),
        ("hours".to_owned(), hours.to_owned()),
        ("calendar".to_owned(), calendar),
        ("warn_pct".to_owned(), policy.warn_pct.to_string()),
        ("escalate_to".to_owned(), policy.escalate_to.to_string()),
        ("pause_first_response".to_owned(), pauses.to_owned()),
    ]);
    for (priority, targets) in &policy.targets {
        for metric in Metric::ALL {
            if let Some(target) = targets.of(metric) {
                typed.insert(format!("{}_{priority}", metric.as_str()), span(target));
            }
        }
    }
    typed
}

fn typed(visit: &Visit<'_>) -> BTreeMap<String, String> {
    visit.form.fields.iter().cloned().collect()
}

/// The policy a form means, and what in it means nothing.
fn read(visit: &Visit<'_>) -> (Policy, Wrong) {
    let mut wrong = Wrong::new();
    let mut targets: BTreeMap<String, Targets> = BTreeMap::new();
    for priority in Priority::ALL {
        let mut row = Targets::default();
        for metric in Metric::ALL {
            let field = format!("{}_{}", metric.as_str(), priority.as_str());
            match seconds(visit.field(&field)) {
                Ok(target) => row.set(metric, target),
                Err(trouble) => drop(wrong.insert("targets".to_owned(), trouble)),
            }
        }
        if !row.is_empty() {
            targets.insert(priority.as_str().to_owned(), row);
        }
    }
    let mut whole = |field: &str, most: u32| -> u32 {
        let text = visit.field(field).trim();
        let number = text.parse().ok().filter(|number| *number <= most);
        number.unwrap_or_else(|| {
            let trouble = format!("{text} is not a whole number up to {most}");
            wrong.insert(field.to_owned(), trouble);
            0
        })
    };
    let position = whole("position", 1_000);
    let warn_pct = whole("warn_pct", 99);
    let escalate_to = whole("escalate_to", 3);
    let ids = |field: &str| visit.form.all(field);
    let policy = Policy {
        name: visit.field("name").to_owned(),
        position,
        applies: match visit.field("applies") {
            "conversations" => Applies::Conversations,
            "tickets" => Applies::Tickets,
            _ => Applies::All, // also what no form offers
        },
        channels: ids("channel")
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect(),
        groups: ids("group")
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect(),
        types: ids("type").iter().map(|name| (*name).to_owned()).collect(),
        hours: match visit.field("hours") {
            "calendar" => Basis::Calendar,
            _ => Basis::Business, // also what no form offers
        },
        calendar: visit.field("calendar").parse().ok(),
        targets,
        warn_pct: u8::try_from(warn_pct).unwrap_or(0),
        escalate_to: u8::try_from(escalate_to).unwrap_or(0),
        pause_first_response: visit.field("pause_first_response") == "yes",
    };
    (policy, wrong)
}

/// `1h 30m`, `45m`, `4h` as seconds; nothing is no target.
fn seconds(text: &str) -> std::result::Result<Option<i64>, String> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || format!("{text} is not a time like 45m, 4h or 1h 30m");
    let (mut total, mut digits) = (0i64, String::new());
    for letter in text.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            ' ' => {}
            'h' | 'm' => {
                let number: i64 = digits.parse().map_err(|_| wrong())?;
                let unit = if letter == 'h' { 3_600 } else { 60 };
                total = number
                    .checked_mul(unit)
                    .and_then(|s| total.checked_add(s))
                    .ok_or_else(wrong)?;
                digits.clear();
            }
            _ => return Err(wrong()),
        }
    }
    if !digits.is_empty() {
        return Err(wrong());
    }
    Ok(Some(total))
}

/// Seconds as the form takes them.
fn span(seconds: i64) -> String {
    match (seconds / 3_600, seconds % 3_600 / 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::{seconds, span};

    #[test]
    fn a_target_is_read_as_it_is_written() {
        for (text, wanted) in [("45m", 2_700), ("4h", 14_400), ("1h 30m", 5_400)] {
            assert_eq!(seconds(text), Ok(Some(wanted)));
            assert_eq!(span(wanted), text);
        }
        assert_eq!(seconds(" 1H30m "), Ok(Some(5_400)));
        assert_eq!(seconds(""), Ok(None));
        for odd in ["4", "soon", "2d", "h", "99999999999999999999h"] {
            assert!(seconds(odd).is_err(), "{odd}");
        }
    }
}
