//! E-mails beyond their words: the formatted version, the parts, the original as it came.

use crate::channels::email::html::{self, Pictures};
use crate::channels::email::parts;
use crate::desk::{channels, inbox, timeline};
use crate::domain::id::Seq;
use crate::domain::message::Content;
use crate::domain::message::email::Email;
use crate::error::{Refusal, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::HashMap;

/// Pictures a browser shows in place; everything else is offered for saving.
const SHOWN: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
/// What the formatted version of a letter may do: show pictures of its own.
const OWN_PICTURES: &str = "default-src 'self'; img-src 'self'; script-src 'self'; \
    style-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'";
/// The same, with pictures from elsewhere, because somebody asked for them.
const ALL_PICTURES: &str = "default-src 'self'; img-src 'self' https: http:; script-src 'self'; \
    style-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'";

#[derive(Serialize)]
struct Letter {
    subject: String,
    from: String,
    at: crate::domain::moment::Moment,
    html: String,
    remote: bool,
    shown: bool,
    here: String,
    back: String,
    original: String,
}

/// The formatted version of a letter, cleaned; pictures from elsewhere only when asked for.
pub fn formatted(visit: &Visit<'_>, seq: Seq) -> Result<Response> {
    let (email, raw, conversation) = letter(visit, seq)?;
    let missing = || Refusal::not_found(format!("letter {seq} has no formatted version"));
    let (body, pictures) = parts::formatted(&raw).ok_or_else(missing)?;
    let own: HashMap<String, String> = pictures
        .into_iter()
        .map(|(id, part)| (id, format!("/articles/{seq}/parts/{part}")))
        .collect();
    let shown = visit.query("pictures") == Some("all");
    let which = if shown {
        Pictures::All
    } else {
        Pictures::OwnOnly
    };
    let (html, remote) = html::clean(&body, which, &own);
    let now = visit.now()?;
    let at = timeline::article(&now, seq)?.map_or(now.at(), |article| article.sent_at);
    let from = email
        .from
        .as_ref()
        .map(|from| from.words())
        .unwrap_or_default();
    let view = Letter {
        subject: email.subject,
        from,
        at,
        html,
        remote,
        shown,
        here: format!("/articles/{seq}/letter"),
        back: format!("{conversation}#e{seq}"),
        original: format!("/articles/{seq}/original"),
    };
    let response = visit.page(&now, "letters/show.html", &view)?;
    let policy = if shown { ALL_PICTURES } else { OWN_PICTURES };
    Ok(response
        .with_header("content-security-policy", policy)
        .with_header("referrer-policy", "no-referrer"))
}

/// A part of a letter: shown if it is a picture, saved otherwise.
pub fn part(visit: &Visit<'_>, seq: Seq, part: u32) -> Result<Response> {
    let (_, raw, _) = letter(visit, seq)?;
    let found = parts::take(&raw, part)
        .ok_or_else(|| Refusal::not_found(format!("letter {seq} has no part {part}")))?;
    let media_type = crate::jobs::media_type(&found.bytes);
    let shown = SHOWN.contains(&media_type.as_str());
    let served = if shown {
        media_type.as_str()
    } else {
        "application/octet-stream"
    };
    Ok(Response::bytes(served, found.bytes)
        .named(&found.name, shown)
        .with_header("cache-control", "private, max-age=86400, immutable")
        .with_header("content-security-policy", "sandbox; default-src 'none'"))
}

/// The letter as it came or went, to be saved.
pub fn original(visit: &Visit<'_>, seq: Seq) -> Result<Response> {
    let (_, raw, _) = letter(visit, seq)?;
    Ok(Response::bytes("application/octet-stream", raw)
        .named(&format!("letter-{seq}.eml"), false)
        .with_header("cache-control", "no-store"))
}

/// What is shown of a letter, its bytes, and the page of its conversation.
fn letter(visit: &Visit<'_>, seq: Seq) -> Result<(Email, Vec<u8>, String)> {
    let now = visit.now()?;
    let missing = || Refusal::not_found(format!("article {seq} is not an e-mail"));
    let article = timeline::article(&now, seq)?.ok_or_else(missing)?;
    let conversation = article.conversation.ok_or_else(missing)?;
    inbox::demand_reach(&now, conversation)?;
    let Some(Content::Email(email)) = article.said.map(|said| said.content) else {
        return Err(missing().into());
    };
    let erased = || Refusal::not_found(format!("the original of letter {seq} was erased"));
    let kept = article.payload.unwrap_or(seq);
    let raw = channels::bytes(&now, kept, "raw")?.ok_or_else(erased)?;
    Ok((*email, raw, format!("/conversations/{conversation}")))
}
