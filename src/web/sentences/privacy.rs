//! Sentences about privacy.

use super::Voice;
use crate::domain::event::privacy::PrivacyEvent;
use crate::domain::id::Object;
use crate::domain::privacy::Subject;

pub(super) fn privacy(voice: &Voice<'_>, event: &PrivacyEvent) -> String {
    match event {
        PrivacyEvent::ErasureRequested {
            subject,
            object,
            ground,
            sealed,
            ..
        } => voice.because(
            "{who} asked to erase {what} ({ground})",
            &[
                ("what", &what(voice, *subject, *object)),
                ("ground", &voice.word(ground.words())),
            ],
            sealed.reason.as_deref(),
        ),
        PrivacyEvent::ErasureDeclined {
            request, sealed, ..
        } => voice.because(
            "{who} declined the erasure asked for in #{request}",
            &[("request", &request.to_string())],
            sealed.reason.as_deref(),
        ),
        PrivacyEvent::Erased { .. } => erased(voice, event),
        PrivacyEvent::HoldPlaced { object, sealed } => voice.because(
            "{who} placed a legal hold on {it}",
            &[("it", &voice.name(*object))],
            sealed.reason.as_deref(),
        ),
        PrivacyEvent::HoldReleased { object, sealed } => voice.because(
            "{who} released the legal hold on {it}",
            &[("it", &voice.name(*object))],
            sealed.reason.as_deref(),
        ),
        PrivacyEvent::RetentionSet { kind, from, to, .. } => voice.say(
            "{who} changed how long is kept: {kind}, from {from} to {to}",
            &[
                ("kind", &voice.word(kind.words())),
                ("from", &days(voice, *from)),
                ("to", &days(voice, *to)),
            ],
        ),
        PrivacyEvent::CopyTaken {
            contact,
            articles,
            files,
            ..
        } => voice.say(
            "{who} took a copy of all data of {it}: {articles} articles, {files} files",
            &[
                ("it", &voice.name(Object::Contact(*contact))),
                ("articles", &articles.to_string()),
                ("files", &files.to_string()),
            ],
        ),
    }
}

fn erased(voice: &Voice<'_>, event: &PrivacyEvent) -> String {
    let PrivacyEvent::Erased {
        subject,
        object,
        counts,
        ground,
        asked_by,
        part,
        parts,
        sealed,
        ..
    } = event
    else {
        return String::new(); // only asked for these
    };
    let count = counts.values().sum::<u64>().to_string();
    let asked = asked_by.as_ref().map(|person| person.name.as_str());
    let words = [
        ("n", count.as_str()),
        ("what", &what(voice, *subject, *object)),
        ("ground", &voice.word(ground.words())),
        ("name", asked.unwrap_or_default()),
        ("part", &part.to_string()),
        ("parts", &parts.to_string()),
    ];
    let pattern = match (asked, *part > 1) {
        (_, true) => "{who} erased more of {what} ({ground}), part {part} of {parts}",
        (Some(_), false) => {
            "{who} erased {n} texts and files of {what} ({ground}), as {name} asked"
        }
        (None, false) => "{who} erased {n} texts and files of {what} ({ground})",
    };
    voice.because(pattern, &words, sealed.reason.as_deref())
}

/// What an erasure is about.
fn what(voice: &Voice<'_>, subject: Subject, object: Option<Object>) -> String {
    let it = object.map(|object| voice.name(object)).unwrap_or_default();
    match subject {
        Subject::Contact(contact) => voice.name(Object::Contact(contact)),
        Subject::Article(seq) | Subject::Event(seq) => format!("#{seq} {it}").trim().to_owned(),
        Subject::Rule { kind, version } => {
            format!("{} (v{version})", voice.word(kind.words()))
        }
    }
}

fn days(voice: &Voice<'_>, days: Option<u32>) -> String {
    match days {
        Some(days) => days.to_string(),
        None => voice.word("for ever"),
    }
}

pub(super) fn icon(event: &PrivacyEvent) -> &'static str {
    match event {
        PrivacyEvent::ErasureRequested { .. } | PrivacyEvent::Erased { .. } => "trash",
        PrivacyEvent::ErasureDeclined { .. } => "cross",
        PrivacyEvent::HoldPlaced { .. } => "lock",
        PrivacyEvent::HoldReleased { .. } => "unlock",
        PrivacyEvent::RetentionSet { .. } => "clock",
        PrivacyEvent::CopyTaken { .. } => "download",
    }
}

pub(super) fn tone(event: &PrivacyEvent) -> &'static str {
    match event {
        PrivacyEvent::Erased { .. } | PrivacyEvent::HoldPlaced { .. } => "warn",
        PrivacyEvent::ErasureRequested { .. }
        | PrivacyEvent::ErasureDeclined { .. }
        | PrivacyEvent::HoldReleased { .. }
        | PrivacyEvent::RetentionSet { .. }
        | PrivacyEvent::CopyTaken { .. } => "",
    }
}
