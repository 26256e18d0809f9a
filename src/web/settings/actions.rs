//! The part of a form that says what is done: read, shown again, and what it offers to choose.
//! Macros and rules share it.

use crate::desk::{fields, groups, labels, members, statuses, webhooks};
use crate::domain::action::{Actions, Assignee, Audience, Escalation, Notice};
use crate::domain::label::List;
use crate::domain::variable;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::web::conversations::show::{group_names, types, workers};
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// Languages a reply can be written in beside the usual one: code and own name.
pub const LANGUAGES: [(&str, &str); 7] = [
    ("en", "English"),
    ("es", "Español"),
    ("pt", "Português"),
    ("fr", "Français"),
    ("ar", "العربية"),
    ("ur", "اردو"),
    ("hi", "हिन्दी"),
];

/// What the form offers.
#[derive(Debug, Clone, Serialize, Default)]
pub struct Choices {
    /// Members who can own work, id and name.
    pub members: Vec<(String, String)>,
    /// Groups, id and name.
    pub groups: Vec<(String, String)>,
    /// Types a ticket can be of, name and label.
    pub types: Vec<(String, String)>,
    /// Tags, by name.
    pub tags: Vec<String>,
    /// Statuses of a conversation.
    pub statuses: Vec<(&'static str, &'static str)>,
    /// Statuses of a ticket.
    pub ticket_statuses: Vec<(String, String)>,
    /// Webhooks that are on, number and name.
    pub webhooks: Vec<(String, String)>,
    /// Own fields of tickets, name and label.
    pub fields: Vec<(String, String)>,
    /// Languages for a reply, code and own name.
    pub languages: Vec<(&'static str, &'static str)>,
    /// Variables, name and what they stand for, in English.
    pub variables: Vec<(&'static str, &'static str)>,
}

/// Whom a notice goes to, as the form says it.
fn audience(text: &str) -> std::result::Result<Audience, String> {
    match text {
        "owner" => Ok(Audience::Owner),
        "leads" => Ok(Audience::Leads),
        id if id.starts_with('G') => Ok(Audience::Group { id: id.parse()? }),
        id => Ok(Audience::Member { id: id.parse()? }),
    }
}

/// How many own fields the form sets.
const OWN_ROWS: usize = 2;

/// What the form offers now.
pub fn choices(visit: &Visit<'_>, now: &Now<'_>) -> Result<Choices> {
    Ok(Choices {
        members: workers(now)?,
        groups: group_names(now)?,
        types: types(visit, now)?,
        tags: labels::offered(now, List::Tag)?
            .into_iter()
            .map(|label| label.name)
            .collect(),
        statuses: vec![
            ("open", "Open"),
            ("waiting", "Waiting for customer"),
            ("closed", "Closed"),
        ],
        ticket_statuses: statuses::list(now)?
            .into_iter()
            .filter(|known| !known.retired)
            .map(|known| (known.name, known.definition.label))
            .collect(),
        webhooks: webhooks::list(now)?
            .into_iter()
            .filter(|hook| hook.on)
            .map(|hook| (hook.id.to_string(), hook.name))
            .collect(),
        fields: fields::list(now)?
            .into_iter()
            .filter(|field| !field.retired)
            .map(|field| (field.name, field.definition.label))
            .collect(),
        languages: LANGUAGES.into(),
        variables: variable::KNOWN.into(),
    })
}

/// Reads the form.
///
/// **Refuses:** ids and numbers that are none, at their field.
pub fn read(visit: &Visit<'_>) -> Result<Actions> {
    let given = |name: &str| {
        let text = visit.field(name).trim().replace("\r\n", "\n");
        Some(text).filter(|text| !text.is_empty())
    };
    let tags = |name: &str| -> Vec<String> {
        let names = visit.field(name).split(',');
        let names = names.map(crate::domain::label::name_of);
        names.filter(|name| !name.is_empty()).collect()
    };
    let mut reply = BTreeMap::new();
    if let Some(text) = given("reply") {
        reply.insert(String::new(), text);
    }
    for (code, _) in LANGUAGES {
        if let Some(text) = given(&format!("reply_{code}")) {
            reply.insert(code.to_owned(), text);
        }
    }
    let wrong = |field: &'static str| move |error: String| Refusal::invalid(error).at(field);
    let whole = |field: &'static str, text: String| {
        let number = text.parse::<u32>();
        number.map_err(|_| wrong(field)(format!("{text} is not a whole number")))
    };
    let level = given("level")
        .map(|text| whole("escalate", text))
        .transpose()?;
    Ok(Actions {
        add_tags: tags("add_tags"),
        remove_tags: tags("remove_tags"),
        priority: given("priority")
            .map(|text| text.parse().map_err(wrong("priority")))
            .transpose()?,
        kind: given("type"),
        group: given("group")
            .map(|text| text.parse().map_err(wrong("group")))
            .transpose()?,
        assign: match given("assign").as_deref() {
            None => None,
            Some("nobody") => Some(Assignee::Nobody),
            Some("me") => Some(Assignee::Me),
            Some(id) => Some(Assignee::Member {
                id: id.parse().map_err(wrong("assign"))?,
            }),
        },
        escalate: level.map(|level| Escalation {
            level: u8::try_from(level).unwrap_or(u8::MAX),
            reason: given("reason").unwrap_or_default(),
        }),
        note: given("note"),
        reply,
        status: given("status"),
        ticket_status: given("ticket_status"),
        notify: match given("notify") {
            Some(to) => Some(Notice {
                to: audience(&to).map_err(wrong("notify"))?,
                text: given("notice").unwrap_or_default(),
            }),
            None => None,
        },
        webhook: given("webhook")
            .map(|text| {
                let hook = text.parse();
                hook.map_err(|_| wrong("webhook")(format!("there is no webhook {text}")))
            })
            .transpose()?,
        fields: (1..=OWN_ROWS)
            .filter_map(|n| {
                let name = given(&format!("own_{n}"))?;
                Some((name, given(&format!("own_value_{n}")).unwrap_or_default()))
            })
            .collect(),
        outcome: given("outcome"),
        snooze_h: given("snooze_h")
            .map(|text| whole("snooze_h", text))
            .transpose()?,
        spam: match given("spam").as_deref() {
            Some("mark") => Some(true),
            Some("clear") => Some(false),
            _ => None, // it stays as it is
        },
    })
}

