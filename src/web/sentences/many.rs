//! Sentences about what is done to many at once, and about canned replies and macros.

use super::Voice;
use crate::domain::event::bulk::BulkEvent;
use crate::domain::event::macros::MacroEvent;

pub(super) fn bulk(voice: &Voice<'_>, event: &BulkEvent) -> String {
    let number = |n: &u64| n.to_string();
    match event {
        BulkEvent::Started {
            bulk,
            objects,
            actions,
            sealed,
        } => voice.because(
            "{who} changes {n} at once ({what}), bulk wish {id}",
            &[
                ("id", &number(bulk)),
                ("n", &objects.len().to_string()),
                ("what", &actions.join(", ")),
            ],
            sealed.reason.as_deref(),
        ),
        BulkEvent::Skipped {
            bulk,
            object,
            sealed,
        } => voice.because(
            "Bulk wish {id} did not change {it}",
            &[("id", &number(bulk)), ("it", &object.to_string())],
            sealed.reason.as_deref(),
        ),
        BulkEvent::Finished {
            bulk,
            done,
            skipped,
        } => voice.say(
            "Bulk wish {id} is done: {done} changed, {left} not",
            &[
                ("id", &number(bulk)),
                ("done", &number(done)),
                ("left", &number(skipped)),
            ],
        ),
        BulkEvent::Undone { bulk } => {
            voice.say("{who} undoes bulk wish {id}", &[("id", &number(bulk))])
        }
        BulkEvent::Kept {
            bulk,
            object,
            sealed,
        } => voice.because(
            "Undoing bulk wish {id} left {it} as it is",
            &[("id", &number(bulk)), ("it", &object.to_string())],
            sealed.reason.as_deref(),
        ),
        BulkEvent::Restored { bulk, done, kept } => voice.say(
            "Bulk wish {id} is undone: {done} put back, {left} not",
            &[
                ("id", &number(bulk)),
                ("done", &number(done)),
                ("left", &number(kept)),
            ],
        ),
    }
}

pub(super) fn bulk_tone(event: &BulkEvent) -> &'static str {
    match event {
        BulkEvent::Skipped { .. } | BulkEvent::Kept { .. } => "warn",
        BulkEvent::Started { .. }
        | BulkEvent::Finished { .. }
        | BulkEvent::Undone { .. }
        | BulkEvent::Restored { .. } => "",
    }
}

pub(super) fn used(voice: &Voice<'_>, event: &MacroEvent) -> String {
    match event {
        MacroEvent::Saved { version, name, .. } => voice.say(
            "{who} wrote the macro {name}, version {version}",
            &[("name", name), ("version", &version.to_string())],
        ),
        MacroEvent::Retired { name, .. } => {
            voice.say("{who} retired the macro {name}", &[("name", name)])
        }
        MacroEvent::Restored { name, .. } => {
            voice.say("{who} restored the macro {name}", &[("name", name)])
        }
        MacroEvent::Used {
            version,
            name,
            object,
            ..
        } => voice.say(
            "{who} used the macro {name} (version {version}) on {it}",
            &[
                ("name", name),
                ("version", &version.to_string()),
                ("it", &object.to_string()),
            ],
        ),
    }
}
