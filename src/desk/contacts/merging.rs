//! Two records of one person: merged, and taken apart again. A merge is a row of its own that says
//! as whom a customer is known now; conversations and numbers stay where they were, so that a reply
//! goes to the number it answers, and undoing takes that one row away.

use super::{Contact, Listed, get, listed};
use crate::domain::event::{ContactEvent, Fact};
use crate::domain::id::{ContactId, Object};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};

/// Most records that are looked at as the same person.
const FAMILY_MAX: u32 = 100;
/// Most suggestions.
const ALIKE_MAX: usize = 5;

/// Somebody who may be the same person, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// Who.
    pub contact: Listed,
    /// Why: `number`, `e-mail`, `name`.
    pub why: &'static str,
}

// Decide

/// Makes a customer known as another: the same person.
///
/// **Refuses:** themselves; one of the two merged already.
pub fn merge(now: &Now<'_>, contact: ContactId, into: ContactId) -> Result<Vec<Fact>> {
    if contact == into {
        let text = format!("{contact} cannot be merged into itself");
        return Err(Refusal::invalid(text).at("into").into());
    }
    for one in [contact, into] {
        get(now, one).map_err(|error| match error {
            Error::Refusal(refusal) => Refusal::invalid(refusal.text).at("into").into(),
            fault => fault,
        })?;
        if let Some((_, root)) = merged(now, one)? {
            let text = format!("{one} was merged already; go on with {root}");
            return Err(Refusal::conflict(text).at("into").into());
        }
    }
    Ok(vec![ContactEvent::Merged { contact, into }.into()])
}

/// Takes a merged customer out again: they stand as before.
///
/// **Refuses:** one who is not merged.
pub fn unmerge(now: &Now<'_>, contact: ContactId) -> Result<Vec<Fact>> {
    get(now, contact)?;
    let Some((from, _)) = merged(now, contact)? else {
        return Err(Refusal::conflict(format!("{contact} is not merged into another")).into());
    };
    Ok(vec![ContactEvent::Unmerged { contact, from }.into()])
}

// Apply

/// Applies that one customer is known as another.
pub(super) fn apply_merged(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    contact: ContactId,
    into: ContactId,
) -> Result<()> {
    let sql = "SELECT root FROM contact_merge WHERE contact = :id";
    let root: Option<ContactId> = write.find(sql, &[(":id", &into)], |row| row.get("root"))?;
    let root = root.unwrap_or(into);
    write.run(
        "INSERT INTO contact_merge (contact, into_contact, root, seq)
         VALUES (:contact, :into, :root, :seq)",
        &[
            (":contact", &contact),
            (":into", &into),
            (":root", &root),
            (":seq", &recorded.seq),
        ],
    )?;
    write.run(
        "UPDATE contact_merge SET root = :root WHERE root = :contact",
        &[(":root", &root), (":contact", &contact)],
    )?;
    Ok(())
}

/// Applies that a customer stands alone again, with those who had been merged into them.
pub(super) fn apply_unmerged(write: &Writer<'_>, contact: ContactId) -> Result<()> {
    write.run(
        "DELETE FROM contact_merge WHERE contact = :contact",
        &[(":contact", &contact)],
    )?;
    write.run(
        "UPDATE contact_merge SET root = :contact WHERE contact IN (
             WITH RECURSIVE below(id) AS (
                 SELECT contact FROM contact_merge WHERE into_contact = :contact
                 UNION SELECT contact_merge.contact FROM contact_merge
                         JOIN below ON into_contact = below.id)
             SELECT id FROM below)",
        &[(":contact", &contact)],
    )?;
    Ok(())
}

/// Notes that a fact is about a customer, and about whom they are known as.
pub fn relate(write: &Writer<'_>, contact: ContactId) -> Result<()> {
    write.about(Object::Contact(contact));
    let sql = "SELECT root FROM contact_merge WHERE contact = :id";
    let root: Option<ContactId> = write.find(sql, &[(":id", &contact)], |row| row.get("root"))?;
    if let Some(root) = root {
        write.about(Object::Contact(root));
    }
    Ok(())
}

// Ask

/// As whom a customer is known: the one they were merged into, and where that chain ends.
pub fn merged(now: &Now<'_>, contact: ContactId) -> Result<Option<(ContactId, ContactId)>> {
    now.maybe(
        "SELECT into_contact, root FROM contact_merge WHERE contact = :id",
        &[(":id", &contact)],
        |row| Ok((row.get("into_contact")?, row.get("root")?)),
    )
}

/// The person a customer is: where the chain of merges ends, or they themselves.
pub fn person(now: &Now<'_>, contact: ContactId) -> Result<ContactId> {
    Ok(merged(now, contact)?.map_or(contact, |(_, root)| root))
}

/// All records of one person, theirs first.
pub fn family(now: &Now<'_>, person: ContactId) -> Result<Vec<ContactId>> {
    let mut family = vec![person];
    family.extend(now.all::<ContactId>(
        "SELECT contact FROM contact_merge WHERE root = :id ORDER BY seq LIMIT :limit",
        &[(":id", &person), (":limit", &FAMILY_MAX)],
        |row| row.get("contact"),
    )?);
    Ok(family)
}

/// Those who may be the same person: by a number or address told in another way, or by name.
pub fn alike(now: &Now<'_>, contact: &Contact) -> Result<Vec<Alike>> {
    let known = family(now, person(now, contact.id)?)?;
    let mut found: Vec<(ContactId, &'static str)> = Vec::new();
    for (kind, value) in &contact.identities {
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        let (pairs, why) = match kind.as_str() {
            "wa_id" => (vec![("phone", format!("+{digits}"))], "number"),
            "phone" => (vec![("wa_id", digits)], "number"),
            _ => continue, // ids of a provider say nothing of others
        };
        for (kind, value) in pairs {
            let others: Vec<ContactId> = now.all(
                "SELECT contact FROM identity WHERE kind = :kind AND value = :value LIMIT 5",
                &[(":kind", &kind), (":value", &value)],
                |row| row.get("contact"),
            )?;
            found.extend(others.into_iter().map(|other| (other, why)));
        }
    }
    if let Some(email) = contact.fields.get("email") {
        let others: Vec<ContactId> = now.all(
            "SELECT contact FROM identity WHERE kind = 'email' AND value = :value LIMIT 5",
            &[(":value", email)],
            |row| row.get("contact"),
        )?;
        found.extend(others.into_iter().map(|other| (other, "e-mail")));
    }
    if let Some(name) = contact.name.as_deref().filter(|name| name.contains(' ')) {
        let others: Vec<ContactId> = now.all(
            "SELECT id FROM contact WHERE name = :name COLLATE NOCASE ORDER BY id DESC LIMIT 10",
            &[(":name", &name)],
            |row| row.get("id"),
        )?;
        found.extend(others.into_iter().map(|other| (other, "name")));
    }
    let mut alike: Vec<Alike> = Vec::new();
    for (other, why) in found {
        let other = person(now, other)?;
        let new = !alike.iter().any(|have| have.contact.id == other);
        if new && !known.contains(&other) && alike.len() < ALIKE_MAX {
            let contact = listed(now, other)?;
            alike.push(Alike { contact, why });
        }
    }
    Ok(alike)
}
