//! `trailbox verify`, `rebuild`, `checkpoint`: what vouches for the trail.

use super::{Data, say};
use crate::channels::email::parts;
use crate::desk;
use crate::error::{Doing, Refusal, Result};
use crate::ledger::keys::Keys;
use crate::ledger::note::Verifier;
use crate::ledger::verify::{Anchor, Depth, Options, Since, verify};
use crate::ledger::{Company, rebuild_in_place};
use clap::{Args, Subcommand};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How much of a file is read for what was kept: a mail with its attachments. **Unit:** bytes.
const ANCHOR_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How many parts of a mail are looked at.
const MAIL_PARTS_MAX: u32 = 100;

/// `verify`
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    data: Data,
    /// A checkpoint kept elsewhere; may be given several times
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,
    /// The verifier key you wrote down; without it the desk's own word is taken for it
    #[arg(long, value_name = "KEY")]
    vkey: Option<String>,
    /// Check a bundle of evidence, folder or zip file, instead of a desk; needs no database
    #[arg(long, value_name = "DIR|FILE.zip", conflicts_with_all = ["folder", "chain"])]
    bundle: Option<PathBuf>,
    /// A checkpoint from which on chain and signatures are followed; the events before it are not
    /// read again
    #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
    from: Option<PathBuf>,
    /// Follow chain and signatures only; do not make the tables again
    #[arg(long)]
    chain: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// `rebuild`
#[derive(Debug, Args)]
pub struct Rebuild {
    #[command(flatten)]
    data: Data,
}

/// `checkpoint …`
#[derive(Debug, Subcommand)]
pub enum Checkpoint {
    /// Print the newest published checkpoint
    Show(Shown),
    /// Publish a checkpoint of the present and print it
    Make(Shown),
    /// Check checkpoints kept elsewhere against the desk: signature, size and root
    Verify(Kept),
}

/// Checkpoints kept elsewhere.
#[derive(Debug, Args)]
pub struct Kept {
    #[command(flatten)]
    data: Data,
    /// What was kept: a checkpoint, a mail that holds one, the text of a printed code, a proof
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The verifier key you wrote down; without it the desk's own
    #[arg(long, value_name = "KEY")]
    vkey: Option<String>,
    /// As one JSON object a line
    #[arg(long)]
    json: bool,
}

/// A checkpoint to be printed.
#[derive(Debug, Args)]
pub struct Shown {
    #[command(flatten)]
    data: Data,
}

impl Verify {
    /// Verifies; 3 if something was found.
    pub fn run(self) -> Result<ExitCode> {
        let anchors = self.against.iter().map(|path| anchor(path));
        let anchors = anchors.collect::<Result<Vec<_>>>()?;
        let vkey = self.vkey.as_deref().map(Verifier::parse).transpose()?;
        if let Some(bundle) = &self.bundle {
            return super::evidence::verify(bundle, vkey, anchors, self.json);
        }
        let bar = say::Bar::of("verifying", 0);
        let progress = |told: crate::ledger::verify::Progress| {
            bar.doing(told.step.words(), told.events, told.done);
        };
        let mut anchors = anchors;
        let since = match &self.from {
            Some(path) => {
                let pinned = anchor(path)?;
                let since = since(path, &pinned)?;
                anchors.push(pinned); // its signature is looked at as that of any other
                Some(since)
            }
            None => None,
        };
        let depth = if self.chain || since.is_some() {
            Depth::Chain
        } else {
            Depth::Whole
        };
        let options = Options {
            depth,
            vkey,
            since,
            anchors,
            progress: &progress,
        };
        let report = verify(&self.data.home(), desk::apply, &options)?;
        bar.end();
        if self.json {
            say::line(&serde_json::to_string(&report)?)?;
        } else {
            report.print(&mut anstream::stdout().lock())?;
        }
        Ok(ExitCode::from(report.exit_code()))
    }
}

/// The checkpoint from which on a trail is verified.
fn since(path: &Path, pinned: &Anchor) -> Result<Since> {
    let note = pinned.note().ok_or_else(|| {
        Refusal::invalid(format!(
            "{} holds a root without its size; --from takes a whole checkpoint",
            path.display()
        ))
    })?;
    let stated = crate::ledger::note::Checkpoint::parse(note)?;
    Ok(Since {
        name: pinned.name.clone(),
        size: stated.size,
        root: stated.root,
    })
}

