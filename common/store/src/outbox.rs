//! What must still be published. The publisher has it in memory; the table is for what the memory lost.

use std::time::Duration;

use uuid::Uuid;

use crate::connection::Store;
use crate::error::Error;
use crate::words;

/// A message that must be published; publishing it twice is one message to whoever remembers ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The message's id.
    pub id: Uuid,
    /// Where to, such as `events/plan.created`, `dispatch/coder`, `reply/<queue>`.
    pub to: String,
    /// Its media type.
    pub content_type: String,
    /// What it answers.
    pub correlation: Option<String>,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl Store {
    /// The messages, oldest first, that were not published within `older_than` of the commit that made them.
    pub async fn outbox(&self, older_than: Duration, limit: usize) -> Result<Vec<Outgoing>, Error> {
        let rows = sqlx::query_as!(
            Outgoing,
            r#"
            SELECT id, address AS "to", content_type, correlation, body
            FROM outbox
            WHERE created_at <= now() - make_interval(secs => $1)
            ORDER BY position
            LIMIT $2
            "#,
            older_than.as_secs_f64(),
            words::limit(limit),
        );
        self.ask("reading the outbox", rows.fetch_all(&self.pool)).await
    }

    /// Removes messages that the broker confirmed.
    ///
    /// The removal is not flushed to the disk: one that a crash undoes is a message that is published twice.
    pub async fn published(&self, ids: &[Uuid]) -> Result<(), Error> {
        let doing = "clearing the outbox";
        let begin = "BEGIN; SET LOCAL synchronous_commit = off";
        let removing = async {
            let mut transaction = self.pool.begin_with(begin).await?;
            sqlx::query!("DELETE FROM outbox WHERE id = ANY($1)", ids).execute(&mut *transaction).await?;
            transaction.commit().await
        };
        self.ask(doing, removing).await
    }
}

/// Messages, a vector for each column.
#[derive(Default)]
pub(crate) struct OutgoingColumns {
    pub(crate) id: Vec<Uuid>,
    pub(crate) address: Vec<String>,
    pub(crate) content_type: Vec<String>,
    pub(crate) correlation: Vec<Option<String>>,
    pub(crate) body: Vec<Vec<u8>>,
}

impl OutgoingColumns {
    pub(crate) fn of(messages: &[Outgoing]) -> Self {
        let mut columns = Self::default();
        for message in messages {
            columns.id.push(message.id);
            columns.address.push(message.to.clone());
            columns.content_type.push(message.content_type.clone());
            columns.correlation.push(message.correlation.clone());
            columns.body.push(message.body.clone());
        }
        columns
    }
}
