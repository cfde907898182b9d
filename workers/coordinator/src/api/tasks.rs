//! Tasks: taking one in, listing them, showing one.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use slipway_protocol::{Data, Event, Priority, Task, TaskId};
use slipway_store::{Recorded, TaskFilter, TaskRecord, TaskStatus};
use slipway_worker::summary::Place;
use slipway_workflow::Run;
use tokio::time::Instant;

use super::extract::{Content, Path, Query, page_size};
use super::problem::{Problem, of_command};
use super::{Api, views};
use crate::command::{Command, Reply};
use crate::intake::{self, Parts};

/// Events that are read at a time.
const EVENTS: usize = 500;

/// `POST /api/tasks`.
pub(super) async fn create(State(api): State<Api>, content: Content) -> Result<Response, Problem> {
    if let Err(wait) = api.rate.take(Instant::now()) {
        let detail = "more tasks come in than are taken; wait as long as Retry-After says";
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "api.too-many-requests", detail);
        return Err(problem.after(wait.as_secs() + 1));
    }
    let request = Box::new(read_request(&content)?);
    let sent = api.commands.send(Command::Create { request, source: "api" }).await;
    let reply = sent.map_err(|error| of_command(error, "creating a task", None, "task.ended"))?;
    let Reply::Created { task, known, .. } = reply else {
        return Err(Problem::unavailable("the coordinator did not say what became of the task; ask again"));
    };
    // It is taken in whatever happens to the answer from here on.
    let shown = match find(&api, &task.to_string()).await {
        Ok(record) => whole(&api, &record, &content.headers).await,
        Err(problem) => Err(problem),
    };
    let shown = shown.unwrap_or_else(|_| json!({ "id": task, "task": task }));
    let status = if known { StatusCode::OK } else { StatusCode::CREATED };
    let location = [(header::LOCATION, format!("/api/tasks/{task}"))];
    Ok((status, location, axum::Json(shown)).into_response())
}

fn read_request(content: &Content) -> Result<intake::NewTaskRequest, Problem> {
    let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_owned);
    let key = match content.headers.get("idempotency-key") {
        Some(value) => {
            Some(text(value).ok_or_else(|| Problem::query("the header Idempotency-Key is not plain text"))?)
        }
        None => None,
    };
    let named = content.headers.iter().filter(|(name, _)| name.as_str().starts_with("ce-"));
    let headers: BTreeMap<String, String> =
        named.filter_map(|(name, value)| Some((name.to_string(), text(value)?))).collect();
    let content_type = content.headers.get(header::CONTENT_TYPE).and_then(text);
    let parts =
        Parts { body: &content.body, content_type: content_type.as_deref(), id: None, headers: &headers };
    Ok(intake::parse_keyed(&parts, key.as_deref())?)
}

/// What a list of tasks may be asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    status: Option<String>,
    priority: Option<Priority>,
    repository: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /api/tasks`.
pub(super) async fn list(
    State(api): State<Api>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<axum::Json<Value>, Problem> {
    let filter = TaskFilter {
        status: statuses(wanted.status.as_deref())?,
        priority: wanted.priority,
        repository: wanted.repository,
    };
    let cursor = wanted.cursor.map(|cursor| cursor.parse()).transpose();
    let cursor = cursor.map_err(|error| Problem::query(format!("cursor: {error}")))?;
    let limit = page_size(wanted.limit)? as usize;
    let page = api.store.tasks(&filter, cursor, limit).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for record in &page.items {
        let run = api.store.run(record.task.id).await?;
        let place = place(&api, &record.task, run.as_ref(), &headers);
        let mut summary = views::summary(record, run.as_ref(), &[], &place);
        if record.reason.is_some() {
            summary.reason.clone_from(&record.reason);
        }
        items.push(views::merged(&summary, views::facts(record)));
    }
    Ok(axum::Json(json!({ "items": items, "next": page.next.map(|next| next.to_string()) })))
}

/// Statuses parted by commas.
fn statuses(text: Option<&str>) -> Result<Vec<TaskStatus>, Problem> {
    let words = text.into_iter().flat_map(|text| text.split(',')).filter(|word| !word.is_empty());
    words
        .map(|word| {
            serde_json::from_value(json!(word)).map_err(|_| {
                let choices = "pending, held, running, awaiting_approval, completed, failed, cancelled";
                Problem::query(format!("status is {word:?}; there are {choices}"))
            })
        })
        .collect()
}

/// `GET /api/tasks/{task}`.
pub(super) async fn show(
    State(api): State<Api>,
    headers: HeaderMap,
    Path(wanted): Path<String>,
) -> Result<axum::Json<Value>, Problem> {
    let record = find(&api, &wanted).await?;
    Ok(axum::Json(whole(&api, &record, &headers).await?))
}

/// The task that `wanted` names by its id or its last eight digits.
pub(super) async fn find(api: &Api, wanted: &str) -> Result<TaskRecord, Problem> {
    let id: TaskId = match wanted.parse() {
        Ok(id) => id,
        Err(_) if wanted.len() == 8 && wanted.bytes().all(|b| b.is_ascii_hexdigit()) => {
            called(api, wanted).await?
        }
        Err(_) => return Err(Problem::no_task(wanted)),
    };
    api.store.task(id).await?.ok_or_else(|| Problem::no_task(wanted))
}

async fn called(api: &Api, digits: &str) -> Result<TaskId, Problem> {
    let found = api.store.tasks_called(digits).await?;
    match found.as_slice() {
        [] => Err(Problem::no_task(digits)),
        [only] => Ok(*only),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            let detail = format!("several tasks are called {digits}; name one in full: {}", ids.join(", "));
            Err(Problem::new(StatusCode::CONFLICT, "task.ambiguous", detail).with("tasks", ids))
        }
    }
}

/// All that is shown of one task.
pub(super) async fn whole(api: &Api, record: &TaskRecord, headers: &HeaderMap) -> Result<Value, Problem> {
    let task = record.task.id;
    let run = api.store.run(task).await?;
    let events: Vec<Event> = all_events(api, task)
        .await?
        .into_iter()
        .map(|recorded| recorded.event)
        .filter(|event| !matches!(event.data, Data::TaskProgress { .. }))
        .collect();
    let place = place(api, &record.task, run.as_ref(), headers);
    let summary = views::summary(record, run.as_ref(), &events, &place);
    let executions = views::executions(api.store.executions(task).await?, &api.store.attempts(task).await?);
    let mut more = views::facts(record);
    more["base"] = json!(run.as_ref().map(Run::base));
    more["executions"] = json!(executions);
    more["events"] = events.iter().map(views::envelope).collect();
    Ok(views::merged(&summary, more))
}

/// A task's events, oldest first.
pub(super) async fn all_events(api: &Api, task: TaskId) -> Result<Vec<Recorded>, Problem> {
    let mut events: Vec<Recorded> = Vec::new();
    loop {
        let after = events.last().map_or(0, |recorded| recorded.seq);
        let page = api.store.events(task, after, EVENTS).await?;
        let ended = page.len() < EVENTS;
        events.extend(page);
        if ended {
            return Ok(events);
        }
    }
}

fn place(api: &Api, task: &Task, run: Option<&Run>, headers: &HeaderMap) -> Place {
    let own = || format!("{}/{}.git", api.repositories_url.trim_end_matches('/'), task.id.short());
    let repository = task.repository.clone().unwrap_or_else(own);
    // The guard has seen that it is a name of this server.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    Place::in_fleet(task.id, run, &repository, &format!("http://{host}"))
}
