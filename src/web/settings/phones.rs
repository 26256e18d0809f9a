//! Phone lines among the channels: connected, changed, and what their phone system has to know.

use super::channels::{base_url, history, payload_row, row};
use super::{ChannelRow, PayloadRow, Wrong, answered, typed};
use crate::desk::calls::lines::{self, Wanted};
use crate::desk::channels;
use crate::domain::event::{ChannelEvent, Event};
use crate::domain::id::{ChannelId, Object};
use crate::domain::moment::Moment;
use crate::error::{Error, Result};
use crate::web::conversations::show::group_names;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use std::collections::BTreeMap;

/// Payloads nobody could read that are shown.
const PAYLOADS: u32 = 100;
/// The fields of the form that may be shown again.
pub const FIELDS: [&str; 6] = ["title", "name", "number", "country", "dial", "group"];

/// `settings/phone.html`: one phone line.
#[derive(Debug, Clone, Serialize)]
pub struct PhonePage {
    /// The channel in one line.
    pub channel: ChannelRow,
    /// Where its phone system posts to, without the token.
    pub hook_url: String,
    /// The token, until the first call was told.
    pub token: Option<String>,
    /// What may be shown of its settings, by field.
    pub values: BTreeMap<String, String>,
    /// Groups whose queue it may fill, id and name.
    pub groups: Vec<(String, String)>,
    /// Payloads nobody could read.
    pub payloads: Vec<PayloadRow>,
    /// What is wrong, by field.
    pub wrong: BTreeMap<String, String>,
    /// Changes of this channel, the newest first: event, sentence, when.
    pub history: Vec<(u64, String, Moment)>,
}

/// Connects a line from the form; a token left empty is made.
pub fn add(visit: &Visit<'_>) -> Result<ChannelId> {
    let mut wanted = wanted(visit)?;
    if wanted.token.is_empty() {
        let word = crate::ledger::chance::random::<24>()?;
        wanted.token = BASE64URL_NOPAD.encode(&word);
    }
    let receipt = visit.record(move |now| lines::add(now, wanted))?;
    let added = receipt.facts.iter().find_map(|(_, event)| match event {
        Event::Channel(ChannelEvent::Added { channel, .. }) => Some(*channel),
        _ => None, // the wish records nothing else
    });
    added.ok_or_else(|| Error::fault("a line that was just added is missing"))
}

/// One line.
pub fn page(visit: &Visit<'_>, id: ChannelId, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let channel = channels::get(&now, id)?;
    let line = lines::get(&now, id)?;
    let group = channel.group.map(|group| group.to_string());
    let mut values: BTreeMap<String, String> = [
        ("name", channel.name.clone()),
        ("title", channel.title.clone()),
        ("number", line.display_number),
        ("country", line.country),
        ("dial", line.dial),
        ("group", group.unwrap_or_default()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if !wrong.is_empty() {
        values.extend(typed(visit, &FIELDS));
        values.insert("name".to_owned(), channel.name.clone());
    }
    let page = PhonePage {
        hook_url: format!("{}/hooks/cti/{}", base_url(visit), channel.name),
        // Entered at the phone system once; from the first call on nobody needs to see it.
        token: match channel.heard_at {
            None => Some(channels::secret(&now, id)?.token),
            Some(_) => None,
        },
        values,
        groups: group_names(&now)?,
        payloads: channels::unreadable(&now, id, PAYLOADS)?
            .into_iter()
            .map(|payload| payload_row(&now, payload))
            .collect::<Result<_>>()?,
        wrong,
        history: history(visit, &now, Object::Channel(id))?,
        channel: row(&now, &channel)?,
    };
    visit.page(&now, "settings/phone.html", &page)
}

/// Changes a line; a token left empty stays.
pub fn change(visit: &Visit<'_>, id: ChannelId) -> Result<Response> {
    let granted =
        wanted(visit).and_then(|wanted| visit.record(move |now| lines::change(now, id, wanted)));
    answered(
        granted,
        |receipt| {
            let said = if receipt.facts.is_empty() {
                "Nothing was changed"
            } else {
                "Saved"
            };
            visit.went_well(&format!("/settings/channels/{id}"), said)
        },
        |wrong| page(visit, id, wrong),
    )
}

fn wanted(visit: &Visit<'_>) -> Result<Wanted> {
    let field = |name: &str| visit.field(name).trim().to_owned();
    let group = super::channels::chosen_group(visit)?;
    Ok(Wanted {
        name: field("name"),
        title: field("title"),
        number: field("number"),
        country: field("country"),
        dial: field("dial"),
        token: field("token"),
        group,
    })
}
