//! `trailbox verify`, `rebuild`, `checkpoint`: what vouches for the trail.

use super::{Data, say};
use crate::desk;
use crate::error::{Doing, Refusal, Result};
use crate::ledger::note::Verifier;
use crate::ledger::verify::{Anchor, Depth, Options, verify};
use crate::ledger::{Company, rebuild_in_place};
use clap::{Args, Subcommand};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How much of a file is read for what was kept: a mail with its attachments. **Unit:** bytes.
const ANCHOR_BYTES_MAX: u64 = 64 * 1024 * 1024;

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
        let depth = if self.chain {
            Depth::Chain
        } else {
            Depth::Whole
        };
        let options = Options {
            depth,
            vkey,
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

/// Something kept elsewhere, out of a file.
pub fn anchor(path: &Path) -> Result<Anchor> {
    let name = path.display().to_string();
    let mut text = String::new();
    let file = std::fs::File::open(path).doing(format!("reading {name}"))?;
    file.take(ANCHOR_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|_| Refusal::invalid(format!("{name} is no text")))?;
    Anchor::read(name, &text)
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
                let Some((_, note)) = newest else {
                    return Err(Refusal::not_found("no checkpoint was published yet").into());
                };
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
        let verifier = given.unwrap_or_else(|| ledger.verifier().clone());
        let who = crate::domain::actor::Who::shell();
        let now = ledger.now(&who)?;
        let mut wrong = false;
        for anchor in &anchors {
            let compared = compare(&now, &verifier, anchor)?;
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
    verifier: &Verifier,
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
    let kept = match verifier.open(note) {
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
