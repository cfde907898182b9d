//! Running a server's image and waiting for its health.
//!
//! The engine chooses a free port, and that port is then written down in the container, because an engine that
//! restarts would choose anew and the URL would be wrong. A container that is not healthy yet has no restart policy,
//! which is how a half preview is told from one that stands.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, ContainerUpdateBody, HealthStatusEnum, HostConfig,
    HostConfigLogConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum,
};
use bollard::query_parameters::{CreateContainerOptionsBuilder, LogsOptionsBuilder};
use futures_util::StreamExt as _;
use tokio::time::{Duration, Instant};

use super::{Deployed, Error, Preview, image_name, network};
use crate::docker::{self, CALL, Docker};
use crate::labels::Kind;
use crate::profile::{self, Bounds, UID, hardened, tmpfs};
use crate::removal::{self, Doomed, Thing};
use crate::stream::CappedLog;

/// How often a port that another program took in between is chosen again.
const PORT_ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);
/// How long an application without a health check must stay up to count as running.
const SETTLED: Duration = Duration::from_secs(3);
const LOG: usize = 4096;

/// Starts the server and waits until it is healthy.
pub(super) async fn start(
    docker: &Docker,
    preview: &Preview,
    image_id: &str,
    port: u16,
) -> Result<Deployed, Error> {
    let name = preview.labels.name("preview");
    let doomed = Doomed::new(docker, Thing::Container(name.clone()));
    let result = async {
        let id = on_free_port(docker, preview, image_id, port, &name).await?;
        let health = healthy(docker, preview, &name).await?;
        stays(docker, &name).await?;
        let url = address(&inspect(docker, &name).await?, Some(port));
        let (image, image_id) = (image_name(preview), image_id.to_owned());
        Ok(Deployed { id, image, image_id, url, health })
    };
    let result = result.await;
    match &result {
        Ok(_) => doomed.keep(),
        Err(_) => doomed.remove().await,
    }
    result
}

async fn on_free_port(
    docker: &Docker,
    preview: &Preview,
    image_id: &str,
    port: u16,
    name: &str,
) -> Result<String, Error> {
    let run = Run { docker, preview, image_id, user: user(docker, image_id).await?, port, name };
    let mut attempt = 1;
    loop {
        match run.twice().await {
            Ok((id, wanted)) => {
                let live = inspect(docker, name).await?;
                let differences = profile::differences(&wanted, &run.user.as_text(), &live);
                return if differences.is_empty() { Ok(id) } else { Err(Error::Profile { differences }) };
            }
            Err(error) if taken(&error) && attempt < PORT_ATTEMPTS => attempt += 1,
            Err(error) => return Err(error.into()),
        }
        removal::remove(docker, &Thing::Container(name.to_owned())).await?;
    }
}

/// Whether what was to be used was lost in between: the port to another program, or the network to a sweep.
fn taken(error: &docker::Error) -> bool {
    error.says(&["port is already allocated", "address already in use"])
        || (error.is_absent() && error.says(&["network"]))
}

/// How a server's container is made.
struct Run<'a> {
    docker: &'a Docker,
    preview: &'a Preview,
    image_id: &'a str,
    user: User,
    port: u16,
    name: &'a str,
}

impl Run<'_> {
    /// Runs it once on a port of the engine's choice, and then again on that port for good.
    async fn twice(&self) -> Result<(String, HostConfig), docker::Error> {
        let network = network::id(self.docker, &self.preview.labels.owner).await?;
        self.once(self.host_config(&network, None)).await?;
        let chosen = published(&inspect(self.docker, self.name).await?, self.port);
        removal::remove(self.docker, &Thing::Container(self.name.to_owned())).await?;
        let wanted = self.host_config(&network, chosen);
        Ok((self.once(wanted.clone()).await?, wanted))
    }

    async fn once(&self, host_config: HostConfig) -> Result<String, docker::Error> {
        let (docker, name) = (self.docker, self.name);
        let body = ContainerCreateBody {
            image: Some(self.image_id.to_owned()),
            user: Some(self.user.as_text()),
            labels: Some(self.preview.labels.write(Kind::Preview, Some(self.preview.expires_at))),
            exposed_ports: Some(vec![self.container_port()]),
            host_config: Some(host_config),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        let created = docker
            .call("create the container", CALL, docker.api.create_container(Some(options), body))
            .await?;
        docker.call("start the container", CALL, docker.api.start_container(name, None)).await?;
        Ok(created.id)
    }

    fn host_config(&self, network: &str, chosen: Option<String>) -> HostConfig {
        let host_port = Some(chosen.unwrap_or_default());
        let binding = PortBinding { host_ip: Some("127.0.0.1".into()), host_port };
        HostConfig {
            network_mode: Some(network.to_owned()),
            port_bindings: Some(HashMap::from([(self.container_port(), Some(vec![binding]))])),
            ..application(self.docker, self.preview, self.user)
        }
    }

    fn container_port(&self) -> String {
        format!("{}/tcp", self.port)
    }
}

