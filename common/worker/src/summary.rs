//! What a run came to, for people and for programs.

use std::path::{Path, PathBuf};

use serde::Serialize;
use slipway_protocol::event::{Cause, Data};
use slipway_protocol::report::Finding;
use slipway_protocol::{CommitId, Event, PreviewMode, Report, Tally, TaskId};
use slipway_workflow::{Run, Status};

use crate::layout::Layout;

/// A run's result, or where it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The task's id.
    pub task: TaskId,
    /// The same id, for lists whose entries all have one.
    pub id: TaskId,
    /// What was asked for.
    pub prompt: String,
    /// `running`, `interrupted`, `awaiting_approval`, `completed`, `failed` or `cancelled`.
    pub status: &'static str,
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
    /// A copy of the evidence for them.
    pub evidence: Option<PathBuf>,
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

/// A deployment, as a summary says it.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// Sums up `run`, whose journal holds `events`; `driven` says whether a process is driving it now.
    pub fn of(run: &Run, events: &[Event], layout: &Layout, driven: bool) -> Self {
        let task = run.task();
        let reason = match run.status() {
            Status::Failed { reason } => Some(refusal(events).unwrap_or_else(|| reason.clone())),
            Status::Cancelled { by } => Some(format!("cancelled by {by}")),
            Status::AwaitingApproval { commit, .. } => Some(format!("{} waits for a person", commit.short())),
            Status::Running | Status::Completed => None,
        };
        let status = match run.status() {
            Status::Running if !driven => "interrupted",
            Status::Running => "running",
            Status::AwaitingApproval { .. } => "awaiting_approval",
            Status::Completed => "completed",
            Status::Failed { .. } => "failed",
            Status::Cancelled { .. } => "cancelled",
        };
        let mut summary = Self {
            task: task.id,
            id: task.id,
            prompt: task.prompt.as_str().to_owned(),
            status,
            reason,
            phase: phase(run),
            repository: repository(run, layout),
            branch: task.id.branch(),
            commit: (run.head() != run.base()).then(|| run.head().clone()),
            tests: None,
            evidence: None,
            not_built: Vec::new(),
            revisions: run.revisions(),
            findings: Vec::new(),
            preview: None,
            next: Vec::new(),
            created_at: task.created_at,
            duration_ms: duration(events),
        };
        for result in run.results() {
            summary.add(&result.accepted.report, &layout.artefacts(task.id));
        }
        summary.next = next(&summary);
        summary
    }

    fn add(&mut self, report: &Report, artefacts: &Path) {
        match report {
            Report::Plan { not_built, .. } => self.not_built.clone_from(not_built),
            Report::Architecture { .. } | Report::Code { .. } => {}
            Report::Tests { tally, .. } => {
                self.tests = Some(*tally);
                self.evidence = Some(artefacts.join("evidence.json")).filter(|path| path.exists());
            }
            Report::Review { findings, .. } => self.findings.clone_from(findings),
            Report::Deploy(deployment) => {
                let mut instructions = deployment.instructions.clone();
                let compose = artefacts.join("compose.yaml");
                if deployment.mode == PreviewMode::ComposeOnly && compose.exists() {
                    instructions.insert(
                        0,
                        format!(
                            "cp {} beside the Dockerfile of a clone, then",
                            quoted(&compose.display().to_string())
                        ),
                    );
                }
                self.preview = Some(Preview {
                    mode: deployment.mode,
                    url: deployment.url.clone(),
                    health: deployment.health.clone(),
                    instructions,
                });
            }
        }
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

/// What a person would clone: the named repository, or our own one.
fn repository(run: &Run, layout: &Layout) -> String {
    let own = || layout.repositories().join(format!("{}.git", run.task().id.short())).display().to_string();
    run.task().repository.clone().unwrap_or_else(own)
}

fn duration(events: &[Event]) -> u64 {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return 0 };
    u64::try_from((last.time - first.time).whole_milliseconds()).unwrap_or_default()
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@+=~".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

fn next(summary: &Summary) -> Vec<String> {
    let short = summary.task.short();
    let clone = format!("git clone --branch {} {} {short}", summary.branch, quoted(&summary.repository));
    match summary.status {
        "completed" => vec![clone, format!("slipway show {short}")],
        "awaiting_approval" => {
            vec![
                format!("slipway diff {short}"),
                format!("slipway approve {short}"),
                format!("slipway reject {short}"),
            ]
        }
        "interrupted" => vec![format!("slipway resume {short}")],
        "failed" if summary.commit.is_some() => vec![format!("slipway logs {short}"), clone],
        "running" => vec![format!("slipway logs {short} --follow")],
        _ => vec![format!("slipway show {short}")],
    }
}
