//! A run to play with: it makes events, applies them and keeps those that changed something.

use std::collections::BTreeSet;

use slipway_protocol::event::Cause;
use slipway_protocol::report::{CaseFailure, Decision, Deployment};
use slipway_protocol::{
    AgentId, Approval, CommitId, Data, Digest, Dispatch, Event, EventId, ExecutionId, Holder, Incarnation,
    Lease, PreviewMode, Priority, Report, ReportKind, RunId, StepId, Tally, Task, TaskId,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::definition::Definition;
use crate::engine::{Applied, Command, Guards, Illegal, Reason, apply_with};
use crate::run::{Execution, ExecutionState, Run, Status};

/// A workflow whose last step can lead back past a gate without a new commit.
pub(super) const LOOP: &str = "\
id: loop
version: 7
title: A gate that is passed more than once
revisions: 2
attempts: 2
steps:
  - { id: test, agent: tester, publishes: test.results, next: [
      { when: passed, to: deploy, gate: approval }, { when: failed, end: failed }] }
  - { id: deploy, agent: deployer, publishes: deploy.status, effects: outside, next: [
      { when: deployed, end: completed }, { when: written, to: test, back: true }] }
";

pub(super) fn agents() -> BTreeSet<AgentId> {
    let names = ["planner", "architect", "coder", "tester", "reviewer", "deployer"];
    names.into_iter().map(|name| name.parse().unwrap()).collect()
}

pub(super) fn delivery() -> Definition {
    Definition::delivery(&agents()).unwrap()
}

pub(super) fn looping() -> Definition {
    Definition::load("loop.yaml", LOOP, &agents()).unwrap()
}

pub(super) fn commit(number: u128) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

pub(super) fn incarnation(number: u128) -> Incarnation {
    Incarnation::new(Uuid::from_u128(number))
}

/// A report of `kind`; `good` takes the first outcome of the kind, else the last.
pub(super) fn report(kind: ReportKind, good: bool) -> Report {
    match kind {
        ReportKind::Plan => Report::Plan { goal: "a list of things to do".into(), not_built: Vec::new() },
        ReportKind::Architecture => Report::Architecture { decisions: Vec::new() },
        ReportKind::Code => Report::Code { branch: "feature/task-1".into(), commits: 1, revision: 0 },
        ReportKind::Tests => Report::Tests {
            passed: good,
            tally: Tally { passed: 29, failed: if good { 0 } else { 2 }, skipped: 0 },
            reason: (!good).then(|| "unit: 2 of 31 tests failed".into()),
            failures: vec![CaseFailure { name: "t".into(), message: "m".into() }],
            evidence: Digest::of(b"evidence"),
        },
        ReportKind::Review => review(good, false),
        ReportKind::Deploy => Report::Deploy(Deployment {
            mode: if good { PreviewMode::DockerInDocker } else { PreviewMode::ComposeOnly },
            url: None,
            health: "not started".into(),
            image: None,
            expires_at: None,
            instructions: Vec::new(),
        }),
    }
}

pub(super) fn review(approved: bool, needs_person: bool) -> Report {
    let decision = if approved { Decision::Approved } else { Decision::ChangesRequested };
    Report::Review { decision, findings: Vec::new(), basis: "computed checks only".into(), needs_person }
}

pub(super) struct World {
    pub(super) guards: Guards,
    pub(super) definition: Definition,
    pub(super) run: Run,
    pub(super) commands: Vec<Command>,
    /// The events that changed the run, the first one being `task.initiated`.
    pub(super) log: Vec<Event>,
    ids: u128,
}

impl World {
    pub(super) fn new(definition: Definition, approval: Approval) -> Self {
        let first = initiated(&definition, approval);
        let (run, commands) = Run::start(&definition, &first).unwrap();
        Self { guards: Guards::ON, definition, run, commands, log: vec![first], ids: 0x1000 }
    }

    pub(super) fn delivery(approval: Approval) -> Self {
        Self::new(delivery(), approval)
    }

    pub(super) fn fresh(&mut self) -> u128 {
        self.ids += 1;
        self.ids
    }

    /// An event with an id of its own.
    pub(super) fn event(&mut self, holder: Option<Holder>, data: Data) -> Event {
        let id = EventId::new(Uuid::from_u128(self.fresh()));
        Event { id, holder, data, ..self.log[0].clone() }
    }

    /// The event that ends the attempt of `holder`.
    pub(super) fn terminal(&self, holder: Holder, data: Data) -> Event {
        Event { id: EventId::terminal(&holder), holder: Some(holder), data, ..self.log[0].clone() }
    }

    /// Applies `event` and goes on from what it gives.
    pub(super) fn apply(&mut self, event: &Event) -> Result<Option<Reason>, Illegal> {
        match apply_with(self.guards, &self.definition, &self.run, event)? {
            Applied::Ignored(reason) => Ok(Some(reason)),
            Applied::Changed { run, commands } => {
                self.run = run;
                self.commands = commands;
                self.log.push(event.clone());
                Ok(None)
            }
        }
    }

    pub(super) fn tell(&mut self, holder: Option<Holder>, data: Data) -> Result<Option<Reason>, Illegal> {
        let event = self.event(holder, data);
        self.apply(&event)
    }

    /// Applies an event that must change the run.
    pub(super) fn must(&mut self, holder: Option<Holder>, data: Data) {
        assert_eq!(self.tell(holder, data), Ok(None), "{:?}", self.run.status());
    }

    /// The one active execution.
    pub(super) fn active(&self) -> (Holder, Execution) {
        let (id, execution) = self.run.active().next().expect("an execution is active");
        (holder_of(id, execution, incarnation(1)), execution.clone())
    }

    /// The active execution's holder: the bound one, or incarnation 1.
    pub(super) fn holder(&self) -> Holder {
        self.active().0
    }

    pub(super) fn at_step(&self) -> String {
        self.active().1.step.to_string()
    }

    /// The data of a result of the active step; a step that commits makes a new commit.
    pub(super) fn result(&mut self, good: bool) -> Data {
        let step = self.definition.step(&self.active().1.step).unwrap();
        let (kind, commits) = (step.publishes(), step.commits());
        let commit = if commits { commit(self.fresh()) } else { self.run.head().clone() };
        Data::Result { report: report(kind, good), commit, artefacts: Vec::new() }
    }

    /// Ends the active step.
    pub(super) fn finish(&mut self, good: bool) {
        let data = self.result(good);
        self.must(Some(self.holder()), data);
    }

    /// Ends steps well until `step` is active.
    pub(super) fn finish_until(&mut self, step: &str) {
        while self.at_step() != step {
            self.finish(true);
        }
    }
}

pub(super) fn holder_of(id: ExecutionId, execution: &Execution, otherwise: Incarnation) -> Holder {
    let incarnation = match execution.state {
        ExecutionState::Started { incarnation, .. } => incarnation,
        _ => otherwise,
    };
    Holder { execution: id, lease: execution.state.lease().unwrap_or(Lease::FIRST), incarnation }
}

pub(super) fn initiated(definition: &Definition, approval: Approval) -> Event {
    let id = TaskId::new(Uuid::from_u128(0x7a5c));
    let task = Task {
        id,
        prompt: "build a todo app".parse().unwrap(),
        priority: Priority::Normal,
        repository: None,
        approval,
        preview: PreviewMode::Auto,
        isolation: None,
        created_at: OffsetDateTime::UNIX_EPOCH,
    };
    Event {
        id: EventId::new(Uuid::from_u128(1)),
        source: "slipway/test".into(),
        time: OffsetDateTime::UNIX_EPOCH,
        task: id,
        run: RunId::first_of(id),
        holder: None,
        priority: Priority::Normal,
        cause: None,
        traceparent: None,
        data: Data::TaskInitiated {
            task: Box::new(task),
            workflow: definition.id().clone(),
            workflow_version: definition.version(),
            base: commit(0),
        },
    }
}

pub(super) fn failed(retryable: bool) -> Data {
    let message = "the deadline of 10 min passed".into();
    Data::ExecutionFailed { cause: Cause::Timeout, retryable, message, code: None }
}

pub(super) fn released() -> Data {
    Data::ExecutionReleased { reason: "soft stop".into() }
}

pub(super) fn granted(commit: &CommitId) -> Data {
    Data::ApprovalGranted { commit: commit.clone(), by: "ada".into() }
}

pub(super) fn denied(commit: &CommitId) -> Data {
    Data::ApprovalDenied { commit: commit.clone(), by: "ada".into(), reason: "wrong colour".into() }
}

pub(super) fn step(name: &str) -> StepId {
    name.parse().unwrap()
}

pub(super) fn failed_because(world: &World) -> &str {
    match world.run.status() {
        Status::Failed { reason } => reason,
        other => panic!("{other}"),
    }
}

pub(super) fn the_dispatch(world: &World) -> &Dispatch {
    match world.commands.as_slice() {
        [Command::Dispatch(dispatch) | Command::Retry { dispatch, .. }] => dispatch,
        other => panic!("{other:?}"),
    }
}
