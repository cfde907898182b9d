//! A worker in this process: its data directory, an engine that a test can hold up, and dispatches for it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use slipway_agents::{Definition as Agent, Role};
use slipway_broker::connect;
use slipway_engines::{Blueprint, Engine, Error as EngineError};
use slipway_git_store::Store;
use slipway_protocol::plan::Language;
use slipway_protocol::work::{Answer, Thought};
use slipway_protocol::{
    Approval, Dispatch, ExecutionId, Incarnation, Inputs, Lease, PreviewMode, Priority, RunId, Task, TaskId,
};
use slipway_runtime::{Clock, Health, Lifecycle, SystemClock};
use slipway_worker::hands::{Hands, Limits, Sandbox, Setup as Hand};
use slipway_worker::serve::{Ended, Error, Server, Serves, Setup, Timings};
use slipway_worker::spool::Spool;
use slipway_worker::{Performer, hands};
use slipway_workflow::Definition;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::coordinator::{Coordinator, options};

/// Short times, so that a test sees what takes long in a fleet.
pub(crate) const TIMINGS: Timings = Timings {
    beat: Duration::from_millis(50),
    beat_spacing: Duration::from_millis(10),
    lease: Duration::from_secs(40),
    margin: Duration::from_secs(5),
    quick: Duration::from_millis(5),
    grace: Duration::from_secs(30),
    resend: Duration::from_millis(300),
    sweep: Duration::from_millis(200),
};

/// The blueprint engine, which answers when the test lets it.
#[derive(Debug)]
pub(crate) struct Held {
    gate: Semaphore,
    panics: bool,
    thinking: AtomicU32,
    most: AtomicU32,
}

impl Held {
    pub(crate) fn new() -> Arc<Self> {
        Self::with(false)
    }

    /// One that panics when it is let.
    pub(crate) fn panicking() -> Arc<Self> {
        Self::with(true)
    }

    fn with(panics: bool) -> Arc<Self> {
        Arc::new(Self {
            gate: Semaphore::new(0),
            panics,
            thinking: AtomicU32::new(0),
            most: AtomicU32::new(0),
        })
    }

    /// Lets it answer `times` times.
    pub(crate) fn let_answer(&self, times: usize) {
        self.gate.add_permits(times);
    }

    /// How many thoughts it has now.
    pub(crate) fn thinking(&self) -> u32 {
        self.thinking.load(Ordering::SeqCst)
    }

    /// How many thoughts it had at a time, at most.
    pub(crate) fn most(&self) -> u32 {
        self.most.load(Ordering::SeqCst)
    }
}

/// Counts a thought while it lives.
struct Thinking<'a>(&'a Held);

impl Drop for Thinking<'_> {
    fn drop(&mut self) {
        self.0.thinking.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Handle(Arc<Held>);

#[async_trait]
impl Engine for Handle {
    fn name(&self) -> &'static str {
        "blueprint"
    }

    async fn think(&self, thought: &Thought) -> Result<Answer, EngineError> {
        let now = self.0.thinking.fetch_add(1, Ordering::SeqCst) + 1;
        let _thinking = Thinking(&self.0);
        self.0.most.fetch_max(now, Ordering::SeqCst);
        self.0.gate.acquire().await.unwrap().forget();
        assert!(!self.0.panics, "this engine panics");
        Blueprint.think(thought).await
    }
}

/// What a worker of a test is made of.
pub(crate) struct Plan<'a> {
    pub(crate) coordinator: &'a Coordinator,
    pub(crate) folder: &'a Path,
    pub(crate) engine: Arc<Held>,
    pub(crate) agent: &'a str,
    /// The agent's own role; otherwise it does nothing and reports success.
    pub(crate) works: bool,
    pub(crate) slots: u16,
    pub(crate) timings: Timings,
    pub(crate) preview: Option<slipway_containers::Docker>,
}

/// A worker that runs.
pub(crate) struct Worker {
    pub(crate) incarnation: Incarnation,
    pub(crate) spool: Arc<Spool>,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) health: Health,
    pub(crate) run: JoinHandle<Result<Ended, Error>>,
}

