//! Sentences about how groups give work out.

use super::Voice;
use crate::domain::assignment::{Choice, Rule};
use crate::domain::event::assignment::AssignmentEvent;
use crate::domain::id::Object;

pub(super) fn assignment(voice: &Voice<'_>, event: &AssignmentEvent) -> String {
    match event {
        AssignmentEvent::RuleSet { group, from, to } => voice.say(
            "{who} set how {group} gives work out: {to} (before: {from})",
            &[
                ("group", &voice.name(Object::Group(*group))),
                ("from", &said(voice, *from)),
                ("to", &said(voice, *to)),
            ],
        ),
        AssignmentEvent::ShiftSet { member, to, .. } => {
            let name = voice.name(Object::Member(*member));
            match to {
                Some(calendar) => voice.say(
                    "{who} gave {name} the working hours of calendar {calendar}",
                    &[("name", &name), ("calendar", &calendar.to_string())],
                ),
                None => voice.say("{who} gave {name} no working hours", &[("name", &name)]),
            }
        }
        AssignmentEvent::ShiftTurned { member, on } => voice.say(
            match on {
                true => "The shift of {name} began",
                false => "The shift of {name} ended",
            },
            &[("name", &voice.name(Object::Member(*member)))],
        ),
    }
}

fn said(voice: &Voice<'_>, rule: Rule) -> String {
    let mut said = voice.word(rule.method.words());
    if rule.cap > 0 {
        said.push_str(&voice.say(", at most {n} each", &[("n", &rule.cap.to_string())]));
    }
    if rule.away_min > 0 {
        let minutes = rule.away_min.to_string();
        said.push_str(&voice.say(", back after {n} minutes away", &[("n", &minutes)]));
    }
    said
}

/// Why somebody was chosen.
pub(super) fn why(voice: &Voice<'_>, choice: &Choice) -> String {
    let passed: Vec<String> = choice
        .passed_over
        .iter()
        .map(|one| {
            let why = match one.why.as_str() {
                "away" => "away",
                "off_shift" => "off shift",
                "cap" => "has enough",
                "role" => "may not work",
                "gave_back" => "gave it back",
                other => other, // a word of a later version
            };
            format!(
                "{} {}",
                voice.name(Object::Member(one.member)),
                voice.word(why)
            )
        })
        .collect();
    let mut said = voice.say(
        "{how}; {open} open before, {able} could take it",
        &[
            ("how", &voice.word(choice.method.words())),
            ("open", &choice.open.to_string()),
            ("able", &choice.able.to_string()),
        ],
    );
    if !passed.is_empty() {
        said.push_str(&voice.say("; not {passed}", &[("passed", &passed.join(", "))]));
    }
    said
}
