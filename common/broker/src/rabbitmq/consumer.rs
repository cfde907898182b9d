//! Taking messages: consumers, and the right to settle what they gave out.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
    QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Acker, BasicProperties, Channel};
use slipway_runtime::{Clock as _, SystemClock};
use tokio::sync::mpsc;

use super::properties;
use super::publisher::{ACCESS_REFUSED, Outgoing, protocol_error};
use super::session::Session;
use crate::message::{Delivery, QueueName, Reason, Receipt};
use crate::{AckError, Consumer, PublishError, counts, dead_letter};

/// AMQP's code for what is not there.
const NOT_FOUND: u16 = 404;
/// Hints that may wait in this process's own queue.
const CONTROLS_KEPT: i32 = 1000;

/// What is taken.
#[derive(Debug)]
pub(super) enum From<'a> {
    /// Messages of a queue.
    Queue { queue: &'a QueueName, prefetch: u16 },
    /// What is published to every process.
    Controls,
}

impl fmt::Display for From<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue { queue, .. } => queue.fmt(f),
            Self::Controls => f.write_str("control"),
        }
    }
}

/// Why there is no consumer.
#[derive(Debug)]
pub(super) enum OpenError {
    /// The login may not.
    Refused(String),
    /// There is no such queue.
    Missing,
    /// The session is of no use.
    Lost(String),
}

impl std::convert::From<lapin::Error> for OpenError {
    fn from(error: lapin::Error) -> Self {
        match protocol_error(&error) {
            Some((ACCESS_REFUSED, reason)) => Self::Refused(reason),
            Some((NOT_FOUND, _)) => Self::Missing,
            _ => Self::Lost(error.to_string()),
        }
    }
}

/// Begins to take messages, on a channel of its own.
pub(super) async fn open(session: &Arc<Session>, from: &From<'_>) -> Result<Taking, OpenError> {
    let channel = session.consuming.create_channel().await?;
    let mut arguments = FieldTable::default();
    let (name, settled) = match from {
        From::Queue { queue, prefetch } => {
            channel.basic_qos(*prefetch, BasicQosOptions { global: false }).await?;
            if !matches!(queue, QueueName::Agent(_)) {
                arguments.insert("x-priority".into(), AMQPValue::LongInt(newest_first()));
            }
            (queue.to_string(), true)
        }
        From::Controls => (own_control_queue(session, &channel).await?, false),
    };
    let options = BasicConsumeOptions { no_ack: !settled, ..BasicConsumeOptions::default() };
    let stream = channel.basic_consume(properties::short(&name), "".into(), options, arguments).await?;
    Ok(Taking { session: Arc::clone(session), channel, stream: Some(stream), queue: name, settled })
}

/// A consumer's rank: its age in seconds, so that the newest one is served before the others.
///
/// A coordinator that was paused keeps its consumer until the broker misses its heartbeats. Meanwhile the one that took
/// over must get what comes.
fn newest_first() -> i32 {
    const BEGINNING: i64 = 1_767_225_600; // 2026
    i32::try_from(SystemClock.now().unix_timestamp() - BEGINNING).unwrap_or(i32::MAX)
}

/// Declares a queue that ends with its connection, named after the process so that the management page tells whose it is.
async fn own_control_queue(session: &Session, channel: &Channel) -> Result<String, lapin::Error> {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let process: String = session.name.chars().take(100).map(plain).collect();
    let name = format!("control.{process}.{}", SystemClock.new_id().simple());
    let short = properties::short(&name);
    let mut arguments = FieldTable::default();
    // An exclusive queue cannot be a quorum queue, and the virtual host's default is one.
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("classic".into()));
    arguments.insert("x-max-length".into(), AMQPValue::LongInt(CONTROLS_KEPT));
    let options = QueueDeclareOptions::exclusive().auto_delete();
    channel.queue_declare(short.clone(), options, arguments).await?;
    channel
        .queue_bind(short, "control".into(), "".into(), QueueBindOptions::default(), FieldTable::default())
        .await?;
    Ok(name)
}

/// A consumer.
#[derive(Debug)]
pub(super) struct Taking {
    session: Arc<Session>,
    channel: Channel,
    /// `None` when it has ended.
    stream: Option<lapin::Consumer>,
    queue: String,
    /// Whether what it gives out must be settled.
    settled: bool,
}

/// A consumer that nobody takes messages from any more; what it gave out may still be settled.
#[derive(Debug)]
pub(super) struct Left {
    channel: Channel,
    stream: lapin::Consumer,
}

impl Taking {
    fn received(
        &mut self,
        received: Option<Result<lapin::message::Delivery, lapin::Error>>,
    ) -> Option<Delivery> {
        match received {
            Some(Ok(delivery)) => return Some(self.delivery(delivery)),
            Some(Err(error)) => self.session.end(&error.to_string()),
            // The server cancelled it: the queue was deleted, or has lost its leader.
            None => tracing::info!(queue = self.queue, "the broker ended a consumer"),
        }
        self.stream = None;
        None
    }

