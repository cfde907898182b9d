//! The fleet: its id, the agents that it knows, the worker processes that live.

use std::collections::HashSet;

use slipway_protocol::fleet::{Load, Slots};
use slipway_protocol::{AgentId, Incarnation};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::connection::Store;
use crate::error::{Error, Unreadable};
use crate::words;

/// A worker process, as its newest beat tells of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// This life of the process.
    pub incarnation: Incarnation,
    /// Its name, for people.
    pub worker: String,
    /// The program's version.
    pub version: String,
    /// What it serves.
    pub agents: Vec<Slots>,
    /// Whether it takes nothing new.
    pub draining: bool,
    /// How busy its machine is.
    pub load: Load,
}

/// A worker process as it is written down; times are the database's.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenInstance {
    /// The process.
    pub instance: Instance,
    /// When it was seen first.
    pub first_seen_at: OffsetDateTime,
    /// When it was seen last.
    pub last_seen_at: OffsetDateTime,
    /// Since when it counts as gone.
    pub ended_at: Option<OffsetDateTime>,
}

impl Store {
    /// This database's fleet id, made when its tables were.
    pub async fn fleet(&self) -> Result<Uuid, Error> {
        let id = sqlx::query_scalar!("SELECT id FROM fleet");
        self.ask("reading the fleet's id", id.fetch_one(&self.pool)).await
    }

    /// Keeps these versions of agents; one that is kept already stays as it is.
    pub async fn register_agents(
        &self,
        agents: &[(AgentId, String, serde_json::Value)],
    ) -> Result<(), Error> {
        let ids: Vec<String> = agents.iter().map(|(id, _, _)| id.to_string()).collect();
        let versions: Vec<String> = agents.iter().map(|(_, version, _)| words::plain(version)).collect();
        let definitions: Vec<String> =
            agents.iter().map(|(_, _, definition)| definition.to_string()).collect();
        let registered = sqlx::query!(
            r#"
            INSERT INTO agent_registry (id, version, definition)
            SELECT id, version, definition::json
            FROM unnest($1::text[], $2::text[], $3::text[]) AS agent (id, version, definition)
            ON CONFLICT (id, version) DO NOTHING
            "#,
            &ids,
            &versions,
            &definitions,
        );
        self.ask("registering agents", registered.execute(&self.pool)).await.map(|_| ())
    }

    /// Writes down the processes that beat since the last call; those that have not for 30 s count as gone.
    ///
    /// For people alone, so that it is not flushed to the disk: who may hold a lease is decided by the beats themselves.
    pub async fn beats(&self, alive: &[Instance]) -> Result<(), Error> {
        let rows = InstanceColumns::of(alive);
        let written = async {
            let mut transaction = self.pool.begin_with("BEGIN; SET LOCAL synchronous_commit = off").await?;
            sqlx::query!(
                r#"
                WITH
                -- gone, unless it beats now
                gone AS (
                    UPDATE agent_instances SET ended_at = now()
                    WHERE ended_at IS NULL
                      AND last_seen_at < now() - interval '30 seconds'
                      AND incarnation <> ALL ($1::uuid[])
                )
                INSERT INTO agent_instances (incarnation, agent, worker, version, slots, busy, draining, one_minute,
                                             resident_bytes)
                SELECT incarnation, agent, worker, version, slots, busy, draining, one_minute, resident_bytes
                FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[],
                            $8::real[], $9::bigint[])
                    AS alive (incarnation, agent, worker, version, slots, busy, draining, one_minute, resident_bytes)
                ON CONFLICT (incarnation, agent) DO UPDATE
                SET slots = excluded.slots, busy = excluded.busy, draining = excluded.draining,
                    one_minute = excluded.one_minute, resident_bytes = excluded.resident_bytes,
                    last_seen_at = now(), ended_at = NULL
                "#,
                &rows.incarnation,
                &rows.agent,
                &rows.worker,
                &rows.version,
                &rows.slots,
                &rows.busy,
                &rows.draining,
                &rows.one_minute,
                &rows.resident_bytes,
            )
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await
        };
        self.ask("writing down beats", written).await
    }

    /// The worker processes, those that live first, then the newest; at most `limit` rows of process and agent.
    pub async fn instances(&self, limit: usize) -> Result<Vec<SeenInstance>, Error> {
        let doing = "reading worker processes";
        let rows = sqlx::query_as!(
            InstanceRow,
            r#"
            SELECT incarnation, agent, worker, version, slots, busy, draining, one_minute, resident_bytes,
                   first_seen_at, last_seen_at, ended_at
            FROM agent_instances
            ORDER BY ended_at IS NOT NULL, ended_at DESC, worker, incarnation, agent
            LIMIT $1
            "#,
            words::limit(limit),
        );
        let rows = self.ask(doing, rows.fetch_all(&self.pool)).await?;
        gather(rows).map_err(Error::damaged(doing))
    }
}

