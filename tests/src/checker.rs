//! What must hold whatever was done to a fleet: reads Postgres, the broker, Git and the processes' folders, and says
//! what is wrong. It trusts no code that it checks: SQL of its own, the `git` program, messages from a queue of its own.
//!
//! The numbers are those of the invariants in `ARCHITECTURE.md`, "What holds in the fleet".

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::Command;

use serde_json::Value;
use slipway_protocol::{AgentId, Event, TaskId};
use slipway_workflow::{Definition, Run, Status};
use sqlx::Row as _;
use sqlx::postgres::{PgPool, PgPoolOptions};
use uuid::Uuid;

use crate::fleet::Fleet;
use crate::services::eventually;
use crate::trace::Traced;

/// Everything that is wrong, a line each.
#[derive(Debug, Default)]
pub struct Verdict(pub Vec<String>);

impl Verdict {
    /// Panics with what is wrong, if anything is.
    #[track_caller]
    pub fn expect_clean(&self) {
        assert!(self.0.is_empty(), "{} things are wrong:\n{}", self.0.len(), self.0.join("\n"));
    }

    fn wrong(&mut self, invariant: &str, what: impl std::fmt::Display) {
        self.0.push(format!("{invariant}: {what}"));
    }
}

/// Reads one fleet's truth.
#[derive(Debug)]
pub struct Checker {
    pool: PgPool,
    definition: Definition,
}

/// One row of the event log.
struct Logged {
    id: Uuid,
    outcome: String,
    event: Event,
}

impl Checker {
    /// A checker of the database behind `url`.
    pub async fn connect(url: &str) -> Self {
        let pool = PgPoolOptions::new().max_connections(2).connect(url).await.unwrap();
        let agents: BTreeSet<AgentId> =
            slipway_agents::Definition::built_in().into_iter().map(|agent| agent.id).collect();
        Self { pool, definition: Definition::delivery(&agents).unwrap() }
    }

    /// How many tasks there are, by status.
    pub async fn statuses(&self) -> BTreeMap<String, i64> {
        let rows = sqlx::query("SELECT status, count(*) AS n FROM tasks GROUP BY status");
        let rows = rows.fetch_all(&self.pool).await.unwrap();
        rows.iter().map(|row| (row.get("status"), row.get("n"))).collect()
    }

    /// Whether no task is pending or running.
    pub async fn is_quiet(&self) -> bool {
        let moving = sqlx::query("SELECT count(*) AS n FROM tasks WHERE status IN ('pending', 'running')");
        moving.fetch_one(&self.pool).await.unwrap().get::<i64, _>("n") == 0
    }

    /// Whether everything was published.
    pub async fn outbox_is_empty(&self) -> bool {
        let left = sqlx::query("SELECT count(*) AS n FROM outbox").fetch_one(&self.pool).await.unwrap();
        left.get::<i64, _>("n") == 0
    }

    /// Waits until nothing is under way: no moving task, nothing to publish, no event in a spool.
    pub async fn quiet(&self, fleet: &Fleet) {
        eventually("the fleet to be quiet", || self.is_settled(fleet)).await;
    }

    /// Whether nothing is under way.
    pub async fn is_settled(&self, fleet: &Fleet) -> bool {
        self.is_quiet().await && self.outbox_is_empty().await && fleet.leftovers().is_empty()
    }

    /// All checks of what is kept; `accepted` tasks were promised to somebody. What is wrong for a moment, since a worker
    /// that was paused has just been told that its lease is gone, is looked at again for a while.
    pub async fn check(&self, fleet: &Fleet, accepted: &[TaskId]) -> Verdict {
        let mut verdict = self.check_now(fleet, accepted).await;
        for _ in 0..40 {
            if verdict.0.is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            verdict = self.check_now(fleet, accepted).await;
        }
        verdict
    }

