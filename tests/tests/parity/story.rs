//! Tasks, and what a person says to them; and how each of the modes is made to go through one.
//!
//! The sequential mode and the fleet of processes are the programs as a user meets them. Open `in_process.rs` for a
//! fleet in this process.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use slipway_engines::Engine;
use slipway_protocol::plan::Language;
use slipway_protocol::{Data, Event, TaskId};
use slipway_store::{Options, Outcome, Store};
use slipway_tests::Slipway;
use slipway_tests::driver::{PROCESS, driver, task};
use slipway_tests::fleet::{Fleet, post};
use slipway_tests::program::PATIENCE;
use slipway_worker::Observer;
use slipway_workflow::Run;
use tokio_util::sync::CancellationToken;

use crate::account::Ran;

/// Who speaks.
pub(crate) const PERSON: &str = "ann";

/// A task.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Story {
    /// What is asked for.
    pub(crate) prompt: &'static str,
    /// What is said to the commit that waits; the review is enough where nothing is.
    pub(crate) word: Option<Word>,
}

/// What a person says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word {
    Approve,
    /// Not this one, for a reason.
    Reject(&'static str),
    /// Nothing more of the task.
    Cancel,
}

impl Story {
    /// A task that nobody need speak to.
    pub(crate) const fn plain(prompt: &'static str) -> Self {
        Self { prompt, word: None }
    }

    const fn approval(&self) -> &'static str {
        if self.word.is_some() { "manual" } else { "auto" }
    }

    /// The request that a fleet takes.
    pub(crate) fn request(&self) -> Value {
        json!({ "prompt": self.prompt, "approval": self.approval(), "preview": "compose_only" })
    }
}

/// Goes through `story` with `slipway run`, and with `slipway approve`, `reject` or `cancel`.
pub(crate) fn sequential(slipway: &Slipway, story: &Story) -> Ran {
    let mut asked = vec!["run", story.prompt, "--json", "--sandbox", "process"];
    asked.extend(["--preview", "compose_only", "--approval", story.approval()]);
    let mut events = printed(slipway, &asked);
    match story.word {
        None => {}
        Some(Word::Approve) => events.extend(printed(slipway, &["approve", "--json"])),
        Some(Word::Reject(reason)) => {
            events.extend(printed(slipway, &["reject", "--reason", reason, "--json"]));
        }
        Some(Word::Cancel) => events.push(cancelled(slipway)),
    }
    let repository = format!("repositories/{}.git", events[0].task.short());
    let folder = slipway.data().to_owned();
    Ran { events, repository: folder.join(repository), folder }
}

fn printed(slipway: &Slipway, arguments: &[&str]) -> Vec<Event> {
    let ended = slipway.run(arguments);
    let is_event = |line: &&str| serde_json::from_str::<Value>(line).unwrap()["type"].is_string();
    let events: Vec<Event> =
        ended.out.lines().filter(is_event).map(|line| Event::from_json(line.as_bytes()).unwrap()).collect();
    assert!(!events.is_empty(), "{arguments:?} printed no event: {}{}", ended.out, ended.err);
    events
}

/// Cancels the task; the program prints no event of it, but keeps it.
fn cancelled(slipway: &Slipway) -> Event {
    slipway.run(&["cancel"]).expect(0);
    let shown = slipway.run(&["show", "--json"]).expect(0).last_json();
    let last = shown["events"].as_array().unwrap().last().unwrap();
    Event::from_json(&serde_json::to_vec(last).unwrap()).unwrap()
}

/// Goes through `story` with the sequential mode's driver and an engine that the program does not offer.
pub(crate) async fn driven(folder: &Path, engine: impl Engine + 'static, story: &Story) -> Ran {
    let driver = driver(folder, engine, PROCESS, Language::Python);
    let told = Told::default();
    let mut underway = driver.begin(task(story.prompt), &told).await.unwrap();
    driver.drive(&mut underway, &told, &CancellationToken::new()).await.unwrap();
    let events = told.0.into_inner().unwrap();
    let repository = format!("repositories/{}.git", events[0].task.short());
    Ran { events, repository: folder.join(repository), folder: folder.to_owned() }
}

/// Keeps what becomes true.
#[derive(Debug, Default)]
struct Told(Mutex<Vec<Event>>);

impl Observer for Told {
    fn event(&self, event: &Event, _run: &Run) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// Goes through `stories` together with a fleet of processes; `api` is its coordinator, `worker` its one worker.
pub(crate) async fn processes(fleet: &Fleet, api: &str, worker: &str, stories: &[Story]) -> Vec<Ran> {
    let store = store(&fleet.place.database_url).await;
    let mut tasks: Vec<TaskId> = Vec::new();
    for story in stories {
        let (status, task) = post(&format!("{api}/api/tasks"), &story.request()).await;
        assert_eq!(status, 201, "{task}");
        tasks.push(task["id"].as_str().unwrap().parse().unwrap());
    }
    let mut all = Vec::new();
    for (story, task) in stories.iter().zip(tasks) {
        if let Some(word) = story.word {
            until_still(&store, task).await;
            let (verb, body) = match word {
                Word::Approve => ("approve", json!({ "by": PERSON })),
                Word::Reject(reason) => ("reject", json!({ "by": PERSON, "reason": reason })),
                Word::Cancel => ("cancel", json!({ "by": PERSON })),
            };
            let (status, answer) = post(&format!("{api}/api/tasks/{task}/{verb}"), &body).await;
            assert_eq!(status, 200, "{answer}");
        }
        let events = until_ended(&store, task).await;
        let repository = fleet.repositories().join(format!("{}.git", task.short()));
        all.push(Ran { events, repository, folder: fleet.folder.path().join(worker) });
    }
    all
}

/// The database of a fleet.
pub(crate) async fn store(url: &str) -> Store {
    let bound = Duration::from_secs(10);
    let application_name = "slipway-tests".into();
    let options =
        Options { application_name, connections: 4, statement_timeout: bound, acquire_timeout: bound };
    Store::connect(url, &options).await.unwrap()
}

/// Waits until a task has ended or waits for a person.
pub(crate) async fn until_still(store: &Store, task: TaskId) {
    until(store, task, |event| ends(event) || matches!(event.data, Data::ApprovalRequested { .. })).await;
}

/// Waits until a task has ended; the events that were applied to it.
pub(crate) async fn until_ended(store: &Store, task: TaskId) -> Vec<Event> {
    until(store, task, ends).await
}

fn ends(event: &Event) -> bool {
    matches!(event.data, Data::TaskCompleted | Data::TaskFailed { .. } | Data::TaskCancelled { .. })
}

async fn until(store: &Store, task: TaskId, found: impl Fn(&Event) -> bool) -> Vec<Event> {
    let looked = async {
        loop {
            let recorded = store.events(task, 0, 10_000).await.unwrap();
            let applied = recorded.into_iter().filter(|it| it.outcome == Outcome::Applied).map(|it| it.event);
            let events: Vec<Event> = applied.collect();
            if events.last().is_some_and(&found) {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let looked = tokio::time::timeout(PATIENCE, looked).await;
    looked.unwrap_or_else(|_| panic!("task {task} does not come to rest"))
}
