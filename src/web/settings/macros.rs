//! Canned replies and macros: the list, the form of one; offered and used under a thread.

use super::actions::{self, Choices, LANGUAGES};
use super::{Wrong, answered};
use crate::desk::macros::{self, Macro};
use crate::domain::event::Event;
use crate::domain::event::macros::MacroEvent;
use crate::domain::id::Object;
use crate::domain::member::Right;
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where the macros are.
const PLACE: &str = "/settings/macros";

/// `settings/macros.html`
#[derive(Debug, Clone, Serialize)]
pub struct MacrosPage {
    /// Everybody's and the reader's own.
    pub macros: Vec<MacroRow>,
    /// What is wrong, by field.
    pub wrong: Wrong,
}

/// One macro in the list.
#[derive(Debug, Clone, Serialize)]
pub struct MacroRow {
    /// Its number.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// The newest version.
    pub version: u32,
    /// Whether it only holds words to insert.
    pub canned: bool,
    /// Whether everybody may use it.
    pub shared: bool,
    /// Whether it is not offered any more.
    pub retired: bool,
    /// Why it cannot be used.
    pub trouble: Option<String>,
    /// What it does, in English.
    pub then: Vec<String>,
    /// How often it was used.
    pub uses: u64,
    /// Whether the reader may change it.
    pub may_change: bool,
    /// The event that changed it last.
    pub seq: u64,
}

/// `settings/macro.html`: one macro, or a new one.
#[derive(Debug, Clone, Serialize)]
pub struct MacroPage {
    /// The macro; none for a new one.
    pub known: Option<MacroRow>,
    /// Where the form goes.
    pub action: String,
    /// The form's values.
    pub values: BTreeMap<String, String>,
    /// Whether the reader may write one for everybody.
    pub may_share: bool,
    /// What actions can choose from.
    pub choices: Choices,
    /// What is wrong, by field.
    pub wrong: Wrong,
}

/// A macro as it is offered under a thread, one for each language.
#[derive(Debug, Clone, Serialize)]
pub struct Offered {
    /// Its number.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// The language's code; empty for the usual one.
    pub language: String,
    /// The language's own name.
    pub language_name: &'static str,
    /// Its words, variables and all, or what it does.
    pub text: String,
    /// Whether it only holds words to insert.
    pub canned: bool,
}

/// `GET /settings/macros`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    list(visit, Wrong::new())
}

fn list(visit: &Visit<'_>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let all = macros::mine(&now)?;
    let page = MacrosPage {
        macros: all
            .iter()
            .map(|known| row(visit, &now, known))
            .collect::<Result<_>>()?,
        wrong,
    };
    visit.page(&now, "settings/macros.html", &page)
}

/// `GET /settings/macros/3`, or `new`
pub fn show(visit: &Visit<'_>, of: &str) -> Result<Response> {
    page(visit, place(of)?, Wrong::new())
}

/// `POST /settings/macros`
pub fn add(visit: &Visit<'_>) -> Result<Response> {
    save(visit, None)
}

/// `POST /settings/macros/3`
pub fn change(visit: &Visit<'_>, of: &str) -> Result<Response> {
    save(visit, place(of)?)
}

fn save(visit: &Visit<'_>, id: Option<u64>) -> Result<Response> {
    let (name, shared) = (
        visit.field("name").to_owned(),
        visit.field("shared") == "yes",
    );
    let granted = actions::read(visit)
        .and_then(|wished| visit.record(move |now| macros::save(now, id, &name, shared, wished)));
    answered(
        granted,
        |receipt| {
            let saved = receipt.facts.first().map(|(_, event)| event);
            let id = match saved {
                Some(Event::Macro(MacroEvent::Saved { id, .. })) => Some(*id),
                _ => id, // as it was
            };
            let to = id.map_or_else(|| PLACE.to_owned(), |id| format!("{PLACE}/{id}"));
            visit.went_well(&to, "Saved")
        },
        |wrong| page(visit, id, wrong),
    )
}

/// `POST /settings/macros/3/retirement`
pub fn retire(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let Some(id) = place(of)? else {
        return Err(Refusal::not_found("save the macro first").into());
    };
    let retired = visit.field("retired") == "yes";
    answered(
        visit.record(move |now| macros::retire(now, id, retired)),
        |_| visit.went_well(PLACE, if retired { "Retired" } else { "Offered again" }),
        |wrong| list(visit, wrong),
    )
}

/// The number of a macro in an address; none for a new one.
fn place(of: &str) -> Result<Option<u64>> {
    if of == "new" {
        return Ok(None);
    }
    let id = of.parse();
    id.map(Some)
        .map_err(|_| Refusal::not_found(format!("there is no macro {of}")).into())
}

