//! The command line in, the exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    trailbox::cli::run()
}
