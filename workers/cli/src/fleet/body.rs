//! Reading an answer's body, within limits, and as what it should be. What a server says is not trusted with the
//! terminal.

use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use super::error::{Error, reason};
use super::server::Server;
use crate::output::visible;

/// The longest answer that is read, in bytes.
const LIMIT: usize = 64 * 1024 * 1024;

/// The longest text of a problem that is shown, in characters.
const SHOWN: usize = 2000;

/// A problem as RFC 9457 has it, with our code.
#[derive(Debug, Deserialize)]
struct Problem {
    code: Option<String>,
    detail: Option<String>,
    title: Option<String>,
}

/// The whole body.
pub(super) async fn bytes(server: &Server, mut answer: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) if body.len() + piece.len() > LIMIT => {
                let said = format!("its answer is longer than {} MiB", LIMIT >> 20);
                return Err(Error::NotAFleet { server: server.clone(), said });
            }
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            Ok(None) => return Ok(body),
            Err(error) => return Err(Error::NoAnswer { server: server.clone(), reason: reason(&error) }),
        }
    }
}

/// The body as JSON.
pub(super) async fn json(server: &Server, answer: Response) -> Result<Value, Error> {
    let body = bytes(server, answer).await?;
    // What says nothing says yes.
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).map_err(|error| not_understood(server, &error))
}

/// A body, or a part of it, that is not what it should be.
pub(super) fn not_understood(server: &Server, error: &serde_json::Error) -> Error {
    Error::NotAFleet {
        server: server.clone(),
        said: format!("its answer is not what was asked for ({error})"),
    }
}

/// What a failed answer says is wrong.
pub(super) async fn problem(server: &Server, answer: Response) -> Error {
    let status = answer.status();
    let body = match bytes(server, answer).await {
        Ok(body) => body,
        Err(error) => return error,
    };
    read_problem(server, status, &body)
}

fn read_problem(server: &Server, status: StatusCode, body: &[u8]) -> Error {
    let read: Option<Problem> = serde_json::from_slice(body).ok();
    match read {
        Some(Problem { code: Some(code), detail, title }) if is_code(&code) => {
            let detail = detail.or(title).unwrap_or_else(|| status.to_string());
            let detail = visible(&detail.chars().take(SHOWN).collect::<String>());
            Error::Problem { status, code, detail }
        }
        // A server that breaks, or what stands before it, may answer otherwise in a moment.
        _ if status.is_server_error() => {
            Error::NoAnswer { server: server.clone(), reason: format!("it answers {status}") }
        }
        _ => {
            Error::NotAFleet { server: server.clone(), said: format!("it answers {status} without a reason") }
        }
    }
}

/// Whether a text can be a code of ours, `area.what`: it becomes part of a file's name on the screen.
fn is_code(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    text.len() <= 64 && text.split_once('.').is_some_and(|(area, what)| word(area) && word(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_keeps_its_code_and_cannot_write_to_the_terminal() {
        let server: Server = "http://127.0.0.1:1".parse().unwrap();
        let body = br#"{"code": "task.not-found", "detail": "no such task\u001b[2J"}"#;
        let error = read_problem(&server, StatusCode::NOT_FOUND, body);
        let Error::Problem { code, detail, .. } = error else { panic!("{error:?}") };
        assert_eq!((code.as_str(), detail.as_str()), ("task.not-found", "no such task\\u{1b}[2J"));
    }

    #[test]
    fn a_failure_that_is_no_problem_of_ours_is_that_of_no_fleet_or_may_pass() {
        let server: Server = "http://127.0.0.1:1".parse().unwrap();
        for body in [&b"<html>"[..], b"{}", br#"{"code": "../../etc.passwd", "detail": "x"}"#] {
            let error = read_problem(&server, StatusCode::NOT_FOUND, body);
            assert!(matches!(error, Error::NotAFleet { .. }), "{error:?}");
            let error = read_problem(&server, StatusCode::BAD_GATEWAY, body);
            assert!(matches!(error, Error::NoAnswer { .. }), "{error:?}");
        }
    }
}
