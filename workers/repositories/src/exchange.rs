//! One request's program: the client's bytes go in as they come, its answer goes out as it comes, and whatever ends the
//! exchange (time, size, silence, the client going away, the process stopping) ends the program with all that it started.
//!
//! What may be asked for is decided in `http.rs`; how the program is run is in `command.rs`.

use std::io::{self, Write as _};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use futures_util::StreamExt as _;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::config::Limits;

/// How much of an answer is read at a time, in bytes.
const CHUNK: usize = 32 * 1024;

/// How many chunks wait for a slow client.
const WAITING: usize = 4;

/// How much of a compressed request is unpacked at a time, in bytes; it grows a thousandfold at most.
const COMPRESSED: usize = 1024;

/// How much of what the program says about itself is kept, in bytes.
const KEPT: usize = 4 * 1024;

/// Why an exchange came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The program could not be started.
    #[error("git could not be started")]
    Starting(#[source] io::Error),
    /// The program failed before it answered.
    #[error("git failed: {0}")]
    Failed(String),
    /// The request is over its limit.
    #[error("the request is larger than is taken")]
    TooLarge,
    /// The request says that it is gzip and is not.
    #[error("the request is not the gzip that it says it is")]
    NotGzip,
    /// It took too long, or nothing came from the client for too long.
    #[error("it took too long, or nothing was sent for too long")]
    TimedOut,
    /// The client went away, or the process stops.
    #[error("the exchange was broken off")]
    BrokenOff,
}

/// What a client sends.
pub(crate) struct Input {
    /// What was read of it already.
    pub(crate) begun: Bytes,
    /// Its other bytes.
    pub(crate) body: BodyDataStream,
    /// Whether they are compressed.
    pub(crate) gzip: bool,
    /// How many there may be, unpacked.
    pub(crate) limit: u64,
}

/// Starts `command` and gives its answer's first bytes, with the rest to follow. `run` is given the work that goes on
/// meanwhile, and `kept` is dropped when it is over; it is told whether the program ended by itself.
pub(crate) async fn exchange<K: Kept>(
    mut command: Command,
    input: Input,
    limits: &Limits,
    stop: CancellationToken,
    kept: K,
    run: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>),
) -> Result<Body, Error> {
    let child = command.spawn().map_err(Error::Starting)?;
    let (answer, chunks) = mpsc::channel(WAITING);
    let (begun, begins) = oneshot::channel();
    let running = Running { child, answer, begun: Some(begun), idle: limits.idle };
    let total = limits.total;
    run(Box::pin(async move {
        let ended = running.through(input, total, stop).await;
        kept.over(ended);
    }));
    begins.await.unwrap_or(Err(Error::BrokenOff))?;
    let rest = futures_util::stream::unfold(chunks, |mut chunks| async {
        chunks.recv().await.map(|chunk: Bytes| (Ok::<_, io::Error>(chunk), chunks))
    });
    Ok(Body::from_stream(rest))
}

/// What is held for as long as a program runs.
pub(crate) trait Kept: Send + 'static {
    /// The program is over: by itself, or killed.
    fn over(self, by_itself: bool);
}

struct Running {
    child: Child,
    answer: mpsc::Sender<Bytes>,
    /// Told when the answer begins, or why it does not.
    begun: Option<oneshot::Sender<Result<(), Error>>>,
    idle: Duration,
}

impl Running {
    /// Runs to the end; whether the program ended by itself.
    async fn through(mut self, input: Input, total: Duration, stop: CancellationToken) -> bool {
        let gone = self.answer.clone();
        let ended = tokio::select! {
            ended = tokio::time::timeout(total, self.talk(input)) => ended.unwrap_or(Err(Error::TimedOut)),
            () = gone.closed() => Err(Error::BrokenOff),
            () = stop.cancelled() => Err(Error::BrokenOff),
        };
        drop(gone);
        let by_itself = ended.is_ok();
        if !by_itself {
            kill(&mut self.child).await;
        }
        if let Err(error) = &ended {
            tracing::debug!(error = error as &dyn std::error::Error, "an exchange came to nothing");
        }
        if let Some(begun) = self.begun.take() {
            // The client may be gone.
            let _ = begun.send(ended);
        }
        by_itself
    }

