//! Channels: connected mouths and ears, their templates, and the raw payloads they bring. What a
//! payload says is decided in `intake`.

pub mod changed;
pub mod number;

use crate::domain::actor::Actor;
use crate::domain::event::{
    Cause, Change, ChannelEvent, Fact, File, Origin, SealedDigest, SealedOrigin, SealedSecret,
};
use crate::domain::id::{ChannelId, GroupId, Seq};
use crate::domain::moment::{MINUTE_MS, Moment};
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Row, Writer};
use changed::Changed;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One signature refusal per channel, address and this time. **Unit:** milliseconds.
pub const REFUSALS_EVERY_MS: i64 = 10 * MINUTE_MS;

/// A channel as the desk knows it; nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Which.
    pub id: ChannelId,
    /// Its kind: `whatsapp`, `phone`.
    pub kind: String,
    /// Its name in the webhook's URL.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// `active`, `disabled`, `stopped`.
    pub state: String,
    /// Why it stopped.
    pub trouble: Option<String>,
    /// Ids and base URL.
    pub config: Config,
    /// The group whose queue it fills.
    pub group: Option<GroupId>,
    /// When a good webhook came last.
    pub heard_at: Option<Moment>,
}

/// What a WhatsApp channel is connected to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The provider's id of the number.
    pub phone_number_id: String,
    /// The provider's id of the business account.
    pub waba_id: String,
    /// The number as people dial it.
    pub display_number: String,
    /// Where the API is.
    pub base_url: String,
    /// Which version of it, such as `v23.0`.
    pub version: String,
}

/// What a channel must keep to itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Secret {
    /// Bearer token of the API.
    pub token: String,
    /// Key of the webhook's signatures.
    pub app_secret: String,
    /// What the provider says back when the webhook is set up.
    pub verify_token: String,
}

/// A channel as it is to be added or changed; an empty secret keeps the one there is.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its name in the webhook's URL.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Ids and base URL.
    pub config: Config,
    /// Tokens.
    pub secret: Secret,
    /// The group whose queue it fills.
    pub group: Option<GroupId>,
}

/// A message template as the provider keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The provider's status; only APPROVED ones can be sent.
    pub status: String,
    /// The provider's category.
    pub category: String,
    /// The whole as the provider tells it.
    pub body: Value,
}

/// A raw payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Which.
    pub seq: Seq,
    /// The channel it came through.
    pub channel: ChannelId,
    /// `waiting`, `read`, `unreadable`.
    pub state: String,
    /// Why it could not be read.
    pub trouble: Option<String>,
    /// When it came.
    pub at: Moment,
}

// Decide

/// Connects a WhatsApp number.
///
/// **Refuses:** a name that is taken or not fit for a URL, missing ids or tokens, a base URL that
/// is neither https nor loopback, a number another channel in use has.
pub fn add(now: &Now<'_>, mut wanted: Wanted) -> Result<Vec<Fact>> {
    check(&mut wanted)?;
    if by_name(now, &wanted.name)?.is_some() {
        let text = format!("there is a channel {} already", wanted.name);
        return Err(Refusal::conflict(text).at("name").into());
    }
    for (field, value) in [
        ("token", &wanted.secret.token),
        ("app_secret", &wanted.secret.app_secret),
        ("verify_token", &wanted.secret.verify_token),
    ] {
        if value.is_empty() {
            return Err(Refusal::invalid(format!("{field} is missing"))
                .at(field)
                .into());
        }
    }
    number::demand_free(now, &wanted.config.phone_number_id, None)?;
    let channel = now.value("SELECT coalesce(max(id) + 1, 1) FROM channel", &[])?;
    let Wanted {
        name,
        title,
        config,
        secret,
        group,
    } = wanted;
    let config = object(&config)?;
    let sealed = SealedSecret {
        secret: Some(serde_json::to_value(secret)?),
    };
    let kind = "whatsapp".to_owned();
    Ok(vec![
        ChannelEvent::Added {
            channel,
            kind,
            name,
            title,
            config,
            group,
            sealed,
        }
        .into(),
    ])
}

