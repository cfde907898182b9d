//! What a task left behind: artefacts, logs, and the change as a patch. All of it was made by what is not trusted, so
//! it is given as data and never as a page.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use slipway_git_store::Repository;
use slipway_protocol::{ArtefactRef, Data, ExecutionId, StepId};
use slipway_store::{Recorded, TaskRecord};
use slipway_workflow::Run;

use super::events::Wanted;
use super::extract::{Path, Query, page_size};
use super::problem::Problem;
use super::{Api, tasks, views};

/// The longest patch, in bytes.
const PATCH: usize = 64 * 1024 * 1024;

/// How much of one test log is shown, in bytes; the artefact is whole.
const LOG: usize = 4 * 1024 * 1024;

/// An artefact and what left it.
struct Left {
    artefact: ArtefactRef,
    execution: ExecutionId,
    step: Option<StepId>,
}

/// `GET /api/tasks/{task}/artefacts`: those of each step's newest accepted result.
pub(super) async fn artefacts(
    State(api): State<Api>,
    Path(wanted): Path<String>,
) -> Result<axum::Json<Value>, Problem> {
    let task = tasks::find(&api, &wanted).await?.task.id;
    let run = api.store.run(task).await?;
    let items: Vec<Value> = newest(run.as_ref())
        .map(|left| {
            let mut item = json!(left.artefact);
            item["step"] = json!(left.step);
            item["execution"] = json!(left.execution);
            item["href"] = json!(format!("/api/tasks/{task}/artefacts/{}", left.artefact.digest));
            item
        })
        .collect();
    Ok(axum::Json(json!({ "items": items, "next": null })))
}

/// `GET /api/tasks/{task}/artefacts/{name or digest}`: by its name the newest one, by its digest any accepted one.
pub(super) async fn artefact(
    State(api): State<Api>,
    Path((wanted, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let record = tasks::find(&api, &wanted).await?;
    let run = api.store.run(record.task.id).await?;
    let is_it = |left: &Left| left.artefact.name == name || left.artefact.digest.as_str() == name;
    let left = match newest(run.as_ref()).filter(is_it).last() {
        Some(left) => left,
        None => older(&api, &record, &name).await?,
    };
    let bytes = bytes(&api, &record, &left).await?;
    Ok(download(&left.artefact, bytes))
}

/// What the newest accepted result of each step left, the newest last.
fn newest(run: Option<&Run>) -> impl Iterator<Item = Left> {
    run.into_iter().flat_map(Run::results).flat_map(|result| {
        result.accepted.artefacts.iter().map(|artefact| Left {
            artefact: artefact.clone(),
            execution: result.accepted.execution,
            step: Some(result.step.clone()),
        })
    })
}

/// An artefact of an earlier result, by its digest.
async fn older(api: &Api, record: &TaskRecord, digest: &str) -> Result<Left, Problem> {
    let missing = || {
        let detail = "the task left nothing of this name; the list of its artefacts has what it left";
        Problem::new(StatusCode::NOT_FOUND, "api.no-artefact", detail)
    };
    if !digest.starts_with("sha256:") {
        return Err(missing());
    }
    let events = tasks::all_events(api, record.task.id).await?;
    let applied = events.into_iter().filter(|recorded| recorded.outcome == slipway_store::Outcome::Applied);
    applied.filter_map(|recorded| left_by(recorded, digest)).next_back().ok_or_else(missing)
}

fn left_by(recorded: Recorded, digest: &str) -> Option<Left> {
    let execution = recorded.event.holder?.execution;
    let Data::Result { artefacts, .. } = recorded.event.data else { return None };
    let artefact = artefacts.into_iter().find(|artefact| artefact.digest.as_str() == digest)?;
    Some(Left { artefact, execution, step: None })
}

/// Where the task's results are read; its own origin is not asked.
async fn repository(api: &Api, record: &TaskRecord) -> Result<Repository, slipway_git_store::Error> {
    let task = &record.task;
    api.repositories.reader(&task.id.short(), task.repository.as_deref()).await
}

async fn bytes(api: &Api, record: &TaskRecord, left: &Left) -> Result<Vec<u8>, Problem> {
    repository(api, record).await?.get_verified(left.execution, &left.artefact).await?.ok_or_else(|| {
        let detail = "the artefact is not in the task's repository any more; retention may have removed it";
        Problem::new(StatusCode::NOT_FOUND, "api.no-artefact", detail)
    })
}

fn download(artefact: &ArtefactRef, bytes: Vec<u8>) -> Response {
    let name = artefact.name.rsplit('/').next().unwrap_or_default();
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    let value = |text: &str, other: &'static str| {
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(other))
    };
    let headers = [
        (header::CONTENT_TYPE, value(&artefact.media_type, "application/octet-stream")),
        (header::CONTENT_DISPOSITION, value(&format!("attachment; filename=\"{plain}\""), "attachment")),
        (header::ETAG, value(&format!("\"{}\"", artefact.digest), "\"\"")),
    ];
    (headers, bytes).into_response()
}

