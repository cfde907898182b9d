//! The other side of the conversation, scripted: it answers as the test says, and writes down what it hears.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use slipway_broker::{Address, Broker, Message, Options, QueueName, connect};
use slipway_protocol::fleet::{Beat, BeatReply, Control, Grant, Request, Response, Thing, Verdict};
use slipway_protocol::{AgentId, Dispatch, Event, ExecutionId};
use slipway_runtime::{Clock as _, SystemClock};
use tokio::task::JoinSet;
use uuid::Uuid;

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(40);

/// What the coordinator does with events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hears {
    /// They are lost on the way.
    Nothing,
    /// It has them, and does not say so.
    Silently,
    /// It says that they are applied.
    AndApplies,
}

/// What the coordinator says, and what it heard.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) fleet: Uuid,
    /// Whether it answers at all.
    pub(crate) silent: bool,
    pub(crate) hears: Hears,
    pub(crate) paused: Vec<AgentId>,
    pub(crate) drain: bool,
    pub(crate) grant: Grant,
    pub(crate) verdicts: HashMap<ExecutionId, Verdict>,
    pub(crate) unwanted: Vec<ExecutionId>,
    pub(crate) events: Vec<Event>,
    pub(crate) beats: Vec<Beat>,
    pub(crate) grants_asked: u32,
    pub(crate) things: Vec<Thing>,
}

/// A scripted coordinator. It ends with this value.
pub(crate) struct Coordinator {
    pub(crate) url: String,
    pub(crate) broker: Arc<dyn Broker>,
    script: Arc<Mutex<Script>>,
    _parts: JoinSet<()>,
}

pub(crate) fn options(name: &str) -> Options {
    Options {
        name: name.into(),
        publish_wait: Duration::from_millis(200),
        confirm_timeout: Duration::from_secs(5),
    }
}

impl Coordinator {
    /// A coordinator on a broker of its own.
    pub(crate) fn start() -> Self {
        let url = format!("memory:{}", SystemClock.new_id());
        let broker = connect(&url, options("coordinator")).unwrap();
        let script = Arc::new(Mutex::new(Script {
            fleet: SystemClock.new_id(),
            silent: false,
            hears: Hears::AndApplies,
            paused: Vec::new(),
            drain: false,
            grant: Grant::Granted,
            verdicts: HashMap::new(),
            unwanted: Vec::new(),
            events: Vec::new(),
            beats: Vec::new(),
            grants_asked: 0,
            things: Vec::new(),
        }));
        let mut parts = JoinSet::new();
        parts.spawn(hear(Arc::clone(&broker), Arc::clone(&script), QueueName::Coordinator));
        parts.spawn(hear(Arc::clone(&broker), Arc::clone(&script), QueueName::Feed));
        parts.spawn(answer(Arc::clone(&broker), Arc::clone(&script)));
        Self { url, broker, script, _parts: parts }
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }

    pub(crate) async fn send(&self, dispatch: &Dispatch) {
        let body = serde_json::to_vec(dispatch).unwrap();
        self.send_bytes(&dispatch.agent, body).await;
    }

    pub(crate) async fn send_bytes(&self, agent: &AgentId, body: Vec<u8>) {
        self.publish(Address::Agent(agent.clone()), body).await;
    }

    pub(crate) async fn control(&self, control: &Control) {
        self.publish(Address::Control, serde_json::to_vec(control).unwrap()).await;
    }

    async fn publish(&self, to: Address, body: Vec<u8>) {
        self.broker.publish(message(to, body)).await.unwrap();
    }

