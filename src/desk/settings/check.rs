//! What a setting takes: a value of its type, within its bounds, that the desk can act on.
//! A refusal says what would be taken instead.

use super::{Default, Setting, number};
use crate::desk::{channels, checkpoints};
use crate::domain::attribute::Attribute;
use crate::domain::bot::{check_pattern, language::Tongue};
use crate::domain::{link, phone};
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use crate::ledger::cosign::Cosigner;
use serde_json::Value;

/// **Unit:** characters.
const TEXT_MAX: usize = 100;
/// The same for addresses, keys and lists. **Unit:** characters.
const LONG_MAX: usize = 2_000;

/// The value a text stands for, as it is kept.
///
/// **Refuses:** what makes no sense for this setting.
pub fn value(now: &Now<'_>, setting: &Setting, text: &str) -> Result<Value> {
    let (key, text) = (setting.key, text.trim());
    match setting.default {
        Default::Switch(_) => switch(key, text).map(Value::from),
        Default::Number { least, most, .. } => {
            let number = text.parse().ok();
            let number = number.filter(|number: &i64| (least..=most).contains(number));
            let number = number.ok_or_else(|| {
                Refusal::invalid(format!(
                    "{key} is a whole number from {least} to {most}, not {text}"
                ))
            })?;
            in_order(now, key, number)?;
            Ok(Value::from(number))
        }
        Default::Text(_) => words(now, key, text).map(Value::from),
    }
}

fn switch(key: &str, text: &str) -> Result<bool> {
    match text {
        "on" | "yes" | "true" => Ok(true),
        "off" | "no" | "false" => Ok(false),
        other => Err(Refusal::invalid(format!("{key} is on or off, not {other}")).into()),
    }
}

/// A session cannot be idle for longer than it lasts.
fn in_order(now: &Now<'_>, key: &str, hours: i64) -> Result<()> {
    let text = match key {
        "session.idle_h" => {
            let most = number(now, "session.absolute_h")?;
            (hours > most).then(|| {
                format!(
                    "a session ends after {most} hours in any case: raise session.absolute_h first"
                )
            })
        }
        "session.absolute_h" => {
            let least = number(now, "session.idle_h")?;
            (hours < least).then(|| {
                format!("a session may be idle for {least} hours: lower session.idle_h first")
            })
        }
        _ => None, // it stands for itself
    };
    match text {
        Some(text) => Err(Refusal::invalid(text).into()),
        None => Ok(()),
    }
}

fn words(now: &Now<'_>, key: &str, text: &str) -> Result<String> {
    if text.chars().any(char::is_control) {
        let text = format!("{key} is one line, without tabs and other control characters");
        return Err(Refusal::invalid(text).into());
    }
    if text.chars().count() > LONG_MAX {
        return Err(Refusal::invalid(format!("{key} has at most {LONG_MAX} characters")).into());
    }
    match key {
        "checkpoint.mail_to" => return checkpoints::receivers(now, text),
        "notification.mailbox" => return mailbox(now, text),
        "customers.country" => {
            if !text.is_empty() && !phone::is_country(text) {
                let text = format!("{text} is not the two letters of a country, such as PK");
                return Err(Refusal::invalid(text).into());
            }
            return Ok(text.to_uppercase());
        }
        "customers.attributes" => drop(Attribute::list(text).map_err(Refusal::invalid)?),
        "witness.url" if !text.is_empty() && !link::is_safe(text) => {
            let text = format!("{text} is not an https address");
            return Err(Refusal::invalid(text).into());
        }
        "witness.vkey" if !text.is_empty() => drop(Cosigner::parse(text)?),
        "witness.url" | "witness.vkey" => {} // no witness, or one at that address
        _ if text.is_empty() || text.chars().count() > TEXT_MAX => {
            return Err(Refusal::invalid(format!("{key} has 1 to {TEXT_MAX} characters")).into());
        }
        "bot.order_pattern" => check_pattern(text).map_err(Refusal::invalid)?,
        "bot.language" if Tongue::of_code(text).is_none() => {
            let known = Tongue::ALL.map(Tongue::code).join(", ");
            let text = format!("{key} is one of {known}, not {text}");
            return Err(Refusal::invalid(text).into());
        }
        _ => {} // any words will do
    }
    Ok(text.to_owned())
}

/// The mailbox of this name; none where nothing is given.
fn mailbox(now: &Now<'_>, text: &str) -> Result<String> {
    let names = mailboxes(now)?;
    if text.is_empty() || names.iter().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    let text = match names.is_empty() {
        true => format!("there is no mailbox {text}: connect one under Settings, Channels first"),
        false => format!(
            "there is no mailbox {text} in use; mailboxes are {all}",
            all = names.join(", ")
        ),
    };
    Err(Refusal::invalid(text).into())
}

/// The names of the mailboxes in use.
fn mailboxes(now: &Now<'_>) -> Result<Vec<String>> {
    let all = channels::list(now)?.into_iter();
    let mail = all.filter(|channel| channel.kind == "email" && channel.state == "active");
    Ok(mail.map(|channel| channel.name).collect())
}

/// What a setting is chosen from; empty for one that is written.
pub fn choices(now: &Now<'_>, key: &str) -> Result<Vec<String>> {
    Ok(match key {
        "bot.language" => Tongue::ALL.map(|tongue| tongue.code().to_owned()).into(),
        "notification.mailbox" => {
            let names = mailboxes(now)?;
            std::iter::once(String::new()).chain(names).collect()
        }
        _ => Vec::new(), // anything of its type
    })
}
