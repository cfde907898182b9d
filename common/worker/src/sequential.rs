//! A whole run in one process: the workflow engine decides, [`Performer`] acts, the journal remembers.
//!
//! Every event is applied to the state only after it is in the journal and flushed. A step's start is flushed with
//! its lease before its first effect, its end before anything follows from it. So the journal alone says where a run
//! is, and a killed process is followed by another under the next lease. A line of progress is not an event of the
//! run; it is written aside and lost without harm.
//!
//! Open `recorder.rs` for what the journal keeps and `progress.rs` for the lines.

mod progress;
mod recorder;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use slipway_protocol::{ArtefactRef, CommitId, Data, Dispatch, Event, Holder, Task, TaskId};
use slipway_runtime::Clock;
use slipway_runtime::retry::RetryPolicy;
use slipway_workflow::{Command, Definition, Ending, Run};
use tokio_util::sync::CancellationToken;

use crate::error::Failure;
use crate::hands::Hands;
use crate::layout::{self, Layout};
use crate::perform::Performer;
use progress::ProgressLog;

pub use recorder::{Recorder, Underway};

/// How often a run looks for a request to stop it.
const CANCEL_POLL: Duration = Duration::from_millis(200);

/// How often in a row a step may be given back before the run stops and waits to be resumed.
const GIVE_BACKS: u32 = 4;

/// Sees a run's events as they become true, and its progress.
pub trait Observer: Send + Sync {
    /// An event was applied, or is a line of progress.
    fn event(&self, event: &Event, run: &Run);
}

/// A run that cannot go on. The run itself is unharmed: what the journal holds is true.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data directory.
    #[error(transparent)]
    Layout(#[from] layout::Error),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] slipway_journal::Error),
    /// The run's folder.
    #[error("cannot write to {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The task's repository, before the first step.
    #[error("cannot begin the task: {}", .0.message)]
    Begin(Failure),
    /// There is no such run.
    #[error("there is no task {task} in this data directory; `slipway list` shows them")]
    NotFound {
        /// The task.
        task: TaskId,
    },
    /// A journal whose events do not fit the workflow.
    #[error("the journal of task {task} has an event that its workflow forbids")]
    Illegal {
        /// The task.
        task: TaskId,
        /// The event.
        #[source]
        source: Box<slipway_workflow::Illegal>,
    },
    /// An answer that the run is not waiting for.
    #[error("task {task} does not wait for an approval; it is {status}")]
    NotWaiting {
        /// The task.
        task: TaskId,
        /// What it is.
        status: String,
    },
    /// A task that has ended.
    #[error("task {task} has ended: it is {status}")]
    Ended {
        /// The task.
        task: TaskId,
        /// What it is.
        status: String,
    },
}

impl Error {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub fn code(&self) -> &str {
        match self {
            Self::Layout(error) => error.code(),
            Self::Journal(error) => error.code(),
            Self::Folder { .. } => "data.io",
            Self::Begin(failure) => &failure.code,
            Self::NotFound { .. } => "task.not-found",
            Self::Illegal { .. } => "task.illegal",
            Self::NotWaiting { .. } => "task.not-waiting",
            Self::Ended { .. } => "task.ended",
        }
    }
}

/// A person's word on a commit that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// It may be deployed.
    Approve,
    /// It may not, for a reason.
    Reject(String),
}

/// Why driving a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// What the work needs on this machine does not answer, for this reason; the run can be resumed.
    Blocked(String),
    /// The run is in a terminal state.
    Ended,
    /// It waits for a person.
    Waiting,
    /// The process was asked to stop; the run can be resumed.
    Interrupted,
}

/// Drives runs, one after the other, in this process.
#[derive(Debug)]
pub struct Sequential {
    recorder: Recorder,
    performer: Performer,
}

impl Sequential {
    /// A driver of `definition` with its state in `layout`.
    pub fn new(layout: Layout, definition: Definition, performer: Performer, clock: Arc<dyn Clock>) -> Self {
        Self { recorder: Recorder::new(layout, definition, clock), performer }
    }

    /// What keeps its runs.
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// What carries its work out.
    pub const fn hands(&self) -> &Hands {
        self.performer.hands()
    }

    /// Accepts a task: opens its repository and writes its first event.
    pub async fn begin(&self, task: Task, observer: &dyn Observer) -> Result<Underway, Error> {
        let repository = self.performer.hands().repository(&task).await.map_err(Error::Begin)?;
        let base = repository.default_head().await.map_err(|error| Error::Begin(error.into()))?;
        self.begin_at(&task, base, observer)
    }

    /// Accepts a task whose work begins at `base`.
    pub fn begin_at(&self, task: &Task, base: CommitId, observer: &dyn Observer) -> Result<Underway, Error> {
        self.recorder.begin(task, base, observer)
    }

