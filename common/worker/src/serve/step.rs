//! One dispatch from its delivery to its acknowledgement.
//!
//! Taken → the start announced, and granted where it must be → performed → its end on disk → published and confirmed →
//! acknowledged. Killed anywhere in between, the coordinator finds the lease unconfirmed, the delivery comes back as
//! redelivered, or the next life says what this one kept.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use slipway_broker::{Delivery, PublishError};
use slipway_protocol::{Data, Dispatch, Event};
use slipway_runtime::fault::{self, Injected};
use slipway_runtime::retry::RetryPolicy;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::book::{Ear, Stop};
use super::progress::Sink;
use super::shared::Shared;
use super::{announce, messages, metrics};
use crate::error::chain;

/// How the end of an attempt is published again.
const PUBLISH: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(10),
    factor: 2.0,
    retries: None,
};

/// How often in a row the broker may refuse an event before it is left to the spool.
const REFUSALS: u32 = 5;

/// An event that is not known to be published.
#[derive(Debug, thiserror::Error)]
enum Unpublished {
    #[error(transparent)]
    Broker(#[from] PublishError),
    #[error(transparent)]
    Injected(#[from] Injected),
}

impl Unpublished {
    const fn is_refusal(&self) -> bool {
        matches!(self, Self::Broker(PublishError::Refused { .. }))
    }
}

/// Performs what was taken at `taken`: its lease is trusted from then, however long a slot was waited for. The slot is
/// free when this returns.
pub(super) async fn run(
    shared: Arc<Shared>,
    delivery: Delivery,
    dispatch: Dispatch,
    taken: Instant,
    slot: OwnedSemaphorePermit,
) {
    if fault::point("worker/taken").await.is_err() {
        return shared.release(delivery).await;
    }
    let began = Instant::now();
    let ear = shared.book().begin(&dispatch, taken + shared.timings.trust());
    let Some(mut ear) = ear else {
        tracing::info!(execution = %dispatch.execution, lease = %dispatch.lease, "a second copy of a dispatch");
        return shared.acknowledge(delivery).await;
    };
    tracing::info!(execution = %dispatch.execution, lease = %dispatch.lease, step = %dispatch.step, "taken");
    let ended = work(&shared, &dispatch, &mut ear).await;
    let outcome = ended.as_ref().map_or("stale", |event| metrics::outcome(&event.data));
    metrics::ended(&dispatch.agent, outcome, began.elapsed());
    tracing::info!(execution = %dispatch.execution, lease = %dispatch.lease, outcome, "ended");
    let settled = match &ended {
        Some(event) => tell(&shared, event).await,
        None => true,
    };
    shared.book().end(dispatch.execution, dispatch.lease);
    if settled {
        shared.acknowledge(delivery).await;
        let _nothing_follows = fault::point("worker/acked").await;
    }
    drop(slot);
    shared.beat_soon.notify_one();
}

/// Performs a dispatch under its lease; `None` when what came of it counts for nothing.
async fn work(shared: &Shared, dispatch: &Dispatch, ear: &mut Ear) -> Option<Event> {
    let started = shared.performer.started(dispatch);
    let needs_grant = shared.steps.needs_grant(dispatch);
    if needs_grant {
        let holder = dispatch.holder(shared.identity.incarnation);
        let asking = async {
            announce::announce(shared, &started).await;
            announce::granted(shared, holder).await
        };
        tokio::select! {
            biased;
            stop = ear.stopped() => return given_back(shared, dispatch, stop),
            granted = asking => if !granted { return None },
        }
    }
    let token = CancellationToken::new();
    let sink = Sink { shared, dispatch };
    let deadline = shared.steps.deadline(dispatch);
    let mut performing = pin!(shared.performer.perform(dispatch, deadline, &sink, &token));
    let announcing = async {
        if !needs_grant {
            tokio::time::sleep(shared.timings.quick).await;
            announce::announce(shared, &started).await;
        }
        std::future::pending::<Infallible>().await
    };
    let (event, stop) = tokio::select! {
        biased;
        event = &mut performing => (event, None),
        stop = ear.stopped() => {
            token.cancel();
            (performing.await, Some(stop))
        }
        never = announcing => match never {},
    };
    if ear.is_stale() {
        shared.sweep_soon.notify_one();
        return None;
    }
    Some(explained(shared, event, stop))
}

/// What is said of an attempt that stopped before its first effect.
fn given_back(shared: &Shared, dispatch: &Dispatch, stop: Stop) -> Option<Event> {
    (stop != Stop::Stale).then(|| shared.performer.released(dispatch, stop.reason()))
}

/// Says why an attempt was given back. When nobody asked for it, the machine is at fault: its Docker, that is.
fn explained(shared: &Shared, event: Event, stop: Option<Stop>) -> Event {
    match (event.data, stop) {
        (Data::ExecutionReleased { .. }, Some(stop)) => {
            Event { data: Data::ExecutionReleased { reason: stop.reason().into() }, ..event }
        }
        (Data::ExecutionReleased { reason }, None) => {
            if shared.gate.change(|closures| closures.docker_away = true) {
                tracing::warn!(reason, "Docker does not answer; nothing that needs it is taken");
            }
            shared.sweep_soon.notify_one();
            Event { data: Data::ExecutionReleased { reason }, ..event }
        }
        (data, _) => Event { data, ..event },
    }
}

/// Keeps the end of an attempt on disk and publishes it until it is confirmed, settled, or left to the spool. `false`:
/// it stays kept for the next life, and the delivery must not be acknowledged.
async fn tell(shared: &Shared, event: &Event) -> bool {
    match keep(shared, event).await {
        Ok(()) => shared.checks.spool.ready(),
        Err(problem) => {
            tracing::error!(code = "worker.spool", problem, "the end of a step is kept in memory alone");
            shared.checks.spool.failing(problem);
        }
    }
    // What the spool never held it cannot send again, and its absence there says nothing.
    let held = shared.spool.holds(event.id);
    let (mut delays, mut refusals) = (PUBLISH.delays(), 0);
    while !held || shared.spool.holds(event.id) {
        shared.spool.sent(event.id, Instant::now());
        let Err(error) = publish(shared, event).await else { return true };
        refusals = if error.is_refusal() { refusals + 1 } else { 0 };
        if held && refusals == REFUSALS {
            leave_to_the_spool(event, &error);
            return true;
        }
        tracing::warn!(event = %event.id, kind = event.event_type(), %error, "not published yet");
        if !shared.pause(delays.next().unwrap_or(PUBLISH.longest)).await {
            return false;
        }
    }
    tracing::info!(event = %event.id, kind = event.event_type(), "settled without a confirm of the broker");
    true
}

/// A refusal that lasts would hold the slot for ever; the spool sends the event again, after long pauses.
fn leave_to_the_spool(event: &Event, error: &Unpublished) {
    let (id, kind) = (event.id, event.event_type());
    tracing::error!(code = "broker.refused", event = %id, kind, %error, "the end of a step is left to the spool");
}

async fn keep(shared: &Shared, event: &Event) -> Result<(), String> {
    let injected = |error: Injected| error.to_string();
    fault::point("worker/performed").await.map_err(injected)?;
    shared.spool.keep(event).await.map_err(|error| chain(&error))?;
    fault::point("worker/spooled").await.map_err(injected)
}

async fn publish(shared: &Shared, event: &Event) -> Result<(), Unpublished> {
    shared.broker.publish(messages::of_event(event)).await?;
    fault::point("worker/published").await?;
    Ok(())
}
