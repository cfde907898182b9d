//! What a worker is made of, from its settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use slipway_agents::Definition as Agent;
use slipway_broker::{Broker, Options};
use slipway_engines::{Blueprint, Engine};
use slipway_git_store::{Remote, Settings, Store};
use slipway_protocol::Incarnation;
use slipway_runtime::health::{self, Metrics};
use slipway_runtime::{Clock, Health, Lifecycle, SystemClock, telemetry};
use slipway_workflow::Definition;

use super::args::Args;
use super::config::{Config, EngineName};
use super::exit::{Exit, Failure};
use super::machine::Places;
use super::{folder, machine};
use crate::error::chain;
use crate::hands::{Hands, Limits, Setup as Hand};
use crate::perform::Performer;
use crate::serve::{Ended, MakePerformer, Server, Serves, Setup, Timings};
use crate::spool::Spool;

/// How long a publish waits for a session with the broker.
const PUBLISH_WAIT: Duration = Duration::from_secs(5);
/// How long a confirm may take.
const CONFIRM: Duration = Duration::from_secs(10);
/// How long what was dropped on Docker may take to go when the process ends.
const SETTLE: Duration = Duration::from_secs(10);

/// Serves until it is told to end.
pub(super) async fn run(name: &'static str, args: &Args, config: &Config) -> Result<Exit, Failure> {
    telemetry::start(&config.log.filter, config.log.format)
        .map_err(|error| Failure::usage("config.invalid", chain(&error)))?;
    let lifecycle = Lifecycle::new(Duration::from_secs_f64(config.worker.grace_seconds));
    lifecycle.listen_for_signals().map_err(|error| Failure::failed("worker.runtime", &error))?;
    let health = Health::new(name, env!("CARGO_PKG_VERSION"));
    let metrics = Metrics::install();
    if let Some(listen) = config.health.listen {
        let started = health::start(&lifecycle, listen, &health, &metrics).await;
        started.map_err(|error| Failure::failed(error.code(), &error))?;
    }
    let ended = Box::pin(serve(args, config, &lifecycle, &health)).await;
    lifecycle.soft().cancel();
    if !matches!(ended, Ok(Ended::Softly)) {
        lifecycle.hard().cancel();
    }
    let _in_time = tokio::time::timeout(SETTLE, lifecycle.shut_down()).await;
    Ok(if ended? == Ended::Softly { Exit::Done } else { Exit::Failed })
}

async fn serve(
    args: &Args,
    config: &Config,
    lifecycle: &Lifecycle,
    health: &Health,
) -> Result<Ended, Failure> {
    let root = folder::root(args, config)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let incarnation = Incarnation::new(clock.new_id());
    let spool = Spool::open(&root, incarnation).map_err(|error| Failure::failed(error.code(), &error))?;
    let spool = Arc::new(spool);
    let name = worker_name(args, config);
    let broker = connect(&name, config)?;
    let built_in = Agent::built_in();
    let agents = chosen(args, &built_in);
    let places = tokio::select! {
        places = machine::find(config.sandbox.kind, &agents, health) => places,
        () = lifecycle.soft().cancelled() => return Ok(Ended::Softly),
    };
    let has_docker = places.preview.is_some();
    let worker = Server::new(Setup {
        broker: Arc::clone(&broker),
        serves: agents.iter().map(|agent| serves(agent, args, config, has_docker)).collect(),
        performer: maker(places, &root, config, &spool, incarnation, &clock)?,
        incarnation,
        name,
        definitions: vec![delivery(&built_in)],
        spool,
        lifecycle: lifecycle.clone(),
        clock,
        health: health.clone(),
        timings: timings(config),
    });
    let ended = Box::pin(worker.run()).await;
    broker.close().await;
    ended.map_err(|error| Failure::failed(error.code(), &error))
}

/// The agents that are to be served.
fn chosen<'a>(args: &Args, built_in: &'a [Agent]) -> Vec<&'a Agent> {
    let is_wanted = |agent: &&Agent| args.agents.iter().any(|wanted| wanted.agent == agent.id);
    built_in.iter().filter(is_wanted).collect()
}

