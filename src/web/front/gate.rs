//! The gate: what the bytes of a request must look like before hyper sees any of them. hyper is a
//! good parser and a lenient one (bare line feeds, two lengths, length beside chunks); whatever two
//! servers could read in two ways is refused here, by hand and on purpose.

use super::{BodyKind, BodyLimit};
use crate::config::{KIB, Limits};
use crate::web::exchange::{Method, target};

/// A request line longer than this is refused as too long, not as too large. **Unit:** bytes.
const REQUEST_LINE_BYTES: usize = 8 * KIB;

/// Why a client is turned away: a status and a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turned(pub u16, pub &'static str);

/// How a body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// By its length; 0 is none. **Unit:** bytes.
    Length(u64),
    /// By chunks.
    Chunked,
}

/// What the gate knows of a request it lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub bytes: usize,
    pub framing: Framing,
    pub kind: BodyKind,
    /// The most its body may have. **Unit:** bytes.
    pub body_bytes: usize,
    /// Whether the client waits for `100 Continue`.
    pub waits: bool,
}

/// Looks at the bytes that came since `from`: an error if they can become no request, else where
/// the head ends if it does.
pub(super) fn scan(bytes: &[u8], from: usize, limits: &Limits) -> Result<Option<usize>, Turned> {
    if bytes
        .first()
        .is_some_and(|first| !first.is_ascii_alphabetic())
    {
        return Err(Turned(400, "this is not an HTTP request"));
    }
    let before = |at: usize, back: usize| at.checked_sub(back).and_then(|at| bytes.get(at));
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            0 => return Err(Turned(400, "the head has a NUL")),
            b'\n' if before(at, 1) != Some(&b'\r') => {
                return Err(Turned(400, "the head has a line feed alone"));
            }
            b'\n' if before(at, 2) == Some(&b'\n') => {
                let end = at + 1;
                return if end > limits.head_bytes {
                    Err(too_large(bytes))
                } else {
                    Ok(Some(end))
                };
            }
            _ if before(at, 1) == Some(&b'\r') && *byte != b'\n' => {
                return Err(Turned(400, "the head has a carriage return alone"));
            }
            _ => {}
        }
    }
    if bytes.len() >= limits.head_bytes {
        Err(too_large(bytes))
    } else {
        Ok(None)
    }
}

fn too_large(bytes: &[u8]) -> Turned {
    let line = bytes
        .iter()
        .position(|byte| *byte == b'\r')
        .unwrap_or(bytes.len());
    if line > REQUEST_LINE_BYTES {
        return Turned(414, "the address is too long");
    }
    Turned(431, "the head of the request is too large")
}

/// Reads a whole head, blank line included. **Refuses:** everything ambiguous, and bodies that
/// are larger than the route takes.
pub(super) fn check(head: &[u8], limits: &Limits, limit: BodyLimit) -> Result<Head, Turned> {
    let text = head.strip_suffix(b"\r\n\r\n").unwrap_or(head);
    let mut lines = text
        .split(|byte| *byte == b'\n')
        .map(|line| line.trim_suffix_cr());
    let line = lines.next().unwrap_or_default();
    if line.len() > REQUEST_LINE_BYTES {
        return Err(Turned(414, "the address is too long"));
    }
    let (method, path, newest) = request_line(line)?;
    let fields = Fields::read(lines, limits)?;
    match fields.hosts {
        1 => {}
        0 if !newest => {}
        _ => return Err(Turned(400, "a request names one host")),
    }
    let framing = match (fields.length, fields.chunked) {
        (Some(_), true) => return Err(Turned(400, "the body has a length and chunks")),
        (None, true) if !newest => return Err(Turned(400, "HTTP/1.0 has no chunks")),
        (None, true) => Framing::Chunked,
        (length, false) => Framing::Length(length.unwrap_or(0)),
    };
    let kind = limit(&method, &path);
    let body_bytes = match kind {
        BodyKind::None => limits.ignored_body_bytes,
        BodyKind::Form => limits.form_body_bytes,
        BodyKind::Webhook => limits.webhook_body_bytes,
        BodyKind::Upload => limits.upload_body_bytes,
    };
    if fields
        .length
        .is_some_and(|length| length > body_bytes as u64)
    {
        return Err(Turned(413, "the body is larger than is taken here"));
    }
    Ok(Head {
        bytes: head.len(),
        framing,
        kind,
        body_bytes,
        waits: fields.waits && framing != Framing::Length(0),
    })
}

