//! A request's body on its way in: into memory up to the route's limit and the common budget, an
//! upload into a temporary file.

use super::BodyKind;
use super::gate::{Head, Turned};
use crate::config::{KIB, Limits};
use crate::web::exchange::SpooledFile;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// A body up to here is always taken: every connection may have one. **Unit:** bytes.
const FREE_BYTES: usize = 16 * KIB;
/// An upload goes to its file in pieces of this. **Unit:** bytes.
const SPOOL_BYTES: usize = 64 * KIB;

/// A whole body.
#[derive(Debug)]
pub(super) enum Gathered {
    Bytes(Vec<u8>),
    File(SpooledFile),
}

/// Why there is no body.
#[derive(Debug)]
pub(super) enum Failed {
    /// The client broke off, or the gate saw something wrong.
    Broken,
    /// A refusal of ours.
    Turned(Turned),
    /// The disk failed.
    Disk(io::Error),
}

/// What all bodies together may hold.
#[derive(Debug)]
pub(super) struct Budgets {
    memory: Rc<Cell<usize>>,
    disk: Rc<Cell<usize>>,
    limits: Limits,
    spool_dir: PathBuf,
}

/// A share of a budget, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    left: Rc<Cell<usize>>,
    bytes: usize,
}

impl Budgets {
    /// Full budgets.
    pub(super) fn new(limits: &Limits, spool_dir: &Path) -> Self {
        Budgets {
            memory: Rc::new(Cell::new(limits.bodies_in_memory_bytes)),
            disk: Rc::new(Cell::new(limits.spooled_bytes)),
            limits: limits.clone(),
            spool_dir: spool_dir.to_owned(),
        }
    }

    /// Reads a body to its end. The share must be kept as long as the body is.
    pub(super) async fn gather(
        &self,
        head: &Head,
        body: Incoming,
    ) -> Result<(Gathered, Share), Failed> {
        match head.kind {
            BodyKind::None => Ok((
                Gathered::Bytes(self.drain(body).await?),
                self.share(&self.memory),
            )),
            BodyKind::Form | BodyKind::Webhook => self.to_memory(head, body).await,
            BodyKind::Upload => self.to_file(head, body).await,
        }
    }

    async fn drain(&self, mut body: Incoming) -> Result<Vec<u8>, Failed> {
        while let Some(frame) = body.frame().await {
            frame.map_err(|_| Failed::Broken)?;
        }
        Ok(Vec::new())
    }

    async fn to_memory(
        &self,
        head: &Head,
        mut body: Incoming,
    ) -> Result<(Gathered, Share), Failed> {
        let mut share = self.share(&self.memory);
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Failed::Broken)?;
            let piece = frame.data_ref().map_or(&[][..], |data| data);
            if bytes.len() + piece.len() > head.body_bytes {
                return Err(Failed::Turned(Turned(
                    413,
                    "the body is larger than is taken here",
                )));
            }
            let free = FREE_BYTES.saturating_sub(bytes.len());
            share.take(piece.len().saturating_sub(free))?;
            bytes.extend_from_slice(piece);
        }
        Ok((Gathered::Bytes(bytes), share))
    }

    async fn to_file(&self, head: &Head, mut body: Incoming) -> Result<(Gathered, Share), Failed> {
        let mut share = self.share(&self.disk);
        let file = tempfile::tempfile_in(&self.spool_dir).map_err(Failed::Disk)?;
        let file = Arc::new(file);
        let mut waiting = Vec::new();
        let mut len = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Failed::Broken)?;
            let piece = frame.data_ref().map_or(&[][..], |data| data);
            len += piece.len();
            if len > head.body_bytes {
                return Err(Failed::Turned(Turned(
                    413,
                    "the upload is larger than is taken here",
                )));
            }
            share.take(piece.len())?;
            waiting.extend_from_slice(piece);
            if waiting.len() >= SPOOL_BYTES {
                write(&file, std::mem::take(&mut waiting)).await?;
            }
        }
        write(&file, waiting).await?;
        let file = Arc::into_inner(file).ok_or_else(|| {
            Failed::Disk(io::Error::other(
                "the temporary file is still being written",
            ))
        })?;
        Ok((Gathered::File(SpooledFile::new(file, len as u64)), share))
    }

    fn share(&self, of: &Rc<Cell<usize>>) -> Share {
        Share {
            left: of.clone(),
            bytes: 0,
        }
    }

    /// What a client refused for want of room is told to wait. **Unit:** seconds.
    pub(super) fn retry_after_s(&self) -> u32 {
        self.limits.retry_after_s
    }
}

impl Share {
    fn take(&mut self, bytes: usize) -> Result<(), Failed> {
        let left = self.left.get().checked_sub(bytes);
        let left = left.ok_or(Failed::Turned(Turned(
            503,
            "too much is being sent at once",
        )))?;
        self.left.set(left);
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.left.set(self.left.get() + self.bytes);
    }
}

/// Writes beside the front's thread: a disk may be slow.
async fn write(file: &Arc<File>, bytes: Vec<u8>) -> Result<(), Failed> {
    let file = file.clone();
    let written = spawn_blocking(move || (&*file).write_all(&bytes)).await;
    written
        .map_err(|error| Failed::Disk(io::Error::other(error)))?
        .map_err(Failed::Disk)
}
