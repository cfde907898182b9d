//! The queues of a memory broker: what waits, what is given out, who is waiting for answers.
//!
//! All methods return at once; `handle.rs` waits for [`Hub::changes`].

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use slipway_protocol::AgentId;
use slipway_runtime::SystemClock;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::dead_letter;
use crate::message::{Message, Reason};
use crate::topology::{Limits, Queue, Route, built_in};
use crate::{AckError, PublishError};

/// A message as it waits.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) message: Message,
    pub(super) reply_to: Option<String>,
    at: Instant,
}

impl Stored {
    pub(super) fn new(message: Message, reply_to: Option<String>) -> Self {
        Self { message, reply_to, at: Instant::now() }
    }
}

/// Who takes a message: a consumer of a client, within a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taker {
    pub(super) client: u64,
    pub(super) consumer: u64,
    pub(super) epoch: u64,
}

/// A message that was given out.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) stored: Arc<Stored>,
    pub(super) place: u64,
    pub(super) redelivered: bool,
}

#[derive(Debug, Clone)]
struct Waiting {
    stored: Arc<Stored>,
    place: u64,
    deliveries: u32,
}

#[derive(Debug)]
struct Line {
    queue: Queue,
    limits: Limits,
    /// Tells a queue from an earlier one of the same name.
    life: u64,
    waiting: VecDeque<Waiting>,
    given: BTreeMap<u64, (Waiting, Taker)>,
}

#[derive(Debug, Default)]
struct Inner {
    down: bool,
    epoch: u64,
    counter: u64,
    lines: BTreeMap<String, Line>,
    listeners: Vec<(u64, mpsc::UnboundedSender<Arc<Stored>>)>,
    answers: HashMap<String, oneshot::Sender<Bytes>>,
}

/// What there is to take.
#[derive(Debug)]
pub(super) enum Taken {
    /// A message.
    Message(Given),
    /// Nothing now, or as much as the consumer may hold.
    Nothing,
    /// The session or the queue is gone.
    Ended,
}

#[derive(Debug)]
pub(super) struct Hub {
    inner: Mutex<Inner>,
    changed: watch::Sender<()>,
}

impl Hub {
    pub(super) fn new() -> Self {
        let mut inner = Inner::default();
        inner.declare(&[]);
        Self { inner: Mutex::new(inner), changed: watch::Sender::new(()) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_replace(());
        result
    }

    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// The session that there is now.
    pub(super) fn epoch(&self) -> Option<u64> {
        let inner = self.lock();
        (!inner.down).then_some(inner.epoch)
    }

    pub(super) fn next_number(&self) -> u64 {
        self.lock().next()
    }

    pub(super) fn declare(&self, agents: &[AgentId]) {
        self.change(|inner| inner.declare(agents));
    }

    pub(super) fn break_sessions(&self) {
        self.change(Inner::break_sessions);
    }

    pub(super) fn set_up(&self, up: bool) {
        self.change(|inner| {
            inner.down = !up;
            inner.break_sessions();
        });
    }

    pub(super) fn wipe(&self) {
        self.change(|inner| {
            inner.break_sessions();
            inner.lines.clear();
            inner.declare(&[]);
        });
    }

    pub(super) fn delete_queue(&self, name: &str) {
        self.change(|inner| inner.lines.remove(name));
    }

    pub(super) fn depth(&self, name: &str) -> (usize, usize) {
        let inner = self.lock();
        inner.lines.get(name).map_or((0, 0), |line| (line.waiting.len(), line.given.len()))
    }

    /// The queue's life, if there is such a queue.
    pub(super) fn life(&self, name: &str) -> Option<u64> {
        self.lock().lines.get(name).map(|line| line.life)
    }

    pub(super) fn publish(&self, message: Message, reply_to: Option<String>) -> Result<(), PublishError> {
        self.change(|inner| inner.publish(&Arc::new(Stored::new(message, reply_to))))
    }

    pub(super) fn take(&self, name: &str, life: u64, taker: Taker, prefetch: u16) -> Taken {
        self.lock().take(name, life, taker, prefetch)
    }

    pub(super) fn ack(&self, name: &str, place: u64, taker: Taker) -> Result<(), AckError> {
        self.change(|inner| inner.settle(name, place, taker).map(drop))
    }

    pub(super) fn release(&self, name: &str, place: u64, taker: Taker) -> Result<(), AckError> {
        self.change(|inner| {
            let waiting = inner.settle(name, place, taker)?;
            inner.put_back(name, waiting);
            Ok(())
        })
    }

    /// Gives back what `client` holds and forgets its listeners.
    pub(super) fn leave(&self, client: u64) {
        self.change(|inner| {
            inner.listeners.retain(|(listener, _)| *listener != client);
            inner.give_back(|taker| taker.client == client);
        });
    }

    pub(super) fn listen(&self, client: u64) -> mpsc::UnboundedReceiver<Arc<Stored>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.lock().listeners.push((client, sender));
        receiver
    }

