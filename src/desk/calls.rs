//! Calls: told by a phone system or written down by a member, with a note that says what was
//! talked about. What was promised in one is in `commitments`.

pub mod hear;
pub mod lines;
mod note;
mod write;

use super::commitments::Promise;
use super::members;
use crate::domain::call::Note;
use crate::domain::id::{ChannelId, ContactId, ConversationId, MemberId, Object, Seq, TicketId};
use crate::domain::member::Right;
use crate::domain::message::{CallDirection, CallOutcome};
use crate::domain::moment::{HOUR_MS, Moment};
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Row};
pub use note::{log, open_with};
pub use write::apply;
use write::{direction, outcome_of};

/// How long a member is asked for the note of a call they took. **Unit:** milliseconds.
const ASKED_MS: i64 = 2 * HOUR_MS;
/// A call as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The event that began it.
    pub seq: Seq,
    /// The line; none if it was written down by hand.
    pub channel: Option<ChannelId>,
    /// Where it belongs.
    pub conversation: Option<ConversationId>,
    /// The ticket it was written down on.
    pub ticket: Option<TicketId>,
    /// With whom.
    pub contact: Option<ContactId>,
    /// Customers it may be instead.
    pub maybe: Vec<ContactId>,
    /// Who called whom.
    pub direction: CallDirection,
    /// What became of it.
    pub outcome: CallOutcome,
    /// The customer's number, or what stands for it.
    pub number: Option<String>,
    /// The queue it waits in.
    pub queue: Option<String>,
    /// At whom it rings, or who dials.
    pub members: Vec<MemberId>,
    /// Who took it.
    pub member: Option<MemberId>,
    /// When it began.
    pub started_at: Moment,
    /// When somebody took it.
    pub answered_at: Option<Moment>,
    /// When it was over.
    pub ended_at: Option<Moment>,
    /// Why, in the phone system's word.
    pub cause: Option<String>,
    /// How long they spoke. **Unit:** seconds.
    pub duration_s: Option<u64>,
    /// What was noted; the newest note.
    pub noted: Option<Noted>,
}

/// The note of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The event that recorded it.
    pub seq: Seq,
    /// The words; none once erased.
    pub note: Option<Note>,
    /// Internal.
    pub locked: bool,
    /// How satisfied the customer was, 1 to 5.
    pub satisfaction: Option<u8>,
    /// Somebody above has to look at it.
    pub escalate: bool,
    /// Who wrote it.
    pub by: Option<String>,
    /// When.
    pub at: Moment,
    /// How many notes it corrects.
    pub corrects: u64,
}

/// What a member writes down about a call.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The call it is about; none for one the phone system did not tell of.
    pub call: Option<Seq>,
    /// Who called whom, where no phone system told.
    pub direction: CallDirection,
    /// Whether they spoke, where no phone system told.
    pub answered: bool,
    /// The customer's number, if it is worth keeping.
    pub number: String,
    /// When it began; now if not given.
    pub started_at: Option<Moment>,
    /// How long they spoke. **Unit:** seconds.
    pub duration_s: Option<u64>,
    /// The words.
    pub note: Note,
    /// Internal: the customer never sees it.
    pub locked: bool,
    /// How satisfied the customer was, 1 to 5.
    pub satisfaction: Option<u8>,
    /// Somebody above has to look at it.
    pub escalate: bool,
    /// What was promised.
    pub promises: Vec<Promise>,
}

// Ask

impl Call {
    /// The conversation or ticket it stands in.
    pub fn object(&self) -> Option<Object> {
        let conversation = self.conversation.map(Object::Conversation);
        conversation.or(self.ticket.map(Object::Ticket))
    }
}

const COLUMNS: &str = "SELECT call.*, member.name AS noted_by_name FROM call
    LEFT JOIN member ON member.id = call.noted_by";

fn read(row: &Row<'_>) -> Result<Call> {
    let noted: Option<Seq> = row.get("noted")?;
    Ok(Call {
        seq: row.get("seq")?,
        channel: row.get("channel")?,
        conversation: row.get("conversation")?,
        ticket: row.get("ticket")?,
        contact: row.get("contact")?,
        maybe: row.json("maybe")?,
        direction: direction(row)?,
        outcome: outcome_of(row)?,
        number: row.get("number")?,
        queue: row.get("queue")?,
        members: row.json("members")?,
        member: row.get("member")?,
        started_at: row.get("started_at")?,
        answered_at: row.get("answered_at")?,
        ended_at: row.get("ended_at")?,
        cause: row.get("cause")?,
        duration_s: row.get("duration_s")?,
        noted: match noted {
            Some(seq) => Some(Noted {
                seq,
                note: row.json_if_any("note")?,
                locked: row.get("note_locked")?,
                satisfaction: row
                    .get::<Option<u64>>("satisfaction")?
                    .and_then(|stars| u8::try_from(stars).ok()),
                escalate: row.get("escalate")?,
                by: row.get("noted_by_name")?,
                at: row.get("noted_at")?,
                corrects: row.get::<u64>("notes")?.saturating_sub(1),
            }),
            None => None,
        },
    })
}

