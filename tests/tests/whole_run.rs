//! A task from prompt to preview, through the program, with Docker and without.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use slipway_tests::program::succeed;
use slipway_tests::{Slipway, docker, http};

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

/// Clones the branch elsewhere and runs its tests by hand.
fn clone_and_test(summary: &Value, folder: &Path) {
    let clone = folder.join("clone");
    let target = clone.to_str().unwrap();
    succeed(
        "git",
        &["clone", "-q", "--branch", text(summary, "branch"), text(summary, "repository"), target],
        folder,
    );
    assert_eq!(succeed("git", &["rev-parse", "HEAD"], &clone).trim(), text(summary, "commit"));
    for file in ["plan.yaml", "architecture/overview.md", "architecture/diagram.md", "Dockerfile"] {
        assert!(clone.join(file).is_file(), "{file} is missing");
    }
    let status = Command::new("python3")
        .args(["-m", "unittest", "discover", "-s", "tests", "-t", "."])
        .current_dir(&clone)
        .output();
    assert!(status.unwrap().status.success(), "the clone's tests fail");
    let log = succeed(
        "git",
        &["log", "--format=%an|%s|%(trailers:key=Task-Id,valueonly)", "origin/main..HEAD"],
        &clone,
    );
    for line in log.lines().filter(|line| !line.is_empty()) {
        assert!(line.starts_with("Slipway ") && line.contains(text(summary, "task")), "{line}");
    }
}

#[test]
fn with_docker_a_prompt_becomes_a_tested_reviewed_running_application() {
    let slipway = Slipway::with_docker();
    let ended = slipway.run(&["run", "build a todo app", "--json"]).expect(0);
    for line in ended.out.lines() {
        let _: Value = serde_json::from_str(line).unwrap();
    }
    let summary = ended.last_json();
    assert_eq!(text(&summary, "status"), "completed");
    assert!(summary["tests"]["passed"].as_u64().unwrap() >= 10);
    assert_eq!(summary["tests"]["failed"], 0);

    let evidence: Value =
        serde_json::from_slice(&std::fs::read(text(&summary, "evidence")).unwrap()).unwrap();
    assert_eq!(evidence["commit"], summary["commit"]);
    assert_eq!(evidence["runs"][0]["place"]["kind"], "container");
    assert!(text(&evidence["runs"][0]["place"], "image_digest").starts_with("sha256:"));

    assert_eq!(summary["preview"]["mode"], "docker_in_docker");
    let url = text(&summary["preview"], "url");
    let (status, page) = http::get(url);
    assert_eq!(status, 200);
    assert!(page.contains("<html") && page.contains("viewport"));
    assert_eq!(docker::previews(&slipway.owner()).len(), 1);

    clone_and_test(&summary, slipway.data());

    let list = slipway.run(&["preview", "list", "--json"]).expect(0).last_json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    slipway.run(&["preview", "stop"]).expect(0);
    assert!(docker::previews(&slipway.owner()).is_empty());
    slipway.run(&["preview", "stop"]).expect(3);
}

#[test]
fn without_docker_the_same_prompt_ends_with_a_compose_file() {
    let slipway = Slipway::without_docker();
    let ended = slipway.run(&["run", "build a todo app called Family Groceries", "--json"]).expect(0);
    let summary = ended.last_json();
    assert_eq!(text(&summary, "status"), "completed");
    assert_eq!(summary["preview"]["mode"], "compose_only");
    assert_eq!(summary["preview"]["url"], Value::Null);
    clone_and_test(&summary, slipway.data());

    let artefacts = Path::new(text(&summary, "evidence")).parent().unwrap().to_owned();
    let compose = std::fs::read_to_string(artefacts.join("compose.yaml")).unwrap();
    assert!(compose.contains("127.0.0.1:"), "{compose}");

    let shown = slipway.run(&["show"]).expect(0).out;
    assert!(shown.contains("completed") && shown.contains("review.decision"), "{shown}");
    let logs = slipway.run(&["logs"]).expect(0).out;
    assert!(logs.contains("generated backend/"), "{logs}");
    assert!(slipway.run(&["logs", "--tests"]).expect(0).out.contains("test"));
    assert!(slipway.run(&["diff"]).expect(0).out.contains("+++ b/plan.yaml"));
    let list = slipway.run(&["list", "--json"]).expect(0).last_json();
    assert_eq!(list["items"][0]["id"], summary["task"]);
    assert_eq!(list["items"][0]["status"], "completed");
}

#[test]
fn one_language_alone_is_enough() {
    let python = ["-c", "import sys; print(sys.executable)"];
    for (program, tells_itself, file) in
        [("node", ["-p", "process.execPath"], "backend/main.mjs"), ("python3", python, "backend/__main__.py")]
    {
        let mut slipway = Slipway::without_docker();
        let programs = slipway.data().join("programs");
        std::fs::create_dir(&programs).unwrap();
        let link =
            |name: &str, real: &str| std::os::unix::fs::symlink(real.trim(), programs.join(name)).unwrap();
        link(program, &succeed(program, &tells_itself, slipway.data()));
        link("sh", "/bin/sh");
        slipway.set("PATH", programs.as_os_str());
        let summary = slipway.run(&["run", "build a hello world app", "--json"]).expect(0).last_json();
        let folder = std::path::Path::new(text(&summary, "repository"));
        succeed("git", &["cat-file", "-e", &format!("{}:{file}", text(&summary, "branch"))], folder);
    }
}

