//! Sentences about the desk itself: its life, its people, its channels, its trail.

use super::{Voice, plain};
use crate::domain::event::{
    AuditEvent, Change, ChannelEvent, DeskEvent, GroupEvent, MemberEvent, Origin, SealedOrigin,
};
use crate::domain::id::Object;
use std::collections::BTreeMap;

pub(super) fn desk(voice: &Voice<'_>, event: &DeskEvent) -> String {
    match event {
        DeskEvent::Opened { name, software, .. } => voice.say(
            "The desk {name} was opened with {software}",
            &[("name", name), ("software", software)],
        ),
        DeskEvent::SchemaChanged { software, .. } => voice.say(
            "{software} brought a new shape of the database; the tables were rebuilt",
            &[("software", software)],
        ),
        DeskEvent::KeyRotated { .. } => voice.say("{who} exchanged the signing key", &[]),
        DeskEvent::Started { software } => voice.say(
            "The desk started with {software}",
            &[("software", software)],
        ),
        DeskEvent::Stopped { reason } => {
            voice.say("The desk stopped: {reason}", &[("reason", reason)])
        }
        DeskEvent::ClockStepped { back_ms } => voice.say(
            "The clock stepped back by {n} ms",
            &[("n", &back_ms.to_string())],
        ),
        DeskEvent::SettingChanged { key, from, to } => voice.say(
            "{who} changed the setting {key} from {from} to {to}",
            &[("key", key), ("from", &plain(from)), ("to", &plain(to))],
        ),
    }
}

pub(super) fn desk_tone(event: &DeskEvent) -> &'static str {
    match event {
        DeskEvent::ClockStepped { .. } | DeskEvent::KeyRotated { .. } => "warn",
        DeskEvent::Opened { .. }
        | DeskEvent::SchemaChanged { .. }
        | DeskEvent::Started { .. }
        | DeskEvent::Stopped { .. }
        | DeskEvent::SettingChanged { .. } => "",
    }
}

pub(super) fn member(voice: &Voice<'_>, event: &MemberEvent) -> String {
    match event {
        MemberEvent::Added { name, role, .. } => voice.say(
            "{who} added the member {name} as {role}",
            &[("name", name), ("role", &voice.word(role.as_str()))],
        ),
        MemberEvent::RoleChanged { name, from, to, .. } => voice.say(
            "{who} changed the role of {name} from {from} to {to}",
            &[
                ("name", name),
                ("from", &voice.word(from.as_str())),
                ("to", &voice.word(to.as_str())),
            ],
        ),
        MemberEvent::PasswordChanged { name, .. } => {
            voice.say("{who} set a new password for {name}", &[("name", name)])
        }
        MemberEvent::ProfileChanged { member, changes } => voice.say(
            "{who} changed the profile of {name}: {changes}",
            &[
                ("name", &voice.name(Object::Member(*member))),
                ("changes", &changed(voice, changes)),
            ],
        ),
        MemberEvent::Deactivated { name, reason, .. } => {
            voice.because("{who} deactivated {name}", &[("name", name)], Some(reason))
        }
        MemberEvent::Reactivated { name, .. } => {
            voice.say("{who} reactivated {name}", &[("name", name)])
        }
        MemberEvent::PresenceChanged { from, to, .. } => voice.say(
            "{who} went from {from} to {to}",
            &[("from", &voice.word(from)), ("to", &voice.word(to))],
        ),
        MemberEvent::LoggedIn { name, .. } => voice.say("{name} signed in", &[("name", name)]),
        MemberEvent::LoginFailed { reason, sealed, .. } => login_failed(voice, reason, sealed),
        MemberEvent::LoggedOut { .. } => voice.say("{who} signed out", &[]),
        MemberEvent::SessionRevoked { member, .. } => voice.say(
            "{who} ended a session of {name}",
            &[("name", &voice.name(Object::Member(*member)))],
        ),
        MemberEvent::AccessRefused { right, wish, .. } => voice.say(
            "{who} was refused {wish}: the right to {right} is missing",
            &[("wish", wish), ("right", &voice.word(right))],
        ),
    }
}