/// Changes a channel's settings; a secret left empty stays as it is.
///
/// **Refuses:** what [`add`] refuses, the name apart.
pub fn change(now: &Now<'_>, channel: ChannelId, mut wanted: Wanted) -> Result<Vec<Fact>> {
    let present = get(now, channel)?;
    wanted.name.clone_from(&present.name); // the name is part of the webhook's URL and stays
    check(&mut wanted)?;
    let number = &wanted.config.phone_number_id;
    if *number != present.config.phone_number_id && present.state != "disabled" {
        number::demand_free(now, number, Some(channel))?;
    }
    let mut changed = Changed::of(&present, wanted.title, wanted.group);
    changed.settings(&object(&present.config)?, object(&wanted.config)?);
    let (mut kept, given) = (secret(now, channel)?, wanted.secret);
    changed.secret("token", &mut kept.token, given.token);
    changed.secret("app_secret", &mut kept.app_secret, given.app_secret);
    changed.secret("verify_token", &mut kept.verify_token, given.verify_token);
    changed.facts(&present, &kept)
}

/// Switches a channel off.
pub fn disable(now: &Now<'_>, channel: ChannelId, reason: &str) -> Result<Vec<Fact>> {
    let present = get(now, channel)?;
    if present.state == "disabled" {
        let text = format!("channel {} is disabled already", present.name);
        return Err(Refusal::conflict(text).into());
    }
    let reason = super::members::valid_reason(reason)?;
    Ok(vec![ChannelEvent::Disabled { channel, reason }.into()])
}

/// Switches a channel on again, after a person or the provider stopped it.
///
/// **Refuses:** one whose number another channel in use has by now.
pub fn enable(now: &Now<'_>, channel: ChannelId) -> Result<Vec<Fact>> {
    let present = get(now, channel)?;
    if present.state == "active" {
        return Ok(Vec::new());
    }
    if present.kind == "whatsapp" {
        number::demand_free(now, &present.config.phone_number_id, Some(channel))?;
    }
    Ok(vec![ChannelEvent::Enabled { channel }.into()])
}

/// Records that the provider refuses us.
pub fn stop(now: &Now<'_>, channel: ChannelId, code: Option<i64>, text: &str) -> Result<Vec<Fact>> {
    if get(now, channel)?.state != "active" {
        return Ok(Vec::new());
    }
    Ok(vec![
        ChannelEvent::Stopped {
            channel,
            code,
            text: text.to_owned(),
        }
        .into(),
    ])
}

/// Records what a try of the connection told.
pub fn record_test(channel: ChannelId, works: bool, text: &str) -> Vec<Fact> {
    vec![
        ChannelEvent::Tested {
            channel,
            works,
            text: text.to_owned(),
        }
        .into(),
    ]
}

/// Keeps a payload as it came; the same bytes again change nothing.
pub fn keep_payload(
    now: &Now<'_>,
    channel: ChannelId,
    digest: String,
    bytes: Vec<u8>,
) -> Result<Vec<Fact>> {
    let known: bool = now.value(
        "SELECT EXISTS (SELECT 1 FROM payload WHERE channel = :channel AND digest = :digest)",
        &[(":channel", &channel), (":digest", &digest)],
    )?;
    if known {
        return Ok(Vec::new());
    }
    let size_bytes = bytes.len() as u64;
    let sealed = SealedDigest {
        digest: Some(digest),
    };
    let fact: Fact = ChannelEvent::PayloadReceived {
        channel,
        size_bytes,
        sealed,
    }
    .into();
    let file = File {
        field: "raw",
        media_type: "application/json".to_owned(),
        bytes,
    };
    Ok(vec![
        fact.by(Actor::Provider { id: channel }).with_file(file),
    ])
}

