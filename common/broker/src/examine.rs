//! One look at a broker, step by step, for whoever sets one up. It makes and changes nothing on the server.
//!
//! The processes of a fleet do not use this: they have a session that is built again. `rabbitmq/examine.rs` speaks to the server.

use crate::{TopologyError, UrlError, rabbitmq, without_password};

/// The step at which a look ended.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// The URL names no broker.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// Nothing there speaks AMQP.
    #[error("{url} does not answer")]
    Unreachable {
        /// The URL, its password left out.
        url: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The server's version is not supported.
    #[error("{server} is not supported; RabbitMQ 4.0 or newer is needed")]
    Server {
        /// The server and its version.
        server: String,
    },
    /// The server lets this login not in: user, password or virtual host.
    #[error("{server} refuses the login: {reason}")]
    Login {
        /// The server and its version.
        server: String,
        /// What the server said, or that it said nothing.
        reason: String,
    },
    /// What is there differs from the source.
    #[error("{server} is not as it should be")]
    Topology {
        /// The server and its version.
        server: String,
        /// What differs.
        #[source]
        source: TopologyError,
    },
}

/// Looks whether the broker at `url` answers, is supported, lets this login in, and has every exchange and queue of
/// `broker-config/topology.yaml`, in this order; gives back the server and its version. Takes half a minute at most.
///
/// Bindings and policies are not seen over AMQP by a login that makes nothing.
///
/// # Errors
///
/// The first step that did not hold.
pub async fn examine(url: &str) -> Result<String, ExamineError> {
    match url.split_once(':') {
        Some(("memory", _)) => Ok("the memory of one process".into()),
        Some(("amqp" | "amqps", _)) => rabbitmq::examine(url).await,
        _ => Err(UrlError { url: without_password(url), problem: "its scheme is not known".into() }.into()),
    }
}
