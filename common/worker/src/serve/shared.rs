//! What the parts of a worker share.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use slipway_broker::{Broker, Delivery};
use slipway_protocol::{Dispatch, Event};
use slipway_runtime::health::Check;
use slipway_runtime::{Clock, Health, Lifecycle, TaskKind};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::book::Book;
use super::gate::Gate;
use super::identity::{Identity, Now};
use super::steps::Steps;
use super::{Error, Timings, messages, metrics};
use crate::perform::{Performer, panic_text};
use crate::spool::Spool;

/// Events that one beat names at most; the rest waits for the next.
pub(super) const NAMED: usize = 500;

/// What a worker says of itself.
#[derive(Debug)]
pub(super) struct Checks {
    pub(super) broker: Check,
    pub(super) coordinator: Check,
    pub(super) spool: Check,
    pub(super) docker: Option<Check>,
}

impl Checks {
    pub(super) fn new(health: &Health, needs_docker: bool) -> Self {
        let spool = health.check("spool");
        spool.ready();
        Self {
            broker: health.check("broker"),
            coordinator: health.check("coordinator"),
            spool,
            docker: needs_docker.then(|| health.check("docker")),
        }
    }
}

/// What [`Shared`] is made of.
pub(super) struct Parts {
    pub(super) broker: Arc<dyn Broker>,
    pub(super) performer: Performer,
    pub(super) identity: Identity,
    pub(super) fleet: Uuid,
    pub(super) steps: Steps,
    pub(super) spool: Arc<Spool>,
    pub(super) lifecycle: Lifecycle,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) checks: Checks,
    pub(super) timings: Timings,
    pub(super) lines: mpsc::Sender<Event>,
    pub(super) again: mpsc::Sender<Vec<Event>>,
}

/// What the parts of a worker share.
pub(super) struct Shared {
    pub(super) broker: Arc<dyn Broker>,
    pub(super) performer: Performer,
    pub(super) identity: Identity,
    pub(super) fleet: Uuid,
    pub(super) steps: Steps,
    pub(super) spool: Arc<Spool>,
    pub(super) lifecycle: Lifecycle,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) checks: Checks,
    pub(super) timings: Timings,
    pub(super) lines: mpsc::Sender<Event>,
    pub(super) again: mpsc::Sender<Vec<Event>>,
    pub(super) gate: Gate,
    /// In the order of what is served.
    slots: Vec<Arc<Semaphore>>,
    book: Mutex<Book>,
    /// What was taken and is not settled with the broker.
    pub(super) in_hand: TaskTracker,
    pub(super) beat_soon: Notify,
    pub(super) sweep_soon: Notify,
    /// Cancelled when what could not be said is left to the next life.
    pub(super) last_words: CancellationToken,
    failed: CancellationToken,
    failure: OnceLock<Error>,
}

impl Shared {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { broker, performer, identity, fleet, steps, spool, .. } = parts;
        let slots = identity.serves.iter().map(|served| Arc::new(Semaphore::new(served.slots.into())));
        Self {
            slots: slots.collect(),
            broker,
            performer,
            identity,
            fleet,
            steps,
            spool,
            lifecycle: parts.lifecycle,
            clock: parts.clock,
            checks: parts.checks,
            timings: parts.timings,
            lines: parts.lines,
            again: parts.again,
            gate: Gate::default(),
            book: Mutex::default(),
            in_hand: TaskTracker::new(),
            beat_soon: Notify::new(),
            sweep_soon: Notify::new(),
            last_words: CancellationToken::new(),
            failed: CancellationToken::new(),
            failure: OnceLock::new(),
        }
    }

    /// What is performed here.
    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slots of what stands at `index` in the list of what is served.
    pub(super) fn slots(&self, index: usize) -> Arc<Semaphore> {
        Arc::clone(&self.slots[index])
    }

    /// What this worker does now.
    pub(super) fn now(&self) -> Now {
        let book = self.book();
        let busy: Vec<u32> = self.identity.serves.iter().map(|served| book.busy(&served.agent)).collect();
        for (served, busy) in self.identity.serves.iter().zip(&busy) {
            metrics::running(&served.agent, *busy);
        }
        metrics::spool(self.spool.len());
        Now {
            running: book.running(),
            busy,
            unapplied: self.spool.ids(NAMED),
            draining: self.gate.is_draining(),
        }
    }

    /// Starts a task of the worker's own. Its panic is the worker's end: nobody else would notice that a part of it
    /// is missing.
    pub(super) fn spawn(
        self: &Arc<Self>,
        kind: TaskKind,
        part: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let shared = Arc::clone(self);
        self.lifecycle.spawn(kind, async move {
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                shared.fail(Error::Broken { part, why: panic_text(panic.as_ref()).to_owned() });
            }
        });
    }

    /// Publishes one event, once. Returns whether it is confirmed.
    pub(super) async fn publish(&self, event: &Event) -> bool {
        match self.broker.publish(messages::of_event(event)).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(event = %event.id, kind = event.event_type(), %error, "not published");
                false
            }
        }
    }

    /// Gives a dispatch that was not begun back to the coordinator, or else to its queue.
    pub(super) async fn hand_back(&self, delivery: Delivery, dispatch: &Dispatch, reason: &str) {
        let execution = dispatch.execution;
        tracing::info!(%execution, lease = %dispatch.lease, reason, "giving back what was not begun");
        if self.publish(&self.performer.released(dispatch, reason)).await {
            self.acknowledge(delivery).await;
        } else {
            self.release(delivery).await;
        }
    }

    /// Acknowledges a delivery. When its session has ended the broker gives it out again, and it is returned then.
    pub(super) async fn acknowledge(&self, delivery: Delivery) {
        if let Err(error) = delivery.ack().await {
            tracing::debug!(%error, "not acknowledged");
        }
    }

    /// Gives a delivery back to its queue.
    pub(super) async fn release(&self, delivery: Delivery) {
        if let Err(error) = delivery.release().await {
            tracing::debug!(%error, "not given back");
        }
    }

    /// The worker cannot go on; the first reason counts.
    pub(super) fn fail(&self, error: Error) {
        tracing::error!(code = error.code(), %error, "the worker ends");
        let _second = self.failure.set(error);
        self.failed.cancel();
    }

    /// Waits until the worker cannot go on.
    pub(super) async fn failed(&self) {
        self.failed.cancelled().await;
    }

    /// Why the worker cannot go on.
    pub(super) fn failure(&self) -> Option<Error> {
        self.failure.get().cloned()
    }

    /// Waits for `pause`, or for the end of what can still be said. Returns whether to go on.
    pub(super) async fn pause(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.last_words.cancelled() => false,
            () = tokio::time::sleep(pause) => true,
        }
    }
}
