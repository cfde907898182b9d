//! The coordinator as a process: command line, settings, wiring, exit codes.
//!
//! Open `config.default.toml` for the settings and `leader.rs` for what runs once everything is wired.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use slipway_agents::Definition as Agent;
use slipway_broker::Broker;
use slipway_git_store as git;
use slipway_protocol::AgentId;
use slipway_runtime::config::Loaded;
use slipway_runtime::health::{self, Check, Health, Metrics};
use slipway_runtime::retry::RetryPolicy;
use slipway_runtime::telemetry::{self, Format};
use slipway_runtime::{Clock, Lifecycle, SystemClock, TaskKind};
use slipway_store::{Options, Store};
use slipway_worker::chain;
use slipway_workflow::Definition;
use tokio_util::sync::CancellationToken;

use crate::api;
use crate::config::{self, Config, LogFormat};
use crate::intake::Rate;
use crate::leader::{Coordinator, Setup};

/// How long an orderly stop may take.
const GRACE: Duration = Duration::from_secs(10);

/// How long a statement may take before Postgres gives it up.
const STATEMENT: Duration = Duration::from_secs(10);

/// How long a connection is waited for.
const ACQUIRE: Duration = Duration::from_secs(5);

/// How Postgres is waited for at the start.
const WAIT: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(5),
    factor: 2.0,
    retries: None,
};

/// Settings whose values are not shown.
const SECRETS: [&str; 3] = ["database.url", "broker.url", "repositories.token"];

const EXIT_CODES: &str = "\
Exit codes:
   0  ended in good order
   1  failed, or not ready
   2  wrong usage or configuration

The log goes to standard error. A first SIGTERM or SIGINT hands the lead over and ends; a second one ends at once.";

/// Leads a fleet: takes tasks in, decides what happens next, keeps the truth in Postgres.
#[derive(Debug, Parser)]
#[command(name = "slipway-coordinator", version, after_help = EXIT_CODES)]
struct Args {
    /// The configuration file
    #[arg(long, global = true, env = "SLIPWAY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What can be done besides leading.
#[derive(Debug, Clone, Copy, Subcommand)]
enum Verb {
    /// Ask the coordinator that runs with these settings whether it is ready
    Healthcheck,
    /// Bring the database's tables to this version, and end
    Migrate,
    /// Check or show the configuration
    #[command(subcommand)]
    Config(ConfigVerb),
}

/// What can be done with the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
enum ConfigVerb {
    /// Check the configuration
    Check,
    /// Print every setting with its origin
    Show,
}

/// An error on its way to whoever operates the process.
#[derive(Debug)]
struct Failure {
    exit: u8,
    code: String,
    message: String,
}

impl Failure {
    fn failed(code: &str, error: &(dyn StdError + 'static)) -> Self {
        Self { exit: 1, code: code.into(), message: chain(error) }
    }

    fn usage(message: String) -> Self {
        Self { exit: 2, code: "config.invalid".into(), message }
    }

    /// Prints it; returns the exit code.
    fn print(self) -> ExitCode {
        let Self { exit, code, message } = self;
        // Nobody can be told that standard error is gone.
        let _gone = writeln!(
            std::io::stderr().lock(),
            "error: {message}\n       [{code}] docs/errors/{code}.md says more"
        );
        ExitCode::from(exit)
    }
}

/// Runs the coordinator as this process's arguments and environment say.
pub fn main() -> ExitCode {
    if let Err(error) = slipway_runtime::stack::ensure() {
        return Failure::failed("coordinator.runtime", &error).print();
    }
    match start(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.print(),
    }
}

fn start(args: &Args) -> Result<(), Failure> {
    let loaded = read_settings(args)?;
    if let Some(Verb::Config(what)) = args.verb {
        return show(what, &loaded);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed("coordinator.runtime", &error))?;
    let config = &loaded.values;
    let ended = runtime.block_on(async {
        match args.verb {
            Some(Verb::Healthcheck) => healthcheck(config).await,
            Some(Verb::Migrate) => migrate(config).await,
            Some(Verb::Config(_)) | None => Box::pin(lead(config)).await,
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
    ended
}

fn read_settings(args: &Args) -> Result<Loaded<Config>, Failure> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let loaded =
        config::read(args.config.as_deref(), environment).map_err(|error| Failure::usage(chain(&error)))?;
    let problems = config::problems(&loaded.values);
    if problems.is_empty() { Ok(loaded) } else { Err(Failure::usage(problems.join("; "))) }
}

fn show(what: ConfigVerb, loaded: &Loaded<Config>) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = match what {
        ConfigVerb::Check => writeln!(out, "the configuration is valid"),
        ConfigVerb::Show => loaded.settings.iter().try_for_each(|setting| {
            let secret = SECRETS.contains(&setting.key.as_str()) && setting.value.as_str() != Some("");
            let value = if secret { "(hidden)".to_owned() } else { setting.value.to_string() };
            writeln!(out, "{:<28} = {value:<28} # {}", setting.key, setting.origin)
        }),
    };
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::failed("coordinator.runtime", &error))
        }
        _ => Ok(()),
    }
}

