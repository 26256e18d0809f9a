//! Sentences about the statuses and fields of tickets.

use super::Voice;
use crate::domain::event::field::FieldEvent;
use crate::domain::event::status::StatusEvent;

pub(super) fn status(voice: &Voice<'_>, event: &StatusEvent) -> String {
    match event {
        StatusEvent::Defined {
            name,
            version,
            definition,
        } => voice.say(
            "{who} defined the status {label} ({name}), version {version}",
            &[
                ("label", &definition.label),
                ("name", name),
                ("version", &version.to_string()),
            ],
        ),
        StatusEvent::Retired { name } => {
            voice.say("{who} retired the status {name}", &[("name", name)])
        }
        StatusEvent::Restored { name } => {
            voice.say("{who} restored the status {name}", &[("name", name)])
        }
        StatusEvent::Stayed {
            ticket, to, why, ..
        } => voice.because(
            "{it} should have become {to} by itself and could not",
            &[("it", &ticket.to_string()), ("to", to)],
            Some(why),
        ),
    }
}

pub(super) fn status_tone(event: &StatusEvent) -> &'static str {
    match event {
        StatusEvent::Stayed { .. } => "warn",
        StatusEvent::Defined { .. }
        | StatusEvent::Retired { .. }
        | StatusEvent::Restored { .. } => "",
    }
}

pub(super) fn field(voice: &Voice<'_>, event: &FieldEvent) -> String {
    match event {
        FieldEvent::Defined {
            name,
            version,
            definition,
        } => voice.say(
            "{who} defined the field {label} ({name}), version {version}",
            &[
                ("label", &definition.label),
                ("name", name),
                ("version", &version.to_string()),
            ],
        ),
        FieldEvent::Retired { name } => {
            voice.say("{who} retired the field {name}", &[("name", name)])
        }
        FieldEvent::Restored { name } => {
            voice.say("{who} restored the field {name}", &[("name", name)])
        }
        FieldEvent::Filled {
            ticket,
            fields,
            sealed,
        } => {
            let said = fields.keys().map(|name| {
                let values = sealed.values.as_ref();
                match values.and_then(|values| values.get(name)) {
                    Some((_, Some(after))) => format!("{name}: {after}"),
                    Some((_, None)) => format!("{name}: –"),
                    None => name.clone(), // erased
                }
            });
            voice.say(
                "{who} filled in fields of {it}: {fields}",
                &[
                    ("it", &ticket.to_string()),
                    ("fields", &said.collect::<Vec<_>>().join(", ")),
                ],
            )
        }
    }
}
