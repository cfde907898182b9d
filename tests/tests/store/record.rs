//! Events and what comes of them.

use slipway_protocol::event::Cause;
use slipway_protocol::{Approval, Data, Event, EventId, Incarnation};
use slipway_store::{AttemptOutcome, Change, Entry, ExecutionStatus, Outcome, TaskStatus};
use slipway_workflow::{Reason, Status};
use time::Duration;

use crate::world::{Story, World, commit, id, normal_task, now, outgoing, request};

#[tokio::test]
async fn a_run_is_read_back_as_it_was_written_through_all_of_its_steps() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let worker = Incarnation::new(id());
    let mut phases = Vec::new();
    while !matches!(story.run.status(), Status::Completed) {
        let record = world.store.task(story.task()).await.unwrap().unwrap();
        phases.push(record.current_phase.unwrap());
        let holder = story.start(worker);
        story.commit(&world).await;
        story.finish(holder);
        story.commit(&world).await;
        let mut tick = world.tick().await;
        let locked = tick.lock_runs(&[story.run.id()]).await.unwrap();
        assert_eq!(locked[&story.run.id()].run, story.run);
    }
    assert_eq!(phases, ["plan", "architecture", "code", "test", "review", "deploy"]);
    let record = world.store.task(story.task()).await.unwrap().unwrap();
    assert_eq!((record.status, record.current_phase.as_deref()), (TaskStatus::Completed, Some("deploy")));
    assert_eq!(record.head.as_ref(), Some(story.run.head()));
    assert!(record.finished_at.is_some());

    let executions = world.store.executions(story.task()).await.unwrap();
    assert_eq!(executions.len(), 6);
    for execution in &executions {
        assert_eq!((execution.status, execution.incarnation), (ExecutionStatus::Done, Some(worker)));
        assert!(execution.started_at.is_some() && execution.ended_at.is_some(), "{execution:?}");
    }
    let attempts = world.store.attempts(story.task()).await.unwrap();
    let agents: Vec<&str> = attempts.iter().map(|attempt| attempt.agent.as_str()).collect();
    assert_eq!(agents, ["planner", "architect", "coder", "tester", "reviewer", "deployer"]);
    assert!(attempts.iter().all(|attempt| attempt.outcome == AttemptOutcome::Done));
    let metrics = "SELECT count(*) FROM agent_metrics
                   WHERE attempts = 1 AND failures = 0 AND running = 0 AND mean_seconds >= 0 AND p95_seconds >= 0";
    assert_eq!(world.number(metrics).await, 6);
}

#[tokio::test]
async fn a_whole_run_in_one_batch_leaves_what_one_event_at_a_time_leaves() {
    let world = World::new().await;
    let task = normal_task();
    world.accept(&request(&task)).await;
    let mut story = Story::new(&world.definition, &task);
    let worker = Incarnation::new(id());
    while !matches!(story.run.status(), Status::Completed) {
        let holder = story.start(worker);
        story.finish(holder);
    }
    story.commit(&world).await;
    assert_eq!(world.store.run(task.id).await.unwrap().as_ref(), Some(&story.run));
    let executions = world.store.executions(task.id).await.unwrap();
    assert!(executions.iter().all(|it| it.status == ExecutionStatus::Done && it.incarnation == Some(worker)));
    assert_eq!(world.store.attempts(task.id).await.unwrap().len(), 6);
    let events = world.store.events(task.id, 0, 100).await.unwrap();
    let order: Vec<&str> = events.iter().map(|recorded| recorded.event.event_type()).collect();
    assert_eq!(order[..3], ["task.initiated", "execution.started", "plan.created"]);
    assert!(events.windows(2).all(|pair| pair[0].seq < pair[1].seq));
}

