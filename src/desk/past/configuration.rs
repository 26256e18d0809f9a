//! How the desk was set up, section by section, as its tables say it.

use crate::error::Result;
use crate::ledger::Now;
use serde_json::Value;

/// A part of the set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name in English.
    pub name: &'static str,
    /// What it holds: place and value, in order.
    pub lines: Vec<(String, String)>,
}

/// The parts: name, and the question that lists what each holds as `key` and `value`; a value that
/// is JSON is taken apart.
const PARTS: [(&str, &str); 12] = [
    (
        "Settings",
        "SELECT key, value FROM setting ORDER BY key LIMIT 2000",
    ),
    (
        "Members",
        "SELECT name || ' (M-' || id || ')' AS key,
                CASE active WHEN 1 THEN role ELSE role || ', deactivated' END AS value
           FROM member ORDER BY id LIMIT 2000",
    ),
    (
        "Groups",
        "SELECT \"group\".name AS key, coalesce(group_concat(member.name, ', '
                ORDER BY member.id), '') AS value
           FROM \"group\" LEFT JOIN group_member ON group_member.\"group\" = \"group\".id
           LEFT JOIN member ON member.id = group_member.member
          GROUP BY \"group\".id ORDER BY \"group\".id LIMIT 2000",
    ),
    (
        "How groups give work out",
        "SELECT \"group\".name AS key,
                json_object('method', method, 'cap', cap, 'away_min', away_min) AS value
           FROM assignment_rule JOIN \"group\" ON \"group\".id = assignment_rule.\"group\"
          ORDER BY \"group\".id LIMIT 2000",
    ),
    (
        "Channels",
        "SELECT title || ' (H-' || id || ')' AS key,
                json_object('name', name, 'kind', kind, 'state', state, 'config', json(config),
                            'group', \"group\", 'bot', bot) AS value
           FROM channel ORDER BY id LIMIT 2000",
    ),
    (
        "Templates",
        "SELECT name || ' (' || language || ')' AS key, status || ', ' || category AS value
           FROM template ORDER BY channel, name, language LIMIT 2000",
    ),
    (
        "Ticket types",
        "SELECT name AS key, label || CASE retired WHEN 1 THEN ', retired' ELSE '' END AS value
           FROM label WHERE list = 'type' ORDER BY name LIMIT 2000",
    ),
    (
        "Calendars",
        "SELECT name || ', version ' || version AS key, timetable AS value
           FROM sla_calendar ORDER BY id LIMIT 500",
    ),
    (
        "Whose hours",
        "SELECT coalesce(\"group\".name, 'the desk') AS key, sla_calendar.name AS value
           FROM sla_hours JOIN sla_calendar ON sla_calendar.id = sla_hours.calendar
           LEFT JOIN \"group\" ON \"group\".id = sla_hours.\"group\"
          ORDER BY sla_hours.\"group\" LIMIT 500",
    ),
    (
        "Service levels",
        "SELECT coalesce(body ->> 'name', 'policy ' || id) || ', version ' || version
                || CASE retired WHEN 1 THEN ', retired' ELSE '' END AS key, body AS value
           FROM sla_policy ORDER BY position, id LIMIT 500",
    ),
    (
        "Rules",
        "SELECT 'R-' || id || ' ' || name || ', version ' || version
                || CASE running WHEN 1 THEN ', on' ELSE ', off' END AS key,
                coalesce(definition, '') AS value
           FROM rule ORDER BY id LIMIT 500",
    ),
    (
        "Macros",
        "SELECT name || ', version ' || version
                || CASE retired WHEN 1 THEN ', retired' ELSE '' END AS key,
                coalesce(actions, '') AS value
           FROM macro ORDER BY id LIMIT 1000",
    ),
];

/// How the desk was set up.
pub fn of(now: &Now<'_>) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    for (name, sql) in PARTS {
        let found: Vec<(String, String)> =
            now.all(sql, &[], |row| Ok((row.get("key")?, row.get("value")?)))?;
        let mut lines = Vec::new();
        for (key, value) in found {
            match serde_json::from_str(&value) {
                Ok(value) => flatten(&key, &value, &mut lines),
                Err(_) => lines.push((key, value)), // plain words
            }
        }
        sections.push(Section { name, lines });
    }
    Ok(sections)
}

/// A value leaf by leaf, each under its path.
fn flatten(path: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                flatten(&format!("{path} › {name}"), value, lines);
            }
        }
        Value::Array(all) if all.iter().any(|one| one.is_object() || one.is_array()) => {
            for (n, value) in all.iter().enumerate() {
                flatten(&format!("{path} › {}", n + 1), value, lines);
            }
        }
        Value::Array(all) => {
            let words: Vec<String> = all.iter().map(plain).collect();
            lines.push((path.to_owned(), words.join(", ")));
        }
        other => lines.push((path.to_owned(), plain(other))), // one value
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
