//! Runs under the tick's lock: their state as it is, and their new states.

use std::collections::HashMap;

use slipway_protocol::RunId;
use slipway_workflow::{Run, Status};
use uuid::Uuid;

use super::Tick;
use super::record::Change;
use crate::error::{Error, Unreadable};
use crate::words::{self, TaskStatus};

/// A run that no other transaction changes before the tick ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Locked {
    /// The run.
    pub run: Run,
    /// Its task is paused: nothing new of it is handed out.
    pub held: bool,
}

impl Tick<'_> {
    /// Locks these runs, in the order of their ids, and reads them. One that there is not is left out.
    pub async fn lock_runs(&mut self, ids: &[RunId]) -> Result<HashMap<RunId, Locked>, Error> {
        let doing = "locking runs";
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let rows = sqlx::query_as!(
            LockedRow,
            r#"
            SELECT runs.id, runs.version, runs.state::text AS "state!", tasks.paused
            FROM runs JOIN tasks ON tasks.id = runs.task_id
            WHERE runs.id = ANY($1)
            ORDER BY runs.id
            FOR UPDATE OF runs
            "#,
            &ids,
        );
        let rows = self.store.ask(doing, rows.fetch_all(&mut *self.transaction)).await?;
        let mut locked = HashMap::with_capacity(rows.len());
        for row in rows {
            let id = RunId::new(row.id);
            self.versions.insert(id, row.version);
            let run = read_run(&row.state).map_err(Error::damaged(doing))?;
            locked.insert(id, Locked { run, held: row.paused });
        }
        Ok(locked)
    }

    /// Writes the runs' new states, and where their tasks stand because of them.
    pub(super) async fn write_runs(&mut self, changes: &[Change<'_>]) -> Result<(), Error> {
        let doing = "writing runs";
        let mut runs = RunColumns::default();
        for change in changes {
            let version = match change.before {
                None => 0,
                Some(before) => *self.versions.get(&before.id()).ok_or_else(|| {
                    Error::misfit(doing, format!("run {} was not locked by this tick", before.id()))
                })?,
            };
            runs.push(change.after, version + 1)?;
        }
        let written = sqlx::query!(
            r#"
            WITH
            -- the states; one whose version is not the next after the locked one is left as it is
            written AS (
                INSERT INTO runs (id, task_id, workflow, workflow_version, status, state, version)
                SELECT id, task_id, workflow, workflow_version, status, state::json, version
                FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::bigint[])
                    AS changed (id, task_id, workflow, workflow_version, status, state, version)
                ON CONFLICT (id) DO UPDATE
                SET status = excluded.status, state = excluded.state, version = excluded.version, updated_at = now()
                WHERE runs.version = excluded.version - 1
                RETURNING id
            ),
            -- what the tasks show of them; an ended task stays as it is
            shown AS (
                UPDATE tasks
                SET status = changed.status,
                    current_phase = coalesce(changed.current_phase, tasks.current_phase),
                    reason = changed.reason,
                    head = changed.head,
                    updated_at = now(),
                    finished_at = CASE WHEN changed.is_end THEN now() END
                FROM unnest($2::uuid[], $5::text[], $8::text[], $9::text[], $10::text[], $11::boolean[])
                    AS changed (task_id, status, current_phase, reason, head, is_end)
                WHERE tasks.id = changed.task_id AND tasks.finished_at IS NULL AND tasks.status <> 'held'
                RETURNING tasks.id
            )
            SELECT (SELECT count(*) FROM written) AS "runs!", (SELECT count(*) FROM shown) AS "tasks!"
            "#,
            &runs.id,
            &runs.task_id,
            &runs.workflow,
            &runs.workflow_version,
            &runs.status,
            &runs.state,
            &runs.version,
            &runs.current_phase as &[Option<String>],
            &runs.reason as &[Option<String>],
            &runs.head,
            &runs.is_end,
        );
        let written = self.store.ask(doing, written.fetch_one(&mut *self.transaction)).await?;
        let all = words::limit(changes.len());
        if (written.runs, written.tasks) != (all, all) {
            let problem = format!(
                "of {all} changes {} fit their run and {} their task: it has ended, is held, or the run has begun before",
                written.runs, written.tasks
            );
            return Err(Error::misfit(doing, problem));
        }
        for change in changes {
            *self.versions.entry(change.after.id()).or_default() += 1;
        }
        Ok(())
    }
}

/// A run as its column holds it.
pub(crate) fn read_run(state: &str) -> Result<Run, Unreadable> {
    serde_json::from_str(state).map_err(|source| Unreadable::because("runs.state", state, source))
}

struct LockedRow {
    id: Uuid,
    version: i64,
    state: String,
    paused: bool,
}

#[derive(Default)]
struct RunColumns {
    id: Vec<Uuid>,
    task_id: Vec<Uuid>,
    workflow: Vec<String>,
    workflow_version: Vec<i32>,
    status: Vec<String>,
    state: Vec<String>,
    version: Vec<i64>,
    current_phase: Vec<Option<String>>,
    reason: Vec<Option<String>>,
    head: Vec<String>,
    is_end: Vec<bool>,
}

impl RunColumns {
    fn push(&mut self, run: &Run, version: i64) -> Result<(), Error> {
        let refused = |source| Error::Data { doing: "writing a run's state", source };
        let (workflow, workflow_version) = run.workflow();
        let status = task_status(run.status());
        self.id.push(run.id().uuid());
        self.task_id.push(run.task().id.uuid());
        self.workflow.push(workflow.to_string());
        self.workflow_version.push(i32::try_from(workflow_version).map_err(|error| refused(error.into()))?);
        self.status.push(words::word(status));
        self.state.push(serde_json::to_string(run).map_err(|error| refused(error.into()))?);
        self.version.push(version);
        self.current_phase.push(current_phase(run));
        self.reason.push(reason(run.status()));
        self.head.push(run.head().to_string());
        self.is_end.push(status.is_end());
        Ok(())
    }
}

const fn task_status(status: &Status) -> TaskStatus {
    match status {
        Status::Running => TaskStatus::Running,
        Status::AwaitingApproval { .. } => TaskStatus::AwaitingApproval,
        Status::Completed => TaskStatus::Completed,
        Status::Failed { .. } => TaskStatus::Failed,
        Status::Cancelled { .. } => TaskStatus::Cancelled,
    }
}

/// The step that waits, else those that are active; `None` of an ended run.
fn current_phase(run: &Run) -> Option<String> {
    if let Status::AwaitingApproval { step, .. } = run.status() {
        return Some(step.to_string());
    }
    let active: Vec<&str> = run.active().map(|(_, execution)| execution.step.as_str()).collect();
    (!active.is_empty()).then(|| active.join(", "))
}

fn reason(status: &Status) -> Option<String> {
    match status {
        Status::Running | Status::AwaitingApproval { .. } | Status::Completed => None,
        Status::Failed { reason } => Some(words::plain(reason)),
        Status::Cancelled { by } => Some(format!("cancelled by {}", words::plain(by))),
    }
}
