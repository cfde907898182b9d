//! The connection to the container engine. Every call to it is bounded in time by `call`, in this file.
//!
//! What is asked of the engine stands in the other files. Open `removal.rs` for how things are given back.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt as _;

use crate::removal::Removals;

/// The engine's address where `DOCKER_HOST` is not set.
const DEFAULT_HOST: &str = "unix:///var/run/docker.sock";
/// How long the engine may take to say that it is there.
const PING: Duration = Duration::from_secs(2);
/// How long an ordinary call may take.
pub(crate) const CALL: Duration = Duration::from_secs(30);
/// How long a pull of an image may take.
const PULL: Duration = Duration::from_mins(10);

/// There is no engine to talk to.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The address is not one that can be used, or nothing is there.
    #[error(
        "cannot connect to the container engine at {host}; start it, set DOCKER_HOST, or use `--sandbox process`"
    )]
    Connect {
        /// The engine's address.
        host: String,
        /// Why.
        #[source]
        source: bollard::errors::Error,
    },
    /// Something is there and does not answer.
    #[error("the container engine at {host} did not answer; look at its log, or use `--sandbox process`")]
    Silent {
        /// The engine's address.
        host: String,
        /// What was asked.
        #[source]
        source: Error,
    },
}

/// A call to the engine that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine refused, or the connection broke.
    #[error("the container engine could not {what}")]
    Call {
        /// What was asked of it.
        what: &'static str,
        /// What it said.
        #[source]
        source: bollard::errors::Error,
    },
    /// The engine took too long.
    #[error("the container engine did not {what} within {} s", limit.as_secs())]
    Slow {
        /// What was asked of it.
        what: &'static str,
        /// How long it had.
        limit: Duration,
    },
    /// The image is not on the engine and must not be pulled.
    #[error("the image {name} is not here; run `docker pull {name}`, or use `--sandbox process`")]
    NoImage {
        /// The image's name.
        name: String,
    },
    /// The image could not be pulled.
    #[error("the image {name} could not be pulled; run `docker pull {name}`, or use `--sandbox process`")]
    Pull {
        /// The image's name.
        name: String,
        /// Why.
        #[source]
        source: Box<Error>,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Slow { .. } => true,
            Self::NoImage { .. } => false,
            Self::Pull { source, .. } => source.retryable(),
            Self::Call { .. } => self.status().is_none_or(|status| status >= 500),
        }
    }

    /// The engine's HTTP status, where it answered.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Call {
                source: bollard::errors::Error::DockerResponseServerError { status_code, .. },
                ..
            } => Some(*status_code),
            _ => None,
        }
    }

    /// Whether the engine does not know what was named.
    pub(crate) fn is_absent(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the engine's words contain one of `phrases`.
    pub(crate) fn says(&self, phrases: &[&str]) -> bool {
        let Self::Call { source, .. } = self else { return false };
        let text = source.to_string();
        phrases.iter().any(|phrase| text.contains(phrase))
    }
}

/// An image that is on the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The name that it was asked for by, such as `python:3.13-slim`.
    pub name: String,
    /// Its id, such as `sha256:…`; what runs is named by it, so that a moved tag changes nothing.
    pub id: String,
}

/// A container engine. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Docker {
    pub(crate) api: bollard::Docker,
    pub(crate) removals: Removals,
    host: Arc<str>,
    version: Arc<str>,
    processors: i64,
}

