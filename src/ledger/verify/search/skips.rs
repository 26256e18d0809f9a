//! The lists by which a search skips pages of a word that many texts hold: made again from what the
//! pages say, as SQLite makes them.
//!
//! **Source:** SQLite, `fts5_index.c`, `fts5WriteDlidxAppend` and what calls it, version 3.54.

use super::varint::{Bytes, put};

/// Size from which a list goes on on another page. **Unit:** bytes.
const PAGE_BYTES: usize = 4050;

/// Pages without a word of their own from which a list is worth keeping.
const PAGES_MIN: u32 = 4;

/// Where a list lies: its height in the tree of lists and its number.
pub(super) type Spot = (i64, i64);

/// The lists of one segment while its pages are read.
#[derive(Default)]
pub(super) struct Skips {
    levels: Vec<Level>,
    /// Pages in a row on which no word begins.
    wordless: u32,
    /// Lists that were full, and become real if the rest does.
    full: Vec<(Spot, Vec<u8>)>,
    /// Lists that must be there.
    pub made: Vec<(Spot, Vec<u8>)>,
    /// Pages whose last word has a list.
    pub owners: Vec<i64>,
    owner: i64,
}

#[derive(Default)]
struct Level {
    number: i64,
    before: Option<i64>,
    bytes: Vec<u8>,
}

impl Skips {
    /// A word is the first one that begins on a page.
    pub(super) fn word(&mut self, page: i64) {
        self.conclude();
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        self.owner = page;
        if let Some(lowest) = self.levels.first_mut() {
            lowest.number = page;
        }
    }

    /// A text is the first one on a page, before any word.
    pub(super) fn text(&mut self, page: i64, id: i64) {
        let mut height = 0;
        loop {
            let full = self.turn(height);
            let below = match height.checked_sub(1) {
                Some(below) => self.levels.get(below).map_or(0, |level| level.number),
                None => page,
            };
            let Some(level) = self.levels.get_mut(height) else {
                return; // no word was read yet
            };
            match level.before {
                Some(before) => put(&mut level.bytes, id.wrapping_sub(before) as u64),
                None => {
                    put(&mut level.bytes, u64::from(full));
                    put(&mut level.bytes, below as u64);
                    put(&mut level.bytes, id as u64);
                }
            }
            level.before = Some(id);
            if !full {
                return;
            }
            height += 1;
        }
    }

    /// No word begins on a page, and perhaps no text.
    pub(super) fn wordless(&mut self, no_text: bool) {
        if let Some(lowest) = self.levels.first_mut()
            && no_text
            && !lowest.bytes.is_empty()
        {
            put(&mut lowest.bytes, 0);
        }
        self.wordless += 1;
    }

    /// The word before is over.
    pub(super) fn conclude(&mut self) {
        let begun = self
            .levels
            .first()
            .is_some_and(|lowest| !lowest.bytes.is_empty());
        let kept = begun && self.wordless >= PAGES_MIN;
        for (height, level) in (0..).zip(&mut self.levels) {
            let bytes = std::mem::take(&mut level.bytes);
            level.before = None;
            if kept && !bytes.is_empty() {
                self.made.push(((height, level.number), bytes));
            }
        }
        if kept {
            self.owners.push(self.owner);
        }
        self.made.append(&mut self.full);
        self.wordless = 0;
    }

    /// Begins another page of a list that is full; whether it was.
    fn turn(&mut self, height: usize) -> bool {
        let Some(level) = self.levels.get_mut(height) else {
            return false;
        };
        if level.bytes.len() < PAGE_BYTES {
            return false;
        }
        let mut bytes = std::mem::take(&mut level.bytes);
        if let Some(flag) = bytes.first_mut() {
            *flag = 1; // not the root
        }
        let mut read = Bytes::of(&bytes);
        let first = (read.number(), read.number(), read.number());
        let number = level.number;
        level.before = None;
        level.number += 1;
        self.full.push(((height as i64, number), bytes));
        if self.levels.len() == height + 1 {
            self.levels.push(Level::default());
        }
        if let Some(above) = self.levels.get_mut(height + 1)
            && above.bytes.is_empty()
            && let (_, _, Some(first)) = first
        {
            above.number = number;
            put(&mut above.bytes, 0);
            put(&mut above.bytes, number as u64);
            put(&mut above.bytes, first);
            above.before = Some(first as i64);
        }
        true
    }
}
