//! `trailbox retention`: how long each kind of content is kept, what the rules would erase now, and
//! the run itself, which the server otherwise does by itself.

use super::{Data, say};
use crate::desk::privacy::retention::{self, Rule};
use crate::domain::actor::Who;
use crate::domain::event::Event;
use crate::domain::event::privacy::PrivacyEvent;
use crate::domain::privacy::Kind;
use crate::error::Result;
use crate::ledger::Company;
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

/// Most sealed texts and files that are counted of each kind.
const COUNTED: usize = 100_000;

/// What can be done about retention.
#[derive(Debug, Subcommand)]
pub enum Retention {
    /// List the rules
    List(Show),
    /// Say how many days a kind of content is kept, or `forever`
    Set(Set),
    /// Tell what the rules would erase now; nothing happens
    DryRun(Show),
    /// Erase for good what the rules say; without --yes it is only told
    Run(Run),
}

/// `retention list`, `retention dry-run`
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    data: Data,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// `retention set`
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    data: Data,
    /// messages, notes, files, payloads, contact, tickets, calls, searches or origins
    kind: String,
    /// For how many days, 1 to 36500, or `forever`
    days: String,
    /// The rule as one JSON object
    #[arg(long)]
    json: bool,
}

/// `retention run`
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    show: Show,
    /// Erase; without it nothing happens but that you are told what would go
    #[arg(long)]
    yes: bool,
}

impl Retention {
    /// Runs the command.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Retention::List(command) => command.list(),
            Retention::Set(command) => command.run(),
            Retention::DryRun(command) => command.due(),
            Retention::Run(command) if !command.yes => command.show.due(),
            Retention::Run(command) => command.show.erase(),
        }
    }
}

impl Show {
    fn list(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Beside)?;
        let rules = retention::rules(&ledger.now(&Who::shell())?)?;
        if self.json {
            for rule in &rules {
                say::line(&told(rule).to_string())?;
            }
        } else {
            let rows = rules.iter().map(|rule| {
                let version = rule.version.to_string();
                vec![rule.kind.as_str().to_owned(), kept(rule), version]
            });
            say::table(&["kind", "kept", "version"], rows.collect())?;
        }
        super::close(&ledger)
    }

    fn due(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Beside)?;
        let due = retention::due(&ledger.now(&Who::shell())?, COUNTED)?;
        let mut rows = Vec::new();
        for due in &due {
            let found = due.targets.len();
            if self.json {
                let line = json!({
                    "kind": due.rule.kind.as_str(),
                    "days": due.rule.days,
                    "version": due.rule.version,
                    "due": found,
                    "more": due.more,
                    "held": due.held,
                    "open": due.open,
                });
                say::line(&line.to_string())?;
                continue;
            }
            let counted = match due.more {
                true => format!("more than {found}"),
                false => found.to_string(),
            };
            rows.push(vec![
                due.rule.kind.as_str().to_owned(),
                kept(&due.rule),
                counted,
                due.held.to_string(),
                due.open.to_string(),
            ]);
        }
        if !self.json {
            let head = ["kind", "kept", "would go", "held", "still open"];
            say::table(&head, rows)?;
            say::remark("nothing was erased; `retention run --yes` erases it for good");
        }
        super::close(&ledger)
    }

    fn erase(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Beside)?;
        let who = Who::shell();
        let mut events: Vec<u64> = Vec::new();
        let mut gone = 0;
        loop {
            let due = retention::due(&ledger.now(&who)?, 1)?;
            if due.iter().all(|due| due.targets.is_empty()) {
                break; // each batch makes it less
            }
            let erased = ledger.erase(&who, retention::run)?;
            for (seq, event) in &erased.facts {
                events.push(seq.0);
                if let Event::Privacy(PrivacyEvent::Erased { targets, .. }) = event {
                    gone += targets.len();
                }
            }
        }
        match self.json {
            true => say::line(&json!({"erased": gone, "events": events}).to_string())?,
            false => say::remark(&format!(
                "erased {gone} texts and files for good in {} events",
                events.len()
            )),
        }
        super::close(&ledger)
    }
}

impl Set {
    fn run(self) -> Result<ExitCode> {
        let kind: Kind = self
            .kind
            .parse()
            .map_err(|text: String| super::usage(&text))?;
        let days = match self.days.as_str() {
            "forever" => None,
            days => Some(days.parse().map_err(|_| {
                super::usage(&format!("{days} is not a number of days, nor forever"))
            })?),
        };
        let ledger = self.data.open(Company::Beside)?;
        let who = Who::shell();
        ledger.record(&who, move |now| retention::set(now, kind, days))?;
        let rule = retention::rule(&ledger.now(&who)?, kind)?;
        match self.json {
            true => say::line(&told(&rule).to_string())?,
            false => say::remark(&format!("{kind} are kept {}", kept(&rule))),
        }
        super::close(&ledger)
    }
}

fn kept(rule: &Rule) -> String {
    match rule.days {
        None => "forever".to_owned(),
        Some(1) => "1 day".to_owned(),
        Some(days) => format!("{days} days"),
    }
}

fn told(rule: &Rule) -> serde_json::Value {
    json!({
        "kind": rule.kind.as_str(),
        "days": rule.days,
        "version": rule.version,
    })
}
