//! What comes into a tick, and who is told what came of it.
//!
//! Ids are drawn when an item is made and not when it is carried out, so that a tick that is tried again, because the
//! answer to its commit was lost say, does the same thing and not a second one.

use slipway_broker::{Delivery, Reason};
use slipway_protocol::{CommitId, Event, EventId, Task, TaskId};
use slipway_store::{NewTask, Pause};
use tokio::sync::oneshot;

use crate::command::{CommandError, Reply};

/// One thing to carry out.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) what: What,
    pub(crate) answer: Answer,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum What {
    /// Apply an event that a worker sent, or that follows from the passing of time.
    Event(Box<Event>),
    /// Take a task in.
    Accept(Box<NewTask>),
    /// Begin an accepted task's run at a commit.
    Begin { id: EventId, task: Box<Task>, base: CommitId },
    /// End an accepted task whose repository cannot be had.
    Abandon { task: Box<Task>, reason: String },
    /// Say a person's word on a task.
    Say { id: EventId, task: TaskId, word: Word },
    /// Let something take nothing new, or again.
    Pause { what: Pause, by: String, on: bool },
    /// Let a task that was held as a possible duplicate go on, or drop it.
    Held { task: TaskId, release: bool },
}

/// A person's word.
#[derive(Debug, Clone)]
pub(crate) enum Word {
    Cancel { by: String },
    Approve { commit: Option<CommitId>, by: String },
    Reject { commit: Option<CommitId>, by: String, reason: String },
}

/// Who is told.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Nobody.
    Nobody,
    /// The broker: the delivery is acknowledged, or set aside.
    Delivery(Delivery),
    /// Whoever gave a command.
    Asker(oneshot::Sender<Result<Reply, CommandError>>),
}

/// What came of an item.
#[derive(Debug)]
pub(crate) enum Settled {
    /// It is done, or need not be done.
    Done(Reply),
    /// It cannot be done, and whoever asked is told why.
    Refused(CommandError),
    /// It is an event that cannot be true; it is set aside for a person.
    Quarantined(Reason),
}

impl What {
    /// The event's id, where it is one whose sender keeps it until it is settled.
    pub(crate) fn event_id(&self) -> Option<EventId> {
        match self {
            Self::Event(event) => Some(event.id),
            _ => None,
        }
    }
}
