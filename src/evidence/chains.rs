//! The own chains of objects: each event names how many of the same object came before and the leaf
//! of the last, so that none can be left out between two of them.

use crate::ledger::tree::Hash;
use crate::ledger::verify::scan::Link;
use data_encoding::BASE64;
use std::collections::HashMap;

/// The ends of the chains as far as they were followed.
pub struct Chains {
    ends: HashMap<String, (u64, String)>,
    all: bool,
}

impl Chains {
    /// Of these objects.
    pub fn of(objects: &[String]) -> Self {
        let ends = objects.iter();
        Chains {
            ends: ends
                .map(|name| (name.clone(), (0, String::new())))
                .collect(),
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
    pub fn take(&mut self, links: &[Link<'_>], leaf: &Hash) -> Vec<(String, u64, u64)> {
        let mut broken = Vec::new();
        for link in links {
            let end = match self.ends.get_mut(link.object) {
                Some(end) => end,
                None if self.all => self.ends.entry(link.object.to_owned()).or_default(),
                None => continue,
            };
            let before = Some(end.1.as_str()).filter(|_| end.0 > 0);
            if link.place != end.0 || link.before != before {
                broken.push((link.object.to_owned(), link.place, end.0));
            }
            *end = (link.place.saturating_add(1), BASE64.encode(leaf));
        }
        broken
    }

    /// Objects of which there was no event.
    pub fn without_events(&self) -> Vec<String> {
        let none = self.ends.iter().filter(|(_, (events, _))| *events == 0);
        let mut names: Vec<String> = none.map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }
}
