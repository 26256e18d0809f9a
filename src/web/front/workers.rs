//! The workers: threads in tiny_http's request loop, each answering one whole request at a time.
//! A handler that panics costs one answer, never a worker.

use super::finish::{self, Facts};
use super::{Handler, service_manager};
use crate::config::Limits;
use crate::error::{Doing, Error, Fault, Result};
use crate::ledger::apart;
use crate::web::exchange::{Answer, Body, Method, Request, Response, SpooledFile};
use std::any::Any;
use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// The headers between the front and the workers; the front strips a client's own of this prefix.
pub(super) mod private {
    /// What all of them begin with.
    pub const PREFIX: &str = "x-trailbox-";
    /// The secret of this start: only the front knows it.
    pub const KEY: &str = "x-trailbox-key";
    /// A request that a worker answers by itself.
    pub const GREETING: &str = "x-trailbox-greeting";
    /// The request's id.
    pub const ID: &str = "x-trailbox-id";
    /// The client's address.
    pub const PEER: &str = "x-trailbox-peer";
    /// Present if the client came over HTTPS.
    pub const SECURE: &str = "x-trailbox-secure";
}

/// Where the workers listen.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A socket in a folder of our own.
    #[cfg(unix)]
    Unix(PathBuf),
    /// The loopback, where there are no Unix sockets.
    Tcp(SocketAddr),
}

/// What cannot go through a socket and waits beside it under its request's id.
#[derive(Debug, Default)]
pub(super) struct Parcels {
    uploads: Mutex<HashMap<String, SpooledFile>>,
    answers: Mutex<HashMap<String, Parcel>>,
}

/// A file or a subscription on its way to the front.
#[derive(Debug)]
pub(super) struct Parcel {
    pub answer: Answer,
    /// Where a file's part begins. **Unit:** bytes.
    pub start: u64,
    /// How long a file's part is. **Unit:** bytes.
    pub len: u64,
}

impl Parcels {
    /// Leaves an upload for the worker.
    pub(super) fn leave_upload(&self, id: &str, upload: SpooledFile) {
        locked(&self.uploads).insert(id.to_owned(), upload);
    }

    /// Collects what the worker left, and any upload it did not want.
    pub(super) fn collect(&self, id: &str) -> Option<Parcel> {
        locked(&self.uploads).remove(id);
        locked(&self.answers).remove(id)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A map is whole between any two of its operations.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The workers and the socket they listen on.
pub(super) struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    pub place: Place,
    _folder: Option<tempfile::TempDir>,
}

struct Shared {
    server: tiny_http::Server,
    handler: Handler,
    parcels: Arc<Parcels>,
    key: String,
    limits: Limits,
    spool_dir: PathBuf,
    stopping: AtomicBool,
}

impl Workers {
    /// Starts the workers.
    pub(super) fn start(
        limits: &Limits,
        spool_dir: PathBuf,
        handler: Handler,
        parcels: Arc<Parcels>,
        key: &str,
    ) -> Result<Self> {
        let bases = [std::env::temp_dir(), PathBuf::from("/tmp")];
        Workers::start_in(&bases, limits, spool_dir, handler, parcels, key)
    }

    fn start_in(
        bases: &[PathBuf],
        limits: &Limits,
        spool_dir: PathBuf,
        handler: Handler,
        parcels: Arc<Parcels>,
        key: &str,
    ) -> Result<Self> {
        let (server, place, folder) = listen(bases).doing("opening the workers' socket")?;
        let shared = Arc::new(Shared {
            server,
            handler,
            parcels,
            key: key.to_owned(),
            limits: limits.clone(),
            spool_dir,
            stopping: AtomicBool::new(false),
        });
        let mut threads = Vec::new();
        for number in 0..limits.workers {
            let shared = shared.clone();
            let thread = thread::Builder::new()
                .name(format!("worker-{number}"))
                .stack_size(limits.worker_stack_bytes)
                .spawn(move || shared.work());
            threads.push(thread.doing("starting a worker")?);
        }
        Ok(Workers {
            shared,
            threads,
            place,
            _folder: folder,
        })
    }

