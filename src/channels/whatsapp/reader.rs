//! Careful reading of foreign JSON: strings where numbers are promised and the other way round,
//! empty strings for absent ones, times from the future.

use crate::domain::moment::Moment;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The longest piece of foreign JSON kept beside what was read from it. **Unit:** bytes.
pub const RAW_MAX_BYTES: usize = 16_000;

/// The member as text: a string or a number; empty and absent are alike.
pub fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key).and_then(plain)
}

/// The value as text, if it is a string that is not blank, or a number.
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// The member as decimal text without exponent; text that is no number stays as it is.
pub fn decimal(object: &Value, key: &str) -> Option<String> {
    match object.get(key) {
        Some(Value::Number(number)) => Some(match number.as_f64() {
            Some(float) if number.is_f64() => float.to_string(),
            Some(_) | None => number.to_string(),
        }),
        Some(value) => plain(value).map(|text| text.trim().to_owned()),
        None => None,
    }
}

/// The first of several members that is there as text.
pub fn either(object: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(object, key))
}

/// The member as list; absent is empty. Anything else answers with the value itself.
pub fn list<'a>(object: &'a Value, key: &str) -> Result<&'a [Value], &'a Value> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(other) => Err(other),
    }
}

/// The member as truth; anything but `true` is not.
pub fn flag(object: &Value, key: &str) -> bool {
    object.get(key) == Some(&Value::Bool(true))
}

/// The largest whole number the trail holds: beyond it, readers of JSON disagree.
const WHOLE_MAX: i64 = (1 << 53) - 1;

/// The member as whole number, also from text; one too large for the trail is none.
pub fn whole(object: &Value, key: &str) -> Option<i64> {
    let number = match object.get(key)? {
        Value::Number(number) => {
            let rounded = || number.as_f64().filter(|f| f.abs() < 9e15).map(|f| f as i64);
            number.as_i64().or_else(rounded)?
        }
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (-WHOLE_MAX..=WHOLE_MAX).contains(&number).then_some(number)
}

/// The member as instant, given in seconds since 1970 as text or number; one after the year 9999
/// is none.
pub fn instant(object: &Value, key: &str) -> Option<Moment> {
    let seconds = whole(object, key).filter(|seconds| *seconds >= 0)?;
    Some(Moment(seconds.saturating_mul(1000))).filter(|at| at.is_writable())
}

/// The member as instant of something past: never after `received_at`, which also stands in for
/// what is absent or no time.
pub fn past(object: &Value, key: &str, received_at: Moment) -> Moment {
    instant(object, key).map_or(received_at, |at| at.min(received_at))
}

/// The member as WhatsApp number: without the leading `+`.
pub fn number(object: &Value, key: &str) -> Option<String> {
    let text = text(object, key)?;
    let digits = text.trim().trim_start_matches('+');
    (!digits.is_empty()).then(|| digits.to_owned())
}

/// The digest in lower-case hex, if the text is a SHA-256 in base64 or hex.
pub fn digest(text: &str) -> Option<String> {
    let text = text.trim();
    let bytes = if text.len() == 64 {
        data_encoding::HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .ok()?
    } else {
        let bare = text
            .trim_end_matches('=')
            .replace('-', "+")
            .replace('_', "/");
        data_encoding::BASE64_NOPAD.decode(bare.as_bytes()).ok()?
    };
    (bytes.len() == 32).then(|| data_encoding::HEXLOWER.encode(&bytes))
}

/// The SHA-256 of these bytes, in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The value as JSON text of at most [`RAW_MAX_BYTES`].
pub fn raw(value: &Value) -> String {
    cut(value.to_string())
}

/// The text cut to [`RAW_MAX_BYTES`], at the end of a character.
pub fn cut(mut text: String) -> String {
    if text.len() > RAW_MAX_BYTES {
        let end = (0..=RAW_MAX_BYTES)
            .rev()
            .find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decimals_have_no_exponent_and_stay_exact() {
        let value = json!({"a": 12.5, "b": 30, "c": "9.90", "d": 0.1, "e": 1e21, "f": -122.4194001,
            "g": 9007199254740993_i64, "h": "", "i": null});
        for (key, decimal_text) in [
            ("a", Some("12.5")),
            ("b", Some("30")),
            ("c", Some("9.90")),
            ("d", Some("0.1")),
            ("e", Some("1000000000000000000000")),
            ("f", Some("-122.4194001")),
            ("g", Some("9007199254740993")),
            ("h", None),
            ("i", None),
        ] {
            assert_eq!(decimal(&value, key).as_deref(), decimal_text, "{key}");
        }
    }

    #[test]
    fn times_are_read_from_text_and_number_and_never_lie_ahead() {
        let now = Moment(1_795_320_000_000);
        let value = json!({"text": "1795319990", "number": 1795319990, "ahead": 17494004003_i64,
            "word": "soon", "negative": -5});
        for (key, at) in [
            ("text", 1_795_319_990_000),
            ("number", 1_795_319_990_000),
            ("ahead", now.0),
            ("word", now.0),
            ("negative", now.0),
            ("absent", now.0),
        ] {
            assert_eq!(past(&value, key, now), Moment(at), "{key}");
        }
    }

    #[test]
    fn a_digest_is_one_or_nothing() {
        let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        let base64 = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=";
        for (text, read) in [
            (hex, Some(hex)),
            (base64, Some(hex)),
            ("4654+8g=", None),
            ("", None),
        ] {
            assert_eq!(digest(text).as_deref(), read, "{text}");
        }
    }

    #[test]
    fn a_long_raw_text_is_cut_between_characters() {
        let text = cut("ü".repeat(RAW_MAX_BYTES));
        assert_eq!(text.len(), RAW_MAX_BYTES);
        assert!(cut("x".to_owned() + &text).len() < RAW_MAX_BYTES);
    }
}
