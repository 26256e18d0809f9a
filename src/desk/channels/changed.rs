//! What a change of a channel comes to: its title, its group, its settings one by one, and which of
//! its secrets are new. The same for a number, a mailbox and a phone line.

use super::Channel;
use crate::domain::event::{Change, ChannelEvent, Fact, SealedSecret};
use crate::domain::id::GroupId;
use crate::error::Result;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is new of a channel.
#[derive(Debug, Default)]
pub struct Changed {
    changes: BTreeMap<String, Change>,
    renewed: bool,
}

impl Changed {
    /// Title and group against what they were.
    pub fn of(present: &Channel, title: String, group: Option<GroupId>) -> Self {
        let mut changed = Changed::default();
        let before = Value::from(present.title.as_str());
        changed.note("title", before, Value::from(title));
        let named =
            |group: Option<GroupId>| group.map_or(Value::Null, |id| Value::from(id.to_string()));
        changed.note("group", named(present.group), named(group));
        changed
    }

    /// The settings of its kind against what they were.
    pub fn settings(&mut self, before: &Map<String, Value>, after: Map<String, Value>) {
        for (key, to) in after {
            let from = before.get(&key).cloned().unwrap_or(Value::Null);
            self.note(&key, from, to);
        }
    }

    /// Puts a secret that was given in the place of the one there is; an empty one stays. The fact
    /// tells that it is another, never which.
    pub fn secret(&mut self, key: &str, place: &mut String, given: String) {
        if given.is_empty() || *place == given {
            return;
        }
        *place = given;
        self.renewed = true;
        self.note(key, Value::from("before"), Value::from("changed"));
    }

    /// The fact, with all secrets of the channel if one of them is new; none if nothing is.
    pub fn facts(self, present: &Channel, secrets: &impl Serialize) -> Result<Vec<Fact>> {
        if self.changes.is_empty() {
            return Ok(Vec::new());
        }
        let secret = self.renewed.then(|| serde_json::to_value(secrets));
        let sealed = SealedSecret {
            secret: secret.transpose()?,
        };
        let changed = ChannelEvent::Changed {
            channel: present.id,
            changes: self.changes,
            sealed,
        };
        Ok(vec![changed.into()])
    }

    fn note(&mut self, key: &str, from: Value, to: Value) {
        if from != to {
            self.changes.insert(key.to_owned(), Change { from, to });
        }
    }
}
