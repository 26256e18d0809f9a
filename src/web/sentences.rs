//! What each event says, as one sentence in the reader's language, with the picture and the tone it
//! is shown in. Sentences are made when somebody reads, never stored: the facts are.

mod access;
mod articles;
mod assignment;
mod bot;
mod calls;
mod checkpoint;
mod email;
mod exports;
mod house;
mod imports;
mod joined;
mod lists;
mod many;
mod notification;
mod packs;
mod privacy;
mod sla;
mod statuses;
mod webhooks;
mod work;

use crate::desk::audit::Recorded;
use crate::domain::actor::Actor;
use crate::domain::event::Event;
use crate::domain::id::Object;
use crate::web::text::{Language, fill, isolated, translate};

/// What an event says; objects are named by their ids.
pub fn sentence(language: Language, event: &Recorded) -> String {
    told(language, event, &|_| None)
}

/// The same, with the names the page knows in the place of ids: customers, channels, groups.
pub fn told(
    language: Language,
    event: &Recorded,
    names: &dyn Fn(Object) -> Option<String>,
) -> String {
    said(language, &event.entry.actor, &event.event, names)
}

/// What an event would say that has not been recorded.
pub fn foretold(language: Language, by: &Actor, event: &Event) -> String {
    said(language, by, event, &|_| None)
}

fn said(
    language: Language,
    by: &Actor,
    event: &Event,
    names: &dyn Fn(Object) -> Option<String>,
) -> String {
    let voice = Voice {
        language,
        who: actor(language, by, names),
        names,
    };
    match event {
        Event::Desk(event) => house::desk(&voice, event),
        Event::Member(event) => house::member(&voice, event),
        Event::Group(event) => house::group(&voice, event),
        Event::Channel(event) => house::channel(&voice, event),
        Event::Contact(event) => work::contact(&voice, event),
        Event::Conversation(event) => work::conversation(&voice, event),
        Event::Ticket(event) => work::ticket(&voice, event),
        Event::Article(event) => articles::article(&voice, event),
        Event::Label(event) => lists::label(&voice, event),
        Event::Webhook(event) => webhooks::webhook(&voice, event),
        Event::Status(event) => statuses::status(&voice, event),
        Event::Field(event) => statuses::field(&voice, event),
        Event::Bulk(event) => many::bulk(&voice, event),
        Event::Macro(event) => many::used(&voice, event),
        Event::Rule(event) => lists::rule(&voice, event),
        Event::Bot(event) => bot::bot(&voice, event),
        Event::Sla(event) => sla::sla(&voice, event),
        Event::Assignment(event) => assignment::assignment(&voice, event),
        Event::Notification(event) => notification::notification(&voice, event),
        Event::Call(event) => calls::call(&voice, event),
        Event::Commitment(event) => calls::commitment(&voice, event),
        Event::Import(event) => imports::import(&voice, event),
        Event::Audit(event) => house::audit(&voice, event),
        Event::Checkpoint(event) => checkpoint::checkpoint(&voice, event),
        Event::Email(event) => email::email(&voice, event),
        Event::View(event) => lists::view(&voice, event),
        Event::Pack(event) => packs::pack(&voice, event),
        Event::Privacy(event) => privacy::privacy(&voice, event),
        Event::Access(event) => access::access(&voice, event),
        Event::Export(event) => exports::export(&voice, event),
    }
}

/// The actor's name as people read it.
pub fn actor(
    language: Language,
    actor: &Actor,
    names: &dyn Fn(Object) -> Option<String>,
) -> String {
    let word = |english| translate(language, english).to_owned();
    match actor {
        Actor::Member { name, .. } => name.clone(),
        Actor::Bot { .. } => word("The bot"),
        Actor::Rule { id, .. } => filled(language, "Rule {name}", &[("name", id)]),
        Actor::Contact { id } => names(Object::Contact(*id))
            .unwrap_or_else(|| filled(language, "Customer {name}", &[("name", &id.to_string())])),
        Actor::Token { id } => filled(language, "Token {name}", &[("name", id)]),
        Actor::Provider { .. } => word("WhatsApp"),
        Actor::System { id } if id == "shell" => word("The operator at the shell"),
        Actor::System { .. } => word("Trailbox"),
    }
}

