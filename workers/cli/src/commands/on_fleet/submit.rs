//! `slipway submit`: hands a prompt to a fleet. However often it is sent, the same key makes one task.

use slipway_protocol::request::KEY_LIMIT;
use slipway_protocol::{NewTask, Priority, Prompt};
use slipway_runtime::{Clock as _, SystemClock};

use super::super::driving::read_prompt;
use super::follow;
use crate::args::{Global, PriorityArg, SubmitArgs};
use crate::config::Config;
use crate::exit::{Exit, Failure, Outcome};
use crate::fleet::{Error, Fleet};
use crate::output;

pub(super) async fn submit(args: SubmitArgs, fleet: &Fleet, global: &Global, config: &Config) -> Outcome {
    let new = NewTask {
        prompt: read_prompt(&args.prompt)?,
        priority: args.priority.into(),
        repository: args.repo,
        approval: args.approval.map_or(config.run.approval, Into::into),
        preview: args.preview.map_or(config.preview.mode, Into::into),
        idempotency_key: None,
    };
    let key = match args.key {
        Some(key) => checked(key)?,
        None => format!("cli-{}", SystemClock.new_id()),
    };
    let created = fleet.create(&new, &key).await.map_err(|error| failure(error, fleet, &new.prompt, &key))?;
    let short = created.task.short();
    if created.known {
        output::talk("this key had brought the task before; no second one was made");
    }
    if args.watch {
        output::talk(&format!("the fleet has it as {}", created.task));
        return follow::to_the_end(created.task, fleet, global).await;
    }
    if global.json {
        let task = created.task;
        let value = serde_json::json!({ "task": task, "id": task, "known": created.known, "key": key });
        return output::json(&value);
    }
    output::talk(&format!("`{}` follows it", fleet.command(&format!("watch {short}"))));
    output::data(&created.task.to_string())
}

/// A key as it may stand in a header.
fn checked(key: String) -> Result<String, Failure> {
    if (1..=KEY_LIMIT).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(key);
    }
    let message = format!(
        "--key must have 1 to {KEY_LIMIT} letters, digits or signs, without spaces; a fresh one is made if you give none"
    );
    Err(Failure::new(Exit::Usage, "fleet.bad-key", message))
}

/// A request that may have been carried out is told with the key that asks again without making a second task.
fn failure(error: Error, fleet: &Fleet, prompt: &Prompt, key: &str) -> Failure {
    let Error::InDoubt { server, reason } = error else { return error.into() };
    let again = fleet.command(&format!("submit --key {key} {}", shown(prompt)));
    let message = format!(
        "whether {server} took the task is not known: {reason}. Ask again with the same key, which never makes a \
         second task: `{again}`"
    );
    Failure::new(Exit::Environment, "fleet.outcome-unknown", message)
}

/// The prompt as a shell takes it, if it is short; the same flags as before are left to the person.
fn shown(prompt: &Prompt) -> String {
    let text = prompt.as_str();
    if text.len() <= 80 && !text.contains(['\'', '\n', '\r']) { format!("'{text}'") } else { "PROMPT".into() }
}

impl From<PriorityArg> for Priority {
    fn from(arg: PriorityArg) -> Self {
        match arg {
            PriorityArg::Critical => Self::Critical,
            PriorityArg::High => Self::High,
            PriorityArg::Normal => Self::Normal,
            PriorityArg::Low => Self::Low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_a_header_can_hold() {
        assert_eq!(checked("order-17".into()).unwrap(), "order-17");
        for key in [String::new(), "a b".into(), "a\nb".into(), "ü".into(), "x".repeat(KEY_LIMIT + 1)] {
            assert_eq!(checked(key).unwrap_err().code, "fleet.bad-key");
        }
    }
}
