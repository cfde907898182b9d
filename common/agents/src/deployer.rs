//! The deployer: the approved commit → a preview, or what starts one. It commits nothing and trusts only facts.

use slipway_protocol::report::Decision;
use slipway_protocol::work::{Brief, DeployJob, Done, Outcome, Work};
use slipway_protocol::{Approval, Report, ReportKind};

use crate::architect::plan;
use crate::error::Error;

pub(crate) fn work(brief: &Brief) -> Result<Work, Error> {
    check_approved(brief)
        .map_err(|problem| Error::NotApproved { commit: brief.base.clone(), problem: problem.into() })?;
    let plan = plan(brief)?;
    Ok(Work::Deploy(DeployJob {
        commit: brief.base.clone(),
        mode: brief.dispatch.task.preview,
        slug: plan.slug.clone(),
        run: plan.run.clone(),
        language: plan.stack.language,
    }))
}

/// Every word that lets a commit be deployed must be about exactly this one.
fn check_approved(brief: &Brief) -> Result<(), &'static str> {
    let inputs = &brief.dispatch.inputs;
    let tests = inputs.result(ReportKind::Tests).ok_or("its tests have not run")?;
    if tests.commit != brief.base || !matches!(tests.report, Report::Tests { passed: true, .. }) {
        return Err("there is no evidence that its tests passed");
    }
    let review = inputs.result(ReportKind::Review).ok_or("it was not reviewed")?;
    if review.commit != brief.base {
        return Err("the review was of another commit");
    }
    let Report::Review { decision: Decision::Approved, needs_person, .. } = review.report else {
        return Err("the review did not approve it");
    };
    let by_person = inputs.approved.as_ref().is_some_and(|approval| approval.commit == brief.base);
    if (needs_person || brief.dispatch.task.approval == Approval::Manual) && !by_person {
        return Err("a person must approve it first");
    }
    Ok(())
}

pub(crate) fn outcome(done: Done) -> Result<Outcome, Error> {
    let Done::Deployed { deployment, artefacts } = done else {
        return Err(Error::Unexpected { role: "deployer" });
    };
    Ok(Outcome { pieces: Vec::new(), artefacts, report: Report::Deploy(deployment) })
}
