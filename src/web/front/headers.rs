//! The headers every answer carries, the pages and the front's own refusals alike.

use super::gate::Turned;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

/// What a browser may do with our pages: nothing but our own scripts, styles and pictures.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'";

/// Added where the handler said nothing else.
const SECURITY: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("cache-control", "no-store"),
];

/// Puts the security headers on an answer.
pub(super) fn secure(headers: &mut HeaderMap) {
    for (name, value) in SECURITY {
        let name = HeaderName::from_static(name);
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

/// A refusal as it goes out when hyper is not there to write it; the connection closes after it.
pub(super) fn refusal(turned: Turned) -> Vec<u8> {
    let Turned(status, sentence) = turned;
    let reason = hyper::StatusCode::from_u16(status).ok();
    let reason = reason
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Refused");
    let mut text = format!("HTTP/1.1 {status} {reason}\r\n");
    for (name, value) in SECURITY {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if status == 405 {
        text.push_str("allow: GET, HEAD, POST, PUT, DELETE\r\n");
    }
    let length = sentence.len() + 1;
    text.push_str(&format!(
        "content-type: text/plain; charset=utf-8\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{sentence}\n"
    ));
    text.into_bytes()
}
