//! Attempts, read off a batch of applied events: which lease was bound to whom, and how it ended.

use std::collections::{BTreeMap, HashMap};

use slipway_protocol::{AgentId, Data, Event, ExecutionId, Holder, Incarnation, Lease, RunId};
use slipway_workflow::{Execution, ExecutionState, Run};
use time::OffsetDateTime;
use uuid::Uuid;

use super::executions::{agent_of, changed_executions};
use super::record::{Change, Entry, Outcome};
use crate::error::Error;
use crate::read::executions::AttemptOutcome;
use crate::words;

/// The attempts that a batch began or ended.
#[derive(Default)]
pub(super) struct Attempts<'a> {
    rows: BTreeMap<(ExecutionId, Lease), Attempt<'a>>,
}

struct Attempt<'a> {
    run: &'a Run,
    execution: &'a Execution,
    agent: &'a AgentId,
    incarnation: Incarnation,
    started_at: Option<OffsetDateTime>,
    ended_at: Option<OffsetDateTime>,
    outcome: AttemptOutcome,
    cause: Option<String>,
    message: Option<String>,
    code: Option<String>,
}

impl<'a> Attempts<'a> {
    pub(super) fn of(entries: &[Entry<'a>], changes: &[Change<'a>]) -> Result<Self, Error> {
        let by_run: HashMap<RunId, &Change<'a>> =
            changes.iter().map(|change| (change.after.id(), change)).collect();
        let mut attempts = Self::default();
        for entry in entries.iter().filter(|entry| entry.outcome == Outcome::Applied) {
            if let (Some(holder), Some(change)) = (entry.event.holder, by_run.get(&entry.event.run)) {
                attempts.apply(change, entry.event, holder)?;
            }
        }
        for change in changes {
            let end = entries
                .iter()
                .rev()
                .find(|entry| entry.event.run == change.after.id() && entry.outcome == Outcome::Applied);
            attempts.abandon(change, end.map(|entry| entry.event.time))?;
        }
        Ok(attempts)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn apply(&mut self, change: &Change<'a>, event: &'a Event, holder: Holder) -> Result<(), Error> {
        match &event.data {
            Data::ExecutionStarted => {
                if let Some(attempt) = self.row(change, holder)? {
                    attempt.started_at = Some(event.time);
                }
            }
            Data::Result { .. } => {
                if let Some(attempt) = self.row(change, holder)? {
                    attempt.end(AttemptOutcome::Done, Some(event.time));
                }
            }
            Data::ExecutionFailed { cause, message, code, .. } => {
                if let Some(attempt) = self.row(change, holder)? {
                    attempt.end(AttemptOutcome::Failed, Some(event.time));
                    attempt.cause = Some(words::word(cause));
                    attempt.message = Some(words::plain(message));
                    attempt.code = code.as_deref().map(words::plain);
                }
            }
            // A lease that nobody took and the coordinator takes back is no attempt.
            Data::ExecutionReleased { .. } if self.was_bound(change, holder) => {
                if let Some(attempt) = self.row(change, holder)? {
                    attempt.end(AttemptOutcome::Released, Some(event.time));
                }
            }
            Data::ExecutionReleased { .. }
            | Data::DispatchReturned { .. }
            | Data::TaskInitiated { .. }
            | Data::TaskProgress { .. }
            | Data::ApprovalGranted { .. }
            | Data::ApprovalDenied { .. }
            | Data::ApprovalRequested { .. }
            | Data::TaskCompleted
            | Data::TaskFailed { .. }
            | Data::TaskCancelled { .. }
            | Data::Unknown(_) => {}
        }
        Ok(())
    }

    /// Ends the attempts at what the end of its run cut off.
    fn abandon(&mut self, change: &Change<'a>, at: Option<OffsetDateTime>) -> Result<(), Error> {
        for (id, execution) in changed_executions(change) {
            if execution.state != ExecutionState::Abandoned {
                continue;
            }
            let before = change.before.and_then(|before| before.executions().get(id)).map(|it| &it.state);
            let bound = self.rows.iter().rev().find(|((row, _), _)| row == id);
            let holder = match (bound, before) {
                (Some(((_, lease), attempt)), _) if attempt.outcome == AttemptOutcome::Running => {
                    Holder { execution: *id, lease: *lease, incarnation: attempt.incarnation }
                }
                (None, Some(ExecutionState::Started { lease, incarnation })) => {
                    Holder { execution: *id, lease: *lease, incarnation: *incarnation }
                }
                _ => continue,
            };
            if let Some(attempt) = self.row(change, holder)? {
                attempt.end(AttemptOutcome::Abandoned, at);
            }
        }
        Ok(())
    }

    fn was_bound(&self, change: &Change<'a>, holder: Holder) -> bool {
        let bound = ExecutionState::Started { lease: holder.lease, incarnation: holder.incarnation };
        let before = change.before.and_then(|before| before.executions().get(&holder.execution));
        self.rows.contains_key(&(holder.execution, holder.lease))
            || before.is_some_and(|it| it.state == bound)
    }

    /// The attempt of `holder`; `None` of an execution that its run does not have.
    fn row(&mut self, change: &Change<'a>, holder: Holder) -> Result<Option<&mut Attempt<'a>>, Error> {
        let run = change.after;
        let Some(execution) = run.executions().get(&holder.execution) else { return Ok(None) };
        let agent = agent_of(change.definition, run, execution)?;
        Ok(Some(self.rows.entry((holder.execution, holder.lease)).or_insert(Attempt {
            run,
            execution,
            agent,
            incarnation: holder.incarnation,
            started_at: None,
            ended_at: None,
            outcome: AttemptOutcome::Running,
            cause: None,
            message: None,
            code: None,
        })))
    }
}

impl Attempt<'_> {
    fn end(&mut self, outcome: AttemptOutcome, at: Option<OffsetDateTime>) {
        self.outcome = outcome;
        self.ended_at = at;
    }
}

/// The attempts, a vector for each column.
#[derive(Default)]
pub(super) struct AttemptColumns {
    pub(super) execution_id: Vec<Uuid>,
    pub(super) lease: Vec<i64>,
    pub(super) incarnation: Vec<Uuid>,
    pub(super) task_id: Vec<Uuid>,
    pub(super) run_id: Vec<Uuid>,
    pub(super) step: Vec<String>,
    pub(super) agent: Vec<String>,
    pub(super) started_at: Vec<Option<OffsetDateTime>>,
    pub(super) ended_at: Vec<Option<OffsetDateTime>>,
    pub(super) outcome: Vec<String>,
    pub(super) cause: Vec<Option<String>>,
    pub(super) message: Vec<Option<String>>,
    pub(super) code: Vec<Option<String>>,
}

impl From<Attempts<'_>> for AttemptColumns {
    fn from(attempts: Attempts<'_>) -> Self {
        let mut columns = Self::default();
        for ((execution, lease), attempt) in attempts.rows {
            columns.execution_id.push(execution.uuid());
            columns.lease.push(lease.number().into());
            columns.incarnation.push(attempt.incarnation.uuid());
            columns.task_id.push(attempt.run.task().id.uuid());
            columns.run_id.push(attempt.run.id().uuid());
            columns.step.push(attempt.execution.step.to_string());
            columns.agent.push(attempt.agent.to_string());
            columns.started_at.push(attempt.started_at);
            columns.ended_at.push(attempt.ended_at);
            columns.outcome.push(words::word(attempt.outcome));
            columns.cause.push(attempt.cause);
            columns.message.push(attempt.message);
            columns.code.push(attempt.code);
        }
        columns
    }
}
