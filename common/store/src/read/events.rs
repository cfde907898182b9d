//! The event log, from any place on.

use slipway_protocol::{Event, TaskId};

use crate::connection::Store;
use crate::error::{Error, Unreadable};
use crate::tick::record::{Kept, Outcome};
use crate::words;

/// An event as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its place in the order in which all events were applied; whoever read up to one has missed nothing below it.
    pub seq: u64,
    /// The event.
    pub event: Event,
    /// What came of it.
    pub outcome: Outcome,
}

impl Store {
    /// The events of a task after `after_seq`, in their order.
    pub async fn events(&self, task: TaskId, after_seq: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        let doing = "reading a task's events";
        let rows = sqlx::query_as!(
            EventRow,
            r#"
            SELECT seq, outcome, event::text AS "event!"
            FROM event_log
            WHERE task_id = $1 AND seq > $2
            ORDER BY seq
            LIMIT $3
            "#,
            task.uuid(),
            position(after_seq),
            words::limit(limit),
        );
        let rows = self.ask(doing, rows.fetch_all(&self.pool)).await?;
        rows.into_iter().map(Recorded::try_from).collect::<Result<_, _>>().map_err(Error::damaged(doing))
    }

    /// The events of all tasks after `after_seq`, in their order.
    pub async fn feed(&self, after_seq: u64, limit: usize) -> Result<Vec<Recorded>, Error> {
        let doing = "reading the feed";
        let rows = sqlx::query_as!(
            EventRow,
            r#"SELECT seq, outcome, event::text AS "event!" FROM event_log WHERE seq > $1 ORDER BY seq LIMIT $2"#,
            position(after_seq),
            words::limit(limit),
        );
        let rows = self.ask(doing, rows.fetch_all(&self.pool)).await?;
        rows.into_iter().map(Recorded::try_from).collect::<Result<_, _>>().map_err(Error::damaged(doing))
    }

    /// The place of the newest event; 0 before the first one.
    pub async fn last_seq(&self) -> Result<u64, Error> {
        let last = sqlx::query_scalar!(r#"SELECT coalesce(max(seq), 0) AS "last!" FROM event_log"#);
        let last = self.ask("reading the feed's end", last.fetch_one(&self.pool)).await?;
        Ok(last.unsigned_abs())
    }
}

/// A place that no event can have is after them all.
fn position(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

struct EventRow {
    seq: i64,
    outcome: String,
    event: String,
}

impl TryFrom<EventRow> for Recorded {
    type Error = Unreadable;

    fn try_from(row: EventRow) -> Result<Self, Unreadable> {
        let event = Event::from_json(row.event.as_bytes())
            .map_err(|source| Unreadable::because("event_log.event", &row.event, source))?;
        let outcome = words::choice::<Kept>("event_log.outcome", &row.outcome)?.into();
        Ok(Self { seq: row.seq.unsigned_abs(), event, outcome })
    }
}
