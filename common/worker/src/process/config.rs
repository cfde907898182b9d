//! A worker's settings: `config.default.toml` typed, with the layers of [`slipway_runtime::config`] over it.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use slipway_protocol::plan::Language;
use slipway_runtime::config::{Loaded, Sources, load};
use slipway_runtime::telemetry::Format;

use super::args::Args;
use super::exit::Failure;
use crate::error::chain;

/// The defaults, which are the documentation too.
const DEFAULTS: &str = include_str!("config.default.toml");

/// Names under the prefix that are flags' variables and not settings.
const NOT_SETTINGS: &[&str] = &["SLIPWAY_DATA_DIR", "SLIPWAY_CONFIG", "SLIPWAY_AGENTS"];

/// The settings.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Config {
    pub(super) broker: Broker,
    pub(super) repositories: Repositories,
    pub(super) worker: Worker,
    pub(super) health: Health,
    pub(super) data: Data,
    pub(super) engine: Engine,
    pub(super) sandbox: Sandbox,
    pub(super) git: Git,
    pub(super) preview: Preview,
    pub(super) log: Log,
}

/// The message broker.
#[derive(Clone, Deserialize)]
pub(super) struct Broker {
    /// With its password.
    pub(super) url: String,
}

/// The Git service of the fleet.
#[derive(Clone, Deserialize)]
pub(super) struct Repositories {
    pub(super) url: String,
    /// A secret; empty for none.
    pub(super) token: String,
}

/// The worker itself.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Worker {
    /// Empty for one of agents and machine.
    pub(super) name: String,
    /// 0 for the agents' own.
    pub(super) slots: u16,
    pub(super) grace_seconds: f64,
    pub(super) beat_seconds: f64,
    pub(super) lease_seconds: f64,
}

/// The small server for health and metrics.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Health {
    /// `None`: there is none.
    #[serde(deserialize_with = "address")]
    pub(super) listen: Option<SocketAddr>,
}

/// Where state lies.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Data {
    /// Empty for the user's own.
    pub(super) dir: PathBuf,
}

/// What thinks.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Engine {
    pub(super) name: EngineName,
    #[serde(deserialize_with = "languages")]
    pub(super) languages: Vec<Language>,
}

/// The engines of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EngineName {
    /// The offline catalogue.
    Blueprint,
}

/// Where generated code is tested.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Sandbox {
    pub(super) kind: SandboxKind,
    pub(super) memory_mb: u32,
    pub(super) cpus: f64,
    pub(super) pids: u32,
    pub(super) wall_clock_seconds: u32,
    pub(super) log_kb: u32,
    pub(super) pull: bool,
}

/// Where generated code is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SandboxKind {
    /// Containers; Docker is waited for.
    Docker,
    /// Containers where Docker answers, else nowhere.
    Auto,
    /// Limited processes on this host.
    Process,
}

/// Repositories behind a URL.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Git {
    /// Empty for none.
    pub(super) config_file: PathBuf,
}

/// How results are shown.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Preview {
    pub(super) ttl_hours: u32,
}

/// The log.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Log {
    pub(super) filter: String,
    #[serde(deserialize_with = "format")]
    pub(super) format: Format,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Repositories {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repositories").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Reads and checks the settings.
pub(super) fn read(args: &Args) -> Result<Loaded<Config>, Failure> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    read_with(args, environment)
}

fn read_with(args: &Args, environment: Vec<(String, String)>) -> Result<Loaded<Config>, Failure> {
    let invalid = |message: String| Failure::usage("config.invalid", message);
    let loaded: Loaded<Config> = load(&Sources {
        defaults: DEFAULTS,
        file: args.config.as_deref(),
        prefix: "SLIPWAY_",
        environment: with_broker(environment),
        not_settings: NOT_SETTINGS,
        flags: Vec::new(),
    })
    .map_err(|error| invalid(chain(&error)))?;
    let problems = problems(&loaded.values);
    if problems.is_empty() { Ok(loaded) } else { Err(invalid(problems.join("; "))) }
}

/// `BROKER_URL` is what deployments of many systems set; the name with the prefix wins.
fn with_broker(mut environment: Vec<(String, String)>) -> Vec<(String, String)> {
    for suffix in ["", "_FILE"] {
        let name = format!("SLIPWAY_BROKER__URL{suffix}");
        let plain = format!("BROKER_URL{suffix}");
        let has = |wanted: &str| environment.iter().any(|(name, _)| name == wanted);
        let said_already = has("SLIPWAY_BROKER__URL") || has("SLIPWAY_BROKER__URL_FILE");
        let value = environment.iter().find(|(name, _)| *name == plain).map(|(_, value)| value.clone());
        if let Some(value) = value.filter(|value| !said_already && !value.is_empty()) {
            environment.push((name, value));
        }
    }
    environment
}

/// Bounds that types cannot say; each problem names its key.
fn problems(config: &Config) -> Vec<String> {
    let (worker, sandbox) = (&config.worker, &config.sandbox);
    let mut problems = Vec::new();
    let mut within = |key: &str, value: f64, low: f64, high: f64| {
        if !(low..=high).contains(&value) {
            problems.push(format!("{key} is {value}; it must be {low} to {high}"));
        }
    };
    within("worker.slots", worker.slots.into(), 0.0, 1000.0);
    within("worker.grace_seconds", worker.grace_seconds, 0.0, 86_400.0);
    within("worker.lease_seconds", worker.lease_seconds, 1.0, 3600.0);
    // Three beats fit into a lease, so that one may be lost.
    let longest = worker.lease_seconds / 3.0;
    within("worker.beat_seconds", worker.beat_seconds, 0.05, longest);
    within("sandbox.memory_mb", sandbox.memory_mb.into(), 64.0, 1_048_576.0);
    within("sandbox.cpus", sandbox.cpus, 0.1, 256.0);
    within("sandbox.pids", sandbox.pids.into(), 16.0, 32_768.0);
    within("sandbox.wall_clock_seconds", sandbox.wall_clock_seconds.into(), 1.0, 86_400.0);
    within("sandbox.log_kb", sandbox.log_kb.into(), 16.0, 65_536.0);
    within("preview.ttl_hours", config.preview.ttl_hours.into(), 1.0, 8760.0);
    if config.broker.url.is_empty() {
        problems.push("broker.url is not set; set BROKER_URL=amqp://user:password@host:5672/slipway".into());
    }
    problems
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| serde::de::Error::custom(format!("{text:?} is no address; write 127.0.0.1:9090"));
    text.parse().map(Some).map_err(wrong)
}

fn languages<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Language>, D::Error> {
    let text = String::deserialize(from)?;
    let language = |word: &str| match word.trim() {
        "python" => Ok(Language::Python),
        "node" => Ok(Language::Node),
        other => {
            Err(serde::de::Error::custom(format!("{other:?} is no language; there are python and node")))
        }
    };
    text.split(',').map(language).collect()
}

fn format<'de, D: Deserializer<'de>>(from: D) -> Result<Format, D::Error> {
    match String::deserialize(from)?.as_str() {
        "text" => Ok(Format::Text),
        "json" => Ok(Format::Json),
        other => {
            Err(serde::de::Error::custom(format!("{other:?} is no log format; there are text and json")))
        }
    }
}

#[cfg(test)]
mod tests;
