//! Events that cannot be true of a run. Every message names the state and the event.

use std::fmt;

use slipway_protocol::{CommitId, Event, ExecutionId, Lease, ReportKind, RunId, StepId, TaskId};

/// An event that cannot be true of the run. It is set aside for a person, never applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illegal {
    /// Beginning a run with another event.
    #[error("{situation}: a run begins with task.initiated")]
    NotAStart {
        /// State and event.
        situation: Situation,
    },
    /// Beginning a run a second time.
    #[error("{situation}: the run began with another task.initiated")]
    AlreadyStarted {
        /// State and event.
        situation: Situation,
    },
    /// Applying another run's event.
    #[error("{situation}: it is about run {named}, and this is run {wanted}")]
    OtherRun {
        /// State and event.
        situation: Situation,
        /// The run that the event names.
        named: RunId,
        /// The run.
        wanted: RunId,
    },
    /// Applying another task's event.
    #[error("{situation}: it is about task {named}, and the run's task is {wanted}")]
    OtherTask {
        /// State and event.
        situation: Situation,
        /// The task that the event names.
        named: TaskId,
        /// The run's task.
        wanted: TaskId,
    },
    /// Applying the rules of another workflow, or of another version.
    #[error("{situation}: the run goes by workflow {wanted}, and {given} was given")]
    OtherWorkflow {
        /// State and event.
        situation: Situation,
        /// The run's workflow and version.
        wanted: String,
        /// The workflow and version that were given.
        given: String,
    },
    /// Reading an attempt's event that names no attempt.
    #[error("{situation}: it must name execution, lease and incarnation")]
    NoHolder {
        /// State and event.
        situation: Situation,
    },
    /// Reading an event of an execution that the run does not have.
    #[error("{situation}: the run has no execution {execution}")]
    UnknownExecution {
        /// State and event.
        situation: Situation,
        /// The execution that the event names.
        execution: ExecutionId,
    },
    /// Reading an event under a lease that was never given.
    #[error("{situation}: lease {named} was never given")]
    UnknownLease {
        /// State and event.
        situation: Situation,
        /// The lease that the event names.
        named: Lease,
    },
    /// Accepting a result of another kind than the step's.
    #[error("{situation}: step {step} publishes {wanted}")]
    WrongKind {
        /// State and event.
        situation: Situation,
        /// The step.
        step: StepId,
        /// The kind that it publishes.
        wanted: ReportKind,
    },
    /// Accepting a result about another commit than the accepted one.
    #[error(
        "{situation}: step {step} does not commit, so its result is about {wanted}, and not about {named}"
    )]
    WrongCommit {
        /// State and event.
        situation: Situation,
        /// The step.
        step: StepId,
        /// The commit that the event names.
        named: CommitId,
        /// The run's head.
        wanted: CommitId,
    },
}

/// The event and the state that it met, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// The event's type and id.
    pub event: String,
    /// The run's status, or the execution and where it stands.
    pub state: String,
}

impl Situation {
    pub(super) fn new(event: &Event, state: &impl fmt::Display) -> Self {
        Self { event: format!("{} {}", event.event_type(), event.id), state: state.to_string() }
    }
}

impl fmt::Display for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be while {}", self.event, self.state)
    }
}
