//! The guarded front door. Clients talk to hyper behind a strict gate on one thread; whole, bounded,
//! canonical requests go on to tiny_http workers, which may block. Streams and files stay here.

pub mod live;

use crate::config::ServerConfig;
use crate::error::{Error, Result};
use crate::web::exchange::{Method, Request, Response};
use live::Hub;
use std::net::SocketAddr;
use std::sync::Arc;

/// What answers requests, on a worker; it may block and it may panic.
pub type Handler = Arc<dyn Fn(Request) -> Response + Send + Sync>;

/// Tells from method and path which body a route takes, before any of it is read.
pub type BodyLimit = fn(&Method, &str) -> BodyKind;

/// The sorts of body, each with a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// None; a small one is read and thrown away.
    None,
    /// A form or a JSON document, in memory.
    Form,
    /// A provider's webhook, in memory.
    Webhook,
    /// A file or a form with files, in a temporary file.
    Upload,
}

/// The server's start.
pub struct Front;

/// A server that listens.
pub struct Running {
    address: SocketAddr,
}

impl Front {
    /// Listens, opens the way to the workers, and says so to the service manager.
    pub fn start(
        config: &ServerConfig,
        handler: Handler,
        limit: BodyLimit,
        hub: Hub,
    ) -> Result<Running> {
        let _ = (config, handler, limit, hub);
        Err(Error::fault("the front is not built yet"))
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops: refuses what is new, says goodbye to streams, lets requests in flight finish.
    pub fn stop(self) {}
}
