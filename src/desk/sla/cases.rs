//! Cases as they are measured: by which policy and hours, with which clocks. What moves them stands
//! in `follow`.

use super::{calendars, policies, touch};
use crate::desk::{conversations, tickets};
use crate::domain::calendar::hours::{Hours, Timetable};
use crate::domain::id::{ChannelId, Object, Seq, TicketId};
use crate::domain::moment::Moment;
use crate::domain::sla::policy::{Basis, Policy, Traits};
use crate::domain::sla::{Clock, State, Targets, Terms, Turn};
use crate::error::{Error, Result};
use crate::ledger::{Now, Row};

/// Most cases looked at in one round of the clock.
const DUE_MAX: u32 = 100;

/// What a case is measured by, pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The policy; none means that none fits.
    pub policy: Option<u64>,
    /// Its version.
    pub policy_version: u32,
    /// The calendar; none means that every hour counts.
    pub calendar: Option<u64>,
    /// Its version.
    pub calendar_version: u32,
    /// The priority whose targets hold.
    pub priority: String,
}

/// What a pin stands for.
#[derive(Debug, Clone)]
pub struct Measure {
    /// The policy.
    pub policy: Policy,
    /// The hours.
    pub hours: Hours,
    /// The targets of its priority; none where no policy fits.
    pub targets: Targets,
}

impl Measure {
    /// The terms clocks go by.
    pub fn terms(&self) -> Terms<'_> {
        Terms {
            targets: self.targets,
            hours: &self.hours,
            warn_pct: self.policy.warn_pct,
            pause_first_response: self.policy.pause_first_response,
        }
    }
}

// Ask

/// What [`due`] asks, every second. Ordered only when all are found, and CROSS keeps the few
/// calendars outside: else the planner reads every clock in the order of its case.
pub const DUE: &str = "WITH due AS MATERIALIZED (
     SELECT object FROM sla_clock
      WHERE state = 'running' AND breached_at IS NULL AND due_at < :at
     UNION ALL SELECT object FROM sla_clock WHERE warn_at <= :at
     UNION ALL SELECT sla_case.object FROM sla_calendar
       CROSS JOIN sla_case ON sla_case.calendar = sla_calendar.id AND sla_case.live > 0
        AND sla_case.calendar_version < sla_calendar.version)
  SELECT DISTINCT object FROM due ORDER BY object LIMIT :limit";

/// The cases in which something is due, is to be warned of, or counts by hours that have changed.
pub fn due(now: &Now<'_>) -> Result<Vec<Object>> {
    now.all(DUE, &[(":at", &now.at()), (":limit", &DUE_MAX)], |row| {
        row.get("object")
    })
}

/// Open cases that nothing measures although a policy was set since they were looked at; what was
/// taken over from elsewhere is left alone.
pub fn unmeasured(now: &Now<'_>, newest: Seq) -> Result<Vec<Object>> {
    now.all(
        "SELECT object FROM (
             SELECT 'C-' || id AS object FROM conversation WHERE status <> 'closed'
             UNION ALL SELECT 'T-' || id FROM ticket
              WHERE category IN ('new', 'open', 'waiting')
                AND NOT EXISTS (SELECT 1 FROM ticket_merge WHERE ticket_merge.ticket = ticket.id)
         ) AS open
         WHERE NOT EXISTS (SELECT 1 FROM sla_case WHERE sla_case.object = open.object
                              AND (policy IS NOT NULL OR seq > :newest))
           AND NOT EXISTS (SELECT 1 FROM imported WHERE imported.object = open.object)
         ORDER BY object LIMIT :limit",
        &[(":newest", &newest), (":limit", &DUE_MAX)],
        |row| row.get("object"),
    )
}

/// What a case is measured by.
pub fn pin(now: &Now<'_>, object: Object) -> Result<Option<Pin>> {
    now.maybe(
        "SELECT policy, policy_version, calendar, calendar_version, priority
           FROM sla_case WHERE object = :object",
        &[(":object", &object)],
        |row| {
            Ok(Pin {
                policy: row.get("policy")?,
                policy_version: row.get("policy_version")?,
                calendar: row.get("calendar")?,
                calendar_version: row.get("calendar_version")?,
                priority: row.get("priority")?,
            })
        },
    )
}

