//! The command line against a fleet, as a person meets it: what it prints, where, and with which exit code.
//!
//! The coordinator is a fake that speaks the real protocol, so that it can fail on request; the events are those of a
//! whole delivery, made by the workflow's own rules.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../workers/cli/src/fleet/fake_server.rs"]
#[expect(dead_code, reason = "the program's own tests use the rest")]
mod fake_server;
#[path = "../../workers/cli/src/fleet/story.rs"]
#[expect(dead_code, reason = "the program's own tests use the rest")]
mod story;

use fake_server::{Asked, FakeServer, Turn};
use serde_json::{Value, json};
use slipway_protocol::{Approval, Event};
use slipway_tests::program::{succeed, wait_for};
use slipway_tests::{Ended, Slipway};

/// A coordinator with one task, which ends as `events` say.
fn coordinator(events: Vec<Event>) -> FakeServer {
    FakeServer::start(move |asked, _| answer(asked, &events))
}

fn answer(asked: &Asked, events: &[Event]) -> Turn {
    let line = asked.line.as_str();
    let path = line.split_once(' ').map_or("", |(_, path)| path);
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let task = story::told(events);
    let of_task = path.strip_prefix("/api/tasks/").and_then(|rest| {
        let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
        (id == story::task().to_string() || id == story::task().short()).then_some(rest)
    });
    match (line.split(' ').next().unwrap_or_default(), path, of_task) {
        ("POST", "/api/tasks", _) => Turn::json(201, &task),
        ("GET", "/api/tasks", _) => Turn::json(200, &json!({ "items": [task], "next": null })),
        ("GET", _, Some("")) => Turn::json(200, &task),
        ("GET", _, Some("events")) => Turn::json(200, &story::page(events)),
        ("GET", _, Some("feed")) => {
            let after: usize = asked.header("last-event-id").unwrap().parse().unwrap();
            Turn::Open(story::feed(after + 1, &events[after..]))
        }
        ("GET", _, Some("artefacts")) => Turn::json(
            200,
            &json!({ "items": [{ "name": "evidence.json" }, { "name": "unit.log" }], "next": null }),
        ),
        ("GET", _, Some("artefacts/unit.log")) => {
            Turn::Answer(200, "text/plain", "31 passed\u{1b}[2J\n".into())
        }
        ("GET", _, Some("diff")) => {
            let change = "diff --git a/x b/x\n";
            Turn::json(200, &json!({ "task": story::task(), "base": "b", "head": "h", "patch": change }))
        }
        ("POST", _, Some(_)) => Turn::json(200, &json!({})),
        _ => Turn::problem(404, "task.not-found", "there is no such task"),
    }
}

fn run(server: &FakeServer, args: &[&str]) -> Ended {
    let url = server.url();
    let mut slipway = Slipway::without_docker();
    slipway.set("SLIPWAY_SERVER", &url);
    slipway.set("USER", "ann");
    slipway.run(args)
}

#[test]
fn watching_prints_the_lines_of_a_run_and_ends_with_the_tasks_exit_code() {
    let server = coordinator(story::events(Approval::Auto));
    let ended = run(&server, &["watch"]).expect(0);
    for line in ["task abcd1234  build a todo app", "> plan", "  at work on code", "31 passed, 0 failed"] {
        assert!(ended.err.contains(line), "no {line:?} in {}", ended.err);
    }
    assert!(ended.out.contains("status      completed"), "{}", ended.out);
    assert!(ended.out.contains("http://127.0.0.1:8002/abcd1234.git"), "{}", ended.out);

    let lines = run(&server, &["watch", "--json"]).expect(0).out;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(types.len(), story::events(Approval::Auto).len());
    assert_eq!((types[0], types[types.len() - 1]), ("task.initiated", "task.completed"));
    assert_eq!(lines[lines.len() - 1]["status"], "completed");
}

