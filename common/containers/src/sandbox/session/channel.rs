//! The attached streams of one container: files go in; what is printed and what is brought back come out.
//!
//! Both directions are served at once, as either side may wait for the other. Whatever the container sends, what is
//! kept stays within the limits.

use std::time::Duration;

use bollard::container::{AttachContainerResults, LogOutput};
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use super::{Error, OnLog};
use crate::program::Limits;
use crate::stream::CappedLog;

/// How much may be printed at full speed, in bytes.
const FULL_SPEED: u64 = 64 * 1024 * 1024;
/// What may be printed each second after that: endless printing costs the engine and us processor time too.
const SLOW: f64 = 8.0 * 1024.0 * 1024.0;
/// What an archive may be larger than its content: headers, padding, links.
const ARCHIVE_OVERHEAD: u64 = 1024 * 1024;

pub(super) struct Channel<'a> {
    attached: AttachContainerResults,
    ours: Vec<u8>,
    ours_limit: u64,
    overflowed: bool,
    hurried: bool,
    log: CappedLog,
    on_log: OnLog<'a>,
}

impl<'a> Channel<'a> {
    pub(super) fn new(attached: AttachContainerResults, limits: &Limits, on_log: OnLog<'a>) -> Self {
        Self {
            attached,
            ours: Vec::new(),
            ours_limit: limits.output_bytes.saturating_add(ARCHIVE_OVERHEAD),
            overflowed: false,
            hurried: false,
            log: CappedLog::new(limits.log_bytes),
            on_log,
        }
    }

    /// Reads our stream up to `mark` and takes it off, with the mark.
    pub(super) async fn read_until(&mut self, mark: &[u8]) -> Result<Vec<u8>, Error> {
        loop {
            if let Some(at) = self.ours.windows(mark.len()).position(|window| window == mark) {
                let rest = self.ours.split_off(at + mark.len());
                return Ok(std::mem::replace(&mut self.ours, rest));
            }
            if !self.next().await {
                return Err(self.failed());
            }
        }
    }

    /// Hands over the files and waits until the command starts.
    pub(super) async fn send(&mut self, files: Vec<u8>) -> Result<(), Error> {
        let mut input = std::mem::replace(&mut self.attached.input, Box::pin(tokio::io::sink()));
        let sending = async move {
            // A container that ended does not read; how it ended is told by what it printed.
            if input.write_all(&files).await.is_ok() {
                let _ = input.shutdown().await;
            }
            input
        };
        let (_input, started) = tokio::join!(sending, self.read_until(b"start\n"));
        started.map(|_| ())
    }

    /// Reads both streams to their end.
    pub(super) async fn read_to_end(&mut self) {
        while self.next().await {}
    }

    /// Reads what is left without slowing down: nobody writes to it any more.
    pub(super) async fn read_the_rest(&mut self) {
        self.hurried = true;
        self.read_to_end().await;
    }

    /// Reads one piece. Returns whether there may be more.
    async fn next(&mut self) -> bool {
        match self.attached.output.next().await {
            Some(Ok(LogOutput::StdOut { message })) => self.take_ours(&message),
            Some(Ok(piece)) => {
                let piece = piece.into_bytes();
                self.log.push(&piece);
                (self.on_log)(&piece);
                if self.log.seen() > FULL_SPEED && !self.hurried {
                    #[expect(clippy::cast_precision_loss, reason = "a piece is far below 2^52 bytes")]
                    tokio::time::sleep(Duration::from_secs_f64(piece.len() as f64 / SLOW)).await;
                }
            }
            Some(Err(_)) | None => return false,
        }
        true
    }

    fn take_ours(&mut self, piece: &[u8]) {
        let size = self.ours.len() as u64 + piece.len() as u64;
        self.overflowed |= size > self.ours_limit;
        if self.overflowed {
            self.ours.clear();
        } else {
            self.ours.extend_from_slice(piece);
        }
    }

    fn failed(&mut self) -> Error {
        let log = std::mem::replace(&mut self.log, CappedLog::new(0));
        Error::SetUp { log: log.tail(2048) }
    }

    pub(super) fn into_log(self) -> CappedLog {
        self.log
    }

    /// The log, and the archive of what was brought back; `None` when it was larger than allowed.
    pub(super) fn into_parts(self) -> (CappedLog, Option<Vec<u8>>) {
        (self.log, (!self.overflowed).then_some(self.ours))
    }
}
