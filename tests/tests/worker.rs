//! A worker of the fleet, as its coordinator and its broker see it: what it takes, says, keeps and gives back.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "worker/bench.rs"]
mod bench;
#[path = "worker/coordinator.rs"]
mod coordinator;

use std::sync::Arc;
use std::time::Duration;

use bench::{Held, Plan, TIMINGS, dispatch};
use coordinator::{Coordinator, Hears, until};
use slipway_broker::{QueueName, memory};
use slipway_containers::Docker;
use slipway_protocol::event::Cause;
use slipway_protocol::fleet::{Control, Grant, Verdict};
use slipway_protocol::{AgentId, Data, Dispatch, Event, EventId, Incarnation, Lease};
use slipway_runtime::{Clock as _, SystemClock};
use slipway_worker::serve::{Ended, Error, Timings};
use slipway_worker::spool::Spool;
use tempfile::TempDir;

struct Bench {
    coordinator: Coordinator,
    folder: TempDir,
    engine: Arc<Held>,
}

impl Bench {
    fn new() -> Self {
        Self { coordinator: Coordinator::start(), folder: TempDir::new().unwrap(), engine: Held::new() }
    }

    fn thinker(&self) -> Plan<'_> {
        Plan::thinker(&self.coordinator, &self.folder, &self.engine)
    }

    fn idler<'a>(&'a self, agent: &'a str) -> Plan<'a> {
        Plan::idler(&self.coordinator, &self.folder, agent)
    }

    /// Sends a step of planning.
    async fn send_plan(&self) -> Dispatch {
        self.send("plan", "planner").await
    }

    async fn send(&self, step: &str, agent: &str) -> Dispatch {
        let dispatch = dispatch(self.folder.path(), step, agent).await;
        self.coordinator.send(&dispatch).await;
        dispatch
    }

    async fn until_thinking(&self, thoughts: u32) {
        until("the engine thinks", || (self.engine.thinking() == thoughts).then_some(())).await;
    }

    async fn until_settled(&self, spool: &Spool) {
        until("the spool is empty", || spool.is_empty().then_some(())).await;
    }

    /// Waits for a whole beat that began after now.
    async fn until_beaten(&self) {
        let before = self.coordinator.script().beats.len();
        self.coordinator.until("two beats", |script| (script.beats.len() > before + 1).then_some(())).await;
    }
}

