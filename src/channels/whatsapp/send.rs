//! Requests to the Cloud API: what an article looks like as a body of `POST /messages`. What
//! WhatsApp would refuse is refused here, before anything is queued.

use crate::domain::message::{
    Cards, ChoiceFrom, Content, Location, Media, MediaKind, Offer, Parameter, Place, Template,
};
use crate::domain::update::Party;
use crate::error::{Refusal, Result};
use serde_json::{Map, Value, json};

/// The longest text. **Unit:** characters.
pub const TEXT_MAX_CHARS: usize = 4_096;
/// The longest caption. **Unit:** characters.
pub const CAPTION_MAX_CHARS: usize = 1_024;
/// The longest file name. **Unit:** characters.
pub const FILE_NAME_MAX_CHARS: usize = 240;
/// Most buttons under one message.
pub const BUTTONS_MAX: usize = 3;
/// Most rows of one list.
pub const ROWS_MAX: usize = 10;
/// The longest title of a button. **Unit:** characters.
pub const BUTTON_TITLE_MAX: usize = 20;
/// The longest title of a row. **Unit:** characters.
pub const ROW_TITLE_MAX: usize = 24;
/// The longest second line of a row. **Unit:** characters.
pub const ROW_WORDS_MAX: usize = 72;
/// The longest mark of ours. **Unit:** bytes.
pub const TAG_MAX_BYTES: usize = 512;

const MB: u64 = 1 << 20;

/// What may be uploaded, as what, and how large. **Source:** Cloud API media reference, 2026-01.
#[rustfmt::skip]
const UPLOADS: &[(&str, MediaKind, u64)] = &[
    ("image/jpeg", MediaKind::Image, 5 * MB),
    ("image/png", MediaKind::Image, 5 * MB),
    ("image/webp", MediaKind::Sticker, 500 * 1_024),
    ("video/mp4", MediaKind::Video, 16 * MB),
    ("video/3gpp", MediaKind::Video, 16 * MB),
    ("audio/aac", MediaKind::Audio, 16 * MB),
    ("audio/amr", MediaKind::Audio, 16 * MB),
    ("audio/mpeg", MediaKind::Audio, 16 * MB),
    ("audio/mp4", MediaKind::Audio, 16 * MB),
    ("audio/ogg", MediaKind::Audio, 16 * MB),
    ("text/plain", MediaKind::Document, 100 * MB),
    ("application/pdf", MediaKind::Document, 100 * MB),
    ("application/msword", MediaKind::Document, 100 * MB),
    ("application/vnd.ms-excel", MediaKind::Document, 100 * MB),
    ("application/vnd.ms-powerpoint", MediaKind::Document, 100 * MB),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", MediaKind::Document, 100 * MB),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", MediaKind::Document, 100 * MB),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", MediaKind::Document, 100 * MB),
];

/// Whether the customer sees that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// Shown for up to 25 seconds or until our answer.
    Shown,
    /// Not shown.
    Hidden,
}

/// The body that sends an article to a customer. `tag` is our mark: it comes back in every status.
/// **Refuses:** what has no outgoing form, is empty or too long, names no customer, or whose file
/// has not been uploaded.
pub fn message(to: &Party, content: &Content, reply_to: Option<&str>, tag: &str) -> Result<Value> {
    let (kind, body) = match content {
        Content::Text(text) => ("text", words(&text.text)?),
        Content::Media(media) => media_body(media)?,
        Content::Location(place) => ("location", location(place)?),
        Content::Contacts(cards) => ("contacts", contacts(cards)?),
        Content::Template(template) => ("template", template_body(template)?),
        Content::Offer(offer) => ("interactive", offer_body(offer)?),
        Content::Choice(_)
        | Content::Form(_)
        | Content::CallPermission(_)
        | Content::Order(_)
        | Content::Notice(_)
        | Content::Welcome
        | Content::Call(_)
        | Content::Email(_)
        | Content::Unsupported(_) => {
            return Err(invalid("an article of this kind cannot be sent"));
        }
    };
    let mut request = envelope(to, tag)?;
    if let Some(reply_to) = reply_to {
        request.insert("context".into(), json!({"message_id": reply_to}));
    }
    request.insert("type".into(), kind.into());
    request.insert(kind.into(), body);
    Ok(Value::Object(request))
}

