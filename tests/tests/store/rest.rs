//! The outbox, the fleet, lists and counts, and what is forgotten.

use std::collections::BTreeMap;
use std::time::Duration;

use slipway_protocol::fleet::{Load, Slots};
use slipway_protocol::{Data, Incarnation, Priority};
use slipway_store::{Entry, Instance, Outcome, Pause, Retention, TaskFilter, TaskStatus};
use slipway_workflow::Reason;
use sqlx::Executor as _;

use crate::world::{World, id, normal_task, now, outgoing, request, task};

#[tokio::test]
async fn what_was_not_published_stays_in_its_order_until_it_is() {
    let world = World::new().await;
    let messages = [outgoing("events/a"), outgoing("dispatch/b"), outgoing("reply/c")];
    let mut tick = world.tick().await;
    tick.record(&[], &[], &messages).await.unwrap();
    assert!(world.store.outbox(Duration::ZERO, 10).await.unwrap().is_empty(), "it is not committed");
    tick.commit().await.unwrap();
    assert!(world.store.outbox(Duration::from_mins(10), 10).await.unwrap().is_empty(), "it is too young");
    assert_eq!(world.store.outbox(Duration::ZERO, 10).await.unwrap(), messages);
    assert_eq!(world.store.outbox(Duration::ZERO, 1).await.unwrap(), messages[..1]);
    let mut tick = world.tick().await;
    tick.record(&[], &[], &messages[1..]).await.unwrap();
    tick.commit().await.unwrap();
    world.store.published(&[messages[0].id, messages[2].id]).await.unwrap();
    assert_eq!(world.store.outbox(Duration::ZERO, 10).await.unwrap(), messages[1..2]);
    let counts = world.store.counts().await.unwrap();
    assert_eq!((counts.outbox, counts.outbox_oldest.is_some()), (1, true));
}

