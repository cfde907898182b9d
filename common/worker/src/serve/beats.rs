//! Signs of life, and what the coordinator answers to them: which leases are valid, which events are applied, what is
//! paused. One beat is under way at a time.

use std::sync::Arc;
use std::time::Duration;

use slipway_broker::{Broker, RequestError, Status};
use slipway_protocol::fleet::{Beat, BeatReply, Request, Response};
use slipway_runtime::retry::RetryPolicy;
use tokio::time::Instant;

use super::identity::{Identity, Now};
use super::shared::{Checks, NAMED, Shared};
use super::{Error, Timings, metrics};
use crate::spool::Spool;

/// How the first beat is repeated until it is answered.
const FIRST: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(250),
    longest: Duration::from_secs(5),
    factor: 2.0,
    retries: None,
};

/// A beat that was answered.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) beat: Beat,
    pub(super) sent: Instant,
    pub(super) reply: BeatReply,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    #[error("no coordinator leads at the moment")]
    Busy,
    #[error("the coordinator's answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
    #[error("the coordinator answered something else than it was asked")]
    Other,
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// Asks the leading coordinator.
pub(super) async fn ask(
    broker: &dyn Broker,
    request: &Request,
    limit: Duration,
) -> Result<Response, Unanswered> {
    let body = serde_json::to_vec(request).expect("a request has string keys only");
    let answer = broker.request(body.into(), limit).await?;
    match serde_json::from_slice(&answer).map_err(Unanswered::Unreadable)? {
        Response::Busy => Err(Unanswered::Busy),
        response => Ok(response),
    }
}

async fn beat(broker: &dyn Broker, beat: Beat, limit: Duration) -> Result<Answered, Unanswered> {
    let sent = Instant::now();
    let request = Request::Beat(beat);
    match (ask(broker, &request, limit).await?, request) {
        (Response::Beat(reply), Request::Beat(beat)) if reply.verdicts.len() == beat.running.len() => {
            Ok(Answered { beat, sent, reply })
        }
        _ => Err(Unanswered::Other),
    }
}

/// Beats until the coordinator answers: nothing is taken before the fleet is known.
pub(super) async fn first(
    broker: &dyn Broker,
    identity: &Identity,
    spool: &Spool,
    timings: &Timings,
    checks: &Checks,
) -> Answered {
    let mut delays = FIRST.delays();
    loop {
        let now = Now { unapplied: spool.ids(NAMED), ..Now::default() };
        let answered = beat(broker, identity.beat(now), timings.answer()).await;
        report(broker, checks, &answered);
        if let Ok(answered) = answered {
            return answered;
        }
        tokio::time::sleep(delays.next().unwrap_or(FIRST.longest)).await;
    }
}

/// Beats as long as the worker lives: at intervals, and sooner when there is news.
pub(super) async fn go_on(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(shared.timings.beat_spacing).await;
        tokio::select! {
            () = shared.beat_soon.notified() => {}
            () = tokio::time::sleep(shared.timings.beat.saturating_sub(shared.timings.beat_spacing)) => {}
        }
        once(&shared, shared.timings.answer()).await;
    }
}

/// Beats once and heeds the answer, if one comes within `limit`.
pub(super) async fn once(shared: &Shared, limit: Duration) {
    let beating = beat(shared.broker.as_ref(), shared.identity.beat(shared.now()), limit);
    let answered = beating.await;
    report(shared.broker.as_ref(), &shared.checks, &answered);
    match answered {
        Ok(answered) => shared.heed(&answered),
        Err(error) => {
            metrics::beat_failed();
            tracing::debug!(%error, "a beat was not answered");
        }
    }
}

fn report(broker: &dyn Broker, checks: &Checks, answered: &Result<Answered, Unanswered>) {
    match broker.status() {
        Status::Up { .. } => checks.broker.ready(),
        Status::Down { reason } => checks.broker.failing(reason),
    }
    match answered {
        Ok(_) => checks.coordinator.ready(),
        Err(error) => checks.coordinator.failing(error.to_string()),
    }
}

impl Shared {
    /// Does what the answer to a beat says.
    pub(super) fn heed(&self, answered: &Answered) {
        let Answered { beat, sent, reply } = answered;
        if reply.fleet != self.fleet {
            return self.fail(Error::OtherFleet { began: self.fleet, now: reply.fleet });
        }
        let until = *sent + self.timings.trust();
        let mut ends = false;
        for (running, verdict) in beat.running.iter().zip(&reply.verdicts) {
            ends |= self.book().judge(running, *verdict, until);
        }
        if ends {
            self.sweep_soon.notify_one();
        }
        self.spool.settle(&reply.settled);
        let due = self.spool.due(&beat.unapplied, *sent, self.timings.resend);
        if !due.is_empty() {
            // While a batch is being sent another need not wait for it: the next beat finds it due again.
            let _later = self.again.try_send(due);
        }
        self.gate.change(|closures| closures.paused = reply.paused.iter().cloned().collect());
        if reply.drain {
            self.lifecycle.soft().cancel();
        }
    }
}