/// Who an application runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// The user and group as the engine takes them.
    pub(super) fn as_text(self) -> String {
        format!("{}:{}", self.uid, self.gid)
    }

    /// The image's own user if it is given as a number and is not root; otherwise the one that sandboxes have, as a
    /// name could stand for root. A missing group would be root's.
    fn read(text: &str) -> Self {
        let (user, group) = text.split_once(':').unwrap_or((text, ""));
        let number = |text: &str| text.parse().ok().filter(|id| *id != 0);
        let uid = number(user).unwrap_or(UID);
        Self { uid, gid: number(group).unwrap_or(uid) }
    }
}

/// Who an image's application runs as.
pub(super) async fn user(docker: &Docker, image_id: &str) -> Result<User, docker::Error> {
    let image = docker.call("inspect the image", CALL, docker.api.inspect_image(image_id)).await?;
    Ok(User::read(&image.config.and_then(|config| config.user).unwrap_or_default()))
}

/// What every run of an application's image has.
pub(super) fn application(docker: &Docker, preview: &Preview, user: User) -> HostConfig {
    let limits = preview.limits;
    let bounds = Bounds { memory: limits.memory, cpus: limits.cpus, pids: limits.pids };
    let room = tmpfs("noexec", limits.data_bytes, "1777", user.uid, user.gid);
    let log =
        HashMap::from([("max-size".to_owned(), "1m".to_owned()), ("max-file".to_owned(), "2".to_owned())]);
    HostConfig {
        tmpfs: Some(HashMap::from([("/data".into(), room.clone()), ("/tmp".into(), room)])),
        log_config: Some(HostConfigLogConfig { typ: Some("json-file".into()), config: Some(log) }),
        ..hardened(docker, &bounds)
    }
}

/// Waits for the image's own health check, or without one for it to stay up. Gives what was seen.
async fn healthy(docker: &Docker, preview: &Preview, name: &str) -> Result<String, Error> {
    let started = Instant::now();
    let reason = loop {
        let state = inspect(docker, name).await?.state.unwrap_or_default();
        if state.running != Some(true) {
            break format!("it ended with code {}", state.exit_code.unwrap_or_default());
        }
        match state.health.and_then(|health| health.status) {
            Some(HealthStatusEnum::HEALTHY) => return Ok("healthy".into()),
            Some(HealthStatusEnum::UNHEALTHY) => break "its health check failed".to_owned(),
            None | Some(HealthStatusEnum::NONE | HealthStatusEnum::EMPTY) if started.elapsed() >= SETTLED => {
                return Ok("running; the image has no health check".into());
            }
            _ if started.elapsed() >= preview.limits.healthy => {
                break format!("it was not healthy within {} s", preview.limits.healthy.as_secs());
            }
            _ => tokio::time::sleep(PAUSE).await,
        }
    };
    Err(Error::Unhealthy { reason, log: log_tail(docker, name).await })
}

/// Lets it come back after the engine restarts. From here on it stands.
async fn stays(docker: &Docker, name: &str) -> Result<(), docker::Error> {
    let policy =
        RestartPolicy { name: Some(RestartPolicyNameEnum::UNLESS_STOPPED), maximum_retry_count: None };
    let update = ContainerUpdateBody { restart_policy: Some(policy), ..ContainerUpdateBody::default() };
    docker.call("set the restart policy", CALL, docker.api.update_container(name, update)).await
}

/// The end of what an application printed; empty when the engine does not tell.
pub(super) async fn log_tail(docker: &Docker, name: &str) -> String {
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail("200").build();
    let mut log = CappedLog::new(2 * LOG);
    let mut said = docker.api.logs(name, Some(options));
    let read = async {
        while let Some(Ok(piece)) = said.next().await {
            log.push(&piece.into_bytes());
        }
        Ok(())
    };
    let _ = docker.call("tell the log", CALL, read).await;
    log.tail(LOG)
}

pub(super) async fn inspect(docker: &Docker, name: &str) -> Result<ContainerInspectResponse, docker::Error> {
    docker.call("inspect the container", CALL, docker.api.inspect_container(name, None)).await
}

fn published(live: &ContainerInspectResponse, port: u16) -> Option<String> {
    let ports = live.network_settings.as_ref()?.ports.as_ref()?;
    ports.get(&format!("{port}/tcp"))?.as_ref()?.first()?.host_port.clone()
}

/// Where a running server answers on the engine's host: at `port` in the container, or at the first published one.
pub(crate) fn address(live: &ContainerInspectResponse, port: Option<u16>) -> Option<String> {
    let ports = live.network_settings.as_ref()?.ports.as_ref()?;
    let numbers = ports.keys().filter_map(|key| key.split('/').next()?.parse().ok());
    let chosen = published(live, port.or_else(|| numbers.min())?)?;
    Some(format!("http://127.0.0.1:{chosen}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_never_runs_as_root_nor_in_roots_group() {
        for (text, user) in [
            ("10001:10001", "10001:10001"),
            ("10001", "10001:10001"),
            ("10001:0", "10001:10001"),
            ("", "65532:65532"),
            ("0", "65532:65532"),
            ("root:root", "65532:65532"),
            ("app", "65532:65532"),
        ] {
            assert_eq!(User::read(text).as_text(), user, "{text:?}");
        }
    }
}