#[tokio::test]
async fn tasks_are_listed_page_by_page_the_newest_first() {
    let world = World::new().await;
    let start = now();
    let mut tasks = Vec::new();
    for number in 0..5 {
        let priority = if number % 2 == 0 { Priority::Normal } else { Priority::High };
        // Two of them are asked for at the same moment.
        let task = task(priority, start + time::Duration::seconds(number / 2));
        world.accept(&request(&task)).await;
        tasks.push(task.id);
    }
    let filter = TaskFilter::default();
    let (mut listed, mut cursor) = (Vec::new(), None);
    loop {
        let page = world.store.tasks(&filter, cursor, 2).await.unwrap();
        listed.extend(page.items.iter().map(|item| item.task.id));
        let Some(next) = page.next else { break };
        cursor = Some(next.to_string().parse().unwrap());
    }
    assert_eq!(listed.len(), 5);
    assert_eq!(listed[0], tasks[4]);
    listed.sort_unstable();
    tasks.sort_unstable();
    assert_eq!(listed, tasks);

    let high = TaskFilter { priority: Some(Priority::High), ..TaskFilter::default() };
    assert_eq!(world.store.tasks(&high, None, 10).await.unwrap().items.len(), 2);
    let ended =
        TaskFilter { status: vec![TaskStatus::Failed, TaskStatus::Completed], ..TaskFilter::default() };
    assert!(world.store.tasks(&ended, None, 10).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_feed_that_goes_on_from_its_last_event_misses_none() {
    let world = World::new().await;
    assert_eq!(world.store.last_seq().await.unwrap(), 0);
    let stories = [world.begun(&normal_task()).await, world.begun(&normal_task()).await];
    let first = world.store.feed(0, 1).await.unwrap().remove(0);
    let second = world.store.feed(first.seq, 10).await.unwrap();
    assert_eq!((first.event.task, second[0].event.task), (stories[0].task(), stories[1].task()));
    assert_eq!(world.store.last_seq().await.unwrap(), second[0].seq);
    assert!(world.store.feed(second[0].seq, 10).await.unwrap().is_empty());
    assert!(world.store.feed(u64::MAX, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn counts_tell_what_waits() {
    let world = World::new().await;
    world.begun(&normal_task()).await;
    world.accept(&request(&normal_task())).await;
    let counts = world.store.counts().await.unwrap();
    assert_eq!(counts.tasks, BTreeMap::from([(TaskStatus::Pending, 1), (TaskStatus::Running, 1)]));
    assert_eq!(counts.ready, BTreeMap::from([("planner".parse().unwrap(), 1)]));
    assert_eq!((counts.outbox, counts.outbox_oldest), (0, None));
}

fn instance(incarnation: Incarnation, busy: u32) -> Instance {
    let slots = |agent: &str| Slots { agent: agent.parse().unwrap(), slots: 2, busy };
    Instance {
        incarnation,
        worker: "coder-1".into(),
        version: "0.1.0".into(),
        // What a worker says twice is written once.
        agents: vec![slots("coder"), slots("tester"), slots("coder")],
        draining: false,
        load: Load { one_minute: 0.5, resident_bytes: 1 << 40 },
    }
}

#[tokio::test]
async fn workers_are_shown_as_their_newest_beat_says_and_are_gone_after_a_silence() {
    let world = World::new().await;
    let (one, two) = (Incarnation::new(id()), Incarnation::new(id()));
    world.store.beats(&[instance(one, 0), instance(two, 0)]).await.unwrap();
    world.store.beats(&[instance(one, 1)]).await.unwrap();
    let seen = world.store.instances(100).await.unwrap();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|it| it.ended_at.is_none() && it.instance.agents.len() == 2));
    let first = seen.iter().find(|it| it.instance.incarnation == one).unwrap();
    assert_eq!((first.instance.agents[0].busy, first.instance.load.resident_bytes), (1, 1 << 40));

    world.sql.execute("UPDATE agent_instances SET last_seen_at = now() - interval '1 minute'").await.unwrap();
    world.store.beats(&[instance(one, 0)]).await.unwrap();
    let seen = world.store.instances(100).await.unwrap();
    let gone: Vec<_> =
        seen.iter().filter(|it| it.ended_at.is_some()).map(|it| it.instance.incarnation).collect();
    assert_eq!(gone, [two]);
    world.store.beats(&[instance(two, 0)]).await.unwrap();
    assert!(world.store.instances(100).await.unwrap().iter().all(|it| it.ended_at.is_none()), "it came back");
    world.store.beats(&[]).await.unwrap();
}

#[tokio::test]
async fn an_agents_version_is_registered_once() {
    let world = World::new().await;
    let agent = |version: &str, role: &str| {
        ("coder".parse().unwrap(), version.to_owned(), serde_json::json!({ "role": role }))
    };
    world.store.register_agents(&[agent("1", "coder"), agent("2", "coder")]).await.unwrap();
    world.store.register_agents(&[agent("1", "changed")]).await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM agent_registry").await, 2);
    assert_eq!(
        world.number("SELECT count(*) FROM agent_registry WHERE definition->>'role' = 'coder'").await,
        2
    );
}

#[tokio::test]
async fn ended_tasks_are_forgotten_with_all_that_hangs_on_them_and_others_are_kept() {
    let world = World::new().await;
    let mut old = world.begun(&normal_task()).await;
    let kept = world.begun(&normal_task()).await;
    old.start(Incarnation::new(id()));
    let mut tick = world.tick().await;
    tick.set_pause(&Pause::Task(old.task()), "ada", true).await.unwrap();
    tick.commit().await.unwrap();
    let event = old.event(None, Data::TaskCancelled { by: "ada".into() });
    old.tell(event);
    old.commit(&world).await;
    assert_eq!(world.store.prune(&Retention::default()).await.unwrap().tasks, []);

    world
        .sql
        .execute("UPDATE tasks SET finished_at = now() - interval '31 days' WHERE finished_at IS NOT NULL")
        .await
        .unwrap();
    world.sql.execute("UPDATE event_ids SET seen_at = now() - interval '8 days'").await.unwrap();
    let pruned = world.store.prune(&Retention::default()).await.unwrap();
    assert_eq!((pruned.tasks.as_slice(), pruned.event_ids, pruned.more), ([old.task()].as_slice(), 4, false));
    for query in [
        "SELECT count(*) FROM tasks",
        "SELECT count(*) FROM runs",
        "SELECT count(*) FROM executions",
        "SELECT count(*) FROM event_log",
        "SELECT count(*) + 1 FROM agent_execution_history",
        "SELECT count(*) + 1 FROM pauses",
        "SELECT count(*) + 1 FROM event_ids",
    ] {
        assert_eq!(world.number(query).await, 1, "{query}");
    }
    assert_eq!(world.store.run(kept.task()).await.unwrap(), Some(kept.run.clone()));

    // An event of a task that is gone is kept, and forgotten in its turn.
    let mut late = old.event(None, Data::TaskCompleted);
    late.time -= time::Duration::days(40);
    let mut tick = world.tick().await;
    let entry = Entry { event: &late, outcome: Outcome::Ignored(Reason::Late) };
    tick.record(&[entry], &[], &[]).await.unwrap();
    tick.commit().await.unwrap();
    assert_eq!(world.store.prune(&Retention::default()).await.unwrap().late_events, 1);
}
