//! Entries and disclosures: the exact bytes of the trail, written once and read strictly.
//!
//! **Source:** AUDIT §2.

use super::tree::{self, Hash};
use crate::domain::actor::{Actor, Via};
use crate::domain::event::{Event, File, Parts};
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::error::{Error, Refusal, RefusalKind, Result};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The longest entry. **Unit:** bytes.
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// One link of an object's own chain: id, n-th event of that object, leaf of the one before.
pub type Link = (String, u64, Option<String>);

/// An entry as it is written; the fields stand in the order of their names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Who did it.
    pub actor: Actor,
    /// When it was recorded; never before the entry before.
    pub at: Moment,
    /// The event it follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Seq>,
    /// How far the clock stood back when it was recorded. **Unit:** milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_back_ms: Option<i64>,
    /// The fact's public fields.
    pub data: Map<String, Value>,
    /// Version of the event's shape.
    pub ev: u32,
    /// `area.past_participle`.
    pub event: String,
    /// For whom the actor acted, if for another.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub acts_for: Option<Actor>,
    /// The chains it continues.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<Link>,
    /// Leaf of the entry before, base64.
    pub prev: String,
    /// 16 random bytes, base64url.
    pub salt: String,
    /// Field → base64 SHA-256 of its disclosure.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sealed: BTreeMap<String, String>,
    /// Place in the trail.
    pub seq: Seq,
    /// Version of the entry's form, 1.
    pub v: u32,
    /// Through which door.
    pub via: Via,
}

/// What stands in the disclosure of a file in place of its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSeal {
    /// **Unit:** bytes.
    pub bytes: u64,
    /// 16 random bytes in hex, mixed into the digest so that content cannot be guessed from it.
    pub key: String,
    /// Hex SHA-256 of key bytes and content.
    pub sha256: String,
    /// The media type.
    #[serde(rename = "type")]
    pub media_type: String,
}

impl FileSeal {
    /// Seals a file under a random key.
    pub fn new(file: &File, key: [u8; 16]) -> Self {
        FileSeal {
            bytes: file.bytes.len() as u64,
            sha256: HEXLOWER.encode(&Self::digest(&key, &file.bytes)),
            key: HEXLOWER.encode(&key),
            media_type: file.media_type.clone(),
        }
    }

    /// Whether these are the sealed bytes.
    pub fn fits(&self, bytes: &[u8]) -> bool {
        HEXLOWER.decode(self.key.as_bytes()).is_ok_and(|key| {
            HEXLOWER.encode(&Self::digest(&key, bytes)) == self.sha256
                && bytes.len() as u64 == self.bytes
        })
    }

    fn digest(key: &[u8], bytes: &[u8]) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(key);
        hasher.update(bytes);
        hasher.finalize().into()
    }
}

/// The disclosure of a value: `["salt","field",value]`.
pub fn disclose(salt: [u8; 16], field: &str, value: &Value) -> Result<String> {
    Ok(serde_json::to_string(&(
        BASE64URL_NOPAD.encode(&salt),
        field,
        value,
    ))?)
}

/// What stands under `sealed` for a disclosure: its SHA-256 in base64.
pub fn seal(disclosure: &str) -> String {
    BASE64.encode(&Sha256::digest(disclosure.as_bytes()))
}

/// The field and the value of a disclosure.
pub fn opened(disclosure: &str) -> Result<(String, Value)> {
    let (_salt, field, value): (String, String, Value) = serde_json::from_str(disclosure)?;
    Ok((field, value))
}

impl Entry {
    /// The bytes that are hashed, stored and exported.
    ///
    /// **Refuses:** an entry over [`ENTRY_BYTES_MAX`], floats, integers beyond 2^53 − 1.
    pub fn bytes(&self) -> Result<String> {
        check_numbers(&self.data)?;
        let text = serde_json::to_string(self)?;
        if text.len() > ENTRY_BYTES_MAX {
            return Err(Refusal::of(
                RefusalKind::TooLarge,
                format!(
                    "an entry of {} bytes is longer than {ENTRY_BYTES_MAX}; shorten it",
                    text.len()
                ),
            )
            .into());
        }
        Ok(text)
    }

    /// Reads an entry and insists that the bytes are exactly what we would write.
    pub fn read(bytes: &str) -> Result<Self> {
        let entry: Entry = serde_json::from_str(bytes)?;
        check_numbers(&entry.data)?;
        if entry.bytes()? != bytes {
            return Err(Error::fault(
                "the entry is not written in its one canonical form",
            ));
        }
        Ok(entry)
    }

    /// The leaf of these bytes.
    pub fn leaf(bytes: &str) -> Hash {
        tree::leaf(bytes.as_bytes())
    }

    /// The fact in it, with the disclosures that are still there.
    pub fn fact(&self, disclosures: &[(String, String)]) -> Result<Event> {
        let mut sealed = Map::new();
        for (field, text) in disclosures {
            sealed.insert(field.clone(), opened(text)?.1);
        }
        Event::from_parts(Parts {
            name: self.event.clone(),
            data: self.data.clone(),
            sealed,
        })
    }
}

fn check_numbers(data: &Map<String, Value>) -> Result<()> {
    let mut open: Vec<&Value> = data.values().collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Number(number) => {
                let small = number.as_i64().is_some_and(|n| n.unsigned_abs() < 1 << 53);
                if !small {
                    return Err(Error::fault(format!("{number} cannot stand in an entry")));
                }
            }
            Value::Array(values) => open.extend(values),
            Value::Object(fields) => open.extend(fields.values()),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disclosure_has_the_known_digest() {
        let text = r#"["3zMnocy5hmnT9rn2ATWzxw","actor.name","Zoë Ní"]"#;
        assert_eq!(seal(text), "L107A+IZOWTtlpeUxYr9WEC5a/BR+Fz4q9qlfkpeby0=");
        assert_eq!(
            opened(text).unwrap(),
            ("actor.name".into(), Value::from("Zoë Ní"))
        );
    }

    #[test]
    fn a_float_or_a_huge_number_cannot_stand_in_an_entry() {
        for number in ["0.5", "9007199254740992", "1e3"] {
            let data = serde_json::from_str(&format!(r#"{{"a":[{{"b":{number}}}]}}"#)).unwrap();
            assert!(check_numbers(&data).is_err(), "{number}");
        }
        let data = serde_json::from_str(r#"{"a":-9007199254740991}"#).unwrap();
        assert!(check_numbers(&data).is_ok());
    }
}
