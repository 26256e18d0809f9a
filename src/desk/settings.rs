//! Settings: values with a name, a meaning and a default. The desk's own life (opened, started,
//! stopped) is applied here as well, since it leaves no other row.

pub mod check;

use crate::domain::event::{DeskEvent, Fact};
use crate::domain::id::Seq;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};
use serde_json::Value;

/// A setting: its name, what it means, its default.
pub struct Setting {
    /// Its name, as in `trailbox set NAME VALUE`.
    pub key: &'static str,
    /// What it means, with its unit.
    pub meaning: &'static str,
    /// What holds until it is set.
    pub default: Default,
}

/// A default, and with it the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// Yes or no.
    Switch(bool),
    /// A whole number with its bounds.
    Number {
        /// Until it is set.
        value: i64,
        /// The least allowed.
        least: i64,
        /// The most allowed.
        most: i64,
    },
    /// A text.
    Text(&'static str),
}

/// All settings.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "customers.country",
        meaning: "the two letters of the country in which numbers without country code are dialled",
        default: Default::Text(""),
    },
    Setting {
        key: "customers.attributes",
        meaning: "what is kept of customers beyond name, language, company and address",
        default: Default::Text(""),
    },
    Setting {
        key: "desk.name",
        meaning: "the desk's name, shown on every page",
        default: Default::Text("Trailbox"),
    },
    Setting {
        key: "audit.reads",
        meaning: "record who opens which conversation, ticket or customer",
        default: Default::Switch(true),
    },
    Setting {
        key: "conversation.reopen_h",
        meaning: "hours after closing in which a new message reopens the conversation",
        default: Default::Number {
            value: 48,
            least: 0,
            most: 8760,
        },
    },
    Setting {
        key: "conversation.summary_required",
        meaning: "ask for a summary when a conversation is closed",
        default: Default::Switch(true),
    },
    Setting {
        key: "tag.closed_list",
        meaning: "only tags of the list may be used; otherwise a new one joins the list by its use",
        default: Default::Switch(false),
    },
    Setting {
        key: "session.idle_h",
        meaning: "hours without a request after which a session ends",
        default: Default::Number {
            value: 12,
            least: 1,
            most: 720,
        },
    },
    Setting {
        key: "session.absolute_h",
        meaning: "hours after signing in at which a session ends in any case",
        default: Default::Number {
            value: 168,
            least: 1,
            most: 2160,
        },
    },
    Setting {
        key: "whatsapp.read_marks",
        meaning: "show customers the blue ticks when a member opens their conversation",
        default: Default::Switch(true),
    },
    Setting {
        key: "outbox.doubt_s",
        meaning: "seconds to wait for a sign of a message whose answer was lost before it is sent \
                  again",
        default: Default::Number {
            value: 120,
            least: 1,
            most: 86_400,
        },
    },
    Setting {
        key: "bot.order_pattern",
        meaning: "how order numbers look: # for a digit, ? for a letter, several separated by commas",
        default: Default::Text("??-#####, #####, ######"),
    },
    Setting {
        key: "bot.language",
        meaning: "the language the bot begins in when it cannot tell the customer's: en, es, pt, ar, \
                  ur, ur-Latn or hi",
        default: Default::Text("en"),
    },
    Setting {
        key: "checkpoint.mail_to",
        meaning: "members who are mailed the newest checkpoint each day in which something happened: \
                  addresses, separated by commas",
        default: Default::Text(""),
    },
    Setting {
        key: "checkpoint.mail_hour",
        meaning: "the hour of the day, UTC, from which checkpoints are mailed",
        default: Default::Number {
            value: 6,
            least: 0,
            most: 23,
        },
    },
    Setting {
        key: "witness.url",
        meaning: "the address of the witness that signs checkpoints as well, on another machine",
        default: Default::Text(""),
    },
    Setting {
        key: "witness.vkey",
        meaning: "the key of the witness, as it prints it",
        default: Default::Text(""),
    },
    Setting {
        key: "witness.wait_s",
        meaning: "seconds the witness may take to answer",
        default: Default::Number {
            value: 10,
            least: 1,
            most: 60,
        },
    },
    Setting {
        key: "privacy.second_person",
        meaning: "what one person wants erased goes only when a second one approves",
        default: Default::Switch(false),
    },
    Setting {
        key: "webhook.allow_private",
        meaning: "webhooks may go to this machine and addresses inside the house, and unguarded",
        default: Default::Switch(false),
    },
    Setting {
        key: "notification.mailbox",
        meaning: "the mailbox, by its name, that sends members copies of what they are told; none \
                  are sent without it",
        default: Default::Text(""),
    },
    Setting {
        key: "commitment.remind_h",
        meaning: "hours before a commitment is due at which its owner is reminded",
        default: Default::Number {
            value: 4,
            least: 0,
            most: 720,
        },
    },
    Setting {
        key: "commitment.grace_h",
        meaning: "hours after a commitment was due from which it counts as missed",
        default: Default::Number {
            value: 24,
            least: 0,
            most: 720,
        },
    },
];