    async fn check_now(&self, fleet: &Fleet, accepted: &[TaskId]) -> Verdict {
        let mut verdict = Verdict::default();
        let log = self.log(&mut verdict).await;
        let runs = self.runs(&mut verdict).await;
        self.accepted(accepted, &mut verdict).await;
        for run in runs.values() {
            let events = log.get(&run.id().uuid()).map_or(&[][..], Vec::as_slice);
            self.transitions(run, events, &mut verdict);
            leases(events, &mut verdict);
            branch(fleet, run, &mut verdict);
        }
        self.leftovers(fleet, &mut verdict).await;
        verdict
    }

    async fn log(&self, verdict: &mut Verdict) -> HashMap<Uuid, Vec<Logged>> {
        let rows =
            sqlx::query("SELECT id, run_id, outcome, event::text AS event FROM event_log ORDER BY seq");
        let rows = rows.fetch_all(&self.pool).await.unwrap();
        let mut log: HashMap<Uuid, Vec<Logged>> = HashMap::new();
        let mut ids = BTreeSet::new();
        for row in rows {
            let id: Uuid = row.get("id");
            if !ids.insert(id) {
                verdict.wrong("I3", format!("event {id} is in the log twice"));
            }
            let event = Event::from_json(row.get::<String, _>("event").as_bytes()).unwrap();
            log.entry(row.get("run_id")).or_default().push(Logged { id, outcome: row.get("outcome"), event });
        }
        log
    }

    async fn runs(&self, verdict: &mut Verdict) -> HashMap<Uuid, Run> {
        let rows = sqlx::query(
            "SELECT r.id, r.state::text AS state, r.status AS run_status, t.status AS task_status \
             FROM runs r JOIN tasks t ON t.id = r.task_id",
        );
        let rows = rows.fetch_all(&self.pool).await.unwrap();
        let mut runs = HashMap::new();
        for row in rows {
            let run: Run = serde_json::from_str(&row.get::<String, _>("state")).unwrap();
            let (own, tasks): (String, String) = (row.get("run_status"), row.get("task_status"));
            if own != tasks {
                verdict.wrong("I3", format!("task {} is {tasks} and its run {own}", run.task().id));
            }
            runs.insert(row.get("id"), run);
        }
        runs
    }

    /// I1: what was promised is there, and has ended or waits for a person.
    async fn accepted(&self, accepted: &[TaskId], verdict: &mut Verdict) {
        let rows = sqlx::query("SELECT id, status FROM tasks").fetch_all(&self.pool).await.unwrap();
        let known: HashMap<Uuid, String> =
            rows.iter().map(|row| (row.get("id"), row.get("status"))).collect();
        for task in accepted {
            if !known.contains_key(&task.uuid()) {
                verdict.wrong("I1", format!("task {task} was accepted and is gone"));
            }
        }
        for (task, status) in &known {
            if ["pending", "running"].contains(&status.as_str()) {
                verdict.wrong("I1", format!("task {task} is still {status}"));
            }
        }
    }

    /// I3: the events that were applied lead to the state that is kept, by rules with all their guards.
    fn transitions(&self, run: &Run, log: &[Logged], verdict: &mut Verdict) {
        let task = run.task().id;
        let applied: Vec<&Event> =
            log.iter().filter(|entry| entry.outcome == "applied").map(|entry| &entry.event).collect();
        let Some((first, others)) = applied.split_first() else {
            verdict.wrong("I3", format!("task {task} has a run and no event"));
            return;
        };
        match Run::replay(&self.definition, first, others.iter().copied()) {
            Err(illegal) => verdict.wrong("I3", format!("task {task}: {illegal}")),
            Ok(replayed) if replayed != *run => {
                verdict.wrong(
                    "I3",
                    format!(
                        "task {task}: its events lead to {}, and it is {}",
                        replayed.status(),
                        run.status()
                    ),
                );
            }
            Ok(_) => {}
        }
        let ends = log.iter().filter(|entry| {
            ["task.completed", "task.failed", "task.cancelled"].contains(&entry.event.event_type())
        });
        let ends = ends.count();
        let wanted = usize::from(run.status().ending().is_some());
        if ends != wanted {
            verdict.wrong("I3", format!("task {task} has ended {ends} times, and is {}", run.status()));
        }
    }

