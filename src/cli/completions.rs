//! `trailbox completions`: what a shell needs to complete commands, options and values.

use super::Cli;
use crate::error::{Doing, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::Write;
use std::process::ExitCode;

/// `completions …`
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    shell: Shell,
}

impl Completions {
    /// Prints the script to standard output.
    pub fn run(self) -> Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "trailbox", &mut script);
        std::io::stdout()
            .write_all(&script)
            .doing("writing the script")?;
        Ok(ExitCode::SUCCESS)
    }
}
