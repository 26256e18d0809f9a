//! Events as other systems collect them: OCSF and ECS, one JSON object a line. Each keeps the
//! number and the hash of its event, so that it can be found again in the trail and proved. What
//! stands under seal stays at the desk.

use super::deeds::{About, Deed, about, deed, failed};
use crate::desk::audit::Recorded;
use crate::domain::actor::Actor;
use crate::domain::id::Object;
use crate::domain::member::Role;
use crate::ledger::SOFTWARE;
use data_encoding::BASE64;
use serde_json::{Map, Value, json};

/// The version of the schema. **Source:** Open Cybersecurity Schema Framework 1.3.0.
const OCSF: &str = "1.3.0";

/// The version of the schema. **Source:** Elastic Common Schema 8.11.
const ECS: &str = "8.11.0";

/// An event in the form of the Open Cybersecurity Schema Framework.
///
/// **Source:** OCSF 1.3.0, classes Account Change (3001), Authentication (3002), Entity Management
/// (3004) and API Activity (6003).
pub fn ocsf(event: &Recorded) -> Value {
    let entry = &event.entry;
    let (deed, about) = (deed(&entry.event), about(&entry.event));
    let (class, activity) = class(deed, about, &entry.event);
    let failed = failed(&entry.event);
    let mut projected = Map::new();
    let mut put = |name: &str, value: Value| projected.insert(name.to_owned(), value);
    put("activity_id", json!(activity));
    put("category_uid", json!(class / 1000));
    put("class_uid", json!(class));
    put("type_uid", json!(class * 100 + activity));
    put("time", json!(entry.at.0));
    put("severity_id", json!(if failed { 2 } else { 1 }));
    put("status_id", json!(if failed { 2 } else { 1 }));
    put("message", json!(entry.event));
    put("actor", json!({ "user": ocsf_user(&entry.actor) }));
    if activity == 99 {
        put("activity_name", json!(entry.event));
    }
    put(
        "metadata",
        json!({
            "version": OCSF, "uid": entry.seq.to_string(), "sequence": entry.seq.0,
            "event_code": entry.event, "log_name": "audit", "log_version": entry.ev.to_string(),
            "correlation_uid": entry.via.request, "original_time": entry.at.to_string(),
            "product": { "name": "Trailbox", "vendor_name": "Trailbox", "version": SOFTWARE },
        }),
    );
    let endpoint = json!({ "name": entry.via.door.as_str(), "type_id": 0 });
    match class {
        3001 | 3002 => {
            put("user", ocsf_subject(event));
            put("service", json!({ "name": "Trailbox" }));
            put("src_endpoint", endpoint);
        }
        3004 => {
            put("entity", entity(event));
            put("src_endpoint", endpoint);
        }
        _ => {
            // API Activity
            let service = json!({ "name": "Trailbox" });
            put(
                "api",
                json!({ "operation": entry.event, "service": service }),
            );
            put("src_endpoint", endpoint);
            let resources = objects(event).into_iter();
            let resources = resources.map(|(id, kind)| json!({ "uid": id, "type": kind }));
            put("resources", resources.collect());
        }
    }
    put("unmapped", own(event));
    without_nulls(Value::Object(projected))
}

/// An event in the form of the Elastic Common Schema.
///
/// **Source:** ECS 8.11, field sets *base*, *event*, *user*, *group*, *related*, *service*.
pub fn ecs(event: &Recorded) -> Value {
    let entry = &event.entry;
    let (deed, about) = (deed(&entry.event), about(&entry.event));
    let mut user = ecs_user(&entry.actor);
    if let Some(principal) = &entry.acts_for {
        user.insert("effective".to_owned(), Value::Object(ecs_user(principal)));
    }
    let subject = subject(event);
    if let Some((id, name)) = &subject
        && *id != entry.actor.id()
    {
        user.insert("target".to_owned(), json!({ "id": id, "name": name }));
    }
    let mut related = vec![entry.actor.id()];
    related.extend(subject.map(|(id, _)| id));
    related.dedup();
    let (category, mut kinds) = category(deed, about);
    if entry.event == "member.access_refused" {
        kinds = &["denied"];
    }
    without_nulls(json!({
        "@timestamp": entry.at.to_string(), "ecs": { "version": ECS }, "message": entry.event,
        "event": {
            "id": entry.seq.to_string(), "sequence": entry.seq.0, "kind": "event",
            "category": category, "type": kinds, "action": entry.event,
            "outcome": if failed(&entry.event) { "failure" } else { "success" },
            "dataset": "trailbox.audit", "module": "trailbox", "provider": "trailbox",
            "hash": BASE64.encode(&event.leaf),
        },
        "user": user, "related": { "user": related },
        "service": { "name": "Trailbox", "type": "trailbox", "version": SOFTWARE },
        "trailbox": own(event),
    }))
}

/// Class and activity.
fn class(deed: Deed, about: About, event: &str) -> (u64, u64) {
    match about {
        About::Session => match deed {
            Deed::SignsOut => (3002, 2),
            _ => (3002, 1), // signing in, or trying to
        },
        About::Account => {
            let activity = match event {
                "member.added" => 1,
                "member.reactivated" => 2,
                "member.password_changed" => 3,
                "member.deactivated" => 5,
                _ => 99, // what the class has no word for: role, profile, groups
            };
            (3001, activity)
        }
        About::Setting => (3004, activity(deed)),
        About::Work => (6003, activity(deed)),
    }
}

