//! The private way to the workers: kept-alive connections to tiny_http, opened one at a time,
//! each with one request at a time, and a bounded queue before them.

use super::workers::{Parcel, Parcels, Place, private};
use crate::config::Limits;
use crate::error::{Doing, Error, Result};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HeaderMap;
use hyper_util::rt::TokioIo;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_local;

/// A request on its way to a worker.
pub(super) type Question = hyper::Request<Full<Bytes>>;

/// What a worker answered.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: hyper::StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// What cannot go through a socket: a file or a subscription.
    pub parcel: Option<Parcel>,
}

/// Why there is no answer: as many wait as may.
#[derive(Debug)]
pub(super) struct Busy;

/// The way to the workers.
#[derive(Debug)]
pub(super) struct Backend {
    lines: RefCell<Vec<SendRequest<Full<Bytes>>>>,
    permits: Arc<Semaphore>,
    waiting: Cell<usize>,
    queue: usize,
    key: String,
    parcels: Arc<Parcels>,
    stopping: Cell<bool>,
}

impl Backend {
    /// Opens one line for each worker. Each answers a first request before the next is opened:
    /// tiny_http's pool of threads forgets some of those that come at once.
    pub(super) async fn open(
        place: &Place,
        limits: &Limits,
        key: &str,
        parcels: Arc<Parcels>,
    ) -> Result<Rc<Self>> {
        let backend = Rc::new(Backend {
            lines: RefCell::default(),
            permits: Arc::new(Semaphore::new(limits.workers)),
            waiting: Cell::new(0),
            queue: limits.queue,
            key: key.to_owned(),
            parcels,
            stopping: Cell::new(false),
        });
        for _ in 0..limits.workers {
            let mut line = backend
                .dial(place)
                .await
                .doing("opening the way to the workers")?;
            let answer = line
                .send_request(backend.greeting())
                .await
                .map_err(of_hyper)?;
            answer.into_body().collect().await.map_err(of_hyper)?;
            backend.lines.borrow_mut().push(line);
        }
        Ok(backend)
    }

    async fn dial(self: &Rc<Self>, place: &Place) -> Result<SendRequest<Full<Bytes>>> {
        match place {
            #[cfg(unix)]
            Place::Unix(path) => {
                self.shake(tokio::net::UnixStream::connect(path).await?)
                    .await
            }
            Place::Tcp(address) => {
                let stream = tokio::net::TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                self.shake(stream).await
            }
        }
    }

    async fn shake<S>(self: &Rc<Self>, stream: S) -> Result<SendRequest<Full<Bytes>>>
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let (line, connection) = handshake(TokioIo::new(stream)).await.map_err(of_hyper)?;
        let backend = self.clone();
        spawn_local(async move {
            let end = connection.await;
            if !backend.stopping.get() {
                super::service_manager::give_up(&format!("a line to the workers ended: {end:?}"));
            }
        });
        Ok(line)
    }

    /// A request that a worker answers by itself.
    fn greeting(&self) -> Question {
        let mut question = Question::new(Full::default());
        *question.uri_mut() = hyper::Uri::from_static("/");
        question
            .headers_mut()
            .insert(private::GREETING, hyper::header::HeaderValue::from(1));
        self.sign(&mut question);
        question
    }

    fn sign(&self, question: &mut Question) {
        let headers = question.headers_mut();
        headers.insert("te", hyper::header::HeaderValue::from_static("identity"));
        if let Ok(key) = self.key.parse() {
            headers.insert(private::KEY, key);
        }
    }

    /// Asks a worker. The request runs to its end even if nobody waits for the answer any more.
    pub(super) async fn ask(
        self: &Rc<Self>,
        mut question: Question,
        id: String,
    ) -> std::result::Result<Reply, Busy> {
        self.sign(&mut question);
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) if self.waiting.get() >= self.queue => return Err(Busy),
            Err(_) => {
                let _place = Waiting::new(&self.waiting);
                self.permits
                    .clone()
                    .acquire_owned()
                    .await
                    .map_err(|_| Busy)?
            }
        };
        let Some(mut line) = self.lines.borrow_mut().pop() else {
            // A permit is a line; without one a line was lost, and its end gives up.
            return Err(Busy);
        };
        let (give, take) = oneshot::channel();
        let backend = self.clone();
        spawn_local(async move {
            let reply = backend.exchange(&mut line, question, &id).await;
            backend.lines.borrow_mut().push(line);
            drop(permit);
            match reply {
                // The client may have left meanwhile; then the answer is dropped here.
                Ok(reply) => drop(give.send(reply)),
                Err(error) if !backend.stopping.get() => {
                    super::service_manager::give_up(&format!("a worker's line broke: {error}"));
                }
                Err(_) => {}
            }
        });
        take.await.map_err(|_| Busy)
    }

    async fn exchange(
        &self,
        line: &mut SendRequest<Full<Bytes>>,
        question: Question,
        id: &str,
    ) -> hyper::Result<Reply> {
        line.ready().await?;
        let answer = line.send_request(question).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        let parcel = self.parcels.collect(id);
        Ok(Reply {
            status: parts.status,
            headers: parts.headers,
            body,
            parcel,
        })
    }

    /// Whether a worker still answers; waits as long as it takes.
    pub(super) async fn is_alive(self: &Rc<Self>) -> bool {
        let reply = self.ask(self.greeting(), String::new()).await;
        reply.is_ok_and(|reply| reply.status == hyper::StatusCode::NO_CONTENT)
    }

    /// From now on the end of a line is no reason to give up.
    pub(super) fn stop(&self) {
        self.stopping.set(true);
    }
}

/// A place in the queue, given back when the waiting ends in whatever way.
struct Waiting<'a>(&'a Cell<usize>);

impl<'a> Waiting<'a> {
    fn new(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

fn of_hyper(error: hyper::Error) -> Error {
    Error::Fault(crate::error::Fault::from(error))
}