impl Docker {
    /// Connects to the engine that `DOCKER_HOST` names, or to the default socket.
    pub async fn connect() -> Result<Self, Unavailable> {
        let host = std::env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty());
        Self::connect_to(host.as_deref().unwrap_or(DEFAULT_HOST)).await
    }

    /// Connects to the engine at `host`, such as `unix:///var/run/docker.sock` or `tcp://engine:2375`.
    pub async fn connect_to(host: &str) -> Result<Self, Unavailable> {
        let api = client(host)?;
        let silent = |source| Unavailable::Silent { host: host.to_owned(), source };
        bounded("answer a ping", PING, api.ping()).await.map_err(silent)?;
        let version = bounded("tell its version", CALL, api.version()).await.map_err(silent)?;
        let info = bounded("describe itself", CALL, api.info()).await.map_err(silent)?;
        Ok(Self {
            api,
            removals: Removals::default(),
            host: host.into(),
            version: version.version.unwrap_or_else(|| "unknown".into()).into(),
            processors: info.ncpu.unwrap_or(1).max(1),
        })
    }

    /// The same engine by connections of their own, for another runtime.
    pub(crate) fn reconnected(&self) -> Result<Self, Unavailable> {
        Ok(Self { api: client(&self.host)?, ..self.clone() })
    }

    /// The engine's version, such as `20.10.24`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// `cpus` processors in billionths, and never more than the engine's host has: more is an error to it.
    pub(crate) fn nano_cpus(&self, cpus: f64) -> i64 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a number of processors is far below 2^63 billionths"
        )]
        let wanted = (cpus.clamp(0.01, 1024.0) * 1e9) as i64;
        wanted.min(self.processors.saturating_mul(1_000_000_000))
    }

    /// Makes one call, bounded in time.
    pub(crate) async fn call<T>(
        &self,
        what: &'static str,
        limit: Duration,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, Error> {
        bounded(what, limit, call).await
    }

    /// The image `name` on the engine. One that is missing is pulled if `pull` says so, within 10 minutes;
    /// `on_progress` hears what the engine says of it.
    pub async fn image(
        &self,
        name: &str,
        pull: bool,
        on_progress: &mut (dyn FnMut(&str) + Send),
    ) -> Result<Image, Error> {
        match self.local_image(name).await {
            Err(Error::NoImage { .. }) if pull => {}
            result => return result,
        }
        self.call("pull the image", PULL, self.pull(name, on_progress))
            .await
            .map_err(|source| Error::Pull { name: name.to_owned(), source: Box::new(source) })?;
        self.local_image(name).await
    }

    async fn local_image(&self, name: &str) -> Result<Image, Error> {
        match self.call("look for the image", CALL, self.api.inspect_image(name)).await {
            Ok(found) => Ok(Image { name: name.to_owned(), id: found.id.unwrap_or_else(|| name.to_owned()) }),
            Err(error) if error.is_absent() => Err(Error::NoImage { name: name.to_owned() }),
            Err(error) => Err(error),
        }
    }

    async fn pull(
        &self,
        name: &str,
        on_progress: &mut (dyn FnMut(&str) + Send),
    ) -> Result<(), bollard::errors::Error> {
        let options = CreateImageOptionsBuilder::default().from_image(&tagged(name)).build();
        let mut said = self.api.create_image(Some(options), None, None);
        while let Some(line) = said.next().await {
            let line = line?;
            if let Some(error) = line.error_detail.and_then(|detail| detail.message) {
                return Err(bollard::errors::Error::DockerStreamError { error });
            }
            on_progress(line.status.as_deref().unwrap_or_default());
        }
        Ok(())
    }
}

/// `name` with a tag: without one the engine would pull every tag there is.
fn tagged(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains([':', '@']) { name.to_owned() } else { format!("{name}:latest") }
}

fn client(host: &str) -> Result<bollard::Docker, Unavailable> {
    bollard::Docker::connect_with_host(host)
        .map_err(|source| Unavailable::Connect { host: host.to_owned(), source })
}

async fn bounded<T>(
    what: &'static str,
    limit: Duration,
    call: impl Future<Output = Result<T, bollard::errors::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(limit, call).await {
        Ok(result) => result.map_err(|source| Error::Call { what, source }),
        Err(_) => Err(Error::Slow { what, limit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_tag_means_the_latest_and_a_port_is_no_tag() {
        assert_eq!(tagged("python"), "python:latest");
        assert_eq!(tagged("host:5000/python"), "host:5000/python:latest");
        assert_eq!(tagged("host:5000/python:3"), "host:5000/python:3");
        assert_eq!(tagged("python@sha256:ab"), "python@sha256:ab");
    }
}
