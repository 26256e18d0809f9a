//! The calls: one request per connection, read within limits, answered as the Graph API would.

use super::book::{ADDRESS_MS, Book, Customer, Fault, SentMessage};
use super::rules::{self, Accepted, GraphRefusal, refuse};
use super::{Options, Shared, Window};
use crate::domain::moment::Moment;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// The longest head of a request. **Unit:** bytes.
const HEAD_MAX_BYTES: usize = 16 << 10;
/// The longest body. **Unit:** bytes.
const BODY_MAX_BYTES: usize = 101 << 20;
/// How long a caller may stay silent.
const SILENCE: Duration = Duration::from_secs(10);

struct Request {
    method: String,
    path: String,
    query: String,
    token: Option<String>,
    content_type: String,
    body: Vec<u8>,
}

enum Reply {
    Json(u16, Value),
    Page(u16),
    File {
        mime: String,
        bytes: Vec<u8>,
    },
    /// The connection closes without a word.
    Nothing,
}

/// Answers callers until the emulator stops.
pub fn run(shared: &Shared, listener: &TcpListener) {
    while let Ok((mut stream, _)) = listener.accept() {
        if shared.stops() {
            return;
        }
        // A caller who hangs up or sends nonsense is no concern of the others.
        let _ = serve(shared, &mut stream);
    }
}

fn serve(shared: &Shared, stream: &mut TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    let Some(request) = read(stream)? else {
        return Ok(());
    };
    let (status, kind, bytes) = match reply(shared, &request) {
        Reply::Json(status, body) => (
            status,
            "application/json".to_owned(),
            body.to_string().into_bytes(),
        ),
        Reply::Page(status) => (
            status,
            "text/html".to_owned(),
            b"<html><body>Sorry</body></html>".to_vec(),
        ),
        Reply::File { mime, bytes } => (200, mime, bytes),
        Reply::Nothing => return stream.shutdown(std::net::Shutdown::Both),
    };
    let length = bytes.len();
    write!(
        stream,
        "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n",
        if status < 300 { "OK" } else { "No" }
    )?;
    stream.write_all(&bytes)?;
    stream.flush()
}

/// Reads a request; nothing if it is none.
fn read(stream: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut head = Vec::new();
    let mut piece = [0; 8 << 10];
    let end = loop {
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        let count = stream.read(&mut piece)?;
        if count == 0 || head.len() > HEAD_MAX_BYTES {
            return Ok(None);
        }
        head.extend_from_slice(piece.get(..count).unwrap_or_default());
    };
    let mut body = head.split_off(end + 4);
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (
        first.next().unwrap_or_default(),
        first.next().unwrap_or_default(),
    );
    let headers: Vec<(String, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .collect();
    let header = |name: &str| {
        headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| *value)
    };
    let length = header("content-length")
        .and_then(|length| length.parse::<usize>().ok())
        .unwrap_or(0);
    if length > BODY_MAX_BYTES || header("transfer-encoding").is_some() {
        return Ok(None);
    }
    while body.len() < length {
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(None);
        }
        body.extend_from_slice(piece.get(..count).unwrap_or_default());
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Some(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        token: header("authorization")
            .and_then(|v| v.strip_prefix("Bearer "))
            .map(str::to_owned),
        content_type: header("content-type").unwrap_or_default().to_owned(),
        body,
    }))
}

fn reply(shared: &Shared, request: &Request) -> Reply {
    match request.token.as_deref() {
        Some(token) if token == shared.options.token => {}
        Some(_) => return refused(&refuse(190, "the access token is not valid")),
        None => return refused(&refuse(104, "an access token is required")),
    }
    let segments: Vec<&str> = request
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    let Options {
        phone_number_id,
        waba_id,
        ..
    } = &shared.options;
    match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["media", id, until]) => file(shared, id, until),
        ("POST", [_, number, "messages"]) if number == phone_number_id => messages(shared, request),
        ("POST", [_, number, "media"]) if number == phone_number_id => upload(shared, request),
        ("GET", [_, account, "message_templates"]) if account == waba_id => {
            templates(shared, request)
        }
        ("GET", [_, number]) if number == phone_number_id => number_of(shared),
        ("GET", [_, id]) => address(shared, id),
        _ => unknown(),
    }
}

fn refused(refusal: &GraphRefusal) -> Reply {
    Reply::Json(refusal.status, rules::answer(refusal))
}

