//! The small server that answers questions about a process. It has no state of its own, takes no input, and says
//! nothing that is secret; it goes on answering while the process stops.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Health, Metrics};
use crate::{Lifecycle, TaskKind};

/// How often measurements are folded, whether or not anyone reads them.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// A health server that cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken, or not this machine's, or not allowed.
    #[error("cannot listen on {listen} for health and metrics; choose another address with health.listen")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It stopped by itself.
    #[error("the health server on {listen} ended")]
    Serve {
        /// The address.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// The stable code, as in `docs/errors/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Listen { .. } | Self::Serve { .. } => "health.listen",
        }
    }
}

/// A health server that has its address and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Takes the address; port 0 takes a free one.
    pub async fn bind(listen: SocketAddr) -> Result<Self, Error> {
        let failed = |source| Error::Listen { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// The address that it has.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is cancelled. Give it the token that is cancelled last, so that a process that stops can
    /// still say so; [`Health::stops_with`] is for the first one.
    pub async fn run(self, health: Health, metrics: Metrics, stop: CancellationToken) -> Result<(), Error> {
        let listen = self.address;
        let routes = router(health, metrics.clone());
        tokio::select! {
            ended = async { axum::serve(self.listener, routes).await } => {
                ended.map_err(|source| Error::Serve { listen, source })
            }
            () = tidy(&metrics) => Ok(()),
            () = stop.cancelled() => Ok(()),
        }
    }
}

/// Takes the address `listen` and answers on it until `stop` is cancelled.
pub async fn serve(
    listen: SocketAddr,
    health: Health,
    metrics: Metrics,
    stop: CancellationToken,
) -> Result<(), Error> {
    Server::bind(listen).await?.run(health, metrics, stop).await
}

/// Starts a process's health server: it answers until the hard stop, and says "not ready" from the soft one on. Gives
/// the address that it took.
pub async fn start(
    life: &Lifecycle,
    listen: SocketAddr,
    health: &Health,
    metrics: &Metrics,
) -> Result<SocketAddr, Error> {
    let server = Server::bind(listen).await?;
    let address = server.address();
    health.stops_with(life.soft());
    let running = server.run(health.clone(), metrics.clone(), life.hard().clone());
    life.spawn(TaskKind::Health, async move {
        if let Err(error) = running.await {
            tracing::error!(error = &error as &dyn std::error::Error, "health server");
        }
    });
    Ok(address)
}

async fn tidy(metrics: &Metrics) {
    loop {
        tokio::time::sleep(TIDY_EVERY).await;
        metrics.tidy();
    }
}

fn router(health: Health, metrics: Metrics) -> Router {
    Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(show_metrics))
        .with_state((health, metrics))
}

async fn readyz(State((health, _)): State<(Health, Metrics)>) -> Response {
    let readiness = health.readiness();
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(readiness)).into_response()
}

async fn show_metrics(State((health, metrics)): State<(Health, Metrics)>) -> Response {
    let media_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (media_type, metrics.render(&health)).into_response()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::health::probe;

    const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    async fn started(life: &Lifecycle, health: &Health) -> SocketAddr {
        start(life, ANY, health, &Metrics::install()).await.unwrap()
    }

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let question = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(question.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_process_that_cannot_work_lives_and_is_not_ready() {
        let (life, health) = (Lifecycle::new(Duration::from_secs(1)), Health::new("tester", "1.2.3"));
        let address = started(&life, &health).await;
        let broker = health.check("broker");
        broker.failing("connection refused");
        health.detail("agents", "tester");
        assert!(get(address, "/livez").await.starts_with("HTTP/1.1 200"));
        let answer = get(address, "/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        for part in ["\"process\":\"tester\"", "\"version\":\"1.2.3\"", "connection refused", "\"agents\""] {
            assert!(answer.contains(part), "{part} is not in {answer}");
        }
        assert!(!probe(address).await);
        broker.ready();
        assert!(probe(address).await);
        life.hard().cancel();
    }

    #[tokio::test]
    async fn a_process_that_stops_still_answers_and_the_shutdown_does_not_wait_for_the_server() {
        let (life, health) = (Lifecycle::new(Duration::from_mins(5)), Health::new("tester", "1.2.3"));
        let address = started(&life, &health).await;
        life.soft().cancel();
        let answer = get(address, "/readyz").await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("stopping"), "{answer}");
        assert!(life.shut_down().await);
    }

    #[tokio::test]
    async fn metrics_show_what_was_counted_the_checks_and_the_process() {
        let (life, health) = (Lifecycle::new(Duration::from_secs(1)), Health::new("tester", "1.2.3"));
        health.check("broker").ready();
        let address = started(&life, &health).await;
        metrics::counter!("slipway_test_total", "kind" => "a").increment(2);
        metrics::histogram!("slipway_test_seconds").record(0.3);
        let answer = get(address, "/metrics").await;
        for line in [
            "slipway_test_total{kind=\"a\"} 2",
            "slipway_test_seconds_bucket{le=\"0.5\"} 1",
            "slipway_check_ready{check=\"broker\"} 1",
            "slipway_build_info{process=\"tester\",version=\"1.2.3\"} 1",
            "process_resident_memory_bytes ",
            "process_open_fds ",
        ] {
            assert!(answer.contains(line), "{line} is not in {answer}");
        }
        life.hard().cancel();
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_told_at_once_with_the_setting_that_changes_it() {
        let taken = Server::bind(ANY).await.unwrap();
        let health = Health::new("tester", "1.2.3");
        let error = serve(taken.address(), health, Metrics::install(), CancellationToken::new())
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(&taken.address().to_string()) && error.contains("health.listen"), "{error}");
    }

    #[tokio::test]
    async fn nobody_behind_an_address_is_not_ready() {
        let address = Server::bind(ANY).await.unwrap().address();
        assert!(!probe(address).await);
    }
}