/// A call.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, call: Seq) -> Result<Call> {
    let missing = || Refusal::not_found(format!("event {call} did not begin a call"));
    let sql = format!("{COLUMNS} WHERE call.seq = :call");
    now.one(&sql, &[(":call", &call)], missing, read)
}

/// A call, if the event began one.
pub fn find(now: &Now<'_>, call: Seq) -> Result<Option<Call>> {
    let sql = format!("{COLUMNS} WHERE call.seq = :call");
    now.maybe(&sql, &[(":call", &call)], read)
}

/// The call a phone system means.
pub fn by_id(now: &Now<'_>, channel: ChannelId, call_id: &str) -> Result<Option<Call>> {
    let sql = format!("{COLUMNS} WHERE call.channel = :channel AND call.call_id = :call_id");
    now.maybe(
        &sql,
        &[(":channel", &channel), (":call_id", &call_id)],
        read,
    )
}

/// The calls of a thread that still want a note, the newest first.
pub fn without_note(now: &Now<'_>, object: Object) -> Result<Vec<Call>> {
    let (conversation, ticket) = match object {
        Object::Conversation(id) => (Some(id), None),
        Object::Ticket(id) => (None, Some(id)),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            return Ok(Vec::new());
        }
    };
    let sql = format!(
        "{COLUMNS} WHERE call.noted IS NULL AND (call.conversation = :conversation
             OR call.ticket = :ticket) ORDER BY call.seq DESC LIMIT 10"
    );
    now.all(
        &sql,
        &[(":conversation", &conversation), (":ticket", &ticket)],
        read,
    )
}

/// What the one who looks should know of right now: calls that ring at them or at everybody, and
/// their own calls until the note is written.
pub fn at_hand(now: &Now<'_>) -> Result<Vec<Call>> {
    let Some(me) = now.who().member() else {
        return Ok(Vec::new());
    };
    if members::demand(now, Right::Work).is_err() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "{COLUMNS} WHERE call.channel IS NOT NULL AND call.noted IS NULL
            AND (call.ended_at IS NULL OR (call.member = :me AND call.outcome = 'answered'
                 AND call.ended_at > :since))
          ORDER BY call.seq DESC LIMIT 20"
    );
    let since = now.at().plus_ms(-ASKED_MS);
    let calls = now.all(&sql, &[(":me", &me), (":since", &since)], read)?;
    let mut mine = Vec::new();
    for call in calls {
        let concerns = match call.member {
            Some(member) => member == me,
            None => call.members.is_empty() || call.members.contains(&me),
        };
        let reach = call
            .conversation
            .map(|id| super::inbox::is_within_reach(now, id))
            .transpose()?;
        let blocked = call
            .contact
            .map(|contact| super::contacts::is_blocked(now, contact))
            .transpose()?;
        if blocked == Some(true) {
            continue; // what they do makes no work
        }
        if concerns && reach.unwrap_or(true) && mine.len() < 3 {
            mine.push(call);
        }
    }
    Ok(mine)
}

/// Calls, the newest first: all, or only those that came in and nobody took.
pub fn list(now: &Now<'_>, missed: bool, before: Option<Seq>, limit: u32) -> Result<Vec<Call>> {
    let reach = super::inbox::reach(now);
    let sql = format!(
        "{COLUMNS} WHERE (:before IS NULL OR call.seq < :before)
            AND (NOT :missed OR (call.outcome = 'missed' AND call.direction = 'in'))
            AND (:reach IS NULL OR call.ticket IS NOT NULL OR EXISTS (
                SELECT 1 FROM conversation AS c WHERE c.id = call.conversation
                   AND (c.owner = :reach OR c.\"group\" IS NULL OR c.\"group\" IN (
                       SELECT \"group\" FROM group_member WHERE member = :reach))))
          ORDER BY call.seq DESC LIMIT :limit"
    );
    now.all(
        &sql,
        &[
            (":before", &before),
            (":missed", &missed),
            (":reach", &reach),
            (":limit", &limit),
        ],
        read,
    )
}
