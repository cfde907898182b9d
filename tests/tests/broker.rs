//! The broker's backends: what both must do, and what RabbitMQ alone can show.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "broker/benches.rs"]
mod benches;
#[path = "broker/drift.rs"]
mod drift;
#[path = "broker/rabbitmq.rs"]
mod rabbitmq;

use benches::{Memory, RabbitMq};
use slipway_broker::conformance::{Bench, CHECKS, LIMIT};

async fn pass_every_check(bench: &dyn Bench) {
    for check in CHECKS {
        eprintln!("{}", check.name);
        bench.empty().await;
        let ended = tokio::time::timeout(LIMIT, (check.run)(bench)).await;
        assert!(ended.is_ok(), "{} did not end within {LIMIT:?}", check.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_backend_passes_every_check() {
    pass_every_check(&Memory::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rabbitmq_backend_passes_every_check() {
    pass_every_check(&RabbitMq::new().await).await;
}
