//! `trailbox init`: a desk and its owner from the shell.

use super::{Data, opening, say};
use crate::desk::{members, settings, sla};
use crate::domain::actor::Who;
use crate::domain::member::Role;
use crate::error::{Refusal, Result};
use crate::ledger::Ledger;
use crate::web::passwords;
use clap::Args;
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

/// The options of `trailbox init`.
#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    data: Data,
    /// Ask nothing: every value comes from an option, the password from TRAILBOX_PASSWORD or stdin
    #[arg(long)]
    non_interactive: bool,
    /// The desk's name
    #[arg(long, default_value = "Trailbox")]
    name: String,
    /// The owner's name
    #[arg(long)]
    owner: Option<String>,
    /// The owner's e-mail address
    #[arg(long)]
    email: Option<String>,
}

impl Init {
    /// Makes the desk.
    pub fn run(self) -> Result<ExitCode> {
        let owner = self.ask("owner's name", "--owner", self.owner.as_deref())?;
        let email = self.ask("owner's e-mail address", "--email", self.email.as_deref())?;
        let digest = passwords::digest(&password(self.non_interactive)?)?;
        let ledger = Ledger::create(&self.data.home(), &self.name, opening(&mut |_| {}))?;
        let name = self.name.clone();
        ledger.record(&Who::shell(), move |now| {
            let mut facts = settings::set(now, "desk.name", &name)?;
            facts.extend(members::add(
                now,
                &owner,
                &email,
                Role::Owner,
                Some(digest),
            )?);
            facts.extend(sla::policies::start(now, "UTC", 1)?);
            Ok(facts)
        })?;
        say::line(&format!(
            "made the desk {} in {}",
            self.name,
            self.data.folder.display()
        ))?;
        say::line(
            "write this key down and keep it somewhere else; with it anybody can check that",
        )?;
        say::line("the trail was not rewritten:")?;
        say::line(&format!("\n  {}\n", ledger.verifier().text()))?;
        say::line(&format!(
            "now start it: trailbox serve --data {}",
            self.data.folder.display()
        ))?;
        super::close(&ledger)
    }

    fn ask(&self, what: &str, option: &str, given: Option<&str>) -> Result<String> {
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        if self.non_interactive || !std::io::stdin().is_terminal() {
            return Err(Refusal::invalid(format!("{option} is missing")).into());
        }
        say::remark(&format!("{what}:"));
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

/// The password a command needs: from TRAILBOX_PASSWORD, typed unseen, or the first line of stdin.
pub fn password(non_interactive: bool) -> Result<String> {
    let password = match std::env::var("TRAILBOX_PASSWORD") {
        Ok(password) => password,
        Err(_) if non_interactive || !std::io::stdin().is_terminal() => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
        Err(_) => rpassword::prompt_password("password: ")?,
    };
    passwords::check(&password)?;
    Ok(password)
}
