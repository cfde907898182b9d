//! Publishing with confirms in flight together.
//!
//! A window of messages has a channel to itself, and its answers are given when all of its confirms are here. That is
//! needed: the client pins a returned message to whichever confirm comes next, so only by the end of a window is every
//! return of it known, and the message's own id says whose it is.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures_util::future::maybe_done;
use lapin::message::BasicReturnMessage;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, PublisherConfirm};
use tokio::sync::Semaphore;

use super::properties;
use super::session::Session;
use crate::message::{Address, Message};
use crate::topology::{Route, built_in};
use crate::{PublishError, counts};

/// Messages whose confirms are awaited together on one channel.
const WINDOW: usize = 256;
/// Bytes of them, unless one message has more: the client keeps what it has not written yet in memory.
const WINDOW_BYTES: usize = 8 * 1024 * 1024;
/// Windows at a time.
const CHANNELS: u32 = 8;
/// The broker's limit for a routing key, in bytes.
const LONGEST_KEY: usize = 255;

/// AMQP's code for what a login may not do.
pub(super) const ACCESS_REFUSED: u16 = 403;

/// A message as it is published.
#[derive(Debug)]
pub(super) struct Outgoing {
    to: Address,
    route: Route,
    properties: BasicProperties,
    body: Bytes,
}

impl From<Message> for Outgoing {
    fn from(message: Message) -> Self {
        let route = Route::of(&message.to);
        let properties = properties::outgoing(&message, route.persistent);
        Self { to: message.to, route, properties, body: message.body }
    }
}

impl Outgoing {
    pub(super) fn dead_letter(properties: BasicProperties, body: Bytes) -> Self {
        Self { to: Address::DeadLetter, route: Route::of(&Address::DeadLetter), properties, body }
    }

    fn refused(&self, reason: impl Into<String>) -> PublishError {
        PublishError::Refused { to: self.to.to_string(), reason: reason.into() }
    }

    /// What the broker would close the channel for, and take the rest of the window with it.
    fn check(&self) -> Result<(), PublishError> {
        let limit = built_in().max_message_bytes;
        if self.body.len() > limit {
            return Err(self.refused(format!("it has {} bytes, and {limit} are taken", self.body.len())));
        }
        if self.route.key.len() > LONGEST_KEY {
            return Err(self.refused(format!("its address has more than {LONGEST_KEY} bytes")));
        }
        Ok(())
    }

    fn is(&self, returned: &BasicReturnMessage) -> bool {
        let delivery = &returned.delivery;
        delivery.properties.message_id() == self.properties.message_id()
            && delivery.exchange.as_str() == self.route.exchange
            && delivery.routing_key.as_str() == self.route.key
    }

    /// What an error of the channel says about this message of the window.
    fn blame(&self, error: &lapin::Error) -> PublishError {
        let Some((ACCESS_REFUSED, text)) = protocol_error(error) else { return PublishError::Lost };
        let topic_fits = !text.contains("topic '") || text.contains(&format!("topic '{}'", self.route.key));
        let exchange = if self.route.exchange.is_empty() { "amq.default" } else { self.route.exchange };
        if topic_fits && text.contains(&format!("exchange '{exchange}'")) {
            return self.refused(text);
        }
        PublishError::Lost
    }
}

/// An error that the server reported: AMQP's code and the server's words.
pub(super) fn protocol_error(error: &lapin::Error) -> Option<(u16, String)> {
    match error.kind() {
        lapin::ErrorKind::ProtocolError(error) => Some((error.get_id(), error.get_message().to_string())),
        _ => None,
    }
}

/// Channels that publish, made when they are needed.
pub(super) struct Publishers {
    slots: Semaphore,
    idle: Mutex<Vec<Channel>>,
}

impl fmt::Debug for Publishers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publishers").finish_non_exhaustive()
    }
}

impl Publishers {
    pub(super) fn new() -> Self {
        Self { slots: Semaphore::new(CHANNELS as usize), idle: Mutex::new(Vec::new()) }
    }

    /// Waits until no window is in flight.
    pub(super) async fn all_confirmed(&self) {
        // The semaphore is never closed; if it were, nothing could be in flight.
        let _all = self.slots.acquire_many(CHANNELS).await;
    }

    fn take_idle(&self) -> Option<Channel> {
        let channel = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        channel.filter(|channel| channel.status().connected())
    }

    fn put_back(&self, channel: Channel) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(channel);
    }
}

impl Session {
    /// Publishes messages; one answer for each, in their order.
    pub(super) async fn publish_all(&self, outgoing: &[Outgoing]) -> Vec<Result<(), PublishError>> {
        let mut outcomes = Vec::with_capacity(outgoing.len());
        for window in windows(outgoing) {
            let published = tokio::select! {
                published = tokio::time::timeout(self.confirm_timeout, self.publish_window(window)) => published.ok(),
                () = self.end_awaited() => None,
            };
            outcomes.extend(published.unwrap_or_else(|| self.give_up(window)));
        }
        outcomes
    }

