//! How the program ends: every way has a stable exit code, and every error a code, a cause and a way out.

use std::process::ExitCode;

use slipway_worker::sequential::Error as RunError;

/// The documented exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Something failed that is not the task's fault.
    Failed = 1,
    /// The command line, the configuration or a file given to check is wrong.
    Usage = 2,
    /// There is no such task, preview, agent.
    NotFound = 3,
    /// The task is in another state, or another process holds it.
    Conflict = 5,
    /// What is needed is not installed or does not answer.
    Environment = 6,
    /// The task ended failed.
    TaskFailed = 7,
    /// The task was cancelled.
    TaskCancelled = 8,
    /// The task waits for an approval.
    Waiting = 9,
    /// The prompt was refused: no blueprint fits it.
    Refused = 10,
    /// Interrupted; the task can be resumed.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error on its way to the person.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The error's stable code; `docs/errors/` has a page for each.
    pub(crate) code: String,
    /// What failed, why, and the way out.
    pub(crate) message: String,
}

/// What every command returns.
pub(crate) type Outcome = Result<Exit, Failure>;

impl Failure {
    /// An error with a code of its own.
    pub(crate) fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self { exit, code: code.into(), message: message.into() }
    }

    /// Something named on the command line does not exist.
    pub(crate) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, code, message)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match &error {
            RunError::NotFound { .. } => Exit::NotFound,
            RunError::NotWaiting { .. }
            | RunError::Ended { .. }
            | RunError::Journal(slipway_journal::Error::Locked { .. }) => Exit::Conflict,
            RunError::Begin(failure) if !failure.retryable => Exit::Usage,
            _ => Exit::Failed,
        };
        Self::new(exit, error.code(), slipway_worker::chain(&error))
    }
}

impl From<slipway_worker::layout::Error> for Failure {
    fn from(error: slipway_worker::layout::Error) -> Self {
        Self::new(Exit::Failed, error.code(), slipway_worker::chain(&error))
    }
}

impl From<slipway_worker::Failure> for Failure {
    fn from(failure: slipway_worker::Failure) -> Self {
        Self::new(Exit::Failed, &failure.code, failure.message)
    }
}

impl From<slipway_containers::docker::Error> for Failure {
    fn from(error: slipway_containers::docker::Error) -> Self {
        slipway_worker::Failure::from(error).into()
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Failed, "cli.io", error.to_string())
    }
}
