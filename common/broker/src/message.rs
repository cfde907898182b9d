//! What is published and what is delivered.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use slipway_protocol::AgentId;

use crate::{AckError, PublishError};

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// The `events` exchange, by the event's type.
    Event(String),
    /// An agent's queue.
    Agent(AgentId),
    /// The intake.
    Tasks,
    /// The leading coordinator, for requests.
    Requests,
    /// Every worker, now.
    Control,
    /// What could not be handled.
    DeadLetter,
    /// Whoever asked: a delivery's `reply_to`.
    Reply(String),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event_type) => write!(f, "events/{event_type}"),
            Self::Agent(agent) => write!(f, "dispatch/{agent}"),
            Self::Tasks => f.write_str("tasks"),
            Self::Requests => f.write_str("requests"),
            Self::Control => f.write_str("control"),
            Self::DeadLetter => f.write_str("dead-letter"),
            Self::Reply(to) => write!(f, "reply/{to}"),
        }
    }
}

/// A queue that can be consumed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum QueueName {
    /// `tasks`: the intake.
    Tasks,
    /// `coordinator`: events that change state.
    Coordinator,
    /// `coordinator.feed`: progress.
    Feed,
    /// `coordinator.requests`: beats and other requests.
    Requests,
    /// `agent.<id>`: an agent's dispatches.
    Agent(AgentId),
    /// `dead-letter`: what could not be handled.
    DeadLetter,
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tasks => f.write_str("tasks"),
            Self::Coordinator => f.write_str("coordinator"),
            Self::Feed => f.write_str("coordinator.feed"),
            Self::Requests => f.write_str("coordinator.requests"),
            Self::Agent(agent) => write!(f, "agent.{agent}"),
            Self::DeadLetter => f.write_str("dead-letter"),
        }
    }
}

/// A message to publish. Every message is persistent but those to [`Address::Requests`], [`Address::Control`] and
/// [`Address::Reply`].
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Where it goes.
    pub to: Address,
    /// Its id; what is sent again keeps it.
    pub id: String,
    /// Such as `application/cloudevents+json`.
    pub content_type: String,
    /// Text headers.
    pub headers: BTreeMap<String, String>,
    /// What an answer is known by.
    pub correlation: Option<String>,
    /// The content.
    pub body: Bytes,
}

/// Why a message is set aside; written into the headers of what goes to `dead-letter`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// A stable code, such as `intake.encoding`.
    pub code: String,
    /// One line for a person.
    pub detail: String,
}

/// A message that was delivered. It stays with the broker until it is acknowledged or its session ends.
#[derive(Debug)]
pub struct Delivery {
    /// The content, as it came.
    pub body: Bytes,
    /// The id that its sender gave it; a message that a person drops has none.
    pub id: Option<String>,
    /// What its sender said that it is.
    pub content_type: Option<String>,
    /// Text headers; others are left out.
    pub headers: BTreeMap<String, String>,
    /// Where an answer is wanted.
    pub reply_to: Option<String>,
    /// What the answer is known by.
    pub correlation: Option<String>,
    /// Whether it was given out before.
    pub redelivered: bool,
    pub(crate) receipt: Box<dyn Receipt>,
}

/// A backend's way to settle one delivery.
#[async_trait]
pub(crate) trait Receipt: fmt::Debug + Send + Sync {
    async fn ack(&self) -> Result<(), AckError>;
    async fn release(&self) -> Result<(), AckError>;
    /// Publishes the original bytes to `dead-letter` and waits for the confirm. Does not acknowledge.
    async fn set_aside(&self, delivery: &Delivery, reason: &Reason) -> Result<(), PublishError>;
}

impl Delivery {
    /// Says that it is done with.
    pub async fn ack(self) -> Result<(), AckError> {
        self.receipt.ack().await
    }

    /// Says that all of them are done with; one answer for each, in their order. Cheaper than one after the other.
    pub async fn ack_all(deliveries: Vec<Self>) -> Vec<Result<(), AckError>> {
        futures_util::future::join_all(deliveries.into_iter().map(Self::ack)).await
    }

    /// Gives it back to its queue.
    pub async fn release(self) -> Result<(), AckError> {
        self.receipt.release().await
    }

    /// Moves it to `dead-letter` with its reason, its origin and its original bytes; acknowledges it only when that is
    /// confirmed, so it may be there twice and is never nowhere.
    pub async fn reject(self, reason: &Reason) -> Result<(), AckError> {
        self.receipt.set_aside(&self, reason).await.map_err(AckError::SetAside)?;
        self.receipt.ack().await
    }
}
