//! `kill -9` at every record of the journal, then `resume`: the run ends as if nothing had happened.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use serde_json::Value;
use slipway_protocol::Data;
use slipway_tests::program::{succeed, wait_for};
use slipway_tests::{Slipway, docker};

/// One for the task, two for each of the six steps.
const RECORDS: usize = 13;

/// Starts a run, kills it when its journal has `records` records, resumes it, and returns the summary.
fn kill_and_resume(slipway: &Slipway, prompt: &str, records: usize) -> Value {
    let mut running = slipway.start(&["run", prompt]);
    slipway.wait_for_records(records);
    running.kill().unwrap();
    running.wait().unwrap();
    slipway.run(&["resume", "--json"]).expect(0).last_json()
}

fn check_run(slipway: &Slipway, summary: &Value, records: usize) {
    assert_eq!(summary["status"], "completed", "killed at record {records}");
    let repository = std::path::Path::new(summary["repository"].as_str().unwrap());
    let branches = succeed("git", &["for-each-ref", "--format=%(refname)", "refs/heads"], repository);
    let wanted = format!("refs/heads/{}", summary["branch"].as_str().unwrap());
    assert_eq!(
        branches.lines().collect::<BTreeSet<_>>(),
        BTreeSet::from([wanted.as_str(), "refs/heads/main"])
    );
    let head = succeed("git", &["rev-parse", &wanted], repository);
    assert_eq!(head.trim(), summary["commit"].as_str().unwrap(), "killed at record {records}");
    let subjects = succeed("git", &["log", "--format=%s", &format!("main..{wanted}")], repository);
    let unique: BTreeSet<&str> = subjects.lines().collect();
    assert_eq!(unique.len(), subjects.lines().count(), "a commit was doubled: {subjects}");
    check_journal(slipway, records);
}

/// Every step has exactly one result, and at most one step was begun again.
fn check_journal(slipway: &Slipway, records: usize) {
    let events = slipway_journal::read(&slipway.journal()).unwrap();
    let results = events.iter().filter(|event| matches!(event.data, Data::Result { .. })).count();
    let crashes = events.iter().filter(|event| matches!(event.data, Data::ExecutionReleased { .. })).count();
    assert!(
        !events.iter().any(|event| matches!(event.data, Data::ExecutionFailed { .. })),
        "an attempt was spent"
    );
    assert_eq!(results, 6, "killed at record {records}");
    assert!(crashes <= 1, "killed at record {records}: {crashes} steps were done again");
}

#[test]
fn killed_at_any_record_a_run_is_resumed_to_the_same_end() {
    for records in 1..RECORDS {
        let slipway = Slipway::without_docker();
        let summary = kill_and_resume(&slipway, "build a hello world app", records);
        check_run(&slipway, &summary, records);
    }
}

#[test]
fn killed_while_docker_tests_or_deploys_nothing_is_left_and_there_is_one_preview() {
    // Started testing, tested, reviewed, started deploying.
    for records in [8, 9, 12] {
        let slipway = Slipway::with_docker();
        let summary = kill_and_resume(&slipway, "build a hello world app", records);
        check_run(&slipway, &summary, records);
        assert_eq!(docker::previews(&slipway.owner()).len(), 1, "killed at record {records}");
        assert_eq!(docker::sandboxes(&slipway.owner()), Vec::<String>::new(), "killed at record {records}");
    }
}

#[test]
fn killed_just_after_its_preview_started_a_run_still_has_one_preview() {
    let slipway = Slipway::with_docker();
    let mut running = slipway.start(&["run", "build a hello world app"]);
    wait_for("a preview", || {
        let owner = slipway.owner();
        (!owner.is_empty() && !docker::previews(&owner).is_empty()).then_some(())
    });
    running.kill().unwrap();
    running.wait().unwrap();
    let summary = slipway.run(&["resume", "--json"]).expect(0).last_json();
    check_run(&slipway, &summary, RECORDS);
    assert_eq!(docker::previews(&slipway.owner()).len(), 1);
}

#[test]
fn an_interrupt_stops_cleanly_and_spends_no_attempt() {
    let slipway = Slipway::without_docker();
    let mut running = slipway.start(&["run", "build a todo app"]);
    slipway.wait_for_records(2);
    succeed("kill", &["-INT", &running.id().to_string()], slipway.data());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    let shown = slipway.run(&["show", "--json"]).expect(0).last_json();
    assert_eq!(shown["status"], "interrupted");
    let summary = slipway.run(&["resume", "--json"]).expect(0).last_json();
    check_run(&slipway, &summary, 2);
    let events = slipway_journal::read(&slipway.journal()).unwrap();
    assert!(!events.iter().any(|event| matches!(event.data, Data::ExecutionFailed { .. })));
}

#[test]
fn two_runs_at_once_in_one_directory_do_not_disturb_each_other() {
    let slipway = Slipway::without_docker();
    let mut one = slipway.start(&["run", "build a hello world app"]);
    let mut two = slipway.start(&["run", "build a calculator"]);
    assert_eq!(one.wait().unwrap().code(), Some(0));
    assert_eq!(two.wait().unwrap().code(), Some(0));
    let list = slipway.run(&["list", "--json"]).expect(0).last_json();
    let statuses: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|item| item["status"].clone()).collect();
    assert_eq!(statuses, ["completed", "completed"]);
}

#[test]
fn a_run_that_another_process_drives_is_not_driven_twice() {
    let slipway = Slipway::without_docker();
    let mut running = slipway.start(&["run", "build a todo app"]);
    slipway.wait_for_records(1);
    let second = slipway.run(&["resume"]).expect(5);
    assert!(second.err.contains("journal.locked"), "{}", second.err);
    assert_eq!(running.wait().unwrap().code(), Some(0));
}

#[test]
fn a_torn_record_is_recovered_and_a_damaged_one_reported_by_place() {
    let slipway = Slipway::without_docker();
    slipway.run(&["run", "build a hello world app", "--approval", "manual"]).expect(9);
    let journal = slipway.journal();
    let whole = std::fs::read(&journal).unwrap();

    std::fs::write(&journal, [&whole[..], b"0000000b 1234"].concat()).unwrap();
    slipway.run(&["approve"]).expect(0);

    let mut damaged = whole.clone();
    let second = damaged.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    damaged[second + 40] ^= 1;
    std::fs::write(&journal, &damaged).unwrap();
    let refused = slipway.run(&["resume"]).expect(1);
    assert!(refused.err.contains("line 2") && refused.err.contains("journal.damaged"), "{}", refused.err);
    assert_eq!(std::fs::read(&journal).unwrap(), damaged, "the damaged journal was changed");
}

#[test]
fn a_run_that_was_begun_in_containers_is_never_resumed_without_them() {
    let mut slipway = Slipway::with_docker();
    let mut running = slipway.start(&["run", "build a todo app"]);
    slipway.wait_for_records(2);
    running.kill().unwrap();
    running.wait().unwrap();
    slipway.set("DOCKER_HOST", "unix:///nonexistent/docker.sock");
    slipway.run(&["resume"]).expect(6);
    slipway.set("DOCKER_HOST", "unix:///var/run/docker.sock");
    slipway.run(&["resume"]).expect(0);
}
