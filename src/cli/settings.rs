//! `trailbox set`: the desk's settings.

use super::{Data, say};
use crate::desk::settings::{self, SETTINGS};
use crate::domain::actor::Who;
use crate::error::Result;
use crate::ledger::Company;
use clap::Args;
use std::process::ExitCode;

/// `set [KEY VALUE]`
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    data: Data,
    /// The setting; without one all are shown
    #[arg(requires = "value")]
    key: Option<String>,
    /// Its new value
    value: Option<String>,
    /// As JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Set {
    /// Changes a setting, or shows all.
    pub fn run(self) -> Result<ExitCode> {
        let (Some(key), Some(value)) = (self.key, self.value) else {
            let ledger = self.data.open(Company::Beside)?;
            let who = Who::shell();
            let now = ledger.now(&who)?;
            let mut rows = Vec::new();
            for setting in SETTINGS {
                let value = settings::shown(&now, setting.key)?;
                rows.push(vec![
                    setting.key.to_owned(),
                    value,
                    setting.meaning.to_owned(),
                ]);
            }
            drop(now);
            if self.json {
                for row in &rows {
                    let line = serde_json::json!({ "key": row.first(), "value": row.get(1) });
                    say::line(&line.to_string())?;
                }
            } else {
                say::table(&["setting", "value", "meaning"], rows)?;
            }
            return super::close(&ledger);
        };
        let ledger = self.data.open(Company::Alone)?;
        let said = format!("{key} is {value}");
        ledger.record(&Who::shell(), move |now| settings::set(now, &key, &value))?;
        say::line(&said)?;
        super::close(&ledger)
    }
}
