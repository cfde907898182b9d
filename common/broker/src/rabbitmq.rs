//! The RabbitMQ backend: one supervised session, rebuilt whole when anything about it fails.
//!
//! A session is two connections (one that a busy broker may block, one that goes on acknowledging) and what runs on them.
//! Open `rabbitmq/session.rs` for its life, `publisher.rs` for confirms, `consumer.rs` for deliveries, `requests.rs` for
//! questions and answers, `declare.rs` for the topology, `server.rs` for the version, `examine.rs` for a look without a session.
//! Nothing here knows what a message says.
//!
//! The client's own recovery stays off: with it a consumer whose channel failed waits for ever.

mod consumer;
mod declare;
mod examine;
mod properties;
mod publisher;
mod requests;
mod server;
mod session;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use lapin::uri::AMQPUri;
use slipway_protocol::AgentId;
use slipway_runtime::retry::RetryPolicy;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::message::{Message, QueueName};
use crate::{
    Broker, ConsumeError, Consumer, Options, PublishError, RequestError, Status, TopologyError, UrlError,
    counts, without_password,
};
pub(crate) use examine::examine;
use publisher::Outgoing;
use session::{Session, Shared, State, supervise};

/// Seconds between signs of life: a broker that went silently is noticed within two of them.
const HEARTBEAT: u16 = 10;

/// A handle of the broker at `url`; its session is built in the background.
pub(crate) fn connect(url: &str, options: Options) -> Result<Arc<dyn Broker>, UrlError> {
    let uri = parse(url)?;
    let shared = Arc::new(Shared::new(uri, options));
    let mut supervisor = JoinSet::new();
    supervisor.spawn(supervise(Arc::clone(&shared)));
    Ok(Arc::new(RabbitMq { shared, _supervisor: supervisor }))
}

fn parse(url: &str) -> Result<AMQPUri, UrlError> {
    let fail = |problem: String| UrlError { url: without_password(url), problem };
    let mut uri: AMQPUri = url.parse().map_err(|problem: String| fail(problem))?;
    if url.contains("@[") || url.contains("://[") {
        return Err(fail("name the host, or write its IPv4 address".into()));
    }
    if uri.vhost.is_empty() {
        uri.vhost.clone_from(&crate::topology::built_in().vhost);
    }
    uri.query.heartbeat.get_or_insert(HEARTBEAT);
    Ok(uri)
}

#[derive(Debug)]
struct RabbitMq {
    shared: Arc<Shared>,
    /// Ends with the handle.
    _supervisor: JoinSet<()>,
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        if let Some(session) = self.shared.session_now() {
            session.end("its handle was dropped");
        }
    }
}

impl RabbitMq {
    /// The session, awaited until `end`.
    async fn session_until(&self, end: Instant) -> Result<Arc<Session>, PublishError> {
        let mut states = self.shared.states();
        let found = tokio::time::timeout_at(end, async {
            states.wait_for(State::takes_messages).await.map(|state| state.session()).ok().flatten()
        });
        if let Ok(Some(session)) = found.await {
            return Ok(session);
        }
        Err(PublishError::Down(self.shared.reason()))
    }

    /// The session, awaited as long as it takes.
    async fn session(&self) -> Result<Arc<Session>, ConsumeError> {
        let mut states = self.shared.states();
        let state = states.wait_for(|state| state.session().is_some() || state.is_closed()).await;
        state.ok().and_then(|state| state.session()).ok_or(ConsumeError::Closed)
    }

    /// Asks for a consumer until there is one: a queue that is not there yet may come, and a session too.
    async fn consumer(&self, from: &consumer::From<'_>) -> Result<Box<dyn Consumer>, ConsumeError> {
        let mut delays = RetryPolicy::CONNECTION.delays();
        loop {
            let session = self.session().await?;
            match consumer::open(&session, from).await {
                Ok(consumer) => return Ok(Box::new(consumer)),
                Err(consumer::OpenError::Refused(reason)) => {
                    return Err(ConsumeError::Refused { queue: from.to_string(), reason });
                }
                Err(consumer::OpenError::Missing) => {
                    if let Err(error) = self.shared.declare_again(&session).await {
                        tracing::debug!(queue = %from, %error, "a queue is missing and could not be declared");
                    }
                }
                Err(consumer::OpenError::Lost(reason)) => session.end(&reason),
            }
            let delay = delays.next().unwrap_or(RetryPolicy::CONNECTION.longest);
            tokio::time::sleep(delay).await;
        }
    }
}

#[async_trait]
impl Broker for RabbitMq {
    async fn publish_all(&self, messages: Vec<Message>) -> Vec<Result<(), PublishError>> {
        let end = Instant::now() + self.shared.options.publish_wait;
        let outcomes = match self.session_until(end).await {
            Ok(session) => {
                let outgoing: Vec<_> = messages.into_iter().map(Outgoing::from).collect();
                session.publish_all(&outgoing).await
            }
            Err(down) => messages.iter().map(|_| Err(down.clone())).collect(),
        };
        for outcome in &outcomes {
            counts::published(outcome.as_ref().copied());
        }
        outcomes
    }

    async fn consume(&self, queue: &QueueName, prefetch: u16) -> Result<Box<dyn Consumer>, ConsumeError> {
        self.consumer(&consumer::From::Queue { queue, prefetch }).await
    }

    async fn controls(&self) -> Result<Box<dyn Consumer>, ConsumeError> {
        self.consumer(&consumer::From::Controls).await
    }

    async fn request(&self, body: Bytes, limit: Duration) -> Result<Bytes, RequestError> {
        let end = Instant::now() + limit;
        let wait_until = end.min(Instant::now() + self.shared.options.publish_wait);
        let session = self.session_until(wait_until).await?;
        match tokio::time::timeout_at(end, session.request(body)).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(RequestError::Timeout(limit)),
        }
    }

    async fn declare_topology(&self, agents: &[AgentId]) -> Result<(), TopologyError> {
        self.shared.remember(agents);
        let end = Instant::now() + self.shared.options.publish_wait;
        let session = self.session_until(end).await.map_err(|_| TopologyError::Down(self.shared.reason()))?;
        declare::declare(&session, agents).await
    }

    fn status(&self) -> Status {
        match self.shared.session_now() {
            Some(session) if session.blocked().is_none() => Status::Up { server: session.server.to_string() },
            _ => Status::Down { reason: self.shared.reason() },
        }
    }

    async fn close(&self) {
        self.shared.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_virtual_host_means_ours_and_the_password_is_never_shown() {
        assert_eq!(parse("amqp://a:b@c:5672/").unwrap().vhost, "slipway");
        assert_eq!(parse("amqp://a:b@c:5672/%2f").unwrap().vhost, "/");
        assert_eq!(parse("amqp://a:b@c:5672/x").unwrap().query.heartbeat, Some(HEARTBEAT));
        let error = parse("amqp://a:secret@[::1]:5672/").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        let error = crate::connect("http://a:se/cret@b/", Options::named("x")).unwrap_err();
        assert!(error.to_string().contains("http://"), "{error}");
    }
}
