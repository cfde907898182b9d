//! How what is said and heard looks on the broker.

use std::collections::BTreeMap;

use slipway_broker::{Address, Delivery, Message, Reason};
use slipway_protocol::event::CONTENT_TYPE;
use slipway_protocol::{Dispatch, Event};

use super::Serves;
use crate::error::chain;

/// An event as a message; it keeps its id however often it is sent.
pub(super) fn of_event(event: &Event) -> Message {
    Message {
        to: Address::Event(event.event_type().to_owned()),
        id: event.id.to_string(),
        content_type: CONTENT_TYPE.into(),
        headers: BTreeMap::new(),
        correlation: None,
        body: event.to_json().into(),
    }
}

/// Reads what came on the queue of `served`; what is no dispatch for it is no message of the coordinator's.
pub(super) fn dispatch(delivery: &Delivery, served: &Serves) -> Result<Dispatch, Reason> {
    let bad = |detail: String| Reason { code: "worker.bad-dispatch".into(), detail };
    let dispatch: Dispatch = serde_json::from_slice(&delivery.body)
        .map_err(|error| bad(format!("this is no dispatch: {}", chain(&error))))?;
    if dispatch.agent != served.agent {
        return Err(bad(format!(
            "this is for the agent {}, on the queue of {}",
            dispatch.agent, served.agent
        )));
    }
    Ok(dispatch)
}
