//! Declaring the topology and comparing it with what is there.
//!
//! A login that may make queues declares all of it: the server refuses what is there with other properties, and adds
//! what is missing. Another login can only ask whether the names exist. Policies, permissions and bindings that nobody
//! asked for are not seen over AMQP; a test compares them through the management API.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ExchangeKind};
use slipway_protocol::AgentId;

use super::publisher::{ACCESS_REFUSED, protocol_error};
use super::session::Session;
use crate::TopologyError;
use crate::topology::{Exchange, Queue, built_in};

/// One thing to declare.
enum Step<'a> {
    Exchange(&'a Exchange),
    Queue(&'a Queue),
    Binding { queue: &'a Queue, exchange: &'a str, key: &'a str },
}

impl Step<'_> {
    fn describe(&self) -> String {
        match self {
            Self::Exchange(exchange) => format!("exchange {}", exchange.name),
            Self::Queue(queue) => format!("queue {}", queue.name),
            Self::Binding { queue, exchange, key } => format!("binding {exchange}/{key} to {}", queue.name),
        }
    }

    async fn take(&self, channel: &Channel, passive: bool) -> Result<(), lapin::Error> {
        match self {
            Self::Exchange(exchange) => {
                let options =
                    ExchangeDeclareOptions { passive, durable: true, ..ExchangeDeclareOptions::default() };
                let kind = ExchangeKind::Custom(exchange.kind.name().to_owned());
                let name = exchange.name.as_str().into();
                channel.exchange_declare(name, kind, options, FieldTable::default()).await
            }
            Self::Queue(queue) => {
                let options = QueueDeclareOptions { passive, ..QueueDeclareOptions::durable() };
                let mut arguments = FieldTable::default();
                arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
                channel.queue_declare(queue.name.as_str().into(), options, arguments).await.map(drop)
            }
            Self::Binding { .. } if passive => Ok(()),
            Self::Binding { queue, exchange, key } => {
                let (name, exchange, key) = (queue.name.as_str().into(), (*exchange).into(), (*key).into());
                channel
                    .queue_bind(name, exchange, key, QueueBindOptions::default(), FieldTable::default())
                    .await
            }
        }
    }
}

/// Makes what is missing, where the login may; says what differs.
pub(super) async fn declare(session: &Session, agents: &[AgentId]) -> Result<(), TopologyError> {
    if !session.server.is_supported() {
        return Err(TopologyError::Server { server: session.server.to_string() });
    }
    walk(&session.consuming, agents, false).await
}

/// Says what is missing, whatever the login; makes nothing.
pub(super) async fn compare(connection: &Connection, agents: &[AgentId]) -> Result<(), TopologyError> {
    walk(connection, agents, true).await
}

async fn walk(connection: &Connection, agents: &[AgentId], mut passive: bool) -> Result<(), TopologyError> {
    let queues = built_in().queues_with(agents);
    let mut differences = Vec::new();
    let mut channel = None;
    for (index, step) in steps(&queues).iter().enumerate() {
        let mut refusal = attempt(connection, &mut channel, step, passive).await?;
        if index == 0 && !passive && refusal.as_ref().is_some_and(|(code, _)| *code == ACCESS_REFUSED) {
            passive = true;
            refusal = attempt(connection, &mut channel, step, passive).await?;
        }
        if let Some((_, reason)) = refusal {
            differences.push(format!("{}: {reason}", step.describe()));
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(TopologyError::Differs(differences)) }
}

fn steps(queues: &[Queue]) -> Vec<Step<'_>> {
    let exchanges = built_in().exchanges.iter().map(Step::Exchange);
    let bindings = queues.iter().flat_map(|queue| {
        queue.bindings.iter().flat_map(move |binding| {
            binding.keys.iter().map(move |key| Step::Binding { queue, exchange: &binding.exchange, key })
        })
    });
    exchanges.chain(queues.iter().map(Step::Queue)).chain(bindings).collect()
}

/// Takes a step. The server closes the channel when it refuses one; the next step then gets another.
async fn attempt(
    connection: &Connection,
    channel: &mut Option<Channel>,
    step: &Step<'_>,
    passive: bool,
) -> Result<Option<(u16, String)>, TopologyError> {
    let down = |error: lapin::Error| TopologyError::Down(error.to_string());
    let open = match channel.take() {
        Some(open) => open,
        None => connection.create_channel().await.map_err(down)?,
    };
    match step.take(&open, passive).await {
        Ok(()) => {
            *channel = Some(open);
            Ok(None)
        }
        Err(error) => match protocol_error(&error) {
            Some(refusal) => Ok(Some(refusal)),
            None => Err(down(error)),
        },
    }
}
