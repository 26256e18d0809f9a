//! The pages of a search index, read as strictly as SQLite writes them: what could be written in
//! another way, or says something about its page that does not hold, is odd.
//!
//! **Source:** SQLite, `fts5_index.c`, the data format at its head and the functions that write it,
//! as of version 3.54.

use super::skips::Skips;
use super::varint::Bytes;

/// Bytes of a page before its words.
const HEAD: usize = 4;

/// What an index says about one word in one text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    /// The word, after a letter for the list of words or beginnings it stands in.
    pub term: &'a [u8],
    /// The text.
    pub id: i64,
    /// The text was taken out of the index: older entries do not count.
    pub gone: bool,
    /// Where in the text, as SQLite writes it.
    pub places: &'a [u8],
}

/// The first word that begins on a page, and how much of it the word before has in common.
#[derive(Debug)]
pub(super) struct Sign {
    pub word: Vec<u8>,
    pub shared: usize,
}

/// The segment whose pages are read, in their order.
#[derive(Default)]
pub(super) struct Segment {
    /// The page read last.
    pub page: i64,
    pub skips: Skips,
    /// Only whether a word stands in a text is kept, not where.
    bare: bool,
    term: Vec<u8>,
    /// The text read last for this word.
    text: Option<i64>,
    /// Its places so far, and how many bytes of them are still to come.
    places: Vec<u8>,
    coming: usize,
    gone: bool,
}

/// A page while it is read.
struct Page<'a> {
    number: i64,
    bytes: Bytes<'a>,
    size: usize,
    /// Where words begin, the last one first.
    words: Vec<usize>,
    /// Where its head says that the first text stands.
    text_at: usize,
    /// Neither a word nor a text has begun on it yet.
    fresh: bool,
}

impl Segment {
    /// A segment of which nothing was read.
    pub(super) fn new(bare: bool) -> Self {
        Segment {
            bare,
            ..Segment::default()
        }
    }

    /// The last word.
    pub(super) fn term(&self) -> &[u8] {
        &self.term
    }

    /// Whether what was read ends where an entry ends.
    pub(super) fn is_whole(&self) -> bool {
        self.coming == 0
    }

    /// Reads the next page and tells each entry that ends on it; answers the first word that begins
    /// there. None if the page is odd.
    pub(super) fn read(
        &mut self,
        number: i64,
        block: &[u8],
        each: &mut dyn FnMut(&Entry<'_>),
    ) -> Option<Option<Sign>> {
        if self.page > 0 && number != self.page + 1 {
            return None;
        }
        self.page = number;
        let mut page = Page::open(number, block)?;
        let mut sign = None;
        while page.bytes.at() < page.size {
            if self.coming > 0 {
                self.go_on(&mut page, each)?;
            } else if page.words.last() == Some(&page.bytes.at()) {
                let shared = self.word(&mut page, sign.is_none())?;
                if sign.is_none() {
                    let word = self.term.clone();
                    sign = Some(Sign { word, shared });
                }
            } else {
                self.text(&mut page, each)?;
            }
        }
        let holds = page.words.is_empty() && page.text_at == 0;
        if sign.is_none() {
            self.skips.wordless(page.fresh);
        }
        holds.then_some(sign)
    }

    /// A word: whole as the first of a page, else what differs from the one before. Answers how
    /// many bytes they share.
    fn word(&mut self, page: &mut Page<'_>, whole: bool) -> Option<usize> {
        page.words.pop();
        if self.text.is_none() && !self.term.is_empty() {
            return None; // a word that stands in no text
        }
        let kept = if whole { 0 } else { page.bytes.size()? };
        let size = page.bytes.size()?;
        let rest = page.bytes.take(size)?;
        let before = self.term.get(kept..)?;
        let more = before.iter().zip(rest).take_while(|(a, b)| a == b).count();
        if rest <= before || (!whole && more > 0) {
            return None;
        }
        self.term.truncate(kept);
        self.term.extend_from_slice(rest);
        self.text = None;
        page.fresh = false;
        if whole {
            self.skips.word(page.number);
        }
        Some(kept + more)
    }

    fn text(&mut self, page: &mut Page<'_>, each: &mut dyn FnMut(&Entry<'_>)) -> Option<()> {
        let at = page.bytes.at();
        let told = i64::try_from(page.bytes.number()?).ok()?;
        let id = match self.text {
            Some(before) if !page.fresh => before.checked_add(told)?,
            _ => told,
        };
        if self.term.is_empty() || self.text.is_some_and(|before| id <= before) {
            return None;
        }
        if page.fresh {
            if page.text_at != at {
                return None;
            }
            page.text_at = 0; // as it should be
            page.fresh = false;
            self.skips.text(page.number, id);
        }
        self.text = Some(id);
        if self.bare {
            // No text is put in again under the number of one that was taken out: one zero at most.
            self.gone = page.bytes.left(page.end()) > 0 && page.bytes.next() == Some(0);
            page.bytes.take(usize::from(self.gone))?;
            self.tell(each);
        } else {
            let size = page.bytes.size()?;
            (self.coming, self.gone) = (size >> 1, size & 1 == 1);
            if self.coming == 0 && !self.gone {
                return None; // a word that stands nowhere
            }
            if self.coming == 0 {
                self.tell(each);
            }
        }
        (page.bytes.at() <= page.end()).then_some(())
    }

    /// Reads on where the places of a text are, which may go on on the next page.
    fn go_on(&mut self, page: &mut Page<'_>, each: &mut dyn FnMut(&Entry<'_>)) -> Option<()> {
        let here = page.bytes.left(page.end()).min(self.coming);
        if here < self.coming && !page.words.is_empty() {
            return None; // a word begins in the middle of them
        }
        self.places.extend_from_slice(page.bytes.take(here)?);
        self.coming -= here;
        if self.coming == 0 {
            self.tell(each);
        }
        Some(())
    }

    fn tell(&mut self, each: &mut dyn FnMut(&Entry<'_>)) {
        if let Some(id) = self.text {
            each(&Entry {
                term: &self.term,
                id,
                gone: self.gone,
                places: &self.places,
            });
        }
        self.places.clear();
    }
}

impl<'a> Page<'a> {
    /// Reads head and foot of a page.
    fn open(number: i64, block: &'a [u8]) -> Option<Self> {
        let two = |at: usize| {
            let bytes = block.get(at..at + 2)?.try_into().ok()?;
            Some(usize::from(u16::from_be_bytes(bytes)))
        };
        let (text_at, size) = (two(0)?, two(2)?);
        let mut foot = Bytes::of(block.get(size..)?);
        let (mut words, mut at) = (Vec::new(), 0);
        while foot.next().is_some() {
            at += foot.size().filter(|step| *step > 0)?;
            words.push(at);
        }
        if words.last().is_some_and(|last| *last >= size) {
            return None;
        }
        words.reverse();
        let mut bytes = Bytes::of(block.get(..size)?);
        bytes.take(HEAD)?;
        Some(Page {
            number,
            bytes,
            size,
            words,
            text_at,
            fresh: true,
        })
    }

    /// Where what belongs to the word before ends.
    fn end(&self) -> usize {
        self.words.last().copied().unwrap_or(self.size)
    }
}
