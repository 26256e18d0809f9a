//! Sentences about mailboxes, letters of machines, answers withheld and signatures.

use super::Voice;
use crate::domain::event::email::EmailEvent;
use crate::domain::id::Object;

pub(super) fn email(voice: &Voice<'_>, event: &EmailEvent) -> String {
    match event {
        EmailEvent::Appended { what, .. } => voice.say(
            "A letter no person wrote was added: {what}",
            &[("what", &voice.word(what))],
        ),
        EmailEvent::Fetched {
            channel,
            uid,
            first: true,
            ..
        } => voice.say(
            "{channel} is read from letter {uid} on",
            &[
                ("channel", &voice.name(Object::Channel(*channel))),
                ("uid", &uid.to_string()),
            ],
        ),
        EmailEvent::Fetched { channel, uid, .. } => voice.say(
            "Letter {uid} of {channel} was fetched",
            &[
                ("channel", &voice.name(Object::Channel(*channel))),
                ("uid", &uid.to_string()),
            ],
        ),
        EmailEvent::FetchFailed {
            channel, uid, why, ..
        } => voice.say(
            "Letter {uid} of {channel} could not be fetched: {why}",
            &[
                ("channel", &voice.name(Object::Channel(*channel))),
                ("uid", &uid.to_string()),
                ("why", why),
            ],
        ),
        EmailEvent::Lost { channel, text } => voice.say(
            "{channel} cannot be read: {why}",
            &[
                ("channel", &voice.name(Object::Channel(*channel))),
                ("why", text),
            ],
        ),
        EmailEvent::Regained { channel } => voice.say(
            "{channel} can be read again",
            &[("channel", &voice.name(Object::Channel(*channel)))],
        ),
        EmailEvent::AnswerWithheld { why, .. } => {
            voice.say("No automatic answer was sent: {why}", &[("why", why)])
        }
        EmailEvent::ReceiverRefused { text, sealed, .. } => voice.say(
            "The e-mail was not taken for {address}: {why}",
            &[
                ("address", sealed.address.as_deref().unwrap_or("…")),
                ("why", text),
            ],
        ),
        EmailEvent::SignatureSet { object, .. } => voice.say(
            "{who} set the signature of {object}",
            &[("object", &voice.name(*object))],
        ),
    }
}

pub(super) fn tone(event: &EmailEvent) -> &'static str {
    match event {
        EmailEvent::Lost { .. } | EmailEvent::ReceiverRefused { .. } => "bad",
        EmailEvent::FetchFailed { .. } | EmailEvent::AnswerWithheld { .. } => "warn",
        EmailEvent::Appended { .. }
        | EmailEvent::Fetched { .. }
        | EmailEvent::Regained { .. }
        | EmailEvent::SignatureSet { .. } => "",
    }
}
