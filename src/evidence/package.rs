//! Where a bundle is written to: a folder or one zip file. Nothing appears under its name before it
//! is whole.

use crate::error::{Doing, Fault, Refusal, Result};
use crate::ledger::tree::Hash;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;

/// Bytes gathered before they are written.
const BUFFER_BYTES: usize = 256 * 1024;

/// A bundle being written.
pub struct Package<'a> {
    into: Place<'a>,
    sums: BTreeMap<String, Hash>,
}

trait Target: Write + Seek {}
impl<T: Write + Seek> Target for T {}

enum Place<'a> {
    Folder {
        unfinished: Unfinished,
        name: PathBuf,
    },
    Zip {
        writer: Box<zip::ZipWriter<BufWriter<Box<dyn Target + 'a>>>>,
        renamed: Option<(Unfinished, PathBuf)>,
    },
}

/// What is not whole yet; gone with its maker, if it was not put in its place.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Nothing lies there any more once it was renamed.
        if self.0.is_dir() {
            fs::remove_dir_all(&self.0).ok();
        } else {
            fs::remove_file(&self.0).ok();
        }
    }
}

impl<'a> Package<'a> {
    /// At a path: a zip file if it ends with `.zip`, else a folder.
    ///
    /// **Refuses:** a path where something lies already.
    pub fn at(path: &Path) -> Result<Self> {
        if path.exists() {
            let text = format!("{} is there already; choose another name", path.display());
            return Err(Refusal::conflict(text).into());
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".unfinished");
        let unfinished = PathBuf::from(name);
        let is_zip = path.extension().is_some_and(|end| end == "zip");
        let into = if is_zip {
            let file = File::create(&unfinished).doing(making(&unfinished))?;
            Place::Zip {
                writer: zip_writer(Box::new(file)),
                renamed: Some((Unfinished(unfinished), path.to_owned())),
            }
        } else {
            if unfinished.exists() {
                fs::remove_dir_all(&unfinished).doing(making(&unfinished))?; // of a run cut off
            }
            fs::create_dir_all(unfinished.join("files")).doing(making(&unfinished))?;
            Place::Folder {
                unfinished: Unfinished(unfinished),
                name: path.to_owned(),
            }
        };
        Ok(Package {
            into,
            sums: BTreeMap::new(),
        })
    }

    /// A zip file that is open already.
    pub fn zip(file: &'a File) -> Self {
        Package {
            into: Place::Zip {
                writer: zip_writer(Box::new(file)),
                renamed: None,
            },
            sums: BTreeMap::new(),
        }
    }

    /// Writes one file of the bundle.
    pub fn file(
        &mut self,
        name: &str,
        content: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let sum = match &mut self.into {
            Place::Folder { unfinished, .. } => {
                let path = unfinished.0.join(name);
                let file = File::create(&path).doing(making(&path))?;
                let mut out = Summed::new(BufWriter::with_capacity(BUFFER_BYTES, file));
                content(&mut out)?;
                out.flush().doing(making(&path))?;
                out.hasher.finalize()
            }
            Place::Zip { writer, .. } => {
                let options = SimpleFileOptions::default()
                    .compression_method(zip::CompressionMethod::Deflated)
                    .large_file(true);
                writer.start_file(name, options).map_err(Fault::from)?;
                // The compressor is better served with large pieces.
                let mut out = Summed::new(BufWriter::with_capacity(BUFFER_BYTES, &mut **writer));
                content(&mut out)?;
                out.flush().doing(format!("writing {name}"))?;
                out.hasher.finalize()
            }
        };
        self.sums.insert(name.to_owned(), sum.into());
        Ok(())
    }

    /// Hex SHA-256 of a file that was written.
    pub fn sum(&self, name: &str) -> Option<String> {
        self.sums.get(name).map(|sum| HEXLOWER.encode(sum))
    }

    /// Puts the bundle in its place; answers its digest: hex SHA-256 of what `sha256sum` prints of
    /// all files in the order of their names.
    pub fn finish(self) -> Result<String> {
        match self.into {
            Place::Folder { unfinished, name } => {
                fs::remove_dir(unfinished.0.join("files")).ok(); // stays if there are any
                fs::rename(&unfinished.0, &name).doing(making(&name))?;
            }
            Place::Zip { writer, renamed } => {
                let mut out = writer.finish().map_err(Fault::from)?;
                out.flush().doing("writing the bundle")?;
                drop(out);
                if let Some((unfinished, name)) = renamed {
                    fs::rename(&unfinished.0, &name).doing(making(&name))?;
                }
            }
        }
        Ok(digest(&self.sums))
    }
}

/// Hex SHA-256 of what `sha256sum` prints of these files.
fn digest(sums: &BTreeMap<String, Hash>) -> String {
    let mut hasher = Sha256::new();
    for (name, sum) in sums {
        hasher.update(format!("{}  ./{name}\n", HEXLOWER.encode(sum)));
    }
    HEXLOWER.encode(&hasher.finalize())
}

fn zip_writer<'a>(
    file: Box<dyn Target + 'a>,
) -> Box<zip::ZipWriter<BufWriter<Box<dyn Target + 'a>>>> {
    let file = BufWriter::with_capacity(BUFFER_BYTES, file);
    Box::new(zip::ZipWriter::new(file))
}

fn making(path: &Path) -> String {
    format!("making {}", path.display())
}

/// Digests along what goes out.
struct Summed<W: Write> {
    out: W,
    hasher: Sha256,
}

impl<W: Write> Summed<W> {
    fn new(out: W) -> Self {
        Summed {
            out,
            hasher: Sha256::new(),
        }
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
