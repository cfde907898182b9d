//! Sends again what the coordinator does not have yet, such as after a broker lost its messages.

use std::sync::Arc;
use std::time::Duration;

use slipway_protocol::Event;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::shared::Shared;
use super::{messages, metrics};
use crate::error::chain;

/// How often dead lives are looked for.
const LOOK: Duration = Duration::from_mins(1);

/// Events that are to be sent again.
pub(super) type Due = mpsc::Receiver<Vec<Event>>;

/// One batch may wait: what is left out because another is being sent is due again with the next beat.
pub(super) fn channel() -> (mpsc::Sender<Vec<Event>>, Due) {
    mpsc::channel(1)
}

/// Sends batches as they come, and looks from time to time for what other lives left.
pub(super) async fn publish(shared: Arc<Shared>, mut due: Due) {
    let mut looking = tokio::time::interval(LOOK);
    looking.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            events = due.recv() => match events {
                Some(events) => send(&shared, &events).await,
                None => return,
            },
            _ = looking.tick() => {
                if let Err(error) = shared.spool.take_over_again().await {
                    tracing::warn!(problem = chain(&error), "what an ended worker kept is not taken over");
                }
            }
        }
    }
}

async fn send(shared: &Shared, events: &[Event]) {
    let now = Instant::now();
    for event in events {
        tracing::info!(event = %event.id, kind = event.event_type(), "sending a kept event again");
        shared.spool.sent(event.id, now);
        metrics::resent();
    }
    let results = shared.broker.publish_all(events.iter().map(messages::of_event).collect()).await;
    for (event, result) in events.iter().zip(results) {
        if let Err(error) = result {
            tracing::warn!(event = %event.id, %error, "a kept event was not sent; it stays kept");
        }
    }
}