/// Method, path, and whether it is HTTP/1.1.
fn request_line(line: &[u8]) -> Result<(Method, String, bool), Turned> {
    let broken = Turned(400, "the request line is broken");
    let line = std::str::from_utf8(line).map_err(|_| broken)?;
    let mut words = line.split(' ');
    let (Some(name), Some(raw), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(broken);
    };
    let newest = match version {
        "HTTP/1.1" => true,
        "HTTP/1.0" => false,
        other => match other.strip_prefix("HTTP/").map(str::as_bytes) {
            Some([major, b'.', minor]) if major.is_ascii_digit() && minor.is_ascii_digit() => {
                return Err(Turned(505, "this server speaks HTTP/1.1"));
            }
            _ => return Err(broken),
        },
    };
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(broken);
    }
    let Some(method) = Method::named(name) else {
        return Err(match name {
            "OPTIONS" | "PATCH" | "TRACE" | "CONNECT" => {
                Turned(405, "this method is not used here")
            }
            _ => Turned(501, "this method is not known here"),
        });
    };
    let target = target::parse(raw).map_err(|why| Turned(400, why))?;
    Ok((method, target.path, newest))
}

/// What matters among the header lines.
#[derive(Default)]
struct Fields {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
    waits: bool,
}

impl Fields {
    fn read<'a>(lines: impl Iterator<Item = &'a [u8]>, limits: &Limits) -> Result<Fields, Turned> {
        let mut fields = Fields::default();
        for (at, line) in lines.enumerate() {
            if at == limits.headers {
                return Err(Turned(431, "the request has too many headers"));
            }
            let colon = line.iter().position(|byte| *byte == b':');
            let (name, value) = colon
                .and_then(|colon| line.split_at_checked(colon))
                .ok_or(Turned(400, "a header has no colon"))?;
            if name.is_empty() || !name.iter().copied().all(is_token) {
                return Err(Turned(400, "a header's name is broken"));
            }
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            if value
                .iter()
                .any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f)
            {
                return Err(Turned(400, "a header has a control character"));
            }
            fields.take(name, value)?;
        }
        Ok(fields)
    }

    fn take(&mut self, name: &[u8], value: &[u8]) -> Result<(), Turned> {
        if name.eq_ignore_ascii_case(b"host") {
            let named = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]%~".contains(byte);
            if value.is_empty() || !value.iter().all(named) {
                return Err(Turned(400, "the host's name is broken"));
            }
            self.hosts += 1;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            if self.length.is_some() {
                return Err(Turned(400, "the body has two lengths"));
            }
            self.length = Some(digits(value)?);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.chunked {
                return Err(Turned(400, "the body has two encodings"));
            }
            if !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Turned(501, "this transfer encoding is not known here"));
            }
            self.chunked = true;
        } else if name.eq_ignore_ascii_case(b"expect") {
            if !value.eq_ignore_ascii_case(b"100-continue") {
                return Err(Turned(417, "this expectation is not known here"));
            }
            self.waits = true;
        }
        Ok(())
    }
}

/// Digits alone: no sign, no space, no list. A number too large for 64 bits is merely too large.
fn digits(value: &[u8]) -> Result<u64, Turned> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Turned(400, "the body's length is not a number"));
    }
    let text = std::str::from_utf8(value).unwrap_or_default();
    text.parse()
        .map_err(|_| Turned(413, "the body is larger than is taken here"))
}

/// A character of a method's or header's name (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

trait TrimCr {
    fn trim_suffix_cr(&self) -> &[u8];
}

