//! Pausing and resuming.

use slipway_protocol::TaskId;

use super::Tick;
use crate::error::Error;
use crate::pauses::Pause;
use crate::words;

impl Tick<'_> {
    /// Pauses or resumes. `false`: it was so already, or the task is not there or has ended.
    pub async fn set_pause(&mut self, what: &Pause, by: &str, on: bool) -> Result<bool, Error> {
        if let Pause::Task(task) = what
            && !self.hold(*task, on).await?
        {
            return Ok(false);
        }
        if on { self.add_pause(what, by).await } else { self.remove_pause(what).await }
    }

    async fn add_pause(&mut self, what: &Pause, by: &str) -> Result<bool, Error> {
        let added = sqlx::query!(
            "INSERT INTO pauses (kind, subject, by) VALUES ($1, $2, $3) ON CONFLICT (kind, subject) DO NOTHING",
            what.kind(),
            what.subject(),
            words::plain(by),
        );
        let added = self.store.ask("pausing", added.execute(&mut *self.transaction)).await?;
        Ok(added.rows_affected() == 1)
    }

    async fn remove_pause(&mut self, what: &Pause) -> Result<bool, Error> {
        let removed =
            sqlx::query!("DELETE FROM pauses WHERE kind = $1 AND subject = $2", what.kind(), what.subject());
        let removed = self.store.ask("resuming", removed.execute(&mut *self.transaction)).await?;
        Ok(removed.rows_affected() == 1)
    }

    /// Holds back, or lets go, the executions that a task has; those to come take it over from the task.
    async fn hold(&mut self, task: TaskId, on: bool) -> Result<bool, Error> {
        let changed = sqlx::query!(
            r#"
            WITH
            -- its executions, unless they have ended
            held AS (
                UPDATE executions SET held = $2
                WHERE task_id = $1 AND ended_at IS NULL AND held <> $2
            )
            UPDATE tasks SET paused = $2, updated_at = now()
            WHERE id = $1 AND paused <> $2 AND finished_at IS NULL
            "#,
            task.uuid(),
            on,
        );
        let doing = if on { "pausing a task" } else { "resuming a task" };
        let changed = self.store.ask(doing, changed.execute(&mut *self.transaction)).await?;
        Ok(changed.rows_affected() == 1)
    }
}
