//! The command line: what each command takes, what it says, and its exit code. 0 done, 1 refused
//! or failed, 2 wrong usage, 3 verification found something.

mod channel;
mod completions;
mod demo;
mod erase;
mod evidence;
mod export;
mod hold;
mod import;
mod ingest;
mod init;
mod key;
mod lists;
mod mailbox;
mod member;
mod prove;
mod retention;
pub mod say;
mod serve;
mod settings;
mod verify;
mod witness;

use crate::desk;
use crate::error::{Error, Result};
use crate::ledger::{Chance, Clock, Company, Home, Ledger, Opening};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// A support desk in one binary: WhatsApp-first inbox, tickets, and a tamper-evident audit trail.
#[derive(Debug, Parser)]
#[command(name = "trailbox", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the desk lives; every command takes it.
#[derive(Debug, Clone, Args)]
pub struct Data {
    /// The folder of the desk
    #[arg(
        long = "data",
        value_name = "DIR",
        env = "TRAILBOX_DATA",
        default_value = "trailbox-data"
    )]
    pub folder: PathBuf,
}

/// What every command takes that lists something.
#[derive(Debug, Args)]
pub struct Listing {
    #[command(flatten)]
    data: Data,
    /// As JSON, one object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the desk; the first run makes one and prints a code for setting it up
    Serve(serve::Serve),
    /// See a busy desk of a shop that does not exist
    Demo(demo::Demo),
    /// Make a desk and its owner from the shell
    Init(init::Init),
    /// Members: add, list, change role or password, deactivate
    #[command(subcommand)]
    Member(member::Member),
    /// Channels: add a WhatsApp number or a mailbox, list, test, disable, enable
    #[command(subcommand)]
    Channel(channel::Channel),
    /// Take in what other programs know: customers from a table, records of another system
    #[command(subcommand)]
    Import(import::Import),
    /// Take what another program hands over: one e-mail on standard input
    #[command(subcommand)]
    Ingest(ingest::Ingest),
    /// Change a setting, or show all
    Set(settings::Set),
    /// Verify the trail and everything that follows from it
    Verify(verify::Verify),
    /// Prove to others that an event is in the trail, or that an older trail is its beginning
    Prove(prove::Prove),
    /// Make the derived tables again from the facts
    Rebuild(verify::Rebuild),
    /// Checkpoints: signed statements about the trail, to be kept elsewhere
    #[command(subcommand)]
    Checkpoint(verify::Checkpoint),
    /// The key that signs checkpoints: show it, exchange it
    #[command(subcommand)]
    Key(key::Key),
    /// Be the witness of desks on other machines: sign their checkpoints, see them rolled back
    #[command(subcommand)]
    Witness(witness::Witness),
    /// Erase personal content for good
    #[command(subcommand)]
    Erase(erase::Erase),
    /// Legal holds: list, place, release
    #[command(subcommand)]
    Hold(hold::Wish),
    /// How long content is kept: list and set the rules, see what they would erase, run them
    #[command(subcommand)]
    Retention(retention::Retention),
    /// Take data out of the desk
    #[command(subcommand)]
    Export(Box<export::Export>),
    /// Print what a shell needs to complete these commands
    Completions(completions::Completions),
}

impl Data {
    /// The folder as the ledger knows it.
    pub fn home(&self) -> Home {
        Home::at(&self.folder)
    }

    /// Opens the desk.
    pub fn open(&self, company: Company) -> Result<Ledger> {
        let bar = say::Bar::new("rebuilding the tables of this version");
        let ledger = Ledger::open(&self.home(), company, opening(&mut |done| bar.at(done)))?;
        bar.end();
        Ok(ledger)
    }
}

/// An opening with the system's clock and chance.
pub fn opening(progress: &mut dyn FnMut(u64)) -> Opening<'_> {
    Opening {
        apply: desk::apply,
        follow: desk::follow,
        clock: Clock::System,
        chance: Chance::System,
        progress,
    }
}

/// Runs the command of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse(); // prints help and usage errors itself and exits with 0 or 2
    let done = match cli.command {
        Command::Serve(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Init(command) => command.run(),
        Command::Member(command) => command.run(),
        Command::Channel(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Ingest(command) => command.run(),
        Command::Set(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Prove(command) => command.run(),
        Command::Rebuild(command) => command.run(),
        Command::Checkpoint(command) => command.run(),
        Command::Key(command) => command.run(),
        Command::Witness(command) => command.run(),
        Command::Erase(command) => command.run(),
        Command::Hold(command) => command.run(),
        Command::Retention(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Completions(command) => command.run(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            say::error(&error);
            ExitCode::from(1)
        }
    }
}

/// Ends a command's use of a ledger.
pub fn close(ledger: &Ledger) -> Result<ExitCode> {
    ledger.close()?;
    Ok(ExitCode::SUCCESS)
}

/// Wrong usage that only shows once a value is looked at.
pub fn usage(text: &str) -> Error {
    crate::error::Refusal::invalid(text).into()
}
