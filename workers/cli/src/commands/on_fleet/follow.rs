//! Following a task of a fleet: the feed's events go through the same view as those of a run in this process.

use std::sync::Arc;
use std::time::Duration;

use slipway_protocol::{Data, Event, TaskId};
use slipway_runtime::Lifecycle;
use slipway_worker::{Observer, TaskStatus};
use slipway_workflow::{Illegal, Run};

use super::super::inspect;
use crate::args::{Global, Task};
use crate::exit::{Exit, Failure, Outcome};
use crate::fleet::{Error, Feed, Fleet, FleetTask, Mirror, Shown, Step};
use crate::view::{self, Lines};
use crate::{environment, output};

/// `slipway watch`.
pub(super) async fn watch(wanted: &Task, fleet: &Fleet, global: &Global) -> Outcome {
    let task = fleet.find(wanted.task.as_deref()).await?;
    to_the_end(task.summary.task, fleet, global).await
}

/// Shows a task from its first event on until it ends or waits for a person.
pub(super) async fn to_the_end(task: TaskId, fleet: &Fleet, global: &Global) -> Outcome {
    Following::new(task, fleet, global).go(global).await
}

/// A task that is being followed.
pub(super) struct Following<'a> {
    fleet: &'a Fleet,
    task: TaskId,
    mirror: Mirror,
    after: i64,
    observer: Arc<dyn Observer>,
    lines: Option<Arc<Lines>>,
    told_paused: bool,
}

impl<'a> Following<'a> {
    /// Follows `task` from its first event on, with the view that was asked for.
    pub(super) fn new(task: TaskId, fleet: &'a Fleet, global: &Global) -> Self {
        let (observer, lines) = view::chosen(global);
        Self { lines, ..Self::with(task, fleet, observer) }
    }

    /// Follows `task` with another view.
    pub(super) fn with(task: TaskId, fleet: &'a Fleet, observer: Arc<dyn Observer>) -> Self {
        let mirror = Mirror::new(environment::delivery());
        Self { fleet, task, mirror, after: 0, observer, lines: None, told_paused: false }
    }

    /// Takes what has happened so far without showing it.
    pub(super) async fn catch_up(&mut self) -> Result<(), Failure> {
        for (number, event) in self.fleet.events(self.task).await? {
            self.mirror.take(&event).map_err(|illegal| self.other_workflow(&illegal))?;
            self.after = number;
        }
        Ok(())
    }

    /// The run, once it has begun.
    pub(super) const fn run(&self) -> Option<&Run> {
        self.mirror.run()
    }

    /// Shows what happens, then where the task stands; the exit code is the task's.
    pub(super) async fn go(mut self, global: &Global) -> Outcome {
        let Some(task) = self.until_it_rests().await? else {
            let again = self.fleet.command(&format!("watch {}", self.task.short()));
            output::talk(&format!("the task goes on in the fleet; `{again}` looks again"));
            return Ok(Exit::Interrupted);
        };
        if global.json {
            output::json(&task.summary)?;
        } else {
            output::data(&inspect::describe(&task.summary))?;
        }
        Ok(inspect::exit_of(task.summary.status, self.mirror.events()))
    }

    /// Shows what happens until the task ends or waits for a person; `None` when a signal came first.
    pub(super) async fn until_it_rests(&mut self) -> Result<Option<FleetTask>, Failure> {
        let life = Lifecycle::new(Duration::ZERO);
        life.listen_for_signals()?;
        let rests = tokio::select! {
            rests = self.listen() => rests.map(Some),
            () = life.soft().cancelled() => Ok(None),
        };
        if let Some(lines) = &self.lines {
            lines.finish();
        }
        life.shut_down().await;
        rests
    }

    async fn listen(&mut self) -> Result<FleetTask, Failure> {
        let mut feed = Feed::new(self.fleet, self.task, self.after);
        loop {
            let may_rest = match feed.next().await? {
                Step::Event(event) => {
                    self.show(&event)?;
                    ends_a_stretch(&event.data)
                }
                Step::Idle => true,
                Step::Lost(reason) => {
                    let server = self.fleet.server();
                    self.say(&format!("the connection to {server} is lost ({reason}); trying again"));
                    false
                }
                Step::Back => {
                    self.say("connected again");
                    false
                }
            };
            if may_rest && let Some(task) = self.resting().await? {
                return Ok(task);
            }
        }
    }

    fn show(&mut self, event: &Event) -> Result<(), Failure> {
        let shown = self.mirror.take(event).map_err(|illegal| self.other_workflow(&illegal))?;
        if let (Shown::Yes, Some(run)) = (shown, self.mirror.run()) {
            self.observer.event(event, run);
        }
        Ok(())
    }

    /// The task, if nothing more happens to it by itself. The feed may tell of the past, so the server is asked.
    async fn resting(&mut self) -> Result<Option<FleetTask>, Failure> {
        let task = match self.fleet.task(self.task).await {
            Ok(task) => task,
            // The feed notices it too, and has the patience.
            Err(error) if error.may_pass() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let status = task.summary.status;
        if status.is_terminal() || matches!(status, TaskStatus::AwaitingApproval | TaskStatus::Held) {
            return Ok(Some(task));
        }
        if task.facts.paused && !std::mem::replace(&mut self.told_paused, true) {
            let command = self.fleet.command(&format!("unpause {}", self.task.short()));
            self.say(&format!("paused; `{command}` lets it go on"));
        }
        Ok(None)
    }

    fn say(&self, text: &str) {
        match &self.lines {
            Some(lines) => lines.line(text),
            None => output::talk(text),
        }
    }

    fn other_workflow(&self, illegal: &Illegal) -> Failure {
        Error::OtherWorkflow { server: self.fleet.server().clone(), reason: illegal.to_string() }.into()
    }
}

/// Whether after this event a task may go no further by itself.
const fn ends_a_stretch(data: &Data) -> bool {
    matches!(
        data,
        Data::TaskCompleted
            | Data::TaskFailed { .. }
            | Data::TaskCancelled { .. }
            | Data::ApprovalRequested { .. }
    )
}
