//! Who leads: one coordinator at a time, the others ready to take over within seconds.
//!
//! The term is a number in Postgres that every tick reads; a leader that was paused or cut off finds that it has
//! changed and writes nothing. Taking over needs no word from the old leader.

use std::sync::Arc;
use std::time::Duration;

use slipway_broker::Broker;
use slipway_git_store as git;
use slipway_protocol::{AgentId, Incarnation};
use slipway_runtime::Clock;
use slipway_runtime::health::{Check, Health};
use slipway_store::{Retention, Store, Term};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::command::{Asked, CommandError, CommandSender};
use crate::decide::Rules;
use crate::fleet::{Fleet, Timings};
use crate::intake::Rate;
use crate::lead::{Ended, Lead, Parts, Service};
use crate::publisher::Publisher;

/// Items that may wait for a tick.
const ROOM: usize = 1024;

/// Commands that may wait for their turn.
const COMMANDS: usize = 256;

/// What a coordinator is made of.
pub struct Setup {
    /// The truth.
    pub store: Store,
    /// The broker.
    pub broker: Arc<dyn Broker>,
    /// The broker again, by a connection of its own for what strangers put on `tasks`; of the memory backend the same.
    pub intake: Arc<dyn Broker>,
    /// The tasks' repositories.
    pub repositories: git::Store,
    /// The workflows; new runs go by the first one.
    pub definitions: Vec<slipway_workflow::Definition>,
    /// The agents that have queues.
    pub agents: Vec<AgentId>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How long things may take.
    pub limits: Limits,
    /// How long rows are kept.
    pub retention: Retention,
    /// How fast tasks are taken in.
    pub rate: Arc<Rate>,
    /// This process's name, for people.
    pub name: String,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a leader leads after it was last heard of.
    pub term: Duration,
    /// How long a lease outlives its holder's last sign of life.
    pub lease: Duration,
    /// How long a dispatch may lie while there is a slot for it.
    pub unclaimed: Duration,
    /// Dispatches on an agent's queue beyond what its slots can start.
    pub window: u32,
    /// The pauses between a step's attempts.
    pub retry: slipway_runtime::retry::RetryPolicy,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            term: Duration::from_secs(5),
            lease: Duration::from_secs(30),
            unclaimed: Duration::from_secs(10),
            window: 2,
            retry: slipway_runtime::retry::RetryPolicy::STEP,
        }
    }
}

/// A coordinator: leads, or stands by.
pub struct Coordinator {
    setup: Setup,
    me: Incarnation,
    fleet: Uuid,
    committed: watch::Sender<u64>,
    commands: mpsc::Receiver<Asked>,
    health: Health,
    check: Check,
}

impl Coordinator {
    /// A coordinator of `setup` for the fleet that Postgres calls `fleet`; with it, what sends it commands, and a
    /// counter of committed ticks for whoever follows the log.
    pub fn new(setup: Setup, fleet: Uuid, health: Health) -> (Self, CommandSender, watch::Receiver<u64>) {
        let me = Incarnation::new(setup.clock.new_id());
        let check = health.check("coordinator");
        let (sender, commands) = CommandSender::new(COMMANDS);
        let (committed, commits) = watch::channel(0);
        (Self { setup, me, fleet, committed, commands, health, check }, sender, commits)
    }

