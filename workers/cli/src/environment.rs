//! What this machine offers: Docker, or else Python or Node; and the run's driver made of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use slipway_agents::Definition as Agent;
use slipway_containers::Docker;
use slipway_engines::{Blueprint, Engine};
use slipway_git_store::{Settings, Store};
use slipway_protocol::plan::Language;
use slipway_protocol::{AgentId, Incarnation};
use slipway_runtime::{Clock, SystemClock};
use slipway_worker::hands::{Hands, Limits, Sandbox, Setup, interpreter_version};
use slipway_worker::sequential::Recorder;
use slipway_worker::summary::Reach;
use slipway_worker::{Layout, Performer, Sequential};
use slipway_workflow::Definition;

use crate::args::Global;
use crate::config::{self, Config, EngineName, SandboxKind};
use crate::exit::{Exit, Failure};
use crate::fleet::{BadServer, Fleet, Patience, Server};

/// Where the state lies.
pub(crate) fn layout(global: &Global) -> Result<Layout, Failure> {
    let root = global.data_dir.clone().or_else(users_data_dir).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "cli.data-dir",
            "there is no home directory; name a data directory with --data-dir",
        )
    })?;
    Ok(Layout::open(&root, SystemClock.new_id())?)
}

fn users_data_dir() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_DATA_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share")))?;
    Some(folder.join("slipway"))
}

/// The settings, checked.
pub(crate) fn settings(global: &Global) -> Result<Config, Failure> {
    let usage = |message: String| Failure::new(Exit::Usage, "config.invalid", message);
    let loaded =
        config::read(global.config.as_deref()).map_err(|error| usage(slipway_worker::chain(&error)))?;
    let problems = config::problems(&loaded.values);
    if problems.is_empty() { Ok(loaded.values) } else { Err(usage(problems.join("; "))) }
}

/// The fleet that was asked for; `None` for the data directory.
pub(crate) fn fleet(global: &Global, config: &Config) -> Result<Option<Fleet>, Failure> {
    let configured = config.server.as_str();
    let (text, flags) = match &global.server {
        _ if global.local => return Ok(None),
        None if configured.is_empty() => return Ok(None),
        None => (configured, String::new()),
        Some(named) if named == configured => (configured, String::new()),
        Some(named) => (named.as_str(), format!("--server {named}")),
    };
    let server: Server = text
        .parse()
        .map_err(|bad: BadServer| Failure::new(Exit::Usage, "fleet.bad-address", bad.to_string()))?;
    Ok(Some(Fleet::new(server, flags, Patience::default())?))
}

/// How commands reach a task of the data directory, although a fleet may be configured.
pub(crate) fn local_reach(config: &Config) -> Reach {
    let flags = if config.server.is_empty() { "" } else { "--local" };
    Reach::DataDirectory { flags: flags.into() }
}

/// What a run is made of: sandbox, Docker for previews, languages.
#[derive(Debug)]
pub(crate) struct Found {
    /// Where tests run.
    pub(crate) sandbox: Sandbox,
    /// Docker, where it answers.
    pub(crate) docker: Option<Docker>,
    /// Languages whose tests can run, the preferred one first.
    pub(crate) languages: Vec<Language>,
}

/// Looks for what a run needs; refuses when nothing can run its tests.
pub(crate) async fn find(wanted: SandboxKind) -> Result<Found, Failure> {
    let docker = Docker::connect().await;
    let missing = |message: String| Failure::new(Exit::Environment, "environment.missing", message);
    match (wanted, docker) {
        (SandboxKind::Auto | SandboxKind::Docker, Ok(docker)) => Ok(Found {
            sandbox: Sandbox::Docker(docker.clone()),
            docker: Some(docker),
            languages: vec![Language::Python, Language::Node],
        }),
        (SandboxKind::Docker, Err(error)) => {
            Err(missing(format!("--sandbox docker: {}", slipway_worker::chain(&error))))
        }
        (kind, docker) => {
            let languages = local_languages().await;
            if languages.is_empty() {
                let reason =
                    docker.as_ref().err().map(|error| slipway_worker::chain(error)).unwrap_or_default();
                return Err(missing(nothing_found(&reason)));
            }
            let any_engine = kind == SandboxKind::Process;
            Ok(Found { sandbox: Sandbox::Process { any_engine }, docker: docker.ok(), languages })
        }
    }
}

fn nothing_found(docker: &str) -> String {
    format!(
        "nothing on this machine can run tests: Docker does not answer ({docker}), and neither python3 (3.9 or newer) \
         nor node (18.19 or newer) is installed. Install one of them: Docker from https://docs.docker.com/engine/install/ \
         for isolated tests and a running preview, or `apt-get install python3`, or https://nodejs.org/"
    )
}

/// Languages whose interpreter is installed here and new enough.
pub(crate) async fn local_languages() -> Vec<Language> {
    let mut found = Vec::new();
    for (language, oldest) in [(Language::Python, (3, 9)), (Language::Node, (18, 19))] {
        let version = interpreter_version(language).await;
        if version.as_deref().and_then(numbers).is_some_and(|version| version >= oldest) {
            found.push(language);
        }
    }
    found
}

/// Major and minor number in a text such as `Python 3.13.0` or `Node v20.1.0`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let number = version.rsplit(' ').next()?.trim_start_matches('v');
    let mut parts = number.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The built-in workflow.
pub(crate) fn delivery() -> Definition {
    Definition::delivery(&agent_ids()).expect("the built-in workflow is valid; a test loads it")
}

/// The repositories of a data directory.
pub(crate) fn store(layout: &Layout, config: &Config) -> Store {
    let config_file = Some(config.git.config_file.clone()).filter(|path| !path.as_os_str().is_empty());
    Store::with_settings(layout.repositories(), Settings { config_file, ..Settings::default() })
}

/// What reads and keeps the runs of a data directory.
pub(crate) fn recorder(layout: &Layout) -> Recorder {
    Recorder::new(layout.clone(), delivery(), Arc::new(SystemClock))
}

/// The ids of the built-in agents.
pub(crate) fn agent_ids() -> std::collections::BTreeSet<AgentId> {
    Agent::built_in().into_iter().map(|agent| agent.id).collect()
}

/// A driver of runs made of what was found.
pub(crate) fn sequential(layout: Layout, config: &Config, found: Found) -> Sequential {
    let engine: Arc<dyn Engine> = match config.engine.name {
        EngineName::Blueprint => Arc::new(Blueprint),
    };
    let sandbox = &config.sandbox;
    let hands = Hands::new(Setup {
        store: store(&layout, config),
        engine,
        sandbox: found.sandbox,
        preview: found.docker,
        preview_ttl: time::Duration::hours(config.preview.ttl_hours.into()),
        limits: Limits {
            memory: u64::from(sandbox.memory_mb) << 20,
            cpus: sandbox.cpus,
            pids: sandbox.pids,
            wall_clock: Duration::from_secs(sandbox.wall_clock_seconds.into()),
            log_bytes: (sandbox.log_kb as usize) << 10,
            ..Limits::default()
        },
        pull: sandbox.pull,
        languages: found.languages,
        owner: layout.owner().to_owned(),
        work_dir: layout.work(),
    });
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let incarnation = Incarnation::new(clock.new_id());
    let performer = Performer::new(Agent::built_in(), hands, incarnation, Arc::clone(&clock));
    Sequential::new(layout, delivery(), performer, clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_print_them() {
        assert_eq!(numbers("Python 3.13.0"), Some((3, 13)));
        assert_eq!(numbers("Node v20.20.2"), Some((20, 20)));
        assert_eq!(numbers("nonsense"), None);
    }
}
