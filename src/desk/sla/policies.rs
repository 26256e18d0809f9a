//! Policies as they are set, each change a version; the first that fits a case holds.

use super::super::{channels, groups};
use super::calendars;
use crate::domain::calendar::hours::Timetable;
use crate::domain::event::{Fact, SlaEvent};
use crate::domain::id::Seq;
use crate::domain::sla::policy::{Applies, Policy, Traits};
use crate::domain::sla::{Metric, Targets};
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};
use std::collections::BTreeMap;

/// A policy as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Which.
    pub id: u64,
    /// Its version.
    pub version: u32,
    /// What it says.
    pub policy: Policy,
    /// Whether it takes no new cases any more.
    pub retired: bool,
    /// The event that set it down last.
    pub seq: Seq,
}

/// Most policies of a desk.
const POLICIES_MAX: usize = 100;

// Decide

/// Sets a policy down: a new one without an id, else a new version.
///
/// **Refuses:** one without a target, targets or shares out of bounds, a name that is taken,
/// unknown channels, groups or calendars.
pub fn set(now: &Now<'_>, id: Option<u64>, mut to: Policy) -> Result<Vec<Fact>> {
    to.name = to.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((field, text)) = to.trouble() {
        return Err(Refusal::invalid(text).at(field).into());
    }
    for channel in &to.channels {
        channels::get(now, *channel)?;
    }
    for group in &to.groups {
        groups::name(now, *group)?;
    }
    if let Some(calendar) = to.calendar {
        calendars::one(now, calendar)?;
    }
    let all = list(now)?;
    let same = |known: &&Set| known.policy.name.eq_ignore_ascii_case(&to.name);
    if all.iter().filter(same).any(|known| Some(known.id) != id) {
        let text = format!("there is a policy {} already", to.name);
        return Err(Refusal::conflict(text).at("name").into());
    }
    let known = match id {
        Some(id) => Some(one(now, id)?),
        None if all.len() >= POLICIES_MAX => {
            return Err(Refusal::conflict(format!("at most {POLICIES_MAX} policies")).into());
        }
        None => None,
    };
    let standing = known.as_ref().filter(|known| !known.retired);
    if standing.is_some_and(|known| known.policy == to) {
        return Ok(Vec::new());
    }
    let policy = match id {
        Some(id) => id,
        None => now.value("SELECT coalesce(max(id) + 1, 1) FROM sla_policy", &[])?,
    };
    let version = known.as_ref().map_or(1, |known| known.version + 1);
    let from = known.map(|known| known.policy);
    Ok(vec![
        SlaEvent::PolicySet {
            policy,
            version,
            from,
            to,
        }
        .into(),
    ])
}

/// Takes a policy out of use; cases it has keep it.
pub fn retire(now: &Now<'_>, id: u64) -> Result<Vec<Fact>> {
    let known = one(now, id)?;
    if known.retired {
        return Err(
            Refusal::conflict(format!("{} is out of use already", known.policy.name)).into(),
        );
    }
    let (policy, name) = (id, known.policy.name);
    Ok(vec![SlaEvent::PolicyRetired { policy, name }.into()])
}

/// A desk's first calendar and policies, to be changed at will: office hours in its zone, answers
/// within the hour, tickets by priority, a breach raised to the level given.
///
/// **Refuses:** a zone that is none; nothing where there are policies already.
pub fn start(now: &Now<'_>, tz: &str, escalate_to: u8) -> Result<Vec<Fact>> {
    if !list(now)?.is_empty() {
        return Ok(Vec::new());
    }
    let mut facts = Vec::new();
    if calendars::list(now)?.is_empty() {
        facts = calendars::set(now, None, "Office hours", office_hours(tz))?;
    }
    for (place, mut to) in [conversations(), tickets()].into_iter().enumerate() {
        to.escalate_to = escalate_to;
        let (policy, version, from) = (place as u64 + 1, 1, None);
        facts.push(
            SlaEvent::PolicySet {
                policy,
                version,
                from,
                to,
            }
            .into(),
        );
    }
    Ok(facts)
}

fn office_hours(tz: &str) -> Timetable {
    let day = || vec![["09:00".to_owned(), "18:00".to_owned()]];
    let week = ["mon", "tue", "wed", "thu", "fri"];
    Timetable {
        tz: tz.to_owned(),
        weekly: week.iter().map(|name| (name.to_string(), day())).collect(),
        exceptions: BTreeMap::new(),
    }
}

