//! Copies by e-mail of what members are told: off until somebody wants them and a mailbox is chosen
//! that sends them; bounded, and never to a mailbox of the desk. They hold no words of customers.

use super::super::{channels, mailboxes, members, settings};
use crate::domain::event::notification::NotificationEvent;
use crate::domain::event::{Cause, Fact};
use crate::domain::id::{ChannelId, MemberId, Object, Seq};
use crate::domain::moment::{HOUR_MS, MINUTE_MS, Moment};
use crate::domain::notification::Kind;
use crate::error::{Error, Result};
use crate::ledger::{Now, Recorded, Writer};

/// Most copies one member gets within an hour; the rest stands in the list.
pub const PER_HOUR: u64 = 30;
/// Most copies sent in one round.
const ROUND_MAX: u32 = 50;
/// How long to wait after each try that failed. **Unit:** milliseconds.
const WAITS_MS: [i64; 3] = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS];
/// Which mailbox sends copies.
const MAILBOX: &str = "notification.mailbox";

/// A copy that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The event that told the member.
    pub notification: Seq,
    /// Who.
    pub member: MemberId,
    /// What about.
    pub kind: Kind,
    /// What it happened to.
    pub object: Object,
    /// Tries before.
    pub attempts: u32,
}

// Decide

/// Whether a member gets a copy now.
pub(super) fn goes_out(now: &Now<'_>, member: MemberId) -> Result<bool> {
    if mailbox(now)?.is_none() {
        return Ok(false);
    }
    let address = members::get(now, member)?.email;
    if mailboxes::of_address(now, &address)?.is_some() {
        return Ok(false); // it would come in as a customer's letter
    }
    let lately: u64 = now.value(
        "SELECT count(*) FROM notification
          WHERE member = :member AND email = 1 AND at > :since",
        &[
            (":member", &member),
            (":since", &now.at().plus_ms(-HOUR_MS)),
        ],
    )?;
    Ok(lately < PER_HOUR)
}

/// What came of a try; `trouble` is why it was not taken, and whether another try may help.
pub fn settle(now: &Now<'_>, copy: &Copy, trouble: Option<(String, bool)>) -> Result<Vec<Fact>> {
    let place = usize::try_from(copy.attempts).unwrap_or(usize::MAX);
    let again = trouble.as_ref().is_some_and(|(_, again)| *again);
    let wait = WAITS_MS.get(place).filter(|_| again);
    let tried = NotificationEvent::CopyTried {
        member: copy.member,
        notification: copy.notification,
        attempt: copy.attempts + 1,
        sent: trouble.is_none(),
        next_at: wait.map(|ms| now.at().plus_ms(*ms)),
        trouble: trouble.map(|(why, _)| why.chars().take(300).collect()),
    };
    Ok(vec![
        Fact::from(tried).because(Cause::Event(copy.notification)),
    ])
}

// Apply

/// Applies that a copy is wanted.
pub(super) fn apply_wanted(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    member: MemberId,
) -> Result<()> {
    write.run(
        "INSERT INTO notification_copy (notification, member, state, attempts, next_at, seq)
         VALUES (:seq, :member, 'waiting', 0, :at, :seq)",
        &[
            (":seq", &recorded.seq),
            (":member", &member),
            (":at", &recorded.at),
        ],
    )?;
    Ok(())
}

/// Applies what came of a try.
pub(super) fn apply_tried(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    notification: Seq,
    attempt: u32,
    sent: bool,
    next_at: Option<Moment>,
) -> Result<()> {
    let state = match (sent, next_at) {
        (true, _) => "sent",
        (false, Some(_)) => "waiting",
        (false, None) => "given_up",
    };
    write.run(
        "UPDATE notification_copy
            SET state = :state, attempts = :attempts, next_at = :next_at, seq = :seq
          WHERE notification = :notification",
        &[
            (":state", &state),
            (":attempts", &attempt),
            (":next_at", &next_at),
            (":seq", &recorded.seq),
            (":notification", &notification),
        ],
    )?;
    Ok(())
}

// Ask

/// The mailbox that sends copies, if one is chosen and there.
pub fn mailbox(now: &Now<'_>) -> Result<Option<ChannelId>> {
    let name = settings::text(now, MAILBOX)?;
    if name.is_empty() {
        return Ok(None);
    }
    let found = channels::by_name(now, &name)?;
    Ok(found
        .filter(|found| found.kind == "email" && found.state == "active")
        .map(|found| found.id))
}

/// Copies that are due.
pub fn due(now: &Now<'_>) -> Result<Vec<Copy>> {
    now.all(
        "SELECT notification_copy.notification, notification_copy.member, kind, object, attempts
           FROM notification_copy
           JOIN notification ON notification.seq = notification_copy.notification
          WHERE state = 'waiting' AND next_at <= :at
          ORDER BY next_at, notification_copy.notification LIMIT :limit",
        &[(":at", &now.at()), (":limit", &ROUND_MAX)],
        |row| {
            let kind: String = row.get("kind")?;
            Ok(Copy {
                notification: row.get("notification")?,
                member: row.get("member")?,
                kind: kind.parse().map_err(Error::fault)?,
                object: row.get("object")?,
                attempts: row.get("attempts")?,
            })
        },
    )
}