fn login_failed(voice: &Voice<'_>, reason: &str, sealed: &SealedOrigin) -> String {
    let why = match reason {
        "unknown" => "nobody has this e-mail address",
        "password" => "the password is wrong",
        "deactivated" => "the member is deactivated",
        "limited" => "too many tries",
        other => other, // a word of a later version
    };
    let why = voice.word(why);
    match &sealed.email {
        Some(email) => voice.say(
            "Somebody failed to sign in as {email}: {why}",
            &[("email", email), ("why", &why)],
        ),
        None => voice.say("Somebody failed to sign in: {why}", &[("why", &why)]),
    }
}

pub(super) fn member_icon(event: &MemberEvent) -> &'static str {
    match event {
        MemberEvent::Added { .. }
        | MemberEvent::RoleChanged { .. }
        | MemberEvent::ProfileChanged { .. }
        | MemberEvent::Deactivated { .. }
        | MemberEvent::Reactivated { .. }
        | MemberEvent::PresenceChanged { .. } => "person",
        MemberEvent::PasswordChanged { .. } => "key",
        MemberEvent::LoggedIn { .. }
        | MemberEvent::LoggedOut { .. }
        | MemberEvent::SessionRevoked { .. } => "door",
        MemberEvent::LoginFailed { .. } | MemberEvent::AccessRefused { .. } => "lock",
    }
}

pub(super) fn member_tone(event: &MemberEvent) -> &'static str {
    match event {
        MemberEvent::LoginFailed { .. } | MemberEvent::AccessRefused { .. } => "warn",
        MemberEvent::Added { .. }
        | MemberEvent::RoleChanged { .. }
        | MemberEvent::PasswordChanged { .. }
        | MemberEvent::ProfileChanged { .. }
        | MemberEvent::Deactivated { .. }
        | MemberEvent::Reactivated { .. }
        | MemberEvent::PresenceChanged { .. }
        | MemberEvent::LoggedIn { .. }
        | MemberEvent::LoggedOut { .. }
        | MemberEvent::SessionRevoked { .. } => "",
    }
}

pub(super) fn group(voice: &Voice<'_>, event: &GroupEvent) -> String {
    match event {
        GroupEvent::Added { name, .. } => {
            voice.say("{who} made the group {name}", &[("name", name)])
        }
        GroupEvent::Renamed { from, to, .. } => voice.say(
            "{who} renamed the group {from} to {to}",
            &[("from", from), ("to", to)],
        ),
        GroupEvent::MemberAdded {
            group_name, name, ..
        } => voice.say(
            "{who} put {name} into the group {group}",
            &[("name", name), ("group", group_name)],
        ),
        GroupEvent::MemberRemoved {
            group_name, name, ..
        } => voice.say(
            "{who} took {name} out of the group {group}",
            &[("name", name), ("group", group_name)],
        ),
    }
}

pub(super) fn channel(voice: &Voice<'_>, event: &ChannelEvent) -> String {
    let name = |channel| voice.name(Object::Channel(channel));
    match event {
        ChannelEvent::Added { title, .. } => {
            voice.say("{who} connected the channel {name}", &[("name", title)])
        }
        ChannelEvent::Changed {
            channel, changes, ..
        } => voice.say(
            "{who} changed the channel {name}: {changes}",
            &[
                ("name", &name(*channel)),
                ("changes", &changed(voice, changes)),
            ],
        ),
        ChannelEvent::Disabled { channel, reason } => voice.because(
            "{who} switched the channel {name} off",
            &[("name", &name(*channel))],
            Some(reason),
        ),
        ChannelEvent::Enabled { channel } => voice.say(
            "{who} switched the channel {name} on",
            &[("name", &name(*channel))],
        ),
        ChannelEvent::Stopped { channel, text, .. } => voice.say(
            "Sending on {name} stopped: {text}",
            &[("name", &name(*channel)), ("text", text)],
        ),
        ChannelEvent::Tested {
            channel,
            works,
            text,
        } => voice.say(
            if *works {
                "{who} tested the channel {name}, and it works: {text}"
            } else {
                "{who} tested the channel {name}, and it does not work: {text}"
            },
            &[("name", &name(*channel)), ("text", text)],
        ),
        ChannelEvent::SignatureRefused { channel, sealed } => {
            refused(voice, &name(*channel), sealed.origin.as_ref())
        }
        ChannelEvent::NoticeReceived { channel, text, .. } => voice.say(
            "WhatsApp told about {name}: {text}",
            &[("name", &name(*channel)), ("text", text)],
        ),
        ChannelEvent::PayloadReceived { .. }
        | ChannelEvent::PayloadRead { .. }
        | ChannelEvent::PayloadUnreadable { .. }
        | ChannelEvent::TemplateSynced { .. }
        | ChannelEvent::TemplateRemoved { .. } => kept(voice, event),
    }
}

