//! Questions to the coordinator and their answers, by RabbitMQ's direct reply-to.
//!
//! One channel asks and hears the answers: the pseudo-queue belongs to it. Many questions are in flight; an answer is
//! known by its correlation id.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation};
use slipway_runtime::{Clock as _, SystemClock};
use tokio::sync::{mpsc, oneshot};

use super::properties::short;
use super::session::Session;
use crate::PublishError;
use crate::message::Address;
use crate::topology::Route;

const REPLY_TO: &str = "amq.rabbitmq.reply-to";

type Answer = oneshot::Sender<Result<Bytes, PublishError>>;

/// A question and where its answer goes.
#[derive(Debug)]
pub(super) struct Ask {
    body: Bytes,
    answer: Answer,
}

impl Session {
    /// Asks, and waits for the answer as long as the session lasts.
    pub(super) async fn request(&self, body: Bytes) -> Result<Bytes, PublishError> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask { body, answer }).map_err(|_| PublishError::Lost)?;
        answered.await.map_err(|_| PublishError::Lost)?
    }
}

/// Questions that wait for an answer.
#[derive(Default)]
struct Waiting(HashMap<String, Answer>);

impl Waiting {
    fn add(&mut self, correlation: &str, answer: Answer) {
        // Whoever gave up waiting has dropped the other end.
        self.0.retain(|_, answer| !answer.is_closed());
        self.0.insert(correlation.to_owned(), answer);
    }

    fn settle(&mut self, correlation: Option<&str>, result: Result<Bytes, PublishError>) {
        if let Some(answer) = correlation.and_then(|correlation| self.0.remove(correlation)) {
            // An answer that came too late is of no use to anyone.
            let _late = answer.send(result);
        }
    }
}

/// Asks what is handed in and gives out the answers, until the session ends; says why it did.
pub(super) async fn serve(session: &Session, mut asks: mpsc::UnboundedReceiver<Ask>) -> String {
    let opened = async {
        let channel = session.publishing_channel().await?;
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let replies =
            channel.basic_consume(REPLY_TO.into(), "".into(), options, FieldTable::default()).await?;
        Ok::<_, lapin::Error>((channel, replies))
    };
    let (channel, mut replies) = match opened.await {
        Ok(opened) => opened,
        Err(error) => return error.to_string(),
    };
    let mut waiting = Waiting::default();
    let mut confirms = FuturesUnordered::new();
    loop {
        tokio::select! {
            asked = asks.recv() => {
                let Some(ask) = asked else { return "nobody can ask any more".into() };
                let correlation = SystemClock.new_id().to_string();
                waiting.add(&correlation, ask.answer);
                confirms.push(send(&channel, correlation, ask.body));
            }
            reply = replies.next() => match reply {
                Some(Ok(reply)) => answer(&mut waiting, reply),
                Some(Err(error)) => return error.to_string(),
                None => return "the answers' channel ended".into(),
            },
            Some((correlation, confirmed)) = confirms.next(), if !confirms.is_empty() => match confirmed {
                Ok(confirmation) => settle_unsent(&mut waiting, &correlation, confirmation),
                Err(error) => return error.to_string(),
            },
        }
    }
}

async fn send(
    channel: &Channel,
    correlation: String,
    body: Bytes,
) -> (String, Result<Confirmation, lapin::Error>) {
    let Route { exchange, key, mandatory, .. } = Route::of(&Address::Requests);
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_correlation_id(short(&correlation))
        .with_message_id(short(&correlation))
        .with_reply_to(REPLY_TO.into());
    let options = BasicPublishOptions { mandatory, immediate: false };
    let sent = channel.basic_publish(exchange.into(), short(&key), options, &body, properties).await;
    let confirmed = match sent {
        Ok(confirm) => confirm.await,
        Err(error) => Err(error),
    };
    (correlation, confirmed)
}

fn answer(waiting: &mut Waiting, reply: Delivery) {
    let correlation = reply.properties.correlation_id().clone();
    waiting.settle(correlation.as_ref().map(lapin::types::ShortString::as_str), Ok(reply.data.into()));
}

/// Ends questions that reached no queue. A return may belong to another question than the confirm it came with.
fn settle_unsent(waiting: &mut Waiting, correlation: &str, confirmation: Confirmation) {
    let to = Address::Requests.to_string();
    if confirmation.is_nack() {
        let reason = "a queue is full, or failed to keep it".to_owned();
        waiting.settle(Some(correlation), Err(PublishError::Refused { to: to.clone(), reason }));
    }
    if let Some(returned) = confirmation.take_message() {
        let id = returned.delivery.properties.message_id().clone();
        waiting.settle(id.as_ref().map(lapin::types::ShortString::as_str), Err(PublishError::Unroutable(to)));
    }
}
