//! What ended attempts left on Docker: found by its labels, asked about, removed.
//!
//! What this process performs is never asked about, and what the coordinator does not call unwanted stays. The look
//! itself shows whether Docker answers; while it does not, nothing that needs it is taken.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use slipway_containers::sweep::{self, Swept};
use slipway_containers::{Docker, Kind, Labels, docker};
use slipway_protocol::Holder;
use slipway_protocol::fleet::{Request, Response, Thing};
use slipway_runtime::retry::RetryPolicy;

use super::shared::Shared;
use super::{beats, metrics};
use crate::error::chain;

/// How soon Docker is looked for again when it does not answer.
const AWAY: RetryPolicy = RetryPolicy {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(15),
    factor: 2.0,
    retries: None,
};
/// Between two looks, however many attempts end meanwhile.
const LEAST: Duration = Duration::from_secs(1);
/// Things that one question names at most; the rest is asked about the next time.
const NAMED: usize = 500;

/// Looks as long as the worker lives.
pub(super) async fn sweep(shared: Arc<Shared>, docker: Docker) {
    let mut failures = 0;
    loop {
        let answers = look(&shared, &docker).await;
        failures = if answers { 0 } else { failures + 1 };
        let pause = if answers { shared.timings.sweep } else { AWAY.after(failures) };
        tokio::time::sleep(LEAST.min(pause)).await;
        tokio::select! {
            () = shared.sweep_soon.notified() => {}
            () = tokio::time::sleep(pause.saturating_sub(LEAST)) => {}
        }
    }
}

/// Looks once; returns whether Docker answers.
async fn look(shared: &Shared, docker: &Docker) -> bool {
    let looked = once(shared, docker).await;
    let away = looked.is_err();
    if shared.gate.change(|closures| closures.docker_away = away) && !away {
        tracing::info!("Docker answers again");
    }
    if let Some(check) = &shared.checks.docker {
        match &looked {
            Ok(_) => check.ready(),
            Err(error) => check.failing(chain(error)),
        }
    }
    if let Ok(swept) = looked {
        metrics::swept(swept.containers + swept.volumes + swept.images);
    }
    !away
}

async fn once(shared: &Shared, docker: &Docker) -> Result<Swept, docker::Error> {
    let owner = shared.fleet.to_string();
    let found = Mutex::new(BTreeSet::new());
    let see = |kind: Kind, labels: &Labels| {
        let thing = thing(kind, labels);
        if !is_ours(shared, &thing) {
            found.lock().unwrap_or_else(PoisonError::into_inner).insert(Key(thing));
        }
        true
    };
    // A preview that has expired is removed by this look already.
    let expired = sweep::sweep(docker, &owner, shared.clock.now(), &see).await?;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let things: Vec<Thing> = found.into_iter().map(|key| key.0).take(NAMED).collect();
    let unwanted = unwanted(shared, things).await;
    if unwanted.is_empty() {
        return Ok(expired);
    }
    let keep = |kind: Kind, labels: &Labels| {
        let thing = thing(kind, labels);
        !unwanted.contains(&thing) || is_ours(shared, &thing)
    };
    let swept = sweep::sweep(docker, &owner, shared.clock.now(), &keep).await?;
    tracing::info!(?swept, "removed what ended attempts left on Docker");
    Ok(swept)
}

/// Those of `things` that may be removed. Without an answer, none.
async fn unwanted(shared: &Shared, things: Vec<Thing>) -> Vec<Thing> {
    if things.is_empty() {
        return things;
    }
    let request = Request::Wanted { things: things.clone() };
    match beats::ask(shared.broker.as_ref(), &request, shared.timings.answer()).await {
        Ok(Response::Unwanted { indexes }) => {
            indexes.into_iter().filter_map(|index| things.get(index).cloned()).collect()
        }
        Ok(_) | Err(_) => Vec::new(),
    }
}

fn thing(kind: Kind, labels: &Labels) -> Thing {
    Thing {
        task: labels.task,
        holder: Holder { execution: labels.execution, lease: labels.lease, incarnation: labels.incarnation },
        deployed: matches!(kind, Kind::Preview | Kind::Image | Kind::Network),
    }
}

/// Whether this process makes it just now.
fn is_ours(shared: &Shared, thing: &Thing) -> bool {
    let Holder { execution, lease, incarnation } = thing.holder;
    incarnation == shared.identity.incarnation && shared.book().performs(execution, lease)
}

/// A thing in an order, so that each is asked about once.
#[derive(PartialEq, Eq)]
struct Key(Thing);

impl Key {
    fn of(
        &self,
    ) -> (slipway_protocol::ExecutionId, slipway_protocol::Lease, slipway_protocol::Incarnation, bool) {
        let Holder { execution, lease, incarnation } = self.0.holder;
        (execution, lease, incarnation, self.0.deployed)
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.of().cmp(&other.of())
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
