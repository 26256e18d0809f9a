//! What a handler sees of a request and says in return. The front has already refused whatever was
//! too long, too many or two-faced: here every path is clear and every body is whole and bounded.

pub mod form;
mod multipart;
mod response;
pub mod target;

pub use response::{Answer, Response, Subscription};

use crate::error::{Error, Refusal, RefusalKind, Result};
pub use form::{Form, Upload};
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::{IpAddr, Ipv4Addr};

/// The methods the desk knows; the front answers all others itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Read, without the body.
    Head,
    /// Make, or do.
    Post,
    /// Put a file or a value in its place.
    Put,
    /// Take away.
    Delete,
}

impl Method {
    /// The method of this name, if the desk knows it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "GET" => Some(Method::Get),
            "HEAD" => Some(Method::Head),
            "POST" => Some(Method::Post),
            "PUT" => Some(Method::Put),
            "DELETE" => Some(Method::Delete),
            _ => None,
        }
    }

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }

    /// Whether it only reads: GET and HEAD.
    pub fn reads(self) -> bool {
        matches!(self, Method::Get | Method::Head)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One complete request.
#[derive(Debug)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// The path, decoded once and without a trailing slash.
    pub path: String,
    /// The path's segments, for `match (method, segments)`.
    pub segments: Vec<String>,
    /// The query's pairs, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Who asks; behind a trusted proxy, whom it names.
    pub peer: IpAddr,
    /// The request's name in the log; also the incident number if it fails.
    pub id: String,
    /// Whether it came over HTTPS, here or at a trusted proxy.
    pub secure: bool,
    /// What was sent along.
    pub body: Body,
    headers: Vec<(String, String)>,
}

impl Request {
    /// A request as the front makes it and as page tests make it: from the loopback, without
    /// headers and body. **Refuses:** a target that is not one clear path.
    pub fn new(method: Method, raw_target: &str) -> Result<Self> {
        let target = target::parse(raw_target).map_err(Refusal::invalid)?;
        Ok(Request {
            method,
            path: target.path,
            segments: target.segments,
            query: target.query,
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            id: String::new(),
            secure: false,
            body: Body::Bytes(Vec::new()),
            headers: Vec::new(),
        })
    }

    /// The same request with one more header.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// The same request with this body.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Bytes(body.into());
        self
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |(have, _): &&(String, String)| have.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .find(named)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let named = self.headers.iter().filter(|(have, _)| have == "cookie");
        named
            .flat_map(|(_, value)| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(have, _)| *have == name)
            .map(|(_, value)| value.trim_matches('"'))
    }

    /// The first value of this name in the query.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        let mut pairs = self.query.iter();
        pairs
            .find(|(have, _)| have == name)
            .map(|(_, value)| value.as_str())
    }

    /// The fields and files of a form, urlencoded or multipart. **Refuses:** another content type,
    /// a broken multipart body, too many parts.
    pub fn form(&self) -> Result<Form> {
        let kind = self.header("content-type").unwrap_or_default();
        Form::read(kind, &self.body)
    }

    /// Whether the client takes a gzip answer.
    pub fn accepts_gzip(&self) -> bool {
        let accepted = self.header("accept-encoding").unwrap_or_default();
        accepted.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let refused = parts.any(|part| {
                part.strip_prefix("q=")
                    .is_some_and(|q| q.parse().is_ok_and(|q: f32| q <= 0.0))
            });
            (name.eq_ignore_ascii_case("gzip") || name == "*") && !refused
        })
    }
}

/// What came with a request.
#[derive(Debug)]
pub enum Body {
    /// In memory, as received: signatures are checked over exactly these bytes.
    Bytes(Vec<u8>),
    /// An upload, in a temporary file.
    Spooled(SpooledFile),
}

impl Body {
    /// How long it is. **Unit:** bytes.
    pub fn len(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Spooled(spooled) => spooled.len,
        }
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes in memory; none for an upload, which is read through [`Body::open`].
    pub fn bytes(&self) -> &[u8] {
        match self {
            Body::Bytes(bytes) => bytes,
            Body::Spooled(_) => &[],
        }
    }

    /// A reader over the whole body.
    pub fn open(&self) -> Result<Box<dyn Read + '_>> {
        match self {
            Body::Bytes(bytes) => Ok(Box::new(bytes.as_slice())),
            Body::Spooled(spooled) => Ok(Box::new(spooled.open()?)),
        }
    }

    /// The whole body in memory. **Refuses:** more than `most` bytes.
    pub fn read(&self, most: usize) -> Result<Vec<u8>> {
        read_at_most(self.open()?, self.len(), most)
    }
}

/// An upload in a temporary file without a name: it is gone when this is dropped, even by a crash.
#[derive(Debug)]
pub struct SpooledFile {
    file: File,
    /// How long it is. **Unit:** bytes.
    pub len: u64,
}

impl SpooledFile {
    /// The upload written to `file`.
    pub fn new(file: File, len: u64) -> Self {
        SpooledFile { file, len }
    }

    /// A reader from its beginning. Readers of one upload share their place: use one at a time.
    pub fn open(&self) -> Result<File> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

/// Reads a source of known length. **Refuses:** more than `most` bytes.
fn read_at_most(from: impl Read, len: u64, most: usize) -> Result<Vec<u8>> {
    if len > most as u64 {
        let text = format!("{len} bytes are more than the {most} that are taken here");
        return Err(Error::Refusal(Refusal::of(RefusalKind::TooLarge, text)));
    }
    let mut bytes = Vec::new();
    from.take(len).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Method, Request};

    #[test]
    fn cookies_and_headers_are_found_by_name() {
        let request = Request::new(Method::Get, "/inbox?q=1")
            .unwrap()
            .with_header("Cookie", "a=1; session=x=y")
            .with_header("cookie", "b=\"2\"")
            .with_header("Accept", "text/html");
        assert_eq!(request.cookie("session"), Some("x=y"));
        assert_eq!(request.cookie("b"), Some("2"));
        assert_eq!(request.cookie("sess"), None);
        assert_eq!(request.header("ACCEPT"), Some("text/html"));
        assert_eq!(request.query_value("q"), Some("1"));
    }

    #[test]
    fn gzip_is_taken_only_when_it_is_offered() {
        let cases = [
            ("gzip, br", true),
            ("br", false),
            ("GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0, br", false),
            ("*", true),
            ("", false),
        ];
        for (accepted, taken) in cases {
            let request = Request::new(Method::Get, "/").unwrap();
            let request = request.with_header("accept-encoding", accepted);
            assert_eq!(request.accepts_gzip(), taken, "{accepted}");
        }
    }
}
