//! How the HTTP surface says no: `application/problem+json`, RFC 9457, with a stable code.
//!
//! What a failure was inside goes to the log; who asked is told what it means to them and what to do.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use slipway_protocol::TaskId;

use crate::command::CommandError;
use crate::intake::Rejected;

/// When to come again after what passes by itself, in seconds.
const SOON: u64 = 2;

/// Why a request is not answered as it should be.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    status: StatusCode,
    code: String,
    detail: String,
    more: Map<String, Value>,
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem by its status, its stable code and one line for a person.
    pub(super) fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), more: Map::new(), retry_after: None }
    }

    /// The same, telling when to come again.
    pub(super) fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// The same, with a further member.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// No task has that id.
    pub(super) fn no_task(wanted: &str) -> Self {
        let wanted: String = wanted.chars().take(60).collect();
        Self::new(StatusCode::NOT_FOUND, "task.not-found", format!("there is no task {wanted:?}"))
    }

    /// There is nothing at that path.
    pub(super) fn no_route() -> Self {
        let detail = "there is nothing at this path; docs/reference/api.md lists what there is";
        Self::new(StatusCode::NOT_FOUND, "api.not-found", detail)
    }

    /// A part of the request's address or a header that cannot be read.
    pub(super) fn query(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "api.query", detail)
    }

    /// Something that passes by itself is in the way.
    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "api.unavailable", detail).after(SOON)
    }

    /// A defect; the log has the rest.
    fn internal() -> Self {
        let detail = "the coordinator could not answer this; its log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api.internal", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = self.more;
        body.insert("type".into(), json!(format!("docs/errors/{}.md", self.code)));
        body.insert("title".into(), json!(self.status.canonical_reason().unwrap_or("Error")));
        body.insert("status".into(), json!(self.status.as_u16()));
        body.insert("detail".into(), json!(self.detail));
        body.insert("code".into(), json!(self.code));
        let media_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, media_type, Value::Object(body).to_string()).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Rejected> for Problem {
    fn from(rejected: Rejected) -> Self {
        let status = match rejected.code {
            "intake.too-large" => StatusCode::PAYLOAD_TOO_LARGE,
            "intake.content-type" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, rejected.code, rejected.detail)
    }
}

impl From<slipway_store::Error> for Problem {
    fn from(error: slipway_store::Error) -> Self {
        if error.is_retryable() {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database does not answer the HTTP surface"
            );
            return Self::unavailable("the coordinator's database does not answer; try again");
        }
        tracing::error!(error = &error as &dyn std::error::Error, code = error.code(), "a request failed");
        Self::internal()
    }
}

impl From<slipway_git_store::Error> for Problem {
    fn from(error: slipway_git_store::Error) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            code = error.code(),
            "a repository cannot be read"
        );
        if error.is_retryable() {
            Self::unavailable("the task's repository cannot be read now; try again")
        } else {
            let detail = format!("the task's repository cannot be read: {}", error.code());
            Self::new(StatusCode::BAD_GATEWAY, "api.repository", detail)
        }
    }
}

/// What became of a command about `task`, which `verb` names; `wrong_state` is the code for a task that is elsewhere.
pub(super) fn of_command(
    error: CommandError,
    verb: &str,
    task: Option<TaskId>,
    wrong_state: &str,
) -> Problem {
    match error {
        CommandError::NotLeader => {
            let detail = "this coordinator stands by and another one leads; ask that one, or try again";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "api.not-leader", detail).after(SOON)
        }
        CommandError::NotFound => Problem::no_task(&task.map(|task| task.to_string()).unwrap_or_default()),
        CommandError::WrongState { status } => {
            let detail = format!("{verb} is not possible: the task is {status}");
            Problem::new(StatusCode::CONFLICT, wrong_state, detail)
        }
        CommandError::KeyReused { task } => {
            let detail = format!(
                "the idempotency key belongs to another request, which became task {task}; use a new key for this one"
            );
            Problem::new(StatusCode::CONFLICT, "intake.key-reused", detail).with("task", task.to_string())
        }
        CommandError::Invalid { code, detail } => Problem::new(StatusCode::BAD_REQUEST, code, detail),
        CommandError::Unavailable => Problem::unavailable(
            "the coordinator did not answer in time; it may have been done or not, and saying it again is safe",
        ),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn told(problem: Problem) -> (StatusCode, Option<String>, Value) {
        let response = problem.into_response();
        let status = response.status();
        let after =
            response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, after, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_problem_has_all_members_and_a_page() {
        let task = TaskId::new(uuid::Uuid::from_u128(7));
        let problem = of_command(CommandError::KeyReused { task }, "creating", None, "task.ended");
        let (status, after, body) = told(problem).await;
        assert_eq!((status, after), (StatusCode::CONFLICT, None));
        assert_eq!(body["type"], "docs/errors/intake.key-reused.md");
        assert_eq!((&body["title"], &body["status"]), (&json!("Conflict"), &json!(409)));
        assert_eq!((&body["code"], &body["task"]), (&json!("intake.key-reused"), &json!(task)));
    }

    #[tokio::test]
    async fn what_passes_by_itself_says_when_to_come_again() {
        for error in [CommandError::NotLeader, CommandError::Unavailable] {
            let (status, after, _) = told(of_command(error, "cancelling", None, "task.ended")).await;
            assert_eq!((status, after.as_deref()), (StatusCode::SERVICE_UNAVAILABLE, Some("2")));
        }
    }
}