fn reason(event: &Event) -> &str {
    match &event.data {
        Data::ExecutionReleased { reason } | Data::DispatchReturned { reason } => reason,
        other => panic!("{other:?} has no reason"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_is_announced_done_acknowledged_and_kept_until_it_is_applied() {
    let bench = Bench::new();
    bench.coordinator.script().hears = Hears::Silently;
    let worker = bench.thinker().start();
    let dispatch = bench.send_plan().await;
    let started = bench.coordinator.event(&dispatch, "execution.started").await;
    assert_eq!(started.holder.unwrap().incarnation, worker.incarnation);
    let running = bench.coordinator.until("a beat", |script| script.beats.last()?.running.first().copied());
    assert_eq!(running.await.execution, dispatch.execution);
    bench.engine.let_answer(1);
    let ended = bench.coordinator.event(&dispatch, "plan.created").await;
    assert_eq!(ended.id, EventId::terminal(&started.holder.unwrap()));
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    assert_eq!(worker.spool.ids(9), [ended.id]);
    bench.coordinator.script().hears = Hears::AndApplies;
    bench.until_settled(&worker.spool).await;
    let progress = bench.coordinator.until("progress", |script| {
        script.events.iter().find(|event| event.event_type() == "task.progress").cloned()
    });
    assert!(
        matches!(progress.await.data, Data::TaskProgress { message, .. } if message == "wrote plan.yaml")
    );
    assert!(worker.health.readiness().ready, "{:?}", worker.health.readiness());
    assert_eq!(worker.stop().await, Ended::Softly);
    let last = bench.coordinator.script().beats.last().cloned().unwrap();
    assert!(last.draining && last.running.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_quick_step_speaks_for_its_start_too() {
    let bench = Bench::new();
    let timings = Timings { quick: Duration::from_mins(1), ..TIMINGS };
    let worker = Plan { timings, ..bench.idler("coder") }.start();
    let dispatch = bench.send("code", "coder").await;
    bench.coordinator.event(&dispatch, "code.pr.opened").await;
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    assert_eq!(bench.coordinator.said(&dispatch), ["code.pr.opened"]);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_dispatch_is_returned_and_not_performed() {
    let bench = Bench::new();
    let dispatch = bench.send("code", "coder").await;
    let queue = QueueName::Agent(dispatch.agent.clone());
    let mut other = bench.coordinator.broker.consume(&queue, 1).await.unwrap();
    other.next().await.unwrap().release().await.unwrap();
    drop(other);
    let worker = bench.idler("coder").start();
    let returned = bench.coordinator.event(&dispatch, "dispatch.returned").await;
    assert_eq!(reason(&returned), "redelivered");
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    worker.stop().await;
    assert_eq!(bench.coordinator.said(&dispatch), ["dispatch.returned"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_copy_of_a_dispatch_is_not_performed_twice() {
    let bench = Bench::new();
    let worker = Plan { slots: 2, ..bench.thinker() }.start();
    let dispatch = bench.send_plan().await;
    bench.until_thinking(1).await;
    bench.coordinator.send(&dispatch).await;
    bench.engine.let_answer(2);
    bench.coordinator.event(&dispatch, "plan.created").await;
    bench.coordinator.send(&dispatch).await;
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    worker.stop().await;
    assert_eq!(bench.engine.most(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_with_effects_outside_waits_for_its_grant() {
    let bench = Bench::new();
    bench.coordinator.script().grant = Grant::Wait;
    let worker = bench.idler("deployer").start();
    let dispatch = bench.send("deploy", "deployer").await;
    bench.coordinator.event(&dispatch, "execution.started").await;
    bench.coordinator.until("questions", |script| (script.grants_asked > 1).then_some(())).await;
    assert_eq!(bench.coordinator.said(&dispatch), ["execution.started"]);
    bench.coordinator.script().grant = Grant::Granted;
    bench.coordinator.event(&dispatch, "deploy.status").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_denied_does_nothing_and_says_nothing() {
    let bench = Bench::new();
    bench.coordinator.script().grant = Grant::Denied;
    let worker = bench.idler("deployer").start();
    let dispatch = bench.send("deploy", "deployer").await;
    bench.coordinator.until("a question", |script| (script.grants_asked > 0).then_some(())).await;
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    worker.stop().await;
    assert_eq!(bench.coordinator.said(&dispatch), ["execution.started"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_step_is_stopped_and_its_end_is_not_told() {
    let bench = Bench::new();
    let worker = bench.thinker().start();
    let dispatch = bench.send_plan().await;
    bench.until_thinking(1).await;
    bench.coordinator.script().verdicts.insert(dispatch.execution, Verdict::Stale);
    bench.until_thinking(0).await;
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    assert!(worker.spool.is_empty());
    worker.stop().await;
    let said = bench.coordinator.said(&dispatch);
    assert!(said.iter().all(|event| event == "execution.started"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_task_stops_its_step_by_a_hint_or_by_a_beat() {
    for by_hint in [true, false] {
        let bench = Bench::new();
        let worker = bench.thinker().start();
        let dispatch = bench.send_plan().await;
        bench.until_thinking(1).await;
        bench.until_beaten().await;
        if by_hint {
            bench.coordinator.control(&Control::Cancel { task: dispatch.task.id }).await;
        } else {
            bench.coordinator.script().verdicts.insert(dispatch.execution, Verdict::Cancelled);
        }
        let ended = bench.coordinator.event(&dispatch, "execution.released").await;
        assert_eq!(reason(&ended), "the task was cancelled");
        bench.until_thinking(0).await;
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_hears_nothing_stops_its_steps_itself_and_gives_them_back() {
    let bench = Bench::new();
    let timings = Timings { lease: Duration::from_secs(2), margin: Duration::from_secs(1), ..TIMINGS };
    let worker = Plan { timings, ..bench.thinker() }.start();
    let dispatch = bench.send_plan().await;
    bench.until_thinking(1).await;
    bench.coordinator.script().silent = true;
    let ended = bench.coordinator.event(&dispatch, "execution.released").await;
    assert_eq!(reason(&ended), "the lease was not confirmed in time");
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    until("the worker says so", || (!worker.health.readiness().ready).then_some(())).await;
    bench.coordinator.script().silent = false;
    bench.until_settled(&worker.spool).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_breaks_under_a_step_costs_nothing() {
    let bench = Bench::new();
    let worker = bench.thinker().start();
    let dispatch = bench.send_plan().await;
    bench.coordinator.event(&dispatch, "execution.started").await;
    memory::break_sessions(&bench.coordinator.url);
    bench.coordinator.event(&dispatch, "dispatch.returned").await;
    bench.engine.let_answer(1);
    bench.coordinator.event(&dispatch, "plan.created").await;
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    worker.stop().await;
    let ends = bench.coordinator.said(&dispatch).iter().filter(|event| *event == "plan.created").count();
    assert_eq!((ends, bench.engine.most()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_worker_kept_is_said_by_its_next_life() {
    let bench = Bench::new();
    let worker = bench.thinker().start();
    let dispatch = bench.send_plan().await;
    bench.until_thinking(1).await;
    memory::stop(&bench.coordinator.url);
    bench.engine.let_answer(1);
    until("the end is kept", || (worker.spool.len() == 1).then_some(())).await;
    assert_eq!(worker.kill().await, Ended::Hard);
    memory::start(&bench.coordinator.url);
    assert!(bench.coordinator.said(&dispatch).iter().all(|event| event != "plan.created"));
    let next = bench.thinker().start();
    bench.coordinator.event(&dispatch, "plan.created").await;
    bench.until_settled(&next.spool).await;
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_applied_is_sent_again_until_it_is() {
    let bench = Bench::new();
    bench.coordinator.script().hears = Hears::Nothing;
    let worker = bench.idler("coder").start();
    let dispatch = bench.send("code", "coder").await;
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
    until("it is confirmed and kept", || (worker.spool.len() == 1).then_some(())).await;
    bench.until_beaten().await;
    bench.coordinator.script().hears = Hears::AndApplies;
    bench.coordinator.event(&dispatch, "code.pr.opened").await;
    bench.until_settled(&worker.spool).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soft_stop_finishes_what_runs_and_gives_back_what_was_not_begun() {
    let bench = Bench::new();
    let worker = bench.thinker().start();
    let running = bench.send_plan().await;
    bench.until_thinking(1).await;
    let waiting = bench.send_plan().await;
    // With a new session another dispatch is taken, for which no slot is free yet.
    memory::break_sessions(&bench.coordinator.url);
    bench.coordinator.event(&running, "dispatch.returned").await;
    let queue = QueueName::Agent(running.agent.clone()).to_string();
    until("it is taken", || (memory::depth(&bench.coordinator.url, &queue) == (0, 1)).then_some(())).await;
    worker.lifecycle.soft().cancel();
    let released = bench.coordinator.event(&waiting, "execution.released").await;
    assert_eq!(reason(&released), "the worker ends and had not begun");
    assert_eq!(bench.engine.thinking(), 1);
    bench.coordinator.until("a beat", |script| script.beats.last()?.draining.then_some(())).await;
    bench.engine.let_answer(1);
    bench.coordinator.event(&running, "plan.created").await;
    assert_eq!(worker.stop().await, Ended::Softly);
    bench.coordinator.until_acknowledged(&running.agent).await;
    let later = bench.send_plan().await;
    assert!(bench.coordinator.said(&later).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_within_the_grace_period_is_given_back() {
    let bench = Bench::new();
    let timings = Timings { grace: Duration::from_millis(1), ..TIMINGS };
    let worker = Plan { timings, ..bench.thinker() }.start();
    let dispatch = bench.send_plan().await;
    bench.until_thinking(1).await;
    assert_eq!(worker.stop().await, Ended::Softly);
    let released = bench.coordinator.event(&dispatch, "execution.released").await;
    assert_eq!(reason(&released), "soft stop");
    bench.coordinator.until_acknowledged(&dispatch.agent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hard_stop_ends_everything_at_once_and_says_what_it_can() {
    let bench = Bench::new();
    let worker = bench.thinker().start();
    let dispatch = bench.send_plan().await;
    bench.until_thinking(1).await;
    assert_eq!(worker.kill().await, Ended::Hard);
    let released = bench.coordinator.event(&dispatch, "execution.released").await;
    assert_eq!(reason(&released), "soft stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_coordinator_can_ask_a_worker_to_end() {
    for by_hint in [true, false] {
        let bench = Bench::new();
        let worker = bench.idler("coder").start();
        bench.until_beaten().await;
        if by_hint {
            let elsewhere = Incarnation::new(SystemClock.new_id());
            bench.coordinator.control(&Control::Drain { incarnation: Some(elsewhere) }).await;
            bench.until_beaten().await;
            assert!(!worker.run.is_finished());
            bench.coordinator.control(&Control::Drain { incarnation: Some(worker.incarnation) }).await;
        } else {
            bench.coordinator.script().drain = true;
        }
        assert_eq!(worker.run.await.unwrap(), Ok(Ended::Softly));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_paused_agent_is_taken() {
    let bench = Bench::new();
    bench.coordinator.script().paused = vec!["coder".parse().unwrap()];
    let worker = bench.idler("coder").start();
    bench.until_beaten().await;
    let dispatch = bench.send("code", "coder").await;
    bench.until_beaten().await;
    let queue = QueueName::Agent(dispatch.agent.clone()).to_string();
    assert_eq!(memory::depth(&bench.coordinator.url, &queue), (1, 0));
    bench.coordinator.script().paused.clear();
    bench.coordinator.event(&dispatch, "code.pr.opened").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_dispatch_for_the_agent_is_set_aside_with_its_reason() {
    let bench = Bench::new();
    let worker = bench.idler("coder").start();
    let coder: AgentId = "coder".parse().unwrap();
    bench.coordinator.send_bytes(&coder, b"\xff{".to_vec()).await;
    let of_another = dispatch(bench.folder.path(), "plan", "planner").await;
    bench.coordinator.send_bytes(&coder, serde_json::to_vec(&of_another).unwrap()).await;
    let mut aside = bench.coordinator.broker.consume(&QueueName::DeadLetter, 10).await.unwrap();
    for expected in ["this is no dispatch", "for the agent planner"] {
        let delivery = aside.next().await.unwrap();
        let headers = format!("{:?}", delivery.headers);
        assert!(headers.contains("worker.bad-dispatch") && headers.contains(expected), "{headers}");
        delivery.ack().await.unwrap();
    }
    let good = bench.send("code", "coder").await;
    bench.coordinator.event(&good, "code.pr.opened").await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_failed_step_and_the_worker_goes_on() {
    let bench = Bench { engine: Held::panicking(), ..Bench::new() };
    let worker = bench.thinker().start();
    for _ in 0..2 {
        let dispatch = bench.send_plan().await;
        bench.engine.let_answer(1);
        let failed = bench.coordinator.event(&dispatch, "execution.failed").await;
        assert!(matches!(failed.data, Data::ExecutionFailed { cause: Cause::Panic, .. }), "{failed:?}");
    }
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_bound_how_much_is_done_at_a_time() {
    let bench = Bench::new();
    let worker = Plan { slots: 2, ..bench.thinker() }.start();
    let mut dispatches = Vec::new();
    for _ in 0..5 {
        dispatches.push(bench.send_plan().await);
    }
    bench.until_thinking(2).await;
    let busy = bench.coordinator.until("a beat", |script| {
        script.beats.last()?.agents.first().filter(|slots| slots.busy == 2).cloned()
    });
    assert_eq!(busy.await.slots, 2);
    bench.engine.let_answer(5);
    for dispatch in &dispatches {
        bench.coordinator.event(dispatch, "plan.created").await;
    }
    assert_eq!(bench.engine.most(), 2);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_lease_of_the_same_execution_stops_the_older_attempt() {
    let bench = Bench::new();
    let worker = Plan { slots: 2, ..bench.thinker() }.start();
    let older = bench.send_plan().await;
    bench.until_thinking(1).await;
    let newer = Dispatch { lease: Lease::new(2), ..older.clone() };
    bench.coordinator.send(&newer).await;
    bench.coordinator.event(&newer, "execution.started").await;
    bench.until_thinking(1).await;
    bench.engine.let_answer(1);
    bench.coordinator.event(&newer, "plan.created").await;
    bench.coordinator.until_acknowledged(&older.agent).await;
    worker.stop().await;
    let ends = bench.coordinator.said(&older).iter().filter(|event| *event != "execution.started").count();
    assert_eq!(ends, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_ends_when_another_fleet_answers() {
    let bench = Bench::new();
    let worker = bench.idler("coder").start();
    bench.until_beaten().await;
    bench.coordinator.script().fleet = SystemClock.new_id();
    let ended = worker.run.await.unwrap();
    assert!(matches!(ended, Err(Error::OtherFleet { .. })), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_wants_is_removed_from_docker_and_what_is_wanted_stays() {
    slipway_tests::docker::require();
    let bench = Bench::new();
    let owner = bench.coordinator.script().fleet.to_string();
    let dead = Incarnation::new(SystemClock.new_id());
    let unwanted = dispatch(bench.folder.path(), "test", "tester").await;
    let wanted = dispatch(bench.folder.path(), "test", "tester").await;
    bench.coordinator.script().unwanted = vec![unwanted.execution];
    let volumes = [&unwanted, &wanted].map(|dispatch| abandon(&owner, dispatch, dead));
    let preview = Some(Docker::connect().await.unwrap());
    let worker = Plan { preview, ..bench.idler("tester") }.start();
    until("the unwanted volume is gone", || {
        (slipway_tests::docker::sandboxes(&owner) == [volumes[1].clone()]).then_some(())
    })
    .await;
    worker.stop().await;
    let asked = bench
        .coordinator
        .script()
        .things
        .iter()
        .all(|thing| !thing.deployed && thing.holder.incarnation == dead);
    slipway_tests::docker::remove_all(&owner);
    assert!(asked);
}

/// A volume as a worker that was killed leaves it.
fn abandon(owner: &str, dispatch: &Dispatch, incarnation: Incarnation) -> String {
    let labels = [
        format!("slipway.owner={owner}"),
        "slipway.kind=volume".to_owned(),
        format!("slipway.task={}", dispatch.task.id),
        format!("slipway.execution={}", dispatch.execution),
        format!("slipway.lease={}", dispatch.lease),
        format!("slipway.incarnation={incarnation}"),
    ];
    let mut command = std::process::Command::new("docker");
    command.args(["volume", "create"]);
    for label in labels {
        command.args(["--label", &label]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
