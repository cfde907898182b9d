//! A worker of the fleet: takes dispatches from the broker, performs them, and says what came of them.
//!
//! What holds whatever is killed: an attempt begins only under a lease that is bound to this incarnation; its end is
//! on disk before it is published and published before its delivery is acknowledged; a lease that nobody confirms is
//! worked under no longer; a redelivered dispatch is said to be returned and is not performed. Whether a lease still
//! counts is the coordinator's word and never this worker's guess.
//!
//! Open `serve/take.rs` for how deliveries are taken, `serve/step.rs` for one of them from beginning to end,
//! `serve/beats.rs` for what is asked of the coordinator, `serve/stopping.rs` for the end of the process.

mod announce;
mod beats;
mod book;
mod controls;
mod docker;
mod gate;
mod identity;
mod load;
mod messages;
mod metrics;
mod progress;
mod resend;
mod shared;
mod step;
mod steps;
mod stopping;
mod take;

use std::sync::Arc;
use std::time::Duration;

use slipway_broker::Broker;
use slipway_protocol::{AgentId, Incarnation};
use slipway_runtime::{Clock, Health, Lifecycle, TaskKind};
use slipway_workflow::Definition;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::perform::Performer;
use crate::spool::Spool;
use identity::Identity;
use shared::Shared;
use steps::Steps;

/// How much of one agent's work is done at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serves {
    /// The agent.
    pub agent: AgentId,
    /// Steps at a time, at least 1.
    pub slots: u16,
    /// Whether its steps need the Docker engine of the performer's hands; while that does not answer, nothing of the
    /// agent is taken.
    pub needs_docker: bool,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// Between two beats.
    pub beat: Duration,
    /// Between two beats at least, however much there is to say.
    pub beat_spacing: Duration,
    /// A lease's length; the coordinator's must be the same.
    pub lease: Duration,
    /// How much sooner than its length a lease is trusted no longer.
    pub margin: Duration,
    /// A step that ends sooner need not announce its start.
    pub quick: Duration,
    /// How long steps may go on after a soft stop.
    pub grace: Duration,
    /// After how long an event that is not applied is sent again, the first time.
    pub resend: Duration,
    /// Between two looks for what ended attempts left on Docker.
    pub sweep: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            beat: Duration::from_secs(5),
            beat_spacing: Duration::from_millis(200),
            lease: Duration::from_secs(30),
            margin: Duration::from_secs(5),
            quick: Duration::from_millis(50),
            grace: Duration::from_secs(45),
            resend: Duration::from_secs(10),
            sweep: Duration::from_secs(30),
        }
    }
}

impl Timings {
    /// How long after a sign that it is valid a lease is trusted.
    fn trust(&self) -> Duration {
        self.lease.saturating_sub(self.margin)
    }

    /// How long an answer of the coordinator is waited for: three such waits fit into the trust of a lease.
    fn answer(&self) -> Duration {
        self.trust() / 3
    }
}

/// Makes the performer when the fleet's id, which marks what is started on Docker, is known.
pub type MakePerformer = Box<dyn FnOnce(Uuid) -> Performer + Send>;

/// What a worker is made of.
pub struct Setup {
    /// The broker.
    pub broker: Arc<dyn Broker>,
    /// Makes the performer; it lives as `incarnation`.
    pub performer: MakePerformer,
    /// This life of the process.
    pub incarnation: Incarnation,
    /// The process's name, for people.
    pub name: String,
    /// The workflows whose steps may come.
    pub definitions: Vec<Definition>,
    /// What it serves.
    pub serves: Vec<Serves>,
    /// Where terminal events are kept.
    pub spool: Arc<Spool>,
    /// Its start and stop.
    pub lifecycle: Lifecycle,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Where it says how it stands: the checks `broker`, `coordinator`, `spool`, and `docker` where it is needed.
    pub health: Health,
    /// How long things may take.
    pub timings: Timings,
}

/// How a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// In good order: what it had is done or given back, and said to be.
    Softly,
    /// It was told to end at once, or something did not end in time. What it kept on disk is said by its next life.
    Hard,
}