    pub(super) fn expect_answer(&self, name: &str) -> oneshot::Receiver<Bytes> {
        let (sender, receiver) = oneshot::channel();
        let mut inner = self.lock();
        inner.answers.retain(|_, answer| !answer.is_closed());
        inner.answers.insert(name.to_owned(), sender);
        receiver
    }
}

impl Inner {
    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn declare(&mut self, agents: &[AgentId]) {
        for queue in built_in().queues_with(agents) {
            let life = self.next();
            self.lines.entry(queue.name.clone()).or_insert_with(|| Line {
                limits: built_in().limits(&queue.policy),
                queue,
                life,
                waiting: VecDeque::new(),
                given: BTreeMap::new(),
            });
        }
    }

    fn break_sessions(&mut self) {
        self.epoch += 1;
        self.listeners.clear();
        self.answers.clear();
        self.give_back(|_| true);
    }

    fn publish(&mut self, stored: &Arc<Stored>) -> Result<(), PublishError> {
        let route = Route::of(&stored.message.to);
        if stored.message.body.len() > built_in().max_message_bytes {
            return Err(refused(&stored.message, "it is larger than the broker takes"));
        }
        if route.exchange == "control" {
            self.listeners.retain(|(_, listener)| listener.send(Arc::clone(stored)).is_ok());
            return Ok(());
        }
        if let Some(answer) = self.answers.remove(&route.key).filter(|_| route.exchange.is_empty()) {
            // Who asked may have given up; an answer that nobody wants is no error.
            let _unwanted = answer.send(stored.message.body.clone());
            return Ok(());
        }
        let names = self.bound_to(&route);
        if names.is_empty() && route.mandatory {
            return Err(PublishError::Unroutable(stored.message.to.to_string()));
        }
        if names.iter().any(|name| self.lines[name].is_full()) {
            return Err(refused(&stored.message, "a queue is full"));
        }
        for name in names {
            self.enqueue(&name, Arc::clone(stored));
        }
        Ok(())
    }

    fn bound_to(&self, route: &Route) -> Vec<String> {
        if route.exchange.is_empty() {
            return self.lines.contains_key(&route.key).then(|| route.key.clone()).into_iter().collect();
        }
        let kind = built_in().exchange(route.exchange).map(|exchange| exchange.kind);
        let takes = |line: &Line| {
            line.queue.bindings.iter().any(|binding| {
                binding.exchange == route.exchange
                    && kind.is_some_and(|kind| binding.keys.iter().any(|key| kind.matches(key, &route.key)))
            })
        };
        self.lines.iter().filter(|(_, line)| takes(line)).map(|(name, _)| name.clone()).collect()
    }

