//! What commands say: sentences, tables, bars on a terminal and plain lines in a pipe.

use crate::error::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};

/// Says why a command was refused or failed, on one line.
pub fn error(error: &Error) {
    let mut out = anstream::stderr().lock();
    let style = anstyle::Style::new()
        .bold()
        .fg_color(Some(anstyle::AnsiColor::Red.into()));
    // Nothing is left to tell anybody if the terminal is gone.
    writeln!(out, "{style}trailbox:{style:#} {error}").ok();
}

/// Writes a line of what the command is for.
pub fn line(text: &str) -> Result<()> {
    writeln!(anstream::stdout().lock(), "{text}")?;
    Ok(())
}

/// Writes a remark beside what the command is for.
pub fn remark(text: &str) {
    let mut out = anstream::stderr().lock();
    writeln!(out, "{text}").ok(); // a remark nobody can see is no failure
}

/// Writes a table.
pub fn table(head: &[&str], rows: Vec<Vec<String>>) -> Result<()> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
    table.set_header(head.to_vec());
    for row in rows {
        table.add_row(row);
    }
    line(&table.to_string())
}

/// A progress bar on a terminal; in a pipe it is silent.
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// A bar that counts events.
    pub fn new(what: &str) -> Self {
        Bar(std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::no_length();
            let style = ProgressStyle::with_template("{spinner} {msg} {human_pos}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_message(what.to_owned());
            bar
        }))
    }

    /// A bar that knows how much there is.
    pub fn of(what: &str, total: u64) -> Self {
        Bar(std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            let template = "{msg} [{bar:30}] {human_pos}/{human_len} {eta}";
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(what.to_owned());
            bar
        }))
    }

    /// Shows how much is done.
    pub fn at(&self, done: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(done);
        }
    }

    /// Shows what is being done, and how much there is of it.
    pub fn doing(&self, what: &str, total: u64, done: u64) {
        if let Some(bar) = &self.0 {
            bar.set_message(what.to_owned());
            bar.set_length(total.max(done));
            bar.set_position(done);
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
