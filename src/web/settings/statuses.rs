//! The statuses of tickets: the list, and the form of one.

use super::{Wrong, answered};
use crate::desk::{fields, statuses};
use crate::domain::event::Event;
use crate::domain::event::status::StatusEvent;
use crate::domain::member::{Right, Role};
use crate::domain::sla::Metric;
use crate::domain::status::{Ask, Definition, Next, When};
use crate::domain::ticket::Status;
use crate::error::{Refusal, Result};
use crate::web::conversations;

use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where they are.
const PLACE: &str = "/settings/statuses";
/// The clocks a status may hold.
const CLOCKS: [Metric; 4] = [
    Metric::FirstResponse,
    Metric::NextResponse,
    Metric::Update,
    Metric::Resolution,
];

/// `settings/statuses.html`
#[derive(Debug, Clone, Serialize)]
pub struct StatusesPage {
    /// Every status in the order of work.
    pub rows: Vec<StatusRow>,
}

/// One status in the list.
#[derive(Debug, Clone, Serialize)]
pub struct StatusRow {
    /// As pages show it.
    pub status: conversations::Status,
    /// Its address.
    pub href: String,
    /// What the customer is told, if that is something else.
    pub customer_label: String,
    /// What it does, in English.
    pub does: Vec<String>,
    /// Whether it comes with the product.
    pub shipped: bool,
    /// Whether it is not offered any more.
    pub retired: bool,
    /// How many tickets are in it.
    pub uses: u64,
    /// The event that changed it last.
    pub seq: Option<u64>,
}

/// `settings/status.html`: one status, or a new one.
#[derive(Debug, Clone, Serialize)]
pub struct StatusPage {
    /// Its name; none for a new one.
    pub name: Option<String>,
    /// The version of its definition.
    pub version: u32,
    /// Whether it comes with the product.
    pub shipped: bool,
    /// Whether it is not offered any more.
    pub retired: bool,
    /// The event that changed it last.
    pub seq: Option<u64>,
    /// Where the form goes.
    pub action: String,
    /// The form's values.
    pub values: BTreeMap<String, String>,
    /// What is ticked, by the name of the box.
    pub ticked: Vec<String>,
    /// Shipped statuses it can be a name for: name and words with the category.
    pub bases: Vec<(&'static str, String)>,
    /// Clocks it may hold, name and words.
    pub clocks: Vec<(&'static str, &'static str)>,
    /// What it may ask for, name and words.
    pub asks: Vec<(&'static str, &'static str)>,
    /// Own fields it may need, name and label.
    pub fields: Vec<(String, String)>,
    /// Roles that may set it.
    pub roles: Vec<&'static str>,
    /// Statuses it may follow or be followed by, name and label.
    pub others: Vec<(String, String)>,
    /// What is wrong, by field.
    pub wrong: Wrong,
}

/// `GET /settings/statuses`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let all = statuses::list(&now)?;
    let names: BTreeMap<String, String> = all
        .iter()
        .map(|known| (known.name.clone(), known.definition.label.clone()))
        .collect();
    let rows = all.into_iter().map(|known| {
        Ok(StatusRow {
            href: format!("{PLACE}/{}", known.name),
            customer_label: known.definition.customer_label.clone(),
            does: does(&known.definition, &names),
            shipped: known.is_shipped(),
            retired: known.retired,
            uses: statuses::uses(&now, &known.name)?,
            seq: known.seq.map(|seq| seq.0),
            status: conversations::Status {
                id: known.name,
                name: known.definition.label,
                category: known.definition.base.category().as_str().to_owned(),
            },
        })
    });
    let page = StatusesPage {
        rows: rows.collect::<Result<_>>()?,
    };
    visit.page(&now, "settings/statuses.html", &page)
}

