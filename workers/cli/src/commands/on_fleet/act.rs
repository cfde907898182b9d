//! The commands that say something to a fleet: `approve`, `reject`, `cancel`, `pause`, `unpause`, `release`, `drop`.

use serde_json::json;
use slipway_protocol::TaskId;
use slipway_workflow::Status;

use super::follow::Following;
use super::whoami;
use crate::args::{Global, Named, PauseArgs, RejectArgs, Task};
use crate::exit::{Exit, Failure, Outcome};
use crate::fleet::Fleet;
use crate::output;

/// `slipway approve`.
pub(super) async fn approve(wanted: &Task, fleet: &Fleet, global: &Global) -> Outcome {
    answer(wanted, None, fleet, global).await
}

/// `slipway reject`.
pub(super) async fn reject(args: &RejectArgs, fleet: &Fleet, global: &Global) -> Outcome {
    match answer(&args.task, Some(&args.reason), fleet, global).await? {
        // The task has ended as the person wanted.
        Exit::TaskFailed => Ok(Exit::Done),
        other => Ok(other),
    }
}

/// Answers for exactly the commit that waits now, and shows what comes of it; `refusal` is why it may not pass.
async fn answer(wanted: &Task, refusal: Option<&str>, fleet: &Fleet, global: &Global) -> Outcome {
    let task = fleet.find(wanted.task.as_deref()).await?;
    let id = task.summary.task;
    let mut following = Following::new(id, fleet, global);
    following.catch_up().await?;
    let Some(Status::AwaitingApproval { commit, .. }) = following.run().map(|run| run.status().clone())
    else {
        let message = format!("task {id} does not wait for an approval; it is {}", task.summary.status);
        return Err(Failure::new(Exit::Conflict, "task.not-waiting", message));
    };
    let (verb, body) = match refusal {
        None => ("approve", json!({ "commit": commit, "by": whoami() })),
        Some(reason) => ("reject", json!({ "commit": commit, "by": whoami(), "reason": reason })),
    };
    fleet.say(id, verb, &body).await?;
    following.go(global).await
}

/// `slipway cancel`.
pub(super) async fn cancel(wanted: &Task, fleet: &Fleet, global: &Global) -> Outcome {
    let id = fleet.find(wanted.task.as_deref()).await?.summary.task;
    fleet.say(id, "cancel", &json!({ "by": whoami() })).await?;
    told(id, "cancelled", fleet, global).await
}

/// `slipway release` and `slipway drop`.
pub(super) async fn held(named: &Named, verb: &str, fleet: &Fleet, global: &Global) -> Outcome {
    let id = fleet.find(Some(&named.task)).await?.summary.task;
    fleet.say(id, verb, &json!({ "by": whoami() })).await?;
    told(id, if verb == "drop" { "dropped" } else { "released" }, fleet, global).await
}

/// `slipway pause` and, where not `on`, `slipway unpause`.
pub(super) async fn pause(args: &PauseArgs, on: bool, fleet: &Fleet, global: &Global) -> Outcome {
    let (verb, done) = if on { ("pause", "paused") } else { ("resume", "unpaused") };
    if let Some(wanted) = &args.task {
        let id = fleet.find(Some(wanted)).await?.summary.task;
        fleet.say(id, verb, &json!({ "by": whoami() })).await?;
        return told(id, done, fleet, global).await;
    }
    let agent = args.agent.as_ref().map(slipway_protocol::AgentId::as_str);
    fleet.say_to_agents(agent, verb, &whoami()).await?;
    let what = agent.unwrap_or("all");
    if global.json {
        output::json(&json!({ "id": what, "status": done }))
    } else {
        output::data(&format!("{what} {done}"))
    }
}

/// Prints that it was done: as a line, or as the task stands now.
async fn told(task: TaskId, done: &str, fleet: &Fleet, global: &Global) -> Outcome {
    if global.json {
        return output::json(&fleet.task(task).await?.summary);
    }
    output::data(&format!("{} {done}", task.short()))
}
