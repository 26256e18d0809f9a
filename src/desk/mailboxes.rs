//! Mailboxes: e-mail channels, how far each was read, and the signatures under letters. What a
//! letter makes happen is decided in `letters`.

mod check;

use super::channels::{self, changed::Changed};
use super::groups;
use super::members::{self, demand};
use crate::domain::actor::Actor;
use crate::domain::event::email::{EmailEvent, SealedSignature};
use crate::domain::event::{Cause, Change, ChannelEvent, Fact, File, SealedDigest, SealedSecret};
use crate::domain::id::{ChannelId, ConversationId, GroupId, Object};
use crate::domain::mailbox::{MailConfig, MailSecret};
use crate::domain::member::Right;
use crate::domain::moment::Moment;
use crate::error::{Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};
use check::check;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The longest signature. **Unit:** characters.
pub const SIGNATURE_MAX: usize = 1_000;

/// An e-mail channel as it is to be added or changed; an empty password keeps the one there is.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Its name for commands.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is connected to.
    pub config: MailConfig,
    /// Passwords; the key of its tokens, random, when it is added.
    pub secret: MailSecret,
    /// The group whose queue it fills.
    pub group: Option<GroupId>,
}

/// How far a mailbox was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The server's name for this life of the mailbox; 0 if it was never read.
    pub validity: u32,
    /// The letter after which the desk began.
    pub first: u32,
    /// The newest letter that was read.
    pub last: u32,
    /// Since when its letters are the desk's; none if it was never read.
    pub begun_at: Option<Moment>,
}

/// The settings that say which mailbox it is: with another one, its letters have other numbers.
const WHICH: [&str; 3] = ["imap_host", "user", "folder"];

// Decide

/// Connects a mailbox.
///
/// **Refuses:** a name that is taken, an address that is none, a server without a name, a line
/// without guard to another machine.
pub fn add(now: &Now<'_>, mut wanted: Wanted) -> Result<Vec<Fact>> {
    check(&mut wanted)?;
    if channels::by_name(now, &wanted.name)?.is_some() {
        let text = format!("there is a channel {} already", wanted.name);
        return Err(Refusal::conflict(text).at("name").into());
    }
    if of_address(now, &wanted.config.address)?.is_some() {
        let text = format!("{} is connected already", wanted.config.address);
        return Err(Refusal::conflict(text).at("address").into());
    }
    let channel = now.value("SELECT coalesce(max(id) + 1, 1) FROM channel", &[])?;
    let sealed = SealedSecret {
        secret: Some(serde_json::to_value(&wanted.secret)?),
    };
    Ok(vec![
        ChannelEvent::Added {
            channel,
            kind: "email".to_owned(),
            name: wanted.name,
            title: wanted.title,
            config: object(&wanted.config)?,
            group: wanted.group,
            sealed,
        }
        .into(),
    ])
}

/// Changes a mailbox's settings; a password left empty stays as it is.
pub fn change(now: &Now<'_>, channel: ChannelId, mut wanted: Wanted) -> Result<Vec<Fact>> {
    let present = channels::get(now, channel)?;
    wanted.name.clone_from(&present.name);
    check(&mut wanted)?;
    let mut changed = Changed::of(&present, wanted.title, wanted.group);
    changed.settings(&object(&config(now, channel)?)?, object(&wanted.config)?);
    let (mut kept, given) = (secret(now, channel)?, wanted.secret);
    changed.secret("password", &mut kept.password, given.password);
    changed.secret(
        "smtp_password",
        &mut kept.smtp_password,
        given.smtp_password,
    );
    changed.facts(&present, &kept)
}