impl<'a> Plan<'a> {
    /// A planner that thinks.
    pub(crate) fn thinker(coordinator: &'a Coordinator, folder: &'a TempDir, engine: &Arc<Held>) -> Self {
        let engine = Arc::clone(engine);
        let folder = folder.path();
        let timings = TIMINGS;
        Self { coordinator, folder, engine, agent: "planner", works: true, slots: 1, timings, preview: None }
    }

    /// An agent that does nothing.
    pub(crate) fn idler(coordinator: &'a Coordinator, folder: &'a TempDir, agent: &'a str) -> Self {
        Self { agent, works: false, ..Self::thinker(coordinator, folder, &Held::new()) }
    }

    /// Starts the worker.
    pub(crate) fn start(self) -> Worker {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let incarnation = Incarnation::new(clock.new_id());
        let spool = Arc::new(Spool::open(self.folder, incarnation).unwrap());
        let mut agents = Agent::built_in();
        let ids = agents.iter().map(|agent| agent.id.clone()).collect();
        for agent in agents.iter_mut().filter(|_| !self.works) {
            agent.role = Role::Noop;
        }
        let lifecycle = Lifecycle::new(Duration::from_secs(1));
        let health = Health::new("worker", "0");
        let hand = self.hand(&spool);
        let for_performer = Arc::clone(&clock);
        let server = Server::new(Setup {
            broker: connect(&self.coordinator.url, options("worker")).unwrap(),
            performer: Box::new(move |fleet| {
                let hands = Hands::new(Hand { owner: fleet.to_string(), ..hand });
                Performer::new(agents, hands, incarnation, for_performer)
            }),
            incarnation,
            name: "a test".into(),
            definitions: vec![Definition::delivery(&ids).unwrap()],
            serves: vec![Serves {
                agent: self.agent.parse().unwrap(),
                slots: self.slots,
                needs_docker: self.preview.is_some(),
            }],
            spool: Arc::clone(&spool),
            lifecycle: lifecycle.clone(),
            clock,
            health: health.clone(),
            timings: self.timings,
        });
        let run = lifecycle.spawn(slipway_runtime::TaskKind::Service, server.run());
        Worker { incarnation, spool, lifecycle, health, run }
    }

    fn hand(&self, spool: &Spool) -> hands::Setup {
        Hand {
            store: store(self.folder),
            engine: Arc::new(Handle(Arc::clone(&self.engine))),
            sandbox: Sandbox::Nowhere("a test runs none".into()),
            preview: self.preview.clone(),
            preview_ttl: time::Duration::HOUR,
            limits: Limits::default(),
            pull: false,
            languages: vec![Language::Python],
            owner: String::new(),
            work_dir: spool.work_dir(),
        }
    }
}

impl Worker {
    /// Stops the worker softly and returns how it ended.
    pub(crate) async fn stop(self) -> Ended {
        self.lifecycle.soft().cancel();
        self.ended().await
    }

    /// Stops the worker at once.
    pub(crate) async fn kill(self) -> Ended {
        self.lifecycle.hard().cancel();
        self.ended().await
    }

    /// Waits until nothing of the worker is left.
    async fn ended(self) -> Ended {
        let ended = self.run.await.unwrap().unwrap();
        self.lifecycle.shut_down().await;
        ended
    }
}

fn store(folder: &Path) -> Store {
    Store::new(folder.join("repositories"))
}

/// A dispatch of `step` for `agent`, whose task has a repository in `folder`.
pub(crate) async fn dispatch(folder: &Path, step: &str, agent: &str) -> Dispatch {
    let task = Task {
        id: TaskId::new(SystemClock.new_id()),
        prompt: "build a todo app".parse().unwrap(),
        priority: Priority::Normal,
        repository: None,
        approval: Approval::Auto,
        preview: PreviewMode::ComposeOnly,
        isolation: None,
        created_at: SystemClock.now(),
    };
    let repository = store(folder).create(&task.id.short(), task.created_at).await.unwrap();
    let head = repository.default_head().await.unwrap();
    let run = RunId::first_of(task.id);
    let step = step.parse().unwrap();
    Dispatch {
        execution: ExecutionId::of(run, &step, 1),
        lease: Lease::FIRST,
        run,
        task,
        step,
        agent: agent.parse().unwrap(),
        attempt: 1,
        revision: 0,
        inputs: Inputs { base: Some(head.clone()), head: Some(head), ..Inputs::default() },
    }
}
