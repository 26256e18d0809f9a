//! Channels: connected, changed, tried, switched off, their templates and what nobody could read.

use super::mailboxes;
use super::{
    ChannelPage, ChannelRow, ChannelsPage, PayloadRow, TemplateRow, Wrong, answered, phones, typed,
};
use crate::desk::audit;
use crate::desk::calls::lines;
use crate::desk::channels::{self, Channel, Config, Secret, Wanted};
use crate::domain::event::{ChannelEvent, Event};
use crate::domain::id::{ChannelId, GroupId, Object};
use crate::domain::moment::Moment;
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use crate::web::conversations::show::group_names;
use crate::web::exchange::Response;
use crate::web::names::Names;
use crate::web::sentences;
use crate::web::visit::Visit;
use data_encoding::BASE64URL_NOPAD;

/// Payloads nobody could read that are shown, counted and read again at once.
const PAYLOADS: u32 = 100;
/// Changes of a channel that are shown.
const CHANGES: u32 = 20;
/// The fields of the form that may be shown again.
const FIELDS: [&str; 8] = [
    "title",
    "name",
    "display_number",
    "phone_number_id",
    "waba_id",
    "group",
    "base_url",
    "version",
];
/// What is a change of a channel, beside all that comes in through it.
const HISTORY: [&str; 8] = [
    "channel.added",
    "channel.changed",
    "channel.disabled",
    "channel.enabled",
    "channel.stopped",
    "channel.tested",
    "email.lost",
    "email.regained",
];

/// `GET /settings/channels`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    list(visit, Wrong::new())
}

fn list(visit: &Visit<'_>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let channels = channels::list(&now)?;
    let page = ChannelsPage {
        channels: channels
            .iter()
            .map(|channel| row(&now, channel))
            .collect::<Result<_>>()?,
        groups: group_names(&now)?,
        kind: if visit.field("kind") == lines::KIND {
            "phone"
        } else {
            "whatsapp"
        },
        typed: typed_fields(visit),
        wrong,
    };
    visit.page(&now, "settings/channels.html", &page)
}

/// What was typed; a field left empty takes its usual value.
fn typed_fields(visit: &Visit<'_>) -> super::Wrong {
    let mut typed = typed(visit, &FIELDS);
    typed.extend(super::typed(visit, &phones::FIELDS));
    typed.retain(|_, value| !value.is_empty());
    typed
}

/// `POST /settings/channels`: connects a number.
pub fn add(visit: &Visit<'_>) -> Result<Response> {
    if visit.field("kind") == lines::KIND {
        return answered(
            phones::add(visit),
            |channel| {
                let path = format!("/settings/channels/{channel}");
                visit.went_well(
                    &path,
                    "Connected. Now tell the phone system where to post to.",
                )
            },
            |wrong| list(visit, wrong),
        );
    }
    let granted = wanted(visit).and_then(|mut wanted| {
        if wanted.secret.verify_token.is_empty() {
            let word = crate::ledger::chance::random::<15>()?;
            wanted.secret.verify_token = BASE64URL_NOPAD.encode(&word);
        }
        let receipt = visit.record(move |now| channels::add(now, wanted))?;
        added(receipt.facts.iter().map(|(_, event)| event))
    });
    answered(
        granted,
        |channel| {
            let path = format!("/settings/channels/{channel}");
            visit.went_well(&path, "Connected. Now tell WhatsApp where to send to.")
        },
        |wrong| list(visit, wrong),
    )
}

fn added<'e>(mut facts: impl Iterator<Item = &'e Event>) -> Result<ChannelId> {
    let found = facts.find_map(|event| match event {
        Event::Channel(ChannelEvent::Added { channel, .. }) => Some(*channel),
        _ => None, // the wish records nothing else
    });
    found.ok_or_else(|| Error::fault("a channel that was just added is missing"))
}

/// `GET /settings/channels/H-1`
pub fn show(visit: &Visit<'_>, id: ChannelId) -> Result<Response> {
    if is_mailbox(visit, id)? {
        return mailboxes::show(visit, id);
    }
    page(visit, id, Wrong::new())
}

fn is_mailbox(visit: &Visit<'_>, id: ChannelId) -> Result<bool> {
    Ok(channels::get(&visit.now()?, id)?.kind == "email")
}

