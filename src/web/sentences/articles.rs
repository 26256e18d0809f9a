//! Sentences about what was said and what became of it.

use super::Voice;
use crate::domain::event::{ArticleEvent, SealedContent};
use crate::domain::id::Object;
use crate::domain::update::Side;

pub(super) fn article(voice: &Voice<'_>, event: &ArticleEvent) -> String {
    match event {
        ArticleEvent::Received { kind, sealed, .. } => match words(sealed) {
            Some(words) => voice.say("{who} wrote: {words}", &[("words", &words)]),
            None => voice.say(
                "{who} sent a message ({kind})",
                &[("kind", &voice.word(kind))],
            ),
        },
        ArticleEvent::Echoed { kind, sealed, .. } => match words(sealed) {
            Some(words) => voice.say(
                "The phone of the shop answered: {words}",
                &[("words", &words)],
            ),
            None => voice.say(
                "The phone of the shop answered ({kind})",
                &[("kind", &voice.word(kind))],
            ),
        },
        ArticleEvent::Queued {
            contact,
            kind,
            corrects,
            sealed,
            ..
        } => {
            let to = voice.name(Object::Contact(*contact));
            let old = corrects.map(|old| old.to_string());
            match (words(sealed), old) {
                (Some(words), Some(old)) => voice.say(
                    "{who} set message #{old} to {to} right: {words}",
                    &[("to", &to), ("words", &words), ("old", &old)],
                ),
                (Some(words), None) => {
                    voice.say("{who} to {to}: {words}", &[("to", &to), ("words", &words)])
                }
                (None, _) => voice.say(
                    "{who} sent {to} a message ({kind})",
                    &[("to", &to), ("kind", &voice.word(kind))],
                ),
            }
        }
        ArticleEvent::Noted {
            object,
            mentions,
            corrects,
            sealed,
        } => {
            let told: Vec<String> = mentions.iter().map(|told| voice.name(*told)).collect();
            let old = corrects.map(|old| old.to_string()).unwrap_or_default();
            let pattern = match (corrects, told.is_empty()) {
                (None, true) => "{who} wrote an internal note on {it}",
                (None, false) => "{who} wrote an internal note on {it} for {people}",
                (Some(_), true) => "{who} set note #{old} on {it} right",
                (Some(_), false) => "{who} set note #{old} on {it} right for {people}",
            };
            voice.because(
                pattern,
                &[
                    ("it", &object.to_string()),
                    ("old", &old),
                    ("people", &told.join(", ")),
                ],
                words(sealed).as_deref(),
            )
        }
        ArticleEvent::Reacted { .. }
        | ArticleEvent::Edited { .. }
        | ArticleEvent::Revoked { .. } => afterwards(voice, event),
        ArticleEvent::Attempted { .. }
        | ArticleEvent::Accepted { .. }
        | ArticleEvent::Deferred { .. }
        | ArticleEvent::Doubted { .. }
        | ArticleEvent::Failed { .. }
        | ArticleEvent::Requeued { .. }
        | ArticleEvent::Reported { .. }
        | ArticleEvent::MediaFetched { .. }
        | ArticleEvent::MediaFailed { .. }
        | ArticleEvent::ReadMarked { .. } => on_its_way(voice, event),
    }
}

/// What its author did with a message later.
fn afterwards(voice: &Voice<'_>, event: &ArticleEvent) -> String {
    let author = |side: &Side, contact| match side {
        Side::Customer => voice.name(Object::Contact(contact)),
        Side::Business => voice.word("The phone of the shop"),
    };
    match event {
        ArticleEvent::Reacted {
            contact,
            side,
            removed,
            sealed,
            ..
        } => {
            let name = author(side, *contact);
            let emoji = sealed.emoji.clone().unwrap_or_default();
            let pattern = match (*removed, emoji.is_empty()) {
                (true, _) => "{name} took a reaction back",
                (false, false) => "{name} reacted with {emoji}",
                (false, true) => "{name} reacted",
            };
            voice.say(pattern, &[("name", &name), ("emoji", &emoji)])
        }
        ArticleEvent::Edited {
            contact,
            side,
            sealed,
            ..
        } => voice.because(
            "{name} edited a message",
            &[("name", &author(side, *contact))],
            words(sealed).as_deref(),
        ),
        ArticleEvent::Revoked { contact, side, .. } => voice.say(
            "{name} took a message back; it stays on record",
            &[("name", &author(side, *contact))],
        ),
        ArticleEvent::Received { .. }
        | ArticleEvent::Echoed { .. }
        | ArticleEvent::Queued { .. }
        | ArticleEvent::Noted { .. }
        | ArticleEvent::Attempted { .. }
        | ArticleEvent::Accepted { .. }
        | ArticleEvent::Deferred { .. }
        | ArticleEvent::Doubted { .. }
        | ArticleEvent::Failed { .. }
        | ArticleEvent::Requeued { .. }
        | ArticleEvent::Reported { .. }
        | ArticleEvent::MediaFetched { .. }
        | ArticleEvent::MediaFailed { .. }
        | ArticleEvent::ReadMarked { .. } => article(voice, event),
    }
}

