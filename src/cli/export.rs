//! `trailbox export …`: data out of the desk, beside a serving one too.

use super::{Data, say};
use crate::desk::audit;
use crate::domain::actor::Who;
use crate::domain::audit::{Key, written};
use crate::domain::calendar::Zone;
use crate::error::{Doing, Refusal, Result};
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
    /// A question as in the explorer: 'actor:maya is:handoff after:2026-11-01 "courier"'
    #[arg(long)]
    filter: Option<String>,
    /// One actor: M-3, K-17, outbox
    #[arg(long)]
    actor: Option<String>,
    /// One kind of actor: member, bot, rule, contact, token, system, provider
    #[arg(long)]
    kind: Option<String>,
    /// One event or area: ticket.status_changed, ticket
    #[arg(long)]
    event: Option<String>,
    /// What it is about: T-1042, C-88, K-17, H-1, M-3; all of them, if several
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
        let mut question = self.filter.clone().unwrap_or_default();
        let mut add = |key: Key, value: &str| {
            if !question.is_empty() {
                question.push(' ');
            }
            question.push_str(&written(key, value));
        };
        for (key, value) in [
            (Key::Actor, &self.actor),
            (Key::Kind, &self.kind),
            (Key::Event, &self.event),
            (Key::After, &self.from),
            (Key::Until, &self.until),
        ] {
            value.iter().for_each(|value| add(key, value));
        }
        self.object
            .iter()
            .for_each(|object| add(Key::About, object));
        for word in self.text.iter().flat_map(|text| text.split_whitespace()) {
            question.push(' ');
            question.push_str(word);
        }
        let ledger = self.data.open(Company::Beside)?;
        let who = Who::shell();
        let asked = audit::asked::ask(&ledger.now(&who)?, question.trim(), &Zone::utc())?;
        if let Some(mistake) = asked.mistakes.first() {
            let (text, pointer) = (&asked.text, mistake.pointer());
            let text = format!("{}\n  {text}\n  {pointer}", mistake.text);
            return Err(Refusal::invalid(text).into());
        }
        let mut out: Box<dyn Write> = match &self.out {
            Some(path) => Box::new(BufWriter::new(
                File::create(path).doing(format!("making {}", path.display()))?,
            )),
            None => Box::new(BufWriter::new(std::io::stdout())),
        };
        let bar = say::Bar::new("exporting");
        let exported = export::trail(
            &ledger,
            &who,
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
