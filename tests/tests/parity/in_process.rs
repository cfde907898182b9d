//! A fleet in this process: a coordinator on a real database and a worker of all agents, over any broker and with any
//! engine.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use slipway_agents::Definition as Agent;
use slipway_broker::Broker;
use slipway_coordinator::command::{Command, CommandSender, Reply};
use slipway_coordinator::intake::{self, Parts, Rate};
use slipway_coordinator::{Coordinator, Limits, Setup};
use slipway_engines::Engine;
use slipway_git_store as git;
use slipway_protocol::plan::Language;
use slipway_protocol::{AgentId, Incarnation, TaskId};
use slipway_runtime::{Clock, Health, Lifecycle, SystemClock, TaskKind};
use slipway_store::Store;
use slipway_tests::services::eventually;
use slipway_worker::Performer;
use slipway_worker::hands::{self, Hands, Sandbox};
use slipway_worker::serve::{self, Server, Serves, Timings};
use slipway_worker::spool::Spool;
use slipway_workflow::Definition;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::account::Ran;
use crate::story::{PERSON, Story, Word, store, until_ended, until_still};

/// A fleet that ends with this value.
pub(crate) struct Fleet {
    store: Store,
    commands: CommandSender,
    lifecycle: Lifecycle,
    folder: TempDir,
}

/// The two handles of a broker.
pub(crate) struct Brokers {
    pub(crate) coordinator: Arc<dyn Broker>,
    pub(crate) worker: Arc<dyn Broker>,
}

impl Brokers {
    /// A broker in memory.
    pub(crate) fn memory() -> Self {
        let url = format!("memory:{}", SystemClock.new_id());
        let connect =
            |name: &str| slipway_broker::connect(&url, slipway_broker::Options::named(name)).unwrap();
        Self { coordinator: connect("coordinator"), worker: connect("worker") }
    }
}

impl Fleet {
    /// A fleet that leads, on an empty database.
    pub(crate) async fn new(
        database_url: &str,
        brokers: Brokers,
        engine: Arc<dyn Engine>,
        languages: Vec<Language>,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let lifecycle = Lifecycle::new(Duration::from_secs(10));
        let store = store(database_url).await;
        store.migrate().await.unwrap();
        let commands = coordinate(&store, brokers.coordinator, repositories(&folder), &lifecycle).await;
        serve(&folder, brokers.worker, engine, languages, &lifecycle);
        Self { store, commands, lifecycle, folder }
    }

    /// Goes through `stories` together.
    pub(crate) async fn run(&self, stories: &[Story]) -> Vec<Ran> {
        let mut tasks = Vec::new();
        for story in stories {
            tasks.push(self.create(story).await);
        }
        let mut all = Vec::new();
        for (story, task) in stories.iter().zip(tasks) {
            if let Some(word) = story.word {
                until_still(&self.store, task).await;
                self.commands.send(said(task, word)).await.unwrap();
            }
            let events = until_ended(&self.store, task).await;
            let repository = self.folder.path().join(format!("repositories/{}.git", task.short()));
            all.push(Ran { events, repository, folder: self.folder.path().to_owned() });
        }
        all
    }

    /// Hands a task in as soon as there is a leader.
    async fn create(&self, story: &Story) -> TaskId {
        let body = story.request().to_string();
        let none = BTreeMap::new();
        let parts = Parts { body: body.as_bytes(), content_type: None, id: None, headers: &none };
        let request = Box::new(intake::parse(&parts).unwrap());
        let created = tokio::sync::OnceCell::new();
        eventually("a leader that takes a task", || async {
            let command = Command::Create { request: request.clone(), source: "test" };
            self.commands.send(command).await.is_ok_and(|reply| created.set(reply).is_ok())
        })
        .await;
        match created.get() {
            Some(Reply::Created { task, .. }) => *task,
            other => panic!("a task was answered with {other:?}"),
        }
    }

    /// Ends both parts in good order.
    pub(crate) async fn stop(self) {
        self.lifecycle.soft().cancel();
        self.lifecycle.shut_down().await;
    }
}

fn said(task: TaskId, word: Word) -> Command {
    let (commit, by) = (None, PERSON.to_owned());
    match word {
        Word::Approve => Command::Approve { task, commit, by },
        Word::Reject(reason) => Command::Reject { task, commit, by, reason: reason.into() },
        Word::Cancel => Command::Cancel { task, by },
    }
}

fn repositories(folder: &TempDir) -> PathBuf {
    folder.path().join("repositories")
}

fn agents() -> Vec<AgentId> {
    Agent::built_in().into_iter().map(|agent| agent.id).collect()
}

fn delivery() -> Definition {
    Definition::delivery(&agents().into_iter().collect()).unwrap()
}

async fn coordinate(
    store: &Store,
    broker: Arc<dyn Broker>,
    repositories: PathBuf,
    lifecycle: &Lifecycle,
) -> CommandSender {
    let fleet = store.fleet().await.unwrap();
    let setup = Setup {
        store: store.clone(),
        intake: Arc::clone(&broker),
        broker,
        repositories: git::Store::new(repositories),
        definitions: vec![delivery()],
        agents: agents(),
        clock: Arc::new(SystemClock),
        limits: Limits::default(),
        retention: slipway_store::Retention::default(),
        rate: Arc::new(Rate::new(1000, 1000)),
        name: "test".into(),
    };
    let (mut coordinator, commands, _) = Coordinator::new(setup, fleet, Health::new("coordinator", "test"));
    let until: CancellationToken = lifecycle.soft().clone();
    lifecycle.spawn(TaskKind::Service, async move { coordinator.run(&until).await });
    commands
}

fn serve(
    folder: &TempDir,
    broker: Arc<dyn Broker>,
    engine: Arc<dyn Engine>,
    languages: Vec<Language>,
    lifecycle: &Lifecycle,
) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let incarnation = Incarnation::new(clock.new_id());
    let spool = Arc::new(Spool::open(folder.path(), incarnation).unwrap());
    let hand = hands::Setup {
        store: git::Store::new(repositories(folder)),
        engine,
        sandbox: Sandbox::Process { any_engine: true },
        preview: None,
        preview_ttl: time::Duration::HOUR,
        limits: hands::Limits { wall_clock: Duration::from_mins(2), ..hands::Limits::default() },
        pull: false,
        languages,
        owner: String::new(),
        work_dir: spool.work_dir(),
    };
    let for_performer = Arc::clone(&clock);
    let server = Server::new(serve::Setup {
        broker,
        performer: Box::new(move |fleet| {
            let hands = Hands::new(hands::Setup { owner: fleet.to_string(), ..hand });
            Performer::new(Agent::built_in(), hands, incarnation, for_performer)
        }),
        incarnation,
        name: "test".into(),
        definitions: vec![delivery()],
        serves: agents().into_iter().map(|agent| Serves { agent, slots: 2, needs_docker: false }).collect(),
        spool,
        lifecycle: lifecycle.clone(),
        clock,
        health: Health::new("worker", "test"),
        timings: Timings { beat: Duration::from_millis(300), ..Timings::default() },
    });
    lifecycle.spawn(TaskKind::Service, async move { server.run().await.unwrap() });
}