    /// Leads whenever it can, until `stop`.
    pub async fn run(&mut self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.setup.store.take_lead(self.me.uuid(), &self.setup.name, self.setup.limits.term).await {
                Ok(Some(term)) => self.lead(term, stop).await,
                Ok(None) => {
                    self.health.detail("role", "standby");
                    self.check.ready();
                    self.stand_by(stop).await;
                }
                Err(error) => {
                    self.check.failing(slipway_worker::chain(&error));
                    self.stand_by(stop).await;
                }
            }
        }
    }

    /// Refuses commands for a part of a term.
    async fn stand_by(&mut self, stop: &CancellationToken) {
        let pause = tokio::time::sleep(self.setup.limits.term / 5);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return,
                () = stop.cancelled() => return,
                Some((_, asker)) = self.commands.recv() => drop(asker.send(Err(CommandError::NotLeader))),
            }
        }
    }

    async fn lead(&mut self, term: Term, stop: &CancellationToken) {
        tracing::info!(term = term.number(), "leading");
        self.health.detail("role", "leader");
        self.health.detail("term", term.number().to_string());
        metrics::gauge!("slipway_coordinator_leads").set(1.0);
        let over = stop.child_token();
        let ended = self.lead_until(&term, &over).await;
        over.cancel();
        metrics::gauge!("slipway_coordinator_leads").set(0.0);
        if let Err(error) = self.setup.store.resign(&term).await {
            tracing::debug!(%error, "the term ends by itself");
        }
        if let Err(error) = ended {
            let reason = slipway_worker::chain(&error);
            tracing::warn!(reason, "the term is over");
            self.check.failing(reason);
            // Another coordinator may do better, and this one must not try without a pause.
            self.stand_by(stop).await;
        }
    }

    async fn lead_until(&mut self, term: &Term, over: &CancellationToken) -> Result<(), Ended> {
        let setup = &self.setup;
        let agents = Arc::new(setup.agents.clone());
        let (publisher, queued) =
            Publisher::new(Arc::clone(&setup.broker), setup.store.clone(), Arc::clone(&agents));
        let (items, mut incoming) = mpsc::channel(ROOM);
        let limits = setup.limits;
        let timings = Timings {
            lease: limits.lease,
            unclaimed: limits.unclaimed,
            overtime: limits.lease / 2,
            window: limits.window,
        };
        let parts = Parts {
            store: setup.store.clone(),
            term: term.clone(),
            broker: Arc::clone(&setup.broker),
            intake: Arc::clone(&setup.intake),
            repositories: setup.repositories.clone(),
            rules: Rules::new(setup.definitions.clone(), limits.retry),
            agents,
            clock: Arc::clone(&setup.clock),
            me: self.me,
            fleet_id: self.fleet,
            publisher: publisher.clone(),
            items,
            committed: self.committed.clone(),
            rate: Arc::clone(&setup.rate),
            retention: setup.retention,
        };
        let lead = Arc::new(Lead::new(parts, Fleet::new(timings, std::time::Instant::now())));
        lead.load(over).await?;

        let mut services = JoinSet::new();
        for service in Service::ALL {
            services.spawn(Arc::clone(&lead).serve(service, over.clone()));
        }
        services.spawn({
            let (publisher, over) = (publisher.clone(), over.clone());
            async move { publisher.run(queued, &over).await }
        });
        services.spawn({
            let over = over.clone();
            async move { publisher.sweep(&over).await }
        });
        services.spawn({
            let (lead, check, over) = (Arc::clone(&lead), self.check.clone(), over.clone());
            async move { declare(&lead, &check, &over).await }
        });
        let ticks = lead.run(&mut incoming, over);
        let orders = lead.obey(&mut self.commands, over);
        let renewals = renew(&setup.store, term, limits.term, over);
        let ended = tokio::select! {
            ended = ticks => ended,
            ended = renewals => ended,
            () = orders => Ok(()),
            Some(ended) = services.join_next() => match ended {
                Err(failed) => std::panic::resume_unwind(failed.into_panic()),
                Ok(()) if over.is_cancelled() => Ok(()),
                Ok(()) => Err(Ended::Service),
            },
        };
        over.cancel();
        while let Some(ended) = services.join_next().await {
            if let Err(failed) = ended {
                std::panic::resume_unwind(failed.into_panic());
            }
        }
        ended
    }
}

/// Has the topology made and compared, however long the broker is away; then rests until the term is over, since the
/// broker keeps it from session to session.
async fn declare(lead: &Lead, check: &Check, over: &CancellationToken) {
    loop {
        match lead.broker.declare_topology(&lead.agents).await {
            Ok(()) => {
                check.ready();
                return over.cancelled().await;
            }
            Err(error) => {
                let reason = slipway_worker::chain(&error);
                tracing::warn!(%reason, "the broker is not as it should be");
                check.failing(reason);
            }
        }
        if over.run_until_cancelled(tokio::time::sleep(Duration::from_secs(1))).await.is_none() {
            return;
        }
    }
}

/// Renews the term; returns when it is another's, or could not be renewed for so long that it may be.
async fn renew(store: &Store, term: &Term, length: Duration, over: &CancellationToken) -> Result<(), Ended> {
    let mut renewed = Instant::now();
    while over.run_until_cancelled(tokio::time::sleep(length / 4)).await.is_some() {
        let asked = Instant::now();
        match store.renew(term).await {
            Ok(true) => renewed = asked,
            Ok(false) => return Err(Ended::Superseded),
            Err(error) => {
                tracing::debug!(%error, "the term could not be renewed");
                if renewed.elapsed() > length {
                    return Err(Ended::Superseded);
                }
            }
        }
    }
    Ok(())
}
