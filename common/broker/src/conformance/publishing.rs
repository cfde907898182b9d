//! Checks of publishing: order, content, and an answer of its own for each message.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::join_all;

use super::{Bench, agent, message, options, queue, take, taking, text, to_agent};
use crate::topology::built_in;
use crate::{Address, PublishError, QueueName};

pub(super) async fn what_one_publisher_sends_is_taken_in_its_order(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("publisher"));
    let names: Vec<String> = (0..300).map(|number| format!("m-{number}")).collect();
    for part in names.chunks(100) {
        let batch = part.iter().map(|name| to_agent("coder", name)).collect();
        let outcomes = coordinator.publish_all(batch).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }
    let worker = bench.worker(options("consumer"));
    let mut consumer = taking(&worker, &queue("coder"), 50).await;
    for name in &names {
        let delivery = take(&mut consumer).await;
        assert_eq!(&text(&delivery), name);
        assert_eq!(delivery.id.as_ref(), Some(name));
        assert!(!delivery.redelivered);
        delivery.ack().await.expect("the session goes on");
    }
}

pub(super) async fn bodies_and_text_headers_arrive_as_they_were_sent(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("publisher"));
    let binary: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let bodies = [Bytes::new(), Bytes::from(binary), Bytes::from(vec![b'x'; 500 * 1024])];
    let worker = bench.worker(options("consumer"));
    let mut consumer = taking(&worker, &queue("coder"), 1).await;
    for body in bodies {
        let mut sent = message(Address::Agent(agent("coder")), "m", body);
        sent.headers = BTreeMap::from([("a".into(), "ä \"quoted\"".into()), ("empty".into(), String::new())]);
        sent.correlation = Some("c-1".into());
        coordinator.publish(sent.clone()).await.expect("the queue is there");
        let delivery = take(&mut consumer).await;
        assert!(delivery.body == sent.body, "{} bytes arrived of {}", delivery.body.len(), sent.body.len());
        assert_eq!(delivery.headers, sent.headers);
        assert_eq!(delivery.correlation, sent.correlation);
        assert_eq!(delivery.content_type.as_ref(), Some(&sent.content_type));
        delivery.ack().await.expect("the session goes on");
    }
}

pub(super) async fn an_unroutable_message_is_told_from_its_neighbours_in_a_batch(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("publisher"));
    for round in 0..20 {
        let lost = |number: usize| (number + round).is_multiple_of(7);
        let batch = (0..200).map(|number| {
            let to = if lost(number) { "nobody" } else { "coder" };
            to_agent(to, &format!("m-{round}-{number}"))
        });
        let outcomes = coordinator.publish_all(batch.collect()).await;
        for (number, outcome) in outcomes.iter().enumerate() {
            let expected =
                if lost(number) { Err(PublishError::Unroutable("dispatch/nobody".into())) } else { Ok(()) };
            assert_eq!(outcome, &expected, "message {number} of round {round}");
        }
    }
}

pub(super) async fn a_message_that_is_too_large_is_refused_and_its_neighbours_arrive(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("publisher"));
    let large = vec![b'x'; built_in().max_message_bytes + 1];
    let batch = vec![
        to_agent("coder", "one"),
        message(Address::Agent(agent("coder")), "large", large),
        to_agent("coder", "two"),
    ];
    let outcomes = coordinator.publish_all(batch).await;
    assert!(matches!(outcomes[..], [Ok(()), Err(PublishError::Refused { .. }), Ok(())]), "{outcomes:?}");
    let worker = bench.worker(options("consumer"));
    let mut consumer = taking(&worker, &queue("coder"), 5).await;
    for name in ["one", "two"] {
        let delivery = take(&mut consumer).await;
        assert_eq!(text(&delivery), name);
        delivery.ack().await.expect("the session goes on");
    }
}

pub(super) async fn many_publishers_at_once_each_get_their_own_answers(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("publisher"));
    let publishes = (0..40).map(|number| {
        let to = if number % 2 == 0 { "coder" } else { "nobody" };
        let batch = (0..10).map(|part| to_agent(to, &format!("m-{number}-{part}"))).collect();
        coordinator.publish_all(batch)
    });
    for (number, outcomes) in join_all(publishes).await.into_iter().enumerate() {
        assert_eq!(outcomes.len(), 10);
        let right = outcomes.iter().all(|outcome| outcome.is_ok() == (number % 2 == 0));
        assert!(right, "publisher {number}: {outcomes:?}");
    }
}

pub(super) async fn an_event_goes_to_the_queues_that_are_bound_to_its_type(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("coordinator"));
    let worker = bench.worker(options("worker"));
    for (event_type, publisher, bound) in [
        ("plan.created", &worker, QueueName::Coordinator),
        ("code.pr.opened", &worker, QueueName::Coordinator),
        ("task.progress", &worker, QueueName::Feed),
        ("task.completed", &coordinator, QueueName::Feed),
    ] {
        let event = message(Address::Event(event_type.into()), event_type, event_type);
        publisher.publish(event).await.expect("a queue takes it");
        let mut consumer = taking(&coordinator, &bound, 1).await;
        let delivery = take(&mut consumer).await;
        assert_eq!(text(&delivery), event_type);
        delivery.ack().await.expect("the session goes on");
    }
    let nowhere = message(Address::Event("no.such.type".into()), "x", "x");
    let outcome = coordinator.publish(nowhere).await;
    assert_eq!(outcome, Err(PublishError::Unroutable("events/no.such.type".into())));
}