fn unknown() -> Reply {
    let text = "Unsupported request. Object does not exist or permissions are missing";
    Reply::Json(
        400,
        json!({"error": {"message": text, "code": 100, "error_subcode": 33}}),
    )
}

fn number_of(shared: &Shared) -> Reply {
    let Options {
        phone_number_id,
        display_number,
        ..
    } = &shared.options;
    Reply::Json(
        200,
        json!({
        "id": phone_number_id, "display_phone_number": format!("+{display_number}"),
        "verified_name": "Demo shop", "quality_rating": "GREEN"}),
    )
}

fn messages(shared: &Shared, request: &Request) -> Reply {
    let now = shared.now();
    let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
        return refused(&refuse(100, "the body is not JSON"));
    };
    let mut book = shared.book();
    let fault = match body.get("status") {
        None => book.faults.pop_front(),
        Some(_) => None,
    };
    match fault {
        Some(Fault::Refuse(code)) => return refused(&refuse(code, "ordered to fail")),
        Some(Fault::Http(status)) => return Reply::Page(status),
        Some(Fault::Hang) => return Reply::Nothing,
        Some(Fault::LoseAnswer | Fault::Slow(_) | Fault::FailLater(_)) | None => {}
    }
    let kind = match rules::check(&body, &book, now) {
        Ok(Accepted::Sending(kind)) => kind,
        Ok(Accepted::Read(id)) => {
            book.reads.push(id);
            return Reply::Json(200, json!({"success": true}));
        }
        Err(refusal) => return refused(&refusal),
    };
    let Some(customer) = recipient(&mut book, &body) else {
        return refused(&refuse(131_026, "nobody is known by this user id"));
    };
    let free = kind != "template" && shared.options.window != Window::Off;
    let closed = free && !book.is_open(&customer.wa_id, now);
    if closed && shared.options.window == Window::AtOnce {
        return refused(&refuse(131_047, "more than 24 hours have passed"));
    }
    if shared.options.pair_rate && !book.has_share(&customer.wa_id, now) {
        return refused(&refuse(131_056, "too many messages to this customer"));
    }
    let failure = match (&fault, closed, customer.on_whatsapp) {
        (Some(Fault::FailLater(code)), _, _) => Some(*code),
        (_, true, _) => Some(131_047),
        (_, _, false) => Some(131_026),
        (_, false, true) => None,
    };
    let provider_id = book.next_wamid();
    let tag = body["biz_opaque_callback_data"].as_str().map(str::to_owned);
    let to = body["to"]
        .as_str()
        .or(body["recipient"].as_str())
        .unwrap_or_default()
        .to_owned();
    book.sent.push(SentMessage {
        provider_id: provider_id.clone(),
        to: to.clone(),
        kind: kind.to_owned(),
        tag: tag.clone(),
        at: now,
        body,
    });
    drop(book);
    report(
        shared,
        &customer,
        &provider_id,
        kind,
        tag.as_deref(),
        failure,
        now,
    );
    match fault {
        Some(Fault::LoseAnswer) => return Reply::Nothing,
        Some(Fault::Slow(ms)) => std::thread::sleep(Duration::from_millis(ms)),
        _ => {}
    }
    Reply::Json(
        200,
        json!({
        "messaging_product": "whatsapp",
        "contacts": [{"input": to, "wa_id": customer.wa_id, "user_id": customer.user_id}],
        "messages": [{"id": provider_id}]}),
    )
}

fn recipient(book: &mut Book, body: &Value) -> Option<Customer> {
    match (body["to"].as_str(), body["recipient"].as_str()) {
        (Some(to), _) => Some(book.customer(to.trim_start_matches('+'))),
        (None, Some(id)) => book.customer_by_user_id(id),
        (None, None) => None,
    }
}

