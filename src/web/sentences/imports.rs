//! Sentences about what was taken over from other systems.

use super::Voice;
use crate::domain::event::import::ImportEvent;

pub(super) fn import(voice: &Voice<'_>, event: &ImportEvent) -> String {
    match event {
        ImportEvent::Began {
            source,
            threads,
            articles,
            ..
        } => voice.say(
            "An import from {source} began: {threads} threads, {articles} articles",
            &[
                ("source", source.words()),
                ("threads", &threads.to_string()),
                ("articles", &articles.to_string()),
            ],
        ),
        ImportEvent::TicketTaken {
            source,
            foreign_id,
            ticket,
            sealed,
            ..
        } => voice.because(
            "{it} was taken over from {source}, number {id} there",
            &[
                ("it", &ticket.to_string()),
                ("source", source.words()),
                ("id", foreign_id),
            ],
            sealed.title.as_deref(),
        ),
        ImportEvent::ConversationTaken {
            source,
            conversation,
            ..
        } => voice.say(
            "{it} was taken over from {source}",
            &[
                ("it", &conversation.to_string()),
                ("source", source.words()),
            ],
        ),
        ImportEvent::ArticleTaken {
            source,
            object,
            sealed,
            ..
        } => voice.because(
            "An article of {it} was taken over from {source}",
            &[("it", &object.to_string()), ("source", source.words())],
            sealed
                .said
                .as_ref()
                .map(|said| said.content.preview())
                .as_deref(),
        ),
        ImportEvent::Finished {
            source,
            threads,
            articles,
            ..
        } => voice.say(
            "The import from {source} ended: {threads} threads, {articles} articles were taken",
            &[
                ("source", source.words()),
                ("threads", &threads.to_string()),
                ("articles", &articles.to_string()),
            ],
        ),
    }
}
