//! A step's result: whether it can be true, and where its outcome leads.

use slipway_protocol::dispatch::Accepted;
use slipway_protocol::task::Approval;
use slipway_protocol::{ArtefactRef, CommitId, Event, ExecutionId, Report, StepId, Task};

use super::holder::{Heard, hear};
use super::{Guards, Illegal, Reason, Situation, reasons};
use crate::definition::{Definition, End, Gate, Step, Target};
use crate::run::{Ending, ExecutionState, Run, Status, StepResult};

/// What a result event offers.
pub(super) struct Offer<'a> {
    pub(super) report: &'a Report,
    pub(super) commit: &'a CommitId,
    pub(super) artefacts: &'a [ArtefactRef],
}

/// One of the six result events: the step is done, and the run goes where its outcome leads.
pub(super) fn accept(
    guards: Guards,
    definition: &Definition,
    run: &mut Run,
    event: &Event,
    offer: &Offer<'_>,
) -> Result<Option<Reason>, Illegal> {
    let id = match hear(guards, run, event)? {
        Heard::Yes(id, _) => id,
        Heard::No(reason) => return Ok(Some(reason)),
    };
    let step = definition.step(&run.executions[&id].step).expect("`check_definition` found every step");
    check(run, id, step, event, offer)?;
    record(definition, run, id, step, offer);
    go_on(guards, definition, run, step, offer.report);
    Ok(None)
}

fn check(run: &Run, id: ExecutionId, step: &Step, event: &Event, offer: &Offer<'_>) -> Result<(), Illegal> {
    let situation = || Situation::new(event, &run.executions[&id]);
    if offer.report.kind() != step.publishes() {
        let (step, wanted) = (step.id().clone(), step.publishes());
        return Err(Illegal::WrongKind { situation: situation(), step, wanted });
    }
    if !step.commits() && *offer.commit != run.head {
        let (named, wanted) = (offer.commit.clone(), run.head.clone());
        return Err(Illegal::WrongCommit { situation: situation(), step: step.id().clone(), named, wanted });
    }
    Ok(())
}

fn record(definition: &Definition, run: &mut Run, id: ExecutionId, step: &Step, offer: &Offer<'_>) {
    let execution = run.executions.get_mut(&id).expect("`hear` found it");
    execution.state = ExecutionState::Done;
    let accepted = Accepted {
        execution: id,
        commit: offer.commit.clone(),
        report: offer.report.clone(),
        artefacts: offer.artefacts.to_vec(),
    };
    run.results.retain(|result| result.step != *step.id());
    run.results.push(StepResult { step: step.id().clone(), accepted });
    if step.commits() {
        run.head = offer.commit.clone();
        if definition.is_revised(step.id()) {
            run.revision_heads.push(run.head.clone());
        }
    }
}

fn go_on(guards: Guards, definition: &Definition, run: &mut Run, step: &Step, report: &Report) {
    let edge = step.edge(report.outcome()).expect("a definition covers every outcome of a step's kind");
    match &edge.target {
        Target::Forward { to, gate: Some(Gate::Approval) } if needs_person(&run.task, report) => {
            run.status = Status::AwaitingApproval { commit: run.head.clone(), step: to.clone() };
        }
        Target::Forward { to, gate: Some(Gate::Approval) | None } => run.open(to),
        Target::Back { to } => go_back(guards, definition, run, step, to, report),
        Target::End(End::Completed) => run.end(Ending::Completed),
        Target::End(End::Failed) => {
            run.end(Ending::Failed { reason: reasons::ended_failed(step.id(), report) });
        }
    }
}

fn needs_person(task: &Task, report: &Report) -> bool {
    task.approval == Approval::Manual || matches!(report, Report::Review { needs_person: true, .. })
}

fn go_back(
    guards: Guards,
    definition: &Definition,
    run: &mut Run,
    step: &Step,
    to: &StepId,
    report: &Report,
) {
    let cap = definition.revisions();
    if run.revisions >= cap.saturating_add(guards.cap_slack) {
        run.end(Ending::Failed { reason: reasons::no_revision_left(step.id(), cap, report) });
        return;
    }
    run.revisions += 1;
    run.open(to);
}
