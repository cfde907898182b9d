//! What a state alone says must be going on. A restart needs no memory of what was sent.

use slipway_protocol::dispatch::{Accepted, PersonsApproval};
use slipway_protocol::{AgentId, Dispatch, ExecutionId, Inputs, Lease, ReportKind};

use super::Command;
use crate::definition::Definition;
use crate::run::{Execution, ExecutionState, Run, Status};

/// What must be going on while `run` is as it is; `definition` is the run's own.
///
/// Doing one of them twice harms nobody: a dispatch bears its lease, a question its commit, an ending never changes.
/// A started execution is in its holder's hands and wants nothing. An execution of a step that `definition` does not
/// have is left out; `apply` refuses such a pair.
pub fn pending(definition: &Definition, run: &Run) -> Vec<Command> {
    if let Some(ending) = run.status.ending() {
        return vec![Command::Finish(ending)];
    }
    let mut commands: Vec<Command> = run
        .executions
        .iter()
        .filter_map(|(id, execution)| hand_out(definition, run, *id, execution))
        .collect();
    if let Status::AwaitingApproval { commit, step } = &run.status {
        commands.push(Command::AskApproval { commit: commit.clone(), step: step.clone() });
    }
    commands
}

fn hand_out(definition: &Definition, run: &Run, id: ExecutionId, execution: &Execution) -> Option<Command> {
    let agent = definition.step(&execution.step)?.agent();
    match &execution.state {
        ExecutionState::Dispatched { lease } => {
            Some(Command::Dispatch(dispatch(run, id, execution, *lease, agent)))
        }
        ExecutionState::Waiting { lease, .. } => {
            let dispatch = dispatch(run, id, execution, *lease, agent);
            Some(Command::Retry { attempt: dispatch.attempt, dispatch })
        }
        ExecutionState::Started { .. }
        | ExecutionState::Done
        | ExecutionState::Failed { .. }
        | ExecutionState::Abandoned => None,
    }
}

fn dispatch(run: &Run, id: ExecutionId, execution: &Execution, lease: Lease, agent: &AgentId) -> Dispatch {
    Dispatch {
        execution: id,
        lease,
        run: run.id,
        task: run.task.clone(),
        step: execution.step.clone(),
        agent: agent.clone(),
        attempt: execution.spent.saturating_add(1),
        revision: run.revisions,
        inputs: Inputs {
            base: Some(run.base.clone()),
            head: Some(run.head.clone()),
            results: newest_of_each_kind(run),
            revisions: run.revision_heads.clone(),
            approved: approval_of_head(run),
        },
    }
}

/// In the order of the kinds, so that the same state always gives the same dispatch.
fn newest_of_each_kind(run: &Run) -> Vec<Accepted> {
    let newest =
        |kind: ReportKind| run.results.iter().rev().find(|result| result.accepted.report.kind() == kind);
    ReportKind::ALL.into_iter().filter_map(newest).map(|result| result.accepted.clone()).collect()
}

/// A person's word about an earlier commit says nothing about this one.
fn approval_of_head(run: &Run) -> Option<PersonsApproval> {
    run.approved.clone().filter(|approval| approval.commit == run.head)
}
