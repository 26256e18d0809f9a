//! The own chains of objects: each event names how many of the same object came before and the leaf
//! of the last, so that none can be left out between two of them.

use crate::ledger::tree::Hash;
use crate::ledger::verify::scan::Link;
use data_encoding::BASE64;
use std::collections::{BTreeMap, HashMap};

/// An object whose chain does not go on: the place an event names, and how many there were.
pub type Broken = (String, u64, u64);

/// The end of a chain: how many events it has, and the place and leaf of the last.
#[derive(Default)]
struct End {
    events: u64,
    last: u64,
    leaf: String,
}

/// The ends of the chains as far as they were followed.
pub struct Chains {
    ends: HashMap<String, End>,
    all: bool,
}

impl Chains {
    /// Of these objects.
    pub fn of(objects: &[String]) -> Self {
        let ends = objects.iter();
        Chains {
            ends: ends.map(|name| (name.clone(), End::default())).collect(),
            all: false,
        }
    }

    /// Of all objects.
    pub fn all() -> Self {
        Chains {
            ends: HashMap::new(),
            all: true,
        }
    }

    /// Follows the chains an event continues; answers the objects whose chain it does not fit, and
    /// how many events of each there were.
    pub fn take(&mut self, seq: u64, links: &[Link<'_>], leaf: &Hash) -> Vec<Broken> {
        let mut broken = Vec::new();
        for link in links {
            let end = match self.ends.get_mut(link.object) {
                Some(end) => end,
                None if self.all => self.ends.entry(link.object.to_owned()).or_default(),
                None => continue,
            };
            let before = Some(end.leaf.as_str()).filter(|_| end.events > 0);
            if link.place != end.events || link.before != before {
                broken.push((link.object.to_owned(), link.place, end.events));
            }
            *end = End {
                events: link.place.saturating_add(1),
                last: seq,
                leaf: BASE64.encode(leaf),
            };
        }
        broken
    }

    /// The last event of each object there was one of. That none follows it no chain shows.
    pub fn last_events(&self) -> BTreeMap<String, u64> {
        let any = self.ends.iter().filter(|(_, end)| end.events > 0);
        any.map(|(name, end)| (name.clone(), end.last)).collect()
    }

    /// Objects of which there was no event.
    pub fn without_events(&self) -> Vec<String> {
        let none = self.ends.iter().filter(|(_, end)| end.events == 0);
        let mut names: Vec<String> = none.map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }
}
