//! A task's events, as a list.

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Path, Query, page_size};
use super::problem::Problem;
use super::{Api, tasks, views};

/// Which part of the list is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) cursor: Option<u64>,
    pub(super) limit: Option<u32>,
}

/// `GET /api/tasks/{task}/events`: the oldest first; a cursor is the `seq` that was had last.
pub(super) async fn list(
    State(api): State<Api>,
    Path(wanted): Path<String>,
    Query(part): Query<Wanted>,
) -> Result<axum::Json<Value>, Problem> {
    let task = tasks::find(&api, &wanted).await?.task.id;
    let limit = page_size(part.limit)? as usize;
    let mut page = api.store.events(task, part.cursor.unwrap_or(0), limit + 1).await?;
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|last| last.seq.to_string());
    let items: Vec<Value> = page.iter().map(views::recorded).collect();
    Ok(axum::Json(json!({ "items": items, "next": next })))
}