/// The body that reacts to a message, or takes the reaction back.
/// **Refuses:** a sign that is more than one emoji's length.
pub fn reaction(to: &Party, target: &str, emoji: Option<&str>, tag: &str) -> Result<Value> {
    let emoji = emoji.unwrap_or_default();
    if emoji.chars().count() > 16 || emoji.chars().any(|c| c.is_ascii_alphabetic()) {
        return Err(invalid(format!("{emoji} is not one emoji")));
    }
    let mut request = envelope(to, tag)?;
    request.insert("type".into(), "reaction".into());
    request.insert(
        "reaction".into(),
        json!({"message_id": target, "emoji": emoji}),
    );
    Ok(Value::Object(request))
}

/// The body that marks a message and all before it as read.
pub fn read(provider_id: &str, typing: Typing) -> Value {
    let mut request = json!({
        "messaging_product": "whatsapp", "status": "read", "message_id": provider_id});
    if typing == Typing::Shown {
        request["typing_indicator"] = json!({"type": "text"});
    }
    request
}

/// As what a file of this type is sent, if WhatsApp takes it at all. A WebP picture is a sticker
/// to WhatsApp.
pub fn media_kind(mime: &str) -> Option<MediaKind> {
    upload(mime).map(|(_, kind, _)| *kind)
}

/// The types WhatsApp takes, for the file field of a form.
pub fn accepted_types() -> impl Iterator<Item = &'static str> {
    UPLOADS.iter().map(|(mime, _, _)| *mime)
}

/// The types WhatsApp takes as one sort of file.
pub fn types_of(kind: MediaKind) -> impl Iterator<Item = &'static str> {
    let of_kind = UPLOADS.iter().filter(move |(_, of, _)| *of == kind);
    of_kind.map(|(mime, _, _)| *mime)
}

/// Whether a file may be uploaded.
/// **Refuses:** a type WhatsApp does not take, an empty file, one above the limit of its sort.
pub fn check_upload(media: &Media) -> Result<()> {
    let Some((_, kind, max_bytes)) = upload(&media.mime) else {
        let text = format!("WhatsApp takes no files of type {mime}", mime = media.mime);
        return Err(Refusal::invalid(text).at("file").into());
    };
    let fits = match media.media {
        MediaKind::Voice => media.mime.starts_with("audio/ogg"),
        MediaKind::Audio => *kind == MediaKind::Audio,
        MediaKind::Document => true,
        MediaKind::Image | MediaKind::Video | MediaKind::Sticker => media.media == *kind,
    };
    let word = media.media.word().to_lowercase();
    if !fits {
        let text = format!(
            "a file of type {kind} cannot be sent as {word}",
            kind = media.mime
        );
        return Err(Refusal::invalid(text).at("file").into());
    }
    let max_bytes = match media.media {
        MediaKind::Sticker if !media.animated => 100 * 1_024,
        MediaKind::Document => 100 * MB,
        _ => *max_bytes,
    };
    match media.size_bytes {
        Some(0) => Err(Refusal::invalid("the file is empty").at("file").into()),
        Some(size) if size > max_bytes => {
            let text = format!(
                "the file has {size} KB; as {word} WhatsApp takes at most {most} KB",
                size = size.div_ceil(1_024),
                most = max_bytes / 1_024
            );
            Err(Refusal::invalid(text).at("file").into())
        }
        Some(_) | None => Ok(()),
    }
}

fn upload(mime: &str) -> Option<&'static (&'static str, MediaKind, u64)> {
    let bare = mime
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    UPLOADS.iter().find(|(known, _, _)| *known == bare)
}

fn envelope(to: &Party, tag: &str) -> Result<Map<String, Value>> {
    let mut request = Map::new();
    request.insert("messaging_product".into(), "whatsapp".into());
    request.insert("recipient_type".into(), "individual".into());
    match (
        &to.wa_id,
        to.user_id.as_ref().or(to.parent_user_id.as_ref()),
    ) {
        (Some(number), _) => {
            let digits = number.trim_start_matches('+');
            let proper = digits.bytes().all(|byte| byte.is_ascii_digit());
            if !proper || !(5..=17).contains(&digits.len()) {
                return Err(invalid(format!("{number} is not a WhatsApp number")));
            }
            // Without the plus, WhatsApp puts the business's own country in front.
            request.insert("to".into(), format!("+{digits}").into());
        }
        (None, Some(user_id)) => {
            request.insert("recipient".into(), user_id.as_str().into());
        }
        (None, None) => return Err(invalid("the customer has neither number nor user id")),
    }
    if tag.len() > TAG_MAX_BYTES {
        return Err(invalid(format!(
            "our mark {tag} is longer than {TAG_MAX_BYTES} bytes"
        )));
    }
    if !tag.is_empty() {
        request.insert("biz_opaque_callback_data".into(), tag.into());
    }
    Ok(request)
}

