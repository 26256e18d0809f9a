//! Sentences about calls and about what was promised in them.

use super::Voice;
use crate::domain::call::StepKind;
use crate::domain::event::call::{CallEvent, CommitmentEvent};
use crate::domain::id::Object;
use crate::domain::message::{CallDirection, CallOutcome};

pub(super) fn call(voice: &Voice<'_>, event: &CallEvent) -> String {
    match event {
        CallEvent::Rang {
            contact, direction, ..
        } => {
            let name = voice.name(Object::Contact(*contact));
            let pattern = match direction {
                CallDirection::In => "{name} calls",
                CallDirection::Out => "{name} is called",
            };
            voice.say(pattern, &[("name", &name)])
        }
        CallEvent::Answered { call, name, .. } => {
            let call = call.to_string();
            match name {
                Some(name) => voice.say("{name} took call #{at}", &[("name", name), ("at", &call)]),
                None => voice.say("Call #{at} was taken", &[("at", &call)]),
            }
        }
        CallEvent::Ended {
            call,
            outcome,
            cause,
            ..
        } => {
            let pattern = match outcome {
                CallOutcome::Answered | CallOutcome::Open => "Call #{at} is over ({cause})",
                CallOutcome::Missed => "Call #{at} was missed ({cause})",
                CallOutcome::Rejected => "Call #{at} was refused ({cause})",
                CallOutcome::Failed => "Call #{at} failed ({cause})",
            };
            voice.say(pattern, &[("at", &call.to_string()), ("cause", cause)])
        }
        CallEvent::StepKept { call_id, step, .. } => {
            let pattern = match step {
                StepKind::Answer => "An answer came for call {id}, of which no beginning is known",
                StepKind::Hangup | StepKind::NewCall => {
                    "A hangup came for call {id}, of which no beginning is known"
                }
            };
            voice.say(pattern, &[("id", call_id)])
        }
        CallEvent::Logged { object, sealed, .. } => voice.because(
            "{who} noted a call on {it}",
            &[("it", &object.to_string())],
            sealed.note.as_ref().map(|note| note.reason.as_str()),
        ),
        CallEvent::Noted {
            call,
            corrects,
            sealed,
            ..
        } => {
            let pattern = match corrects {
                Some(_) => "{who} corrected the note of call #{at}",
                None => "{who} wrote the note of call #{at}",
            };
            voice.because(
                pattern,
                &[("at", &call.to_string())],
                sealed.note.as_ref().map(|note| note.reason.as_str()),
            )
        }
    }
}

pub(super) fn commitment(voice: &Voice<'_>, event: &CommitmentEvent) -> String {
    let day = |at: &crate::domain::moment::Moment| at.to_string().chars().take(10).collect();
    match event {
        CommitmentEvent::Made {
            owner_name,
            due_at,
            sealed,
            ..
        } => {
            let day: String = day(due_at);
            voice.because(
                "{name} is to keep a commitment until {day}",
                &[("name", owner_name), ("day", &day)],
                sealed.text.as_deref(),
            )
        }
        CommitmentEvent::Reminded {
            commitment, owner, ..
        } => voice.say(
            "{name} was reminded of commitment #{at}",
            &[
                ("name", &voice.name(Object::Member(*owner))),
                ("at", &commitment.to_string()),
            ],
        ),
        CommitmentEvent::Moved {
            commitment,
            from,
            to,
            sealed,
            ..
        } => {
            let (from, to): (String, String) = (day(from), day(to));
            voice.because(
                "{who} moved commitment #{at} from {from} to {to}",
                &[
                    ("at", &commitment.to_string()),
                    ("from", &from),
                    ("to", &to),
                ],
                sealed.reason.as_deref(),
            )
        }
        CommitmentEvent::OwnerChanged {
            commitment,
            to_name,
            ..
        } => voice.say(
            "{who} gave commitment #{at} to {name}",
            &[("at", &commitment.to_string()), ("name", to_name)],
        ),
        CommitmentEvent::Kept {
            commitment,
            late,
            sealed,
            ..
        } => {
            let pattern = if *late {
                "{who} kept commitment #{at}, late"
            } else {
                "{who} kept commitment #{at}"
            };
            voice.because(
                pattern,
                &[("at", &commitment.to_string())],
                sealed.reason.as_deref(),
            )
        }
        CommitmentEvent::Missed {
            commitment, sealed, ..
        } => voice.because(
            "Commitment #{at} was missed",
            &[("at", &commitment.to_string())],
            sealed.reason.as_deref(),
        ),
    }
}

pub(super) fn call_icon(event: &CallEvent) -> &'static str {
    match event {
        CallEvent::Rang { .. } | CallEvent::Answered { .. } => "phone",
        CallEvent::Ended { outcome, .. } => match outcome {
            CallOutcome::Missed => "phone-missed",
            CallOutcome::Open
            | CallOutcome::Answered
            | CallOutcome::Rejected
            | CallOutcome::Failed => "phone",
        },
        CallEvent::StepKept { .. } => "help",
        CallEvent::Logged { .. } | CallEvent::Noted { .. } => "pen",
    }
}

pub(super) fn commitment_icon(event: &CommitmentEvent) -> &'static str {
    match event {
        CommitmentEvent::Made { .. }
        | CommitmentEvent::Reminded { .. }
        | CommitmentEvent::Moved { .. } => "clock",
        CommitmentEvent::OwnerChanged { .. } => "swap",
        CommitmentEvent::Kept { .. } => "check",
        CommitmentEvent::Missed { .. } => "cross",
    }
}

pub(super) fn call_tone(event: &CallEvent) -> &'static str {
    match event {
        CallEvent::Ended { outcome, .. } => match outcome {
            CallOutcome::Missed | CallOutcome::Failed => "warn",
            CallOutcome::Open | CallOutcome::Answered | CallOutcome::Rejected => "",
        },
        CallEvent::StepKept { .. } => "warn",
        CallEvent::Rang { .. }
        | CallEvent::Answered { .. }
        | CallEvent::Logged { .. }
        | CallEvent::Noted { .. } => "",
    }
}

pub(super) fn commitment_tone(event: &CommitmentEvent) -> &'static str {
    match event {
        CommitmentEvent::Missed { .. } => "bad",
        CommitmentEvent::Made { .. }
        | CommitmentEvent::Reminded { .. }
        | CommitmentEvent::Moved { .. }
        | CommitmentEvent::OwnerChanged { .. }
        | CommitmentEvent::Kept { .. } => "",
    }
}
