//! Engines that err or mean harm: what they plant is found, and what they may not write is refused whole.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use slipway_containers::Docker;
use slipway_protocol::plan::Language;
use slipway_protocol::report::Finding;
use slipway_protocol::{Change, Content, Data, Event, Piece, Report};
use slipway_tests::driver::{PROCESS, drive, driver, task};
use slipway_tests::sabotage::{Sabotage, replace};
use slipway_worker::hands::Sandbox;
use slipway_workflow::{Run, Status};
use tempfile::TempDir;

const PROMPT: &str = "build a hello world app";

async fn run(engine: Sabotage, sandbox: Sandbox) -> (Run, Vec<Event>) {
    let folder = TempDir::new().unwrap();
    let driver = driver(folder.path(), engine, sandbox, Language::Python);
    let ended = drive(&driver, task(PROMPT)).await;
    let left: Vec<_> = std::fs::read_dir(driver.hands().work_dir()).unwrap().collect();
    assert!(left.is_empty(), "worktrees are left: {left:?}");
    ended
}

fn add(pieces: &mut Vec<Piece>, change: Change) {
    pieces.push(Piece { subject: "Add a file".into(), body: "More.".into(), changes: vec![change] });
}

fn findings(events: &[Event]) -> Vec<Finding> {
    let reviews = events.iter().filter_map(|event| match &event.data {
        Data::Result { report: Report::Review { findings, .. }, .. } => Some(findings.clone()),
        _ => None,
    });
    reviews.flatten().collect()
}

fn failure(events: &[Event]) -> (String, String) {
    let found = events.iter().rev().find_map(|event| match &event.data {
        Data::ExecutionFailed { code, message, .. } => Some((code.clone().unwrap(), message.clone())),
        _ => None,
    });
    found.expect("an execution failed")
}

#[tokio::test]
async fn a_planted_secret_goes_back_to_the_coder() {
    let engine = Sabotage::new(|revision, pieces| {
        if revision == 0 {
            let token = format!("TOKEN = '{}{}'\n", "ghp_", "a1B2c3D4".repeat(5));
            add(pieces, Change::file("backend/planted.py", token));
        } else {
            add(pieces, Change { path: "backend/planted.py".into(), content: Content::Absent });
        }
    });
    let (run, events) = run(engine, PROCESS).await;
    assert_eq!(*run.status(), Status::Completed);
    assert_eq!(run.revisions(), 1);
    assert_eq!(findings(&events)[0].check, "secret");
}

#[tokio::test]
async fn a_weakened_test_is_not_a_way_out() {
    let engine = Sabotage::new(|revision, pieces| {
        let paths: Vec<String> = pieces
            .iter()
            .flat_map(|piece| &piece.changes)
            .map(|change| change.path.clone())
            .filter(|path| path.starts_with("tests/test_"))
            .collect();
        if revision == 0 {
            // A fault that the tests find …
            add(pieces, Change::file("tests/test_extra.py", EXTRA.replace("EXPECTED", "3")));
        } else {
            // … and a test that is made to find it no longer.
            let content = if revision == 1 {
                EXTRA.replace("        self.assertEqual(1 + 1, EXPECTED)\n", "        pass\n")
            } else {
                EXTRA.replace("EXPECTED", "2")
            };
            add(pieces, Change::file("tests/test_extra.py", content));
        }
        assert!(!paths.is_empty());
    });
    let (run, events) = run(engine, PROCESS).await;
    assert_eq!(findings(&events)[0].check, "weakened-test");
    assert!(run.revisions() >= 2, "{}", run.revisions());
}

const EXTRA: &str = "import unittest\n\n\nclass Extra(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(1 + 1, EXPECTED)\n";

#[tokio::test]
async fn a_printed_number_is_no_evidence_and_no_test_is_no_pass() {
    let engine = Sabotage::new(|_, pieces| {
        for change in pieces.iter_mut().flat_map(|piece| &mut piece.changes) {
            if change.path.starts_with("tests/test_") {
                change.content = Content::File { bytes: b"print('42 passed')\n".to_vec(), executable: false };
            }
        }
    });
    let (run, events) = run(engine, PROCESS).await;
    assert!(matches!(run.status(), Status::Failed { .. }));
    let passed = events
        .iter()
        .any(|event| matches!(&event.data, Data::Result { report: Report::Tests { passed: true, .. }, .. }));
    assert!(!passed);
}

