//! The last touches of an answer, on the worker: 304 for what the client has, the part it asked
//! for, compression, and a temporary file for what is too large to wait in memory.

use crate::config::Limits;
use crate::error::{Doing, Result};
use crate::web::exchange::{Answer, Method, Request, Response, SpooledFile};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::Path;

/// What of a request decides about the form of its answer.
#[derive(Debug, Default)]
pub(super) struct Facts {
    head: bool,
    reads: bool,
    gzip: bool,
    if_none_match: Option<String>,
    range: Option<String>,
    if_range: Option<String>,
}

impl Facts {
    /// The facts of a request.
    pub(super) fn of(request: &Request) -> Self {
        let header = |name| request.header(name).map(str::to_owned);
        Facts {
            head: request.method == Method::Head,
            reads: request.method.reads(),
            gzip: request.accepts_gzip(),
            if_none_match: header("if-none-match"),
            range: header("range"),
            if_range: header("if-range"),
        }
    }
}

/// Finishes an answer.
pub(super) fn finish(
    response: Response,
    facts: &Facts,
    limits: &Limits,
    spool_dir: &Path,
) -> Result<Response> {
    if response.status == 200 && facts.reads && is_known(&response, facts) {
        let mut response = response.with_status(304);
        response.body = Answer::Empty;
        return Ok(response);
    }
    let response = compress(response, facts, limits)?;
    let response = cut(response, facts);
    spill(response, limits, spool_dir)
}

/// Whether the client already has this version.
fn is_known(response: &Response, facts: &Facts) -> bool {
    let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let (Some(tag), Some(known)) = (response.header("etag"), &facts.if_none_match) else {
        return false;
    };
    known.trim() == "*" || known.split(',').any(|known| weak(known) == weak(tag))
}

/// Whether a media type is worth compressing.
fn is_text(media_type: &str) -> bool {
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") && kind != "text/event-stream"
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(
            kind,
            "application/json" | "application/javascript" | "application/x-ndjson"
        )
}

fn compress(mut response: Response, facts: &Facts, limits: &Limits) -> Result<Response> {
    let text = response.header("content-type").is_some_and(is_text);
    let encoded = response.header("content-encoding").is_some();
    let Answer::Bytes(bytes) = &response.body else {
        return Ok(response);
    };
    if !text || encoded || response.is_uncompressed() || bytes.len() < limits.gzip_from_bytes {
        return Ok(response);
    }
    if !facts.gzip {
        return Ok(vary(response));
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(1));
    encoder.write_all(bytes).doing("compressing an answer")?;
    let compressed = encoder.finish().doing("compressing an answer")?;
    response.body = Answer::Bytes(compressed);
    // The compressed form is another one: equal in meaning, not in bytes.
    let tag = response.header("etag").filter(|tag| !tag.starts_with("W/"));
    if let Some(tag) = tag.map(|tag| format!("W/{tag}")) {
        response = response.with_header("etag", &tag);
    }
    Ok(vary(response.with_header("content-encoding", "gzip")))
}

fn vary(response: Response) -> Response {
    let value = match response.header("vary") {
        Some(have) if have.to_ascii_lowercase().contains("accept-encoding") => return response,
        Some(have) => format!("{have}, accept-encoding"),
        None => String::from("accept-encoding"),
    };
    response.with_header("vary", &value)
}

/// Cuts out the part that was asked for: of files, and of bytes that are no text.
fn cut(response: Response, facts: &Facts) -> Response {
    let text = response.header("content-type").is_some_and(is_text);
    let len = match &response.body {
        Answer::File(file) => file.len,
        Answer::Bytes(bytes) if !text => bytes.len() as u64,
        Answer::Bytes(_) | Answer::Empty | Answer::Live(_) => return response,
    };
    if response.status != 200 || !facts.reads {
        return response;
    }
    let response = response.with_header("accept-ranges", "bytes");
    let stale = facts
        .if_range
        .as_deref()
        .is_some_and(|tag| Some(tag) != response.header("etag"));
    let Some(range) = facts.range.as_deref().filter(|_| !stale && !facts.head) else {
        return response;
    };
    match parse_range(range, len) {
        Range::Whole => response,
        Range::None => {
            let mut response = response.with_status(416);
            response.body = Answer::Empty;
            response.with_header("content-range", &format!("bytes */{len}"))
        }
        Range::Part(start, end) => {
            let header = format!("bytes {start}-{}/{len}", end - 1);
            let mut response = response
                .with_status(206)
                .with_header("content-range", &header);
            if let Answer::Bytes(bytes) = &mut response.body {
                // The part lies within the bytes, so both ends fit.
                bytes.truncate(end as usize);
                bytes.drain(..start as usize);
            }
            response
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    Whole,
    None,
    Part(u64, u64),
}

/// One range of bytes (RFC 9110, 14.2); several are answered with the whole.
fn parse_range(header: &str, len: u64) -> Range {
    let Some((first, last)) = header
        .strip_prefix("bytes=")
        .and_then(|range| range.split_once('-'))
    else {
        return Range::Whole;
    };
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            Some(Some(digits.parse::<u64>().unwrap_or(u64::MAX)))
        }
        _ => None,
    };
    match (number(first), number(last)) {
        (Some(Some(first)), Some(Some(last))) if last < first => Range::Whole,
        (Some(Some(first)), Some(last)) if first < len => {
            let end = last.unwrap_or(u64::MAX).saturating_add(1).min(len);
            Range::Part(first, end)
        }
        (Some(None), Some(Some(last))) if last > 0 && len > 0 => {
            Range::Part(len.saturating_sub(last), len)
        }
        (Some(None), Some(None)) | (None, _) | (_, None) => Range::Whole,
        _ => Range::None,
    }
}

