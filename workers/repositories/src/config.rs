//! The service's settings: `config.default.toml` typed and checked, with the layers of [`slipway_runtime::config`]
//! over it. Nothing is opened or listened on here.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use slipway_runtime::config::{Error as LoadError, Loaded, Sources, load};
use slipway_runtime::telemetry::Format;

use crate::access::Token;

/// The defaults, which are the documentation too.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// Settings that are never shown.
const SECRETS: [&str; 1] = ["repositories.token"];

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// They cannot be read.
    #[error("cannot read the settings")]
    Load(#[from] LoadError),
    /// They can be read and say something impossible.
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
}

impl Error {
    /// The stable code, as in `docs/errors/`.
    pub const fn code(&self) -> &'static str {
        "config.invalid"
    }
}

/// What the service is run with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where Git is served.
    pub listen: SocketAddr,
    /// Where the process's health is served; `None` for nowhere.
    pub health: Option<SocketAddr>,
    /// The folder of the repositories.
    pub data: PathBuf,
    /// What lets its holder push.
    pub token: Token,
    /// Names by which the service may be addressed.
    pub hosts: Vec<String>,
    /// Bounds of one fetch or push.
    pub limits: Limits,
    /// How long those under way may take to end after a stop.
    pub grace: Duration,
    /// The log's filter.
    pub log_filter: String,
    /// The log's format.
    pub log_format: Format,
}

/// Bounds of one fetch or push.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest push, in bytes.
    pub push: u64,
    /// How long it may take in all.
    pub total: Duration,
    /// How long a client may send or take nothing.
    pub idle: Duration,
    /// How many there may be at a time.
    pub processes: usize,
    /// The `git` program.
    pub git: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Config {
    repositories: Repositories,
    health: Health,
    log: Log,
}

#[derive(Debug, Deserialize)]
struct Repositories {
    listen: SocketAddr,
    unauthenticated_listen: bool,
    data: PathBuf,
    token: String,
    hosts: String,
    max_push_mb: u64,
    timeout_seconds: u64,
    idle_seconds: u64,
    processes: usize,
    grace_seconds: u64,
    git: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Health {
    listen: String,
}

#[derive(Debug, Deserialize)]
struct Log {
    filter: String,
    format: LogFormat,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LogFormat {
    Text,
    Json,
}

/// Reads and checks the settings: defaults, `file`, the environment.
pub fn read(file: Option<&Path>) -> Result<Settings, Error> {
    check(layers(file)?.values)
}

/// Every setting with its origin, one a line, secrets hidden.
pub fn show(file: Option<&Path>) -> Result<String, Error> {
    let lines = layers(file)?.settings.into_iter().map(|setting| {
        let hidden = SECRETS.contains(&setting.key.as_str()) && setting.value.as_str() != Some("");
        let value = if hidden { "\"(hidden)\"".to_owned() } else { setting.value.to_string() };
        format!("{:<40} = {value:<24} # {}\n", setting.key, setting.origin)
    });
    Ok(lines.collect())
}

/// Where the health server listens, whatever else the settings say.
pub fn health_address(file: Option<&Path>) -> Result<Option<SocketAddr>, Error> {
    let mut problems = Vec::new();
    let address = health(&layers(file)?.values.health.listen, &mut problems);
    if problems.is_empty() { Ok(address) } else { Err(Error::Invalid(problems)) }
}

fn layers(file: Option<&Path>) -> Result<Loaded<Config>, LoadError> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    load(&sources(file, environment))
}

fn sources(file: Option<&Path>, environment: Vec<(String, String)>) -> Sources<'_> {
    Sources {
        defaults: DEFAULTS,
        file,
        prefix: "SLIPWAY_",
        environment,
        not_settings: &["SLIPWAY_CONFIG"],
        flags: Vec::new(),
    }
}

fn check(config: Config) -> Result<Settings, Error> {
    let mut problems = Vec::new();
    let section = config.repositories;
    let health = health(&config.health.listen, &mut problems);
    if !section.listen.ip().is_loopback() && !section.unauthenticated_listen {
        problems.push(format!(
            "repositories.listen is {}, which others can reach, and reading needs no token; \
             set repositories.unauthenticated_listen to true where that is wanted",
            section.listen
        ));
    }
    let token = Token::new(section.token);
    if token.is_none() {
        problems.push("repositories.token must be set to at least 8 visible ASCII characters".to_owned());
    }
    within(&mut problems, "max_push_mb", section.max_push_mb, 1, 1 << 20);
    within(&mut problems, "timeout_seconds", section.timeout_seconds, 1, 86_400);
    within(&mut problems, "idle_seconds", section.idle_seconds, 1, 3_600);
    within(&mut problems, "processes", section.processes as u64, 1, 1_024);
    within(&mut problems, "grace_seconds", section.grace_seconds, 0, 3_600);
    let Some(token) = token.filter(|_| problems.is_empty()) else { return Err(Error::Invalid(problems)) };
    let limits = Limits {
        push: section.max_push_mb << 20,
        total: Duration::from_secs(section.timeout_seconds),
        idle: Duration::from_secs(section.idle_seconds),
        processes: section.processes,
        git: section.git,
    };
    Ok(Settings {
        listen: section.listen,
        health,
        data: section.data,
        token,
        hosts: names(&section.hosts),
        limits,
        grace: Duration::from_secs(section.grace_seconds),
        log_filter: config.log.filter,
        log_format: match config.log.format {
            LogFormat::Text => Format::Text,
            LogFormat::Json => Format::Json,
        },
    })
}

fn within(problems: &mut Vec<String>, key: &str, value: u64, low: u64, high: u64) {
    if !(low..=high).contains(&value) {
        problems.push(format!("repositories.{key} is {value}; it must be {low} to {high}"));
    }
}

fn health(text: &str, problems: &mut Vec<String>) -> Option<SocketAddr> {
    if text.is_empty() {
        return None;
    }
    let address = text.parse().ok();
    if address.is_none() {
        problems.push(format!("health.listen is {text:?}; it must be an address and a port, or empty"));
    }
    address
}

fn names(text: &str) -> Vec<String> {
    let names = text.split(',').map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(environment: &[(&str, &str)]) -> Result<Settings, Error> {
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        check(load(&sources(None, environment)).unwrap().values)
    }

    const TOKEN: (&str, &str) = ("SLIPWAY_REPOSITORIES__TOKEN", "a-good-token");

    #[test]
    fn the_defaults_lack_nothing_but_a_token() {
        let Err(Error::Invalid(problems)) = checked(&[]) else { panic!("a token is needed") };
        assert_eq!(problems.len(), 1, "{problems:?}");
        let settings = checked(&[TOKEN]).unwrap();
        assert_eq!(settings.hosts, ["repositories"]);
        assert_eq!(settings.limits.push, 1 << 30);
    }

    #[test]
    fn another_address_than_loopback_must_be_wanted() {
        let everywhere = ("SLIPWAY_REPOSITORIES__LISTEN", "0.0.0.0:8002");
        assert!(checked(&[TOKEN, everywhere]).is_err());
        let wanted = ("SLIPWAY_REPOSITORIES__UNAUTHENTICATED_LISTEN", "true");
        assert!(checked(&[TOKEN, everywhere, wanted]).is_ok());
    }
}
