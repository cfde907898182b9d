//! The rules: how an event changes a run, and what must go on because of it.
//!
//! Pure: no I/O, no clock, no randomness. [`apply`] is one match over the run's status and the event's data; longer
//! arms are in files of their own: `engine/holder.rs` (who may speak for an execution), `engine/result.rs` (where a
//! result leads), `engine/failed.rs`, `engine/approval.rs`. `engine/pending.rs` reads off a state what must go on.
//!
//! What callers must do, because it takes a clock or hands: wait before a [`Command::Retry`]; end what has no life sign
//! by applying an `execution.failed` in the name of its holder (or an `execution.released` in the caller's own name for
//! a lease that nobody took); move the branch to the run's head before they tell of [`Ending::Completed`].

mod approval;
mod failed;
mod holder;
mod illegal;
mod pending;
mod reasons;
mod result;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use slipway_protocol::{CommitId, Data, Dispatch, Event, ExecutionId, Lease, StepId};

use crate::definition::Definition;
use crate::run::{Ending, Execution, ExecutionState, Run, Status};

pub use illegal::{Illegal, Situation};
pub use pending::pending;

/// What came of an event.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "the larger variant is the usual one, and is moved once")]
pub enum Applied {
    /// The run is another one now.
    Changed {
        /// The run after the event.
        run: Run,
        /// What must go on because of it; all of it is in [`pending`] of `run` too.
        commands: Vec<Command>,
    },
    /// The run is as it was.
    Ignored(Reason),
}

/// Why an event changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It was applied before, or says again what was said before.
    Duplicate,
    /// It speaks for an older lease, another holder, an execution that has ended, or of another commit than the one
    /// that waits.
    Stale,
    /// The run has ended.
    Late,
    /// It changes no run: progress, the run's own echo, or a type that is not known.
    Irrelevant,
}

/// What must go on.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Give this to the agent.
    Dispatch(Dispatch),
    /// Give this to the agent after a pause.
    Retry {
        /// What to give.
        dispatch: Dispatch,
        /// The attempt that it begins, from 2; the pause grows with it.
        attempt: u32,
    },
    /// Ask a person whether this commit may pass.
    AskApproval {
        /// The commit.
        commit: CommitId,
        /// The step that waits behind the gate.
        step: StepId,
    },
    /// Tell that the run has ended, and tidy up after it.
    Finish(Ending),
}

/// The checks that keep a run true; tests break them one by one to show that each is needed.
#[derive(Debug, Clone, Copy)]
struct Guards {
    /// An event's id is remembered.
    dedupe: bool,
    /// Only the current lease and its holder count.
    stale: bool,
    /// Revisions granted beyond the definition's.
    cap_slack: u32,
}

impl Guards {
    const ON: Self = Self { dedupe: true, stale: true, cap_slack: 0 };
}

impl Run {
    /// Begins a run from its `task.initiated` event.
    ///
    /// # Errors
    ///
    /// The event is another one, or names another workflow than `definition`.
    pub fn start(definition: &Definition, event: &Event) -> Result<(Self, Vec<Command>), Illegal> {
        let situation = || Situation::new(event, &"no run has begun");
        let Data::TaskInitiated { task, workflow, workflow_version, base } = &event.data else {
            return Err(Illegal::NotAStart { situation: situation() });
        };
        if task.id != event.task {
            return Err(Illegal::OtherTask { situation: situation(), named: event.task, wanted: task.id });
        }
        let mut run = Self {
            id: event.run,
            task: task.as_ref().clone(),
            workflow: workflow.clone(),
            workflow_version: *workflow_version,
            base: base.clone(),
            head: base.clone(),
            revisions: 0,
            executions: BTreeMap::new(),
            results: Vec::new(),
            revision_heads: Vec::new(),
            approved: None,
            seen: BTreeSet::from([event.id]),
            status: Status::Running,
        };
        run.check_definition(definition, event)?;
        run.open(definition.first().id());
        let commands = pending(definition, &run);
        Ok((run, commands))
    }

    /// Applies the events of one run in their order, the first one being its `task.initiated`.
    ///
    /// # Errors
    ///
    /// The first event that is illegal; one that is merely ignored is none.
    pub fn replay<'a>(
        definition: &Definition,
        first: &Event,
        others: impl IntoIterator<Item = &'a Event>,
    ) -> Result<Self, Illegal> {
        let (mut run, _) = Self::start(definition, first)?;
        for event in others {
            if let Applied::Changed { run: next, .. } = apply(definition, &run, event)? {
                run = next;
            }
        }
        Ok(run)
    }

    fn check_definition(&self, definition: &Definition, event: &Event) -> Result<(), Illegal> {
        let fits = (&self.workflow, self.workflow_version) == (definition.id(), definition.version())
            && self.executions.values().all(|execution| definition.step(&execution.step).is_some());
        if fits {
            return Ok(());
        }
        Err(Illegal::OtherWorkflow {
            situation: Situation::new(event, &self.status),
            wanted: format!("{} {}", self.workflow, self.workflow_version),
            given: format!("{} {}", definition.id(), definition.version()),
        })
    }

    /// Begins the next visit of `step`.
    fn open(&mut self, step: &StepId) {
        let visits = self.executions.values().filter(|execution| execution.step == *step).count();
        let visit = u32::try_from(visits).unwrap_or(u32::MAX).saturating_add(1);
        let state = ExecutionState::Dispatched { lease: Lease::FIRST };
        let execution = Execution { step: step.clone(), visit, spent: 0, state };
        self.executions.insert(ExecutionId::of(self.id, step, visit), execution);
        self.status = Status::Running;
    }

    /// Ends the run; what is still active is abandoned.
    fn end(&mut self, ending: Ending) {
        for execution in self.executions.values_mut().filter(|execution| execution.state.is_active()) {
            execution.state = ExecutionState::Abandoned;
        }
        self.status = ending.into();
    }
}

