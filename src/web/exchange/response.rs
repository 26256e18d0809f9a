//! What a handler answers. All headers go through one helper that refuses what could start a
//! second header; the front adds the security headers, the length, the date and the encoding.

use super::SpooledFile;
use crate::error::Result;
use cookie::Cookie;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode, utf8_percent_encode};
use serde::Serialize;
use std::borrow::Cow;
use std::fs::File;

/// Characters of a header value that are written as `%XX`: all that are not ASCII.
const NOT_ASCII: &AsciiSet = &AsciiSet::EMPTY;
/// Characters a `Location` cannot hold as they are.
const NOT_IN_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\');

/// What a handler says in return.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The content.
    pub body: Answer,
    headers: Vec<(String, String)>,
    plain: bool,
}

/// The content of an answer.
#[derive(Debug)]
pub enum Answer {
    /// None.
    Empty,
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file; the front streams it, so that a slow client occupies no worker.
    File(SpooledFile),
    /// A live stream: the front keeps the connection.
    Live(Subscription),
}

/// What a live stream wants to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topics; an event is sent if it has one of them.
    pub topics: Vec<String>,
    /// The last event the client has; later ones are sent at once. None: only what comes.
    pub after: Option<u64>,
}

impl Response {
    /// An empty answer with this status.
    pub fn status(status: u16) -> Self {
        Response {
            status,
            body: Answer::Empty,
            headers: Vec::new(),
            plain: false,
        }
    }

    /// A page.
    pub fn html(text: impl Into<String>) -> Self {
        Self::bytes("text/html; charset=utf-8", text.into().into_bytes())
    }

    /// Plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::bytes("text/plain; charset=utf-8", text.into().into_bytes())
    }

    /// A value as JSON.
    pub fn json(value: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_vec(value)?;
        Ok(Self::bytes("application/json", text))
    }

    /// Bytes of the given media type.
    pub fn bytes(media_type: &str, bytes: Vec<u8>) -> Self {
        let mut response = Self::status(200).with_header("content-type", media_type);
        response.body = Answer::Bytes(bytes);
        response
    }

    /// The place to go to after something was done. Only paths of this desk: anything that would
    /// lead to another host leads to `/`.
    pub fn redirect_303(path: &str) -> Self {
        let inside = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
        let path = if inside { path } else { "/" };
        let path = utf8_percent_encode(path, NOT_IN_PATH).to_string();
        Self::status(303).with_header("location", &path)
    }

    /// The first `len` bytes of a file, to be saved under `name`; parts of it may be asked for.
    /// Long exports go this way too: write them to a `tempfile::tempfile()` first.
    pub fn file(file: File, len: u64, media_type: &str, name: &str) -> Self {
        let mut response = Self::status(200)
            .with_header("content-type", media_type)
            .with_header("content-disposition", &disposition("attachment", name));
        response.body = Answer::File(SpooledFile::new(file, len));
        response
    }

    /// A live stream of events.
    pub fn live(subscription: Subscription) -> Self {
        let mut response = Self::status(200)
            .with_header("content-type", "text/event-stream")
            .with_header("cache-control", "no-store")
            .with_header("x-accel-buffering", "no");
        response.body = Answer::Live(subscription);
        response
    }

    /// The same answer with another status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same answer with this header in place of any of its name. A value with CR, LF, NUL or
    /// another control character is left out and noted; what is not ASCII is written as `%XX`.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Some((name, value)) = clean(name, value) {
            self.headers.retain(|(have, _)| *have != name);
            self.headers.push((name, value));
        }
        self
    }

    /// The same answer, setting a cookie.
    pub fn with_cookie(mut self, cookie: Cookie<'_>) -> Self {
        self.headers
            .extend(clean("set-cookie", &cookie.to_string()));
        self
    }

    /// The same answer, offered under a file name: shown in the page, or else saved.
    pub fn named(self, name: &str, shown: bool) -> Self {
        let kind = if shown { "inline" } else { "attachment" };
        self.with_header("content-disposition", &disposition(kind, name))
    }

    /// The same answer, never compressed: for pages where a secret meets reflected input.
    pub fn uncompressed(mut self) -> Self {
        self.plain = true;
        self
    }

    /// Whether the answer must not be compressed.
    pub fn is_uncompressed(&self) -> bool {
        self.plain
    }

    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
    }

    /// All headers, names in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }
}

/// The one door of every header: a name and a value that cannot become two.
fn clean(name: &str, value: &str) -> Option<(String, String)> {
    let named = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if name.is_empty() || !named || value.chars().any(|one| one.is_control() && one != '\t') {
        tracing::warn!(header = ?name, ?value, "left out a header with a control character");
        return None;
    }
    let value: Cow<'_, str> = percent_encode(value.trim().as_bytes(), NOT_ASCII).into();
    Some((name.to_ascii_lowercase(), value.into_owned()))
}

/// `attachment; filename="…"; filename*=UTF-8''…` (RFC 6266).
fn disposition(kind: &str, name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|one| !one.is_control())
        .take(150)
        .collect();
    let name = if name.is_empty() { "file" } else { &name };
    let plain = |one: char| {
        if one.is_ascii() && !"\"%;".contains(one) {
            one
        } else {
            '_'
        }
    };
    let plain: String = name.chars().map(plain).collect();
    let full = utf8_percent_encode(name, NON_ALPHANUMERIC);
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::{Response, disposition};

    #[test]
    fn no_value_becomes_a_second_header() {
        for wrong in [
            "a\r\nset-cookie: x=1",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\u{85}b",
            "\u{1b}[0m",
        ] {
            let response = Response::text("").with_header("x-note", wrong);
            assert_eq!(response.header("x-note"), None, "{wrong:?}");
        }
        let response = Response::text("")
            .with_header("x\r\ny", "1")
            .with_header("", "1");
        assert_eq!(response.headers().len(), 1);
        let response = Response::text("").with_header("X-Note", " café ");
        assert_eq!(response.header("x-note"), Some("caf%C3%A9"));
    }

    #[test]
    fn a_redirect_stays_in_the_house() {
        let cases = [
            ("/inbox?q=a b", "/inbox?q=a%20b"),
            ("/é\r\nx: y", "/%C3%A9%0D%0Ax:%20y"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example/", "/"),
        ];
        for (path, location) in cases {
            let response = Response::redirect_303(path);
            assert_eq!(response.header("location"), Some(location), "{path}");
        }
    }

    #[test]
    fn a_file_name_is_only_a_name() {
        let cases = [
            (
                "a.pdf",
                "attachment; filename=\"a.pdf\"; filename*=UTF-8''a%2Epdf",
            ),
            (
                "../../é\".txt",
                "attachment; filename=\"__.txt\"; filename*=UTF-8''%C3%A9%22%2Etxt",
            ),
            (
                "\r\n",
                "attachment; filename=\"file\"; filename*=UTF-8''file",
            ),
        ];
        for (name, header) in cases {
            assert_eq!(disposition("attachment", name), header);
        }
    }
}
