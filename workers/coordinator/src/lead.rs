//! One term of the leader: what it holds, and the loop that turns items into ticks.
//!
//! Everything that writes goes through [`Lead::run`], one tick after the other. Around it, each in a file of its own:
//! `consume.rs` (events and tasks from the broker), `answer.rs` (beats, grants, questions), `prepare.rs`
//! (repositories), `watch.rs` (what is overdue), `publisher.rs` (what follows a commit).

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use slipway_broker::{Broker, QueueName};
use slipway_git_store as git;
use slipway_protocol::{AgentId, Incarnation};
use slipway_runtime::Clock;
use slipway_runtime::retry::RetryPolicy;
use slipway_store::{Error, Retention, Store, Term};
use slipway_workflow::Run;
use slipway_workflow::definition::{DEFAULT_DEADLINE, Step};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::command::CommandError;
use crate::decide::Rules;
use crate::fleet::{Fleet, Flight, Pauses, Stage};
use crate::intake::Rate;
use crate::item::{Answer, Item, Settled, What};
use crate::publisher::{Publication, Publisher};
use crate::tick::{self, Failed, Outcome};

/// The most items of one tick.
const BATCH: usize = 256;

/// How long the first item of a tick waits for others.
const LINGER: Duration = Duration::from_millis(2);

/// How long the leader rests when nothing comes: by then a retry may be due.
const REST: Duration = Duration::from_millis(250);

/// How long Postgres is given before it is asked again.
const AGAIN: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(100),
    longest: Duration::from_secs(3),
    factor: 2.0,
    retries: None,
};

/// A leader for the length of one term: its parts, and what changes while it leads.
#[derive(Debug)]
pub(crate) struct Lead {
    parts: Parts,
    /// Wakes whoever prepares repositories.
    pub(crate) accepted: Notify,
    /// Wakes the tick: there may be room that there was not.
    pub(crate) room: Notify,
    fleet: Mutex<Fleet>,
    outage: Mutex<bool>,
}

/// What a term is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) term: Term,
    pub(crate) broker: Arc<dyn Broker>,
    /// The broker again, by a connection of its own: what strangers put on `tasks` may end it, and beats and events
    /// must not end with it.
    pub(crate) intake: Arc<dyn Broker>,
    pub(crate) repositories: git::Store,
    pub(crate) rules: Rules,
    pub(crate) agents: Arc<Vec<AgentId>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) me: Incarnation,
    pub(crate) fleet_id: Uuid,
    pub(crate) publisher: Publisher,
    pub(crate) items: mpsc::Sender<Item>,
    /// Counts committed ticks, for whoever follows the log.
    pub(crate) committed: watch::Sender<u64>,
    pub(crate) rate: Arc<Rate>,
    pub(crate) retention: Retention,
}

impl Deref for Lead {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

/// What a leader does besides its ticks, each of them until the term is over.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Service {
    /// Takes events that change state.
    Events,
    /// Takes progress.
    Feed,
    /// Takes tasks.
    Tasks,
    /// Answers workers.
    Requests,
    /// Prepares repositories.
    Prepare,
    /// Gives up what is overdue.
    Leases,
    /// Keeps the workers' table.
    Roll,
    /// Removes old rows.
    Prune,
}

impl Service {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::Events,
        Self::Feed,
        Self::Tasks,
        Self::Requests,
        Self::Prepare,
        Self::Leases,
        Self::Roll,
        Self::Prune,
    ];
}

/// Why a term ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// Another coordinator leads.
    #[error("another coordinator leads now")]
    Superseded,
    /// A part of the leader ended.
    #[error("a part of the leader ended by itself")]
    Service,
    /// Postgres refuses what this program does.
    #[error("Postgres refuses what the leader does")]
    Store(#[source] Error),
}

impl Lead {
    /// The leader of `parts`, who knows of `fleet`.
    pub(crate) fn new(parts: Parts, fleet: Fleet) -> Self {
        Self {
            parts,
            accepted: Notify::new(),
            room: Notify::new(),
            fleet: Mutex::new(fleet),
            outage: Mutex::new(false),
        }
    }