/// What a definition means, one line each; `names` holds what every status is called.
fn does(definition: &Definition, names: &BTreeMap<String, String>) -> Vec<String> {
    let mut lines = Vec::new();
    let called = |name: &String| names.get(name).unwrap_or(name).clone();
    if !definition.pauses.is_empty() {
        let clocks: Vec<&str> = definition.pauses.iter().map(|one| one.words()).collect();
        lines.push(format!("pauses {}", clocks.join(", ")));
    }
    if !definition.asks.is_empty() || !definition.fields.is_empty() {
        let asks = Ask::ALL
            .iter()
            .filter(|(ask, _)| definition.asks.contains(ask));
        let asks = asks.map(|(_, words)| (*words).to_owned());
        let all: Vec<String> = asks.chain(definition.fields.iter().cloned()).collect();
        lines.push(format!("asks for {}", all.join(", ")));
    }
    match &definition.next {
        Some(Next {
            when: When::WorkingHours(hours),
            to,
        }) => lines.push(format!("after {hours} working hours: {}", called(to))),
        Some(Next {
            when: When::ExpectedDate,
            to,
        }) => lines.push(format!("on the expected date: {}", called(to))),
        None => {}
    }
    if definition.ends_on_word {
        lines.push("ends when the customer writes".to_owned());
    }
    if !definition.roles.is_empty() {
        let roles: Vec<&str> = definition.roles.iter().map(|role| role.as_str()).collect();
        lines.push(format!("set by {}", roles.join(", ")));
    }
    if !definition.from.is_empty() {
        let from: Vec<String> = definition.from.iter().map(called).collect();
        lines.push(format!("follows {}", from.join(", ")));
    }
    lines
}

/// `GET /settings/statuses/awaiting_courier`, or `_new`
pub fn show(visit: &Visit<'_>, of: &str) -> Result<Response> {
    page(visit, of, Wrong::new())
}

fn page(visit: &Visit<'_>, of: &str, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let known = match of {
        "_new" => None,
        name => Some(statuses::get(&now, name)?),
    };
    let definition = known.as_ref().map(|known| known.definition.clone());
    let definition = definition.unwrap_or_else(|| Definition {
        label: String::new(),
        ..Definition::shipped(Status::InProgress)
    });
    let (mut values, mut ticked) = filled(&definition);
    if !wrong.is_empty() {
        values = visit.form.fields.iter().cloned().collect();
        ticked = visit
            .form
            .fields
            .iter()
            .map(|(name, value)| format!("{name}:{value}"))
            .collect();
    }
    let all = statuses::list(&now)?;
    let page = StatusPage {
        action: format!("{PLACE}/{of}"),
        version: known.as_ref().map_or(0, |known| known.version),
        shipped: known.as_ref().is_some_and(|known| known.is_shipped()),
        retired: known.as_ref().is_some_and(|known| known.retired),
        seq: known.as_ref().and_then(|known| known.seq).map(|seq| seq.0),
        values,
        ticked,
        bases: Status::ALL
            .map(|status| {
                let category = status.category().as_str();
                (status.as_str(), format!("{} ({category})", status.words()))
            })
            .into(),
        clocks: CLOCKS
            .map(|metric| (metric.as_str(), metric.words()))
            .into(),
        asks: Ask::ALL.map(|(ask, words)| (ask.as_str(), words)).into(),
        fields: fields::list(&now)?
            .into_iter()
            .filter(|field| !field.retired)
            .map(|field| (field.name, field.definition.label))
            .collect(),
        roles: Role::ALL
            .into_iter()
            .filter(|role| role.has(Right::Work))
            .map(Role::as_str)
            .collect(),
        others: all
            .into_iter()
            .filter(|other| !other.retired && other.name != of)
            .map(|other| (other.name, other.definition.label))
            .collect(),
        name: known.map(|known| known.name),
        wrong,
    };
    visit.page(&now, "settings/status.html", &page)
}

