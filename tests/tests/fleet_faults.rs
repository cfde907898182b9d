//! What is done to a fleet, and that nothing is lost by it and nothing done twice. After each fault the checker reads
//! Postgres, the broker, Git and the processes' folders.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use slipway_protocol::TaskId;
use slipway_runtime::{Clock as _, SystemClock};
use slipway_tests::checker::Checker;
use slipway_tests::fleet::{Fleet, try_post};
use slipway_tests::services::{Service, Services, eventually};
use slipway_tests::trace::Trace;

const ALL: &str = "planner,architect,coder,tester,reviewer,deployer";
const PROMPT: &str = "build a url shortener";

/// A fleet of one coordinator and the workers `workers`, ready for tasks.
async fn fleet_on(services: &Services, workers: &[&str]) -> (Fleet, String, Checker) {
    let mut fleet = Fleet::new(services.place().await);
    let api = fleet.coordinator("coordinator", &[]);
    for worker in workers {
        fleet.worker(worker, ALL, &[]);
    }
    let checker = Checker::connect(&fleet.place.database_url).await;
    fleet.ready(&api).await;
    (fleet, api, checker)
}

/// Sends a task until it is taken, with one key, as a careful client does; ended processes are started again meanwhile.
async fn submit(fleet: &mut Fleet, api: &str) -> TaskId {
    let key = SystemClock.new_id().to_string();
    let task = json!({ "prompt": PROMPT, "preview": "compose_only", "idempotency_key": key });
    for _ in 0..400 {
        match try_post(&format!("{api}/api/tasks"), &task).await {
            Some((200 | 201, answer)) => return answer["id"].as_str().unwrap().parse().unwrap(),
            Some((503, _)) | None => {}
            Some((other, answer)) => panic!("{other}: {answer}"),
        }
        fleet.restart_ended();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no coordinator led for twenty seconds\n{}", fleet.logs());
}

/// Waits until every task has ended; processes that ended are started again meanwhile, without their faults.
async fn until_quiet(fleet: &mut Fleet, checker: &Checker) {
    for _ in 0..2400 {
        fleet.restart_ended();
        if checker.is_settled(fleet).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not quiet within a minute: {:?}\n{}", checker.statuses().await, fleet.logs());
}

async fn expect_all_completed(fleet: &Fleet, checker: &Checker, tasks: &[TaskId]) {
    let wanted = BTreeMap::from([("completed".to_owned(), i64::try_from(tasks.len()).unwrap())]);
    assert_eq!(checker.statuses().await, wanted, "{}", fleet.logs());
    checker.check(fleet, tasks).await.expect_clean();
    checker.check_queues(fleet).await.expect_clean();
}

/// How often each point of a process was hit.
fn hits(log: &Path) -> BTreeMap<String, u32> {
    let mut hits = BTreeMap::new();
    for point in std::fs::read_to_string(log).unwrap_or_default().lines() {
        *hits.entry(point.to_owned()).or_insert(0) += 1;
    }
    hits
}

/// Runs a task once per hit of `points` of the process `name`, and has the process die at that hit.
async fn killed_at_each_hit(name: &str, points: &[&str]) {
    let (mut fleet, api, checker) = fleet_on(Services::shared().await, &["worker"]).await;
    let log = fleet.folder.path().join("hits");
    let process = fleet.process(name);
    process.kill();
    process.start(&[("FAULT_LOG", log.to_str().unwrap())]);
    let mut tasks = vec![submit(&mut fleet, &api).await];
    until_quiet(&mut fleet, &checker).await;
    let hits = hits(&log);
    let (mut deaths, mut rules) = (0, 0);
    for point in points {
        let point = format!("{name}/{point}");
        let count = *hits.get(&point).unwrap_or_else(|| panic!("{point} was not hit: {hits:?}"));
        for hit in 1..=count {
            let rule = format!("{point}=abort@{hit}");
            rules += 1;
            let process = fleet.process(name);
            process.kill();
            process.start(&[("FAULT_POINTS", &rule)]);
            let lives = fleet.restarts();
            tasks.push(submit(&mut fleet, &api).await);
            until_quiet(&mut fleet, &checker).await;
            let verdict = checker.check(&fleet, &tasks).await;
            assert!(verdict.0.is_empty(), "{rule}: {:?}\n{}", verdict.0, fleet.logs());
            deaths += fleet.restarts() - lives;
        }
    }
    // Another life has its own rhythm, so its last hit may not come.
    assert!(deaths * 10 >= rules * 7, "{deaths} of {rules} rules killed the {name}");
    expect_all_completed(&fleet, &checker, &tasks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_killed_whenever_it_takes_announces_or_pushes() {
    killed_at_each_hit("worker", &["taken", "started-published", "granted", "before-push", "pushed"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_be_killed_whenever_it_tells_what_came_of_a_step() {
    killed_at_each_hit("worker", &["performed", "spooled", "published", "acked"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_coordinator_may_be_killed_around_every_commit() {
    killed_at_each_hit("coordinator", &["before-commit", "committed"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_coordinator_may_be_killed_around_every_publication() {
    killed_at_each_hit("coordinator", &["published", "acknowledged"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deed_whose_answer_is_lost_is_done_once_and_one_that_failed_is_done_again() {
    let (mut fleet, api, checker) = fleet_on(Services::shared().await, &["worker"]).await;
    let mut tasks = Vec::new();
    for (name, rules) in [
        (
            "coordinator",
            "coordinator/committed=error@2;coordinator/committed=error@5;coordinator/committed=error@6",
        ),
        ("coordinator", "coordinator/before-commit=error@3;coordinator/before-commit=error@4"),
        ("coordinator", "coordinator/published=error@2;coordinator/acknowledged=error@3"),
        ("worker", "worker/before-push=error@1;worker/pushed=error@2"),
        ("worker", "worker/published=error@1;worker/spooled=error@2;worker/performed=error@3"),
        ("worker", "worker/started-published=error@1;worker/granted=error@1"),
        ("worker", "worker/published=delay:800@2;worker/pushed=delay:800@1"),
    ] {
        let process = fleet.process(name);
        process.kill();
        process.start(&[("FAULT_POINTS", rules)]);
        tasks.push(submit(&mut fleet, &api).await);
        until_quiet(&mut fleet, &checker).await;
        let verdict = checker.check(&fleet, &tasks).await;
        assert!(verdict.0.is_empty(), "{rules}: {:?}\n{}", verdict.0, fleet.logs());
    }
    expect_all_completed(&fleet, &checker, &tasks).await;
}

/// A worker that is paused at `point` until its lease is another's, and then goes on.
async fn paused_past_its_lease(point: &str) {
    let (mut fleet, api, checker) = fleet_on(Services::shared().await, &[]).await;
    let log = fleet.folder.path().join("hits");
    let rule = format!("{point}=delay:2000@1");
    fleet.worker("sleeper", ALL, &[("FAULT_POINTS", &rule), ("FAULT_LOG", log.to_str().unwrap())]);
    let task = submit(&mut fleet, &api).await;
    eventually("the worker to come to the point", || async { hits(&log).contains_key(point) }).await;
    fleet.process("sleeper").signal("STOP");
    fleet.worker("other", ALL, &[]);
    eventually("the other worker to finish", || async { checker.is_quiet().await }).await;
    fleet.process("sleeper").signal("CONT");
    checker.quiet(&fleet).await;
    expect_all_completed(&fleet, &checker, &[task]).await;
    assert!(checker.attempts(task).await.values().any(|attempt| *attempt == 2), "the pause was not noticed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_paused_past_its_lease_before_its_push_changes_nothing() {
    paused_past_its_lease("worker/before-push").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_paused_past_its_lease_after_its_push_changes_nothing() {
    paused_past_its_lease("worker/pushed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatch_that_kills_whatever_takes_it_fails_its_task_with_the_true_cause() {
    for (point, cause) in [("worker/taken", "worker.crash-loop"), ("worker/before-push", "worker.lost")] {
        let (mut fleet, api, checker) = fleet_on(Services::shared().await, &[]).await;
        let rule = format!("{point}=abort");
        fleet.worker("worker", ALL, &[("FAULT_POINTS", &rule)]);
        let task = submit(&mut fleet, &api).await;
        for _ in 0..1200 {
            if fleet.process("worker").has_ended() {
                fleet.process("worker").start(&[("FAULT_POINTS", &rule)]);
            }
            if checker.is_quiet().await {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let told = slipway_tests::fleet::get(&format!("{api}/api/tasks/{task}")).await;
        assert_eq!(told["status"], "failed", "{point}: {told}");
        assert!(told.to_string().contains(cause), "{point}: {told}");
        checker.check(&fleet, &[task]).await.expect_clean();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_worker_hands_back_what_it_has_and_no_attempt_is_spent() {
    let (mut fleet, api, checker) = fleet_on(Services::shared().await, &[]).await;
    let log = fleet.folder.path().join("hits");
    fleet.set("SLIPWAY_WORKER__GRACE_SECONDS", "0.2");
    fleet.worker(
        "first",
        ALL,
        &[("FAULT_POINTS", "worker/before-push=delay:60000"), ("FAULT_LOG", log.to_str().unwrap())],
    );
    let task = submit(&mut fleet, &api).await;
    eventually("the worker to be in a step", || async { hits(&log).contains_key("worker/before-push") })
        .await;
    let _code = fleet.process("first").stop();
    fleet.worker("second", ALL, &[]);
    eventually("the second worker to finish", || async { checker.is_quiet().await }).await;
    // What the first life said is kept on its disk until a later one hears that it is settled.
    fleet.process("first").start(&[]);
    until_quiet(&mut fleet, &checker).await;
    expect_all_completed(&fleet, &checker, &[task]).await;
    assert!(
        checker.attempts(task).await.values().all(|attempt| *attempt == 1),
        "{:?}",
        checker.attempts(task).await
    );
    assert!(checker.endings().await.contains_key("released"), "{:?}", checker.endings().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_coordinator_takes_over_and_the_first_one_writes_nothing_when_it_wakes() {
    let (mut fleet, api, checker) = fleet_on(Services::shared().await, &["worker"]).await;
    let standby = fleet.coordinator("standby", &[]);
    let mut tasks = vec![submit(&mut fleet, &api).await];
    fleet.process("coordinator").signal("STOP");
    tasks.push(submit(&mut fleet, &standby).await);
    until_quiet(&mut fleet, &checker).await;
    fleet.process("coordinator").signal("CONT");
    tasks.push(submit(&mut fleet, &standby).await);
    until_quiet(&mut fleet, &checker).await;
    fleet.process("standby").kill();
    tasks.push(submit(&mut fleet, &api).await);
    until_quiet(&mut fleet, &checker).await;
    expect_all_completed(&fleet, &checker, &tasks).await;
}

/// An outage in which no worker can say that it lives.
async fn longer_than_a_lease() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_may_be_killed_restarted_and_the_broker_wiped_under_load() {
    let services = Services::own().await;
    let mut fleet = Fleet::new(services.home().await);
    let api = fleet.coordinator("coordinator", &[]);
    fleet.worker("one", ALL, &[]);
    fleet.worker("two", ALL, &[]);
    fleet.ready(&api).await;
    let mut tasks = Vec::new();
    for fault in ["kill the broker", "wipe the broker", "restart postgres"] {
        for _ in 0..4 {
            tasks.push(submit(&mut fleet, &api).await);
        }
        tokio::time::sleep(Duration::from_millis(1500)).await;
        match fault {
            "kill the broker" => {
                services.kill(Service::RabbitMq).await;
                longer_than_a_lease().await;
                services.start(Service::RabbitMq).await;
            }
            "wipe the broker" => services.wipe_rabbitmq().await,
            _ => {
                services.stop(Service::Postgres).await;
                longer_than_a_lease().await;
                services.start(Service::Postgres).await;
            }
        }
        let checker = Checker::connect(&fleet.place.database_url).await;
        until_quiet(&mut fleet, &checker).await;
        let verdict = checker.check(&fleet, &tasks).await;
        assert!(verdict.0.is_empty(), "{fault}: {:?}\n{}", verdict.0, fleet.logs());
        for task in &tasks {
            let attempts = checker.attempts(*task).await;
            assert!(
                attempts.values().all(|attempt| *attempt == 1),
                "{fault}: {attempts:?}\n{}",
                fleet.logs()
            );
        }
    }
    let checker = Checker::connect(&fleet.place.database_url).await;
    expect_all_completed(&fleet, &checker, &tasks).await;
    drop(fleet);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_come_twice_or_late_or_from_a_holder_that_never_was_change_nothing() {
    let (mut fleet, api, checker) = fleet_on(Services::shared().await, &["worker"]).await;
    let trace = Trace::start(&fleet.place.operator_url).await;
    let first = submit(&mut fleet, &api).await;
    until_quiet(&mut fleet, &checker).await;
    let seen = trace.take().await;
    let broker = fleet.place.worker();
    let second = submit(&mut fleet, &api).await;
    for body in seen.bodies.iter().rev() {
        slipway_tests::trace::publish_again(broker.as_ref(), body).await;
    }
    until_quiet(&mut fleet, &checker).await;
    for body in &seen.bodies {
        slipway_tests::trace::publish_stale(broker.as_ref(), body).await;
    }
    let third = submit(&mut fleet, &api).await;
    until_quiet(&mut fleet, &checker).await;
    expect_all_completed(&fleet, &checker, &[first, second, third]).await;
}

/// A fleet whose coordinator lacks the guard `mutant`, with a trace of what passes over its broker.
async fn mutated(mutant: &str, faults: &[(&str, &str)]) -> (Fleet, String, Checker, Trace) {
    let mut fleet = Fleet::new(Services::shared().await.place().await);
    let faults: Vec<(&str, &str)> =
        [("FAULT_MUTANT", mutant)].into_iter().chain(faults.iter().copied()).collect();
    let api = fleet.coordinator("coordinator", &faults);
    let checker = Checker::connect(&fleet.place.database_url).await;
    fleet.ready(&api).await;
    let trace = Trace::start(&fleet.place.operator_url).await;
    (fleet, api, checker, trace)
}

/// A task whose planner is slow, and a plan for it by a holder that never was.
async fn forged_plan(mutant: &str) -> (Fleet, Checker, Vec<TaskId>) {
    let (mut fleet, api, checker, trace) = mutated(mutant, &[]).await;
    fleet.worker("worker", ALL, &[]);
    let first = submit(&mut fleet, &api).await;
    until_quiet(&mut fleet, &checker).await;
    let seen = trace.take().await;
    fleet.process("worker").kill();
    fleet.process("worker").start(&[("FAULT_POINTS", "worker/performed=delay:2000@1")]);
    let second = submit(&mut fleet, &api).await;
    eventually("the plan to be begun", || async { checker.has_started(second).await }).await;
    slipway_tests::trace::forge_plan(fleet.place.worker().as_ref(), &seen, second).await;
    until_quiet(&mut fleet, &checker).await;
    (fleet, checker, vec![first, second])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_of_a_holder_that_never_was_changes_nothing() {
    let (fleet, checker, tasks) = forged_plan("").await;
    expect_all_completed(&fleet, &checker, &tasks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_without_its_fence_fails_the_checks() {
    let (fleet, checker, tasks) = forged_plan("no-fence").await;
    let wrong = checker.check(&fleet, &tasks).await.0;
    assert!(wrong.iter().any(|line| line.starts_with("I4") || line.starts_with("I3")), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_without_its_memory_of_events_fails_the_checks() {
    let (mut fleet, api, checker, trace) = mutated("no-dedupe", &[]).await;
    fleet.worker("worker", ALL, &[]);
    let task = submit(&mut fleet, &api).await;
    until_quiet(&mut fleet, &checker).await;
    let broker = fleet.place.worker();
    for body in trace.take().await.bodies {
        slipway_tests::trace::publish_again(broker.as_ref(), &body).await;
    }
    checker.check_queues(&fleet).await.expect_clean();
    let wrong = checker.check(&fleet, &[task]).await.0;
    assert!(wrong.iter().any(|line| line.contains("in the log twice")), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_that_publishes_before_it_commits_fails_the_checks() {
    let dies = [("FAULT_POINTS", "coordinator/published-first=abort@1")];
    let (mut fleet, api, checker, trace) = mutated("publish-first", &dies).await;
    fleet.worker("worker", ALL, &[]);
    submit(&mut fleet, &api).await;
    eventually("the coordinator to die", || async {
        reqwest::get(format!("{api}/api/fleet")).await.is_err()
    })
    .await;
    let wrong = checker.check_trace(&trace.take().await, false).await.0;
    assert!(wrong.iter().any(|line| line.contains("not in the log")), "{wrong:?}");
}
