//! The fleet: who leads, which workers live, how much waits for whom.

use axum::extract::State;
use serde_json::{Value, json};
use slipway_protocol::AgentId;
use slipway_store::{Counts, Pause, Paused, SeenInstance};

use super::problem::Problem;
use super::{Api, views};

/// Rows of worker and agent that are shown, those that live first.
const WORKERS: usize = 500;

/// `GET /api/fleet`.
pub(super) async fn show(State(api): State<Api>) -> Result<axum::Json<Value>, Problem> {
    let leader = api.store.leader().await?;
    let (workers, pauses) = (api.store.instances(WORKERS).await?, api.store.pauses().await?);
    let counts = api.store.counts().await?;
    let agents: Vec<Value> = api.agents.iter().map(|id| agent(id, &workers, &pauses, &counts)).collect();
    let leader = leader.map(|leader| {
        let silent = u64::try_from(leader.silent_for.as_millis()).unwrap_or(u64::MAX);
        json!({ "name": leader.name, "term": leader.term, "incarnation": leader.holder, "silent_for_ms": silent })
    });
    Ok(axum::Json(json!({
        "leader": leader,
        "paused": pauses.iter().any(|paused| paused.what == Pause::All),
        "agents": agents,
        "workers": workers.iter().map(worker).collect::<Vec<_>>(),
        "tasks": counts.tasks,
        "outbox": counts.outbox,
    })))
}

fn agent(id: &AgentId, workers: &[SeenInstance], pauses: &[Paused], counts: &Counts) -> Value {
    let live = workers.iter().filter(|worker| worker.ended_at.is_none());
    let slots = live.flat_map(|worker| &worker.instance.agents).filter(|slots| slots.agent == *id);
    let (mut workers, mut all, mut busy) = (0, 0, 0);
    for slots in slots {
        (workers, all, busy) = (workers + 1, all + slots.slots, busy + slots.busy);
    }
    json!({
        "id": id,
        "workers": workers,
        "slots": all,
        "busy": busy,
        "waiting": counts.ready.get(id).copied().unwrap_or_default(),
        "paused": pauses.iter().any(|paused| paused.what == Pause::Agent(id.clone())),
    })
}

fn worker(seen: &SeenInstance) -> Value {
    json!({
        "incarnation": seen.instance.incarnation,
        "worker": seen.instance.worker,
        "version": seen.instance.version,
        "agents": seen.instance.agents,
        "draining": seen.instance.draining,
        "load": seen.instance.load,
        "first_seen_at": views::shown(Some(seen.first_seen_at)),
        "last_seen_at": views::shown(Some(seen.last_seen_at)),
        "ended_at": views::shown(seen.ended_at),
    })
}
