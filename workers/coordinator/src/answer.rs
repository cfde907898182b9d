//! Answers to what workers ask: beats, grants, and what on a Docker engine is still wanted.
//!
//! A beat is answered from memory, so that leases live through an outage of Postgres. A grant and the question what is
//! wanted let effects happen that cannot be taken back, so they are answered from Postgres, under the leader's term.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use slipway_broker::{Address, Delivery, Message, QueueName};
use slipway_protocol::fleet::{Beat, BeatReply, Control, Grant, Request, Response, Thing};
use slipway_protocol::{EventId, Holder, RunId, TaskId};
use slipway_store::{AttemptOutcome, Error};
use slipway_workflow::ExecutionState;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::lead::Lead;

/// Requests that may be in hand at a time.
const PREFETCH: u16 = 256;

/// How long Postgres may take to say which events are settled; without its answer they are kept for another beat.
const LOOK_UP: Duration = Duration::from_millis(500);

/// A hint as a message.
pub(crate) fn control(id: Uuid, control: &Control) -> Message {
    Message {
        to: Address::Control,
        id: id.to_string(),
        content_type: "application/json".into(),
        headers: BTreeMap::new(),
        correlation: None,
        body: json(control),
    }
}

fn json(value: &impl serde::Serialize) -> Bytes {
    serde_json::to_vec(value).expect("messages have string keys only").into()
}

impl Lead {
    /// Answers requests until `stop`.
    pub(crate) async fn answer_requests(&self, stop: &CancellationToken) {
        while let Some(mut requests) = self.consumer(&self.broker, &QueueName::Requests, PREFETCH, stop).await
        {
            // Nobody could beat while there was no session.
            self.fleet().freeze(self.now());
            while let Some(Some(first)) = stop.run_until_cancelled(requests.next()).await {
                let mut deliveries = vec![first];
                deliveries.extend(requests.ready(usize::from(PREFETCH)));
                self.answer_all(deliveries).await;
            }
            if stop.is_cancelled() {
                return;
            }
        }
    }

    /// Beats first: they need nobody, and workers live by them.
    async fn answer_all(&self, deliveries: Vec<Delivery>) {
        let requests: Vec<(Asker, Request)> = deliveries.iter().filter_map(read).collect();
        let (beats, others): (Vec<_>, Vec<_>) =
            requests.into_iter().partition(|(_, request)| matches!(request, Request::Beat(_)));
        for requests in [beats, others] {
            let answers = requests.into_iter().map(|(asker, request)| async move {
                let response = tokio::time::timeout(LOOK_UP * 2, self.respond(request)).await;
                self.message(asker, &response.unwrap_or(Response::Busy))
            });
            let answers = futures_util::future::join_all(answers).await;
            if answers.is_empty() {
                continue;
            }
            for outcome in self.broker.publish_all(answers).await {
                if let Err(error) = outcome {
                    tracing::debug!(%error, "an answer was not sent; the worker will ask again");
                }
            }
        }
        // A stale one has timed out anyway.
        let _ = Delivery::ack_all(deliveries).await;
    }

    fn message(&self, asker: Asker, response: &Response) -> Message {
        Message {
            to: Address::Reply(asker.reply_to),
            id: self.clock.new_id().to_string(),
            content_type: "application/json".into(),
            headers: BTreeMap::new(),
            correlation: asker.correlation,
            body: json(response),
        }
    }

    async fn respond(&self, request: Request) -> Response {
        match request {
            Request::Grant(_) | Request::Wanted { .. } if self.is_outage() => Response::Busy,
            Request::Beat(beat) => Response::Beat(self.beat(beat).await),
            Request::Grant(holder) => {
                self.grant(holder).await.map_or_else(|error| busy(&error), Response::Grant)
            }
            Request::Wanted { things } => {
                let unwanted = self.unwanted(&things).await;
                unwanted.map_or_else(|error| busy(&error), |indexes| Response::Unwanted { indexes })
            }
        }
    }