/// Payloads and templates.
fn kept(voice: &Voice<'_>, event: &ChannelEvent) -> String {
    match event {
        ChannelEvent::PayloadReceived { size_bytes, .. } => voice.say(
            "A payload of {n} bytes was received and kept as it came",
            &[("n", &size_bytes.to_string())],
        ),
        ChannelEvent::PayloadRead {
            payload, updates, ..
        } => voice.say(
            "Payload #{payload} was read: updates in it: {n}",
            &[
                ("payload", &payload.to_string()),
                ("n", &updates.to_string()),
            ],
        ),
        ChannelEvent::PayloadUnreadable { payload, why, .. } => voice.say(
            "Payload #{payload} could not be read: {why}",
            &[("payload", &payload.to_string()), ("why", why)],
        ),
        ChannelEvent::TemplateSynced {
            name,
            language,
            status,
            ..
        } => voice.say(
            "The template {name} ({language}) is {status} at WhatsApp",
            &[("name", name), ("language", language), ("status", status)],
        ),
        ChannelEvent::TemplateRemoved { name, language, .. } => voice.say(
            "The template {name} ({language}) is gone at WhatsApp",
            &[("name", name), ("language", language)],
        ),
        ChannelEvent::Added { .. }
        | ChannelEvent::Changed { .. }
        | ChannelEvent::Disabled { .. }
        | ChannelEvent::Enabled { .. }
        | ChannelEvent::Stopped { .. }
        | ChannelEvent::Tested { .. }
        | ChannelEvent::SignatureRefused { .. }
        | ChannelEvent::NoticeReceived { .. } => channel(voice, event),
    }
}

fn refused(voice: &Voice<'_>, name: &str, origin: Option<&Origin>) -> String {
    match origin {
        Some(origin) => voice.say(
            "A payload for {name} from {address} was refused: its signature is missing or wrong",
            &[("name", name), ("address", &origin.address)],
        ),
        None => voice.say(
            "A payload for {name} was refused: its signature is missing or wrong",
            &[("name", name)],
        ),
    }
}

pub(super) fn channel_icon(event: &ChannelEvent) -> &'static str {
    match event {
        ChannelEvent::Added { .. }
        | ChannelEvent::Changed { .. }
        | ChannelEvent::Disabled { .. }
        | ChannelEvent::Enabled { .. }
        | ChannelEvent::Stopped { .. }
        | ChannelEvent::Tested { .. } => "plug",
        ChannelEvent::SignatureRefused { .. } => "lock",
        ChannelEvent::PayloadReceived { .. } | ChannelEvent::PayloadRead { .. } => "file",
        ChannelEvent::PayloadUnreadable { .. } => "alert",
        ChannelEvent::TemplateSynced { .. } | ChannelEvent::TemplateRemoved { .. } => "template",
        ChannelEvent::NoticeReceived { .. } => "megaphone",
    }
}

