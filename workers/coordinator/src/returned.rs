//! `dispatch.returned`: a dispatch that was handed out before came to a worker again, and was not performed.
//!
//! If its lease is bound, its holder has it, or will be found silent. If nobody is known to have begun, whoever took
//! it first is gone, and the execution gets the next lease at once; when that happens again and again, the dispatch
//! itself kills whoever takes it.

use slipway_broker::Reason;
use slipway_protocol::event::Cause;
use slipway_protocol::{Data, Event, Holder};
use slipway_store::{Error, Tick};
use slipway_workflow::ExecutionState;

use crate::command::Reply;
use crate::decide::Decision;
use crate::facts::Facts;
use crate::item::Settled;
use crate::lead::Lead;

/// How often a dispatch may come back without a start before its step counts as one that kills workers.
const RETURNS: u32 = 3;

/// Heeds a returned dispatch.
pub(crate) async fn heed(
    lead: &Lead,
    tx: &mut Tick<'_>,
    decision: &mut Decision<'_>,
    event: &Event,
) -> Result<Settled, Error> {
    let Some(holder) = event.holder else {
        let detail = "dispatch.returned names no execution".to_owned();
        return Ok(Settled::Quarantined(Reason { code: "coordinator.illegal-event".into(), detail }));
    };
    let claimed = lead.fleet().is_claimed(holder.execution, holder.lease, lead.now());
    if decision.note(event) && !claimed && is_untaken(decision, event, &holder) {
        let returns = tx.count_return(holder.execution, holder.lease).await?;
        let ours = Holder { incarnation: lead.me, ..holder };
        let fact = Facts::new(lead.clock.as_ref()).ending(event, ours, what_follows(returns));
        decision.event(&fact);
    }
    Ok(Settled::Done(Reply::Done))
}

/// Whether the lease is the newest one and nobody is known to have begun under it.
fn is_untaken(decision: &Decision<'_>, event: &Event, holder: &Holder) -> bool {
    let execution = decision.run(event.run).and_then(|run| run.executions().get(&holder.execution));
    matches!(
        execution.map(|execution| &execution.state),
        Some(ExecutionState::Dispatched { lease } | ExecutionState::Waiting { lease, .. }) if *lease == holder.lease
    )
}

fn what_follows(returns: u32) -> Data {
    if returns < RETURNS {
        return Data::ExecutionReleased { reason: "its dispatch came back without a start".into() };
    }
    Data::ExecutionFailed {
        cause: Cause::Crash,
        retryable: false,
        message: format!("its dispatch came back {returns} times without a start: it ends whatever takes it"),
        code: Some("worker.crash-loop".into()),
    }
}
