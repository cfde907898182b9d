//! The architect: plan → `architecture/` with an overview, a diagram and numbered decision records.

use std::fmt::Write as _;

use slipway_protocol::work::{Answer, Architecture, Brief, DecisionRecord, Done, Outcome, Thought, Work};
use slipway_protocol::{Change, Piece, Plan, Report};

use crate::error::Error;

/// The folder that the architect writes.
pub(crate) const FOLDER: &str = "architecture/";

pub(crate) fn work(brief: &Brief) -> Result<Work, Error> {
    let plan = plan(brief)?;
    let foreign = |path: &&String| path.starts_with(FOLDER) && brief.original_plan.is_none();
    let paths: Vec<String> = brief.original_paths.iter().filter(foreign).cloned().collect();
    if paths.is_empty() {
        Ok(Work::Think(Thought::Architecture { plan: plan.clone() }))
    } else {
        Err(Error::WouldOverwrite { paths })
    }
}

pub(crate) fn outcome(brief: &Brief, done: Done) -> Result<Outcome, Error> {
    let Done::Thought(Answer::Architecture(architecture)) = done else {
        return Err(Error::Unexpected { role: "architect" });
    };
    let plan = plan(brief)?;
    let first = next_number(&brief.original_paths);
    let mut pieces = vec![overview(plan, &architecture)];
    pieces.extend(records(&architecture, first));
    let decisions = architecture.decisions.into_iter().map(|record| record.title).collect();
    Ok(Outcome { pieces, artefacts: Vec::new(), report: Report::Architecture { decisions } })
}

/// The plan, which every role after the planner needs.
pub(crate) fn plan(brief: &Brief) -> Result<&Plan, Error> {
    brief.plan.as_ref().ok_or_else(|| Error::NoPlan { commit: brief.base.clone() })
}

fn overview(plan: &Plan, architecture: &Architecture) -> Piece {
    let overview = format!("# {}: architecture\n\n{}\n", plan.name, architecture.overview.trim());
    let diagram = format!("# Diagram\n\n```mermaid\n{}\n```\n", architecture.diagram.trim());
    Piece {
        subject: format!("Describe the architecture of {}", plan.name),
        body: format!(
            "The plan says what is built; this says of which parts, how a request passes through them and where the \
             data lies, with a diagram.\n\nIt covers the {} features of plan.yaml.",
            plan.features.len()
        ),
        changes: vec![
            Change::file("architecture/overview.md", overview),
            Change::file("architecture/diagram.md", diagram),
        ],
    }
}

fn records(architecture: &Architecture, first: usize) -> Option<Piece> {
    if architecture.decisions.is_empty() {
        return None;
    }
    let mut body = String::from("The choices that shape the code, each with its reason and its price:\n");
    let mut changes = Vec::new();
    for (number, record) in (first..).zip(&architecture.decisions) {
        write!(body, "\n- {}", record.title).expect("writing to a string cannot fail");
        let path = format!("architecture/adr/{number:04}-{}.md", slug(&record.title));
        changes.push(Change::file(path, write_record(number, record)));
    }
    Some(Piece { subject: "Record the decisions".into(), body, changes })
}

fn write_record(number: usize, record: &DecisionRecord) -> String {
    format!(
        "# {number}. {}\n\nStatus: accepted\n\n## Context\n\n{}\n\n## Decision\n\n{}\n\n## Consequences\n\n{}\n",
        record.title.trim(),
        record.context.trim(),
        record.decision.trim(),
        record.consequences.trim()
    )
}

/// Records made for earlier tasks keep their numbers; new ones go on after them.
fn next_number(paths: &[String]) -> usize {
    let numbers = paths.iter().filter_map(|path| {
        let name = path.strip_prefix("architecture/adr/")?;
        name.split('-').next()?.parse::<usize>().ok()
    });
    numbers.max().unwrap_or(0) + 1
}

fn slug(title: &str) -> String {
    let mut slug = String::new();
    for character in title.to_lowercase().chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 60 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}
