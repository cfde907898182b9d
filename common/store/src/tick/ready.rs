//! Handing out: the most urgent ready executions, and what becomes of those that were handed out.

use std::collections::HashMap;
use std::error::Error as StdError;

use slipway_protocol::{AgentId, ExecutionId, Lease};
use slipway_workflow::Run;
use uuid::Uuid;

use super::Tick;
use super::runs::read_run;
use crate::error::{Error, Unreadable};
use crate::outbox::{Outgoing, OutgoingColumns};
use crate::words;

const READING_RUNS: &str = "reading the runs of ready executions";

/// An execution that can be handed out.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// The execution.
    pub execution: ExecutionId,
    /// The agent that performs it.
    pub agent: AgentId,
    /// Its run, from which the workflow engine makes the dispatch.
    pub run: Run,
}

impl Tick<'_> {
    /// The executions that can be handed out now, the most urgent first, for each agent at most as many as it has room.
    ///
    /// Left out are those that wait after a failed attempt, those of paused tasks, and those that another transaction
    /// changes. So are those whose run cannot be read, of which the first is logged: they take up room, and the other runs
    /// go on. All are locked until the tick ends. An agent is named once.
    pub async fn take_ready(&mut self, rooms: &[(AgentId, u32)]) -> Result<Vec<Ready>, Error> {
        let doing = "looking for ready executions";
        let agents: Vec<String> = rooms.iter().map(|(agent, _)| agent.to_string()).collect();
        let rooms: Vec<i64> = rooms.iter().map(|(_, room)| i64::from(*room)).collect();
        let rows = sqlx::query_as!(
            ReadyRow,
            r#"
            SELECT ready.id, ready.run_id, ready.agent
            FROM unnest($1::text[], $2::bigint[]) AS wanted (agent, room)
            CROSS JOIN LATERAL (
                SELECT id, run_id, executions.agent, urgency
                FROM executions
                WHERE executions.agent = wanted.agent
                  AND state = 'ready'
                  AND NOT held
                  AND (not_before IS NULL OR not_before <= now())
                ORDER BY urgency, id
                LIMIT wanted.room
                FOR UPDATE SKIP LOCKED
            ) AS ready
            ORDER BY ready.urgency, ready.id
            "#,
            &agents,
            &rooms,
        );
        let rows = self.store.ask(doing, rows.fetch_all(&mut *self.transaction)).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let runs = self.read_runs(rows.iter().map(|row| row.run_id).collect()).await?;
        log_unreadable(&rows, &runs);
        rows.into_iter()
            .filter_map(|row| {
                let run = runs.get(&row.run_id)?.as_ref().ok()?.clone();
                let agent = words::name("executions.agent", &row.agent).map_err(Error::damaged(doing));
                Some(agent.map(|agent| Ready { execution: ExecutionId::new(row.id), agent, run }))
            })
            .collect()
    }

    /// Reads runs after their executions were locked, so that both are of one moment.
    async fn read_runs(&mut self, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Result<Run, Unreadable>>, Error> {
        let rows = sqlx::query!(r#"SELECT id, state::text AS "state!" FROM runs WHERE id = ANY($1)"#, &ids);
        let rows = self.store.ask(READING_RUNS, rows.fetch_all(&mut *self.transaction)).await?;
        Ok(rows.into_iter().map(|row| (row.id, read_run(&row.state))).collect())
    }

    /// Notes that these executions are in their agents' queues, and keeps the dispatches until they are published.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] when one of them is not ready under that lease.
    pub async fn mark_sent(
        &mut self,
        sent: &[(ExecutionId, Lease)],
        outbox: &[Outgoing],
    ) -> Result<(), Error> {
        let doing = "noting what was handed out";
        let ids: Vec<Uuid> = sent.iter().map(|(id, _)| id.uuid()).collect();
        let leases: Vec<i64> = sent.iter().map(|(_, lease)| lease.number().into()).collect();
        let outbox = OutgoingColumns::of(outbox);
        let marked = sqlx::query!(
            r#"
            WITH
            -- the dispatches
            told AS (
                INSERT INTO outbox (id, address, content_type, correlation, body)
                SELECT id, address, content_type, correlation, body
                FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[])
                    WITH ORDINALITY AS outgoing (id, address, content_type, correlation, body, place)
                ORDER BY place
                ON CONFLICT (id) DO NOTHING
            )
            UPDATE executions
            SET state = 'sent', sent_at = now(), not_before = NULL
            FROM unnest($1::uuid[], $2::bigint[]) AS sent (id, lease)
            WHERE executions.id = sent.id AND executions.lease = sent.lease AND executions.state = 'ready'
            "#,
            &ids,
            &leases,
            &outbox.id,
            &outbox.address,
            &outbox.content_type,
            &outbox.correlation as &[Option<String>],
            &outbox.body,
        );
        let marked = self.store.ask(doing, marked.execute(&mut *self.transaction)).await?;
        if marked.rows_affected() == sent.len() as u64 {
            return Ok(());
        }
        let problem = format!("{} of {} are ready under their lease", marked.rows_affected(), sent.len());
        Err(Error::misfit(doing, problem))
    }

    /// Counts a dispatch that came back without a start: how often that happened since the last start, this one included.
    ///
    /// Of another lease than the current one, or of an execution that is not waiting for a start, nothing is counted, and 0
    /// is the answer.
    pub async fn count_return(&mut self, execution: ExecutionId, lease: Lease) -> Result<u32, Error> {
        let doing = "counting a returned dispatch";
        let returns = sqlx::query_scalar!(
            r#"
            UPDATE executions SET returns = returns + 1
            WHERE id = $1 AND lease = $2 AND state IN ('ready', 'sent')
            RETURNING returns
            "#,
            execution.uuid(),
            i64::from(lease.number()),
        );
        let returns = self.store.ask(doing, returns.fetch_optional(&mut *self.transaction)).await?;
        words::count("executions.returns", returns.unwrap_or(0)).map_err(Error::damaged(doing))
    }
}

struct ReadyRow {
    id: Uuid,
    run_id: Uuid,
    agent: String,
}

/// Logs the most urgent of the executions whose run cannot be read, and how many there are: one line however many, since
/// they are found again each time.
fn log_unreadable(rows: &[ReadyRow], runs: &HashMap<Uuid, Result<Run, Unreadable>>) {
    let mut unreadable = rows.iter().filter_map(|row| Some((row, runs.get(&row.run_id)?.as_ref().err()?)));
    if let Some((row, source)) = unreadable.next() {
        tracing::error!(
            code = "store.damaged",
            execution = %row.id,
            run = %row.run_id,
            executions = 1 + unreadable.count(),
            error = source as &dyn StdError,
            "{READING_RUNS}: a run cannot be read, and nothing of it is handed out"
        );
    }
}
