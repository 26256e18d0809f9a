//! Sentences about service levels.

use super::Voice;
use crate::domain::event::SlaEvent;
use crate::domain::id::Object;
use crate::domain::sla::Why;

pub(super) fn sla(voice: &Voice<'_>, event: &SlaEvent) -> String {
    let calendar = |id: &Option<u64>| {
        id.map_or_else(
            || voice.word("that of the desk"),
            |id| voice.say("calendar {id}", &[("id", &id.to_string())]),
        )
    };
    let clocked = |pattern: &str, metric: crate::domain::sla::Metric, object: &Object| {
        let clock = voice.word(metric.words());
        let object = object.to_string();
        voice.say(pattern, &[("clock", &clock), ("object", &object)])
    };
    match event {
        SlaEvent::CalendarSet {
            name, version: 1, ..
        } => voice.say("{who} set up the calendar {name}", &[("name", name)]),
        SlaEvent::CalendarSet { name, version, .. } => {
            let version = version.to_string();
            let values = [("name", name.as_str()), ("version", version.as_str())];
            voice.say(
                "{who} changed the calendar {name}: version {version}",
                &values,
            )
        }
        SlaEvent::CalendarAssigned { group, to, .. } => {
            let to = calendar(to);
            match group {
                Some(group) => {
                    let group = voice.name(Object::Group(*group));
                    voice.say("{group} goes by {to}", &[("group", &group), ("to", &to)])
                }
                None => voice.say("The desk goes by {to}", &[("to", &to)]),
            }
        }
        SlaEvent::PolicySet { to, version: 1, .. } => {
            voice.say("{who} set up the policy {name}", &[("name", &to.name)])
        }
        SlaEvent::PolicySet { to, version, .. } => {
            let version = version.to_string();
            let values = [("name", to.name.as_str()), ("version", version.as_str())];
            voice.say(
                "{who} changed the policy {name}: version {version}",
                &values,
            )
        }
        SlaEvent::PolicyRetired { name, .. } => {
            voice.say("{who} took the policy {name} out of use", &[("name", name)])
        }
        SlaEvent::Matched {
            object,
            policy: Some(_),
            policy_version,
            name,
            ..
        } => {
            let (object, version) = (object.to_string(), policy_version.to_string());
            let values = [
                ("object", object.as_str()),
                ("name", name.as_str()),
                ("version", version.as_str()),
            ];
            voice.say("{object} is measured by {name}, version {version}", &values)
        }
        SlaEvent::Matched { object, .. } => {
            let object = object.to_string();
            voice.say(
                "{object} is measured by no policy any more",
                &[("object", &object)],
            )
        }
        SlaEvent::Started { object, clock, .. } => {
            clocked("{clock} of {object} began to count", *clock, object)
        }
        SlaEvent::Paused { object, clock, .. } => clocked(
            "{clock} of {object} stands still while it waits",
            *clock,
            object,
        ),
        SlaEvent::Resumed { object, clock, .. } => {
            clocked("{clock} of {object} counts again", *clock, object)
        }
        SlaEvent::Reopened { object, clock, .. } => {
            clocked("{clock} of {object} goes on", *clock, object)
        }
        SlaEvent::Retargeted { object, clock, .. } => {
            clocked("{clock} of {object} goes by other terms", *clock, object)
        }
        SlaEvent::Warned { object, clock, .. } => {
            clocked("{clock} of {object} is due soon", *clock, object)
        }
        SlaEvent::Breached { object, clock, .. } => {
            clocked("{clock} of {object} is overdue", *clock, object)
        }
        SlaEvent::Met { object, clock, .. } => {
            clocked("{clock} of {object} was in time", *clock, object)
        }
        SlaEvent::Ended { object, clock, .. } => {
            clocked("{clock} of {object} came too late", *clock, object)
        }
        SlaEvent::Cancelled {
            object,
            clock,
            why: Why::Recounted,
            ..
        } => clocked(
            "{clock} of {object} never was: the answer did not arrive",
            *clock,
            object,
        ),
        SlaEvent::Cancelled { object, clock, .. } => {
            clocked("{clock} of {object} is not needed any more", *clock, object)
        }
        SlaEvent::Recounted { object, clock, .. } => clocked(
            "{clock} of {object} was counted anew: an answer did not arrive",
            *clock,
            object,
        ),
    }
}

pub(super) fn icon(event: &SlaEvent) -> &'static str {
    match event {
        SlaEvent::CalendarSet { .. } | SlaEvent::CalendarAssigned { .. } => "clock",
        SlaEvent::PolicySet { .. } | SlaEvent::PolicyRetired { .. } => "clock",
        SlaEvent::Matched { .. } => "link",
        SlaEvent::Warned { .. } | SlaEvent::Breached { .. } => "alert",
        SlaEvent::Met { .. } => "check",
        SlaEvent::Started { .. }
        | SlaEvent::Paused { .. }
        | SlaEvent::Resumed { .. }
        | SlaEvent::Reopened { .. }
        | SlaEvent::Retargeted { .. }
        | SlaEvent::Ended { .. }
        | SlaEvent::Cancelled { .. }
        | SlaEvent::Recounted { .. } => "clock",
    }
}

pub(super) fn tone(event: &SlaEvent) -> &'static str {
    match event {
        SlaEvent::Breached { .. } | SlaEvent::Ended { .. } => "bad",
        SlaEvent::Warned { .. } | SlaEvent::Recounted { .. } => "warn",
        SlaEvent::CalendarSet { .. }
        | SlaEvent::CalendarAssigned { .. }
        | SlaEvent::PolicySet { .. }
        | SlaEvent::PolicyRetired { .. }
        | SlaEvent::Matched { .. }
        | SlaEvent::Started { .. }
        | SlaEvent::Paused { .. }
        | SlaEvent::Resumed { .. }
        | SlaEvent::Reopened { .. }
        | SlaEvent::Retargeted { .. }
        | SlaEvent::Met { .. }
        | SlaEvent::Cancelled { .. } => "",
    }
}
