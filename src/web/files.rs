//! Files: what came and went with articles, for members alone and never as active content; raw
//! payloads for those with the right.

use crate::desk::{access, channels, inbox, timeline};
use crate::domain::id::Seq;
use crate::domain::member::Right;
use crate::error::{Refusal, Result};
use crate::web::access::looked;
use crate::web::exchange::Response;
use crate::web::visit::Visit;

/// Types a browser shows in place; everything else is offered for saving.
const SHOWN: [&str; 14] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "video/mp4",
    "video/3gpp",
    "video/webm",
    "audio/mpeg",
    "audio/mp4",
    "audio/m4a",
    "audio/ogg",
    "audio/amr",
    "audio/aac",
    "audio/opus",
];

/// The file of an article.
///
/// **Refuses:** one that is not there, of a conversation out of the member's reach.
pub fn article(visit: &Visit<'_>, seq: Seq) -> Result<Response> {
    let now = visit.now()?;
    let missing = || Refusal::not_found(format!("message {seq} has no file"));
    let article = timeline::article(&now, seq)?.ok_or_else(missing)?;
    if let Some(conversation) = article.conversation {
        inbox::demand_reach(&now, conversation)?;
    }
    let media = article.media.ok_or_else(missing)?;
    let file = media.file.ok_or_else(missing)?;
    let bytes = channels::bytes(&now, file, "media")?.ok_or_else(missing)?;
    // The type by the bytes, whatever the sender claims; what could run is only ever saved.
    let media_type = crate::jobs::media_type(&bytes);
    let shown = SHOWN.contains(&media_type.as_str());
    let served = if shown {
        media_type.as_str()
    } else {
        "application/octet-stream"
    };
    drop(now);
    let conversation = article.conversation;
    looked(visit.record(move |now| access::open_file(now, seq, conversation)))?;
    let name = media.name.unwrap_or_else(|| format!("message-{seq}"));
    Ok(Response::bytes(served, bytes)
        .named(&name, shown)
        .with_header("cache-control", "private, max-age=86400, immutable")
        .with_header("content-security-policy", "sandbox; default-src 'none'"))
}

/// A raw payload as it came, to be saved.
///
/// **Refuses:** members without the right to see raw payloads.
pub fn payload(visit: &Visit<'_>, seq: Seq) -> Result<Response> {
    visit.demand(Right::Raw)?;
    let now = visit.now()?;
    channels::payload(&now, seq)?;
    let bytes = channels::bytes(&now, seq, "raw")?
        .ok_or_else(|| Refusal::not_found(format!("payload {seq} was erased")))?;
    Ok(Response::bytes("text/plain; charset=utf-8", bytes)
        .named(&format!("payload-{seq}.json"), false)
        .with_header("cache-control", "no-store"))
}
