//! `trailbox prove`: proofs for others, in the formats others read.

use super::{Data, say};
use crate::desk::{audit, evidence, proofs::Prover};
use crate::domain::actor::Who;
use crate::error::{Doing, Refusal, Result};
use crate::ledger::note::Checkpoint;
use crate::ledger::tlog::{Consistency, Inclusion};
use crate::ledger::tree::{verify_consistency, verify_inclusion};
use crate::ledger::{Company, Ledger};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `prove`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Prove {
    #[command(flatten)]
    data: Data,
    /// The number of an event: a C2SP tlog-proof that it is in the trail
    #[arg(value_name = "SEQ", required = true)]
    seq: Option<u64>,
    /// The file to write the proof to; without one it goes to the standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also write the exact bytes of the event, which the proof is about
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    #[command(subcommand)]
    other: Option<Other>,
}

/// What else can be proved.
#[derive(Debug, Subcommand)]
enum Other {
    /// That an older trail is the beginning of the present one
    Consistency(OfOlder),
}

/// `prove consistency`
#[derive(Debug, Args)]
struct OfOlder {
    #[command(flatten)]
    data: Data,
    /// How many events the older one had, or a file with its checkpoint
    #[arg(value_name = "OLD")]
    old: String,
    /// The file to write the proof to; without one it goes to the standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Prove {
    /// Proves.
    pub fn run(self) -> Result<ExitCode> {
        if let Some(Other::Consistency(command)) = self.other {
            return command.run();
        }
        let seq = self.seq.ok_or_else(|| super::usage("which event?"))?;
        let ledger = self.data.open(Company::Beside)?;
        let note = covering(&ledger, seq)?;
        let signed = Checkpoint::parse(&note)?;
        let who = Who::shell();
        let now = ledger.now(&who)?;
        let proof = Prover::new(&now, signed.size)?.inclusion(seq)?;
        let mut bytes = Vec::new();
        evidence::each(&now, &evidence::Which::These(vec![seq]), |event| {
            if !verify_inclusion(seq, signed.size, &event.leaf, &proof, &signed.root) {
                return Err(damaged());
            }
            bytes = event.entry.into_bytes();
            Ok(())
        })?;
        drop(now);
        let proof = Inclusion {
            index: seq,
            proof,
            note,
        };
        put(self.out.as_deref(), &proof.text())?;
        if let Some(path) = &self.entry {
            std::fs::write(path, &bytes).doing(format!("writing {}", path.display()))?;
        }
        super::close(&ledger)
    }
}

impl OfOlder {
    fn run(self) -> Result<ExitCode> {
        let (old, kept) = match self.old.parse() {
            Ok(old) => (old, None),
            Err(_) => {
                let path = Path::new(&self.old);
                let anchor = super::verify::anchor(path)?;
                let note = anchor.note().ok_or_else(|| {
                    Refusal::invalid(format!(
                        "{} holds a root without its size; `trailbox verify --against` looks it up",
                        path.display()
                    ))
                })?;
                let kept = Checkpoint::parse(note)?;
                (kept.size, Some(kept))
            }
        };
        let ledger = self.data.open(Company::Beside)?;
        let who = Who::shell();
        if let Some(newest) = old.checked_sub(1) {
            covering(&ledger, newest)?;
        }
        let now = ledger.now(&who)?;
        let newest = audit::checkpoints(&now, 1)?.pop();
        let (_, note) =
            newest.ok_or_else(|| Refusal::not_found("no checkpoint was published yet"))?;
        let signed = Checkpoint::parse(&note)?;
        let mut prover = Prover::new(&now, signed.size)?;
        let old_root = prover.root(old)?;
        if kept.is_some_and(|kept| kept.root != old_root || kept.origin != signed.origin) {
            let text = format!(
                "{} is not the beginning of this trail; `trailbox verify --against` says more",
                self.old
            );
            return Err(Refusal::conflict(text).into());
        }
        let proof = prover.consistency(old)?;
        if !verify_consistency(old, signed.size, &proof, &old_root, &signed.root) {
            return Err(damaged());
        }
        drop(now);
        let proof = Consistency { old, proof, note };
        put(self.out.as_deref(), &proof.text())?;
        super::close(&ledger)
    }
}

/// The newest published checkpoint, if it covers an event; else one published now.
fn covering(ledger: &Ledger, seq: u64) -> Result<String> {
    let who = Who::shell();
    let now = ledger.now(&who)?;
    if seq >= now.next_seq().0 {
        return Err(Refusal::not_found(format!("there is no event {seq}")).into());
    }
    let newest = audit::checkpoints(&now, 1)?.pop();
    drop(now);
    match newest {
        Some((size, note)) if size > seq => Ok(note),
        _ => ledger.publish_checkpoint(),
    }
}

fn put(out: Option<&Path>, text: &str) -> Result<()> {
    match out {
        Some(path) => {
            std::fs::write(path, text).doing(format!("writing {}", path.display()))?;
            say::remark(&format!("the proof is in {}", path.display()));
            Ok(())
        }
        None => say::line(text.trim_end_matches('\n')),
    }
}

fn damaged() -> crate::error::Error {
    crate::error::Error::fault(
        "the trail does not come to the root that was signed; verify the desk",
    )
}