    /// Drives a run until it ends, waits for a person, or `stop` is cancelled.
    pub async fn drive(
        &self,
        underway: &mut Underway,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<Stopped, Error> {
        let mut given_back = 0;
        loop {
            let commands = slipway_workflow::pending(&self.recorder.definition, underway.run());
            let Some(command) = commands.into_iter().next() else { return Ok(Stopped::Ended) };
            if stop.is_cancelled() && matches!(command, Command::Dispatch(_) | Command::Retry { .. }) {
                return Ok(Stopped::Interrupted);
            }
            match command {
                Command::Dispatch(dispatch) => {
                    let Some(reason) = self.step(underway, &dispatch, observer, stop).await? else {
                        given_back = 0;
                        continue;
                    };
                    given_back += 1;
                    if given_back > GIVE_BACKS && !stop.is_cancelled() {
                        return Ok(Stopped::Blocked(reason));
                    }
                    self.pause(given_back, stop).await;
                }
                Command::Retry { dispatch, attempt } => {
                    self.pause(attempt.saturating_sub(1), stop).await;
                    if !stop.is_cancelled() {
                        self.step(underway, &dispatch, observer, stop).await?;
                    }
                }
                Command::AskApproval { commit, step } => {
                    self.recorder.note(underway, Data::ApprovalRequested { commit, step }, observer);
                    return Ok(Stopped::Waiting);
                }
                Command::Finish(ending) => {
                    self.recorder.note(underway, ending_data(ending), observer);
                    return Ok(Stopped::Ended);
                }
            }
        }
    }

    async fn pause(&self, times: u32, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(RetryPolicy::STEP.after(times)) => {}
        }
    }

    /// Performs one step; `Some` says why it was given back.
    async fn step(
        &self,
        underway: &mut Underway,
        dispatch: &Dispatch,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<Option<String>, Error> {
        self.recorder.keep(underway, &self.performer.started(dispatch), observer)?;
        let deadline = self
            .recorder
            .definition
            .step(&dispatch.step)
            .map_or(Duration::MAX, slipway_workflow::definition::Step::deadline);
        let incarnation = self.performer.incarnation();
        let progress = ProgressLog::open(&self.recorder, dispatch, incarnation, underway.run(), observer);
        let step_stop = stop.child_token();
        let performing = self.performer.perform(dispatch, deadline, &progress, &step_stop);
        let (ended, cancelled) = self.until_cancelled(dispatch.task.id, performing, &step_stop).await;
        if cancelled {
            self.recorder.end_cancelled(underway, observer)?;
            return Ok(None);
        }
        self.recorder.keep(underway, &ended, observer)?;
        self.copy_artefacts(&dispatch.task, &ended).await;
        Ok(match ended.data {
            Data::ExecutionReleased { reason } => Some(reason),
            _ => None,
        })
    }

    /// Waits for a step and meanwhile for a request to cancel its task, which another process may have left.
    async fn until_cancelled(
        &self,
        task: TaskId,
        performing: impl Future<Output = Event>,
        stop: &CancellationToken,
    ) -> (Event, bool) {
        let request = self.recorder.layout().cancel_request(task);
        tokio::pin!(performing);
        loop {
            tokio::select! {
                biased;
                event = &mut performing => return (event, false),
                () = tokio::time::sleep(CANCEL_POLL) => {}
            }
            if request.exists() {
                stop.cancel();
                return (performing.await, true);
            }
        }
    }

    /// Lays copies of a result's artefacts beside the journal, for people. Git keeps the ones that count.
    async fn copy_artefacts(&self, task: &Task, event: &Event) {
        let (Data::Result { artefacts, .. }, Some(holder)) = (&event.data, event.holder) else { return };
        if artefacts.is_empty() {
            return;
        }
        if let Err(problem) = self.try_copy(task, holder, artefacts).await {
            tracing::warn!(problem, "the artefacts could not be copied beside the journal; Git has them");
        }
    }

    async fn try_copy(&self, task: &Task, holder: Holder, artefacts: &[ArtefactRef]) -> Result<(), String> {
        let repository = self.performer.hands().repository(task).await.map_err(|failure| failure.message)?;
        let folder = self.recorder.layout().artefacts(task.id);
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        for named in artefacts.iter().filter(|named| is_plain_name(&named.name)) {
            let bytes =
                repository.get_verified(holder.execution, named).await.map_err(|error| error.to_string())?;
            if let Some(bytes) = bytes {
                fs::write(folder.join(&named.name), bytes).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }
}

fn is_plain_name(name: &str) -> bool {
    !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn ending_data(ending: Ending) -> Data {
    match ending {
        Ending::Completed => Data::TaskCompleted,
        Ending::Failed { reason } => Data::TaskFailed { reason },
        Ending::Cancelled { by } => Data::TaskCancelled { by },
    }
}