/// The part of a file that a finished answer speaks of: its start and its length.
pub(super) fn part(response: &Response) -> Option<(u64, u64)> {
    let range = response
        .header("content-range")
        .filter(|_| response.status == 206)?;
    let (first, rest) = range.strip_prefix("bytes ")?.split_once('-')?;
    let (last, _) = rest.split_once('/')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    Some((first, last.checked_sub(first)? + 1))
}

/// Puts a large answer into a file: a thousand slow readers of it must not fill the memory.
fn spill(mut response: Response, limits: &Limits, spool_dir: &Path) -> Result<Response> {
    if let Answer::Bytes(bytes) = &response.body
        && bytes.len() > limits.answer_in_memory_bytes
    {
        let mut file = tempfile::tempfile_in(spool_dir).doing("spooling an answer")?;
        file.write_all(bytes).doing("spooling an answer")?;
        response.body = Answer::File(SpooledFile::new(file, bytes.len() as u64));
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::{Facts, Range, finish, parse_range, part};
    use crate::config::Limits;
    use crate::web::exchange::{Answer, Method, Request, Response};
    use std::io::Read;

    fn finished(response: Response, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::new(Method::Get, "/").unwrap();
        for (name, value) in headers {
            request = request.with_header(name, *value);
        }
        let dir = std::env::temp_dir();
        finish(response, &Facts::of(&request), &Limits::default(), &dir).unwrap()
    }

    fn bytes(response: &Response) -> &[u8] {
        match &response.body {
            Answer::Bytes(bytes) => bytes,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_range_lies_within_the_answer() {
        let cases = [
            ("bytes=0-0", Range::Part(0, 1)),
            ("bytes=2-", Range::Part(2, 10)),
            ("bytes=2-99", Range::Part(2, 10)),
            ("bytes=-3", Range::Part(7, 10)),
            ("bytes=-99", Range::Part(0, 10)),
            ("bytes=10-", Range::None),
            ("bytes=-0", Range::None),
            ("bytes=5-2", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=a-b", Range::Whole),
            ("bytes=0-1,4-5", Range::Whole),
            ("lines=0-1", Range::Whole),
            ("bytes=0-99999999999999999999", Range::Part(0, 10)),
        ];
        for (header, range) in cases {
            assert_eq!(parse_range(header, 10), range, "{header}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Range::None);
    }

    #[test]
    fn a_part_of_bytes_is_cut_and_of_a_file_named() {
        let media = || Response::bytes("audio/ogg", b"0123456789".to_vec());
        let response = finished(media(), &[("range", "bytes=2-4")]);
        assert_eq!(
            (response.status, bytes(&response)),
            (206, b"234".as_slice())
        );
        assert_eq!(response.header("content-range"), Some("bytes 2-4/10"));
        assert_eq!(part(&response), Some((2, 3)));
        assert_eq!(finished(media(), &[("range", "bytes=10-")]).status, 416);
        let stale = finished(media(), &[("range", "bytes=2-4"), ("if-range", "\"x\"")]);
        assert_eq!(stale.status, 200);
        let text = finished(Response::text("0123456789"), &[("range", "bytes=2-4")]);
        assert_eq!(text.status, 200);
    }

    #[test]
    fn long_text_is_compressed_unless_it_holds_a_secret() {
        let page = || Response::html("inbox ".repeat(1000)).with_header("etag", "\"1\"");
        let small = finished(page(), &[("accept-encoding", "gzip")]);
        assert_eq!(small.header("content-encoding"), Some("gzip"));
        assert_eq!(small.header("vary"), Some("accept-encoding"));
        assert_eq!(small.header("etag"), Some("W/\"1\""));
        let mut text = String::new();
        let mut decoder = flate2::read::GzDecoder::new(bytes(&small));
        decoder.read_to_string(&mut text).unwrap();
        assert_eq!(text.len(), 6000);
        let plain = [
            page().uncompressed(),
            Response::bytes("image/png", vec![0; 2000]),
        ];
        for plain in plain {
            let plain = finished(plain, &[("accept-encoding", "gzip")]);
            assert_eq!(plain.header("content-encoding"), None);
        }
        assert_eq!(
            finished(page(), &[]).header("vary"),
            Some("accept-encoding")
        );
        let known = finished(page(), &[("if-none-match", "\"0\", W/\"1\"")]);
        assert!(matches!((known.status, known.body), (304, Answer::Empty)));
    }

    #[test]
    fn a_large_answer_goes_to_a_file() {
        let large = finished(Response::bytes("image/png", vec![7; 2 << 20]), &[]);
        assert!(matches!(large.body, Answer::File(file) if file.len == 2 << 20));
    }
}