/// Why a worker cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The coordinator is another fleet's than the one that this worker began with.
    #[error("the coordinator now speaks for the fleet {now}, and this worker began in {began}")]
    OtherFleet {
        /// The fleet that it began in.
        began: Uuid,
        /// The fleet that answers now.
        now: Uuid,
    },
    /// A part of the worker ended though it should go on.
    #[error("the worker's part {part:?} ended by itself: {why}")]
    Broken {
        /// The part.
        part: &'static str,
        /// What it said.
        why: String,
    },
}

impl Error {
    /// The error's stable code; `docs/errors/` has a page for each.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherFleet { .. } => "worker.other-fleet",
            Self::Broken { .. } => "worker.broken",
        }
    }
}

/// A worker of the fleet.
pub struct Server {
    setup: Setup,
}

impl Server {
    /// A worker made of `setup`.
    pub fn new(setup: Setup) -> Self {
        Self { setup }
    }

    /// Serves until the lifecycle's soft token is cancelled, by a signal or by the coordinator; then takes nothing
    /// new and ends what it has.
    ///
    /// # Errors
    ///
    /// It cannot go on. Whoever started it should start it again.
    pub async fn run(self) -> Result<Ended, Error> {
        let Setup { broker, performer, incarnation, name, definitions, serves, spool, .. } = self.setup;
        let Setup { lifecycle, clock, health, timings, .. } = self.setup;
        metrics::describe();
        let identity = Identity::new(incarnation, name, serves);
        let checks = shared::Checks::new(&health, identity.needs_docker());
        let asked = beats::first(broker.as_ref(), &identity, &spool, &timings, &checks);
        let first = tokio::select! {
            first = asked => first,
            () = lifecycle.soft().cancelled() => return Ok(Ended::Softly),
        };
        tracing::info!(worker = identity.name, %incarnation, fleet = %first.reply.fleet, "serving");
        let (lines, said) = progress::channel();
        let (again, due) = resend::channel();
        let shared = Arc::new(Shared::new(shared::Parts {
            broker,
            performer: performer(first.reply.fleet),
            identity,
            fleet: first.reply.fleet,
            steps: Steps::new(definitions),
            spool,
            lifecycle: lifecycle.clone(),
            clock,
            checks,
            timings,
            lines,
            again,
        }));
        let until = CancellationToken::new();
        shared.heed(&first);
        start(&shared, &until, said, due);
        tokio::select! {
            () = lifecycle.soft().cancelled() => {}
            () = shared.failed() => {}
        }
        let ended = stopping::stop(&shared, &until).await;
        shared.failure().map_or(Ok(ended), Err)
    }
}

/// Starts the worker's parts. All but the takers end with `until`; those end when nothing new is to be taken.
fn start(shared: &Arc<Shared>, until: &CancellationToken, said: progress::Lines, due: resend::Due) {
    for index in 0..shared.identity.serves.len() {
        let in_hand = shared.in_hand.token();
        shared.spawn(TaskKind::Service, "take", take::serve(Arc::clone(shared), index, in_hand));
    }
    service(shared, until, "beats", beats::go_on(Arc::clone(shared)));
    service(shared, until, "controls", controls::listen(Arc::clone(shared)));
    service(shared, until, "progress", progress::publish(Arc::clone(shared), said));
    service(shared, until, "resend", resend::publish(Arc::clone(shared), due));
    if let Some(docker) = shared.performer.hands().docker().cloned() {
        service(shared, until, "docker", docker::sweep(Arc::clone(shared), docker));
    }
}

/// Starts a part that goes on until `until` is cancelled, and whose end before that is the worker's.
fn service(
    shared: &Arc<Shared>,
    until: &CancellationToken,
    part: &'static str,
    going_on: impl Future<Output = ()> + Send + 'static,
) {
    let (until, reporter) = (until.clone(), Arc::clone(shared));
    shared.spawn(TaskKind::Service, part, async move {
        tokio::select! {
            () = until.cancelled() => {}
            () = going_on => reporter.fail(Error::Broken { part, why: "it has nothing more to do".into() }),
        }
    });
}
