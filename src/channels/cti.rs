//! Telephony: what a phone system posts about a call, as JSON or as a form, in the words Zammad
//! made common. One body is one step of one call.
//!
//! **Source:** Zammad, generic CTI integration (2026-01).

use crate::domain::call::{Step, StepKind};
use crate::domain::message::CallDirection;
use crate::error::{Refusal, Result};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::BTreeMap;

/// The longest name of a call. **Unit:** characters. **Source:** Zammad, `callId`.
const CALL_ID_MAX: usize = 250;
/// The longest of all other values. **Unit:** characters.
const VALUE_MAX: usize = 200;
/// Most people one call rings at.
const USERS_MAX: usize = 50;

/// Whether a token is the line's own, compared in constant time. An empty one opens nothing.
pub fn knows(token: &str, given: &str) -> bool {
    // Digests under one key have one length, so comparing them tells nothing about the token.
    let wanted = mac(token, token.as_bytes()).finalize().into_bytes();
    let same = mac(token, given.as_bytes()).verify_slice(&wanted).is_ok();
    same && !token.is_empty()
}

fn mac(key: &str, bytes: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
        // HMAC takes keys of every length (RFC 2104 §2).
        .expect("an HMAC key may have any length");
    mac.update(bytes);
    mac
}

/// The step a body tells of.
///
/// **Refuses:** a body that is neither JSON nor a form; a missing or unknown event, direction or
/// call id; values longer than any phone system writes.
pub fn parse(bytes: &[u8]) -> Result<Step> {
    let fields = fields(bytes)?;
    let get = |name: &str| {
        let found = fields.get(name).and_then(|values| values.first());
        found
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    for (name, values) in &fields {
        let most = if name == "callId" {
            CALL_ID_MAX
        } else {
            VALUE_MAX
        };
        if values.iter().any(|value| value.chars().count() > most) {
            let text = format!("{name} is longer than {most} characters");
            return Err(Refusal::invalid(text).into());
        }
    }
    let event = get("event").unwrap_or_default();
    let kind = match event.as_str() {
        "newCall" => StepKind::NewCall,
        "answer" => StepKind::Answer,
        "hangup" => StepKind::Hangup,
        "" => return Err(Refusal::invalid("event is missing").into()),
        other => {
            let text = format!("event {other} is none of newCall, answer, hangup");
            return Err(Refusal::invalid(text).into());
        }
    };
    let direction = match get("direction").unwrap_or_default().as_str() {
        "in" => CallDirection::In,
        "out" => CallDirection::Out,
        "" => return Err(Refusal::invalid("direction is missing").into()),
        other => {
            let text = format!("direction {other} is neither in nor out");
            return Err(Refusal::invalid(text).into());
        }
    };
    let call_id = get("callId").ok_or_else(|| Refusal::invalid("callId is missing"))?;
    let mut users = fields.get("user").cloned().unwrap_or_default();
    users.extend(fields.get("caller").cloned().unwrap_or_default());
    users.retain(|user| !user.trim().is_empty());
    users.truncate(USERS_MAX);
    Ok(Step {
        kind,
        call_id,
        direction,
        from: get("from").unwrap_or_default(),
        to: get("to").unwrap_or_default(),
        users,
        queue: get("queue"),
        cause: get("cause"),
        answering: get("answeringNumber"),
    })
}

/// The values of a body by name; `user[]` is `user`.
fn fields(bytes: &[u8]) -> Result<BTreeMap<String, Vec<String>>> {
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        None => Err(Refusal::invalid("the body is empty").into()),
        Some(b'{') => {
            let body: Value = serde_json::from_slice(bytes)
                .map_err(|error| Refusal::invalid(format!("the body is broken JSON: {error}")))?;
            for (name, value) in body.as_object().into_iter().flatten() {
                let values = match value {
                    Value::Array(values) => values.iter().map(text).collect(),
                    Value::Null => continue,
                    value @ (Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Object(_)) => vec![text(value)],
                };
                fields.insert(name.clone(), values);
            }
            Ok(fields)
        }
        Some(_) => {
            if !bytes.contains(&b'=') {
                let text = "the body is neither JSON nor a form";
                return Err(Refusal::invalid(text).into());
            }
            for (name, value) in form_urlencoded::parse(bytes) {
                let name = name.trim_end_matches("[]").to_owned();
                fields.entry(name).or_default().push(value.into_owned());
            }
            Ok(fields)
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_a_form_say_the_same() {
        let json = br#"{"event":"newCall","from":"493055571600","to":"491711234567",
            "direction":"in","callId":"x-1","user":["Ada","Ben"],"queue":"sales"}"#;
        let form = b"event=newCall&from=493055571600&to=491711234567&direction=in&callId=x-1\
            &user%5B%5D=Ada&user[]=Ben&queue=sales";
        let step = parse(json).unwrap();
        assert_eq!(step, parse(form).unwrap());
        assert_eq!(step.users, ["Ada", "Ben"]);
        assert_eq!(step.queue.as_deref(), Some("sales"));
        let one = br#"{"event":"answer","direction":"in","callId":7,"user":"Ada"}"#;
        let step = parse(one).unwrap();
        assert_eq!((step.call_id.as_str(), step.users.len()), ("7", 1));
    }

    #[test]
    fn a_body_that_makes_no_sense_is_refused_with_what_is_wrong() {
        for (body, sentence) in [
            ("", "empty"),
            ("hello", "neither JSON nor a form"),
            ("{\"event\":", "broken JSON"),
            ("event=dtmf&direction=in&callId=1", "dtmf"),
            ("direction=in&callId=1", "event is missing"),
            ("event=newCall&direction=up&callId=1", "neither in nor out"),
            ("event=newCall&callId=1", "direction is missing"),
            ("event=newCall&direction=in", "callId is missing"),
        ] {
            let refused = parse(body.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains(sentence), "{body}: {refused}");
        }
        let long = format!("event=hangup&direction=in&callId={}", "9".repeat(251));
        assert!(parse(long.as_bytes()).is_err());
    }

    #[test]
    fn only_the_whole_token_opens() {
        assert!(knows("sesame", "sesame"));
        for wrong in ["", "sesam", "sesame ", "SESAME"] {
            assert!(!knows("sesame", wrong), "{wrong}");
        }
        assert!(!knows("", ""));
    }
}