    /// Lets each worker finish its request and waits for all of them.
    pub(super) fn stop(self) {
        self.shared.stopping.store(true, Ordering::Release);
        for _ in &self.threads {
            self.shared.server.unblock();
        }
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a worker ended in a panic");
            }
        }
    }
}

/// A Unix socket in a folder only we can enter, else the loopback.
fn listen(bases: &[PathBuf]) -> Result<(tiny_http::Server, Place, Option<tempfile::TempDir>)> {
    let server_error = |error| Error::Fault(Fault::from(format!("{error}")));
    #[cfg(unix)]
    {
        // The path of a socket has at most 107 bytes.
        let short = |path: &PathBuf| path.as_os_str().len() < 80;
        for base in bases.iter().filter(|base| short(base)) {
            let Ok(folder) = apart::folder(base, "tb-") else {
                continue;
            };
            let path = folder.path().join("s");
            if let Ok(server) = tiny_http::Server::http_unix(&path) {
                return Ok((server, Place::Unix(path), Some(folder)));
            }
        }
    }
    let server = tiny_http::Server::http("127.0.0.1:0").map_err(server_error)?;
    let address = server.server_addr().to_ip();
    let address = address.ok_or_else(|| Error::fault("the loopback has no address"))?;
    Ok((server, Place::Tcp(address), None))
}

impl Shared {
    fn work(&self) {
        loop {
            let received = self.server.recv();
            match received {
                Ok(request) => {
                    let answered = catch_unwind(AssertUnwindSafe(|| self.answer(request)));
                    if answered.is_err() {
                        tracing::error!("a worker panicked outside of a handler");
                    }
                }
                Err(_) if self.stopping.load(Ordering::Acquire) => return,
                Err(error) => {
                    service_manager::give_up(&format!("the workers' socket failed: {error}"));
                }
            }
        }
    }

    fn answer(&self, mut received: tiny_http::Request) {
        let header = |name: &str| {
            let mut headers = received.headers().iter();
            headers
                .find(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name))
                .map(|header| header.value.as_str().to_owned())
        };
        if header(private::KEY).as_deref() != Some(&self.key) {
            return respond(received, 403, Vec::new(), Vec::new());
        }
        if header(private::GREETING).is_some() {
            return respond(received, 204, Vec::new(), Vec::new());
        }
        let id = header(private::ID).unwrap_or_default();
        let peer = header(private::PEER);
        let secure = header(private::SECURE).is_some();
        let request = match self.read(&mut received, &id, peer, secure) {
            Ok(request) => request,
            Err(error) => {
                tracing::error!(incident = %id, %error, "a request could not be read");
                return respond(received, 500, Vec::new(), Vec::new());
            }
        };
        let facts = Facts::of(&request);
        let response = catch_unwind(AssertUnwindSafe(|| (self.handler)(request)));
        let response = response.unwrap_or_else(|panic| after_panic(&id, panic.as_ref()));
        let response = finish::finish(response, &facts, &self.limits, &self.spool_dir);
        let response = response.unwrap_or_else(|error| {
            tracing::error!(incident = %id, %error, "an answer could not be finished");
            incident(&id)
        });
        let part = finish::part(&response);
        let mut headers = Vec::new();
        for (name, value) in response.headers() {
            // Names and values passed the response's one helper: ASCII without controls.
            let header = tiny_http::Header::from_bytes(name.as_bytes(), value.as_bytes());
            headers.extend(header);
        }
        let leave = |answer, start, len| {
            let parcel = Parcel { answer, start, len };
            locked(&self.parcels.answers).insert(id.clone(), parcel);
        };
        let bytes = match response.body {
            Answer::Empty => Vec::new(),
            Answer::Bytes(bytes) => bytes,
            Answer::File(file) => {
                let (start, len) = part.unwrap_or((0, file.len));
                leave(Answer::File(file), start, len);
                Vec::new()
            }
            Answer::Live(subscription) => {
                leave(Answer::Live(subscription), 0, 0);
                Vec::new()
            }
        };
        respond(received, response.status, headers, bytes);
    }

    fn read(
        &self,
        received: &mut tiny_http::Request,
        id: &str,
        peer: Option<String>,
        secure: bool,
    ) -> Result<Request> {
        let method = Method::named(received.method().as_str());
        let method = method.ok_or_else(|| Error::fault("the front let through a wrong method"))?;
        let mut request = Request::new(method, received.url())?;
        for header in received.headers() {
            let name = header.field.as_str().as_str();
            if !name.to_ascii_lowercase().starts_with(private::PREFIX) {
                request = request.with_header(name, header.value.as_str());
            }
        }
        let upload = locked(&self.parcels.uploads).remove(id);
        request.body = match upload {
            Some(upload) => Body::Spooled(upload),
            None => {
                let length = received.body_length().unwrap_or(0);
                let mut bytes = Vec::with_capacity(length.min(self.limits.webhook_body_bytes));
                let most = self.limits.webhook_body_bytes as u64;
                received.as_reader().take(most).read_to_end(&mut bytes)?;
                if bytes.len() != length {
                    return Err(Error::fault("the body came through shorter than announced"));
                }
                Body::Bytes(bytes)
            }
        };
        request.peer = peer
            .and_then(|peer| peer.parse().ok())
            .unwrap_or(request.peer);
        request.id = id.to_owned();
        request.secure = secure;
        Ok(request)
    }
}