fn health_address(config: &Config) -> Result<Option<SocketAddr>, Failure> {
    match config.health.listen.as_str() {
        "" => Ok(None),
        listen => listen
            .parse()
            .map(Some)
            .map_err(|_| Failure::usage(format!("health.listen is {listen:?}; write it as 127.0.0.1:9090"))),
    }
}

async fn healthcheck(config: &Config) -> Result<(), Failure> {
    let Some(listen) = health_address(config)? else {
        return Err(Failure::usage("health.listen is empty, so there is nobody to ask".into()));
    };
    if health::probe(listen).await {
        return Ok(());
    }
    let message = format!("the coordinator on {listen} is not ready; GET /readyz says why");
    Err(Failure { exit: 1, code: "coordinator.not-ready".into(), message })
}

async fn migrate(config: &Config) -> Result<(), Failure> {
    let failed = |error: slipway_store::Error| Failure::failed(error.code(), &error);
    let store = Store::connect(&config.database.url, &options(2)).await.map_err(failed)?;
    store.migrate().await.map_err(failed)
}

fn options(connections: u32) -> Options {
    Options {
        application_name: "slipway-coordinator".into(),
        connections,
        statement_timeout: STATEMENT,
        acquire_timeout: ACQUIRE,
    }
}

async fn lead(config: &Config) -> Result<(), Failure> {
    let format = if config.log.format == LogFormat::Json { Format::Json } else { Format::Text };
    telemetry::start(&config.log.filter, format).map_err(|error| Failure::usage(chain(&error)))?;
    let life = Lifecycle::new(GRACE);
    life.listen_for_signals().map_err(|error| Failure::failed("coordinator.runtime", &error))?;
    let health = Health::new("slipway-coordinator", env!("CARGO_PKG_VERSION"));
    let metrics = Metrics::install();
    if let Some(listen) = health_address(config)? {
        let started = health::start(&life, listen, &health, &metrics).await;
        started.map_err(|error| Failure::failed(error.code(), &error))?;
    }
    let bound = api::bind(config.api.listen, config.api.unauthenticated_listen).await;
    let bound = bound.map_err(|error| Failure::failed(error.code(), &error))?;
    let ended = match wire(config, &life, &health).await? {
        Some((coordinator, router, broker)) => {
            run(coordinator, (bound, router), &life, &health, broker).await
        }
        None => Ok(()),
    };
    life.shut_down().await;
    ended
}

/// Serves and leads until the soft stop.
async fn run(
    mut coordinator: Coordinator,
    (bound, router): (api::Bound, axum::Router),
    life: &Lifecycle,
    health: &Health,
    broker: Arc<dyn Broker>,
) -> Result<(), Failure> {
    if let Ok(address) = bound.address() {
        tracing::info!(%address, "the HTTP surface listens");
    }
    let serving = life.spawn(TaskKind::Service, api::serve(bound, router, life.soft().clone()));
    life.spawn(
        TaskKind::Service,
        watch_broker(Arc::clone(&broker), health.check("broker"), life.soft().clone()),
    );
    let stop = life.soft().clone();
    coordinator.run(&stop).await;
    broker.close().await;
    match serving.await {
        Ok(Ok(())) | Err(_) => Ok(()),
        Ok(Err(error)) => Err(Failure::failed("api.listen", &error)),
    }
}

async fn watch_broker(broker: Arc<dyn Broker>, check: Check, stop: CancellationToken) {
    loop {
        match broker.status() {
            slipway_broker::Status::Up { .. } => check.ready(),
            slipway_broker::Status::Down { reason } => check.failing(reason),
        }
        if stop.run_until_cancelled(tokio::time::sleep(Duration::from_millis(500))).await.is_none() {
            return;
        }
    }
}

