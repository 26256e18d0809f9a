//! Shifts: whose working hours hold whom. A member with a calendar of their own gets work by a
//! rule only while it is open; when it opens, what waits in the queues of their groups is given
//! out.

use super::members;
use super::sla::calendars;
use crate::domain::event::Fact;
use crate::domain::event::assignment::AssignmentEvent;
use crate::domain::id::MemberId;
use crate::error::{Error, Result};
use crate::ledger::{Now, Recorded, Writer};

// Decide

/// Gives a member the hours of a calendar, or none.
///
/// **Refuses:** an unknown member or calendar.
pub fn set(now: &Now<'_>, member: MemberId, to: Option<u64>) -> Result<Vec<Fact>> {
    members::get(now, member)?;
    if let Some(to) = to {
        calendars::one(now, to)?;
    }
    let from = of(now, member)?;
    if from == to {
        return Ok(Vec::new());
    }
    Ok(vec![AssignmentEvent::ShiftSet { member, from, to }.into()])
}

/// Notices whose shift began or ended since somebody looked last.
pub fn turn(now: &Now<'_>) -> Result<Vec<Fact>> {
    let known: Vec<(MemberId, bool)> = now.all(
        "SELECT member, on_shift FROM member_shift ORDER BY member LIMIT 500",
        &[],
        |row| Ok((row.get("member")?, row.get("on_shift")?)),
    )?;
    let mut facts = Vec::new();
    for (member, was) in known {
        let on = is_on(now, member)?;
        if on != was {
            facts.push(AssignmentEvent::ShiftTurned { member, on }.into());
        }
    }
    Ok(facts)
}

// Apply

/// Applies that a member has other hours, or none; whether they are on is noticed next.
pub fn apply_set(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    member: MemberId,
    to: Option<u64>,
) -> Result<()> {
    write.run(
        "DELETE FROM member_shift WHERE member = :member",
        &[(":member", &member)],
    )?;
    if let Some(calendar) = to {
        write.run(
            "INSERT INTO member_shift (member, calendar, on_shift, seq)
             VALUES (:member, :calendar, 0, :seq)",
            &[
                (":member", &member),
                (":calendar", &calendar),
                (":seq", &recorded.seq),
            ],
        )?;
    }
    Ok(())
}

/// Applies that a shift began or ended.
pub fn apply_turned(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    member: MemberId,
    on: bool,
) -> Result<()> {
    write.run(
        "UPDATE member_shift SET on_shift = :on, seq = :seq WHERE member = :member",
        &[(":on", &on), (":seq", &recorded.seq), (":member", &member)],
    )?;
    Ok(())
}

// Ask

/// The calendar whose hours hold a member, if one does.
pub fn of(now: &Now<'_>, member: MemberId) -> Result<Option<u64>> {
    now.maybe(
        "SELECT calendar FROM member_shift WHERE member = :member",
        &[(":member", &member)],
        |row| row.get("calendar"),
    )
}

/// Whether a member is on shift now; who has no hours of their own always is.
pub fn is_on(now: &Now<'_>, member: MemberId) -> Result<bool> {
    let Some(calendar) = of(now, member)? else {
        return Ok(true);
    };
    let calendar = calendars::one(now, calendar)?;
    let hours = calendar.timetable.hours().map_err(Error::fault)?;
    Ok(hours.is_open(now.at()))
}
