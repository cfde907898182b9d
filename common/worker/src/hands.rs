//! The hands: what carries an agent's work out. Each kind of work has a file beside this one.

mod deploy;
mod review;
mod test;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use slipway_containers::{Docker, Labels};
use slipway_engines::Engine;
use slipway_git_store::{Repository, Store};
use slipway_protocol::event::Cause;
use slipway_protocol::plan::Language;
use slipway_protocol::work::{Done, Work};
use slipway_protocol::{Holder, Inputs, Task};
use slipway_runtime::Clock;
use time::Duration;
use tokio_util::sync::CancellationToken;

use crate::error::Failure;
use crate::perform::Progress;

pub use slipway_containers::Limits;
pub use test::interpreter_version;

/// Where generated code is run.
#[derive(Debug, Clone)]
pub enum Sandbox {
    /// In containers.
    Docker(Docker),
    /// In limited processes on this host.
    Process {
        /// Whether code from engines other than the blueprints may run so; a person said that it may.
        any_engine: bool,
    },
    /// Nowhere, for this reason: a step that needs one is refused.
    Nowhere(String),
}

/// What the hands are made of.
pub struct Setup {
    /// The repositories.
    pub store: Store,
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// Where generated code runs.
    pub sandbox: Sandbox,
    /// Docker for previews, where it answers.
    pub preview: Option<Docker>,
    /// How long a preview lives.
    pub preview_ttl: Duration,
    /// What generated code may use up.
    pub limits: Limits,
    /// Whether missing images are pulled.
    pub pull: bool,
    /// Languages whose tests can be run, the preferred one first.
    pub languages: Vec<Language>,
    /// Marks what is started on Docker as this installation's.
    pub owner: String,
    /// Where trees are exported to.
    pub work_dir: PathBuf,
}

/// What carries work out.
#[derive(Clone)]
pub struct Hands {
    setup: Arc<Setup>,
}

impl fmt::Debug for Hands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hands").field("engine", &self.setup.engine.name()).finish_non_exhaustive()
    }
}

/// What a hand needs to know of the step that it works for.
pub struct Context<'a> {
    /// The repository, for agents that need one.
    pub repository: Option<&'a Repository>,
    /// The attempt.
    pub holder: Holder,
    /// The task.
    pub task: &'a Task,
    /// The run's accepted results.
    pub inputs: &'a Inputs,
    /// Where lines for whoever watches go.
    pub progress: &'a dyn Progress,
    /// Cancelled when the work must end.
    pub stop: &'a CancellationToken,
    /// Time.
    pub clock: &'a dyn Clock,
}

impl Context<'_> {
    fn repository(&self) -> &Repository {
        self.repository.expect("an agent whose work needs the repository says so in its role")
    }
}

/// The task's repository in `store`: its own new one, or the one that it names.
pub async fn repository_of(store: &Store, task: &Task) -> Result<Repository, slipway_git_store::Error> {
    match &task.repository {
        Some(origin) => store.adopt(origin).await,
        None => store.create(&task.id.short(), task.created_at).await,
    }
}

/// The labels of what is started on Docker for the step.
fn labels(setup: &Setup, context: &Context<'_>) -> Labels {
    Labels {
        task: context.task.id,
        execution: context.holder.execution,
        lease: context.holder.lease,
        incarnation: context.holder.incarnation,
        owner: setup.owner.clone(),
    }
}

fn stopped() -> Failure {
    Failure {
        cause: Cause::Error,
        retryable: true,
        message: "the step was stopped while its engine was thinking".into(),
        code: "worker.stopped".into(),
    }
}

impl Hands {
    /// Hands made of `setup`.
    pub fn new(setup: Setup) -> Self {
        Self { setup: Arc::new(setup) }
    }

    /// Languages whose tests can be run, the preferred one first.
    pub fn languages(&self) -> &[Language] {
        &self.setup.languages
    }

    /// Whether previews can be started.
    pub fn has_docker(&self) -> bool {
        self.setup.preview.is_some()
    }

    /// The Docker engine that tests or previews use.
    pub fn docker(&self) -> Option<&Docker> {
        match &self.setup.sandbox {
            Sandbox::Docker(docker) => Some(docker),
            Sandbox::Process { .. } | Sandbox::Nowhere(_) => self.setup.preview.as_ref(),
        }
    }

    /// Where trees are exported to.
    pub fn work_dir(&self) -> &std::path::Path {
        &self.setup.work_dir
    }

    /// Waits until what was dropped on Docker is removed, at most `limit`. Returns whether it is.
    pub async fn settle(&self, limit: std::time::Duration) -> bool {
        let sandbox = match &self.setup.sandbox {
            Sandbox::Docker(docker) => docker.settled(limit).await,
            Sandbox::Process { .. } | Sandbox::Nowhere(_) => true,
        };
        match &self.setup.preview {
            Some(docker) => docker.settled(limit).await && sandbox,
            None => sandbox,
        }
    }

    /// The task's repository: its own new one, or the one that it names.
    pub async fn repository(&self, task: &Task) -> Result<Repository, Failure> {
        Ok(repository_of(&self.setup.store, task).await?)
    }

    /// Carries `work` out.
    pub(crate) async fn carry_out(&self, work: Work, context: &Context<'_>) -> Result<Done, Failure> {
        match work {
            Work::Think(thought) => tokio::select! {
                answer = self.setup.engine.think(&thought) => Ok(Done::Thought(answer?)),
                () = context.stop.cancelled() => Err(stopped()),
            },
            Work::Test(job) => Box::pin(test::run(&self.setup, &job, context)).await,
            Work::Review(job) => review::inspect(&self.setup, &job, context).await,
            Work::Deploy(job) => Box::pin(deploy::deploy(&self.setup, &job, context)).await,
            Work::Nothing => Ok(Done::Nothing),
        }
    }
}
