//! Numbers for metrics.

use std::collections::BTreeMap;
use std::time::Duration;

use slipway_protocol::AgentId;

use crate::connection::Store;
use crate::error::{Error, Unreadable};
use crate::words::{self, TaskStatus};

/// How much there is of everything that waits or is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tasks, by where they stand.
    pub tasks: BTreeMap<TaskStatus, u64>,
    /// Executions that can be handed out, by agent; also those that wait after a failed attempt.
    pub ready: BTreeMap<AgentId, u64>,
    /// Messages that the broker has not confirmed.
    pub outbox: u64,
    /// How old the oldest of those is.
    pub outbox_oldest: Option<Duration>,
}

impl Store {
    /// Counts. It reads every task, so that it belongs into a scrape every few seconds and not into a tick.
    pub async fn counts(&self) -> Result<Counts, Error> {
        let doing = "counting";
        let tasks = sqlx::query!(r#"SELECT status, count(*) AS "count!" FROM tasks GROUP BY status"#);
        let tasks = self.ask(doing, tasks.fetch_all(&self.pool)).await?;
        let ready = sqlx::query!(
            r#"
            SELECT agent, count(*) AS "count!" FROM executions WHERE state = 'ready' AND NOT held GROUP BY agent
            "#,
        );
        let ready = self.ask(doing, ready.fetch_all(&self.pool)).await?;
        let outbox = sqlx::query!(
            r#"
            SELECT count(*) AS "count!", extract(epoch FROM now() - min(created_at))::double precision AS oldest
            FROM outbox
            "#,
        );
        let outbox = self.ask(doing, outbox.fetch_one(&self.pool)).await?;
        let tasks = tasks
            .into_iter()
            .map(|row| Ok((words::choice("tasks.status", &row.status)?, row.count.unsigned_abs())));
        let ready = ready
            .into_iter()
            .map(|row| Ok((words::name("executions.agent", &row.agent)?, row.count.unsigned_abs())));
        Ok(Counts {
            tasks: tasks.collect::<Result<_, Unreadable>>().map_err(Error::damaged(doing))?,
            ready: ready.collect::<Result<_, Unreadable>>().map_err(Error::damaged(doing))?,
            outbox: outbox.count.unsigned_abs(),
            outbox_oldest: outbox.oldest.map(|age| Duration::try_from_secs_f64(age).unwrap_or_default()),
        })
    }
}
