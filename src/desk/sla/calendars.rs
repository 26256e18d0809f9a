//! Calendars: named opening hours, each change a version, and whose hours they are.

use super::super::groups;
use crate::domain::calendar::hours::Timetable;
use crate::domain::event::{Fact, SlaEvent};
use crate::domain::id::{GroupId, Seq};
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};

/// A calendar as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Which.
    pub id: u64,
    /// Its version.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// Its hours.
    pub timetable: Timetable,
    /// The event that set it down last.
    pub seq: Seq,
}

/// Most calendars of a desk.
const CALENDARS_MAX: u64 = 100;

// Decide

/// Sets a calendar down: a new one without an id, else a new version.
///
/// **Refuses:** a name that is empty, too long or taken; windows that are empty or overlap; a zone,
/// day or date that is none; hours that are never open.
pub fn set(now: &Now<'_>, id: Option<u64>, name: &str, to: Timetable) -> Result<Vec<Fact>> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > 60 {
        return Err(Refusal::invalid("a name has 1 to 60 characters")
            .at("name")
            .into());
    }
    to.checked().map_err(|trouble| {
        let field = if trouble.contains("time zone") {
            "tz"
        } else {
            "hours"
        };
        Refusal::invalid(trouble).at(field)
    })?;
    let all = list(now)?;
    let taken = all
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(&name));
    if let Some(known) = taken.filter(|known| Some(known.id) != id) {
        let text = format!("there is a calendar {} already", known.name);
        return Err(Refusal::conflict(text).at("name").into());
    }
    let known = match id {
        Some(id) => Some(one(now, id)?),
        None => None,
    };
    if known
        .as_ref()
        .is_some_and(|known| known.timetable == to && known.name == name)
    {
        return Ok(Vec::new());
    }
    if known.is_none() && all.len() as u64 >= CALENDARS_MAX {
        return Err(Refusal::conflict(format!("at most {CALENDARS_MAX} calendars")).into());
    }
    let first = all.is_empty();
    let calendar = match id {
        Some(id) => id,
        None => all.iter().map(|known| known.id).max().unwrap_or(0) + 1,
    };
    let mut facts: Vec<Fact> = vec![
        SlaEvent::CalendarSet {
            calendar,
            version: known.as_ref().map_or(1, |known| known.version + 1),
            name,
            from: known.map(|known| known.timetable),
            to,
        }
        .into(),
    ];
    if first {
        let (group, from) = (None, None);
        let to = Some(calendar);
        facts.push(SlaEvent::CalendarAssigned { group, from, to }.into());
    }
    Ok(facts)
}

/// Says whose hours a calendar holds: a group's, or the desk's where no group is named.
///
/// **Refuses:** taking the desk's away; unknown ones.
pub fn assign(now: &Now<'_>, group: Option<GroupId>, to: Option<u64>) -> Result<Vec<Fact>> {
    if let Some(group) = group {
        groups::name(now, group)?;
    }
    if let Some(to) = to {
        one(now, to)?;
    }
    if group.is_none() && to.is_none() {
        return Err(Refusal::invalid("the desk needs a calendar")
            .at("calendar")
            .into());
    }
    let from = assigned(now, group)?;
    if from == to {
        return Ok(Vec::new());
    }
    Ok(vec![SlaEvent::CalendarAssigned { group, from, to }.into()])
}

// Apply

/// Applies a fact about calendars.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &SlaEvent) -> Result<()> {
    match event {
        SlaEvent::CalendarSet {
            calendar,
            version,
            name,
            to,
            ..
        } => {
            let timetable = serde_json::to_string(to)?;
            write.run(
                "INSERT INTO sla_calendar (id, version, name, timetable, seq)
                 VALUES (:id, :version, :name, :timetable, :seq)
                 ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name,
                     timetable = excluded.timetable, seq = excluded.seq",
                &[
                    (":id", calendar),
                    (":version", version),
                    (":name", name),
                    (":timetable", &timetable),
                    (":seq", &recorded.seq),
                ],
            )?;
            write.run(
                "INSERT INTO sla_calendar_version (id, version, timetable, seq)
                 VALUES (:id, :version, :timetable, :seq)",
                &[
                    (":id", calendar),
                    (":version", version),
                    (":timetable", &timetable),
                    (":seq", &recorded.seq),
                ],
            )?;
        }
        SlaEvent::CalendarAssigned { group, to, .. } => {
            let place = group.map_or(0, |group| group.0);
            match to {
                Some(to) => write.run(
                    "INSERT INTO sla_hours (\"group\", calendar, seq)
                     VALUES (:group, :calendar, :seq)
                     ON CONFLICT (\"group\") DO UPDATE
                     SET calendar = excluded.calendar, seq = excluded.seq",
                    &[
                        (":group", &place),
                        (":calendar", to),
                        (":seq", &recorded.seq),
                    ],
                )?,
                None => write.run(
                    "DELETE FROM sla_hours WHERE \"group\" = :group",
                    &[(":group", &place)],
                )?,
            };
        }
        _ => {} // only facts about calendars are handed here
    }
    Ok(())
}

// Ask

/// All calendars, by name.
pub fn list(now: &Now<'_>) -> Result<Vec<Calendar>> {
    now.all(
        "SELECT id, version, name, timetable, seq FROM sla_calendar ORDER BY name, id LIMIT 200",
        &[],
        read,
    )
}

/// A calendar, if there is one.
pub fn get(now: &Now<'_>, id: u64) -> Result<Option<Calendar>> {
    now.maybe(
        "SELECT id, version, name, timetable, seq FROM sla_calendar WHERE id = :id",
        &[(":id", &id)],
        read,
    )
}

/// A calendar.
///
/// **Refuses:** an unknown one.
pub fn one(now: &Now<'_>, id: u64) -> Result<Calendar> {
    get(now, id)?.ok_or_else(|| Refusal::not_found(format!("there is no calendar {id}")).into())
}

/// The hours of one version of a calendar.
pub fn version(now: &Now<'_>, id: u64, version: u32) -> Result<Option<Timetable>> {
    now.maybe(
        "SELECT timetable FROM sla_calendar_version WHERE id = :id AND version = :version",
        &[(":id", &id), (":version", &version)],
        |row| row.json("timetable"),
    )
}

/// The calendar a group goes by: its own, or the desk's.
pub fn of_group(now: &Now<'_>, group: Option<GroupId>) -> Result<Option<Calendar>> {
    let own = match group {
        Some(_) => assigned(now, group)?,
        None => None,
    };
    let calendar = match own {
        Some(own) => Some(own),
        None => assigned(now, None)?,
    };
    calendar.map_or(Ok(None), |calendar| get(now, calendar))
}

/// The calendar set for a group, or for the desk where none is named.
pub fn assigned(now: &Now<'_>, group: Option<GroupId>) -> Result<Option<u64>> {
    now.maybe(
        "SELECT calendar FROM sla_hours WHERE \"group\" = :group",
        &[(":group", &group.map_or(0, |group| group.0))],
        |row| row.get("calendar"),
    )
}

fn read(row: &Row<'_>) -> Result<Calendar> {
    Ok(Calendar {
        id: row.get("id")?,
        version: row.get("version")?,
        name: row.get("name")?,
        timetable: row.json("timetable")?,
        seq: row.get("seq")?,
    })
}