/// Records a payload whose signature was missing or wrong, unless one was recorded lately.
pub fn refuse_signature(now: &Now<'_>, channel: ChannelId, origin: Origin) -> Result<Vec<Fact>> {
    if refused_lately(now, channel, &origin.address)? {
        return Ok(Vec::new());
    }
    let sealed = SealedOrigin {
        origin: Some(origin),
        email: None,
    };
    Ok(vec![
        ChannelEvent::SignatureRefused { channel, sealed }.into(),
    ])
}

/// Records which templates the provider has; those unchanged give no fact.
pub fn sync_templates(now: &Now<'_>, channel: ChannelId, told: Vec<Template>) -> Result<Vec<Fact>> {
    let known = templates(now, channel)?;
    let mut facts: Vec<Fact> = Vec::new();
    for gone in known.iter().filter(|known| {
        !told
            .iter()
            .any(|told| told.name == known.name && told.language == known.language)
    }) {
        let (name, language) = (gone.name.clone(), gone.language.clone());
        facts.push(
            ChannelEvent::TemplateRemoved {
                channel,
                name,
                language,
            }
            .into(),
        );
    }
    for template in told {
        if !known.contains(&template) {
            facts.push(synced(channel, template).into());
        }
    }
    Ok(facts)
}

fn synced(channel: ChannelId, told: Template) -> ChannelEvent {
    let Template {
        name,
        language,
        status,
        category,
        body: template,
    } = told;
    ChannelEvent::TemplateSynced {
        channel,
        name,
        language,
        status,
        category,
        template,
    }
}

/// Records that the provider gave a template another status.
pub fn template_status(
    now: &Now<'_>,
    channel: ChannelId,
    name: &str,
    language: &str,
    status: &str,
) -> Result<Option<Fact>> {
    let known = templates(now, channel)?.into_iter().find(|template| {
        template.name == name && template.language == language && template.status != status
    });
    Ok(known.map(|mut template| {
        template.status = status.to_owned();
        if let Value::Object(body) = &mut template.body {
            body.insert("status".to_owned(), Value::from(status));
        }
        synced(channel, template).into()
    }))
}

/// Records that a payload was read.
pub fn payload_read(now: &Now<'_>, payload: Seq, updates: u64) -> Result<Vec<Fact>> {
    let found = self::payload(now, payload)?;
    if found.state == "read" {
        return Ok(Vec::new());
    }
    let channel = found.channel;
    let fact: Fact = ChannelEvent::PayloadRead {
        channel,
        payload,
        updates,
    }
    .into();
    Ok(vec![fact.because(Cause::Event(payload))])
}

/// Records that a payload, or a part of it, could not be read.
pub fn payload_unreadable(channel: ChannelId, payload: Seq, why: &str) -> Fact {
    let why = why.chars().take(500).collect();
    let fact: Fact = ChannelEvent::PayloadUnreadable {
        channel,
        payload,
        why,
    }
    .into();
    fact.because(Cause::Event(payload))
}

/// A name that fits into a URL, and a title for people.
pub(super) fn valid_name(name: &str, title: &str) -> Result<(String, String)> {
    let name = name.trim();
    let fit =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.is_empty() || name.len() > 40 || !name.chars().all(fit) {
        let text = "a channel's name has 1 to 40 lower-case letters, digits and hyphens";
        return Err(Refusal::invalid(text).at("name").into());
    }
    let title = match title.trim() {
        "" => name,
        title => title,
    };
    if title.chars().count() > 60 {
        return Err(Refusal::invalid("a title has at most 60 characters")
            .at("title")
            .into());
    }
    Ok((name.to_owned(), title.to_owned()))
}

