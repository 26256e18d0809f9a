//! Sentences about the bot.

use super::Voice;
use crate::domain::bot::Check;
use crate::domain::bot::language::Tongue;
use crate::domain::event::bot::BotEvent;
use crate::domain::id::Object;

pub(super) fn bot(voice: &Voice<'_>, event: &BotEvent) -> String {
    match event {
        BotEvent::Switched { channel, to, .. } => voice.say(
            if *to {
                "{who} lets new conversations of {name} begin with the bot"
            } else {
                "{who} lets new conversations of {name} begin without the bot"
            },
            &[("name", &voice.name(Object::Channel(*channel)))],
        ),
        BotEvent::Decided {
            conversation,
            check,
            action,
            language,
            turn,
            ..
        } => {
            let pattern = match action.as_str() {
                "give_up" => "{who} gives {it} up in turn {turn}: {why} ({language})",
                "silent" => "{who} stays silent in {it} in turn {turn}: {why} ({language})",
                _ => "{who} answers in {it}, turn {turn}: {why} ({language})", // `answer`
            };
            let why = match Check::of(check) {
                Some(check) => check.words(),
                None => check, // a word of a later version
            };
            let language = named(language);
            voice.say(
                pattern,
                &[
                    ("it", &conversation.to_string()),
                    ("turn", &turn.to_string()),
                    ("why", &voice.word(why)),
                    ("language", &voice.word(language)),
                ],
            )
        }
        BotEvent::Disclosed {
            conversation,
            language,
            ..
        } => {
            let language = named(language);
            voice.say(
                "{who} told the customer of {it} that it is a machine ({language})",
                &[
                    ("it", &conversation.to_string()),
                    ("language", &voice.word(language)),
                ],
            )
        }
    }
}

fn named(language: &str) -> &str {
    match Tongue::of_code(language) {
        Some(tongue) => tongue.name(),
        None => language,
    }
}

pub(super) fn icon(event: &BotEvent) -> &'static str {
    match event {
        BotEvent::Switched { .. } | BotEvent::Decided { .. } => "bot",
        BotEvent::Disclosed { .. } => "info",
    }
}
