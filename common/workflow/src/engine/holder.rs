//! Who may speak for an execution: the one incarnation that its current lease is bound to.

use slipway_protocol::{Event, ExecutionId, Holder};

use super::{Guards, Illegal, Reason, Situation};
use crate::run::{Execution, ExecutionState, Run};

/// Whether an event's holder is heard.
pub(super) enum Heard {
    /// It is: the execution, and who speaks.
    Yes(ExecutionId, Holder),
    /// It is not.
    No(Reason),
}

/// Finds the execution that `event` speaks for, and whether its holder is the one that counts.
///
/// A lease that nobody took yet is anyone's: the first message that names an incarnation binds it.
pub(super) fn hear(guards: Guards, run: &Run, event: &Event) -> Result<Heard, Illegal> {
    let Some(holder) = event.holder else {
        return Err(Illegal::NoHolder { situation: Situation::new(event, &run.status) });
    };
    let Some(execution) = run.executions.get(&holder.execution) else {
        let situation = Situation::new(event, &run.status);
        return Err(Illegal::UnknownExecution { situation, execution: holder.execution });
    };
    if guards.stale && is_stale(execution, &holder) {
        return Ok(Heard::No(Reason::Stale));
    }
    match execution.state.lease() {
        None => Ok(Heard::No(Reason::Stale)),
        Some(lease) if holder.lease > lease => {
            Err(Illegal::UnknownLease { situation: Situation::new(event, execution), named: holder.lease })
        }
        Some(_) => Ok(Heard::Yes(holder.execution, holder)),
    }
}

fn is_stale(execution: &Execution, holder: &Holder) -> bool {
    match &execution.state {
        ExecutionState::Dispatched { lease } | ExecutionState::Waiting { lease, .. } => holder.lease < *lease,
        ExecutionState::Started { lease, incarnation } => {
            holder.lease < *lease || (holder.lease == *lease && holder.incarnation != *incarnation)
        }
        ExecutionState::Done | ExecutionState::Failed { .. } | ExecutionState::Abandoned => true,
    }
}

/// `execution.started`: binds the lease to its holder.
pub(super) fn started(guards: Guards, run: &mut Run, event: &Event) -> Result<Option<Reason>, Illegal> {
    let (id, holder) = match hear(guards, run, event)? {
        Heard::Yes(id, holder) => (id, holder),
        Heard::No(reason) => return Ok(Some(reason)),
    };
    let bound = ExecutionState::Started { lease: holder.lease, incarnation: holder.incarnation };
    let execution = run.executions.get_mut(&id).expect("`hear` found it");
    if execution.state == bound {
        return Ok(Some(Reason::Duplicate));
    }
    execution.state = bound;
    Ok(None)
}

/// `execution.released`: the next lease, and no attempt is spent.
pub(super) fn released(guards: Guards, run: &mut Run, event: &Event) -> Result<Option<Reason>, Illegal> {
    let (id, holder) = match hear(guards, run, event)? {
        Heard::Yes(id, holder) => (id, holder),
        Heard::No(reason) => return Ok(Some(reason)),
    };
    let execution = run.executions.get_mut(&id).expect("`hear` found it");
    execution.state = ExecutionState::Dispatched { lease: holder.lease.next() };
    Ok(None)
}
