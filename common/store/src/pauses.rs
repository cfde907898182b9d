//! What people paused.

use slipway_protocol::{AgentId, TaskId};
use time::OffsetDateTime;

use crate::connection::Store;
use crate::error::{Error, Unreadable};
use crate::words;

/// What can be paused: what runs goes on, nothing new is handed out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pause {
    /// Everything.
    All,
    /// What one agent performs.
    Agent(AgentId),
    /// One task.
    Task(TaskId),
}

/// A pause, and who set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    /// What is paused.
    pub what: Pause,
    /// Who said so.
    pub by: String,
    /// Since when, by the database's clock.
    pub at: OffsetDateTime,
}

impl Pause {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Agent(_) => "agent",
            Self::Task(_) => "task",
        }
    }

    pub(crate) fn subject(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Agent(agent) => agent.to_string(),
            Self::Task(task) => task.to_string(),
        }
    }

    fn read(kind: &str, subject: &str) -> Result<Self, Unreadable> {
        match kind {
            "all" => Ok(Self::All),
            "agent" => words::name("pauses.subject", subject).map(Self::Agent),
            "task" => words::name("pauses.subject", subject).map(Self::Task),
            other => Err(Unreadable::because("pauses.kind", other, "not a kind of pause")),
        }
    }
}

impl Store {
    /// What is paused, the oldest first.
    pub async fn pauses(&self) -> Result<Vec<Paused>, Error> {
        let doing = "reading what is paused";
        let rows = sqlx::query!(
            "SELECT kind, subject, by, created_at FROM pauses ORDER BY created_at, kind, subject"
        );
        let rows = self.ask(doing, rows.fetch_all(&self.pool)).await?;
        rows.into_iter()
            .map(|row| {
                let what = Pause::read(&row.kind, &row.subject).map_err(Error::damaged(doing))?;
                Ok(Paused { what, by: row.by, at: row.created_at })
            })
            .collect()
    }
}
