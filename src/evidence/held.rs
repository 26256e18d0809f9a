//! What was kept elsewhere against a bundle: the same beginning, another, a newer, or undecided.

use super::verdict::Code;
use super::walk::Walked;
use crate::ledger::note::Checkpoint;
use crate::ledger::tree::{self, Hash};
use crate::ledger::verify::Says;
use std::collections::BTreeMap;

/// What was kept under a name, held against a bundle.
pub struct Held<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What the bundle's checkpoint says.
    pub signed: &'a Checkpoint,
    /// What the events come to.
    pub walked: &'a Walked,
    /// Older sizes that are proved to be beginnings, with their roots.
    pub older: &'a BTreeMap<u64, Hash>,
}

/// What is wrong.
pub type Wrong = Option<(Code, String)>;

impl Held<'_> {
    /// A root, whatever its size.
    pub fn root(&self, root: &Hash) -> Wrong {
        let name = self.name;
        let known = *root == self.signed.root
            || self.walked.sizes.contains_key(root)
            || self.older.values().any(|known| known == root);
        match (known, self.walked.whole) {
            (true, _) => None,
            (false, true) => Some((
                Code::Rewritten,
                format!(
                    "the root kept in {name} is the root of no beginning of these events: it is \
                     newer, or the events are others"
                ),
            )),
            (false, false) => Some((Code::AnchorUnproven, unproven(name))),
        }
    }

    /// A checkpoint of this desk.
    pub fn note(&self, kept: &Checkpoint) -> Wrong {
        let (name, size) = (self.name, self.signed.size);
        let known = match kept.size == size {
            true => Some(&self.signed.root),
            false => {
                let walked = self.walked.roots.get(&kept.size);
                walked.or(self.older.get(&kept.size))
            }
        };
        match known {
            Some(root) if *root == kept.root => None,
            Some(_) => Some((
                Code::Rewritten,
                format!(
                    "the first {} events are not those {name} was made over: the history was \
                     rewritten",
                    kept.size
                ),
            )),
            None if kept.size > size => Some((
                Code::Truncated,
                format!(
                    "{name} is over {} events, the bundle over {size}: it was made before, or its \
                     end was cut off; ask for a newer one",
                    kept.size
                ),
            )),
            None => Some((Code::AnchorUnproven, unproven(name))),
        }
    }

    /// A proof of one event; nothing is wrong with what is none.
    pub fn proof(&self, says: &Says, kept: &Checkpoint) -> Wrong {
        let Says::Proof(proof) = says else {
            return None;
        };
        let leaf = self.walked.wanted.get(&proof.index);
        let (index, size) = (proof.index, kept.size);
        match leaf.map(|leaf| tree::verify_inclusion(index, size, leaf, &proof.proof, &kept.root)) {
            Some(true) => None,
            Some(false) => Some((
                Code::Rewritten,
                format!("event {index} is not the one that {} proves", self.name),
            )),
            None => Some((
                Code::AnchorUnproven,
                format!(
                    "event {index}, which {} proves, is not in the bundle",
                    self.name
                ),
            )),
        }
    }
}

fn unproven(name: &str) -> String {
    format!(
        "the bundle does not prove that what was kept in {name} is its beginning: only published \
         checkpoints can be told of a part; ask for a bundle of the whole trail"
    )
}
