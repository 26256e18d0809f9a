//! Numbers as SQLite writes them in its search indexes.

/// Bytes that are read from their beginning on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Bytes { bytes, at: 0 }
    }

    /// How many were read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// How many are left before a place.
    pub(super) fn left(&self, end: usize) -> usize {
        end.min(self.bytes.len()).saturating_sub(self.at)
    }

    /// The next byte, without reading it.
    pub(super) fn next(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// So many of the next bytes.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// The next number. None where there is none, or one written longer than need be.
    ///
    /// **Source:** SQLite, `sqlite3Fts5GetVarint`: seven bits a byte, the highest first; a ninth
    /// byte holds eight.
    pub(super) fn number(&mut self) -> Option<u64> {
        let (mut number, begun) = (0_u64, self.at);
        for place in 0..9 {
            let byte = self.take(1)?.first().copied()?;
            if place == 8 {
                number = (number << 8) | u64::from(byte);
                break;
            }
            number = (number << 7) | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
        (self.at - begun == length(number)).then_some(number)
    }

    /// The next number, as a size or place.
    pub(super) fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }
}

/// How many bytes a number takes.
fn length(number: u64) -> usize {
    (1..9).find(|bytes| number >> (7 * bytes) == 0).unwrap_or(9)
}

/// Writes a number at the end of some bytes.
pub(super) fn put(bytes: &mut Vec<u8>, number: u64) {
    let length = length(number);
    let (first, mut rest) = if length == 9 {
        (8, number >> 8)
    } else {
        (length, number)
    };
    let begun = bytes.len();
    for place in 0..first {
        let more = if place == 0 && length < 9 { 0 } else { 0x80 };
        bytes.insert(begun, (rest & 0x7f) as u8 | more);
        rest >>= 7;
    }
    if length == 9 {
        bytes.push(number as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, put};

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for shift in 0..64 {
            for number in [1_u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                let mut bytes = Vec::new();
                put(&mut bytes, number);
                let mut read = Bytes::of(&bytes);
                assert_eq!(read.number(), Some(number));
                assert_eq!(read.at(), bytes.len());
            }
        }
        assert_eq!(Bytes::of(&[0x81, 0x00]).number(), Some(128));
        assert_eq!(
            Bytes::of(&[0x80, 0x01]).number(),
            None,
            "longer than need be"
        );
        assert_eq!(Bytes::of(&[0x81]).number(), None, "cut off");
        assert_eq!(Bytes::of(&[]).number(), None);
    }
}
