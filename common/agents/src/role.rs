//! The roles and their two halves. A definition names its role; the role says which rules the agent follows.

use serde::{Deserialize, Serialize};
use slipway_protocol::work::{Brief, Done, Outcome, Work};

use crate::error::Error;
use crate::{architect, coder, deployer, noop, planner, reviewer, tester};

/// What an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Turns the prompt into a plan.
    Planner,
    /// Turns the plan into an architecture.
    Architect,
    /// Turns both into code and tests, and mends what was found.
    Coder,
    /// Runs the plan's tests.
    Tester,
    /// Judges the change.
    Reviewer,
    /// Makes the approved commit run.
    Deployer,
    /// Does nothing and reports success; it measures the pipeline.
    Noop,
}

impl Role {
    /// The role's name, as it stands in a definition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planner => "planner",
            Self::Architect => "architect",
            Self::Coder => "coder",
            Self::Tester => "tester",
            Self::Reviewer => "reviewer",
            Self::Deployer => "deployer",
            Self::Noop => "noop",
        }
    }

    /// Whether the role needs the repository at all.
    pub const fn reads_repository(self) -> bool {
        !matches!(self, Self::Noop)
    }

    /// Whether the role may add commits to the branch.
    pub const fn commits(self) -> bool {
        matches!(self, Self::Planner | Self::Architect | Self::Coder)
    }
}

/// The first half: what is to be done.
pub fn work(role: Role, brief: &Brief) -> Result<Work, Error> {
    match role {
        Role::Planner => planner::work(brief),
        Role::Architect => architect::work(brief),
        Role::Coder => coder::work(brief),
        Role::Tester => tester::work(brief),
        Role::Reviewer => reviewer::work(brief),
        Role::Deployer => deployer::work(brief),
        Role::Noop => Ok(Work::Nothing),
    }
}

/// The second half: what came of it.
pub fn outcome(role: Role, brief: &Brief, done: Done) -> Result<Outcome, Error> {
    match role {
        Role::Planner => planner::outcome(brief, done),
        Role::Architect => architect::outcome(brief, done),
        Role::Coder => coder::outcome(brief, done),
        Role::Tester => tester::outcome(done),
        Role::Reviewer => reviewer::outcome(brief, done),
        Role::Deployer => deployer::outcome(done),
        Role::Noop => noop::outcome(brief),
    }
}
