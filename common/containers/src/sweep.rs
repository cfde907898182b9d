//! Finding what was made here, and removing what nobody holds any more. Labels decide, and nothing else.
//!
//! An owner's sweep touches nothing of another owner. Within an owner the caller knows which leases are live and
//! which previews were accepted; what is asked for and not kept is removed.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{ContainerInspectResponse, HealthStatusEnum, ImageSummary, RestartPolicyNameEnum};
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, ListVolumesOptionsBuilder,
};
use time::OffsetDateTime;

use crate::docker::{CALL, Docker, Error};
use crate::labels::{self, Kind, Labels, Marked, filter_kind};
use crate::preview::{UNCHECKED, address, sweep_network};
use crate::removal::{Thing, remove};

/// A preview on the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewInfo {
    /// What names it: the id of its container, or of its image when it is a command.
    pub id: String,
    /// For whom it was made.
    pub labels: Labels,
    /// Where it answers on the engine's host.
    pub url: Option<String>,
    /// The image's name.
    pub image: String,
    /// What the engine says of it, such as `healthy`, `running`, `exited`, or `image` for a command.
    pub state: String,
    /// Whether its deployment came to its end; a half one has not been healthy yet.
    pub standing: bool,
    /// When it may be removed.
    pub expires_at: Option<OffsetDateTime>,
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Containers.
    pub containers: usize,
    /// Volumes.
    pub volumes: usize,
    /// Attempts whose images were removed.
    pub images: usize,
    /// Networks.
    pub networks: usize,
    /// What could not be removed; the next sweep tries again.
    pub failed: usize,
}

/// The kinds that containers have. A build's steps run in containers that bear the labels of the image.
const CONTAINERS: [Kind; 3] = [Kind::Sandbox, Kind::Preview, Kind::Image];

/// The owner's previews, whole and half, in the order of their ids.
pub async fn list(docker: &Docker, owner: &str) -> Result<Vec<PreviewInfo>, Error> {
    let mut found = Vec::new();
    let mut with_container = Vec::new();
    for (id, marked) in containers(docker, owner, Kind::Preview).await? {
        match docker.call("inspect the container", CALL, docker.api.inspect_container(&id, None)).await {
            Ok(live) => {
                with_container.push((marked.labels.execution, marked.labels.lease));
                found.push(server(docker, id, marked, &live).await?);
            }
            Err(error) if error.is_absent() => {} // removed just now
            Err(error) => return Err(error),
        }
    }
    for image in images(docker, owner).await? {
        let Some(marked) = labels::read(&image.labels) else { continue };
        let attempt = (marked.labels.execution, marked.labels.lease);
        let Some(name) = image.repo_tags.into_iter().next().filter(|name| name != "<none>:<none>") else {
            continue;
        };
        if !with_container.contains(&attempt) {
            found.push(command(image.id, name, marked));
        }
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(found)
}

async fn server(
    docker: &Docker,
    id: String,
    marked: Marked,
    live: &ContainerInspectResponse,
) -> Result<PreviewInfo, Error> {
    let state = live.state.clone().unwrap_or_default();
    let policy = live.host_config.as_ref().and_then(|config| config.restart_policy.as_ref());
    let kept = policy.and_then(|policy| policy.name) == Some(RestartPolicyNameEnum::UNLESS_STOPPED);
    let said = match state.health.and_then(|health| health.status) {
        Some(
            health @ (HealthStatusEnum::HEALTHY | HealthStatusEnum::UNHEALTHY | HealthStatusEnum::STARTING),
        ) => health.to_string(),
        _ => state.status.map(|status| status.to_string()).unwrap_or_default(),
    };
    let image_id = live.image.clone().unwrap_or_default();
    let image = match docker.call("inspect the image", CALL, docker.api.inspect_image(&image_id)).await {
        Ok(image) => image.repo_tags.and_then(|names| names.into_iter().next()).unwrap_or(image_id),
        Err(error) if error.is_absent() => image_id,
        Err(error) => return Err(error),
    };
    Ok(PreviewInfo {
        id,
        url: address(live, None),
        image,
        standing: kept && state.running == Some(true),
        state: said,
        labels: marked.labels,
        expires_at: marked.expires,
    })
}

fn command(id: String, image: String, marked: Marked) -> PreviewInfo {
    let (labels, expires_at) = (marked.labels, marked.expires);
    let standing = !image.ends_with(UNCHECKED);
    PreviewInfo { id, labels, url: None, image, state: "image".into(), standing, expires_at }
}

/// Removes a preview, by the id that [`list`] gives: its container with its volumes, its images, and the owner's
/// network after the last one. Returns whether it was there.
pub async fn stop(docker: &Docker, id: &str) -> Result<bool, Error> {
    let Some(marked) = find(docker, id).await? else { return Ok(false) };
    remove_attempt(docker, &marked.labels).await?;
    Ok(true)
}

/// Removes an attempt's preview: what it is looked at with, its container, its images, and the network after the last one.
pub(crate) async fn remove_attempt(docker: &Docker, of: &Labels) -> Result<(), Error> {
    for kind in CONTAINERS {
        for (id, marked) in containers(docker, &of.owner, kind).await? {
            if marked.labels.execution == of.execution && marked.labels.lease == of.lease {
                remove(docker, &Thing::Container(id)).await?;
            }
        }
    }
    let images = remove(docker, &Thing::Images(of.of_attempt().to_vec())).await;
    let network = unused_network(docker, &of.owner).await;
    images?;
    network?;
    Ok(())
}

/// Removes the network of an owner without previews. A deployment that loses it so makes another.
async fn unused_network(docker: &Docker, owner: &str) -> Result<usize, Error> {
    if containers(docker, owner, Kind::Preview).await?.is_empty() {
        sweep_network(docker, owner).await
    } else {
        Ok(0)
    }
}

async fn find(docker: &Docker, id: &str) -> Result<Option<Marked>, Error> {
    let container = docker.call("inspect the container", CALL, docker.api.inspect_container(id, None)).await;
    let found = match container {
        Ok(live) => live.config.and_then(|config| config.labels),
        Err(error) if error.is_absent() => {
            match docker.call("inspect the image", CALL, docker.api.inspect_image(id)).await {
                Ok(image) => image.config.and_then(|config| config.labels),
                Err(error) if error.is_absent() => None,
                Err(error) => return Err(error),
            }
        }
        Err(error) => return Err(error),
    };
    let marked = found.as_ref().and_then(labels::read);
    Ok(marked.filter(|marked| matches!(marked.kind, Kind::Preview | Kind::Image)))
}

/// Removes what the owner made and nobody holds: each sandbox, volume, preview and image for which `keep` says no,
/// and each preview that has expired, whatever `keep` says.
///
/// `keep` is told what a thing is and for whom it was made. It should say yes for a live lease, and for a preview and
/// its image also when the deployment was accepted.
pub async fn sweep(
    docker: &Docker,
    owner: &str,
    now: OffsetDateTime,
    keep: &(dyn Fn(Kind, &Labels) -> bool + Sync),
) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    let ended = |marked: &Marked| {
        marked.expires.is_some_and(|expires| expires <= now) || !keep(marked.kind, &marked.labels)
    };
    for kind in CONTAINERS {
        for (id, _) in containers(docker, owner, kind).await?.into_iter().filter(|(_, marked)| ended(marked))
        {
            swept.containers += swept.take(docker, Thing::Container(id)).await;
        }
    }
    for (name, _) in volumes(docker, owner).await?.into_iter().filter(|(_, marked)| ended(marked)) {
        swept.volumes += swept.take(docker, Thing::Volume(name)).await;
    }
    for marked in image_attempts(docker, owner).await?.into_iter().filter(&ended) {
        swept.images += swept.take(docker, Thing::Images(marked.labels.of_attempt().to_vec())).await;
    }
    swept.networks = unused_network(docker, owner).await?;
    Ok(swept)
}