fn respond(
    received: tiny_http::Request,
    status: u16,
    headers: Vec<tiny_http::Header>,
    bytes: Vec<u8>,
) {
    let length = bytes.len();
    let answer = tiny_http::Response::new(
        tiny_http::StatusCode(status),
        headers,
        Cursor::new(bytes),
        Some(length),
        None,
    );
    if let Err(error) = received.respond(answer) {
        tracing::warn!(%error, "an answer did not reach the front");
    }
}

/// The page after a panic: only the number; what happened is in the log under it.
fn after_panic(id: &str, panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_else(|| String::from("no text"));
    tracing::error!(incident = %id, panic = %text, "a handler panicked");
    incident(id)
}

fn incident(id: &str) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Something failed</title>\
         <h1>Something failed</h1><p>It is noted as incident <strong>{id}</strong>. \
         <a href=\"/\">Back to the desk</a></p></html>\n"
    );
    Response::html(page).with_status(500)
}

#[cfg(test)]
mod tests {
    use super::{Place, Workers, private};
    use crate::config::Limits;
    use crate::web::exchange::Response;
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    #[test]
    fn without_a_folder_for_the_socket_the_loopback_serves_who_knows_the_key() {
        let nowhere = [
            PathBuf::from("/nothing/here"),
            PathBuf::from("x".repeat(90)),
        ];
        let limits = Limits {
            workers: 2,
            ..Limits::default()
        };
        let handler = Arc::new(|_| Response::text("served"));
        let (spool, parcels) = (std::env::temp_dir(), Arc::default());
        let workers =
            Workers::start_in(&nowhere, &limits, spool, handler, parcels, "a-key").unwrap();
        let Place::Tcp(address) = workers.place else {
            panic!("{:?}", workers.place);
        };
        assert!(address.ip().is_loopback());
        let ask = |key: &str| {
            let mut stream = TcpStream::connect(address).unwrap();
            let name = private::KEY;
            let head = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{name}: {key}");
            write!(stream, "{head}\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        };
        assert!(ask("another").starts_with("HTTP/1.1 403"));
        let served = ask("a-key");
        assert!(
            served.starts_with("HTTP/1.1 200") && served.ends_with("served"),
            "{served}"
        );
        workers.stop();
    }

    #[test]
    #[cfg(unix)]
    fn the_socket_lies_where_nobody_else_can_enter() {
        use std::os::unix::fs::PermissionsExt;
        let (_server, place, folder) = super::listen(&[std::env::temp_dir()]).unwrap();
        let Place::Unix(path) = place else { return }; // its folder has a long name
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        drop(folder);
        assert!(!path.exists());
    }
}
