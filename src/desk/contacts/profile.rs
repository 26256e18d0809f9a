//! What members write down about a customer: ways to reach them, address, language, attributes of
//! the desk's own; and that a customer is blocked.

use super::{get, merging};
use crate::desk::conversations;
use crate::desk::members::valid_reason;
use crate::desk::settings;
use crate::domain::attribute::Attribute;
use crate::domain::conversation::Status;
use crate::domain::event::{Cause, ContactEvent, Fact, SealedFields, SealedIdentity, SealedReason};
use crate::domain::id::ContactId;
use crate::domain::phone::PhoneNumber;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};
use std::collections::BTreeMap;

/// The fields every desk has: name in the trail, longest text. **Unit:** characters.
pub const FIELDS: [(&str, usize); 4] = [
    ("name", 200),
    ("language", 40),
    ("company", 200),
    ("address", 1_000),
];
/// The ways to reach a customer that members may write down.
pub const KINDS: [&str; 3] = ["phone", "email", "wa_id"];

// Decide

/// Writes down what is known of a customer; an empty value takes one away, one that is as it was
/// gives no fact.
///
/// **Refuses:** an unknown field, a value its type does not have.
pub fn describe(
    now: &Now<'_>,
    contact: ContactId,
    wanted: &BTreeMap<String, String>,
) -> Result<Vec<Fact>> {
    let present = get(now, contact)?;
    let attributes = attributes(now)?;
    let mut values = BTreeMap::new();
    for (field, value) in wanted {
        let value = valid_field(field, value, &attributes)?;
        let known = match field.as_str() {
            "name" => present.name.as_deref(),
            _ => present.fields.get(field).map(String::as_str), // all others lie together
        };
        if known.unwrap_or_default() != value {
            values.insert(field.clone(), value);
        }
    }
    if values.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![
        ContactEvent::Described {
            contact,
            fields: values.keys().cloned().collect(),
            sealed: SealedFields {
                values: Some(values),
            },
        }
        .into(),
    ])
}

/// Writes down another way to reach a customer; traffic will show whether it is right.
///
/// **Refuses:** what is no number or address; one that belongs to somebody already.
pub fn add_identity(
    now: &Now<'_>,
    contact: ContactId,
    kind: &str,
    value: &str,
) -> Result<Vec<Fact>> {
    get(now, contact)?;
    let value = valid_identity(now, kind, value)?;
    let holder: Option<ContactId> = super::by_identity(now, kind, &value)?;
    match holder {
        Some(holder) if holder == contact => Ok(Vec::new()),
        Some(holder) => {
            let text = format!("{value} belongs to {holder}; merge the two if they are one person");
            Err(Refusal::conflict(text).at("value").into())
        }
        None => Ok(vec![
            ContactEvent::IdentityAdded {
                contact,
                kind: kind.to_owned(),
                sealed: SealedIdentity { value: Some(value) },
            }
            .into(),
        ]),
    }
}

/// Takes a way to reach a customer away.
///
/// **Refuses:** one they do not have.
pub fn remove_identity(
    now: &Now<'_>,
    contact: ContactId,
    kind: &str,
    value: &str,
) -> Result<Vec<Fact>> {
    let present = get(now, contact)?;
    let known = present.identities.iter();
    if !known
        .clone()
        .any(|known| known == &(kind.to_owned(), value.to_owned()))
    {
        return Err(Refusal::conflict(format!("{contact} is not known by {value}")).into());
    }
    Ok(vec![
        ContactEvent::IdentityRemoved {
            contact,
            kind: kind.to_owned(),
            sealed: SealedIdentity {
                value: Some(value.to_owned()),
            },
        }
        .into(),
    ])
}

/// Blocks a customer: what they write is kept and counted, and makes no work. Their open
/// conversations are closed.
///
/// **Refuses:** without reason; one who is blocked already.
pub fn block(now: &Now<'_>, contact: ContactId, reason: &str) -> Result<Vec<Fact>> {
    let present = get(now, contact)?;
    if present.blocked_at.is_some() {
        return Err(Refusal::conflict(format!("{contact} is blocked already")).into());
    }
    let reason = Some(valid_reason(reason)?);
    let mut facts: Vec<Fact> = vec![
        ContactEvent::Blocked {
            contact,
            sealed: SealedReason { reason },
        }
        .into(),
    ];
    for held in merging::family(now, contact)? {
        for talk in conversations::of_contact(now, held, None, 100)? {
            if talk.status != Status::Closed {
                let closed = conversations::status(&talk, Status::Closed);
                facts.push(closed.because(Cause::Earlier(0)));
            }
        }
    }
    Ok(facts)
}