fn check(wanted: &mut Wanted) -> Result<()> {
    (wanted.name, wanted.title) = valid_name(&wanted.name, &wanted.title)?;
    let config = &mut wanted.config;
    for (field, value) in [
        ("phone_number_id", &mut config.phone_number_id),
        ("waba_id", &mut config.waba_id),
    ] {
        *value = value.trim().to_owned();
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            let text = format!("{field} is the number shown in WhatsApp Manager, digits only");
            return Err(Refusal::invalid(text).at(field).into());
        }
    }
    let base = config.base_url.trim().trim_end_matches('/');
    config.base_url = if base.is_empty() {
        "https://graph.facebook.com"
    } else {
        base
    }
    .to_owned();
    let loopback = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let safe = config.base_url.starts_with("https://")
        || loopback
            .iter()
            .any(|start| config.base_url.starts_with(start));
    if !safe {
        let text = format!("{} is not an https address", config.base_url);
        return Err(Refusal::invalid(text).at("base_url").into());
    }
    let version = config.version.trim();
    config.version = if version.is_empty() { "v23.0" } else { version }.to_owned();
    if !config.version.starts_with('v') {
        let text = format!("{} is not a version such as v23.0", config.version);
        return Err(Refusal::invalid(text).at("version").into());
    }
    Ok(())
}

fn object(config: &Config) -> Result<Map<String, Value>> {
    match serde_json::to_value(config)? {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

// Apply

/// Applies a fact about a channel.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &ChannelEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        ChannelEvent::Added {
            channel,
            kind,
            name,
            title,
            config,
            group,
            sealed,
        } => {
            let config = Value::Object(config.clone()).to_string();
            write.run(
                "INSERT INTO channel (id, kind, name, title, state, config, secret, \"group\", seq)
                 VALUES (:id, :kind, :name, :title, 'active', :config, :secret, :group, :seq)",
                &[
                    (":id", channel),
                    (":kind", kind),
                    (":name", name),
                    (":title", title),
                    (":config", &config),
                    (":secret", &sealed.secret.as_ref().map(Value::to_string)),
                    (":group", group),
                    (":seq", seq),
                ],
            )?;
        }
        ChannelEvent::Changed {
            channel,
            changes,
            sealed,
        } => {
            apply_changes(write, *channel, changes)?;
            super::mailboxes::apply_changes(write, recorded, *channel, changes)?;
            write.run(
                "UPDATE channel SET secret = coalesce(:secret, secret), seq = :seq WHERE id = :id",
                &[
                    (":secret", &sealed.secret.as_ref().map(Value::to_string)),
                    (":seq", seq),
                    (":id", channel),
                ],
            )?;
        }
        ChannelEvent::Disabled { channel, reason } => {
            set_state(write, recorded, *channel, "disabled", Some(reason))?;
        }
        ChannelEvent::Enabled { channel } => {
            set_state(write, recorded, *channel, "active", None)?;
        }
        ChannelEvent::Stopped { channel, text, .. } => {
            set_state(write, recorded, *channel, "stopped", Some(text))?;
        }
        ChannelEvent::Tested { .. } | ChannelEvent::NoticeReceived { .. } => {}
        ChannelEvent::SignatureRefused { channel, sealed } => {
            let address = sealed.origin.as_ref().map_or("", |origin| &origin.address);
            write.run(
                "INSERT INTO signature_refusal (channel, address, at, seq)
                 VALUES (:channel, :address, :at, :seq)
                 ON CONFLICT (channel, address) DO UPDATE SET at = excluded.at, seq = excluded.seq",
                &[
                    (":channel", channel),
                    (":address", &address),
                    (":at", &recorded.at),
                    (":seq", seq),
                ],
            )?;
        }
        ChannelEvent::PayloadReceived {
            channel, sealed, ..
        } => {
            write.run(
                "INSERT INTO payload (seq, channel, digest, state)
                 VALUES (:seq, :channel, :digest, 'waiting')",
                &[
                    (":seq", seq),
                    (":channel", channel),
                    (":digest", &sealed.digest),
                ],
            )?;
            write.run(
                "UPDATE channel SET heard_at = :at WHERE id = :id",
                &[(":at", &recorded.at), (":id", channel)],
            )?;
        }
        ChannelEvent::PayloadRead { payload, .. } => {
            write.run(
                "UPDATE payload SET state = 'read', trouble = NULL WHERE seq = :payload",
                &[(":payload", payload)],
            )?;
        }
        ChannelEvent::PayloadUnreadable { payload, why, .. } => {
            write.run(
                "UPDATE payload SET state = 'unreadable', trouble = :why WHERE seq = :payload",
                &[(":payload", payload), (":why", why)],
            )?;
        }
        ChannelEvent::TemplateSynced {
            channel,
            name,
            language,
            status,
            category,
            template,
        } => {
            write.run(
                "INSERT INTO template (channel, name, language, status, category, body, seq)
                 VALUES (:channel, :name, :language, :status, :category, :body, :seq)
                 ON CONFLICT (channel, name, language) DO UPDATE SET status = excluded.status,
                     category = excluded.category, body = excluded.body, seq = excluded.seq",
                &[
                    (":channel", channel),
                    (":name", name),
                    (":language", language),
                    (":status", status),
                    (":category", category),
                    (":body", &template.to_string()),
                    (":seq", seq),
                ],
            )?;
        }
        ChannelEvent::TemplateRemoved {
            channel,
            name,
            language,
        } => {
            write.run(
                "DELETE FROM template
                  WHERE channel = :channel AND name = :name AND language = :language",
                &[
                    (":channel", channel),
                    (":name", name),
                    (":language", language),
                ],
            )?;
        }
    }
    Ok(())
}

