//! Chunked bodies, strictly: a plain hexadecimal size, no extensions, no trailers. It only watches;
//! hyper decodes the same bytes afterwards.

use super::gate::Turned;

/// The most digits of a chunk's size: 4 GiB, far above any limit of a body.
const SIZE_DIGITS: u8 = 8;

/// Where in a chunked body the next byte belongs.
#[derive(Debug)]
pub(super) struct Chunks {
    place: Place,
    size: u64,
    digits: u8,
    total: u64,
    most: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Size,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    LastCr,
    LastLf,
    Done,
}

impl Chunks {
    /// A body of at most `most` bytes, its chunks put together.
    pub(super) fn new(most: usize) -> Self {
        Chunks {
            place: Place::Size,
            size: 0,
            digits: 0,
            total: 0,
            most: most as u64,
        }
    }

    /// Whether the last chunk is complete.
    pub(super) fn done(&self) -> bool {
        self.place == Place::Done
    }

    /// Takes as many bytes as belong to the body; answers how many.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<usize, Turned> {
        let broken = Turned(400, "the body's chunks are broken");
        let mut used = 0;
        while let Some(byte) = bytes.get(used) {
            let next = match (self.place, byte) {
                (Place::Done, _) => break,
                (Place::Size, b'\r') if self.digits > 0 => Place::SizeEnd,
                (Place::Size, digit) => {
                    self.grow(*digit).ok_or(broken)?;
                    Place::Size
                }
                (Place::SizeEnd, b'\n') => self.begin()?,
                (Place::Data, _) => {
                    let rest = (bytes.len() - used) as u64;
                    let taken = self.size.min(rest);
                    self.size -= taken;
                    // At most the bytes that are there, so it fits.
                    used += taken as usize;
                    if self.size == 0 {
                        self.place = Place::DataCr;
                    }
                    continue;
                }
                (Place::DataCr, b'\r') => Place::DataLf,
                (Place::DataLf, b'\n') => Place::Size,
                (Place::LastCr, b'\r') => Place::LastLf,
                (Place::LastLf, b'\n') => Place::Done,
                _ => return Err(broken),
            };
            self.place = next;
            used += 1;
        }
        Ok(used)
    }

    fn grow(&mut self, digit: u8) -> Option<()> {
        let value = char::from(digit).to_digit(16)?;
        self.digits += 1;
        self.size = self.size * 16 + u64::from(value);
        (self.digits <= SIZE_DIGITS).then_some(())
    }

    fn begin(&mut self) -> Result<Place, Turned> {
        self.digits = 0;
        self.total += self.size;
        if self.total > self.most {
            return Err(Turned(413, "the body is larger than is taken here"));
        }
        Ok(if self.size == 0 {
            Place::LastCr
        } else {
            Place::Data
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Chunks;

    #[test]
    fn a_body_ends_where_its_last_chunk_ends() {
        let body = b"5\r\nhello\r\n00a\r\n0123456789\r\n0\r\n\r\n";
        let mut sent = body.to_vec();
        sent.extend_from_slice(b"GET / HTTP/1.1\r\n");
        let mut chunks = Chunks::new(15);
        assert_eq!(chunks.feed(&sent), Ok(body.len()));
        assert!(chunks.done());
        for piece in 1..7 {
            let mut chunks = Chunks::new(15);
            let used: usize = sent
                .chunks(piece)
                .map(|bytes| chunks.feed(bytes).unwrap())
                .sum();
            assert_eq!(
                (used, chunks.done()),
                (body.len(), true),
                "pieces of {piece}"
            );
        }
    }

    #[test]
    fn a_chunk_has_a_plain_size_and_nothing_else() {
        let cases = [
            ("5;name=value\r\n", 400),
            ("5 \r\n", 400),
            ("+5\r\n", 400),
            ("0x5\r\n", 400),
            ("\r\n", 400),
            ("5\n", 400),
            ("5\r\nhello5", 400),
            ("5\r\nhello\n", 400),
            ("0\r\nTrailer: 1\r\n\r\n", 400),
            ("000000000\r\n", 400),
            ("fffffffff\r\n", 400),
            ("ffffffff\r\n", 413),
            ("10\r\n", 413),
            ("f\r\n0123456789abcde\r\n1\r\n", 413),
        ];
        for (sent, status) in cases {
            assert_eq!(
                Chunks::new(15).feed(sent.as_bytes()).unwrap_err().0,
                status,
                "{sent:?}"
            );
        }
    }
}
