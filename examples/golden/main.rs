//! Reads a file of golden cases and prints what this program makes of each, one JSON line a case:
//! `{"group","id","got"}`. Groups it does not know are named on the standard error.
//!
//!     cargo run --example golden -- tests/golden/sla.json

mod cases;

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("which file? cargo run --example golden -- FILE");
        return ExitCode::from(2);
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot read {path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match cases::answers(&text) {
        Ok((answers, strange)) => {
            for answer in answers {
                println!("{answer}");
            }
            for group in strange {
                eprintln!("{path}: the group {group} is not known here; its cases are left out");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}
