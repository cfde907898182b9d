//! What is said to a task, to an agent, or to the fleet: done by the leader, and done again without harm.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use slipway_protocol::{AgentId, CommitId};
use slipway_store::{Pause, TaskRecord, TaskStatus};

use super::extract::{Content, Path};
use super::problem::{Problem, of_command};
use super::{Api, tasks};
use crate::command::{Command, CommandError};

/// The longest name of a person, and the longest reason, in characters.
const LIMITS: (usize, usize) = (100, 2000);

/// What a body may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    by: Option<String>,
    reason: Option<String>,
    commit: Option<CommitId>,
}

impl Said {
    fn read(content: &Content) -> Result<Self, Problem> {
        let said: Self = content.read()?;
        for (name, text, limit) in [("by", &said.by, LIMITS.0), ("reason", &said.reason, LIMITS.1)] {
            let text = text.as_deref().unwrap_or_default();
            if text.chars().count() > limit || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
            {
                let detail = format!(
                    "{name} must have at most {limit} characters, and none of them a control character"
                );
                return Err(Problem::new(StatusCode::BAD_REQUEST, "api.body", detail));
            }
        }
        Ok(said)
    }

    /// Who; somebody unnamed who reached the HTTP surface, if nobody is named.
    fn by(&self) -> String {
        let named = self.by.as_deref().map(str::trim).filter(|by| !by.is_empty());
        named.unwrap_or("api").to_owned()
    }
}

/// `POST /api/tasks/{task}/{verb}`.
pub(super) async fn to_task(
    State(api): State<Api>,
    Path((wanted, verb)): Path<(String, String)>,
    content: Content,
) -> Result<axum::Json<Value>, Problem> {
    let (verb, wrong_state) = known(&verb)?;
    let said = Said::read(&content)?;
    let record = tasks::find(&api, &wanted).await?;
    let task = record.task.id;
    if matches!(verb, "release" | "drop") && record.status != TaskStatus::Held {
        let detail = format!("{verb} is not possible: the task is not held as a possible duplicate");
        return Err(Problem::new(StatusCode::CONFLICT, wrong_state, detail));
    }
    match api.commands.send(command(verb, &record, said)).await {
        Ok(_) => {}
        Err(CommandError::NotFound) if matches!(verb, "pause" | "resume") => {
            let now = tasks::find(&api, &wanted).await?;
            if now.status.is_end() {
                let detail = format!("{verb} is not possible: the task has ended");
                return Err(Problem::new(StatusCode::CONFLICT, wrong_state, detail));
            }
            // It was so already.
        }
        Err(error) => return Err(of_command(error, verb, Some(task), wrong_state)),
    }
    let record = tasks::find(&api, &task.to_string()).await?;
    Ok(axum::Json(tasks::whole(&api, &record, &content.headers).await?))
}

/// A verb, and the code for a task that is not where the verb needs it.
fn known(verb: &str) -> Result<(&'static str, &'static str), Problem> {
    Ok(match verb {
        "cancel" => ("cancel", "task.ended"),
        "approve" => ("approve", "task.not-waiting"),
        "reject" => ("reject", "task.not-waiting"),
        "pause" => ("pause", "task.ended"),
        "resume" => ("resume", "task.ended"),
        "release" => ("release", "task.not-held"),
        "drop" => ("drop", "task.not-held"),
        _ => return Err(Problem::no_route()),
    })
}

fn command(verb: &str, record: &TaskRecord, said: Said) -> Command {
    let (task, by) = (record.task.id, said.by());
    match verb {
        "approve" => Command::Approve { task, commit: said.commit, by },
        "reject" => {
            let reason = said.reason.unwrap_or_else(|| "no reason given".to_owned());
            Command::Reject { task, commit: said.commit, by, reason }
        }
        "pause" => Command::Pause { what: Pause::Task(task), by },
        "resume" => Command::Resume { what: Pause::Task(task), by },
        "release" => Command::ReleaseHeld { task },
        "drop" => Command::DropHeld { task },
        _ => Command::Cancel { task, by },
    }
}

/// `POST /api/agents/{agent}/{verb}`.
pub(super) async fn to_agent(
    State(api): State<Api>,
    Path((agent, verb)): Path<(String, String)>,
    content: Content,
) -> Result<axum::Json<Value>, Problem> {
    let known = agent.parse::<AgentId>().ok().filter(|agent| api.agents.contains(agent));
    let Some(agent) = known else {
        let ids: Vec<&str> = api.agents.iter().map(AgentId::as_str).collect();
        let detail = format!("there is no such agent; there are {}", ids.join(", "));
        return Err(Problem::new(StatusCode::NOT_FOUND, "agent.not-found", detail));
    };
    pause(&api, Pause::Agent(agent), &verb, &content).await
}

/// `POST /api/fleet/{verb}`.
pub(super) async fn to_fleet(
    State(api): State<Api>,
    Path(verb): Path<String>,
    content: Content,
) -> Result<axum::Json<Value>, Problem> {
    pause(&api, Pause::All, &verb, &content).await
}

async fn pause(api: &Api, what: Pause, verb: &str, content: &Content) -> Result<axum::Json<Value>, Problem> {
    let by = Said::read(content)?.by();
    let (command, paused) = match verb {
        "pause" => (Command::Pause { what, by }, true),
        "resume" => (Command::Resume { what, by }, false),
        _ => return Err(Problem::no_route()),
    };
    match api.commands.send(command).await {
        // What is not found was so already: agents are known, and the fleet is always there.
        Ok(_) | Err(CommandError::NotFound) => Ok(axum::Json(json!({ "paused": paused }))),
        Err(error) => Err(of_command(error, verb, None, "task.ended")),
    }
}
