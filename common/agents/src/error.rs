//! Why an agent cannot go on. None of these is mended by trying again: the same inputs give the same answer.

use slipway_protocol::CommitId;

/// An agent's refusal or failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no plan where one must be.
    #[error("there is no plan.yaml at {commit}; the planner's step must come first")]
    NoPlan {
        /// Where it was looked for.
        commit: CommitId,
    },
    /// The engine's plan breaks the schema.
    #[error("the engine's plan breaks its schema")]
    BadPlan(#[source] slipway_protocol::plan::Invalid),
    /// A file that Slipway did not make stands where it would write.
    #[error(
        "the repository has files that Slipway did not make and will not overwrite: {}; move them, or use a repository \
         without them",
        paths.join(", ")
    )]
    WouldOverwrite {
        /// The files.
        paths: Vec<String>,
    },
    /// The engine changed a file that belongs to another agent.
    #[error(
        "the engine's code changes {path}, which belongs to the {owner}; the whole change set is refused"
    )]
    NotTheirs {
        /// The file.
        path: String,
        /// Whose it is.
        owner: &'static str,
    },
    /// The engine proposed no code at all.
    #[error("the engine proposed no file")]
    NoCode,
    /// A deployment was asked for that nobody approved.
    #[error("will not deploy {commit}: {problem}")]
    NotApproved {
        /// The commit.
        commit: CommitId,
        /// What is missing.
        problem: String,
    },
    /// The hands brought something that was not asked for. It is a programming error.
    #[error("the {role} got an answer to another question")]
    Unexpected {
        /// The role.
        role: &'static str,
    },
}

impl Error {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoPlan { .. } => "agent.no-plan",
            Self::BadPlan(_) => "agent.bad-plan",
            Self::WouldOverwrite { .. } => "agent.would-overwrite",
            Self::NotTheirs { .. } | Self::NoCode => "agent.bad-change",
            Self::NotApproved { .. } => "agent.not-approved",
            Self::Unexpected { .. } => "agent.unexpected",
        }
    }
}
