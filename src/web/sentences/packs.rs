//! Sentences about packs.

use super::Voice;
use crate::domain::event::pack::PackEvent;

pub(super) fn pack(voice: &Voice<'_>, event: &PackEvent) -> String {
    match event {
        PackEvent::Opened {
            pack,
            object,
            sealed,
        } => voice.because(
            "{who} opened {pack} on {it}",
            &[("pack", &name(*pack)), ("it", &voice.name(*object))],
            sealed.title.as_deref(),
        ),
        PackEvent::Pinned {
            pack,
            event,
            sealed,
            ..
        } => voice.because(
            "{who} pinned #{event} to {pack}",
            &[("pack", &name(*pack)), ("event", &event.to_string())],
            sealed.remark.as_deref(),
        ),
        PackEvent::Unpinned { pack, event, .. } => voice.say(
            "{who} took #{event} off {pack}",
            &[("pack", &name(*pack)), ("event", &event.to_string())],
        ),
        PackEvent::Written { pack, sealed, .. } => voice.because(
            "{who} wrote in {pack}",
            &[("pack", &name(*pack))],
            sealed.finding.as_deref(),
        ),
        PackEvent::Decided {
            pack,
            outcome,
            pins,
            sealed,
            ..
        } => voice.because(
            "{who} decided {pack} on {n} pinned events: {outcome}",
            &[
                ("pack", &name(*pack)),
                ("n", &pins.len().to_string()),
                ("outcome", &voice.word(outcome.words())),
            ],
            sealed.decision.as_deref(),
        ),
        PackEvent::Reopened { pack, sealed, .. } => voice.because(
            "{who} took {pack} up again",
            &[("pack", &name(*pack))],
            sealed.decision.as_deref(),
        ),
        PackEvent::Shared { pack, name: to, .. } => voice.say(
            "{who} shared {pack} with {name}",
            &[("pack", &name(*pack)), ("name", to)],
        ),
        PackEvent::Answered { pack, sealed, .. } => voice.because(
            "{who} answered to {pack}",
            &[("pack", &name(*pack))],
            sealed.answer.as_deref(),
        ),
    }
}

fn name(pack: u64) -> String {
    format!("P-{pack}")
}

pub(super) fn icon(event: &PackEvent) -> &'static str {
    match event {
        PackEvent::Opened { .. } | PackEvent::Reopened { .. } => "file",
        PackEvent::Pinned { .. } | PackEvent::Unpinned { .. } => "pin",
        PackEvent::Written { .. } | PackEvent::Answered { .. } => "pen",
        PackEvent::Decided { .. } => "check",
        PackEvent::Shared { .. } => "people",
    }
}