#[tokio::test]
async fn an_event_that_is_remembered_is_seen_and_is_not_kept_twice_in_one_batch() {
    let world = World::new().await;
    let task = normal_task();
    world.accept(&request(&task)).await;
    let mut story = Story::new(&world.definition, &task);
    let (event, other) = (story.events[0].0.clone(), EventId::new(id()));
    story.commit(&world).await;
    let mut tick = world.tick().await;
    let seen = tick.seen(&[event.id, other]).await.unwrap();
    assert!(seen.contains(&event.id) && !seen.contains(&other));
    let entry = Entry { event: &event, outcome: Outcome::Ignored(Reason::Irrelevant) };
    let error = tick.record(&[entry, entry], &[], &[]).await.unwrap_err();
    assert_eq!(error.code(), "store.data");
    drop(tick);
    assert_eq!(world.store.feed(0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_id_that_was_remembered_before_its_own_event_does_not_stop_the_batch() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let holder = story.start(Incarnation::new(id()));
    story.commit(&world).await;
    let progress = Data::TaskProgress { step: "plan".parse().unwrap(), message: "m".into() };
    let forged = Event { id: EventId::terminal(&holder), ..story.event(None, progress) };
    let entry = Entry { event: &forged, outcome: Outcome::Ignored(Reason::Irrelevant) };
    let mut tick = world.tick().await;
    tick.record(&[entry], &[], &[]).await.unwrap();
    tick.commit().await.unwrap();

    story.finish(holder);
    let mut tick = world.tick().await;
    tick.lock_runs(&[story.run.id()]).await.unwrap();
    story.keep(&mut tick, Some(outgoing("events/x"))).await;
    tick.commit().await.unwrap();
    let events = world.store.events(story.task(), 0, 10).await.unwrap();
    let logged: Vec<_> = events
        .iter()
        .filter(|recorded| recorded.event.id == forged.id)
        .map(|recorded| (recorded.event.event_type(), recorded.outcome))
        .collect();
    let ignored = Outcome::Ignored(Reason::Irrelevant);
    assert_eq!(logged, [(forged.event_type(), ignored), ("plan.created", Outcome::Applied)]);
    assert_eq!(world.store.run(story.task()).await.unwrap().as_ref(), Some(&story.run));
    assert_eq!(world.number("SELECT count(*) FROM outbox").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM event_ids").await, 3);
    assert!(world.tick().await.seen(&[forged.id]).await.unwrap().contains(&forged.id));
}

#[tokio::test]
async fn a_stale_result_is_kept_as_stale_and_changes_nothing() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let (mine, other) = (Incarnation::new(id()), Incarnation::new(id()));
    let holder = story.start(mine);
    story.commit(&world).await;
    let before = world.store.executions(story.task()).await.unwrap();
    let stale = slipway_protocol::Holder { incarnation: other, ..holder };
    let data = Data::Result {
        report: crate::world::report(slipway_protocol::ReportKind::Plan),
        commit: commit(9),
        artefacts: Vec::new(),
    };
    let event = story.event(Some(stale), data);
    assert_eq!(story.tell(event.clone()), Outcome::Ignored(Reason::Stale));
    let mut tick = world.tick().await;
    let entry = Entry { event: &event, outcome: Outcome::Ignored(Reason::Stale) };
    tick.record(&[entry], &[], &[]).await.unwrap();
    tick.commit().await.unwrap();
    assert_eq!(world.store.executions(story.task()).await.unwrap(), before);
    let last = world.store.events(story.task(), 0, 100).await.unwrap().pop().unwrap();
    assert_eq!((last.event, last.outcome), (microseconds(&event), Outcome::Ignored(Reason::Stale)));
}

/// The log holds the event as it is sent.
fn microseconds(event: &Event) -> Event {
    Event::from_json(&event.to_json()).unwrap()
}

#[tokio::test]
async fn a_change_of_a_run_that_was_not_locked_or_that_has_moved_is_refused_whole() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    story.start(Incarnation::new(id()));
    let error = story.try_keep(&mut world.tick().await, Some(outgoing("events/x"))).await.unwrap_err();
    assert_eq!(error.code(), "store.data");

    let mut tick = world.tick().await;
    tick.lock_runs(&[story.run.id()]).await.unwrap();
    story.keep(&mut tick, None).await;
    tick.commit().await.unwrap();
    let version = "SELECT version::text FROM runs WHERE task_id = $1";
    assert_eq!(world.text(version, story.task()).await.as_deref(), Some("2"));

    let again = Story::new(&world.definition, story.run.task());
    let error = again.try_keep(&mut world.tick().await, None).await.unwrap_err();
    assert_eq!(error.code(), "store.data", "a run does not begin twice");
    assert_eq!(world.number("SELECT count(*) FROM outbox").await, 0);
    assert_eq!(world.store.run(story.task()).await.unwrap(), Some(story.run));
}

#[tokio::test]
async fn several_changes_of_one_run_in_one_tick_follow_each_other() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let mut tick = world.tick().await;
    tick.lock_runs(&[story.run.id()]).await.unwrap();
    let holder = story.start(Incarnation::new(id()));
    story.keep(&mut tick, None).await;
    story.settle();
    story.finish(holder);
    story.keep(&mut tick, None).await;
    let change = Change {
        definition: &story.definition,
        before: Some(&story.run),
        after: &story.run,
        not_before: &story.not_before,
    };
    assert_eq!(tick.record(&[], &[change, change], &[]).await.unwrap_err().code(), "store.data");
}

