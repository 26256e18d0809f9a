//! `trailbox hold`: what nobody and no rule may erase, from the shell.

use super::{Data, Listing, say};
use crate::desk::audit::parse_object;
use crate::desk::privacy::holds::{self, Hold};
use crate::domain::actor::Who;
use crate::domain::id::Object;
use crate::error::Result;
use crate::ledger::{Company, Now};
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

/// What can be done about legal holds.
#[derive(Debug, Subcommand)]
pub enum Wish {
    /// List all holds, the newest first
    List(Listing),
    /// Place a hold on a customer, a conversation or a ticket and all that belongs to it
    Place(Change),
    /// Release a hold
    Release(Change),
}

/// `hold place`, `hold release`
#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    data: Data,
    /// What: K-17, C-88 or T-1042
    object: String,
    /// Why, without personal data; sealed in the trail
    #[arg(long)]
    reason: String,
    /// The event as one JSON object
    #[arg(long)]
    json: bool,
}

impl Wish {
    /// Runs the command.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Wish::List(listing) => list(&listing),
            Wish::Place(command) => command.run("placed", holds::place),
            Wish::Release(command) => command.run("released", holds::release),
        }
    }
}

fn list(listing: &Listing) -> Result<ExitCode> {
    let ledger = listing.data.open(Company::Beside)?;
    let who = Who::shell();
    let found = holds::all(&ledger.now(&who)?)?;
    if listing.json {
        for hold in &found {
            say::line(&told(hold).to_string())?;
        }
    } else {
        let rows = found.iter().map(|hold| {
            let reason = hold.reason.clone().unwrap_or_else(|| "removed".to_owned());
            let since = hold.at.to_string();
            vec![hold.object.to_string(), since, hold.seq.to_string(), reason]
        });
        say::table(&["what", "since", "event", "reason"], rows.collect())?;
    }
    super::close(&ledger)
}

impl Change {
    fn run(
        self,
        done: &str,
        wish: fn(&Now<'_>, Object, &str) -> Result<Vec<crate::domain::event::Fact>>,
    ) -> Result<ExitCode> {
        let object = parse_object(&self.object)?;
        let ledger = self.data.open(Company::Beside)?;
        let why = self.reason;
        let receipt = ledger.record(&Who::shell(), move |now| wish(now, object, &why))?;
        let seq = receipt.facts.first().map(|(seq, _)| seq.0);
        match self.json {
            true => {
                let told = json!({"object": object.to_string(), "done": done, "event": seq});
                say::line(&told.to_string())?;
            }
            false => {
                let seq = seq.unwrap_or_default();
                say::remark(&format!("{done} the hold on {object}: event {seq}"));
            }
        }
        super::close(&ledger)
    }
}

fn told(hold: &Hold) -> serde_json::Value {
    json!({
        "object": hold.object.to_string(),
        "since": hold.at.to_string(),
        "event": hold.seq.0,
        "reason": hold.reason,
    })
}
