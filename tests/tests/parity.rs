//! The same tasks through the sequential mode, a fleet on the memory broker and a fleet on RabbitMQ: the same events,
//! artefacts and decisions.
//!
//! Open `parity/account.rs` for what is compared and what is left out.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "parity/account.rs"]
mod account;
#[path = "parity/difference.rs"]
mod difference;
#[path = "parity/in_process.rs"]
mod in_process;
#[path = "parity/names.rs"]
mod names;
#[path = "parity/story.rs"]
mod story;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use account::{Ran, account};
use difference::difference;
use in_process::Brokers;
use slipway_engines::Blueprint;
use slipway_protocol::plan::Language;
use slipway_protocol::{Change, Content, Piece};
use slipway_tests::Slipway;
use slipway_tests::fleet::Fleet;
use slipway_tests::sabotage::Sabotage;
use slipway_tests::services::Services;
use story::{PERSON, Story, Word};
use tempfile::TempDir;

/// Tasks, each with the event that it ends with, so that nothing is compared that did not come so far.
const STORIES: [(Story, &str); 6] = [
    (Story::plain("build a todo app"), "task.completed"),
    (Story::plain("build a notes app with search in JavaScript"), "task.completed"),
    (Story { prompt: "build a calculator", word: Some(Word::Approve) }, "task.completed"),
    (Story { prompt: "build a hello world app", word: Some(Word::Reject("not now")) }, "task.failed"),
    (Story { prompt: "build a landing page", word: Some(Word::Cancel) }, "task.cancelled"),
    (Story::plain("fly me to the moon"), "task.failed"),
];

/// What each mode made of the same tasks, told apart by the mode's name.
struct Modes {
    wanted: Vec<(&'static str, &'static str)>,
    accounts: Vec<(&'static str, Vec<Vec<String>>)>,
}

impl Modes {
    fn new(wanted: Vec<(&'static str, &'static str)>) -> Self {
        Self { wanted, accounts: Vec::new() }
    }

    /// Adds a mode, which went through all tasks in their order.
    fn add(&mut self, mode: &'static str, all: &[Ran]) {
        for ((prompt, end), ran) in self.wanted.iter().zip(all) {
            let last = ran.events.last().unwrap();
            assert_eq!(last.event_type(), *end, "{prompt:?}, {mode}: {:?}", last.data);
        }
        self.accounts.push((mode, all.iter().map(account).collect()));
    }

