//! Of which segments a search index consists, as its own record of them says.
//!
//! **Source:** SQLite, `fts5_index.c`, "Structure Records", as of version 3.54.

use super::varint::Bytes;
use std::collections::BTreeSet;

/// The segments of an index.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// What stands for the index's settings.
    pub cookie: Vec<u8>,
    pub parts: Vec<Part>,
    /// Which are being merged into which, by their places in `parts`.
    pub merging: Vec<(usize, usize)>,
}

/// One segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub id: i64,
    /// The first and last page; none when all of it was merged into another.
    pub pages: Option<(i64, i64)>,
    /// How many are newer.
    pub age: usize,
}

/// Reads the record of the segments. None if it could have been written otherwise, or speaks of
/// what cannot be.
pub(super) fn read(block: &[u8]) -> Option<Parts> {
    let mut bytes = Bytes::of(block);
    let cookie = bytes.take(4)?.to_vec();
    let (levels, segments) = (bytes.size()?, bytes.size()?);
    bytes.number()?; // how many pages were ever written, which nothing else tells
    let mut found = Parts {
        cookie,
        ..Parts::default()
    };
    let mut ids = BTreeSet::new();
    let mut into_next: Vec<usize> = Vec::new();
    for _ in 0..levels {
        let (merged, count) = (bytes.size()?, bytes.size()?);
        if merged > count || (!into_next.is_empty() && count == 0) {
            return None;
        }
        let newer = found.parts.len();
        let mut inputs = Vec::new();
        for place in 0..count {
            let mut number = || i64::try_from(bytes.number()?).ok();
            let (id, first, last) = (number()?, number()?, number()?);
            let under_way = place < merged;
            let fits = match (first, last) {
                (0, 0) => under_way,
                (1, _) => last >= 1,
                _ => under_way && first <= last,
            };
            if !fits || id < 1 || !ids.insert(id) {
                return None;
            }
            if under_way {
                inputs.push(found.parts.len());
            }
            found.parts.push(Part {
                id,
                pages: (last > 0).then_some((first, last)),
                age: newer + count - 1 - place,
            });
        }
        if let Some(output) = found.parts.len().checked_sub(1) {
            let merging = into_next.drain(..).map(|input| (input, output));
            found.merging.extend(merging);
        }
        into_next = inputs;
    }
    let whole = into_next.is_empty() && found.parts.len() == segments && bytes.next().is_none();
    whole.then_some(found)
}
