//! `trailbox import csv`: a table of customers, taken in line by line.

use crate::cli::{Data, say};
use crate::desk::contacts::import::{self, Fate};
use crate::domain::actor::{Door, Who};
use crate::error::{Doing, Refusal, Result};
use crate::ledger::Company;
use clap::Args;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

/// `import csv`
#[derive(Debug, Args)]
pub struct Csv {
    #[command(flatten)]
    data: Data,
    /// The file; - is the standard input
    file: PathBuf,
    /// Only say what each line would do
    #[arg(long)]
    dry_run: bool,
    /// As JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Csv {
    /// Takes it in.
    pub fn run(self) -> Result<ExitCode> {
        let bytes = self.read()?;
        let company = if self.dry_run {
            Company::Beside
        } else {
            Company::Alone
        };
        let ledger = self.data.open(company)?;
        let shell = Who::shell();
        let who = Who::of(shell.actor, Door::Import, None);
        let preview = import::preview(&ledger.now(&who)?, &bytes)?;
        for line in &preview.lines {
            self.tell(line)?;
        }
        let (added, changed, same, refused) = preview.counts();
        if !self.dry_run && added + changed > 0 {
            let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
            ledger.record(&who, move |now| import::take(now, &bytes, &digest))?;
        }
        let would = if self.dry_run { "would be " } else { "" };
        say::remark(&format!(
            "{added} {would}new, {changed} {would}changed, {same} as they are, {refused} refused"
        ));
        crate::cli::close(&ledger)
    }

    fn read(&self) -> Result<Vec<u8>> {
        let most = import::BYTES_MAX as u64 + 1;
        let mut bytes = Vec::new();
        if self.file.as_os_str() == "-" {
            let input = std::io::stdin().lock();
            input.take(most).read_to_end(&mut bytes).doing("reading")?;
        } else {
            let file = std::fs::File::open(&self.file).map_err(|error| {
                Refusal::invalid(format!("cannot read {}: {error}", self.file.display()))
            })?;
            file.take(most).read_to_end(&mut bytes).doing("reading")?;
        }
        Ok(bytes)
    }

    /// Says what becomes of a line: as JSON of every one, else of those that are refused.
    fn tell(&self, line: &import::Line) -> Result<()> {
        let (fate, contact, why) = match &line.fate {
            Fate::New(_) => ("new", None, None),
            Fate::Changed(contact, _) => ("changed", Some(contact.to_string()), None),
            Fate::Same(contact) => ("same", Some(contact.to_string()), None),
            Fate::Refused(why) => ("refused", None, Some(why)),
        };
        if self.json {
            let object = serde_json::json!({
                "line": line.number, "who": line.who, "fate": fate, "contact": contact, "why": why,
            });
            return say::line(&object.to_string());
        }
        match why {
            Some(why) => say::line(&format!("line {}: {why}", line.number)),
            None => Ok(()),
        }
    }
}
