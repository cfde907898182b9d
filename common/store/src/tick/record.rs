//! What came of a batch of events: the log, the runs, and what is shown of them, in three questions.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use slipway_protocol::{Event, ExecutionId};
use slipway_workflow::{Definition, Reason, Run};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Tick;
use super::attempts::Attempts;
use super::executions::ExecutionColumns;
use crate::error::Error;
use crate::outbox::{Outgoing, OutgoingColumns};
use crate::words;

/// An event, and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The event.
    pub event: &'a Event,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It changed its run.
    Applied,
    /// It changed nothing.
    Ignored(Reason),
}

/// What the applied events of a batch did to one run.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The workflow that it goes through.
    pub definition: &'a Definition,
    /// The run as this tick locked it; `None` of one that begins.
    pub before: Option<&'a Run>,
    /// The run after the batch.
    pub after: &'a Run,
    /// When the executions that wait after a failed attempt may go on.
    pub not_before: &'a BTreeMap<ExecutionId, OffsetDateTime>,
}

impl Tick<'_> {
    /// Keeps events, remembers their ids, writes the runs that they changed with all that is shown of them, and what is to
    /// be published.
    ///
    /// A run has one change at most, and [`Tick::lock_runs`] read it in this tick. Executions that are as before stay
    /// untouched, so that one that was sent stays sent. An event whose id is remembered already is kept like any other:
    /// the caller asks [`Tick::seen`] first.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] when something of it does not fit: nothing of the tick can be kept, and the caller begins another
    /// one with a part of the batch.
    pub async fn record(
        &mut self,
        entries: &[Entry<'_>],
        changes: &[Change<'_>],
        outbox: &[Outgoing],
    ) -> Result<(), Error> {
        check_distinct(entries, changes)?;
        if !(entries.is_empty() && outbox.is_empty()) {
            self.write_log(entries, outbox).await?;
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.write_runs(changes).await?;
        let executions = ExecutionColumns::of(entries, changes)?;
        let attempts = Attempts::of(entries, changes)?;
        if executions.is_empty() && attempts.is_empty() {
            return Ok(());
        }
        self.write_executions(&executions, &attempts.into()).await
    }

    async fn write_log(&mut self, entries: &[Entry<'_>], outbox: &[Outgoing]) -> Result<(), Error> {
        let log = LogColumns::of(entries)?;
        let outbox = OutgoingColumns::of(outbox);
        let written = sqlx::query!(
            r#"
            WITH
            -- the same event again changes nothing: the caller asks `seen` first. An id that is there all the same is
            -- no obstacle, and its event is logged: who forges an event under the id that a run's own event will have
            -- must not stop the fleet
            remembered AS (
                INSERT INTO event_ids (id) SELECT id FROM unnest($1::uuid[]) AS entry (id)
                ON CONFLICT (id) DO NOTHING
            ),
            -- what is to be published because of them
            told AS (
                INSERT INTO outbox (id, address, content_type, correlation, body)
                SELECT id, address, content_type, correlation, body
                FROM unnest($12::uuid[], $13::text[], $14::text[], $15::text[], $16::bytea[])
                    WITH ORDINALITY AS outgoing (id, address, content_type, correlation, body, place)
                ORDER BY place
                ON CONFLICT (id) DO NOTHING
            )
            INSERT INTO event_log (id, task_id, run_id, execution_id, lease, incarnation, actor, event_type, outcome,
                                   created_at, event)
            SELECT id, task_id, run_id, execution_id, lease, incarnation, actor, event_type, outcome, created_at,
                   event::json
            FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::uuid[], $7::text[],
                        $8::text[], $9::text[], $10::timestamptz[], $11::text[])
                WITH ORDINALITY AS entry (id, task_id, run_id, execution_id, lease, incarnation, actor, event_type,
                                          outcome, created_at, event, place)
            ORDER BY place
            "#,
            &log.id,
            &log.task_id,
            &log.run_id,
            &log.execution_id as &[Option<Uuid>],
            &log.lease as &[Option<i64>],
            &log.incarnation as &[Option<Uuid>],
            &log.actor,
            &log.event_type,
            &log.outcome,
            &log.created_at,
            &log.event,
            &outbox.id,
            &outbox.address,
            &outbox.content_type,
            &outbox.correlation as &[Option<String>],
            &outbox.body,
        );
        self.store.ask("keeping events", written.execute(&mut *self.transaction)).await.map(|_| ())
    }
}

/// A batch that names an event or a run twice can never be kept.
fn check_distinct(entries: &[Entry<'_>], changes: &[Change<'_>]) -> Result<(), Error> {
    let mut events = HashSet::with_capacity(entries.len());
    if let Some(twice) = entries.iter().map(|entry| entry.event.id).find(|id| !events.insert(*id)) {
        return Err(Error::misfit("keeping events", format!("event {twice} is there twice")));
    }
    let mut runs = HashSet::with_capacity(changes.len());
    match changes.iter().map(|change| change.after.id()).find(|id| !runs.insert(*id)) {
        Some(twice) => Err(Error::misfit("writing runs", format!("run {twice} is there twice"))),
        None => Ok(()),
    }
}

#[derive(Default)]
struct LogColumns {
    id: Vec<Uuid>,
    task_id: Vec<Uuid>,
    run_id: Vec<Uuid>,
    execution_id: Vec<Option<Uuid>>,
    lease: Vec<Option<i64>>,
    incarnation: Vec<Option<Uuid>>,
    actor: Vec<String>,
    event_type: Vec<String>,
    outcome: Vec<String>,
    created_at: Vec<OffsetDateTime>,
    event: Vec<String>,
}

impl LogColumns {
    fn of(entries: &[Entry<'_>]) -> Result<Self, Error> {
        let mut columns = Self::default();
        for Entry { event, outcome } in entries {
            let json = String::from_utf8(event.to_json())
                .map_err(|source| Error::Data { doing: "writing an event", source: source.into() })?;
            let actor = event.source.strip_prefix("slipway/").unwrap_or(&event.source);
            columns.id.push(event.id.uuid());
            columns.task_id.push(event.task.uuid());
            columns.run_id.push(event.run.uuid());
            columns.execution_id.push(event.holder.map(|holder| holder.execution.uuid()));
            columns.lease.push(event.holder.map(|holder| holder.lease.number().into()));
            columns.incarnation.push(event.holder.map(|holder| holder.incarnation.uuid()));
            columns.actor.push(words::plain(actor));
            columns.event_type.push(words::plain(event.event_type()));
            columns.outcome.push(words::word(Kept::from(*outcome)));
            columns.created_at.push(event.time);
            columns.event.push(json);
        }
        Ok(columns)
    }
}

/// An outcome as `event_log.outcome` holds it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    Applied,
    Duplicate,
    Stale,
    Late,
    Irrelevant,
}

impl From<Outcome> for Kept {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Applied => Self::Applied,
            Outcome::Ignored(Reason::Duplicate) => Self::Duplicate,
            Outcome::Ignored(Reason::Stale) => Self::Stale,
            Outcome::Ignored(Reason::Late) => Self::Late,
            Outcome::Ignored(Reason::Irrelevant) => Self::Irrelevant,
        }
    }
}

impl From<Kept> for Outcome {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Applied => Self::Applied,
            Kept::Duplicate => Self::Ignored(Reason::Duplicate),
            Kept::Stale => Self::Ignored(Reason::Stale),
            Kept::Late => Self::Ignored(Reason::Late),
            Kept::Irrelevant => Self::Ignored(Reason::Irrelevant),
        }
    }
}
