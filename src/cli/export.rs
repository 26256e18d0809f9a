//! `trailbox export …`: data out of the desk, beside a serving one too.

use super::evidence::{Evidence, Filter};
use super::lists::{Contacts, Conversations, Tickets};
use super::{Data, say};
use crate::desk::audit::asked::Asked;
use crate::domain::actor::Who;
use crate::domain::calendar::Zone;
use crate::error::{Doing, Refusal, Result};
use crate::evidence::{Package, copy};
use crate::export::{self, Format};
use crate::ledger::{Company, Ledger};
use crate::web::print::parts::{self, Part};
use crate::web::print::{self, Manner, Wanted};
use crate::web::text::Language;
use clap::{Args, Subcommand};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

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
    /// csv, xlsx, jsonl, ocsf, ecs, or html for printing
    #[arg(long, default_value = "csv")]
    format: Form,
    /// The paper of html: a4 or letter
    #[arg(long, default_value = "a4")]
    paper: String,
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
        let Form::Rows(format) = self.format else {
            return self.print(&ledger, asked);
        };
        let mut out = output(self.out.as_deref())?;
        let bar = say::Bar::new("exporting");
        let exported = export::trail(
            &ledger,
            &Who::shell(),
            &asked.filter,
            &asked.text,
            format,
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

    /// A report for printing.
    fn print(self, ledger: &Ledger, asked: Asked) -> Result<ExitCode> {
        let manner = Manner {
            language: Language::default(),
            zone: Zone::utc(),
            paper: self.paper.parse().map_err(Refusal::invalid)?,
        };
        let who = Who::shell();
        let make = |filter, part, path: Option<&Path>| -> Result<()> {
            let wanted = Wanted::Events(Box::new(filter), asked.text.clone(), part);
            let printed = print::make(ledger, &who, &wanted, &manner)?;
            let mut out = output(path)?;
            out.write_all(printed.html.as_bytes())
                .and_then(|()| out.flush())
                .doing("writing the report")?;
            let (rows, digest) = (printed.rows, printed.digest);
            say::remark(&format!("a report of {rows} events, SHA-256 {digest}"));
            Ok(())
        };
        if parts::fits(&ledger.now(&who)?, &asked.filter)? {
            make(asked.filter.clone(), None, self.out.as_deref())?;
            return super::close(ledger);
        }
        let Some(out) = self.out.as_deref() else {
            let text = "so many events come in several reports: name a file with --out";
            return Err(Refusal::invalid(text).into());
        };
        for part in parts::of(&ledger.now(&who)?, &asked.filter)? {
            let path = numbered(out, &part);
            let narrowed = parts::narrowed(&asked.filter, &part);
            make(narrowed, Some(part), Some(&path))?;
        }
        super::close(ledger)
    }
}

/// `report.html` → `report-part-2-of-7.html`.
fn numbered(path: &Path, part: &Part) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = format!("{stem}-part-{}-of-{}.html", part.no, part.of);
    path.with_file_name(name)
}

/// The form of an export of the trail.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// Rows or lines.
    Rows(Format),
    /// A page for printing.
    Html,
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "html" => Ok(Form::Html),
            rows => rows.parse().map(Form::Rows),
        }
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