    /// Waits until the script holds what `found` looks for.
    #[track_caller]
    pub(crate) fn until<'a, T: 'a>(
        &'a self,
        what: &'a str,
        found: impl Fn(&Script) -> Option<T> + 'a,
    ) -> impl Future<Output = T> + 'a {
        until(what, move || found(&self.script()))
    }

    /// Waits for an event of this type about `dispatch`.
    pub(crate) async fn event(&self, dispatch: &Dispatch, event_type: &str) -> Event {
        let what = format!("{event_type} of {}", dispatch.step);
        let is_it = |event: &&Event| {
            event.event_type() == event_type
                && event
                    .holder
                    .is_some_and(|it| (it.execution, it.lease) == (dispatch.execution, dispatch.lease))
        };
        self.until(&what, |script| script.events.iter().find(is_it).cloned()).await
    }

    /// The types of all that was said of `dispatch` but its progress, each event once.
    pub(crate) fn said(&self, dispatch: &Dispatch) -> Vec<String> {
        let mut ids = Vec::new();
        let mut said = Vec::new();
        for event in &self.script().events {
            let about = event.holder.is_some_and(|holder| holder.execution == dispatch.execution);
            if about && event.event_type() != "task.progress" && !ids.contains(&event.id) {
                ids.push(event.id);
                said.push(event.event_type().to_owned());
            }
        }
        said
    }

    /// Waits until nothing of `agent` is on its queue or in anybody's hands.
    pub(crate) async fn until_acknowledged(&self, agent: &AgentId) {
        let queue = QueueName::Agent(agent.clone()).to_string();
        until("the queue is empty", || {
            (slipway_broker::memory::depth(&self.url, &queue) == (0, 0)).then_some(())
        })
        .await;
    }
}

/// Waits for a condition, with a bound.
#[track_caller]
pub(crate) fn until<T>(what: &str, found: impl Fn() -> Option<T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(found) = found() {
                return found;
            }
            assert!(tokio::time::Instant::now() < end, "waited in vain at {caller}: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn message(to: Address, body: Vec<u8>) -> Message {
    Message {
        to,
        id: SystemClock.new_id().to_string(),
        content_type: "application/json".into(),
        headers: std::collections::BTreeMap::new(),
        correlation: None,
        body: body.into(),
    }
}

async fn hear(broker: Arc<dyn Broker>, script: Arc<Mutex<Script>>, queue: QueueName) {
    loop {
        let mut consumer = broker.consume(&queue, 100).await.unwrap();
        while let Some(delivery) = consumer.next().await {
            let event = Event::from_json(&delivery.body).unwrap();
            {
                let mut script = lock(&script);
                if script.hears != Hears::Nothing {
                    script.events.push(event);
                }
            }
            let _stale = delivery.ack().await;
        }
    }
}

async fn answer(broker: Arc<dyn Broker>, script: Arc<Mutex<Script>>) {
    loop {
        let mut consumer = broker.consume(&QueueName::Requests, 100).await.unwrap();
        while let Some(delivery) = consumer.next().await {
            let request: Request = serde_json::from_slice(&delivery.body).unwrap();
            let response = lock(&script).answer(request);
            if let (Some(response), Some(to)) = (response, delivery.reply_to.clone()) {
                let body = serde_json::to_vec(&response).unwrap();
                let correlation = delivery.correlation.clone();
                let _gone =
                    broker.publish(Message { correlation, ..message(Address::Reply(to), body) }).await;
            }
            let _stale = delivery.ack().await;
        }
    }
}

impl Script {
    fn answer(&mut self, request: Request) -> Option<Response> {
        if self.silent {
            return None;
        }
        Some(match request {
            Request::Beat(beat) => {
                let verdict = |execution| self.verdicts.get(execution).copied().unwrap_or(Verdict::Valid);
                let reply = BeatReply {
                    fleet: self.fleet,
                    verdicts: beat.running.iter().map(|running| verdict(&running.execution)).collect(),
                    settled: self.settled(&beat),
                    paused: self.paused.clone(),
                    drain: self.drain,
                };
                self.beats.push(beat);
                Response::Beat(reply)
            }
            Request::Grant(_) => {
                self.grants_asked += 1;
                Response::Grant(self.grant)
            }
            Request::Wanted { things } => {
                let is_unwanted = |thing: &Thing| self.unwanted.contains(&thing.holder.execution);
                let indexes = (0..things.len()).filter(|index| is_unwanted(&things[*index])).collect();
                self.things.extend(things);
                Response::Unwanted { indexes }
            }
        })
    }

    fn settled(&self, beat: &Beat) -> Vec<slipway_protocol::EventId> {
        let heard = |id: &&slipway_protocol::EventId| self.events.iter().any(|event| event.id == **id);
        beat.unapplied.iter().filter(|_| self.hears == Hears::AndApplies).filter(heard).copied().collect()
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}
