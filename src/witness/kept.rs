//! What a witness keeps: its key, and of each log the newest checkpoint it signed. Small files of
//! plain text, each replaced as a whole; what was answered is on disk.

use crate::domain::moment::Moment;
use crate::error::{Doing, Error, Refusal, Result};
use crate::ledger::chance;
use crate::ledger::cosign::{Cosigner, Seal};
use crate::ledger::note::Checkpoint;
use data_encoding::{BASE64, HEXLOWER};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file with name and key.
const KEY: &str = "witness.key";

/// How the files of logs end.
const ENDING: &str = ".checkpoint";

/// Most logs one witness keeps.
const LOGS_MAX: usize = 10_000;

/// The longest file of a log. **Unit:** bytes.
const NOTE_BYTES_MAX: u64 = 64 * 1024;

/// The folder of a witness.
pub struct Keep {
    folder: PathBuf,
    seal: Seal,
    known: BTreeMap<String, Known>,
    _lock: File,
}

/// The newest checkpoint of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Whose, how many events, which root.
    pub checkpoint: Checkpoint,
    /// When it was signed. **Unit:** seconds since 1970 UTC.
    pub at_s: u64,
}

impl Keep {
    /// Opens the folder of a witness; one that is new gets a key under this name.
    ///
    /// **Refuses:** a folder in use, a key or a checkpoint that is not as it was left: a witness
    /// that forgot what it signed would sign a history rolled back.
    pub fn open(folder: &Path, name: &str) -> Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(folder)
            .doing(format!("making the folder {}", folder.display()))?;
        let lock = lock(folder)?;
        let seal = match folder.join(KEY).exists() {
            true => read_key(&folder.join(KEY))?,
            false => make_key(folder, name)?,
        };
        let known = read_all(folder, &seal.cosigner())?;
        Ok(Keep {
            folder: folder.to_owned(),
            seal,
            known,
            _lock: lock,
        })
    }

    /// Key and checkpoints of a folder, while it may be in use.
    pub fn look(folder: &Path) -> Result<(Cosigner, Vec<Known>)> {
        let cosigner = read_key(&folder.join(KEY))?.cosigner();
        let known = read_all(folder, &cosigner)?.into_values().collect();
        Ok((cosigner, known))
    }

    /// The key others verify its signatures with.
    pub fn cosigner(&self) -> Cosigner {
        self.seal.cosigner()
    }

    /// The newest checkpoint of a log, if it signed any.
    pub fn newest(&self, origin: &str) -> Option<&Known> {
        self.known.get(origin)
    }

    /// Signs a checkpoint and keeps it in place of the one before; answers the line once it is on
    /// disk. Time never runs back.
    pub(super) fn sign(&mut self, note: &str, new: &Checkpoint, at: Moment) -> Result<String> {
        let before = self.known.get(&new.origin).map_or(0, |known| known.at_s);
        if self.known.len() >= LOGS_MAX && before == 0 {
            return Err(Refusal::conflict("this witness keeps no more logs").into());
        }
        let clock = u64::try_from(at.0.div_euclid(1000)).unwrap_or_default();
        let at_s = clock.max(before);
        let line = format!("{}\n", self.seal.cosign(note, at_s)?);
        let path = path_of(&self.folder, &new.origin);
        replace(&path, format!("{note}{line}").as_bytes())
            .doing(format!("keeping the checkpoint in {}", path.display()))?;
        let checkpoint = new.clone();
        self.known
            .insert(new.origin.clone(), Known { checkpoint, at_s });
        Ok(line)
    }
}

fn path_of(folder: &Path, origin: &str) -> PathBuf {
    let name = HEXLOWER.encode(&crate::ledger::tree::leaf(origin.as_bytes()));
    folder.join(format!("{name}{ENDING}"))
}

