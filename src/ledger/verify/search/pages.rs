//! An index's own tables from end to end: every page of every segment, where it is found, and what
//! lets a search skip pages. What none of this needs is not there; what is there is needed.

use super::leaf::{Entry, Segment, Sign};
use super::parts::{self, Part, Parts};
use super::skips::Spot;
use crate::error::{Fault, Result};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::collections::{BTreeMap, BTreeSet};

/// Bits of a page's number below its segment's.
const SEGMENT_BITS: u32 = 37;
/// The row of the totals, which are compared elsewhere.
const TOTALS: i64 = 1;
/// The row of the segments.
const SEGMENTS: i64 = 10;

/// An index to be read.
pub(super) struct Index<'a> {
    pub db: &'a Connection,
    pub name: &'a str,
    /// Only whether a word stands in a text is kept, not where.
    pub bare: bool,
}

/// Told what is found on the way.
pub(super) trait Reader {
    /// An entry, of a segment that so many are newer than; none when it was merged into another.
    fn entry(&mut self, entry: &Entry<'_>, age: Option<usize>);
    /// A sign of a page that was merged into another segment: the beginning of some word.
    fn old_sign(&mut self, key: String, sign: Vec<u8>);
    /// Something that SQLite would not have written: in which table, at which key, what.
    fn odd(&mut self, table: &str, key: String, what: &'static str);
}

/// What was read of a segment.
struct Done {
    segment: Segment,
    /// The first of its pages that are still there.
    first: i64,
    signs: Vec<(i64, Sign)>,
    /// Lists by which a search skips pages, and those that are there.
    skips: BTreeMap<Spot, Vec<u8>>,
    there: BTreeSet<Spot>,
    odd: bool,
    over: bool,
}

/// Reads an index; answers what stands for its settings.
pub(super) fn read(index: &Index<'_>, reader: &mut dyn Reader) -> Result<Vec<u8>> {
    let found = segments(index, reader)?;
    let mut ends: BTreeMap<i64, (Vec<u8>, Vec<u8>)> = BTreeMap::new();
    let mut signposts = 0;
    let sql = format!("SELECT id, block FROM main.{}_data ORDER BY id", index.name);
    let mut statement = index.db.prepare(&sql).map_err(Fault::from)?;
    let mut rows = statement.query([]).map_err(Fault::from)?;
    let mut now: Option<(Part, Done)> = None;
    let mut seen = BTreeSet::new();
    loop {
        let row = rows.next().map_err(Fault::from)?;
        let id: i64 = match row {
            Some(row) => row.get(0).map_err(Fault::from)?,
            None => i64::MAX,
        };
        let number = id >> SEGMENT_BITS;
        if now.as_ref().is_some_and(|(part, _)| part.id != number)
            && let Some((part, done)) = now.take()
        {
            signposts += finish(index, &part, done, &mut ends, reader)?;
        }
        let Some(row) = row else { break };
        if id == TOTALS || id == SEGMENTS {
            continue;
        }
        if now.is_none() {
            let part = found.parts.iter().find(|part| part.id == number);
            now = part.map(|part| (*part, Done::new(Segment::new(index.bare))));
            seen.insert(number);
        }
        let block = match row.get_ref(1).map_err(Fault::from)? {
            ValueRef::Blob(block) => Some(block),
            _ => None,
        };
        let taken = match (&mut now, block) {
            (Some((part, done)), Some(block)) => done.take(part, id, block, reader),
            _ => false, // of no segment, or no page at all
        };
        if !taken {
            if let Some((_, done)) = &mut now {
                done.odd = true;
            }
            reader.odd("data", id.to_string(), "is not as SQLite writes it");
        }
    }
    for part in &found.parts {
        if part.pages.is_some() && !seen.contains(&part.id) {
            reader.odd(
                "data",
                SEGMENTS.to_string(),
                "tells of pages that are not there",
            );
        }
    }
    unknown_signs(index, &found, signposts, reader)?;
    for (input, output) in &found.merging {
        let end = |place: &usize| found.parts.get(*place).and_then(|part| ends.get(&part.id));
        if let (Some((first, _)), Some((_, last))) = (end(input), end(output))
            && found
                .parts
                .get(*input)
                .is_some_and(|part| part.pages.is_some())
            && first <= last
        {
            reader.odd(
                "data",
                SEGMENTS.to_string(),
                "tells of a merge that is not under way",
            );
        }
    }
    Ok(found.cookie)
}

fn segments(index: &Index<'_>, reader: &mut dyn Reader) -> Result<Parts> {
    let sql = format!(
        "SELECT block FROM main.{}_data WHERE id = {SEGMENTS}",
        index.name
    );
    let mut statement = index.db.prepare(&sql).map_err(Fault::from)?;
    let mut rows = statement.query([]).map_err(Fault::from)?;
    let found = match rows.next().map_err(Fault::from)? {
        Some(row) => match row.get_ref(0).map_err(Fault::from)? {
            ValueRef::Blob(block) => parts::read(block),
            _ => None,
        },
        None => None,
    };
    Ok(found.unwrap_or_else(|| {
        reader.odd("data", SEGMENTS.to_string(), "is not as SQLite writes it");
        Parts::default()
    }))
}

impl Done {
    fn new(segment: Segment) -> Self {
        Done {
            segment,
            first: 0,
            signs: Vec::new(),
            skips: BTreeMap::new(),
            there: BTreeSet::new(),
            odd: false,
            over: false,
        }
    }

    /// Takes a row of the segment; whether it is as it should be.
    fn take(&mut self, part: &Part, id: i64, block: &[u8], reader: &mut dyn Reader) -> bool {
        let (list, height) = ((id >> 36) & 1 == 1, (id >> 31) & 31);
        let page = id & 0x7fff_ffff;
        if self.odd {
            return true; // what follows on a page that is not right cannot be told
        }
        if list {
            self.pages_are_over();
            self.there.insert((height, page));
            return match self.skips.remove(&(height, page)) {
                Some(made) => made == block,
                // Of pages that were merged into another segment.
                None => page < self.first && !block.is_empty(),
            };
        }
        if height != 0 {
            return false;
        }
        if self.first == 0 {
            self.first = page;
        }
        let age = part.pages.map(|_| part.age);
        let each = &mut |entry: &Entry<'_>| reader.entry(entry, age);
        match self.segment.read(page, block, each) {
            Some(Some(sign)) => self.signs.push((page, sign)),
            Some(None) if page != self.first => {}
            _ => return false,
        }
        true
    }

    fn pages_are_over(&mut self) {
        if !self.over {
            self.over = true;
            self.segment.skips.conclude();
            self.skips = self.segment.skips.made.drain(..).collect();
        }
    }
}

/// Looks at a segment as a whole and at where its pages are found; answers how many signs it has.
fn finish(
    index: &Index<'_>,
    part: &Part,
    mut done: Done,
    ends: &mut BTreeMap<i64, (Vec<u8>, Vec<u8>)>,
    reader: &mut dyn Reader,
) -> Result<u64> {
    done.pages_are_over();
    let last = done.segment.page;
    let key = |page: i64| ((part.id << SEGMENT_BITS) + page).to_string();
    if !done.odd {
        let pages = part.pages.is_none_or(|pages| pages == (done.first, last));
        if !pages || !done.segment.is_whole() {
            reader.odd("data", key(last), "is not where its segment ends");
        }
        for (height, page) in done.skips.keys() {
            let id = (part.id << SEGMENT_BITS) + (1 << 36) + (height << 31) + page;
            reader.odd("data", id.to_string(), "is missing");
        }
    }
    if let Some((_, sign)) = done.signs.first() {
        ends.insert(part.id, (sign.word.clone(), done.segment.term().to_vec()));
    }
    let sql = format!(
        "SELECT segid, term, pgno FROM main.{}_idx WHERE segid = ?1 ORDER BY term",
        index.name
    );
    let mut statement = index.db.prepare_cached(&sql).map_err(Fault::from)?;
    let mut rows = statement.query([part.id]).map_err(Fault::from)?;
    let (mut count, mut before) = (0, 0);
    let mut signs = done.signs.iter().peekable();
    while let Some(row) = rows.next().map_err(Fault::from)? {
        count += 1;
        let value = |at| row.get_ref(at).map_err(Fault::from);
        let term = value(1)?;
        let key = format!("{}/{}", part.id, super::super::compare::plain(term));
        let (ValueRef::Integer(_), ValueRef::Blob(term), ValueRef::Integer(told)) =
            (value(0)?, term, value(2)?)
        else {
            reader.odd("idx", key, "is not as SQLite writes it");
            continue;
        };
        let (page, list) = (told >> 1, told & 1 == 1);
        let mut fits = page > before && list == done.there.contains(&(0, page));
        before = page;
        if page >= done.first {
            fits &= signs
                .next()
                .is_some_and(|(on, sign)| *on == page && (part_sign(page, &done, term, sign)));
        }
        if done.odd {
            continue; // said already, and what should stand here is not known
        }
        if !fits {
            reader.odd("idx", key, "does not say where a page is");
        } else if page < done.first || (page == done.first && page > 1) {
            reader.old_sign(key, term.to_vec());
        }
    }
    if !done.odd && signs.next().is_some() {
        reader.odd(
            "idx",
            format!("{}/", part.id),
            "does not say where a page is",
        );
    }
    Ok(count)
}

/// Whether a page is found by what it should be found by: as much of its first word as tells it
/// from the word before, or all of it where a merge went on.
fn part_sign(page: i64, done: &Done, term: &[u8], sign: &Sign) -> bool {
    if page == 1 {
        return term.is_empty();
    }
    if page == done.first {
        return term <= sign.word.as_slice();
    }
    let short = sign.word.get(..=sign.shared);
    Some(term) == short || term == sign.word
}

/// Signs of segments that are not there.
fn unknown_signs(
    index: &Index<'_>,
    found: &Parts,
    known: u64,
    reader: &mut dyn Reader,
) -> Result<()> {
    let sql = format!("SELECT segid, term FROM main.{}_idx", index.name);
    let mut statement = index.db.prepare(&sql).map_err(Fault::from)?;
    let mut rows = statement.query([]).map_err(Fault::from)?;
    let (mut count, mut unknown) = (0, Vec::new());
    while let Some(row) = rows.next().map_err(Fault::from)? {
        count += 1;
        let (segment, term) = (
            row.get_ref(0).map_err(Fault::from)?,
            row.get_ref(1).map_err(Fault::from)?,
        );
        let id = segment.as_i64().unwrap_or_default();
        if !found.parts.iter().any(|part| part.id == id) && unknown.len() < 100 {
            let plain = super::super::compare::plain;
            unknown.push(format!("{}/{}", plain(segment), plain(term)));
        }
    }
    if count != known && unknown.is_empty() {
        unknown.push("0/".to_owned());
    }
    for key in unknown {
        reader.odd("idx", key, "is of no segment");
    }
    Ok(())
}
