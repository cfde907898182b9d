//! Executions that are out of the coordinator's hands: sent to an agent's queue, or started by a worker.

use slipway_protocol::{AgentId, ExecutionId, Incarnation, Lease, Priority, RunId, StepId, TaskId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::connection::Store;
use crate::error::{Error, Unreadable};
use crate::words;

/// An execution that was handed out and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// The execution.
    pub execution: ExecutionId,
    /// Its run.
    pub run: RunId,
    /// Its task.
    pub task: TaskId,
    /// The agent that performs it.
    pub agent: AgentId,
    /// The step that it is a visit of.
    pub step: StepId,
    /// The current lease.
    pub lease: Lease,
    /// The task's priority.
    pub priority: Priority,
    /// How far it is.
    pub state: FlightState,
}

/// How far a handed-out execution is; times are the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlightState {
    /// It lies in the agent's queue, or a worker has it and has not announced its start.
    Sent {
        /// Since when.
        at: OffsetDateTime,
    },
    /// A worker performs it.
    Started {
        /// The worker's life that the lease is bound to.
        incarnation: Incarnation,
        /// Since when.
        at: OffsetDateTime,
    },
}

impl Store {
    /// All executions that were handed out and have not ended.
    pub async fn flights(&self) -> Result<Vec<Flight>, Error> {
        let doing = "reading what was handed out";
        let rows = sqlx::query_as!(
            FlightRow,
            r#"
            SELECT executions.id, executions.run_id, executions.task_id, executions.agent, executions.step,
                   executions.lease, executions.incarnation, tasks.priority, executions.state,
                   CASE executions.state WHEN 'sent' THEN executions.sent_at ELSE executions.started_at END AS since
            FROM executions JOIN tasks ON tasks.id = executions.task_id
            WHERE executions.state IN ('sent', 'started')
            "#,
        );
        let rows = self.ask(doing, rows.fetch_all(&self.pool)).await?;
        rows.into_iter().map(Flight::try_from).collect::<Result<_, _>>().map_err(Error::damaged(doing))
    }
}

struct FlightRow {
    id: Uuid,
    run_id: Uuid,
    task_id: Uuid,
    agent: String,
    step: String,
    lease: i64,
    incarnation: Option<Uuid>,
    priority: String,
    state: String,
    since: Option<OffsetDateTime>,
}

impl TryFrom<FlightRow> for Flight {
    type Error = Unreadable;

    fn try_from(row: FlightRow) -> Result<Self, Unreadable> {
        let state = match (row.state.as_str(), row.since, row.incarnation) {
            ("sent", Some(at), _) => FlightState::Sent { at },
            ("started", Some(at), Some(incarnation)) => {
                FlightState::Started { incarnation: Incarnation::new(incarnation), at }
            }
            _ => {
                let problem = "without the time or the holder that goes with it";
                return Err(Unreadable::because("executions.state", &row.state, problem));
            }
        };
        Ok(Self {
            execution: ExecutionId::new(row.id),
            run: RunId::new(row.run_id),
            task: TaskId::new(row.task_id),
            agent: words::name("executions.agent", &row.agent)?,
            step: words::name("executions.step", &row.step)?,
            lease: words::lease("executions.lease", row.lease)?,
            priority: words::choice("tasks.priority", &row.priority)?,
            state,
        })
    }
}
