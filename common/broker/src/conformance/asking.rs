//! Checks of questions, answers and controls.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;

use super::{Bench, message, options, take, taking, text};
use crate::{Address, Broker, Consumer, Delivery, PublishError, QueueName, RequestError};

const LIMIT: Duration = Duration::from_secs(20);

async fn answer(coordinator: &Arc<dyn Broker>, question: Delivery) {
    let to = question.reply_to.clone().expect("a question says where its answer goes");
    let mut answer = message(Address::Reply(to), "answer", format!("to {}", text(&question)));
    answer.correlation.clone_from(&question.correlation);
    coordinator.publish(answer).await.expect("an answer needs no queue");
    question.ack().await.expect("the session goes on");
}

async fn answer_some(coordinator: &Arc<dyn Broker>, questions: &mut Box<dyn Consumer>, count: usize) {
    for _ in 0..count {
        answer(coordinator, take(questions).await).await;
    }
}

pub(super) async fn a_question_gets_its_answer(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("coordinator"));
    let worker = bench.worker(options("worker"));
    let mut questions = taking(&coordinator, &QueueName::Requests, 10).await;
    let (answered, ()) = tokio::join!(
        worker.request(Bytes::from_static(b"beat"), LIMIT),
        answer_some(&coordinator, &mut questions, 1)
    );
    assert_eq!(answered, Ok(Bytes::from_static(b"to beat")));
}

pub(super) async fn many_questions_in_flight_get_their_own_answers(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("coordinator"));
    let worker = bench.worker(options("worker"));
    let mut questions = taking(&coordinator, &QueueName::Requests, 200).await;
    let asked = join_all((0..100).map(|number| worker.request(format!("{number}").into(), LIMIT)));
    let (answers, ()) = tokio::join!(asked, answer_some(&coordinator, &mut questions, 100));
    for (number, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer, Ok(Bytes::from(format!("to {number}"))));
    }
}

pub(super) async fn a_question_that_nobody_answers_ends_in_time(bench: &dyn Bench) {
    let worker = bench.worker(options("worker"));
    let limit = Duration::from_secs(1);
    // The first session may take longer than the limit.
    while let Err(RequestError::Publish(_)) = worker.request(Bytes::new(), limit).await {}
    assert_eq!(worker.request(Bytes::new(), limit).await, Err(RequestError::Timeout(limit)));
}

pub(super) async fn a_question_without_a_queue_is_told_so(bench: &dyn Bench) {
    let worker = bench.worker(options("worker"));
    bench.delete_queue("coordinator.requests").await;
    let outcome = worker.request(Bytes::new(), LIMIT).await;
    assert_eq!(outcome, Err(RequestError::Publish(PublishError::Unroutable("requests".into()))));
    let coordinator = bench.coordinator(options("coordinator"));
    coordinator.declare_topology(&[]).await.expect("the topology is ours");
}

pub(super) async fn controls_reach_every_listener(bench: &dyn Bench) {
    let coordinator = bench.coordinator(options("coordinator"));
    let workers = [bench.worker(options("one")), bench.worker(options("two"))];
    let nobody = coordinator.publish(message(Address::Control, "0", "to nobody")).await;
    assert_eq!(nobody, Ok(()));
    let mut heard = Vec::new();
    for worker in &workers {
        heard.push(worker.controls().await.expect("a worker may listen"));
    }
    for word in ["cancel", "drain"] {
        coordinator.publish(message(Address::Control, word, word)).await.expect("a hint needs no listener");
        for listener in &mut heard {
            let delivery = take(listener).await;
            assert_eq!(text(&delivery), word);
            delivery.ack().await.expect("there is nothing to settle");
        }
    }
}