#[tokio::test]
async fn hostile_paths_refuse_the_whole_change_and_nothing_is_written() {
    let outside = TempDir::new().unwrap();
    let escape = format!("../../../../../../../../{}/owned", outside.path().display());
    for path in [
        escape.as_str(),
        "/etc/owned",
        ".git/hooks/pre-commit",
        "a/.GIT/config",
        "x/\u{200d}.git/config",
        ".gitmodules",
        "a\\b",
        "nul\0l",
        "con",
    ] {
        let name = path.to_owned();
        let engine = Sabotage::new(move |_, pieces| add(pieces, Change::file(name.clone(), "x")));
        let (run, events) = run(engine, PROCESS).await;
        assert!(matches!(run.status(), Status::Failed { .. }), "{path:?}");
        let (code, message) = failure(&events);
        assert!(code.starts_with("change."), "{path:?}: {code}");
        assert!(!message.contains('\0') && !message.contains('\u{200d}'), "{message:?} is not escaped");
        assert!(std::fs::read_dir(outside.path()).unwrap().next().is_none());
    }
    for content in
        [Content::Symlink { target: "/etc/passwd".into() }, Content::Submodule { commit: "a".repeat(40) }]
    {
        let engine = Sabotage::new(move |_, pieces| {
            add(pieces, Change { path: "link".into(), content: content.clone() });
        });
        let (run, events) = run(engine, PROCESS).await;
        assert!(matches!(run.status(), Status::Failed { .. }));
        assert!(failure(&events).0.starts_with("change."));
    }
}

#[tokio::test]
async fn code_of_another_engine_does_not_run_without_a_container_unasked() {
    let quiet = || Sabotage::new(|_, _| {}).named("stranger");
    let (refused, events) = run(quiet(), PROCESS).await;
    assert!(matches!(refused.status(), Status::Failed { .. }));
    assert_eq!(failure(&events).0, "sandbox.refused");
    // Asked for, its tests run; its review then fails closed, since a stranger should have reviewed.
    let (asked, events) = run(quiet(), Sandbox::Process { any_engine: true }).await;
    assert!(matches!(asked.status(), Status::Failed { .. }));
    assert_eq!(findings(&events)[0].check, "no-review");
}

/// Tests that misbehave, and what their log or exit must say.
const BAD_TESTS: [(&str, &str); 3] = [
    ("while True:\n            pass", "stopped after"),
    ("data = []\n        while True:\n            data.append(bytearray(1 << 24))", ""),
    ("import os, signal\n        os.kill(os.getpid(), signal.SIGKILL)", "exit code 137"),
];

#[tokio::test]
async fn tests_that_never_end_or_eat_everything_are_stopped_and_failed() {
    slipway_tests::docker::require();
    for sandbox in [PROCESS, Sandbox::Docker(Docker::connect().await.unwrap())] {
        for (body, says) in BAD_TESTS {
            let engine = Sabotage::new(move |revision, pieces| {
                if revision == 0 {
                    let text = EXTRA.replace("self.assertEqual(1 + 1, EXPECTED)", body);
                    add(pieces, Change::file("tests/test_extra.py", text));
                } else {
                    add(pieces, Change::file("tests/test_extra.py", EXTRA.replace("EXPECTED", "2")));
                }
            });
            let folder = TempDir::new().unwrap();
            let driver = slow_driver(folder.path(), engine, sandbox.clone());
            let (run, events) = drive(&driver, task(PROMPT)).await;
            let reasons: Vec<String> = events
                .iter()
                .filter_map(|event| match &event.data {
                    Data::Result { report: Report::Tests { reason, .. }, .. } => reason.clone(),
                    _ => None,
                })
                .collect();
            assert!(!reasons.is_empty() && reasons[0].contains(says), "{body}: {reasons:?}");
            assert_eq!(*run.status(), Status::Completed, "{body}: {reasons:?}");
        }
    }
}

fn slow_driver(folder: &std::path::Path, engine: Sabotage, sandbox: Sandbox) -> slipway_worker::Sequential {
    slipway_tests::driver::driver_with(
        folder,
        engine,
        sandbox,
        Language::Python,
        std::time::Duration::from_secs(15),
    )
}

#[tokio::test]
async fn a_fault_in_a_page_is_found_in_docker_as_well() {
    slipway_tests::docker::require();
    let mutation = slipway_tests::mutations::of("hello-world")[&Language::Node].last().unwrap().clone();
    let engine = Sabotage::new(move |revision, pieces| {
        if revision == 0 {
            replace(pieces, &mutation.file, &mutation.find, &mutation.replace);
        }
    });
    let folder = TempDir::new().unwrap();
    let driver =
        driver(folder.path(), engine, Sandbox::Docker(Docker::connect().await.unwrap()), Language::Node);
    let (run, _) = drive(&driver, task(PROMPT)).await;
    assert_eq!(*run.status(), Status::Completed);
    assert_eq!(run.revisions(), 1);
}
