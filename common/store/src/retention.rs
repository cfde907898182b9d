//! Forgetting: ended tasks with all that hangs on them, event ids, processes that are gone.

use std::time::Duration;

use slipway_protocol::TaskId;

use crate::connection::Store;
use crate::error::Error;

const DAY: Duration = Duration::from_hours(24);

/// Tasks that one statement removes.
const TASKS_AT_ONCE: i64 = 50;

/// Rows of other tables that one statement removes.
const ROWS_AT_ONCE: i64 = 5_000;

/// Statements of a kind that one call runs.
const ROUNDS: u32 = 20;

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// A task, with its events and attempts, after it ended; 30 days by default.
    pub tasks: Duration,
    /// The id of an applied event; 7 days by default. A duplicate that comes later is not recognised by its id.
    pub event_ids: Duration,
    /// A worker process that is gone; 7 days by default.
    pub instances: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { tasks: 30 * DAY, event_ids: 7 * DAY, instances: 7 * DAY }
    }
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The tasks.
    pub tasks: Vec<TaskId>,
    /// Events whose task had been removed before they came.
    pub late_events: u64,
    /// Event ids.
    pub event_ids: u64,
    /// Rows of processes that are gone.
    pub instances: u64,
    /// There is more: the call came to its bound.
    pub more: bool,
}

impl Store {
    /// Removes what is older than `retention` says, in many small statements. Any coordinator may call it, as often as it
    /// likes; a call that is cut off has removed a part.
    pub async fn prune(&self, retention: &Retention) -> Result<Pruned, Error> {
        let mut pruned = Pruned::default();
        for round in 1..=ROUNDS {
            let tasks = self.prune_tasks(retention.tasks).await?;
            let late = self.prune_late_events(retention.tasks).await?;
            let ids = self.prune_event_ids(retention.event_ids).await?;
            let instances = self.prune_instances(retention.instances).await?;
            let full = tasks.len() as u64 == TASKS_AT_ONCE.unsigned_abs()
                || [late, ids, instances].contains(&ROWS_AT_ONCE.unsigned_abs());
            pruned.tasks.extend(tasks);
            pruned.late_events += late;
            pruned.event_ids += ids;
            pruned.instances += instances;
            pruned.more = full && round == ROUNDS;
            if !full {
                break;
            }
        }
        Ok(pruned)
    }

    async fn prune_tasks(&self, kept: Duration) -> Result<Vec<TaskId>, Error> {
        let removed = sqlx::query_scalar!(
            r#"
            WITH
            -- the tasks that ended first; runs and executions go with them by their foreign keys
            old AS (
                SELECT id FROM tasks
                WHERE finished_at < now() - make_interval(secs => $1)
                ORDER BY finished_at
                LIMIT $2
                FOR UPDATE SKIP LOCKED
            ),
            -- their events
            events AS (DELETE FROM event_log WHERE task_id = ANY (ARRAY(SELECT id FROM old))),
            -- the attempts at them
            attempts AS (DELETE FROM agent_execution_history WHERE task_id = ANY (ARRAY(SELECT id FROM old))),
            -- a pause that nobody took back
            paused AS (DELETE FROM pauses WHERE kind = 'task' AND subject = ANY (ARRAY(SELECT id::text FROM old)))
            DELETE FROM tasks WHERE id = ANY (ARRAY(SELECT id FROM old))
            RETURNING id
            "#,
            kept.as_secs_f64(),
            TASKS_AT_ONCE,
        );
        let removed = self.ask("removing old tasks", removed.fetch_all(&self.pool)).await?;
        Ok(removed.into_iter().map(TaskId::new).collect())
    }

    async fn prune_late_events(&self, kept: Duration) -> Result<u64, Error> {
        let removed = sqlx::query!(
            r#"
            DELETE FROM event_log WHERE seq = ANY (ARRAY(
                SELECT seq FROM event_log
                WHERE created_at < now() - make_interval(secs => $1)
                  AND NOT EXISTS (SELECT FROM tasks WHERE tasks.id = event_log.task_id)
                LIMIT $2
            ))
            "#,
            kept.as_secs_f64(),
            ROWS_AT_ONCE,
        );
        Ok(self.ask("removing late events", removed.execute(&self.pool)).await?.rows_affected())
    }

    async fn prune_event_ids(&self, kept: Duration) -> Result<u64, Error> {
        let removed = sqlx::query!(
            r#"
            DELETE FROM event_ids WHERE id = ANY (ARRAY(
                SELECT id FROM event_ids WHERE seen_at < now() - make_interval(secs => $1) LIMIT $2
            ))
            "#,
            kept.as_secs_f64(),
            ROWS_AT_ONCE,
        );
        Ok(self.ask("removing old event ids", removed.execute(&self.pool)).await?.rows_affected())
    }

    async fn prune_instances(&self, kept: Duration) -> Result<u64, Error> {
        let removed = sqlx::query!(
            r#"
            DELETE FROM agent_instances WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM agent_instances WHERE ended_at < now() - make_interval(secs => $1) LIMIT $2
            ))
            "#,
            kept.as_secs_f64(),
            ROWS_AT_ONCE,
        );
        Ok(self.ask("removing old processes", removed.execute(&self.pool)).await?.rows_affected())
    }
}