/// Lets a blocked customer make work again.
///
/// **Refuses:** one who is not blocked.
pub fn unblock(now: &Now<'_>, contact: ContactId) -> Result<Vec<Fact>> {
    if get(now, contact)?.blocked_at.is_none() {
        return Err(Refusal::conflict(format!("{contact} is not blocked")).into());
    }
    Ok(vec![ContactEvent::Unblocked { contact }.into()])
}

/// A value as its field keeps it.
pub fn valid_field(field: &str, value: &str, attributes: &[Attribute]) -> Result<String> {
    let value = value.trim();
    if let Some((name, most)) = FIELDS.iter().find(|(name, _)| *name == field) {
        if value.chars().count() > *most {
            let text = format!("{name} has at most {most} characters");
            return Err(Refusal::invalid(text).at(name).into());
        }
        return Ok(value.to_owned());
    }
    let known = attributes.iter().find(|attribute| attribute.key == field);
    let Some(attribute) = known else {
        let text = format!("there is no attribute {field}");
        return Err(Refusal::invalid(text).at("attribute").into());
    };
    attribute
        .valid(value)
        .map_err(|error| Refusal::invalid(error).at("attribute").into())
}

/// A way to reach somebody as the desk keeps it: E.164, digits for WhatsApp, an address in lower
/// case.
pub fn valid_identity(now: &Now<'_>, kind: &str, value: &str) -> Result<String> {
    let value = value.trim();
    match kind {
        "phone" | "wa_id" => {
            let country = settings::text(now, "customers.country")?;
            let number = PhoneNumber::parse(value, &country)
                .map_err(|error| Refusal::invalid(error).at("value"))?;
            Ok(if kind == "phone" {
                number.e164().to_owned()
            } else {
                number.digits().to_owned()
            })
        }
        "email" => {
            let sound = value.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && host.contains('.') && !host.contains('@')
            });
            if !sound || value.len() > 254 || value.contains(char::is_whitespace) {
                let text = format!("{value} is not an e-mail address");
                return Err(Refusal::invalid(text).at("value").into());
            }
            Ok(value.to_lowercase())
        }
        other => {
            let text =
                format!("{other} is not a way to reach a customer; choose phone, email or wa_id");
            Err(Refusal::invalid(text).at("kind").into())
        }
    }
}

// Apply

/// Applies what was written down.
pub(super) fn apply_described(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    contact: ContactId,
    sealed: &SealedFields,
) -> Result<()> {
    for (field, value) in sealed.values.iter().flatten() {
        let named = Some(value).filter(|value| !value.is_empty());
        if field == "name" {
            write.run(
                "UPDATE contact SET name = :name, seq = :seq WHERE id = :id",
                &[
                    (":name", &named),
                    (":seq", &recorded.seq),
                    (":id", &contact),
                ],
            )?;
            continue;
        }
        match named {
            Some(value) => write.run(
                "INSERT INTO contact_field (contact, field, value, seq)
                 VALUES (:contact, :field, :value, :seq)
                 ON CONFLICT (contact, field)
                 DO UPDATE SET value = excluded.value, seq = excluded.seq",
                &[
                    (":contact", &contact),
                    (":field", field),
                    (":value", value),
                    (":seq", &recorded.seq),
                ],
            )?,
            None => write.run(
                "DELETE FROM contact_field WHERE contact = :contact AND field = :field",
                &[(":contact", &contact), (":field", field)],
            )?,
        };
    }
    Ok(())
}

// Ask

/// The attributes this desk keeps of its customers.
pub fn attributes(now: &Now<'_>) -> Result<Vec<Attribute>> {
    let text = settings::text(now, "customers.attributes")?;
    Attribute::list(&text).map_err(|error| Refusal::invalid(error).into())
}

/// How many messages came from a customer since they were blocked.
pub fn since_blocked(now: &Now<'_>, contact: ContactId) -> Result<u64> {
    now.value(
        "SELECT count(*) FROM contact JOIN conversation ON conversation.contact = contact.id
           JOIN article ON article.conversation = conversation.id
          WHERE contact.id = :id AND direction = 'in' AND article.at >= contact.blocked_at",
        &[(":id", &contact)],
    )
}
