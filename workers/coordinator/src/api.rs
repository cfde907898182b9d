//! The HTTP surface: how people and programs ask about tasks and say what is to be done. `docs/reference/api.md` tells
//! of it; any coordinator answers questions, and only the leading one does anything.
//!
//! Nothing is decided here: reading goes to the store, doing goes through a [`CommandSender`]. Open `api/tasks.rs` for
//! tasks, `say.rs` for what is said to them, `feed.rs` for the live feed, `results.rs` for what a task left behind,
//! `guard.rs` for who is let in while there is no login, `problem.rs` for how no is said.

mod events;
mod extract;
mod feed;
mod fleet;
mod guard;
mod listen;
mod problem;
mod results;
mod say;
mod tasks;
mod views;

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use slipway_git_store as git;
use slipway_protocol::AgentId;
use slipway_store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::command::CommandSender;
use crate::intake::Rate;
use guard::Hosts;
pub use listen::{Bound, Connection, Error, bind, check};
use problem::Problem;

/// How long an answer may take to begin. A command is given less.
const PATIENCE: Duration = Duration::from_secs(25);

/// What the HTTP surface is made of.
#[derive(Debug)]
pub struct Setup {
    /// Where it reads. Better one of its own, so that many readers do not slow the leader's ticks.
    pub store: Store,
    /// Where it has things done.
    pub commands: CommandSender,
    /// Changes whenever this process has committed something; on a standby never.
    pub commits: watch::Receiver<u64>,
    /// The tasks' repositories, for artefacts and patches.
    pub repositories: git::Store,
    /// The URL below which people clone the repositories that the fleet made, such as `http://127.0.0.1:8002`.
    pub repositories_url: String,
    /// How many tasks are taken; shared with the queue.
    pub rate: Arc<Rate>,
    /// Further names under which it may be reached, besides those of loopback.
    pub hosts: Vec<String>,
    /// The agents that there are.
    pub agents: Vec<AgentId>,
    /// Ends the live feeds when it is cancelled.
    pub stop: CancellationToken,
}

/// What every handler is given.
type Api = Arc<Setup>;

/// The routes of an HTTP surface.
pub fn router(setup: Setup) -> Router {
    let hosts = Hosts::new(&setup.hosts);
    Router::new()
        .route("/api/tasks", get(tasks::list).post(tasks::create))
        .route("/api/tasks/{task}", get(tasks::show))
        .route("/api/tasks/{task}/{verb}", post(say::to_task))
        .route("/api/tasks/{task}/events", get(events::list))
        .route("/api/tasks/{task}/feed", get(feed::of_task))
        .route("/api/tasks/{task}/artefacts", get(results::artefacts))
        .route("/api/tasks/{task}/artefacts/{*name}", get(results::artefact))
        .route("/api/tasks/{task}/logs", get(results::logs))
        .route("/api/tasks/{task}/diff", get(results::diff))
        .route("/api/feed", get(feed::of_all))
        .route("/api/fleet", get(fleet::show))
        .route("/api/fleet/{verb}", post(say::to_fleet))
        .route("/api/agents/{agent}/{verb}", post(say::to_agent))
        .fallback(async || Problem::no_route())
        .method_not_allowed_fallback(no_method)
        .layer(from_fn(bounded))
        .layer(from_fn_with_state(hosts, guard::guard))
        .layer(from_fn(count))
        .with_state(Arc::new(setup))
}

/// Answers on `bound` until `stop` is cancelled and what was being answered is answered. The feeds end by
/// [`Setup::stop`], so give both the same token.
pub async fn serve(bound: Bound, router: Router, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(bound, router).with_graceful_shutdown(stop.cancelled_owned()).into_future().await
}

async fn no_method() -> Problem {
    let detail = "this path has other methods; the header Allow names them";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "api.method", detail)
}

/// Gives up on an answer that does not begin in time.
async fn bounded(request: Request, next: Next) -> Response {
    tokio::time::timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| {
        let detail = "the coordinator did not answer in time; saying it again is safe";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "api.timeout", detail).after(2).into_response()
    })
}

async fn count(request: Request, next: Next) -> Response {
    let method = if request.method().is_safe() { "read" } else { "write" };
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("slipway_api_requests_total", "kind" => method, "status" => status).increment(1);
    response
}
