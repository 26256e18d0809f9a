//! `trailbox ingest …`: what other programs hand over on standard input.

use super::{Data, say};
use crate::channels::email::imap::LETTER_MAX;
use crate::desk::{channels, mailboxes};
use crate::domain::actor::Who;
use crate::error::{Doing, Refusal, Result};
use crate::ledger::Company;
use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::process::ExitCode;

/// What can be handed over.
#[derive(Debug, Subcommand)]
pub enum Ingest {
    /// Take one e-mail from standard input, as a mail server pipes it
    Email(Email),
}

/// `ingest email`
#[derive(Debug, Args)]
pub struct Email {
    #[command(flatten)]
    data: Data,
    /// The channel whose mailbox it came to
    channel: String,
}

impl Ingest {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Ingest::Email(command) => command.run(),
        }
    }
}

impl Email {
    fn run(self) -> Result<ExitCode> {
        let mut bytes = Vec::new();
        let mut input = std::io::stdin().lock().take(LETTER_MAX + 1);
        input.read_to_end(&mut bytes).doing("reading the e-mail")?;
        if bytes.len() as u64 > LETTER_MAX {
            let text = format!("an e-mail has at most {} MB", LETTER_MAX / 1024 / 1024);
            return Err(Refusal::invalid(text).into());
        }
        if bytes.is_empty() {
            return Err(Refusal::invalid("nothing came on standard input").into());
        }
        let ledger = self.data.open(Company::Beside)?;
        let (name, size) = (self.channel, bytes.len());
        let digest = HEXLOWER.encode(&Sha256::digest(&bytes));
        let receipt = ledger.record(&Who::shell(), move |now| {
            let found = channels::by_name(now, &name)?.filter(|found| found.kind == "email");
            let missing = || Refusal::not_found(format!("there is no mailbox {name}"));
            mailboxes::keep(now, found.ok_or_else(missing)?.id, digest, bytes, None)
        })?;
        match receipt.facts.first() {
            Some((seq, _)) => say::line(&format!("kept {size} bytes as #{seq}"))?,
            None => say::line("known already; nothing was changed")?,
        }
        super::close(&ledger)
    }
}