/// A coordinator with all that it needs; `None` when it was stopped before Postgres answered.
async fn wire(
    config: &Config,
    life: &Lifecycle,
    health: &Health,
) -> Result<Option<(Coordinator, axum::Router, Arc<dyn Broker>)>, Failure> {
    let Some(store) = connect(config, life, &health.check("postgres")).await? else { return Ok(None) };
    let failed = |error: slipway_store::Error| Failure::failed(error.code(), &error);
    // Connections of their own, so that many readers do not slow the ticks down.
    let reading = options(config.database.connections / 2);
    let readers = Store::connect(&config.database.url, &reading).await.map_err(failed)?;
    let fleet = store.fleet().await.map_err(failed)?;
    let built_in = Agent::built_in();
    let agents: Vec<AgentId> = built_in.iter().map(|agent| agent.id.clone()).collect();
    register(&store, &built_in).await.map_err(failed)?;
    let repositories = repositories(config)?;
    let options = slipway_broker::Options::named("slipway-coordinator");
    let broker = slipway_broker::connect(&config.broker.url, options)
        .map_err(|error| Failure::usage(format!("broker.url: {}", chain(&error))))?;
    let options = slipway_broker::Options::named("slipway-coordinator intake");
    let intake = slipway_broker::connect(&config.broker.url, options)
        .map_err(|error| Failure::usage(format!("broker.url: {}", chain(&error))))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let rate = Arc::new(Rate::new(config.intake.rate.get(), config.intake.burst.get()));
    let setup = Setup {
        store,
        broker: Arc::clone(&broker),
        intake,
        repositories: repositories.clone(),
        definitions: vec![delivery(&agents)],
        agents: agents.clone(),
        clock,
        limits: config.limits(),
        retention: config.retention(),
        rate: Arc::clone(&rate),
        name: host(),
    };
    let (coordinator, commands, commits) = Coordinator::new(setup, fleet, health.clone());
    let router = api::router(api::Setup {
        store: readers,
        commands,
        commits,
        repositories,
        repositories_url: public_url(config),
        rate,
        hosts: config
            .api
            .hosts
            .split(',')
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect(),
        agents,
        stop: life.soft().clone(),
    });
    Ok(Some((coordinator, router, broker)))
}

/// Waits for Postgres and brings its tables to this version; `None` when it was stopped before.
async fn connect(config: &Config, life: &Lifecycle, check: &Check) -> Result<Option<Store>, Failure> {
    for pause in WAIT.delays() {
        let connected = Store::connect(&config.database.url, &options(config.database.connections)).await;
        let ready = match connected {
            Ok(store) => store.migrate().await.map(|()| store),
            Err(error) => Err(error),
        };
        match ready {
            Ok(store) => {
                check.ready();
                return Ok(Some(store));
            }
            Err(error) if error.is_retryable() => {
                let reason = chain(&error);
                tracing::warn!(%reason, "Postgres is not there yet");
                check.failing(reason);
            }
            Err(error) => return Err(Failure::failed(error.code(), &error)),
        }
        if life.soft().run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return Ok(None);
        }
    }
    Ok(None)
}

async fn register(store: &Store, agents: &[Agent]) -> Result<(), slipway_store::Error> {
    let row = |agent: &Agent| {
        let definition = serde_json::to_value(agent).expect("a definition has string keys only");
        (agent.id.clone(), agent.version.to_string(), definition)
    };
    store.register_agents(&agents.iter().map(row).collect::<Vec<_>>()).await
}

fn repositories(config: &Config) -> Result<git::Store, Failure> {
    let remote = match config.repositories.url.as_str() {
        "" => None,
        url => {
            let token = Some(config.repositories.token.clone()).filter(|token| !token.is_empty());
            Some(git::Remote::new(url, token).map_err(|error| Failure::usage(chain(&error)))?)
        }
    };
    let config_file = Some(config.git.config_file.clone()).filter(|path| !path.as_os_str().is_empty());
    let settings = git::Settings { remote, config_file, ..git::Settings::default() };
    Ok(git::Store::with_settings(config.data.dir.join("repositories"), settings))
}

fn public_url(config: &Config) -> String {
    let Config { repositories, data, .. } = config;
    match (repositories.public_url.as_str(), repositories.url.as_str()) {
        ("", "") => data.dir.join("repositories").display().to_string(),
        ("", url) => url.to_owned(),
        (public, _) => public.to_owned(),
    }
}

fn delivery(agents: &[AgentId]) -> Definition {
    let known: BTreeSet<AgentId> = agents.iter().cloned().collect();
    Definition::delivery(&known).expect("the built-in workflow names built-in agents; a test loads it")
}

/// This machine's name, for people.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("coordinator@{}", if name.trim().is_empty() { "unknown" } else { name.trim() })
}