/// The form as it shows actions again.
pub fn values(actions: &Actions) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            values.insert(name.to_owned(), value);
        }
    };
    put("add_tags", Some(actions.add_tags.join(", ")));
    put("remove_tags", Some(actions.remove_tags.join(", ")));
    put(
        "priority",
        actions.priority.map(|it| it.as_str().to_owned()),
    );
    put("type", actions.kind.clone());
    put("group", actions.group.map(|group| group.to_string()));
    let assign = actions.assign.map(|assign| match assign {
        Assignee::Nobody => "nobody".to_owned(),
        Assignee::Me => "me".to_owned(),
        Assignee::Member { id } => id.to_string(),
    });
    put("assign", assign);
    put(
        "level",
        actions.escalate.as_ref().map(|it| it.level.to_string()),
    );
    put(
        "reason",
        actions.escalate.as_ref().map(|it| it.reason.clone()),
    );
    put("note", actions.note.clone());
    put("status", actions.status.clone());
    put("ticket_status", actions.ticket_status.clone());
    put("outcome", actions.outcome.clone());
    if let Some(notice) = &actions.notify {
        let to = match notice.to {
            Audience::Owner => "owner".to_owned(),
            Audience::Leads => "leads".to_owned(),
            Audience::Member { id } => id.to_string(),
            Audience::Group { id } => id.to_string(),
        };
        put("notify", Some(to));
        put("notice", Some(notice.text.clone()));
    }
    put("webhook", actions.webhook.map(|hook| hook.to_string()));
    for (n, (name, value)) in (1..).zip(&actions.fields) {
        put(&format!("own_{n}"), Some(name.clone()));
        put(&format!("own_value_{n}"), Some(value.clone()));
    }
    put("snooze_h", actions.snooze_h.map(|hours| hours.to_string()));
    let spam = |marks| if marks { "mark" } else { "clear" }.to_owned();
    put("spam", actions.spam.map(spam));
    for (language, text) in &actions.reply {
        let name = match language.as_str() {
            "" => "reply".to_owned(),
            code => format!("reply_{code}"),
        };
        put(&name, Some(text.clone()));
    }
    values
}

/// What actions do, in a few English words each, with the names of members and groups.
pub fn told(now: &Now<'_>, actions: &Actions) -> Result<Vec<String>> {
    let mut told = Vec::new();
    let mut say = |what: String| told.push(what);
    if !actions.add_tags.is_empty() {
        say(format!("add {}", actions.add_tags.join(", ")));
    }
    if !actions.remove_tags.is_empty() {
        say(format!("remove {}", actions.remove_tags.join(", ")));
    }
    if let Some(priority) = actions.priority {
        say(format!("priority {}", priority.as_str()));
    }
    if let Some(kind) = &actions.kind {
        say(format!("type {kind}"));
    }
    if let Some(group) = actions.group {
        say(format!(
            "group {}",
            groups::name(now, group).unwrap_or_else(|_| group.to_string())
        ));
    }
    match actions.assign {
        None => {}
        Some(Assignee::Nobody) => say("back to the queue".to_owned()),
        Some(Assignee::Me) => say("assign to who uses it".to_owned()),
        Some(Assignee::Member { id }) => {
            let known = members::list(now)?.into_iter().find(|known| known.id == id);
            let name = known.map_or_else(|| id.to_string(), |known| known.name);
            say(format!("assign to {name}"));
        }
    }
    if let Some(raised) = &actions.escalate {
        say(format!("escalate to level {}", raised.level));
    }
    if actions.note.is_some() {
        say("write a note".to_owned());
    }
    match actions.reply.len() {
        0 => {}
        1 => say("reply".to_owned()),
        n => say(format!("reply in {n} languages")),
    }
    if let Some(status) = &actions.status {
        say(format!("status {status}"));
    }
    if let Some(status) = &actions.ticket_status {
        say(format!("ticket status {status}"));
    }
    for (name, value) in &actions.fields {
        say(format!("{name}: {value}"));
    }
    if actions.notify.is_some() {
        say("notify".to_owned());
    }
    if let Some(hook) = actions.webhook {
        say(format!("webhook W-{hook}"));
    }
    if let Some(hours) = actions.snooze_h {
        say(format!("snooze {hours} h"));
    }
    match actions.spam {
        Some(true) => say("mark as spam".to_owned()),
        Some(false) => say("no spam".to_owned()),
        None => {}
    }
    Ok(told)
}
