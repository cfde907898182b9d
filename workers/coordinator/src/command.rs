//! What may be asked of the leading coordinator from inside its process, by the HTTP surface above all.
//!
//! Only the leader's tick writes; everybody else sends it a [`Command`] and waits for what came of it.

use std::time::Duration;

use slipway_protocol::{CommitId, TaskId};
use slipway_store::Pause;
use tokio::sync::{mpsc, oneshot};

use crate::intake::NewTaskRequest;

/// How long a command may wait for its turn and its commit.
const PATIENCE: Duration = Duration::from_secs(15);

/// Something to be done.
#[derive(Debug)]
pub enum Command {
    /// Take a task in.
    Create {
        /// What was asked for.
        request: Box<NewTaskRequest>,
        /// Through which door, such as `api`.
        source: &'static str,
    },
    /// End a task.
    Cancel {
        /// The task.
        task: TaskId,
        /// Who.
        by: String,
    },
    /// Let a commit pass.
    Approve {
        /// The task.
        task: TaskId,
        /// The commit; the one that waits, if none is named.
        commit: Option<CommitId>,
        /// Who.
        by: String,
    },
    /// Do not let a commit pass.
    Reject {
        /// The task.
        task: TaskId,
        /// The commit; the one that waits, if none is named.
        commit: Option<CommitId>,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Let a task, an agent or all take nothing new.
    Pause {
        /// What.
        what: Pause,
        /// Who.
        by: String,
    },
    /// Undo [`Command::Pause`].
    Resume {
        /// What.
        what: Pause,
        /// Who.
        by: String,
    },
    /// Let a task go on that was held as a possible duplicate.
    ReleaseHeld {
        /// The task.
        task: TaskId,
    },
    /// Drop a task that was held as a possible duplicate.
    DropHeld {
        /// The task.
        task: TaskId,
    },
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The task was taken in.
    Created {
        /// The task.
        task: TaskId,
        /// Whether it was known already, by its key.
        known: bool,
        /// The task that it may be a duplicate of, which is why it is held.
        held: Option<TaskId>,
    },
    /// It is done.
    Done,
}

/// A command that was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Another coordinator leads.
    #[error("this coordinator does not lead")]
    NotLeader,
    /// There is no such task.
    #[error("there is no such task")]
    NotFound,
    /// The task does not wait for this.
    #[error("the task is {status}")]
    WrongState {
        /// Where it stands.
        status: String,
    },
    /// The key was used for another request.
    #[error("the idempotency key was used for another request, which became task {task}")]
    KeyReused {
        /// That request's task.
        task: TaskId,
    },
    /// It cannot be done as it was said.
    #[error("{detail}")]
    Invalid {
        /// A stable code.
        code: String,
        /// What is wrong.
        detail: String,
    },
    /// Postgres or the leader does not answer.
    #[error("the coordinator cannot do it now")]
    Unavailable,
}

/// One command and where its answer goes.
pub(crate) type Asked = (Command, oneshot::Sender<Result<Reply, CommandError>>);

/// Sends commands to the leader.
#[derive(Debug, Clone)]
pub struct CommandSender(mpsc::Sender<Asked>);

impl CommandSender {
    /// A sender, and where its commands arrive; at most `room` of them wait.
    pub(crate) fn new(room: usize) -> (Self, mpsc::Receiver<Asked>) {
        let (sender, receiver) = mpsc::channel(room);
        (Self(sender), receiver)
    }

    /// Has `command` carried out, and waits until it is durable.
    pub async fn send(&self, command: Command) -> Result<Reply, CommandError> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send((command, answer)).map_err(|_| CommandError::Unavailable)?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(CommandError::Unavailable),
        }
    }
}
