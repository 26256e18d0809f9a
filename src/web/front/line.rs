//! A client's line: the socket, plain or TLS, with the gate on its reading side and the card's
//! count on both. hyper reads from it exactly one request and cannot see the next.

use super::BodyLimit;
use super::chunks::Chunks;
use super::gate::{self, Framing, Head, Turned};
use super::roster::{Card, Phase, Roster};
use crate::config::{KIB, Limits};
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A body is gathered up to here before hyper is asked to hold buffers for it. **Unit:** bytes.
const PREFIX_BYTES: usize = 16 * KIB;
/// What a refused client may still send before it is cut off. **Unit:** bytes.
const LINGER_BYTES: usize = 4096 * KIB;
/// What is read at a time. **Unit:** bytes.
const SCRATCH_BYTES: usize = 16 * KIB;

thread_local! {
    /// One buffer to read into for all lines: a line keeps only what it cannot pass on.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; SCRATCH_BYTES].into());
}

/// The socket.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What of the present request the client has yet to send.
#[derive(Debug)]
enum Rest {
    Head,
    Length(u64),
    Chunked(Chunks),
    Nothing,
}

/// A client's line.
#[derive(Debug)]
pub(super) struct Line {
    stream: Stream,
    card: Rc<Card>,
    /// What was read and not yet passed on.
    inbox: Vec<u8>,
    /// How much of the inbox belongs to the present request and has passed the gate.
    passed: usize,
    rest: Rest,
}

impl Line {
    /// A line without a request.
    pub(super) fn new(stream: Stream, card: Rc<Card>) -> Self {
        Line {
            stream,
            card,
            inbox: Vec::new(),
            passed: 0,
            rest: Rest::Head,
        }
    }

    /// Reads a head and checks it. None: the client left.
    pub(super) async fn head(
        &mut self,
        roster: &Roster,
        limits: &Limits,
        limit: BodyLimit,
    ) -> Result<Option<Head>, Turned> {
        self.rest = Rest::Head;
        self.card.asks_next.set(false);
        let mut scanned = 0;
        loop {
            if !self.inbox.is_empty() && self.card.phase.get() != Phase::Head {
                roster.enter(&self.card, Phase::Head);
            }
            if let Some(end) = gate::scan(&self.inbox, scanned, limits)? {
                let head = gate::check(self.inbox.get(..end).unwrap_or_default(), limits, limit)?;
                self.rest = match head.framing {
                    Framing::Length(length) => Rest::Length(length),
                    Framing::Chunked => Rest::Chunked(Chunks::new(head.body_bytes)),
                };
                self.passed = end;
                self.pass()?;
                return Ok(Some(head));
            }
            scanned = self.inbox.len();
            let room = limits.head_bytes.saturating_sub(scanned);
            if !matches!(poll_fn(|cx| self.poll_fill(cx, room)).await, Ok(1..)) {
                return Ok(None);
            }
        }
    }

    /// Gathers the beginning of a body. False: the client left.
    pub(super) async fn prefix(&mut self, head: &Head) -> Result<bool, Turned> {
        let enough = head.bytes + PREFIX_BYTES;
        while !matches!(self.rest, Rest::Nothing) && self.passed < enough {
            if !matches!(
                poll_fn(|cx| self.poll_fill(cx, SCRATCH_BYTES)).await,
                Ok(1..)
            ) {
                return Ok(false);
            }
            self.pass()?;
        }
        Ok(true)
    }

    /// Whether the client has yet to send a part of the body.
    pub(super) fn owes(&self) -> bool {
        !matches!(self.rest, Rest::Nothing)
    }

    /// Says why and closes.
    pub(super) async fn turn_away(mut self, roster: &Roster, turned: Turned) {
        roster.enter(&self.card, Phase::Linger);
        let refusal = super::headers::refusal(turned);
        if self.stream.write_all(&refusal).await.is_ok() {
            self.linger(roster).await;
        }
    }

    /// Closes our side and lets the client finish: closing with unread bytes would reset the
    /// connection and take the answer with it.
    pub(super) async fn linger(mut self, roster: &Roster) {
        roster.enter(&self.card, Phase::Linger);
        if self.stream.shutdown().await.is_err() {
            return;
        }
        let mut taken = 0;
        while taken < LINGER_BYTES {
            self.inbox.clear();
            match poll_fn(|cx| self.poll_fill(cx, SCRATCH_BYTES)).await {
                Ok(bytes) if bytes > 0 => taken += bytes,
                _ => return,
            }
        }
    }

    /// Lets through what belongs to the present request.
    fn pass(&mut self) -> Result<(), Turned> {
        let waiting = self.inbox.get(self.passed..).unwrap_or_default();
        let (taken, done) = match &mut self.rest {
            Rest::Head | Rest::Nothing => return Ok(()),
            Rest::Length(left) => {
                let taken = (*left).min(waiting.len() as u64);
                *left -= taken;
                // At most the bytes that wait, so it fits.
                (taken as usize, *left == 0)
            }
            Rest::Chunked(chunks) => (chunks.feed(waiting)?, chunks.done()),
        };
        self.passed += taken;
        if done {
            self.rest = Rest::Nothing;
        }
        Ok(())
    }

    fn note_write(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => self.card.moves(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.card.blocked.set(true),
        }
        written
    }

    /// Reads into the inbox, at most `room` bytes; 0 is the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<io::Result<usize>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let room = room.min(scratch.len());
            let mut buffer = ReadBuf::new(scratch.get_mut(..room).unwrap_or_default());
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            let filled = buffer.filled();
            self.card.moves(filled.len());
            self.inbox.reserve_exact(filled.len());
            self.inbox.extend_from_slice(filled);
            Poll::Ready(Ok(filled.len()))
        })
    }

    /// A live stream's client says nothing more; what it sends is dropped, its leaving noticed.
    pub(super) fn poll_leaving(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.inbox.clear();
            if ready!(self.poll_fill(cx, SCRATCH_BYTES))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

/// The end of the line that hyper holds; the other end stays with the connection's task.
#[derive(Debug, Clone)]
pub(super) struct Handset(pub Rc<RefCell<Line>>);

impl AsyncRead for Handset {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let line = &mut *self.0.borrow_mut();
        while line.passed == 0 {
            if !line.owes() {
                line.card.asks_next.set(true);
                return Poll::Pending;
            }
            if ready!(line.poll_fill(cx, SCRATCH_BYTES))? == 0 {
                return Poll::Ready(Ok(()));
            }
            if let Err(turned) = line.pass() {
                line.card.turned.set(Some(turned));
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
        }
        let taken = line.passed.min(buffer.remaining());
        buffer.put_slice(line.inbox.get(..taken).unwrap_or_default());
        line.inbox.drain(..taken);
        line.passed -= taken;
        if line.inbox.is_empty() {
            line.inbox = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Handset {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let line = &mut *self.0.borrow_mut();
        let written = Pin::new(&mut line.stream).poll_write(cx, bytes);
        line.note_write(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let line = &mut *self.0.borrow_mut();
        let written = Pin::new(&mut line.stream).poll_write_vectored(cx, pieces);
        line.note_write(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.borrow().stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = &mut *self.0.borrow_mut();
        Pin::new(&mut line.stream).poll_flush(cx)
    }

    /// Only what we wrote goes out: the connection's task closes, when the client has finished.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