// Decide

/// Sets a setting from its text.
///
/// **Refuses:** an unknown name; a value of another type, out of bounds, or of no use to the desk.
pub fn set(now: &Now<'_>, key: &str, text: &str) -> Result<Vec<Fact>> {
    let setting = find(key)?;
    let to = check::value(now, setting, text)?;
    let from = stored(now, key)?.unwrap_or(Value::Null);
    if from == to {
        return Ok(Vec::new());
    }
    Ok(vec![
        DeskEvent::SettingChanged {
            key: key.to_owned(),
            from,
            to,
        }
        .into(),
    ])
}

fn find(key: &str) -> Result<&'static Setting> {
    let known = || {
        SETTINGS
            .iter()
            .map(|setting| setting.key)
            .collect::<Vec<_>>()
            .join(", ")
    };
    SETTINGS
        .iter()
        .find(|setting| setting.key == key)
        .ok_or_else(|| {
            Refusal::not_found(format!(
                "there is no setting {key}; settings are {all}",
                all = known()
            ))
            .into()
        })
}

// Apply

/// Applies a fact about the desk as a whole.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &DeskEvent) -> Result<()> {
    match event {
        DeskEvent::Opened { name, .. } => {
            put(write, recorded, "desk.name", &Value::from(&**name))?;
            super::labels::apply_opened(write, recorded)
        }
        DeskEvent::SettingChanged { key, to, .. } => put(write, recorded, key, to),
        DeskEvent::SchemaChanged { .. }
        | DeskEvent::KeyRotated { .. }
        | DeskEvent::Started { .. }
        | DeskEvent::Stopped { .. }
        | DeskEvent::ClockStepped { .. } => Ok(()),
    }
}

fn put(write: &Writer<'_>, recorded: &Recorded<'_>, key: &str, value: &Value) -> Result<()> {
    write.run(
        "INSERT INTO setting (key, value, seq) VALUES (:key, :value, :seq)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, seq = excluded.seq",
        &[
            (":key", &key),
            (":value", &value.to_string()),
            (":seq", &recorded.seq),
        ],
    )?;
    Ok(())
}

// Ask

/// A switch as it stands.
pub fn switch(now: &Now<'_>, key: &str) -> Result<bool> {
    match (stored(now, key)?, find(key)?.default) {
        (Some(Value::Bool(value)), _) => Ok(value),
        (_, Default::Switch(value)) => Ok(value),
        (_, Default::Number { .. } | Default::Text(_)) => Ok(false),
    }
}

/// A number as it stands.
pub fn number(now: &Now<'_>, key: &str) -> Result<i64> {
    match (stored(now, key)?, find(key)?.default) {
        (Some(Value::Number(value)), Default::Number { value: default, .. }) => {
            Ok(value.as_i64().unwrap_or(default))
        }
        (_, Default::Number { value, .. }) => Ok(value),
        (_, Default::Switch(_) | Default::Text(_)) => Ok(0),
    }
}

/// A text as it stands.
pub fn text(now: &Now<'_>, key: &str) -> Result<String> {
    match (stored(now, key)?, find(key)?.default) {
        (Some(Value::String(value)), _) => Ok(value),
        (_, Default::Text(value)) => Ok(value.to_owned()),
        (_, Default::Switch(_) | Default::Number { .. }) => Ok(String::new()),
    }
}

/// Any setting as people write it.
pub fn shown(now: &Now<'_>, key: &str) -> Result<String> {
    let setting = find(key)?;
    Ok(match setting.default {
        Default::Switch(_) => if switch(now, key)? { "on" } else { "off" }.to_owned(),
        Default::Number { .. } => number(now, key)?.to_string(),
        Default::Text(_) if key == "checkpoint.mail_to" => {
            let ids = text(now, key)?;
            let ids = ids.split(", ").filter_map(|id| id.parse().ok());
            let known = ids.map(|id| Ok(super::members::get(now, id)?.email));
            known.collect::<Result<Vec<_>>>()?.join(", ")
        }
        Default::Text(_) => text(now, key)?,
    })
}

/// The event that set a setting last, if one did.
pub fn set_by(now: &Now<'_>, key: &str) -> Result<Option<Seq>> {
    now.maybe(
        "SELECT seq FROM setting WHERE key = :key",
        &[(":key", &key)],
        |row| row.get("seq"),
    )
}

fn stored(now: &Now<'_>, key: &str) -> Result<Option<Value>> {
    now.maybe(
        "SELECT value FROM setting WHERE key = :key",
        &[(":key", &key)],
        |row| row.json("value"),
    )
}