    /// I9: nothing is left that belongs to nobody.
    async fn leftovers(&self, fleet: &Fleet, verdict: &mut Verdict) {
        let rows = sqlx::query(
            "SELECT e.id, e.state FROM executions e JOIN tasks t ON t.id = e.task_id \
             WHERE e.state IN ('ready', 'sent', 'started') \
               AND t.status IN ('completed', 'failed', 'cancelled')",
        );
        for row in rows.fetch_all(&self.pool).await.unwrap() {
            let (id, state): (Uuid, String) = (row.get("id"), row.get("state"));
            verdict.wrong("I9", format!("execution {id} is {state}, and its task has ended"));
        }
        if !self.outbox_is_empty().await {
            verdict.wrong("I5", "messages are left in the outbox");
        }
        for path in fleet.leftovers() {
            verdict.wrong("I9", format!("{} is left", path.display()));
        }
    }

    /// I5: what was published was committed, and what was committed was published. `whole` says whether the trace saw
    /// everything: a broker that lost its disk has lost the trace too.
    pub async fn check_trace(&self, traced: &Traced, whole: bool) -> Verdict {
        let mut verdict = Verdict::default();
        let rows = sqlx::query("SELECT id, event_type FROM event_log WHERE actor = 'coordinator'");
        let rows = rows.fetch_all(&self.pool).await.unwrap();
        let committed: HashMap<Uuid, String> =
            rows.iter().map(|row| (row.get("id"), row.get("event_type"))).collect();
        for (id, event_type) in &traced.coordinators_events {
            if !committed.contains_key(id) {
                verdict.wrong("I5", format!("{event_type} {id} was published and is not in the log"));
            }
        }
        let told = |event_type: &str| event_type.starts_with("task.") || event_type.starts_with("approval.");
        for (id, event_type) in committed.iter().filter(|(_, event_type)| whole && told(event_type)) {
            if !traced.coordinators_events.iter().any(|(published, _)| published == id) {
                verdict.wrong("I5", format!("{event_type} {id} is in the log and was not published"));
            }
        }
        let rows = sqlx::query("SELECT id, lease FROM executions").fetch_all(&self.pool).await.unwrap();
        let leases: HashMap<Uuid, i64> = rows.iter().map(|row| (row.get("id"), row.get("lease"))).collect();
        for (execution, lease) in &traced.dispatches {
            match leases.get(execution) {
                None => {
                    verdict.wrong("I5", format!("execution {execution} was dispatched and does not exist"));
                }
                Some(newest) if newest < lease => {
                    verdict.wrong(
                        "I5",
                        format!(
                            "execution {execution} was dispatched under lease {lease}, the newest is {newest}"
                        ),
                    );
                }
                Some(_) => {}
            }
        }
        verdict
    }

    /// Whether an execution of `task` is bound to a worker.
    pub async fn has_started(&self, task: TaskId) -> bool {
        let started = sqlx::query("SELECT 1 AS one FROM executions WHERE task_id = $1 AND state = 'started'");
        started.bind(task.uuid()).fetch_optional(&self.pool).await.unwrap().is_some()
    }

