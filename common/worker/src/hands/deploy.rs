//! Deploys exactly one commit: as a preview on Docker, or as a compose file for a person to start.

use slipway_containers::Docker;
use slipway_containers::compose::{self, Application};
use slipway_containers::preview::{self, Limits, Preview, Shape};
use slipway_protocol::event::Cause;
use slipway_protocol::plan::RunKind;
use slipway_protocol::report::Deployment;
use slipway_protocol::work::{DeployJob, Done};
use slipway_protocol::{Artefact, PreviewMode};

use super::{Context, Setup};
use crate::error::Failure;
use crate::perform::Progress;

pub(super) async fn deploy(setup: &Setup, job: &DeployJob, context: &Context<'_>) -> Result<Done, Failure> {
    let application = application(job);
    let file =
        compose::compose_file(&application).map_err(|error| Failure::fatal("preview.compose", &error))?;
    let compose = Artefact {
        name: "compose.yaml".into(),
        media_type: "application/yaml".into(),
        bytes: file.into_bytes(),
    };
    let deployment = match (job.mode, &setup.preview) {
        (PreviewMode::Auto | PreviewMode::DockerInDocker, Some(docker)) => {
            Box::pin(on_docker(setup, docker, job, context)).await?
        }
        (PreviewMode::DockerInDocker, None) => return Err(no_docker()),
        (PreviewMode::Auto | PreviewMode::ComposeOnly, _) => written(job),
    };
    Ok(Done::Deployed { deployment, artefacts: vec![compose] })
}

async fn on_docker(
    setup: &Setup,
    docker: &Docker,
    job: &DeployJob,
    context: &Context<'_>,
) -> Result<Deployment, Failure> {
    let expires_at = context.clock.now() + setup.preview_ttl;
    let shape = match (job.run.kind, job.run.port) {
        (RunKind::Server, Some(port)) => Shape::Server { port },
        (RunKind::Server | RunKind::Command, _) => Shape::Command,
    };
    let preview = Preview {
        labels: super::labels(setup, context),
        slug: job.slug.clone(),
        tree: context.repository().archive(&job.commit).await?,
        shape,
        expires_at,
        limits: Limits::default(),
        pull: setup.pull,
    };
    context.progress.line("building the image");
    let progress = context.progress;
    let deployed =
        Box::pin(preview::deploy(docker, &preview, context.stop, &mut |text| build_log(progress, text)))
            .await?;
    let instructions = match &deployed.url {
        Some(_) => {
            let until = expires_at.replace_nanosecond(0).unwrap_or(expires_at);
            vec![format!(
                "it runs until {until}; `slipway preview stop {}` ends it sooner",
                context.task.id.short()
            )]
        }
        None => vec![format!("docker run --rm -i --network none {} --help", deployed.image)],
    };
    Ok(Deployment {
        mode: PreviewMode::DockerInDocker,
        url: deployed.url,
        health: deployed.health,
        image: Some(deployed.image),
        expires_at: Some(expires_at),
        instructions,
    })
}

/// Shows a build's steps, and not all that they print.
fn build_log(progress: &dyn Progress, text: &[u8]) {
    for line in String::from_utf8_lossy(text)
        .lines()
        .filter(|line| line.starts_with("Step ") && !line.contains(" : LABEL "))
    {
        progress.line(line);
    }
}

fn written(job: &DeployJob) -> Deployment {
    let run = job.run.command.join(" ");
    Deployment {
        mode: PreviewMode::ComposeOnly,
        url: None,
        health: "nothing was started; compose.yaml says how".into(),
        image: None,
        expires_at: None,
        instructions: vec![format!("{}, or without Docker: {run}", compose::start(&application(job)))],
    }
}

fn application(job: &DeployJob) -> Application {
    let shape = match (job.run.kind, job.run.port) {
        (RunKind::Server, Some(port)) => compose::Shape::Server {
            port,
            health: job.run.health.clone().unwrap_or_else(|| "/".into()),
            language: job.language,
        },
        (RunKind::Server | RunKind::Command, _) => compose::Shape::Command,
    };
    Application { slug: job.slug.clone(), shape }
}

fn no_docker() -> Failure {
    Failure {
        cause: Cause::Error,
        retryable: false,
        message: "the task wants a preview on Docker, and Docker does not answer; start it, or ask for \
                  --preview compose_only"
            .into(),
        code: "preview.no-docker".into(),
    }
}