    async fn beat(&self, beat: Beat) -> BeatReply {
        let unapplied = beat.unapplied.clone();
        let (verdicts, paused, settled) = {
            let mut fleet = self.fleet();
            let verdicts = fleet.beat(beat, self.now());
            let settled: Vec<EventId> = unapplied.iter().filter(|id| fleet.is_settled(id)).copied().collect();
            (verdicts, fleet.paused(), settled)
        };
        self.room.notify_one();
        let unknown: Vec<EventId> = unapplied.into_iter().filter(|id| !settled.contains(id)).collect();
        let settled = settled.into_iter().chain(self.remembered(&unknown).await).collect();
        BeatReply { fleet: self.fleet_id, verdicts, settled, paused, drain: false }
    }

    /// Those of `ids` that Postgres remembers.
    async fn remembered(&self, ids: &[EventId]) -> Vec<EventId> {
        if ids.is_empty() || self.is_outage() {
            return Vec::new();
        }
        let look_up = async { self.store.begin(&self.term).await?.seen(ids).await };
        match tokio::time::timeout(LOOK_UP, look_up).await {
            Ok(Ok(found)) => found.into_iter().collect(),
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    }

    /// Whether `holder` may begin effects that cannot be taken back.
    async fn grant(&self, holder: Holder) -> Result<Grant, Error> {
        let Some(run) = self.fleet().flight(holder.execution).map(|flight| flight.run) else {
            return Ok(Grant::Denied);
        };
        let mut tx = self.store.begin(&self.term).await?;
        let locked = tx.lock_runs(&[run]).await?.remove(&run);
        let execution = locked.as_ref().and_then(|locked| locked.run.executions().get(&holder.execution));
        Ok(match execution.map(|execution| &execution.state) {
            Some(ExecutionState::Started { lease, incarnation })
                if (*lease, *incarnation) == (holder.lease, holder.incarnation) =>
            {
                Grant::Granted
            }
            Some(ExecutionState::Dispatched { lease } | ExecutionState::Waiting { lease, .. })
                if *lease == holder.lease =>
            {
                Grant::Wait
            }
            _ => Grant::Denied,
        })
    }

    /// Positions of the things that nothing wants any more.
    async fn unwanted(&self, things: &[Thing]) -> Result<Vec<usize>, Error> {
        let mut indexes = Vec::new();
        for (index, thing) in things.iter().enumerate() {
            if !self.is_wanted(thing).await? {
                indexes.push(index);
            }
        }
        Ok(indexes)
    }

    /// A thing is wanted while its attempt may still be under way; a deployment also when its result was accepted.
    async fn is_wanted(&self, thing: &Thing) -> Result<bool, Error> {
        let holder = &thing.holder;
        let id = RunId::first_of(thing.task);
        let mut tx = self.store.begin(&self.term).await?;
        let Some(locked) = tx.lock_runs(&[id]).await?.remove(&id) else { return Ok(false) };
        Ok(match locked.run.executions().get(&holder.execution).map(|execution| &execution.state) {
            Some(ExecutionState::Dispatched { lease } | ExecutionState::Waiting { lease, .. }) => {
                *lease == holder.lease
            }
            Some(ExecutionState::Started { lease, incarnation }) => {
                (*lease, *incarnation) == (holder.lease, holder.incarnation)
            }
            Some(ExecutionState::Done) => thing.deployed && self.was_accepted(thing.task, holder).await?,
            Some(ExecutionState::Failed { .. } | ExecutionState::Abandoned) | None => false,
        })
    }

    /// Whether `holder`'s result is the one that ended its execution.
    async fn was_accepted(&self, task: TaskId, holder: &Holder) -> Result<bool, Error> {
        let attempts = self.store.attempts(task).await?;
        Ok(attempts.iter().any(|attempt| {
            (attempt.execution, attempt.lease, attempt.incarnation)
                == (holder.execution, holder.lease, holder.incarnation)
                && attempt.outcome == AttemptOutcome::Done
        }))
    }
}

/// Where an answer goes.
struct Asker {
    reply_to: String,
    correlation: Option<String>,
}

fn read(delivery: &Delivery) -> Option<(Asker, Request)> {
    let asker = Asker { reply_to: delivery.reply_to.clone()?, correlation: delivery.correlation.clone() };
    match serde_json::from_slice(&delivery.body) {
        Ok(request) => Some((asker, request)),
        Err(error) => {
            tracing::warn!(%error, "a request cannot be read; is a worker of another version running?");
            None
        }
    }
}

fn busy(error: &Error) -> Response {
    tracing::debug!(%error, "a request cannot be answered now");
    Response::Busy
}
