//! The hook of a phone system: the token is compared, the body kept as it came, then answered.
//! What it says about the call is decided afterwards.

use crate::channels::cti;
use crate::desk::calls::lines;
use crate::desk::channels::{self, Channel};
use crate::error::{Error, Refusal, Result};
use crate::web::app::App;
use crate::web::exchange::{Request, Response};
use crate::web::webhooks;

/// The largest body. **Unit:** bytes. A step of a call has a dozen short fields.
const BODY_MAX: usize = 64 * 1024;

/// `POST /hooks/cti/CHANNEL`: one step of one call, as JSON or a form. Answers `{}`, or what is
/// wrong as `{"error": …}`.
pub fn receive(app: &App, request: &Request, name: &str) -> Result<Response> {
    match take(app, request, name) {
        Ok(()) => Ok(json("{}".to_owned())),
        Err(Error::Refusal(refusal)) => {
            let body = serde_json::json!({ "error": refusal.text });
            Ok(json(body.to_string()).with_status(refusal.status()))
        }
        Err(fault) => Err(fault),
    }
}

fn take(app: &App, request: &Request, name: &str) -> Result<()> {
    let who = webhooks::who(request);
    let bytes = request.body.read(BODY_MAX)?;
    let now = app.ledger.now(&who)?;
    let channel = find(&now, name)?;
    if channel.state == "disabled" {
        return Err(Refusal::not_found(format!("channel {name} is disabled")).into());
    }
    let token = channels::secret(&now, channel.id)?.token;
    drop(now);
    if !cti::knows(&token, given(request)) {
        let text = "the token is missing or wrong";
        return Err(webhooks::refused(app, request, channel.id, text)?.into());
    }
    // What makes no sense is kept as well, and said.
    let understood = cti::parse(&bytes).map(drop);
    if !bytes.is_empty() {
        webhooks::keep(app, &who, channel.id, bytes)?;
    }
    understood
}

/// The token: in the address, as most phone systems can only be told, or as a bearer.
fn given(request: &Request) -> &str {
    let bearer = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    request
        .query_value("token")
        .or(bearer)
        .unwrap_or_default()
        .trim()
}

fn find(now: &crate::ledger::Now<'_>, name: &str) -> Result<Channel> {
    channels::by_name(now, name)?
        .filter(|channel| channel.kind == lines::KIND)
        .ok_or_else(|| Refusal::not_found(format!("there is no phone line {name}")).into())
}

fn json(body: String) -> Response {
    Response::bytes("application/json", body.into_bytes())
}
