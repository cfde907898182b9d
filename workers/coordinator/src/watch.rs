//! What only the passing of time shows: executions that are overdue, workers that are silent, rows past their time.

use std::time::Duration;

use slipway_broker::Status;
use slipway_protocol::event::Cause;
use slipway_protocol::fleet::Beat;
use slipway_protocol::{Data, Event, Holder};
use slipway_store::{Instance, Retention};
use tokio_util::sync::CancellationToken;

use crate::facts::Facts;
use crate::fleet::{Overdue, Why};
use crate::item::{Answer, What};
use crate::lead::Lead;

/// How often leases are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How often the workers' table is written.
const ROLL_CALL: Duration = Duration::from_secs(10);

/// How often old rows are removed.
const PRUNING: Duration = Duration::from_mins(10);

impl Lead {
    /// Gives up what is overdue, until `stop`.
    pub(crate) async fn watch_leases(&self, stop: &CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            // Nobody can say that they live while either of them is away.
            if self.is_outage() || matches!(self.broker.status(), Status::Down { .. }) {
                self.fleet().freeze(self.now());
                continue;
            }
            let overdue = self.fleet().overdue(self.now());
            for overdue in overdue {
                let event = self.give_up(&overdue);
                tracing::warn!(execution = %overdue.execution, why = ?overdue.why, "an execution is given up");
                metrics::counter!("slipway_coordinator_leases_ended_total", "why" => name(overdue.why))
                    .increment(1);
                self.put(What::Event(Box::new(event)), Answer::Nobody).await;
            }
        }
    }

    fn give_up(&self, overdue: &Overdue) -> Event {
        let Overdue { execution, flight, why } = overdue;
        let (incarnation, data) = match why {
            Why::Silent(holder) => (
                *holder,
                failed(Cause::Crash, "worker.lost", "its worker was not heard of for a whole lease"),
            ),
            Why::Late(holder) => (
                *holder,
                failed(Cause::Timeout, "worker.timeout", "the step did not end within its deadline"),
            ),
            Why::Unclaimed => {
                let reason = "nobody began it though a slot was free".to_owned();
                (self.me, Data::ExecutionReleased { reason })
            }
        };
        let holder = Holder { execution: *execution, lease: flight.lease, incarnation };
        Facts::new(self.clock.as_ref()).given_up(holder, flight, data)
    }

    /// Keeps the workers' table, until `stop`. It is for people: no lease is judged by it.
    pub(crate) async fn call_the_roll(&self, stop: &CancellationToken) {
        loop {
            let now = self.now();
            let instances: Vec<Instance> =
                self.fleet().roll_call(now).into_iter().map(|worker| instance(&worker.beat)).collect();
            if let Err(error) = self.store.beats(&instances).await {
                tracing::debug!(%error, "the workers' table cannot be written now");
            }
            self.gauge().await;
            if stop.run_until_cancelled(tokio::time::sleep(ROLL_CALL)).await.is_none() {
                return;
            }
        }
    }

    async fn gauge(&self) {
        for (agent, count) in self.fleet().under_way() {
            metrics::gauge!("slipway_coordinator_under_way", "agent" => agent.to_string())
                .set(f64::from(*count));
        }
        let Ok(counts) = self.store.counts().await else { return };
        for (status, count) in &counts.tasks {
            metrics::gauge!("slipway_tasks", "status" => status.to_string()).set(as_gauge(*count));
        }
        for (agent, count) in &counts.ready {
            metrics::gauge!("slipway_ready_executions", "agent" => agent.to_string()).set(as_gauge(*count));
        }
        metrics::gauge!("slipway_outbox_messages").set(as_gauge(counts.outbox));
    }

    /// Removes what `retention` does not keep, until `stop`.
    pub(crate) async fn prune(&self, retention: &Retention, stop: &CancellationToken) {
        loop {
            match self.store.prune(retention).await {
                Ok(pruned) => tracing::debug!(?pruned, "old rows were removed"),
                Err(error) => tracing::debug!(%error, "old rows cannot be removed now"),
            }
            if stop.run_until_cancelled(tokio::time::sleep(PRUNING)).await.is_none() {
                return;
            }
        }
    }
}

fn instance(beat: &Beat) -> Instance {
    Instance {
        incarnation: beat.incarnation,
        worker: beat.worker.clone(),
        version: beat.version.clone(),
        agents: beat.agents.clone(),
        draining: beat.draining,
        load: beat.load,
    }
}

fn failed(cause: Cause, code: &str, message: &str) -> Data {
    Data::ExecutionFailed { cause, retryable: true, message: message.into(), code: Some(code.into()) }
}

const fn name(why: Why) -> &'static str {
    match why {
        Why::Silent(_) => "silent",
        Why::Late(_) => "late",
        Why::Unclaimed => "unclaimed",
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge need not be exact beyond 2^53")]
const fn as_gauge(count: u64) -> f64 {
    count as f64
}
