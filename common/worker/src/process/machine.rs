//! What the machine offers: its name, and Docker for the agents that need it. Others do not even look for Docker.

use std::time::Duration;

use slipway_agents::{Definition, Role};
use slipway_containers::Docker;
use slipway_runtime::Health;
use slipway_runtime::retry::RetryPolicy;

use super::config::SandboxKind;
use crate::error::chain;
use crate::hands::Sandbox;

/// How Docker is looked for again.
const AGAIN: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(10),
    factor: 2.0,
    retries: None,
};

/// Where tests run, and what previews run on.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) sandbox: Sandbox,
    pub(super) preview: Option<Docker>,
}

/// Whether an agent's steps use containers.
pub(super) const fn uses_docker(agent: &Definition) -> bool {
    matches!(agent.role, Role::Tester | Role::Deployer)
}

/// Finds what `agents` need; waits for Docker where the settings say that it must be there.
pub(super) async fn find(kind: SandboxKind, agents: &[&Definition], health: &Health) -> Places {
    if !agents.iter().any(|agent| uses_docker(agent)) {
        return nowhere("its agents run none");
    }
    match kind {
        SandboxKind::Docker => in_containers(wait(health).await),
        SandboxKind::Auto => match Docker::connect().await {
            Ok(docker) => in_containers(docker),
            Err(error) => nowhere(&chain(&error)),
        },
        SandboxKind::Process => {
            tracing::warn!(
                "sandbox.kind is process: generated code can read this user's files and use the network"
            );
            let preview = Docker::connect().await.ok();
            Places { sandbox: Sandbox::Process { any_engine: true }, preview }
        }
    }
}

fn in_containers(docker: Docker) -> Places {
    Places { sandbox: Sandbox::Docker(docker.clone()), preview: Some(docker) }
}

fn nowhere(reason: &str) -> Places {
    Places { sandbox: Sandbox::Nowhere(reason.to_owned()), preview: None }
}

async fn wait(health: &Health) -> Docker {
    let check = health.check("docker");
    let mut delays = AGAIN.delays();
    loop {
        match Docker::connect().await {
            Ok(docker) => {
                check.ready();
                return docker;
            }
            Err(error) => check.failing(chain(&error)),
        }
        tokio::time::sleep(delays.next().unwrap_or(AGAIN.longest)).await;
    }
}

/// The machine's name, as Linux tells it.
pub(super) fn name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
}
