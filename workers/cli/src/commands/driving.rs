//! The commands that drive a run: `run`, `resume`, `approve`, `reject`, `cancel`.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use slipway_protocol::task::PROMPT_LIMIT;
use slipway_protocol::{Approval, Isolation, PreviewMode, Priority, Prompt, Task, TaskId};
use slipway_runtime::{Clock as _, Lifecycle, SystemClock};
use slipway_worker::hands::Sandbox;
use slipway_worker::sequential::{Stopped, Underway, Word};
use slipway_worker::summary::Reach;
use slipway_worker::{Layout, Observer, Sequential};

use super::tasks;
use crate::args::{ApprovalArg, Global, PreviewArg, RejectArgs, RunArgs, Task as TaskArg};
use crate::config::{Config, SandboxKind};
use crate::exit::{Exit, Failure, Outcome};
use crate::view::{Lines, Silent};
use crate::{environment, output, view};

/// How long clean-up may take after an interrupt.
const GRACE: Duration = Duration::from_secs(10);

/// `slipway run`.
pub(super) async fn run(args: RunArgs, global: &Global, config: Config) -> Outcome {
    let prompt = read_prompt(&args.prompt)?;
    let task = Task {
        id: TaskId::new(SystemClock.new_id()),
        prompt,
        priority: Priority::Normal,
        repository: args.repo.as_deref().map(absolute).transpose()?,
        approval: args.approval.map_or(config.run.approval, Into::into),
        preview: args.preview.map_or(config.preview.mode, Into::into),
        isolation: None,
        created_at: SystemClock.now(),
    };
    let (driver, isolation) = driver(global, &config, args.sandbox).await?;
    if task.preview == PreviewMode::DockerInDocker && !driver.hands().has_docker() {
        let message = "--preview docker_in_docker needs Docker, and it does not answer; start it, or ask for compose_only";
        return Err(Failure::new(Exit::Environment, "environment.missing", message));
    }
    let task = Task { isolation: Some(isolation), ..task };
    let session = Session::start(&driver, global, environment::local_reach(&config))?;
    let mut underway = session.guarded(driver.begin(task, session.observer.as_ref())).await??;
    session.drive(&mut underway).await
}

/// `slipway resume`.
pub(super) async fn resume(wanted: &TaskArg, global: &Global, config: Config) -> Outcome {
    let (driver, task) = driver_of(wanted, global, &config).await?;
    let session = Session::start(&driver, global, environment::local_reach(&config))?;
    let mut underway = driver.recorder().take_up(task, session.observer.as_ref())?;
    session.drive(&mut underway).await
}

/// `slipway approve`.
pub(super) async fn approve(wanted: &TaskArg, global: &Global, config: Config) -> Outcome {
    answer(wanted, global, config, Word::Approve).await
}

/// `slipway reject`.
pub(super) async fn reject(args: &RejectArgs, global: &Global, config: Config) -> Outcome {
    match answer(&args.task, global, config, Word::Reject(args.reason.clone())).await? {
        // The task has ended as the person wanted.
        Exit::TaskFailed => Ok(Exit::Done),
        other => Ok(other),
    }
}

async fn answer(wanted: &TaskArg, global: &Global, config: Config, word: Word) -> Outcome {
    let (driver, task) = driver_of(wanted, global, &config).await?;
    let session = Session::start(&driver, global, environment::local_reach(&config))?;
    let mut underway = driver.recorder().take_up(task, session.observer.as_ref())?;
    driver.recorder().say(&mut underway, word, session.observer.as_ref())?;
    session.drive(&mut underway).await
}

/// `slipway cancel`.
pub(super) async fn cancel(wanted: &TaskArg, global: &Global, config: Config) -> Outcome {
    let layout = environment::layout(global)?;
    let task = tasks::find(&layout, wanted)?;
    environment::recorder(&layout).cancel(task, &Silent)?;
    wait_until_stopped(&layout, task).await?;
    if let Ok(found) = environment::find(config.sandbox.kind).await
        && let Some(docker) = found.docker
    {
        sweep(&layout, &docker).await;
    }
    let record = tasks::read(&layout, task, &environment::local_reach(&config))?;
    if global.json {
        output::json(&record.summary)
    } else {
        output::data(&format!("{} cancelled", task.short()))
    }
}

/// A run that another process drives stops within a moment of being asked; one that does not is reported.
async fn wait_until_stopped(layout: &Layout, task: TaskId) -> Result<(), Failure> {
    let path = layout.journal(task);
    let stopped = async {
        while slipway_journal::is_held(&path) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), stopped).await.map_err(|_elapsed| {
        let message =
            format!("task {} was asked to stop and its process has not answered within 30 s", task.short());
        Failure::new(Exit::Failed, "task.not-stopping", message)
    })
}

pub(super) fn read_prompt(given: &str) -> Result<Prompt, Failure> {
    let mut text = given.to_owned();
    if given == "-" {
        text.clear();
        let limit = PROMPT_LIMIT as u64 + 1;
        std::io::stdin().take(limit).read_to_string(&mut text).map_err(|error| {
            Failure::new(
                Exit::Usage,
                "prompt.invalid",
                format!("cannot read the prompt from standard input: {error}"),
            )
        })?;
    }
    text.parse().map_err(|error: slipway_protocol::task::PromptError| {
        Failure::new(Exit::Usage, "prompt.invalid", error.to_string())
    })
}

