//! Contacts: the customers, and how providers know them. A phone number is optional.

pub mod import;
mod known;
pub mod merging;
pub mod profile;
pub mod view;

use super::{search, settings};
use crate::domain::event::{ContactEvent, Fact, SealedContact};
use crate::domain::id::{ContactId, Object};
use crate::domain::moment::{MINUTE_MS, Moment};
use crate::domain::phone::PhoneNumber;
use crate::domain::update::{IdentityChange, Party};
use crate::error::{Refusal, Result};
use crate::ledger::{Bind, Now, Recorded, Writer};
use std::collections::BTreeMap;
use view::View;

/// Reads of one object by one member within this time are one event. **Unit:** milliseconds.
pub const READS_EVERY_MS: i64 = 10 * MINUTE_MS;

/// A customer as the desk knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Which.
    pub id: ContactId,
    /// The name the provider told.
    pub name: Option<String>,
    /// How providers know them: kind and value.
    pub identities: Vec<(String, String)>,
    /// Those of them that came with traffic.
    pub verified: Vec<(String, String)>,
    /// What members wrote down: field and value.
    pub fields: BTreeMap<String, String>,
    /// Since when they are blocked.
    pub blocked_at: Option<Moment>,
}

/// One line of the list of customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub id: ContactId,
    /// The name to show.
    pub name: String,
    /// A number or user id to tell them apart.
    pub handle: String,
    /// How many conversations there were.
    pub conversations: u64,
    /// How many of them are not closed.
    pub open: u64,
    /// When something was written last.
    pub last_at: Option<Moment>,
    /// Whether what they write makes no work.
    pub blocked: bool,
}

impl Contact {
    /// The name to show: what they call themselves, else how they are known.
    pub fn title(&self) -> String {
        let name = self.name.as_deref().filter(|name| !name.is_empty());
        name.map_or_else(|| self.handle(), str::to_owned)
    }

    /// How they are known: the number, else the user name, else the id.
    pub fn handle(&self) -> String {
        let find = |kind: &str| self.identities.iter().find(|(known, _)| known == kind);
        match (find("wa_id"), find("username"), find("email")) {
            (Some((_, number)), _, _) => format!("+{number}"),
            (None, Some((_, name)), _) => format!("@{name}"),
            (None, None, Some((_, address))) => address.clone(),
            (None, None, None) => match find("phone").or_else(|| find("caller")) {
                Some((_, caller)) => caller.clone(),
                None => self.id.to_string(),
            },
        }
    }

    /// The value of one identity.
    pub fn identity(&self, kind: &str) -> Option<&str> {
        self.identities
            .iter()
            .find(|(known, _)| known == kind)
            .map(|(_, value)| value.as_str())
    }
}

// Decide

/// Finds the customer a party is, or makes one; the fact tells what is new about them, if anything.
pub fn meet(now: &Now<'_>, party: &Party, why: &str) -> Result<(ContactId, Option<Fact>)> {
    let told = identities(party);
    let name = party.name.clone().filter(|name| !name.trim().is_empty());
    match find(now, party)? {
        Some(contact) => {
            let known = get(now, contact)?;
            let fresh: BTreeMap<String, String> = told
                .into_iter()
                .filter(|told| !known.identities.contains(told))
                .collect();
            let name = name.filter(|name| known.name.as_ref() != Some(name));
            if fresh.is_empty() && name.is_none() {
                return Ok((contact, None));
            }
            let identities = (!fresh.is_empty()).then_some(fresh);
            let sealed = SealedContact { name, identities };
            let why = why.to_owned();
            Ok((
                contact,
                Some(
                    ContactEvent::Changed {
                        contact,
                        why,
                        sealed,
                    }
                    .into(),
                ),
            ))
        }
        None => {
            let contact = now.value("SELECT coalesce(max(id) + 1, 1) FROM contact", &[])?;
            let identities = (!told.is_empty()).then_some(told);
            let sealed = SealedContact { name, identities };
            Ok((
                contact,
                Some(ContactEvent::Added { contact, sealed }.into()),
            ))
        }
    }
}