fn activity(deed: Deed) -> u64 {
    match deed {
        Deed::Creates => 1,
        Deed::Reads => 2,
        Deed::Changes => 3,
        Deed::Removes => 4,
        Deed::SignsIn | Deed::SignsOut | Deed::Other => 99,
    }
}

/// Categories and types; only pairs that the schema expects.
fn category(deed: Deed, about: About) -> (&'static [&'static str], &'static [&'static str]) {
    match (about, deed) {
        (About::Session, Deed::SignsIn) => (&["authentication", "session"], &["start"]),
        (About::Session, Deed::SignsOut) => (&["authentication", "session"], &["end"]),
        (About::Session, _) => (&["authentication"], &["info"]),
        (About::Account, Deed::Creates) => (&["iam"], &["user", "creation"]),
        (About::Account, Deed::Removes) => (&["iam"], &["user", "deletion"]),
        (About::Account, _) => (&["iam"], &["user", "change"]),
        (About::Setting, Deed::Creates) => (&["configuration"], &["creation"]),
        (About::Setting, Deed::Removes) => (&["configuration"], &["deletion"]),
        (About::Setting, Deed::Reads) => (&["configuration"], &["access"]),
        (About::Setting, Deed::Changes) => (&["configuration"], &["change"]),
        (About::Setting, _) => (&["configuration"], &["info"]),
        (About::Work, Deed::Creates) => (&["api"], &["creation"]),
        (About::Work, Deed::Removes) => (&["api"], &["deletion"]),
        (About::Work, Deed::Reads) => (&["api"], &["access"]),
        (About::Work, Deed::Changes) => (&["api"], &["change"]),
        (About::Work, _) => (&["api"], &["info"]),
    }
}

/// What neither form has a place for: number, hashes, cause, door, objects, the public fields.
fn own(event: &Recorded) -> Value {
    let entry = &event.entry;
    let objects: Vec<String> = objects(event).into_iter().map(|(id, _)| id).collect();
    json!({
        "seq": entry.seq.0, "leaf": BASE64.encode(&event.leaf), "prev": entry.prev,
        "cause": entry.cause.map(|cause| cause.0), "door": entry.via.door.as_str(),
        "actor_kind": entry.actor.kind(), "objects": objects, "data": entry.data,
    })
}

fn ocsf_user(actor: &Actor) -> Value {
    let kind = match actor {
        Actor::Member {
            role: Role::Owner | Role::Admin,
            ..
        } => 2,
        Actor::Member { .. } | Actor::Contact { .. } => 1,
        Actor::Bot { .. } | Actor::Rule { .. } | Actor::Provider { .. } | Actor::System { .. } => 3,
        Actor::Token { .. } => 99,
    };
    let mut user = json!({
        "uid": actor.id(), "name": name(actor), "type": actor.kind(), "type_id": kind,
    });
    if let (Actor::Member { role, .. }, Value::Object(fields)) = (actor, &mut user) {
        let group = json!([{ "name": role.as_str(), "type": "role" }]);
        fields.insert("groups".to_owned(), group);
    }
    user
}

/// The user a session or an account is of.
fn ocsf_subject(event: &Recorded) -> Value {
    match subject(event) {
        Some((id, name)) => json!({ "uid": id, "name": name, "type_id": 1 }),
        None => json!({ "name": "unknown", "type_id": 0 }), // somebody tried who is no member
    }
}

/// The member an event is about: id, and the name that was written down with it.
fn subject(event: &Recorded) -> Option<(String, Option<String>)> {
    let member = event
        .event
        .objects()
        .into_iter()
        .find_map(|object| match object {
            Object::Member(id) => Some(id.to_string()),
            Object::Conversation(_)
            | Object::Ticket(_)
            | Object::Contact(_)
            | Object::Channel(_)
            | Object::Group(_) => None,
        })?;
    let told = event.entry.data.get("name").and_then(Value::as_str);
    Some((member, told.map(str::to_owned)))
}

fn entity(event: &Recorded) -> Value {
    let data = &event.entry.data;
    let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
    let area = event.entry.event.split('.').next().unwrap_or_default();
    let uid = objects(event).into_iter().next().map(|(id, _)| id);
    json!({
        "type": area, "uid": uid.or_else(|| text("key")),
        "name": text("title").or_else(|| text("name")).unwrap_or_else(|| area.to_owned()),
        "data": data,
    })
}

fn ecs_user(actor: &Actor) -> Map<String, Value> {
    let mut user = Map::from_iter([
        ("id".to_owned(), Value::String(actor.id())),
        ("name".to_owned(), Value::String(name(actor))),
    ]);
    if let Actor::Member { role, .. } = actor {
        user.insert("roles".to_owned(), json!([role.as_str()]));
    }
    user
}

fn objects(event: &Recorded) -> Vec<(String, &'static str)> {
    let objects = event.event.objects().into_iter();
    objects
        .map(|object| {
            let kind = match object {
                Object::Conversation(_) => "conversation",
                Object::Ticket(_) => "ticket",
                Object::Contact(_) => "contact",
                Object::Member(_) => "member",
                Object::Channel(_) => "channel",
                Object::Group(_) => "group",
            };
            (object.to_string(), kind)
        })
        .collect()
}

fn name(actor: &Actor) -> String {
    match actor {
        Actor::Member { name, .. } => name.clone(),
        Actor::Bot { .. }
        | Actor::Rule { .. }
        | Actor::Contact { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. } => actor.id(),
    }
}

/// Attributes without a value are left out, except inside the event's own fields.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| match name.as_str() {
                    "data" => (name, value),
                    _ => (name, without_nulls(value)), // may hold more of them
                })
                .collect(),
        ),
        other => other,
    }
}
