//! Routes under `/_test` for the front's own tests, in debug builds only: handlers that panic,
//! sleep, answer at any size, count themselves. A release does not contain this file.

use super::live::Hub;
use super::{BodyKind, Handler};
use crate::error::{Error, Result};
use crate::web::exchange::{Body, Method, Request, Response, Subscription};
use cookie::Cookie;
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Names the file to which `/_test/store` appends.
pub const STORE: &str = "TRAILBOX_PROBE_STORE";

/// The given handler with the test routes before it; counts the calls of both.
pub fn around(inner: Handler, hub: Hub) -> Handler {
    let calls = AtomicU64::new(0);
    let seq = AtomicU64::new(0);
    Arc::new(move |request: Request| {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        if let ["_test", "calls"] = segments[..] {
            return Response::text(calls.load(Ordering::SeqCst).to_string());
        }
        calls.fetch_add(1, Ordering::SeqCst);
        match segments[..] {
            ["_test", ref route @ ..] => {
                let answer = answer(&request, route, &hub, &seq);
                answer.unwrap_or_else(|error| Response::text(error.to_string()).with_status(500))
            }
            _ => inner(request),
        }
    })
}

/// The body a test route takes; None for all other routes.
pub fn body_kind(method: &Method, path: &str) -> Option<BodyKind> {
    let route = path.strip_prefix("/_test/")?;
    Some(match route {
        _ if method.reads() => BodyKind::None,
        "echo" | "form" => BodyKind::Form,
        "hook" | "store" => BodyKind::Webhook,
        "upload" => BodyKind::Upload,
        _ => BodyKind::None,
    })
}

fn answer(request: &Request, route: &[&str], hub: &Hub, seq: &AtomicU64) -> Result<Response> {
    let number = |text: &str| {
        text.parse::<usize>()
            .map_err(|error| Error::fault(error.to_string()))
    };
    let query = |name| request.query_value(name).unwrap_or_default();
    Ok(match route {
        // The front must contain it: that is what is tried.
        ["panic"] => panic!("asked to panic"),
        ["sleep", ms] => {
            std::thread::sleep(Duration::from_millis(number(ms)? as u64));
            Response::text("slept")
        }
        ["page", bytes] => Response::html("a".repeat(number(bytes)?)),
        ["json"] => Response::json(&serde_json::json!({ "ok": true }))?,
        ["file", bytes] => {
            let bytes = number(bytes)? as u64;
            let file = tempfile::tempfile()?;
            file.set_len(bytes)?;
            Response::file(file, bytes, "application/octet-stream", "zeros.bin")
        }
        ["echo" | "form" | "hook" | "upload"] => echo(request)?,
        ["store"] => store(request)?,
        ["say"] => {
            let value = query("value");
            Response::redirect_303(value)
                .with_header("x-value", value)
                .with_header("etag", &format!("\"{value}\""))
                .with_cookie(Cookie::new("said", value))
                .named(value, true)
        }
        ["live"] => {
            let topics = request.query.iter().filter(|(name, _)| name == "topic");
            let last = request
                .header("last-event-id")
                .and_then(|last| last.parse().ok());
            Response::live(Subscription {
                topics: topics.map(|(_, topic)| topic.clone()).collect(),
                after: last,
            })
        }
        ["publish", count] => {
            let topic = query("topic").repeat(number(query("times")).unwrap_or(1));
            let topics = [topic];
            for _ in 0..number(count)? {
                hub.publish(seq.fetch_add(1, Ordering::SeqCst) + 1, &topics);
            }
            Response::text(seq.load(Ordering::SeqCst).to_string())
        }
        _ => Response::text("no such test").with_status(404),
    })
}

/// What arrived, as JSON.
fn echo(request: &Request) -> Result<Response> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    let mut body = request.body.open()?;
    loop {
        let read = body.read(&mut piece)?;
        if read == 0 {
            break;
        }
        digest.update(piece.get(..read).unwrap_or_default());
    }
    let names = [
        "user-agent",
        "connection",
        "x-forwarded-for",
        "x-trailbox-peer",
        "x-note",
        "host",
    ];
    let headers = names
        .iter()
        .filter_map(|name| Some((*name, request.header(name)?)));
    let headers: std::collections::BTreeMap<_, _> = headers.collect();
    Response::json(&serde_json::json!({
        "method": request.method.as_str(),
        "path": request.path,
        "peer": request.peer,
        "secure": request.secure,
        "headers": headers,
        "bytes": request.body.len(),
        "spooled": matches!(request.body, Body::Spooled(_)),
        "sha256": data_encoding::HEXLOWER.encode(&digest.finalize()),
    }))
}

/// Writes the body down as one line and answers only when it is on disk.
fn store(request: &Request) -> Result<Response> {
    let path = std::env::var_os(STORE).map(PathBuf::from);
    let path = path.ok_or_else(|| Error::fault("there is no place to store anything"))?;
    let mut line = request.body.bytes().to_vec();
    line.push(b'\n');
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.seek(SeekFrom::End(0))?;
    file.write_all(&line)?;
    file.sync_data()?;
    Ok(Response::text("stored"))
}
