//! The names a page shows in the place of ids: members, groups and channels at once, customers as
//! they are met.

use crate::desk::audit::Recorded;
use crate::desk::{channels, contacts, groups, members};
use crate::domain::actor::Actor;
use crate::domain::id::Object;
use crate::error::Result;
use crate::ledger::Now;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<Object, String>);

impl Names {
    /// The names of members, groups and channels.
    pub fn of_desk(now: &Now<'_>) -> Result<Self> {
        let mut names = BTreeMap::new();
        for member in members::list(now)? {
            names.insert(Object::Member(member.id), member.name);
        }
        for group in groups::list(now)? {
            names.insert(Object::Group(group.id), group.name);
        }
        for channel in channels::list(now)? {
            names.insert(Object::Channel(channel.id), channel.title);
        }
        Ok(Names(names))
    }

    /// Those, and the names of the customers these events are about or were made by.
    pub fn of_events(now: &Now<'_>, events: &[Recorded]) -> Result<Self> {
        let mut names = Names::of_desk(now)?;
        for event in events {
            names.meet_all(now, event)?;
        }
        Ok(names)
    }

    /// Learns the names of the customers an event is about or was made by.
    pub fn meet_all(&mut self, now: &Now<'_>, event: &Recorded) -> Result<()> {
        for object in event.event.objects() {
            self.meet(now, object)?;
        }
        match &event.entry.actor {
            Actor::Contact { id } => self.meet(now, Object::Contact(*id)),
            _ => Ok(()), // the others carry their names
        }
    }

    /// Learns the name of a customer; other objects are known already or have none.
    pub fn meet(&mut self, now: &Now<'_>, object: Object) -> Result<()> {
        let Object::Contact(id) = object else {
            return Ok(());
        };
        if let Entry::Vacant(unknown) = self.0.entry(object) {
            unknown.insert(contacts::get(now, id)?.title());
        }
        Ok(())
    }

    /// The name of an object, if it has one that is known.
    pub fn get(&self, object: Object) -> Option<String> {
        self.0.get(&object).cloned()
    }
}
