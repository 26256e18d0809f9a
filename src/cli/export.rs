//! `trailbox export …`: data out of the desk, beside a serving one too.

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
    /// One actor: M-3, K-17, outbox
    #[arg(long)]
    actor: Option<String>,
    /// One kind of actor: member, bot, rule, contact, token, system, provider
    #[arg(long)]
    kind: Option<String>,
    /// One event or area: ticket.status_changed, ticket
    #[arg(long)]
    event: Option<String>,
    /// What it is about: T-1042, C-88, K-17, H-1, M-3; up to three times
    #[arg(long)]
    object: Vec<String>,
    /// From this day or instant on
    #[arg(long)]
    from: Option<String>,
    /// Until this day, or before this instant
    #[arg(long)]
    until: Option<String>,
    /// Articles, tickets and customers with these words
    #[arg(long)]
    text: Option<String>,
}

impl Export {
    /// Exports.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Export::Audit(command) => command.run(),
        }
    }
}

impl Audit {
    fn run(self) -> Result<ExitCode> {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for (key, value) in [
            ("actor", &self.actor),
            ("kind", &self.kind),
            ("event", &self.event),
            ("from", &self.from),
            ("until", &self.until),
            ("text", &self.text),
        ] {
            pairs.extend(value.as_deref().map(|value| (key, value)));
        }
        pairs.extend(self.object.iter().map(|object| ("object", object.as_str())));
        let filter = export::filter(pairs.iter().copied())?;
        let mut address = form_urlencoded::Serializer::new(String::new());
        address.extend_pairs(&pairs);
        let address = address.finish();
        let ledger = self.data.open(Company::Beside)?;
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
            &filter,
            &address,
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
