//! Taking tasks in, listing and showing them, and what is said to them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use slipway_worker::Summary;

use crate::world::{World, problem};

#[tokio::test]
async fn a_task_is_taken_in_shown_by_both_its_names_listed_and_cancelled() {
    let world = World::new().await;
    let answer = world.request(Method::POST, "/api/tasks");
    let answer =
        answer.json(&json!({ "prompt": "build a todo app", "priority": "high" })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let task: Value = answer.json().await.unwrap();
    let id = task["id"].as_str().unwrap();
    assert_eq!(location, format!("/api/tasks/{id}"));

    let shown = world.until(id, "running").await;
    let short = &id[id.len() - 8..];
    assert_eq!(world.get(&format!("/api/tasks/{short}")).await["id"], id);
    let summary: Summary = serde_json::from_value(shown.clone()).unwrap();
    assert_eq!(summary.repository, format!("http://127.0.0.1:8002/{short}.git"));
    assert_eq!((&shown["priority"], &shown["source"]), (&json!("high"), &json!("api")));
    assert_eq!(
        (&shown["phase"], &shown["paused"], &shown["held"]),
        (&json!("plan"), &json!(false), &json!(false))
    );
    assert_eq!(shown["events"][0]["type"], "task.initiated");
    assert_eq!(
        (&shown["executions"][0]["agent"], &shown["executions"][0]["lease"]),
        (&json!("planner"), &json!(1))
    );

    let list = world.get("/api/tasks?status=running,pending&priority=high").await;
    assert_eq!((&list["items"][0]["id"], &list["next"]), (&json!(id), &Value::Null));
    assert!(serde_json::from_value::<Summary>(list["items"][0].clone()).is_ok());
    assert_eq!(world.get("/api/tasks?status=failed").await, json!({ "items": [], "next": null }));

    let (status, cancelled) =
        world.post(&format!("/api/tasks/{short}/cancel"), &json!({ "by": "Ada" })).await;
    assert_eq!((status, &cancelled["status"]), (StatusCode::OK, &json!("cancelled")));
    assert_eq!(cancelled["reason"], "cancelled by Ada");
    let again = world.request(Method::POST, &format!("/api/tasks/{id}/cancel")).send().await.unwrap();
    let (status, code, _) = problem(again).await;
    assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "task.ended"));
}

#[tokio::test]
async fn the_same_key_is_the_same_task_however_it_is_sent_and_another_request_with_it_is_refused() {
    let world = World::new().await;
    let send = async |key: Option<&str>, body: Value| {
        let request = world.request(Method::POST, "/api/tasks").json(&body);
        let request = if let Some(key) = key { request.header("idempotency-key", key) } else { request };
        request.send().await.unwrap()
    };
    let first = send(Some("k"), json!({ "prompt": "build a todo app" })).await;
    assert_eq!(first.status(), StatusCode::CREATED);
    let id = first.json::<Value>().await.unwrap()["id"].clone();
    for again in [
        send(Some("k"), json!({ "prompt": "build a todo app" })).await,
        send(None, json!({ "idempotency_key": "k", "priority": "normal", "prompt": "build a todo app" }))
            .await,
    ] {
        assert_eq!(again.status(), StatusCode::OK);
        assert_eq!(again.json::<Value>().await.unwrap()["id"], id);
    }
    let (status, code, detail) = problem(send(Some("k"), json!({ "prompt": "build a blog" })).await).await;
    assert_eq!((status, code.as_str()), (StatusCode::CONFLICT, "intake.key-reused"));
    assert!(detail.contains(id.as_str().unwrap()), "{detail}");

    let event = json!({
        "specversion": "1.0", "id": "7", "source": "ci", "type": "task.requested",
        "data": { "prompt": "build a blog" },
    });
    let (status, one) = world.post("/api/tasks", &event).await;
    let (status_again, other) = world.post("/api/tasks", &event).await;
    assert_eq!((status, status_again), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(one["id"], other["id"]);
}

#[tokio::test]
async fn pages_join_up_to_the_whole_list() {
    let world = World::new().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(world.create(&format!("build a todo app, number {number}")).await);
    }
    let (mut seen, mut path) = (Vec::new(), "/api/tasks?limit=2".to_owned());
    loop {
        let page = world.get(&path).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/tasks?limit=2&cursor={next}");
    }
    seen.reverse();
    assert_eq!(seen, made);

    world.until(&made[0], "running").await;
    world.post(&format!("/api/tasks/{}/cancel", made[0]), &json!({})).await;
    let whole = world.get(&format!("/api/tasks/{}/events", made[0])).await;
    let first = world.get(&format!("/api/tasks/{}/events?limit=1", made[0])).await;
    let next = first["next"].as_str().unwrap();
    let rest = world.get(&format!("/api/tasks/{}/events?cursor={next}", made[0])).await;
    let joined: Vec<&Value> =
        [&first, &rest].into_iter().flat_map(|page| page["items"].as_array().unwrap()).collect();
    assert_eq!(whole["items"].as_array().unwrap().iter().collect::<Vec<_>>(), joined);
    assert!(joined.len() > 1 && joined.iter().all(|item| item["outcome"] == "applied"), "{joined:?}");
}

#[tokio::test]
async fn pausing_is_told_where_it_holds_and_done_twice_without_harm() {
    let world = World::new().await;
    let task = world.create("build a todo app").await;
    world.until(&task, "running").await;
    for (verb, paused) in [("pause", true), ("pause", true), ("resume", false), ("resume", false)] {
        let (status, shown) = world.post(&format!("/api/tasks/{task}/{verb}"), &json!({})).await;
        assert_eq!((status, &shown["paused"]), (StatusCode::OK, &json!(paused)), "{verb}");
        for path in ["/api/fleet", "/api/agents/coder"] {
            let (status, answer) = world.post(&format!("{path}/{verb}"), &json!({ "by": "Ada" })).await;
            assert_eq!((status, &answer["paused"]), (StatusCode::OK, &json!(paused)), "{path} {verb}");
        }
        let fleet = world.get("/api/fleet").await;
        let agents = fleet["agents"].as_array().unwrap();
        let coder = agents.iter().find(|agent| agent["id"] == "coder").unwrap();
        assert_eq!((&fleet["paused"], &coder["paused"]), (&json!(paused), &json!(paused)));
        assert_eq!(agents.iter().filter(|agent| agent["paused"] == true).count(), usize::from(paused));
    }
    world.post(&format!("/api/tasks/{task}/cancel"), &json!({})).await;
    let late = world.request(Method::POST, &format!("/api/tasks/{task}/pause")).send().await.unwrap();
    assert_eq!(problem(late).await.1, "task.ended");
}
