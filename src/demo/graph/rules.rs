//! What the Cloud API accepts as a sending. Written apart from the desk's own rules, so that a
//! mistake has to be made twice to go unnoticed.

use super::book::Book;
use crate::domain::moment::{DAY_MS, Moment};
use serde_json::{Value, json};

/// An error answer.
#[derive(Debug)]
pub struct GraphRefusal {
    pub status: u16,
    pub code: i64,
    pub details: String,
}

/// An accepted request.
pub enum Accepted {
    /// A sending of the given type.
    Sending(&'static str),
    /// A message was read.
    Read(String),
}

type Checked<T = ()> = Result<T, GraphRefusal>;

const TYPES: [&str; 11] = [
    "text",
    "image",
    "video",
    "document",
    "audio",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "template",
    "interactive",
];
const KEYS: [&str; 10] = [
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "status",
    "message_id",
    "typing_indicator",
    "biz_opaque_callback_data",
];

/// Checks the body of `POST /messages`.
pub fn check(body: &Value, book: &Book, now: Moment) -> Checked<Accepted> {
    let object = body
        .as_object()
        .ok_or_else(|| bad("the body is not a JSON object"))?;
    if body["messaging_product"] != "whatsapp" {
        return Err(bad("messaging_product must be whatsapp"));
    }
    let unknown = object
        .keys()
        .find(|key| !KEYS.contains(&&***key) && !TYPES.contains(&&***key));
    if let Some(unknown) = unknown {
        return Err(bad(format!("unexpected key {unknown}")));
    }
    if let Some(status) = body.get("status") {
        let id = string(body, "message_id", 1, 512)?;
        let typing = body
            .get("typing_indicator")
            .is_none_or(|typing| typing["type"] == "text");
        return match (status == "read" && typing, book.seen.contains(&id)) {
            (true, true) => Ok(Accepted::Read(id)),
            (true, false) => Err(refuse(131_009, "no such message")),
            (false, _) => Err(bad("status must be read")),
        };
    }
    check_recipient(body)?;
    let kind = string(body, "type", 1, 32)?;
    let kind = *TYPES
        .iter()
        .find(|known| **known == kind)
        .ok_or_else(|| bad(format!("no type {kind}")))?;
    if let Some(other) = TYPES
        .iter()
        .find(|other| **other != kind && body.get(**other).is_some())
    {
        return Err(bad(format!("unexpected key {other} for type {kind}")));
    }
    if let Some(context) = body.get("context") {
        only(context, &["message_id"])?;
        string(context, "message_id", 1, 512)?;
    }
    if body.get("biz_opaque_callback_data").is_some() {
        string(body, "biz_opaque_callback_data", 0, 512)?;
    }
    let part = body
        .get(kind)
        .ok_or_else(|| refuse(131_008, format!("{kind} is missing")))?;
    match kind {
        "text" => {
            only(part, &["body", "preview_url"])?;
            string(part, "body", 1, 4_096)?;
            boolean(part, "preview_url")?;
        }
        "image" | "video" => media(part, kind, &["id", "caption"], book, now)?,
        "document" => media(part, kind, &["id", "caption", "filename"], book, now)?,
        "audio" => {
            boolean(part, "voice")?;
            media(part, kind, &["id", "voice"], book, now)?;
        }
        "sticker" => media(part, kind, &["id"], book, now)?,
        "location" => {
            only(part, &["latitude", "longitude", "name", "address"])?;
            for (key, max) in [("latitude", 90.0), ("longitude", 180.0)] {
                let degrees = part[key]
                    .as_f64()
                    .or_else(|| part[key].as_str()?.parse().ok());
                if degrees.is_none_or(|degrees| degrees.abs() > max) {
                    return Err(bad(format!("{key} is not a coordinate")));
                }
            }
        }
        "contacts" => {
            for card in part
                .as_array()
                .filter(|cards| !cards.is_empty())
                .ok_or_else(|| bad("no cards"))?
            {
                only(
                    card,
                    &[
                        "addresses",
                        "birthday",
                        "emails",
                        "name",
                        "org",
                        "phones",
                        "urls",
                    ],
                )?;
                string(&card["name"], "formatted_name", 1, 1_024)?;
                if card["name"].as_object().is_none_or(|name| name.len() < 2) {
                    return Err(bad("a name needs one more part"));
                }
            }
        }
        "reaction" => {
            only(part, &["message_id", "emoji"])?;
            string(part, "message_id", 1, 512)?;
            string(part, "emoji", 0, 16)?;
        }
        "template" => template(part, book, now)?,
        _ => interactive(part)?,
    }
    Ok(Accepted::Sending(kind))
}

/// The body of an error answer.
pub fn answer(refusal: &GraphRefusal) -> Value {
    let GraphRefusal { code, details, .. } = refusal;
    json!({"error": {
        "message": format!("(#{code}) {details}"), "type": "OAuthException", "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": "demo"}})
}

/// A refusal with the status Meta mostly uses for the number.
pub fn refuse(code: i64, details: impl Into<String>) -> GraphRefusal {
    let status = match code {
        190 | 104 => 401,
        10 | 200 | 368 | 131_005 | 131_031 => 403,
        2 | 131_016 => 503,
        131_000 => 500,
        _ => 400,
    };
    GraphRefusal {
        status,
        code,
        details: details.into(),
    }
}

fn bad(details: impl Into<String>) -> GraphRefusal {
    refuse(100, details)
}

fn check_recipient(body: &Value) -> Checked {
    if body
        .get("recipient_type")
        .is_some_and(|kind| kind != "individual")
    {
        return Err(bad("recipient_type must be individual"));
    }
    match (body["to"].as_str(), body["recipient"].as_str()) {
        (Some(to), _) => {
            // Reality puts the business's country in front of a number without plus, and the
            // message goes astray; here that is refused.
            let digits = to.strip_prefix('+').unwrap_or_default();
            let proper =
                (5..=17).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
            if proper {
                Ok(())
            } else {
                Err(refuse(
                    131_009,
                    format!("{to} is not +, country and number"),
                ))
            }
        }
        (None, Some(id)) => {
            let (country, rest) = id.split_once('.').unwrap_or_default();
            let proper = country.len() == 2 && (1..=140).contains(&rest.len());
            if proper {
                Ok(())
            } else {
                Err(bad(format!("{id} is not a user id")))
            }
        }
        (None, None) => Err(refuse(131_008, "to is missing")),
    }
}

fn media(part: &Value, kind: &str, keys: &[&str], book: &Book, now: Moment) -> Checked {
    only(part, keys)?;
    if part.get("caption").is_some() {
        string(part, "caption", 0, 1_024)?;
    }
    let id = string(part, "id", 1, 64)?;
    let kept = book
        .media
        .get(&id)
        .filter(|kept| now.ms_since(kept.kept_at) < 30 * DAY_MS);
    let kept = kept.ok_or_else(|| bad(format!("{id} is not an uploaded file")))?;
    let mime = kept.mime.split(';').next().unwrap_or_default().trim();
    let (fits, max_bytes) = match kind {
        "image" => (matches!(mime, "image/jpeg" | "image/png"), 5 << 20),
        "video" => (matches!(mime, "video/mp4" | "video/3gpp"), 16 << 20),
        "audio" => (mime.starts_with("audio/"), 16 << 20),
        "sticker" => (mime == "image/webp", 500 << 10),
        _ => (true, 100 << 20),
    };
    if !fits || kept.bytes.len() > max_bytes {
        let size = kept.bytes.len();
        return Err(refuse(
            131_053,
            format!("{mime} of {size} bytes cannot be sent as {kind}"),
        ));
    }
    if part.get("voice") == Some(&Value::Bool(true)) && mime != "audio/ogg" {
        return Err(refuse(131_053, "a voice message is ogg"));
    }
    Ok(())
}

fn template(part: &Value, book: &Book, now: Moment) -> Checked {
    only(part, &["name", "language", "components"])?;
    let (name, language) = (
        string(part, "name", 1, 512)?,
        string(&part["language"], "code", 2, 16)?,
    );
    let found = book
        .templates
        .iter()
        .find(|t| t["name"] == *name && t["language"] == *language);
    let known =
        found.ok_or_else(|| refuse(132_001, format!("{name} does not exist in {language}")))?;
    match known["status"].as_str() {
        Some("APPROVED") => {}
        Some("PAUSED") => return Err(refuse(132_015, format!("{name} is paused"))),
        Some("DISABLED") => return Err(refuse(132_016, format!("{name} is disabled"))),
        _ => return Err(refuse(132_001, format!("{name} is not approved"))),
    }
    let empty = Vec::new();
    let given = part["components"].as_array().unwrap_or(&empty);
    let of = |kind: &str| {
        let found = given.iter().find(|component| component["type"] == *kind);
        found
            .and_then(|component| component["parameters"].as_array())
            .map_or(&[][..], Vec::as_slice)
    };
    for component in known["components"].as_array().unwrap_or(&empty) {
        match (component["type"].as_str(), component["format"].as_str()) {
            (Some("HEADER"), Some(format)) if format != "TEXT" => {
                let kind = format.to_lowercase();
                let [file] = of("header") else {
                    return Err(refuse(132_012, format!("the header needs one {kind}")));
                };
                // A JSON object answers null to a name it does not have.
                media(&file[&kind], &kind, &["id", "filename"], book, now)?;
            }
            (Some("HEADER"), _) => values(component, of("header"))?,
            (Some("BODY"), _) => values(component, of("body"))?,
            (Some("BUTTONS"), _) => {
                for (index, button) in component["buttons"]
                    .as_array()
                    .unwrap_or(&empty)
                    .iter()
                    .enumerate()
                {
                    if !button["url"].as_str().is_some_and(|url| url.contains("{{")) {
                        continue;
                    }
                    let here = given.iter().any(|c| {
                        let at = c["index"].as_str().and_then(|index| index.parse().ok());
                        c["type"] == "button" && c["sub_type"] == "url" && at == Some(index)
                    });
                    if !here {
                        return Err(refuse(
                            131_008,
                            format!("button {index} needs the end of its link"),
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn values(component: &Value, given: &[Value]) -> Checked {
    let text = component["text"].as_str().unwrap_or_default();
    let mut wanted: Vec<&str> = text
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}"))
        .map(|(name, _)| name)
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.len() != given.len() {
        let (want, have) = (wanted.len(), given.len());
        return Err(refuse(
            132_000,
            format!("{want} values are needed, {have} were given"),
        ));
    }
    for value in given {
        let text = string(value, "text", 1, 32_768)?;
        if text.contains(['\n', '\t']) || text.contains("     ") {
            return Err(refuse(
                132_018,
                "a value holds a line break, a tab or five spaces",
            ));
        }
        let named = wanted.iter().any(|name| name.parse::<u32>().is_err());
        if named
            && !value["parameter_name"]
                .as_str()
                .is_some_and(|name| wanted.contains(&name))
        {
            return Err(bad("parameter_name is missing or wrong"));
        }
    }
    Ok(())
}

fn interactive(part: &Value) -> Checked {
    let kind = string(part, "type", 1, 32)?;
    let action = part
        .get("action")
        .ok_or_else(|| refuse(131_008, "action is missing"))?;
    let max = if kind == "list" { 4_096 } else { 1_024 };
    string(&part["body"], "text", 1, max)?;
    let empty = Vec::new();
    match kind.as_str() {
        "button" => {
            let buttons = action["buttons"].as_array().unwrap_or(&empty);
            if !(1..=3).contains(&buttons.len()) {
                return Err(refuse(131_009, "one to three buttons are allowed"));
            }
            for button in buttons {
                string(&button["reply"], "id", 1, 256)?;
                string(&button["reply"], "title", 1, 20)?;
            }
        }
        "list" => {
            string(action, "button", 1, 20)?;
            let sections = action["sections"].as_array().unwrap_or(&empty);
            let rows: Vec<&Value> = sections
                .iter()
                .filter_map(|s| s["rows"].as_array())
                .flatten()
                .collect();
            if !(1..=10).contains(&rows.len()) {
                return Err(refuse(131_009, "one to ten rows are allowed"));
            }
            for row in rows {
                string(row, "id", 1, 200)?;
                string(row, "title", 1, 24)?;
            }
        }
        _ => {
            return Err(bad(format!(
                "interactive messages of type {kind} are not played here"
            )));
        }
    }
    Ok(())
}

fn only(object: &Value, keys: &[&str]) -> Checked {
    let object = object
        .as_object()
        .ok_or_else(|| bad("an object is expected"))?;
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(bad(format!("unexpected key {key}"))),
        None => Ok(()),
    }
}

fn string(object: &Value, key: &str, min: usize, max: usize) -> Checked<String> {
    let text = object.get(key).and_then(Value::as_str);
    let text = text.ok_or_else(|| refuse(131_008, format!("{key} is missing")))?;
    let chars = text.chars().count();
    if chars < min || chars > max {
        return Err(bad(format!(
            "{key} has {chars} characters; {min} to {max} are allowed"
        )));
    }
    Ok(text.to_owned())
}

fn boolean(object: &Value, key: &str) -> Checked {
    match object.get(key) {
        None | Some(Value::Bool(_)) => Ok(()),
        Some(_) => Err(bad(format!("{key} must be true or false"))),
    }
}
