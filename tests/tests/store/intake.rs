//! New tasks, and tasks without a run.

use slipway_protocol::{Isolation, Priority};
use slipway_store::{Accepted, NewTask, TaskStatus};
use time::Duration;

use crate::world::{Story, World, normal_task, now, request, task};

#[tokio::test]
async fn a_task_is_read_back_as_it_was_asked_for() {
    let world = World::new().await;
    let mut asked = normal_task();
    asked.repository = Some("https://example.org/x.git".into());
    asked.isolation = Some(Isolation::Container);
    asked.priority = Priority::Critical;
    let new = NewTask { key: Some("k".into()), reply_to: Some(("answers".into(), None)), ..request(&asked) };
    assert_eq!(world.accept(&new).await, Accepted::New);
    let record = world.store.task(asked.id).await.unwrap().unwrap();
    assert_eq!(
        (&record.task, record.status, record.key.as_deref()),
        (&asked, TaskStatus::Pending, Some("k"))
    );
    assert_eq!(world.store.pending_tasks(10).await.unwrap(), [asked.clone()]);
    assert_eq!(world.store.tasks_called(&asked.id.short()).await.unwrap(), [asked.id]);
}

#[tokio::test]
async fn the_same_key_is_the_same_task_and_with_other_words_it_is_refused() {
    let world = World::new().await;
    let first = NewTask { key: Some("order-7".into()), ..request(&normal_task()) };
    let again = NewTask { task: normal_task(), ..first.clone() };
    let other = NewTask { key: first.key.clone(), ..request(&normal_task()) };
    assert_eq!(world.accept(&first).await, Accepted::New);
    assert_eq!(world.accept(&again).await, Accepted::Known(first.task.id));
    assert_eq!(world.accept(&other).await, Accepted::KeyReused(first.task.id));
    assert_eq!(world.accept(&first).await, Accepted::Known(first.task.id), "the same id is the same task");
    assert_eq!(world.number("SELECT count(*) FROM tasks").await, 1);
}

#[tokio::test]
async fn what_comes_twice_in_one_batch_is_one_task() {
    let world = World::new().await;
    let first = NewTask { key: Some("k".into()), ..request(&normal_task()) };
    let batch = [
        first.clone(),
        NewTask { task: normal_task(), ..first.clone() },
        NewTask { task: normal_task(), key: None, suspect: true, ..first.clone() },
        request(&normal_task()),
    ];
    let mut tick = world.tick().await;
    let answers = tick.accept(&batch).await.unwrap();
    tick.commit().await.unwrap();
    let earlier = first.task.id;
    assert_eq!(
        answers,
        [Accepted::New, Accepted::Known(earlier), Accepted::Held { duplicate_of: earlier }, Accepted::New]
    );
}

#[tokio::test]
async fn a_redelivered_request_is_held_when_the_same_was_accepted_in_the_last_ten_minutes() {
    let world = World::new().await;
    let first = request(&task(Priority::Normal, now() - Duration::minutes(9)));
    let held = NewTask { task: normal_task(), suspect: true, ..first.clone() };
    let wanted = NewTask { task: normal_task(), ..first.clone() };
    assert_eq!(world.accept(&first).await, Accepted::New);
    assert_eq!(world.accept(&held).await, Accepted::Held { duplicate_of: first.task.id });
    let record = world.store.task(held.task.id).await.unwrap().unwrap();
    assert_eq!((record.status, record.duplicate_of), (TaskStatus::Held, Some(first.task.id)));
    assert!(record.reason.unwrap().contains(&first.task.id.to_string()));
    assert_eq!(world.accept(&wanted).await, Accepted::New, "a first delivery is wanted, however alike");

    let old = request(&task(Priority::Normal, now() - Duration::minutes(11)));
    let late = NewTask { task: normal_task(), suspect: true, ..old.clone() };
    assert_eq!(world.accept(&old).await, Accepted::New);
    assert_eq!(world.accept(&late).await, Accepted::New);
}

#[tokio::test]
async fn a_held_task_waits_until_a_person_releases_or_drops_it() {
    let world = World::new().await;
    let first = request(&normal_task());
    world.accept(&first).await;
    let [released, dropped] = [normal_task(), normal_task()];
    for held in [&released, &dropped] {
        world.accept(&NewTask { task: held.clone(), suspect: true, ..first.clone() }).await;
    }
    let pending = world.store.pending_tasks(10).await.unwrap();
    assert_eq!(pending.iter().map(|task| task.id).collect::<Vec<_>>(), [first.task.id]);

    let mut tick = world.tick().await;
    assert!(tick.release_held(released.id).await.unwrap());
    assert!(!tick.release_held(released.id).await.unwrap(), "it is not held any more");
    assert!(tick.drop_held(dropped.id, "ada").await.unwrap());
    assert!(!tick.drop_held(first.task.id, "ada").await.unwrap(), "it was never held");
    tick.commit().await.unwrap();
    assert_eq!(world.store.pending_tasks(10).await.unwrap().len(), 2);
    let record = world.store.task(dropped.id).await.unwrap().unwrap();
    assert_eq!(record.status, TaskStatus::Cancelled);
    assert!(record.reason.unwrap().starts_with("dropped by ada as a duplicate of "));
}

#[tokio::test]
async fn a_task_that_ended_without_a_run_gets_none() {
    let world = World::new().await;
    let [failed, cancelled] = [normal_task(), normal_task()];
    world.accept(&request(&failed)).await;
    world.accept(&request(&cancelled)).await;
    let mut tick = world.tick().await;
    assert_eq!(tick.still_pending(&[failed.id, cancelled.id]).await.unwrap().len(), 2);
    assert!(tick.fail_pending(failed.id, "the repository is\0gone").await.unwrap());
    assert!(tick.cancel_pending(cancelled.id, "ada").await.unwrap());
    assert!(!tick.cancel_pending(failed.id, "ada").await.unwrap());
    assert!(tick.still_pending(&[failed.id, cancelled.id]).await.unwrap().is_empty());
    tick.commit().await.unwrap();

    let story = Story::new(&world.definition, &cancelled);
    let error = story.try_keep(&mut world.tick().await, None).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("store.data", false));
    let record = world.store.task(cancelled.id).await.unwrap().unwrap();
    assert_eq!((record.status, record.reason.as_deref()), (TaskStatus::Cancelled, Some("cancelled by ada")));
    assert_eq!(world.store.run(cancelled.id).await.unwrap(), None);
    assert_eq!(world.number("SELECT count(*) FROM event_log").await, 0);
}

#[tokio::test]
async fn the_most_urgent_tasks_get_their_runs_first() {
    let world = World::new().await;
    let start = now();
    let low = task(Priority::Low, start - Duration::minutes(9));
    let normal = task(Priority::Normal, start);
    let high = task(Priority::High, start);
    let critical = task(Priority::Critical, start + Duration::minutes(5));
    for asked in [&low, &normal, &high, &critical] {
        world.accept(&request(asked)).await;
    }
    let order: Vec<_> =
        world.store.pending_tasks(10).await.unwrap().into_iter().map(|task| task.id).collect();
    assert_eq!(order, [critical.id, high.id, low.id, normal.id]);
}