impl TrimCr for [u8] {
    fn trim_suffix_cr(&self) -> &[u8] {
        self.strip_suffix(b"\r").unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{BodyKind, Framing, Head, Turned, check, scan};
    use crate::config::Limits;

    fn read(text: &str) -> Result<Head, Turned> {
        let limits = Limits::default();
        let end = scan(text.as_bytes(), 0, &limits)?.expect("a whole head");
        check(
            &text.as_bytes()[..end],
            &limits,
            |method, path| match path {
                "/form" if !method.reads() => BodyKind::Form,
                _ => BodyKind::None,
            },
        )
    }

    #[test]
    fn a_clear_request_passes() {
        let head = read("GET / HTTP/1.1\r\nHost: a:8484\r\n\r\nnext").unwrap();
        assert_eq!((head.bytes, head.framing), (32, Framing::Length(0)));
        let head =
            read("POST /form HTTP/1.1\r\nhost: [::1]\r\nContent-Length: 12\r\n\r\n").unwrap();
        assert_eq!(
            (head.kind, head.framing),
            (BodyKind::Form, Framing::Length(12))
        );
        let head = read("POST /form HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n");
        assert_eq!(head.unwrap().framing, Framing::Chunked);
        assert!(read("GET /x HTTP/1.0\r\n\r\n").is_ok());
        let head = "POST /form HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";
        assert!(!read(&format!("{head}\r\n")).unwrap().waits);
        assert!(
            read(&format!("{head}Content-Length: 1\r\n\r\n"))
                .unwrap()
                .waits
        );
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let cases = [
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("PRI * HTTP/2.0\r\n\r\n", 505),
            ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
            ("GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400),
            ("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /\r\nHost: a\r\n\r\n", 400),
            ("\x16\x03\x01\x02", 400),
            ("\r\nGET / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\nHost: a\n\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nx: 1\ny: 2\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nx: 1\ry: 2\r\n\r\n", 400),
            ("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nx: 1\r\n folded\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n: a\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nno colon\r\nHost: a\r\n\r\n", 400),
            ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nx: \x01\r\n\r\n", 400),
            ("PATCH / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
            ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
            ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ];
        for (text, status) in cases {
            assert_eq!(read(text).unwrap_err().0, status, "{text:?}");
        }
    }

    #[test]
    fn a_body_has_one_framing() {
        let cases = [
            ("Content-Length: 1\r\nContent-Length: 1", 400),
            ("Content-Length: 1, 1", 400),
            ("Content-Length: +1", 400),
            ("Content-Length: -1", 400),
            ("Content-Length:", 400),
            ("Content-Length: abc", 400),
            ("Content-Length: 1048577", 413),
            ("Content-Length: 18000000000000000000", 413),
            ("Content-Length: 99999999999999999999999", 413),
            ("Content-Length: 1\r\nTransfer-Encoding: chunked", 400),
            ("Transfer-Encoding: chunked\r\nContent-Length: 1", 400),
            ("Transfer-Encoding: xchunked", 501),
            ("Transfer-Encoding: gzip, chunked", 501),
            ("Transfer-Encoding:", 501),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                400,
            ),
            ("Expect: 200-ok", 417),
        ];
        for (fields, status) in cases {
            let text = format!("POST /form HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n");
            assert_eq!(read(&text).unwrap_err().0, status, "{fields:?}");
        }
        let old = "POST /form HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(read(old).unwrap_err().0, 400);
    }

    #[test]
    fn a_head_has_a_size() {
        let limits = Limits::default();
        let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(9000));
        assert_eq!(read(&long).unwrap_err().0, 414);
        let line = format!("GET / HTTP/1.1\r\nx: {}", "a".repeat(limits.head_bytes));
        assert_eq!(scan(line.as_bytes(), 0, &limits).unwrap_err().0, 431);
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "x: 1\r\n".repeat(64));
        assert_eq!(read(&many).unwrap_err().0, 431);
        assert_eq!(scan(b"GET / HTTP/1.1\r\nHost: a\r\n", 0, &limits), Ok(None));
        assert_eq!(
            scan(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 25, &limits),
            Ok(Some(27))
        );
    }
}
