//! The line to Meta's Graph API: blocking, bounded in time and bytes, never redirected. What
//! matters most is told exactly: taken, refused, certainly not sent, or nobody knows.

use super::errors::{self, GraphError};
use super::reader::{digest, text, whole};
use super::send::{self, Typing};
use super::templates::{self, Page};
use super::wire::{self, Answer, Lost, Wire};
use crate::domain::message::Media;
use crate::domain::sending::{Class, Refused, SendOutcome};
use crate::domain::template::TemplateSpec;
use crate::error::{Refusal, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{Read, Write};
use std::time::Duration;

/// Where and as whom to speak to the Graph API.
#[derive(Clone)]
pub struct Connection {
    /// The address before the version, without a slash at the end.
    pub base_url: String,
    /// The version in the path (`v25.0`).
    pub version: String,
    /// The access token.
    pub token: String,
    /// The provider's name for our number.
    pub phone_number_id: String,
    /// The WhatsApp business account.
    pub waba_id: String,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// How long to wait for the Graph API.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the connection to stand.
    pub connect: Duration,
    /// For a question to be answered.
    pub answer: Duration,
    /// For a file to be carried over.
    pub transfer: Duration,
}

/// Why a call other than a sending came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The provider refused it.
    Refused(Refused),
    /// It could not be reached, or did not answer sensibly: worth trying again.
    Unreached(String),
    /// What came is not what was announced: damaged, too large.
    Unfit(String),
}

/// What the provider says about our number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Number {
    /// The number as people read it.
    pub display: String,
    /// The name customers see.
    pub name: String,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub quality: String,
}

/// A file that was fetched whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The type the provider claims.
    pub mime: String,
    /// **Unit:** bytes.
    pub size_bytes: u64,
    /// Its digest in lower-case hex, computed from what came.
    pub sha256: String,
}

/// The most pages of templates that are read, 100 on each.
pub const TEMPLATE_PAGES_MAX: usize = 60;

/// A connected Graph API.
pub struct Graph {
    connection: Connection,
    wire: Wire,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            transfer: Duration::from_secs(300),
        }
    }
}

