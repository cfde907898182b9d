//! What the leader knows of workers and of what is under way, without asking Postgres: slots, signs of life, leases.
//!
//! Values in, values out: time is an argument, nothing here does I/O. The truth is in Postgres; this is read from it
//! when a term begins and follows each committed tick. Open `fleet/flight.rs` for one execution under way and
//! `fleet/overdue.rs` for when one is given up.

mod flight;
mod overdue;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use slipway_protocol::fleet::{Beat, Running, Verdict};
use slipway_protocol::{AgentId, EventId, ExecutionId, Incarnation, Lease, TaskId};
use slipway_store::{Pause, Paused};
use slipway_workflow::{ExecutionState, Run};

pub(crate) use flight::{Flight, Stage};
pub(crate) use overdue::{Overdue, Why};

/// How many ended tasks and settled events are remembered.
const MEMORY: usize = 20_000;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timings {
    /// How long a lease outlives its holder's last sign of life.
    pub(crate) lease: Duration,
    /// How long a dispatch may lie while there is a slot for it.
    pub(crate) unclaimed: Duration,
    /// How long after its deadline a step may still report.
    pub(crate) overtime: Duration,
    /// Dispatches on an agent's queue beyond what its slots can start.
    pub(crate) window: u32,
}

/// Workers, and executions under way.
#[derive(Debug)]
pub(crate) struct Fleet {
    timings: Timings,
    workers: HashMap<Incarnation, Worker>,
    flights: BTreeMap<ExecutionId, Flight>,
    under_way: BTreeMap<AgentId, u32>,
    pauses: Pauses,
    frozen_until: Instant,
    cancelled: Remembered<TaskId>,
    settled: Remembered<EventId>,
}

/// One life of a worker process.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    /// Its newest beat.
    pub(crate) beat: Beat,
    /// When that came.
    pub(crate) at: Instant,
}

/// What takes nothing new.
///
/// A paused task is not among it: Postgres holds its executions back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pauses {
    /// Every agent.
    pub(crate) all: bool,
    /// These agents.
    pub(crate) agents: BTreeSet<AgentId>,
}

impl Pauses {
    /// What the rows say.
    pub(crate) fn of(rows: &[Paused]) -> Self {
        let mut pauses = Self::default();
        for row in rows {
            match &row.what {
                Pause::All => pauses.all = true,
                Pause::Agent(agent) => drop(pauses.agents.insert(agent.clone())),
                Pause::Task(_) => {}
            }
        }
        pauses
    }
}

impl Fleet {
    /// A fleet in which no lease ends before a whole one has passed, since nobody could beat before.
    pub(crate) fn new(timings: Timings, now: Instant) -> Self {
        Self {
            timings,
            workers: HashMap::new(),
            flights: BTreeMap::new(),
            under_way: BTreeMap::new(),
            pauses: Pauses::default(),
            frozen_until: now + timings.lease,
            cancelled: Remembered::default(),
            settled: Remembered::default(),
        }
    }

    /// Lets no lease end for a whole one: the broker or Postgres was away, and with it the signs of life.
    pub(crate) fn freeze(&mut self, now: Instant) {
        self.frozen_until = self.frozen_until.max(now + self.timings.lease);
    }

    /// Replaces what is under way by what Postgres says.
    pub(crate) fn reload(
        &mut self,
        flights: impl IntoIterator<Item = (ExecutionId, Flight)>,
        pauses: Pauses,
    ) {
        self.flights.clear();
        self.under_way.clear();
        self.pauses = pauses;
        for (id, flight) in flights {
            self.insert(id, flight);
        }
    }

    /// Sets what takes nothing new.
    pub(crate) fn pause(&mut self, pauses: Pauses) {
        self.pauses = pauses;
    }

    /// Takes a beat; a verdict for each execution that it names.
    pub(crate) fn beat(&mut self, beat: Beat, now: Instant) -> Vec<Verdict> {
        let verdicts = beat.running.iter().map(|running| self.verdict(&beat, running, now)).collect();
        for (execution, flight) in &mut self.flights {
            flight.heed(*execution, &beat, now);
        }
        self.workers.insert(beat.incarnation, Worker { beat, at: now });
        verdicts
    }

    fn verdict(&self, beat: &Beat, running: &Running, _now: Instant) -> Verdict {
        if self.cancelled.holds(&running.task) {
            return Verdict::Cancelled;
        }
        match self.flights.get(&running.execution) {
            Some(flight) if flight.may_be(running.lease, beat.incarnation) => Verdict::Valid,
            _ => Verdict::Stale,
        }
    }

