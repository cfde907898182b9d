//! `slipway workflow`: checks and draws definitions.

use std::path::PathBuf;

use serde_json::json;
use slipway_workflow::Definition;

use crate::args::Workflow;
use crate::exit::{Exit, Failure, Outcome};
use crate::{environment, output};

pub(super) fn run(command: &Workflow, as_json: bool) -> Outcome {
    match command {
        Workflow::Check { file } => check(file.as_ref(), as_json),
        Workflow::Graph { file } => {
            let definition = load(file.as_ref())?;
            let graph = definition.mermaid();
            if as_json {
                output::json(
                    &json!({ "id": definition.id(), "version": definition.version(), "mermaid": graph }),
                )
            } else {
                output::data(graph.trim_end())
            }
        }
    }
}

fn check(file: Option<&PathBuf>, as_json: bool) -> Outcome {
    let definition = load(file)?;
    let steps = definition.steps().len();
    if as_json {
        return output::json(
            &json!({ "id": definition.id(), "version": definition.version(), "steps": steps, "status": "valid" }),
        );
    }
    output::data(&format!(
        "{} version {}: {steps} steps, no problem found",
        definition.id(),
        definition.version()
    ))
}

fn load(file: Option<&PathBuf>) -> Result<Definition, Failure> {
    let Some(path) = file else { return Ok(environment::delivery()) };
    let invalid = |message: String| Failure::new(Exit::Usage, "workflow.invalid", message);
    let yaml =
        std::fs::read_to_string(path).map_err(|error| invalid(format!("{}: {error}", path.display())))?;
    Definition::load(&path.display().to_string(), &yaml, &environment::agent_ids()).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        invalid(lines.join("\n       "))
    })
}