#[test]
fn a_task_that_waits_for_an_approval_ends_the_watch_with_nine() {
    let server = coordinator(story::events(Approval::Manual));
    let ended = run(&server, &["watch", "abcd1234"]).expect(9);
    assert!(ended.err.contains("waits for an approval"), "{}", ended.err);
    assert!(ended.out.contains("slipway approve abcd1234"), "{}", ended.out);
}

#[test]
fn an_approval_names_the_commit_that_was_seen_and_shows_what_comes_of_it() {
    let (before, after) = (story::events(Approval::Manual), story::approved());
    let waiting = before.len();
    let decided = std::sync::atomic::AtomicBool::new(false);
    let server = FakeServer::start(move |asked, _| {
        let order = std::sync::atomic::Ordering::SeqCst;
        if asked.line.ends_with("/approve") {
            decided.store(true, order);
        }
        answer(asked, if decided.load(order) { &after } else { &before })
    });
    let ended = run(&server, &["approve"]).expect(0);
    assert!(ended.err.contains("approved by ann") && !ended.err.contains("> plan"), "{}", ended.err);
    let said = server.asked("POST").remove(0);
    assert_eq!(said.body["by"], "ann");
    assert!(said.body["commit"].as_str().unwrap().ends_with(|digit: char| digit != '0'), "{}", said.body);
    let feed = server.asked(&format!("GET /api/tasks/{}/feed", story::task())).remove(0);
    assert_eq!(feed.header("last-event-id"), Some(waiting.to_string().as_str()));
}

#[test]
fn what_does_not_wait_cannot_be_approved() {
    let server = coordinator(story::events(Approval::Auto));
    let error = run(&server, &["approve", "--json"]).expect(5).last_json();
    assert_eq!(error["error"]["code"], "task.not-waiting");
    assert!(server.asked("POST").is_empty());
}

#[test]
fn submitting_prints_the_id_and_sends_what_was_asked() {
    let server = coordinator(vec![story::initiated(Approval::Auto)]);
    let args =
        ["submit", "build a todo app", "--priority", "critical", "--approval", "manual", "--key", "k-1"];
    let ended = run(&server, &args).expect(0);
    assert_eq!(ended.out.trim(), story::task().to_string());
    let asked = server.asked("POST /api/tasks").remove(0);
    assert_eq!(asked.header("idempotency-key"), Some("k-1"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    let wanted = json!({ "prompt": "build a todo app", "priority": "critical", "approval": "manual", "preview": "auto" });
    assert_eq!(asked.body, wanted);
}

#[test]
fn a_submit_without_an_answer_ends_with_the_key_that_asks_again() {
    let server = FakeServer::start(|_, _| Turn::HangUp);
    let error = run(&server, &["submit", "build a todo app", "--json"]).expect(6).last_json();
    assert_eq!(error["error"]["code"], "fleet.outcome-unknown");
    let key = server.asked("POST").remove(0).header("idempotency-key").unwrap().to_owned();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("slipway submit --key {key} 'build a todo app'")), "{message}");
}

#[test]
fn the_commands_that_look_print_what_they_print_of_a_data_directory() {
    let server = coordinator(story::events(Approval::Auto));
    assert_eq!(run(&server, &["list"]).expect(0).out, "abcd1234  completed          build a todo app\n");
    let shown = run(&server, &["show", "abcd1234"]).expect(0).out;
    assert!(shown.contains("deploy.status          deploy        lease 1  written"), "{shown}");
    let json = run(&server, &["show", "--json"]).expect(0).last_json();
    assert_eq!((&json["status"], json["events"].is_array()), (&json!("completed"), true));
    let logs = run(&server, &["logs"]).expect(0).out;
    assert_eq!(logs.lines().count(), 6, "{logs}");
    assert_eq!(logs, run(&server, &["logs", "--follow"]).expect(0).out);
    assert_eq!(run(&server, &["logs", "--tests"]).expect(0).out, "31 passed\\u{1b}[2J\n");
    assert_eq!(run(&server, &["diff"]).expect(0).out, "diff --git a/x b/x\n");
    let diff = run(&server, &["diff", "--json"]).expect(0).last_json();
    assert_eq!((&diff["base"], &diff["head"]), (&json!("b"), &json!("h")));
}

