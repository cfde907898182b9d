//! What an event can say. One variant per type; `wire.rs` writes and reads them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::artefact::ArtefactRef;
use crate::id::{CommitId, StepId, WorkflowId};
use crate::report::Report;
use crate::task::Task;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// `task.initiated`: a task was accepted.
    TaskInitiated {
        /// The task.
        task: Box<Task>,
        /// The workflow that it goes through.
        workflow: WorkflowId,
        /// That workflow's version.
        workflow_version: u32,
        /// The commit that the work starts from.
        base: CommitId,
    },
    /// `execution.started`: a holder began under its lease.
    ExecutionStarted,
    /// `execution.failed`: an attempt ended without a result.
    ExecutionFailed {
        /// Why.
        cause: Cause,
        /// Whether another attempt can help.
        retryable: bool,
        /// What failed, in one line.
        message: String,
        /// The stable code of the error, where it has one.
        code: Option<String>,
    },
    /// `execution.released`: a holder gave its execution back unharmed; no attempt is spent.
    ExecutionReleased {
        /// Why, such as `soft stop`.
        reason: String,
    },
    /// `dispatch.returned`: a worker took a dispatch that had been handed out before, and did not perform it.
    DispatchReturned {
        /// Why, such as `redelivered`.
        reason: String,
    },
    /// One of the six result types: a step is done.
    Result {
        /// What it reports.
        report: Report,
        /// The commit that it is about: the new head, or the one that was tested, reviewed, deployed.
        commit: CommitId,
        /// What it left beside the branch.
        artefacts: Vec<ArtefactRef>,
    },
    /// `task.progress`: a line for whoever watches.
    TaskProgress {
        /// The step.
        step: StepId,
        /// The line, such as `generated backend/models.py`.
        message: String,
    },
    /// `approval.granted`: a person lets exactly this commit pass.
    ApprovalGranted {
        /// The commit.
        commit: CommitId,
        /// Who.
        by: String,
    },
    /// `approval.denied`: a person does not.
    ApprovalDenied {
        /// The commit.
        commit: CommitId,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// `approval.requested`: a commit waits for a person.
    ApprovalRequested {
        /// The commit.
        commit: CommitId,
        /// The step that waits.
        step: StepId,
    },
    /// `task.completed`: the workflow reached its end.
    TaskCompleted,
    /// `task.failed`: the workflow cannot go on.
    TaskFailed {
        /// Why.
        reason: String,
    },
    /// `task.cancelled`: a person stopped it.
    TaskCancelled {
        /// Who.
        by: String,
    },
    /// A type or version that this program does not know. Kept as it came.
    Unknown(Unknown),
}

/// An event's data that this program cannot read.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// The event type.
    pub event_type: String,
    /// The data's version.
    pub version: u32,
    /// The data, as it came.
    pub data: serde_json::Value,
}

impl Data {
    /// The event type, such as `task.initiated`.
    pub fn event_type(&self) -> &str {
        match self {
            Self::TaskInitiated { .. } => "task.initiated",
            Self::ExecutionStarted => "execution.started",
            Self::ExecutionFailed { .. } => "execution.failed",
            Self::ExecutionReleased { .. } => "execution.released",
            Self::DispatchReturned { .. } => "dispatch.returned",
            Self::Result { report, .. } => report.kind().event_type(),
            Self::TaskProgress { .. } => "task.progress",
            Self::ApprovalGranted { .. } => "approval.granted",
            Self::ApprovalDenied { .. } => "approval.denied",
            Self::ApprovalRequested { .. } => "approval.requested",
            Self::TaskCompleted => "task.completed",
            Self::TaskFailed { .. } => "task.failed",
            Self::TaskCancelled { .. } => "task.cancelled",
            Self::Unknown(unknown) => &unknown.event_type,
        }
    }
}

/// Why an attempt ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The step said so.
    Error,
    /// Its deadline passed.
    Timeout,
    /// The process that performed it ended.
    Crash,
    /// It panicked.
    Panic,
    /// The engine refused the task: what is asked for is not to be had.
    Refused,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Crash => "crash",
            Self::Panic => "panic",
            Self::Refused => "refused",
        })
    }
}