#[derive(Default)]
struct InstanceColumns {
    incarnation: Vec<Uuid>,
    agent: Vec<String>,
    worker: Vec<String>,
    version: Vec<String>,
    slots: Vec<i64>,
    busy: Vec<i64>,
    draining: Vec<bool>,
    one_minute: Vec<f32>,
    resident_bytes: Vec<i64>,
}

impl InstanceColumns {
    fn of(instances: &[Instance]) -> Self {
        let mut columns = Self::default();
        let mut named = HashSet::new();
        for instance in instances {
            // What a worker says twice is written once: one statement cannot write a row twice.
            for slots in
                instance.agents.iter().filter(|slots| named.insert((instance.incarnation, &slots.agent)))
            {
                columns.incarnation.push(instance.incarnation.uuid());
                columns.agent.push(slots.agent.to_string());
                columns.worker.push(words::plain(&instance.worker));
                columns.version.push(words::plain(&instance.version));
                columns.slots.push(slots.slots.into());
                columns.busy.push(slots.busy.into());
                columns.draining.push(instance.draining);
                columns.one_minute.push(instance.load.one_minute);
                columns.resident_bytes.push(i64::try_from(instance.load.resident_bytes).unwrap_or(i64::MAX));
            }
        }
        columns
    }
}

struct InstanceRow {
    incarnation: Uuid,
    agent: String,
    worker: String,
    version: String,
    slots: i64,
    busy: i64,
    draining: bool,
    one_minute: f32,
    resident_bytes: i64,
    first_seen_at: OffsetDateTime,
    last_seen_at: OffsetDateTime,
    ended_at: Option<OffsetDateTime>,
}

/// One process for the rows of each incarnation, which follow each other.
fn gather(rows: Vec<InstanceRow>) -> Result<Vec<SeenInstance>, Unreadable> {
    let mut instances: Vec<SeenInstance> = Vec::new();
    for row in rows {
        let slots = Slots {
            agent: words::name("agent_instances.agent", &row.agent)?,
            slots: words::count("agent_instances.slots", row.slots)?,
            busy: words::count("agent_instances.busy", row.busy)?,
        };
        match instances.last_mut() {
            Some(last) if last.instance.incarnation.uuid() == row.incarnation => {
                last.instance.agents.push(slots);
            }
            _ => instances.push(seen(row, slots)?),
        }
    }
    Ok(instances)
}

fn seen(row: InstanceRow, slots: Slots) -> Result<SeenInstance, Unreadable> {
    let resident_bytes = words::count("agent_instances.resident_bytes", row.resident_bytes)?;
    Ok(SeenInstance {
        instance: Instance {
            incarnation: Incarnation::new(row.incarnation),
            worker: row.worker,
            version: row.version,
            agents: vec![slots],
            draining: row.draining,
            load: Load { one_minute: row.one_minute, resident_bytes },
        },
        first_seen_at: row.first_seen_at,
        last_seen_at: row.last_seen_at,
        ended_at: row.ended_at,
    })
}
