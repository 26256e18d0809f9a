//! Sentences about checkpoints kept elsewhere.

use super::Voice;
use crate::domain::checkpoint::Contradiction;
use crate::domain::event::checkpoint::CheckpointEvent;
use crate::domain::id::Object;

pub(super) fn checkpoint(voice: &Voice<'_>, event: &CheckpointEvent) -> String {
    match event {
        CheckpointEvent::Cosigned { size, witness, .. } => voice.say(
            "The witness {witness} signed the checkpoint over {n} events as well",
            &[("witness", witness), ("n", &size.to_string())],
        ),
        CheckpointEvent::Contradicted {
            witness,
            how,
            known,
            ..
        } => voice.say(
            match how {
                Contradiction::RolledBack => {
                    "The witness {witness} signed a longer trail of this desk, of {n} events: an \
                     old copy was put back, or the end was cut off"
                }
                Contradiction::Forked => {
                    "The witness {witness} signed another trail of this desk, of {n} events: the \
                     history was rewritten"
                }
            },
            &[("witness", witness), ("n", &known.to_string())],
        ),
        CheckpointEvent::Mailed { size, member, .. } => voice.say(
            "The checkpoint over {n} events was mailed to {name}",
            &[
                ("n", &size.to_string()),
                ("name", &voice.name(Object::Member(*member))),
            ],
        ),
        CheckpointEvent::NotMailed {
            size,
            member,
            sealed,
            ..
        } => voice.say(
            "The checkpoint over {n} events could not be mailed to {name}: {reason}",
            &[
                ("n", &size.to_string()),
                ("name", &voice.name(Object::Member(*member))),
                ("reason", sealed.reason.as_deref().unwrap_or("–")),
            ],
        ),
    }
}

pub(super) fn icon(event: &CheckpointEvent) -> &'static str {
    match event {
        CheckpointEvent::Cosigned { .. } => "shield",
        CheckpointEvent::Contradicted { .. } => "shield-off",
        CheckpointEvent::Mailed { .. } | CheckpointEvent::NotMailed { .. } => "email",
    }
}

pub(super) fn tone(event: &CheckpointEvent) -> &'static str {
    match event {
        CheckpointEvent::Contradicted { .. } => "bad",
        CheckpointEvent::NotMailed { .. } => "warn",
        CheckpointEvent::Cosigned { .. } | CheckpointEvent::Mailed { .. } => "",
    }
}
