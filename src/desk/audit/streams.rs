//! Places in the trail, newest first, as the indexes hold them: one stream for each thing a filter
//! asks for, all walked down together. Where they agree is an event that passes.

use super::filter::Test;
use crate::desk::search;
use crate::domain::id::Seq;
use crate::error::Result;
use crate::ledger::{Bind, Now};

/// Places of the first block; each further one of a stream that is read on is twice as long.
const BLOCK: u32 = 64;
const BLOCK_MAX: u32 = 2_048;

/// The same for words: each question reads the whole lists of the words before it gives the first
/// place, so there are few of them.
const WORDS_BLOCK: u32 = 256;

/// What a question for words costs, and each text that is looked at. **Unit:** rows.
const WORDS_COST: u64 = 4_000;
const TEXT_COST: u64 = 10;

/// How far a stream without an index looks with one question. **Unit:** events.
const WINDOW: u64 = 20_000;

/// How much may still be read to answer. **Unit:** rows.
pub struct Budget(pub u64);

impl Budget {
    /// Takes so many rows out of it.
    pub fn spend(&mut self, rows: u64) {
        self.0 = self.0.saturating_sub(rows);
    }

    /// Whether so many rows may be read still; if not, nothing is left.
    fn affords(&mut self, rows: u64) -> bool {
        if self.0 < rows {
            self.0 = 0;
        }
        self.0 > 0
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.0 == 0
    }
}

/// The questions that streams ask; a test makes sure that each is answered out of an index.
pub const QUESTIONS: [&str; 6] = [
    "SELECT seq FROM trail WHERE actor = :value AND seq <= :at ORDER BY seq DESC LIMIT :block",
    "SELECT seq FROM trail WHERE actor_kind = :value AND seq <= :at
      ORDER BY seq DESC LIMIT :block",
    "SELECT seq FROM trail WHERE event = :value AND seq <= :at ORDER BY seq DESC LIMIT :block",
    "SELECT seq FROM event_object WHERE object = :value AND seq <= :at
      ORDER BY seq DESC LIMIT :block",
    "SELECT seq FROM trail WHERE cause = :value AND cause IS NOT NULL AND seq <= :at
      ORDER BY seq DESC LIMIT :block",
    "SELECT seq FROM trail WHERE door = :value AND seq <= :at AND seq > :floor
      ORDER BY seq DESC LIMIT :block",
];

/// The places of one thing asked for, falling.
pub struct Stream<'f> {
    test: &'f Test,
    /// What was read: falling, all at or below where it was asked for.
    known: Vec<u64>,
    /// Everything from here up that the stream has is in `known` or was passed.
    read_to: Option<u64>,
    block: u32,
}

impl<'f> Stream<'f> {
    /// The stream of a test.
    pub fn of(test: &'f Test) -> Self {
        Stream {
            test,
            known: Vec::new(),
            read_to: None,
            block: match test {
                Test::Words(_) => WORDS_BLOCK,
                _ => BLOCK,
            },
        }
    }

    /// The newest place at or below one; none if there is none. What is asked for only falls.
    pub fn at_or_below(
        &mut self,
        now: &Now<'_>,
        at: u64,
        budget: &mut Budget,
    ) -> Result<Option<u64>> {
        let mut at = at;
        loop {
            let passed = self.known.partition_point(|place| *place > at);
            if let Some(place) = self.known.get(passed) {
                return Ok(Some(*place));
            }
            if let Some(read_to) = self.read_to {
                if read_to == 0 {
                    return Ok(None);
                }
                at = at.min(read_to - 1);
            }
            let cost = match self.test {
                Test::Words(_) => WORDS_COST + u64::from(self.block) * TEXT_COST,
                _ => 1,
            };
            if !budget.affords(cost) {
                return Ok(None); // the caller sees that and says how far it came
            }
            self.read(now, at, budget)?;
        }
    }

    fn read(&mut self, now: &Now<'_>, at: u64, budget: &mut Budget) -> Result<()> {
        let block = self.block;
        let larger = match self.test {
            Test::Words(_) => self.block * 8,
            _ => self.block * 2,
        };
        self.block = larger.min(BLOCK_MAX);
        let [actor, kind, event, object, cause, door] = QUESTIONS;
        let ask = |sql: &str, value: &dyn Bind| -> Result<Vec<u64>> {
            now.all(
                sql,
                &[(":value", value), (":at", &at), (":block", &block)],
                |row| row.get("seq"),
            )
        };
        self.known = match self.test {
            Test::Actor(id) => ask(actor, id)?,
            Test::Kind(word) => ask(kind, word)?,
            Test::Event(name) => ask(event, name)?,
            Test::Object(id) => ask(object, id)?,
            Test::Cause(seq) => ask(cause, seq)?,
            Test::Door(word) => {
                let floor = at.checked_sub(WINDOW);
                let from = floor.map_or(-1, |floor| floor as i64); // far below 2^63
                let found: Vec<u64> = now.all(
                    door,
                    &[
                        (":value", word),
                        (":at", &at),
                        (":floor", &from),
                        (":block", &block),
                    ],
                    |row| row.get("seq"),
                )?;
                let whole = found.len() < block as usize;
                let low = found.last().copied().unwrap_or(at);
                let down_to = if whole {
                    floor.map_or(0, |floor| floor + 1)
                } else {
                    low
                };
                budget.spend((at - down_to) / 8 + 1);
                self.read_to = Some(down_to);
                self.known = found;
                return Ok(());
            }
            Test::Seq(seq) => Some(seq.0).filter(|seq| *seq <= at).into_iter().collect(),
            Test::Words(words) => {
                let places = search::places(now, words, at + 1, block)?;
                budget.spend(WORDS_COST + places.looked_at * TEXT_COST);
                self.read_to = Some(places.down_to);
                self.known = places.found;
                return Ok(());
            }
        };
        budget.spend(self.known.len() as u64 + 4);
        let whole = self.known.len() < block as usize;
        let low = self.known.last().copied().unwrap_or(0);
        self.read_to = Some(if whole { 0 } else { low });
        Ok(())
    }
}

/// One of several things: the newest place of any.
pub struct Either<'f>(Vec<Stream<'f>>);

impl<'f> Either<'f> {
    /// The streams of tests of which one must fit.
    pub fn of(tests: &'f [Test]) -> Self {
        Either(tests.iter().map(Stream::of).collect())
    }

    /// The newest place at or below one.
    pub fn at_or_below(
        &mut self,
        now: &Now<'_>,
        at: u64,
        budget: &mut Budget,
    ) -> Result<Option<u64>> {
        let mut best = None;
        for stream in &mut self.0 {
            best = best.max(stream.at_or_below(now, at, budget)?);
            if best == Some(at) {
                break;
            }
        }
        Ok(best)
    }

    /// Whether a place is among them.
    pub fn holds(&mut self, now: &Now<'_>, at: u64, budget: &mut Budget) -> Result<bool> {
        Ok(self.at_or_below(now, at, budget)? == Some(at))
    }
}

/// Whether what a customer or member wrote in an event holds words one after the other.
pub fn says(now: &Now<'_>, at: Seq, phrase: &str) -> Result<bool> {
    let phrase = search::fold(phrase);
    let phrase = phrase.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = now.maybe(
        "SELECT body FROM search WHERE id = :at",
        &[(":at", &at)],
        |row| row.get::<String>("body"),
    )?;
    Ok(found.is_some_and(|body| {
        let body = body.split_whitespace().collect::<Vec<_>>().join(" ");
        body.contains(&phrase)
    }))
}
