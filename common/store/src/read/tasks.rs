//! Tasks and their runs, as they are shown.

use std::fmt;
use std::str::FromStr;

use slipway_protocol::{CommitId, Priority, Task, TaskId};
use slipway_workflow::Run;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::connection::Store;
use crate::error::{Error, Unreadable};
use crate::tick::runs::read_run;
use crate::words::{self, TaskStatus};

/// A task and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRecord {
    /// What was asked for.
    pub task: Task,
    /// Where it stands.
    pub status: TaskStatus,
    /// The step that is active or waits for a person; of an ended task the last one. Several are parted by `, `.
    pub current_phase: Option<String>,
    /// Why it failed, was cancelled or is held.
    pub reason: Option<String>,
    /// The accepted commit.
    pub head: Option<CommitId>,
    /// Where it came from: `queue` or `api`.
    pub source: String,
    /// The sender's key.
    pub key: Option<String>,
    /// The task that it may be once more.
    pub duplicate_of: Option<TaskId>,
    /// A person paused it.
    pub paused: bool,
    /// When its row changed last, by the database's clock.
    pub updated_at: OffsetDateTime,
    /// When it ended, by the database's clock.
    pub finished_at: Option<OffsetDateTime>,
}

/// Which tasks are wanted; a default filter wants all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// In one of these states; empty for any.
    pub status: Vec<TaskStatus>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// On this repository.
    pub repository: Option<String>,
}

/// A place in the list of tasks. Opaque to whoever gets it as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    created_at: OffsetDateTime,
    id: TaskId,
}

/// A text that is no cursor of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor; take the one that came with the page before")]
pub struct CursorError;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.created_at.unix_timestamp_nanos() / 1_000;
        write!(f, "{micros}.{}", self.id.uuid().simple())
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (micros, id) = text.split_once('.').ok_or(CursorError)?;
        let micros: i64 = micros.parse().map_err(|_| CursorError)?;
        let created_at =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).map_err(|_| CursorError)?;
        let id = Uuid::parse_str(id).map_err(|_| CursorError)?;
        Ok(Self { created_at, id: TaskId::new(id) })
    }
}

impl Store {
    /// Tasks, the newest first, from `after` on.
    pub async fn tasks(
        &self,
        filter: &TaskFilter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page<TaskRecord>, Error> {
        let doing = "listing tasks";
        let status: Vec<String> = filter.status.iter().map(|status| words::word(*status)).collect();
        let rows = sqlx::query_as!(
            TaskRow,
            r#"
            SELECT id, status, current_phase, prompt, priority, repository, approval, preview, isolation, source,
                   idempotency_key, duplicate_of, paused, reason, head, created_at, updated_at, finished_at
            FROM tasks
            WHERE (cardinality($1::text[]) = 0 OR status = ANY ($1))
              AND ($2::text IS NULL OR priority = $2)
              AND ($3::text IS NULL OR repository = $3)
              AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
            ORDER BY created_at DESC, id DESC
            LIMIT $6
            "#,
            &status,
            filter.priority.map(words::word),
            filter.repository.as_deref(),
            after.map(|cursor| cursor.created_at),
            after.map(|cursor| cursor.id.uuid()),
            words::limit(limit.saturating_add(1)),
        );
        let rows = self.ask(doing, rows.fetch_all(&self.pool)).await?;
        let more = rows.len() > limit;
        let items: Vec<TaskRecord> = rows
            .into_iter()
            .take(limit)
            .map(TaskRecord::try_from)
            .collect::<Result<_, _>>()
            .map_err(Error::damaged(doing))?;
        let last = items.last().filter(|_| more);
        let next = last.map(|item| Cursor { created_at: item.task.created_at, id: item.task.id });
        Ok(Page { items, next })
    }

    /// One task; `None` when there is none of this id.
    pub async fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, Error> {
        let doing = "reading a task";
        let row = sqlx::query_as!(
            TaskRow,
            r#"
            SELECT id, status, current_phase, prompt, priority, repository, approval, preview, isolation, source,
                   idempotency_key, duplicate_of, paused, reason, head, created_at, updated_at, finished_at
            FROM tasks
            WHERE id = $1
            "#,
            id.uuid(),
        );
        let row = self.ask(doing, row.fetch_optional(&self.pool)).await?;
        row.map(TaskRecord::try_from).transpose().map_err(Error::damaged(doing))
    }

    /// The tasks whose short id is `digits`, the newest first, at most ten.
    pub async fn tasks_called(&self, digits: &str) -> Result<Vec<TaskId>, Error> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM tasks WHERE short_id = $1 ORDER BY created_at DESC LIMIT 10",
            digits.to_ascii_lowercase(),
        );
        let ids = self.ask("looking for a task", ids.fetch_all(&self.pool)).await?;
        Ok(ids.into_iter().map(TaskId::new).collect())
    }

    /// The tasks that wait for their run, the most urgent first; not the held and the paused ones.
    pub async fn pending_tasks(&self, limit: usize) -> Result<Vec<Task>, Error> {
        let doing = "reading tasks without a run";
        let rows = sqlx::query_as!(
            PendingRow,
            r#"
            SELECT id, prompt, priority, repository, approval, preview, isolation, created_at
            FROM tasks
            WHERE status = 'pending' AND NOT paused
            ORDER BY urgency, id
            LIMIT $1
            "#,
            words::limit(limit),
        );
        let rows = self.ask(doing, rows.fetch_all(&self.pool)).await?;
        rows.into_iter().map(Task::try_from).collect::<Result<_, _>>().map_err(Error::damaged(doing))
    }

    /// The newest run of a task; `None` before it has one.
    pub async fn run(&self, task: TaskId) -> Result<Option<Run>, Error> {
        let doing = "reading a run";
        let state = sqlx::query_scalar!(
            r#"SELECT state::text AS "state!" FROM runs WHERE task_id = $1 ORDER BY created_at DESC LIMIT 1"#,
            task.uuid(),
        );
        let state = self.ask(doing, state.fetch_optional(&self.pool)).await?;
        state.map(|state| read_run(&state)).transpose().map_err(Error::damaged(doing))
    }
}