    /// Agents of which workers take nothing new.
    pub(crate) fn paused(&self) -> Vec<AgentId> {
        if self.pauses.all {
            let served = self.workers.values().flat_map(|worker| &worker.beat.agents);
            return served.map(|slots| slots.agent.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        }
        self.pauses.agents.iter().cloned().collect()
    }

    /// How many more executions each of `agents` may be handed.
    pub(crate) fn rooms(&self, agents: &[AgentId], now: Instant) -> Vec<(AgentId, u32)> {
        let room = |agent: &AgentId| {
            let under_way = self.under_way.get(agent).copied().unwrap_or(0);
            (self.slots(agent, now) + self.timings.window).saturating_sub(under_way)
        };
        agents
            .iter()
            .filter(|agent| !self.pauses.all && !self.pauses.agents.contains(*agent))
            .map(|agent| (agent.clone(), room(agent)))
            .filter(|(_, room)| *room > 0)
            .collect()
    }

    /// The slots of the workers that live and take work.
    fn slots(&self, agent: &AgentId, now: Instant) -> u32 {
        let alive =
            self.workers.values().filter(|worker| self.is_alive(worker, now) && !worker.beat.draining);
        alive
            .flat_map(|worker| &worker.beat.agents)
            .filter(|slots| slots.agent == *agent)
            .map(|it| it.slots)
            .sum()
    }

    fn is_alive(&self, worker: &Worker, now: Instant) -> bool {
        now.saturating_duration_since(worker.at) < self.timings.lease
    }

    /// Forgets workers that have not beaten for a lease; returns those that are left.
    pub(crate) fn roll_call(&mut self, now: Instant) -> Vec<&Worker> {
        let lease = self.timings.lease;
        self.workers.retain(|_, worker| now.saturating_duration_since(worker.at) < lease);
        self.workers.values().collect()
    }

    /// An execution was handed to its agent's queue.
    pub(crate) fn sent(&mut self, id: ExecutionId, flight: Flight) {
        self.insert(id, flight);
    }

    /// Follows a run from one state to the next.
    pub(crate) fn follow(&mut self, run: &Run, now: Instant) {
        for (id, execution) in run.executions() {
            match &execution.state {
                ExecutionState::Started { lease, incarnation } => {
                    self.started(*id, *lease, *incarnation, now);
                }
                ExecutionState::Dispatched { lease } | ExecutionState::Waiting { lease, .. } => {
                    if self.flights.get(id).is_some_and(|flight| flight.lease != *lease) {
                        self.remove(*id);
                    }
                }
                ExecutionState::Done | ExecutionState::Failed { .. } | ExecutionState::Abandoned => {
                    self.remove(*id);
                }
            }
        }
    }

    fn started(&mut self, id: ExecutionId, lease: Lease, incarnation: Incarnation, now: Instant) {
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.begin(lease, incarnation, now);
        }
    }

    fn insert(&mut self, id: ExecutionId, flight: Flight) {
        let agent = flight.agent.clone();
        if self.flights.insert(id, flight).is_none() {
            *self.under_way.entry(agent).or_default() += 1;
        }
    }

    fn remove(&mut self, id: ExecutionId) {
        if let Some(flight) = self.flights.remove(&id)
            && let Some(count) = self.under_way.get_mut(&flight.agent)
        {
            *count = count.saturating_sub(1);
        }
    }

    /// The execution under way called `id`.
    pub(crate) fn flight(&self, id: ExecutionId) -> Option<&Flight> {
        self.flights.get(&id)
    }

    /// Whether a living worker has said that it has `id` under `lease`, though its start is not applied.
    pub(crate) fn is_claimed(&self, id: ExecutionId, lease: Lease, now: Instant) -> bool {
        self.flights.get(&id).is_some_and(|flight| match flight.stage {
            Stage::Sent { claimed: Some(at), .. } => {
                flight.lease == lease && now.saturating_duration_since(at) < self.timings.lease
            }
            Stage::Sent { claimed: None, .. } | Stage::Started { .. } => false,
        })
    }

    /// Remembers that a person ended a task; its workers are told with their next beats.
    pub(crate) fn cancel(&mut self, task: TaskId) {
        self.cancelled.keep(task);
    }

    /// How many executions are under way, by agent.
    pub(crate) const fn under_way(&self) -> &BTreeMap<AgentId, u32> {
        &self.under_way
    }

    /// Remembers events whose senders need not keep them any longer.
    pub(crate) fn settle(&mut self, events: impl IntoIterator<Item = EventId>) {
        for event in events {
            self.settled.keep(event);
        }
    }

    /// Whether the event `id` is remembered as settled.
    pub(crate) fn is_settled(&self, id: &EventId) -> bool {
        self.settled.holds(id)
    }

    /// Gives up what is overdue at `now`.
    pub(crate) fn overdue(&mut self, now: Instant) -> Vec<Overdue> {
        overdue::find(self, now)
    }
}

/// The newest [`MEMORY`] values.
#[derive(Debug)]
struct Remembered<T> {
    order: VecDeque<T>,
    values: HashSet<T>,
}

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self { order: VecDeque::new(), values: HashSet::new() }
    }
}

impl<T: Copy + Eq + std::hash::Hash> Remembered<T> {
    fn keep(&mut self, value: T) {
        if !self.values.insert(value) {
            return;
        }
        self.order.push_back(value);
        if self.order.len() > MEMORY
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }

    fn holds(&self, value: &T) -> bool {
        self.values.contains(value)
    }
}
