//! The commands that look at a fleet's tasks: `list`, `show`, `logs`, `diff`.

use std::sync::Arc;

use serde_json::json;
use slipway_protocol::TaskId;
use slipway_worker::Summary;

use super::super::inspect;
use super::follow::Following;
use crate::args::{Global, ListArgs, LogsArgs, Task};
use crate::exit::{Exit, Outcome};
use crate::fleet::{Fleet, FleetTask, Mirror};
use crate::output::visible;
use crate::view::{ProgressOnly, progress_line};
use crate::{environment, output};

/// How many tasks are listed unless a number is given.
const LISTED: u16 = 100;

/// `slipway list`.
pub(super) async fn list(args: &ListArgs, fleet: &Fleet, global: &Global) -> Outcome {
    let limit = args.limit.unwrap_or(LISTED);
    let (mut items, more) = fleet.tasks(limit.into()).await?;
    for item in &mut items {
        if let Ok(mut summary) = serde_json::from_value::<Summary>(item.clone()) {
            summary.set_next(&fleet.reach());
            item["next"] = json!(summary.next);
        }
    }
    if more {
        output::talk(&format!("the newest {limit}; --limit shows more"));
    }
    let empty = format!("no tasks yet; `{}` makes one", fleet.command("submit \"build a todo app\""));
    inspect::print_list(global.json, &items, &empty)
}

/// `slipway show`.
pub(super) async fn show(wanted: &Task, fleet: &Fleet, global: &Global) -> Outcome {
    let task = fleet.find(wanted.task.as_deref()).await?;
    if global.json {
        let mut shown = task.told;
        shown["next"] = json!(task.summary.next);
        return output::json(&shown);
    }
    let events = fleet.history(&task)?;
    let mut mirror = Mirror::new(environment::delivery());
    for event in &events {
        // A run of another workflow is shown without the names of its steps.
        if mirror.take(event).is_err() {
            break;
        }
    }
    let text = describe(&task, fleet);
    output::data(&format!("{text}{}", inspect::history(&events, mirror.run())))
}

/// A summary for a person, with what only a fleet knows.
fn describe(task: &FleetTask, fleet: &Fleet) -> String {
    let paused = task.facts.paused.then(|| {
        let command = fleet.command(&format!("unpause {}", task.summary.task.short()));
        format!("\npaused      `{command}` lets it go on")
    });
    let duplicate = task.facts.duplicate_of.map(|other| format!("\nduplicate   perhaps of {other}"));
    [Some(inspect::describe(&task.summary)), paused, duplicate].into_iter().flatten().collect()
}

/// `slipway logs`.
pub(super) async fn logs(args: &LogsArgs, fleet: &Fleet, global: &Global) -> Outcome {
    let task = fleet.find(args.task.task.as_deref()).await?.summary.task;
    if args.tests {
        return test_logs(task, fleet).await;
    }
    if !args.follow {
        for (_, event) in fleet.events(task).await? {
            progress_line(&event, global.json)?;
        }
        return Ok(Exit::Done);
    }
    let observer = Arc::new(ProgressOnly { json: global.json });
    let rests = Following::with(task, fleet, observer).until_it_rests().await?;
    Ok(if rests.is_some() { Exit::Done } else { Exit::Interrupted })
}

async fn test_logs(task: TaskId, fleet: &Fleet) -> Outcome {
    let mut names = fleet.artefacts(task).await?;
    names.retain(|name| std::path::Path::new(name).extension().is_some_and(|extension| extension == "log"));
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Err(inspect::no_tests(task));
    }
    for name in names {
        let log = fleet.artefact(task, &name).await?;
        output::data(visible(&String::from_utf8_lossy(&log)).trim_end())?;
    }
    Ok(Exit::Done)
}

/// `slipway diff`.
pub(super) async fn diff(wanted: &Task, fleet: &Fleet, global: &Global) -> Outcome {
    let task = fleet.find(wanted.task.as_deref()).await?.summary.task;
    let diff = fleet.diff(task).await?;
    if global.json {
        output::json(&diff)
    } else {
        output::data(visible(diff["patch"].as_str().unwrap_or_default()).trim_end())
    }
}
