//! Ready executions, and those that were handed out.

use slipway_protocol::{AgentId, ExecutionId, Incarnation, Lease, Priority, Task};
use slipway_store::{ExecutionStatus, FlightState, Pause, Ready};
use time::Duration;

use crate::world::{Story, World, id, normal_task, now, outgoing, task};

fn planner() -> AgentId {
    "planner".parse().unwrap()
}

async fn ready(world: &World, room: u32) -> Vec<Ready> {
    world.tick().await.take_ready(&[(planner(), room), ("coder".parse().unwrap(), 5)]).await.unwrap()
}

async fn send(world: &World, execution: ExecutionId, lease: Lease) -> Result<(), slipway_store::Error> {
    let mut tick = world.tick().await;
    tick.mark_sent(&[(execution, lease)], &[outgoing("dispatch/planner")]).await?;
    tick.commit().await
}

async fn begun(world: &World, tasks: &[&Task]) -> Vec<Story> {
    let mut stories = Vec::new();
    for task in tasks {
        stories.push(world.begun(task).await);
    }
    stories
}

#[tokio::test]
async fn priority_goes_before_age_and_what_is_low_rises_with_age() {
    let world = World::new().await;
    let start = now();
    let low = task(Priority::Low, start - Duration::minutes(9));
    let normal = task(Priority::Normal, start);
    let earlier = task(Priority::Normal, start - Duration::seconds(5));
    let high = task(Priority::High, start);
    let critical = task(Priority::Critical, start + Duration::minutes(5));
    begun(&world, &[&low, &normal, &earlier, &high, &critical]).await;
    let all = ready(&world, 10).await;
    let order: Vec<_> = all.iter().map(|ready| ready.run.task().id).collect();
    assert_eq!(order, [critical.id, high.id, low.id, earlier.id, normal.id]);
    assert_eq!(ready(&world, 2).await, all[..2]);
    assert!(ready(&world, 0).await.is_empty());
}

#[tokio::test]
async fn an_agent_without_room_gets_nothing_and_the_others_what_they_have_room_for() {
    let world = World::new().await;
    let mut stories = begun(&world, &[&normal_task(), &normal_task(), &normal_task()]).await;
    for story in &mut stories[..2] {
        for _ in ["plan", "architecture"] {
            let holder = story.start(Incarnation::new(id()));
            story.finish(holder);
        }
        story.commit(&world).await;
    }
    let rooms = [(planner(), 0), ("coder".parse().unwrap(), 1), ("deployer".parse().unwrap(), 7)];
    let taken = world.tick().await.take_ready(&rooms).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].agent.as_str(), &taken[0].run), ("coder", &stories[0].run));
}

#[tokio::test]
async fn a_run_that_cannot_be_read_is_left_out_and_the_others_are_handed_out() {
    let world = World::new().await;
    let start = now();
    let damaged = task(Priority::Critical, start);
    let others = [task(Priority::High, start), task(Priority::Normal, start)];
    begun(&world, &[&damaged, &others[0], &others[1]]).await;
    let damage = "UPDATE runs SET state = '{\"no\": \"run\"}' WHERE task_id = $1 RETURNING state::text";
    world.text(damage, damaged.id).await;
    assert_eq!(world.store.run(damaged.id).await.unwrap_err().code(), "store.damaged");
    let taken = ready(&world, 5).await;
    let tasks: Vec<_> = taken.iter().map(|ready| ready.run.task().id).collect();
    assert_eq!(tasks, [others[0].id, others[1].id]);
    send(&world, taken[0].execution, Lease::FIRST).await.unwrap();
    assert_eq!(ready(&world, 5).await, taken[1..]);
    let record = world.store.executions(damaged.id).await.unwrap().remove(0);
    assert_eq!(record.status, ExecutionStatus::Ready, "it goes on when its run is put right");
}

#[tokio::test]
async fn an_execution_is_handed_out_once_and_only_under_its_lease() {
    let world = World::new().await;
    let story = world.begun(&normal_task()).await;
    let execution = ready(&world, 5).await[0].execution;
    assert_eq!(send(&world, execution, Lease::new(2)).await.unwrap_err().code(), "store.data");
    assert_eq!(world.number("SELECT count(*) FROM outbox").await, 0);
    send(&world, execution, Lease::FIRST).await.unwrap();
    assert!(ready(&world, 5).await.is_empty());
    assert_eq!(world.number("SELECT count(*) FROM outbox").await, 1);
    let flights = world.store.flights().await.unwrap();
    assert_eq!((flights.len(), flights[0].task, flights[0].priority), (1, story.task(), Priority::Normal));
    assert!(matches!(flights[0].state, FlightState::Sent { .. }));
}

#[tokio::test]
async fn two_ticks_never_take_the_same_execution() {
    let world = World::new().await;
    begun(&world, &[&normal_task(), &normal_task(), &normal_task()]).await;
    let (mut one, mut two) = (world.tick().await, world.tick().await);
    let first = one.take_ready(&[(planner(), 2)]).await.unwrap();
    let second = two.take_ready(&[(planner(), 2)]).await.unwrap();
    assert_eq!((first.len(), second.len()), (2, 1));
    assert!(first.iter().all(|ready| ready.execution != second[0].execution));
}

