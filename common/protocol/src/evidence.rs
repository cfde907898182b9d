//! What proves a result. Evidence is bound to one commit; what a program prints of itself is none.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::artefact::Digest;
use crate::id::CommitId;

/// How one test case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// It ran and held.
    Passed,
    /// It ran and did not hold, or broke.
    Failed,
    /// It did not run.
    Skipped,
}

/// One test case's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its full name, such as `tests.test_store.StoreTest.test_add`.
    pub name: String,
    /// How it ended.
    pub status: CaseStatus,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Why it failed or was skipped, cut to 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Counts of cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Cases that held.
    pub passed: u32,
    /// Cases that did not.
    pub failed: u32,
    /// Cases that did not run.
    pub skipped: u32,
}

impl Tally {
    /// Counts `cases`.
    pub fn of(cases: &[Case]) -> Self {
        let count = |status| {
            let n = cases.iter().filter(|case| case.status == status).count();
            u32::try_from(n).unwrap_or(u32::MAX)
        };
        Self {
            passed: count(CaseStatus::Passed),
            failed: count(CaseStatus::Failed),
            skipped: count(CaseStatus::Skipped),
        }
    }

    /// Every case, run or not.
    pub const fn total(self) -> u32 {
        self.passed.saturating_add(self.failed).saturating_add(self.skipped)
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum Exit {
    /// It ended by itself.
    Code {
        /// Its exit code.
        code: i64,
    },
    /// The wall clock ran out and it was killed.
    TimedOut {
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// It wanted more memory than it was given.
    OutOfMemory {
        /// The limit, in bytes.
        limit_bytes: u64,
    },
}

impl Exit {
    /// Whether it ended by itself with code 0.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Code { code: 0 })
    }
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code { code } => write!(f, "exit code {code}"),
            Self::TimedOut { limit_ms } => write!(f, "stopped after {limit_ms} ms"),
            Self::OutOfMemory { limit_bytes } => write!(f, "out of memory at {limit_bytes} bytes"),
        }
    }
}

/// Where a command ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Place {
    /// A container with the full profile.
    Container {
        /// The image's name, such as `python:3.13-slim`.
        image: String,
        /// The image's id, such as `sha256:…`.
        image_digest: String,
    },
    /// A limited process on the host, without a container.
    Process {
        /// The interpreter and its version, such as `Python 3.11.2`.
        interpreter: String,
    },
}

/// One command that ran, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRun {
    /// The test's name in the plan.
    pub name: String,
    /// The program and its arguments, as they ran.
    pub command: Vec<String>,
    /// Where it ran.
    pub place: Place,
    /// How it ended.
    pub exit: Exit,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The digest of its kept output, the artefact `<name>.log`.
    pub log_digest: Digest,
    /// The size of its kept output, in bytes.
    pub log_bytes: u64,
    /// Whether output beyond the limit was dropped.
    pub log_truncated: bool,
    /// The digest of its machine-readable report, where it left one.
    pub report_digest: Option<Digest>,
    /// Its cases, read from that report.
    pub cases: Vec<Case>,
}

/// What proves that a commit's tests passed, or that they did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The commit that was tested.
    pub commit: CommitId,
    /// The commands, in the plan's order.
    pub runs: Vec<CommandRun>,
}

/// Why a commit's tests are not a pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPassed {
    /// The plan names no test command.
    #[error("no test command ran")]
    NoCommand,
    /// A command did not end with code 0.
    #[error("{name}: {exit}")]
    Exit {
        /// The test's name.
        name: String,
        /// How it ended.
        exit: Exit,
    },
    /// A command left no report, whatever it printed.
    #[error("{name}: the test runner left no report, so no test is known to have run")]
    NoReport {
        /// The test's name.
        name: String,
    },
    /// A command's report has no case that passed.
    #[error("{name}: no test ran")]
    NoTestRan {
        /// The test's name.
        name: String,
    },
    /// A command's report has failed cases.
    #[error("{name}: {failed} of {total} tests failed")]
    Failed {
        /// The test's name.
        name: String,
        /// Failed cases.
        failed: u32,
        /// All cases.
        total: u32,
    },
}

impl Evidence {
    /// All cases counted.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for run in &self.runs {
            tally += Tally::of(&run.cases);
        }
        tally
    }

    /// Whether this proves that the commit's tests passed: every command ended with code 0, left a report with at
    /// least one passed case, and no case failed.
    pub fn judge(&self) -> Result<(), NotPassed> {
        if self.runs.is_empty() {
            return Err(NotPassed::NoCommand);
        }
        self.runs.iter().try_for_each(CommandRun::judge)
    }
}

impl CommandRun {
    fn judge(&self) -> Result<(), NotPassed> {
        let name = self.name.clone();
        let tally = Tally::of(&self.cases);
        if tally.failed > 0 {
            return Err(NotPassed::Failed { name, failed: tally.failed, total: tally.total() });
        }
        if !self.exit.is_success() {
            return Err(NotPassed::Exit { name, exit: self.exit });
        }
        if self.report_digest.is_none() {
            return Err(NotPassed::NoReport { name });
        }
        if tally.passed == 0 {
            return Err(NotPassed::NoTestRan { name });
        }
        Ok(())
    }
}
