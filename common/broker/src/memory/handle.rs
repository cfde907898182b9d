//! The seam's methods on a memory broker. The queues are in `hub.rs`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use slipway_protocol::AgentId;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::hub::{Given, Hub, Stored, Taken, Taker, set_aside};
use crate::message::{Address, Delivery, Message, QueueName, Reason, Receipt};
use crate::{
    AckError, Broker, ConsumeError, Consumer, Options, PublishError, RequestError, Status, TopologyError,
    counts,
};

const NO_BROKER: &str = "the memory broker is stopped";

#[derive(Debug)]
pub(super) struct Handle {
    hub: Arc<Hub>,
    client: u64,
    options: Options,
    closed: AtomicBool,
    /// The agents whose queues are declared in each new session, and the session in which they were.
    declared: Mutex<Option<(Vec<AgentId>, u64)>>,
}

impl Handle {
    pub(super) fn new(hub: Arc<Hub>, options: Options) -> Self {
        let client = hub.next_number();
        Self { hub, client, options, closed: AtomicBool::new(false), declared: Mutex::new(None) }
    }

    /// The session that there is, with the queues that this handle declared.
    fn session(&self) -> Option<u64> {
        let epoch = self.hub.epoch().filter(|_| !self.closed.load(Ordering::SeqCst))?;
        let mut declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((agents, when)) = declared.as_mut().filter(|(_, when)| *when != epoch) {
            *when = epoch;
            self.hub.declare(agents);
        }
        Some(epoch)
    }

    async fn wait_for_session(&self, limit: Duration) -> Result<u64, PublishError> {
        let mut hub_changes = self.hub.changes();
        let end = Instant::now() + limit;
        loop {
            if let Some(epoch) = self.session() {
                return Ok(epoch);
            }
            let in_time = tokio::time::timeout_at(end, hub_changes.changed()).await;
            if self.closed.load(Ordering::SeqCst) || in_time.is_err() {
                return Err(PublishError::Down(NO_BROKER.into()));
            }
        }
    }

    fn declare_again(&self) {
        let declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((agents, _)) = declared.as_ref() {
            self.hub.declare(agents);
        }
    }
}

#[async_trait]
impl Broker for Handle {
    async fn publish_all(&self, messages: Vec<Message>) -> Vec<Result<(), PublishError>> {
        let session = self.wait_for_session(self.options.publish_wait).await;
        let outcomes = messages.into_iter().map(|message| {
            let outcome = session.clone().and_then(|_| self.hub.publish(message, None));
            counts::published(outcome.as_ref().copied());
            outcome
        });
        outcomes.collect()
    }

    async fn consume(&self, queue: &QueueName, prefetch: u16) -> Result<Box<dyn Consumer>, ConsumeError> {
        let name = queue.to_string();
        let mut changes = self.hub.changes();
        loop {
            if self.closed.load(Ordering::SeqCst) {
                return Err(ConsumeError::Closed);
            }
            if let Some(epoch) = self.session() {
                if let Some(life) = self.hub.life(&name) {
                    let taker = Taker { client: self.client, consumer: self.hub.next_number(), epoch };
                    return Ok(Box::new(Queued { hub: Arc::clone(&self.hub), name, life, taker, prefetch }));
                }
                self.declare_again();
                if self.hub.life(&name).is_some() {
                    continue;
                }
            }
            // The hub lives as long as this handle, so the wait ends by a change alone.
            let _changed = changes.changed().await;
        }
    }

    async fn controls(&self) -> Result<Box<dyn Consumer>, ConsumeError> {
        let session = self.wait_for_session(FOREVER).await;
        session.map_err(|_| ConsumeError::Closed)?;
        Ok(Box::new(Controls { heard: self.hub.listen(self.client) }))
    }

    async fn request(&self, body: Bytes, limit: Duration) -> Result<Bytes, RequestError> {
        let end = Instant::now() + limit;
        self.wait_for_session(limit.min(self.options.publish_wait)).await?;
        let name = format!("memory.reply.{}", self.hub.next_number());
        let answer = self.hub.expect_answer(&name);
        let message = Message {
            to: Address::Requests,
            id: name.clone(),
            content_type: "application/json".into(),
            headers: std::collections::BTreeMap::new(),
            correlation: Some(name.clone()),
            body,
        };
        self.hub.publish(message, Some(name))?;
        match tokio::time::timeout_at(end, answer).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(_)) => Err(PublishError::Lost.into()),
            Err(_) => Err(RequestError::Timeout(limit)),
        }
    }

    async fn declare_topology(&self, agents: &[AgentId]) -> Result<(), TopologyError> {
        let session = self.wait_for_session(self.options.publish_wait).await;
        let epoch = session.map_err(|_| TopologyError::Down(NO_BROKER.into()))?;
        self.hub.declare(agents);
        *self.declared.lock().unwrap_or_else(PoisonError::into_inner) = Some((agents.to_vec(), epoch));
        Ok(())
    }

    fn status(&self) -> Status {
        match self.session() {
            Some(_) => Status::Up { server: "memory".into() },
            None => Status::Down { reason: NO_BROKER.into() },
        }
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.hub.leave(self.client);
    }
}

