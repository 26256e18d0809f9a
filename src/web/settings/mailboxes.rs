//! Mailboxes and signatures: connected, changed, and what stands under letters.

use super::channels::{history, last_test, payload_row, row};
use super::{ChannelRow, PayloadRow, Wrong, answered, typed};
use crate::desk::mailboxes::{self, Wanted};
use crate::desk::{channels, groups};
use crate::domain::event::{ChannelEvent, Event};
use crate::domain::id::{ChannelId, Object};
use crate::domain::mailbox::{MailConfig, MailSecret, Security};
use crate::domain::moment::Moment;
use crate::error::{Error, Refusal, Result};
use crate::jobs::email::token_key;
use crate::web::conversations::show::group_names;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// Payloads nobody could read that are shown.
const PAYLOADS: u32 = 100;
/// The fields of the form that may be shown again.
const FIELDS: [&str; 18] = [
    "name",
    "title",
    "address",
    "sender",
    "imap_host",
    "imap_port",
    "imap_security",
    "user",
    "folder",
    "processed",
    "read_old",
    "smtp_host",
    "smtp_port",
    "smtp_security",
    "smtp_user",
    "authority",
    "plus_address",
    "acknowledgement",
];

/// `settings/mailbox.html`: a mailbox, or a new one.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxPage {
    /// The channel in one line; none for a new one.
    pub channel: Option<ChannelRow>,
    /// The fields.
    pub values: BTreeMap<String, String>,
    /// Groups to choose from.
    pub groups: Vec<(String, String)>,
    /// What is wrong, by field.
    pub wrong: Wrong,
    /// The last try of the connection: whether it works, the sentence, when.
    pub test: Option<(bool, String, Moment)>,
    /// Why the mailbox cannot be reached now.
    pub lost: Option<String>,
    /// Letters nobody could read.
    pub payloads: Vec<PayloadRow>,
    /// What was changed: event, sentence, when.
    pub history: Vec<(u64, String, Moment)>,
}

/// `settings/signatures.html`
#[derive(Debug, Clone, Serialize)]
pub struct SignaturesPage {
    /// Whose, its name, the words, whether the reader may set it.
    pub signatures: Vec<(String, String, String, bool)>,
    /// What is wrong, by object.
    pub wrong: Wrong,
}

/// `GET /settings/mailboxes`: connecting one.
pub fn fresh(visit: &Visit<'_>) -> Result<Response> {
    page(visit, None, Wrong::new())
}

/// `POST /settings/mailboxes`
pub fn add(visit: &Visit<'_>) -> Result<Response> {
    let granted = wanted(visit).and_then(|mut wanted| {
        wanted.secret.token_key = token_key()?;
        let receipt = visit.record(move |now| mailboxes::add(now, wanted))?;
        let found = receipt.facts.iter().find_map(|(_, event)| match event {
            Event::Channel(ChannelEvent::Added { channel, .. }) => Some(*channel),
            _ => None, // the wish records nothing else
        });
        found.ok_or_else(|| Error::fault("a mailbox that was just added is missing"))
    });
    answered(
        granted,
        |channel| {
            let path = format!("/settings/channels/{channel}");
            visit.went_well(&path, "Connected. Now test it.")
        },
        |wrong| page(visit, None, wrong),
    )
}

/// `GET /settings/channels/H-1` of a mailbox.
pub fn show(visit: &Visit<'_>, id: ChannelId) -> Result<Response> {
    page(visit, Some(id), Wrong::new())
}

/// The page of a mailbox with what is wrong.
pub fn page(visit: &Visit<'_>, id: Option<ChannelId>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let mut page = MailboxPage {
        channel: None,
        values: BTreeMap::new(),
        groups: group_names(&now)?,
        test: None,
        lost: None,
        payloads: Vec::new(),
        history: Vec::new(),
        wrong,
    };
    if let Some(id) = id {
        let channel = channels::get(&now, id)?;
        let config = mailboxes::config(&now, id)?;
        let object = Object::Channel(id);
        page.values = values(&config);
        page.values.insert("name".into(), channel.name.clone());
        page.values.insert("title".into(), channel.title.clone());
        let group = channel.group.map(|group| group.to_string());
        page.values
            .insert("group".into(), group.unwrap_or_default());
        page.test = last_test(&now, object)?;
        page.lost = mailboxes::trouble_of(&now, id)?;
        page.payloads = channels::unreadable(&now, id, PAYLOADS)?
            .into_iter()
            .map(|payload| payload_row(&now, payload))
            .collect::<Result<_>>()?;
        page.history = history(visit, &now, object)?;
        page.channel = Some(ChannelRow {
            address: config.address,
            ..row(&now, &channel)?
        });
    }
    if !page.wrong.is_empty() {
        page.values.extend(typed(visit, &FIELDS));
    }
    visit.page(&now, "settings/mailbox.html", &page)
}

