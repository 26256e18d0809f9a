//! Statuses of tickets as the desk names them: how they are defined, what is needed to come into
//! one, and what follows by itself. The shipped ones are there without a row.

mod steps;

pub use steps::{enter, follow, lapse, set, takes_note, ways};

use super::{fields, tickets};
use crate::domain::event::Fact;
use crate::domain::event::status::StatusEvent;
use crate::domain::id::{Seq, TicketId};
use crate::domain::moment::Moment;
use crate::domain::status::{Definition, Follows, Named, name_from};
use crate::domain::ticket::Status;
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};

/// Most statuses of one desk.
const STATUSES_MAX: usize = 100;
/// Most tickets that are moved on in one round of the clock.
const DUE_MAX: u32 = 100;

/// A status as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name; never changes.
    pub name: String,
    /// The version of its definition; 0 is as shipped.
    pub version: u32,
    /// What it says.
    pub definition: Definition,
    /// Whether it is not offered any more.
    pub retired: bool,
    /// The event that defined it last; none as shipped.
    pub seq: Option<Seq>,
}

impl Known {
    /// Whether it comes with the product.
    pub fn is_shipped(&self) -> bool {
        self.name.parse::<Status>().is_ok()
    }
}

// Decide

/// Defines a status: a new one, or another version of one there is.
///
/// **Refuses:** a definition that cannot be; one that names what does not exist; another category
/// for one there is.
pub fn define(now: &Now<'_>, name: Option<&str>, mut to: Definition) -> Result<Vec<Fact>> {
    to.label = to.label.split_whitespace().collect::<Vec<_>>().join(" ");
    to.check()
        .map_err(|(field, text)| Refusal::invalid(text).at(field))?;
    let all = list(now)?;
    let name = match name {
        Some(name) => name.to_owned(),
        None => name_from(&to.label).map_err(|error| Refusal::invalid(error).at("label"))?,
    };
    let known = all.iter().find(|known| known.name == name);
    let alike = |known: &&Known| {
        known.name != name && known.definition.label.to_lowercase() == to.label.to_lowercase()
    };
    if let Some(other) = all.iter().find(alike) {
        let text = format!("{} is the name of another status", other.definition.label);
        return Err(Refusal::conflict(text).at("label").into());
    }
    match known {
        None if all.len() >= STATUSES_MAX => {
            let text = format!("a desk has at most {STATUSES_MAX} statuses");
            return Err(Refusal::conflict(text).at("label").into());
        }
        Some(known) if known.definition.base != to.base => {
            let text = "a status stays in its category; retire it and add another";
            return Err(Refusal::conflict(text).at("base").into());
        }
        Some(known) if known.definition == to => return Ok(Vec::new()),
        Some(_) | None => {}
    }
    let named = |field: &'static str, other: &str| {
        let found = all.iter().find(|known| known.name == other);
        found.filter(|known| !known.retired).ok_or_else(|| {
            Error::from(Refusal::invalid(format!("there is no status {other}")).at(field))
        })
    };
    for other in &to.from {
        named("from", other)?;
    }
    if let Some(next) = &to.next {
        let base = named("next", &next.to)?.definition.base;
        if next.to == name || (base != to.base && !to.base.may_become(base)) {
            let text = format!(
                "{after} cannot follow {before}",
                after = next.to,
                before = to.label
            );
            return Err(Refusal::invalid(text).at("next").into());
        }
    }
    fields::demand_known(now, &to.fields)?;
    let version = known.map_or(0, |known| known.version) + 1;
    let defined = StatusEvent::Defined {
        name,
        version,
        definition: to,
    };
    Ok(vec![defined.into()])
}

/// Takes a status out of what is offered, or puts it back; tickets in it stay.
///
/// **Refuses:** the shipped ones, which the desk stands on.
pub fn retire(now: &Now<'_>, name: &str, retired: bool) -> Result<Vec<Fact>> {
    let known = get(now, name)?;
    if known.is_shipped() {
        let text = format!(
            "{} comes with the product and stays",
            known.definition.label
        );
        return Err(Refusal::conflict(text).into());
    }
    if known.retired == retired {
        return Ok(Vec::new());
    }
    let name = known.name;
    Ok(vec![match retired {
        true => StatusEvent::Retired { name }.into(),
        false => StatusEvent::Restored { name }.into(),
    }])
}

// Apply

