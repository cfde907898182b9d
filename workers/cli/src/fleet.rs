//! The fleet as the command line sees it: one coordinator behind a URL, asked over HTTP.
//!
//! Here is how a request is sent and an answer is read; what to ask for is in `fleet/tasks.rs`, the live feed in
//! `fleet/feed.rs`. Nothing is printed here, and nothing here decides what happens to a task.

mod body;
mod error;
#[cfg(test)]
mod fake_server;
mod feed;
mod mirror;
mod server;
mod sse;
#[cfg(test)]
mod story;
mod tasks;
#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::header::{ACCEPT, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use slipway_runtime::retry::RetryPolicy;
use slipway_worker::summary::Reach;

pub(crate) use error::Error;
pub(crate) use feed::{Feed, Step};
pub(crate) use mirror::{Mirror, Shown};
pub(crate) use server::{BadServer, Server};
pub(crate) use tasks::FleetTask;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// How long an answer may keep silent. The coordinator gives a command fifteen seconds.
const ANSWER: Duration = Duration::from_secs(30);

/// A server that is busy says when to ask again; no longer than this is waited.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How long the program goes on trying.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a request that may be sent again.
    pub(crate) request: RetryPolicy,
    /// Between attempts to take the live feed up again.
    pub(crate) feed: RetryPolicy,
    /// How long the live feed may keep silent; the server sends a sign of life every fifteen seconds.
    pub(crate) silence: Duration,
    /// How long nothing may happen before the task itself is asked for.
    pub(crate) idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let feed = RetryPolicy {
            first: Duration::from_millis(250),
            longest: Duration::from_secs(5),
            factor: 2.0,
            retries: Some(100),
        };
        Self {
            request: RetryPolicy { longest: Duration::from_secs(3), retries: Some(8), ..feed },
            feed,
            silence: Duration::from_secs(45),
            idle: Duration::from_secs(5),
        }
    }
}

/// A fleet, reached at its coordinator.
#[derive(Debug)]
pub(crate) struct Fleet {
    server: Server,
    http: reqwest::Client,
    patience: Patience,
    flags: String,
}

impl Fleet {
    /// The fleet at `server`; `flags` is what a command must end with to reach it too, or empty.
    ///
    /// # Errors
    ///
    /// The HTTP client cannot be made.
    pub(crate) fn new(server: Server, flags: String, patience: Patience) -> Result<Self, Error> {
        // No proxy: a fleet is on this machine or near it, and a proxy of the environment would not find it.
        let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = builder
            .connect_timeout(CONNECT)
            .user_agent(concat!("slipway/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| Error::Client { source })?;
        Ok(Self { server, http, patience, flags })
    }

    /// Where it is.
    pub(crate) const fn server(&self) -> &Server {
        &self.server
    }

    /// How long the program goes on trying.
    pub(crate) const fn patience(&self) -> &Patience {
        &self.patience
    }

    /// How the commands that a summary names reach a task of this fleet.
    pub(crate) fn reach(&self) -> Reach {
        Reach::Fleet { flags: self.flags.clone() }
    }

    /// A command line that reaches this fleet.
    pub(crate) fn command(&self, words: &str) -> String {
        if self.flags.is_empty() {
            format!("slipway {words}")
        } else {
            format!("slipway {words} {}", self.flags)
        }
    }

    async fn get(&self, path: &str, accept: &str) -> Result<Response, Error> {
        let request = || self.request(Method::GET, path).header(ACCEPT, accept).timeout(ANSWER);
        self.patiently(request).await
    }

    async fn get_json(&self, path: &str) -> Result<Value, Error> {
        body::json(&self.server, self.get(path, "application/json").await?).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        let sent = self.request(Method::POST, path).json(body).timeout(ANSWER);
        let done = async { body::json(&self.server, self.good(self.send(sent).await?).await?).await };
        done.await.map_err(|error| error.in_doubt(&self.server))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.server.url(path))
    }

    /// Sends a request that changes nothing, again while the server says that it is busy.
    async fn patiently(&self, request: impl Fn() -> RequestBuilder) -> Result<Response, Error> {
        for delay in self.patience.request.delays() {
            let answer = self.send(request()).await?;
            if !is_busy(answer.status()) {
                return self.good(answer).await;
            }
            tokio::time::sleep(retry_after(&answer).unwrap_or(delay)).await;
        }
        self.good(self.send(request()).await?).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        request.send().await.map_err(|source| Error::unanswered(&self.server, source))
    }

    /// The answer, if it is a success; else what the server says went wrong.
    async fn good(&self, answer: Response) -> Result<Response, Error> {
        if answer.status().is_success() { Ok(answer) } else { Err(body::problem(&self.server, answer).await) }
    }
}

/// Whether the same request may be answered otherwise in a moment: another coordinator leads, or too many ask.
fn is_busy(status: StatusCode) -> bool {
    matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS)
}

/// How long the server asks to wait, within reason.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}
