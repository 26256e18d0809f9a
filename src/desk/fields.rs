//! A ticket's own fields: how they are defined, what stands in them, and when one is missing.

use super::labels;
use super::tickets::{self, Ticket};
use crate::domain::event::Fact;
use crate::domain::event::field::{FieldEvent, SealedValues};
use crate::domain::field::Definition;
use crate::domain::id::{Seq, TicketId};
use crate::domain::label::List;
use crate::domain::status;
use crate::domain::ticket::Category;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};
use std::collections::BTreeMap;

/// Most fields of one desk.
const FIELDS_MAX: usize = 100;

/// A field as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name; never changes.
    pub name: String,
    /// The version of its definition.
    pub version: u32,
    /// What it says.
    pub definition: Definition,
    /// Whether it is not offered any more.
    pub retired: bool,
    /// The event that changed it last.
    pub seq: Seq,
}

// Decide

/// Defines a field: a new one, or another version of one there is.
///
/// **Refuses:** a definition that cannot be; another kind for one that holds values.
pub fn define(now: &Now<'_>, name: Option<&str>, mut to: Definition) -> Result<Vec<Fact>> {
    to.label = to.label.split_whitespace().collect::<Vec<_>>().join(" ");
    to.country = to.country.trim().to_uppercase();
    to.check()
        .map_err(|(field, text)| Refusal::invalid(text).at(field))?;
    for kind in &to.types {
        labels::demand(now, List::Type, kind)
            .map_err(|_| Refusal::invalid(format!("there is no type {kind}")).at("types"))?;
    }
    let all = list(now)?;
    let name = match name {
        Some(name) => get(now, name)?.name,
        None => {
            let name = status::name_from(&to.label)
                .map_err(|error| Refusal::invalid(error).at("label"))?;
            if all.iter().any(|field| field.name == name) {
                let text = format!("there is a field {name} already");
                return Err(Refusal::conflict(text).at("label").into());
            }
            if all.len() >= FIELDS_MAX {
                let text = format!("a desk has at most {FIELDS_MAX} fields");
                return Err(Refusal::conflict(text).at("label").into());
            }
            name
        }
    };
    let known = all.iter().find(|field| field.name == name);
    if let Some(known) = known {
        if known.definition == to {
            return Ok(Vec::new());
        }
        if known.definition.kind != to.kind && uses(now, &name)? > 0 {
            let text = "a field that holds values keeps its kind; retire it and add another";
            return Err(Refusal::conflict(text).at("kind").into());
        }
    }
    let defined = FieldEvent::Defined {
        version: known.map_or(0, |known| known.version) + 1,
        name,
        definition: to,
    };
    Ok(vec![defined.into()])
}

/// Takes a field out of what is offered, or puts it back; what stands in it stays.
pub fn retire(now: &Now<'_>, name: &str, retired: bool) -> Result<Vec<Fact>> {
    let known = get(now, name)?;
    if known.retired == retired {
        return Ok(Vec::new());
    }
    let name = known.name;
    Ok(vec![match retired {
        true => FieldEvent::Retired { name }.into(),
        false => FieldEvent::Restored { name }.into(),
    }])
}

/// Writes into fields of a ticket; what is as it was gives no fact, an empty text takes out.
///
/// **Refuses:** unknown and retired fields, those of other types; what cannot stand in one.
pub fn fill(
    now: &Now<'_>,
    present: &Ticket,
    wanted: &BTreeMap<String, String>,
) -> Result<Vec<Fact>> {
    let held = values(now, present.id)?;
    let (mut fields, mut changes) = (BTreeMap::new(), BTreeMap::new());
    for (name, text) in wanted {
        let known = match find(now, name)? {
            Some(known) if !known.retired => known,
            Some(known) => {
                let text = format!("the field {} is retired", known.definition.label);
                return Err(Refusal::invalid(text).at("values").into());
            }
            None => {
                let text = format!("there is no field {name}");
                return Err(Refusal::invalid(text).at("values").into());
            }
        };
        if !known.definition.is_of(&present.kind) {
            let label = &known.definition.label;
            let text = format!("tickets of the type {type} have no {label}", type = present.kind);
            return Err(Refusal::invalid(text).at("values").into());
        }
        let before = held.get(name).cloned();
        if before.as_deref() == Some(text.trim()) {
            continue; // it may not fit the newest definition, but it stays
        }
        let after = known
            .definition
            .read(text)
            .map_err(|error| Refusal::invalid(error).at("values"))?;
        if before != after {
            fields.insert(name.clone(), known.version);
            changes.insert(name.clone(), (before, after));
        }
    }
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    let filled = FieldEvent::Filled {
        ticket: present.id,
        fields,
        sealed: SealedValues {
            values: Some(changes),
        },
    };
    Ok(vec![filled.into()])
}

/// Refuses names of fields that are not there or not offered.
pub fn demand_known(now: &Now<'_>, names: &[String]) -> Result<()> {
    for name in names {
        if find(now, name)?.is_none_or(|field| field.retired) {
            let text = format!("there is no field {name}");
            return Err(Refusal::invalid(text).at("fields").into());
        }
    }
    Ok(())
}

