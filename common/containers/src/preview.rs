//! Previews: an application's image is built from its own Dockerfile, run with as few rights as a sandbox, and its
//! health is read from inside, so that it works wherever the engine is.
//!
//! A preview is published on the engine's loopback only and sits on a network without a way out. What goes wrong
//! leaves nothing. Open `preview/build.rs` for the image and `preview/serve.rs` for the container.

mod build;
mod command;
mod network;
mod serve;

use std::time::Duration;

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::compose::is_slug;
use crate::docker::{self, Docker};
use crate::dockerfile;
use crate::labels::Labels;
use crate::removal::{Doomed, Thing};
use crate::stream::BundleError;

pub(crate) use network::sweep as sweep_network;
pub(crate) use serve::address;

/// An application to show.
#[derive(Debug, Clone)]
pub struct Preview {
    /// For whom.
    pub labels: Labels,
    /// Its name in the image's name: lower-case letters, digits, hyphens.
    pub slug: String,
    /// The tree with a `Dockerfile` at its root, as a tar archive.
    pub tree: Vec<u8>,
    /// What it is.
    pub shape: Shape,
    /// When it may be removed.
    pub expires_at: OffsetDateTime,
    /// What it may use.
    pub limits: Limits,
    /// Whether the images that it builds on may be pulled.
    pub pull: bool,
}

/// How an application is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// It serves HTTP on this port and keeps running.
    Server {
        /// The port in the container.
        port: u16,
    },
    /// It is run and ends; `--help` must end well.
    Command,
}

/// What a preview may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Memory in bytes, with what it keeps in `/data` and `/tmp`. The build has the same.
    pub memory: u64,
    /// Processors.
    pub cpus: f64,
    /// Processes and threads.
    pub pids: u32,
    /// The size of `/data` and of `/tmp`, in bytes each.
    pub data_bytes: u64,
    /// How long the build may take.
    pub build: Duration,
    /// How long it may take to become healthy, or to answer `--help`.
    pub healthy: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 256 * 1024 * 1024,
            cpus: 1.0,
            pids: 128,
            data_bytes: 64 * 1024 * 1024,
            build: Duration::from_mins(5),
            healthy: Duration::from_mins(1),
        }
    }
}

/// A preview that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// What names it: the id of its container, or of its image when it is a command.
    pub id: String,
    /// The image's name.
    pub image: String,
    /// The image's id.
    pub image_id: String,
    /// Where it answers on the engine's host; a command answers nowhere.
    pub url: Option<String>,
    /// What its health check said.
    pub health: String,
}

/// A preview that does not stand; nothing of it is left.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine failed.
    #[error("the preview failed at the container engine")]
    Engine(#[from] docker::Error),
    /// The name is not one.
    #[error("{slug:?} cannot name an image: lower-case letters, digits and hyphens are wanted")]
    Slug {
        /// The name.
        slug: String,
    },
    /// The tree cannot be taken.
    #[error("the files for the build are not taken")]
    Files(#[from] BundleError),
    /// The tree has no Dockerfile that can be read.
    #[error("the tree has no readable Dockerfile at its root; add one")]
    NoDockerfile,
    /// The Dockerfile would do what it may not.
    #[error("the Dockerfile is not built")]
    Dockerfile(#[from] dockerfile::Refused),
    /// The image was not built.
    #[error("the image was not built: {reason}\n{log}")]
    Build {
        /// Why.
        reason: String,
        /// The end of the build's log.
        log: String,
    },
    /// The container is not as safe as was asked.
    #[error("the preview does not have the wanted profile, so it was removed: {}", differences.join("; "))]
    Profile {
        /// What differs, a line each.
        differences: Vec<String>,
    },
    /// It did not become healthy, or `--help` did not end well.
    #[error("the application is not healthy: {reason}\n{log}")]
    Unhealthy {
        /// What was seen.
        reason: String,
        /// The end of its log.
        log: String,
    },
    /// It was cancelled.
    #[error("the deployment was cancelled")]
    Cancelled,
}

impl Error {
    /// Whether another attempt may succeed.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Engine(error) => error.retryable(),
            Self::Unhealthy { .. } => true, // a busy machine can make it too slow
            _ => false,
        }
    }
}

/// Builds and starts a preview and waits for its health. One that stands already under the same execution and lease
/// is found again. On every other end but success all of it is removed.
pub async fn deploy(
    docker: &Docker,
    preview: &Preview,
    cancel: &CancellationToken,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<Deployed, Error> {
    if !is_slug(&preview.slug) {
        return Err(Error::Slug { slug: preview.slug.clone() });
    }
    let result = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::Cancelled),
        result = Box::pin(find_or_make(docker, preview, on_log)) => result,
    };
    if result.is_err() {
        // What the parts below drop is removed in the background; this waits for it, containers before images.
        if let Err(error) = crate::sweep::remove_attempt(docker, &preview.labels).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a preview is not wholly removed; the sweep will"
            );
        }
    }
    result
}

async fn find_or_make(
    docker: &Docker,
    preview: &Preview,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<Deployed, Error> {
    if let Some(found) = find_again(docker, preview).await? {
        return Ok(found);
    }
    let images = Doomed::new(docker, Thing::Images(preview.labels.of_attempt().to_vec()));
    let result = make(docker, preview, on_log).await;
    images.keep(); // the caller removes what failed; until here a drop does
    result
}

async fn make(
    docker: &Docker,
    preview: &Preview,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<Deployed, Error> {
    let image_id = build::image(docker, preview, on_log).await?;
    match preview.shape {
        Shape::Server { port } => serve::start(docker, preview, &image_id, port).await,
        Shape::Command => command::check(docker, preview, &image_id).await,
    }
}

/// The preview that an earlier call left whole. A half one is removed, and with it its image.
async fn find_again(docker: &Docker, preview: &Preview) -> Result<Option<Deployed>, Error> {
    let owner = &preview.labels.owner;
    for found in crate::sweep::list(docker, owner).await? {
        if found.labels.execution != preview.labels.execution || found.labels.lease != preview.labels.lease {
            continue;
        }
        if found.standing {
            let health = found.state.clone();
            let image_id = build::id(docker, &found.image).await?;
            return Ok(Some(Deployed { id: found.id, image: found.image, image_id, url: found.url, health }));
        }
        crate::sweep::stop(docker, &found.id).await?;
    }
    Ok(None)
}

/// The image's name.
fn image_name(preview: &Preview) -> String {
    let execution = preview.labels.execution.uuid().simple().to_string();
    format!("slipway-preview/{}:{}-{}", preview.slug, &execution[20..], preview.labels.lease)
}

/// What ends the name of a command's image until `--help` has been seen to end well.
pub(crate) const UNCHECKED: &str = "-unchecked";

/// The image's name once it is built. A server's container tells whether its deployment came to its end; a command
/// has none, so its image does.
fn built_name(preview: &Preview) -> String {
    match preview.shape {
        Shape::Server { .. } => image_name(preview),
        Shape::Command => image_name(preview) + UNCHECKED,
    }
}