fn page(visit: &Visit<'_>, id: ChannelId, wrong: Wrong) -> Result<Response> {
    if is_mailbox(visit, id)? {
        return mailboxes::page(visit, Some(id), wrong);
    }
    let now = visit.now()?;
    let channel = channels::get(&now, id)?;
    if channel.kind == lines::KIND {
        drop(now);
        return phones::page(visit, id, wrong);
    }
    let mut values = values(&channel);
    if !wrong.is_empty() {
        values.extend(typed(visit, &FIELDS));
        values.insert("name".to_owned(), channel.name.clone());
    }
    let known = channels::templates(&now, id)?;
    let object = Object::Channel(id);
    let synced = audit::newest_about(&now, object, &["channel.template_synced"], 1)?.pop();
    let page = ChannelPage {
        webhook_url: webhook_url(visit, &channel.name),
        // Entered at WhatsApp once; from the first webhook on nobody needs to see it.
        verify_token: match channel.heard_at {
            None => Some(channels::secret(&now, id)?.verify_token),
            Some(_) => None,
        },
        values,
        groups: group_names(&now)?,
        test: last_test(&now, object)?,
        templates: known.iter().map(template).collect(),
        synced_at: synced.map(|event| event.entry.at),
        payloads: channels::unreadable(&now, id, PAYLOADS)?
            .into_iter()
            .map(|payload| payload_row(&now, payload))
            .collect::<Result<_>>()?,
        wrong,
        history: history(visit, &now, object)?,
        channel: row(&now, &channel)?,
    };
    visit.page(&now, "settings/channel.html", &page)
}

/// `POST /settings/channels/H-1`: other ids, other tokens; a secret left empty stays.
pub fn change(visit: &Visit<'_>, id: ChannelId) -> Result<Response> {
    match channels::get(&visit.now()?, id)?.kind.as_str() {
        "email" => return mailboxes::change(visit, id),
        lines::KIND => return phones::change(visit, id),
        _ => {} // a number
    }
    let granted = wanted(visit).and_then(|wanted| {
        let name = channels::get(&visit.now()?, id)?.name;
        if !wanted.name.is_empty() && wanted.name != name {
            let text = format!("{name} stands in the address WhatsApp sends to, and stays");
            return Err(Refusal::conflict(text).at("name").into());
        }
        visit.record(move |now| channels::change(now, id, wanted))
    });
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

/// `POST /settings/channels/H-1/state`: switched on or off.
pub fn switch(visit: &Visit<'_>, id: ChannelId) -> Result<Response> {
    let path = format!("/settings/channels/{id}");
    let (granted, said) = match visit.field("state") {
        "active" => (
            visit.record(move |now| channels::enable(now, id)),
            "Switched on",
        ),
        "disabled" => {
            let given = visit.field("reason").trim();
            let reason = if given.is_empty() {
                "switched off on its settings page"
            } else {
                given
            };
            let reason = reason.to_owned();
            (
                visit.record(move |now| channels::disable(now, id, &reason)),
                "Switched off: nothing is sent, what comes in is still kept",
            )
        }
        other => {
            let text = format!("a channel is active or disabled, not {other}");
            return Err(Refusal::invalid(text).into());
        }
    };
    answered(
        granted,
        |_| visit.went_well(&path, said),
        |wrong| page(visit, id, wrong),
    )
}

/// `POST /settings/channels/H-1/test`: asks WhatsApp for the number; what it says is recorded.
pub fn test(visit: &Visit<'_>, id: ChannelId) -> Result<Response> {
    only_whatsapp(&channels::get(&visit.now()?, id)?)?;
    let tried = visit.app.jobs.providers().test(&visit.who, id);
    answered(
        tried,
        |_| Response::redirect_303(&format!("/settings/channels/{id}")),
        |wrong| page(visit, id, wrong),
    )
}

/// `POST /settings/channels/H-1/templates`: asks WhatsApp for the templates.
pub fn sync(visit: &Visit<'_>, id: ChannelId) -> Result<Response> {
    only_whatsapp(&channels::get(&visit.now()?, id)?)?;
    let synced = visit.app.jobs.providers().sync_templates(&visit.who, id);
    answered(
        synced,
        |count| {
            let said = format!("Templates at WhatsApp: {count}");
            visit.went_well(&format!("/settings/channels/{id}"), &said)
        },
        |wrong| page(visit, id, wrong),
    )
}

/// `POST /settings/channels/H-1/rereading`: reads kept payloads again, after an upgrade.
pub fn read_again(visit: &Visit<'_>, id: ChannelId) -> Result<Response> {
    let waiting = channels::unreadable(&visit.now()?, id, PAYLOADS)?;
    let all = waiting.len();
    for payload in waiting {
        visit.app.jobs.read_again(payload.seq)?;
    }
    let left = channels::unreadable(&visit.now()?, id, PAYLOADS)?.len();
    let said = format!(
        "Payloads read again: {all}, of which {read} could be read",
        read = all.saturating_sub(left)
    );
    Ok(visit.went_well(&format!("/settings/channels/{id}#payloads"), &said))
}

/// A phone line has nobody to ask.
fn only_whatsapp(channel: &Channel) -> Result<()> {
    if channel.kind == lines::KIND {
        let text = format!(
            "{} is a phone line: it tells, and is not asked",
            channel.title
        );
        return Err(Refusal::conflict(text).into());
    }
    Ok(())
}

/// The group whose queue a channel is to fill, as chosen in its form.
pub fn chosen_group(visit: &Visit<'_>) -> Result<Option<GroupId>> {
    let parsed = match visit.field("group") {
        "" => return Ok(None),
        group => group.parse(),
    };
    Ok(Some(parsed.map_err(|error: String| {
        Refusal::invalid(error).at("group")
    })?))
}

fn wanted(visit: &Visit<'_>) -> Result<Wanted> {
    let field = |name: &str| visit.field(name).trim().to_owned();
    let group = chosen_group(visit)?;
    Ok(Wanted {
        name: field("name"),
        title: field("title"),
        config: Config {
            phone_number_id: field("phone_number_id"),
            waba_id: field("waba_id"),
            display_number: field("display_number"),
            base_url: field("base_url"),
            version: field("version"),
        },
        secret: Secret {
            token: field("token"),
            app_secret: field("app_secret"),
            verify_token: field("verify_token"),
        },
        group,
    })
}

/// A channel in one line.
pub(super) fn row(now: &Now<'_>, channel: &Channel) -> Result<ChannelRow> {
    Ok(ChannelRow {
        id: channel.id.to_string(),
        name: channel.title.clone(),
        kind: channel.kind.clone(),
        address: match channel.kind.as_str() {
            "email" => crate::desk::mailboxes::config(now, channel.id)?.address,
            _ => channel.config.display_number.clone(), // a number
        },
        state: channel.state.clone(),
        trouble: channel.trouble.clone(),
        last_at: channel.heard_at,
        unreadable: channels::unreadable(now, channel.id, PAYLOADS)?.len() as u64,
    })
}

fn values(channel: &Channel) -> std::collections::BTreeMap<String, String> {
    let group = channel.group.map(|group| group.to_string());
    let config = &channel.config;
    [
        ("name", &channel.name),
        ("title", &channel.title),
        ("phone_number_id", &config.phone_number_id),
        ("waba_id", &config.waba_id),
        ("display_number", &config.display_number),
        ("base_url", &config.base_url),
        ("version", &config.version),
        ("group", &group.unwrap_or_default()),
    ]
    .map(|(name, value)| (name.to_owned(), value.clone()))
    .into()
}

/// Where WhatsApp sends to.
fn webhook_url(visit: &Visit<'_>, name: &str) -> String {
    format!("{}/hooks/whatsapp/{name}", base_url(visit))
}

/// The address the desk was given, else the one it was called at.
pub(super) fn base_url(visit: &Visit<'_>) -> String {
    match &visit.app.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let scheme = if visit.request.secure {
                "https"
            } else {
                "http"
            };
            let host = visit.request.header("host").unwrap_or("localhost");
            format!("{scheme}://{host}")
        }
    }
}

