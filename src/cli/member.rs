//! `trailbox member …`: who works here.

use super::{Data, Listing, init, say};
use crate::desk::members::{self, Member as Found};
use crate::domain::actor::Who;
use crate::domain::member::Role;
use crate::error::{Refusal, Result};
use crate::ledger::{Company, Ledger, Now};
use crate::web::passwords;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// What can be done with members.
#[derive(Debug, Subcommand)]
pub enum Member {
    /// Add a member
    Add(Add),
    /// List all members
    List(Listing),
    /// Give a member another role
    Role(ChangeRole),
    /// Set a member's password and end their sessions
    Password(Password),
    /// End a member's time here; everything they did stays
    Deactivate(Deactivate),
}

/// `member add`
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    data: Data,
    /// The e-mail address to sign in with
    email: String,
    /// The name
    #[arg(long)]
    name: String,
    /// owner, admin, lead, reviewer, agent or auditor
    #[arg(long, default_value = "agent")]
    role: Role,
    /// Ask nothing: the password comes from TRAILBOX_PASSWORD or stdin
    #[arg(long)]
    non_interactive: bool,
}

/// `member role`
#[derive(Debug, Args)]
pub struct ChangeRole {
    #[command(flatten)]
    data: Data,
    /// The member's e-mail address
    email: String,
    /// owner, admin, lead, reviewer, agent or auditor
    role: Role,
}

/// `member password`
#[derive(Debug, Args)]
pub struct Password {
    #[command(flatten)]
    data: Data,
    /// The member's e-mail address
    email: String,
    /// Ask nothing: the password comes from TRAILBOX_PASSWORD or stdin
    #[arg(long)]
    non_interactive: bool,
}

/// `member deactivate`
#[derive(Debug, Args)]
pub struct Deactivate {
    #[command(flatten)]
    data: Data,
    /// The member's e-mail address
    email: String,
    /// Why
    #[arg(long)]
    reason: String,
}

impl Member {
    /// Does it.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Member::Add(command) => command.run(),
            Member::List(listing) => list(&listing),
            Member::Role(command) => command.run(),
            Member::Password(command) => command.run(),
            Member::Deactivate(command) => command.run(),
        }
    }
}

impl Add {
    fn run(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Alone)?;
        let digest = passwords::digest(&init::password(self.non_interactive)?)?;
        let Add {
            name, email, role, ..
        } = self;
        let said = format!("added {name} <{email}> as {role}");
        ledger.record(&Who::shell(), move |now| {
            members::add(now, &name, &email, role, Some(digest))
        })?;
        say::line(&said)?;
        super::close(&ledger)
    }
}

fn list(listing: &Listing) -> Result<ExitCode> {
    let ledger = listing.data.open(Company::Beside)?;
    let who = Who::shell();
    let all = members::list(&ledger.now(&who)?)?;
    if listing.json {
        for member in &all {
            say::line(&json(member).to_string())?;
        }
    } else {
        let row = |member: &Found| {
            let state = if member.active {
                "active"
            } else {
                "deactivated"
            };
            vec![
                member.id.to_string(),
                member.name.clone(),
                member.email.clone(),
                member.role.to_string(),
                state.to_owned(),
            ]
        };
        say::table(
            &["id", "name", "e-mail", "role", "state"],
            all.iter().map(row).collect(),
        )?;
    }
    super::close(&ledger)
}

impl ChangeRole {
    fn run(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Alone)?;
        let (email, role) = (self.email, self.role);
        let said = format!("{email} is {role} now");
        ledger.record(&Who::shell(), move |now| {
            members::change_role(now, find(now, &email)?.id, role)
        })?;
        say::line(&said)?;
        super::close(&ledger)
    }
}

impl Password {
    fn run(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Alone)?;
        known(&ledger, &self.email)?;
        let digest = passwords::digest(&init::password(self.non_interactive)?)?;
        let email = self.email.clone();
        ledger.record(&Who::shell(), move |now| {
            members::change_password(now, find(now, &email)?.id, digest, None)
        })?;
        say::line(&format!(
            "{} has a new password; their sessions have ended",
            self.email
        ))?;
        super::close(&ledger)
    }
}

impl Deactivate {
    fn run(self) -> Result<ExitCode> {
        let ledger = self.data.open(Company::Alone)?;
        let (email, reason) = (self.email.clone(), self.reason);
        ledger.record(&Who::shell(), move |now| {
            members::deactivate(now, find(now, &email)?.id, &reason)
        })?;
        say::line(&format!(
            "{} is deactivated; what they did stays",
            self.email
        ))?;
        super::close(&ledger)
    }
}

fn find(now: &Now<'_>, email: &str) -> Result<Found> {
    members::by_email(now, email)?
        .ok_or_else(|| Refusal::not_found(format!("there is no member {email}")).into())
}

fn known(ledger: &Ledger, email: &str) -> Result<()> {
    let who = Who::shell();
    find(&ledger.now(&who)?, email).map(drop)
}

fn json(member: &Found) -> serde_json::Value {
    serde_json::json!({
        "id": member.id.to_string(),
        "name": member.name,
        "email": member.email,
        "role": member.role.as_str(),
        "active": member.active,
    })
}

impl clap::builder::ValueParserFactory for Role {
    type Parser = fn(&str) -> std::result::Result<Role, String>;

    fn value_parser() -> Self::Parser {
        |text| text.parse()
    }
}
