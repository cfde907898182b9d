//! What a run came to, for people and for programs; the same words whether a data directory or a fleet keeps it.
//!
//! Nothing here reads a file or asks a server: where things are to be had is told by a [`Place`]. Open
//! `summary/place.rs` for that, and `summary/next.rs` for the commands that go on from here.

mod next;
mod place;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};
use slipway_protocol::event::{Cause, Data};
use slipway_protocol::report::{Deployment, Finding};
use slipway_protocol::{CommitId, Event, PreviewMode, Report, Tally, Task, TaskId};
use slipway_workflow::{Run, Status};

pub use next::Reach;
pub use place::Place;

/// A run's result, or where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The task's id.
    pub task: TaskId,
    /// The same id, for lists whose entries all have one.
    pub id: TaskId,
    /// What was asked for.
    pub prompt: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// Why, where a status has a reason.
    pub reason: Option<String>,
    /// The step that is under way or comes next.
    pub phase: Option<String>,
    /// The repository to clone the result from.
    pub repository: String,
    /// The branch.
    pub branch: String,
    /// The accepted commit; `None` before the first one.
    pub commit: Option<CommitId>,
    /// The newest test results.
    pub tests: Option<Tally>,
    /// Where the evidence for them is to be had: a path or a URL.
    pub evidence: Option<String>,
    /// What was asked for and not built.
    pub not_built: Vec<String>,
    /// How often work went back to the coder.
    pub revisions: u32,
    /// What the newest review found.
    pub findings: Vec<Finding>,
    /// The preview.
    pub preview: Option<Preview>,
    /// The commands that go on from here, a line each.
    pub next: Vec<String>,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: time::OffsetDateTime,
    /// From the first event to the newest, in milliseconds.
    pub duration_ms: u64,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// A fleet accepted it, and its run has not begun.
    Pending,
    /// A fleet holds it back: it may be a duplicate, and a person releases or drops it.
    Held,
    /// Its run goes on.
    Running,
    /// Its run is in a data directory and no process drives it.
    Interrupted,
    /// A person must let its commit pass.
    AwaitingApproval,
    /// Its workflow reached the end.
    Completed,
    /// It could not go on.
    Failed,
    /// A person stopped it.
    Cancelled,
}

impl TaskStatus {
    /// The status as text, such as `awaiting_approval`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it never changes again.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A deployment, as a summary says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// `docker_in_docker` or `compose_only`.
    pub mode: PreviewMode,
    /// Where it answers.
    pub url: Option<String>,
    /// What its health check said.
    pub health: String,
    /// What to do with it.
    pub instructions: Vec<String>,
}

impl Summary {
    /// Sums up `run`, which came of `events`; `driven` says whether anything is driving it now. In a fleet, always.
    pub fn of(run: &Run, events: &[Event], place: &Place, driven: bool) -> Self {
        let (status, reason) = standing(run, events, driven);
        let mut summary = Self::empty(run.task(), status, reason, place);
        summary.phase = phase(run);
        summary.commit = (run.head() != run.base()).then(|| run.head().clone());
        summary.revisions = run.revisions();
        summary.duration_ms = duration(events);
        for result in run.results() {
            summary.add(&result.accepted.report, place);
        }
        summary.set_next(&place.reach);
        summary
    }

    /// Sums up a task that has no run: one that waits for its run to begin, is held, or ended before it.
    pub fn without_run(task: &Task, status: TaskStatus, reason: Option<String>, place: &Place) -> Self {
        let mut summary = Self::empty(task, status, reason, place);
        summary.set_next(&place.reach);
        summary
    }

    /// Says anew what goes on from here, for someone who reaches the task in another way.
    pub fn set_next(&mut self, reach: &Reach) {
        self.next = next::commands(self, reach);
    }

    fn empty(task: &Task, status: TaskStatus, reason: Option<String>, place: &Place) -> Self {
        Self {
            task: task.id,
            id: task.id,
            prompt: task.prompt.as_str().to_owned(),
            status,
            reason,
            phase: None,
            repository: place.repository.clone(),
            branch: task.id.branch(),
            commit: None,
            tests: None,
            evidence: None,
            not_built: Vec::new(),
            revisions: 0,
            findings: Vec::new(),
            preview: None,
            next: Vec::new(),
            created_at: task.created_at,
            duration_ms: 0,
        }
    }

    fn add(&mut self, report: &Report, place: &Place) {
        match report {
            Report::Plan { not_built, .. } => self.not_built.clone_from(not_built),
            Report::Architecture { .. } | Report::Code { .. } => {}
            Report::Tests { tally, .. } => {
                self.tests = Some(*tally);
                self.evidence = place.artefacts.get("evidence.json").cloned();
            }
            Report::Review { findings, .. } => self.findings.clone_from(findings),
            Report::Deploy(deployment) => self.preview = Some(preview(deployment, place)),
        }
    }
}

fn preview(deployment: &Deployment, place: &Place) -> Preview {
    let mut instructions = deployment.instructions.clone();
    if deployment.mode == PreviewMode::ComposeOnly
        && let Some(compose) = place.artefacts.get("compose.yaml")
    {
        instructions.insert(0, next::fetch(compose, "beside the Dockerfile of a clone, then"));
    }
    Preview {
        mode: deployment.mode,
        url: deployment.url.clone(),
        health: deployment.health.clone(),
        instructions,
    }
}

fn standing(run: &Run, events: &[Event], driven: bool) -> (TaskStatus, Option<String>) {
    match run.status() {
        Status::Running if driven => (TaskStatus::Running, None),
        Status::Running => (TaskStatus::Interrupted, None),
        Status::AwaitingApproval { commit, .. } => {
            (TaskStatus::AwaitingApproval, Some(format!("{} waits for a person", commit.short())))
        }
        Status::Completed => (TaskStatus::Completed, None),
        Status::Failed { reason } => {
            (TaskStatus::Failed, Some(refusal(events).unwrap_or_else(|| reason.clone())))
        }
        Status::Cancelled { by } => (TaskStatus::Cancelled, Some(format!("cancelled by {by}"))),
    }
}

/// The whole text of an engine's refusal, which the run's reason only cites.
fn refusal(events: &[Event]) -> Option<String> {
    events.iter().rev().find_map(|event| match &event.data {
        Data::ExecutionFailed { cause: Cause::Refused, message, .. } => Some(message.clone()),
        _ => None,
    })
}

/// The step that is under way, comes next, or waits for a person.
fn phase(run: &Run) -> Option<String> {
    match run.status() {
        Status::AwaitingApproval { step, .. } => Some(step.to_string()),
        _ => run.active().next().map(|(_, execution)| execution.step.to_string()),
    }
}

fn duration(events: &[Event]) -> u64 {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return 0 };
    u64::try_from((last.time - first.time).whole_milliseconds()).unwrap_or_default()
}
