//! Building an application's image: without network, within limits, with labels on all that every step leaves.

use std::io::Read as _;

use bollard::models::BuildInfo;
use bollard::query_parameters::BuildImageOptionsBuilder;
use futures_util::StreamExt as _;
use tar::Archive;

use super::{Error, Preview, built_name};
use crate::docker::{self, CALL, Docker};
use crate::dockerfile::{self, Judged};
use crate::labels::Kind;
use crate::stream::{CappedLog, build_context};

/// The name of the labelled Dockerfile beside the tree's own.
const DOCKERFILE: &str = ".slipway.Dockerfile";
/// The largest Dockerfile that is read, in bytes.
const LARGEST: u64 = 64 * 1024;
const LOG: usize = 64 * 1024;

/// Builds the image and gives its id.
pub(super) async fn image(
    docker: &Docker,
    preview: &Preview,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<String, Error> {
    let expires = Some(preview.expires_at);
    let mut labels: Vec<_> = preview.labels.write(Kind::Image, expires).into_iter().collect();
    labels.sort();
    let judged = dockerfile::judge(&read_dockerfile(&preview.tree)?, &labels)?;
    bases(docker, preview, &judged, on_log).await?;
    let context = build_context(&preview.tree, DOCKERFILE, judged.labelled.as_bytes())?;
    let mut log = CappedLog::new(LOG);
    let built =
        tokio::time::timeout(preview.limits.build, build(docker, preview, context, &mut log, on_log)).await;
    let reason = match built {
        Ok(Ok(())) => return Ok(id(docker, &built_name(preview)).await?),
        Ok(Err(Unbuilt::Refused(reason))) => reason,
        Ok(Err(Unbuilt::Engine(source))) => {
            return Err(docker::Error::Call { what: "go on with the build", source }.into());
        }
        Err(_) => format!("it took longer than {} s", preview.limits.build.as_secs()),
    };
    Err(Error::Build { reason, log: log.tail(4096) })
}

/// The id of an image on the engine.
pub(super) async fn id(docker: &Docker, name: &str) -> Result<String, docker::Error> {
    let found = docker.call("inspect the image", CALL, docker.api.inspect_image(name)).await?;
    Ok(found.id.unwrap_or_default())
}

fn read_dockerfile(tree: &[u8]) -> Result<String, Error> {
    let mut archive = Archive::new(tree);
    for entry in archive.entries().map_err(|_| Error::NoDockerfile)? {
        let entry = entry.map_err(|_| Error::NoDockerfile)?;
        let named = entry.path().is_ok_and(|path| path.strip_prefix(".").unwrap_or(&path) == "Dockerfile");
        if named && entry.header().entry_type().is_file() {
            let mut text = String::new();
            entry.take(LARGEST).read_to_string(&mut text).map_err(|_| Error::NoDockerfile)?;
            return Ok(text);
        }
    }
    Err(Error::NoDockerfile)
}

/// Makes sure that the images that it builds on are here: the builder would pull them unasked.
async fn bases(
    docker: &Docker,
    preview: &Preview,
    judged: &Judged,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<(), docker::Error> {
    for name in &judged.images {
        docker.image(name, preview.pull, &mut |line| on_log(format!("{line}\n").as_bytes())).await?;
    }
    Ok(())
}

/// Why there is no image.
enum Unbuilt {
    /// The builder says that it cannot be built.
    Refused(String),
    /// The engine, or the connection to it, broke while it built; nothing is known of the Dockerfile.
    Engine(bollard::errors::Error),
}

impl From<bollard::errors::Error> for Unbuilt {
    fn from(error: bollard::errors::Error) -> Self {
        use bollard::errors::Error::{DockerResponseServerError, DockerStreamError};
        match error {
            DockerStreamError { .. } => Self::Refused(error.to_string()),
            DockerResponseServerError { status_code, .. } if status_code < 500 => {
                Self::Refused(error.to_string())
            }
            error => Self::Engine(error),
        }
    }
}

/// Runs the build; the reason when it fails. Dropped, it ends the build on the engine.
async fn build(
    docker: &Docker,
    preview: &Preview,
    context: Vec<u8>,
    log: &mut CappedLog,
    on_log: &mut (dyn FnMut(&[u8]) + Send),
) -> Result<(), Unbuilt> {
    // The engine's build options take 32 bits for the memory.
    let memory = i32::try_from(preview.limits.memory).unwrap_or(i32::MAX);
    let period = 100_000;
    let quota = docker.nano_cpus(preview.limits.cpus) / (1_000_000_000 / i64::from(period));
    let options = BuildImageOptionsBuilder::default()
        .dockerfile(DOCKERFILE)
        .t(&built_name(preview))
        .networkmode("none")
        .nocache(true)
        .rm(true)
        .forcerm(true)
        .memory(memory)
        .memswap(memory)
        .cpuperiod(period)
        .cpuquota(i32::try_from(quota).unwrap_or(i32::MAX))
        .build();
    let mut said = docker.api.build_image(options, None, Some(bollard::body_full(context.into())));
    while let Some(said) = said.next().await {
        let BuildInfo { stream, error_detail, status, .. } = said?;
        let text = stream.or(status).unwrap_or_default();
        log.push(text.as_bytes());
        on_log(text.as_bytes());
        if let Some(detail) = error_detail {
            let reason = detail.message.unwrap_or_else(|| "the builder does not say why".to_owned());
            return Err(Unbuilt::Refused(reason));
        }
    }
    Ok(())
}
