//! Where a bundle is read from: a folder or a zip file. Whatever lies there is taken for hostile:
//! names outside the format are refused, nothing is unpacked to disk, what grows is cut off.

use super::names;
use data_encoding::HEXLOWER;
use flate2::read::DeflateDecoder;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Most files a bundle may consist of.
const FILES_MAX: usize = 200_000;

/// How many bytes one compressed byte may become, beyond the first megabytes. Events come to 4–30.
const GROWTH_MAX: u64 = 200;

/// What may come of very little. **Unit:** bytes.
const FREE_BYTES: u64 = 16 * 1024 * 1024;

/// A bundle as it lies there.
pub struct Source {
    path: PathBuf,
    files: BTreeMap<String, Lies>,
    /// Names that do not belong into a bundle.
    pub strange: Vec<String>,
}

/// Where one file lies.
enum Lies {
    /// In a folder, under its name.
    Open,
    /// In the zip file.
    Zipped {
        from: u64,
        compressed: u64,
        size: u64,
        crc: u32,
        deflated: bool,
    },
}

/// The content of one file, as far as it can be read.
pub struct Piece<'a>(Box<dyn Read + 'a>);

impl Read for Piece<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Source {
    /// Looks what is there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut source = Source {
            path: path.to_owned(),
            files: BTreeMap::new(),
            strange: Vec::new(),
        };
        if path.is_dir() {
            source.list("")?;
            source.list(names::FILES)?;
        } else {
            source.index()?;
        }
        Ok(source)
    }

    /// The names of its files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether there is a file.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// The content of a file; none if there is no such file.
    pub fn piece(&self, name: &str) -> io::Result<Option<Piece<'_>>> {
        Ok(match self.files.get(name) {
            None => None,
            Some(Lies::Open) => Some(Piece(Box::new(File::open(self.path.join(name))?))),
            Some(Lies::Zipped {
                from,
                compressed,
                size,
                crc,
                deflated,
            }) => {
                let mut file = File::open(&self.path)?;
                file.seek(SeekFrom::Start(*from))?;
                let raw = BufReader::new(file).take(*compressed);
                let inner: Box<dyn Read> = match deflated {
                    true => Box::new(DeflateDecoder::new(raw)),
                    false => Box::new(raw),
                };
                Some(Piece(Box::new(Unzipped {
                    inner,
                    read: 0,
                    size: *size,
                    most: compressed.saturating_mul(GROWTH_MAX).max(FREE_BYTES),
                    crc: *crc,
                    seen: flate2::Crc::new(),
                })))
            }
        })
    }

    /// A whole file of at most so many bytes.
    pub fn small(&self, name: &str, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(piece) = self.piece(name)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        piece.take(bytes_max + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > bytes_max {
            return Err(io::Error::other(format!("longer than {bytes_max} bytes")));
        }
        Ok(Some(bytes))
    }

    fn list(&mut self, below: &str) -> io::Result<()> {
        let folder = self.path.join(below);
        if !below.is_empty() && !folder.is_dir() {
            return Ok(());
        }
        for one in fs::read_dir(folder)? {
            let one = one?;
            let name = format!("{below}{}", one.file_name().to_string_lossy());
            let kind = one.file_type()?; // of the link itself, if it is one
            if kind.is_dir() && below.is_empty() && format!("{name}/") == names::FILES {
                continue;
            }
            // Pipes and devices could keep us waiting, links lead elsewhere.
            match kind.is_file() {
                true => self.add(name, Lies::Open)?,
                false => self.strange.push(name),
            }
        }
        Ok(())
    }

    fn index(&mut self) -> io::Result<()> {
        let file = BufReader::new(File::open(&self.path)?);
        let mut archive = zip::ZipArchive::new(file).map_err(io::Error::other)?;
        if archive.len() > FILES_MAX {
            return Err(io::Error::other(format!("more than {FILES_MAX} files")));
        }
        for place in 0..archive.len() {
            let one = archive.by_index_raw(place).map_err(io::Error::other)?;
            let name = String::from_utf8_lossy(one.name_raw()).into_owned();
            if one.is_dir() && name == names::FILES {
                continue;
            }
            let deflated = match one.compression() {
                zip::CompressionMethod::Deflated => true,
                zip::CompressionMethod::Stored => false,
                _ => {
                    self.strange.push(name);
                    continue;
                }
            };
            let (Some(from), false) = (one.data_start(), one.encrypted()) else {
                self.strange.push(name);
                continue;
            };
            let zipped = Lies::Zipped {
                from,
                compressed: one.compressed_size(),
                size: one.size(),
                crc: one.crc32(),
                deflated,
            };
            self.add(name, zipped)?;
        }
        Ok(())
    }

    fn add(&mut self, name: String, lies: Lies) -> io::Result<()> {
        if self.files.len() + self.strange.len() > FILES_MAX {
            return Err(io::Error::other(format!("more than {FILES_MAX} files")));
        }
        let sealed = name.strip_prefix(names::FILES);
        let sealed =
            sealed.is_some_and(|hex| hex.len() == 64 && HEXLOWER.decode(hex.as_bytes()).is_ok());
        if !(sealed || names::ALL.contains(&name.as_str())) || self.files.contains_key(&name) {
            self.strange.push(name);
        } else {
            self.files.insert(name, lies);
        }
        Ok(())
    }
}

/// What comes out of a zip file: no more than it says and than is likely, and what it was.
struct Unzipped<'a> {
    inner: Box<dyn Read + 'a>,
    read: u64,
    size: u64,
    most: u64,
    crc: u32,
    seen: flate2::Crc,
}

impl Read for Unzipped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.seen.update(buffer.get(..read).unwrap_or_default());
        self.read += read as u64;
        if self.read > self.size {
            return Err(io::Error::other("it is longer than the zip file says"));
        }
        if self.read > self.most {
            return Err(io::Error::other("it grows without end when it is unpacked"));
        }
        if read == 0 && !buffer.is_empty() {
            if self.read < self.size {
                return Err(io::Error::other("it is cut off"));
            }
            if self.seen.sum() != self.crc {
                return Err(io::Error::other("it was changed after it was packed"));
            }
        }
        Ok(read)
    }
}

/// What reading a line came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line, without its end.
    Whole,
    /// The end of the file.
    End,
    /// More bytes than a line may have.
    TooLong,
    /// The file ends in the middle of the line.
    CutOff,
}

/// Reads a line of at most so many bytes.
pub fn line(from: &mut impl BufRead, bytes_max: u64, into: &mut Vec<u8>) -> io::Result<Line> {
    into.clear();
    from.take(bytes_max + 1).read_until(b'\n', into)?;
    Ok(match into.last() {
        None => Line::End,
        Some(b'\n') => {
            into.pop();
            Line::Whole
        }
        Some(_) if into.len() as u64 > bytes_max => Line::TooLong,
        Some(_) => Line::CutOff,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_no_further_than_it_may_be_long() {
        let mut from = io::Cursor::new(b"one\ntwenty\nlast".to_vec());
        let mut into = Vec::new();
        assert_eq!(line(&mut from, 10, &mut into).unwrap(), Line::Whole);
        assert_eq!(into, b"one");
        assert_eq!(line(&mut from, 3, &mut into).unwrap(), Line::TooLong);
        let mut from = io::Cursor::new(b"last".to_vec());
        assert_eq!(line(&mut from, 10, &mut into).unwrap(), Line::CutOff);
        assert_eq!(line(&mut from, 10, &mut into).unwrap(), Line::End);
    }
}