/// A path is made absolute, so that a resumed run finds it from anywhere; a URL stays.
fn absolute(repository: &str) -> Result<String, Failure> {
    let is_url = repository.contains("://")
        || (repository.contains(':') && !std::path::Path::new(repository).exists());
    if is_url {
        return Ok(repository.to_owned());
    }
    let path = std::path::Path::new(repository).canonicalize().map_err(|error| {
        Failure::new(
            Exit::Usage,
            "git.origin-missing",
            format!("--repo {repository}: {error}; give a repository's path or URL"),
        )
    })?;
    path.into_os_string()
        .into_string()
        .map_err(|_| Failure::new(Exit::Usage, "git.origin-refused", "--repo: the path is not UTF-8"))
}

/// A driver for a task that was begun: its code is tested where the task says, and nowhere less safe.
async fn driver_of(
    wanted: &TaskArg,
    global: &Global,
    config: &Config,
) -> Result<(Sequential, TaskId), Failure> {
    let layout = environment::layout(global)?;
    let task = tasks::find(&layout, wanted)?;
    let kind = match tasks::read(&layout, task, &environment::local_reach(config))?.run.task().isolation {
        Some(Isolation::Container) => Some(SandboxKind::Docker),
        Some(Isolation::OwnProcess) => Some(SandboxKind::Auto),
        Some(Isolation::Process) => Some(SandboxKind::Process),
        None => None,
    };
    Ok((driver(global, config, kind).await?.0, task))
}

async fn driver(
    global: &Global,
    config: &Config,
    sandbox: Option<SandboxKind>,
) -> Result<(Sequential, Isolation), Failure> {
    let layout = environment::layout(global)?;
    let kind = sandbox.unwrap_or(config.sandbox.kind);
    let found = environment::find(kind).await?;
    if let Some(docker) = &found.docker {
        sweep(&layout, docker).await;
    }
    if kind == SandboxKind::Process {
        output::talk(
            "note: --sandbox process runs generated code as your user on this host: it can read your files and use \
             the network. Only memory, time and output are limited.",
        );
    }
    let isolation = match found.sandbox {
        Sandbox::Docker(_) => Isolation::Container,
        Sandbox::Process { any_engine: false } | Sandbox::Nowhere(_) => Isolation::OwnProcess,
        Sandbox::Process { any_engine: true } => Isolation::Process,
    };
    Ok((environment::sequential(layout, config, found), isolation))
}

/// Removes what ended runs left on Docker and previews whose time is over.
pub(super) async fn sweep(layout: &Layout, docker: &slipway_containers::Docker) {
    let swept =
        slipway_worker::sweep_docker(layout, &environment::delivery(), docker, Arc::new(SystemClock)).await;
    if let Err(failure) = swept {
        tracing::warn!(problem = failure.message, "what earlier runs left on Docker could not be swept");
    }
}

/// One command's drive of a run: its view, and the signals that stop it.
struct Session<'a> {
    driver: &'a Sequential,
    observer: Arc<dyn Observer>,
    lines: Option<Arc<Lines>>,
    life: Lifecycle,
    reach: Reach,
    json: bool,
}

impl<'a> Session<'a> {
    fn start(driver: &'a Sequential, global: &Global, reach: Reach) -> Result<Self, Failure> {
        let life = Lifecycle::new(GRACE);
        life.listen_for_signals()?;
        let (observer, lines) = view::chosen(global);
        Ok(Self { driver, observer, lines, life, reach, json: global.json })
    }

    /// Work before the run exists: an interrupt ends it, and nothing is left to resume.
    async fn guarded<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done),
            () = self.life.soft().cancelled() => {
                Err(Failure::new(Exit::Interrupted, "cli.interrupted", "interrupted before the task began"))
            }
        }
    }

    async fn drive(&self, underway: &mut Underway) -> Outcome {
        let driven = self.driver.drive(underway, self.observer.as_ref(), self.life.soft());
        let driven = tokio::select! {
            driven = driven => driven,
            () = self.life.hard().cancelled() => Ok(Stopped::Interrupted),
        };
        if let Some(lines) = &self.lines {
            lines.finish();
        }
        self.life.shut_down().await;
        if !self.driver.hands().settle(GRACE).await {
            tracing::warn!("something is left on Docker; the next command sweeps it");
        }
        let stopped = driven?;
        let task = underway.run().task().id;
        let layout = self.driver.recorder().layout();
        let record = tasks::read(layout, task, &self.reach)?;
        // This process still holds the journal, and drives the run no more.
        let summary = tasks::summary(layout, &record.run, &record.events, &self.reach, false);
        if self.json {
            output::json(&summary)?;
        } else {
            output::data(&super::inspect::describe(&summary))?;
        }
        Ok(match stopped {
            Stopped::Waiting => Exit::Waiting,
            Stopped::Interrupted => Exit::Interrupted,
            Stopped::Blocked(reason) => {
                let message =
                    format!("{reason}; when it is mended, `slipway resume {}` goes on", task.short());
                return Err(Failure::new(Exit::Environment, "task.blocked", message));
            }
            Stopped::Ended => super::inspect::exit_of(summary.status, &record.events),
        })
    }
}

impl From<ApprovalArg> for Approval {
    fn from(arg: ApprovalArg) -> Self {
        match arg {
            ApprovalArg::Auto => Self::Auto,
            ApprovalArg::Manual => Self::Manual,
        }
    }
}

impl From<PreviewArg> for PreviewMode {
    fn from(arg: PreviewArg) -> Self {
        match arg {
            PreviewArg::Auto => Self::Auto,
            PreviewArg::DockerInDocker => Self::DockerInDocker,
            PreviewArg::ComposeOnly => Self::ComposeOnly,
        }
    }
}
