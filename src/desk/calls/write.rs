//! How each fact about a call changes the tables: the call, its article, the thread it stands in.

use crate::desk::articles::{self, Author, Place};
use crate::desk::conversations::relate;
use crate::desk::{search, tickets};
use crate::domain::call::Note;
use crate::domain::event::Said;
use crate::domain::event::call::{CallEvent, SealedCallNote};
use crate::domain::id::{Object, Seq};
use crate::domain::message::{self, CallDirection, CallOutcome, Content, one_line};
use crate::error::{Error, Result};
use crate::ledger::{Recorded, Row, Writer};

/// Applies a fact about a call.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &CallEvent) -> Result<()> {
    match event {
        CallEvent::Rang { .. } => apply_rang(write, recorded, event),
        CallEvent::Answered {
            call,
            conversation,
            answered_at,
            member,
            ..
        } => {
            write.run(
                "UPDATE call SET answered_at = :at, member = coalesce(:member, member),
                        outcome = 'answered', answered = :seq, seq_changed = :seq
                  WHERE seq = :call",
                &[
                    (":at", answered_at),
                    (":member", member),
                    (":seq", &recorded.seq),
                    (":call", call),
                ],
            )?;
            write.run(
                "UPDATE conversation SET waiting_since = NULL WHERE id = :id",
                &[(":id", conversation)],
            )?;
            retell(write, *call)?;
            relate(write, *conversation)
        }
        CallEvent::Ended {
            call,
            conversation,
            ended_at,
            cause,
            outcome,
            duration_s,
            ..
        } => {
            write.run(
                "UPDATE call SET ended_at = :at, cause = :cause, outcome = :outcome,
                        duration_s = :duration_s, seq_changed = :seq WHERE seq = :call",
                &[
                    (":at", ended_at),
                    (":cause", cause),
                    (":outcome", &outcome_word(*outcome)),
                    (":duration_s", duration_s),
                    (":seq", &recorded.seq),
                    (":call", call),
                ],
            )?;
            if *outcome == CallOutcome::Missed {
                write.run(
                    "UPDATE conversation SET waiting_since = coalesce(waiting_since,
                            (SELECT started_at FROM call WHERE seq = :call AND direction = 'in'))
                      WHERE id = :id AND status <> 'closed'",
                    &[(":call", call), (":id", conversation)],
                )?;
            }
            retell(write, *call)?;
            relate(write, *conversation)
        }
        CallEvent::StepKept {
            channel,
            call_id,
            step,
            told_at,
            cause,
            member,
            answered,
            payload,
        } => {
            write.run(
                "INSERT INTO early_step (channel, call_id, step, told_at, cause, member, answered,
                     payload, seq)
                 VALUES (:channel, :call_id, :step, :told_at, :cause, :member, :answered,
                     :payload, :seq)",
                &[
                    (":channel", channel),
                    (":call_id", call_id),
                    (":step", &step.as_str()),
                    (":told_at", told_at),
                    (":cause", cause),
                    (":member", member),
                    (":answered", answered),
                    (":payload", payload),
                    (":seq", &recorded.seq),
                ],
            )?;
            Ok(())
        }
        CallEvent::Logged { .. } => apply_logged(write, recorded, event),
        CallEvent::Noted {
            call,
            object,
            locked,
            satisfaction,
            escalate,
            sealed,
            ..
        } => {
            let note = Written {
                locked: *locked,
                satisfaction: *satisfaction,
                escalate: *escalate,
                sealed,
            };
            apply_note(write, recorded, *call, *object, &note)?;
            retell(write, *call)?;
            match object {
                Object::Conversation(id) => relate(write, *id),
                Object::Ticket(id) => tickets::relate(write, *id),
                Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
                    Ok(())
                }
            }
        }
    }
}

