//! How a step's errors are judged: the one place that says whether another attempt can help.

use std::error::Error as StdError;
use std::fmt::Write as _;

use slipway_containers::{docker, preview, process, sandbox};
use slipway_protocol::event::{Cause, Data};
use slipway_protocol::plan::Invalid;
use slipway_runtime::fault::Injected;

/// Why an attempt ended without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind of failure.
    pub cause: Cause,
    /// Whether another attempt can help.
    pub retryable: bool,
    /// What failed and why, in one line.
    pub message: String,
    /// The error's stable code.
    pub code: String,
}

impl Failure {
    /// A failure that no attempt mends.
    pub fn fatal(code: &str, error: &(dyn StdError + 'static)) -> Self {
        Self { cause: Cause::Error, retryable: false, message: chain(error), code: code.into() }
    }

    /// Whether what failed is this machine and not the work: the engine of the containers went away, say. Then the
    /// execution is given back unharmed, and no attempt is spent on waiting.
    fn is_environments(&self) -> bool {
        self.retryable && matches!(self.code.as_str(), "container.engine" | "container.unavailable")
    }

    /// The same failure as an event says it.
    pub fn into_data(self) -> Data {
        if self.is_environments() {
            return Data::ExecutionReleased { reason: self.message };
        }
        let Self { cause, retryable, message, code } = self;
        Data::ExecutionFailed { cause, retryable, message, code: Some(code) }
    }
}

/// An error and its causes in one line, since no error prints its source itself.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        write!(text, ": {cause}").expect("writing to a string cannot fail");
        source = cause.source();
    }
    text
}

impl From<slipway_agents::Error> for Failure {
    fn from(error: slipway_agents::Error) -> Self {
        let cause = match error {
            slipway_agents::Error::WouldOverwrite { .. } => Cause::Refused,
            _ => Cause::Error,
        };
        Self { cause, ..Self::fatal(error.code(), &error) }
    }
}

impl From<slipway_git_store::Error> for Failure {
    fn from(error: slipway_git_store::Error) -> Self {
        let retryable = error.is_retryable();
        Self { retryable, ..Self::fatal(error.code(), &error) }
    }
}

impl From<slipway_engines::Error> for Failure {
    fn from(error: slipway_engines::Error) -> Self {
        let cause =
            if matches!(error, slipway_engines::Error::Refused(_)) { Cause::Refused } else { Cause::Error };
        let retryable = error.retryable();
        Self { cause, retryable, ..Self::fatal(error.code(), &error) }
    }
}

impl From<docker::Error> for Failure {
    fn from(error: docker::Error) -> Self {
        let code = match error {
            docker::Error::NoImage { .. } | docker::Error::Pull { .. } => "container.image",
            docker::Error::Call { .. } | docker::Error::Slow { .. } => "container.engine",
        };
        let retryable = error.retryable();
        Self { retryable, ..Self::fatal(code, &error) }
    }
}

impl From<docker::Unavailable> for Failure {
    fn from(error: docker::Unavailable) -> Self {
        Self { retryable: true, ..Self::fatal("container.unavailable", &error) }
    }
}

impl From<sandbox::Error> for Failure {
    fn from(error: sandbox::Error) -> Self {
        let code = match error {
            sandbox::Error::Engine(error) => return error.into(),
            sandbox::Error::Profile { .. } => "sandbox.profile",
            sandbox::Error::Prepare { .. } => "sandbox.prepare",
            sandbox::Error::Files(_) | sandbox::Error::SetUp { .. } => "sandbox.set-up",
            sandbox::Error::NoVolume { .. } | sandbox::Error::Lost | sandbox::Error::Cancelled => {
                "sandbox.lost"
            }
        };
        let retryable = error.retryable();
        Self { retryable, ..Self::fatal(code, &error) }
    }
}

impl From<process::Error> for Failure {
    fn from(error: process::Error) -> Self {
        let retryable = error.retryable();
        Self { retryable, ..Self::fatal("process.failed", &error) }
    }
}

impl From<preview::Error> for Failure {
    fn from(error: preview::Error) -> Self {
        let code = match error {
            preview::Error::Engine(error) => return error.into(),
            preview::Error::Slug { .. } | preview::Error::Files(_) | preview::Error::Cancelled => {
                "preview.failed"
            }
            preview::Error::NoDockerfile | preview::Error::Dockerfile(_) => "preview.dockerfile",
            preview::Error::Build { .. } => "preview.build",
            preview::Error::Profile { .. } => "sandbox.profile",
            preview::Error::Unhealthy { .. } => "preview.unhealthy",
        };
        let retryable = error.retryable();
        Self { retryable, ..Self::fatal(code, &error) }
    }
}

/// A fault that a test injects at a push is what a broken network is.
impl From<Injected> for Failure {
    fn from(error: Injected) -> Self {
        Self { retryable: true, ..Self::fatal("git.network", &error) }
    }
}

impl From<Invalid> for Failure {
    fn from(error: Invalid) -> Self {
        Self::fatal("agent.bad-plan", &error)
    }
}
