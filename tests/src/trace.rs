//! What passes over the broker, seen through a queue of the test's own: every event and every dispatch.

use std::collections::BTreeMap;

use lapin::options::{BasicGetOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};
use serde_json::Value;
use slipway_broker::{Address, Broker, Message};
use slipway_protocol::event::CONTENT_TYPE;
use slipway_protocol::{Dispatch, Event, EventId, ExecutionId, Holder, Incarnation, Lease, RunId, TaskId};
use slipway_runtime::{Clock as _, SystemClock};
use uuid::Uuid;

const QUEUE: &str = "operator.trace";

/// A queue that gets a copy of everything.
#[derive(Debug)]
pub struct Trace {
    _connection: Connection,
    channel: Channel,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Traced {
    /// Events of the coordinator: id and type.
    pub coordinators_events: Vec<(Uuid, String)>,
    /// Dispatches: execution and lease.
    pub dispatches: Vec<(Uuid, i64)>,
    /// Everything, as it came.
    pub bodies: Vec<Vec<u8>>,
}

impl Trace {
    /// Begins, on the broker behind `url`, whose login may bind a queue.
    pub async fn start(url: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), lapin::types::AMQPValue::LongString("quorum".into()));
        channel.queue_declare(QUEUE.into(), QueueDeclareOptions::durable(), arguments).await.unwrap();
        let mut bindings = vec![("events", "#".to_owned())];
        bindings.extend(
            slipway_agents::Definition::built_in().into_iter().map(|it| ("dispatch", it.id.to_string())),
        );
        for (exchange, key) in bindings {
            let bound = channel.queue_bind(
                QUEUE.into(),
                exchange.into(),
                key.as_str().into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            );
            bound.await.unwrap();
        }
        Self { _connection: connection, channel }
    }

    /// Takes what was seen since the last time.
    pub async fn take(&self) -> Traced {
        let mut traced = Traced::default();
        while let Some(message) =
            self.channel.basic_get(QUEUE.into(), BasicGetOptions { no_ack: true }).await.unwrap()
        {
            traced.add(&message.delivery.exchange.to_string(), message.delivery.data.clone());
        }
        traced
    }
}

impl Traced {
    fn add(&mut self, exchange: &str, body: Vec<u8>) {
        if exchange == "dispatch" {
            let dispatch: Dispatch = serde_json::from_slice(&body).unwrap();
            self.dispatches.push((dispatch.execution.uuid(), i64::from(dispatch.lease.number())));
        } else {
            let event: Value = serde_json::from_slice(&body).unwrap();
            if event["source"] == "slipway/coordinator" {
                let id = event["id"].as_str().unwrap().parse().unwrap();
                self.coordinators_events.push((id, event["type"].as_str().unwrap().to_owned()));
            }
        }
        self.bodies.push(body);
    }
}

/// Sends a worker's event once more, as it was. What is no worker's event is left out.
pub async fn publish_again(broker: &dyn Broker, body: &[u8]) {
    if let Some(event) = workers_event(body) {
        publish(broker, &event).await;
    }
}

/// Sends a worker's event in the name of a holder that never was, under a lease that has passed.
pub async fn publish_stale(broker: &dyn Broker, body: &[u8]) {
    let Some(mut event) = workers_event(body) else { return };
    event.id = EventId::new(SystemClock.new_id());
    if let Some(holder) = &mut event.holder {
        holder.incarnation = Incarnation::new(SystemClock.new_id());
        publish(broker, &event).await;
    }
}

/// Sends the plan that `seen` has as if it were that of `task`, in the name of a holder that never was.
pub async fn forge_plan(broker: &dyn Broker, seen: &Traced, task: TaskId) {
    let plan = seen.bodies.iter().filter_map(|body| workers_event(body));
    let mut plan =
        plan.into_iter().find(|event| event.event_type() == "plan.created").expect("a plan was seen");
    let run = RunId::first_of(task);
    let step = "plan".parse().unwrap();
    plan.id = EventId::new(SystemClock.new_id());
    (plan.task, plan.run) = (task, run);
    plan.holder = Some(Holder {
        execution: ExecutionId::of(run, &step, 1),
        lease: Lease::FIRST,
        incarnation: Incarnation::new(SystemClock.new_id()),
    });
    publish(broker, &plan).await;
}

fn workers_event(body: &[u8]) -> Option<Event> {
    Event::from_json(body).ok().filter(|event| event.source != "slipway/coordinator")
}

async fn publish(broker: &dyn Broker, event: &Event) {
    let message = Message {
        to: Address::Event(event.event_type().to_owned()),
        id: event.id.to_string(),
        content_type: CONTENT_TYPE.into(),
        headers: BTreeMap::new(),
        correlation: None,
        body: event.to_json().into(),
    };
    broker.publish(message).await.unwrap();
}
