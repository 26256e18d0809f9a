//! Sentences about who looked at what.

use super::Voice;
use crate::domain::event::access::AccessEvent;

pub(super) fn access(voice: &Voice<'_>, event: &AccessEvent) -> String {
    match event {
        AccessEvent::Searched {
            place,
            found,
            sealed,
        } => {
            let pattern = match place.as_str() {
                "audit" => "{who} asked the trail ({n} found)",
                _ => "{who} searched the desk ({n} found)", // the one other place
            };
            voice.because(
                pattern,
                &[("n", &found.to_string())],
                sealed.question.as_deref(),
            )
        }
        AccessEvent::FileOpened {
            article,
            conversation,
        } => match conversation {
            Some(conversation) => voice.say(
                "{who} opened the file of #{article} in {it}",
                &[
                    ("article", &article.to_string()),
                    ("it", &conversation.to_string()),
                ],
            ),
            None => voice.say(
                "{who} opened the file of #{article}",
                &[("article", &article.to_string())],
            ),
        },
        AccessEvent::Observed { object } => voice.say(
            "{who} observed {it}, unseen by others",
            &[("it", &voice.name(*object))],
        ),
    }
}
