//! Hints that save waiting for the next beat. A missed one costs a beat, a false one at most a step that is done again.

use std::sync::Arc;
use std::time::Duration;

use slipway_broker::Consumer;
use slipway_protocol::Incarnation;
use slipway_protocol::fleet::Control;
use slipway_runtime::retry::RetryPolicy;

use super::shared::Shared;

/// How listening is tried again.
const AGAIN: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(5),
    factor: 2.0,
    retries: None,
};

/// Listens as long as the worker lives.
pub(super) async fn listen(shared: Arc<Shared>) {
    let mut failures = 0;
    loop {
        match shared.broker.controls().await {
            Ok(mut consumer) => {
                failures = 0;
                hear(&shared, consumer.as_mut()).await;
            }
            Err(error) => tracing::warn!(%error, "hints of the coordinator are not heard"),
        }
        failures += 1;
        tokio::time::sleep(AGAIN.after(failures)).await;
    }
}

async fn hear(shared: &Shared, consumer: &mut dyn Consumer) {
    while let Some(delivery) = consumer.next().await {
        match serde_json::from_slice::<Control>(&delivery.body) {
            Ok(control) => obey(shared, &control),
            Err(error) => tracing::warn!(%error, "a hint cannot be read"),
        }
        shared.acknowledge(delivery).await;
    }
}

fn obey(shared: &Shared, control: &Control) {
    let is_meant =
        |named: &Option<Incarnation>| named.is_none_or(|named| named == shared.identity.incarnation);
    match control {
        Control::Cancel { task } => shared.book().cancel(*task),
        Control::Beat { incarnation } if is_meant(incarnation) => shared.beat_soon.notify_one(),
        Control::Drain { incarnation } if is_meant(incarnation) => shared.lifecycle.soft().cancel(),
        Control::Beat { .. } | Control::Drain { .. } => {}
    }
}