pub(super) fn last_test(now: &Now<'_>, object: Object) -> Result<Option<(bool, String, Moment)>> {
    let newest = audit::newest_about(now, object, &["channel.tested"], 1)?.pop();
    Ok(newest.and_then(|found| match found.event {
        Event::Channel(ChannelEvent::Tested { works, text, .. }) => {
            Some((works, text, found.entry.at))
        }
        _ => None, // only this event was asked for
    }))
}

fn template(template: &channels::Template) -> TemplateRow {
    let body = template.body.get("body").and_then(|body| body.as_str());
    TemplateRow {
        name: template.name.clone(),
        language: template.language.clone(),
        category: template.category.to_lowercase(),
        state: template.status.clone(),
        text: body.unwrap_or_default().to_owned(),
    }
}

/// A payload nobody could read in one line.
pub(super) fn payload_row(now: &Now<'_>, payload: channels::Payload) -> Result<PayloadRow> {
    let size_bytes = match audit::get(now, payload.seq)?.event {
        Event::Channel(ChannelEvent::PayloadReceived { size_bytes, .. }) => size_bytes,
        _ => 0, // a payload's event is always this one
    };
    Ok(PayloadRow {
        seq: payload.seq.0,
        at: payload.at,
        reason: payload.trouble.unwrap_or_default(),
        href: format!("/payloads/{}", payload.seq),
        size_bytes,
    })
}

/// What changed about a channel, the newest first.
pub(super) fn history(
    visit: &Visit<'_>,
    now: &Now<'_>,
    object: Object,
) -> Result<Vec<(u64, String, Moment)>> {
    let names = Names::of_desk(now)?;
    let events = audit::newest_about(now, object, &HISTORY, CHANGES)?;
    let told = events.iter().map(|event| {
        let sentence = sentences::told(visit.language(), event, &|object| names.get(object));
        (event.seq.0, sentence, event.entry.at)
    });
    Ok(told.collect())
}
