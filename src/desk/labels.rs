//! Labels: the lists of tags and types, and what may still be put on things. A tag that is used
//! without having been added joins the list by its use, unless the list is closed.

use super::settings;
use crate::domain::event::Fact;
use crate::domain::event::labels::LabelEvent;
use crate::domain::label::{Colour, List, NAME_MAX, TYPES, name_of};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};

/// Most labels a list holds.
const LABELS_MAX: usize = 500;

/// Most tags on one thing.
pub const TAGS_MAX: usize = 20;

/// A word of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its name; never changes.
    pub name: String,
    /// How it is called.
    pub label: String,
    /// Its colour.
    pub colour: Colour,
    /// Whether it is not offered any more.
    pub retired: bool,
    /// The event that changed it last.
    pub seq: u64,
}

// Decide

/// Adds a word to a list.
///
/// **Refuses:** an empty or too long one, one that stands there already.
pub fn add(now: &Now<'_>, list: List, label: &str, colour: Colour) -> Result<Vec<Fact>> {
    let label = valid_label(label)?;
    let name = valid_name(&label)?;
    if let Some(known) = find(now, list, &name)? {
        let text = match known.retired {
            true => format!("{name} is retired; restore it instead"),
            false => format!("{name} stands in the list already"),
        };
        return Err(Refusal::conflict(text).at("label").into());
    }
    if self::list(now, list)?.len() >= LABELS_MAX {
        let text = format!("a list holds at most {LABELS_MAX} labels");
        return Err(Refusal::conflict(text).at("label").into());
    }
    let added = LabelEvent::Added {
        list,
        name,
        label,
        colour,
    };
    Ok(vec![added.into()])
}

/// Calls or colours it otherwise; its name, and what carries it, stay.
pub fn change(
    now: &Now<'_>,
    list: List,
    name: &str,
    label: &str,
    colour: Colour,
) -> Result<Vec<Fact>> {
    let known = get(now, list, name)?;
    let label = valid_label(label)?;
    if known.label == label && known.colour == colour {
        return Ok(Vec::new());
    }
    let changed = LabelEvent::Changed {
        list,
        name: known.name,
        from: known.label,
        label,
        colour,
    };
    Ok(vec![changed.into()])
}

/// Takes it out of what is offered, or puts it back.
///
/// **Refuses:** the last type.
pub fn retire(now: &Now<'_>, list: List, name: &str, retired: bool) -> Result<Vec<Fact>> {
    let known = get(now, list, name)?;
    if known.retired == retired {
        return Ok(Vec::new());
    }
    let name = known.name;
    if !retired {
        return Ok(vec![LabelEvent::Restored { list, name }.into()]);
    }
    let left = self::list(now, list)?;
    if list == List::Type && left.iter().filter(|label| !label.retired).count() < 2 {
        return Err(Refusal::conflict("a ticket needs a type: keep one").into());
    }
    Ok(vec![LabelEvent::Retired { list, name }.into()])
}

/// Which tags come and which go when a comma-separated list is to hold.
///
/// **Refuses:** new ones that are retired, or not in a closed list.
pub fn tag_changes(
    now: &Now<'_>,
    present: &[String],
    wanted: &str,
) -> Result<(Vec<String>, Vec<String>)> {
    let mut tags: Vec<String> = Vec::new();
    for tag in wanted.split(',') {
        let tag = name_of(tag);
        if tag.chars().count() > NAME_MAX {
            let text = format!("the tag {tag} is longer than 40 characters");
            return Err(Refusal::invalid(text).at("tags").into());
        }
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.len() > TAGS_MAX {
        return Err(Refusal::invalid(format!("at most {TAGS_MAX} tags"))
            .at("tags")
            .into());
    }
    let added: Vec<String> = tags
        .iter()
        .filter(|tag| !present.contains(tag))
        .cloned()
        .collect();
    for tag in &added {
        demand(now, List::Tag, tag)?;
    }
    let removed = present
        .iter()
        .filter(|tag| !tags.contains(tag))
        .cloned()
        .collect();
    Ok((added, removed))
}

/// Refuses a word that may not be put on anything now.
///
/// **Refuses:** a retired one; one that is not in the list, where the list is closed.
pub fn demand(now: &Now<'_>, list: List, name: &str) -> Result<()> {
    let (field, closed) = match list {
        List::Tag => ("tags", settings::switch(now, "tag.closed_list")?),
        List::Type => ("type", true),
    };
    let text = match find(now, list, name)? {
        Some(known) if known.retired => {
            format!("the {what} {name} is retired", what = list.as_str())
        }
        Some(_) => return Ok(()),
        None if !closed => return Ok(()),
        None => match list {
            List::Tag => format!("there is no tag {name}; the list of tags is closed"),
            List::Type => {
                let offered = offered(now, List::Type)?;
                let names: Vec<&str> = offered.iter().map(|label| label.name.as_str()).collect();
                format!(
                    "{name} is not a type; types are {all}",
                    all = names.join(", ")
                )
            }
        },
    };
    Err(Refusal::invalid(text).at(field).into())
}

fn valid_label(label: &str) -> Result<String> {
    let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
    if label.is_empty() || label.chars().count() > NAME_MAX {
        let text = format!("a label has 1 to {NAME_MAX} characters");
        return Err(Refusal::invalid(text).at("label").into());
    }
    Ok(label)
}

fn valid_name(label: &str) -> Result<String> {
    let name = name_of(label);
    if name.is_empty() || name.contains([',', '/', '?', '#', '&', '%', '"']) {
        let text = format!("{label} cannot be a label: no commas, slashes or signs of an address");
        return Err(Refusal::invalid(text).at("label").into());
    }
    Ok(name)
}

// Apply

/// Applies a fact about labels.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &LabelEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        LabelEvent::Added {
            list,
            name,
            label,
            colour,
        } => write.run(
            "INSERT INTO label (list, name, label, colour, seq)
             VALUES (:list, :name, :label, :colour, :seq)
             ON CONFLICT (list, name) DO UPDATE
             SET label = excluded.label, colour = excluded.colour, retired = 0, seq = excluded.seq",
            &[
                (":list", &list.as_str()),
                (":name", name),
                (":label", label),
                (":colour", &colour.as_str()),
                (":seq", seq),
            ],
        )?,
        LabelEvent::Changed {
            list,
            name,
            label,
            colour,
            ..
        } => write.run(
            "UPDATE label SET label = :label, colour = :colour, seq = :seq
              WHERE list = :list AND name = :name",
            &[
                (":list", &list.as_str()),
                (":name", name),
                (":label", label),
                (":colour", &colour.as_str()),
                (":seq", seq),
            ],
        )?,
        LabelEvent::Retired { list, name } => apply_retired(write, recorded, *list, name, true)?,
        LabelEvent::Restored { list, name } => apply_retired(write, recorded, *list, name, false)?,
    };
    Ok(())
}

