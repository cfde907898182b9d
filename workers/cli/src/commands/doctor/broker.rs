//! The checks of a fleet's broker: does it answer, is it new enough, does it let the login in, is its topology there.
//!
//! A check that does not hold is the last one: nothing is known of those after it.

use slipway_broker::{ExamineError, examine};

use super::{Check, Status};

/// Looks at the broker at `url`, and changes nothing there.
pub(super) async fn checks(url: &str) -> Vec<Check> {
    match examine(url).await {
        Ok(_) if url.starts_with("memory:") => {
            vec![Check::pass("broker", "it is in the memory of one process; there is no server to look at")]
        }
        Ok(server) => passed(&server, 4),
        Err(error) => {
            let mut checks = held(&error);
            checks.push(problem(&error));
            checks
        }
    }
}

/// The first `steps` checks, which hold.
fn passed(server: &str, steps: usize) -> Vec<Check> {
    let all = [
        Check::pass("broker", format!("{server} answers")),
        Check::pass("broker-version", "RabbitMQ 4.0 or newer"),
        Check::pass("broker-login", "the login is let into its virtual host"),
        Check::pass("broker-topology", "every exchange and queue of broker-config/topology.yaml is there"),
    ];
    all.into_iter().take(steps).collect()
}

/// The checks before the one that does not hold.
fn held(error: &ExamineError) -> Vec<Check> {
    match error {
        ExamineError::Url(_) | ExamineError::Unreachable { .. } => Vec::new(),
        ExamineError::Server { server } => passed(server, 1),
        ExamineError::Login { server, .. } => passed(server, 2),
        ExamineError::Topology { server, .. } => passed(server, 3),
    }
}

fn problem(error: &ExamineError) -> Check {
    let (id, next) = match error {
        ExamineError::Url(_) => ("broker", "slipway doctor --broker amqp://USER:PASSWORD@HOST:5672/slipway"),
        ExamineError::Unreachable { .. } => {
            ("broker", "docker compose up -d --wait rabbitmq, or name the right server with --broker")
        }
        ExamineError::Server { .. } => (
            "broker-version",
            "use the image that compose.yaml names, or upgrade: https://www.rabbitmq.com/docs/upgrade",
        ),
        ExamineError::Login { .. } => (
            "broker-login",
            "mend user, password or virtual host of the URL; docs/reference/broker.md lists the logins",
        ),
        ExamineError::Topology { .. } => (
            "broker-topology",
            "docker compose restart coordinator, which makes what is missing; docs/errors/broker.topology.md says more",
        ),
    };
    Check::problem(id, Status::Fail, slipway_worker::chain(error), next)
}
