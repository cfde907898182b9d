//! What is refused, by which code, and that nothing of the inside is told.

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::world::{Wishes, World, eventually, problem};

const NOBODY: &str = "0197c0de-0000-7000-8000-0000deadbeef";

#[tokio::test]
async fn what_is_not_there_or_not_understood_is_a_problem_with_its_code() {
    let world = World::new().await;
    let task = world.create("build a todo app").await;
    world.until(&task, "running").await;
    let of = |path: &str| format!("/api/tasks/{task}/{path}");
    for (method, path, status, code) in [
        (Method::GET, "/".to_owned(), 404, "api.not-found"),
        (Method::GET, "/api/nothing".to_owned(), 404, "api.not-found"),
        (Method::GET, "/api/tasks/%ff".to_owned(), 404, "api.not-found"),
        (Method::DELETE, "/api/tasks".to_owned(), 405, "api.method"),
        (Method::GET, of("cancel"), 405, "api.method"),
        (Method::OPTIONS, "/api/tasks".to_owned(), 405, "api.method"),
        (Method::GET, "/api/tasks?limit=0".to_owned(), 400, "api.query"),
        (Method::GET, "/api/tasks?limit=x".to_owned(), 400, "api.query"),
        (Method::GET, "/api/tasks?wish=1".to_owned(), 400, "api.query"),
        (Method::GET, "/api/tasks?cursor=x".to_owned(), 400, "api.query"),
        (Method::GET, "/api/tasks?status=lost".to_owned(), 400, "api.query"),
        (Method::GET, of("events?cursor=-1"), 400, "api.query"),
        (Method::GET, of("feed?after=x"), 400, "api.query"),
        (Method::GET, format!("/api/tasks/{NOBODY}"), 404, "task.not-found"),
        (Method::GET, "/api/tasks/deadbeef".to_owned(), 404, "task.not-found"),
        (Method::GET, "/api/tasks/x".to_owned(), 404, "task.not-found"),
        (Method::GET, format!("/api/tasks/{NOBODY}/feed"), 404, "task.not-found"),
        (Method::POST, format!("/api/tasks/{NOBODY}/cancel"), 404, "task.not-found"),
        (Method::GET, of("artefacts/nothing"), 404, "api.no-artefact"),
        (Method::GET, of("artefacts/sha256:00"), 404, "api.no-artefact"),
        (Method::POST, of("wish"), 404, "api.not-found"),
        (Method::POST, of("approve"), 409, "task.not-waiting"),
        (Method::POST, of("reject"), 409, "task.not-waiting"),
        (Method::POST, of("release"), 409, "task.not-held"),
        (Method::POST, of("drop"), 409, "task.not-held"),
        (Method::POST, "/api/agents/nobody/pause".to_owned(), 404, "agent.not-found"),
        (Method::POST, "/api/fleet/stop".to_owned(), 404, "api.not-found"),
    ] {
        let answer = world.request(method.clone(), &path).send().await.unwrap();
        assert_eq!(answer.headers().contains_key("allow"), status == 405, "{method} {path}");
        let (was, is, detail) = problem(answer).await;
        assert_eq!((was.as_u16(), is.as_str()), (status, code), "{method} {path}: {detail}");
    }
    assert_eq!(world.get("/api/tasks").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_bad_body_is_refused_by_its_field_and_makes_no_task() {
    let world = World::new().await;
    let large = format!(r#"{{"prompt": "{}"}}"#, "x".repeat(300_000));
    for (content_type, body, status, code) in [
        ("application/json", "", 400, "intake.not-json"),
        ("application/json", "{", 400, "intake.not-json"),
        ("application/json", "[]", 400, "intake.not-object"),
        ("application/json", "{}", 400, "intake.no-prompt"),
        ("application/json", r#"{"prompt": "x", "wish": 1}"#, 400, "intake.unknown-field"),
        ("application/json", r#"{"prompt": "x", "prompt": "y"}"#, 400, "intake.duplicate-field"),
        ("application/json", r#"{"prompt": "x", "repository": "/etc"}"#, 400, "intake.repository"),
        ("application/cloudevents+json", r#"{"prompt": "x"}"#, 400, "intake.cloud-event"),
        ("text/plain", r#"{"prompt": "x"}"#, 415, "api.content-type"),
        ("application/x-www-form-urlencoded", r#"{"prompt": "x"}"#, 415, "api.content-type"),
        ("application/json", large.as_str(), 413, "api.too-large"),
    ] {
        let request = world.request(Method::POST, "/api/tasks").header("content-type", content_type);
        let (was, is, detail) = problem(request.body(body.to_owned()).send().await.unwrap()).await;
        assert_eq!((was.as_u16(), is.as_str()), (status, code), "{detail}");
    }
    let task = world.create("build a todo app").await;
    for body in [r#"{"bye": "x"}"#, r#"{"by": 7}"#, "[]", r#"{"by": "a\u001bb"}"#, r#"{"commit": "x"}"#] {
        let request = world.request(Method::POST, &format!("/api/tasks/{task}/cancel"));
        let request = request.header("content-type", "application/json").body(body);
        let (status, code, detail) = problem(request.send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "api.body"), "{body}: {detail}");
    }
    assert_eq!(world.get("/api/tasks").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_web_page_of_somebody_else_has_nothing_done_and_its_bent_name_is_not_answered() {
    let world = World::wishing(Wishes { hosts: vec!["fleet.example".into()], ..Wishes::default() }).await;
    let send = async |headers: &[(&str, &str)]| {
        let mut request =
            world.request(Method::POST, "/api/tasks").json(&json!({ "prompt": "build a todo app" }));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    for (headers, status, code) in [
        (vec![("host", "evil.example")], 421, "api.host"),
        (vec![("origin", "https://evil.example")], 403, "api.origin"),
        (vec![("origin", "null")], 403, "api.origin"),
        (vec![("sec-fetch-site", "cross-site")], 403, "api.origin"),
    ] {
        let (was, is, _) = problem(send(&headers).await).await;
        assert_eq!((was.as_u16(), is.as_str()), (status, code), "{headers:?}");
    }
    let bent = world.request(Method::GET, "/api/tasks").header("host", "evil.example").send().await.unwrap();
    assert_eq!(problem(bent).await.1, "api.host");
    assert_eq!(world.get("/api/tasks").await["items"].as_array().unwrap().len(), 0);
    let good = send(&[("host", "fleet.example"), ("origin", "https://fleet.example")]).await;
    assert_eq!(good.status(), StatusCode::CREATED);
    assert!(good.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
}

#[tokio::test]
async fn more_tasks_than_are_taken_are_told_when_to_come_again() {
    let world = World::wishing(Wishes { rate: (1, 2), ..Wishes::default() }).await;
    let send = async || {
        world
            .request(Method::POST, "/api/tasks")
            .json(&json!({ "prompt": "build a todo app" }))
            .send()
            .await
            .unwrap()
    };
    let mut refused = None;
    for _ in 0..20 {
        let answer = send().await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("more than a burst was sent at once");
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(problem(refused).await.1, "api.too-many-requests");
}

#[tokio::test]
async fn a_coordinator_that_stands_by_answers_questions_and_does_nothing() {
    let leader = World::new().await;
    let task = leader.create("build a todo app").await;
    let standby = World::beside(&leader.database, &leader.broker, Wishes::default()).await;
    assert_eq!(standby.get(&format!("/api/tasks/{task}")).await["id"], task.as_str());
    for (path, body) in [
        ("/api/tasks".to_owned(), json!({ "prompt": "x" })),
        (format!("/api/tasks/{task}/cancel"), json!({})),
    ] {
        let answer = standby.request(Method::POST, &path).json(&body).send().await.unwrap();
        assert!(answer.headers().contains_key("retry-after"));
        let (status, code, _) = problem(answer).await;
        assert_eq!((status, code.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "api.not-leader"), "{path}");
    }
    assert_eq!(leader.get("/api/tasks").await["items"].as_array().unwrap().len(), 1);
}

/// Passes connections on to Postgres, until it is dropped.
async fn way_to(database: &str) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (before, rest) = database.rsplit_once('@').unwrap();
    let (target, name) = rest.split_once('/').unwrap();
    let url = format!("{before}@{}/{name}", listener.local_addr().unwrap());
    let target = target.to_owned();
    let mut way = JoinSet::new();
    way.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (mut inside, _) = listener.accept().await.unwrap();
            let target = target.clone();
            connections.spawn(async move {
                let mut outside = TcpStream::connect(target).await.unwrap();
                // Its end is the end of either side.
                drop(copy_bidirectional(&mut inside, &mut outside).await);
            });
        }
    });
    (url, way)
}

#[tokio::test]
async fn without_its_database_it_says_so_and_tells_nothing_of_the_inside() {
    let world = World::new().await;
    let (url, way) = way_to(&world.database).await;
    let cut_off = World::reading(&world.database, &url, &world.broker, Wishes::default()).await;
    let task = world.create("build a todo app").await;
    assert_eq!(cut_off.get(&format!("/api/tasks/{task}")).await["id"], task.as_str());
    drop(way);
    for path in [format!("/api/tasks/{task}"), "/api/tasks".into(), "/api/fleet".into(), "/api/feed".into()] {
        let answer = eventually("a refusal", async || {
            let answer = cut_off.request(Method::GET, &path).send().await.unwrap();
            (answer.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(answer)
        })
        .await;
        assert!(answer.headers().contains_key("retry-after"));
        let (_, code, detail) = problem(answer).await;
        assert_eq!(code, "api.unavailable", "{path}");
        for inside in ["127.0.0.1", "postgres", "sqlx", "refused"] {
            assert!(!detail.contains(inside), "{detail}");
        }
    }
}