fn apply_retired(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    list: List,
    name: &str,
    retired: bool,
) -> Result<usize> {
    write.run(
        "UPDATE label SET retired = :retired, seq = :seq WHERE list = :list AND name = :name",
        &[
            (":retired", &retired),
            (":seq", &recorded.seq),
            (":list", &list.as_str()),
            (":name", &name),
        ],
    )
}

/// The types a desk starts with, from its first fact.
pub fn apply_opened(write: &Writer<'_>, recorded: &Recorded<'_>) -> Result<()> {
    for (name, label) in TYPES {
        write.run(
            "INSERT INTO label (list, name, label, colour, seq)
             VALUES ('type', :name, :label, 'grey', :seq)",
            &[
                (":name", &name),
                (":label", &label),
                (":seq", &recorded.seq),
            ],
        )?;
    }
    Ok(())
}

/// Tags join the list by their use.
pub fn apply_used(write: &Writer<'_>, recorded: &Recorded<'_>, tags: &[String]) -> Result<()> {
    for tag in tags {
        write.run(
            "INSERT OR IGNORE INTO label (list, name, label, colour, seq)
             VALUES ('tag', :name, :name, 'grey', :seq)",
            &[(":name", tag), (":seq", &recorded.seq)],
        )?;
    }
    Ok(())
}

// Ask

/// The words of a list, by name, the retired ones last.
pub fn list(now: &Now<'_>, list: List) -> Result<Vec<Label>> {
    now.all(
        "SELECT name, label, colour, retired, seq FROM label
          WHERE list = :list ORDER BY retired, label COLLATE NOCASE, name LIMIT 1000",
        &[(":list", &list.as_str())],
        read,
    )
}

/// The words of a list that are offered.
pub fn offered(now: &Now<'_>, list: List) -> Result<Vec<Label>> {
    let mut labels = self::list(now, list)?;
    labels.retain(|label| !label.retired);
    Ok(labels)
}

/// A word of a list, if it stands there.
pub fn find(now: &Now<'_>, list: List, name: &str) -> Result<Option<Label>> {
    now.maybe(
        "SELECT name, label, colour, retired, seq FROM label WHERE list = :list AND name = :name",
        &[(":list", &list.as_str()), (":name", &name)],
        read,
    )
}

fn get(now: &Now<'_>, list: List, name: &str) -> Result<Label> {
    find(now, list, name)?.ok_or_else(|| {
        Refusal::not_found(format!("there is no {what} {name}", what = list.as_str())).into()
    })
}

/// How many things carry a word.
pub fn uses(now: &Now<'_>, list: List, name: &str) -> Result<u64> {
    match list {
        List::Tag => now.value(
            "SELECT (SELECT count(*) FROM conversation_tag WHERE tag = :name)
                  + (SELECT count(*) FROM ticket_tag WHERE tag = :name)",
            &[(":name", &name)],
        ),
        List::Type => now.value(
            "SELECT count(*) FROM ticket WHERE type = :name",
            &[(":name", &name)],
        ),
    }
}

fn read(row: &Row<'_>) -> Result<Label> {
    let colour: String = row.get("colour")?;
    Ok(Label {
        name: row.get("name")?,
        label: row.get("label")?,
        colour: colour.parse().map_err(Error::fault)?,
        retired: row.get("retired")?,
        seq: row.get("seq")?,
    })
}
