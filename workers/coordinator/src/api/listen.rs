//! Where the HTTP surface listens: on loopback, while there is no login. And how much patience it has with a
//! connection: one whose reader does not read is dropped, so that a feed nobody takes holds nothing.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// Connections at a time; further ones wait.
const CONNECTIONS: usize = 512;

/// How long a reader may take nothing of what it asked for.
const STALLED: Duration = Duration::from_secs(30);

/// An HTTP surface that cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Anyone who reaches the address could have tasks done.
    #[error(
        "api.listen is {listen}, and whoever reaches it can have tasks done without a login; listen on 127.0.0.1, or \
         set api.unauthenticated_listen=true when something in front of it lets in only those who may"
    )]
    Unauthenticated {
        /// The address.
        listen: SocketAddr,
    },
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {listen} for the HTTP surface; choose another address with api.listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// The stable code, as in `docs/errors/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated { .. } => "api.unauthenticated-listen",
            Self::Listen { .. } => "api.listen",
        }
    }
}

/// Refuses an address that others than this machine reach, unless `unauthenticated` says that it is meant.
pub const fn check(listen: SocketAddr, unauthenticated: bool) -> Result<(), Error> {
    if unauthenticated || listen.ip().is_loopback() { Ok(()) } else { Err(Error::Unauthenticated { listen }) }
}

/// The address, taken.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    room: Arc<Semaphore>,
    stalled: Duration,
}

/// Takes the address `listen`, checked as [`check`] does; port 0 takes a free one.
pub async fn bind(listen: SocketAddr, unauthenticated: bool) -> Result<Bound, Error> {
    check(listen, unauthenticated)?;
    let listener = TcpListener::bind(listen).await.map_err(|source| Error::Listen { listen, source })?;
    Ok(Bound { listener, room: Arc::new(Semaphore::new(CONNECTIONS)), stalled: STALLED })
}

impl Bound {
    /// The address that it has.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Listener for Bound {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let room = Arc::clone(&self.room).acquire_owned().await.expect("the semaphore is never closed");
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        (Connection { stream, limit: self.stalled, stalled: None, _room: room }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.address()
    }
}

/// A connection that fails when its reader has taken nothing for too long.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    limit: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    _room: OwnedSemaphorePermit,
}

impl Connection {
    /// Passes on what came of a write; one that waits too long fails.
    fn bounded<T>(&mut self, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let limit = self.limit;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the reader takes nothing")))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.bounded(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.bounded(flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    #[test]
    fn only_loopback_is_listened_on_unless_it_is_said() {
        for (listen, loopback) in [
            ("127.0.0.1:8001", true),
            ("127.9.9.9:0", true),
            ("[::1]:8001", true),
            ("0.0.0.0:8001", false),
            ("[::]:8001", false),
            ("192.168.1.7:8001", false),
            ("[::ffff:127.0.0.1]:8001", false),
        ] {
            let listen: SocketAddr = listen.parse().unwrap();
            assert_eq!(check(listen, false).is_ok(), loopback, "{listen}");
            assert!(check(listen, true).is_ok());
        }
        let refused = check("0.0.0.0:8001".parse().unwrap(), false).unwrap_err();
        assert_eq!(refused.code(), "api.unauthenticated-listen");
        assert!(refused.to_string().contains("api.unauthenticated_listen=true"), "{refused}");
    }

    #[tokio::test]
    async fn a_reader_that_takes_nothing_is_dropped() {
        let mut bound = bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        bound.stalled = Duration::from_millis(20);
        let _reader = TcpStream::connect(bound.address().unwrap()).await.unwrap();
        let (mut connection, _) = bound.accept().await;
        let written = async {
            let piece = vec![0; 1024 * 1024];
            loop {
                if let Err(error) = connection.write_all(&piece).await {
                    return error;
                }
            }
        };
        let error = tokio::time::timeout(Duration::from_secs(30), written).await.unwrap();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_told_with_the_setting_that_changes_it() {
        let bound = bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
        let error = bind(bound.address().unwrap(), false).await.unwrap_err();
        assert_eq!(error.code(), "api.listen");
        assert!(error.to_string().contains("api.listen"), "{error}");
    }
}
