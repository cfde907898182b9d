//! Why a run failed, in words for a person.

use slipway_protocol::report::{Finding, Severity};
use slipway_protocol::{Report, StepId};

use crate::run::{Execution, Failure};

/// The longest text of an event that goes into a reason, in characters.
const LIMIT: usize = 500;

/// The text on one line and of bounded length: it comes from outside.
pub(super) fn cut(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut cut: String = text.trim().chars().take(LIMIT).map(clean).collect();
    if text.trim().chars().count() > LIMIT {
        cut.push('…');
    }
    cut
}

/// Why an execution has no further attempt, such as `step test failed after 5 attempts: timeout: …`.
pub(super) fn step_failed(execution: &Execution, failure: &Failure) -> String {
    let Execution { step, spent, .. } = execution;
    match spent {
        0 | 1 => format!("step {step} failed: {failure}"),
        _ => format!("step {step} failed after {spent} attempts: {failure}"),
    }
}

/// Why the work cannot go back once more, such as `tests still fail after 3 revisions (step test): …`.
pub(super) fn no_revision_left(step: &StepId, cap: u32, report: &Report) -> String {
    let problem = match report {
        Report::Tests { .. } => "tests still fail".to_owned(),
        Report::Review { .. } => "the review still requests changes".to_owned(),
        Report::Plan { .. } | Report::Architecture { .. } | Report::Code { .. } | Report::Deploy(_) => {
            format!("the outcome is still {}", report.outcome())
        }
    };
    let revisions = if cap == 1 { "revision" } else { "revisions" };
    format!("{problem} after {cap} {revisions} (step {step}){}", said(report))
}

/// Why a run ended at an edge that ends it as failed.
pub(super) fn ended_failed(step: &StepId, report: &Report) -> String {
    format!("step {step} ended with {}{}", report.outcome(), said(report))
}

/// What the report says of it, after a colon; nothing if it says nothing.
fn said(report: &Report) -> String {
    let text = match report {
        Report::Tests { reason: Some(reason), .. } => cut(reason),
        Report::Tests { tally, .. } => format!("{} of {} tests failed", tally.failed, tally.total()),
        Report::Review { findings, .. } => first_finding(findings),
        Report::Deploy(deployment) => cut(&deployment.health),
        Report::Plan { .. } | Report::Architecture { .. } | Report::Code { .. } => String::new(),
    };
    if text.is_empty() { text } else { format!(": {text}") }
}

/// The first blocking finding, or the first one, and how many more there are.
fn first_finding(findings: &[Finding]) -> String {
    let blocking = findings.iter().find(|finding| finding.severity == Severity::Blocking);
    match (blocking.or(findings.first()), findings.len()) {
        (None, _) => String::new(),
        (Some(finding), 1) => cut(&finding.message),
        (Some(finding), count) => format!("{} (and {} more)", cut(&finding.message), count - 1),
    }
}
