//! The door: accepts connections and leads each through its requests, one after the other.

use super::BodyLimit;
use super::gate::Turned;
use super::line::{Handset, Line, Stream};
use super::roster::{Card, Phase};
use super::service::Desk;
use super::sockets::Listener;
use super::tls::Tls;
use crate::config::KIB;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::spawn_local;

/// What hyper may buffer of one answer, beside a head of full size. **Unit:** bytes.
const BUFFER_BYTES: usize = 17 * KIB;
/// After `accept` failed and one connection was shed.
const BREATH: Duration = Duration::from_millis(5);

/// After so many newcomers those who are here get their turn.
const BATCH: u64 = 64;
/// The first byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;

/// Accepts until it is dropped.
pub(super) async fn keep(
    listener: Listener,
    desk: Rc<Desk>,
    tls: Option<Rc<Tls>>,
    limit: BodyLimit,
) {
    for accepted in 1_u64.. {
        if accepted.is_multiple_of(BATCH) {
            tokio::task::yield_now().await;
        }
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Mostly a lack of descriptors: whoever waits longest makes room.
                desk.roster.shed_one();
                tracing::debug!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let peer = peer.to_canonical();
        let Some(card) = desk.roster.admit(peer, desk.trusts(peer)) else {
            continue;
        };
        let guest = Guest {
            desk: desk.clone(),
            card: card.clone(),
            peer,
            limit,
        };
        // A guest that is dropped gives its card back.
        let Ok(stream) = TcpStream::from_std(stream) else {
            continue;
        };
        let tls = tls.clone();
        let task = spawn_local(async move { guest.welcome(stream, tls).await });
        card.hold(task.abort_handle());
    }
}

/// One connection; its card leaves the roster with it.
struct Guest {
    desk: Rc<Desk>,
    card: Rc<Card>,
    peer: IpAddr,
    limit: BodyLimit,
}

/// How one request ended.
enum End {
    /// The next may come.
    Next,
    /// We close.
    Close,
    /// The client left.
    Gone,
    /// We close and say why.
    Turned(Turned),
}

impl Guest {
    async fn welcome(self, stream: TcpStream, tls: Option<Rc<Tls>>) {
        let Some(tls) = tls else {
            return self.serve(Stream::Plain(stream), false).await;
        };
        let mut first = [0];
        match stream.peek(&mut first).await {
            Ok(1) if first == [TLS_HANDSHAKE] => {}
            Ok(1) => {
                let line = Line::new(Stream::Plain(stream), self.card.clone());
                let turned = Turned(400, "this port speaks HTTPS");
                return line.turn_away(&self.desk.roster, turned).await;
            }
            _ => return,
        }
        let shaken = Box::pin(tls.acceptor().accept(stream)).await;
        if let Ok(stream) = shaken {
            self.serve(Stream::Tls(Box::new(stream)), true).await;
        }
    }

    async fn serve(&self, stream: Stream, secure: bool) {
        let roster = &self.desk.roster;
        let limits = &self.desk.config.limits;
        let mut line = Line::new(stream, self.card.clone());
        loop {
            let head = match line.head(roster, limits, self.limit).await {
                Ok(Some(head)) => head,
                Ok(None) => return,
                Err(turned) => return line.turn_away(roster, turned).await,
            };
            if line.owes() {
                roster.enter(&self.card, Phase::Body);
                // A client that waits for `100 Continue` sends nothing before hyper says it.
                if !head.waits {
                    match line.prefix(&head).await {
                        Ok(true) => {}
                        Ok(false) => return,
                        Err(turned) => return line.turn_away(roster, turned).await,
                    }
                }
            }
            let shared = Rc::new(RefCell::new(line));
            let end = Box::pin(self.converse(shared.clone(), head, secure)).await;
            // hyper's end of the line was dropped with the conversation.
            let Some(whole) = Rc::into_inner(shared) else {
                return;
            };
            line = whole.into_inner();
            match end {
                End::Next if self.desk.stopping.get() => return line.linger(roster).await,
                End::Next => roster.enter(&self.card, Phase::Idle),
                End::Close => return line.linger(roster).await,
                End::Gone => return,
                End::Turned(turned) => return line.turn_away(roster, turned).await,
            }
        }
    }

    /// One request through hyper, which can read no further than its end.
    async fn converse(
        &self,
        line: Rc<RefCell<Line>>,
        head: super::gate::Head,
        secure: bool,
    ) -> End {
        let peer = (self.peer, secure);
        let head = Rc::new(head);
        let service = service_fn(|request| {
            let head = head.clone();
            Box::pin(async move { self.desk.respond(&self.card, &head, peer, request).await })
        });
        let io = TokioIo::new(Handset(line.clone()));
        let mut connection = http1::Builder::new()
            .half_close(true)
            .header_read_timeout(None)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(io, service);
        let ended = poll_fn(|cx| {
            if let Poll::Ready(ended) = Pin::new(&mut connection).poll(cx) {
                return Poll::Ready(Some(ended));
            }
            if self.card.asks_next.get() {
                return Poll::Ready(None);
            }
            if self.card.phase.get() == Phase::Live && line.borrow_mut().poll_leaving(cx).is_ready()
            {
                return Poll::Ready(Some(Ok(())));
            }
            Poll::Pending
        });
        match (ended.await, self.card.turned.take()) {
            (_, Some(turned)) => End::Turned(turned),
            (None, None) => End::Next,
            (Some(Ok(())), None) if self.card.phase.get() == Phase::Live => End::Gone,
            (Some(Ok(())), None) => End::Close,
            (Some(Err(_)), None) => End::Gone,
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.desk.roster.leave(&self.card);
    }
}
