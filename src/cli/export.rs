//! `trailbox export …`: data out of the desk, beside a serving one too.

use super::evidence::{Evidence, Filter};
use super::lists::{Contacts, Conversations, Tickets};
use super::{Data, say};
use crate::domain::actor::Who;
use crate::error::{Doing, Refusal, Result};
use crate::evidence::{Package, copy};
use crate::export::{self, Format};
use crate::ledger::Company;
use clap::{Args, Subcommand};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What can be exported.
#[derive(Debug, Subcommand)]
pub enum Export {
    /// The trail, or the part of it that passes a filter
    Audit(Audit),
    /// The conversations of a queue
    Conversations(Conversations),
    /// Tickets with all their fields
    Tickets(Tickets),
    /// Customers with their numbers and addresses
    Contacts(Contacts),
    /// A bundle a stranger can check: a case, what passes a filter, or the whole trail
    Evidence(Evidence),
    /// All data of one customer, to be given to them
    Contact(Contact),
}

/// `export audit`
#[derive(Debug, Args)]
pub struct Audit {
    #[command(flatten)]
    data: Data,
    /// csv, xlsx, jsonl, ocsf or ecs
    #[arg(long, default_value = "csv")]
    format: Format,
    /// The file to write; without one it goes to the standard output
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
}

/// `export contact`
#[derive(Debug, Args)]
pub struct Contact {
    #[command(flatten)]
    data: Data,
    /// The customer: K-17
    contact: String,
    /// The copy to write: a zip file if the name ends with .zip, else a folder
    #[arg(long, short, value_name = "DIR|FILE.zip")]
    out: PathBuf,
    /// With internal notes
    #[arg(long)]
    notes: bool,
}

impl Contact {
    fn run(self) -> Result<ExitCode> {
        let contact = self.contact.parse().map_err(Refusal::invalid)?;
        let package = Package::at(&self.out)?;
        let ledger = self.data.open(Company::Beside)?;
        let copied = copy(&ledger, &Who::shell(), contact, self.notes, package)?;
        say::remark(&format!(
            "{} articles and {} files in {}, digest {}",
            copied.articles,
            copied.files,
            self.out.display(),
            copied.digest
        ));
        super::close(&ledger)
    }
}

impl Export {
    /// Exports.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Export::Audit(command) => command.run(),
            Export::Conversations(command) => command.run(),
            Export::Tickets(command) => command.run(),
            Export::Contacts(command) => command.run(),
            Export::Evidence(command) => command.run(),
            Export::Contact(command) => command.run(),
        }
    }
}

impl Audit {
    fn run(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Beside)?;
        let asked = self.filter.read(&ledger)?;
        let mut out = output(self.out.as_deref())?;
        let bar = say::Bar::new("exporting");
        let exported = export::trail(
            &ledger,
            &Who::shell(),
            &asked.filter,
            &asked.text,
            self.format,
            &mut out,
            &mut |done, all| bar.doing("exporting", all, done),
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

/// The file of an export, or the standard output.
pub fn output(path: Option<&Path>) -> Result<Box<dyn Write>> {
    Ok(match path {
        Some(path) => Box::new(BufWriter::new(
            File::create(path).doing(format!("making {}", path.display()))?,
        )),
        None => Box::new(BufWriter::new(std::io::stdout())),
    })
}

impl clap::builder::ValueParserFactory for Format {
    type Parser = fn(&str) -> std::result::Result<Format, String>;

    fn value_parser() -> Self::Parser {
        |text| text.parse()
    }
}
