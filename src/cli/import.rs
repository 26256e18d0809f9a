//! `trailbox import …`: what other programs know, taken in from their files. A file is looked
//! through to its end before anything of it is written.

mod chat;
mod csv;
mod desk;
mod mbox;

use super::Data;
use crate::domain::import::Source;
use crate::error::Result;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Where records come from.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// A table of customers
    Csv(csv::Csv),
    /// Take over tickets, comments and users of Zendesk, from its JSON
    Zendesk(Files),
    /// Take over tickets, articles and users of Zammad, from its JSON
    Zammad(Files),
    /// Take over chats exported by WhatsApp's app, from their text files
    WhatsappChat(Box<chat::Chats>),
    /// Take over letters and threads of a mailbox, from mbox files
    Mbox(Box<mbox::Mbox>),
}

/// What every import takes.
#[derive(Debug, Args)]
pub struct Files {
    #[command(flatten)]
    data: Data,
    /// Say what would be taken and what not, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Take a file that was cut off up to its last whole record
    #[arg(long)]
    up_to_last_whole: bool,
    /// The files, in any order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Import {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Import::Csv(command) => command.run(),
            Import::Zendesk(files) => desk::run(&files, Source::Zendesk),
            Import::Zammad(files) => desk::run(&files, Source::Zammad),
            Import::WhatsappChat(chats) => chats.run(),
            Import::Mbox(letters) => letters.run(),
        }
    }
}

/// What was found, and what became of it.
#[derive(Debug, Default)]
struct Count {
    threads: u64,
    articles: u64,
    known: u64,
    /// Why records are left out: how many, and where the first stands.
    left_out: std::collections::BTreeMap<String, (u64, String)>,
}

impl Count {
    fn leave_out(&mut self, why: String, place: String) {
        self.left_out.entry(why).or_insert((0, place)).0 += 1;
    }

    fn left(&self) -> u64 {
        self.left_out.values().map(|(count, _)| count).sum()
    }

    /// Says what is left out, one line each reason.
    fn say_left_out(&self) -> Result<()> {
        for (why, (count, place)) in &self.left_out {
            let more = match count {
                1 => String::new(),
                n => format!(", and {} more", n - 1),
            };
            super::say::line(&format!("left out: {why} ({place}{more})"))?;
        }
        Ok(())
    }
}

/// Hex SHA-256 of a file, read piece by piece.
fn digest(file: &std::path::Path) -> Result<String> {
    use sha2::Digest;
    use std::io::Read;
    let mut from = open(file)?;
    let mut hash = sha2::Sha256::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            return Ok(data_encoding::HEXLOWER.encode(&hash.finalize()));
        }
        hash.update(piece.get(..read).unwrap_or_default());
    }
}

fn open(file: &std::path::Path) -> Result<std::io::BufReader<std::fs::File>> {
    let opened = std::fs::File::open(file).map_err(|error| {
        let text = format!("{} cannot be read: {error}", file.display());
        crate::error::Refusal::not_found(text)
    })?;
    Ok(std::io::BufReader::with_capacity(64 * 1024, opened))
}
