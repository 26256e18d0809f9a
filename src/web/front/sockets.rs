//! The options of our sockets and the number of descriptors we may have.

use crate::config::Limits;
use crate::error::{Doing, Result};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::net::TcpStream;

/// Descriptors that are not a client's connection: files, sockets of the workers and of providers.
const OTHER_DESCRIPTORS: usize = 128;
/// Descriptors of one worker: both ends of its line, and the database it reads.
const WORKER_DESCRIPTORS: usize = 6;

/// Listens, with a backlog that bursts fit into.
pub(super) fn listen(address: SocketAddr, limits: &Limits) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).doing(format!("listening on {address}"))?;
    listener.set_nonblocking(true)?;
    // The standard library listens with 128; a second call only changes the number.
    #[cfg(unix)]
    rustix::net::listen(&listener, limits.backlog)
        .map_err(std::io::Error::from)
        .doing("lengthening the backlog")?;
    #[cfg(not(unix))]
    let _ = limits;
    Ok(listener)
}

/// Prepares a client's socket: answers at once, dead peers noticed.
pub(super) fn prepare(stream: &TcpStream, limits: &Limits) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::net::sockopt;
        sockopt::set_socket_keepalive(stream, true)?;
        sockopt::set_tcp_keepidle(stream, Duration::from_secs(30))?;
        sockopt::set_tcp_keepintvl(stream, Duration::from_secs(10))?;
        sockopt::set_tcp_keepcnt(stream, 3)?;
        let dead = u32::try_from(limits.dead_peer.as_millis()).unwrap_or(u32::MAX);
        sockopt::set_tcp_user_timeout(stream, dead)?;
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = (limits, Duration::ZERO);
    Ok(())
}

/// Raises the soft limit of descriptors to the hard one, and answers how many connections fit.
pub(super) fn connections_that_fit(limits: &Limits) -> usize {
    #[cfg(unix)]
    let descriptors = {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let have = getrlimit(Resource::Nofile);
        let mut raised = have;
        raised.current = have.maximum;
        let now = if setrlimit(Resource::Nofile, raised).is_ok() {
            raised
        } else {
            have
        };
        now.current
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(usize::MAX)
    };
    #[cfg(not(unix))]
    let descriptors = usize::MAX;
    let others = OTHER_DESCRIPTORS + limits.workers * WORKER_DESCRIPTORS;
    let left = descriptors.saturating_sub(others).max(descriptors / 4);
    limits.connections.min(left).max(1)
}