fn apply_changes(
    write: &Writer<'_>,
    channel: ChannelId,
    changes: &BTreeMap<String, Change>,
) -> Result<()> {
    let sql = "SELECT config FROM channel WHERE id = :id";
    let known: Option<String> = write.find(sql, &[(":id", &channel)], |row| row.get("config"))?;
    let mut config: Map<String, Value> = serde_json::from_str(known.as_deref().unwrap_or("{}"))?;
    for (key, change) in changes {
        match (key.as_str(), &change.to) {
            ("title", Value::String(title)) => {
                write.run(
                    "UPDATE channel SET title = :title WHERE id = :id",
                    &[(":title", title), (":id", &channel)],
                )?;
            }
            ("group", to) => {
                let group: Option<GroupId> = serde_json::from_value(to.clone())?;
                write.run(
                    "UPDATE channel SET \"group\" = :group WHERE id = :id",
                    &[(":group", &group), (":id", &channel)],
                )?;
            }
            ("token" | "app_secret" | "verify_token", _) => {}
            (key, to) => drop(config.insert(key.to_owned(), to.clone())),
        }
    }
    write.run(
        "UPDATE channel SET config = :config WHERE id = :id",
        &[
            (":config", &Value::Object(config).to_string()),
            (":id", &channel),
        ],
    )?;
    Ok(())
}

fn set_state(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    channel: ChannelId,
    state: &str,
    trouble: Option<&String>,
) -> Result<()> {
    write.run(
        "UPDATE channel SET state = :state, trouble = :trouble, seq = :seq WHERE id = :id",
        &[
            (":state", &state),
            (":trouble", &trouble),
            (":seq", &recorded.seq),
            (":id", &channel),
        ],
    )?;
    Ok(())
}

// Ask

const COLUMNS: &str = "SELECT id, kind, name, title, state, trouble, config, \"group\", heard_at
    FROM channel";

fn read(row: &Row<'_>) -> Result<Channel> {
    Ok(Channel {
        id: row.get("id")?,
        kind: row.get("kind")?,
        name: row.get("name")?,
        title: row.get("title")?,
        state: row.get("state")?,
        trouble: row.get("trouble")?,
        config: row.json("config")?,
        group: row.get("group")?,
        heard_at: row.get("heard_at")?,
    })
}

/// A channel.
///
/// **Refuses:** an unknown one.
pub fn get(now: &Now<'_>, channel: ChannelId) -> Result<Channel> {
    let missing = || Refusal::not_found(format!("there is no channel {channel}"));
    now.one(
        &format!("{COLUMNS} WHERE id = :id"),
        &[(":id", &channel)],
        missing,
        read,
    )
}

