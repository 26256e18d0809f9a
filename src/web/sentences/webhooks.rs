//! Sentences about webhooks.

use super::Voice;
use crate::domain::event::webhook::WebhookEvent;

pub(super) fn webhook(voice: &Voice<'_>, event: &WebhookEvent) -> String {
    match event {
        WebhookEvent::Saved {
            hook,
            version,
            name,
            host,
            ..
        } => voice.say(
            "{who} wrote the webhook {name} (W-{hook}) to {host}, version {version}",
            &[
                ("name", name),
                ("hook", &hook.to_string()),
                ("host", host),
                ("version", &version.to_string()),
            ],
        ),
        WebhookEvent::Switched { hook, on: true } => voice.say(
            "{who} switched the webhook W-{hook} on",
            &[("hook", &hook.to_string())],
        ),
        WebhookEvent::Switched { hook, on: false } => voice.say(
            "{who} switched the webhook W-{hook} off",
            &[("hook", &hook.to_string())],
        ),
        WebhookEvent::Asked { hook, object } => voice.say(
            "{who} asked that the webhook W-{hook} be told of {it}",
            &[("hook", &hook.to_string()), ("it", &voice.name(*object))],
        ),
        WebhookEvent::Attempted {
            hook,
            about,
            taken: true,
            ..
        } => voice.say(
            "The webhook W-{hook} took #{about}",
            &[("hook", &hook.to_string()), ("about", &about.to_string())],
        ),
        WebhookEvent::Attempted {
            hook,
            about,
            next_at,
            trouble,
            ..
        } => voice.because(
            match next_at {
                Some(_) => "The webhook W-{hook} did not take #{about}; it is tried again",
                None => "The webhook W-{hook} did not take #{about}; it was given up",
            },
            &[("hook", &hook.to_string()), ("about", &about.to_string())],
            trouble.as_deref(),
        ),
        WebhookEvent::Renewed { hook, about } => voice.say(
            "{who} asked to send #{about} to the webhook W-{hook} again",
            &[("hook", &hook.to_string()), ("about", &about.to_string())],
        ),
    }
}

pub(super) fn tone(event: &WebhookEvent) -> &'static str {
    match event {
        WebhookEvent::Attempted {
            taken: false,
            next_at: None,
            ..
        } => "bad",
        WebhookEvent::Attempted { taken: false, .. } => "warn",
        WebhookEvent::Saved { .. }
        | WebhookEvent::Switched { .. }
        | WebhookEvent::Asked { .. }
        | WebhookEvent::Attempted { .. }
        | WebhookEvent::Renewed { .. } => "",
    }
}