    /// I9: no message lies on a queue or in somebody's hands. The counts are up to five seconds old, so it is only believed
    /// that there is none when they say so for longer than that.
    pub async fn check_queues(&self, fleet: &Fleet) -> Verdict {
        let mut queues = vec!["tasks".to_owned(), "coordinator".to_owned(), "dead-letter".to_owned()];
        queues
            .extend(slipway_agents::Definition::built_in().iter().map(|agent| format!("agent.{}", agent.id)));
        let mut verdict = Verdict::default();
        let mut clean = 0;
        for _ in 0..80 {
            verdict.0.clear();
            for queue in &queues {
                let depth = fleet.place.operator.depth(queue).await;
                if depth != (0, 0) {
                    verdict.wrong(
                        "I9",
                        format!("{queue} has {} messages ready and {} in hands", depth.0, depth.1),
                    );
                }
            }
            clean = if verdict.0.is_empty() { clean + 1 } else { 0 };
            if clean > 24 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        }
        verdict
    }

    /// I2: how many attempts each execution of `task` spent.
    pub async fn attempts(&self, task: TaskId) -> BTreeMap<String, i64> {
        let rows =
            sqlx::query("SELECT step || ' ' || visit AS step, attempt FROM executions WHERE task_id = $1");
        let rows = rows.bind(task.uuid()).fetch_all(&self.pool).await.unwrap();
        rows.iter().map(|row| (row.get("step"), row.get("attempt"))).collect()
    }

    /// How the attempts of all tasks ended: outcome and cause.
    pub async fn endings(&self) -> BTreeMap<String, i64> {
        let rows = sqlx::query(
            "SELECT outcome || coalesce(' ' || cause, '') AS ending, count(*) AS n \
             FROM agent_execution_history GROUP BY 1",
        );
        let rows = rows.fetch_all(&self.pool).await.unwrap();
        rows.iter().map(|row| (row.get("ending"), row.get("n"))).collect()
    }
}

/// I4: a lease has one holder, and no event counts under an older lease than the newest that counted before.
fn leases(log: &[Logged], verdict: &mut Verdict) {
    let mut newest: HashMap<Uuid, u32> = HashMap::new();
    let mut holders: HashMap<(Uuid, u32), Uuid> = HashMap::new();
    for entry in log.iter().filter(|entry| entry.outcome == "applied") {
        let Some(holder) = entry.event.holder else { continue };
        let (execution, lease) = (holder.execution.uuid(), holder.lease.number());
        let before = newest.entry(execution).or_insert(lease);
        if lease < *before {
            let what =
                format!("event {} counted under lease {lease} of {execution} after lease {before}", entry.id);
            verdict.wrong("I4", what);
        }
        *before = lease.max(*before);
        let bound = holders.entry((execution, lease)).or_insert(holder.incarnation.uuid());
        if *bound != holder.incarnation.uuid() {
            verdict.wrong("I4", format!("lease {lease} of {execution} had two holders"));
        }
    }
}

/// I2: the branch is where the run's accepted commits are, and each of its commits is of an accepted attempt, once.
fn branch(fleet: &Fleet, run: &Run, verdict: &mut Verdict) {
    let task = run.task().id;
    if !matches!(run.status(), Status::Completed) {
        return;
    }
    let repository = fleet.repositories().join(format!("{}.git", task.short()));
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("--git-dir").arg(&repository).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let tip = git(&["rev-parse", &format!("refs/heads/{}", task.branch())]);
    if tip != run.head().as_str() {
        verdict.wrong(
            "I2",
            format!("task {task}: the branch is at {tip}, the accepted commit is {}", run.head()),
        );
    }
    let range = format!("{}..{}", run.base(), run.head());
    let holders = git(&[
        "log",
        "--format=%(trailers:key=Execution-Id,valueonly,separator=%x20) %(trailers:key=Lease,valueonly,separator=%x20)",
        &range,
    ]);
    let mut leases: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in holders.lines() {
        let (execution, lease) = line.split_once(' ').unwrap_or((line, ""));
        leases.entry(execution).or_default().insert(lease);
    }
    for (execution, leases) in leases {
        if leases.len() > 1 {
            verdict.wrong(
                "I2",
                format!("task {task}: execution {execution} has commits of leases {leases:?} on the branch"),
            );
        }
    }
}

/// The field `key` of a JSON object, as text.
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}