#[test]
fn docker_that_goes_away_costs_time_and_not_the_task() {
    let mut slipway = Slipway::with_docker();
    let waiting = slipway
        .run(&["run", "build a hello world app", "--approval", "manual", "--json"])
        .expect(9)
        .last_json();
    // Approved while a broken engine stands in for the real one: its socket answers a ping and then nothing.
    let socket = slipway.data().join("broken.sock");
    let broken = slipway_tests::docker::Broken::listen(&socket);
    slipway.set("DOCKER_HOST", format!("unix://{}", socket.display()));
    let blocked = slipway.run(&["approve"]).expect(6);
    assert!(
        blocked.err.contains("task.blocked") && blocked.err.contains("slipway resume"),
        "{}",
        blocked.err
    );
    drop(broken);
    slipway.set("DOCKER_HOST", "unix:///var/run/docker.sock");
    let done = slipway.run(&["resume", "--json"]).expect(0).last_json();
    assert_eq!((text(&done, "status"), &done["commit"]), ("completed", &waiting["commit"]));
}

#[test]
fn plain_lines_go_to_standard_error_and_the_summary_to_standard_output() {
    let slipway = Slipway::without_docker();
    let ended = slipway.run(&["run", "a calculator"]).expect(0);
    assert!(ended.err.contains("> plan") && ended.err.contains("generated "), "{}", ended.err);
    assert!(!ended.err.contains('\u{1b}') && !ended.out.contains('\u{1b}'), "colours without a terminal");
    assert!(ended.out.contains("completed") && ended.out.contains("git clone"), "{}", ended.out);
}

#[test]
fn a_manual_approval_waits_and_goes_on_when_a_person_says_so() {
    let slipway = Slipway::without_docker();
    let waiting = slipway
        .run(&["run", "build a hello world app", "--approval", "manual", "--json"])
        .expect(9)
        .last_json();
    assert_eq!(text(&waiting, "status"), "awaiting_approval");
    slipway.run(&["resume"]).expect(9);
    let done = slipway.run(&["approve", "--json"]).expect(0).last_json();
    assert_eq!(text(&done, "status"), "completed");
    assert_eq!(done["commit"], waiting["commit"]);
    slipway.run(&["approve"]).expect(5);

    let slipway = Slipway::without_docker();
    slipway.run(&["run", "build a hello world app", "--approval", "manual"]).expect(9);
    slipway.run(&["reject", "--reason", "not now"]).expect(0);
    let shown = slipway.run(&["show", "--json"]).expect(0).last_json();
    assert_eq!(text(&shown, "status"), "failed");
    assert!(text(&shown, "reason").contains("not now"));
}

#[test]
fn a_cancelled_task_stays_cancelled() {
    let slipway = Slipway::without_docker();
    slipway.run(&["run", "build a hello world app", "--approval", "manual"]).expect(9);
    slipway.run(&["cancel"]).expect(0);
    slipway.run(&["resume"]).expect(8);
    slipway.run(&["cancel"]).expect(5);
    slipway.run(&["approve"]).expect(5);
}

#[test]
fn a_running_task_is_cancelled_from_another_process() {
    let slipway = Slipway::without_docker();
    let mut running = slipway.start(&["run", "build a todo app"]);
    slipway.wait_for_records(2);
    slipway.run(&["cancel"]).expect(0);
    assert_eq!(running.wait().unwrap().code(), Some(8));
    assert_eq!(text(&slipway.run(&["show", "--json"]).expect(0).last_json(), "status"), "cancelled");
}

#[test]
fn slipway_works_the_same_when_it_runs_in_a_container_itself() {
    let slipway = Slipway::with_docker();
    let data = slipway.data().to_str().unwrap();
    let program = slipway_tests::program::binary().to_str().unwrap();
    let output = Command::new("docker")
        .args(["run", "--rm", "-v", "/var/run/docker.sock:/var/run/docker.sock"])
        .args(["-v", &format!("{program}:/usr/local/bin/slipway:ro"), "-v", &format!("{data}:/data")])
        .args([
            "-e",
            "SLIPWAY_DATA_DIR=/data",
            "debian:trixie-slim",
            "slipway",
            "run",
            "build a hello world app",
            "--json",
        ])
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{err}\n{}", String::from_utf8_lossy(&output.stdout));
    let out = String::from_utf8_lossy(&output.stdout);
    let summary: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(text(&summary, "status"), "completed");
    assert_eq!(http::get(text(&summary["preview"], "url")).0, 200);
}
