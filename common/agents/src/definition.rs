//! Agent definitions: YAML with id, version, role, goals, engine and limits.
//!
//! The six built-in ones lie in `definitions/`. Triggers and skills come with the registry; until then they are
//! unknown keys and refused by name.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use slipway_protocol::AgentId;

use crate::role::Role;

/// The largest definition that is read, in bytes.
pub const SIZE_LIMIT: usize = 256 * 1024;

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its id, which workflows name.
    pub id: AgentId,
    /// Its version; a changed definition has a higher one.
    pub version: u32,
    /// The rules it follows.
    pub role: Role,
    /// What it is for, a sentence each.
    pub goals: Vec<String>,
    /// The engine that thinks for it; `none` for roles that need none.
    pub engine: EngineName,
    /// What it may use up.
    pub limits: Limits,
}

/// The engine that thinks for an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineName {
    /// The configured one.
    Default,
    /// The offline catalogue.
    Blueprint,
    /// Its role only computes.
    None,
}

/// What an agent may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The wall clock of one attempt, in seconds.
    pub deadline_seconds: u32,
}

impl Limits {
    /// The wall clock of one attempt.
    pub fn deadline(self) -> Duration {
        Duration::from_secs(self.deadline_seconds.into())
    }
}

/// A definition that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not YAML, or keys or values that are not a definition's. The text names line and field.
    #[error("{file}: {problem}")]
    Syntax {
        /// The file.
        file: String,
        /// What is wrong, with its line and column.
        problem: String,
    },
    /// A value outside its bounds.
    #[error("{file}: {field}: {problem}")]
    Value {
        /// The file.
        file: String,
        /// The field.
        field: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
}

impl Definition {
    /// Reads a definition; `file` names it in errors.
    pub fn load(file: &str, yaml: &str) -> Result<Self, LoadError> {
        let value = |field, problem| Err(LoadError::Value { file: file.to_owned(), field, problem });
        if yaml.len() > SIZE_LIMIT {
            return value("file", "is larger than 256 KiB");
        }
        let definition: Self = serde_saphyr::from_str(yaml)
            .map_err(|error| LoadError::Syntax { file: file.to_owned(), problem: error.to_string() })?;
        if definition.version == 0 {
            return value("version", "must be 1 or more");
        }
        if definition.goals.is_empty() {
            return value("goals", "must have at least one sentence");
        }
        if !(1..=86_400).contains(&definition.limits.deadline_seconds) {
            return value("limits.deadline_seconds", "must be 1 to 86400");
        }
        Ok(definition)
    }

    /// The six built-in agents, in the order of the delivery workflow.
    pub fn built_in() -> Vec<Self> {
        BUILT_IN
            .iter()
            .map(|(file, yaml)| {
                Self::load(file, yaml).expect("the built-in definitions are valid; a test loads them")
            })
            .collect()
    }
}

const BUILT_IN: [(&str, &str); 6] = [
    ("planner.yaml", include_str!("../definitions/planner.yaml")),
    ("architect.yaml", include_str!("../definitions/architect.yaml")),
    ("coder.yaml", include_str!("../definitions/coder.yaml")),
    ("tester.yaml", include_str!("../definitions/tester.yaml")),
    ("reviewer.yaml", include_str!("../definitions/reviewer.yaml")),
    ("deployer.yaml", include_str!("../definitions/deployer.yaml")),
];
