//! Check `evidence`: there is evidence, it is for exactly this commit, and it proves passing tests.

use slipway_protocol::report::Finding;
use slipway_protocol::work::Brief;
use slipway_protocol::{Evidence, Report, ReportKind};

use super::blocking;

pub(super) fn check(brief: &Brief, evidence: Option<&Evidence>) -> Option<Finding> {
    problem(brief, evidence).map(|problem| blocking("evidence", problem, None))
}

fn problem(brief: &Brief, evidence: Option<&Evidence>) -> Option<String> {
    let Some(accepted) = brief.dispatch.inputs.result(ReportKind::Tests) else {
        return Some("no test results were accepted for this task".into());
    };
    if accepted.commit != brief.base {
        return Some(format!("the test results are for {} and not for {}", accepted.commit, brief.base));
    }
    if !matches!(accepted.report, Report::Tests { passed: true, .. }) {
        return Some("the tests did not pass".into());
    }
    let Some(evidence) = evidence else {
        return Some(
            "the evidence that the test results name is missing or does not have their digest".into(),
        );
    };
    if evidence.commit != brief.base {
        return Some(format!("the evidence is for {} and not for {}", evidence.commit, brief.base));
    }
    evidence.judge().err().map(|reason| format!("the evidence does not prove passing tests: {reason}"))
}