/// Refuses to come into a status without the fields it needs, or to end without those needed to.
/// What is written into them along with it counts as there.
pub fn demand_filled(
    now: &Now<'_>,
    present: &Ticket,
    to: &status::Definition,
    along: &BTreeMap<String, String>,
) -> Result<()> {
    let ends = matches!(to.base.category(), Category::Done | Category::Final);
    let ended = matches!(present.status.category(), Category::Done | Category::Final);
    let mut held = values(now, present.id)?;
    for (name, text) in along {
        match text.trim().is_empty() {
            true => held.remove(name),
            false => held.insert(name.clone(), text.clone()),
        };
    }
    let missing: Vec<String> = of_type(now, &present.kind)?
        .into_iter()
        .filter(|field| {
            let needed =
                to.fields.contains(&field.name) || (ends && !ended && field.definition.to_close);
            needed && !held.contains_key(&field.name)
        })
        .map(|field| field.definition.label)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let text = format!("fill in first: {}", missing.join(", "));
    Err(Refusal::conflict(text).at("status").into())
}

// Apply

/// Applies a fact about fields.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &FieldEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        FieldEvent::Defined {
            name,
            version,
            definition,
        } => {
            write.run(
                "INSERT INTO field (name, version, label, definition, seq)
                 VALUES (:name, :version, :label, :definition, :seq)
                 ON CONFLICT (name) DO UPDATE SET version = excluded.version,
                     label = excluded.label, definition = excluded.definition, seq = excluded.seq",
                &[
                    (":name", name),
                    (":version", version),
                    (":label", &definition.label),
                    (":definition", &serde_json::to_string(definition)?),
                    (":seq", seq),
                ],
            )?;
        }
        FieldEvent::Retired { name } => {
            write.run(
                "UPDATE field SET retired = 1, seq = :seq WHERE name = :name",
                &[(":seq", seq), (":name", name)],
            )?;
        }
        FieldEvent::Restored { name } => {
            write.run(
                "UPDATE field SET retired = 0, seq = :seq WHERE name = :name",
                &[(":seq", seq), (":name", name)],
            )?;
        }
        FieldEvent::Filled {
            ticket,
            fields,
            sealed,
        } => {
            for field in fields.keys() {
                let values = sealed.values.as_ref();
                let change = values.and_then(|values| values.get(field));
                write.run(
                    "DELETE FROM ticket_field WHERE ticket = :ticket AND field = :field",
                    &[(":ticket", ticket), (":field", field)],
                )?;
                if let Some((_, Some(value))) = change {
                    write.run(
                        "INSERT INTO ticket_field (ticket, field, value, seq)
                         VALUES (:ticket, :field, :value, :seq)",
                        &[
                            (":ticket", ticket),
                            (":field", field),
                            (":value", value),
                            (":seq", seq),
                        ],
                    )?;
                }
            }
            write.run(
                "UPDATE ticket SET changed_at = :at, seq = :seq WHERE id = :id",
                &[(":at", &recorded.at), (":seq", seq), (":id", ticket)],
            )?;
            tickets::relate(write, *ticket)?;
        }
    }
    Ok(())
}

// Ask

/// All fields by their names for people, the retired ones last.
pub fn list(now: &Now<'_>) -> Result<Vec<Field>> {
    now.all(
        "SELECT name, version, definition, retired, seq FROM field
          ORDER BY retired, label COLLATE NOCASE, name LIMIT 200",
        &[],
        read,
    )
}

/// The offered fields tickets of a type have.
pub fn of_type(now: &Now<'_>, kind: &str) -> Result<Vec<Field>> {
    let mut fields = list(now)?;
    fields.retain(|field| !field.retired && field.definition.is_of(kind));
    Ok(fields)
}

/// A field, if there is one.
pub fn find(now: &Now<'_>, name: &str) -> Result<Option<Field>> {
    now.maybe(
        "SELECT name, version, definition, retired, seq FROM field WHERE name = :name",
        &[(":name", &name)],
        read,
    )
}

/// A field.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, name: &str) -> Result<Field> {
    find(now, name)?.ok_or_else(|| Refusal::not_found(format!("there is no field {name}")).into())
}

/// What stands in the fields of a ticket, by name.
pub fn values(now: &Now<'_>, ticket: TicketId) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = now.all(
        "SELECT field, value FROM ticket_field WHERE ticket = :ticket ORDER BY field LIMIT 200",
        &[(":ticket", &ticket)],
        |row| Ok((row.get("field")?, row.get("value")?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// How many tickets hold something in a field.
pub fn uses(now: &Now<'_>, name: &str) -> Result<u64> {
    now.value(
        "SELECT count(*) FROM ticket_field WHERE field = :name",
        &[(":name", &name)],
    )
}

fn read(row: &Row<'_>) -> Result<Field> {
    Ok(Field {
        name: row.get("name")?,
        version: row.get("version")?,
        definition: row.json("definition")?,
        retired: row.get("retired")?,
        seq: row.get("seq")?,
    })
}
