//! The message broker: one seam, and the backends behind it.
//!
//! [`Broker`] is the seam; [`connect`] chooses a backend by the URL's scheme: `amqp://` and `amqps://` (RabbitMQ) or
//! `memory:` (this process alone). `topology.rs` reads the one source of names and bindings,
//! `broker-config/topology.yaml`; `conformance.rs` says what every backend must do. No rule about tasks lives here.
//!
//! What callers may rely on. A publish is done when the broker has confirmed it and at least one queue has taken it.
//! A delivery is acknowledged by whoever took it, once. When the connection is lost, all that was taken and not
//! acknowledged comes again, on a new consumer; acknowledging an old delivery then says [`AckError::Stale`] and harms
//! nothing. A session is rebuilt whole, with pauses that grow and are drawn at random.

#[cfg(feature = "conformance")]
pub mod conformance;
mod counts;
pub mod dead_letter;
mod examine;
pub mod memory;
mod message;
mod rabbitmq;
pub mod topology;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

pub use examine::{ExamineError, examine};
pub use message::{Address, Delivery, Message, QueueName, Reason};

/// The seam. Every method may be called from many tasks at once.
#[async_trait]
pub trait Broker: Debug + Send + Sync {
    /// Publishes `messages` with their confirms in flight together; one answer for each, in their order.
    ///
    /// Waits for a session at most the broker's own bound (some seconds). An error says that the message may or may
    /// not have arrived, except [`PublishError::Unroutable`]: no queue took it.
    async fn publish_all(&self, messages: Vec<Message>) -> Vec<Result<(), PublishError>>;

    /// Publishes one message.
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        self.publish_all(vec![message]).await.pop().unwrap_or(Err(PublishError::Lost))
    }

    /// Takes messages of `queue`, at most `prefetch` of them unacknowledged. Waits for a session without a bound; drop
    /// the future to stop waiting.
    ///
    /// Of several consumers of one of the coordinator's queues the newest is served first; those of an agent's queue
    /// share its messages.
    async fn consume(&self, queue: &QueueName, prefetch: u16) -> Result<Box<dyn Consumer>, ConsumeError>;

    /// Hears what is published to [`Address::Control`] from now on. A missed one is lost.
    async fn controls(&self) -> Result<Box<dyn Consumer>, ConsumeError>;

    /// Sends `body` to [`Address::Requests`] and waits for the answer, at most `limit`.
    async fn request(&self, body: Bytes, limit: Duration) -> Result<Bytes, RequestError>;

    /// Makes what is missing of the topology, where this login may, and compares what is there with the source.
    async fn declare_topology(&self, agents: &[slipway_protocol::AgentId]) -> Result<(), TopologyError>;

    /// Whether there is a session now, and why not.
    fn status(&self) -> Status;

    /// Ends the session in good order: what was published is confirmed, what was taken goes back.
    async fn close(&self);
}

/// A stream of deliveries, bound to one session.
#[async_trait]
pub trait Consumer: Debug + Send {
    /// The next delivery. `None` when the consumer's session has ended: ask the broker for a new consumer.
    async fn next(&mut self) -> Option<Delivery>;

    /// What is here already, at most `limit`, without waiting; empty when nothing is.
    fn ready(&mut self, limit: usize) -> Vec<Delivery>;
}

/// How a broker stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// There is a session.
    Up {
        /// The server and its version.
        server: String,
    },
    /// There is none.
    Down {
        /// Why.
        reason: String,
    },
}

/// A message that is not known to have arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No queue took it.
    #[error("no queue takes messages to {0}; `slipway doctor` compares the broker's topology")]
    Unroutable(String),
    /// The broker refused it: a queue is full, or the login may not.
    #[error("the broker refused a message to {to}: {reason}")]
    Refused {
        /// Where it should have gone.
        to: String,
        /// Why.
        reason: String,
    },
    /// The session ended before the confirm.
    #[error("the session with the broker ended before it confirmed the message")]
    Lost,
    /// There is no session.
    #[error("the broker does not answer: {0}")]
    Down(String),
}

impl PublishError {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unroutable(_) => "broker.unroutable",
            Self::Refused { .. } => "broker.refused",
            Self::Lost => "broker.lost",
            Self::Down(_) => "broker.down",
        }
    }
}

/// A queue that cannot be consumed.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// It is not there, or the login may not.
    #[error("cannot take messages of {queue}: {reason}")]
    Refused {
        /// The queue.
        queue: String,
        /// Why.
        reason: String,
    },
    /// The broker is being closed.
    #[error("the broker is closed")]
    Closed,
}

impl ConsumeError {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "broker.refused",
            Self::Closed => "broker.down",
        }
    }
}

/// A request without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Nobody answered in time.
    #[error("no coordinator answered within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// It was not sent.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl RequestError {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "broker.no-answer",
            Self::Publish(error) => error.code(),
        }
    }
}

/// A delivery that could not be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AckError {
    /// Its session has ended; the broker gives it out again.
    #[error("the session that gave out the message has ended")]
    Stale,
    /// It was to go to `dead-letter`, which did not take it; it stays where it is.
    #[error("the message could not be set aside")]
    SetAside(#[source] PublishError),
}

/// A broker that is not as `broker-config/` says.
#[derive(Debug, thiserror::Error)]
pub enum TopologyError {
    /// What is there differs.
    #[error("the broker's topology differs from broker-config/topology.yaml: {}", .0.join("; "))]
    Differs(Vec<String>),
    /// The server's version is not supported.
    #[error("{server} is not supported; RabbitMQ 4 is needed")]
    Server {
        /// The server and its version.
        server: String,
    },
    /// The session ended.
    #[error("the broker does not answer: {0}")]
    Down(String),
}

impl TopologyError {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Differs(_) => "broker.topology",
            Self::Server { .. } => "broker.server",
            Self::Down(_) => "broker.down",
        }
    }
}

/// A URL that names no broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url:?} is no broker's URL: {problem}; write amqp://user:password@host:5672/vhost or memory:")]
pub struct UrlError {
    /// The URL, its password left out.
    pub url: String,
    /// What is wrong with it.
    pub problem: String,
}

/// How to reach a broker, besides its URL.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the connection is called on the broker's pages, such as `slipway-coder host-1`.
    pub name: String,
    /// How long a publish waits for a session.
    pub publish_wait: Duration,
    /// How long a confirm may take before the session counts as lost.
    pub confirm_timeout: Duration,
}

impl Options {
    /// What suits a process called `name`: five seconds for a session, thirty for a confirm.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            publish_wait: Duration::from_secs(5),
            confirm_timeout: Duration::from_secs(30),
        }
    }
}

/// A handle of the broker at `url`. Returns at once: the session is built, and rebuilt, in the background, until the
/// handle is dropped. Must be called within a tokio runtime.
pub fn connect(url: &str, options: Options) -> Result<Arc<dyn Broker>, UrlError> {
    match url.split_once(':') {
        Some(("memory", name)) => Ok(memory::connect(name, options)),
        Some(("amqp" | "amqps", _)) => rabbitmq::connect(url, options),
        _ => Err(UrlError { url: without_password(url), problem: "its scheme is not known".into() }),
    }
}

/// The URL as it may be shown.
pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some(at) = rest[..end].rfind('@') else { return url.to_owned() };
    let user = rest[..at].split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{}", &rest[at + 1..])
}
