//! Events: immutable facts in a `CloudEvents` 1.0 envelope, structured JSON.
//!
//! [`Event`] is what the program holds; `wire.rs` is how it is written. Unknown types are kept, never a crash.
//! Every version ever sent stays in `golden/` and must parse.

mod data;
mod wire;

use time::OffsetDateTime;

use crate::id::{EventId, Holder, RunId, TaskId};
use crate::task::Priority;

pub use data::{Cause, Data, Unknown};
pub use wire::{CONTENT_TYPE, DecodeError};

/// One immutable fact.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id, made by the sender.
    pub id: EventId,
    /// Who says so, such as `slipway/coder`.
    pub source: String,
    /// When.
    pub time: OffsetDateTime,
    /// The task that it is about.
    pub task: TaskId,
    /// The run that it is about.
    pub run: RunId,
    /// The attempt that it is about, if it is about one.
    pub holder: Option<Holder>,
    /// How urgent the task is.
    pub priority: Priority,
    /// The event that led to this one.
    pub cause: Option<EventId>,
    /// W3C trace context.
    pub traceparent: Option<String>,
    /// What happened.
    pub data: Data,
}

impl Event {
    /// The event's type, which is also its routing key.
    pub fn event_type(&self) -> &str {
        self.data.event_type()
    }

    /// Writes the event as `CloudEvents` JSON.
    pub fn to_json(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// Reads an event from `CloudEvents` JSON.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DecodeError> {
        wire::decode(bytes)
    }
}
