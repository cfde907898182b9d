//! A sequential driver made by hand, for engines and sandboxes that the program does not offer.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use slipway_agents::Definition as Agent;
use slipway_engines::Engine;
use slipway_git_store::Store;
use slipway_protocol::plan::Language;
use slipway_protocol::{Approval, Event, Incarnation, PreviewMode, Priority, Task, TaskId};
use slipway_runtime::{Clock, SystemClock};
use slipway_worker::hands::{Hands, Limits, Sandbox, Setup};
use slipway_worker::{Layout, Observer, Performer, Sequential};
use slipway_workflow::{Definition, Run};
use tokio_util::sync::CancellationToken;

/// Sees nothing.
#[derive(Debug)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _event: &Event, _run: &Run) {}
}

/// A driver over `engine` with its state in `folder`; previews are compose files.
pub fn driver(
    folder: &Path,
    engine: impl Engine + 'static,
    sandbox: Sandbox,
    language: Language,
) -> Sequential {
    driver_with(folder, engine, sandbox, language, Duration::from_mins(2))
}

/// The same, with a bound of its own on each test command.
pub fn driver_with(
    folder: &Path,
    engine: impl Engine + 'static,
    sandbox: Sandbox,
    language: Language,
    wall_clock: Duration,
) -> Sequential {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let layout = Layout::open(folder, clock.new_id()).unwrap();
    let hands = Hands::new(Setup {
        store: Store::new(layout.repositories()),
        engine: Arc::new(engine),
        sandbox,
        preview: None,
        preview_ttl: time::Duration::HOUR,
        limits: Limits { wall_clock, ..Limits::default() },
        pull: false,
        languages: vec![language],
        owner: layout.owner().to_owned(),
        work_dir: layout.work(),
    });
    let agents = Agent::built_in();
    let ids = agents.iter().map(|agent| agent.id.clone()).collect();
    let performer = Performer::new(agents, hands, Incarnation::new(clock.new_id()), Arc::clone(&clock));
    Sequential::new(layout, Definition::delivery(&ids).unwrap(), performer, clock)
}

/// A process sandbox for the blueprints' own code.
pub const PROCESS: Sandbox = Sandbox::Process { any_engine: false };

/// A task for `prompt`.
pub fn task(prompt: &str) -> Task {
    Task {
        id: TaskId::new(SystemClock.new_id()),
        prompt: prompt.parse().unwrap(),
        priority: Priority::Normal,
        repository: None,
        approval: Approval::Auto,
        preview: PreviewMode::ComposeOnly,
        isolation: None,
        created_at: SystemClock.now(),
    }
}

/// Drives a task to where it stops, and returns its state and its journal.
pub async fn drive(driver: &Sequential, task: Task) -> (Run, Vec<Event>) {
    let id = task.id;
    let mut underway = driver.begin(task, &Silent).await.unwrap();
    driver.drive(&mut underway, &Silent, &CancellationToken::new()).await.unwrap();
    drop(underway);
    driver.recorder().read(id).unwrap()
}
