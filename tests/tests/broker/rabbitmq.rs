//! What RabbitMQ alone can show: logins, the management page, policies, and a server that dies, hangs or runs full.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use slipway_broker::{
    Address, Broker, ConsumeError, Consumer, Delivery, Message, Options, PublishError, QueueName, Reason,
    Status, TopologyError, connect, dead_letter,
};
use slipway_tests::services::{Place, Service, Services, eventually};

fn message(to: Address, id: &str) -> Message {
    Message {
        to,
        id: id.to_owned(),
        content_type: "application/json".into(),
        headers: BTreeMap::new(),
        correlation: None,
        body: id.to_owned().into(),
    }
}

fn event(event_type: &str) -> Message {
    message(Address::Event(event_type.into()), event_type)
}

fn to_coder(id: &str) -> Message {
    message(Address::Agent("coder".parse().unwrap()), id)
}

fn coder() -> QueueName {
    QueueName::Agent("coder".parse().unwrap())
}

async fn taking(broker: &Arc<dyn Broker>, queue: &QueueName) -> Box<dyn Consumer> {
    broker.consume(queue, 500).await.unwrap()
}

async fn take(consumer: &mut Box<dyn Consumer>) -> Delivery {
    let taken = tokio::time::timeout(Duration::from_secs(30), consumer.next()).await;
    taken.expect("a message within half a minute").expect("the session goes on")
}

fn reason() -> Reason {
    Reason { code: "test.bad".into(), detail: "a test".into() }
}

#[tokio::test]
async fn a_worker_cannot_say_what_the_coordinator_decides() {
    let place = Services::shared().await.place().await;
    let worker = place.worker();
    for forged in ["task.initiated", "task.completed", "task.failed", "task.cancelled", "approval.granted"] {
        let outcome = worker.publish(event(forged)).await;
        assert!(matches!(outcome, Err(PublishError::Refused { .. })), "{forged}: {outcome:?}");
    }
    let others = [Address::Tasks, Address::Control, Address::Agent("coder".parse().unwrap())];
    for address in others {
        let outcome = worker.publish(message(address.clone(), "x")).await;
        assert!(matches!(outcome, Err(PublishError::Refused { .. })), "{address}: {outcome:?}");
    }
    for queue in [QueueName::Tasks, QueueName::Coordinator, QueueName::DeadLetter] {
        let outcome = worker.consume(&queue, 1).await;
        assert!(matches!(outcome, Err(ConsumeError::Refused { .. })), "{queue}: {outcome:?}");
    }
    assert_eq!(worker.publish(event("plan.created")).await, Ok(()));
    let batch = worker.publish_all(vec![event("plan.created"), event("task.completed")]).await;
    assert!(matches!(batch[1], Err(PublishError::Refused { .. })), "{batch:?}");
}

