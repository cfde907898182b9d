//! How a worker process ends: exit codes, and errors with their stable codes.

use std::error::Error as StdError;
use std::io::Write as _;
use std::process::ExitCode;

use crate::error::chain;

/// The documented exit codes; they are those of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// It ended in good order.
    Done = 0,
    /// It failed, or was ended hard.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error on its way to whoever operates the process.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    code: String,
    message: String,
}

impl Failure {
    /// Something failed.
    pub(super) fn failed(code: &str, error: &(dyn StdError + 'static)) -> Self {
        Self { exit: Exit::Failed, code: code.into(), message: chain(error) }
    }

    /// The command line or the configuration is wrong.
    pub(super) fn usage(code: &str, message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code: code.into(), message: message.into() }
    }

    /// Prints it; returns the exit code.
    pub(super) fn print(&self) -> ExitCode {
        let Self { exit, code, message } = self;
        // Nobody can be told that standard error is gone.
        let _gone = writeln!(
            std::io::stderr().lock(),
            "error: {message}\n       [{code}] docs/errors/{code}.md says more"
        );
        (*exit).into()
    }
}
