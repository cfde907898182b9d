//! What a finished step reports: the specific part of its result event.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::artefact::Digest;
use crate::evidence::Tally;
use crate::task::PreviewMode;

/// The kind of a report; its text is the event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ReportKind {
    /// The planner's.
    #[serde(rename = "plan.created")]
    Plan,
    /// The architect's.
    #[serde(rename = "architecture.proposed")]
    Architecture,
    /// The coder's.
    #[serde(rename = "code.pr.opened")]
    Code,
    /// The tester's.
    #[serde(rename = "test.results")]
    Tests,
    /// The reviewer's.
    #[serde(rename = "review.decision")]
    Review,
    /// The deployer's.
    #[serde(rename = "deploy.status")]
    Deploy,
}

impl ReportKind {
    /// All kinds, in the order of the delivery workflow.
    pub const ALL: [Self; 6] =
        [Self::Plan, Self::Architecture, Self::Code, Self::Tests, Self::Review, Self::Deploy];

    /// The event type, such as `plan.created`.
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Plan => "plan.created",
            Self::Architecture => "architecture.proposed",
            Self::Code => "code.pr.opened",
            Self::Tests => "test.results",
            Self::Review => "review.decision",
            Self::Deploy => "deploy.status",
        }
    }

    /// The outcomes that a report of this kind can have.
    pub const fn outcomes(self) -> &'static [&'static str] {
        match self {
            Self::Plan | Self::Architecture | Self::Code => &["done"],
            Self::Tests => &["passed", "failed"],
            Self::Review => &["approved", "changes_requested"],
            Self::Deploy => &["deployed", "written"],
        }
    }
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.event_type())
    }
}

/// What a step's agent reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// The plan is on the branch.
    Plan {
        /// The plan's goal.
        goal: String,
        /// What was asked for and will not be built.
        #[serde(default)]
        not_built: Vec<String>,
    },
    /// The architecture is on the branch.
    Architecture {
        /// The titles of the decision records.
        decisions: Vec<String>,
    },
    /// The code is on the branch.
    Code {
        /// The branch.
        branch: String,
        /// How many commits this revision added.
        commits: u32,
        /// 0 for the first code, then one more for each return to the coder.
        revision: u32,
    },
    /// The tests ran on exactly the event's commit.
    Tests {
        /// Whether they prove that it works.
        passed: bool,
        /// Counts of cases.
        tally: Tally,
        /// Why it is not a pass.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The first failures, at most 20.
        #[serde(default)]
        failures: Vec<CaseFailure>,
        /// The digest of the artefact `evidence.json`.
        evidence: Digest,
    },
    /// The review is done, for exactly the event's commit.
    Review {
        /// The decision.
        decision: Decision,
        /// What was found.
        findings: Vec<Finding>,
        /// What was looked at: `computed checks only` or `computed checks and <engine>`.
        basis: String,
        /// Whether a person must let it pass, whatever the task's approval mode says.
        needs_person: bool,
    },
    /// The event's commit is deployed, or what deploys it is written.
    Deploy(Deployment),
}

impl Report {
    /// The report's kind.
    pub const fn kind(&self) -> ReportKind {
        match self {
            Self::Plan { .. } => ReportKind::Plan,
            Self::Architecture { .. } => ReportKind::Architecture,
            Self::Code { .. } => ReportKind::Code,
            Self::Tests { .. } => ReportKind::Tests,
            Self::Review { .. } => ReportKind::Review,
            Self::Deploy(_) => ReportKind::Deploy,
        }
    }

    /// The outcome that a workflow branches on: one of the kind's [`ReportKind::outcomes`].
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Plan { .. } | Self::Architecture { .. } | Self::Code { .. } => "done",
            Self::Tests { passed: true, .. } => "passed",
            Self::Tests { passed: false, .. } => "failed",
            Self::Review { decision: Decision::Approved, .. } => "approved",
            Self::Review { decision: Decision::ChangesRequested, .. } => "changes_requested",
            Self::Deploy(deployment) if deployment.mode == PreviewMode::ComposeOnly => "written",
            Self::Deploy(_) => "deployed",
        }
    }
}

/// One failed test case, for whoever must mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFailure {
    /// The case's full name.
    pub name: String,
    /// What went wrong, cut to 1 KiB.
    pub message: String,
}

/// A review's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It may be deployed.
    Approved,
    /// The coder must change it.
    ChangesRequested,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The change cannot pass with it.
    Blocking,
    /// A person must decide.
    NeedsPerson,
    /// Worth knowing.
    Note,
}

/// One thing that a review found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check's stable id, such as `secret`.
    pub check: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What was found and how to mend it.
    pub message: String,
    /// The file, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// What a deployment left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// `docker_in_docker` or `compose_only`; never `auto`.
    pub mode: PreviewMode,
    /// Where it answers, if it serves and was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What its health check said.
    pub health: String,
    /// The image that was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// When it will be removed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// What to do with it, a line each.
    pub instructions: Vec<String>,
}
