//! Conditions of rules: whether they name what exists, and whether they hold.

use super::Target;
use crate::desk::tickets::Ticket;
use crate::desk::{channels, contacts, fields, groups, labels, statuses};
use crate::domain::conversation::{Owner, Status};
use crate::domain::id::Object;
use crate::domain::label::{List, name_of};
use crate::domain::rule::{Condition, Definition, FIELDS, OWN, Test};
use crate::domain::ticket;
use crate::error::{Refusal, Result};
use crate::ledger::Now;

/// Refuses a condition on a field there is none of, or with a value that cannot be.
pub fn check(now: &Now<'_>, condition: &Condition) -> Result<()> {
    let value = condition.value.trim();
    let refuse = |text: String| Err(Refusal::invalid(text).at("conditions").into());
    let own = match condition.field.strip_prefix(OWN) {
        Some(own) => fields::find(now, own)?.filter(|field| !field.retired),
        None => None,
    };
    if own.is_none() && !FIELDS.iter().any(|(name, _)| *name == condition.field) {
        return refuse(format!("a rule cannot look at {}", condition.field));
    }
    if value.is_empty() || value.chars().count() > 200 {
        return refuse("a condition compares with 1 to 200 characters".to_owned());
    }
    if matches!(condition.test, Test::Contains | Test::ContainsNot) {
        return Ok(());
    }
    match condition.field.as_str() {
        "tag" => match labels::find(now, List::Tag, &name_of(value))? {
            Some(label) if label.retired => refuse(format!("the tag {value} is retired")),
            Some(_) => Ok(()),
            None => refuse(format!(
                "there is no tag {value}; add it to the list of tags first"
            )),
        },
        "type" => match labels::find(now, List::Type, value)? {
            Some(label) if label.retired => refuse(format!("the type {value} is retired")),
            Some(_) => Ok(()),
            None => refuse(format!("there is no type {value}")),
        },
        "group" if value != "none" => {
            let known = groups::list(now)?;
            match known.iter().any(|group| same(&group.name, value)) {
                true => Ok(()),
                false => refuse(format!("there is no group {value}")),
            }
        }
        "channel" => {
            let known = channels::list(now)?;
            match known.iter().any(|channel| same(&channel.name, value)) {
                true => Ok(()),
                false => refuse(format!("there is no channel {value}")),
            }
        }
        "ticket_status" => known_status(now, value),
        "status" => match value.parse::<Status>() {
            Ok(_) => Ok(()),
            Err(_) => known_status(now, value),
        },
        "priority" => match value.parse::<ticket::Priority>() {
            Ok(_) => Ok(()),
            Err(error) => refuse(error),
        },
        _ => Ok(()), // names of people and words: anything may come
    }
}

fn known_status(now: &Now<'_>, value: &str) -> Result<()> {
    let text = match statuses::find(now, value)? {
        Some(known) if !known.retired => return Ok(()),
        Some(_) => format!("the status {value} is retired"),
        None => format!("there is no status {value}"),
    };
    Err(Refusal::invalid(text).at("conditions").into())
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Whether all conditions of a rule hold for a target.
pub fn holds(
    now: &Now<'_>,
    definition: &Definition,
    target: &Target,
    text: Option<&str>,
) -> Result<bool> {
    for condition in &definition.conditions {
        let values = values(now, target, &condition.field, text)?;
        let wanted = match condition.field.as_str() {
            "tag" => name_of(&condition.value),
            _ => condition.value.clone(), // as it was written
        };
        if !condition.test.holds(&values, &wanted) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a field is at a target; none if it has none.
fn values(now: &Now<'_>, target: &Target, field: &str, text: Option<&str>) -> Result<Vec<String>> {
    let talk = target.conversation.as_ref();
    let case = target.ticket.as_ref();
    let own_case = case.filter(|_| matches!(target.object, Object::Ticket(_)));
    let owned = own_case
        .map(|case| &case.owner)
        .or(talk.map(|talk| &talk.owner));
    let group = match own_case {
        Some(case) => case.group,
        None => talk.and_then(|talk| talk.group),
    };
    Ok(match field {
        "status" => match own_case {
            Some(case) => case_status(case),
            None => talk
                .map(|talk| talk.status.as_str().to_owned())
                .into_iter()
                .collect(),
        },
        "owner" => match owned {
            Some(Owner::Member { id, name }) => vec![id.to_string(), name.clone()],
            Some(Owner::Bot) => vec!["bot".to_owned()],
            Some(Owner::Nobody) | None => vec!["nobody".to_owned()],
        },
        "group" => match group {
            Some(group) => vec![groups::name(now, group)?],
            None => vec!["none".to_owned()],
        },
        "tag" => match own_case {
            Some(case) => case.tags.clone(),
            None => talk.map(|talk| talk.tags.clone()).unwrap_or_default(),
        },
        "escalation" => {
            let level = own_case
                .map(|case| case.level)
                .or(talk.map(|talk| talk.level));
            level.map(|level| level.to_string()).into_iter().collect()
        }
        "channel" => match talk {
            Some(talk) => {
                let channel = channels::get(now, talk.channel)?;
                vec![channel.name, channel.title]
            }
            None => Vec::new(),
        },
        "text" => text.map(str::to_owned).into_iter().collect(),
        "customer" => match target.contact() {
            Some(contact) => contacts::get(now, contact)?.name.into_iter().collect(),
            None => Vec::new(),
        },
        "ticket_status" => case.map(case_status).unwrap_or_default(),
        "priority" => case
            .map(|case| case.priority.as_str().to_owned())
            .into_iter()
            .collect(),
        "type" => case.map(|case| case.kind.clone()).into_iter().collect(),
        own => match (own.strip_prefix(OWN), case) {
            (Some(own), Some(case)) => fields::values(now, case.id)?
                .remove(own)
                .into_iter()
                .collect(),
            (Some(_) | None, _) => Vec::new(), // no ticket, or refused when it was written
        },
    })
}

/// A status by its name here, and by the shipped one it stands for.
fn case_status(case: &Ticket) -> Vec<String> {
    vec![case.named.clone(), case.status.as_str().to_owned()]
}