#[tokio::test]
async fn a_person_drops_a_message_from_the_management_page() {
    let place = Services::shared().await.place().await;
    assert!(place.operator.publish("tasks", r#"{"prompt": "build a todo app"}"#).await);
    let headers = json!({ "headers": { "n": 5, "yes": true, "text": "t", "list": [1] }, "expiration": "60000",
        "user_id": "operator", "reply_to": "operator.answers", "priority": 3 });
    assert!(place.operator.publish_with("tasks", "/w==", "base64", &headers).await);
    let coordinator = place.coordinator();
    let mut tasks = taking(&coordinator, &QueueName::Tasks).await;
    let bare = take(&mut tasks).await;
    assert_eq!(bare.body, r#"{"prompt": "build a todo app"}"#);
    assert_eq!((&bare.id, &bare.content_type, &bare.reply_to), (&None, &None, &None));
    bare.ack().await.unwrap();
    let binary = take(&mut tasks).await;
    assert_eq!(&binary.body[..], b"\xff");
    assert_eq!(binary.reply_to.as_deref(), Some("operator.answers"));
    let expected =
        [("n", "5"), ("yes", "true"), ("text", "t")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(binary.headers, BTreeMap::from(expected));
    binary.reject(&reason()).await.unwrap();
    let dead = place.operator.take("dead-letter", 5).await;
    assert_eq!(dead.len(), 1, "{dead:?}");
    assert_eq!(dead[0]["payload"], "/w==");
    let kept = &dead[0]["properties"]["headers"];
    assert_eq!(kept[dead_letter::REASON_CODE], "test.bad");
    assert_eq!(kept["list"], json!([1]));
    assert_eq!(kept["original-user-id"], "operator");
}

#[tokio::test]
async fn a_person_may_look_and_publish_and_not_delete() {
    let place = Services::shared().await.place().await;
    let delete = |path: &'static str| place.operator.status("DELETE".parse().unwrap(), path, None);
    assert!([401, 403].contains(&delete("queues/{vhost}/tasks").await));
    assert!([401, 403].contains(&delete("exchanges/{vhost}/events").await));
    let queue = json!({ "durable": true, "arguments": { "x-queue-type": "quorum" } });
    place.operator.put("queues/{vhost}/operator.copy", &queue).await;
    let binding = json!({ "routing_key": "#" });
    let bind = "bindings/{vhost}/e/events/q/operator.copy";
    assert_eq!(place.operator.status("POST".parse().unwrap(), bind, Some(&binding)).await, 201);
    let worker = place.worker();
    worker.publish(event("plan.created")).await.unwrap();
    assert_eq!(place.operator.take("operator.copy", 5).await.len(), 1);
    place.operator.delete_queue("operator.copy").await;
}

#[tokio::test]
async fn a_broker_with_another_topology_is_told() {
    let place = Services::shared().await.place().await;
    let classic = json!({ "durable": true, "arguments": { "x-queue-type": "classic" } });
    place.administrator.put("queues/{vhost}/agent.poet", &classic).await;
    place.administrator.delete_queue("tasks").await;
    let worker = place.worker();
    let told = worker.declare_topology(&[]).await.unwrap_err().to_string();
    assert!(told.contains("queue tasks"), "{told}");
    let coordinator = place.coordinator();
    let told = coordinator.declare_topology(&["poet".parse().unwrap()]).await;
    let Err(TopologyError::Differs(differences)) = told else { panic!("{told:?}") };
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert!(differences[0].contains("queue agent.poet"), "{differences:?}");
    worker.declare_topology(&[]).await.unwrap();
}

#[tokio::test]
async fn a_full_queue_refuses_and_nothing_is_dropped() {
    let place = Services::shared().await.place().await;
    let policy = json!({ "pattern": "^agent\\.coder$", "apply-to": "queues", "priority": 9,
        "definition": { "max-length": 2, "overflow": "reject-publish" } });
    place.administrator.put("policies/{vhost}/small", &policy).await;
    let coordinator = place.coordinator();
    let mut confirmed = BTreeSet::new();
    let mut refused = None;
    for number in 0..100 {
        match coordinator.publish(to_coder(&format!("m-{number}"))).await {
            Ok(()) => drop(confirmed.insert(format!("m-{number}"))),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert!(matches!(refused, Some(PublishError::Refused { .. })), "{refused:?}");
    all_of_them_arrive(&place, confirmed).await;
}

#[tokio::test]
async fn a_message_that_is_given_back_for_ever_ends_in_dead_letter() {
    let place = Services::shared().await.place().await;
    let (coordinator, worker) = (place.coordinator(), place.worker());
    coordinator.publish(to_coder("poison")).await.unwrap();
    let mut consumer = taking(&worker, &coder()).await;
    let mut dead = taking(&coordinator, &QueueName::DeadLetter).await;
    let mut times = 0;
    let delivery = loop {
        tokio::select! {
            given = consumer.next() => { given.unwrap().release().await.unwrap(); times += 1; }
            delivery = dead.next() => break delivery.unwrap(),
        }
    };
    assert_eq!(delivery.body, "poison");
    assert_eq!(times, 21);
    assert_eq!(delivery.headers["x-first-death-reason"], "delivery_limit");
    assert_eq!(delivery.headers["x-first-death-queue"], "agent.coder");
    delivery.ack().await.unwrap();
}

/// Publishes batches until `stop`; gives back what was confirmed.
async fn publish_until(
    broker: Arc<dyn Broker>,
    stop: tokio::sync::watch::Receiver<bool>,
) -> BTreeSet<String> {
    let mut confirmed = BTreeSet::new();
    for round in 0.. {
        if *stop.borrow() {
            break;
        }
        let ids: Vec<String> = (0..200).map(|number| format!("m-{round}-{number}")).collect();
        let outcomes = broker.publish_all(ids.iter().map(|id| to_coder(id)).collect()).await;
        confirmed
            .extend(ids.into_iter().zip(outcomes).filter(|(_, outcome)| outcome.is_ok()).map(|(id, _)| id));
    }
    confirmed
}

async fn all_of_them_arrive(place: &Place, mut confirmed: BTreeSet<String>) {
    let worker = place.worker();
    let mut consumer = taking(&worker, &coder()).await;
    while !confirmed.is_empty() {
        let delivery = take(&mut consumer).await;
        confirmed.remove(delivery.id.as_ref().unwrap());
        delivery.ack().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_confirmed_message_survives_a_broker_that_is_killed_under_load() {
    let services = Services::own().await;
    let place = services.home().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let publisher = place.coordinator();
    let faults = async {
        eventually("the load is on", || async { place.operator.depth("agent.coder").await.0 > 500 }).await;
        services.kill(Service::RabbitMq).await;
        services.start(Service::RabbitMq).await;
        eventually("the publisher is back", || async { matches!(publisher.status(), Status::Up { .. }) })
            .await;
        stop.send_replace(true);
    };
    let (confirmed, ()) = tokio::join!(publish_until(place.coordinator(), stopped), faults);
    assert!(confirmed.len() > 500, "{}", confirmed.len());
    all_of_them_arrive(&place, confirmed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_hangs_is_noticed_and_one_that_runs_full_says_so() {
    let services = Services::own().await;
    let place = services.home().await;
    let options = Options {
        publish_wait: Duration::from_secs(1),
        confirm_timeout: Duration::from_secs(3),
        ..Options::named("test")
    };
    let coordinator = connect(&place.coordinator_url, options).unwrap();
    eventually("a session", || async { coordinator.publish(to_coder("a")).await.is_ok() }).await;

    services.pause(Service::RabbitMq).await;
    assert_eq!(coordinator.publish(to_coder("b")).await, Err(PublishError::Lost));
    let outcome = coordinator.publish(to_coder("c")).await;
    assert!(matches!(outcome, Err(PublishError::Down(_))), "{outcome:?}");
    services.unpause(Service::RabbitMq).await;
    eventually("a session", || async { coordinator.publish(to_coder("d")).await.is_ok() }).await;

    let worker = place.worker();
    let mut consumer = taking(&worker, &coder()).await;
    let held = take(&mut consumer).await;
    services.rabbitmqctl(&["set_vm_memory_high_watermark", "0.0000001"]).await;
    eventually("the broker takes nothing", || async {
        matches!(coordinator.publish(to_coder("e")).await, Err(PublishError::Down(_)))
    })
    .await;
    let Status::Down { reason } = coordinator.status() else { panic!("{:?}", coordinator.status()) };
    assert!(reason.contains("memory"), "{reason}");
    held.ack().await.unwrap();
    services.rabbitmqctl(&["set_vm_memory_high_watermark", "0.6"]).await;
    eventually("the broker takes messages", || async { coordinator.publish(to_coder("f")).await.is_ok() })
        .await;
}