/// Tells by webhook what becomes of a message; of a reaction only that it was sent.
fn report(
    shared: &Shared,
    customer: &Customer,
    provider_id: &str,
    kind: &str,
    tag: Option<&str>,
    failure: Option<i64>,
    now: Moment,
) {
    let options = &shared.options;
    let tell = |word: &str, after_ms: i64, more: Value| {
        let at = now.plus_ms(after_ms);
        let mut status = json!({
            "id": provider_id, "status": word, "timestamp": (at.0 / 1_000).to_string(),
            "recipient_user_id": customer.user_id});
        if !customer.hides_number {
            status["recipient_id"] = customer.wa_id.as_str().into();
        }
        if let Some(tag) = tag {
            status["biz_opaque_callback_data"] = tag.into();
        }
        if let (Some(status), Value::Object(more)) = (status.as_object_mut(), more) {
            status.extend(more);
        }
        shared.report(
            "messages",
            json!({"contacts": [customer.card()], "statuses": [status]}),
            at,
        );
    };
    if let Some(code) = failure {
        let errors = json!([{"code": code, "title": "Message failed", "message": "Message failed",
            "error_data": {"details": "the message was not delivered"}}]);
        return tell("failed", options.sent_ms, json!({"errors": errors}));
    }
    let category = if kind == "template" {
        "utility"
    } else {
        "service"
    };
    let pricing = json!({"pricing": {"billable": kind == "template", "pricing_model": "PMP",
        "category": category, "type": "regular"}});
    tell("sent", options.sent_ms, pricing);
    if kind != "reaction" {
        tell("delivered", options.delivered_ms, Value::Null);
        if let Some(read_ms) = options.read_ms {
            tell("read", read_ms, Value::Null);
        }
    }
}

fn upload(shared: &Shared, request: &Request) -> Reply {
    let Some((mime, bytes)) = form_file(request) else {
        return refused(&refuse(
            100,
            "the form needs messaging_product and a file with its type",
        ));
    };
    let taken = crate::channels::whatsapp::send::media_kind(&mime).is_some();
    if !taken || bytes.is_empty() {
        return refused(&refuse(
            100,
            format!(
                "a file of type {mime} and {} bytes is not taken",
                bytes.len()
            ),
        ));
    }
    let (id, _) = shared.book().keep_media(&mime, bytes, shared.now());
    Reply::Json(200, json!({"id": id}))
}

/// The type and the bytes of the part `file` of a multipart form.
fn form_file(request: &Request) -> Option<(String, Vec<u8>)> {
    let (_, boundary) = request.content_type.split_once("boundary=")?;
    let mark = format!("--{}", boundary.trim_matches('"'));
    let mut file = None;
    let mut product = false;
    let mut rest = request.body.as_slice();
    while let Some(at) = find(rest, mark.as_bytes()) {
        rest = rest.get(at + mark.len()..)?;
        let end = find(rest, mark.as_bytes()).unwrap_or(rest.len());
        let part = rest.get(..end)?;
        let Some(split) = find(part, b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(part.get(..split)?).to_ascii_lowercase();
        let body = part.get(split + 4..)?;
        let body = body.strip_suffix(b"\r\n").unwrap_or(body);
        if head.contains("name=\"messaging_product\"") {
            product = body == b"whatsapp";
        } else if head.contains("name=\"file\"") {
            let (_, mime) = head.split_once("content-type:")?;
            file = Some((mime.lines().next()?.trim().to_owned(), body.to_vec()));
        }
    }
    file.filter(|_| product)
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len())
        .position(|window| window == needle)
}

fn address(shared: &Shared, id: &str) -> Reply {
    let book = shared.book();
    let Some(kept) = book.media.get(id) else {
        return unknown();
    };
    let until = shared.now().plus_ms(ADDRESS_MS).0;
    let sha256 = crate::channels::whatsapp::reader::sha256_hex(&kept.bytes);
    Reply::Json(
        200,
        json!({
        "messaging_product": "whatsapp", "id": id, "mime_type": kept.mime, "sha256": sha256,
        "file_size": kept.bytes.len(), "url": format!("{}/media/{id}/{until}", shared.base_url)}),
    )
}

fn file(shared: &Shared, id: &str, until: &str) -> Reply {
    let book = shared.book();
    let fresh = until
        .parse()
        .is_ok_and(|until| shared.now() < Moment(until));
    match book.media.get(id).filter(|_| fresh) {
        Some(kept) => Reply::File {
            mime: kept.mime.clone(),
            bytes: kept.bytes.clone(),
        },
        None => Reply::Page(404),
    }
}

fn templates(shared: &Shared, request: &Request) -> Reply {
    let find = |name: &str| {
        let mut pairs = form_urlencoded::parse(request.query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let (start, limit) = (
        find("after").unwrap_or(0),
        find("limit").unwrap_or(25).clamp(1, 100),
    );
    let book = shared.book();
    let page: Vec<&Value> = book.templates.iter().skip(start).take(limit).collect();
    let end = start + page.len();
    let mut answer = json!({"data": page, "paging": {"cursors": {"after": end.to_string()}}});
    if end < book.templates.len() {
        answer["paging"]["next"] = format!("{}/next?after={end}", shared.base_url).into();
    }
    Reply::Json(200, answer)
}
