//! The body of an answer as hyper asks for it: bytes at hand, a file read piece by piece beside
//! the front's thread, or a live stream.

use super::live::{Hub, Reader};
use super::roster::{Card, Roster};
use crate::config::{KIB, Limits};
use crate::web::exchange::{SpooledFile, Subscription};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Seek, SeekFrom};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;
use tokio::task::{JoinHandle, spawn_blocking};

/// What is read of a file, or of the ring, at a time. **Unit:** bytes.
const PIECE_BYTES: usize = 16 * KIB;

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Payload {
    Bytes(Bytes),
    File(FilePart),
    Live(LiveStream),
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = match self.get_mut() {
            Payload::Bytes(bytes) if bytes.is_empty() => None,
            Payload::Bytes(bytes) => Some(Ok(std::mem::take(bytes))),
            Payload::File(part) => ready!(part.poll_piece(cx)),
            Payload::Live(stream) => ready!(stream.poll_piece(cx)),
        };
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Payload::Bytes(bytes) => bytes.is_empty(),
            Payload::File(part) => part.left == 0,
            Payload::Live(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Payload::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Payload::File(part) => SizeHint::with_exact(part.left),
            Payload::Live(_) => SizeHint::default(),
        }
    }
}

/// A part of a file on its way out.
#[derive(Debug)]
pub(super) struct FilePart {
    file: Arc<File>,
    at: u64,
    left: u64,
    reading: Option<JoinHandle<io::Result<Vec<u8>>>>,
}

impl FilePart {
    /// The part of `len` bytes from `start`.
    pub(super) fn new(file: &SpooledFile, start: u64, len: u64) -> io::Result<Self> {
        let file = file
            .open()
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(FilePart {
            file: Arc::new(file),
            at: start,
            left: len,
            reading: None,
        })
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let (file, at) = (self.file.clone(), self.at);
        let len = self.left.min(PIECE_BYTES as u64);
        let reading = self.reading.get_or_insert_with(|| {
            spawn_blocking(move || {
                let mut file = &*file;
                file.seek(SeekFrom::Start(at))?;
                let mut piece = Vec::new();
                piece.reserve_exact(PIECE_BYTES);
                file.take(len).read_to_end(&mut piece)?;
                Ok(piece)
            })
        });
        let piece = ready!(Pin::new(reading).poll(cx));
        self.reading = None;
        Poll::Ready(Some(match piece {
            Ok(Ok(piece)) if !piece.is_empty() => {
                self.at += piece.len() as u64;
                self.left = self.left.saturating_sub(piece.len() as u64);
                Ok(Bytes::from(piece))
            }
            Ok(Ok(_)) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(io::Error::other(error)),
        }))
    }
}

/// All live streams of the front.
#[derive(Debug)]
pub(super) struct Streams {
    hub: Hub,
    limits: Limits,
    next: Cell<u64>,
    open: RefCell<HashMap<u64, Rc<Ear>>>,
    goodbye: Cell<bool>,
}

/// One stream's place and what it is due.
#[derive(Debug)]
struct Ear {
    reader: RefCell<Reader>,
    card: Rc<Card>,
    waker: RefCell<Option<Waker>>,
    spoke_at: Cell<Instant>,
    greeted: Cell<bool>,
    beat_due: Cell<bool>,
}

/// One live stream as a body.
#[derive(Debug)]
pub(super) struct LiveStream {
    streams: Rc<Streams>,
    number: u64,
    ear: Rc<Ear>,
    ended: bool,
}

impl Streams {
    /// No streams yet.
    pub(super) fn new(hub: Hub, limits: &Limits) -> Rc<Self> {
        Rc::new(Streams {
            hub,
            limits: limits.clone(),
            next: Cell::new(0),
            open: RefCell::default(),
            goodbye: Cell::new(false),
        })
    }

    /// A new stream; None if there are as many as may be.
    pub(super) fn listen(
        self: &Rc<Self>,
        subscription: &Subscription,
        card: Rc<Card>,
    ) -> Option<LiveStream> {
        if self.open.borrow().len() >= self.limits.live_streams {
            return None;
        }
        let number = self.next.replace(self.next.get() + 1);
        let reader = self.hub.reader(&subscription.topics, subscription.after);
        let ear = Rc::new(Ear {
            reader: RefCell::new(reader),
            card,
            waker: RefCell::default(),
            spoke_at: Cell::new(Instant::now()),
            greeted: Cell::new(false),
            beat_due: Cell::new(false),
        });
        self.open.borrow_mut().insert(number, ear.clone());
        Some(LiveStream {
            streams: self.clone(),
            number,
            ear,
            ended: false,
        })
    }

    /// Wakes every stream whenever something is published.
    pub(super) async fn relay(self: Rc<Self>) {
        loop {
            self.hub.rung().await;
            self.wake(|_| true);
        }
    }

    /// Reminds quiet streams of their heartbeat and ends those that have fallen behind.
    pub(super) fn sweep(&self, roster: &Roster) {
        let now = Instant::now();
        self.wake(|ear| {
            let quiet = now.saturating_duration_since(ear.spoke_at.get());
            // Early by two sweeps, so that it is never late.
            let due = quiet + 2 * super::SWEEP >= self.limits.heartbeat;
            ear.beat_due.set(due);
            due
        });
        let most = self.limits.live_pending_bytes as u64;
        let behind: Vec<Rc<Ear>> = {
            let open = self.open.borrow();
            let far = |ear: &&Rc<Ear>| {
                ear.card.blocked.get() && self.hub.pending_bytes(&ear.reader.borrow()) > most
            };
            open.values().filter(far).cloned().collect()
        };
        for ear in behind {
            roster.shed(&ear.card);
        }
    }

    /// Says goodbye to all, now and from now on.
    pub(super) fn say_goodbye(&self) {
        self.goodbye.set(true);
        self.wake(|_| true);
    }

    fn wake(&self, which: impl Fn(&Ear) -> bool) {
        for ear in self.open.borrow().values() {
            if which(ear)
                && let Some(waker) = ear.waker.borrow_mut().take()
            {
                waker.wake();
            }
        }
    }
}

impl LiveStream {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let ear = &self.ear;
        let mut piece = Vec::new();
        if !ear.greeted.replace(true) {
            // After a restart all browsers come back; not all in the same second.
            let retry_ms = fastrand::u32(1_000..5_000);
            piece.extend_from_slice(format!("retry: {retry_ms}\n\n").as_bytes());
        }
        match self
            .streams
            .hub
            .read(&mut ear.reader.borrow_mut(), PIECE_BYTES)
        {
            Some(frames) => piece.extend_from_slice(&frames),
            // Its place is lost: it comes back and is told that it missed some.
            None => self.ended = true,
        }
        if self.streams.goodbye.get() {
            piece.extend_from_slice(b"event: bye\ndata: {}\n\n");
            self.ended = true;
        }
        if piece.is_empty() && ear.beat_due.replace(false) {
            piece.extend_from_slice(b":\n\n");
        }
        if !piece.is_empty() {
            ear.spoke_at.set(Instant::now());
            return Poll::Ready(Some(Ok(Bytes::from(piece))));
        }
        if self.ended {
            return Poll::Ready(None);
        }
        *ear.waker.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for LiveStream {
    fn drop(&mut self) {
        self.streams.open.borrow_mut().remove(&self.number);
    }
}
