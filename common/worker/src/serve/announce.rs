//! The start of an attempt: said to the coordinator, and for effects that cannot be taken back, granted by it.

use std::time::Duration;

use slipway_protocol::fleet::{Grant, Request, Response};
use slipway_protocol::{Event, Holder};
use slipway_runtime::fault;
use slipway_runtime::retry::RetryPolicy;

use super::beats;
use super::shared::Shared;

/// How a start is announced again.
const ANNOUNCE: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(5),
    factor: 2.0,
    retries: None,
};
/// How soon a grant is asked for again, the first time and at most.
const ASK: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Announces a start; returns when the broker has it, which may be never.
pub(super) async fn announce(shared: &Shared, started: &Event) {
    let mut delays = ANNOUNCE.delays();
    loop {
        if shared.publish(started).await && fault::point("worker/started-published").await.is_ok() {
            return;
        }
        tokio::time::sleep(delays.next().unwrap_or(ANNOUNCE.longest)).await;
    }
}

/// Waits for the coordinator's word on a start that was announced: whether its effects may begin.
pub(super) async fn granted(shared: &Shared, holder: Holder) -> bool {
    let (mut pause, longest) = ASK;
    let request = Request::Grant(holder);
    loop {
        let asked = beats::ask(shared.broker.as_ref(), &request, shared.timings.answer());
        match asked.await {
            Ok(Response::Grant(Grant::Granted)) if fault::point("worker/granted").await.is_ok() => {
                return true;
            }
            Ok(Response::Grant(Grant::Denied)) => return false,
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, execution = %holder.execution, "no word on a grant yet"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}