#[tokio::test]
async fn failed_released_and_abandoned_attempts_are_told_apart() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let failed = story.start(Incarnation::new(id()));
    let data = Data::ExecutionFailed {
        cause: Cause::Crash,
        retryable: true,
        message: "the process\0ended".into(),
        code: Some("worker.panic".into()),
    };
    let event = story.event(Some(failed), data);
    story.tell(event);
    let wait = now() + Duration::hours(1);
    story.not_before.insert(failed.execution, wait);
    story.commit(&world).await;
    let execution = world.store.executions(story.task()).await.unwrap().remove(0);
    assert_eq!(
        (execution.status, execution.attempt, execution.lease.number()),
        (ExecutionStatus::Ready, 2, 2)
    );
    assert_eq!(execution.last_failure.unwrap().cause, Cause::Crash);
    assert_eq!(execution.not_before.unwrap().unix_timestamp(), wait.unix_timestamp());
    assert_eq!((execution.incarnation, execution.started_at), (None, None));

    let released = story.start(Incarnation::new(id()));
    story.commit(&world).await;
    let event = story.event(Some(released), Data::ExecutionReleased { reason: "soft stop".into() });
    story.tell(event);
    story.commit(&world).await;
    // Nobody took this lease, so that taking it back is no attempt.
    let untaken = story.holder(Incarnation::new(id()));
    let event = story.event(Some(untaken), Data::ExecutionReleased { reason: "not started".into() });
    story.tell(event);
    story.commit(&world).await;

    story.start(Incarnation::new(id()));
    story.commit(&world).await;
    let event = story.event(None, Data::TaskCancelled { by: "ada".into() });
    story.tell(event);
    story.commit(&world).await;

    let attempts = world.store.attempts(story.task()).await.unwrap();
    let outcomes: Vec<_> = attempts.iter().map(|attempt| (attempt.lease.number(), attempt.outcome)).collect();
    let expected =
        [(1, AttemptOutcome::Failed), (2, AttemptOutcome::Released), (4, AttemptOutcome::Abandoned)];
    assert_eq!(outcomes, expected);
    let failure = attempts[0].failure.clone().unwrap();
    assert_eq!((failure.cause, failure.code.as_deref()), (Cause::Crash, Some("worker.panic")));
    assert_eq!(failure.message, "the process\u{fffd}ended");
    let record = world.store.task(story.task()).await.unwrap().unwrap();
    assert_eq!((record.status, record.reason.as_deref()), (TaskStatus::Cancelled, Some("cancelled by ada")));
    assert_eq!(record.current_phase.as_deref(), Some("plan"), "the phase in which it ended");
}

#[tokio::test]
async fn an_attempt_that_began_and_was_cut_off_in_one_batch_is_abandoned() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let holder = story.start(Incarnation::new(id()));
    let event = story.event(None, Data::TaskCancelled { by: "ada".into() });
    story.tell(event);
    story.commit(&world).await;
    let attempts = world.store.attempts(story.task()).await.unwrap();
    assert_eq!((attempts.len(), attempts[0].outcome), (1, AttemptOutcome::Abandoned));
    let execution = world.store.executions(story.task()).await.unwrap().remove(0);
    assert_eq!(
        (execution.status, execution.incarnation),
        (ExecutionStatus::Abandoned, Some(holder.incarnation))
    );
}

#[tokio::test]
async fn a_task_that_waits_for_a_person_shows_the_step_that_waits() {
    let world = World::new().await;
    let mut task = normal_task();
    task.approval = Approval::Manual;
    let mut story = world.begun(&task).await;
    while matches!(story.run.status(), Status::Running) {
        let holder = story.start(Incarnation::new(id()));
        story.finish(holder);
    }
    story.commit(&world).await;
    let record = world.store.task(task.id).await.unwrap().unwrap();
    assert_eq!(
        (record.status, record.current_phase.as_deref()),
        (TaskStatus::AwaitingApproval, Some("deploy"))
    );
}

#[tokio::test]
async fn what_postgres_refuses_in_text_is_kept_in_events_and_states() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let data = Data::TaskProgress { step: "plan".parse().unwrap(), message: "a\0b \u{1f6a2} \u{7f}".into() };
    let event = Event { source: "slipway/pl\0anner".into(), ..story.event(None, data) };
    assert_eq!(story.tell(event.clone()), Outcome::Ignored(Reason::Irrelevant));
    let cancel = story.event(None, Data::TaskCancelled { by: "a\0da".into() });
    story.tell(cancel);
    story.commit(&world).await;
    let events = world.store.events(story.task(), 1, 10).await.unwrap();
    assert_eq!(events[0].event, microseconds(&event));
    assert_eq!(world.store.run(story.task()).await.unwrap(), Some(story.run));
}
