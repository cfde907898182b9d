//! `slipway agents`: lists, shows and checks agent definitions.

use std::path::PathBuf;

use serde_json::{Value, json};
use slipway_agents::Definition;

use crate::args::Agents;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

pub(super) fn run(command: &Agents, as_json: bool) -> Outcome {
    match command {
        Agents::List => {
            let items: Vec<Value> = Definition::built_in().iter().map(entry).collect();
            output::list(as_json, &items, "no agents", |item| {
                let goal = item["goals"][0].as_str().unwrap_or_default();
                format!("{:<10} v{}  {goal}", item["id"].as_str().unwrap_or_default(), item["version"])
            })
        }
        Agents::Show { agent } => show(agent, as_json),
        Agents::Check { files } => check(files, as_json),
    }
}

fn entry(definition: &Definition) -> Value {
    let mut value = serde_json::to_value(definition).expect("a definition has string keys only");
    value["status"] = "built-in".into();
    value
}

fn show(wanted: &str, as_json: bool) -> Outcome {
    let found = Definition::built_in().into_iter().find(|definition| definition.id.as_str() == wanted);
    let definition = found.ok_or_else(|| {
        Failure::not_found(
            "agent.not-found",
            format!("there is no agent {wanted:?}; `slipway agents list` shows them"),
        )
    })?;
    if as_json {
        return output::json(&entry(&definition));
    }
    let goals: Vec<String> = definition.goals.iter().map(|goal| format!("  - {goal}")).collect();
    output::data(&format!(
        "{} version {}\nrole      {}\nengine    {}\ndeadline  {} s\ngoals\n{}",
        definition.id,
        definition.version,
        definition.role.as_str(),
        entry(&definition)["engine"].as_str().unwrap_or_default(),
        definition.limits.deadline_seconds,
        goals.join("\n")
    ))
}

fn check(files: &[PathBuf], as_json: bool) -> Outcome {
    let mut problems = Vec::new();
    let mut items = Vec::new();
    for path in files {
        let name = path.display().to_string();
        let read = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"));
        match read.and_then(|yaml| Definition::load(&name, &yaml).map_err(|error| error.to_string())) {
            Ok(definition) => items.push(json!({ "id": definition.id, "status": "valid", "file": name })),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::new(Exit::Usage, "agent.invalid", problems.join("\n       ")));
    }
    output::list(as_json, &items, "", |item| format!("{}: valid", item["file"].as_str().unwrap_or_default()))
}