fn read_all(folder: &Path, cosigner: &Cosigner) -> Result<BTreeMap<String, Known>> {
    let doing = || format!("reading the folder {}", folder.display());
    let mut all = BTreeMap::new();
    for found in fs::read_dir(folder).doing(doing())? {
        let path = found.doing(doing())?.path();
        if !path.to_string_lossy().ends_with(ENDING) {
            continue;
        }
        let known = read(&path, cosigner).map_err(|error| {
            Refusal::conflict(format!(
                "{} is not as this witness left it ({error}); it signs nothing before that file \
                 is put right: without it an older history would pass",
                path.display()
            ))
        })?;
        if path_of(folder, &known.checkpoint.origin) != path {
            let text = format!("{} is the file of another log", path.display());
            return Err(Refusal::conflict(text).into());
        }
        all.insert(known.checkpoint.origin.clone(), known);
    }
    Ok(all)
}

fn read(path: &Path, cosigner: &Cosigner) -> Result<Known> {
    let long = fs::metadata(path)?.len() > NOTE_BYTES_MAX;
    if long {
        return Err(Error::fault("too long"));
    }
    let note = fs::read_to_string(path)?;
    let at_s = cosigner.open(&note)?.at_s;
    let checkpoint = Checkpoint::parse(&note)?;
    Ok(Known { checkpoint, at_s })
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options
        .open(&path)
        .doing(format!("opening {}", path.display()))?;
    file.try_lock().map_err(|_| {
        let folder = folder.display();
        Refusal::conflict(format!("another process is the witness in {folder}"))
    })?;
    Ok(file)
}

fn make_key(folder: &Path, name: &str) -> Result<Seal> {
    let seed = chance::random::<32>()?;
    let seal = Seal::new(name, &seed)?;
    let path = folder.join(KEY);
    replace(
        &path,
        format!("{name} {}\n", BASE64.encode(&seed)).as_bytes(),
    )
    .doing(format!("making {}", path.display()))?;
    Ok(seal)
}

fn read_key(path: &Path) -> Result<Seal> {
    let text = fs::read_to_string(path).doing(format!("reading {}", path.display()))?;
    let read = text.trim().split_once(' ').and_then(|(name, seed)| {
        let seed = BASE64.decode(seed.as_bytes()).ok()?.try_into().ok()?;
        Seal::new(name, &seed).ok()
    });
    read.ok_or_else(|| {
        let text = format!("{} does not hold the key of a witness", path.display());
        Refusal::conflict(text).into()
    })
}

/// Puts a file in the place of one, for its owner alone; when this returns it is on disk.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::note::Pen;

    #[test]
    fn a_folder_that_was_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let pen = Pen::new("shop/00000000", &[1; 32]);
        let note = pen.sign(5, &[2; 32]);
        let point = Checkpoint::parse(&note).unwrap();
        let mut keep = Keep::open(folder.path(), "w").unwrap();
        assert!(Keep::open(folder.path(), "w").is_err(), "in use");
        keep.sign(&note, &point, Moment(9_000)).unwrap();
        keep.sign(&note, &point, Moment(5_000)).unwrap();
        assert_eq!(keep.newest("shop/00000000").unwrap().at_s, 9, "time");
        let path = path_of(folder.path(), "shop/00000000");
        drop(keep);
        let keep = Keep::open(folder.path(), "another name").unwrap();
        assert_eq!(keep.cosigner().name(), "w", "a key keeps its name");
        drop(keep);
        let good = fs::read_to_string(&path).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(folder.path().join(KEY)).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
        for bad in [good.replace("\n5\n", "\n4\n"), String::new(), note] {
            fs::write(&path, bad).unwrap();
            let refused = Keep::open(folder.path(), "w").err().unwrap().to_string();
            assert!(
                refused.contains("is not as this witness left it"),
                "{refused}"
            );
        }
        fs::remove_file(&path).unwrap();
        fs::write(path.with_file_name(format!("00{ENDING}")), good).unwrap();
        let refused = Keep::open(folder.path(), "w").err().unwrap().to_string();
        assert!(refused.contains("of another log"), "{refused}");
    }
}