fn words(text: &str) -> Result<Value> {
    if text.trim().is_empty() {
        return Err(Refusal::invalid("the message is empty").at("text").into());
    }
    bounded("message", text, TEXT_MAX_CHARS, "text")?;
    let link = text.contains("https://") || text.contains("http://");
    Ok(if link {
        json!({"body": text, "preview_url": true})
    } else {
        json!({"body": text})
    })
}

fn media_body(media: &Media) -> Result<(&'static str, Value)> {
    check_upload(media)?;
    let (kind, captioned) = match media.media {
        MediaKind::Image => ("image", true),
        MediaKind::Video => ("video", true),
        MediaKind::Document => ("document", true),
        MediaKind::Audio | MediaKind::Voice => ("audio", false),
        MediaKind::Sticker => ("sticker", false),
    };
    let mut body = json!({"id": uploaded(media)?});
    match &media.caption {
        Some(caption) if captioned => {
            bounded("caption", caption, CAPTION_MAX_CHARS, "text")?;
            body["caption"] = caption.as_str().into();
        }
        Some(_) => {
            let word = media.media.word().to_lowercase();
            let text = format!("words cannot go with a file sent as {word}: send them before");
            return Err(Refusal::invalid(text).at("text").into());
        }
        None => {}
    }
    if media.media == MediaKind::Voice {
        body["voice"] = true.into();
    }
    if let (MediaKind::Document, Some(name)) = (media.media, &media.file_name) {
        bounded("file name", name, FILE_NAME_MAX_CHARS, "file")?;
        body["filename"] = name.as_str().into();
    }
    Ok((kind, body))
}

fn uploaded(media: &Media) -> Result<&str> {
    media
        .media_id
        .as_deref()
        .ok_or_else(|| invalid("the file has not been uploaded to WhatsApp"))
}

fn location(place: &Location) -> Result<Value> {
    let degrees = |text: &str, max: f64| {
        let number = text
            .parse::<f64>()
            .ok()
            .filter(|degrees| degrees.abs() <= max);
        number.ok_or_else(|| invalid(format!("{text} is not a coordinate")))
    };
    let mut body = json!({
        "latitude": degrees(&place.latitude, 90.0)?, "longitude": degrees(&place.longitude, 180.0)?});
    for (key, value) in [("name", &place.name), ("address", &place.address)] {
        if let Some(value) = value {
            bounded(key, value, CAPTION_MAX_CHARS, "text")?;
            body[key] = value.as_str().into();
        }
    }
    Ok(body)
}

fn contacts(cards: &Cards) -> Result<Value> {
    if cards.cards.is_empty() || cards.cards.len() > 257 {
        return Err(invalid(format!(
            "{} address cards cannot be sent",
            cards.cards.len()
        )));
    }
    let card = |card: &crate::domain::message::Card| {
        // WhatsApp wants one more part of the name beside the whole.
        let mut body = json!({"name": {"formatted_name": card.name, "first_name": card.name}});
        let phones = card.phones.iter().map(|phone| {
            let mut body = json!({"phone": phone.phone});
            for (key, value) in [("type", &phone.label), ("wa_id", &phone.wa_id)] {
                if let Some(value) = value {
                    body[key] = value.as_str().into();
                }
            }
            body
        });
        body["phones"] = phones.collect();
        body["emails"] = card
            .emails
            .iter()
            .map(|line| json!({"email": line.value}))
            .collect();
        body["urls"] = card
            .urls
            .iter()
            .map(|line| json!({"url": line.value}))
            .collect();
        if let Some(organisation) = &card.organisation {
            body["org"] = json!({"company": organisation});
        }
        body
    };
    if cards.cards.iter().any(|card| card.name.trim().is_empty()) {
        return Err(invalid("an address card without a name cannot be sent"));
    }
    Ok(cards.cards.iter().map(card).collect())
}

