//! How dispatches are taken from an agent's queue: as many at a time as the agent has slots here.
//!
//! A consumer lives as long as its session with the broker, and no longer than the gate is open. Steps go on across
//! sessions: a slot is free when its step has ended, and not when a session has.

use std::sync::Arc;
use std::time::Duration;

use slipway_broker::{Consumer, Delivery, QueueName};
use slipway_protocol::Dispatch;
use slipway_runtime::TaskKind;
use slipway_runtime::retry::RetryPolicy;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::shared::Shared;
use super::{messages, metrics, step};

/// How taking is tried again after a session that gave nothing.
const AGAIN: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(10),
    factor: 2.0,
    retries: None,
};

/// Takes what comes for what stands at `index` in the list of what is served, until nothing new is to be taken.
/// `_in_hand` says until then that something may be in hand.
pub(super) async fn serve(shared: Arc<Shared>, index: usize, _in_hand: TaskTrackerToken) {
    let served = shared.identity.serves[index].clone();
    let queue = QueueName::Agent(served.agent.clone());
    let mut barren = 0;
    while shared.gate.opened(&served).await {
        let consumer = tokio::select! {
            consumer = shared.broker.consume(&queue, served.slots) => consumer,
            () = shared.gate.closed(&served) => continue,
        };
        let took = match consumer {
            Ok(mut consumer) => session(&shared, index, consumer.as_mut()).await,
            Err(error) => {
                tracing::error!(%queue, %error, "nothing can be taken");
                0
            }
        };
        barren = if took > 0 { 0 } else { barren + 1 };
        tokio::select! {
            () = tokio::time::sleep(AGAIN.after(barren)) => {}
            () = shared.gate.closed(&served) => {}
        }
    }
}

/// Takes deliveries until the session ends or the gate closes; returns how many.
async fn session(shared: &Arc<Shared>, index: usize, consumer: &mut dyn Consumer) -> u64 {
    let served = &shared.identity.serves[index];
    let mut took = 0;
    loop {
        let delivery = tokio::select! {
            biased;
            () = shared.gate.closed(served) => break,
            delivery = consumer.next() => delivery,
        };
        let Some(delivery) = delivery else { return took };
        took += 1;
        take(shared, index, delivery).await;
    }
    for delivery in consumer.ready(usize::from(served.slots)) {
        take(shared, index, delivery).await;
    }
    took
}

/// Does with one delivery what is to be done with it; returns when it is in another task's hands, or settled.
async fn take(shared: &Arc<Shared>, index: usize, delivery: Delivery) {
    let taken = Instant::now();
    let served = &shared.identity.serves[index];
    let dispatch = match messages::dispatch(&delivery, served) {
        Ok(dispatch) => dispatch,
        Err(reason) => {
            tracing::error!(code = reason.code, detail = reason.detail, "a dispatch is set aside");
            if let Err(error) = delivery.reject(&reason).await {
                tracing::error!(%error, "a bad dispatch stays on its queue");
            }
            return;
        }
    };
    if delivery.redelivered {
        return give_away(shared, "return", return_it(Arc::clone(shared), delivery, dispatch));
    }
    let slot = tokio::select! {
        biased;
        () = shared.gate.closed(served) => None,
        slot = shared.slots(index).acquire_owned() => slot.ok(),
    };
    let for_step = Arc::clone(shared);
    if let Some(slot) = slot {
        give_away(shared, "step", step::run(for_step, delivery, dispatch, taken, slot));
    } else {
        let reason = shared.gate.reason(served);
        let handing_back = async move { for_step.hand_back(delivery, &dispatch, reason).await };
        give_away(shared, "hand back", handing_back);
    }
}

/// Starts the task that has a delivery in hand.
fn give_away(shared: &Arc<Shared>, part: &'static str, task: impl Future<Output = ()> + Send + 'static) {
    let in_hand = shared.in_hand.token();
    shared.spawn(TaskKind::Step, part, async move {
        let _in_hand = in_hand;
        task.await;
    });
}

/// Says that a dispatch was handed out before: whoever had it may still be at it, which the coordinator knows.
async fn return_it(shared: Arc<Shared>, delivery: Delivery, dispatch: Dispatch) {
    tracing::info!(execution = %dispatch.execution, lease = %dispatch.lease, "returned: it was redelivered");
    metrics::returned(&dispatch.agent);
    let event = shared.performer.returned(&dispatch, "redelivered");
    let mut tries = 0;
    while !shared.publish(&event).await {
        tries += 1;
        if !shared.pause(AGAIN.after(tries)).await {
            return shared.release(delivery).await;
        }
    }
    shared.acknowledge(delivery).await;
}