/// The channel of a name.
pub fn by_name(now: &Now<'_>, name: &str) -> Result<Option<Channel>> {
    now.maybe(
        &format!("{COLUMNS} WHERE name = :name"),
        &[(":name", &name)],
        read,
    )
}

/// All channels, by title.
pub fn list(now: &Now<'_>) -> Result<Vec<Channel>> {
    now.all(
        &format!("{COLUMNS} ORDER BY title, id LIMIT 200"),
        &[],
        read,
    )
}

/// What a channel must keep to itself; empty once erased.
pub fn secret(now: &Now<'_>, channel: ChannelId) -> Result<Secret> {
    let sql = "SELECT secret FROM channel WHERE id = :id";
    let found = now.maybe(sql, &[(":id", &channel)], |row| row.json_if_any("secret"))?;
    Ok(found.flatten().unwrap_or_default())
}

/// The templates of a channel, by name and language.
pub fn templates(now: &Now<'_>, channel: ChannelId) -> Result<Vec<Template>> {
    now.all(
        "SELECT name, language, status, category, body FROM template
          WHERE channel = :channel ORDER BY name, language LIMIT 2000",
        &[(":channel", &channel)],
        |row| {
            Ok(Template {
                name: row.get("name")?,
                language: row.get("language")?,
                status: row.get("status")?,
                category: row.get("category")?,
                body: row.json("body")?,
            })
        },
    )
}

/// Whether a refused signature of this address was recorded lately.
pub fn refused_lately(now: &Now<'_>, channel: ChannelId, address: &str) -> Result<bool> {
    let since = now.at().plus_ms(-REFUSALS_EVERY_MS);
    now.value(
        "SELECT EXISTS (SELECT 1 FROM signature_refusal
          WHERE channel = :channel AND address = :address AND at > :since)",
        &[
            (":channel", &channel),
            (":address", &address),
            (":since", &since),
        ],
    )
}

const PAYLOADS: &str = "SELECT payload.seq, channel, state, trouble, at FROM payload
    JOIN trail ON trail.seq = payload.seq";

fn read_payload(row: &Row<'_>) -> Result<Payload> {
    Ok(Payload {
        seq: row.get("seq")?,
        channel: row.get("channel")?,
        state: row.get("state")?,
        trouble: row.get("trouble")?,
        at: row.get("at")?,
    })
}

/// A payload.
///
/// **Refuses:** an unknown one.
pub fn payload(now: &Now<'_>, payload: Seq) -> Result<Payload> {
    let missing = || Refusal::not_found(format!("event {payload} is not a payload"));
    let sql = format!("{PAYLOADS} WHERE payload.seq = :seq");
    now.one(&sql, &[(":seq", &payload)], missing, read_payload)
}

/// Payloads in a state other than `read`, the oldest first.
pub fn payloads(now: &Now<'_>, state: &str, limit: u32) -> Result<Vec<Payload>> {
    let sql = format!(
        "{PAYLOADS} WHERE state = :state AND state <> 'read' ORDER BY payload.seq LIMIT :limit"
    );
    now.all(
        &sql,
        &[(":state", &state), (":limit", &limit)],
        read_payload,
    )
}

/// Payloads of a channel that nobody could read, the newest first.
pub fn unreadable(now: &Now<'_>, channel: ChannelId, limit: u32) -> Result<Vec<Payload>> {
    now.all(
        &format!(
            "{PAYLOADS} WHERE state = 'unreadable' AND channel = :channel
              ORDER BY payload.seq DESC LIMIT :limit"
        ),
        &[(":channel", &channel), (":limit", &limit)],
        read_payload,
    )
}

/// The bytes kept with an event under a name.
pub fn bytes(now: &Now<'_>, seq: Seq, field: &str) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT bytes FROM file WHERE seq = :seq AND field = :field";
    now.maybe(sql, &[(":seq", &seq), (":field", &field)], |row| {
        row.get("bytes")
    })
}
