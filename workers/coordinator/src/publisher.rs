//! What follows a commit: publish, acknowledge, clear the outbox, in this order.
//!
//! The tick does not wait for it, so that the next one can begin. What is not published, because the broker is away or
//! this process dies, is still in the outbox: a sweep publishes it again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use slipway_broker::{Broker, Delivery, PublishError};
use slipway_protocol::AgentId;
use slipway_runtime::fault;
use slipway_store::{Outgoing, Store};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::outbox;

/// Committed ticks that may wait to be published; more of them slow the ticks down.
const ROOM: usize = 64;

/// How long what is committed may take to be told when the term ends.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// How many messages a sweep takes at a time.
const SWEEP: usize = 500;

/// How long a message of the outbox is left to whoever committed it.
const LEFT_ALONE: Duration = Duration::from_secs(2);

/// What a tick leaves to do.
#[derive(Debug, Default)]
pub(crate) struct Publication {
    pub(crate) messages: Vec<Outgoing>,
    pub(crate) deliveries: Vec<Delivery>,
}

/// Publishes what was committed.
#[derive(Debug, Clone)]
pub(crate) struct Publisher {
    broker: Arc<dyn Broker>,
    store: Store,
    agents: Arc<Vec<AgentId>>,
    queue: mpsc::Sender<Publication>,
    in_hand: Arc<Mutex<HashSet<Uuid>>>,
}

impl Publisher {
    /// A publisher, and what it is given.
    pub(crate) fn new(
        broker: Arc<dyn Broker>,
        store: Store,
        agents: Arc<Vec<AgentId>>,
    ) -> (Self, mpsc::Receiver<Publication>) {
        let (queue, queued) = mpsc::channel(ROOM);
        (Self { broker, store, agents, queue, in_hand: Arc::default() }, queued)
    }

    /// Leaves a committed tick's messages and deliveries to the publisher.
    pub(crate) async fn leave(&self, publication: Publication) {
        self.in_hand().extend(publication.messages.iter().map(|message| message.id));
        // The receiver ends with the term, and then the outbox keeps the messages.
        let _ = self.queue.send(publication).await;
    }

    fn in_hand(&self) -> std::sync::MutexGuard<'_, HashSet<Uuid>> {
        self.in_hand.lock().expect("nothing panics while it holds the ids")
    }

    /// Publishes what the ticks leave, until the term ends.
    pub(crate) async fn run(&self, mut queued: mpsc::Receiver<Publication>, stop: &CancellationToken) {
        while let Some(Some(first)) = stop.run_until_cancelled(queued.recv()).await {
            let mut publication = first;
            while let Ok(more) = queued.try_recv() {
                publication.messages.extend(more.messages);
                publication.deliveries.extend(more.deliveries);
                if publication.messages.len() > 1024 {
                    break;
                }
            }
            self.publish(publication).await;
        }
        // What is committed is told, as far as it goes quickly: a task message that is given back looks like a second one.
        let rest = async {
            while let Ok(publication) = queued.try_recv() {
                self.publish(publication).await;
            }
        };
        let _told_or_swept_later = tokio::time::timeout(LAST_WORDS, rest).await;
    }

    async fn publish(&self, publication: Publication) {
        let published = self.publish_now(&publication.messages).await;
        if fault::point("coordinator/published").await.is_ok() {
            // A stale one comes again, and is known.
            let _ = Delivery::ack_all(publication.deliveries).await;
            if fault::point("coordinator/acknowledged").await.is_ok() {
                self.clear(&published).await;
            }
        }
        let mut in_hand = self.in_hand();
        for message in &publication.messages {
            in_hand.remove(&message.id);
        }
    }

    /// Publishes `messages`; the ids of those that need not be published again.
    pub(crate) async fn publish_now(&self, messages: &[Outgoing]) -> Vec<Uuid> {
        let (known, unknown): (Vec<_>, Vec<_>) =
            messages.iter().map(|it| (it, outbox::message(it))).partition(|(_, message)| message.is_some());
        let mut done = Vec::with_capacity(messages.len());
        for (outgoing, _) in unknown {
            tracing::error!(id = %outgoing.id, to = outgoing.to, "a message goes nowhere that this version knows; it is dropped");
            done.push(outgoing.id);
        }
        let (ids, messages): (Vec<Uuid>, Vec<_>) =
            known.into_iter().filter_map(|(outgoing, message)| Some((outgoing.id, message?))).unzip();
        if messages.is_empty() {
            return done;
        }
        let replies: Vec<bool> =
            messages.iter().map(|it| matches!(it.to, slipway_broker::Address::Reply(_))).collect();
        let outcomes = self.broker.publish_all(messages).await;
        let mut unroutable = false;
        for ((id, is_reply), outcome) in ids.into_iter().zip(replies).zip(outcomes) {
            match outcome {
                Ok(()) => done.push(id),
                // Whoever asked is gone, or does not take it; nobody else wants to know.
                Err(PublishError::Unroutable(_) | PublishError::Refused { .. }) if is_reply => done.push(id),
                Err(error) => {
                    unroutable |= matches!(error, PublishError::Unroutable(_));
                    tracing::debug!(%error, %id, "a message stays in the outbox");
                }
            }
        }
        if unroutable {
            self.mend_topology().await;
        }
        done
    }

    /// The broker was started empty, say.
    async fn mend_topology(&self) {
        if let Err(error) = self.broker.declare_topology(&self.agents).await {
            tracing::error!(%error, "messages cannot be routed, and the topology cannot be mended");
        }
    }

    async fn clear(&self, published: &[Uuid]) {
        if published.is_empty() {
            return;
        }
        if let Err(error) = self.store.published(published).await {
            tracing::debug!(%error, "published messages stay in the outbox and will be published again");
        }
    }

    /// Publishes what was left in the outbox, now and then, until the term ends. The first sweep takes everything,
    /// since whoever committed it may be dead.
    pub(crate) async fn sweep(&self, stop: &CancellationToken) {
        let mut left_alone = Duration::ZERO;
        loop {
            match self.store.outbox(left_alone, SWEEP).await {
                Ok(found) => {
                    let full = found.len() >= SWEEP;
                    if self.publish_again(found).await && full {
                        continue;
                    }
                    left_alone = LEFT_ALONE;
                }
                Err(error) => tracing::debug!(%error, "the outbox cannot be swept now"),
            }
            let pause = tokio::time::sleep(Duration::from_secs(1));
            if stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    /// Says whether some of it was published.
    async fn publish_again(&self, found: Vec<Outgoing>) -> bool {
        let orphans: Vec<Outgoing> = {
            let in_hand = self.in_hand();
            found.into_iter().filter(|message| !in_hand.contains(&message.id)).collect()
        };
        if orphans.is_empty() {
            return false;
        }
        tracing::info!(messages = orphans.len(), "publishing again what was left in the outbox");
        metrics::counter!("slipway_coordinator_outbox_swept_total").increment(orphans.len() as u64);
        let published = self.publish_now(&orphans).await;
        self.clear(&published).await;
        !published.is_empty()
    }
}