/// Applies `event` to `run`.
///
/// The same event again is [`Reason::Duplicate`]; an ignored or illegal event leaves no trace in the run.
///
/// # Errors
///
/// The event cannot be true of this run. It must be set aside for a person; the execution that it is about goes on,
/// and ends by its deadline if nothing else comes.
pub fn apply(definition: &Definition, run: &Run, event: &Event) -> Result<Applied, Illegal> {
    apply_with(Guards::ON, definition, run, event)
}

/// Applies `event` without guards that keep a run true: to show that something else notices. Test builds only.
#[cfg(feature = "mutants")]
pub fn apply_without(
    no_dedupe: bool,
    no_fence: bool,
    definition: &Definition,
    run: &Run,
    event: &Event,
) -> Result<Applied, Illegal> {
    apply_with(Guards { dedupe: !no_dedupe, stale: !no_fence, cap_slack: 0 }, definition, run, event)
}

fn apply_with(guards: Guards, definition: &Definition, run: &Run, event: &Event) -> Result<Applied, Illegal> {
    run.check_definition(definition, event)?;
    check_addressee(run, event)?;
    if guards.dedupe && run.seen.contains(&event.id) {
        return Ok(Applied::Ignored(Reason::Duplicate));
    }
    let mut next = run.clone();
    if let Some(reason) = decide(guards, definition, &mut next, event)? {
        return Ok(Applied::Ignored(reason));
    }
    next.seen.insert(event.id);
    let before = pending(definition, run);
    let mut commands = pending(definition, &next);
    commands.retain(|command| !before.contains(command));
    Ok(Applied::Changed { run: next, commands })
}

fn check_addressee(run: &Run, event: &Event) -> Result<(), Illegal> {
    let situation = || Situation::new(event, &run.status);
    if event.run != run.id {
        return Err(Illegal::OtherRun { situation: situation(), named: event.run, wanted: run.id });
    }
    if event.task != run.task.id {
        return Err(Illegal::OtherTask { situation: situation(), named: event.task, wanted: run.task.id });
    }
    Ok(())
}

/// Changes `run` by `event`, or says why it is left as it was. After a reason or an error `run` is of no use.
fn decide(
    guards: Guards,
    definition: &Definition,
    run: &mut Run,
    event: &Event,
) -> Result<Option<Reason>, Illegal> {
    use Status::{AwaitingApproval, Cancelled, Completed, Failed, Running};
    match (&run.status, &event.data) {
        (
            Running | AwaitingApproval { .. } | Completed | Failed { .. } | Cancelled { .. },
            Data::TaskProgress { .. }
            | Data::DispatchReturned { .. }
            | Data::ApprovalRequested { .. }
            | Data::TaskCompleted
            | Data::TaskFailed { .. }
            | Data::Unknown(_),
        ) => Ok(Some(Reason::Irrelevant)),

        (
            Completed | Failed { .. } | Cancelled { .. },
            Data::TaskInitiated { .. }
            | Data::ExecutionStarted
            | Data::ExecutionFailed { .. }
            | Data::ExecutionReleased { .. }
            | Data::Result { .. }
            | Data::ApprovalGranted { .. }
            | Data::ApprovalDenied { .. }
            | Data::TaskCancelled { .. },
        ) => Ok(Some(Reason::Late)),

        (Running | AwaitingApproval { .. }, Data::TaskInitiated { .. }) => {
            Err(Illegal::AlreadyStarted { situation: Situation::new(event, &run.status) })
        }
        (Running | AwaitingApproval { .. }, Data::ExecutionStarted) => holder::started(guards, run, event),
        (Running | AwaitingApproval { .. }, Data::ExecutionReleased { .. }) => {
            holder::released(guards, run, event)
        }
        (Running | AwaitingApproval { .. }, Data::ExecutionFailed { cause, retryable, message, code }) => {
            let failure = failed::failure(*cause, message, code.as_deref());
            failed::failed(guards, definition, run, event, failure, *retryable)
        }
        (Running | AwaitingApproval { .. }, Data::Result { report, commit, artefacts }) => {
            result::accept(guards, definition, run, event, &result::Offer { report, commit, artefacts })
        }
        (Running, Data::ApprovalGranted { .. } | Data::ApprovalDenied { .. }) => Ok(Some(Reason::Stale)),
        (AwaitingApproval { commit, step }, Data::ApprovalGranted { commit: named, by }) => {
            let passes = (commit == named).then(|| step.clone());
            Ok(approval::granted(run, passes, named, by))
        }
        (AwaitingApproval { commit, .. }, Data::ApprovalDenied { commit: named, by, reason }) => {
            let meant = commit == named;
            Ok(approval::denied(run, meant, by, reason))
        }
        (Running | AwaitingApproval { .. }, Data::TaskCancelled { by }) => {
            run.end(Ending::Cancelled { by: by.clone() });
            Ok(None)
        }
    }
}