/// Keeps a letter as it came; the same bytes again change nothing. `place` is where in the mailbox
/// it lay, if it was fetched.
pub fn keep(
    now: &Now<'_>,
    channel: ChannelId,
    digest: String,
    bytes: Vec<u8>,
    place: Option<(u32, u32)>,
) -> Result<Vec<Fact>> {
    let known: bool = now.value(
        "SELECT EXISTS (SELECT 1 FROM payload WHERE channel = :channel AND digest = :digest)",
        &[(":channel", &channel), (":digest", &digest)],
    )?;
    let mut facts: Vec<Fact> = Vec::new();
    if !known {
        let fact: Fact = ChannelEvent::PayloadReceived {
            channel,
            size_bytes: bytes.len() as u64,
            sealed: SealedDigest {
                digest: Some(digest),
            },
        }
        .into();
        let file = File {
            field: "raw",
            media_type: "message/rfc822".to_owned(),
            bytes,
        };
        facts.push(fact.by(Actor::Provider { id: channel }).with_file(file));
    }
    if let Some((validity, uid)) = place {
        let fetched = EmailEvent::Fetched {
            channel,
            validity,
            uid,
            first: false,
        };
        let mut fetched: Fact = fetched.into();
        fetched.cause = (!known).then_some(Cause::Earlier(0));
        facts.push(fetched);
    }
    Ok(facts)
}

/// Records where in a mailbox the desk begins.
pub fn begin(channel: ChannelId, validity: u32, uid: u32) -> Vec<Fact> {
    let first = true;
    vec![
        EmailEvent::Fetched {
            channel,
            validity,
            uid,
            first,
        }
        .into(),
    ]
}

/// Records a letter that was passed over.
pub fn pass_over(channel: ChannelId, validity: u32, uid: u32, why: &str) -> Vec<Fact> {
    let why = why.chars().take(300).collect();
    vec![
        EmailEvent::FetchFailed {
            channel,
            validity,
            uid,
            why,
        }
        .into(),
    ]
}

/// Refuses what is about another mailbox than the channel is connected to by now.
pub fn demand_same(now: &Now<'_>, channel: ChannelId, with: &MailConfig) -> Result<()> {
    let present = config(now, channel)?;
    let which = |config: &MailConfig| {
        let MailConfig {
            imap_host,
            user,
            folder,
            ..
        } = config.clone();
        (imap_host, user, folder)
    };
    if which(&present) != which(with) {
        return Err(Refusal::conflict("the mailbox was exchanged for another meanwhile").into());
    }
    Ok(())
}

/// Records that a mailbox cannot be reached, or can again; a repeat tells nothing new.
pub fn reached(now: &Now<'_>, channel: ChannelId, trouble: Option<&str>) -> Result<Vec<Fact>> {
    let present = trouble_of(now, channel)?;
    Ok(match (present, trouble) {
        (None, Some(text)) => {
            let text = text.chars().take(300).collect();
            vec![EmailEvent::Lost { channel, text }.into()]
        }
        (Some(_), None) => vec![EmailEvent::Regained { channel }.into()],
        (Some(_), Some(_)) | (None, None) => Vec::new(),
    })
}

/// Sets what stands under letters of the one who wishes, or of a group.
///
/// **Refuses:** other members' signatures; a group's without the right to settings; too long ones.
pub fn sign(now: &Now<'_>, object: Object, text: &str) -> Result<Vec<Fact>> {
    match object {
        Object::Member(member) if now.who().member() == Some(member) => {}
        Object::Group(group) => {
            demand(now, Right::Settings)?;
            groups::name(now, group)?;
        }
        _ => {
            let text = format!("the signature of {object} is not yours to set");
            return Err(Refusal::forbidden(text).into());
        }
    }
    let text = text.replace("\r\n", "\n").trim().to_owned();
    if text.chars().count() > SIGNATURE_MAX {
        let text = format!("a signature has at most {SIGNATURE_MAX} characters");
        return Err(Refusal::invalid(text).at("text").into());
    }
    if signature_of(now, object)?.unwrap_or_default() == text {
        return Ok(Vec::new());
    }
    let sealed = SealedSignature {
        text: Some(text).filter(|text| !text.is_empty()),
    };
    Ok(vec![EmailEvent::SignatureSet { object, sealed }.into()])
}

