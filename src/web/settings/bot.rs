//! The bot: on which channels it begins, what it asks for, and what it says.

use super::{Wrong, answered};
use crate::desk::{audit, bot, channels, settings};
use crate::domain::bot::language::Tongue;
use crate::domain::bot::{self as rules, Known};
use crate::domain::id::ChannelId;
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::web::exchange::Response;
use crate::web::names::Names;
use crate::web::sentences;
use crate::web::visit::Visit;
use serde::Serialize;

/// Changes that are shown.
const CHANGES: u32 = 10;

/// `settings/bot.html`
#[derive(Debug, Clone, Serialize)]
pub struct BotPage {
    /// The channels it can write on: id, name, whether it begins there.
    pub channels: Vec<(String, String, bool)>,
    /// How order numbers look.
    pub pattern: String,
    /// The language it begins in where it cannot tell the customer's.
    pub language: String,
    /// Languages to choose from, code and name in English.
    pub languages: Vec<(&'static str, &'static str)>,
    /// What it says first: code, name in English, text.
    pub greetings: Vec<(&'static str, &'static str, String)>,
    /// The version of its rules.
    pub version: &'static str,
    /// What is wrong, by field.
    pub wrong: Wrong,
    /// Changes, the newest first: event, sentence, when.
    pub history: Vec<(u64, String, Moment)>,
}

/// `GET /settings/bot`
pub fn show(visit: &Visit<'_>) -> Result<Response> {
    page(visit, Wrong::new())
}

fn page(visit: &Visit<'_>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let shop = settings::text(&now, "desk.name")?;
    let (pattern, language) = (
        settings::text(&now, "bot.order_pattern")?,
        settings::text(&now, "bot.language")?,
    );
    let greetings = Tongue::ALL.map(|tongue| {
        let desk = rules::Desk {
            shop: &shop,
            pattern: &pattern,
            tongue,
            back: None,
            may_write: true,
        };
        let said = rules::turn(desk, &Known::default(), &[]).say;
        (tongue.code(), tongue.name(), said)
    });
    let typed = |field: &str, known: &str| match visit.form.get(field) {
        Some(typed) if !wrong.is_empty() => typed.to_owned(),
        Some(_) | None => known.to_owned(),
    };
    let names = Names::of_desk(&now)?;
    let filter = audit::Filter {
        event: Some("bot.switched".to_owned()),
        ..audit::Filter::default()
    };
    let history = audit::list(&now, &filter, CHANGES)?
        .into_iter()
        .map(|event| {
            let told = sentences::told(visit.language(), &event, &|object| names.get(object));
            (event.seq.0, told, event.entry.at)
        });
    let page = BotPage {
        channels: channels::list(&now)?
            .into_iter()
            .filter(|channel| channel.kind == "whatsapp")
            .map(|channel| {
                let begins = bot::begins(&now, channel.id)?;
                Ok((channel.id.to_string(), channel.title, begins))
            })
            .collect::<Result<_>>()?,
        pattern: typed("pattern", &pattern),
        language: typed("language", &language),
        languages: Tongue::ALL
            .map(|tongue| (tongue.code(), tongue.name()))
            .into(),
        greetings: greetings.into(),
        version: rules::VERSION,
        wrong,
        history: history.collect(),
    };
    visit.page(&now, "settings/bot.html", &page)
}

/// `POST /settings/bot`: where it begins, what it asks for.
pub fn change(visit: &Visit<'_>) -> Result<Response> {
    let wanted = visit
        .form
        .all("channel")
        .into_iter()
        .map(|channel| channel.parse())
        .collect::<std::result::Result<Vec<ChannelId>, String>>()
        .map_err(Refusal::invalid)?;
    let field = |name: &str| visit.field(name).trim().to_owned();
    let (pattern, language) = (field("pattern"), field("language"));
    let granted = visit.record(move |now| {
        let mut facts = set(now, "bot.order_pattern", &pattern, "pattern")?;
        facts.extend(set(now, "bot.language", &language, "language")?);
        for channel in channels::list(now)? {
            let begins = wanted.contains(&channel.id);
            if channel.kind == "whatsapp" || begins {
                facts.extend(bot::switch(now, channel.id, begins)?);
            }
        }
        Ok(facts)
    });
    answered(
        granted,
        |_| visit.went_well("/settings/bot", "Saved"),
        |wrong| page(visit, wrong),
    )
}

fn set(
    now: &crate::ledger::Now<'_>,
    key: &str,
    value: &str,
    field: &'static str,
) -> Result<Vec<crate::domain::event::Fact>> {
    settings::set(now, key, value).map_err(|error| match error {
        crate::error::Error::Refusal(refusal) => refusal.at(field).into(),
        fault @ crate::error::Error::Fault(_) => fault,
    })
}
