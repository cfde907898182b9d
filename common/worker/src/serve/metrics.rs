//! What a worker counts. The names are stable; `docs/reference/worker.md` lists them.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use slipway_protocol::{AgentId, Data};

const STEPS: &str = "slipway_worker_steps_total";
const STEP_SECONDS: &str = "slipway_worker_step_seconds";
const RUNNING: &str = "slipway_worker_running";
const BEATS_FAILED: &str = "slipway_worker_beats_failed_total";
const SPOOL: &str = "slipway_worker_spool_events";
const RESENT: &str = "slipway_worker_resent_total";
const RETURNED: &str = "slipway_worker_returned_total";
const PROGRESS_DROPPED: &str = "slipway_worker_progress_dropped_total";
const SWEPT: &str = "slipway_worker_swept_total";

/// Says what each figure means.
pub(super) fn describe() {
    describe_counter!(STEPS, "Attempts that ended here, by agent and outcome");
    describe_histogram!(STEP_SECONDS, Unit::Seconds, "How long attempts took, by agent");
    describe_gauge!(RUNNING, "Attempts that go on, by agent");
    describe_counter!(BEATS_FAILED, "Beats that no coordinator answered");
    describe_gauge!(SPOOL, "Terminal events that are not known to be applied");
    describe_counter!(RESENT, "Terminal events that were sent again");
    describe_counter!(
        RETURNED,
        "Dispatches that had been handed out before and were not performed, by agent"
    );
    describe_counter!(PROGRESS_DROPPED, "Lines of progress that were not sent");
    describe_counter!(SWEPT, "Things of ended attempts that were removed from Docker");
}

/// How an attempt ended, in one word.
pub(super) const fn outcome(data: &Data) -> &'static str {
    match data {
        Data::Result { .. } => "result",
        Data::ExecutionReleased { .. } => "released",
        _ => "failed",
    }
}

pub(super) fn ended(agent: &AgentId, outcome: &'static str, took: Duration) {
    counter!(STEPS, "agent" => agent.to_string(), "outcome" => outcome).increment(1);
    histogram!(STEP_SECONDS, "agent" => agent.to_string()).record(took);
}

pub(super) fn running(agent: &AgentId, count: u32) {
    gauge!(RUNNING, "agent" => agent.to_string()).set(f64::from(count));
}

pub(super) fn beat_failed() {
    counter!(BEATS_FAILED).increment(1);
}

pub(super) fn spool(events: usize) {
    gauge!(SPOOL).set(f64::from(u32::try_from(events).unwrap_or(u32::MAX)));
}

pub(super) fn resent() {
    counter!(RESENT).increment(1);
}

pub(super) fn returned(agent: &AgentId) {
    counter!(RETURNED, "agent" => agent.to_string()).increment(1);
}

pub(super) fn progress_dropped(lines: usize) {
    counter!(PROGRESS_DROPPED).increment(lines as u64);
}

pub(super) fn swept(things: usize) {
    counter!(SWEPT).increment(things as u64);
}
