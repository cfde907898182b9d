//! What a step left behind, given as it was.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use slipway_git_store::Author;
use slipway_protocol::{Artefact, Change, CommitId, Data, Piece, Report};
use slipway_runtime::{Clock as _, SystemClock};
use slipway_worker::hands::repository_of;

use crate::world::{World, problem};

const PLAN: &[u8] = b"goal: a list of things to do\n";
const PAGE: &[u8] = b"<script>alert(1)</script>\n";

/// Plays the planner of a new task. Gives the task's id and the commit of its plan.
async fn planned(world: &World) -> (String, CommitId) {
    let task = world.create("build a todo app").await;
    let (dispatch, holder) = world.take("planner").await;
    world.tell(&dispatch, holder, Data::ExecutionStarted).await;
    let message = "wrote plan.yaml\u{1b}[2J".to_owned();
    world.tell(&dispatch, holder, Data::TaskProgress { step: dispatch.step.clone(), message }).await;

    let repository = repository_of(&world.repositories, &dispatch.task).await.unwrap();
    let base = repository.default_head().await.unwrap();
    let piece = Piece {
        subject: "Add the plan".into(),
        body: String::new(),
        changes: vec![Change::file("plan.yaml", PLAN)],
    };
    let author = Author { agent: dispatch.agent.clone() };
    let commit = repository.commit(&base, &piece, &author, &[], SystemClock.now()).await.unwrap();
    repository.push_attempt(&holder, &commit).await.unwrap();
    let left = [("page.html", "text/html", PAGE), ("logs/plan.log", "text/plain", b"all is well\x1b[2J\n")];
    let left = left.map(|(name, media_type, bytes)| Artefact {
        name: name.into(),
        media_type: media_type.into(),
        bytes: bytes.to_vec(),
    });
    let artefacts = repository.put_artefacts(&holder, &left).await.unwrap();
    let report = Report::Plan { goal: "a list of things to do".into(), not_built: vec!["wings".into()] };
    world.tell(&dispatch, holder, Data::Result { report, commit: commit.clone(), artefacts }).await;
    crate::world::eventually("the plan", async || {
        (world.get(&format!("/api/tasks/{task}")).await["phase"] == "architecture").then_some(())
    })
    .await;
    (task, commit)
}

#[tokio::test]
async fn what_a_step_left_is_given_as_data_and_never_as_a_page() {
    let world = World::new().await;
    let (task, commit) = planned(&world).await;
    let of = |path: &str| format!("/api/tasks/{task}/{path}");

    let shown = world.get(&format!("/api/tasks/{task}")).await;
    assert_eq!((&shown["commit"], &shown["not_built"]), (&json!(commit), &json!(["wings"])));
    assert_eq!(shown["executions"][0]["attempts"][0]["outcome"], "done");

    let list = world.get(&of("artefacts")).await;
    let names: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["page.html", "logs/plan.log"]);
    assert_eq!(list["items"][0]["step"], "plan");

    let by_digest = list["items"][0]["href"].as_str().unwrap().to_owned();
    for path in [of("artefacts/page.html"), by_digest] {
        let answer = world.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()["content-type"], "text/html");
        assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"page.html\"");
        assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
        assert_eq!(answer.bytes().await.unwrap(), PAGE);
    }
    assert_eq!(world.text(&of("artefacts/logs/plan.log")).await, "all is well\u{1b}[2J\n");
    let missing = world.request(Method::GET, &of("artefacts/plan.log")).send().await.unwrap();
    assert_eq!(problem(missing).await.1, "api.no-artefact");
}

#[tokio::test]
async fn logs_and_the_patch_are_text_for_people_and_json_for_programs() {
    let world = World::new().await;
    let (task, commit) = planned(&world).await;
    let of = |path: &str| format!("/api/tasks/{task}/{path}");

    let patch = world.text(&of("diff")).await;
    assert!(patch.contains("+goal: a list of things to do"), "{patch}");
    let logs = world.text(&of("logs")).await;
    assert!(logs.contains("plan ") && logs.contains("wrote plan.yaml\\u{1b}[2J"), "{logs}");
    assert!(logs.contains("== logs/plan.log ==\nall is well\\u{1b}[2J"), "{logs}");

    let as_json = async |path: &str| {
        let request = world.request(Method::GET, &of(path)).header("accept", "application/json");
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let diff = as_json("diff").await;
    assert_eq!((&diff["head"], &diff["patch"]), (&json!(commit), &json!(patch)));
    let logs = as_json("logs").await;
    assert_eq!(logs["items"].as_array().unwrap().len(), 1);
    assert_eq!((&logs["items"][0]["step"], &logs["next"]), (&json!("plan"), &Value::Null));
    assert_eq!(logs["tests"][0]["name"], "logs/plan.log");
}

#[tokio::test]
async fn a_task_without_a_commit_has_no_artefacts_and_an_empty_patch() {
    let world = World::new().await;
    let task = world.create("build a todo app").await;
    assert_eq!(world.get(&format!("/api/tasks/{task}/artefacts")).await["items"], json!([]));
    assert_eq!(world.text(&format!("/api/tasks/{task}/diff")).await, "");
    assert_eq!(world.text(&format!("/api/tasks/{task}/logs")).await, "");
}