/// What a pin stands for.
pub fn measure(now: &Now<'_>, pin: &Pin) -> Result<Measure> {
    let policy = match pin.policy {
        Some(policy) => policies::version(now, policy, pin.policy_version)?,
        None => None,
    };
    let hours = match pin.calendar {
        Some(calendar) => calendars::version(now, calendar, pin.calendar_version)?,
        None => None,
    };
    let hours = hours.unwrap_or_else(Timetable::always);
    let policy = policy.unwrap_or_default();
    Ok(Measure {
        targets: policy.targets(&pin.priority),
        hours: hours.hours().map_err(Error::fault)?,
        policy,
    })
}

/// The clocks of a case as the trail's facts left them.
pub fn clocks(now: &Now<'_>, object: Object) -> Result<Vec<Clock>> {
    now.all(
        "SELECT * FROM sla_clock WHERE object = :object ORDER BY n",
        &[(":object", &object)],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Clock> {
    let metric: String = row.get("metric")?;
    let state: String = row.get("state")?;
    let state: State = state.parse().map_err(Error::fault)?;
    Ok(Clock {
        metric: metric.parse().map_err(Error::fault)?,
        target_s: row.get("target_s")?,
        started_at: row.get("started_at")?,
        state,
        used_ms: row.get("used_ms")?,
        since: row.get("since")?,
        due_at: row.get("due_at")?,
        warn_at: row.get("warn_at")?,
        stopped_at: row.get("stopped_at")?,
        breached_at: row.get("breached_at")?,
        pauses: row.get("pauses")?,
    })
}

/// The policy that fits a case now, with the calendar its hours come from.
pub fn fitting(now: &Now<'_>, traits: &Traits) -> Result<Option<Pin>> {
    let Some((id, version, policy)) = policies::fitting(now, traits)? else {
        return Ok(None);
    };
    let calendar = match (policy.hours, policy.calendar) {
        (Basis::Calendar, _) => None,
        (Basis::Business, Some(calendar)) => calendars::get(now, calendar)?,
        (Basis::Business, None) => calendars::of_group(now, traits.group)?,
    };
    Ok(Some(Pin {
        policy: Some(id),
        policy_version: version,
        calendar: calendar.as_ref().map(|calendar| calendar.id),
        calendar_version: calendar.map_or(0, |calendar| calendar.version),
        priority: traits.priority.clone(),
    }))
}

/// What policies look at in a case.
pub fn traits(now: &Now<'_>, object: Object) -> Result<Traits> {
    match object {
        Object::Conversation(id) => {
            let known = conversations::get(now, id)?;
            Ok(Traits {
                ticket: false,
                channel: Some(known.channel),
                group: known.group,
                kind: None,
                priority: "normal".to_owned(),
            })
        }
        Object::Ticket(id) => {
            let known = tickets::get(now, id)?;
            Ok(Traits {
                ticket: true,
                channel: channel(now, id)?,
                group: known.group,
                kind: Some(known.kind),
                priority: known.priority.as_str().to_owned(),
            })
        }
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            Ok(Traits::default())
        }
    }
}

/// The channel of a ticket's first conversation.
fn channel(now: &Now<'_>, ticket: TicketId) -> Result<Option<ChannelId>> {
    now.maybe(
        "SELECT channel FROM ticket_conversation
           JOIN conversation ON conversation.id = ticket_conversation.conversation
          WHERE ticket = :ticket ORDER BY ticket_conversation.seq LIMIT 1",
        &[(":ticket", &ticket)],
        |row| row.get("channel"),
    )
}

/// The status of a case as it is now: what a pause is told with.
pub fn status(now: &Now<'_>, object: Object) -> Result<String> {
    let (sql, id) = match object {
        Object::Conversation(id) => ("SELECT status FROM conversation WHERE id = :id", id.0),
        Object::Ticket(id) => (
            "SELECT coalesce(label, status) AS status FROM ticket
               LEFT JOIN ticket_status ON ticket_status.name = ticket.named WHERE id = :id",
            id.0,
        ),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            return Ok(String::new());
        }
    };
    let status = now.maybe(sql, &[(":id", &id)], |row| row.get("status"))?;
    Ok(status.unwrap_or_default())
}

/// When a case's next target falls due, for tests and pages.
pub fn next_due(now: &Now<'_>, object: Object) -> Result<Option<Moment>> {
    let due: Option<Option<Moment>> = now.maybe(
        "SELECT min(due_at) AS due_at FROM sla_clock
          WHERE object = :object AND state = 'running'",
        &[(":object", &object)],
        |row| row.get("due_at"),
    )?;
    Ok(due.flatten())
}

/// Whose turn it is in a case now.
pub fn turn(now: &Now<'_>, object: Object) -> Result<Turn> {
    touch::before(now, object, now.next_seq().0)
}
