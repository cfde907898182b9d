//! The fields of a request, each judged by itself so that the answer names it and the way out.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use slipway_protocol::request::KEY_LIMIT;
use slipway_protocol::task::{PROMPT_LIMIT, PromptError};
use slipway_protocol::{NewTask, Prompt};

use super::{Rejected, repository, shown};

/// Every field that there is.
pub(super) const FIELDS: [&str; 6] =
    ["prompt", "priority", "repository", "approval", "preview", "idempotency_key"];

/// Reads a request's fields; `null` is as good as left out.
pub(super) fn read(mut object: Map<String, Value>) -> Result<NewTask, Rejected> {
    if let Some(unknown) = object.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        let detail = format!("{} is not a field; there are {}", shown(unknown), FIELDS.join(", "));
        return Err(Rejected::new("intake.unknown-field", detail));
    }
    object.retain(|_, value| !value.is_null());
    Ok(NewTask {
        prompt: prompt(text(&mut object, "prompt")?)?,
        priority: choice(&mut object, "priority", "critical, high, normal or low")?,
        repository: text(&mut object, "repository")?
            .map(|url| repository::check(&url).map(|()| url))
            .transpose()?,
        approval: choice(&mut object, "approval", "auto or manual")?,
        preview: choice(&mut object, "preview", "auto, docker_in_docker or compose_only")?,
        idempotency_key: text(&mut object, "idempotency_key")?.map(checked_key).transpose()?,
    })
}

/// The one key of a request whose content and header may both name one.
pub(super) fn one_key(field: Option<String>, header: Option<&str>) -> Result<Option<String>, Rejected> {
    let header = header.map(|key| checked_key(key.to_owned())).transpose()?;
    match (field, header) {
        (Some(field), Some(header)) if field != header => Err(Rejected::new(
            "intake.key",
            "idempotency_key and the header Idempotency-Key differ; send one of them",
        )),
        (field, header) => Ok(field.or(header)),
    }
}

fn prompt(text: Option<String>) -> Result<Prompt, Rejected> {
    let missing = || {
        Rejected::new(
            "intake.no-prompt",
            "prompt is missing or empty; say what to build, such as \"build a todo app\"",
        )
    };
    text.ok_or_else(missing)?.parse().map_err(|error| match error {
        PromptError::Empty => missing(),
        PromptError::TooLong { bytes } => {
            let detail = format!(
                "prompt has {bytes} bytes and at most {PROMPT_LIMIT} are taken; put long material into the repository"
            );
            Rejected::new("intake.prompt-too-long", detail)
        }
        PromptError::Control { code, position } => {
            let detail = format!("prompt has a control character (U+{code:04X}) at byte {position}; remove it");
            Rejected::new("intake.control-character", detail)
        }
    })
}

fn checked_key(key: String) -> Result<String, Rejected> {
    let refused = |detail: String| Err(Rejected::new("intake.key", detail));
    match key.len() {
        0 => refused("the idempotency key is empty; leave it out, or send a random one".into()),
        bytes if bytes > KEY_LIMIT => {
            refused(format!("the idempotency key has {bytes} bytes and at most {KEY_LIMIT} are taken"))
        }
        _ if key.chars().any(char::is_control) => {
            refused("the idempotency key has control characters; send letters and digits".into())
        }
        _ => Ok(key),
    }
}

fn text(object: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Rejected> {
    match object.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong(name, &other, "a text in quotes")),
    }
}

fn choice<T: DeserializeOwned + Default>(
    object: &mut Map<String, Value>,
    name: &str,
    choices: &str,
) -> Result<T, Rejected> {
    match object.remove(name) {
        None => Ok(T::default()),
        Some(value) => T::deserialize(&value).map_err(|_| wrong(name, &value, choices)),
    }
}

fn wrong(name: &str, value: &Value, wanted: &str) -> Rejected {
    let value = match value {
        Value::String(text) => shown(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    Rejected::new("intake.wrong-value", format!("{name} is {value}; write {wanted}"))
}