fn conversations() -> Policy {
    let mut targets = Targets::default();
    targets.set(Metric::FirstResponse, Some(30 * 60));
    targets.set(Metric::NextResponse, Some(60 * 60));
    Policy {
        name: "Conversations".to_owned(),
        position: 20,
        applies: Applies::Conversations,
        targets: BTreeMap::from([("normal".to_owned(), targets)]),
        warn_pct: 80,
        ..Policy::default()
    }
}

fn tickets() -> Policy {
    const HOUR_S: i64 = 3_600;
    let row = |next, update, resolution| {
        let mut targets = Targets::default();
        targets.set(Metric::NextResponse, Some(next));
        targets.set(Metric::FirstResponse, Some(next));
        targets.set(Metric::Update, Some(update));
        targets.set(Metric::Resolution, Some(resolution));
        targets
    };
    Policy {
        name: "Tickets".to_owned(),
        position: 10,
        applies: Applies::Tickets,
        targets: BTreeMap::from([
            ("urgent".to_owned(), row(HOUR_S, 4 * HOUR_S, 9 * HOUR_S)),
            ("high".to_owned(), row(2 * HOUR_S, 9 * HOUR_S, 18 * HOUR_S)),
            (
                "normal".to_owned(),
                row(4 * HOUR_S, 18 * HOUR_S, 45 * HOUR_S),
            ),
            ("low".to_owned(), row(9 * HOUR_S, 45 * HOUR_S, 90 * HOUR_S)),
        ]),
        warn_pct: 80,
        ..Policy::default()
    }
}

// Apply

/// Applies a fact about policies.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &SlaEvent) -> Result<()> {
    match event {
        SlaEvent::PolicySet {
            policy,
            version,
            to,
            ..
        } => {
            let body = serde_json::to_string(to)?;
            write.run(
                "INSERT INTO sla_policy (id, version, body, position, retired, seq)
                 VALUES (:id, :version, :body, :position, 0, :seq)
                 ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body,
                     position = excluded.position, retired = 0, seq = excluded.seq",
                &[
                    (":id", policy),
                    (":version", version),
                    (":body", &body),
                    (":position", &to.position),
                    (":seq", &recorded.seq),
                ],
            )?;
            write.run(
                "INSERT INTO sla_policy_version (id, version, body, seq)
                 VALUES (:id, :version, :body, :seq)",
                &[
                    (":id", policy),
                    (":version", version),
                    (":body", &body),
                    (":seq", &recorded.seq),
                ],
            )?;
        }
        SlaEvent::PolicyRetired { policy, .. } => {
            write.run(
                "UPDATE sla_policy SET retired = 1, seq = :seq WHERE id = :id",
                &[(":seq", &recorded.seq), (":id", policy)],
            )?;
        }
        _ => {} // only facts about policies are handed here
    }
    Ok(())
}

// Ask

/// All policies in the order they are tried; those out of use last.
pub fn list(now: &Now<'_>) -> Result<Vec<Set>> {
    now.all(
        "SELECT id, version, body, retired, seq FROM sla_policy
          ORDER BY retired, position, id LIMIT 200",
        &[],
        read,
    )
}

/// A policy.
///
/// **Refuses:** an unknown one.
pub fn one(now: &Now<'_>, id: u64) -> Result<Set> {
    let missing = || Refusal::not_found(format!("there is no policy {id}"));
    now.one(
        "SELECT id, version, body, retired, seq FROM sla_policy WHERE id = :id",
        &[(":id", &id)],
        missing,
        read,
    )
}

/// What one version of a policy says.
pub fn version(now: &Now<'_>, id: u64, version: u32) -> Result<Option<Policy>> {
    now.maybe(
        "SELECT body FROM sla_policy_version WHERE id = :id AND version = :version",
        &[(":id", &id), (":version", &version)],
        |row| row.json("body"),
    )
}

/// The event that set or retired a policy last; none without policies.
pub fn newest(now: &Now<'_>) -> Result<Option<Seq>> {
    now.value("SELECT max(seq) FROM sla_policy", &[])
}

/// The first policy that fits a case, with its version.
pub fn fitting(now: &Now<'_>, traits: &Traits) -> Result<Option<(u64, u32, Policy)>> {
    let known = list(now)?.into_iter().filter(|known| !known.retired);
    let mut fits = known.filter(|known| known.policy.fits(traits));
    Ok(fits
        .next()
        .map(|known| (known.id, known.version, known.policy)))
}

fn read(row: &Row<'_>) -> Result<Set> {
    Ok(Set {
        id: row.get("id")?,
        version: row.get("version")?,
        policy: row.json("body")?,
        retired: row.get("retired")?,
        seq: row.get("seq")?,
    })
}