    /// Does one of the services until `over`.
    pub(crate) async fn serve(self: Arc<Self>, service: Service, over: CancellationToken) {
        match service {
            Service::Events => self.take_events(QueueName::Coordinator, &over).await,
            Service::Feed => self.take_events(QueueName::Feed, &over).await,
            Service::Tasks => self.take_tasks(&over).await,
            Service::Requests => self.answer_requests(&over).await,
            Service::Prepare => self.prepare(&over).await,
            Service::Leases => self.watch_leases(&over).await,
            Service::Roll => self.call_the_roll(&over).await,
            Service::Prune => self.prune(&self.retention, &over).await,
        }
    }

    /// What is known of workers and of what is under way. Not to be held across an `await`.
    pub(crate) fn fleet(&self) -> MutexGuard<'_, Fleet> {
        self.fleet.lock().expect("nothing panics while it holds the fleet")
    }

    /// Monotonic time.
    #[expect(clippy::unused_self, reason = "a leader's time may become a test's to set")]
    pub(crate) fn now(&self) -> Instant {
        Instant::now()
    }

    /// Lets the fleet follow runs that changed.
    pub(crate) fn follow(&self, runs: &[Run]) {
        let now = self.now();
        let mut fleet = self.fleet();
        for run in runs {
            fleet.follow(run, now);
        }
    }

    /// Whether Postgres is away, as far as the last tick knows.
    pub(crate) fn is_outage(&self) -> bool {
        *self.outage.lock().expect("nothing panics while it holds the flag")
    }

    fn set_outage(&self, outage: bool) {
        *self.outage.lock().expect("nothing panics while it holds the flag") = outage;
    }

    /// Reads what is under way, however long Postgres is away. Before that nothing may be answered: a lease that is not
    /// known would be called stale.
    pub(crate) async fn load(&self, stop: &CancellationToken) -> Result<(), Ended> {
        for pause in AGAIN.delays() {
            match self.reload_once().await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_retryable() => {
                    tracing::warn!(%error, "Postgres is away at the beginning");
                }
                Err(error) => return Err(Ended::Store(error)),
            }
            if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Turns items into ticks until `stop`. Items that were not carried out are given back.
    pub(crate) async fn run(
        &self,
        items: &mut mpsc::Receiver<Item>,
        stop: &CancellationToken,
    ) -> Result<(), Ended> {
        while let Some(batch) = stop.run_until_cancelled(self.gather(items)).await {
            self.carry_out(batch, stop).await?;
        }
        Ok(())
    }

    /// The next items: what is there, as soon as something is, or nothing after a rest.
    async fn gather(&self, items: &mut mpsc::Receiver<Item>) -> Vec<Item> {
        let mut batch = Vec::new();
        tokio::select! {
            first = items.recv() => batch.extend(first),
            () = self.room.notified() => return batch,
            () = tokio::time::sleep(REST) => return batch,
        }
        let until = tokio::time::Instant::now() + LINGER;
        while batch.len() < BATCH {
            match items.try_recv() {
                Ok(item) => batch.push(item),
                Err(_) if batch.len() == 1 => break,
                Err(_) => match tokio::time::timeout_at(until, items.recv()).await {
                    Ok(Some(item)) => batch.push(item),
                    Ok(None) | Err(_) => break,
                },
            }
        }
        batch
    }

    /// Carries `batch` out, however long Postgres is away; what Postgres refuses is set aside by itself.
    async fn carry_out(&self, batch: Vec<Item>, stop: &CancellationToken) -> Result<(), Ended> {
        let mut batches = vec![batch];
        while let Some(items) = batches.pop() {
            let mut pauses = AGAIN.delays();
            loop {
                match self.attempt(&items).await {
                    Ok(outcome) => {
                        self.tell(items, outcome).await;
                        break;
                    }
                    Err(Failed::Store(Error::NotLeader { .. })) => {
                        give_back(items.into_iter().chain(batches.into_iter().flatten())).await;
                        return Err(Ended::Superseded);
                    }
                    Err(error) if error.is_retryable() => {
                        tracing::warn!(error = %slipway_worker::chain(&error), "Postgres is away; the tick waits");
                        self.set_outage(true);
                        let pause = tokio::time::sleep(pauses.next().unwrap_or(AGAIN.longest));
                        if stop.run_until_cancelled(pause).await.is_none() {
                            give_back(items.into_iter().chain(batches.into_iter().flatten())).await;
                            return Ok(());
                        }
                    }
                    Err(Failed::Store(error @ (Error::Data { .. } | Error::Damaged { .. })))
                        if items.len() == 1 =>
                    {
                        self.refuse(items, &error).await;
                        break;
                    }
                    Err(Failed::Store(Error::Data { .. } | Error::Damaged { .. })) if items.len() > 1 => {
                        let mut first = items;
                        let second = first.split_off(first.len() / 2);
                        batches.extend([second, first]);
                        self.reload().await?;
                        break;
                    }
                    // No item's fault: whoever leads next does better, or says the same.
                    Err(Failed::Store(error) | Failed::HandOut(error)) => {
                        give_back(items.into_iter().chain(batches.into_iter().flatten())).await;
                        return Err(Ended::Store(error));
                    }
                    Err(Failed::Injected(_)) => unreachable!("it is retryable"),
                }
            }
        }
        Ok(())
    }

    async fn attempt(&self, items: &[Item]) -> Result<Outcome, Failed> {
        if self.is_outage() {
            // What was committed while the answer was lost is not known here.
            self.reload_once().await?;
            self.fleet().freeze(self.now());
            self.set_outage(false);
            tracing::info!("Postgres is back");
        }
        tick::tick(self, items).await
    }

    /// Reads what is under way from Postgres.
    async fn reload(&self) -> Result<(), Ended> {
        match self.reload_once().await {
            Ok(()) => Ok(()),
            Err(error) if error.is_retryable() => {
                self.set_outage(true);
                Ok(())
            }
            Err(error) => Err(Ended::Store(error)),
        }
    }

    async fn reload_once(&self) -> Result<(), Error> {
        let flights = self.store.flights().await?;
        let pauses = self.store.pauses().await?;
        let now = self.now();
        let known = flights.into_iter().map(|flight| (flight.execution, self.flight(&flight, now)));
        self.fleet().reload(known, Pauses::of(&pauses));
        Ok(())
    }

    fn flight(&self, row: &slipway_store::Flight, now: Instant) -> Flight {
        let step = self.rules.newest().step(&row.step);
        let deadline = step.map_or(DEFAULT_DEADLINE, Step::deadline);
        let stage = match row.state {
            slipway_store::FlightState::Sent { .. } => Stage::Sent { eligible: None, claimed: None },
            slipway_store::FlightState::Started { incarnation, .. } => {
                Stage::Started { incarnation, at: now, sign: now }
            }
        };
        Flight {
            task: row.task,
            run: row.run,
            agent: row.agent.clone(),
            lease: row.lease,
            priority: row.priority,
            deadline,
            stage,
        }
    }

    /// After the commit: the fleet follows, messages go out, askers are answered.
    async fn tell(&self, items: Vec<Item>, outcome: Outcome) {
        {
            let mut fleet = self.fleet();
            for (execution, flight) in outcome.sent {
                fleet.sent(execution, flight);
            }
            let settled = items.iter().zip(&outcome.settled);
            let kept = settled.filter(|(_, settled)| !matches!(settled, Settled::Quarantined(_)));
            fleet.settle(kept.filter_map(|(item, _)| item.what.event_id()));
            for task in &outcome.news.cancelled {
                fleet.cancel(*task);
            }
        }
        if !items.is_empty() || !outcome.outbox.is_empty() {
            self.committed.send_modify(|ticks| *ticks += 1);
        }
        let mut publication = Publication { messages: outcome.outbox, deliveries: Vec::new() };
        for (item, settled) in items.into_iter().zip(outcome.settled) {
            self.answer(item, settled, &mut publication).await;
        }
        self.hint(&outcome.news.cancelled).await;
        if !publication.messages.is_empty() || !publication.deliveries.is_empty() {
            self.publisher.leave(publication).await;
        }
    }

    async fn answer(&self, item: Item, settled: Settled, publication: &mut Publication) {
        if matches!(item.what, What::Accept(_) | What::Held { .. }) {
            self.accepted.notify_one();
        }
        if let (What::Pause { .. }, Settled::Done(_)) = (&item.what, &settled) {
            match self.store.pauses().await {
                Ok(pauses) => self.fleet().pause(Pauses::of(&pauses)),
                // The next tick reads it with all else.
                Err(_) => self.set_outage(true),
            }
        }
        let event = item.what.event_id();
        match (item.answer, settled) {
            (Answer::Nobody, Settled::Done(_)) => {}
            (Answer::Nobody, Settled::Refused(error)) => tracing::warn!(%error, "an item was refused"),
            (Answer::Nobody, Settled::Quarantined(reason)) => {
                tracing::error!(
                    code = reason.code,
                    detail = reason.detail,
                    "the coordinator's own event is refused"
                );
            }
            (Answer::Delivery(delivery), Settled::Done(_)) => publication.deliveries.push(delivery),
            (Answer::Delivery(delivery), Settled::Refused(error)) => {
                self.set_aside(delivery, event, &slipway_broker::Reason::from(&error)).await;
            }
            (Answer::Delivery(delivery), Settled::Quarantined(reason)) => {
                self.set_aside(delivery, event, &reason).await;
            }
            // An asker who has gone does not want to know.
            (Answer::Asker(asker), Settled::Done(reply)) => drop(asker.send(Ok(reply))),
            (Answer::Asker(asker), Settled::Refused(error)) => drop(asker.send(Err(error))),
            (Answer::Asker(asker), Settled::Quarantined(reason)) => {
                drop(asker.send(Err(CommandError::Invalid { code: reason.code, detail: reason.detail })));
            }
        }
    }

    /// Sets a single item aside that Postgres refuses.
    async fn refuse(&self, items: Vec<Item>, error: &Error) {
        let detail = slipway_worker::chain(error);
        tracing::error!(error = %detail, "Postgres refuses an item");
        for item in items {
            let event = item.what.event_id();
            match item.answer {
                Answer::Nobody => {}
                Answer::Delivery(delivery) => {
                    let code = "coordinator.refused-by-database".into();
                    let reason = slipway_broker::Reason { code, detail: detail.clone() };
                    self.set_aside(delivery, event, &reason).await;
                }
                Answer::Asker(asker) => drop(asker.send(Err(CommandError::Unavailable))),
            }
        }
        if let Err(error) = self.reload().await {
            tracing::error!(%error, "what is under way cannot be read");
        }
    }

    /// Moves a message to `dead-letter`; only then need its sender not keep it any longer.
    async fn set_aside(
        &self,
        delivery: slipway_broker::Delivery,
        event: Option<slipway_protocol::EventId>,
        reason: &slipway_broker::Reason,
    ) {
        metrics::counter!("slipway_coordinator_quarantined_total", "code" => reason.code.clone())
            .increment(1);
        tracing::warn!(code = reason.code, detail = reason.detail, "a message was set aside");
        match delivery.reject(reason).await {
            Ok(()) => self.fleet().settle(event),
            Err(error) => tracing::debug!(%error, "a message could not be set aside; it comes again"),
        }
    }

    /// Tells workers of ended tasks at once; their next beat would tell them too.
    async fn hint(&self, cancelled: &[slipway_protocol::TaskId]) {
        for task in cancelled {
            let control = slipway_protocol::fleet::Control::Cancel { task: *task };
            let message = crate::answer::control(self.clock.new_id(), &control);
            if let Err(error) = self.broker.publish(message).await {
                tracing::debug!(%error, "the hint to cancel was not sent; beats will tell");
            }
        }
    }
}

impl From<&CommandError> for slipway_broker::Reason {
    fn from(error: &CommandError) -> Self {
        let code = match error {
            CommandError::KeyReused { .. } => "intake.key-reused".to_owned(),
            CommandError::Invalid { code, .. } => code.clone(),
            CommandError::NotLeader
            | CommandError::NotFound
            | CommandError::WrongState { .. }
            | CommandError::Unavailable => "coordinator.refused".to_owned(),
        };
        Self { code, detail: error.to_string() }
    }
}

/// Gives back what was not carried out.
async fn give_back(items: impl Iterator<Item = Item>) {
    for item in items {
        match item.answer {
            Answer::Nobody => {}
            // A stale one comes again anyway.
            Answer::Delivery(delivery) => drop(delivery.release().await),
            Answer::Asker(asker) => drop(asker.send(Err(CommandError::Unavailable))),
        }
    }
}