fn object(config: &MailConfig) -> Result<Map<String, Value>> {
    match serde_json::to_value(config)? {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}

// Apply

/// Applies a fact about a mailbox or a signature.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &EmailEvent) -> Result<()> {
    let seq = &recorded.seq;
    match event {
        EmailEvent::Fetched {
            channel,
            validity,
            uid,
            first,
        } => {
            apply_fetched(write, recorded, *channel, (*validity, *uid), *first)?;
        }
        EmailEvent::FetchFailed {
            channel,
            validity,
            uid,
            ..
        } => {
            write.run(
                "UPDATE mailbox SET last = max(last, :uid), seq = :seq
                  WHERE channel = :channel AND validity = :validity",
                &[
                    (":uid", uid),
                    (":seq", seq),
                    (":channel", channel),
                    (":validity", validity),
                ],
            )?;
        }
        EmailEvent::Lost { channel, text } => apply_trouble(write, recorded, *channel, Some(text))?,
        EmailEvent::Regained { channel } => apply_trouble(write, recorded, *channel, None)?,
        EmailEvent::SignatureSet { object, sealed } => {
            write.run(
                "INSERT INTO signature (object, text, seq) VALUES (:object, :text, :seq)
                 ON CONFLICT (object) DO UPDATE SET text = excluded.text, seq = excluded.seq",
                &[(":object", object), (":text", &sealed.text), (":seq", seq)],
            )?;
        }
        EmailEvent::Appended { .. }
        | EmailEvent::AnswerWithheld { .. }
        | EmailEvent::ReceiverRefused { .. } => {
            return super::letters::apply(write, recorded, event);
        }
    }
    Ok(())
}

fn apply_fetched(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    channel: ChannelId,
    (validity, uid): (u32, u32),
    begins: bool,
) -> Result<()> {
    write.run(
        "DELETE FROM mailbox_letter WHERE channel = :channel AND (:begins OR NOT EXISTS (
             SELECT 1 FROM mailbox WHERE channel = :channel AND validity = :validity))",
        &[
            (":channel", &channel),
            (":begins", &begins),
            (":validity", &validity),
        ],
    )?;
    write.run(
        "INSERT INTO mailbox (channel, validity, first, last, begun_at, read_at, seq)
         VALUES (:channel, :validity, CASE WHEN :begins THEN :uid ELSE 0 END, :uid, :at, :at, :seq)
         ON CONFLICT (channel) DO UPDATE SET
             first = CASE WHEN validity = excluded.validity AND NOT :begins
                          THEN first ELSE excluded.first END,
             last = CASE WHEN validity = excluded.validity
                         THEN max(last, excluded.last) ELSE excluded.last END,
             begun_at = coalesce(begun_at, excluded.begun_at), read_at = excluded.read_at,
             validity = excluded.validity, seq = excluded.seq",
        &[
            (":channel", &channel),
            (":validity", &validity),
            (":begins", &begins),
            (":uid", &uid),
            (":at", &recorded.at),
            (":seq", &recorded.seq),
        ],
    )?;
    if !begins {
        write.run(
            "INSERT INTO mailbox_letter (channel, uid, seq) VALUES (:channel, :uid, :seq)
             ON CONFLICT (channel, uid) DO UPDATE SET seq = excluded.seq",
            &[
                (":channel", &channel),
                (":uid", &uid),
                (":seq", &recorded.seq),
            ],
        )?;
    }
    Ok(())
}

/// Applies that an e-mail channel was connected to another mailbox: nothing of it was read yet,
/// and what came to it since the old one was read last is the desk's.
pub fn apply_changes(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    channel: ChannelId,
    changes: &BTreeMap<String, Change>,
) -> Result<()> {
    if !WHICH.iter().any(|key| changes.contains_key(*key)) {
        return Ok(());
    }
    write.run(
        "UPDATE mailbox SET validity = 0, first = 0, last = 0,
             begun_at = coalesce(read_at, begun_at), seq = :seq WHERE channel = :channel",
        &[(":seq", &recorded.seq), (":channel", &channel)],
    )?;
    write.run(
        "DELETE FROM mailbox_letter WHERE channel = :channel",
        &[(":channel", &channel)],
    )?;
    Ok(())
}

