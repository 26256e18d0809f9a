//! Who the people of another system are here.

use crate::desk::contacts;
use crate::domain::event::{ContactEvent, Event, Fact, SealedContact};
use crate::domain::id::ContactId;
use crate::domain::import::{Chat, Person, Source};
use crate::domain::phone::PhoneNumber;
use crate::error::{Refusal, Result};
use crate::ledger::Now;
use std::collections::BTreeMap;

/// The customer a person of the other system is: by their id there, their address, their number.
pub(super) fn meet(
    now: &Now<'_>,
    source: Source,
    person: &Person,
    facts: &mut Vec<Fact>,
) -> Result<ContactId> {
    let kind = format!("{}_id", source.as_str());
    if let Some(contact) = contacts::person_by(now, &kind, &person.key)? {
        return Ok(contact);
    }
    let phone = person
        .phone
        .as_deref()
        .and_then(|phone| PhoneNumber::parse(phone, "").ok());
    let mut identities = BTreeMap::from([(kind, person.key.clone())]);
    let mut known = None;
    if let Some(email) = &person.email {
        known = contacts::person_by(now, "email", email)?;
        identities.insert("email".to_owned(), email.clone());
    }
    if let Some(phone) = &phone {
        if known.is_none() {
            known = contacts::by_number(now, phone)?;
        }
        identities.insert("phone".to_owned(), phone.e164().to_owned());
    }
    meet_as(now, known, &person.name, identities, facts)
}

/// The customer of a chat, by their number.
///
/// **Refuses:** a chat whose number is not known.
pub(super) fn meet_chatter(now: &Now<'_>, chat: &Chat, facts: &mut Vec<Fact>) -> Result<ContactId> {
    let Some(number) = &chat.number else {
        let text = format!(
            "the number of {} is not known; give it with --number",
            chat.name
        );
        return Err(Refusal::invalid(text).into());
    };
    let known = contacts::by_number(now, number)?;
    let identities = BTreeMap::from([("wa_id".to_owned(), number.digits().to_owned())]);
    meet_as(now, known, &chat.name, identities, facts)
}

/// A customer who is known, with what is new about them; else a new one.
pub(super) fn meet_as(
    now: &Now<'_>,
    known: Option<ContactId>,
    name: &str,
    mut identities: BTreeMap<String, String>,
    facts: &mut Vec<Fact>,
) -> Result<ContactId> {
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    let Some(contact) = known else {
        let mut contact: ContactId =
            now.value("SELECT coalesce(max(id) + 1, 1) FROM contact", &[])?;
        for fact in facts.iter() {
            if let Event::Contact(ContactEvent::Added { contact: met, .. }) = &fact.event {
                contact = ContactId(contact.0.max(met.0 + 1));
            }
        }
        let sealed = SealedContact {
            name,
            identities: Some(identities),
        };
        facts.push(ContactEvent::Added { contact, sealed }.into());
        return Ok(contact);
    };
    // What the desk knows of a customer is newer than what it imports.
    let present = contacts::get(now, contact)?;
    identities.retain(|kind, _| present.identity(kind).is_none());
    for (kind, value) in identities.clone() {
        if contacts::by_identity(now, &kind, &value)?.is_some() {
            identities.remove(&kind); // another record of theirs holds it
        }
    }
    if !identities.is_empty() {
        let sealed = SealedContact {
            name: name.filter(|_| present.name.is_none()),
            identities: Some(identities),
        };
        let why = "identity".to_owned();
        facts.push(
            ContactEvent::Changed {
                contact,
                why,
                sealed,
            }
            .into(),
        );
    }
    Ok(contact)
}
