//! The catalogue's applications: their tests pass, and each of them can fail.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use slipway_engines::{Blueprint, Engine as _};
use slipway_protocol::plan::Language;
use slipway_protocol::work::{Answer, Thought};
use slipway_protocol::{Content, Data, Piece, Plan, Report};
use slipway_tests::driver::{PROCESS, drive, driver, task};
use slipway_tests::mutations::{self, PROMPTS};
use slipway_tests::sabotage::{Sabotage, replace};
use slipway_workflow::Status;
use tempfile::TempDir;

const LANGUAGES: [Language; 2] = [Language::Python, Language::Node];
/// Applications whose tests run at once.
const WORKERS: usize = 2;

async fn render(prompt: &str, language: Language) -> (Plan, Vec<Piece>) {
    let engine = Blueprint;
    let thought = Thought::Plan { prompt: prompt.parse().unwrap(), languages: vec![language] };
    let Answer::Plan(plan) = engine.think(&thought).await.unwrap() else { panic!("no plan") };
    let thought =
        Thought::Code { plan: plan.clone(), revision: 0, failures: Vec::new(), findings: Vec::new() };
    let Answer::Code(pieces) = engine.think(&thought).await.unwrap() else { panic!("no code") };
    (plan, pieces)
}

fn write(pieces: &[Piece]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for change in pieces.iter().flat_map(|piece| &piece.changes) {
        let Content::File { bytes, .. } = &change.content else { panic!("{} is no file", change.path) };
        let path = folder.path().join(&change.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn test(plan: &Plan, folder: &TempDir) -> Output {
    let words = &plan.tests[0].command;
    let mut command = Command::new("timeout");
    command
        .arg("120")
        .args(words)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command.output().unwrap()
}

/// Does `work` for every item, a few at a time.
fn for_each<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = Mutex::new(0..items.len());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let index = next.lock().unwrap().next();
                    let Some(index) = index else { return };
                    work(&items[index]);
                }
            });
        }
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn every_application_passes_its_own_tests_and_every_mutation_makes_them_fail() {
    let runtime = runtime();
    let mut cases = Vec::new();
    for (blueprint, prompt) in PROMPTS {
        let all = mutations::of(blueprint);
        for language in LANGUAGES {
            let (plan, pieces) = runtime.block_on(render(prompt, language));
            assert_eq!(plan.generator.source.as_deref(), Some(blueprint), "{prompt}");
            let mutations =
                all.get(&language).unwrap_or_else(|| panic!("{blueprint} has no {language} mutations"));
            assert!(mutations.len() >= 5, "{blueprint} needs five mutations in {language}");
            cases.push((blueprint, plan.clone(), pieces.clone(), None));
            cases.extend(
                mutations.iter().map(|one| (blueprint, plan.clone(), pieces.clone(), Some(one.clone()))),
            );
        }
    }
    let problems = Mutex::new(Vec::new());
    for_each(&cases, |(blueprint, plan, pieces, mutation)| {
        let mut pieces = pieces.clone();
        if let Some(mutation) = mutation {
            replace(&mut pieces, &mutation.file, &mutation.find, &mutation.replace);
        }
        let output = test(plan, &write(&pieces));
        let printed =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let language = plan.stack.language;
        let problem = match (mutation, output.status.success()) {
            (None, false) => format!("{blueprint} in {language} fails its own tests:\n{printed}"),
            (Some(mutation), true) => {
                format!("{blueprint} in {language}: nobody notices that {}", mutation.breaks)
            }
            (None, true) | (Some(_), false) => return,
        };
        problems.lock().unwrap().push(problem);
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_fault_that_is_mended_goes_back_to_the_coder_once() {
    let runtime = runtime();
    for_each(&PROMPTS, |(blueprint, prompt)| {
        let mutation = mutations::of(blueprint)[&Language::Python][0].clone();
        let engine = Sabotage::new(move |revision, pieces| {
            if revision == 0 {
                replace(pieces, &mutation.file, &mutation.find, &mutation.replace);
            }
        });
        let folder = TempDir::new().unwrap();
        let driver = driver(folder.path(), engine, PROCESS, Language::Python);
        let (run, events) = runtime.block_on(drive(&driver, task(prompt)));
        assert_eq!(*run.status(), Status::Completed, "{blueprint}");
        assert_eq!(run.revisions(), 1, "{blueprint}");
        let outcomes: Vec<_> = events.iter().filter_map(tests_passed).collect();
        assert_eq!(outcomes, [false, true], "{blueprint}");
    });
}

#[test]
fn a_fault_that_stays_ends_the_task_at_the_cap() {
    let runtime = runtime();
    for_each(&PROMPTS, |(blueprint, prompt)| {
        let mutation = mutations::of(blueprint)[&Language::Python].last().unwrap().clone();
        let engine = Sabotage::new(move |_, pieces| {
            replace(pieces, &mutation.file, &mutation.find, &mutation.replace);
        });
        let folder = TempDir::new().unwrap();
        let driver = driver(folder.path(), engine, PROCESS, Language::Python);
        let (run, events) = runtime.block_on(drive(&driver, task(prompt)));
        let Status::Failed { reason } = run.status() else { panic!("{blueprint} is {}", run.status()) };
        assert!(reason.contains("3 revisions"), "{blueprint}: {reason}");
        assert_eq!(events.iter().filter_map(tests_passed).collect::<Vec<_>>(), [false; 4], "{blueprint}");
    });
}

fn tests_passed(event: &slipway_protocol::Event) -> Option<bool> {
    match &event.data {
        Data::Result { report: Report::Tests { passed, .. }, .. } => Some(*passed),
        _ => None,
    }
}