/// Something kept elsewhere, out of a file.
pub fn anchor(path: &Path) -> Result<Anchor> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).doing(format!("reading {name}"))?;
    file.take(ANCHOR_BYTES_MAX)
        .read_to_end(&mut bytes)
        .doing(format!("reading {name}"))?;
    let read = |bytes: &[u8]| Anchor::read(&*name, &String::from_utf8_lossy(bytes));
    let as_text = read(&bytes);
    if as_text.as_ref().is_ok_and(|anchor| anchor.note().is_some()) {
        return as_text;
    }
    // A mail whose parts were written in another way on their road.
    let parts = (0..MAIL_PARTS_MAX).filter_map(|part| parts::take(&bytes, part));
    let mut notes = parts
        .filter_map(|part| read(&part.bytes).ok())
        .filter(|anchor| anchor.note().is_some());
    notes.next().map_or(as_text, Ok)
}

impl Rebuild {
    /// Makes the derived tables again.
    pub fn run(self) -> Result<ExitCode> {
        let bar = say::Bar::new("making the tables again");
        let events = rebuild_in_place(&self.data.home(), desk::apply, &mut |done| bar.at(done))?;
        bar.end();
        say::line(&format!("made the tables again from {events} events"))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Checkpoint {
    /// Prints or publishes one.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Checkpoint::Show(shown) => {
                let ledger = shown.data.open(Company::Beside)?;
                let who = crate::domain::actor::Who::shell();
                let newest = desk::audit::checkpoints(&ledger.now(&who)?, 1)?.pop();
                let Some((size, note)) = newest else {
                    return Err(Refusal::not_found("no checkpoint was published yet").into());
                };
                let now = ledger.now(&who)?;
                let note = desk::checkpoints::with_signatures(&now, size, &note)?;
                drop(now);
                say::line(note.trim_end())?;
                super::close(&ledger)
            }
            Checkpoint::Make(shown) => {
                let ledger = shown.data.open(Company::Beside)?;
                say::line(ledger.publish_checkpoint()?.trim_end())?;
                super::close(&ledger)
            }
            Checkpoint::Verify(kept) => kept.run(),
        }
    }
}

/// What a kept checkpoint comes to.
#[derive(Debug, serde::Serialize)]
struct Compared<'a> {
    file: &'a str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    meaning: String,
}

impl Kept {
    /// Compares; 3 if one does not fit.
    fn run(self) -> Result<ExitCode> {
        let anchors = self.files.iter().map(|path| anchor(path));
        let anchors = anchors.collect::<Result<Vec<_>>>()?;
        let given = self.vkey.as_deref().map(Verifier::parse).transpose()?;
        let ledger = self.data.open(Company::Beside)?;
        let who = crate::domain::actor::Who::shell();
        let now = ledger.now(&who)?;
        let keys = desk::audit::keys(&now)?;
        let keys = match given {
            Some(given) if !keys.holds(&given) => Keys::new(given),
            Some(_) | None => keys,
        };
        let mut wrong = false;
        for anchor in &anchors {
            let compared = compare(&now, &keys, anchor)?;
            wrong |= compared.verdict != "fits";
            if self.json {
                say::line(&serde_json::to_string(&compared)?)?;
            } else {
                let Compared { file, meaning, .. } = &compared;
                say::line(&format!("{file}: {}, {meaning}", compared.verdict))?;
            }
        }
        drop(now);
        super::close(&ledger)?;
        Ok(ExitCode::from(if wrong { 3 } else { 0 }))
    }
}

fn compare<'a>(
    now: &crate::ledger::Now<'_>,
    keys: &Keys,
    anchor: &'a Anchor,
) -> Result<Compared<'a>> {
    let says = |verdict, size, meaning: String| Compared {
        file: &anchor.name,
        verdict,
        size,
        meaning,
    };
    let Some(note) = anchor.note() else {
        let meaning = "a root without its size; `trailbox verify --against` looks it up".to_owned();
        return Ok(says("undecided", None, meaning));
    };
    let kept = match keys.open(note) {
        Ok(kept) => kept,
        Err(error) => return Ok(says("unreadable", None, error.to_string())),
    };
    let (size, here) = (Some(kept.size), now.next_seq().0);
    if kept.size > here {
        let meaning = format!(
            "it is over {} events, and there are {here}: an old copy was put back, or the end was \
             cut off",
            kept.size
        );
        return Ok(says("truncated", size, meaning));
    }
    let root = desk::proofs::Prover::new(now, kept.size)?.root(kept.size)?;
    if root != kept.root {
        let meaning = format!("the first {} events are others now", kept.size);
        return Ok(says("rewritten", size, meaning));
    }
    let meaning = format!("the first {} of {here} events", kept.size);
    Ok(says("fits", size, meaning))
}
