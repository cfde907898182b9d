//! A failed attempt: the next one, or the end of the run with the true cause.

use slipway_protocol::Event;
use slipway_protocol::event::Cause;

use super::holder::{Heard, hear};
use super::{Guards, Illegal, Reason, reasons};
use crate::definition::Definition;
use crate::run::{Ending, ExecutionState, Failure, Run};

pub(super) fn failure(cause: Cause, message: &str, code: Option<&str>) -> Failure {
    Failure { cause, message: reasons::cut(message), code: code.map(str::to_owned) }
}

/// `execution.failed`: an attempt is spent.
pub(super) fn failed(
    guards: Guards,
    definition: &Definition,
    run: &mut Run,
    event: &Event,
    failure: Failure,
    retryable: bool,
) -> Result<Option<Reason>, Illegal> {
    let (id, holder) = match hear(guards, run, event)? {
        Heard::Yes(id, holder) => (id, holder),
        Heard::No(reason) => return Ok(Some(reason)),
    };
    let execution = run.executions.get_mut(&id).expect("`hear` found it");
    execution.spent = execution.spent.saturating_add(1);
    if retryable && execution.spent < definition.attempts() {
        execution.state = ExecutionState::Waiting { lease: holder.lease.next(), failure };
        return Ok(None);
    }
    let reason = reasons::step_failed(execution, &failure);
    execution.state = ExecutionState::Failed { failure };
    run.end(Ending::Failed { reason });
    Ok(None)
}
