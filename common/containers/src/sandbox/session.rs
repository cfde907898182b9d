//! One container's life: create, attach, start, compare, hand over the tree, run, bring back, remove.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{ContainerCreateBody, ContainerState, HostConfig};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, KillContainerOptionsBuilder,
    WaitContainerOptionsBuilder,
};
use futures_util::StreamExt as _;
use slipway_protocol::evidence::Exit;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Error;
use crate::docker::{CALL, Docker, Image};
use crate::labels::{Kind, Labels};
use crate::profile::{self, Dependencies, Network, USER};
use crate::program::{Finished, Program};
use crate::removal::{Doomed, Thing};
use crate::stream::{bundle, read_outputs};

mod channel;

use channel::Channel;

const ENTRY: &str = include_str!("entry.sh");
/// How long a container may take from its start to its command.
const SET_UP: Duration = Duration::from_mins(2);
/// How long a container may take to end after its last output, or after it was killed.
const END: Duration = Duration::from_secs(30);
/// How long the engine may take to hear from the kernel that memory ran out.
const OOM_NEWS: Duration = Duration::from_secs(1);
const SIGKILL: i64 = 128 + 9;

/// What a container is made from.
pub(crate) struct Spec<'a> {
    pub(crate) name: String,
    pub(crate) labels: &'a Labels,
    pub(crate) image: &'a Image,
    pub(crate) program: &'a Program,
    pub(crate) network: Network,
    pub(crate) dependencies: Option<Dependencies>,
}

/// Where a log's pieces go as they come.
pub(crate) type OnLog<'a> = &'a mut (dyn FnMut(&[u8]) + Send);

/// Runs a container to its end; it is gone afterwards, whatever happened.
pub(crate) async fn perform(
    docker: &Docker,
    spec: &Spec<'_>,
    cancel: &CancellationToken,
    on_log: OnLog<'_>,
) -> Result<Finished, Error> {
    let doomed = Doomed::new(docker, Thing::Container(spec.name.clone()));
    let result = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::Cancelled),
        result = Box::pin(live(docker, spec, on_log)) => result,
    };
    doomed.remove().await;
    result
}

async fn live(docker: &Docker, spec: &Spec<'_>, on_log: OnLog<'_>) -> Result<Finished, Error> {
    let program = spec.program;
    let files = bundle(&program.tree, &program.extra)?;
    if let Some(dependencies) = &spec.dependencies {
        volume_is_there(docker, &dependencies.volume).await?;
    }
    let room = program.extra.iter().map(|(_, bytes)| bytes.len() as u64 + 4096).sum();
    let wanted = profile::sandbox(docker, &program.limits, room, &spec.network, spec.dependencies.as_ref());
    create(docker, spec, wanted.clone()).await?;
    let mut channel = attach(docker, spec, on_log).await?;
    docker.call("start the container", CALL, docker.api.start_container(&spec.name, None)).await?;
    match tokio::time::timeout(SET_UP, set_up(docker, spec, &wanted, &mut channel, files)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(error),
        Err(_) => return Err(Error::SetUp { log: channel.into_log().tail(2048) }),
    }
    run_command(docker, spec, channel).await
}

async fn volume_is_there(docker: &Docker, volume: &str) -> Result<(), Error> {
    match docker.call("look for the volume", CALL, docker.api.inspect_volume(volume)).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_absent() => Err(Error::NoVolume { volume: volume.to_owned() }),
        Err(error) => Err(error.into()),
    }
}

async fn create(docker: &Docker, spec: &Spec<'_>, host_config: HostConfig) -> Result<(), Error> {
    let body = ContainerCreateBody {
        image: Some(spec.image.id.clone()),
        entrypoint: Some(["/bin/sh", "-c", ENTRY, "slipway"].map(str::to_owned).to_vec()),
        cmd: Some(spec.program.command.clone()),
        env: Some(environment(&spec.program.env)),
        user: Some(USER.into()),
        working_dir: Some("/".into()),
        hostname: Some("sandbox".into()),
        labels: Some(spec.labels.write(Kind::Sandbox, None)),
        open_stdin: Some(true),
        stdin_once: Some(true),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        host_config: Some(host_config),
        ..ContainerCreateBody::default()
    };
    let options = CreateContainerOptionsBuilder::default().name(&spec.name).build();
    docker.call("create the container", CALL, docker.api.create_container(Some(options), body)).await?;
    Ok(())
}

