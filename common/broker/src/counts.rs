//! What is counted, for `/metrics`. Every backend counts alike.

use metrics::{counter, gauge};

use crate::PublishError;

pub(crate) fn published(outcome: Result<(), &PublishError>) {
    let outcome = match outcome {
        Ok(()) => "confirmed",
        Err(PublishError::Unroutable(_)) => "returned",
        Err(PublishError::Refused { .. }) => "refused",
        Err(PublishError::Lost) => "lost",
        Err(PublishError::Down(_)) => "down",
    };
    counter!("slipway_broker_published_total", "outcome" => outcome).increment(1);
}

pub(crate) fn delivered(queue: &str, redelivered: bool) {
    let redelivered = if redelivered { "yes" } else { "no" };
    let queue = queue.to_owned();
    counter!("slipway_broker_delivered_total", "queue" => queue, "redelivered" => redelivered).increment(1);
}

pub(crate) fn dead_lettered(code: &str) {
    counter!("slipway_broker_dead_lettered_total", "code" => code.to_owned()).increment(1);
}

pub(crate) fn stale_ack() {
    counter!("slipway_broker_stale_acks_total").increment(1);
}

pub(crate) fn session_built() {
    counter!("slipway_broker_sessions_total").increment(1);
}

/// Counts confirms that are awaited, as long as it lives.
pub(crate) struct OpenConfirms(f64);

impl OpenConfirms {
    pub(crate) fn new(confirms: usize) -> Self {
        let confirms = f64::from(u32::try_from(confirms).unwrap_or(u32::MAX));
        gauge!("slipway_broker_open_confirms").increment(confirms);
        Self(confirms)
    }
}

impl Drop for OpenConfirms {
    fn drop(&mut self) {
        gauge!("slipway_broker_open_confirms").decrement(self.0);
    }
}
