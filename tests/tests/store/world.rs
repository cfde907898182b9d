//! A fresh database with a leader, and a run to play with: it makes events, applies them and keeps them in ticks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use slipway_protocol::report::{Decision, Deployment};
use slipway_protocol::{
    AgentId, Approval, CommitId, Data, Digest, Event, EventId, ExecutionId, Holder, Incarnation, Lease,
    PreviewMode, Priority, Report, ReportKind, RunId, Tally, Task, TaskId,
};
use slipway_runtime::{Clock as _, SystemClock};
use slipway_store::{Accepted, Change, Entry, NewTask, Options, Outcome, Outgoing, Store, Term, Tick};
use slipway_tests::services::Services;
use slipway_workflow::{Applied, Definition, ExecutionState, Run, apply};
use sqlx::postgres::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

/// Longer than any test takes.
pub(crate) const TTL: Duration = Duration::from_mins(10);

pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) store: Store,
    pub(crate) term: Term,
    /// The database as an operator sees it.
    pub(crate) sql: PgPool,
    pub(crate) definition: Definition,
}

pub(crate) fn id() -> Uuid {
    SystemClock.new_id()
}

pub(crate) fn now() -> OffsetDateTime {
    SystemClock.now()
}

pub(crate) fn options() -> Options {
    Options {
        application_name: "slipway-tests".into(),
        connections: 5,
        statement_timeout: Duration::from_secs(20),
        acquire_timeout: Duration::from_secs(20),
    }
}

/// A database of its own, without tables.
pub(crate) async fn empty_database() -> String {
    Services::shared().await.place().await.database_url.clone()
}

pub(crate) fn delivery() -> Definition {
    let names = ["planner", "architect", "coder", "tester", "reviewer", "deployer"];
    let agents: BTreeSet<AgentId> = names.into_iter().map(|name| name.parse().unwrap()).collect();
    Definition::delivery(&agents).unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let url = empty_database().await;
        let store = Store::connect(&url, &options()).await.unwrap();
        store.migrate().await.unwrap();
        let term = store.take_lead(id(), "test", TTL).await.unwrap().expect("nobody led before");
        let sql = PgPool::connect(&url).await.unwrap();
        Self { url, store, term, sql, definition: delivery() }
    }

    pub(crate) async fn tick(&self) -> Tick<'_> {
        self.store.begin(&self.term).await.unwrap()
    }

    pub(crate) async fn accept(&self, request: &NewTask) -> Accepted {
        let mut tick = self.tick().await;
        let answers = tick.accept(std::slice::from_ref(request)).await.unwrap();
        tick.commit().await.unwrap();
        answers[0]
    }

    /// A task that was accepted, with a run that began.
    pub(crate) async fn begun(&self, task: &Task) -> Story {
        self.accept(&request(task)).await;
        let mut story = Story::new(&self.definition, task);
        story.commit(self).await;
        story
    }

    /// What one row of one column of text holds.
    pub(crate) async fn text(&self, query: &'static str, task: TaskId) -> Option<String> {
        sqlx::query_scalar(query).bind(task.uuid()).fetch_one(&self.sql).await.unwrap()
    }

    pub(crate) async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.sql).await.unwrap()
    }
}

pub(crate) fn task(priority: Priority, created_at: OffsetDateTime) -> Task {
    Task {
        id: TaskId::new(id()),
        prompt: "build a todo app".parse().unwrap(),
        priority,
        repository: None,
        approval: Approval::Auto,
        preview: PreviewMode::Auto,
        isolation: None,
        // Postgres keeps microseconds.
        created_at: created_at.replace_nanosecond(created_at.microsecond() * 1_000).unwrap(),
    }
}

pub(crate) fn normal_task() -> Task {
    task(Priority::Normal, now())
}

pub(crate) fn request(task: &Task) -> NewTask {
    let digest = *id().as_bytes();
    NewTask {
        task: task.clone(),
        key: None,
        digest: [digest, digest].concat().try_into().unwrap(),
        suspect: false,
        source: "queue".into(),
        reply_to: None,
    }
}

pub(crate) fn outgoing(to: &str) -> Outgoing {
    Outgoing {
        id: id(),
        to: to.into(),
        content_type: "application/json".into(),
        correlation: Some("c".into()),
        body: vec![0, 1, 2],
    }
}

pub(crate) fn commit(number: u128) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

/// One run in memory, and the events that are not kept yet.
pub(crate) struct Story {
    pub(crate) definition: Definition,
    pub(crate) run: Run,
    pub(crate) kept: Option<Run>,
    pub(crate) events: Vec<(Event, Outcome)>,
    pub(crate) not_before: BTreeMap<ExecutionId, OffsetDateTime>,
    commits: u128,
}

