//! How a process says that it lives and whether it can work: named checks, and the small server that shows them.
//!
//! `server.rs` answers `/livez`, `/readyz` and `/metrics`, `probe.rs` asks as a container's health check does,
//! `metrics.rs` keeps what the process counts. What is checked is the process's own business; nothing here reaches
//! out to a broker or a database.

mod metrics;
mod probe;
mod process;
mod server;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

pub use metrics::Metrics;
pub use probe::probe;
pub use server::{Error, Server, serve, start};

/// What a process knows of itself. Clones are the same.
#[derive(Debug, Clone)]
pub struct Health {
    process: &'static str,
    version: &'static str,
    state: Arc<Mutex<State>>,
}

/// One thing that a process needs in order to work. Not ready until it was said to be.
#[derive(Debug, Clone)]
pub struct Check {
    name: &'static str,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Why each check is not ready; `None` when it is.
    checks: BTreeMap<&'static str, Option<String>>,
    details: BTreeMap<&'static str, String>,
    stops: Vec<CancellationToken>,
}

/// What `/readyz` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether every check is ready and the process is not stopping.
    pub ready: bool,
    /// The process's name, such as `coordinator`.
    pub process: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Every check, by name.
    pub checks: Vec<Checked>,
    /// What else it says of itself, such as whether it leads.
    pub details: BTreeMap<&'static str, String>,
}

/// One check, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Its name, such as `broker`.
    pub name: &'static str,
    /// Whether it is ready.
    pub ready: bool,
    /// Why not.
    pub reason: Option<String>,
}

impl Health {
    /// A process without checks, which is ready.
    pub fn new(process: &'static str, version: &'static str) -> Self {
        Self { process, version, state: Arc::default() }
    }

    /// The check of that name, made when it is not there. It is not ready until [`Check::ready`].
    pub fn check(&self, name: &'static str) -> Check {
        lock(&self.state).checks.entry(name).or_insert_with(|| Some("not checked yet".to_owned()));
        Check { name, state: Arc::clone(&self.state) }
    }

    /// Says something else of the process; the newest value counts.
    pub fn detail(&self, key: &'static str, value: impl Into<String>) {
        lock(&self.state).details.insert(key, value.into());
    }

    /// From when `soft` is cancelled on, the process is not ready.
    pub fn stops_with(&self, soft: &CancellationToken) {
        lock(&self.state).stops.push(soft.clone());
    }

    /// How the process stands now.
    pub fn readiness(&self) -> Readiness {
        let state = lock(&self.state);
        let mut checks: Vec<Checked> = state.checks.iter().map(Checked::of).collect();
        if state.stops.iter().any(CancellationToken::is_cancelled) {
            let reason = Some("the process is stopping".to_owned());
            checks.push(Checked { name: "running", ready: false, reason });
        }
        Readiness {
            ready: checks.iter().all(|check| check.ready),
            process: self.process,
            version: self.version,
            checks,
            details: state.details.clone(),
        }
    }
}

impl Check {
    /// Says that it is as it should be.
    pub fn ready(&self) {
        self.set(None);
    }

    /// Says that it is not, and why: one line, without secrets, for whoever operates the process.
    pub fn failing(&self, reason: impl Into<String>) {
        self.set(Some(reason.into()));
    }

    fn set(&self, reason: Option<String>) {
        let before = lock(&self.state).checks.insert(self.name, reason.clone());
        match (before.flatten(), reason) {
            (before, Some(now)) if before.as_ref() != Some(&now) => {
                tracing::warn!(check = self.name, reason = now, "not ready");
            }
            (Some(_), None) => tracing::info!(check = self.name, "ready"),
            _ => {}
        }
    }
}

impl Checked {
    fn of((name, reason): (&&'static str, &Option<String>)) -> Self {
        Self { name, ready: reason.is_none(), reason: reason.clone() }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_ready_when_every_check_is_and_only_until_its_soft_stop() {
        let health = Health::new("coordinator", "1.2.3");
        let soft = CancellationToken::new();
        health.stops_with(&soft);
        assert!(health.readiness().ready);
        let (broker, store) = (health.check("broker"), health.check("store"));
        assert!(!health.readiness().ready, "a check that was never made counts as failing");
        broker.ready();
        store.ready();
        assert!(health.readiness().ready);
        store.failing("the database does not answer");
        let readiness = health.readiness();
        assert!(!readiness.ready);
        assert_eq!(readiness.checks[1].reason.as_deref(), Some("the database does not answer"));
        store.ready();
        soft.cancel();
        assert!(!health.readiness().ready);
    }

    #[test]
    fn asking_for_a_check_twice_keeps_what_was_said_of_it() {
        let health = Health::new("coordinator", "1.2.3");
        health.check("broker").ready();
        health.check("broker");
        assert!(health.readiness().ready);
    }
}