/// A definition as the form shows it.
fn filled(definition: &Definition) -> (BTreeMap<String, String>, Vec<String>) {
    let mut values: BTreeMap<String, String> = [
        ("label", definition.label.clone()),
        ("customer_label", definition.customer_label.clone()),
        ("base", definition.base.as_str().to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if let Some(next) = &definition.next {
        values.insert("next".to_owned(), next.to.clone());
        let (when, hours) = match next.when {
            When::WorkingHours(hours) => ("hours", hours.to_string()),
            When::ExpectedDate => ("date", String::new()),
        };
        values.insert("when".to_owned(), when.to_owned());
        values.insert("hours".to_owned(), hours);
    }
    let pauses = definition
        .pauses
        .iter()
        .map(|one| ("pauses", one.as_str().to_owned()));
    let asks = definition
        .asks
        .iter()
        .map(|one| ("asks", one.as_str().to_owned()));
    let fields = definition.fields.iter().map(|one| ("fields", one.clone()));
    let roles = definition
        .roles
        .iter()
        .map(|one| ("roles", one.as_str().to_owned()));
    let from = definition.from.iter().map(|one| ("from", one.clone()));
    let word = definition
        .ends_on_word
        .then(|| ("ends_on_word", "yes".to_owned()));
    let all = pauses
        .chain(asks)
        .chain(fields)
        .chain(roles)
        .chain(from)
        .chain(word);
    let ticked = all.map(|(name, value)| format!("{name}:{value}")).collect();
    (values, ticked)
}

/// `POST /settings/statuses/awaiting_courier`, or `_new`
pub fn change(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let name = (of != "_new").then(|| of.to_owned());
    let wished = definition(visit, name.as_deref());
    answered(
        wished.and_then(|definition| {
            visit.record(move |now| statuses::define(now, name.as_deref(), definition))
        }),
        |receipt| {
            let saved = receipt.facts.first().map(|(_, event)| event);
            let to = match saved {
                Some(Event::Status(StatusEvent::Defined { name, .. })) => name.as_str(),
                _ => of, // as it was
            };
            visit.went_well(&format!("{PLACE}/{to}"), "Saved")
        },
        |wrong| page(visit, of, wrong),
    )
}

/// `POST /settings/statuses/on_hold/retirement`
pub fn retire(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let (name, retired) = (of.to_owned(), visit.field("retired") == "yes");
    let said = match retired {
        true => "Retired; tickets in it stay in it",
        false => "Offered again",
    };
    answered(
        visit.record(move |now| statuses::retire(now, &name, retired)),
        |_| visit.went_well(&format!("{PLACE}/{of}"), said),
        |wrong| page(visit, of, wrong),
    )
}

fn definition(visit: &Visit<'_>, name: Option<&str>) -> Result<Definition> {
    let at = |field: &'static str| move |error: String| Refusal::invalid(error).at(field);
    let base = match visit.field("base") {
        "" => match name {
            Some(name) => statuses::get(&visit.now()?, name)?.definition.base,
            None => return Err(Refusal::invalid("choose a category").at("base").into()),
        },
        base => base.parse().map_err(at("base"))?,
    };
    let next =
        match visit.field("when") {
            "" => None,
            when => Some(Next {
                when: match when {
                    "date" => When::ExpectedDate,
                    _ => When::WorkingHours(visit.field("hours").trim().parse().map_err(|_| {
                        Refusal::invalid("write a number of working hours").at("next")
                    })?),
                },
                to: visit.field("next").to_owned(),
            }),
        };
    let all = |name: &str| -> Vec<String> {
        let fields = visit.form.fields.iter();
        fields
            .filter(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
            .collect()
    };
    let pauses = all("pauses")
        .iter()
        .map(|one| one.parse())
        .collect::<Result<_, _>>();
    let roles = all("roles").into_iter().map(|role| {
        let found = Role::ALL.into_iter().find(|known| known.as_str() == role);
        found.ok_or_else(|| Refusal::invalid(format!("{role} is not a role")).at("roles"))
    });
    let asks = Ask::ALL.into_iter().map(|(ask, _)| ask);
    let wanted = all("asks");
    Ok(Definition {
        label: visit.field("label").to_owned(),
        customer_label: visit.field("customer_label").trim().to_owned(),
        base,
        pauses: pauses.map_err(at("pauses"))?,
        next,
        ends_on_word: visit.field("ends_on_word") == "yes",
        asks: asks
            .filter(|ask| wanted.iter().any(|one| one == ask.as_str()))
            .collect(),
        fields: all("fields"),
        roles: roles.collect::<Result<_, _>>()?,
        from: all("from"),
    })
}
