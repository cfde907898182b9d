//! How messages are kept until the broker has confirmed them, and how what is kept becomes a message again.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use slipway_broker::{Address, Message};
use slipway_protocol::event::CONTENT_TYPE;
use slipway_protocol::{AgentId, Dispatch, Event};
use slipway_store::Outgoing;
use uuid::Uuid;

const JSON: &str = "application/json";

/// An event to publish.
pub(crate) fn event(event: &Event) -> Outgoing {
    Outgoing {
        id: event.id.uuid(),
        to: Address::Event(event.event_type().to_owned()).to_string(),
        content_type: CONTENT_TYPE.into(),
        correlation: None,
        body: event.to_json(),
    }
}

/// A dispatch to publish; `id` is the message's own, since a dispatch that is sent again is another message.
pub(crate) fn dispatch(id: Uuid, dispatch: &Dispatch) -> Outgoing {
    let to = Address::Agent(dispatch.agent.clone()).to_string();
    Outgoing { id, to, content_type: JSON.into(), correlation: None, body: json(dispatch) }
}

/// An answer to whoever dropped a message that asked for one.
pub(crate) fn reply(id: Uuid, to: &str, correlation: Option<String>, body: &impl Serialize) -> Outgoing {
    let to = Address::Reply(to.to_owned()).to_string();
    Outgoing { id, to, content_type: JSON.into(), correlation, body: json(body) }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("messages have string keys only")
}

/// The message as the broker takes it; `None` when its address is of no kind that this version knows.
pub(crate) fn message(outgoing: &Outgoing) -> Option<Message> {
    Some(Message {
        to: address(&outgoing.to)?,
        id: outgoing.id.to_string(),
        content_type: outgoing.content_type.clone(),
        headers: BTreeMap::new(),
        correlation: outgoing.correlation.clone(),
        body: Bytes::from(outgoing.body.clone()),
    })
}

fn address(text: &str) -> Option<Address> {
    match text.split_once('/')? {
        ("events", event_type) => Some(Address::Event(event_type.to_owned())),
        ("dispatch", agent) => agent.parse::<AgentId>().ok().map(Address::Agent),
        ("reply", to) => Some(Address::Reply(to.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_outbox() {
        for to in [
            Address::Event("plan.created".into()),
            Address::Agent("coder".parse().unwrap()),
            Address::Reply("amq.rabbitmq.reply-to.g1/x=".into()),
        ] {
            assert_eq!(address(&to.to_string()), Some(to));
        }
        assert_eq!(address("somewhere/else"), None);
    }
}