/// Joins what a customer is known by now to what they were known by. Who wrote under it already
/// keeps it: they are a customer of their own until somebody merges the two.
pub fn rename_identity(
    now: &Now<'_>,
    IdentityChange {
        before, after, at, ..
    }: &IdentityChange,
    why: &str,
) -> Result<Option<Fact>> {
    let found = match find(now, before)? {
        Some(contact) => Some(contact),
        None => find(now, after)?,
    };
    let Some(contact) = found else {
        return Ok(None);
    };
    let known = get(now, contact)?;
    let mut fresh = BTreeMap::new();
    for (kind, value) in identities(after) {
        let other = by_identity(now, &kind, &value)?.filter(|other| *other != contact);
        let wrote = match other {
            Some(other) => known::has_written_since(now, other, *at)?,
            None => false,
        };
        if known.identity(&kind) != Some(value.as_str()) && !wrote {
            fresh.insert(kind, value);
        }
    }
    if fresh.is_empty() {
        return Ok(None);
    }
    let sealed = SealedContact {
        name: None,
        identities: Some(fresh),
    };
    Ok(Some(
        ContactEvent::Changed {
            contact,
            why: why.to_owned(),
            sealed,
        }
        .into(),
    ))
}

/// Records that the one who looks opened the customer's page.
pub fn view(now: &Now<'_>, contact: ContactId) -> Result<Vec<Fact>> {
    get(now, contact)?;
    let viewed = ContactEvent::Viewed { contact };
    record_view(now, Object::Contact(contact), viewed.into())
}

/// Records that a member opened something, unless they did so lately or reads are not recorded.
pub fn record_view(now: &Now<'_>, object: Object, viewed: Fact) -> Result<Vec<Fact>> {
    if must_record_view(now, object)? {
        Ok(vec![viewed])
    } else {
        Ok(Vec::new())
    }
}

/// Whether opening this is still to be recorded for the one who looks.
pub fn must_record_view(now: &Now<'_>, object: Object) -> Result<bool> {
    let Some(member) = now.who().member() else {
        return Ok(false);
    };
    if !settings::switch(now, "audit.reads")? {
        return Ok(false);
    }
    let lately: bool = now.value(
        "SELECT EXISTS (SELECT 1 FROM seen
          WHERE member = :member AND object = :object AND at > :since)",
        &[
            (":member", &member),
            (":object", &object),
            (":since", &now.at().plus_ms(-READS_EVERY_MS)),
        ],
    )?;
    Ok(!lately)
}

fn identities(party: &Party) -> BTreeMap<String, String> {
    [
        ("wa_id", &party.wa_id),
        ("user_id", &party.user_id),
        ("parent_user_id", &party.parent_user_id),
        ("username", &party.username),
        ("email", &party.email),
    ]
    .into_iter()
    .filter_map(|(kind, value)| {
        value
            .as_ref()
            .filter(|value| !value.is_empty())
            .map(|v| (kind.to_owned(), v.clone()))
    })
    .collect()
}

// Apply

/// Applies a fact about a customer.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &ContactEvent) -> Result<()> {
    match event {
        ContactEvent::Added { contact, sealed } => {
            write.run(
                "INSERT INTO contact (id, name, seq) VALUES (:id, :name, :seq)",
                &[
                    (":id", contact),
                    (":name", &sealed.name),
                    (":seq", &recorded.seq),
                ],
            )?;
            known::apply_known(write, recorded, *contact, sealed)
        }
        ContactEvent::Changed {
            contact, sealed, ..
        } => {
            if sealed.name.is_some() {
                write.run(
                    "UPDATE contact SET name = :name, seq = :seq WHERE id = :id",
                    &[
                        (":name", &sealed.name),
                        (":seq", &recorded.seq),
                        (":id", contact),
                    ],
                )?;
            }
            known::apply_known(write, recorded, *contact, sealed)
        }
        ContactEvent::PreferenceChanged { .. } | ContactEvent::Imported { .. } => Ok(()),
        ContactEvent::IdentityAdded {
            contact,
            kind,
            sealed,
        } => known::apply_identity(write, recorded, *contact, kind, sealed),
        ContactEvent::IdentityRemoved {
            contact,
            kind,
            sealed,
        } => {
            write.run(
                "DELETE FROM identity WHERE contact = :contact AND kind = :kind AND value = :value",
                &[
                    (":contact", contact),
                    (":kind", kind),
                    (":value", &sealed.value),
                ],
            )?;
            Ok(())
        }
        ContactEvent::Described {
            contact, sealed, ..
        } => {
            profile::apply_described(write, recorded, *contact, sealed)?;
            let told = sealed.values.iter().flatten();
            let told = told.filter(|(field, _)| matches!(field.as_str(), "name" | "company"));
            let words: Vec<&str> = told.map(|(_, value)| value.as_str()).collect();
            known::index(write, recorded, *contact, &words.join("\n"))
        }
        ContactEvent::Merged { contact, into } => {
            merging::apply_merged(write, recorded, *contact, *into)
        }
        ContactEvent::Unmerged { contact, .. } => merging::apply_unmerged(write, *contact),
        ContactEvent::Blocked { contact, .. } => known::block(write, *contact, Some(recorded.at)),
        ContactEvent::Unblocked { contact } => known::block(write, *contact, None),
        ContactEvent::Viewed { contact } => apply_view(write, recorded, Object::Contact(*contact)),
    }
}

