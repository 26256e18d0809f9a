//! `trailbox key`: the key that signs checkpoints, and its exchange.

use super::{Data, say};
use crate::desk::audit;
use crate::domain::actor::Who;
use crate::error::Result;
use crate::ledger::Company;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// `key …`
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Print the verifier keys of the desk, the newest last, each with the events it signed from on
    Show(Of),
    /// Exchange the signing key: an event names the new one and is signed with both; stop the
    /// server first
    Rotate(Of),
}

/// Of which desk.
#[derive(Debug, Args)]
pub struct Of {
    #[command(flatten)]
    data: Data,
}

impl Key {
    /// Shows or exchanges.
    pub fn run(self) -> Result<ExitCode> {
        let who = Who::shell();
        match self {
            Key::Show(of) => {
                let ledger = of.data.open(Company::Beside)?;
                for (from, key) in audit::keys(&ledger.now(&who)?)?.all() {
                    say::line(&format!("{} from event {from} on", key.text()))?;
                }
                super::close(&ledger)
            }
            Key::Rotate(of) => {
                let ledger = of.data.open(Company::Alone)?;
                let key = ledger.rotate_key(&who)?;
                say::line(&key.text())?;
                say::line(&format!("\n{}", audit::head(&ledger.now(&who)?)?))?;
                say::remark(
                    "write the key down beside the one before, and give it to the witness; what \
                     was signed until now is verified with the one before; the checkpoint is \
                     signed with both, for those who trust the one before",
                );
                super::close(&ledger)
            }
        }
    }
}