/// The fixed environment with the job's own over it. The image adds its `PATH`; the host adds nothing.
fn environment(own: &[(String, String)]) -> Vec<String> {
    let fixed = [("HOME", "/tmp"), ("TMPDIR", "/tmp"), ("TZ", "UTC"), ("LANG", "C.UTF-8"), ("CI", "true")];
    let mut all: HashMap<&str, &str> = fixed.into_iter().collect();
    all.extend(own.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    all.into_iter().map(|(key, value)| format!("{key}={value}")).collect()
}

async fn attach<'a>(docker: &Docker, spec: &Spec<'_>, on_log: OnLog<'a>) -> Result<Channel<'a>, Error> {
    let options =
        AttachContainerOptionsBuilder::default().stream(true).stdin(true).stdout(true).stderr(true).build();
    let call = docker.api.attach_container(&spec.name, Some(options));
    let attached = docker.call("attach to the container", CALL, call).await?;
    Ok(Channel::new(attached, &spec.program.limits, on_log))
}

/// Compares the live container with the wanted one, from outside and from inside, and then hands over the files.
async fn set_up(
    docker: &Docker,
    spec: &Spec<'_>,
    wanted: &HostConfig,
    channel: &mut Channel<'_>,
    files: Vec<u8>,
) -> Result<(), Error> {
    let live =
        docker.call("inspect the container", CALL, docker.api.inspect_container(&spec.name, None)).await?;
    let mut differences = profile::differences(wanted, USER, &live);
    if differences.is_empty() {
        let said = channel.read_until(b"\n\n").await?;
        differences = profile::differences_inside(&String::from_utf8_lossy(&said), &spec.network);
    }
    if !differences.is_empty() {
        return Err(Error::Profile { differences });
    }
    channel.send(files).await
}

async fn run_command(docker: &Docker, spec: &Spec<'_>, mut channel: Channel<'_>) -> Result<Finished, Error> {
    let started = Instant::now();
    let limit = spec.program.limits.wall_clock;
    let in_time = tokio::time::timeout(limit, channel.read_to_end()).await;
    let duration = started.elapsed();
    let exit = if in_time.is_ok() {
        ended(docker, spec).await?
    } else {
        // The engine waits for its readers, so the rest of the stream is read while it kills.
        let rest = tokio::time::timeout(END, channel.read_the_rest());
        tokio::join!(kill(docker, spec), rest).0?;
        Exit::TimedOut { limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }
    };
    Ok(finish(spec.program, channel, exit, duration))
}

fn finish(program: &Program, channel: Channel<'_>, exit: Exit, duration: Duration) -> Finished {
    let (mut log, archive) = channel.into_parts();
    let outputs = match archive {
        Some(archive) => read_outputs(&archive, &program.outputs, program.limits.output_bytes),
        None => Err(std::io::Error::other("the outputs are too large")),
    };
    let outputs = outputs.unwrap_or_else(|error| {
        log.push(format!("\n[slipway: nothing was brought back: {error}]\n").as_bytes());
        std::collections::BTreeMap::new()
    });
    let (log, log_truncated) = log.finish();
    Finished { exit, log, log_truncated, outputs, duration }
}

/// How the container ended, once its output has.
async fn ended(docker: &Docker, spec: &Spec<'_>) -> Result<Exit, Error> {
    wait(docker, spec).await?;
    let mut state = state(docker, spec).await?;
    let deadline = Instant::now() + OOM_NEWS;
    while state.exit_code == Some(SIGKILL) && state.oom_killed != Some(true) && Instant::now() < deadline {
        tokio::time::sleep(OOM_NEWS / 10).await;
        state = self::state(docker, spec).await?;
    }
    let code = state.exit_code.ok_or(Error::Lost)?;
    if code == SIGKILL && state.oom_killed == Some(true) {
        return Ok(Exit::OutOfMemory { limit_bytes: spec.program.limits.memory });
    }
    Ok(Exit::Code { code })
}

/// Waits for the container's end. One that still runs although its output ended has lost its connection to us.
async fn wait(docker: &Docker, spec: &Spec<'_>) -> Result<(), Error> {
    let options = WaitContainerOptionsBuilder::default().condition("not-running").build();
    let mut waiting = docker.api.wait_container(&spec.name, Some(options));
    let first = async { Ok(waiting.next().await) };
    match docker.call("wait for the container", END, first).await {
        Ok(Some(Ok(_) | Err(bollard::errors::Error::DockerContainerWaitError { .. }))) => Ok(()),
        Ok(_) | Err(_) => Err(Error::Lost),
    }
}

async fn state(docker: &Docker, spec: &Spec<'_>) -> Result<ContainerState, Error> {
    let live =
        docker.call("inspect the container", CALL, docker.api.inspect_container(&spec.name, None)).await?;
    Ok(live.state.unwrap_or_default())
}

async fn kill(docker: &Docker, spec: &Spec<'_>) -> Result<(), Error> {
    let options = KillContainerOptionsBuilder::default().signal("KILL").build();
    match docker.call("kill the container", END, docker.api.kill_container(&spec.name, Some(options))).await {
        Err(error) if !error.is_absent() && error.status() != Some(409) => Err(error.into()),
        _ => Ok(()), // 409: it had just ended by itself, too late
    }
}