/// `GET /api/tasks/{task}/logs`: what the steps said of their progress, and what the newest tests printed.
pub(super) async fn logs(
    State(api): State<Api>,
    headers: HeaderMap,
    Path(wanted): Path<String>,
    Query(part): Query<Wanted>,
) -> Result<Response, Problem> {
    let record = tasks::find(&api, &wanted).await?;
    if !wants_json(&headers) {
        let events = tasks::all_events(&api, record.task.id).await?;
        let lines = events.iter().filter_map(progress).map(|line| line.text());
        let logs = test_logs(&api, &record).await?;
        let tests = logs.iter().map(|(name, log)| format!("\n== {name} ==\n{}\n", visible(log.trim_end())));
        return Ok(lines.chain(tests).collect::<String>().into_response());
    }
    let limit = page_size(part.limit)? as usize;
    let mut page = api.store.events(record.task.id, part.cursor.unwrap_or(0), limit + 1).await?;
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|last| last.seq.to_string());
    let items: Vec<Value> = page.iter().filter_map(progress).map(|line| line.json()).collect();
    let tests = if more { Vec::new() } else { test_logs(&api, &record).await? };
    let tests: Vec<Value> = tests.iter().map(|(name, text)| json!({ "name": name, "text": text })).collect();
    Ok(axum::Json(json!({ "items": items, "next": next, "tests": tests })).into_response())
}

/// One line of progress.
struct Line<'e> {
    recorded: &'e Recorded,
    step: &'e StepId,
    message: &'e str,
}

fn progress(recorded: &Recorded) -> Option<Line<'_>> {
    match &recorded.event.data {
        Data::TaskProgress { step, message } => Some(Line { recorded, step, message }),
        _ => None,
    }
}

impl Line<'_> {
    fn text(&self) -> String {
        let time = views::shown(Some(self.recorded.event.time)).unwrap_or_default();
        format!("{time}  {:<13} {}\n", self.step.as_str(), visible(self.message))
    }

    fn json(&self) -> Value {
        let time = views::shown(Some(self.recorded.event.time));
        json!({ "seq": self.recorded.seq, "time": time, "step": self.step, "message": self.message })
    }
}

/// The logs that the newest test results left, each cut to its end.
async fn test_logs(api: &Api, record: &TaskRecord) -> Result<Vec<(String, String)>, Problem> {
    let run = api.store.run(record.task.id).await?;
    let mut logs = Vec::new();
    for left in newest(run.as_ref()) {
        let name = &left.artefact.name;
        if std::path::Path::new(name).extension().is_some_and(|extension| extension == "log") {
            let bytes = bytes(api, record, &left).await?;
            let end = bytes.len().saturating_sub(LOG);
            let cut = if end > 0 { "… (the beginning is left out; the artefact is whole)\n" } else { "" };
            logs.push((name.clone(), format!("{cut}{}", String::from_utf8_lossy(&bytes[end..]))));
        }
    }
    Ok(logs)
}

/// `GET /api/tasks/{task}/diff`: from where the work began to the accepted commit; empty before there is one.
pub(super) async fn diff(
    State(api): State<Api>,
    headers: HeaderMap,
    Path(wanted): Path<String>,
) -> Result<Response, Problem> {
    let record = tasks::find(&api, &wanted).await?;
    let run = api.store.run(record.task.id).await?;
    let patch = match &run {
        Some(run) if run.head() != run.base() => {
            repository(&api, &record).await?.diff(run.base(), run.head(), PATCH).await?
        }
        _ => String::new(),
    };
    if wants_json(&headers) {
        let (base, head) = (run.as_ref().map(Run::base), run.as_ref().map(Run::head));
        let answer = json!({ "task": record.task.id, "base": base, "head": head, "patch": patch });
        return Ok(axum::Json(answer).into_response());
    }
    Ok(patch.into_response())
}

/// Whether a reader asked for JSON; text is for whoever did not say.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| {
        kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
    })
}

/// What a step or a test printed is not trusted with a terminal: control characters are shown and not obeyed.
fn visible(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control() && c != '\n' && c != '\t' { c.escape_default().to_string() } else { c.to_string() }
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use slipway_protocol::Artefact;

    use super::*;

    #[test]
    fn json_is_given_to_whoever_asks_for_it() {
        let accept = |kind: &str| HeaderMap::from_iter([(header::ACCEPT, kind.parse().unwrap())]);
        assert!(wants_json(&accept("application/json")));
        assert!(wants_json(&accept("text/html;q=0.5, Application/JSON;q=0.9")));
        assert!(
            !wants_json(&accept("text/plain"))
                && !wants_json(&accept("*/*"))
                && !wants_json(&HeaderMap::new())
        );
    }

    #[test]
    fn an_artefact_is_a_download_whatever_it_is_called() {
        let name = "logs/a\"b\r\nx: y.html".to_owned();
        let artefact =
            Artefact { name, media_type: "text/html\r\nx: y".into(), bytes: Vec::new() }.reference();
        let response = download(&artefact, Vec::new());
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/octet-stream");
        assert_eq!(
            response.headers()[header::CONTENT_DISPOSITION],
            "attachment; filename=\"a_b__x__y.html\""
        );
    }

    #[test]
    fn what_was_printed_cannot_write_to_a_terminal() {
        assert_eq!(visible("a\tb\n\u{1b}[2J"), "a\tb\n\\u{1b}[2J");
    }
}
