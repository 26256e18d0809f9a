//! Sentences about notifications.

use super::Voice;
use crate::domain::action::Audience;
use crate::domain::event::notification::NotificationEvent;
use crate::domain::id::Object;
use crate::domain::notification::Ways;

pub(super) fn notification(voice: &Voice<'_>, event: &NotificationEvent) -> String {
    let name = |member| voice.name(Object::Member(member));
    match event {
        NotificationEvent::Asked { object, to, sealed } => {
            let whom = match to {
                Audience::Owner => voice.word("its owner"),
                Audience::Leads => voice.word("the leads"),
                Audience::Member { id } => name(*id),
                Audience::Group { id } => voice.name(Object::Group(*id)),
            };
            voice.because(
                "{who} tells {name} of {it}",
                &[("name", &whom), ("it", &voice.name(*object))],
                sealed.text.as_deref(),
            )
        }
        NotificationEvent::CopyTried {
            member,
            notification,
            sent,
            next_at,
            trouble,
            ..
        } => voice.because(
            match (sent, next_at) {
                (true, _) => "{name} got a copy of #{at} by e-mail",
                (false, Some(_)) => "The copy of #{at} for {name} was not taken; it is tried again",
                (false, None) => "The copy of #{at} for {name} was not taken; it was given up",
            },
            &[("name", &name(*member)), ("at", &notification.to_string())],
            trouble.as_deref(),
        ),
        NotificationEvent::Told {
            member,
            kind,
            about,
            object,
            ways,
            quiet,
        } => {
            let pattern = if *quiet {
                "{name} was looking at {it} when #{about} happened ({kind})"
            } else {
                "{name} was told of #{about} on {it} ({kind}): {ways}"
            };
            voice.say(
                pattern,
                &[
                    ("name", &name(*member)),
                    ("about", &about.to_string()),
                    ("it", &voice.name(*object)),
                    ("kind", &voice.word(kind.words())),
                    ("ways", &said(voice, *ways)),
                ],
            )
        }
        NotificationEvent::Read {
            member,
            notifications,
        } => voice.say(
            "{name} has seen {n} notifications",
            &[
                ("name", &name(*member)),
                ("n", &notifications.len().to_string()),
            ],
        ),
        NotificationEvent::Preferred {
            member,
            kind,
            from,
            to,
        } => voice.say(
            "{name} chose how to be told of {kind}: {to} (before: {from})",
            &[
                ("name", &name(*member)),
                ("kind", &voice.word(kind.words())),
                ("from", &said(voice, *from)),
                ("to", &said(voice, *to)),
            ],
        ),
    }
}

fn said(voice: &Voice<'_>, ways: Ways) -> String {
    let ways = [
        (ways.list, "List"),
        (ways.browser, "Browser"),
        (ways.email, "E-mail"),
    ];
    let on: Vec<String> = ways
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, way)| voice.word(way))
        .collect();
    if on.is_empty() {
        voice.word("not at all")
    } else {
        on.join(", ")
    }
}

pub(super) fn icon(event: &NotificationEvent) -> &'static str {
    match event {
        NotificationEvent::Asked { .. } | NotificationEvent::Told { .. } => "bell",
        NotificationEvent::CopyTried { .. } => "email",
        NotificationEvent::Read { .. } => "eye",
        NotificationEvent::Preferred { .. } => "sliders",
    }
}
