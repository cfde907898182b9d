//! The reviewer: computed checks and the engine's findings → a decision about exactly the dispatched commit.
//!
//! It fails closed: without evidence, or when an engine that should have reviewed gave nothing, nothing is approved.
//! The checks are in files of their own; each is a function from the inspection to findings.

mod evidence;
mod paths;
mod secrets;
mod weakened;

use slipway_protocol::Report;
use slipway_protocol::report::{Decision, Finding, Severity};
use slipway_protocol::work::{Brief, Done, Inspection, Outcome, ReviewJob, Work};

use crate::architect::plan;
use crate::error::Error;

pub use weakened::is_test_path;

/// The engine whose review is, by design, the computed checks only.
const ENGINE_WITHOUT_REVIEW: &str = "blueprint";
/// How many findings a report names.
const NAMED_FINDINGS: usize = 50;

pub(crate) fn work(brief: &Brief) -> Result<Work, Error> {
    let inputs = &brief.dispatch.inputs;
    Ok(Work::Review(ReviewJob {
        head: brief.base.clone(),
        base: inputs.base.clone().unwrap_or_else(|| brief.base.clone()),
        revisions: inputs.revisions.clone(),
        plan: plan(brief)?.clone(),
    }))
}

pub(crate) fn outcome(brief: &Brief, done: Done) -> Result<Outcome, Error> {
    let Done::Reviewed(inspection) = done else { return Err(Error::Unexpected { role: "reviewer" }) };
    let mut findings = computed_checks(brief, &inspection);
    findings.extend(inspection.findings.iter().flatten().cloned());
    findings.sort_by_key(|finding| match finding.severity {
        Severity::Blocking => 0,
        Severity::NeedsPerson => 1,
        Severity::Note => 2,
    });
    let has = |severity| findings.iter().any(|finding| finding.severity == severity);
    let decision = if has(Severity::Blocking) { Decision::ChangesRequested } else { Decision::Approved };
    let needs_person = has(Severity::NeedsPerson);
    findings.truncate(NAMED_FINDINGS);
    let basis = match inspection.findings {
        Some(_) => format!("computed checks and the {} engine", inspection.engine),
        None => "computed checks only".to_owned(),
    };
    let report = Report::Review { decision, findings, basis, needs_person };
    Ok(Outcome { pieces: Vec::new(), artefacts: Vec::new(), report })
}

fn computed_checks(brief: &Brief, inspection: &Inspection) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        evidence::check(brief, inspection.evidence.as_ref()).into_iter().collect();
    findings.extend(weakened::check(&inspection.tests));
    findings.extend(secrets::check(&inspection.changes));
    findings.extend(paths::check(&inspection.changes));
    if inspection.findings.is_none() && inspection.engine != ENGINE_WITHOUT_REVIEW {
        let message = format!("the {} engine gave no review that could be read", inspection.engine);
        findings.push(blocking("no-review", message, None));
    }
    findings
}

fn blocking(check: &str, message: impl Into<String>, path: Option<&str>) -> Finding {
    finding(check, Severity::Blocking, message, path)
}

fn finding(check: &str, severity: Severity, message: impl Into<String>, path: Option<&str>) -> Finding {
    Finding { check: check.into(), severity, message: message.into(), path: path.map(Into::into), line: None }
}
