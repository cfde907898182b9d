//! A task as the HTTP surface shows it: the summary that every mode gives, and what only a fleet knows beside it.

use serde::Serialize;
use serde_json::{Value, json};
use slipway_protocol::{AgentId, Event, ExecutionId, Incarnation, Lease, StepId};
use slipway_store::{
    Attempt, AttemptOutcome, ExecutionRecord, ExecutionStatus, Recorded, TaskRecord, TaskStatus,
};
use slipway_worker::Summary;
use slipway_worker::summary::{self, Place};
use slipway_workflow::Run;
use slipway_workflow::run::Failure;
use time::OffsetDateTime;

/// The summary of a task; `events` may be left out, and then the row's times and reason stand in for theirs.
pub(super) fn summary(record: &TaskRecord, run: Option<&Run>, events: &[Event], place: &Place) -> Summary {
    let Some(run) = run else {
        return Summary::without_run(&record.task, status(record.status), record.reason.clone(), place);
    };
    let mut summary = Summary::of(run, events, place, true);
    if events.is_empty() {
        let took = record.finished_at.unwrap_or(record.updated_at) - record.task.created_at;
        summary.duration_ms = u64::try_from(took.whole_milliseconds()).unwrap_or_default();
    }
    summary
}

/// What only a fleet knows of a task, by the names beside those of the summary.
pub(super) fn facts(record: &TaskRecord) -> Value {
    json!({
        "priority": record.task.priority,
        "approval": record.task.approval,
        "preview_mode": record.task.preview,
        "source": record.source,
        "idempotency_key": record.key,
        "paused": record.paused,
        "held": record.status == TaskStatus::Held,
        "duplicate_of": record.duplicate_of,
        "updated_at": shown(Some(record.updated_at)),
        "finished_at": shown(record.finished_at),
    })
}

/// A summary with further members.
pub(super) fn merged(summary: &Summary, more: Value) -> Value {
    let mut whole = serde_json::to_value(summary).expect("a summary has string keys only");
    if let (Value::Object(whole), Value::Object(more)) = (&mut whole, more) {
        whole.extend(more);
    }
    whole
}

const fn status(status: TaskStatus) -> summary::TaskStatus {
    match status {
        TaskStatus::Pending => summary::TaskStatus::Pending,
        TaskStatus::Held => summary::TaskStatus::Held,
        TaskStatus::Running => summary::TaskStatus::Running,
        TaskStatus::AwaitingApproval => summary::TaskStatus::AwaitingApproval,
        TaskStatus::Completed => summary::TaskStatus::Completed,
        TaskStatus::Failed => summary::TaskStatus::Failed,
        TaskStatus::Cancelled => summary::TaskStatus::Cancelled,
    }
}

/// An execution with the attempts at it.
#[derive(Debug, Serialize)]
pub(super) struct Execution {
    id: ExecutionId,
    step: StepId,
    agent: AgentId,
    visit: u32,
    status: ExecutionStatus,
    lease: Lease,
    incarnation: Option<Incarnation>,
    attempt: u32,
    held: bool,
    returns: u32,
    not_before: Option<String>,
    sent_at: Option<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
    failure: Option<Failure>,
    attempts: Vec<Tried>,
}

/// One attempt.
#[derive(Debug, Serialize)]
struct Tried {
    lease: Lease,
    incarnation: Incarnation,
    outcome: AttemptOutcome,
    started_at: Option<String>,
    ended_at: Option<String>,
    failure: Option<Failure>,
}

/// The executions of a task, each with its own attempts.
pub(super) fn executions(records: Vec<ExecutionRecord>, attempts: &[Attempt]) -> Vec<Execution> {
    records
        .into_iter()
        .map(|record| Execution {
            id: record.id,
            step: record.step,
            agent: record.agent,
            visit: record.visit,
            status: record.status,
            lease: record.lease,
            incarnation: record.incarnation,
            attempt: record.attempt,
            held: record.held,
            returns: record.returns,
            not_before: shown(record.not_before),
            sent_at: shown(record.sent_at),
            started_at: shown(record.started_at),
            ended_at: shown(record.ended_at),
            failure: record.last_failure,
            attempts: attempts.iter().filter(|attempt| attempt.execution == record.id).map(tried).collect(),
        })
        .collect()
}

fn tried(attempt: &Attempt) -> Tried {
    Tried {
        lease: attempt.lease,
        incarnation: attempt.incarnation,
        outcome: attempt.outcome,
        started_at: shown(attempt.started_at),
        ended_at: shown(attempt.ended_at),
        failure: attempt.failure.clone(),
    }
}

/// An event of the log, with its place in it and what came of it.
pub(super) fn recorded(recorded: &Recorded) -> Value {
    use slipway_store::Outcome;
    use slipway_workflow::engine::Reason;
    let outcome = match recorded.outcome {
        Outcome::Applied => "applied",
        Outcome::Ignored(Reason::Duplicate) => "duplicate",
        Outcome::Ignored(Reason::Stale) => "stale",
        Outcome::Ignored(Reason::Late) => "late",
        Outcome::Ignored(Reason::Irrelevant) => "irrelevant",
    };
    json!({ "seq": recorded.seq, "outcome": outcome, "event": envelope(&recorded.event) })
}

/// An event as its `CloudEvent`.
pub(super) fn envelope(event: &Event) -> Value {
    serde_json::from_slice(&event.to_json()).expect("an event is written as JSON")
}

/// A time as RFC 3339 has it.
pub(super) fn shown(time: Option<OffsetDateTime>) -> Option<String> {
    time.and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok())
}
