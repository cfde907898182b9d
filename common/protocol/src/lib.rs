//! The words that every part of Slipway shares: ids, tasks, plans, work, events, dispatches, evidence.
//!
//! Nothing here does I/O, reads a clock or draws a random number; values are checked when they are made.
//! Open [`event`] for what travels between processes and [`work`] for what an agent asks its hands to do.

pub mod artefact;
pub mod change;
pub mod dispatch;
pub mod event;
pub mod evidence;
pub mod fleet;
pub mod id;
pub mod plan;
pub mod report;
pub mod request;
pub mod task;
pub mod work;

pub use artefact::{Artefact, ArtefactRef, Digest};
pub use change::{Change, Content, Piece};
pub use dispatch::{Dispatch, Inputs};
pub use event::{Data, Event};
pub use evidence::{Case, CaseStatus, Evidence, Tally};
pub use id::{
    AgentId, CommitId, EventId, ExecutionId, Holder, Incarnation, Lease, RunId, StepId, TaskId, WorkflowId,
};
pub use plan::Plan;
pub use report::{Report, ReportKind};
pub use request::NewTask;
pub use task::{Approval, Isolation, PreviewMode, Priority, Prompt, Task};