impl Graph {
    /// Prepares the line; nothing is sent yet.
    /// **Refuses:** an address that is not https (http is taken for this machine alone), a version
    /// or an id that would change the path, a token that fits no header.
    pub fn new(connection: Connection) -> Result<Self> {
        let base_url = connection.base_url.trim_end_matches('/').to_owned();
        if !wire::is_safe(&base_url) {
            let text = format!("{base_url} is not an https address");
            return Err(Refusal::invalid(text).at("base_url").into());
        }
        let Connection {
            version,
            phone_number_id,
            waba_id,
            ..
        } = &connection;
        for (field, part) in [
            ("version", version),
            ("phone_number_id", phone_number_id),
            ("waba_id", waba_id),
        ] {
            let proper = part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
            if part.is_empty() || !proper || part.starts_with('.') {
                return Err(Refusal::invalid(format!("{part} is not a valid {field}"))
                    .at(field)
                    .into());
            }
        }
        if connection.token.is_empty() || !connection.token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(
                Refusal::invalid("the access token is empty or holds spaces")
                    .at("token")
                    .into(),
            );
        }
        let wire = Wire::new(connection.timeouts.connect);
        Ok(Graph {
            connection: Connection {
                base_url,
                ..connection
            },
            wire,
        })
    }

    /// Sends a body made by [`super::send`] and tells what came of it.
    pub fn send(&self, body: &Value) -> SendOutcome {
        let url = self.url(&format!("{}/messages", self.connection.phone_number_id));
        let answer = match self.wire.post(
            &url,
            &self.connection.token,
            body,
            self.connection.timeouts.answer,
        ) {
            Ok(answer) => answer,
            Err(Lost {
                reached: false,
                why,
            }) => return SendOutcome::NotSent { why },
            Err(Lost { reached: true, why }) => return SendOutcome::Unknown { why },
        };
        let json = answer.json().unwrap_or(Value::Null);
        if let Some(error) = errors::read(answer.status, &json) {
            return SendOutcome::Refused(errors::explain(&error));
        }
        let provider_id = json
            .pointer("/messages/0")
            .and_then(|message| text(message, "id"));
        let contact = json.pointer("/contacts/0");
        match (answer.status, provider_id) {
            (200..=299, Some(provider_id)) => SendOutcome::Accepted {
                provider_id,
                wa_id: contact.and_then(|contact| text(contact, "wa_id")),
                user_id: contact.and_then(|contact| text(contact, "user_id")),
            },
            // A gateway that lost the answer cannot say whether the message went through.
            (200..=299 | 500 | 502 | 504, _) => SendOutcome::Unknown {
                why: answer.strange(),
            },
            (_, _) => SendOutcome::Refused(self.explain_strange(&answer)),
        }
    }

    /// Marks a message and all before it as read, and shows that we write.
    pub fn mark_read(&self, provider_id: &str, typing: Typing) -> Result<(), Failure> {
        let url = self.url(&format!("{}/messages", self.connection.phone_number_id));
        let body = send::read(provider_id, typing);
        self.sound(self.wire.post(
            &url,
            &self.connection.token,
            &body,
            self.connection.timeouts.answer,
        ))?;
        Ok(())
    }

    /// Uploads a file; the answer is the name by which it is sent.
    pub fn upload(&self, media: &Media, bytes: &[u8]) -> Result<String, Failure> {
        let size_bytes = Some(bytes.len() as u64);
        send::check_upload(&Media {
            size_bytes,
            ..media.clone()
        })
        .map_err(|refusal| Failure::Unfit(refusal.to_string()))?;
        let url = self.url(&format!("{}/media", self.connection.phone_number_id));
        let (token, within) = (&self.connection.token, self.connection.timeouts.transfer);
        let json = self.sound(self.wire.upload(&url, token, &media.mime, bytes, within))?;
        text(&json, "id")
            .ok_or_else(|| Failure::Unreached("the upload was answered without an id".into()))
    }

    /// Fetches a file into `sink`: asks where it lies, fetches it with our token, compares size
    /// and digest. An address that has run out is asked for once more.
    /// **Limit:** `max_bytes`. After a failure `sink` may hold a part; it is to be thrown away.
    pub fn fetch(
        &self,
        media: &Media,
        max_bytes: u64,
        sink: &mut dyn Write,
    ) -> Result<Fetched, Failure> {
        let id = media.media_id.as_deref().unwrap_or_default();
        if id.is_empty()
            || !id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        {
            return Err(Failure::Unfit(format!("{id} is not the name of a file")));
        }
        let about = self.url(&format!(
            "{id}?phone_number_id={}",
            self.connection.phone_number_id
        ));
        let token = &self.connection.token;
        let timeouts = self.connection.timeouts;
        for attempt in 0..2 {
            let place = self.sound(self.wire.get(&about, token, timeouts.answer))?;
            let announced = whole(&place, "file_size").and_then(|size| u64::try_from(size).ok());
            if let Some(size) = announced.filter(|size| *size > max_bytes) {
                let text = format!("the file has {size} bytes; at most {max_bytes} are taken");
                return Err(Failure::Unfit(text));
            }
            let address = text(&place, "url").filter(|url| wire::is_safe(url));
            let Some(address) = address else {
                return Err(Failure::Unreached("the file has no safe address".into()));
            };
            let mut stream = match self.wire.open(&address, token, timeouts.transfer) {
                Ok((200, stream)) => stream,
                Ok((404, _)) if attempt == 0 => continue,
                Ok((404 | 410, _)) => {
                    return Err(Failure::Unfit("the file is not there any more".into()));
                }
                Ok((status, _)) => {
                    return Err(Failure::Unreached(format!(
                        "the file was answered with HTTP {status}"
                    )));
                }
                Err(lost) => return Err(Failure::Unreached(lost.why)),
            };
            let (size_bytes, sha256) = copy(&mut stream, max_bytes, sink)?;
            let expected = media
                .sha256
                .clone()
                .or_else(|| text(&place, "sha256").as_deref().and_then(digest));
            if announced.is_some_and(|size| size != size_bytes) {
                return Err(Failure::Unreached("the file came in part only".into()));
            }
            if expected.is_some_and(|expected| expected != sha256) {
                return Err(Failure::Unreached(
                    "the file is not the one announced: its digest differs".into(),
                ));
            }
            let mime = text(&place, "mime_type").unwrap_or_else(|| media.mime.clone());
            return Ok(Fetched {
                mime,
                size_bytes,
                sha256,
            });
        }
        Err(Failure::Unfit("the file is not there any more".into()))
    }

    /// All templates of the business account. **Limit:** [`TEMPLATE_PAGES_MAX`].
    pub fn templates(&self) -> Result<Vec<TemplateSpec>, Failure> {
        let mut found = Vec::new();
        let mut after = String::new();
        for _ in 0..TEMPLATE_PAGES_MAX {
            let path = format!(
                "{}/message_templates?limit=100{after}",
                self.connection.waba_id
            );
            let (url, timeouts) = (self.url(&path), self.connection.timeouts);
            let answer =
                self.sound(self.wire.get(&url, &self.connection.token, timeouts.answer))?;
            let Page {
                templates,
                after: next,
            } = templates::page(&answer);
            found.extend(templates);
            let Some(next) = next else { break };
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            after = format!("&after={next}");
        }
        Ok(found)
    }

    /// What the provider says about our number: whether address, token and ids are right.
    pub fn number(&self) -> Result<Number, Failure> {
        let fields = "display_phone_number,verified_name,quality_rating";
        let url = self.url(&format!(
            "{}?fields={fields}",
            self.connection.phone_number_id
        ));
        let timeouts = self.connection.timeouts;
        let answer = self.sound(self.wire.get(&url, &self.connection.token, timeouts.answer))?;
        Ok(Number {
            display: text(&answer, "display_phone_number").unwrap_or_default(),
            name: text(&answer, "verified_name").unwrap_or_default(),
            quality: text(&answer, "quality_rating").unwrap_or_default(),
        })
    }

    fn url(&self, path: &str) -> String {
        format!(
            "{}/{}/{path}",
            self.connection.base_url, self.connection.version
        )
    }

    /// The JSON of a good answer.
    fn sound(&self, answer: Result<Answer, Lost>) -> Result<Value, Failure> {
        let answer = answer.map_err(|lost| Failure::Unreached(lost.why))?;
        let json = answer.json().unwrap_or(Value::Null);
        if let Some(error) = errors::read(answer.status, &json) {
            return Err(Failure::Refused(errors::explain(&error)));
        }
        match answer.status {
            200..=299 if json.is_object() => Ok(json),
            200..=299 | 500.. => Err(Failure::Unreached(answer.strange())),
            _ => Err(Failure::Refused(self.explain_strange(&answer))),
        }
    }

    /// An answer that no Graph API gives: out of order for a moment, or the wrong address.
    fn explain_strange(&self, answer: &Answer) -> Refused {
        if matches!(answer.status, 429 | 500..) {
            let (status, details) = (answer.status, answer.strange());
            return errors::explain(&GraphError {
                status,
                details,
                ..GraphError::default()
            });
        }
        let text = format!("{} does not answer like WhatsApp", self.connection.base_url);
        Refused {
            code: 0,
            class: Class::StopChannel,
            text,
            details: answer.strange(),
        }
    }
}