    async fn talk(&mut self, input: Input) -> Result<(), Error> {
        let missing = || Error::Starting(io::ErrorKind::BrokenPipe.into());
        let stdin = self.child.stdin.take().ok_or_else(missing)?;
        let stdout = self.child.stdout.take().ok_or_else(missing)?;
        let said = self.child.stderr.take().ok_or_else(missing)?;
        let (answer, begun, idle) = (&self.answer, &mut self.begun, self.idle);
        let ((), (), said) =
            tokio::try_join!(send(input, stdin, idle), receive(stdout, answer, begun, idle), capped(said))?;
        let status = self.child.wait().await.map_err(Error::Starting)?;
        if status.success() || self.begun.is_none() {
            // Once it has begun, the answer itself says what went wrong.
            tracing::debug!(%status, said, "git ended");
            return Ok(());
        }
        Err(Error::Failed(said.trim().escape_default().to_string()))
    }
}

/// Hands the client's bytes on. When the program wants no more of them they are read all the same, for as long as the
/// exchange may last, so that the client comes to read the answer.
async fn send(input: Input, stdin: ChildStdin, idle: Duration) -> Result<(), Error> {
    let mut body = input.body;
    let mut stdin = Some(stdin);
    let mut unpacked = input.gzip.then(|| MultiGzDecoder::new(Vec::new()));
    let mut left = input.limit;
    let mut begun = Some(input.begun);
    while let Some(chunk) = match begun.take() {
        Some(chunk) => Some(chunk),
        None => next(&mut body, idle).await?,
    } {
        let pieces =
            if unpacked.is_some() { chunk.chunks(COMPRESSED) } else { chunk.chunks(chunk.len().max(1)) };
        for piece in pieces {
            let bytes = match &mut unpacked {
                None => piece,
                Some(decoder) => unpack(decoder, piece)?,
            };
            if let Some(pipe) = &mut stdin {
                left = left.checked_sub(bytes.len() as u64).ok_or(Error::TooLarge)?;
                if pipe.write_all(bytes).await.is_err() {
                    stdin = None;
                }
            }
            if let Some(decoder) = &mut unpacked {
                decoder.get_mut().clear();
            }
        }
    }
    if let Some(decoder) = unpacked {
        let rest = decoder.finish().map_err(|_| Error::NotGzip)?;
        if rest.len() as u64 > left {
            return Err(Error::TooLarge);
        }
        if let Some(pipe) = &mut stdin {
            // That it wants no more is its own affair.
            let _ = pipe.write_all(&rest).await;
        }
    }
    Ok(())
}

/// The next bytes of a request; `None` at its end.
pub(crate) async fn next(body: &mut BodyDataStream, idle: Duration) -> Result<Option<Bytes>, Error> {
    match tokio::time::timeout(idle, body.next()).await {
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(_))) => Err(Error::BrokenOff),
        Ok(None) => Ok(None),
        Err(_) => Err(Error::TimedOut),
    }
}

fn unpack<'a>(decoder: &'a mut MultiGzDecoder<Vec<u8>>, piece: &[u8]) -> Result<&'a [u8], Error> {
    decoder.write_all(piece).map_err(|_| Error::NotGzip)?;
    Ok(decoder.get_ref())
}

/// Passes the program's answer on.
async fn receive(
    mut stdout: impl AsyncRead + Unpin,
    answer: &mpsc::Sender<Bytes>,
    begun: &mut Option<oneshot::Sender<Result<(), Error>>>,
    idle: Duration,
) -> Result<(), Error> {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        if stdout.read_buf(&mut chunk).await.map_err(Error::Starting)? == 0 {
            return Ok(());
        }
        if let Some(begun) = begun.take() {
            begun.send(Ok(())).map_err(|_| Error::BrokenOff)?;
        }
        match tokio::time::timeout(idle, answer.send(Bytes::from(chunk))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(Error::BrokenOff),
            Err(_) => return Err(Error::TimedOut),
        }
    }
}

/// Reads to the end and keeps the beginning.
async fn capped(mut pipe: impl AsyncRead + Unpin) -> Result<String, Error> {
    let mut kept = Vec::new();
    let mut chunk = vec![0; 1024];
    loop {
        let count = pipe.read(&mut chunk).await.map_err(Error::Starting)?;
        if count == 0 {
            return Ok(String::from_utf8_lossy(&kept).into_owned());
        }
        let room = KEPT.saturating_sub(kept.len()).min(count);
        kept.extend_from_slice(&chunk[..room]);
    }
}

/// Kills the program and all that it started, and waits for its end.
async fn kill(child: &mut Child) {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(group) = group {
        // It may have ended in this very moment.
        let _ = kill_process_group(group, Signal::KILL);
    }
    if let Err(error) = child.kill().await {
        tracing::warn!(%error, "could not stop git");
    }
}
