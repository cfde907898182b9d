//! What a person sends to have a task done: the body of a message on the `tasks` queue and of `POST /api/tasks`.

use serde::{Deserialize, Serialize};

use crate::task::{Approval, PreviewMode, Priority, Prompt};

/// The longest idempotency key, in bytes.
pub const KEY_LIMIT: usize = 200;

/// A request for a task. Only the prompt must be there; a field that is not known is refused by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// What to build.
    pub prompt: Prompt,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// The URL of an existing repository to work on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Who lets it be deployed.
    #[serde(default)]
    pub approval: Approval,
    /// How its result is shown.
    #[serde(default)]
    pub preview: PreviewMode,
    /// The same key again is the same task; at most [`KEY_LIMIT`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_enough_and_a_misspelt_field_is_named() {
        let task: NewTask = serde_json::from_str(r#"{"prompt": "build a todo app"}"#).unwrap();
        assert_eq!((task.priority, task.approval), (Priority::Normal, Approval::Auto));
        let error = serde_json::from_str::<NewTask>(r#"{"prompt": "x", "priorty": "high"}"#).unwrap_err();
        assert!(error.to_string().contains("priorty"), "{error}");
    }
}