    /// Panics with what differs between the first mode and another one, or with two tasks that do not differ: then the
    /// comparison would see nothing.
    #[track_caller]
    fn expect_alike(&self) {
        let ((first, ours), others) = self.accounts.split_first().unwrap();
        for (other, theirs) in others {
            for ((prompt, _), (our, their)) in self.wanted.iter().zip(ours.iter().zip(theirs)) {
                if let Some(shown) = difference(our, their) {
                    panic!("{prompt:?} differs between {first} (-) and {other} (+):\n{shown}");
                }
            }
        }
        for (at, our) in ours.iter().enumerate() {
            assert!(!ours[..at].contains(our), "{:?} went as another task did", self.wanted[at].0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_tasks_leave_the_same_events_artefacts_and_decisions_in_every_mode() {
    let stories = STORIES.map(|(story, _)| story);
    let mut modes = Modes::new(STORIES.map(|(story, end)| (story.prompt, end)).to_vec());
    let services = Services::shared().await;

    let folders = stories.map(|_| person());
    let sequential: Vec<Ran> =
        folders.iter().zip(&stories).map(|(slipway, story)| story::sequential(slipway, story)).collect();
    modes.add("the sequential mode", &sequential);

    let place = services.place().await;
    let languages = vec![Language::Python, Language::Node];
    let memory =
        in_process::Fleet::new(&place.database_url, Brokers::memory(), Arc::new(Blueprint), languages).await;
    modes.add("the memory broker", &memory.run(&stories).await);
    memory.stop().await;

    let mut fleet = Fleet::new(services.place().await);
    // As long as in a real fleet: on a slow machine a lease that ends would tell another story.
    for (name, seconds) in
        [("LEASES__SECONDS", "30"), ("LEASES__UNCLAIMED_SECONDS", "10"), ("WORKER__LEASE_SECONDS", "30")]
    {
        fleet.set(&format!("SLIPWAY_{name}"), seconds);
    }
    let api = fleet.coordinator("coordinator", &[]);
    fleet.worker("worker", "planner,architect,coder,tester,reviewer,deployer", &[]);
    fleet.ready(&api).await;
    modes.add("RabbitMQ", &story::processes(&fleet, &api, "worker", &stories).await);
    // Its logs would hide what differs.
    drop(fleet);

    modes.expect_alike();
}

fn person() -> Slipway {
    let mut slipway = Slipway::without_docker();
    slipway.set("USER", PERSON);
    slipway
}

/// An engine with faults, afresh for each mode.
type Faulty = fn() -> Sabotage;

#[tokio::test(flavor = "multi_thread")]
async fn work_that_goes_back_and_steps_that_fail_leave_the_same_in_every_mode() {
    let faulty: [(Story, Faulty); 2] = [
        (Story::plain("build a hello world app"), careless),
        (Story::plain("build a calculator"), panicking),
    ];
    let mut modes = Modes::new(faulty.map(|(story, _)| (story.prompt, "task.completed")).to_vec());
    let services = Services::shared().await;

    let folders = faulty.map(|_| TempDir::new().unwrap());
    let mut sequential = Vec::new();
    for ((story, engine), folder) in faulty.iter().zip(&folders) {
        sequential.push(story::driven(folder.path(), engine(), story).await);
    }
    modes.add("the sequential mode", &sequential);

    for mode in ["the memory broker", "RabbitMQ"] {
        let (mut fleets, mut all) = (Vec::new(), Vec::new());
        for (story, engine) in faulty {
            let place = services.place().await;
            let brokers = match mode {
                "RabbitMQ" => Brokers { coordinator: place.coordinator(), worker: place.worker() },
                _ => Brokers::memory(),
            };
            let engine = Arc::new(engine());
            let languages = vec![Language::Python];
            let fleet = in_process::Fleet::new(&place.database_url, brokers, engine, languages).await;
            all.extend(fleet.run(&[story]).await);
            fleets.push(fleet);
        }
        modes.add(mode, &all);
        for fleet in fleets {
            fleet.stop().await;
        }
    }
    let kinds: Vec<&str> =
        sequential.iter().flat_map(|ran| &ran.events).map(slipway_protocol::Event::event_type).collect();
    for (kind, times) in [("test.results", 4), ("review.decision", 3), ("execution.failed", 1)] {
        assert_eq!(kinds.iter().filter(|it| **it == kind).count(), times, "{kind} in {kinds:?}");
    }
    modes.expect_alike();
}

/// Its first code fails its tests, its second one holds a secret, its third one is good.
fn careless() -> Sabotage {
    const FAILING: &str = "import unittest\n\n\nclass Extra(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(1 + 1, 3)\n";
    Sabotage::new(|revision, pieces| {
        let secret = format!("TOKEN = '{}{}'\n", "ghp_", "a1B2c3D4".repeat(5));
        let changes = match revision {
            0 => vec![Change::file("tests/test_extra.py", FAILING)],
            1 => vec![
                Change::file("tests/test_extra.py", FAILING.replace("1 + 1, 3", "1 + 1, 2")),
                Change::file("backend/planted.py", secret),
            ],
            _ => vec![Change { path: "backend/planted.py".into(), content: Content::Absent }],
        };
        pieces.push(Piece { subject: "Change more".into(), body: "More.".into(), changes });
    })
}

/// It panics the first time that code is wanted.
fn panicking() -> Sabotage {
    let panicked = AtomicBool::new(false);
    Sabotage::new(move |_, _| assert!(panicked.swap(true, Ordering::SeqCst), "the first time it is asked"))
}
