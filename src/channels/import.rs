//! Exports of other systems, read one record at a time: their size does not matter, only that of
//! the largest record. Nothing is decided here.

pub mod mbox;
pub mod records;
pub mod whatsapp_chat;
pub mod zammad;
pub mod zendesk;

use crate::domain::moment::Moment;
use serde_json::Value;

/// A field as a text; numbers as they are written.
fn text(record: &Value, field: &str) -> Option<String> {
    match record.get(field)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A field as an instant.
fn moment(record: &Value, field: &str) -> Result<Moment, String> {
    let text = text(record, field).ok_or_else(|| format!("{field} is missing"))?;
    Moment::parse(&text).map_err(|_| format!("{field} {text} is not an instant"))
}

/// The records of a field that holds a list.
fn list<'v>(record: &'v Value, field: &str) -> &'v [Value] {
    record
        .get(field)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A text that may be HTML as plain words: elements go, blocks end lines, the usual entities are
/// read.
fn plain(html: &str) -> String {
    let mut words = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        words.push_str(before);
        let Some((tag, after)) = tag.split_once('>') else {
            words.push('<');
            rest = tag;
            break;
        };
        let name = tag.trim_start_matches('/').to_ascii_lowercase();
        if ["br", "p", "div", "li", "tr", "h1", "h2", "h3"]
            .iter()
            .any(|block| {
                name == *block
                    || name.starts_with(&format!("{block} "))
                    || name == format!("{block}/")
            })
            && !words.ends_with('\n')
        {
            words.push('\n');
        }
        rest = after;
    }
    words.push_str(rest);
    for (entity, letter) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        words = words.replace(entity, letter);
    }
    words.trim().to_owned()
}
