//! A whole fleet of processes on a real broker and a real database: from a message on `tasks` to a finished branch.

use serde_json::json;
use slipway_tests::checker::Checker;
use slipway_tests::fleet::{Fleet, get, post};
use slipway_tests::services::{Services, eventually};
use slipway_tests::trace::Trace;

const ALL: &str = "planner,architect,coder,tester,reviewer,deployer";

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_a_person_drops_becomes_a_finished_branch() {
    let place = Services::shared().await.place().await;
    let mut fleet = Fleet::new(place);
    let trace_url = fleet.place.operator_url.clone();
    let api = fleet.coordinator("coordinator", &[]);
    fleet.worker("worker", ALL, &[]);
    let checker = Checker::connect(&fleet.place.database_url).await;
    fleet.ready(&api).await;
    let trace = Trace::start(&trace_url).await;

    assert!(
        fleet
            .place
            .operator
            .publish("tasks", r#"{"prompt": "build a todo app", "preview": "compose_only"}"#)
            .await
    );
    eventually("the task to complete", || async { checker.statuses().await.get("completed") == Some(&1) })
        .await;
    eventually("everything to be published", || async { checker.outbox_is_empty().await }).await;

    let tasks = get(&format!("{api}/api/tasks")).await;
    let id = tasks["items"][0]["id"].as_str().unwrap().to_owned();
    let task = get(&format!("{api}/api/tasks/{id}")).await;
    assert_eq!(task["status"], "completed", "{task}");
    assert_eq!(task["tests"]["failed"], 0, "{task}");
    checker.quiet(&fleet).await;
    checker.check(&fleet, &[id.parse().unwrap()]).await.expect_clean();
    checker.check_trace(&trace.take().await, true).await.expect_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_over_http_with_a_key_is_one_task_however_often_it_is_sent() {
    let mut fleet = Fleet::new(Services::shared().await.place().await);
    let api = fleet.coordinator("coordinator", &[]);
    fleet.ready(&api).await;
    let body = json!({ "prompt": "build a notes app", "idempotency_key": "once" });
    let (first, task) = post(&format!("{api}/api/tasks"), &body).await;
    let (second, again) = post(&format!("{api}/api/tasks"), &body).await;
    assert_eq!((first, second), (201, 200), "{task} {again}");
    assert_eq!(task["id"], again["id"]);
    let other = json!({ "prompt": "build a todo app", "idempotency_key": "once" });
    let (status, problem) = post(&format!("{api}/api/tasks"), &other).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("intake.key-reused")), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_put_on_the_queue_harms_nobody_else() {
    let mut fleet = Fleet::new(Services::shared().await.place().await);
    let api = fleet.coordinator("coordinator", &[]);
    fleet.worker("worker", ALL, &[]);
    let checker = Checker::connect(&fleet.place.database_url).await;
    fleet.ready(&api).await;
    let operator = &fleet.place.operator;
    let good = r#"{"prompt": "build a calculator", "preview": "compose_only"}"#;
    for wrong in [
        "",
        "no JSON",
        "[]",
        "{}",
        r#"{"prompt": ""}"#,
        r#"{"prompt": 7}"#,
        r#"{"prompt": "x", "priorty": "high"}"#,
        r#"{"prompt": "a", "prompt": "b"}"#,
        r#"{"prompt": "x", "repository": "/etc"}"#,
    ] {
        assert!(operator.publish("tasks", wrong).await);
    }
    let nested = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    assert!(operator.publish("tasks", &nested).await);
    assert!(operator.publish("tasks", &format!(r#"{{"prompt": "{}"}}"#, "x".repeat(300_000))).await);
    assert!(operator.publish_with("tasks", "//79", "base64", &json!({})).await);
    assert!(operator.publish_nested("tasks", 5_000).await);
    assert!(operator.publish("tasks", good).await);
    eventually("the good ones to complete", || async {
        checker.statuses().await.get("completed").is_some_and(|done| *done >= 2)
    })
    .await;
    eventually("the wrong ones to be set aside", || async { operator.depth("dead-letter").await.0 >= 12 })
        .await;
    assert_eq!(fleet.restart_ended(), 0, "{}", fleet.logs());
    checker.quiet(&fleet).await;
}