impl Swept {
    /// Removes one thing. One that resists does not keep the others from going.
    async fn take(&mut self, docker: &Docker, thing: Thing) -> usize {
        match remove(docker, &thing).await {
            Ok(was_there) => usize::from(was_there),
            Err(error) => {
                tracing::warn!(?thing, error = &error as &dyn std::error::Error, "not swept");
                self.failed += 1;
                0
            }
        }
    }
}

async fn containers(docker: &Docker, owner: &str, kind: Kind) -> Result<Vec<(String, Marked)>, Error> {
    let options =
        ListContainersOptionsBuilder::default().all(true).filters(&filter_kind(owner, kind)).build();
    let found = docker.call("list containers", CALL, docker.api.list_containers(Some(options))).await?;
    let ours = found.into_iter().map(|container| (container.id, container.labels));
    Ok(ours.filter_map(|(id, labels)| Some((id?, marked(labels.as_ref()?, kind)?))).collect())
}

async fn volumes(docker: &Docker, owner: &str) -> Result<Vec<(String, Marked)>, Error> {
    let options = ListVolumesOptionsBuilder::default().filters(&filter_kind(owner, Kind::Volume)).build();
    let found = docker.call("list volumes", CALL, docker.api.list_volumes(Some(options))).await?;
    let ours = found.volumes.unwrap_or_default().into_iter();
    Ok(ours.filter_map(|volume| Some((volume.name, marked(&volume.labels, Kind::Volume)?))).collect())
}

async fn images(docker: &Docker, owner: &str) -> Result<Vec<ImageSummary>, Error> {
    let options =
        ListImagesOptionsBuilder::default().all(true).filters(&filter_kind(owner, Kind::Image)).build();
    docker.call("list images", CALL, docker.api.list_images(Some(options))).await
}

/// One of each attempt's images, as they are removed together.
async fn image_attempts(docker: &Docker, owner: &str) -> Result<Vec<Marked>, Error> {
    let found = images(docker, owner).await?;
    let marked = found.iter().filter_map(|image| marked(&image.labels, Kind::Image));
    let by_attempt: BTreeMap<_, _> =
        marked.map(|marked| ((marked.labels.execution, marked.labels.lease), marked)).collect();
    Ok(by_attempt.into_values().collect())
}

fn marked(labels: &HashMap<String, String>, kind: Kind) -> Option<Marked> {
    labels::read(labels).filter(|marked| marked.kind == kind)
}
