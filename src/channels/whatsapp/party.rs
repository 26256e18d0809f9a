//! Whom a webhook is about: what a message says of its sender, completed from the address book
//! that came with it. Entries are matched by id, never by position.

use super::reader::{list, number, text};
use crate::domain::update::Party;
use serde_json::Value;
use std::collections::BTreeSet;

/// The address book of one value.
pub struct Contacts {
    book: Vec<Party>,
    /// Only one customer is spoken of in the whole value.
    alone: bool,
}

impl Contacts {
    /// Reads the list `contacts` of a value; what makes no sense in it is left out.
    pub fn read(value: &Value) -> Self {
        let book = list(value, "contacts")
            .unwrap_or_default()
            .iter()
            .map(|contact| {
                let profile = contact.get("profile").unwrap_or(&Value::Null);
                Party {
                    wa_id: number(contact, "wa_id"),
                    user_id: text(contact, "user_id"),
                    parent_user_id: text(contact, "parent_user_id"),
                    email: None,
                    name: text(profile, "name"),
                    username: text(profile, "username").or_else(|| text(contact, "username")),
                }
            });
        let lists = [
            ("messages", "from", "from_user_id"),
            ("message_echoes", "to", "to_user_id"),
            ("statuses", "recipient_id", "recipient_user_id"),
        ];
        let people: BTreeSet<_> = lists
            .iter()
            .flat_map(|(name, number_key, id_key)| {
                let items = list(value, name).unwrap_or_default().iter();
                items.map(|item| (number(item, number_key), text(item, id_key)))
            })
            .collect();
        let book: Vec<Party> = book.collect();
        let alone = book.len() == 1 && people.len() <= 1;
        Contacts { book, alone }
    }

    /// The party with what the address book adds: all of the entry that names the same person;
    /// of a lone entry that names none, everything; of a lone entry under another number, the
    /// name alone, since ids of different people must never be joined.
    pub fn complete(&self, party: Party) -> Party {
        let entry = self
            .book
            .iter()
            .find(|entry| match (&entry.user_id, &party.user_id) {
                (Some(known), Some(asked)) => known == asked,
                (None, _) | (_, None) => entry.wa_id.is_some() && entry.wa_id == party.wa_id,
            });
        match (entry, self.book.first().filter(|_| self.alone)) {
            (Some(entry), _) => joined(party, entry),
            (None, Some(only)) if party.is_nobody() => joined(party, only),
            (None, Some(only)) => Party {
                name: only.name.clone(),
                username: only.username.clone(),
                ..party
            },
            (None, None) => party,
        }
    }

    /// The only entry, for what names nobody by itself.
    pub fn only(&self) -> Option<&Party> {
        self.book.first().filter(|_| self.book.len() == 1)
    }
}

fn joined(party: Party, entry: &Party) -> Party {
    Party {
        wa_id: party.wa_id.or_else(|| entry.wa_id.clone()),
        user_id: party.user_id.or_else(|| entry.user_id.clone()),
        parent_user_id: party
            .parent_user_id
            .or_else(|| entry.parent_user_id.clone()),
        email: party.email.or_else(|| entry.email.clone()),
        name: party.name.or_else(|| entry.name.clone()),
        username: party.username.or_else(|| entry.username.clone()),
    }
}