    /// No confirm in time: the session is of no use, unless the broker has said why it takes nothing.
    fn give_up(&self, window: &[Outgoing]) -> Vec<Result<(), PublishError>> {
        if self.blocked().is_none() {
            self.end(&format!("it confirmed nothing within {} s", self.confirm_timeout.as_secs()));
        }
        window.iter().map(|_| Err(PublishError::Lost)).collect()
    }

    /// A dropped future takes its channel with it: the next window must not meet this one's confirms.
    async fn publish_window(&self, window: &[Outgoing]) -> Vec<Result<(), PublishError>> {
        let Ok(_slot) = self.publishers.slots.acquire().await else { return self.give_up(window) };
        let channel = match self.publishers.take_idle() {
            Some(channel) => Ok(channel),
            None => self.publishing_channel().await,
        };
        let channel = match channel {
            Ok(channel) => channel,
            Err(error) => {
                self.end(&error.to_string());
                return self.give_up(window);
            }
        };
        let _open = counts::OpenConfirms::new(window.len());
        let (outcomes, error) = exchange(&channel, window).await;
        match error {
            None => self.publishers.put_back(channel),
            Some(error) if protocol_error(&error).is_some_and(|(code, _)| code == ACCESS_REFUSED) => {}
            Some(error) => self.end(&error.to_string()),
        }
        outcomes
    }

    pub(super) async fn publishing_channel(&self) -> Result<Channel, lapin::Error> {
        let channel = self.publishing.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }
}

fn windows(outgoing: &[Outgoing]) -> impl Iterator<Item = &[Outgoing]> {
    let mut rest = outgoing;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = rest.iter().take(WINDOW).take_while(|outgoing| {
            bytes += outgoing.body.len();
            bytes <= WINDOW_BYTES
        });
        let (window, left) = rest.split_at(fits.count().max(1).min(rest.len()));
        rest = left;
        (!window.is_empty()).then_some(window)
    })
}

/// Sends a window and gathers its confirms; also the channel's error, if it failed.
async fn exchange(
    channel: &Channel,
    window: &[Outgoing],
) -> (Vec<Result<(), PublishError>>, Option<lapin::Error>) {
    let sent = send_all(channel, window).await;
    let mut failed = None;
    let mut returned = Vec::new();
    let mut outcomes = Vec::with_capacity(window.len());
    for (outgoing, sent) in window.iter().zip(sent) {
        let confirmation = match sent {
            Ok(Ok(confirm)) => confirm.await,
            Ok(Err(error)) => Err(error),
            Err(refused) => {
                outcomes.push(Err(refused));
                continue;
            }
        };
        outcomes.push(match confirmation {
            Ok(confirmation) => {
                let taken = !confirmation.is_nack();
                returned.extend(Confirmation::take_message(confirmation));
                if taken { Ok(()) } else { Err(outgoing.refused("a queue is full, or failed to keep it")) }
            }
            Err(error) => {
                let blame = outgoing.blame(failed.get_or_insert(error));
                Err(blame)
            }
        });
    }
    for (outgoing, outcome) in window.iter().zip(&mut outcomes) {
        if returned.iter().any(|message| outgoing.is(message)) {
            *outcome = Err(PublishError::Unroutable(outgoing.to.to_string()));
        }
    }
    (outcomes, failed)
}

type Sent = Result<PublisherConfirm, lapin::Error>;

/// Hands every message of a window to the client, then waits until all are written. A publish takes its place in the
/// client's queue when it is polled for the first time, so polling them in turn keeps their order.
async fn send_all(channel: &Channel, window: &[Outgoing]) -> Vec<Result<Sent, PublishError>> {
    let mut sending = Vec::with_capacity(window.len());
    for outgoing in window {
        sending.push(match outgoing.check() {
            Ok(()) => {
                let mut publish = maybe_done(Box::pin(send(channel, outgoing)));
                let _queued = futures_util::poll!(&mut publish);
                Ok(publish)
            }
            Err(refused) => Err(refused),
        });
    }
    let mut written = Vec::with_capacity(window.len());
    for queued in sending {
        written.push(match queued {
            Ok(mut publish) => {
                (&mut publish).await;
                Pin::new(&mut publish).take_output().ok_or(PublishError::Lost)
            }
            Err(refused) => Err(refused),
        });
    }
    written
}

async fn send(channel: &Channel, outgoing: &Outgoing) -> Sent {
    let options = BasicPublishOptions { mandatory: outgoing.route.mandatory, immediate: false };
    let key = properties::short(&outgoing.route.key);
    let properties = outgoing.properties.clone();
    channel.basic_publish(outgoing.route.exchange.into(), key, options, &outgoing.body, properties).await
}
