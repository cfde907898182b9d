//! What can go wrong between this program and a fleet, and how it ends the program.

use reqwest::StatusCode;

use super::server::Server;
use crate::exit::{Exit, Failure};

/// A request that did not come to what was asked.
#[derive(Debug)]
pub(crate) enum Error {
    /// The HTTP client could not be made.
    Client {
        /// Why.
        source: reqwest::Error,
    },
    /// No connection was made: nothing was sent.
    Unreachable {
        /// Where.
        server: Server,
        /// Why.
        source: reqwest::Error,
    },
    /// The request was sent, or part of it, and no whole answer came.
    NoAnswer {
        /// Where.
        server: Server,
        /// Why.
        reason: String,
    },
    /// The request may have been carried out, or may yet be, and nobody said so.
    InDoubt {
        /// Where.
        server: Server,
        /// Why.
        reason: String,
    },
    /// The server says what is wrong.
    Problem {
        /// The answer's status.
        status: StatusCode,
        /// The problem's stable code.
        code: String,
        /// What is wrong, and the way out.
        detail: String,
    },
    /// The fleet has no such task, or none at all.
    NoTask {
        /// Where.
        server: Server,
        /// What was named; the newest task, if nothing was.
        wanted: Option<String>,
    },
    /// What answers there does not speak as a fleet does.
    NotAFleet {
        /// Where.
        server: Server,
        /// What it said instead.
        said: String,
    },
    /// The task goes through a workflow that this program does not have, and so cannot be followed.
    OtherWorkflow {
        /// Where.
        server: Server,
        /// Why.
        reason: String,
    },
}

impl Error {
    /// An error of a request whose answer did not come.
    pub(super) fn unanswered(server: &Server, source: reqwest::Error) -> Self {
        let server = server.clone();
        if source.is_connect() {
            return Self::Unreachable { server, source };
        }
        Self::NoAnswer { server, reason: reason(&source) }
    }

    /// The same error of a request that changes something.
    pub(super) fn in_doubt(self, at: &Server) -> Self {
        match self {
            Self::NoAnswer { reason, .. } => Self::InDoubt { server: at.clone(), reason },
            other => other,
        }
    }

    /// Whether the same may be had by asking again.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NoAnswer { .. } | Self::InDoubt { .. } => true,
            Self::Problem { status, .. } => status.is_server_error() || super::is_busy(*status),
            Self::Client { .. }
            | Self::NoTask { .. }
            | Self::NotAFleet { .. }
            | Self::OtherWorkflow { .. } => false,
        }
    }

    /// Whether something may have come of the request all the same.
    pub(super) fn may_have_been_done(&self) -> bool {
        match self {
            Self::NoAnswer { .. } | Self::InDoubt { .. } => true,
            Self::Problem { status, .. } => status.is_server_error(),
            Self::Client { .. }
            | Self::Unreachable { .. }
            | Self::NoTask { .. }
            | Self::NotAFleet { .. }
            | Self::OtherWorkflow { .. } => false,
        }
    }

    /// What happened, in words that may stand within a sentence.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Client { source } | Self::Unreachable { source, .. } => reason(source),
            Self::NoAnswer { reason, .. }
            | Self::InDoubt { reason, .. }
            | Self::OtherWorkflow { reason, .. } => reason.clone(),
            Self::Problem { detail, .. } => detail.clone(),
            Self::NoTask { wanted: Some(wanted), .. } => format!("there is no task {wanted:?}"),
            Self::NoTask { wanted: None, .. } => "there is no task yet".into(),
            Self::NotAFleet { said, .. } => said.clone(),
        }
    }
}

/// An error of the HTTP client and its causes, without the URL that the message names anyway.
pub(super) fn reason(error: &reqwest::Error) -> String {
    use std::error::Error as _;
    if error.is_timeout() {
        return "it did not answer in time".into();
    }
    error.source().map_or_else(|| error.to_string(), slipway_worker::chain)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let why = error.reason();
        match error {
            Error::Client { .. } => Self::new(Exit::Failed, "cli.runtime", why),
            Error::Unreachable { server, .. } | Error::NoAnswer { server, .. } => {
                let message = format!(
                    "no fleet answers at {server}: {why}. Is the fleet up? `docker compose up` starts one"
                );
                Self::new(Exit::Environment, "fleet.unreachable", message)
            }
            Error::InDoubt { server, .. } => {
                let message = format!(
                    "whether {server} did it is not known: {why}. `slipway show` tells; doing it again does no harm"
                );
                Self::new(Exit::Environment, "fleet.outcome-unknown", message)
            }
            Error::Problem { status, code, detail } => Self::new(exit_of(status, &code), &code, detail),
            Error::NoTask { server, wanted: None } => {
                let message = format!("{why} at {server}; `slipway submit \"build a todo app\"` makes one");
                Self::not_found("task.not-found", message)
            }
            Error::NoTask { server, .. } => {
                Self::not_found("task.not-found", format!("{why} at {server}; `slipway list` shows them"))
            }
            Error::NotAFleet { server, .. } => {
                let message = format!(
                    "what answers at {server} is no fleet that this program knows: {why}. Look at the address, and at \
                     the versions of both"
                );
                Self::new(Exit::Environment, "fleet.bad-answer", message)
            }
            Error::OtherWorkflow { server, .. } => {
                let message = format!(
                    "the task cannot be followed: {why}. Use the version of slipway that {server} has; `list`, \
                     `show` and `diff` work with this one"
                );
                Self::new(Exit::Environment, "fleet.other-workflow", message)
            }
        }
    }
}

/// The exit code that a problem ends the program with.
fn exit_of(status: StatusCode, code: &str) -> Exit {
    match status {
        // A name that means several tasks is wrong usage, wherever they are kept.
        _ if code == "task.ambiguous" => Exit::Usage,
        StatusCode::NOT_FOUND => Exit::NotFound,
        StatusCode::CONFLICT => Exit::Conflict,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE => {
            Exit::Environment
        }
        StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => Exit::Environment,
        status if status.is_client_error() => Exit::Usage,
        _ => Exit::Failed,
    }
}
