//! One execution under way: on its agent's queue, or in a holder's hands.

use std::time::{Duration, Instant};

use slipway_protocol::fleet::Beat;
use slipway_protocol::{
    AgentId, Dispatch, EventId, ExecutionId, Holder, Incarnation, Lease, Priority, RunId, TaskId,
};

/// An execution that was handed out and has not ended.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    pub(crate) task: TaskId,
    pub(crate) run: RunId,
    pub(crate) agent: AgentId,
    pub(crate) lease: Lease,
    pub(crate) priority: Priority,
    /// How long one attempt may take.
    pub(crate) deadline: Duration,
    pub(crate) stage: Stage,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It lies on its agent's queue.
    Sent {
        /// Since when a slot has been free for it.
        eligible: Option<Instant>,
        /// When a worker last said that it has it, though its start is not applied.
        claimed: Option<Instant>,
    },
    /// Its lease is bound.
    Started {
        /// To whom.
        incarnation: Incarnation,
        /// Since when.
        at: Instant,
        /// When the holder was last heard to hold it.
        sign: Instant,
    },
}

impl Flight {
    /// An execution that was just handed to its agent's queue.
    pub(crate) fn sent(dispatch: &Dispatch, deadline: Duration) -> Self {
        Self {
            task: dispatch.task.id,
            run: dispatch.run,
            agent: dispatch.agent.clone(),
            lease: dispatch.lease,
            priority: dispatch.task.priority,
            deadline,
            stage: Stage::Sent { eligible: None, claimed: None },
        }
    }

    /// Whether `incarnation` may be the holder under `lease`; of a dispatch that nobody is known to have taken,
    /// anyone may.
    pub(super) fn may_be(&self, lease: Lease, incarnation: Incarnation) -> bool {
        let bound_to_another =
            matches!(self.stage, Stage::Started { incarnation: holder, .. } if holder != incarnation);
        self.lease == lease && !bound_to_another
    }

    /// Takes a beat as a sign of life, when it says that the worker has the execution: it performs it, or keeps the event
    /// that ends it. Of a dispatch that was sent it says that the message is not lost, even if the start is.
    pub(super) fn heed(&mut self, id: ExecutionId, beat: &Beat, now: Instant) {
        let lease = self.lease;
        let performs = beat.running.iter().any(|running| running.execution == id && running.lease == lease);
        let end = EventId::terminal(&Holder { execution: id, lease, incarnation: beat.incarnation });
        if !performs && !beat.unapplied.contains(&end) {
            return;
        }
        match &mut self.stage {
            Stage::Sent { eligible, claimed } => {
                *eligible = None;
                *claimed = Some(now);
            }
            Stage::Started { incarnation, sign, .. } if *incarnation == beat.incarnation => *sign = now,
            Stage::Started { .. } => {}
        }
    }

    /// Binds the lease.
    pub(super) fn begin(&mut self, lease: Lease, incarnation: Incarnation, now: Instant) {
        self.lease = lease;
        if !matches!(self.stage, Stage::Started { incarnation: holder, .. } if holder == incarnation) {
            self.stage = Stage::Started { incarnation, at: now, sign: now };
        }
    }
}
