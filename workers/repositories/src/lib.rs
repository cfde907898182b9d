//! The fleet's Git service: workers push what they make, everyone on this machine can clone it.
//!
//! Git's own programs speak its protocol; this crate says who may do what, where repositories lie, and ends what takes
//! too long. It knows nothing of tasks. Open `http.rs` for what is answered, `folder.rs` for what is on disk,
//! `exchange.rs` for one fetch or push, and `config.default.toml` for what can be set.

mod access;
mod command;
mod commands;
pub mod config;
mod exchange;
mod folder;
mod http;
mod listing;
mod name;
mod refusal;

use std::net::SocketAddr;

use slipway_runtime::{Lifecycle, TaskKind};
use tokio::net::TcpListener;

pub use access::Token;
pub use config::{Limits, Settings};

/// A service that cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its data folder cannot be used.
    #[error("the data folder cannot be used")]
    Folder(#[from] folder::Error),
    /// Its address cannot be listened on.
    #[error("cannot listen on {listen}; choose another address with repositories.listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// The stable code, as in `docs/errors/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Folder(error) => error.code(),
            Self::Listen { .. } => "git.listen",
        }
    }
}

/// Starts to serve, and gives the address that it took. It takes nothing new after the soft stop, lets those under way
/// end until the hard one, and cancels the soft token when it ends by itself.
pub async fn start(settings: &Settings, life: &Lifecycle) -> Result<SocketAddr, Error> {
    let failed = |source| Error::Listen { listen: settings.listen, source };
    let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let folder = folder::Folder::open(&settings.data, &settings.limits).await?;
    let routes = http::router(settings, folder, life.clone());
    let (soft, hard, asked) = (life.soft().clone(), life.hard().clone(), life.soft().clone());
    life.spawn(TaskKind::Service, async move {
        let serving =
            axum::serve(listener, routes).with_graceful_shutdown(async move { asked.cancelled().await });
        tokio::select! {
            ended = async { serving.await } => {
                if let Err(error) = ended {
                    tracing::error!(%error, "the service ended");
                }
            }
            () = hard.cancelled() => {}
        }
        soft.cancel();
    });
    Ok(address)
}
