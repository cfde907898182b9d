//! Gathers what a reviewer sees: the change, the tests at each revision, the evidence, the engine's findings.

use slipway_git_store::Repository;
use slipway_protocol::report::Finding;
use slipway_protocol::work::{Answer, Done, Inspection, ReviewJob, TestFiles, Thought};
use slipway_protocol::{CommitId, Evidence, Report, ReportKind};

use super::{Context, Setup};
use crate::error::Failure;

/// How much of the change an engine is shown, in bytes.
const DIFF_LIMIT: usize = 256 * 1024;

pub(super) async fn inspect(setup: &Setup, job: &ReviewJob, context: &Context<'_>) -> Result<Done, Failure> {
    let repository = context.repository();
    let changes = repository.changes(&job.base, &job.head).await?;
    for change in &changes {
        context.progress.line(&format!("checked {}", change.path.escape_debug()));
    }
    let mut tests = Vec::new();
    for commit in std::iter::once(&job.base).chain(&job.revisions) {
        tests.push(test_files(repository, commit).await?);
    }
    Ok(Done::Reviewed(Inspection {
        changes,
        tests,
        evidence: evidence(context).await?,
        findings: findings(setup, job, repository).await?,
        engine: setup.engine.name().to_owned(),
    }))
}

async fn test_files(repository: &Repository, commit: &CommitId) -> Result<TestFiles, Failure> {
    let mut files = Vec::new();
    for path in repository.paths(commit).await? {
        if slipway_agents::is_test_path(&path)
            && let Some(content) = repository.read(commit, &path).await?
        {
            files.push((path, content));
        }
    }
    Ok(TestFiles { commit: commit.clone(), files })
}

/// The evidence that the accepted test results name by digest; what is missing or has another digest is none.
async fn evidence(context: &Context<'_>) -> Result<Option<Evidence>, Failure> {
    let Some(accepted) = context.inputs.result(ReportKind::Tests) else { return Ok(None) };
    let Report::Tests { evidence: wanted, .. } = &accepted.report else { return Ok(None) };
    let Some(named) = accepted.artefacts.iter().find(|artefact| artefact.digest == *wanted) else {
        return Ok(None);
    };
    match context.repository().get_verified(accepted.execution, named).await {
        Ok(bytes) => Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok())),
        Err(slipway_git_store::Error::Digest { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn findings(
    setup: &Setup,
    job: &ReviewJob,
    repository: &Repository,
) -> Result<Option<Vec<Finding>>, Failure> {
    let diff = repository.diff(&job.base, &job.head, DIFF_LIMIT).await?;
    match setup.engine.think(&Thought::Review { plan: job.plan.clone(), diff }).await? {
        Answer::Review(findings) => Ok(findings),
        _ => Ok(None),
    }
}
