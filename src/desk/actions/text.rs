//! What the variables of a text stand for, here and now.

use super::Target;
use crate::desk::{contacts, fields, settings, statuses};
use crate::domain::actor::Actor;
use crate::domain::variable;
use crate::error::{Refusal, Result};
use crate::ledger::Now;

/// A text with its variables filled in for a target, as the one who wishes would say it.
///
/// **Refuses:** unknown variables; those that stand for nothing here and do not say what else.
pub fn filled(now: &Now<'_>, target: &Target, words: &str) -> Result<String> {
    variable::check(words, &own_fields(now)?)
        .map_err(|error| Refusal::invalid(error).at("text"))?;
    let mut values = Vec::new();
    for piece in variable::pieces(words).map_err(Refusal::invalid)? {
        if let variable::Piece::Variable { name, .. } = piece {
            values.push((name, value(now, target, name)?));
        }
    }
    let find = |wanted: &str| {
        let found = values.iter().find(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| value.clone())
    };
    let filled = variable::fill(words, find);
    Ok(filled.map_err(|error| Refusal::conflict(error).at("text"))?)
}

/// The names of the desk's own fields.
pub fn own_fields(now: &Now<'_>) -> Result<Vec<String>> {
    Ok(fields::list(now)?
        .into_iter()
        .map(|field| field.name)
        .collect())
}

fn value(now: &Now<'_>, target: &Target, name: &str) -> Result<Option<String>> {
    let ticket = target.ticket.as_ref();
    let wait = ticket.and_then(|ticket| ticket.wait.as_ref());
    let agent = match &now.who().actor {
        Actor::Member { name, .. } => Some(name.clone()),
        Actor::Bot { .. }
        | Actor::Rule { .. }
        | Actor::Contact { .. }
        | Actor::Token { .. }
        | Actor::Provider { .. }
        | Actor::System { .. } => None,
    };
    let contact = || -> Result<Option<String>> {
        let known = target.contact().map(|contact| contacts::get(now, contact));
        Ok(known.transpose()?.and_then(|known| known.name))
    };
    Ok(match name {
        "contact.name" => contact()?,
        "contact.first_name" => contact()?.and_then(first_word),
        "conversation.number" => target.conversation.as_ref().map(|talk| talk.id.to_string()),
        "ticket.number" => ticket.map(|ticket| ticket.id.to_string()),
        "ticket.title" => ticket.and_then(|ticket| ticket.title.clone()),
        "ticket.status" => match ticket {
            Some(ticket) => {
                let known = statuses::get(now, &ticket.named)?;
                Some(known.definition.for_customer().to_owned())
            }
            None => None,
        },
        "ticket.reference" => wait.map(|wait| wait.reference.clone()),
        "ticket.expected_on" => wait.map(|wait| wait.expected_on.clone()),
        "agent.name" => agent,
        "agent.first_name" => agent.and_then(first_word),
        "desk.name" => Some(settings::text(now, "desk.name")?),
        "today" => Some(now.at().to_string().chars().take(10).collect()),
        name => match (name.strip_prefix("field."), ticket) {
            (Some(field), Some(ticket)) => fields::values(now, ticket.id)?.remove(field),
            (Some(_) | None, _) => None, // no ticket, or refused before
        },
    })
}

fn first_word(name: String) -> Option<String> {
    name.split_whitespace().next().map(str::to_owned)
}
