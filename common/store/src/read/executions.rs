//! Executions and the attempts at them, as they are shown.

use serde::{Deserialize, Serialize};
use slipway_protocol::event::Cause;
use slipway_protocol::{AgentId, ExecutionId, Incarnation, Lease, RunId, StepId, TaskId};
use slipway_workflow::run::Failure;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::connection::Store;
use crate::error::{Error, Unreadable};
use crate::words;

/// Where an execution stands, as its row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionStatus {
    /// It can be handed out.
    Ready,
    /// It was put into its agent's queue.
    Sent,
    /// A worker performs it.
    Started,
    /// Its result was accepted.
    Done,
    /// It failed for good.
    Failed,
    /// Its run ended before it did.
    Abandoned,
}

/// An execution and all that tells why it is where it is. Times are the database's, but `not_before`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionRecord {
    /// The execution.
    pub id: ExecutionId,
    /// Its run.
    pub run: RunId,
    /// The step that it is a visit of.
    pub step: StepId,
    /// The agent that performs it.
    pub agent: AgentId,
    /// From 1: the how-manieth visit.
    pub visit: u32,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// The current lease, or the last one.
    pub lease: Lease,
    /// The worker's life that the lease is, or was last, bound to.
    pub incarnation: Option<Incarnation>,
    /// From 1.
    pub attempt: u32,
    /// It waits at least until then.
    pub not_before: Option<OffsetDateTime>,
    /// Its task is paused.
    pub held: bool,
    /// Dispatches that came back without a start, since the last start.
    pub returns: u32,
    /// When it became an execution.
    pub created_at: OffsetDateTime,
    /// When it was handed out under the current lease.
    pub sent_at: Option<OffsetDateTime>,
    /// When its start was applied.
    pub started_at: Option<OffsetDateTime>,
    /// When its end was applied.
    pub ended_at: Option<OffsetDateTime>,
    /// Why the last failed attempt failed.
    pub last_failure: Option<Failure>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// It has not ended.
    Running,
    /// With a result that was accepted.
    Done,
    /// With a failure.
    Failed,
    /// Its worker gave it back unharmed; no attempt is spent.
    Released,
    /// The run ended before it did.
    Abandoned,
}

/// A lease that was bound to a worker, and how that ended. Times are those of the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The execution.
    pub execution: ExecutionId,
    /// The lease.
    pub lease: Lease,
    /// The worker's life.
    pub incarnation: Incarnation,
    /// The step.
    pub step: StepId,
    /// The agent.
    pub agent: AgentId,
    /// `None` when its one event was the one that ended it.
    pub started_at: Option<OffsetDateTime>,
    /// `None` while it runs.
    pub ended_at: Option<OffsetDateTime>,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

impl Store {
    /// The executions of a task, in the order in which they came to be.
    pub async fn executions(&self, task: TaskId) -> Result<Vec<ExecutionRecord>, Error> {
        let doing = "reading a task's executions";
        let rows = sqlx::query_as!(
            ExecutionRow,
            r#"
            SELECT id, run_id, step, agent, visit, state, lease, incarnation, attempt, not_before, held, returns,
                   created_at, sent_at, started_at, ended_at, failure_cause, failure_message, failure_code
            FROM executions
            WHERE task_id = $1
            ORDER BY created_at, visit, ended_at NULLS LAST, id
            "#,
            task.uuid(),
        );
        let rows = self.ask(doing, rows.fetch_all(&self.pool)).await?;
        rows.into_iter()
            .map(ExecutionRecord::try_from)
            .collect::<Result<_, _>>()
            .map_err(Error::damaged(doing))
    }

    /// The attempts at a task's steps, in the order of their ends, those that run last.
    pub async fn attempts(&self, task: TaskId) -> Result<Vec<Attempt>, Error> {
        let doing = "reading a task's attempts";
        let rows = sqlx::query_as!(
            AttemptRow,
            r#"
            SELECT execution_id, lease, incarnation, step, agent, started_at, ended_at, outcome, cause, message, code
            FROM agent_execution_history
            WHERE task_id = $1
            ORDER BY ended_at NULLS LAST, execution_id, lease
            "#,
            task.uuid(),
        );
        let rows = self.ask(doing, rows.fetch_all(&self.pool)).await?;
        rows.into_iter().map(Attempt::try_from).collect::<Result<_, _>>().map_err(Error::damaged(doing))
    }
}

fn failure(
    cause: Option<String>,
    message: Option<String>,
    code: Option<String>,
) -> Result<Option<Failure>, Unreadable> {
    let cause = cause.map(|cause| words::choice::<Cause>("failure_cause", &cause)).transpose()?;
    Ok(cause.map(|cause| Failure { cause, message: message.unwrap_or_default(), code }))
}

struct ExecutionRow {
    id: Uuid,
    run_id: Uuid,
    step: String,
    agent: String,
    visit: i64,
    state: String,
    lease: i64,
    incarnation: Option<Uuid>,
    attempt: i64,
    not_before: Option<OffsetDateTime>,
    held: bool,
    returns: i64,
    created_at: OffsetDateTime,
    sent_at: Option<OffsetDateTime>,
    started_at: Option<OffsetDateTime>,
    ended_at: Option<OffsetDateTime>,
    failure_cause: Option<String>,
    failure_message: Option<String>,
    failure_code: Option<String>,
}

impl TryFrom<ExecutionRow> for ExecutionRecord {
    type Error = Unreadable;

    fn try_from(row: ExecutionRow) -> Result<Self, Unreadable> {
        Ok(Self {
            id: ExecutionId::new(row.id),
            run: RunId::new(row.run_id),
            step: words::name("executions.step", &row.step)?,
            agent: words::name("executions.agent", &row.agent)?,
            visit: words::count("executions.visit", row.visit)?,
            status: words::choice("executions.state", &row.state)?,
            lease: words::lease("executions.lease", row.lease)?,
            incarnation: row.incarnation.map(Incarnation::new),
            attempt: words::count("executions.attempt", row.attempt)?,
            not_before: row.not_before,
            held: row.held,
            returns: words::count("executions.returns", row.returns)?,
            created_at: row.created_at,
            sent_at: row.sent_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            last_failure: failure(row.failure_cause, row.failure_message, row.failure_code)?,
        })
    }
}

struct AttemptRow {
    execution_id: Uuid,
    lease: i64,
    incarnation: Uuid,
    step: String,
    agent: String,
    started_at: Option<OffsetDateTime>,
    ended_at: Option<OffsetDateTime>,
    outcome: String,
    cause: Option<String>,
    message: Option<String>,
    code: Option<String>,
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = Unreadable;

    fn try_from(row: AttemptRow) -> Result<Self, Unreadable> {
        Ok(Self {
            execution: ExecutionId::new(row.execution_id),
            lease: words::lease("agent_execution_history.lease", row.lease)?,
            incarnation: Incarnation::new(row.incarnation),
            step: words::name("agent_execution_history.step", &row.step)?,
            agent: words::name("agent_execution_history.agent", &row.agent)?,
            started_at: row.started_at,
            ended_at: row.ended_at,
            outcome: words::choice("agent_execution_history.outcome", &row.outcome)?,
            failure: failure(row.cause, row.message, row.code)?,
        })
    }
}