/// Notes when a member last opened an object.
pub fn apply_view(write: &Writer<'_>, recorded: &Recorded<'_>, object: Object) -> Result<()> {
    let Some(member) = recorded.actor.member() else {
        return Ok(());
    };
    write.run(
        "INSERT INTO seen (member, object, at, seq) VALUES (:member, :object, :at, :seq)
         ON CONFLICT (member, object) DO UPDATE SET at = excluded.at, seq = excluded.seq",
        &[
            (":member", &member),
            (":object", &object),
            (":at", &recorded.at),
            (":seq", &recorded.seq),
        ],
    )?;
    Ok(())
}

// Ask

/// The customer a party is, by user id first: numbers move on, user ids do not.
pub fn find(now: &Now<'_>, party: &Party) -> Result<Option<ContactId>> {
    for (kind, value) in [
        ("user_id", &party.user_id),
        ("wa_id", &party.wa_id),
        ("parent_user_id", &party.parent_user_id),
        ("email", &party.email),
    ] {
        let Some(value) = value.as_ref().filter(|value| !value.is_empty()) else {
            continue;
        };
        let found = now.maybe(
            "SELECT contact FROM identity WHERE kind = :kind AND value = :value",
            &[(":kind", &kind), (":value", value)],
            |row| row.get("contact"),
        )?;
        if found.is_some() {
            return Ok(found);
        }
    }
    // A number that was written down as a telephone's is the same person on WhatsApp.
    match &party.wa_id {
        Some(digits) if !digits.is_empty() => by_identity(now, "phone", &format!("+{digits}")),
        _ => Ok(None), // known by nothing else
    }
}

/// The customer who is known by this.
pub fn by_identity(now: &Now<'_>, kind: &str, value: &str) -> Result<Option<ContactId>> {
    now.maybe(
        "SELECT contact FROM identity WHERE kind = :kind AND value = :value",
        &[(":kind", &kind), (":value", &value)],
        |row| row.get("contact"),
    )
}

/// The person one of whose numbers this is, on the phone or on WhatsApp.
pub fn by_number(now: &Now<'_>, number: &PhoneNumber) -> Result<Option<ContactId>> {
    match person_by(now, "phone", number.e164())? {
        Some(person) => Ok(Some(person)),
        None => person_by(now, "wa_id", number.digits()),
    }
}

/// The person who is known by this: whom the customer was merged into, if they were.
pub fn person_by(now: &Now<'_>, kind: &str, value: &str) -> Result<Option<ContactId>> {
    let found = by_identity(now, kind, value)?;
    found
        .map(|contact| merging::person(now, contact))
        .transpose()
}

