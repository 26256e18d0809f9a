//! The map of the site: every address, the right it needs, and its handler.

use crate::domain::member::Right;
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::web::app::App;
use crate::web::exchange::{Method, Request, Response};
use crate::web::front::BodyKind;
use crate::web::visit::Visit;
use crate::web::{assets, files, webhooks};
use Method::{Get, Head, Post};

/// Which body a route takes, asked before any of it is read.
pub fn body_kind(method: &Method, path: &str) -> BodyKind {
    if method.reads() {
        return BodyKind::None;
    }
    if path.starts_with("/hooks/") {
        return BodyKind::Webhook;
    }
    if path.ends_with("/replies") {
        BodyKind::Upload
    } else {
        BodyKind::Form
    }
}

/// Answers a request: pages of members, and what is open to others.
pub fn answer(app: &App, request: &Request) -> Response {
    route(app, request).unwrap_or_else(|error| problem(app, request, error))
}

fn route(app: &App, request: &Request) -> Result<Response> {
    let method = if request.method == Head {
        Get
    } else {
        request.method
    };
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match (method, segments.as_slice()) {
        (Get, ["assets", ..]) => asset(request),
        (Get, ["healthz"]) => Ok(Response::text("ok\n")),
        (Get, ["readyz"]) => ready(app),
        (Get, ["hooks", "whatsapp", name]) => webhooks::handshake(app, request, name),
        (Post, ["hooks", "whatsapp", name]) => webhooks::receive(app, request, name),
        (_, _) => match Visit::of(app, request)? {
            Some(visit) => member(&visit, method, &segments),
            None => Err(Refusal::of(RefusalKind::NotSignedIn, "sign in first").into()),
        },
    }
}

fn member(visit: &Visit<'_>, method: Method, segments: &[&str]) -> Result<Response> {
    let with = |right: Right| visit.demand(right);
    match (method, segments) {
        (Get, ["files", article]) => {
            with(Right::Read)?;
            files::article(visit, id(article)?)
        }
        (Get, ["payloads", payload]) => {
            with(Right::Raw)?;
            files::payload(visit, id(payload)?)
        }
        (_, _) => Err(nothing_here(&visit.request.path)),
    }
}

fn asset(request: &Request) -> Result<Response> {
    let encodings = request.header("accept-encoding").unwrap_or_default();
    let found =
        assets::find(&request.path, encodings).ok_or_else(|| nothing_here(&request.path))?;
    let known = request.header("if-none-match").unwrap_or_default();
    let response = if assets::is_fresh(known, &found.etag) {
        Response::status(304)
    } else {
        Response::bytes(found.content_type, found.bytes.into_owned()).uncompressed()
    };
    let response = response
        .with_header("cache-control", assets::CACHE_CONTROL)
        .with_header("etag", &found.etag)
        .with_header("vary", "Accept-Encoding");
    Ok(match found.content_encoding {
        Some(encoding) => response.with_header("content-encoding", encoding),
        None => response,
    })
}

fn ready(app: &App) -> Result<Response> {
    match app.ledger.trouble() {
        None => Ok(Response::text("ready\n")),
        Some(trouble) => Ok(Response::text(format!("{trouble}\n")).with_status(503)),
    }
}

/// A segment of the address as an id or a number.
fn id<T: std::str::FromStr>(segment: &str) -> Result<T> {
    segment.parse().map_err(|_| nothing_here(segment))
}

fn nothing_here(what: &str) -> Error {
    Refusal::not_found(format!("there is nothing at {what}")).into()
}

fn problem(_app: &App, _request: &Request, error: Error) -> Response {
    match error {
        Error::Refusal(refusal) => {
            let status = refusal.status();
            Response::text(format!("{}\n", refusal.text)).with_status(status)
        }
        Error::Fault(fault) => {
            tracing::error!("{fault}");
            Response::text("something failed\n").with_status(500)
        }
    }
}
