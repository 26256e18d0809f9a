//! Sentences about what the desk is set up with: its lists of tags and types, its rules.

use super::Voice;
use crate::domain::event::labels::LabelEvent;
use crate::domain::event::rules::RuleEvent;
use crate::domain::event::view::ViewEvent;
use crate::domain::label::List;

pub(super) fn label(voice: &Voice<'_>, event: &LabelEvent) -> String {
    let list = |list: &List| match list {
        List::Tag => voice.word("tag"),
        List::Type => voice.word("ticket type"),
    };
    match event {
        LabelEvent::Added {
            list: of, label, ..
        } => voice.say(
            "{who} added the {list} {label}",
            &[("list", &list(of)), ("label", label)],
        ),
        LabelEvent::Changed {
            list: of,
            from,
            label,
            colour,
            ..
        } if from == label => voice.say(
            "{who} gave the {list} {label} the colour {colour}",
            &[
                ("list", &list(of)),
                ("label", label),
                ("colour", &voice.word(colour.as_str())),
            ],
        ),
        LabelEvent::Changed {
            list: of,
            from,
            label,
            ..
        } => voice.say(
            "{who} renamed the {list} {from} to {label}",
            &[("list", &list(of)), ("from", from), ("label", label)],
        ),
        LabelEvent::Retired { list: of, name } => voice.say(
            "{who} retired the {list} {name}",
            &[("list", &list(of)), ("name", name)],
        ),
        LabelEvent::Restored { list: of, name } => voice.say(
            "{who} restored the {list} {name}",
            &[("list", &list(of)), ("name", name)],
        ),
    }
}

pub(super) fn view(voice: &Voice<'_>, event: &ViewEvent) -> String {
    match event {
        ViewEvent::Saved { owner, sealed, .. } => {
            let asks = sealed.asks.as_ref();
            let name = asks.map_or_else(|| "–".to_owned(), |asks| asks.name.clone());
            let pattern = match owner {
                Some(_) => "{who} kept the view {name} for themselves",
                None => "{who} kept the view {name} for everybody",
            };
            voice.say(pattern, &[("name", &name)])
        }
        ViewEvent::Removed { view } => voice.say(
            "{who} removed the view {id}",
            &[("id", &format!("no. {view}"))],
        ),
    }
}

pub(super) fn rule(voice: &Voice<'_>, event: &RuleEvent) -> String {
    match event {
        RuleEvent::Saved {
            rule,
            version,
            name,
            ..
        } => voice.say(
            "{who} wrote rule {id} {name}, version {version}",
            &[
                ("id", &format!("R-{rule}")),
                ("name", name),
                ("version", &version.to_string()),
            ],
        ),
        RuleEvent::Switched { rule, version, on } => {
            let pattern = match on {
                true => "{who} switched rule {id} on, version {version}",
                false => "{who} switched rule {id} off",
            };
            voice.say(
                pattern,
                &[
                    ("id", &format!("R-{rule}")),
                    ("version", &version.to_string()),
                ],
            )
        }
        RuleEvent::Ran {
            name,
            version,
            object,
            ..
        } => voice.say(
            "The rule {name} (version {version}) ran on {it}",
            &[
                ("name", name),
                ("version", &version.to_string()),
                ("it", &object.to_string()),
            ],
        ),
        RuleEvent::Cut {
            name,
            object,
            depth,
            ..
        } => voice.say(
            "The rule {name} was stopped on {it}: rules answered rules {depth} deep, which is a loop",
            &[
                ("name", name),
                ("it", &object.to_string()),
                ("depth", &depth.to_string()),
            ],
        ),
        RuleEvent::Hindered {
            name,
            object,
            action,
            sealed,
            ..
        } => voice.because(
            "The rule {name} could not do {action} on {it}",
            &[
                ("name", name),
                ("it", &object.to_string()),
                ("action", &voice.word(action)),
            ],
            sealed.reason.as_deref(),
        ),
    }
}

pub(super) fn rule_tone(event: &RuleEvent) -> &'static str {
    match event {
        RuleEvent::Cut { .. } => "bad",
        RuleEvent::Hindered { .. } => "warn",
        RuleEvent::Saved { .. } | RuleEvent::Switched { .. } | RuleEvent::Ran { .. } => "",
    }
}