fn page(visit: &Visit<'_>, id: Option<u64>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let known = id.map(|id| macros::get(&now, id)).transpose()?;
    if known
        .as_ref()
        .is_some_and(|known| known.owner.is_some() && known.owner != Some(visit.member.id))
    {
        return Err(Refusal::forbidden("this is somebody else's own macro").into());
    }
    let actions = known.as_ref().and_then(|known| known.actions.as_ref());
    let mut values = actions.map(actions::values).unwrap_or_default();
    if let Some(known) = &known {
        values.insert("name".to_owned(), known.name.clone());
        if known.owner.is_none() {
            values.insert("shared".to_owned(), "yes".to_owned());
        }
    }
    if !visit.form.fields.is_empty() {
        values = visit.form.fields.iter().cloned().collect();
    }
    let page = MacroPage {
        known: known
            .as_ref()
            .map(|known| row(visit, &now, known))
            .transpose()?,
        action: id.map_or_else(|| PLACE.to_owned(), |id| format!("{PLACE}/{id}")),
        values,
        may_share: visit.may(Right::Assign),
        choices: actions::choices(visit, &now)?,
        wrong,
    };
    visit.page(&now, "settings/macro.html", &page)
}

fn row(visit: &Visit<'_>, now: &Now<'_>, known: &Macro) -> Result<MacroRow> {
    Ok(MacroRow {
        id: known.id,
        name: known.name.clone(),
        version: known.version,
        canned: known.is_canned(),
        shared: known.owner.is_none(),
        retired: known.retired,
        trouble: macros::trouble(now, known)?,
        then: match &known.actions {
            Some(actions) => actions::told(now, actions)?,
            None => Vec::new(), // erased
        },
        uses: macros::uses(now, known.id)?,
        may_change: known.owner.is_some() || visit.may(Right::Assign),
        seq: known.seq,
    })
}

/// What is offered under a thread: whole ones that can be used, one line for each language.
pub fn offered(now: &Now<'_>) -> Result<Vec<Offered>> {
    let mut offered = Vec::new();
    for known in macros::mine(now)? {
        if known.retired || macros::trouble(now, &known)?.is_some() {
            continue;
        }
        let canned = known.is_canned();
        let actions = known.actions.unwrap_or_default();
        let told = actions::told(now, &actions)?.join(" · ");
        let line = |language: &str, text: &str| Offered {
            id: known.id,
            name: known.name.clone(),
            language: language.to_owned(),
            language_name: LANGUAGES
                .iter()
                .find(|(code, _)| *code == language)
                .map_or("", |(_, name)| name),
            text: if canned {
                text.to_owned()
            } else {
                told.clone()
            },
            canned,
        };
        if actions.reply.is_empty() {
            offered.push(line("", ""));
        }
        offered.extend(
            actions
                .reply
                .iter()
                .map(|(language, text)| line(language, text)),
        );
    }
    Ok(offered)
}

/// Which macro a form or an address names, as `3` or `3.es`.
pub fn named(text: &str) -> Option<(u64, String)> {
    let (id, language) = text.split_once('.').unwrap_or((text, ""));
    Some((id.parse().ok()?, language.to_owned()))
}

/// What was written so far, with the words of a canned reply behind it where one was chosen.
pub fn inserted(
    visit: &Visit<'_>,
    now: &Now<'_>,
    object: Object,
    text: String,
    wrong: &mut BTreeMap<String, String>,
) -> Result<(String, Option<String>)> {
    let sent = Some(visit.field("canned")).filter(|chosen| !chosen.is_empty());
    let Some(chosen) = visit.query("canned").or(sent) else {
        return Ok((text, None));
    };
    let Some((id, language)) = named(chosen).filter(|_| wrong.is_empty()) else {
        return Ok((text, Some(chosen.to_owned())));
    };
    match macros::words(now, id, object, &language) {
        Ok(words) if text.contains(&words) => Ok((text, Some(chosen.to_owned()))),
        Ok(words) => {
            let text = [text.trim_end(), &words].join("\n");
            Ok((text.trim_start().to_owned(), Some(chosen.to_owned())))
        }
        Err(Error::Refusal(refusal)) => {
            wrong.insert("text".to_owned(), refusal.text);
            Ok((text, None))
        }
        Err(fault) => Err(fault),
    }
}

/// Does what the chosen macro says: `POST /conversations/C-88/macro`, and the same for tickets.
pub fn perform(visit: &Visit<'_>, object: Object) -> Result<crate::ledger::Receipt> {
    let chosen = named(visit.field("macro"));
    let Some((id, language)) = chosen else {
        return Err(Refusal::invalid("choose a macro").at("macro").into());
    };
    visit.record(move |now| {
        match object {
            Object::Conversation(id) => crate::desk::inbox::demand_reach(now, id)?,
            Object::Ticket(id) => crate::desk::tickets::list::demand_reach(now, id)?,
            Object::Contact(_) | Object::Member(_) | Object::Channel(_) | Object::Group(_) => {}
        }
        macros::perform(now, id, object, &language)
    })
}
