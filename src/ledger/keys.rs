//! The keys of a desk in their order. Each but the first was named by an event that is signed with
//! the one before and with itself, so that whoever trusts one can follow to the next.

use super::note::{self, Checkpoint, Verifier};
use crate::error::Result;

/// The keys of a desk, the first first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    first: Verifier,
    later: Vec<(u64, Verifier)>,
}

impl Keys {
    /// The key of the first event.
    pub fn new(first: Verifier) -> Self {
        let later = Vec::new();
        Keys { first, later }
    }

    /// Another key, named by the event at this place. Events are given in their order.
    pub fn follow(&mut self, seq: u64, to: Verifier) {
        self.later.push((seq.saturating_add(1), to));
    }

    /// The one that signs now.
    pub fn newest(&self) -> &Verifier {
        self.later.last().map_or(&self.first, |(_, key)| key)
    }

    /// All of them, with the size from which each signs.
    pub fn all(&self) -> impl Iterator<Item = (u64, &Verifier)> {
        let later = self.later.iter().map(|(from, key)| (*from, key));
        std::iter::once((0, &self.first)).chain(later)
    }

    /// Whether this is one of them.
    pub fn holds(&self, key: &Verifier) -> bool {
        self.all().any(|(_, known)| known == key)
    }

    /// The checkpoint in a note, if the key that signed at its size did; where one key follows the
    /// other, both must have. Lines of others are passed over.
    ///
    /// **Refuses:** what [`Verifier::open`] refuses.
    pub fn open(&self, note: &str) -> Result<Checkpoint> {
        let checkpoint = Checkpoint::parse(note)?;
        for key in self.signing(checkpoint.size) {
            key.open(note)?;
        }
        match checkpoint.origin == self.first.name() {
            true => Ok(checkpoint),
            false => Err(note::refused("is of another desk")),
        }
    }

    /// Whether under a note stand the lines of the keys that sign at its size, in their order, and
    /// no other: so the desk writes what it keeps itself.
    pub fn wrote_all(&self, note: &str) -> bool {
        let (Ok(checkpoint), Ok(lines)) = (Checkpoint::parse(note), note::signature_lines(note))
        else {
            return false;
        };
        let (signing, lines) = (self.signing(checkpoint.size), lines.collect::<Vec<&str>>());
        lines.len() == signing.len() && lines.iter().zip(signing).all(|(line, key)| key.wrote(line))
    }

    /// The keys that sign at a size, in the order of their lines.
    fn signing(&self, size: u64) -> Vec<&Verifier> {
        let mut signing = vec![&self.first];
        for (from, key) in self.later.iter().filter(|(from, _)| *from <= size) {
            let before = signing.pop().filter(|_| *from == size);
            signing = before.into_iter().chain([key]).collect();
        }
        signing
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::Pen;
    use super::*;

    #[test]
    fn each_key_signs_from_its_size_on_and_both_where_they_meet() {
        let pens: Vec<Pen> = (1..4)
            .map(|n| Pen::new("shop/00000000", &[n; 32]))
            .collect();
        let mut keys = Keys::new(pens[0].verifier());
        keys.follow(9, pens[1].verifier());
        keys.follow(19, pens[2].verifier());
        let root = [7; 32];
        for (size, pen) in [(1, 0), (9, 0), (11, 1), (19, 1), (21, 2), (99, 2)] {
            for (n, other) in pens.iter().enumerate() {
                let opened = keys.open(&other.sign(size, &root));
                assert_eq!(opened.is_ok(), n == pen, "{size} {n}");
            }
        }
        assert!(keys.open(&pens[0].sign_with(&pens[1], 10, &root)).is_ok());
        assert!(keys.open(&pens[1].sign_with(&pens[2], 20, &root)).is_ok());
        for pen in &pens {
            assert!(
                keys.open(&pen.sign(10, &root)).is_err(),
                "one is not enough"
            );
        }
        let stranger = Pen::new("shop/00000000", &[8; 32]);
        assert!(keys.open(&stranger.sign_with(&pens[1], 10, &root)).is_err());
        assert!(keys.holds(&pens[1].verifier()) && !keys.holds(&stranger.verifier()));
        assert_eq!(keys.newest(), &pens[2].verifier());
    }

    #[test]
    fn under_what_the_desk_keeps_stands_no_line_of_others() {
        let pens = [1, 2].map(|n| Pen::new("shop/00000000", &[n; 32]));
        let mut keys = Keys::new(pens[0].verifier());
        keys.follow(9, pens[1].verifier());
        let root = [7; 32];
        let alone = pens[0].sign(5, &root);
        let both = pens[0].sign_with(&pens[1], 10, &root);
        let swapped = pens[1].sign_with(&pens[0], 10, &root);
        assert!(keys.wrote_all(&alone) && keys.wrote_all(&both));
        assert!(keys.open(&swapped).is_ok() && !keys.wrote_all(&swapped));
        for note in [alone, both] {
            let own = note.lines().last().unwrap().to_owned();
            for more in ["\u{2014} others.example AAAAAAAA", &own] {
                let longer = format!("{note}{more}\n");
                assert!(keys.open(&longer).is_ok(), "{more} may stand under a copy");
                assert!(!keys.wrote_all(&longer), "{more}");
            }
            let other = format!("{}\r\n", note.trim_end());
            assert!(!keys.wrote_all(&other), "another end of a line");
        }
    }
}
