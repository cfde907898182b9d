//! Runs the plan's tests on exactly one commit, in a container or in a limited process, and keeps the evidence.

mod command;
mod place;

use slipway_protocol::evidence::{CommandRun, Exit, Place};
use slipway_protocol::plan::{Language, TestCommand};
use slipway_protocol::work::{Done, TestJob};
use slipway_protocol::{Artefact, Digest, Evidence};

use super::{Context, Setup};
use crate::error::Failure;
use crate::junit;

/// One finished command, wherever it ran.
struct Ran {
    command: Vec<String>,
    place: Place,
    exit: Exit,
    started_at: time::OffsetDateTime,
    duration: std::time::Duration,
    log: Vec<u8>,
    log_truncated: bool,
    report: Option<Vec<u8>>,
}

pub(super) async fn run(setup: &Setup, job: &TestJob, context: &Context<'_>) -> Result<Done, Failure> {
    let place = place::Chosen::for_job(setup, job, context).await?;
    let mut runs = Vec::new();
    let mut artefacts = Vec::new();
    for test in &job.tests {
        context.progress.line(&format!("running {}", test.command.join(" ")));
        let ran = place.run(test).await?;
        let run = record(test, &ran, &mut artefacts);
        let tally = slipway_protocol::Tally::of(&run.cases);
        context.progress.line(&format!(
            "{}: {} passed, {} failed, {} skipped ({})",
            test.name, tally.passed, tally.failed, tally.skipped, run.exit
        ));
        runs.push(run);
    }
    place.clean_up().await;
    Ok(Done::Tested { evidence: Evidence { commit: job.commit.clone(), runs }, artefacts })
}

/// Keeps a command's log and report, and what its report says. A report that cannot be read proves nothing.
fn record(test: &TestCommand, ran: &Ran, artefacts: &mut Vec<Artefact>) -> CommandRun {
    let mut log = ran.log.clone();
    let report = ran.report.as_ref().and_then(|bytes| match junit::read(bytes) {
        Ok(cases) => Some((bytes, cases)),
        Err(error) => {
            log.extend_from_slice(format!("\nslipway: {}\n", crate::error::chain(&error)).as_bytes());
            None
        }
    });
    if let Some((bytes, _)) = &report {
        artefacts.push(artefact(format!("{}.junit.xml", test.name), "application/xml", (*bytes).clone()));
    }
    artefacts.push(artefact(format!("{}.log", test.name), "text/plain", log.clone()));
    CommandRun {
        name: test.name.clone(),
        command: ran.command.clone(),
        place: ran.place.clone(),
        exit: ran.exit,
        started_at: ran.started_at,
        duration_ms: u64::try_from(ran.duration.as_millis()).unwrap_or(u64::MAX),
        log_digest: Digest::of(&log),
        log_bytes: log.len() as u64,
        log_truncated: ran.log_truncated,
        report_digest: report.as_ref().map(|(bytes, _)| Digest::of(bytes)),
        cases: report.map(|(_, cases)| cases).unwrap_or_default(),
    }
}

fn artefact(name: String, media_type: &str, bytes: Vec<u8>) -> Artefact {
    Artefact { name, media_type: media_type.into(), bytes }
}

/// The version that a language's program gives of itself, such as `Python 3.13.0`.
pub async fn interpreter_version(language: Language) -> Option<String> {
    let mut command = tokio::process::Command::new(language.program());
    let output = command.arg("--version").kill_on_drop(true).output();
    let output = tokio::time::timeout(std::time::Duration::from_secs(10), output).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let name = if language == Language::Node { "Node " } else { "" };
    (output.status.success() && !text.is_empty()).then(|| format!("{name}{text}"))
}
