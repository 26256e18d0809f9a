//! The data folder: which files a desk consists of, its lock and its signing key.

use super::chance;
use crate::error::{Doing, Error, Fault, Refusal, RefusalKind, Result};
use data_encoding::BASE64;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A data folder.
#[derive(Debug, Clone)]
pub struct Home {
    folder: PathBuf,
}

/// Held while a process may write to a desk; let go when dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Home {
    /// The data folder at a path; nothing is made yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Home {
            folder: folder.into(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.folder.join("trailbox.db")
    }

    /// The signing key's file.
    pub fn key_file(&self) -> PathBuf {
        self.folder.join("signing.key")
    }

    /// The file of a signing key that is about to take the place of the one there is.
    pub fn next_key_file(&self) -> PathBuf {
        self.folder.join("signing.key.new")
    }

    /// The folder of exports that were made and are kept for a while, to be taken away from there.
    pub fn exports(&self) -> PathBuf {
        self.folder.join("exports")
    }

    /// Makes an empty file among the kept exports, for its owner alone.
    pub fn make_export(&self, name: &str) -> Result<File> {
        let folder = Home::at(self.exports());
        folder.make()?;
        let path = folder.folder.join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(&path)
            .doing(format!("making {}", path.display()))
    }

    /// Whether a desk lives here.
    pub fn is_inhabited(&self) -> bool {
        self.database().exists()
    }

    /// Looks whether the database is one, before it is opened: opening an empty file would make it
    /// one.
    pub(super) fn check_database(&self) -> Result<()> {
        const MAGIC: &[u8; 16] = b"SQLite format 3\0";
        let path = self.database();
        let doing = || format!("reading {}", path.display());
        let mut begin = Vec::new();
        let file = File::open(&path).doing(doing())?;
        file.take(MAGIC.len() as u64)
            .read_to_end(&mut begin)
            .doing(doing())?;
        if begin != MAGIC {
            return Err(Error::fault(format!("{} is no database", path.display())));
        }
        Ok(())
    }

    /// Makes the folder, for its owner alone.
    pub fn make(&self) -> Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.folder)
            .doing(format!("making the folder {}", self.folder.display()))
    }

    /// Looks whether files can be made here.
    ///
    /// **Refuses:** a folder on a disc that is read-only, or that this user may not write to.
    pub(super) fn demand_writable(&self) -> Result<()> {
        let made = tempfile::tempfile_in(&self.folder);
        made.map(drop).map_err(|error| {
            Refusal::of(
                RefusalKind::Unavailable,
                format!(
                    "the folder {} cannot be written to ({error}), and everything a desk does is \
                     recorded there; make it writable or copy it; `trailbox verify` reads it as \
                     it is",
                    self.folder.display()
                ),
            )
            .into()
        })
    }

    /// Takes the lock.
    ///
    /// **Refuses:** while another process holds it; where nothing can be written.
    pub fn lock(&self) -> Result<Lock> {
        self.demand_writable()?;
        let path = self.folder.join("lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .doing(format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).ok(); // only to make the sentence better
                let process = match holder.trim() {
                    "" => "another process".to_owned(),
                    pid => format!("process {pid}"),
                };
                return Err(Refusal::conflict(format!(
                    "the desk in {} is in use by {process}; stop it first, or use its pages",
                    self.folder.display()
                ))
                .into());
            }
            Err(TryLockError::Error(error)) => {
                return Err(Error::from(error)).doing(format!("locking {}", path.display()));
            }
        }
        file.set_len(0).doing("writing the lock file")?;
        write!(file, "{}", std::process::id()).doing("writing the lock file")?;
        Ok(Lock { _file: file })
    }

    /// Makes a new signing key.
    ///
    /// **Refuses:** if there is one already.
    pub(super) fn make_key(&self) -> Result<[u8; 32]> {
        let seed = make_key(&self.key_file())?;
        self.sync()?;
        Ok(seed)
    }

    /// Makes the key that is to follow, beside the one there is. What an attempt that was cut off
    /// left there was never used.
    pub(super) fn make_next_key(&self) -> Result<[u8; 32]> {
        let path = self.next_key_file();
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::from(error)).doing(format!("removing {}", path.display()));
            }
            Ok(()) | Err(_) => {}
        }
        let seed = make_key(&path)?;
        self.sync()?;
        Ok(seed)
    }

    /// Puts the key that was to follow in the place of the one there is.
    pub(super) fn take_next_key(&self) -> Result<()> {
        let path = self.key_file();
        fs::rename(self.next_key_file(), &path)
            .doing(format!("putting the new key in {}", path.display()))?;
        self.sync()
    }

    fn sync(&self) -> Result<()> {
        let folder = File::open(&self.folder).and_then(|folder| folder.sync_all());
        folder.doing(format!("writing the folder {}", self.folder.display()))
    }

    /// Reads the signing key.
    ///
    /// **Refuses:** when it is missing or is not a key.
    pub(super) fn read_key(&self) -> Result<[u8; 32]> {
        read_key(&self.key_file())
    }

    /// Reads the key that is to follow, if there is one.
    pub(super) fn read_next_key(&self) -> Option<[u8; 32]> {
        read_key(&self.next_key_file()).ok()
    }
}

fn make_key(path: &Path) -> Result<[u8; 32]> {
    let seed = chance::random::<32>()?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .doing(format!("making {}", path.display()))?;
    writeln!(file, "{}", BASE64.encode(&seed)).doing("writing the signing key")?;
    file.sync_all().doing("writing the signing key")?;
    Ok(seed)
}

fn read_key(path: &Path) -> Result<[u8; 32]> {
    let text = fs::read_to_string(path).map_err(|error| {
        Refusal::conflict(format!(
            "the signing key {} cannot be read ({error}); put it back from your copy, \
             without it the trail cannot be continued; nothing was changed",
            path.display()
        ))
    })?;
    let seed = BASE64
        .decode(text.trim().as_bytes())
        .map_err(Fault::from)
        .ok();
    seed.and_then(|seed| seed.try_into().ok()).ok_or_else(|| {
        Refusal::conflict(format!(
            "{} does not hold a signing key (44 characters of base64); put it back from \
             your copy; nothing was changed",
            path.display()
        ))
        .into()
    })
}
