//! The coordinator's settings: `config.default.toml` typed, with the layers of [`slipway_runtime::config`] over it.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use slipway_runtime::config::{Error, Loaded, Sources, load};
use slipway_store::Retention;

use crate::leader::Limits;

/// The defaults, which are the documentation too.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// The settings.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Postgres.
    pub database: Database,
    /// The broker.
    pub broker: BrokerUrl,
    /// The HTTP surface.
    pub api: Api,
    /// The health server.
    pub health: Health,
    /// The fleet's Git service.
    pub repositories: Repositories,
    /// What lies on this machine's disk.
    pub data: Data,
    /// How long leases live.
    pub leases: Leases,
    /// How long a leader leads.
    pub leader: Leader,
    /// How fast tasks are taken in.
    pub intake: Intake,
    /// How long rows are kept.
    pub retention: RetentionDays,
    /// Repositories behind a URL.
    pub git: Git,
    /// The log.
    pub log: Log,
}

/// Postgres.
#[derive(Debug, Clone, Deserialize)]
pub struct Database {
    /// Its URL.
    pub url: String,
    /// Connections at most.
    pub connections: u32,
}

/// The broker.
#[derive(Debug, Clone, Deserialize)]
pub struct BrokerUrl {
    /// Its URL.
    pub url: String,
}

/// The HTTP surface.
#[derive(Debug, Clone, Deserialize)]
pub struct Api {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whether that may be elsewhere than loopback.
    pub unauthenticated_listen: bool,
    /// Further host names, parted by commas.
    pub hosts: String,
}

/// The health server.
#[derive(Debug, Clone, Deserialize)]
pub struct Health {
    /// Where it listens; empty for nowhere.
    pub listen: String,
}

/// The fleet's Git service.
#[derive(Debug, Clone, Deserialize)]
pub struct Repositories {
    /// As this process reaches it; empty for the data directory.
    pub url: String,
    /// As people reach it.
    pub public_url: String,
    /// What lets this process write.
    pub token: String,
}

/// What lies on this machine's disk.
#[derive(Debug, Clone, Deserialize)]
pub struct Data {
    /// The folder.
    pub dir: PathBuf,
}

/// How long leases live.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Leases {
    /// Seconds; may be a fraction.
    pub seconds: f64,
    /// Seconds; may be a fraction.
    pub unclaimed_seconds: f64,
    /// Executions.
    pub window: u32,
}

/// How long a leader leads.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Leader {
    /// Seconds; may be a fraction.
    pub seconds: f64,
}

/// How fast tasks are taken in.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Intake {
    /// Tasks a second.
    pub rate: NonZeroU32,
    /// Tasks at once.
    pub burst: NonZeroU32,
}

/// How long rows are kept.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct RetentionDays {
    /// Days.
    pub tasks_days: u32,
    /// Days.
    pub event_ids_days: u32,
}

/// Repositories behind a URL.
#[derive(Debug, Clone, Deserialize)]
pub struct Git {
    /// A Git configuration file; empty for none.
    pub config_file: PathBuf,
}

/// The log.
#[derive(Debug, Clone, Deserialize)]
pub struct Log {
    /// The filter.
    pub filter: String,
    /// The format.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Reads the settings: defaults, `file`, then `environment`.
pub fn read(file: Option<&Path>, mut environment: Vec<(String, String)>) -> Result<Loaded<Config>, Error> {
    for (common, ours) in [("BROKER_URL", "SLIPWAY_BROKER__URL"), ("DATABASE_URL", "SLIPWAY_DATABASE__URL")] {
        let value = environment.iter().find(|(name, _)| name == common).map(|(_, value)| value.clone());
        let named = |name: &str| environment.iter().any(|(known, _)| known == name);
        if let Some(value) = value.filter(|_| !named(ours) && !named(&format!("{ours}_FILE"))) {
            environment.push((ours.to_owned(), value));
        }
    }
    load(&Sources {
        defaults: DEFAULTS,
        file,
        prefix: "SLIPWAY_",
        environment,
        not_settings: &["SLIPWAY_CONFIG"],
        flags: Vec::new(),
    })
}

/// Bounds that types cannot say; each problem names its key.
pub fn problems(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    let mut within = |key: &str, value: f64, low: f64, high: f64| {
        if !(low..=high).contains(&value) {
            problems.push(format!("{key} is {value}; it must be {low} to {high}"));
        }
    };
    within("database.connections", config.database.connections.into(), 4.0, 500.0);
    within("leases.seconds", config.leases.seconds, 1.0, 3600.0);
    within("leases.unclaimed_seconds", config.leases.unclaimed_seconds, 0.5, 3600.0);
    within("leases.window", config.leases.window.into(), 1.0, 10_000.0);
    within("leader.seconds", config.leader.seconds, 1.0, 60.0);
    within("intake.rate", config.intake.rate.get().into(), 1.0, 100_000.0);
    within("intake.burst", config.intake.burst.get().into(), 1.0, 1_000_000.0);
    within("retention.tasks_days", config.retention.tasks_days.into(), 1.0, 36_500.0);
    within("retention.event_ids_days", config.retention.event_ids_days.into(), 1.0, 365.0);
    problems
}

impl Config {
    /// How long things may take.
    pub fn limits(&self) -> Limits {
        Limits {
            term: Duration::from_secs_f64(self.leader.seconds),
            lease: Duration::from_secs_f64(self.leases.seconds),
            unclaimed: Duration::from_secs_f64(self.leases.unclaimed_seconds),
            window: self.leases.window,
            ..Limits::default()
        }
    }

    /// How long rows are kept.
    pub fn retention(&self) -> Retention {
        let days = |days: u32| Duration::from_secs(u64::from(days) * 24 * 60 * 60);
        Retention {
            tasks: days(self.retention.tasks_days),
            event_ids: days(self.retention.event_ids_days),
            ..Retention::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_settings_without_a_problem() {
        let loaded = read(None, Vec::new()).unwrap();
        assert_eq!(problems(&loaded.values), Vec::<String>::new());
    }

    #[test]
    fn the_usual_names_of_broker_and_database_are_heard_and_our_own_win() {
        let set = |pairs: &[(&str, &str)]| {
            let environment = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            read(None, environment).unwrap().values
        };
        let config = set(&[("BROKER_URL", "memory:"), ("DATABASE_URL", "postgres://x/y")]);
        assert_eq!((config.broker.url.as_str(), config.database.url.as_str()), ("memory:", "postgres://x/y"));
        let config = set(&[("BROKER_URL", "memory:"), ("SLIPWAY_BROKER__URL", "amqp://other")]);
        assert_eq!(config.broker.url, "amqp://other");
    }
}
