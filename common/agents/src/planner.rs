//! The planner: prompt → `plan.yaml`, checked against its schema and committed.

use slipway_protocol::plan::Invalid;
use slipway_protocol::work::{Answer, Brief, Done, Outcome, Thought, Work};
use slipway_protocol::{Change, Piece, Plan, Report};

use crate::error::Error;

/// Where the plan lies.
pub const PLAN_PATH: &str = "plan.yaml";

/// Reads a plan and checks it.
pub fn read_plan(bytes: &[u8]) -> Result<Plan, Invalid> {
    let invalid = |problem: String| Invalid { field: PLAN_PATH.into(), problem };
    let text = std::str::from_utf8(bytes).map_err(|error| invalid(error.to_string()))?;
    let plan: Plan = serde_saphyr::from_str(text).map_err(|error| invalid(error.to_string()))?;
    plan.check()?;
    Ok(plan)
}

pub(crate) fn work(brief: &Brief) -> Result<Work, Error> {
    let foreign = brief.original_paths.iter().any(|path| path == PLAN_PATH) && brief.original_plan.is_none();
    if foreign {
        return Err(Error::WouldOverwrite { paths: vec![PLAN_PATH.into()] });
    }
    let prompt = brief.dispatch.task.prompt.clone();
    Ok(Work::Think(Thought::Plan { prompt, languages: brief.languages.clone() }))
}

pub(crate) fn outcome(brief: &Brief, done: Done) -> Result<Outcome, Error> {
    let Done::Thought(Answer::Plan(plan)) = done else { return Err(Error::Unexpected { role: "planner" }) };
    plan.check().map_err(Error::BadPlan)?;
    let yaml = to_yaml(&plan)?;
    let piece = Piece {
        subject: format!("Plan {}", plan.name),
        body: describe(brief, &plan),
        changes: vec![Change::file(PLAN_PATH, yaml)],
    };
    let report = Report::Plan { goal: plan.goal, not_built: plan.not_built };
    Ok(Outcome { pieces: vec![piece], artefacts: Vec::new(), report })
}

/// Writes the plan and reads it back, so that what is committed is what was meant.
fn to_yaml(plan: &Plan) -> Result<String, Error> {
    let bad = |problem: String| Error::BadPlan(Invalid { field: PLAN_PATH.into(), problem });
    let yaml = serde_saphyr::to_string(plan).map_err(|error| bad(error.to_string()))?;
    let again = read_plan(yaml.as_bytes()).map_err(Error::BadPlan)?;
    if again == *plan { Ok(yaml) } else { Err(bad("it is not the same after writing and reading it".into())) }
}

fn describe(brief: &Brief, plan: &Plan) -> String {
    let prompt = brief.dispatch.task.prompt.as_str().lines().next().unwrap_or_default();
    let asked: String = prompt.chars().take(200).collect();
    let not_built = if plan.not_built.is_empty() {
        "Everything that was asked for is planned.".to_owned()
    } else {
        format!("Asked for and not built: {}.", plan.not_built.join("; "))
    };
    format!(
        "The task asks: {asked}\n\nThe plan has {} features, {} acceptance criteria and {} test command(s) for {}. {not_built}\n\n\
         The plan was checked against its schema before this commit.",
        plan.features.len(),
        plan.acceptance_criteria.len(),
        plan.tests.len(),
        plan.stack.language,
    )
}
