//! When an execution under way is given up: its holder is silent, its time is over, or nobody took it.

use std::collections::BTreeMap;
use std::time::Instant;

use slipway_protocol::{AgentId, ExecutionId, Incarnation};

use super::{Fleet, Flight, Stage};

/// An execution that is given up.
#[derive(Debug, Clone)]
pub(crate) struct Overdue {
    pub(crate) execution: ExecutionId,
    pub(crate) flight: Flight,
    pub(crate) why: Why,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its holder has not been heard of for a lease.
    Silent(Incarnation),
    /// Its holder has had all the time that the step may take, and more.
    Late(Incarnation),
    /// It lay on its queue though a slot was free: the message is lost.
    Unclaimed,
}

pub(super) fn find(fleet: &mut Fleet, now: Instant) -> Vec<Overdue> {
    let mut found = Vec::new();
    let mut free = free_slots(fleet, now);
    let timings = fleet.timings;
    let frozen = now < fleet.frozen_until;
    for (id, flight) in &mut fleet.flights {
        let why = match &mut flight.stage {
            Stage::Started { incarnation, at, sign } => {
                let silent = now.saturating_duration_since(*sign) > timings.lease;
                let late = now.saturating_duration_since(*at) > flight.deadline + timings.overtime;
                match (silent && !frozen, late) {
                    (true, _) => Some(Why::Silent(*incarnation)),
                    (false, true) => Some(Why::Late(*incarnation)),
                    (false, false) => None,
                }
            }
            Stage::Sent { eligible, .. } => {
                let free = free.get_mut(&flight.agent).filter(|free| **free > 0 && !frozen);
                if let Some(free) = free {
                    *free -= 1;
                    let since = *eligible.get_or_insert(now);
                    (now.saturating_duration_since(since) > timings.unclaimed).then_some(Why::Unclaimed)
                } else {
                    *eligible = None;
                    None
                }
            }
        };
        found.extend(why.map(|why| Overdue { execution: *id, flight: flight.clone(), why }));
    }
    found
}

/// Slots that neither a worker nor a bound lease says are in use.
fn free_slots(fleet: &Fleet, now: Instant) -> BTreeMap<AgentId, u32> {
    let mut free = BTreeMap::new();
    for worker in fleet.workers.values().filter(|worker| fleet.is_alive(worker, now) && !worker.beat.draining)
    {
        for slots in &worker.beat.agents {
            *free.entry(slots.agent.clone()).or_insert(0) += slots.slots.saturating_sub(slots.busy);
        }
    }
    free.retain(|agent, _| !fleet.pauses.all && !fleet.pauses.agents.contains(agent));
    free
}