/// Buttons or a list. **Source:** Cloud API messages reference, interactive objects, 2026-01.
fn offer_body(offer: &Offer) -> Result<Value> {
    let list = match offer.shown {
        ChoiceFrom::Button => false,
        ChoiceFrom::List => true,
        ChoiceFrom::Template => return Err(invalid("the choices of a template stand in it")),
    };
    let (most, title_max, words_max) = match list {
        true => (ROWS_MAX, ROW_TITLE_MAX, TEXT_MAX_CHARS),
        false => (BUTTONS_MAX, BUTTON_TITLE_MAX, CAPTION_MAX_CHARS),
    };
    if offer.text.trim().is_empty() {
        let text = "choices need words above them";
        return Err(Refusal::invalid(text).at("text").into());
    }
    bounded("message", &offer.text, words_max, "text")?;
    if offer.choices.is_empty() || offer.choices.len() > most {
        let what = if list { "rows" } else { "buttons" };
        let text = format!("offer 1 to {most} {what}");
        return Err(Refusal::invalid(text).at("choices").into());
    }
    for (n, choice) in offer.choices.iter().enumerate() {
        if choice.title.trim().is_empty() {
            let text = "a choice needs words to tap";
            return Err(Refusal::invalid(text).at("choices").into());
        }
        bounded("choice", &choice.title, title_max, "choices")?;
        if let Some(second) = &choice.description {
            bounded("second line of a choice", second, ROW_WORDS_MAX, "choices")?;
        }
        let before = offer.choices.iter().take(n);
        if before
            .into_iter()
            .any(|other| other.title == choice.title || other.id == choice.id)
        {
            let text = format!("{} is offered twice", choice.title);
            return Err(Refusal::invalid(text).at("choices").into());
        }
    }
    let action = if list {
        if offer.opens.trim().is_empty() {
            let text = "a list needs a word on the button that opens it";
            return Err(Refusal::invalid(text).at("opens").into());
        }
        bounded(
            "word on the button",
            &offer.opens,
            BUTTON_TITLE_MAX,
            "opens",
        )?;
        let rows = offer.choices.iter().map(|choice| {
            let mut row = json!({"id": choice.id, "title": choice.title});
            if let Some(second) = &choice.description {
                row["description"] = second.as_str().into();
            }
            row
        });
        json!({"button": offer.opens, "sections": [{"rows": rows.collect::<Vec<_>>()}]})
    } else {
        let buttons = offer.choices.iter().map(
            |choice| json!({"type": "reply", "reply": {"id": choice.id, "title": choice.title}}),
        );
        json!({"buttons": buttons.collect::<Vec<_>>()})
    };
    let kind = if list { "list" } else { "button" };
    Ok(json!({"type": kind, "body": {"text": offer.text}, "action": action}))
}

fn template_body(template: &Template) -> Result<Value> {
    let text = |parameter: &Parameter| {
        let mut body = json!({"type": "text", "text": parameter.value});
        if let Some(name) = &parameter.name {
            body["parameter_name"] = name.as_str().into();
        }
        body
    };
    let at = |place: Place| template.parameters.iter().filter(move |p| p.place == place);
    let mut components = Vec::new();
    if let Some(media) = &template.header_media {
        let kind = match media.media {
            MediaKind::Image => "image",
            MediaKind::Video => "video",
            MediaKind::Document => "document",
            MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => {
                return Err(invalid(
                    "a template's header is a photo, a video or a document",
                ));
            }
        };
        let mut file = json!({"id": uploaded(media)?});
        if let (MediaKind::Document, Some(name)) = (media.media, &media.file_name) {
            file["filename"] = name.as_str().into();
        }
        components.push(json!({"type": "header", "parameters": [{"type": kind, kind: file}]}));
    }
    for (place, name) in [(Place::Header, "header"), (Place::Body, "body")] {
        let parameters: Vec<Value> = at(place).map(text).collect();
        if !parameters.is_empty() {
            components.push(json!({"type": name, "parameters": parameters}));
        }
    }
    for parameter in &template.parameters {
        let (kind, value) = match parameter.place {
            Place::Header | Place::Body => continue,
            Place::LinkButton => ("url", json!({"type": "text", "text": parameter.value})),
            Place::ReplyButton => (
                "quick_reply",
                json!({"type": "payload", "payload": parameter.value}),
            ),
            Place::CodeButton => (
                "copy_code",
                json!({"type": "coupon_code", "coupon_code": parameter.value}),
            ),
        };
        let index = parameter.button.to_string();
        components.push(
            json!({"type": "button", "sub_type": kind, "index": index, "parameters": [value]}),
        );
    }
    let mut body = json!({"name": template.name, "language": {"code": template.language}});
    if !components.is_empty() {
        body["components"] = components.into();
    }
    Ok(body)
}

fn bounded(what: &str, text: &str, max: usize, field: &'static str) -> Result<()> {
    let chars = text.chars().count();
    if chars <= max {
        return Ok(());
    }
    let text = format!("the {what} has {chars} characters; WhatsApp takes at most {max}");
    Err(Refusal::invalid(text).at(field).into())
}

fn invalid(text: impl Into<String>) -> crate::error::Error {
    Refusal::invalid(text).into()
}
