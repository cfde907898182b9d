//! Tasks without a run: whether they still wait for one, and how a person or a failure ends that.

use std::collections::HashSet;

use slipway_protocol::TaskId;
use uuid::Uuid;

use super::Tick;
use crate::error::Error;
use crate::words;

impl Tick<'_> {
    /// Which of these tasks still wait for their run; they are locked until the tick ends, so that their runs can begin.
    pub async fn still_pending(&mut self, tasks: &[TaskId]) -> Result<HashSet<TaskId>, Error> {
        let ids: Vec<Uuid> = tasks.iter().map(|id| id.uuid()).collect();
        let pending = sqlx::query_scalar!(
            "SELECT id FROM tasks WHERE id = ANY($1) AND status = 'pending' AND NOT paused ORDER BY id FOR UPDATE",
            &ids,
        );
        let doing = "asking which tasks still wait";
        let pending = self.store.ask(doing, pending.fetch_all(&mut *self.transaction)).await?;
        Ok(pending.into_iter().map(TaskId::new).collect())
    }

    /// Lets a possible duplicate go on as a task of its own. `false`: it is not held.
    pub async fn release_held(&mut self, task: TaskId) -> Result<bool, Error> {
        let released = sqlx::query!(
            "UPDATE tasks SET status = 'pending', reason = NULL, updated_at = now() WHERE id = $1 AND status = 'held'",
            task.uuid(),
        );
        let released =
            self.store.ask("releasing a held task", released.execute(&mut *self.transaction)).await?;
        Ok(released.rows_affected() == 1)
    }

    /// Ends a possible duplicate. `false`: it is not held.
    pub async fn drop_held(&mut self, task: TaskId, by: &str) -> Result<bool, Error> {
        let dropped = sqlx::query!(
            r#"
            UPDATE tasks
            SET status = 'cancelled', updated_at = now(), finished_at = now(),
                reason = 'dropped by ' || $2::text || coalesce(' as a duplicate of ' || duplicate_of, '')
            WHERE id = $1 AND status = 'held'
            "#,
            task.uuid(),
            words::plain(by),
        );
        let dropped = self.store.ask("dropping a held task", dropped.execute(&mut *self.transaction)).await?;
        Ok(dropped.rows_affected() == 1)
    }

    /// Ends a task that can have no run, such as one whose repository is not to be had. `false`: it has a run, or has ended.
    pub async fn fail_pending(&mut self, task: TaskId, reason: &str) -> Result<bool, Error> {
        let failed = sqlx::query!(
            r#"
            UPDATE tasks SET status = 'failed', reason = $2, updated_at = now(), finished_at = now()
            WHERE id = $1 AND status = 'pending'
            "#,
            task.uuid(),
            words::plain(reason),
        );
        let doing = "failing a task without a run";
        let failed = self.store.ask(doing, failed.execute(&mut *self.transaction)).await?;
        Ok(failed.rows_affected() == 1)
    }

    /// Ends a task that has no run yet, held or not, since a person said so. `false`: it has a run, or has ended.
    pub async fn cancel_pending(&mut self, task: TaskId, by: &str) -> Result<bool, Error> {
        let cancelled = sqlx::query!(
            r#"
            UPDATE tasks
            SET status = 'cancelled', reason = 'cancelled by ' || $2::text, updated_at = now(), finished_at = now()
            WHERE id = $1 AND status IN ('pending', 'held')
            "#,
            task.uuid(),
            words::plain(by),
        );
        let doing = "cancelling a task without a run";
        let cancelled = self.store.ask(doing, cancelled.execute(&mut *self.transaction)).await?;
        Ok(cancelled.rows_affected() == 1)
    }
}
