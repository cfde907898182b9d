//! The seam between agents and what thinks for them, and how thinking fails.
//!
//! Nothing here knows a particular engine. Open `blueprint.rs` for the one that works offline.

use async_trait::async_trait;
use slipway_protocol::work::{Answer, Thought};

use crate::refusal::Refusal;

/// Something that answers thoughts.
#[async_trait]
pub trait Engine: Send + Sync {
    /// The engine's name as it stands in plans and configuration, such as `blueprint`.
    fn name(&self) -> &str;

    /// Answers `thought` with the [`Answer`] variant of the same name.
    async fn think(&self, thought: &Thought) -> Result<Answer, Error>;
}

/// Why an engine gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine understood and will not do it. Final: the same prompt is refused again.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// A plan names another engine, blueprint or version than this one, or its parameters do not hold.
    #[error("the plan cannot be carried out: {0}")]
    Plan(PlanProblem),
    /// A blueprint could not be rendered. A defect of the blueprint, never of the prompt.
    #[error(
        "the blueprint `{blueprint}` is broken at {file}: {problem}; please report this with the task's prompt"
    )]
    Template {
        /// The blueprint's id.
        blueprint: String,
        /// The file inside its folder.
        file: String,
        /// What is wrong with it.
        problem: String,
        /// What the template engine or the YAML reader said, if it was one of them.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// What is wrong with a plan that an engine should carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanProblem {
    /// It was made by another engine.
    #[error(
        "it was made by the engine `{engine}` and not by `blueprint`; choose that engine, or plan the task again"
    )]
    OtherEngine {
        /// The engine that the plan names.
        engine: String,
    },
    /// It names no blueprint of the catalogue.
    #[error("generator.source is `{id}`, which is no blueprint of this version; plan the task again")]
    UnknownBlueprint {
        /// The id that the plan names; empty when it names none.
        id: String,
    },
    /// The blueprint has changed since.
    #[error(
        "it was made from version {planned} of `{id}`, and this is version {present}; plan the task again"
    )]
    OtherVersion {
        /// The blueprint's id.
        id: String,
        /// The plan's version; 0 when it names none.
        planned: u32,
        /// The version at hand.
        present: u32,
    },
    /// A parameter is missing, unknown or out of bounds.
    #[error("generator.parameters: {problem}; undo the change to plan.yaml, or plan the task again")]
    Parameters {
        /// What is wrong.
        problem: String,
    },
    /// The plan says one thing and its parameters another.
    #[error(
        "{field} is {planned} but generator.parameters say {parameter}; make them equal, or plan the task again"
    )]
    Contradiction {
        /// The plan's field.
        field: &'static str,
        /// What the plan says.
        planned: String,
        /// What the parameters say.
        parameter: String,
    },
}

impl Error {
    /// Whether the same thought may be answered when it is asked again.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Plan(_) | Self::Template { .. } => false,
        }
    }

    /// A stable code for operators and programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "engine.refused",
            Self::Plan(_) => "engine.plan",
            Self::Template { .. } => "engine.template",
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