/// The picture of an event in the sprite.
pub fn icon(event: &Event) -> &'static str {
    match event {
        Event::Desk(_) => "screen",
        Event::Member(event) => house::member_icon(event),
        Event::Group(_) => "group",
        Event::Channel(event) => house::channel_icon(event),
        Event::Contact(event) => work::contact_icon(event),
        Event::Conversation(event) => work::conversation_icon(event),
        Event::Ticket(event) => work::ticket_icon(event),
        Event::Article(event) => articles::icon(event),
        Event::Label(_) => "tag",
        Event::Webhook(_) => "plug",
        Event::Status(_) => "swap",
        Event::Field(_) => "pen",
        Event::Bulk(_) => "list",
        Event::Macro(_) => "template",
        Event::Rule(_) => "sliders",
        Event::Bot(event) => bot::icon(event),
        Event::Sla(event) => sla::icon(event),
        Event::Assignment(_) => "group",
        Event::Notification(event) => notification::icon(event),
        Event::Call(event) => calls::call_icon(event),
        Event::Commitment(event) => calls::commitment_icon(event),
        Event::Import(_) => "download",
        Event::Audit(event) => house::audit_icon(event),
        Event::Checkpoint(event) => checkpoint::icon(event),
        Event::Email(_) => "email",
        Event::View(_) => "filter",
        Event::Pack(event) => packs::icon(event),
        Event::Privacy(event) => privacy::icon(event),
        Event::Access(_) => "eye",
        Event::Export(_) => "download",
    }
}

/// The tone an event is shown in: empty, `warn` or `bad`.
pub fn tone(event: &Event) -> &'static str {
    match event {
        Event::Desk(event) => house::desk_tone(event),
        Event::Member(event) => house::member_tone(event),
        Event::Group(_) | Event::Bot(_) | Event::Assignment(_) | Event::Notification(_) => "",
        Event::Channel(event) => house::channel_tone(event),
        Event::Contact(_) => "",
        Event::Conversation(event) => work::conversation_tone(event),
        Event::Ticket(event) => work::ticket_tone(event),
        Event::Article(event) => articles::tone(event),
        Event::Label(_) | Event::View(_) | Event::Pack(_) | Event::Access(_) => "",
        Event::Privacy(event) => privacy::tone(event),
        Event::Field(_) | Event::Export(_) => "",
        Event::Webhook(event) => webhooks::tone(event),
        Event::Status(event) => statuses::status_tone(event),
        Event::Bulk(event) => many::bulk_tone(event),
        Event::Macro(_) => "",
        Event::Rule(event) => lists::rule_tone(event),
        Event::Sla(event) => sla::tone(event),
        Event::Call(event) => calls::call_tone(event),
        Event::Commitment(event) => calls::commitment_tone(event),
        Event::Import(_) => "",
        Event::Audit(event) => house::audit_tone(event),
        Event::Checkpoint(event) => checkpoint::tone(event),
        Event::Email(event) => email::tone(event),
    }
}

/// How the sentences of one event are said.
struct Voice<'a> {
    language: Language,
    who: String,
    names: &'a dyn Fn(Object) -> Option<String>,
}

impl Voice<'_> {
    /// A pattern of the catalogue, filled; `{who}` is the actor.
    fn say(&self, pattern: &str, values: &[(&str, &str)]) -> String {
        let mut all = vec![("who", self.who.as_str())];
        all.extend_from_slice(values);
        filled(self.language, pattern, &all)
    }

    /// The same with the reason, where one was given and has not been removed.
    fn because(&self, pattern: &str, values: &[(&str, &str)], reason: Option<&str>) -> String {
        with_reason(self.say(pattern, values), reason)
    }

    /// A word of the catalogue.
    fn word(&self, english: &str) -> String {
        translate(self.language, english).to_owned()
    }

    /// An object by the name the page knows, else by its id.
    fn name(&self, object: Object) -> String {
        (self.names)(object).unwrap_or_else(|| object.to_string())
    }
}

fn with_reason(mut sentence: String, reason: Option<&str>) -> String {
    if let Some(reason) = reason.map(str::trim).filter(|reason| !reason.is_empty()) {
        sentence.push_str(": ");
        sentence.push_str(reason);
    }
    sentence
}