impl Story {
    pub(crate) fn new(definition: &Definition, task: &Task) -> Self {
        let event = Event {
            id: EventId::new(id()),
            source: "slipway/coordinator".into(),
            time: now(),
            task: task.id,
            run: RunId::first_of(task.id),
            holder: None,
            priority: task.priority,
            cause: None,
            traceparent: None,
            data: Data::TaskInitiated {
                task: Box::new(task.clone()),
                workflow: definition.id().clone(),
                workflow_version: definition.version(),
                base: commit(0),
            },
        };
        let (run, _) = Run::start(definition, &event).unwrap();
        let events = vec![(event, Outcome::Applied)];
        Self {
            definition: definition.clone(),
            run,
            kept: None,
            events,
            not_before: BTreeMap::new(),
            commits: 0,
        }
    }

    pub(crate) fn task(&self) -> TaskId {
        self.run.task().id
    }

    /// The active execution's holder: the bound one, or `otherwise`.
    pub(crate) fn holder(&self, otherwise: Incarnation) -> Holder {
        let (execution, state) = self.run.active().next().expect("an execution is active");
        let incarnation = match state.state {
            ExecutionState::Started { incarnation, .. } => incarnation,
            _ => otherwise,
        };
        Holder { execution, lease: state.state.lease().unwrap_or(Lease::FIRST), incarnation }
    }

    pub(crate) fn event(&self, holder: Option<Holder>, data: Data) -> Event {
        Event {
            id: EventId::new(id()),
            source: "slipway/worker".into(),
            time: now(),
            task: self.task(),
            run: self.run.id(),
            holder,
            priority: self.run.task().priority,
            cause: None,
            traceparent: None,
            data,
        }
    }

    pub(crate) fn tell(&mut self, event: Event) -> Outcome {
        let outcome = match apply(&self.definition, &self.run, &event).unwrap() {
            Applied::Changed { run, .. } => {
                self.run = run;
                Outcome::Applied
            }
            Applied::Ignored(reason) => Outcome::Ignored(reason),
        };
        self.events.push((event, outcome));
        outcome
    }

    pub(crate) fn start(&mut self, incarnation: Incarnation) -> Holder {
        let holder = Holder { incarnation, ..self.holder(incarnation) };
        let event = self.event(Some(holder), Data::ExecutionStarted);
        assert_eq!(self.tell(event), Outcome::Applied);
        holder
    }

    /// Ends the active step well.
    pub(crate) fn finish(&mut self, holder: Holder) {
        let step = self.run.executions()[&holder.execution].step.clone();
        let step = self.definition.step(&step).unwrap();
        let (kind, commits) = (step.publishes(), step.commits());
        self.commits += 1;
        let commit = if commits { commit(self.commits) } else { self.run.head().clone() };
        let data = Data::Result { report: report(kind), commit, artefacts: Vec::new() };
        let event = Event { id: EventId::terminal(&holder), ..self.event(Some(holder), data) };
        assert_eq!(self.tell(event), Outcome::Applied);
    }

    /// Keeps the events that are not kept yet and what they did, in `tick`. Says with `outbox` what is to be published.
    pub(crate) async fn try_keep(
        &self,
        tick: &mut Tick<'_>,
        outbox: Option<Outgoing>,
    ) -> Result<(), slipway_store::Error> {
        let entries: Vec<Entry<'_>> =
            self.events.iter().map(|(event, outcome)| Entry { event, outcome: *outcome }).collect();
        let change = Change {
            definition: &self.definition,
            before: self.kept.as_ref(),
            after: &self.run,
            not_before: &self.not_before,
        };
        let outbox: Vec<Outgoing> = outbox.into_iter().collect();
        tick.record(&entries, &[change], &outbox).await
    }

    pub(crate) async fn keep(&self, tick: &mut Tick<'_>, outbox: Option<Outgoing>) {
        self.try_keep(tick, outbox).await.unwrap();
    }

    /// Keeps all in a tick of its own, and goes on from there.
    pub(crate) async fn commit(&mut self, world: &World) {
        let mut tick = world.tick().await;
        if self.kept.is_some() {
            tick.lock_runs(&[self.run.id()]).await.unwrap();
        }
        self.keep(&mut tick, None).await;
        tick.commit().await.unwrap();
        self.settle();
    }

    /// What was kept is kept.
    pub(crate) fn settle(&mut self) {
        self.events.clear();
        self.kept = Some(self.run.clone());
    }
}

pub(crate) fn report(kind: ReportKind) -> Report {
    match kind {
        ReportKind::Plan => Report::Plan { goal: "a list of things to do".into(), not_built: Vec::new() },
        ReportKind::Architecture => Report::Architecture { decisions: Vec::new() },
        ReportKind::Code => Report::Code { branch: "feature/task-1".into(), commits: 1, revision: 0 },
        ReportKind::Tests => Report::Tests {
            passed: true,
            tally: Tally { passed: 29, failed: 0, skipped: 0 },
            reason: None,
            failures: Vec::new(),
            evidence: Digest::of(b"evidence"),
        },
        ReportKind::Review => Report::Review {
            decision: Decision::Approved,
            findings: Vec::new(),
            basis: "computed checks only".into(),
            needs_person: false,
        },
        ReportKind::Deploy => Report::Deploy(Deployment {
            mode: PreviewMode::ComposeOnly,
            url: None,
            health: "not started".into(),
            image: None,
            expires_at: None,
            instructions: Vec::new(),
        }),
    }
}
