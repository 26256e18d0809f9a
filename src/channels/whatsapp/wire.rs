//! HTTP as the client needs it: one connection per call, so that a failure tells whether anything
//! can have reached the other side. A kept connection that the other side has meanwhile closed
//! would leave that open, and costs more doubt than the handshake costs time.

use serde_json::Value;
use std::cell::Cell;
use std::io::Read;
use std::time::Duration;
use ureq::unversioned::multipart::{Form, Part};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, DefaultConnector, Transport};
use ureq::{Agent, Body, http::Response};

/// The longest JSON answer. **Unit:** bytes.
const ANSWER_MAX_BYTES: u64 = 4 << 20;

/// Makes calls.
pub struct Wire {
    agent: Agent,
}

/// An answer of any status.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A call without an answer.
pub struct Lost {
    /// The connection stood, so the other side may have read the call.
    pub reached: bool,
    /// What happened.
    pub why: String,
}

thread_local! {
    /// Whether the call this thread makes has got a connection.
    static CONNECTED: Cell<bool> = const { Cell::new(false) };
}

/// The last link of the chain of connectors: gets to see connections that stand.
#[derive(Debug)]
struct Witness;

impl<In: Transport> Connector<In> for Witness {
    type Out = In;

    fn connect(&self, _: &ConnectionDetails, made: Option<In>) -> Result<Option<In>, ureq::Error> {
        CONNECTED.set(made.is_some());
        Ok(made)
    }
}

impl Wire {
    /// A wire that gives up connecting after a while.
    pub fn new(connect: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .proxy(None)
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .user_agent(concat!("trailbox/", env!("CARGO_PKG_VERSION")))
            .build();
        let connector = DefaultConnector::new().chain(Witness);
        Wire {
            agent: Agent::with_parts(config, connector, DefaultResolver::default()),
        }
    }

    /// Posts JSON.
    pub fn post(
        &self,
        url: &str,
        token: &str,
        body: &Value,
        within: Duration,
    ) -> Result<Answer, Lost> {
        told(|| {
            let call = self.agent.post(url).header("authorization", bearer(token));
            let call = call.content_type("application/json");
            call.config()
                .timeout_global(Some(within))
                .build()
                .send(body.to_string())
        })
        .and_then(answer)
    }

    /// Asks.
    pub fn get(&self, url: &str, token: &str, within: Duration) -> Result<Answer, Lost> {
        told(|| {
            let call = self.agent.get(url).header("authorization", bearer(token));
            call.config().timeout_global(Some(within)).build().call()
        })
        .and_then(answer)
    }

    /// Asks for a file; the body is read by the caller.
    pub fn open(&self, url: &str, token: &str, within: Duration) -> Result<(u16, impl Read), Lost> {
        let response = told(|| {
            let call = self.agent.get(url).header("authorization", bearer(token));
            call.config().timeout_global(Some(within)).build().call()
        })?;
        let status = response.status().as_u16();
        Ok((
            status,
            response
                .into_body()
                .into_with_config()
                .limit(u64::MAX)
                .reader(),
        ))
    }

    /// Posts a file.
    pub fn upload(
        &self,
        url: &str,
        token: &str,
        mime: &str,
        bytes: &[u8],
        within: Duration,
    ) -> Result<Answer, Lost> {
        told(|| {
            let file = Part::bytes(bytes).file_name("file").mime_str(mime)?;
            let form = Form::new()
                .text("messaging_product", "whatsapp")
                .text("type", mime);
            let call = self.agent.post(url).header("authorization", bearer(token));
            call.config()
                .timeout_global(Some(within))
                .build()
                .send(form.part("file", file))
        })
        .and_then(answer)
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What the answer looks like, for one that makes no sense.
    pub fn strange(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let start = crate::domain::message::one_line(&body, 200);
        format!("answered with HTTP {}: {start}", self.status)
    }
}

/// Whether a secret may go to this address: https, or http on this machine.
pub fn is_safe(url: &str) -> bool {
    crate::domain::link::is_safe(url)
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn told(
    call: impl FnOnce() -> Result<Response<Body>, ureq::Error>,
) -> Result<Response<Body>, Lost> {
    CONNECTED.set(false);
    call().map_err(|error| Lost {
        reached: CONNECTED.get(),
        why: error.to_string(),
    })
}

fn answer(response: Response<Body>) -> Result<Answer, Lost> {
    let status = response.status().as_u16();
    let body = response
        .into_body()
        .into_with_config()
        .limit(ANSWER_MAX_BYTES)
        .read_to_vec();
    let body = body.map_err(|error| Lost {
        reached: true,
        why: error.to_string(),
    })?;
    Ok(Answer { status, body })
}
