//! The demo's folder: recognised by a signing key that everybody knows, so that nothing else is
//! ever taken for a demo, or removed as one.

use super::Story;
use crate::error::{Doing, Refusal, Result};
use crate::ledger::Home;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// The signing key of every demo, no secret: SHA-256 of "trailbox demo: this key is known to
/// everybody". A real desk makes its own by chance.
const KEY: &str = "rspn4R0WA7UlZkzUoCVmzaqgpPtL2CIabhqomOsd4jk=";
/// The file that tells which story a finished demo tells.
const TOLD: &str = "demo.json";
/// All files a demo consists of.
const FILES: [&str; 9] = [
    "trailbox.db",
    "trailbox.db-wal",
    "trailbox.db-shm",
    "trailbox.db.new",
    "trailbox.db.new-wal",
    "trailbox.db.new-shm",
    TOLD,
    "signing.key",
    "lock",
];

/// What lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing: a demo may be made there.
    Nothing,
    /// A demo that was not finished: the making of it was cut off.
    Unfinished,
    /// A demo and its story.
    Demo(Told),
}

/// Which story a demo tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its seed.
    pub seed: u64,
    /// How many days.
    pub days: u32,
    /// About how many conversations.
    pub conversations: u32,
    /// When it ends.
    pub end: crate::domain::moment::Moment,
}

impl From<&Story> for Told {
    fn from(story: &Story) -> Self {
        let Story {
            seed,
            days,
            conversations,
            end,
        } = *story;
        Told {
            seed,
            days,
            conversations,
            end,
        }
    }
}

/// What lies in a folder.
///
/// **Refuses:** a folder with anything that is not a demo.
pub fn look(home: &Home) -> Result<Found> {
    let folder = home.folder();
    let key = fs::read_to_string(home.key_file()).unwrap_or_default();
    if key.trim() != KEY {
        let empty = fs::read_dir(folder).map_or(true, |mut files| files.next().is_none());
        if empty {
            return Ok(Found::Nothing);
        }
        let text = format!(
            "{} holds something that is not a demo; nothing was touched",
            folder.display()
        );
        return Err(Refusal::conflict(text).into());
    }
    match fs::read_to_string(folder.join(TOLD)) {
        Ok(told) => Ok(Found::Demo(
            serde_json::from_str(&told).doing("reading demo.json")?,
        )),
        Err(_) => Ok(Found::Unfinished), // it is written last
    }
}

/// Prepares an empty folder: the key comes first, so that whatever is cut off can be recognised.
pub fn prepare(home: &Home) -> Result<()> {
    home.make()?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(home.key_file())
        .doing("making the demo's key")?;
    std::io::Write::write_all(&mut file, format!("{KEY}\n").as_bytes())
        .doing("writing the demo's key")
}

/// Notes that the story is told to its end.
pub fn finish(home: &Home, story: &Story) -> Result<()> {
    let text = serde_json::to_string(&Told::from(story))?;
    fs::write(home.folder().join(TOLD), text).doing("writing demo.json")
}

/// Removes a demo: its own files, and the folder if nothing else lies in it.
///
/// **Refuses:** a folder that is not a demo's; one in use.
pub fn reset(home: &Home) -> Result<()> {
    if look(home)? == Found::Nothing {
        let text = format!("there is no demo in {}", home.folder().display());
        return Err(Refusal::not_found(text).into());
    }
    let _lock = home.lock()?;
    for name in FILES {
        let file: PathBuf = home.folder().join(name);
        match fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).doing(format!("removing {}", file.display())),
        }
    }
    fs::remove_dir(home.folder()).ok(); // somebody may have put a file of their own beside it
    Ok(())
}

/// How large the demo's database is. **Unit:** bytes.
pub fn size_bytes(home: &Home) -> u64 {
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    size(&home.database())
}
