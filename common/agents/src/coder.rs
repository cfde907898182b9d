//! The coder: plan and architecture → code with its tests, in commits of sensible size; and mending what was found.

use slipway_protocol::report::{CaseFailure, Finding, Severity};
use slipway_protocol::work::{Answer, Brief, Done, Outcome, Thought, Work};
use slipway_protocol::{Change, Piece, Report, ReportKind};

use crate::architect::{FOLDER, plan};
use crate::error::Error;
use crate::planner::PLAN_PATH;

/// Files that every repository has in its own wording; where they exist they are kept.
const KEPT: [&str; 2] = [".gitignore", ".dockerignore"];

pub(crate) fn work(brief: &Brief) -> Result<Work, Error> {
    let plan = plan(brief)?.clone();
    let (failures, findings) = what_to_mend(brief);
    Ok(Work::Think(Thought::Code { plan, revision: brief.dispatch.revision, failures, findings }))
}

fn what_to_mend(brief: &Brief) -> (Vec<CaseFailure>, Vec<Finding>) {
    let report = |kind| brief.dispatch.inputs.result(kind).map(|accepted| &accepted.report);
    let failures = match report(ReportKind::Tests) {
        Some(Report::Tests { failures, passed: false, .. }) => failures.clone(),
        _ => Vec::new(),
    };
    let findings = match report(ReportKind::Review) {
        Some(Report::Review { findings, .. }) if failures.is_empty() => {
            findings.iter().filter(|finding| finding.severity == Severity::Blocking).cloned().collect()
        }
        _ => Vec::new(),
    };
    (failures, findings)
}

pub(crate) fn outcome(brief: &Brief, done: Done) -> Result<Outcome, Error> {
    let Done::Thought(Answer::Code(pieces)) = done else { return Err(Error::Unexpected { role: "coder" }) };
    if pieces.iter().all(|piece| piece.changes.is_empty()) {
        return Err(Error::NoCode);
    }
    let pieces = respect_the_owner(brief, pieces)?;
    let commits = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    let branch = brief.dispatch.task.id.branch();
    let report = Report::Code { branch, commits, revision: brief.dispatch.revision };
    Ok(Outcome { pieces, artefacts: Vec::new(), report })
}

/// Leaves alone what was there before the task: keeps small files, moves our README aside, refuses the rest.
fn respect_the_owner(brief: &Brief, mut pieces: Vec<Piece>) -> Result<Vec<Piece>, Error> {
    let slug = &plan(brief)?.slug;
    let theirs =
        |path: &str| brief.original_plan.is_none() && brief.original_paths.iter().any(|own| own == path);
    let mut overwritten = Vec::new();
    for piece in &mut pieces {
        piece.changes.retain(|change| !(KEPT.contains(&change.path.as_str()) && theirs(&change.path)));
        for change in &mut piece.changes {
            not_anothers(change)?;
            if change.path == "README.md" && theirs("README.md") {
                change.path = format!("docs/{slug}.md");
            }
            if theirs(&change.path) {
                overwritten.push(change.path.clone());
            }
        }
    }
    pieces.retain(|piece| !piece.changes.is_empty());
    if overwritten.is_empty() { Ok(pieces) } else { Err(Error::WouldOverwrite { paths: overwritten }) }
}

fn not_anothers(change: &Change) -> Result<(), Error> {
    let folded = change.path.to_lowercase();
    let refused = |owner| Err(Error::NotTheirs { path: change.path.escape_default().to_string(), owner });
    if folded == PLAN_PATH {
        refused("planner")
    } else if folded.starts_with(FOLDER) {
        refused("architect")
    } else {
        Ok(())
    }
}
