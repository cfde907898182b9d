//! What a person or a program sends to have a task done, read and judged: from the `tasks` queue or over HTTP.
//!
//! Pure, and for bytes from anywhere: nothing here panics, waits or writes. `json.rs` reads strictly, `envelope.rs`
//! takes a `CloudEvent` off, `fields.rs` judges each field, `repository.rs` the URL among them. `rate.rs` says how many
//! may come. What becomes of an accepted request is the tick's business.

mod envelope;
mod fields;
mod json;
mod rate;
mod repository;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use slipway_protocol::NewTask;

pub use rate::Rate;

/// The largest request, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;

/// The type of the event that asks for a task.
pub const EVENT_TYPE: &str = "task.requested";

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// The content.
    pub body: &'a [u8],
    /// What its sender said that it is.
    pub content_type: Option<&'a str>,
    /// The id that its sender gave the message.
    pub id: Option<&'a str>,
    /// Text headers; those of a `CloudEvent` in binary mode are looked for here.
    pub headers: &'a BTreeMap<String, String>,
}

/// A request that was read and is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTaskRequest {
    /// What is asked for.
    pub new: NewTask,
    /// The same key again is the same task. From the field or the header, else from the event's source and id, else
    /// from the message's id; `None` when there is none of these.
    pub key: Option<String>,
    /// SHA-256 of what is asked for, however it was written and whatever its key.
    pub digest: [u8; 32],
}

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Rejected {
    /// A stable code, such as `intake.not-json`.
    pub code: &'static str,
    /// One line that names the field and the way out.
    pub detail: String,
}

impl Rejected {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// Reads a request: bare JSON, or a `CloudEvent` of the type [`EVENT_TYPE`] in structured or binary mode.
pub fn parse(parts: &Parts<'_>) -> Result<NewTaskRequest, Rejected> {
    parse_keyed(parts, None)
}

/// Reads a request whose idempotency key may stand outside its content too, such as in HTTP's header.
pub fn parse_keyed(parts: &Parts<'_>, key: Option<&str>) -> Result<NewTaskRequest, Rejected> {
    let bytes = parts.body.len();
    if bytes > BODY_LIMIT {
        let detail = format!(
            "the request has {bytes} bytes and at most {BODY_LIMIT} are taken; put long material into the repository"
        );
        return Err(Rejected::new("intake.too-large", detail));
    }
    envelope::check_content_type(parts.content_type)?;
    let content = json::read(parts.body)?;
    let (identity, asked) = envelope::open(parts, content)?;
    let mut new = fields::read(asked)?;
    let own = fields::one_key(new.idempotency_key.take(), key)?;
    new.idempotency_key.clone_from(&own);
    let key = own.or(identity).or_else(|| envelope::message_key(parts.id));
    let digest = digest(&new);
    Ok(NewTaskRequest { new, key, digest })
}

fn digest(new: &NewTask) -> [u8; 32] {
    let meaning = NewTask { idempotency_key: None, ..new.clone() };
    Sha256::digest(serde_json::to_vec(&meaning).expect("a request has string keys only")).into()
}

/// A sender's text within a message: short, and without control characters.
fn shown(text: &str) -> String {
    let mut cut: String = text.chars().take(60).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    format!("{cut:?}")
}