fn apply_trouble(
    write: &Writer<'_>,
    recorded: &Recorded<'_>,
    channel: ChannelId,
    trouble: Option<&String>,
) -> Result<()> {
    write.run(
        "INSERT INTO mailbox (channel, validity, first, last, trouble, seq)
         VALUES (:channel, 0, 0, 0, :trouble, :seq)
         ON CONFLICT (channel) DO UPDATE SET trouble = excluded.trouble, seq = excluded.seq",
        &[
            (":channel", &channel),
            (":trouble", &trouble),
            (":seq", &recorded.seq),
        ],
    )?;
    Ok(())
}

// Ask

/// What an e-mail channel is connected to.
///
/// **Refuses:** an unknown channel, and one of another kind.
pub fn config(now: &Now<'_>, channel: ChannelId) -> Result<MailConfig> {
    let missing = || Refusal::not_found(format!("there is no mailbox {channel}"));
    let sql = "SELECT config FROM channel WHERE id = :id AND kind = 'email'";
    now.one(sql, &[(":id", &channel)], missing, |row| row.json("config"))
}

/// What an e-mail channel must keep to itself; empty once erased.
pub fn secret(now: &Now<'_>, channel: ChannelId) -> Result<MailSecret> {
    let sql = "SELECT secret FROM channel WHERE id = :id AND kind = 'email'";
    let found = now.maybe(sql, &[(":id", &channel)], |row| row.json_if_any("secret"))?;
    Ok(found.flatten().unwrap_or_default())
}

/// The channel whose mailbox an address is.
pub fn of_address(now: &Now<'_>, address: &str) -> Result<Option<ChannelId>> {
    now.maybe(
        "SELECT id FROM channel
          WHERE kind = 'email' AND json_extract(config, '$.address') = :address
          ORDER BY id LIMIT 1",
        &[(":address", &address)],
        |row| row.get("id"),
    )
}

/// How far a mailbox was read.
pub fn place(now: &Now<'_>, channel: ChannelId) -> Result<Place> {
    let found = now.maybe(
        "SELECT validity, first, last, begun_at FROM mailbox WHERE channel = :channel",
        &[(":channel", &channel)],
        |row| {
            Ok(Place {
                validity: row.get("validity")?,
                first: row.get("first")?,
                last: row.get("last")?,
                begun_at: row.get("begun_at")?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Which of some letters of a mailbox were fetched in this life of its folder.
pub fn fetched(now: &Now<'_>, channel: ChannelId, uids: &[u32]) -> Result<Vec<u32>> {
    let mut fetched = Vec::new();
    for uid in uids {
        let known: bool = now.value(
            "SELECT EXISTS (SELECT 1 FROM mailbox_letter
              WHERE channel = :channel AND uid = :uid)",
            &[(":channel", &channel), (":uid", uid)],
        )?;
        fetched.extend(known.then_some(*uid));
    }
    Ok(fetched)
}

/// Why a mailbox cannot be reached, if it cannot.
pub fn trouble_of(now: &Now<'_>, channel: ChannelId) -> Result<Option<String>> {
    let sql = "SELECT trouble FROM mailbox WHERE channel = :channel";
    let found = now.maybe(sql, &[(":channel", &channel)], |row| row.get("trouble"))?;
    Ok(found.flatten())
}

/// What was set to stand under letters of a member or a group.
pub fn signature_of(now: &Now<'_>, object: Object) -> Result<Option<String>> {
    let sql = "SELECT text FROM signature WHERE object = :object";
    let found = now.maybe(sql, &[(":object", &object)], |row| row.get("text"))?;
    Ok(found.flatten())
}

/// What stands under a letter of the one who looks in a conversation: the member's own words, then
/// the group's; without either the name and the desk's.
pub fn signature(now: &Now<'_>, conversation: ConversationId) -> Result<String> {
    let present = super::conversations::get(now, conversation)?;
    let mut parts: Vec<String> = Vec::new();
    if let Some(member) = now.who().member() {
        let own = signature_of(now, Object::Member(member))?;
        parts.push(match own {
            Some(text) => text,
            None => members::get(now, member)?.name,
        });
    }
    let group = present
        .group
        .map(|group| signature_of(now, Object::Group(group)));
    match group.transpose()?.flatten() {
        Some(text) => parts.push(text),
        None => parts.push(channels::get(now, present.channel)?.title),
    }
    Ok(parts.join("\n"))
}
