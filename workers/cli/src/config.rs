//! The CLI's settings: `config.default.toml` typed, with the layers of [`slipway_runtime::config`] over it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use slipway_protocol::{Approval, PreviewMode};
use slipway_runtime::config::{Error, Loaded, Sources, load};

use crate::fleet::Server;

/// The defaults, which are the documentation too.
pub(crate) const DEFAULTS: &str = include_str!("config.default.toml");

/// Names under the prefix that are flags' variables and not settings.
const NOT_SETTINGS: &[&str] = &["SLIPWAY_DATA_DIR", "SLIPWAY_CONFIG"];

/// The settings.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Config {
    /// The fleet's address; empty for none.
    pub(crate) server: String,
    /// What thinks.
    pub(crate) engine: Engine,
    /// Where generated code is tested.
    pub(crate) sandbox: Sandbox,
    /// Repositories behind a URL.
    pub(crate) git: Git,
    /// How results are shown.
    pub(crate) preview: Preview,
    /// How a run goes.
    pub(crate) run: Run,
    /// The log.
    pub(crate) log: Log,
}

/// What thinks.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Engine {
    /// The engine.
    pub(crate) name: EngineName,
}

/// The engines of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EngineName {
    /// The offline catalogue.
    Blueprint,
}

/// Where generated code is tested.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Sandbox {
    /// Container, process, or what there is.
    pub(crate) kind: SandboxKind,
    /// MiB.
    pub(crate) memory_mb: u32,
    /// Processors.
    pub(crate) cpus: f64,
    /// Processes.
    pub(crate) pids: u32,
    /// Seconds.
    pub(crate) wall_clock_seconds: u32,
    /// KiB.
    pub(crate) log_kb: u32,
    /// Whether missing images are pulled.
    pub(crate) pull: bool,
}

/// Repositories behind a URL.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Git {
    /// A Git configuration file; empty for none.
    pub(crate) config_file: PathBuf,
}

/// Where generated code is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SandboxKind {
    /// Docker where it answers, else a process for the blueprints' code only.
    Auto,
    /// Containers.
    Docker,
    /// Limited processes on this host, whatever engine wrote the code.
    Process,
}

/// How results are shown.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Preview {
    /// How.
    pub(crate) mode: PreviewMode,
    /// Hours.
    pub(crate) ttl_hours: u32,
}

/// How a run goes.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Run {
    /// Who lets it be deployed.
    pub(crate) approval: Approval,
}

/// The log.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Log {
    /// The filter.
    pub(crate) filter: String,
    /// The format.
    pub(crate) format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Reads the settings: defaults, `file` or the user's own, the environment.
pub(crate) fn read(file: Option<&Path>) -> Result<Loaded<Config>, Error> {
    let users = users_file().filter(|path| path.exists());
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    load(&Sources {
        defaults: DEFAULTS,
        file: file.or(users.as_deref()),
        prefix: "SLIPWAY_",
        environment,
        not_settings: NOT_SETTINGS,
        flags: Vec::new(),
    })
}

/// Bounds that types cannot say; each problem names its key.
pub(crate) fn problems(config: &Config) -> Vec<String> {
    let sandbox = &config.sandbox;
    let mut problems = Vec::new();
    let mut within = |key: &str, value: f64, low: f64, high: f64| {
        if !(low..=high).contains(&value) {
            problems.push(format!("{key} is {value}; it must be {low} to {high}"));
        }
    };
    within("sandbox.memory_mb", sandbox.memory_mb.into(), 64.0, 1_048_576.0);
    within("sandbox.cpus", sandbox.cpus, 0.1, 256.0);
    within("sandbox.pids", sandbox.pids.into(), 16.0, 32_768.0);
    within("sandbox.wall_clock_seconds", sandbox.wall_clock_seconds.into(), 1.0, 86_400.0);
    within("sandbox.log_kb", sandbox.log_kb.into(), 16.0, 65_536.0);
    within("preview.ttl_hours", config.preview.ttl_hours.into(), 1.0, 8760.0);
    if !config.server.is_empty()
        && let Err(bad) = config.server.parse::<Server>()
    {
        problems.push(bad.to_string());
    }
    problems
}

fn users_file() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
    Some(folder.join("slipway/config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_settings_without_a_problem() {
        let sources = Sources {
            defaults: DEFAULTS,
            file: None,
            prefix: "SLIPWAY_",
            environment: Vec::new(),
            not_settings: &[],
            flags: Vec::new(),
        };
        let loaded: Loaded<Config> = load(&sources).unwrap();
        assert_eq!(problems(&loaded.values), Vec::<String>::new());
    }
}