/// A customer.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, contact: ContactId) -> Result<Contact> {
    let missing = || Refusal::not_found(format!("there is no customer {contact}"));
    let sql = "SELECT name, blocked_at FROM contact WHERE id = :id";
    let (name, blocked_at) = now.one(sql, &[(":id", &contact)], missing, |row| {
        Ok((row.get("name")?, row.get("blocked_at")?))
    })?;
    let known: Vec<((String, String), bool)> = now.all(
        "SELECT kind, value, verified FROM identity WHERE contact = :id
          ORDER BY seq DESC, kind LIMIT 50",
        &[(":id", &contact)],
        |row| Ok(((row.get("kind")?, row.get("value")?), row.get("verified")?)),
    )?;
    let fields: Vec<(String, String)> = now.all(
        "SELECT field, value FROM contact_field WHERE contact = :id ORDER BY field LIMIT 100",
        &[(":id", &contact)],
        |row| Ok((row.get("field")?, row.get("value")?)),
    )?;
    let verified = known.iter().filter(|(_, verified)| *verified);
    Ok(Contact {
        id: contact,
        name,
        verified: verified.map(|(known, _)| known.clone()).collect(),
        identities: known.into_iter().map(|(known, _)| known).collect(),
        fields: fields.into_iter().collect(),
        blocked_at,
    })
}

/// Customers of a view, the newest first, from before a given one. Who was merged into another
/// stands there as that one.
pub fn list(
    now: &Now<'_>,
    view: View,
    before: Option<ContactId>,
    limit: u32,
) -> Result<Vec<Listed>> {
    // The condition is a constant of the view; values are bound.
    let sql = format!(
        "SELECT id FROM contact WHERE (:before IS NULL OR id < :before) AND {}
            AND NOT EXISTS (SELECT 1 FROM contact_merge WHERE contact_merge.contact = contact.id)
          ORDER BY id DESC LIMIT :limit",
        view.condition()
    );
    let values: [(&str, &dyn Bind); 2] = [(":before", &before), (":limit", &limit)];
    let ids: Vec<ContactId> = now.all(&sql, &values, |row| row.get("id"))?;
    ids.into_iter().map(|id| listed(now, id)).collect()
}

/// Customers whose name, number or address holds all words of a query, with the place each was
/// found at; the newest first, from before a place.
pub fn search(
    now: &Now<'_>,
    query: &str,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<(u64, Listed)>> {
    // Numbers are kept without their signs.
    let digits: String = query.chars().filter(char::is_ascii_digit).collect();
    let number = digits.len() >= 4
        && query
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')'));
    let query = if number { &digits } else { query };
    let mut found: Vec<(u64, Listed)> = Vec::new();
    for hit in search::find(now, query, Some("contact"), before, limit)? {
        let Object::Contact(id) = hit.object else {
            continue; // of this kind only customers are found
        };
        let person = merging::person(now, id)?;
        if !found.iter().any(|(_, known)| known.id == person) {
            found.push((hit.seq, listed(now, person)?));
        }
    }
    Ok(found)
}

fn listed(now: &Now<'_>, id: ContactId) -> Result<Listed> {
    let contact = get(now, id)?;
    let (conversations, open, last_at) = now
        .maybe(
            "SELECT count(*) AS n, count(CASE WHEN status <> 'closed' THEN 1 END) AS open,
                    max(last_at) AS last_at
               FROM conversation WHERE contact IN
                    (SELECT :id UNION SELECT contact FROM contact_merge WHERE root = :id)",
            &[(":id", &id)],
            |row| Ok((row.get("n")?, row.get("open")?, row.get("last_at")?)),
        )?
        .unwrap_or((0, 0, None));
    Ok(Listed {
        id,
        name: contact.title(),
        handle: contact.handle(),
        conversations,
        open,
        last_at,
        blocked: contact.blocked_at.is_some(),
    })
}

/// Whether what somebody writes makes no work: they, or whom they are known as, are blocked.
pub fn is_blocked(now: &Now<'_>, id: ContactId) -> Result<bool> {
    now.value(
        "SELECT EXISTS (SELECT 1 FROM contact WHERE id = :id AND blocked_at IS NOT NULL)
             OR EXISTS (SELECT 1 FROM contact_merge JOIN contact ON contact.id = root
                         WHERE contact_merge.contact = :id AND blocked_at IS NOT NULL)",
        &[(":id", &id)],
    )
}

/// When a customer was met first.
pub fn since(now: &Now<'_>, id: ContactId) -> Result<Moment> {
    let missing = || Refusal::not_found(format!("there is no customer {id}"));
    now.one(
        "SELECT trail.at FROM event_object JOIN trail USING (seq)
          WHERE object = :object ORDER BY seq LIMIT 1",
        &[(":object", &Object::Contact(id))],
        missing,
        |row| row.get("at"),
    )
}