/// The token is never printed.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Connection {
            base_url,
            version,
            phone_number_id,
            waba_id,
            ..
        } = self;
        write!(f, "{base_url}/{version}/{phone_number_id} of {waba_id}")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(Refused { text, details, .. }) if details.is_empty() => {
                f.write_str(text)
            }
            Failure::Refused(Refused { text, details, .. }) => write!(f, "{text} ({details})"),
            Failure::Unreached(why) | Failure::Unfit(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Failure {}

fn copy(from: &mut dyn Read, max_bytes: u64, to: &mut dyn Write) -> Result<(u64, String), Failure> {
    let mut hash = Sha256::new();
    let mut size_bytes = 0_u64;
    let mut piece = vec![0; 64 * 1_024];
    loop {
        let read = from
            .read(&mut piece)
            .map_err(|error| Failure::Unreached(format!("the file broke off: {error}")))?;
        let part = piece.get(..read).unwrap_or_default();
        if part.is_empty() {
            return Ok((size_bytes, data_encoding::HEXLOWER.encode(&hash.finalize())));
        }
        size_bytes += read as u64;
        if size_bytes > max_bytes {
            return Err(Failure::Unfit(format!(
                "the file has more than {max_bytes} bytes"
            )));
        }
        hash.update(part);
        to.write_all(part)
            .map_err(|error| Failure::Unreached(format!("the file could not be kept: {error}")))?;
    }
}
