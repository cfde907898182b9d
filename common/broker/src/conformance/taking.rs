//! Checks of taking and settling.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Bench, is_quiet, message, options, queue, take, taking, text, to_agent};
use crate::topology::built_in;
use crate::{Address, QueueName, Reason, dead_letter};

async fn send(bench: &dyn Bench, names: &[&str]) {
    let coordinator = bench.coordinator(options("publisher"));
    let outcomes = coordinator.publish_all(names.iter().map(|name| to_agent("tester", name)).collect()).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

pub(super) async fn no_more_is_given_out_than_the_prefetch(bench: &dyn Bench) {
    send(bench, &["a", "b", "c"]).await;
    let worker = bench.worker(options("worker"));
    let mut consumer = taking(&worker, &queue("tester"), 2).await;
    let first = take(&mut consumer).await;
    let _second = take(&mut consumer).await;
    assert!(is_quiet(&mut consumer).await, "a third came while two were held");
    first.ack().await.expect("the session goes on");
    assert_eq!(text(&take(&mut consumer).await), "c");
}

pub(super) async fn what_is_ready_is_taken_without_waiting(bench: &dyn Bench) {
    let worker = bench.worker(options("worker"));
    let mut consumer = taking(&worker, &queue("tester"), 10).await;
    assert!(consumer.ready(10).is_empty());
    send(bench, &["a", "b", "c", "d"]).await;
    let first = take(&mut consumer).await;
    let mut rest = consumer.ready(2);
    assert!(rest.len() <= 2, "{}", rest.len());
    while rest.len() < 3 {
        rest.push(take(&mut consumer).await);
    }
    let texts: Vec<String> = std::iter::once(&first).chain(&rest).map(text).collect();
    assert_eq!(texts, ["a", "b", "c", "d"]);
}

pub(super) async fn a_released_or_dropped_message_comes_again_and_says_so(bench: &dyn Bench) {
    send(bench, &["a"]).await;
    let worker = bench.worker(options("worker"));
    let mut consumer = taking(&worker, &queue("tester"), 1).await;
    let fresh = take(&mut consumer).await;
    assert!(!fresh.redelivered);
    fresh.release().await.expect("the session goes on");
    let released = take(&mut consumer).await;
    assert!(released.redelivered);
    assert_eq!(text(&released), "a");
    drop(released);
    let dropped = take(&mut consumer).await;
    assert!(dropped.redelivered);
    dropped.ack().await.expect("the session goes on");
    assert!(is_quiet(&mut consumer).await, "an acknowledged message came again");
}

pub(super) async fn a_consumer_that_is_dropped_leaves_what_it_gave_out_to_be_settled(bench: &dyn Bench) {
    send(bench, &["a", "b", "c"]).await;
    let worker = bench.worker(options("worker"));
    let mut consumer = taking(&worker, &queue("tester"), 3).await;
    let held = take(&mut consumer).await;
    drop(consumer);
    let another = bench.worker(options("other"));
    let mut other = taking(&another, &queue("tester"), 5).await;
    let returned = [take(&mut other).await, take(&mut other).await];
    let mut texts: Vec<String> = returned.iter().map(text).collect();
    texts.sort();
    assert_eq!(texts, ["b", "c"]);
    held.ack().await.expect("the session goes on, though the consumer does not");
    assert!(is_quiet(&mut other).await, "an acknowledged message came again");
}

pub(super) async fn a_rejected_message_keeps_its_bytes_and_gets_its_reason(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("coordinator"));
    let bytes = Bytes::from_static(b"\xff\x00 not text");
    let mut bad = message(Address::Tasks, "bad-1", bytes.clone());
    bad.headers =
        BTreeMap::from([("sender".into(), "me".into()), (dead_letter::REASON.into(), "forged".into())]);
    coordinator.publish(bad).await.expect("the queue is there");
    let mut tasks = taking(&coordinator, &QueueName::Tasks, 1).await;
    let reason = Reason { code: "intake.not-utf8".into(), detail: "byte 0 is no UTF-8".into() };
    take(&mut tasks).await.reject(&reason).await.expect("the session goes on");
    let mut dead = taking(&coordinator, &QueueName::DeadLetter, 1).await;
    let delivery = take(&mut dead).await;
    assert_eq!(delivery.body, bytes);
    assert_eq!(delivery.id.as_deref(), Some("bad-1"));
    assert_eq!(delivery.content_type.as_deref(), Some("application/json"));
    let headers = &delivery.headers;
    assert_eq!(headers[dead_letter::REASON_CODE], reason.code);
    assert_eq!(headers[dead_letter::REASON], reason.detail);
    assert_eq!(headers[dead_letter::ORIGIN], "tasks");
    assert_eq!(headers["sender"], "me");
    assert_eq!(headers["original-slipway-reason"], "forged");
    assert!(headers.contains_key(dead_letter::TIME));
    delivery.ack().await.expect("the session goes on");
    assert!(is_quiet(&mut tasks).await, "a rejected message came again");
}

pub(super) async fn a_long_message_is_set_aside_cut_off_with_its_digest(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("coordinator"));
    let half = built_in().max_message_bytes / 2;
    let long = vec![b'x'; built_in().max_message_bytes];
    coordinator.publish(message(Address::Tasks, "long", long)).await.expect("the queue is there");
    let mut tasks = taking(&coordinator, &QueueName::Tasks, 1).await;
    let reason = Reason { code: "intake.too-large".into(), detail: "too large".into() };
    take(&mut tasks).await.reject(&reason).await.expect("the session goes on");
    let mut dead = taking(&coordinator, &QueueName::DeadLetter, 1).await;
    let delivery = take(&mut dead).await;
    assert_eq!(delivery.body.len(), half);
    assert_eq!(delivery.headers[dead_letter::LENGTH], built_in().max_message_bytes.to_string());
    assert_eq!(delivery.headers[dead_letter::SHA256].len(), 64);
    delivery.ack().await.expect("the session goes on");
}