/// `POST /settings/channels/H-1` of a mailbox; a password left empty stays.
pub fn change(visit: &Visit<'_>, id: ChannelId) -> Result<Response> {
    let granted = wanted(visit)
        .and_then(|wanted| visit.record(move |now| mailboxes::change(now, id, wanted)));
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
        |wrong| page(visit, Some(id), wrong),
    )
}

/// `GET /settings/signatures`
pub fn signatures(visit: &Visit<'_>) -> Result<Response> {
    all_signatures(visit, Wrong::new(), None)
}

/// All signatures; of the one that was refused what was typed.
fn all_signatures(visit: &Visit<'_>, wrong: Wrong, refused: Option<Object>) -> Result<Response> {
    let now = visit.now()?;
    let may = visit.may(crate::domain::member::Right::Settings);
    let me = Object::Member(visit.member.id);
    let own = mailboxes::signature_of(&now, me)?.unwrap_or_default();
    let mut signatures = vec![(me.to_string(), visit.member.name.clone(), own, true)];
    for group in groups::list(&now)? {
        let object = Object::Group(group.id);
        let text = mailboxes::signature_of(&now, object)?.unwrap_or_default();
        signatures.push((object.to_string(), group.name, text, may));
    }
    for (object, _, text, _) in &mut signatures {
        if refused.is_some_and(|refused| refused.to_string() == *object) {
            visit.field("text").clone_into(text);
        }
    }
    let page = SignaturesPage { signatures, wrong };
    visit.page(&now, "settings/signatures.html", &page)
}

/// `POST /settings/signatures/mine`, `POST /settings/signatures/G-2`
pub fn sign(visit: &Visit<'_>, object: Object) -> Result<Response> {
    let text = visit.field("text").to_owned();
    let granted = visit.record(move |now| mailboxes::sign(now, object, &text));
    answered(
        granted,
        |_| visit.went_well("/settings/signatures", "Saved"),
        |wrong| {
            let said = wrong.into_values().next().unwrap_or_default();
            all_signatures(
                visit,
                Wrong::from([(object.to_string(), said)]),
                Some(object),
            )
        },
    )
}

fn wanted(visit: &Visit<'_>) -> Result<Wanted> {
    let field = |name: &str| visit.field(name).trim().to_owned();
    let port = |name: &'static str| match visit.field(name).trim() {
        "" => Ok(0),
        text => text
            .parse()
            .map_err(|_| Refusal::invalid(format!("{text} is not the number of a port")).at(name)),
    };
    let security = |name: &'static str| {
        let parsed = visit.field(name).parse::<Security>();
        parsed.map_err(|text| Refusal::invalid(text).at(name))
    };
    let group = super::channels::chosen_group(visit)?;
    Ok(Wanted {
        name: field("name"),
        title: field("title"),
        config: MailConfig {
            address: field("address"),
            sender: field("sender"),
            imap_host: field("imap_host"),
            imap_port: port("imap_port")?,
            imap_security: security("imap_security")?,
            user: field("user"),
            folder: field("folder"),
            processed: field("processed"),
            read_old: !visit.field("read_old").is_empty(),
            smtp_host: field("smtp_host"),
            smtp_port: port("smtp_port")?,
            smtp_security: security("smtp_security")?,
            smtp_user: field("smtp_user"),
            authority: field("authority"),
            plus_address: !visit.field("plus_address").is_empty(),
            acknowledgement: field("acknowledgement"),
        },
        secret: MailSecret {
            password: visit.field("password").to_owned(),
            smtp_password: visit.field("smtp_password").to_owned(),
            token_key: String::new(),
        },
        group,
    })
}

fn values(config: &MailConfig) -> BTreeMap<String, String> {
    let on = |on: bool| if on { "yes" } else { "" }.to_owned();
    [
        ("address", config.address.clone()),
        ("sender", config.sender.clone()),
        ("imap_host", config.imap_host.clone()),
        ("imap_port", config.imap_port.to_string()),
        ("imap_security", config.imap_security.as_str().to_owned()),
        ("user", config.user.clone()),
        ("folder", config.folder.clone()),
        ("processed", config.processed.clone()),
        ("read_old", on(config.read_old)),
        ("smtp_host", config.smtp_host.clone()),
        ("smtp_port", config.smtp_port.to_string()),
        ("smtp_security", config.smtp_security.as_str().to_owned()),
        ("smtp_user", config.smtp_user.clone()),
        ("authority", config.authority.clone()),
        ("plus_address", on(config.plus_address)),
        ("acknowledgement", config.acknowledgement.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
