//! The journal's side of a run: begin it, take it up, read it, and let a fact be true only once it is durable.

use std::fs;
use std::sync::Arc;

use slipway_journal::Journal;
use slipway_protocol::{CommitId, Data, Event, EventId, Holder, RunId, Task, TaskId};
use slipway_runtime::Clock;
use slipway_workflow::{Applied, Definition, ExecutionState, Run, Status};

use super::{Error, Observer, Word};
use crate::layout::Layout;

/// Records runs in a data directory.
#[derive(Debug, Clone)]
pub struct Recorder {
    pub(super) layout: Layout,
    pub(super) definition: Definition,
    pub(super) clock: Arc<dyn Clock>,
}

/// One run under way: its journal, held, and the state that the journal folds to.
#[derive(Debug)]
pub struct Underway {
    journal: Journal,
    pub(super) run: Run,
}

impl Underway {
    /// The run's state.
    pub const fn run(&self) -> &Run {
        &self.run
    }
}

impl Recorder {
    /// A recorder of runs of `definition` in `layout`.
    pub fn new(layout: Layout, definition: Definition, clock: Arc<dyn Clock>) -> Self {
        Self { layout, definition, clock }
    }

    /// Where the state lies.
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Writes a task's first event; its work begins at `base`.
    pub fn begin(&self, task: &Task, base: CommitId, observer: &dyn Observer) -> Result<Underway, Error> {
        let folder = self.layout.run(task.id);
        fs::create_dir_all(&folder).map_err(|source| Error::Folder { path: folder, source })?;
        let mut journal = Journal::create(&self.layout.journal(task.id))?;
        let data = Data::TaskInitiated {
            workflow: self.definition.id().clone(),
            workflow_version: self.definition.version(),
            task: Box::new(task.clone()),
            base,
        };
        let event = self.event(task, EventId::new(self.clock.new_id()), data, None);
        journal.append(&event)?;
        let run = self.replay(task.id, std::slice::from_ref(&event))?;
        observer.event(&event, &run);
        Ok(Underway { journal, run })
    }

    /// Takes a run up again. An execution that a dead process held goes on under its next lease.
    ///
    /// It spends no attempt: here a person takes the run up each time, so a step that kills its process cannot loop
    /// by itself, and a machine that was switched off is not the step's fault.
    pub fn take_up(&self, task: TaskId, observer: &dyn Observer) -> Result<Underway, Error> {
        let path = self.layout.journal(task);
        if !path.exists() {
            return Err(Error::NotFound { task });
        }
        let opened = Journal::open(&path)?;
        if opened.recovered_bytes > 0 {
            tracing::warn!(bytes = opened.recovered_bytes, "the journal's torn last record was cut off");
        }
        let run = self.replay(task, &opened.events)?;
        let mut underway = Underway { journal: opened.journal, run };
        for holder in holders(&underway.run) {
            self.record(&mut underway, EventId::terminal(&holder), lost(&holder), Some(holder), observer)?;
        }
        Ok(underway)
    }

    /// The events of a task's journal and the state that they fold to, without taking it up.
    pub fn read(&self, task: TaskId) -> Result<(Run, Vec<Event>), Error> {
        let path = self.layout.journal(task);
        if !path.exists() {
            return Err(Error::NotFound { task });
        }
        let events = slipway_journal::read(&path)?;
        Ok((self.replay(task, &events)?, events))
    }

    fn replay(&self, task: TaskId, events: &[Event]) -> Result<Run, Error> {
        // A process that was killed while it wrote the first record began nothing.
        let Some((first, rest)) = events.split_first() else { return Err(Error::NotFound { task }) };
        Run::replay(&self.definition, first, rest)
            .map_err(|source| Error::Illegal { task, source: Box::new(source) })
    }

    /// Says a person's word on the commit that the run waits with.
    pub fn say(&self, underway: &mut Underway, word: Word, observer: &dyn Observer) -> Result<(), Error> {
        let task = underway.run.task().id;
        let Status::AwaitingApproval { commit, .. } = underway.run.status() else {
            return Err(Error::NotWaiting { task, status: underway.run.status().to_string() });
        };
        let (commit, by) = (commit.clone(), whoami());
        let data = match word {
            Word::Approve => Data::ApprovalGranted { commit, by },
            Word::Reject(reason) => Data::ApprovalDenied { commit, by, reason },
        };
        self.record(underway, EventId::new(self.clock.new_id()), data, None, observer)
    }

    /// Cancels a run that no process drives; one that is driven is asked to, and does it within a moment.
    pub fn cancel(&self, task: TaskId, observer: &dyn Observer) -> Result<(), Error> {
        let (run, _) = self.read(task)?;
        if run.status().ending().is_some() {
            return Err(Error::Ended { task, status: run.status().to_string() });
        }
        match self.take_up(task, observer) {
            Ok(mut underway) => self.end_cancelled(&mut underway, observer),
            Err(Error::Journal(slipway_journal::Error::Locked { .. })) => {
                let path = self.layout.cancel_request(task);
                fs::write(&path, whoami()).map_err(|source| Error::Folder { path, source })
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn end_cancelled(
        &self,
        underway: &mut Underway,
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        let data = Data::TaskCancelled { by: whoami() };
        self.record(underway, EventId::new(self.clock.new_id()), data, None, observer)
    }

    /// Records a fact that the recorder says itself.
    fn record(
        &self,
        underway: &mut Underway,
        id: EventId,
        data: Data,
        holder: Option<Holder>,
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        let event = self.event(underway.run.task(), id, data, holder);
        self.keep(underway, &event, observer)
    }

    /// Sees that an event is legal, makes it durable, and only then lets it be true.
    pub(super) fn keep(
        &self,
        underway: &mut Underway,
        event: &Event,
        observer: &dyn Observer,
    ) -> Result<(), Error> {
        let applied = slipway_workflow::apply(&self.definition, &underway.run, event)
            .map_err(|source| Error::Illegal { task: event.task, source: Box::new(source) })?;
        if let Applied::Changed { run, .. } = applied {
            underway.journal.append(event)?;
            underway.run = run;
            observer.event(event, &underway.run);
        }
        Ok(())
    }

    /// Tells the observer a fact that follows from the state alone and so needs no record.
    pub(super) fn note(&self, underway: &Underway, data: Data, observer: &dyn Observer) {
        let event = self.event(underway.run.task(), EventId::new(self.clock.new_id()), data, None);
        observer.event(&event, &underway.run);
    }

    fn event(&self, task: &Task, id: EventId, data: Data, holder: Option<Holder>) -> Event {
        Event {
            id,
            source: "slipway/cli".into(),
            time: self.clock.now(),
            task: task.id,
            run: RunId::first_of(task.id),
            holder,
            priority: task.priority,
            cause: None,
            traceparent: None,
            data,
        }
    }
}

/// The holders of the executions that have started and not ended.
fn holders(run: &Run) -> Vec<Holder> {
    let started = run.active().filter_map(|(execution, it)| match it.state {
        ExecutionState::Started { lease, incarnation } => Some(Holder { execution, lease, incarnation }),
        _ => None,
    });
    started.collect()
}

fn lost(holder: &Holder) -> Data {
    Data::ExecutionReleased { reason: format!("the process that held lease {} ended", holder.lease) }
}

/// The person whose account runs this process.
fn whoami() -> String {
    std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "someone".into())
}
