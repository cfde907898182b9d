//! What workers and the coordinator say to each other besides events and dispatches: beats, grants, hints.
//!
//! Requests go to the leading coordinator and are answered; nothing of it is kept, so a lost one costs a beat. The
//! truth about a lease is the coordinator's answer to a beat, never a [`Control`].

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{AgentId, EventId, ExecutionId, Holder, Incarnation, Lease, TaskId};

/// What a worker asks of the coordinator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// It lives, and this is what it does.
    Beat(Beat),
    /// May this holder begin effects that cannot be taken back?
    Grant(Holder),
    /// Which of these things, found on a Docker engine, are still wanted?
    Wanted {
        /// The things, by the attempt that made them.
        things: Vec<Thing>,
    },
}

/// What the coordinator answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    /// To a beat.
    Beat(BeatReply),
    /// To a request for a grant.
    Grant(Grant),
    /// To a question about things: those that may be removed.
    Unwanted {
        /// Positions in the question's list.
        indexes: Vec<usize>,
    },
    /// This coordinator does not lead, or cannot say; ask again.
    Busy,
}

/// A sign of life, every few seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beat {
    /// This life of the process.
    pub incarnation: Incarnation,
    /// The process's name, for people.
    pub worker: String,
    /// The program's version.
    pub version: String,
    /// What it serves.
    pub agents: Vec<Slots>,
    /// What it performs now.
    pub running: Vec<Running>,
    /// Terminal events that it keeps until they are applied.
    pub unapplied: Vec<EventId>,
    /// Whether it takes nothing new.
    pub draining: bool,
    /// How busy its machine is.
    pub load: Load,
}

/// How much of one agent's work a worker takes at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// The agent.
    pub agent: AgentId,
    /// Steps at a time.
    pub slots: u32,
    /// Slots that perform a step now.
    pub busy: u32,
}

/// One execution that a worker performs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The task.
    pub task: TaskId,
    /// The execution.
    pub execution: ExecutionId,
    /// Under which lease.
    pub lease: Lease,
}

/// How busy a machine is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// The load average over one minute.
    pub one_minute: f32,
    /// The process's resident memory, in bytes.
    pub resident_bytes: u64,
}

/// The answer to a beat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BeatReply {
    /// The fleet's id: it marks what the fleet starts on Docker.
    pub fleet: Uuid,
    /// A verdict for each of the beat's `running`, in its order.
    pub verdicts: Vec<Verdict>,
    /// Those of the beat's `unapplied` that need not be kept any longer.
    pub settled: Vec<EventId>,
    /// Agents of which nothing new is to be taken.
    pub paused: Vec<AgentId>,
    /// Whether the worker is to take nothing new and end.
    pub drain: bool,
}

/// What the coordinator says of a running execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The lease is this worker's, or its start is not applied yet.
    Valid,
    /// The lease is not this worker's any longer: stop, the work is lost.
    Stale,
    /// The task was ended by a person: stop.
    Cancelled,
}

/// The answer to a request for a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Go on.
    Granted,
    /// The start is not applied yet; ask again.
    Wait,
    /// The lease is another's, or ended: stop.
    Denied,
}

/// Something on a Docker engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    /// The task that it was made for.
    pub task: TaskId,
    /// The attempt that made it.
    pub holder: Holder,
    /// Whether it is part of a deployment; all else ends with its attempt.
    pub deployed: bool,
}

/// A hint to every worker, which saves waiting for the next beat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    /// The task was ended by a person.
    Cancel {
        /// The task.
        task: TaskId,
    },
    /// Something changed for the worker: beat now.
    Beat {
        /// The worker; `None` for all.
        incarnation: Option<Incarnation>,
    },
    /// Take nothing new, finish, and end.
    Drain {
        /// The worker; `None` for all.
        incarnation: Option<Incarnation>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_what_it_is() {
        let holder = Holder {
            execution: ExecutionId::new(Uuid::from_u128(1)),
            lease: Lease::FIRST,
            incarnation: Incarnation::new(Uuid::from_u128(2)),
        };
        let text = serde_json::to_value(Request::Grant(holder)).unwrap();
        assert_eq!(text["ask"], "grant");
        assert_eq!(serde_json::from_value::<Request>(text).unwrap(), Request::Grant(holder));
        let text = serde_json::to_value(Response::Grant(Grant::Wait)).unwrap();
        assert_eq!(serde_json::from_value::<Response>(text).unwrap(), Response::Grant(Grant::Wait));
    }
}
