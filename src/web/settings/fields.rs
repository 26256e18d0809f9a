//! The own fields of tickets: the list, and the form of one.

use super::{Wrong, answered};
use crate::desk::{fields, labels};
use crate::domain::event::Event;
use crate::domain::event::field::FieldEvent;
use crate::domain::field::{Definition, Kind};
use crate::domain::label::List;
use crate::error::{Refusal, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where they are.
const PLACE: &str = "/settings/fields";

/// `settings/fields.html`
#[derive(Debug, Clone, Serialize)]
pub struct FieldsPage {
    /// The fields.
    pub rows: Vec<FieldRow>,
}

/// One field in the list.
#[derive(Debug, Clone, Serialize)]
pub struct FieldRow {
    /// Its name.
    pub name: String,
    /// How it is called.
    pub label: String,
    /// What may stand in it, in English.
    pub kind: &'static str,
    /// The types of ticket that have it, by name; none for all.
    pub types: Vec<String>,
    /// Whether a ticket cannot be resolved without it.
    pub to_close: bool,
    /// Whether it is not offered any more.
    pub retired: bool,
    /// How many tickets hold something in it.
    pub uses: u64,
    /// The event that changed it last.
    pub seq: u64,
}

/// `settings/field.html`: one field, or a new one.
#[derive(Debug, Clone, Serialize)]
pub struct FieldPage {
    /// The field in one line; none for a new one.
    pub row: Option<FieldRow>,
    /// The version of its definition.
    pub version: u32,
    /// Where the form goes.
    pub action: String,
    /// The form's values.
    pub values: BTreeMap<String, String>,
    /// The types that are ticked.
    pub ticked: Vec<String>,
    /// Kinds: name and words in English.
    pub kinds: Vec<(&'static str, &'static str)>,
    /// Ticket types, name and label.
    pub types: Vec<(String, String)>,
    /// What is wrong, by field.
    pub wrong: Wrong,
}

/// `GET /settings/fields`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let rows = fields::list(&now)?
        .iter()
        .map(|field| row(&now, field))
        .collect::<Result<_>>()?;
    visit.page(&now, "settings/fields.html", &FieldsPage { rows })
}

fn row(now: &crate::ledger::Now<'_>, field: &fields::Field) -> Result<FieldRow> {
    let of = |kind: Kind| Kind::ALL.into_iter().find(|(known, _)| *known == kind);
    Ok(FieldRow {
        name: field.name.clone(),
        label: field.definition.label.clone(),
        kind: of(field.definition.kind).map_or("", |(_, words)| words),
        types: field.definition.types.clone(),
        to_close: field.definition.to_close,
        retired: field.retired,
        uses: fields::uses(now, &field.name)?,
        seq: field.seq.0,
    })
}

/// `GET /settings/fields/order_number`, or `_new`
pub fn show(visit: &Visit<'_>, of: &str) -> Result<Response> {
    page(visit, of, Wrong::new())
}

fn page(visit: &Visit<'_>, of: &str, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let known = match of {
        "_new" => None,
        name => Some(fields::get(&now, name)?),
    };
    let mut values = BTreeMap::new();
    let mut ticked = Vec::new();
    if let Some(field) = &known {
        let definition = &field.definition;
        for (name, value) in [
            ("label", definition.label.clone()),
            ("kind", definition.kind.as_str().to_owned()),
            ("choices", definition.choices.join("\n")),
            ("pattern", definition.pattern.clone()),
            ("country", definition.country.clone()),
            (
                "to_close",
                if definition.to_close { "yes" } else { "" }.to_owned(),
            ),
        ] {
            values.insert(name.to_owned(), value);
        }
        ticked.clone_from(&definition.types);
    }
    if !wrong.is_empty() {
        values = visit.form.fields.iter().cloned().collect();
        ticked = types(visit);
    }
    let page = FieldPage {
        row: known.as_ref().map(|field| row(&now, field)).transpose()?,
        version: known.as_ref().map_or(0, |field| field.version),
        action: format!("{PLACE}/{of}"),
        values,
        ticked,
        kinds: Kind::ALL.map(|(kind, words)| (kind.as_str(), words)).into(),
        types: labels::offered(&now, List::Type)?
            .into_iter()
            .map(|label| (label.name, label.label))
            .collect(),
        wrong,
    };
    visit.page(&now, "settings/field.html", &page)
}

/// `POST /settings/fields/order_number`, or `_new`
pub fn change(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let name = (of != "_new").then(|| of.to_owned());
    answered(
        definition(visit).and_then(|definition| {
            visit.record(move |now| fields::define(now, name.as_deref(), definition))
        }),
        |receipt| {
            let saved = receipt.facts.first().map(|(_, event)| event);
            let to = match saved {
                Some(Event::Field(FieldEvent::Defined { name, .. })) => name.as_str(),
                _ => of, // as it was
            };
            visit.went_well(&format!("{PLACE}/{to}"), "Saved")
        },
        |wrong| page(visit, of, wrong),
    )
}

/// `POST /settings/fields/order_number/retirement`
pub fn retire(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let (name, retired) = (of.to_owned(), visit.field("retired") == "yes");
    let said = match retired {
        true => "Retired; what stands in it stays",
        false => "Offered again",
    };
    answered(
        visit.record(move |now| fields::retire(now, &name, retired)),
        |_| visit.went_well(&format!("{PLACE}/{of}"), said),
        |wrong| page(visit, of, wrong),
    )
}

fn types(visit: &Visit<'_>) -> Vec<String> {
    let fields = visit.form.fields.iter();
    fields
        .filter(|(field, _)| field == "types")
        .map(|(_, value)| value.clone())
        .collect()
}

fn definition(visit: &Visit<'_>) -> Result<Definition> {
    let kind = visit.field("kind");
    Ok(Definition {
        label: visit.field("label").to_owned(),
        kind: kind
            .parse()
            .map_err(|error: String| Refusal::invalid(error).at("kind"))?,
        choices: visit
            .field("choices")
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| kind == "choice" && !line.is_empty())
            .collect(),
        pattern: match kind {
            "order" => visit.field("pattern").trim().to_owned(),
            _ => String::new(), // only order numbers have one
        },
        country: match kind {
            "phone" => visit.field("country").trim().to_owned(),
            _ => String::new(), // only telephone numbers are read by country
        },
        types: types(visit),
        to_close: visit.field("to_close") == "yes",
    })
}
