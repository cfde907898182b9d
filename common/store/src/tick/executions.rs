//! Executions as rows: only those that a batch changed, in one question with the attempts at them.

use std::collections::HashMap;

use slipway_protocol::{AgentId, ExecutionId, Holder, Lease};
use slipway_workflow::{Definition, Execution, ExecutionState, Run};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Tick;
use super::attempts::AttemptColumns;
use super::record::{Change, Entry, Outcome};
use crate::error::Error;
use crate::read::executions::ExecutionStatus;
use crate::words;

impl Tick<'_> {
    pub(super) async fn write_executions(
        &mut self,
        executions: &ExecutionColumns,
        attempts: &AttemptColumns,
    ) -> Result<(), Error> {
        let written = sqlx::query!(
            r#"
            WITH
            -- a row of its own for each lease that was bound to a worker
            attempted AS (
                INSERT INTO agent_execution_history AS kept
                    (execution_id, lease, incarnation, task_id, run_id, step, agent, started_at, ended_at, outcome,
                     cause, message, code)
                SELECT execution_id, lease, incarnation, task_id, run_id, step, agent, started_at,
                       CASE WHEN outcome <> 'running' THEN coalesce(ended_at, now()) END,
                       outcome, cause, message, code
                FROM unnest($17::uuid[], $18::bigint[], $19::uuid[], $20::uuid[], $21::uuid[], $22::text[],
                            $23::text[], $24::timestamptz[], $25::timestamptz[], $26::text[], $27::text[],
                            $28::text[], $29::text[])
                    AS attempt (execution_id, lease, incarnation, task_id, run_id, step, agent, started_at, ended_at,
                                outcome, cause, message, code)
                ON CONFLICT (execution_id, lease) DO UPDATE
                SET ended_at = excluded.ended_at, outcome = excluded.outcome, cause = excluded.cause,
                    message = excluded.message, code = excluded.code,
                    started_at = coalesce(kept.started_at, excluded.started_at)
            )
            INSERT INTO executions AS kept
                (id, run_id, task_id, step, agent, visit, state, lease, incarnation, attempt, urgency, not_before, held,
                 started_at, ended_at, failure_cause, failure_message, failure_code)
            SELECT changed.id, changed.run_id, changed.task_id, changed.step, changed.agent, changed.visit,
                   changed.state, changed.lease, changed.incarnation, changed.attempt, changed.urgency,
                   changed.not_before, tasks.paused,
                   CASE WHEN changed.state <> 'ready' AND changed.incarnation IS NOT NULL THEN now() END,
                   CASE WHEN changed.is_end THEN now() END,
                   changed.failure_cause, changed.failure_message, changed.failure_code
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[],
                        $8::bigint[], $9::uuid[], $10::bigint[], $11::timestamptz[], $12::timestamptz[],
                        $13::boolean[], $14::text[], $15::text[], $16::text[])
                AS changed (id, run_id, task_id, step, agent, visit, state, lease, incarnation, attempt, urgency,
                            not_before, is_end, failure_cause, failure_message, failure_code)
            JOIN tasks ON tasks.id = changed.task_id
            ON CONFLICT (id) DO UPDATE
            SET state = excluded.state,
                lease = greatest(kept.lease, excluded.lease),
                incarnation = CASE excluded.state
                    WHEN 'ready' THEN NULL ELSE coalesce(excluded.incarnation, kept.incarnation) END,
                attempt = excluded.attempt,
                not_before = excluded.not_before,
                returns = CASE excluded.state WHEN 'ready' THEN kept.returns ELSE 0 END,
                sent_at = CASE excluded.state WHEN 'ready' THEN NULL ELSE kept.sent_at END,
                started_at = CASE excluded.state
                    WHEN 'ready' THEN NULL
                    WHEN 'started' THEN now()
                    ELSE coalesce(kept.started_at, excluded.started_at) END,
                ended_at = excluded.ended_at,
                failure_cause = coalesce(excluded.failure_cause, kept.failure_cause),
                failure_message = coalesce(excluded.failure_message, kept.failure_message),
                failure_code = CASE WHEN excluded.failure_cause IS NULL
                    THEN kept.failure_code ELSE excluded.failure_code END
            WHERE kept.state NOT IN ('done', 'failed', 'abandoned')
            "#,
            &executions.id,
            &executions.run_id,
            &executions.task_id,
            &executions.step,
            &executions.agent,
            &executions.visit,
            &executions.state,
            &executions.lease,
            &executions.incarnation as &[Option<Uuid>],
            &executions.attempt,
            &executions.urgency,
            &executions.not_before as &[Option<OffsetDateTime>],
            &executions.is_end,
            &executions.failure_cause as &[Option<String>],
            &executions.failure_message as &[Option<String>],
            &executions.failure_code as &[Option<String>],
            &attempts.execution_id,
            &attempts.lease,
            &attempts.incarnation,
            &attempts.task_id,
            &attempts.run_id,
            &attempts.step,
            &attempts.agent,
            &attempts.started_at as &[Option<OffsetDateTime>],
            &attempts.ended_at as &[Option<OffsetDateTime>],
            &attempts.outcome,
            &attempts.cause as &[Option<String>],
            &attempts.message as &[Option<String>],
            &attempts.code as &[Option<String>],
        );
        let doing = "writing executions";
        let written = self.store.ask(doing, written.execute(&mut *self.transaction)).await?;
        if written.rows_affected() != executions.id.len() as u64 {
            return Err(Error::misfit(doing, "an execution has ended before, or its task is gone"));
        }
        Ok(())
    }
}