#[test]
fn a_problem_is_printed_as_every_error_is() {
    let server = coordinator(story::events(Approval::Auto));
    let ended = run(&server, &["show", "deadbeef"]).expect(3);
    assert!(
        ended.err.contains("there is no such task") && ended.err.contains("[task.not-found]"),
        "{}",
        ended.err
    );
    for (status, code, exit) in [
        (409, "task.wrong-state", 5),
        (400, "intake.prompt", 2),
        (500, "api.internal", 1),
        (422, "api.invalid", 2),
    ] {
        let server = FakeServer::start(move |_, _| Turn::problem(status, code, "no"));
        let error = run(&server, &["show", "--json"]).expect(exit).last_json();
        assert_eq!(error["error"]["code"], code);
    }
}

#[test]
fn what_is_paused_and_held_is_said_in_the_coordinators_words() {
    let server = coordinator(vec![story::initiated(Approval::Auto)]);
    assert_eq!(run(&server, &["pause", "abcd1234"]).expect(0).out, "abcd1234 paused\n");
    run(&server, &["unpause", "--all"]).expect(3);
    run(&server, &["pause", "--agent", "coder"]).expect(3);
    run(&server, &["drop", "abcd1234"]).expect(0);
    run(&server, &["pause"]).expect(2);
    let posts: Vec<String> = server.asked("POST").into_iter().map(|asked| asked.line).collect();
    let task = format!("POST /api/tasks/{}", story::task());
    assert_eq!(
        posts,
        [
            format!("{task}/pause"),
            "POST /api/fleet/resume".into(),
            "POST /api/agents/coder/pause".into(),
            format!("{task}/drop"),
        ]
    );
}

#[test]
fn an_address_that_cannot_be_used_and_a_fleet_that_does_not_answer_are_told_apart() {
    let slipway = Slipway::without_docker();
    let error = |args: &[&str], exit| {
        let ended = slipway.run(args).expect(exit).last_json();
        ended["error"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(error(&["watch", "--json"], 2), "fleet.no-server");
    assert_eq!(error(&["list", "--json", "--server", "https://fleet"], 2), "fleet.bad-address");
    assert_eq!(error(&["list", "--json", "--server", "http://127.0.0.1:9"], 6), "fleet.unreachable");
    assert_eq!(error(&["run", "x", "--json", "--server", "http://127.0.0.1:9"], 2), "fleet.local-command");
}

#[test]
fn a_configured_fleet_leaves_the_data_directory_within_reach() {
    let mut slipway = Slipway::without_docker();
    slipway.set("SLIPWAY_SERVER", "http://127.0.0.1:9");
    let summary = slipway.run(&["run", "build a hello world app", "--json"]).expect(0).last_json();
    assert!(summary["next"][1].as_str().unwrap().ends_with(" --local"), "{summary}");
    slipway.run(&["show", "--local"]).expect(0);
    slipway.run(&["show"]).expect(6);
}

#[test]
fn an_interrupted_watch_leaves_the_task_alone_and_says_how_to_look_again() {
    let server = coordinator(vec![story::initiated(Approval::Auto)]);
    let mut slipway = Slipway::without_docker();
    slipway.set("SLIPWAY_SERVER", server.url());
    let watching = slipway.command(&["watch", "--no-color"]).spawn().unwrap();
    let feed = format!("GET /api/tasks/{}/feed", story::task());
    wait_for("the feed to be asked for", || (!server.asked(&feed).is_empty()).then_some(()));
    succeed("kill", &["-INT", &watching.id().to_string()], slipway.data());
    let ended = watching.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let err = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(err.contains("`slipway watch abcd1234` looks again"), "{err}");
    assert!(server.asked("POST").is_empty());
}