/// What became of a message between us and the provider.
fn on_its_way(voice: &Voice<'_>, event: &ArticleEvent) -> String {
    let at = |article: &crate::domain::id::Seq| article.to_string();
    match event {
        ArticleEvent::Attempted {
            article, attempt, ..
        } => voice.say(
            "Message #{at} is handed to WhatsApp, try {n}",
            &[("at", &at(article)), ("n", &attempt.to_string())],
        ),
        ArticleEvent::Accepted { article, .. } => {
            voice.say("WhatsApp took message #{at}", &[("at", &at(article))])
        }
        ArticleEvent::Deferred { article, text, .. } => voice.say(
            "WhatsApp did not take message #{at}; it is tried again: {text}",
            &[("at", &at(article)), ("text", text)],
        ),
        ArticleEvent::Doubted { article, text, .. } => voice.say(
            "It is not known whether WhatsApp took message #{at}: {text}",
            &[("at", &at(article)), ("text", text)],
        ),
        ArticleEvent::Failed { article, text, .. } => voice.say(
            "Message #{at} was not delivered: {text}",
            &[("at", &at(article)), ("text", text)],
        ),
        ArticleEvent::Requeued { article, .. } => {
            voice.say("{who} sends message #{at} again", &[("at", &at(article))])
        }
        ArticleEvent::Reported {
            article,
            state,
            text,
            ..
        } => {
            let state = voice.word(state);
            let reason = text.as_deref();
            match article {
                Some(article) => voice.because(
                    "WhatsApp reported message #{at}: {state}",
                    &[("at", &at(article)), ("state", &state)],
                    reason,
                ),
                None => voice.because(
                    "WhatsApp reported a message not known yet: {state}",
                    &[("state", &state)],
                    reason,
                ),
            }
        }
        ArticleEvent::MediaFetched {
            article,
            media_type,
            size_bytes,
            ..
        } => voice.say(
            "The file of message #{at} was fetched ({type}, {n} bytes)",
            &[
                ("at", &at(article)),
                ("type", media_type),
                ("n", &size_bytes.to_string()),
            ],
        ),
        ArticleEvent::MediaFailed { article, text, .. } => voice.say(
            "The file of message #{at} could not be fetched: {text}",
            &[("at", &at(article)), ("text", text)],
        ),
        ArticleEvent::ReadMarked { article, .. } => voice.say(
            "The customer was shown that message #{at} was read",
            &[("at", &at(article))],
        ),
        ArticleEvent::Received { .. }
        | ArticleEvent::Echoed { .. }
        | ArticleEvent::Queued { .. }
        | ArticleEvent::Noted { .. }
        | ArticleEvent::Reacted { .. }
        | ArticleEvent::Edited { .. }
        | ArticleEvent::Revoked { .. } => article(voice, event),
    }
}

pub(super) fn icon(event: &ArticleEvent) -> &'static str {
    match event {
        ArticleEvent::Received { .. } => "inbox",
        ArticleEvent::Echoed { .. } | ArticleEvent::Queued { .. } => "send",
        ArticleEvent::Noted { .. } => "note",
        ArticleEvent::Attempted { .. } | ArticleEvent::Requeued { .. } => "send",
        ArticleEvent::Accepted { .. } => "check",
        ArticleEvent::Deferred { .. } | ArticleEvent::Doubted { .. } => "clock",
        ArticleEvent::Failed { .. } | ArticleEvent::MediaFailed { .. } => "alert",
        ArticleEvent::Reported { .. } | ArticleEvent::ReadMarked { .. } => "check-double",
        ArticleEvent::Reacted { .. } => "smile",
        ArticleEvent::Edited { .. } => "pen",
        ArticleEvent::Revoked { .. } => "undo",
        ArticleEvent::MediaFetched { .. } => "clip",
    }
}

pub(super) fn tone(event: &ArticleEvent) -> &'static str {
    match event {
        ArticleEvent::Failed { .. } => "bad",
        ArticleEvent::Reported { state, .. } if state == "failed" => "bad",
        ArticleEvent::Deferred { .. }
        | ArticleEvent::Doubted { .. }
        | ArticleEvent::MediaFailed { .. } => "warn",
        ArticleEvent::Received { .. }
        | ArticleEvent::Echoed { .. }
        | ArticleEvent::Queued { .. }
        | ArticleEvent::Noted { .. }
        | ArticleEvent::Attempted { .. }
        | ArticleEvent::Accepted { .. }
        | ArticleEvent::Requeued { .. }
        | ArticleEvent::Reported { .. }
        | ArticleEvent::Reacted { .. }
        | ArticleEvent::Edited { .. }
        | ArticleEvent::Revoked { .. }
        | ArticleEvent::MediaFetched { .. }
        | ArticleEvent::ReadMarked { .. } => "",
    }
}

/// The first line of what was said, as far as it has not been removed.
fn words(sealed: &SealedContent) -> Option<String> {
    Some(sealed.said.as_ref()?.content.preview())
}
