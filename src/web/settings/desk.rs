//! The desk's own settings, each with who changed it last.

use super::{DeskPage, SettingRow, Wrong, answered};
use crate::desk::audit;
use crate::desk::settings::{self, Default, SETTINGS};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::sentences;
use crate::web::visit::Visit;

/// `GET /settings/desk`
pub fn show(visit: &Visit<'_>) -> Result<Response> {
    page(visit, Wrong::new())
}

fn page(visit: &Visit<'_>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let settings = SETTINGS
        .iter()
        .map(|setting| {
            let refused = wrong.contains_key(setting.key);
            Ok(SettingRow {
                key: setting.key.to_owned(),
                title: setting.meaning.to_owned(),
                kind: match setting.default {
                    Default::Switch(_) => "switch",
                    Default::Number { .. } => "number",
                    Default::Text(_) => "text",
                },
                value: if refused {
                    visit.field("value").to_owned()
                } else {
                    settings::shown(&now, setting.key)?
                },
                choices: settings::check::choices(&now, setting.key)?,
                changed: changed(visit, &now, setting.key)?,
            })
        })
        .collect::<Result<_>>()?;
    let page = DeskPage { settings, wrong };
    visit.page(&now, "settings/desk.html", &page)
}

/// `POST /settings/desk/audit.reads`
pub fn change(visit: &Visit<'_>, key: &str) -> Result<Response> {
    let (setting, value) = (key.to_owned(), visit.field("value").to_owned());
    answered(
        visit.record(move |now| settings::set(now, &setting, &value)),
        |_| visit.went_well("/settings/desk", "Saved"),
        |wrong| {
            let wrong = wrong.into_values().map(|text| (key.to_owned(), text));
            page(visit, wrong.collect())
        },
    )
}

/// Who changed a setting last, and when.
fn changed(visit: &Visit<'_>, now: &Now<'_>, key: &str) -> Result<Option<(u64, String, Moment)>> {
    let Some(seq) = settings::set_by(now, key)? else {
        return Ok(None);
    };
    let entry = audit::get(now, seq)?.entry;
    let name = sentences::actor(visit.language(), &entry.actor, &|_| None);
    Ok(Some((seq.0, name, entry.at)))
}
