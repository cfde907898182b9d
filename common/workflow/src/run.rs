//! The state of one task going through one workflow: facts only.
//!
//! Only the engine changes a run, and only by an event. Open `engine.rs` for the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use slipway_protocol::dispatch::{Accepted, PersonsApproval};
use slipway_protocol::event::Cause;
use slipway_protocol::{CommitId, EventId, ExecutionId, Incarnation, Lease, RunId, StepId, Task, WorkflowId};

/// One task going through one workflow.
///
/// Kept as JSON between processes; a run that is read back equals the one that was written.
///
/// With a fan-out several executions will be active at once: the map holds them already. Each will then have to keep
/// the head that it was given, and a gate will be one of several waits beside [`Status::Running`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    pub(crate) id: RunId,
    pub(crate) task: Task,
    pub(crate) workflow: WorkflowId,
    pub(crate) workflow_version: u32,
    pub(crate) base: CommitId,
    pub(crate) head: CommitId,
    pub(crate) revisions: u32,
    pub(crate) executions: BTreeMap<ExecutionId, Execution>,
    pub(crate) results: Vec<StepResult>,
    pub(crate) revision_heads: Vec<CommitId>,
    pub(crate) approved: Option<PersonsApproval>,
    pub(crate) seen: BTreeSet<EventId>,
    pub(crate) status: Status,
}

/// One step of the run given to an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Execution {
    /// The step.
    pub step: StepId,
    /// From 1: the how-manieth time the run came to the step.
    pub visit: u32,
    /// Attempts that failed.
    pub spent: u32,
    /// Where it stands.
    pub state: ExecutionState,
}

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", deny_unknown_fields)]
pub enum ExecutionState {
    /// Anyone may begin it under this lease, at once.
    Dispatched {
        /// The lease.
        lease: Lease,
    },
    /// Its last attempt failed; after a pause anyone may begin it under this lease.
    Waiting {
        /// The lease.
        lease: Lease,
        /// Why the last attempt failed.
        failure: Failure,
    },
    /// One holder performs it.
    Started {
        /// The lease.
        lease: Lease,
        /// The holder; every other one is stale.
        incarnation: Incarnation,
    },
    /// Its result was accepted.
    Done,
    /// Its last attempt failed, and there is no further one.
    Failed {
        /// Why.
        failure: Failure,
    },
    /// The run ended before it did.
    Abandoned,
}

/// Why an attempt ended without a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The kind of cause.
    pub cause: Cause,
    /// What failed, in one line.
    pub message: String,
    /// The stable code of the error, where it has one.
    pub code: Option<String>,
}

/// A step's newest accepted result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepResult {
    /// The step.
    pub step: StepId,
    /// The result.
    pub accepted: Accepted,
}

/// Where a run stands. `Completed`, `Failed` and `Cancelled` never change again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", deny_unknown_fields)]
pub enum Status {
    /// At least one execution is active.
    Running,
    /// A person must let exactly this commit pass.
    AwaitingApproval {
        /// The commit.
        commit: CommitId,
        /// The step that waits behind the gate.
        step: StepId,
    },
    /// The workflow reached its end.
    Completed,
    /// The workflow cannot go on.
    Failed {
        /// Why, in words for a person.
        reason: String,
    },
    /// A person stopped it.
    Cancelled {
        /// Who.
        by: String,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The workflow reached its end.
    Completed,
    /// The workflow could not go on.
    Failed {
        /// Why, in words for a person.
        reason: String,
    },
    /// A person stopped it.
    Cancelled {
        /// Who.
        by: String,
    },
}

impl Run {
    /// The run's id.
    pub const fn id(&self) -> RunId {
        self.id
    }

    /// The task.
    pub const fn task(&self) -> &Task {
        &self.task
    }

    /// The workflow's id and version.
    pub const fn workflow(&self) -> (&WorkflowId, u32) {
        (&self.workflow, self.workflow_version)
    }

    /// The commit that the work began from.
    pub const fn base(&self) -> &CommitId {
        &self.base
    }

    /// The accepted commit; [`Run::base`] before the first one.
    pub const fn head(&self) -> &CommitId {
        &self.head
    }

    /// How often the work has gone back.
    pub const fn revisions(&self) -> u32 {
        self.revisions
    }

    /// Every execution that there was.
    pub const fn executions(&self) -> &BTreeMap<ExecutionId, Execution> {
        &self.executions
    }

    /// The executions that are dispatched, waiting or started.
    pub fn active(&self) -> impl Iterator<Item = (ExecutionId, &Execution)> {
        self.executions.iter().filter(|(_, execution)| execution.state.is_active()).map(|(id, it)| (*id, it))
    }

    /// The newest accepted result of each step, the newest last.
    pub fn results(&self) -> &[StepResult] {
        &self.results
    }

    /// The commits of the steps that work goes back to, oldest first.
    pub fn revision_heads(&self) -> &[CommitId] {
        &self.revision_heads
    }

    /// The last approval of a person.
    pub const fn approved(&self) -> Option<&PersonsApproval> {
        self.approved.as_ref()
    }

    /// Where the run stands.
    pub const fn status(&self) -> &Status {
        &self.status
    }
}

impl ExecutionState {
    /// Whether something is still to come of it.
    pub const fn is_active(&self) -> bool {
        self.lease().is_some()
    }

    /// The current lease, while it is active.
    pub const fn lease(&self) -> Option<Lease> {
        match self {
            Self::Dispatched { lease } | Self::Waiting { lease, .. } | Self::Started { lease, .. } => {
                Some(*lease)
            }
            Self::Done | Self::Failed { .. } | Self::Abandoned => None,
        }
    }
}

impl Status {
    /// How the run ended, if it did.
    pub fn ending(&self) -> Option<Ending> {
        match self {
            Self::Running | Self::AwaitingApproval { .. } => None,
            Self::Completed => Some(Ending::Completed),
            Self::Failed { reason } => Some(Ending::Failed { reason: reason.clone() }),
            Self::Cancelled { by } => Some(Ending::Cancelled { by: by.clone() }),
        }
    }
}

impl From<Ending> for Status {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Completed => Self::Completed,
            Ending::Failed { reason } => Self::Failed { reason },
            Ending::Cancelled { by } => Self::Cancelled { by },
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("running"),
            Self::AwaitingApproval { commit, step } => {
                write!(f, "waiting for a person to let {} pass to {step}", commit.short())
            }
            Self::Completed => f.write_str("completed"),
            Self::Failed { reason } => write!(f, "failed: {reason}"),
            Self::Cancelled { by } => write!(f, "cancelled by {by}"),
        }
    }
}

impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (visit {}) is ", self.step, self.visit)?;
        match &self.state {
            ExecutionState::Dispatched { lease } => write!(f, "dispatched under lease {lease}"),
            ExecutionState::Waiting { lease, failure } => {
                write!(f, "waiting with lease {lease} after {failure}")
            }
            ExecutionState::Started { lease, incarnation } => {
                write!(f, "started under lease {lease} by {incarnation}")
            }
            ExecutionState::Done => f.write_str("done"),
            ExecutionState::Failed { failure } => write!(f, "failed: {failure}"),
            ExecutionState::Abandoned => f.write_str("abandoned"),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.cause, self.message)
    }
}
