//! The options of our sockets and the number of descriptors we may have.

use crate::config::Limits;
use crate::error::{Doing, Result};
use std::cell::Cell;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::time::Duration;

/// Descriptors that are not a client's connection: files, sockets of the workers and of providers.
const OTHER_DESCRIPTORS: usize = 128;
/// Descriptors of one worker: both ends of its line, and the database it reads.
const WORKER_DESCRIPTORS: usize = 6;

/// Listens, with a backlog that bursts fit into.
pub(super) fn listen(address: SocketAddr, limits: &Limits) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).doing(format!("listening on {address}"))?;
    listener.set_nonblocking(true)?;
    prepare(&listener, limits).doing("preparing the listener")?;
    Ok(listener)
}

/// Answers at once, dead peers noticed. On Linux an accepted socket inherits all of it: set once
/// here, it saves six system calls for each connection of a crowd.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn prepare(listener: &TcpListener, limits: &Limits) -> io::Result<()> {
    use rustix::net::sockopt;
    // The standard library listens with 128; a second call only changes the number.
    rustix::net::listen(listener, limits.backlog)?;
    sockopt::set_tcp_nodelay(listener, true)?;
    sockopt::set_socket_keepalive(listener, true)?;
    sockopt::set_tcp_keepidle(listener, Duration::from_secs(30))?;
    sockopt::set_tcp_keepintvl(listener, Duration::from_secs(10))?;
    sockopt::set_tcp_keepcnt(listener, 3)?;
    let dead = u32::try_from(limits.dead_peer.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(listener, dead)?;
    Ok(())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn prepare(listener: &TcpListener, limits: &Limits) -> io::Result<()> {
    #[cfg(unix)]
    rustix::net::listen(listener, limits.backlog)?;
    let _ = (listener, limits);
    Ok(())
}

/// A listener in the front's runtime. Of a burst only the first socket comes through the runtime,
/// the others straight from the system: a crowd that is refused costs two system calls a head.
pub(super) struct Listener {
    inner: tokio::net::TcpListener,
    more: Cell<bool>,
}

impl Listener {
    /// Enters the runtime.
    pub(super) fn new(listener: TcpListener) -> io::Result<Self> {
        Ok(Listener {
            inner: tokio::net::TcpListener::from_std(listener)?,
            more: Cell::new(false),
        })
    }

    /// The next connection, and who it is.
    pub(super) async fn accept(&self) -> io::Result<(TcpStream, IpAddr)> {
        if self.more.get() {
            match accept_now(&self.inner) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.more.set(false),
                accepted => return accepted,
            }
        }
        let (stream, peer) = self.inner.accept().await?;
        self.more.set(true);
        if !cfg!(any(target_os = "linux", target_os = "android")) {
            stream.set_nodelay(true)?;
        }
        Ok((stream.into_std()?, peer.ip()))
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn accept_now(listener: &tokio::net::TcpListener) -> io::Result<(TcpStream, IpAddr)> {
    use rustix::net::{SocketFlags, acceptfrom_with};
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let (socket, peer) = acceptfrom_with(listener, flags)?;
    let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
    let peer = peer.ok_or(io::ErrorKind::NotConnected)?;
    Ok((TcpStream::from(socket), peer.ip()))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn accept_now(_: &tokio::net::TcpListener) -> io::Result<(TcpStream, IpAddr)> {
    Err(io::ErrorKind::WouldBlock.into())
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
