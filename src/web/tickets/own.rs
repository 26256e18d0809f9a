//! A ticket's own fields: as its page shows them, and the form that fills them in; what follows its
//! status by itself.

use super::acts::act;
use crate::desk::tickets::Ticket as Known;
use crate::desk::{fields, statuses, tickets};
use crate::domain::field::Kind;
use crate::domain::id::TicketId;
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the name of a field of the form begins with.
const PREFIX: &str = "own.";

/// A field of a ticket as its page shows it.
#[derive(Debug, Clone, Serialize)]
pub struct OwnField {
    /// The name in the form.
    pub input: String,
    /// How it is called.
    pub label: String,
    /// `text`, `number`, `date`, `choice`, `yes_no`, `phone` or `order`.
    pub kind: &'static str,
    /// What stands in it; empty for nothing.
    pub value: String,
    /// What can be chosen.
    pub choices: Vec<String>,
    /// A value as an example.
    pub example: String,
    /// Whether the ticket cannot be resolved without it.
    pub to_close: bool,
}

/// The fields of a ticket: those of its type, and those that hold something from another time.
pub fn shown(now: &Now<'_>, known: &Known) -> Result<Vec<OwnField>> {
    let mut held = fields::values(now, known.id)?;
    let mut shown = Vec::new();
    for field in fields::list(now)? {
        let value = held.remove(&field.name);
        let offered = !field.retired && field.definition.is_of(&known.kind);
        if !offered && value.is_none() {
            continue;
        }
        shown.push(OwnField {
            input: match offered {
                true => format!("{PREFIX}{}", field.name),
                false => String::new(), // it is only shown
            },
            label: field.definition.label,
            kind: field.definition.kind.as_str(),
            value: value.unwrap_or_default(),
            choices: match field.definition.kind {
                Kind::YesNo => vec!["yes".to_owned(), "no".to_owned()],
                Kind::Text
                | Kind::Number
                | Kind::Date
                | Kind::Choice
                | Kind::Phone
                | Kind::Order => field.definition.choices,
            },
            example: crate::domain::bot::example(&field.definition.pattern),
            to_close: field.definition.to_close,
        });
    }
    Ok(shown)
}

/// When the status ends by itself, and how the one that follows is called.
pub fn next(now: &Now<'_>, known: &Known) -> Result<Option<(Moment, String)>> {
    let Some(follows) = statuses::next_of(now, known.id)? else {
        return Ok(None);
    };
    let to = statuses::find(now, &follows.to)?;
    let label = to.map_or(follows.to, |to| to.definition.label);
    Ok(Some((follows.at, label)))
}

/// `POST /tickets/T-1042/values`
pub fn fill(visit: &Visit<'_>, id: TicketId) -> Result<Response> {
    let given = visit.form.fields.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix(PREFIX)?;
        Some((name.to_owned(), value.clone()))
    });
    let values: BTreeMap<String, String> = given.collect();
    act(visit, id, "values", "Saved", move |now| {
        tickets::fill(now, id, &values)
    })
}