    fn enqueue(&mut self, name: &str, stored: Arc<Stored>) {
        let place = self.next();
        let Some(line) = self.lines.get_mut(name) else { return };
        line.waiting.push_back(Waiting { stored, place, deliveries: 0 });
        if line.limits.length.is_some_and(|length| line.waiting.len() > length) {
            line.waiting.pop_front();
        }
    }

    fn take(&mut self, name: &str, which: u64, taker: Taker, prefetch: u16) -> Taken {
        if self.down || self.epoch != taker.epoch {
            return Taken::Ended;
        }
        let Some(line) = self.lines.get_mut(name).filter(|line| line.life == which) else {
            return Taken::Ended;
        };
        let unsettled = line.given.values().filter(|(_, holder)| *holder == taker).count();
        if unsettled >= usize::from(prefetch) {
            return Taken::Nothing;
        }
        line.drop_old();
        let Some(waiting) = line.waiting.pop_front() else { return Taken::Nothing };
        let given = Given {
            stored: Arc::clone(&waiting.stored),
            place: waiting.place,
            redelivered: waiting.deliveries > 0,
        };
        line.given.insert(waiting.place, (waiting, taker));
        Taken::Message(given)
    }

    fn settle(&mut self, name: &str, place: u64, taker: Taker) -> Result<Waiting, AckError> {
        let line = self.lines.get_mut(name).ok_or(AckError::Stale)?;
        let is_takers = line.given.get(&place).is_some_and(|(_, holder)| *holder == taker);
        let (waiting, _) = is_takers.then(|| line.given.remove(&place)).flatten().ok_or(AckError::Stale)?;
        Ok(waiting)
    }

    fn give_back(&mut self, whose: impl Fn(&Taker) -> bool) {
        let names: Vec<String> = self.lines.keys().cloned().collect();
        for name in names {
            let Some(line) = self.lines.get_mut(&name) else { continue };
            let places: Vec<u64> =
                line.given.iter().filter(|(_, (_, taker))| whose(taker)).map(|(place, _)| *place).collect();
            let back: Vec<Waiting> = places
                .iter()
                .filter_map(|place| line.given.remove(place))
                .map(|(waiting, _)| waiting)
                .collect();
            for waiting in back {
                self.put_back(&name, waiting);
            }
        }
    }

    /// Puts a message where it was, or aside when it was given out too often.
    fn put_back(&mut self, name: &str, mut waiting: Waiting) {
        waiting.deliveries += 1;
        let Some(line) = self.lines.get_mut(name) else { return };
        if line.limits.deliveries.is_none_or(|limit| waiting.deliveries <= limit) {
            let index = line.waiting.partition_point(|other| other.place < waiting.place);
            line.waiting.insert(index, waiting);
            return;
        }
        let reason =
            Reason { code: "broker.delivery-limit".into(), detail: "it was given out too often".into() };
        let message = set_aside(&waiting.stored.message, &reason, name);
        self.enqueue("dead-letter", Arc::new(Stored::new(message, waiting.stored.reply_to.clone())));
    }
}

impl Line {
    fn is_full(&self) -> bool {
        !self.limits.drops_oldest && self.limits.length.is_some_and(|length| self.waiting.len() >= length)
    }

    fn drop_old(&mut self) {
        let Some(age) = self.limits.age else { return };
        while self.waiting.front().is_some_and(|waiting| waiting.stored.at.elapsed() > age) {
            self.waiting.pop_front();
        }
    }
}

/// The message that goes to `dead-letter` for `message`.
pub(super) fn set_aside(message: &Message, reason: &Reason, origin: &str) -> Message {
    let (body, ours) = dead_letter::wrap(&message.body, reason, origin, &SystemClock);
    let kept = message.headers.iter().map(|(name, value)| (dead_letter::kept_name(name), value.clone()));
    Message { to: crate::Address::DeadLetter, headers: kept.chain(ours).collect(), body, ..message.clone() }
}

fn refused(message: &Message, reason: &str) -> PublishError {
    PublishError::Refused { to: message.to.to_string(), reason: reason.to_owned() }
}
