//! Identifiers: one newtype each, so that no id can stand in for another.
//!
//! Random ids are `UUIDv7` made by the caller; derived ids are `UUIDv5`, so that the same fact always has the same id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The namespace of every id that Slipway derives rather than draws.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_2b52_7c0e_5d43_9a86_51d0_a7a4_c0de);

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {what}: {rule}")]
pub struct ParseError {
    text: String,
    what: &'static str,
    rule: &'static str,
}

impl ParseError {
    fn new(text: &str, what: &'static str, rule: &'static str) -> Self {
        Self { text: text.chars().take(80).collect(), what, rule }
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes an id drawn by the caller.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The id as a UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                Uuid::parse_str(text).map(Self).map_err(|_| ParseError::new(text, $what, "a UUID is wanted"))
            }
        }
    };
}

uuid_id! {
    /// What a person asked for.
    TaskId, "task id"
}
uuid_id! {
    /// One task going through one workflow.
    RunId, "run id"
}
uuid_id! {
    /// One step of one run given to an agent.
    ExecutionId, "execution id"
}
uuid_id! {
    /// One immutable fact.
    EventId, "event id"
}
uuid_id! {
    /// One life of a worker process.
    Incarnation, "incarnation"
}

impl TaskId {
    /// The eight hexadecimal digits that name the task in branches and on screens.
    ///
    /// They are the last ones: the first digits of a `UUIDv7` are its time, alike for neighbours.
    pub fn short(self) -> String {
        let hex = self.0.simple().to_string();
        hex[hex.len() - 8..].to_owned()
    }

    /// The branch that the task's work is done on.
    pub fn branch(self) -> String {
        format!("feature/task-{}", self.short())
    }
}

impl RunId {
    /// The id of a task's first run.
    pub fn first_of(task: TaskId) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("run/{task}/1").as_bytes()))
    }
}

impl ExecutionId {
    /// The id of the `visit`-th time (from 1) that `run` comes to `step`.
    pub fn of(run: RunId, step: &StepId, visit: u32) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("execution/{run}/{step}/{visit}").as_bytes()))
    }
}

impl EventId {
    /// The id of the one event that may end an attempt: sending it twice is one event, and a holder ends an attempt
    /// only once.
    pub fn terminal(holder: &Holder) -> Self {
        let name = format!("terminal/{}/{}/{}", holder.execution, holder.lease, holder.incarnation);
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }

    /// The id of a fact that follows from another one, `what` telling it from its siblings.
    pub fn derived(cause: EventId, what: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, format!("derived/{cause}/{what}").as_bytes()))
    }
}

/// A number that grows with every new right to perform an execution; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lease(u32);

impl Lease {
    /// The first lease of an execution.
    pub const FIRST: Self = Self(1);

    /// A lease by its number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The lease after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The lease's number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who performs an execution under which lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Holder {
    /// What is performed.
    pub execution: ExecutionId,
    /// The right to perform it.
    pub lease: Lease,
    /// The process that does.
    pub incarnation: Incarnation,
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                if is_name(text) { Ok(Self(text.to_owned())) } else { Err(ParseError::new(text, $what, NAME_RULE)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseError;

            fn try_from(text: String) -> Result<Self, ParseError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

const NAME_RULE: &str = "a lower-case letter, then at most 62 lower-case letters, digits or hyphens";

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
    first
        && text.len() <= 63
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

name_id! {
    /// A versioned agent definition's id, such as `planner`.
    AgentId, "agent id"
}
name_id! {
    /// A node of a workflow, such as `code`.
    StepId, "step id"
}
name_id! {
    /// A workflow definition's id, such as `delivery`.
    WorkflowId, "workflow id"
}

/// The full hexadecimal id of a Git commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitId(String);

impl CommitId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first ten digits, for screens.
    pub fn short(&self) -> &str {
        &self.0[..10]
    }
}

impl FromStr for CommitId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if hex && (text.len() == 40 || text.len() == 64) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseError::new(text, "commit id", "40 or 64 lower-case hexadecimal digits are wanted"))
        }
    }
}

impl TryFrom<String> for CommitId {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<CommitId> for String {
    fn from(commit: CommitId) -> String {
        commit.0
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(lease: u32, incarnation: u128) -> Holder {
        Holder {
            execution: ExecutionId::new(Uuid::from_u128(7)),
            lease: Lease::new(lease),
            incarnation: Incarnation::new(Uuid::from_u128(incarnation)),
        }
    }

    #[test]
    fn an_attempt_has_one_terminal_event_id_and_other_attempts_have_others() {
        assert_eq!(EventId::terminal(&holder(1, 1)), EventId::terminal(&holder(1, 1)));
        assert_ne!(EventId::terminal(&holder(1, 1)), EventId::terminal(&holder(2, 1)));
        assert_ne!(EventId::terminal(&holder(1, 1)), EventId::terminal(&holder(1, 2)));
    }

    #[test]
    fn names_and_commits_refuse_what_could_harm_a_path_or_a_ref() {
        for bad in ["", "Plan", "1plan", "a/b", "a..b", "a b", "é", &"a".repeat(64)] {
            assert!(bad.parse::<StepId>().is_err(), "{bad:?}");
        }
        assert!("plan-2".parse::<StepId>().is_ok());
        for bad in ["", "abc", &"A".repeat(40), &"g".repeat(40)] {
            assert!(bad.parse::<CommitId>().is_err(), "{bad:?}");
        }
        assert!("a".repeat(40).parse::<CommitId>().is_ok());
    }

    #[test]
    fn a_short_id_is_taken_from_the_random_end() {
        let task = TaskId::new(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_dead_beef));
        assert_eq!(task.short(), "deadbeef");
        assert_eq!(task.branch(), "feature/task-deadbeef");
    }
}
