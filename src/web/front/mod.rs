//! The guarded front door. Clients talk to hyper behind a strict gate on one thread; whole,
//! bounded, canonical requests go on to tiny_http workers, which may block. Streams and files
//! stay here.
//!
//! ```text
//! clients → door → gate → hyper ─→ backend → 32 private connections → tiny_http → worker → handler
//!             │ roster: caps, deadlines          answers: bytes the same way back; files and
//!             │ live: the streams                subscriptions beside it, the front keeps them
//! ```
//!
//! Two decisions that need their reasons (November 2026). *A gate before hyper:* hyper takes bare
//! line feeds, two equal lengths, and a length beside chunks; we refuse them, so a proxy before us
//! and we can never disagree about where a request ends. *A hyper connection for each request:* it
//! is shown the bytes of one request and no more, and an idle client costs a kilobyte instead of
//! hyper's two buffers; making one takes about a microsecond. A handwritten parser for the answers
//! too would be faster still; it would also be ours to keep safe.

mod answer;
mod backend;
pub mod behind;
mod body;
mod chunks;
mod door;
mod finish;
mod gate;
mod headers;
mod line;
pub mod live;
#[cfg(debug_assertions)]
pub mod probe;
mod roster;
mod seats;
mod service;
pub mod service_manager;
mod sockets;
mod tls;
mod workers;

use crate::config::ServerConfig;
use crate::error::{Doing, Error, Result};
use crate::web::exchange::{Method, Request, Response};
use answer::Streams;
use backend::Backend;
use body::Budgets;
use live::Hub;
use roster::Roster;
use service::Desk;
use std::cell::Cell;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tls::Tls;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local};
use workers::{Parcels, Place, Workers};

/// How often patience is measured.
const SWEEP: Duration = Duration::from_millis(500);
/// Threads beside the front's own that read and write files for it.
const FILE_THREADS: usize = 4;

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
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
    workers: Workers,
}

impl Front {
    /// Starts the workers, listens, and tells the service manager that it does.
    pub fn start(
        config: &ServerConfig,
        handler: Handler,
        limit: BodyLimit,
        hub: Hub,
    ) -> Result<Running> {
        let limits = &config.limits;
        let connections = sockets::connections_that_fit(limits);
        let listener = sockets::listen(config.listen, limits)?;
        let address = listener.local_addr()?;
        let tls = config.tls.as_ref();
        // Wrong files are said before anything starts; the front's own thread reads its own.
        tls.map(Tls::open).transpose()?;
        let spool_dir = config.spool_dir.clone().unwrap_or_else(std::env::temp_dir);
        let parcels = Arc::new(Parcels::default());
        let key = key()?;
        let workers = Workers::start(limits, spool_dir.clone(), handler, parcels.clone(), &key)?;
        let plan = Plan {
            config: config.clone(),
            connections,
            listener,
            limit,
            hub,
            parcels,
            key,
            place: workers.place.clone(),
            spool_dir,
        };
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = thread::Builder::new()
            .name(String::from("front"))
            .spawn(move || {
                if let Err(error) = plan.run(&tell, stopped) {
                    // Nobody listens any more only if the start has failed for another reason.
                    let _ = tell.send(Err(error));
                }
            })?;
        let begun = told.recv();
        begun.map_err(|_| Error::fault("the front ended before it began"))??;
        service_manager::say_ready();
        Ok(Running {
            address,
            stop,
            thread,
            workers,
        })
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops: refuses what is new, says goodbye to streams, closes idle connections, lets requests
    /// in flight finish, and returns when the last worker has ended.
    pub fn stop(self) {
        service_manager::say_stopping();
        // A front that has ended already needs no telling.
        let _ = self.stop.send(());
        if self.thread.join().is_err() {
            tracing::error!("the front ended in a panic");
        }
        self.workers.stop();
    }
}

/// A secret of this start.
fn key() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::fault(format!("no chance: {error}")))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

/// What the front's thread needs to begin.
struct Plan {
    config: ServerConfig,
    connections: usize,
    listener: TcpListener,
    limit: BodyLimit,
    hub: Hub,
    parcels: Arc<Parcels>,
    key: String,
    place: Place,
    spool_dir: std::path::PathBuf,
}

impl Plan {
    fn run(self, tell: &mpsc::Sender<Result<()>>, stopped: oneshot::Receiver<()>) -> Result<()> {
        let runtime: Runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(FILE_THREADS)
            .build()
            .doing("starting the front's runtime")?;
        let local = LocalSet::new();
        local.block_on(&runtime, async {
            let tls = self
                .config
                .tls
                .as_ref()
                .map(Tls::open)
                .transpose()?
                .map(Rc::new);
            let listener = sockets::Listener::new(self.listener)?;
            let limits = self.config.limits.clone();
            let parcels = self.parcels.clone();
            let backend = Backend::open(&self.place, &limits, &self.key, parcels).await?;
            let mut start = [0; 4];
            getrandom::fill(&mut start).map_err(|error| Error::fault(error.to_string()))?;
            let desk = Rc::new(Desk {
                roster: Roster::new(&limits, self.connections),
                streams: Streams::new(self.hub, &limits),
                backend: backend.clone(),
                parcels: self.parcels,
                budgets: Budgets::new(&limits, &self.spool_dir),
                config: self.config,
                stopping: Cell::new(false),
                start: u32::from_be_bytes(start),
                count: Cell::new(1),
            });
            let door = spawn_local(door::keep(listener, desk.clone(), tls.clone(), self.limit));
            spawn_local(desk.streams.clone().relay());
            spawn_local(sweep(desk.clone()));
            spawn_local(service_manager::feed_watchdog(backend.clone()));
            if let Some(tls) = tls {
                spawn_local(async move { tls.reload(limits.tls_reload).await });
            }
            let _ = tell.send(Ok(()));
            // Told to stop, or its teller is gone: both are the end.
            let _ = stopped.await;
            door.abort();
            // The listener is dropped with the door's task, which must run once more for it.
            let _ = door.await;
            close(&desk).await;
            backend.stop();
            Ok(())
        })
    }
}

/// Measures everyone's patience, twice a second.
async fn sweep(desk: Rc<Desk>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        desk.roster.sweep();
        desk.streams.sweep(&desk.roster);
    }
}

/// Waits for requests in flight, as long as they may take.
async fn close(desk: &Desk) {
    desk.stopping.set(true);
    desk.streams.say_goodbye();
    desk.roster.shed_idle();
    let begun = Instant::now();
    while desk.roster.open() > 0 && begun.elapsed() < desk.config.limits.stop_time {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
