//! The tester: the plan's tests on exactly the dispatched commit → results per case, and the evidence for them.

use slipway_protocol::report::CaseFailure;
use slipway_protocol::work::{Brief, Done, Outcome, TestJob, Work};
use slipway_protocol::{Artefact, CaseStatus, Digest, Evidence, Report};

use crate::architect::plan;
use crate::error::Error;

/// How many failures a report names.
const NAMED_FAILURES: usize = 20;
/// How much of a failure's message a report holds, in bytes.
const MESSAGE_LIMIT: usize = 512;

pub(crate) fn work(brief: &Brief) -> Result<Work, Error> {
    let plan = plan(brief)?;
    Ok(Work::Test(TestJob {
        commit: brief.base.clone(),
        language: plan.stack.language,
        image: plan.stack.image.clone(),
        prepare: plan.prepare.clone(),
        tests: plan.tests.clone(),
        engine: plan.generator.engine.clone(),
    }))
}

pub(crate) fn outcome(done: Done) -> Result<Outcome, Error> {
    let Done::Tested { evidence, mut artefacts } = done else {
        return Err(Error::Unexpected { role: "tester" });
    };
    let judged = evidence.judge();
    let bytes = serde_json::to_vec_pretty(&evidence).expect("evidence has string keys only");
    let report = Report::Tests {
        passed: judged.is_ok(),
        tally: evidence.tally(),
        reason: judged.err().map(|reason| reason.to_string()),
        failures: failures(&evidence),
        evidence: Digest::of(&bytes),
    };
    artefacts.push(Artefact { name: "evidence.json".into(), media_type: "application/json".into(), bytes });
    Ok(Outcome { pieces: Vec::new(), artefacts, report })
}

fn failures(evidence: &Evidence) -> Vec<CaseFailure> {
    let failed =
        evidence.runs.iter().flat_map(|run| &run.cases).filter(|case| case.status == CaseStatus::Failed);
    let named = failed.map(|case| CaseFailure {
        name: cut(&case.name),
        message: cut(case.message.as_deref().unwrap_or("no message")),
    });
    named.take(NAMED_FAILURES).collect()
}

/// The end of a message says most: it holds the assertion, the beginning the way to it.
fn cut(text: &str) -> String {
    let mut start = text.len().saturating_sub(MESSAGE_LIMIT);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text[start..].to_owned()
}