fn apply_rang(write: &Writer<'_>, recorded: &Recorded<'_>, event: &CallEvent) -> Result<()> {
    let CallEvent::Rang {
        channel,
        call_id,
        direction,
        contact,
        maybe,
        conversation,
        started_at,
        members,
        queue,
        payload,
        sealed,
    } = event
    else {
        return Ok(()); // `apply` sends this event alone
    };
    let incoming = *direction == CallDirection::In;
    let said = said(*direction, CallOutcome::Open, None);
    let author = match members.first().filter(|_| !incoming) {
        Some(member) => Author::Member(*member),
        None if incoming => Author::Contact(*contact),
        None => Author::System,
    };
    let row = articles::Row {
        place: Place::Conversation(*conversation),
        direction: if incoming { "in" } else { "out" },
        author,
        kind: "call",
        provider_id: None,
        sent_at: *started_at,
        reply_to: None,
        payload: Some(payload.0),
        said: Some(&said),
        corrects: None,
        mentions: None,
    };
    articles::insert(write, recorded, &row)?;
    write.run(
        "INSERT INTO call (seq, channel, call_id, direction, outcome, contact, maybe, conversation,
             number, queue, members, member, started_at, seq_changed)
         VALUES (:seq, :channel, :call_id, :direction, 'open', :contact, :maybe, :conversation,
             :number, :queue, :members, :member, :started_at, :seq)",
        &[
            (":seq", &recorded.seq),
            (":channel", channel),
            (":call_id", call_id),
            (":direction", &direction_word(*direction)),
            (":contact", contact),
            (":maybe", &serde_json::to_string(maybe)?),
            (":conversation", conversation),
            (":number", &sealed.number),
            (":queue", queue),
            (":members", &serde_json::to_string(members)?),
            (":member", &members.first().filter(|_| !incoming)),
            (":started_at", started_at),
        ],
    )?;
    write.run(
        "UPDATE conversation SET last_at = :at, last_article = :seq WHERE id = :id",
        &[
            (":at", &recorded.at),
            (":seq", &recorded.seq),
            (":id", conversation),
        ],
    )?;
    relate(write, *conversation)
}

fn apply_logged(write: &Writer<'_>, recorded: &Recorded<'_>, event: &CallEvent) -> Result<()> {
    let CallEvent::Logged {
        object,
        contact,
        direction,
        outcome,
        started_at,
        duration_s,
        locked,
        satisfaction,
        escalate,
        sealed,
    } = event
    else {
        return Ok(()); // `apply` sends this event alone
    };
    let (conversation, ticket, place) = match object {
        Object::Conversation(id) => (Some(*id), None, Place::Conversation(*id)),
        Object::Ticket(id) => (None, Some(*id), Place::Ticket(*id)),
        Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {
            return Ok(()); // `log` refuses these
        }
    };
    let said = said(*direction, *outcome, *duration_s);
    let row = articles::Row {
        place,
        direction: match (locked, direction) {
            (true, _) => "note",
            (false, CallDirection::In) => "in",
            (false, CallDirection::Out) => "out",
        },
        author: articles::author(recorded),
        kind: "call",
        provider_id: None,
        sent_at: *started_at,
        reply_to: None,
        payload: None,
        said: Some(&said),
        corrects: None,
        mentions: None,
    };
    articles::insert(write, recorded, &row)?;
    write.run(
        "INSERT INTO call (seq, direction, outcome, contact, maybe, conversation, ticket, number,
             members, member, started_at, answered_at, answered, ended_at, duration_s, seq_changed)
         VALUES (:seq, :direction, :outcome, :contact, '[]', :conversation, :ticket, :number,
             '[]', :member, :started_at, :answered_at, :answered, :ended_at, :duration_s, :seq)",
        &[
            (":seq", &recorded.seq),
            (":direction", &direction_word(*direction)),
            (":outcome", &outcome_word(*outcome)),
            (":contact", contact),
            (":conversation", &conversation),
            (":ticket", &ticket),
            (":number", &sealed.number),
            (":member", &recorded.actor.member()),
            (":started_at", started_at),
            (
                ":answered_at",
                &(*outcome == CallOutcome::Answered).then_some(*started_at),
            ),
            (
                ":answered",
                &(*outcome == CallOutcome::Answered && !locked).then_some(recorded.seq),
            ),
            (
                ":ended_at",
                &started_at.plus_ms(
                    i64::try_from(duration_s.unwrap_or(0).saturating_mul(1_000)).unwrap_or(0),
                ),
            ),
            (":duration_s", duration_s),
        ],
    )?;
    let note = Written {
        locked: *locked,
        satisfaction: *satisfaction,
        escalate: *escalate,
        sealed,
    };
    apply_note(write, recorded, recorded.seq, *object, &note)?;
    retell(write, recorded.seq)?;
    let Some(id) = conversation else {
        return ticket.map_or(Ok(()), |id| tickets::relate(write, id));
    };
    if !locked {
        let answers = *outcome == CallOutcome::Answered;
        write.run(
            "UPDATE conversation SET last_at = :at, last_article = :seq,
                    waiting_since = CASE WHEN :answers THEN NULL ELSE waiting_since END
              WHERE id = :id",
            &[
                (":at", &recorded.at),
                (":seq", &recorded.seq),
                (":answers", &answers),
                (":id", &id),
            ],
        )?;
    }
    relate(write, id)
}

