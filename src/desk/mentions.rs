//! Mentions: who can be mentioned in what is written among ourselves, and who is.

use super::{groups, members};
use crate::domain::id::Object;
use crate::domain::mention::{self, Handle};
use crate::error::Result;
use crate::ledger::{Now, Writer};

// Ask

/// Everybody who can be mentioned, by name: the members who work here, and the groups.
pub fn people(now: &Now<'_>) -> Result<Vec<(Object, String)>> {
    let members = members::list(now)?.into_iter();
    let mut people: Vec<(Object, String)> = members
        .filter(|member| member.active)
        .map(|member| (Object::Member(member.id), member.name))
        .collect();
    for group in groups::list(now)? {
        people.push((Object::Group(group.id), group.name));
    }
    Ok(people)
}

/// Who is mentioned in a text, each once, in order.
pub fn of(now: &Now<'_>, text: &str) -> Result<Vec<Object>> {
    if !text.contains('@') {
        return Ok(Vec::new());
    }
    let handles: Vec<Handle> = mention::handles(&people(now)?);
    Ok(mention::mentioned(text, &handles))
}

// Apply

/// The mentioned with the names they have now, as an article keeps them; and the fact is about
/// them too.
pub fn apply(write: &Writer<'_>, mentioned: &[Object]) -> Result<Option<String>> {
    let mut named: Vec<(Object, String)> = Vec::new();
    for object in mentioned {
        let name: Option<String> = match object {
            Object::Member(id) => write.find(
                "SELECT name FROM member WHERE id = :id",
                &[(":id", id)],
                |row| row.get("name"),
            )?,
            Object::Group(id) => write.find(
                "SELECT name FROM \"group\" WHERE id = :id",
                &[(":id", id)],
                |row| row.get("name"),
            )?,
            Object::Conversation(_)
            | Object::Ticket(_)
            | Object::Contact(_)
            | Object::Channel(_) => None, // nobody to tell
        };
        write.about(*object);
        named.push((*object, name.unwrap_or_default()));
    }
    if named.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::to_string(&named)?))
}
