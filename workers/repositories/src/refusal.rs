//! What a client is told when it does not get what it asks for; what an operator should know of it goes to the log.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::exchange::Error;
use crate::folder;

/// A refusal: a status, a stable code, and a line for whoever reads it.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    text: String,
}

impl Refusal {
    /// A refusal of these three.
    pub(crate) fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, format!("{}: {}\n", self.code, self.text)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = "Basic realm=\"slipway repositories\", charset=\"UTF-8\"";
            headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static(challenge));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        }
        response
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "git.too-large", text),
            Error::NotGzip => Self::new(StatusCode::BAD_REQUEST, "git.request", text),
            Error::TimedOut => Self::new(StatusCode::REQUEST_TIMEOUT, "git.timed-out", text),
            Error::BrokenOff => Self::new(StatusCode::SERVICE_UNAVAILABLE, "git.busy", text),
            Error::Starting(_) | Error::Failed(_) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "git failed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "git.service",
                    "git failed; the service's log says why",
                )
            }
        }
    }
}

impl From<folder::Error> for Refusal {
    fn from(error: folder::Error) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "the data folder");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "git.service",
            "the data folder failed; the service's log says why",
        )
    }
}