/// Longer than any process lives; a deadline of `Duration::MAX` overflows the clock.
const FOREVER: Duration = Duration::from_hours(24 * 365);

impl Drop for Handle {
    fn drop(&mut self) {
        self.hub.leave(self.client);
    }
}

/// Takes messages of a queue.
#[derive(Debug)]
struct Queued {
    hub: Arc<Hub>,
    name: String,
    life: u64,
    taker: Taker,
    prefetch: u16,
}

impl Queued {
    fn delivery(&self, given: &Given) -> Delivery {
        counts::delivered(&self.name, given.redelivered);
        let receipt = Held {
            hub: Arc::clone(&self.hub),
            queue: self.name.clone(),
            taker: self.taker,
            place: given.place,
            stored: Arc::clone(&given.stored),
        };
        delivery(&given.stored, given.redelivered, Box::new(receipt))
    }
}

#[async_trait]
impl Consumer for Queued {
    async fn next(&mut self) -> Option<Delivery> {
        let mut changes = self.hub.changes();
        loop {
            match self.hub.take(&self.name, self.life, self.taker, self.prefetch) {
                Taken::Message(given) => return Some(self.delivery(&given)),
                Taken::Ended => return None,
                Taken::Nothing => {}
            }
            changes.changed().await.ok()?;
        }
    }

    fn ready(&mut self, limit: usize) -> Vec<Delivery> {
        let take = || match self.hub.take(&self.name, self.life, self.taker, self.prefetch) {
            Taken::Message(given) => Some(self.delivery(&given)),
            Taken::Ended | Taken::Nothing => None,
        };
        std::iter::from_fn(take).take(limit).collect()
    }
}

/// Hears what is published to every process.
#[derive(Debug)]
struct Controls {
    heard: mpsc::UnboundedReceiver<Arc<Stored>>,
}

#[async_trait]
impl Consumer for Controls {
    async fn next(&mut self) -> Option<Delivery> {
        self.heard.recv().await.map(|stored| delivery(&stored, false, Box::new(Nothing)))
    }

    fn ready(&mut self, limit: usize) -> Vec<Delivery> {
        let heard = std::iter::from_fn(|| self.heard.try_recv().ok()).take(limit);
        heard.map(|stored| delivery(&stored, false, Box::new(Nothing))).collect()
    }
}

fn delivery(stored: &Stored, redelivered: bool, receipt: Box<dyn Receipt>) -> Delivery {
    let message = stored.message.clone();
    Delivery {
        body: message.body,
        id: Some(message.id).filter(|id| !id.is_empty()),
        content_type: Some(message.content_type).filter(|content_type| !content_type.is_empty()),
        headers: message.headers,
        reply_to: stored.reply_to.clone(),
        correlation: message.correlation,
        redelivered,
        receipt,
    }
}

/// The right to settle a message that was given out; gives it back when it is dropped unsettled.
#[derive(Debug)]
struct Held {
    hub: Arc<Hub>,
    queue: String,
    taker: Taker,
    place: u64,
    stored: Arc<Stored>,
}

#[async_trait]
impl Receipt for Held {
    async fn ack(&self) -> Result<(), AckError> {
        self.hub.ack(&self.queue, self.place, self.taker).inspect_err(|_| counts::stale_ack())
    }

    async fn release(&self) -> Result<(), AckError> {
        self.hub.release(&self.queue, self.place, self.taker)
    }

    async fn set_aside(&self, _delivery: &Delivery, reason: &Reason) -> Result<(), PublishError> {
        counts::dead_lettered(&reason.code);
        let message = set_aside(&self.stored.message, reason, &self.queue);
        self.hub.publish(message, self.stored.reply_to.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Stale when it was settled, which is the usual case.
        let _settled = self.hub.release(&self.queue, self.place, self.taker);
    }
}

/// There is nothing to settle.
#[derive(Debug)]
struct Nothing;

#[async_trait]
impl Receipt for Nothing {
    async fn ack(&self) -> Result<(), AckError> {
        Ok(())
    }

    async fn release(&self) -> Result<(), AckError> {
        Ok(())
    }

    async fn set_aside(&self, _delivery: &Delivery, _reason: &Reason) -> Result<(), PublishError> {
        Ok(())
    }
}