/// Applies a fact about statuses.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &StatusEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        StatusEvent::Defined {
            name,
            version,
            definition,
        } => {
            write.run(
                "INSERT INTO ticket_status (name, version, label, definition, seq)
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
        StatusEvent::Retired { name } => {
            write.run(
                "UPDATE ticket_status SET retired = 1, seq = :seq WHERE name = :name",
                &[(":seq", seq), (":name", name)],
            )?;
        }
        StatusEvent::Restored { name } => {
            write.run(
                "UPDATE ticket_status SET retired = 0, seq = :seq WHERE name = :name",
                &[(":seq", seq), (":name", name)],
            )?;
        }
        StatusEvent::Stayed { ticket, .. } => {
            write.run(
                "UPDATE ticket SET next_at = NULL, next_to = NULL, seq = :seq WHERE id = :id",
                &[(":seq", seq), (":id", ticket)],
            )?;
            tickets::relate(write, *ticket)?;
        }
    }
    Ok(())
}

/// Notes what a ticket's status is called now, and what follows it by itself.
pub fn apply_named(
    write: &Writer<'_>,
    ticket: TicketId,
    to: Status,
    named: Option<&Named>,
) -> Result<()> {
    let next = named.and_then(|named| named.next.as_ref());
    write.run(
        "UPDATE ticket SET named = :named, next_at = :at, next_to = :to WHERE id = :id",
        &[
            (
                ":named",
                &named.map_or(to.as_str(), |named| named.name.as_str()),
            ),
            (":at", &next.map(|next| next.at)),
            (":to", &next.map(|next| next.to.as_str())),
            (":id", &ticket),
        ],
    )?;
    Ok(())
}

// Ask

impl Known {
    fn shipped(status: Status) -> Self {
        Known {
            name: status.as_str().to_owned(),
            version: 0,
            definition: Definition::shipped(status),
            retired: false,
            seq: None,
        }
    }
}

/// Every status in the order of work: each shipped one, and after it the names that stand for it.
pub fn list(now: &Now<'_>) -> Result<Vec<Known>> {
    let defined = now.all(
        "SELECT name, version, definition, retired, seq FROM ticket_status
          ORDER BY retired, label COLLATE NOCASE, name LIMIT 200",
        &[],
        read,
    )?;
    let mut all = Vec::new();
    for status in Status::ALL {
        let own = defined.iter().find(|known| known.name == status.as_str());
        all.push(own.cloned().unwrap_or_else(|| Known::shipped(status)));
        let names = defined
            .iter()
            .filter(|known| known.definition.base == status && known.name != status.as_str());
        all.extend(names.cloned());
    }
    Ok(all)
}

/// A status, if there is one.
pub fn find(now: &Now<'_>, name: &str) -> Result<Option<Known>> {
    let found = now.maybe(
        "SELECT name, version, definition, retired, seq FROM ticket_status WHERE name = :name",
        &[(":name", &name)],
        read,
    )?;
    Ok(found.or_else(|| name.parse().ok().map(Known::shipped)))
}

/// A status.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, name: &str) -> Result<Known> {
    find(now, name)?.ok_or_else(|| Refusal::not_found(format!("there is no status {name}")).into())
}

/// A status tickets may still come into.
///
/// **Refuses:** an unknown one; a retired one.
pub fn offered(now: &Now<'_>, name: &str) -> Result<Known> {
    let text = match find(now, name)? {
        Some(known) if !known.retired => return Ok(known),
        Some(known) => format!("the status {} is retired", known.definition.label),
        None => format!("{name} is not a ticket status"),
    };
    Err(Refusal::invalid(text).at("status").into())
}

/// How many tickets are in a status.
pub fn uses(now: &Now<'_>, name: &str) -> Result<u64> {
    now.value(
        "SELECT count(*) FROM ticket WHERE named = :name",
        &[(":name", &name)],
    )
}

/// What [`due`] asks, every second.
pub const DUE: &str =
    "SELECT id FROM ticket WHERE next_at <= :at ORDER BY next_at, id LIMIT :limit";

/// The tickets whose status ends by itself now.
pub fn due(now: &Now<'_>) -> Result<Vec<TicketId>> {
    now.all(DUE, &[(":at", &now.at()), (":limit", &DUE_MAX)], |row| {
        row.get("id")
    })
}

/// What follows a ticket's status by itself.
pub fn next_of(now: &Now<'_>, id: TicketId) -> Result<Option<Follows>> {
    let found: Option<(Option<Moment>, Option<String>)> = now.maybe(
        "SELECT next_at, next_to FROM ticket WHERE id = :id",
        &[(":id", &id)],
        |row| Ok((row.get("next_at")?, row.get("next_to")?)),
    )?;
    Ok(match found {
        Some((Some(at), Some(to))) => Some(Follows { at, to }),
        _ => None, // it stays until somebody moves it
    })
}

fn read(row: &Row<'_>) -> Result<Known> {
    Ok(Known {
        name: row.get("name")?,
        version: row.get("version")?,
        definition: row.json("definition")?,
        retired: row.get("retired")?,
        seq: Some(row.get("seq")?),
    })
}