#[tokio::test]
async fn a_started_execution_is_in_flight_until_it_ends_and_events_that_do_not_touch_it_leave_it_sent() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let worker = Incarnation::new(id());
    let execution = story.holder(worker).execution;
    send(&world, execution, Lease::FIRST).await.unwrap();
    let holder = story.start(worker);
    story.commit(&world).await;
    let flight = world.store.flights().await.unwrap().remove(0);
    assert!(matches!(flight.state, FlightState::Started { incarnation, .. } if incarnation == worker));
    let record = world.store.executions(story.task()).await.unwrap().remove(0);
    assert!(record.sent_at.is_some(), "how long it lay in the queue can be told");
    story.finish(holder);
    story.commit(&world).await;
    assert!(world.store.flights().await.unwrap().is_empty());
    assert_eq!(ready(&world, 5).await.len(), 0, "the next step is another agent's");
}

#[tokio::test]
async fn what_waits_after_a_failed_attempt_is_not_handed_out_before_its_time() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    for (wait, expected) in [(Duration::hours(1), 0), (Duration::hours(-1), 1)] {
        let holder = story.start(Incarnation::new(id()));
        let data = slipway_protocol::Data::ExecutionFailed {
            cause: slipway_protocol::event::Cause::Error,
            retryable: true,
            message: "m".into(),
            code: None,
        };
        let event = story.event(Some(holder), data);
        story.tell(event);
        story.not_before.insert(holder.execution, now() + wait);
        story.commit(&world).await;
        assert_eq!(ready(&world, 5).await.len(), expected);
    }
}

#[tokio::test]
async fn returns_are_counted_until_a_start_and_only_of_the_current_lease() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let worker = Incarnation::new(id());
    let execution = story.holder(worker).execution;
    send(&world, execution, Lease::FIRST).await.unwrap();
    let mut tick = world.tick().await;
    assert_eq!(tick.count_return(execution, Lease::FIRST).await.unwrap(), 1);
    assert_eq!(tick.count_return(execution, Lease::new(2)).await.unwrap(), 0);
    tick.commit().await.unwrap();
    // The coordinator takes the lease back; the count stays.
    let untaken = story.holder(worker);
    let event = story.event(Some(untaken), slipway_protocol::Data::ExecutionReleased { reason: "r".into() });
    story.tell(event);
    story.commit(&world).await;
    let mut tick = world.tick().await;
    assert_eq!(tick.count_return(execution, Lease::new(2)).await.unwrap(), 2);
    tick.commit().await.unwrap();
    story.start(worker);
    story.commit(&world).await;
    assert_eq!(world.tick().await.count_return(execution, Lease::new(2)).await.unwrap(), 0);
    let record = world.store.executions(story.task()).await.unwrap().remove(0);
    assert_eq!(record.returns, 0);
}

#[tokio::test]
async fn nothing_of_a_paused_task_is_handed_out_not_even_what_comes_to_be_later() {
    let world = World::new().await;
    let mut story = world.begun(&normal_task()).await;
    let pause = Pause::Task(story.task());
    let set = async |on| {
        let mut tick = world.tick().await;
        let changed = tick.set_pause(&pause, "ada", on).await.unwrap();
        tick.commit().await.unwrap();
        changed
    };
    assert!(set(true).await);
    assert!(!set(true).await, "it is paused already");
    assert!(ready(&world, 5).await.is_empty());
    assert!(world.tick().await.lock_runs(&[story.run.id()]).await.unwrap()[&story.run.id()].held);
    for _ in ["plan", "architecture"] {
        let holder = story.start(Incarnation::new(id()));
        story.finish(holder);
    }
    story.commit(&world).await;
    assert!(ready(&world, 5).await.is_empty(), "the coder's execution came to be in a paused task");
    assert!(set(false).await);
    assert_eq!(ready(&world, 5).await.len(), 1);
}

#[tokio::test]
async fn pauses_are_listed_until_they_are_taken_back() {
    let world = World::new().await;
    let agent = Pause::Agent(planner());
    let mut tick = world.tick().await;
    assert!(tick.set_pause(&agent, "ada", true).await.unwrap());
    assert!(tick.set_pause(&Pause::All, "bob", true).await.unwrap());
    assert!(
        !tick.set_pause(&Pause::Task(normal_task().id), "ada", true).await.unwrap(),
        "there is no such task"
    );
    tick.commit().await.unwrap();
    let pauses = world.store.pauses().await.unwrap();
    let listed: Vec<_> = pauses.iter().map(|paused| (&paused.what, paused.by.as_str())).collect();
    assert!(listed.contains(&(&agent, "ada")) && listed.contains(&(&Pause::All, "bob")) && listed.len() == 2);
    let mut tick = world.tick().await;
    assert!(tick.set_pause(&agent, "ada", false).await.unwrap());
    assert!(!tick.set_pause(&agent, "ada", false).await.unwrap());
    tick.commit().await.unwrap();
    assert_eq!(world.store.pauses().await.unwrap().len(), 1);
}
