//! The no-op agent: does nothing and reports the success that its step expects. It measures the pipeline around it.

use slipway_protocol::report::{Decision, Deployment};
use slipway_protocol::work::{Brief, Outcome};
use slipway_protocol::{Digest, PreviewMode, Report, Tally};

use crate::error::Error;

pub(crate) fn outcome(brief: &Brief) -> Result<Outcome, Error> {
    let report = match brief.dispatch.step.as_str() {
        "plan" => Report::Plan { goal: "none".into(), not_built: Vec::new() },
        "architecture" => Report::Architecture { decisions: Vec::new() },
        "code" => Report::Code {
            branch: brief.dispatch.task.id.branch(),
            commits: 0,
            revision: brief.dispatch.revision,
        },
        "test" => Report::Tests {
            passed: true,
            tally: Tally { passed: 1, failed: 0, skipped: 0 },
            reason: None,
            failures: Vec::new(),
            evidence: Digest::of(b""),
        },
        "review" => Report::Review {
            decision: Decision::Approved,
            findings: Vec::new(),
            basis: "nothing: this is the no-op agent".into(),
            needs_person: false,
        },
        "deploy" => Report::Deploy(Deployment {
            mode: PreviewMode::ComposeOnly,
            url: None,
            health: "nothing was started".into(),
            image: None,
            expires_at: None,
            instructions: Vec::new(),
        }),
        _ => return Err(Error::Unexpected { role: "noop" }),
    };
    Ok(Outcome { pieces: Vec::new(), artefacts: Vec::new(), report })
}