fn connect(name: &str, config: &Config) -> Result<Arc<dyn Broker>, Failure> {
    let options = Options {
        name: format!("slipway worker {name}"),
        publish_wait: PUBLISH_WAIT,
        confirm_timeout: CONFIRM,
    };
    slipway_broker::connect(&config.broker.url, options)
        .map_err(|error| Failure::usage("config.invalid", format!("broker.url: {}", chain(&error))))
}

fn worker_name(args: &Args, config: &Config) -> String {
    if !config.worker.name.is_empty() {
        return config.worker.name.clone();
    }
    let agents: Vec<&str> = args.agents.iter().map(|wanted| wanted.agent.as_str()).collect();
    format!("{}@{}", agents.join("+"), machine::name())
}

fn serves(agent: &Agent, args: &Args, config: &Config, has_docker: bool) -> Serves {
    let uses_docker = machine::uses_docker(agent);
    let own = if uses_docker { 2 } else { 4 };
    let configured = Some(config.worker.slots).filter(|slots| *slots > 0);
    let named = args.agents.iter().find(|wanted| wanted.agent == agent.id).and_then(|wanted| wanted.slots);
    Serves {
        agent: agent.id.clone(),
        slots: named.or(configured).unwrap_or(own),
        needs_docker: uses_docker && has_docker,
    }
}

/// Makes the performer when the fleet's id is known.
fn maker(
    places: Places,
    root: &Path,
    config: &Config,
    spool: &Spool,
    incarnation: Incarnation,
    clock: &Arc<dyn Clock>,
) -> Result<MakePerformer, Failure> {
    let store = store(folder::repositories(root), config)?;
    let (work_dir, clock, config) = (spool.work_dir(), Arc::clone(clock), config.clone());
    Ok(Box::new(move |fleet| {
        let hands = Hands::new(Hand {
            store,
            engine: engine(config.engine.name),
            sandbox: places.sandbox,
            preview: places.preview,
            preview_ttl: time::Duration::hours(config.preview.ttl_hours.into()),
            limits: limits(&config),
            pull: config.sandbox.pull,
            languages: config.engine.languages,
            owner: fleet.to_string(),
            work_dir,
        });
        Performer::new(Agent::built_in(), hands, incarnation, clock)
    }))
}

fn engine(name: EngineName) -> Arc<dyn Engine> {
    match name {
        EngineName::Blueprint => Arc::new(Blueprint),
    }
}

fn limits(config: &Config) -> Limits {
    let sandbox = &config.sandbox;
    Limits {
        memory: u64::from(sandbox.memory_mb) << 20,
        cpus: sandbox.cpus,
        pids: sandbox.pids,
        wall_clock: Duration::from_secs(sandbox.wall_clock_seconds.into()),
        log_bytes: (sandbox.log_kb as usize) << 10,
        ..Limits::default()
    }
}

fn store(root: PathBuf, config: &Config) -> Result<Store, Failure> {
    let config_file = Some(config.git.config_file.clone()).filter(|path| !path.as_os_str().is_empty());
    let token = Some(config.repositories.token.clone()).filter(|token| !token.is_empty());
    let remote = Remote::new(&config.repositories.url, token)
        .map_err(|error| Failure::usage("config.invalid", format!("repositories.url: {}", chain(&error))))?;
    let settings = Settings { config_file, remote: Some(remote), ..Settings::default() };
    Ok(Store::with_settings(root, settings))
}

fn delivery(agents: &[Agent]) -> Definition {
    let ids = agents.iter().map(|agent| agent.id.clone()).collect();
    Definition::delivery(&ids).expect("the built-in workflow is valid; a test loads it")
}

fn timings(config: &Config) -> Timings {
    let worker = &config.worker;
    let lease = Duration::from_secs_f64(worker.lease_seconds);
    Timings {
        beat: Duration::from_secs_f64(worker.beat_seconds),
        lease,
        margin: lease / 6,
        grace: Duration::from_secs_f64(worker.grace_seconds),
        ..Timings::default()
    }
}