struct Written<'a> {
    locked: bool,
    satisfaction: Option<u8>,
    escalate: bool,
    sealed: &'a SealedCallNote,
}

fn apply_note(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    call: Seq,
    object: Object,
    written: &Written<'_>,
) -> Result<()> {
    let note = written.sealed.note.as_ref();
    write.run(
        "UPDATE call
            SET noted = :seq, noted_at = :at, noted_by = :by, note = :note, note_locked = :locked,
                satisfaction = :satisfaction, escalate = :escalate, notes = notes + 1,
                seq_changed = :seq
          WHERE seq = :call",
        &[
            (":seq", &recorded.seq),
            (":at", &recorded.at),
            (":by", &recorded.actor.member()),
            (":note", &note.map(serde_json::to_string).transpose()?),
            (":locked", &written.locked),
            (":satisfaction", &written.satisfaction.map(u64::from)),
            (":escalate", &written.escalate),
            (":call", &call),
        ],
    )?;
    let Some(note) = note else { return Ok(()) };
    let text = note.text_for_search();
    search::index(write, recorded, "article", object, recorded.at, &text)
}

/// In lists a call says what is known of it by now; its article stays as it was recorded.
fn retell(write: &Writer<'_>, call: Seq) -> Result<()> {
    let found = write.find(
        "SELECT direction, outcome, duration_s, note FROM call WHERE seq = :call",
        &[(":call", &call)],
        |row| {
            let note: Option<Note> = row.json_if_any("note")?;
            Ok((
                direction(row)?,
                self::outcome_of(row)?,
                row.get("duration_s")?,
                note,
            ))
        },
    )?;
    let Some((direction, outcome, duration_s, note)) = found else {
        return Ok(());
    };
    let said = said(direction, outcome, duration_s);
    let mut preview = said.content.preview();
    if let Some(note) = note {
        preview = one_line(
            &format!("{preview}: {}", note.reason),
            message::PREVIEW_CHARS,
        );
    }
    write.run(
        "UPDATE call SET preview = :preview WHERE seq = :call",
        &[(":preview", &preview), (":call", &call)],
    )?;
    Ok(())
}

fn said(direction: CallDirection, outcome: CallOutcome, duration_s: Option<u64>) -> Said {
    Said::from(Content::Call(message::Call {
        direction,
        outcome,
        duration_s,
    }))
}

/// The direction as the database writes it.
pub(super) fn direction_word(direction: CallDirection) -> &'static str {
    match direction {
        CallDirection::In => "in",
        CallDirection::Out => "out",
    }
}

/// The outcome as the database writes it.
pub(super) fn outcome_word(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Open => "open",
        CallOutcome::Missed => "missed",
        CallOutcome::Answered => "answered",
        CallOutcome::Rejected => "rejected",
        CallOutcome::Failed => "failed",
    }
}

/// The direction in a row.
pub(super) fn direction(row: &Row<'_>) -> Result<CallDirection> {
    let word: String = row.get("direction")?;
    match word.as_str() {
        "in" => Ok(CallDirection::In),
        "out" => Ok(CallDirection::Out),
        other => Err(Error::fault(format!(
            "{other} is not a direction of a call"
        ))),
    }
}

/// The outcome in a row.
pub(super) fn outcome_of(row: &Row<'_>) -> Result<CallOutcome> {
    let word: String = row.get("outcome")?;
    [
        CallOutcome::Open,
        CallOutcome::Missed,
        CallOutcome::Answered,
        CallOutcome::Rejected,
        CallOutcome::Failed,
    ]
    .into_iter()
    .find(|outcome| outcome_word(*outcome) == word)
    .ok_or_else(|| Error::fault(format!("{word} is not what becomes of a call")))
}
