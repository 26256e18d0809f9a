//! What the rules make of golden cases: business time, deadlines, clocks.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use trailbox::domain::calendar::hours::{Hours, Timetable};
use trailbox::domain::moment::Moment;
use trailbox::domain::sla::{self, Clock, Course, Input, Metric, Pauses, State, Targets, Terms};

/// One answer per case of the known groups, and the names of the groups that are not known.
pub fn answers(text: &str) -> Result<(Vec<Value>, Vec<String>), String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut hours = BTreeMap::new();
    for (name, timetable) in &file.calendars {
        let ready = timetable.hours();
        hours.insert(
            name.as_str(),
            ready.map_err(|why| format!("calendar {name}: {why}"))?,
        );
    }
    let (mut answers, mut strange) = (Vec::new(), Vec::new());
    for (group, cases) in file.groups() {
        let answer = match group.as_str() {
            "business_time" => business_time,
            "add_business" => add_business,
            "sla" => clocks,
            _ => {
                strange.push(group.clone());
                continue;
            }
        };
        for case in cases {
            let id = case.get("id").cloned().unwrap_or_default();
            let got = named(&case, &hours).and_then(|hours| answer(&case, hours));
            let got = got.map_err(|why| format!("{group}, case {id}: {why}"))?;
            answers.push(json!({ "group": group, "id": id, "got": got }));
        }
    }
    Ok((answers, strange))
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    calendars: BTreeMap<String, Timetable>,
    groups: serde_json::Map<String, Value>,
}

impl File {
    fn groups(&self) -> impl Iterator<Item = (&String, Vec<Value>)> {
        let list = |cases: &Value| cases.as_array().cloned().unwrap_or_default();
        self.groups
            .iter()
            .map(move |(name, cases)| (name, list(cases)))
    }
}

fn named<'a>(case: &Value, hours: &'a BTreeMap<&str, Hours>) -> Result<&'a Hours, String> {
    let name = case
        .get("calendar")
        .and_then(Value::as_str)
        .ok_or("no calendar")?;
    hours
        .get(name)
        .ok_or_else(|| format!("there is no calendar {name}"))
}

fn business_time(case: &Value, hours: &Hours) -> Result<Value, String> {
    let ms = hours.between(instant(case, "from")?, instant(case, "to")?);
    Ok(json!(ms / 1_000))
}

fn add_business(case: &Value, hours: &Hours) -> Result<Value, String> {
    let seconds = case
        .get("seconds")
        .and_then(Value::as_i64)
        .ok_or("no seconds")?;
    let due = hours.add(instant(case, "from")?, seconds * 1_000);
    Ok(shown(due))
}

#[derive(Deserialize)]
struct Policy {
    hours: String,
    targets: BTreeMap<Metric, BTreeMap<String, i64>>,
    #[serde(default)]
    pause: Vec<String>,
    #[serde(default)]
    pause_first_response: bool,
    #[serde(default)]
    warn_pct: u8,
}

impl Policy {
    fn targets(&self, priority: &str) -> Targets {
        let mut targets = Targets::default();
        for (metric, by_priority) in &self.targets {
            targets.set(*metric, by_priority.get(priority).copied());
        }
        targets
    }

    fn pauses(&self, status: &str) -> Pauses {
        let waiting = self.pause.iter().any(|name| name == status);
        Pauses {
            update: waiting,
            resolution: waiting,
            ..Pauses::default()
        }
    }
}

fn clocks(case: &Value, hours: &Hours) -> Result<Value, String> {
    let policy = case.get("policy").cloned().ok_or("no policy")?;
    let policy: Policy = serde_json::from_value(policy).map_err(|error| error.to_string())?;
    let always = Timetable::always().hours()?;
    let hours = match policy.hours.as_str() {
        "business" => hours,
        "calendar" => &always,
        other => return Err(format!("hours are business or calendar, not {other}")),
    };
    let now = instant(case, "now")?;
    let mut course = Course::default();
    let mut terms = Terms {
        targets: policy.targets("normal"),
        hours,
        warn_pct: policy.warn_pct,
        pause_first_response: policy.pause_first_response,
    };
    let events = case
        .get("events")
        .and_then(Value::as_array)
        .ok_or("no events")?;
    for event in events {
        let at = instant(event, "at")?;
        match input(event, &policy, &mut terms)? {
            Some(Step::Input(input)) => drop(course.step(at, input, &terms)),
            Some(Step::Retarget) => drop(course.retarget(at, None, &terms)),
            None => {}
        }
    }
    course.lapse(now);
    let timers: Vec<Value> = course
        .clocks
        .iter()
        .map(|clock| timer(clock, now, hours))
        .collect();
    let (met, breached) = sla::score(&course.clocks, now);
    let attainment = (met + breached > 0).then(|| {
        let share = met as f64 / (met + breached) as f64;
        (share * 1e6).round() / 1e6
    });
    Ok(json!({
        "timers": timers, "met": met, "breached": breached, "attainment": attainment,
    }))
}

enum Step {
    Input(Input),
    Retarget,
}

fn input(event: &Value, policy: &Policy, terms: &mut Terms<'_>) -> Result<Option<Step>, String> {
    let text = |field: &str| event.get(field).and_then(Value::as_str);
    let person = |name: &str| name.starts_with("agent") || name.starts_with("member");
    let kind = text("type").ok_or("an event has no type")?;
    let input = match kind {
        "created" => {
            terms.targets = policy.targets(text("priority").unwrap_or("normal"));
            Some(Input::Opened {
                by_customer: text("by").is_none_or(|by| by == "customer"),
                bot: text("owner") == Some("bot"),
            })
        }
        "in" => Some(Input::Heard),
        "out" => text("by").is_some_and(person).then_some(Input::Answered),
        "owner" => Some(Input::Owned {
            bot: text("to") == Some("bot"),
        }),
        "status" => {
            let to = text("to").ok_or("a status without a name")?;
            Some(Input::Status {
                finished: matches!(to, "resolved" | "closed"),
                pauses: policy.pauses(to),
            })
        }
        "priority" => {
            terms.targets = policy.targets(text("to").ok_or("a priority without a name")?);
            return Ok(Some(Step::Retarget));
        }
        "cancel" | "spam" | "merged" => Some(Input::Voided),
        _ => None, // notes, tags and the like move no clock
    };
    Ok(input.map(Step::Input))
}

fn timer(clock: &Clock, now: Moment, hours: &Hours) -> Value {
    let overdue = clock.state == State::Running && clock.is_breach(now);
    let breached_at = clock.breached_at.or(clock.due_at.filter(|_| overdue));
    json!({
        "metric": clock.metric,
        "started_at": shown(Some(clock.started_at)),
        "target_s": clock.target_s,
        "state": clock.state,
        "due_at": shown(clock.due_at),
        "stopped_at": shown(clock.stopped_at),
        "elapsed_s": Course::elapsed(clock, now, hours) / 1_000,
        "breached_at": shown(breached_at),
        "pauses": clock.pauses,
    })
}

fn instant(case: &Value, field: &str) -> Result<Moment, String> {
    let text = case.get(field).and_then(Value::as_str);
    Moment::parse(text.ok_or_else(|| format!("no {field}"))?)
}

/// Whole seconds, as the golden files write instants.
fn shown(at: Option<Moment>) -> Value {
    at.map_or(Value::Null, |at| {
        json!(at.to_string().replace(".000Z", "Z"))
    })
}