pub(super) fn channel_tone(event: &ChannelEvent) -> &'static str {
    match event {
        ChannelEvent::Stopped { .. } | ChannelEvent::Tested { works: false, .. } => "bad",
        ChannelEvent::SignatureRefused { .. } | ChannelEvent::PayloadUnreadable { .. } => "warn",
        ChannelEvent::Added { .. }
        | ChannelEvent::Changed { .. }
        | ChannelEvent::Disabled { .. }
        | ChannelEvent::Enabled { .. }
        | ChannelEvent::Tested { works: true, .. }
        | ChannelEvent::PayloadReceived { .. }
        | ChannelEvent::PayloadRead { .. }
        | ChannelEvent::TemplateSynced { .. }
        | ChannelEvent::TemplateRemoved { .. }
        | ChannelEvent::NoticeReceived { .. } => "",
    }
}

pub(super) fn audit(voice: &Voice<'_>, event: &AuditEvent) -> String {
    match event {
        AuditEvent::Exported {
            format,
            filter,
            rows,
            sealed,
            ..
        } => voice.because(
            "{who} exported {n} events as {format}",
            &[("n", &rows.to_string()), ("format", &format.to_uppercase())],
            sealed.question.as_deref().or(filter.as_deref()),
        ),
        AuditEvent::EvidenceExported {
            entries,
            filter,
            object,
            pack,
            withheld,
            sealed,
            ..
        } => {
            let (n, pack) = (entries.to_string(), pack.map(|pack| format!("P-{pack}")));
            let object = object.map(|object| object.to_string());
            let said = match pack.or(object) {
                Some(object) => voice.say(
                    "{who} took {n} events of {object} out as evidence",
                    &[("n", &n), ("object", &object)],
                ),
                None => voice.because(
                    "{who} took {n} events out as evidence",
                    &[("n", &n)],
                    sealed.question.as_deref().or(filter.as_deref()),
                ),
            };
            match withheld.is_empty() {
                true => said,
                false => voice.say(
                    "{said}; withheld: {fields}",
                    &[("said", &said), ("fields", &withheld.join(", "))],
                ),
            }
        }
        AuditEvent::Verified {
            events, findings, ..
        } => voice.say(
            if *findings == 0 {
                "{who} verified {n} events and found nothing wrong"
            } else {
                "{who} verified {n} events; findings: {findings}"
            },
            &[
                ("n", &events.to_string()),
                ("findings", &findings.to_string()),
            ],
        ),
        AuditEvent::CheckpointPublished { size } => voice.say(
            "A checkpoint over {n} events was published",
            &[("n", &size.to_string())],
        ),
    }
}

pub(super) fn audit_icon(event: &AuditEvent) -> &'static str {
    match event {
        AuditEvent::Exported { .. } | AuditEvent::EvidenceExported { .. } => "download",
        AuditEvent::Verified { .. } | AuditEvent::CheckpointPublished { .. } => "shield",
    }
}

pub(super) fn audit_tone(event: &AuditEvent) -> &'static str {
    match event {
        AuditEvent::Verified { findings, .. } if *findings > 0 => "bad",
        AuditEvent::Verified { .. }
        | AuditEvent::Exported { .. }
        | AuditEvent::EvidenceExported { .. }
        | AuditEvent::CheckpointPublished { .. } => "",
    }
}

/// `title from Shop to Shop Berlin, token changed`.
fn changed(voice: &Voice<'_>, changes: &BTreeMap<String, Change>) -> String {
    let said = changes.iter().map(|(field, change)| {
        if change.from == change.to || is_secret(field) {
            return voice.say("{field} changed", &[("field", field)]);
        }
        voice.say(
            "{field} from {from} to {to}",
            &[
                ("field", field),
                ("from", &plain(&change.from)),
                ("to", &plain(&change.to)),
            ],
        )
    });
    said.collect::<Vec<_>>().join(", ")
}

/// Whether only the fact of a change may be told.
fn is_secret(field: &str) -> bool {
    ["token", "secret", "password", "verify"]
        .iter()
        .any(|word| field.contains(word))
}