    fn delivery(&self, delivery: lapin::message::Delivery) -> Delivery {
        counts::delivered(if self.settled { &self.queue } else { "control" }, delivery.redelivered);
        let text = |text: &Option<lapin::types::ShortString>| text.as_ref().map(ToString::to_string);
        let properties = delivery.properties;
        let receipt: Box<dyn Receipt> = if self.settled {
            Box::new(Held {
                session: Arc::clone(&self.session),
                _channel: self.channel.clone(),
                acker: delivery.acker,
                queue: self.queue.clone(),
                properties: properties.clone(),
            })
        } else {
            Box::new(Nothing)
        };
        Delivery {
            body: Bytes::from(delivery.data),
            id: text(properties.message_id()),
            content_type: text(properties.content_type()),
            headers: properties::text_headers(&properties),
            reply_to: text(properties.reply_to()),
            correlation: text(properties.correlation_id()),
            redelivered: delivery.redelivered,
            receipt,
        }
    }
}

#[async_trait]
impl Consumer for Taking {
    async fn next(&mut self) -> Option<Delivery> {
        let stream = self.stream.as_mut()?;
        let received = tokio::select! {
            biased;
            () = self.session.end_awaited() => return None,
            received = stream.next() => received,
        };
        self.received(received)
    }

    fn ready(&mut self, limit: usize) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        while deliveries.len() < limit && !self.session.has_ended() {
            let Some(stream) = self.stream.as_mut() else { break };
            let Some(received) = stream.next().now_or_never() else { break };
            deliveries.extend(self.received(received));
        }
        deliveries
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take().filter(|_| self.settled) {
            // Without a session there is nothing to clear up.
            let _gone = self.session.left.send(Left { channel: self.channel.clone(), stream });
        }
    }
}

/// Gives back what consumers had received and nobody had taken when they were dropped. Their channels stay open as
/// long as something that they gave out is not settled.
pub(super) async fn clear_up(mut left: mpsc::UnboundedReceiver<Left>) {
    while let Some(Left { channel, mut stream }) = left.recv().await {
        if channel.basic_cancel(stream.tag(), BasicCancelOptions::default()).await.is_err() {
            continue;
        }
        while let Some(Some(Ok(delivery))) = stream.next().now_or_never() {
            give_back(&delivery.acker);
        }
    }
}

/// Gives a message back without waiting: the frame is on its way when the future was polled once.
fn give_back(acker: &Acker) {
    if acker.usable() {
        let _on_its_way = acker.nack(BasicNackOptions { requeue: true, multiple: false }).now_or_never();
    }
}

/// The right to settle a message; gives it back when it is dropped unsettled.
struct Held {
    session: Arc<Session>,
    /// The delivery can be settled on its own channel alone, so that must stay open.
    _channel: Channel,
    acker: Acker,
    queue: String,
    properties: BasicProperties,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("queue", &self.queue).finish_non_exhaustive()
    }
}

impl Held {
    fn settled(&self, settled: Result<bool, lapin::Error>) -> Result<(), AckError> {
        // The client says `Ok(false)` for a delivery of a channel that is gone.
        if settled.unwrap_or(false) && !self.session.has_ended() {
            return Ok(());
        }
        counts::stale_ack();
        Err(AckError::Stale)
    }
}

#[async_trait]
impl Receipt for Held {
    async fn ack(&self) -> Result<(), AckError> {
        if self.session.has_ended() {
            return self.settled(Ok(false));
        }
        self.settled(self.acker.ack(BasicAckOptions::default()).await)
    }

    async fn release(&self) -> Result<(), AckError> {
        if self.session.has_ended() {
            return self.settled(Ok(false));
        }
        self.settled(self.acker.nack(BasicNackOptions { requeue: true, multiple: false }).await)
    }

    async fn set_aside(&self, delivery: &Delivery, reason: &Reason) -> Result<(), PublishError> {
        counts::dead_lettered(&reason.code);
        let (body, ours) = dead_letter::wrap(&delivery.body, reason, &self.queue, &SystemClock);
        let outgoing = Outgoing::dead_letter(properties::set_aside(&self.properties, ours), body);
        let outcome = self.session.publish_all(&[outgoing]).await.pop();
        outcome.unwrap_or(Err(PublishError::Lost))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.session.has_ended() {
            give_back(&self.acker);
        }
    }
}

/// There is nothing to settle.
#[derive(Debug)]
struct Nothing;

#[async_trait]
impl Receipt for Nothing {
    async fn ack(&self) -> Result<(), AckError> {
        Ok(())
    }

    async fn release(&self) -> Result<(), AckError> {
        Ok(())
    }

    async fn set_aside(&self, _delivery: &Delivery, _reason: &Reason) -> Result<(), PublishError> {
        Ok(())
    }
}