struct PendingRow {
    id: Uuid,
    prompt: String,
    priority: String,
    repository: Option<String>,
    approval: String,
    preview: String,
    isolation: Option<String>,
    created_at: OffsetDateTime,
}

impl TryFrom<PendingRow> for Task {
    type Error = Unreadable;

    fn try_from(row: PendingRow) -> Result<Self, Unreadable> {
        let isolation = row.isolation.as_deref();
        Ok(Self {
            id: TaskId::new(row.id),
            prompt: words::name("tasks.prompt", &row.prompt)?,
            priority: words::choice("tasks.priority", &row.priority)?,
            repository: row.repository,
            approval: words::choice("tasks.approval", &row.approval)?,
            preview: words::choice("tasks.preview", &row.preview)?,
            isolation: isolation.map(|word| words::choice("tasks.isolation", word)).transpose()?,
            created_at: row.created_at,
        })
    }
}

struct TaskRow {
    id: Uuid,
    status: String,
    current_phase: Option<String>,
    prompt: String,
    priority: String,
    repository: Option<String>,
    approval: String,
    preview: String,
    isolation: Option<String>,
    source: String,
    idempotency_key: Option<String>,
    duplicate_of: Option<Uuid>,
    paused: bool,
    reason: Option<String>,
    head: Option<String>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    finished_at: Option<OffsetDateTime>,
}

impl TryFrom<TaskRow> for TaskRecord {
    type Error = Unreadable;

    fn try_from(row: TaskRow) -> Result<Self, Unreadable> {
        let TaskRow { id, prompt, priority, repository, approval, preview, isolation, created_at, .. } = row;
        let task = PendingRow { id, prompt, priority, repository, approval, preview, isolation, created_at };
        Ok(Self {
            task: task.try_into()?,
            status: words::choice("tasks.status", &row.status)?,
            current_phase: row.current_phase,
            reason: row.reason,
            head: row.head.as_deref().map(|head| words::name("tasks.head", head)).transpose()?,
            source: row.source,
            key: row.idempotency_key,
            duplicate_of: row.duplicate_of.map(TaskId::new),
            paused: row.paused,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_from_its_text_and_other_texts_are_refused() {
        let created_at = OffsetDateTime::UNIX_EPOCH + time::Duration::microseconds(1_234_567);
        let cursor = Cursor { created_at, id: TaskId::new(Uuid::from_u128(7)) };
        assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
        for bad in [
            "",
            "x",
            "1",
            "1.x",
            "x.00000000000000000000000000000007",
            "9223372036854775807.00000000000000000000000000000007",
        ] {
            assert_eq!(bad.parse::<Cursor>(), Err(CursorError), "{bad}");
        }
    }
}
