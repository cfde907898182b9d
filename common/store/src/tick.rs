//! One transaction of the leader: what it saw, what came of it and what must be published, all or nothing.
//!
//! The order of a tick is `seen`, `lock_runs`, `record`, then `take_ready` and `mark_sent`, `commit`; other writes go
//! anywhere between. Dropping a tick leaves nothing of it. Ticks of one leader must follow each other: only then is the
//! order of `event_log.seq` the order of commits.
//!
//! Every method asks a constant number of questions, however large its batch. Arrays come in by `unnest` and meet tables
//! by their primary keys alone; nothing joins two arrays or two CTEs, since Postgres, which takes an array for short,
//! would do that by nested loops and in quadratic time.

pub(crate) mod attempts;
pub(crate) mod executions;
pub(crate) mod intake;
pub(crate) mod pausing;
pub(crate) mod pending;
pub(crate) mod ready;
pub(crate) mod record;
pub(crate) mod runs;

use std::collections::{HashMap, HashSet};

use slipway_protocol::{EventId, RunId};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::connection::Store;
use crate::error::Error;

/// One transaction of the leader. Open `tick.rs` for the order of its calls.
#[derive(Debug)]
pub struct Tick<'a> {
    store: &'a Store,
    transaction: Transaction<'static, Postgres>,
    /// The versions of the runs that it locked.
    versions: HashMap<RunId, i64>,
}

impl<'a> Tick<'a> {
    pub(crate) fn new(store: &'a Store, transaction: Transaction<'static, Postgres>) -> Self {
        Self { store, transaction, versions: HashMap::new() }
    }

    /// Which of these events were applied or ignored before.
    pub async fn seen(&mut self, ids: &[EventId]) -> Result<HashSet<EventId>, Error> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let seen = sqlx::query_scalar!("SELECT id FROM event_ids WHERE id = ANY($1)", &ids);
        let seen = self.store.ask("asking for known events", seen.fetch_all(&mut *self.transaction)).await?;
        Ok(seen.into_iter().map(EventId::new).collect())
    }

    /// Makes everything that was done durable.
    ///
    /// # Errors
    ///
    /// After [`Error::Down`] it is not known whether it was done: the caller begins the tick anew, and `seen` tells.
    pub async fn commit(self) -> Result<(), Error> {
        self.store.ask("committing", self.transaction.commit()).await
    }
}
