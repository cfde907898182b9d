//! What this worker performs, under which leases, and until when it may trust each of them. No I/O.
//!
//! A lease is trusted from when its dispatch was taken, and after that from when a beat was *sent* whose answer said
//! that it is valid, for the lease's length less a margin, by this machine's monotonic clock. So a worker that hears
//! nothing stops by itself before the coordinator gives the work to another.

use std::collections::{BTreeMap, VecDeque};

use slipway_protocol::fleet::{Running, Verdict};
use slipway_protocol::{AgentId, Dispatch, ExecutionId, Lease, TaskId};
use tokio::sync::watch;
use tokio::time::Instant;

/// How many ended attempts are remembered, so that a second copy of their dispatch is known.
const MEMORY: usize = 1000;

/// The attempts of this process.
#[derive(Debug, Default)]
pub(super) struct Book {
    running: BTreeMap<(ExecutionId, Lease), Entry>,
    ended: VecDeque<(ExecutionId, Lease)>,
}

#[derive(Debug)]
struct Entry {
    task: TaskId,
    agent: AgentId,
    standing: watch::Sender<Standing>,
}

/// How an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Its lease counts as its own until then.
    Trusted { until: Instant },
    /// It must stop.
    Stopped(Stop),
}

/// Why an attempt must stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The process ends, or was asked to give its work back.
    GivenBack,
    /// Nobody confirmed the lease for as long as it can be trusted.
    Unconfirmed,
    /// The task was ended by a person.
    Cancelled,
    /// The lease is another's: what comes of the attempt counts for nothing.
    Stale,
}

impl Stop {
    /// Why, for an event.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::GivenBack => "soft stop",
            Self::Unconfirmed => "the lease was not confirmed in time",
            Self::Cancelled => "the task was cancelled",
            Self::Stale => "the lease is another's",
        }
    }
}

/// What an attempt hears of its own standing.
#[derive(Debug)]
pub(super) struct Ear(watch::Receiver<Standing>);

impl Ear {
    /// Waits until the attempt must stop.
    pub(super) async fn stopped(&mut self) -> Stop {
        loop {
            let until = match *self.0.borrow_and_update() {
                Standing::Stopped(stop) => return stop,
                Standing::Trusted { until } => until,
            };
            if Instant::now() >= until {
                return Stop::Unconfirmed;
            }
            tokio::select! {
                changed = self.0.changed() => if changed.is_err() { std::future::pending::<()>().await },
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// Whether what comes of the attempt counts for nothing.
    pub(super) fn is_stale(&self) -> bool {
        *self.0.borrow() == Standing::Stopped(Stop::Stale)
    }
}

impl Book {
    /// Begins an attempt whose lease is trusted until `until`. `None`: it, or a newer one, began here before. Older
    /// attempts at the same execution are stale from now on.
    pub(super) fn begin(&mut self, dispatch: &Dispatch, until: Instant) -> Option<Ear> {
        let (execution, lease) = (dispatch.execution, dispatch.lease);
        let mut known = self.running.keys().chain(&self.ended);
        if known.any(|known| known.0 == execution && known.1 >= lease) {
            return None;
        }
        for ((other, _), entry) in &self.running {
            if *other == execution {
                entry.stop(Stop::Stale);
            }
        }
        let (standing, ear) = watch::channel(Standing::Trusted { until });
        let entry = Entry { task: dispatch.task.id, agent: dispatch.agent.clone(), standing };
        self.running.insert((execution, lease), entry);
        Some(Ear(ear))
    }

    /// The attempt has ended, and all that it had to say is said.
    pub(super) fn end(&mut self, execution: ExecutionId, lease: Lease) {
        self.running.remove(&(execution, lease));
        self.ended.push_back((execution, lease));
        if self.ended.len() > MEMORY {
            self.ended.pop_front();
        }
    }

    /// All attempts, for a beat.
    pub(super) fn running(&self) -> Vec<Running> {
        let running = |(key, entry): (&(ExecutionId, Lease), &Entry)| Running {
            task: entry.task,
            execution: key.0,
            lease: key.1,
        };
        self.running.iter().map(running).collect()
    }

    /// How many of `agent`'s slots are in use.
    pub(super) fn busy(&self, agent: &AgentId) -> u32 {
        let busy = self.running.values().filter(|entry| entry.agent == *agent).count();
        u32::try_from(busy).unwrap_or(u32::MAX)
    }

    /// Whether this process performs the attempt now.
    pub(super) fn performs(&self, execution: ExecutionId, lease: Lease) -> bool {
        self.running.contains_key(&(execution, lease))
    }

    /// Takes the coordinator's word on one attempt; a confirmed lease is trusted until `until`. Returns whether the
    /// attempt must stop because of it.
    pub(super) fn judge(&mut self, running: &Running, verdict: Verdict, until: Instant) -> bool {
        let Some(entry) = self.running.get(&(running.execution, running.lease)) else { return false };
        match verdict {
            Verdict::Valid => entry.trust(until),
            Verdict::Stale => entry.stop(Stop::Stale),
            Verdict::Cancelled => entry.stop(Stop::Cancelled),
        }
        verdict != Verdict::Valid
    }

    /// Stops what is performed for a task.
    pub(super) fn cancel(&mut self, task: TaskId) {
        for entry in self.running.values().filter(|entry| entry.task == task) {
            entry.stop(Stop::Cancelled);
        }
    }

    /// Stops everything, so that it is given back.
    pub(super) fn give_back(&mut self) {
        for entry in self.running.values() {
            entry.stop(Stop::GivenBack);
        }
    }
}

impl Entry {
    fn trust(&self, until: Instant) {
        self.standing.send_if_modified(|standing| match standing {
            Standing::Trusted { until: before } if *before < until => {
                *before = until;
                true
            }
            Standing::Trusted { .. } | Standing::Stopped(_) => false,
        });
    }

    /// The first reason stands, but for one: an attempt that is stale is stale, whatever else it was.
    fn stop(&self, stop: Stop) {
        self.standing.send_if_modified(|standing| {
            let news = matches!(standing, Standing::Trusted { .. })
                || (stop == Stop::Stale && *standing != Standing::Stopped(Stop::Stale));
            if news {
                *standing = Standing::Stopped(stop);
            }
            news
        });
    }
}

#[cfg(test)]
mod tests;
