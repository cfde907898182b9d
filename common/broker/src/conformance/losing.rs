//! Checks of what happens when sessions, queues and whole brokers are lost.

use std::time::Duration;

use super::{Bench, agent, options, queue, take, taking, text, to_agent};
use crate::{AckError, Options, PublishError, Status};

pub(super) async fn what_was_not_acknowledged_comes_again_after_a_lost_session(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("publisher"));
    let worker = bench.worker(options("worker"));
    let names = ["a", "b", "c"];
    coordinator.publish_all(names.iter().map(|name| to_agent("reviewer", name)).collect()).await;
    let mut consumer = taking(&worker, &queue("reviewer"), 10).await;
    let mut held = Vec::new();
    for _ in names {
        held.push(take(&mut consumer).await);
    }
    held.remove(0).ack().await.expect("the session goes on");
    bench.break_sessions().await;
    assert!(consumer.next().await.is_none(), "the consumer outlived its session");
    let mut again = taking(&worker, &queue("reviewer"), 10).await;
    for name in &names[1..] {
        let delivery = take(&mut again).await;
        assert_eq!(&text(&delivery), name);
        assert!(delivery.redelivered, "{name} does not say that it was given out before");
        delivery.ack().await.expect("the new session goes on");
    }
}

pub(super) async fn an_acknowledgement_of_a_lost_session_is_stale(bench: &dyn Bench) {
    let worker = bench.worker(options("worker"));
    let coordinator = bench.coordinator(options("publisher"));
    coordinator.publish(to_agent("reviewer", "a")).await.expect("the queue is there");
    let mut consumer = taking(&worker, &queue("reviewer"), 1).await;
    let old = take(&mut consumer).await;
    bench.break_sessions().await;
    assert!(consumer.next().await.is_none(), "the consumer outlived its session");
    assert_eq!(old.ack().await, Err(AckError::Stale));
    let mut again = taking(&worker, &queue("reviewer"), 1).await;
    let delivery = take(&mut again).await;
    assert_eq!(text(&delivery), "a");
    delivery.ack().await.expect("the new session goes on");
}

pub(super) async fn a_publish_waits_for_a_session_and_then_says_that_there_is_none(bench: &dyn Bench) {
    let coordinator =
        bench.coordinator(Options { publish_wait: Duration::from_secs(2), ..Options::named("publisher") });
    while coordinator.publish(to_agent("coder", "first")).await.is_err() {}
    bench.stop().await;
    // A confirm that was on its way may be lost; after that the session is known to be gone.
    let outcome = loop {
        match coordinator.publish(to_agent("coder", "second")).await {
            Err(PublishError::Lost) => {}
            other => break other,
        }
    };
    assert!(matches!(outcome, Err(PublishError::Down(_))), "{outcome:?}");
    assert!(matches!(coordinator.status(), Status::Down { .. }), "{:?}", coordinator.status());
    bench.start().await;
}

pub(super) async fn a_publish_waits_for_a_session_that_comes(bench: &dyn Bench) {
    let coordinator =
        bench.coordinator(Options { publish_wait: Duration::from_mins(1), ..Options::named("publisher") });
    bench.stop().await;
    let publish = async {
        while let Err(error) = coordinator.publish(to_agent("coder", "a")).await {
            assert_eq!(error, PublishError::Lost);
        }
    };
    tokio::join!(publish, bench.start());
    assert!(matches!(coordinator.status(), Status::Up { .. }), "{:?}", coordinator.status());
}

pub(super) async fn a_wiped_broker_gets_the_queues_of_agents_that_were_declared(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("coordinator"));
    coordinator.declare_topology(&[agent("poet")]).await.expect("the topology is ours");
    coordinator.publish(to_agent("poet", "before")).await.expect("the queue is there");
    let worker = bench.worker(options("worker"));
    let mut consumer = taking(&worker, &queue("poet"), 1).await;
    assert_eq!(text(&take(&mut consumer).await), "before");
    bench.wipe().await;
    assert!(consumer.next().await.is_none(), "the consumer outlived the broker's disk");
    let publish = async {
        while let Err(error) = coordinator.publish(to_agent("poet", "after")).await {
            assert_ne!(
                error,
                PublishError::Unroutable("dispatch/poet".into()),
                "the queue was not declared again"
            );
        }
    };
    let (mut consumer, ()) = tokio::join!(async { taking(&worker, &queue("poet"), 1).await }, publish);
    let delivery = take(&mut consumer).await;
    assert_eq!(text(&delivery), "after");
    delivery.ack().await.expect("the session goes on");
}

pub(super) async fn a_consumer_of_a_deleted_queue_ends_and_the_queue_comes_back(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("coordinator"));
    coordinator.declare_topology(&[]).await.expect("the topology is ours");
    let worker = bench.worker(options("worker"));
    let mut consumer = taking(&worker, &queue("deployer"), 1).await;
    bench.delete_queue("agent.deployer").await;
    assert!(consumer.next().await.is_none(), "the consumer outlived its queue");
    let declare = async { coordinator.declare_topology(&[]).await.expect("the topology is ours") };
    let (mut consumer, ()) = tokio::join!(async { taking(&worker, &queue("deployer"), 1).await }, declare);
    coordinator.publish(to_agent("deployer", "a")).await.expect("the queue is back");
    let delivery = take(&mut consumer).await;
    assert_eq!(text(&delivery), "a");
    delivery.ack().await.expect("the session goes on");
}

pub(super) async fn a_closed_handle_gives_back_what_it_took(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("publisher"));
    coordinator.publish(to_agent("planner", "a")).await.expect("the queue is there");
    let worker = bench.worker(options("worker"));
    let mut consumer = taking(&worker, &queue("planner"), 1).await;
    let held = take(&mut consumer).await;
    worker.close().await;
    assert!(worker.consume(&queue("planner"), 1).await.is_err());
    assert!(matches!(worker.publish(to_agent("planner", "b")).await, Err(PublishError::Down(_))));
    let another = bench.worker(options("other"));
    let mut other = taking(&another, &queue("planner"), 1).await;
    let delivery = take(&mut other).await;
    assert!(delivery.redelivered);
    delivery.ack().await.expect("the session goes on");
    assert_eq!(held.ack().await, Err(AckError::Stale));
}
