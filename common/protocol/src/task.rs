//! What a person asked for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::id::TaskId;

/// The longest prompt, in bytes.
pub const PROMPT_LIMIT: usize = 64 * 1024;

/// Why a text cannot be a task's prompt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// Nothing but white space.
    #[error("the prompt is empty; say what to build, such as \"build a todo app\"")]
    Empty,
    /// Larger than [`PROMPT_LIMIT`].
    #[error(
        "the prompt has {bytes} bytes and at most {PROMPT_LIMIT} are taken; put long material into the repository"
    )]
    TooLong {
        /// The size that was given.
        bytes: usize,
    },
    /// A control character other than line breaks and tabs.
    #[error("the prompt has a control character (U+{code:04X}) at byte {position}; remove it")]
    Control {
        /// The character's code point.
        code: u32,
        /// Where it stands, in bytes from 0.
        position: usize,
    },
}

/// A checked prompt: not empty, at most [`PROMPT_LIMIT`] bytes, no control characters but line breaks and tabs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prompt(String);

impl Prompt {
    /// The prompt as text, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Prompt {
    type Err = PromptError;

    fn from_str(text: &str) -> Result<Self, PromptError> {
        if text.len() > PROMPT_LIMIT {
            return Err(PromptError::TooLong { bytes: text.len() });
        }
        let control = |c: &(usize, char)| c.1.is_control() && !matches!(c.1, '\n' | '\r' | '\t');
        if let Some((position, character)) = text.char_indices().find(control) {
            return Err(PromptError::Control { code: character.into(), position });
        }
        match text.trim() {
            "" => Err(PromptError::Empty),
            trimmed => Ok(Self(trimmed.to_owned())),
        }
    }
}

impl TryFrom<String> for Prompt {
    type Error = PromptError;

    fn try_from(text: String) -> Result<Self, PromptError> {
        text.parse()
    }
}

impl From<Prompt> for String {
    fn from(prompt: Prompt) -> String {
        prompt.0
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How urgent a task is; earlier variants go first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before everything else.
    Critical,
    /// Before normal work.
    High,
    /// The default.
    #[default]
    Normal,
    /// When nothing else waits; rises with age.
    Low,
}

/// Who lets an approved review go on to the deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// The review's decision is enough, unless it asks for a person.
    #[default]
    Auto,
    /// A person decides each time.
    Manual,
}

/// How the result is made visible.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviewMode {
    /// `docker_in_docker` where Docker answers, else `compose_only`.
    #[default]
    Auto,
    /// Build an image, run it, wait for its health, give its URL.
    DockerInDocker,
    /// Write a compose file and how to start it; start nothing.
    ComposeOnly,
}

/// Where generated code may be tested; a run keeps to it, whoever takes it up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// In containers and nowhere else.
    Container,
    /// In containers where they are to be had, else the blueprints' own code in a process.
    OwnProcess,
    /// In a process, whatever engine wrote the code; a person said so.
    Process,
}

/// One request for a piece of software.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The task's id.
    pub id: TaskId,
    /// What to build.
    pub prompt: Prompt,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// An existing repository to work on: a path or a URL. Without one a new repository is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Who lets it be deployed.
    #[serde(default)]
    pub approval: Approval,
    /// How its result is shown.
    #[serde(default)]
    pub preview: PreviewMode,
    /// Where its code may be tested; `None` leaves it to whoever performs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_trimmed_and_bounded() {
        assert_eq!("  build a todo app\n".parse::<Prompt>().unwrap().as_str(), "build a todo app");
        assert_eq!(" \n\t".parse::<Prompt>(), Err(PromptError::Empty));
        let bytes = PROMPT_LIMIT + 1;
        assert_eq!("x".repeat(bytes).parse::<Prompt>(), Err(PromptError::TooLong { bytes }));
        assert_eq!("ab\u{1b}[2J".parse::<Prompt>(), Err(PromptError::Control { code: 0x1b, position: 2 }));
    }
}