fn filled(language: Language, pattern: &str, values: &[(&str, &str)]) -> String {
    fill(translate(language, pattern), |wanted| {
        let known = values.iter().find(|(name, _)| *name == wanted);
        known.map(|(_, value)| isolated(language, (*value).to_owned()))
    })
}

/// A value of the trail as a word on the page.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "–".to_owned(),
        serde_json::Value::Bool(true) => "on".to_owned(),
        serde_json::Value::Bool(false) => "off".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actor::{Door, Via};
    use crate::domain::event::Parts;
    use crate::domain::id::{MemberId, Seq};
    use crate::domain::member::Role;
    use crate::domain::moment::Moment;
    use crate::ledger::entry::Entry;
    use serde_json::{Map, Value};
    use std::collections::BTreeMap;

    fn recorded(parts: Parts) -> Recorded {
        let actor = Actor::Member {
            id: MemberId(3),
            name: "Maya Lind".into(),
            role: Role::Lead,
        };
        let entry = Entry {
            actor,
            at: Moment::default(),
            cause: None,
            clock_back_ms: None,
            data: parts.data.clone(),
            ev: 1,
            event: parts.name.clone(),
            acts_for: None,
            of: Vec::new(),
            prev: String::new(),
            salt: String::new(),
            sealed: BTreeMap::new(),
            seq: Seq(7),
            v: 1,
            via: Via {
                door: Door::Web,
                request: None,
            },
        };
        Recorded {
            seq: Seq(7),
            leaf: [0; 32],
            bytes: String::new(),
            entry,
            event: Event::from_parts(parts).unwrap(),
            disclosures: Vec::new(),
        }
    }

    fn museum() -> Vec<Parts> {
        let lines = include_str!("../../tests/golden/events.jsonl").lines();
        let map = |line: &Value, field: &str| -> Map<String, Value> {
            line[field].as_object().cloned().unwrap_or_default()
        };
        lines
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|line| Parts {
                name: line["event"].as_str().unwrap().to_owned(),
                data: map(&line, "data"),
                sealed: map(&line, "sealed"),
            })
            .collect()
    }

    #[test]
    fn every_event_has_a_finished_sentence_and_a_picture_of_the_sprite() {
        let sprite = include_str!("../../web/assets/icons/sprite.svg");
        for parts in museum() {
            let name = parts.name.clone();
            let event = recorded(parts);
            let said = sentence(Language::English, &event);
            assert!(!said.contains(['{', '}']), "{name}: {said}");
            assert!(said.len() > 8, "{name}: {said}");
            let picture = format!("id=\"{}\"", icon(&event.event));
            assert!(sprite.contains(&picture), "{name}: {picture}");
            assert!(
                ["", "warn", "bad"].contains(&tone(&event.event)),
                "{name}: {}",
                tone(&event.event)
            );
        }
    }

    #[test]
    fn secrets_are_in_no_sentence() {
        for parts in museum() {
            if parts.sealed.contains_key("secret") {
                let name = parts.name.clone();
                let said = sentence(Language::English, &recorded(parts));
                assert!(!said.contains("app_secret"), "{name}: {said}");
            }
        }
    }

    #[test]
    fn changes_name_before_and_after_and_the_reason() {
        let said = |name: &str| {
            let parts = museum().into_iter().find(|parts| parts.name == name);
            sentence(Language::English, &recorded(parts.unwrap()))
        };
        for (event, expected) in [
            (
                "ticket.status_changed",
                "Maya Lind changed the status of T-1042 from In progress to Awaiting courier \
                 (courier, CR-5521, 2026-11-25): the courier has it",
            ),
            (
                "ticket.priority_changed",
                "Maya Lind changed the priority of T-1042 from high to urgent",
            ),
            (
                "conversation.owner_changed",
                "Maya Lind took C-88: the courier has it",
            ),
            (
                "member.role_changed",
                "Maya Lind changed the role of Maya Lind from agent to lead",
            ),
            (
                "desk.setting_changed",
                "Maya Lind changed the setting reopen_window_h from 24 to 72",
            ),
            ("article.received", "Maya Lind wrote: Where is my parcel?"),
        ] {
            assert_eq!(said(event), expected, "{event}");
        }
    }
}
