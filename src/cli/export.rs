//! `trailbox export …`: data out of the desk, beside a serving one too.

use super::evidence::{Evidence, Filter};
use super::{Data, say};
use crate::domain::actor::Who;
use crate::error::{Doing, Result};
use crate::export::{self, Format};
use crate::ledger::Company;
use clap::{Args, Subcommand};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// What can be exported.
#[derive(Debug, Subcommand)]
pub enum Export {
    /// The trail, or the part of it that passes a filter
    Audit(Audit),
    /// A bundle a stranger can check: a case, what passes a filter, or the whole trail
    Evidence(Evidence),
}

/// `export audit`
#[derive(Debug, Args)]
pub struct Audit {
    #[command(flatten)]
    data: Data,
    /// csv or jsonl
    #[arg(long, default_value = "csv")]
    format: Format,
    /// The file to write; without one it goes to the standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
}

impl Export {
    /// Exports.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Export::Audit(command) => command.run(),
            Export::Evidence(command) => command.run(),
        }
    }
}

impl Audit {
    fn run(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Beside)?;
        let asked = self.filter.read(&ledger)?;
        let mut out: Box<dyn Write> = match &self.out {
            Some(path) => Box::new(BufWriter::new(
                File::create(path).doing(format!("making {}", path.display()))?,
            )),
            None => Box::new(BufWriter::new(std::io::stdout())),
        };
        let bar = say::Bar::new("exporting");
        let exported = export::trail(
            &ledger,
            &Who::shell(),
            &asked.filter,
            &asked.text,
            self.format,
            &mut out,
            &mut |done| bar.at(done),
        )?;
        bar.end();
        drop(out);
        say::remark(&format!(
            "exported {} events, SHA-256 {}",
            exported.rows, exported.digest
        ));
        super::close(&ledger)
    }
}

impl clap::builder::ValueParserFactory for Format {
    type Parser = fn(&str) -> std::result::Result<Format, String>;

    fn value_parser() -> Self::Parser {
        |text| text.parse()
    }
}
