//! The message that hands an execution to an agent's queue.

use serde::{Deserialize, Serialize};

use crate::artefact::ArtefactRef;
use crate::id::{AgentId, CommitId, ExecutionId, Holder, Incarnation, Lease, RunId, StepId};
use crate::report::{Report, ReportKind};
use crate::task::Task;

/// The right and the facts to perform one execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dispatch {
    /// What to perform.
    pub execution: ExecutionId,
    /// The right to perform it.
    pub lease: Lease,
    /// The run it belongs to.
    pub run: RunId,
    /// The task.
    pub task: Task,
    /// The step.
    pub step: StepId,
    /// The agent that performs it.
    pub agent: AgentId,
    /// From 1; each spent attempt adds one.
    pub attempt: u32,
    /// How often the work has gone back to the coder.
    pub revision: u32,
    /// The facts to work from.
    pub inputs: Inputs,
}

impl Dispatch {
    /// The holder that `incarnation` is when it performs this dispatch.
    pub const fn holder(&self, incarnation: Incarnation) -> Holder {
        Holder { execution: self.execution, lease: self.lease, incarnation }
    }
}

/// What the run's accepted results say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The commit that the run's work began from (`task.initiated` names it).
    #[serde(default)]
    pub base: Option<CommitId>,
    /// The accepted commit; `None` before the first one.
    pub head: Option<CommitId>,
    /// The newest accepted result of each kind.
    pub results: Vec<Accepted>,
    /// The heads of the coder's accepted revisions, oldest first.
    pub revisions: Vec<CommitId>,
    /// The commit that a person approved, and who.
    pub approved: Option<PersonsApproval>,
}

impl Inputs {
    /// The newest accepted result of `kind`.
    pub fn result(&self, kind: ReportKind) -> Option<&Accepted> {
        self.results.iter().find(|accepted| accepted.report.kind() == kind)
    }
}

/// A result that was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// The execution that it ended.
    pub execution: ExecutionId,
    /// The commit that it is about.
    pub commit: CommitId,
    /// What it reports.
    pub report: Report,
    /// What it left beside the branch.
    #[serde(default)]
    pub artefacts: Vec<ArtefactRef>,
}

/// A person's word that a commit may be deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonsApproval {
    /// The commit.
    pub commit: CommitId,
    /// Who said so.
    pub by: String,
}