/// The executions that a batch changed, a vector for each column.
#[derive(Default)]
pub(super) struct ExecutionColumns {
    id: Vec<Uuid>,
    run_id: Vec<Uuid>,
    task_id: Vec<Uuid>,
    step: Vec<String>,
    agent: Vec<String>,
    visit: Vec<i64>,
    state: Vec<String>,
    lease: Vec<i64>,
    incarnation: Vec<Option<Uuid>>,
    attempt: Vec<i64>,
    urgency: Vec<OffsetDateTime>,
    not_before: Vec<Option<OffsetDateTime>>,
    is_end: Vec<bool>,
    failure_cause: Vec<Option<String>>,
    failure_message: Vec<Option<String>>,
    failure_code: Vec<Option<String>>,
}

impl ExecutionColumns {
    pub(super) fn of(entries: &[Entry<'_>], changes: &[Change<'_>]) -> Result<Self, Error> {
        let holders = last_holders(entries);
        let mut columns = Self::default();
        for change in changes {
            for (id, execution) in changed_executions(change) {
                let agent = agent_of(change.definition, change.after, execution)?;
                let holder = holders.get(id).copied();
                columns.push(change, *id, execution, agent, holder);
            }
        }
        Ok(columns)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    fn push(
        &mut self,
        change: &Change<'_>,
        id: ExecutionId,
        execution: &Execution,
        agent: &AgentId,
        holder: Option<Holder>,
    ) {
        let task = change.after.task();
        let standing = Standing::of(execution, holder);
        self.id.push(id.uuid());
        self.run_id.push(change.after.id().uuid());
        self.task_id.push(task.id.uuid());
        self.step.push(execution.step.to_string());
        self.agent.push(agent.to_string());
        self.visit.push(execution.visit.into());
        self.state.push(words::word(standing.status));
        self.lease.push(standing.lease);
        self.incarnation.push(standing.incarnation);
        self.attempt.push(standing.attempt);
        self.urgency.push(words::urgency(task.priority, task.created_at));
        let waits = matches!(execution.state, ExecutionState::Waiting { .. });
        self.not_before.push(change.not_before.get(&id).copied().filter(|_| waits));
        self.is_end.push(!execution.state.is_active());
        let failure = match &execution.state {
            ExecutionState::Waiting { failure, .. } | ExecutionState::Failed { failure } => Some(failure),
            ExecutionState::Dispatched { .. }
            | ExecutionState::Started { .. }
            | ExecutionState::Done
            | ExecutionState::Abandoned => None,
        };
        self.failure_cause.push(failure.map(|failure| words::word(failure.cause)));
        self.failure_message.push(failure.map(|failure| words::plain(&failure.message)));
        self.failure_code.push(failure.and_then(|failure| failure.code.as_deref()).map(words::plain));
    }
}

/// Where an execution stands, in the words of its row.
struct Standing {
    status: ExecutionStatus,
    lease: i64,
    incarnation: Option<Uuid>,
    attempt: i64,
}

impl Standing {
    /// An ended execution's state names no lease; `holder` is the last that the batch named, if it named one. A lower lease
    /// than the row's changes nothing.
    fn of(execution: &Execution, holder: Option<Holder>) -> Self {
        let next = i64::from(execution.spent) + 1;
        let named = holder.map_or(Lease::FIRST, |holder| holder.lease).number().into();
        let speaker = holder.map(|holder| holder.incarnation.uuid());
        let (status, lease, incarnation, attempt) = match &execution.state {
            ExecutionState::Dispatched { lease } | ExecutionState::Waiting { lease, .. } => {
                (ExecutionStatus::Ready, lease.number().into(), None, next)
            }
            ExecutionState::Started { lease, incarnation } => {
                (ExecutionStatus::Started, lease.number().into(), Some(incarnation.uuid()), next)
            }
            ExecutionState::Done => (ExecutionStatus::Done, named, speaker, next),
            ExecutionState::Failed { .. } => {
                (ExecutionStatus::Failed, named, speaker, execution.spent.max(1).into())
            }
            ExecutionState::Abandoned => (ExecutionStatus::Abandoned, named, speaker, next),
        };
        Self { status, lease, incarnation, attempt }
    }
}

/// The executions that are not as they were.
pub(super) fn changed_executions<'a>(
    change: &'a Change<'_>,
) -> impl Iterator<Item = (&'a ExecutionId, &'a Execution)> {
    let before = |id| change.before.and_then(|before| before.executions().get(id));
    change.after.executions().iter().filter(move |(id, execution)| before(id) != Some(*execution))
}

/// The agent that performs an execution of `run`.
pub(super) fn agent_of<'a>(
    definition: &'a Definition,
    run: &Run,
    execution: &Execution,
) -> Result<&'a AgentId, Error> {
    let step = definition.step(&execution.step).map(slipway_workflow::definition::Step::agent);
    step.ok_or_else(|| {
        let problem =
            format!("run {}: workflow {} has no step {}", run.id(), definition.id(), execution.step);
        Error::misfit("writing executions", problem)
    })
}

/// The last holder that an applied event of the batch names, by execution.
fn last_holders(entries: &[Entry<'_>]) -> HashMap<ExecutionId, Holder> {
    let applied = entries.iter().filter(|entry| entry.outcome == Outcome::Applied);
    applied.filter_map(|entry| entry.event.holder).map(|holder| (holder.execution, holder)).collect()
}
