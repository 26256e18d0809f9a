//! What an index says, added up: each entry's digest, by a key that is another one at every
//! reading, so that nobody can make another set of entries with the same sum.

use super::leaf::Entry;
use super::pages::Reader;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};

/// What is odd: table, key, what.
pub(super) type Odd = (String, String, &'static str);

/// An entry of a text that was taken out of the index: how new the newest word of its going is, and
/// the newest of its being there.
#[derive(Default)]
struct Gone {
    whole: u64,
    taken: Option<usize>,
    put: Option<usize>,
}

/// The digests' key, what became of texts that are gone, and what is to be looked up elsewhere.
#[derive(Default)]
pub(super) struct Known {
    key: RandomState,
    texts: HashSet<i64>,
    gone: HashMap<u64, Gone>,
    /// Entries that were merged into another segment.
    merged: HashSet<u64>,
    /// Signs of pages that were merged, and where they stand.
    signs: HashMap<Vec<u8>, String>,
    lengths: BTreeSet<usize>,
    before: Vec<u8>,
}

/// The sum of an index.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub entries: u64,
    digest: u64,
}

impl Known {
    fn digest(&self, entry: &Entry<'_>, whole: bool) -> u64 {
        let mut hasher = self.key.build_hasher();
        hasher.write_i64(entry.id);
        hasher.write_usize(entry.term.len());
        hasher.write(entry.term);
        if whole {
            hasher.write(entry.places);
        }
        hasher.finish()
    }

    /// Signs of old pages that no word begins with.
    pub(super) fn strange_signs(&self) -> impl Iterator<Item = Odd> {
        let odd = |key: &String| {
            let what = "does not say where a page was";
            ("idx".to_owned(), key.clone(), what)
        };
        self.signs.values().map(odd)
    }

    /// Whether nothing is left to be looked up.
    pub(super) fn is_all_seen(&self) -> bool {
        self.signs.is_empty()
    }

    /// Whether segments that were merged hold what is nowhere else.
    pub(super) fn is_more_merged(&self) -> bool {
        !self.merged.is_empty()
    }

    /// Whether a text that was taken out is still found.
    pub(super) fn is_gone_found(&self) -> bool {
        let found = |gone: &Gone| match (gone.put, gone.taken) {
            (Some(put), Some(taken)) => taken >= put,
            (Some(_), None) => true,
            (None, _) => false,
        };
        self.gone.values().any(found)
    }

    fn look_up(&mut self, entry: &Entry<'_>) {
        if self.signs.is_empty() || self.before == entry.term {
            return;
        }
        entry.term.clone_into(&mut self.before);
        for length in &self.lengths {
            if let Some(sign) = entry.term.get(..*length) {
                self.signs.remove(sign);
            }
        }
    }
}

/// Reads an index of texts that were taken out of the searched one.
pub(super) struct OfGone<'a>(pub &'a mut Known);

impl Reader for OfGone<'_> {
    fn entry(&mut self, entry: &Entry<'_>, _: Option<usize>) {
        let known = &mut *self.0;
        let gone = Gone {
            whole: known.digest(entry, true),
            ..Gone::default()
        };
        let pair = known.digest(entry, false);
        known.texts.insert(entry.id);
        known.gone.entry(pair).or_insert(gone);
        known.look_up(entry);
    }

    fn old_sign(&mut self, _: String, _: Vec<u8>) {}

    fn odd(&mut self, _: &str, _: String, _: &'static str) {}
}

/// Reads the searched index.
pub(super) struct OfLive<'a> {
    pub known: &'a mut Known,
    pub sum: Sum,
    pub odd: Vec<Odd>,
    /// Entries of no text there ever was.
    pub strange: bool,
}

impl Reader for OfLive<'_> {
    fn entry(&mut self, entry: &Entry<'_>, age: Option<usize>) {
        let known = &mut *self.known;
        if known.texts.contains(&entry.id) {
            let whole = known.digest(entry, true);
            let pair = known.digest(entry, false);
            let Some(gone) = known.gone.get_mut(&pair) else {
                self.strange = true;
                return;
            };
            self.strange |= !entry.gone && gone.whole != whole;
            let newest = if entry.gone {
                &mut gone.taken
            } else {
                &mut gone.put
            };
            if let Some(age) = age {
                *newest = Some(newest.map_or(age, |known| known.min(age)));
            }
            return;
        }
        self.strange |= entry.gone;
        let whole = known.digest(entry, true);
        if age.is_some() {
            self.sum.add(whole);
        } else {
            known.merged.insert(whole);
        }
    }

    fn old_sign(&mut self, key: String, sign: Vec<u8>) {
        self.known.lengths.insert(sign.len());
        self.known.signs.insert(sign, key);
    }

    fn odd(&mut self, table: &str, key: String, what: &'static str) {
        self.odd.push((table.to_owned(), key, what));
    }
}

/// Reads the index as it should be.
pub(super) struct OfRebuilt<'a> {
    pub known: &'a mut Known,
    pub sum: Sum,
}

impl Reader for OfRebuilt<'_> {
    fn entry(&mut self, entry: &Entry<'_>, age: Option<usize>) {
        if age.is_none() || self.known.texts.contains(&entry.id) {
            return;
        }
        let whole = self.known.digest(entry, true);
        if !self.known.merged.is_empty() {
            self.known.merged.remove(&whole);
        }
        self.known.look_up(entry);
        self.sum.add(whole);
    }

    fn old_sign(&mut self, _: String, _: Vec<u8>) {}

    fn odd(&mut self, _: &str, _: String, _: &'static str) {}
}

impl Sum {
    fn add(&mut self, digest: u64) {
        self.entries += 1;
        self.digest = self.digest.wrapping_add(digest);
    }
}
