//! Webhooks: a provider's body is checked by its signature, kept as it came, and answered. What it
//! says is read afterwards.

use crate::channels::whatsapp::signature;
use crate::desk::channels::{self, Channel};
use crate::domain::actor::{Door, Who};
use crate::domain::event::Origin;
use crate::domain::id::ChannelId;
use crate::error::{Refusal, RefusalKind, Result};
use crate::ledger::Now;
use crate::web::app::App;
use crate::web::exchange::{Request, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// The largest webhook body. **Unit:** bytes. **Source:** WhatsApp promises at most 3 MB.
const BODY_MAX: usize = 4 * crate::config::MIB;

/// The handshake when a webhook's address is set up at the provider.
///
/// **Refuses:** an unknown channel (404), a wrong verify token (403).
pub fn handshake(app: &App, request: &Request, name: &str) -> Result<Response> {
    let who = who(request);
    let now = app.ledger.now(&who)?;
    let channel = find(&now, name)?;
    let secret = channels::secret(&now, channel.id)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&request.query);
    let challenge = signature::handshake(&query.finish(), &secret.verify_token)?;
    Ok(Response::text(challenge))
}

/// A body from the provider: kept durably before it is answered with 200.
///
/// **Refuses:** an unknown or disabled channel (404), a missing or wrong signature (401).
pub fn receive(app: &App, request: &Request, name: &str) -> Result<Response> {
    let who = who(request);
    let bytes = request.body.read(BODY_MAX)?;
    let now = app.ledger.now(&who)?;
    let channel = find(&now, name)?;
    if channel.state == "disabled" {
        return Err(Refusal::not_found(format!("channel {name} is disabled")).into());
    }
    let secret = channels::secret(&now, channel.id)?;
    let header = request.header("x-hub-signature-256").unwrap_or_default();
    drop(now);
    if secret.app_secret.is_empty() || !signature::verify(&secret.app_secret, &bytes, header) {
        let text = "the signature is missing or wrong";
        return Err(refused(app, request, channel.id, text)?.into());
    }
    keep(app, &who, channel.id, bytes)?;
    Ok(Response::text("ok"))
}

/// A body that does not show to come from whom it should: recorded once per channel, address and a
/// while, so that a flood cannot fill the disk. Answers with the refusal (401).
pub fn refused(app: &App, request: &Request, channel: ChannelId, text: &str) -> Result<Refusal> {
    let who = who(request);
    let address = request.peer.to_string();
    let known = channels::refused_lately(&app.ledger.now(&who)?, channel, &address)?;
    if !known {
        let agent = request.header("user-agent").unwrap_or_default();
        let agent = agent.chars().take(200).collect();
        let origin = Origin { address, agent };
        app.ledger.record(&who, move |now| {
            channels::refuse_signature(now, channel, origin)
        })?;
    }
    Ok(Refusal::of(RefusalKind::NotSignedIn, text))
}

/// Keeps a body as it came, on disk when this returns.
pub fn keep(app: &App, who: &Who, channel: ChannelId, bytes: Vec<u8>) -> Result<()> {
    let digest = HEXLOWER.encode(&Sha256::digest(&bytes));
    let keep = move |now: &Now<'_>| channels::keep_payload(now, channel, digest, bytes);
    app.ledger.record(who, keep).map(drop)
}

/// A webhook as an actor, with the number of the request.
pub fn who(request: &Request) -> Who {
    let mut who = Who::system("webhook", Door::Webhook);
    who.via.request = Some(request.id.clone());
    who
}

fn find(now: &Now<'_>, name: &str) -> Result<Channel> {
    channels::by_name(now, name)?
        .ok_or_else(|| Refusal::not_found(format!("there is no channel {name}")).into())
}
