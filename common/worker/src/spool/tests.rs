//! The spool alone: what it keeps, what it forgets, and what it takes over from the dead.

use slipway_protocol::event::Data;
use slipway_protocol::{Priority, RunId, TaskId};
use tempfile::TempDir;
use time::macros::datetime;
use uuid::Uuid;

use super::*;

fn event(number: u128) -> Event {
    Event {
        id: EventId::new(Uuid::from_u128(number)),
        source: "slipway/coder".into(),
        time: datetime!(2026-11-21 12:00 UTC),
        task: TaskId::new(Uuid::from_u128(1)),
        run: RunId::new(Uuid::from_u128(2)),
        holder: None,
        priority: Priority::Normal,
        cause: None,
        traceparent: None,
        data: Data::ExecutionReleased { reason: "a test".into() },
    }
}

fn life(number: u128) -> Incarnation {
    Incarnation::new(Uuid::from_u128(number))
}

fn open(folder: &TempDir, number: u128) -> Arc<Spool> {
    Arc::new(Spool::open(folder.path(), life(number)).unwrap())
}

#[tokio::test]
async fn the_next_life_takes_over_what_a_dead_one_kept_and_not_what_a_living_one_keeps() {
    let folder = TempDir::new().unwrap();
    let (dead, living) = (open(&folder, 1), open(&folder, 2));
    dead.keep(&event(10)).await.unwrap();
    dead.keep(&event(11)).await.unwrap();
    dead.settle(&[event(11).id]);
    living.keep(&event(20)).await.unwrap();
    fs::create_dir(dead.work_dir().join("tree")).unwrap();
    drop(dead);
    let next = open(&folder, 3);
    assert_eq!(next.ids(10), [event(10).id]);
    assert_eq!(living.ids(10), [event(20).id]);
    let lives = fs::read_dir(folder.path().join("lives")).unwrap().count();
    assert_eq!(lives, 2, "the dead life's folder is gone");
    drop(living);
    next.take_over_again().await.unwrap();
    assert_eq!(next.ids(10), [event(10).id, event(20).id]);
    next.settle(&[event(20).id]);
    assert_eq!(next.due(&next.ids(10), Instant::now(), Duration::from_secs(10)), [event(10)]);
}

#[tokio::test]
async fn a_file_that_is_no_event_is_set_aside_and_half_a_file_is_forgotten() {
    let folder = TempDir::new().unwrap();
    let dead = open(&folder, 1);
    fs::write(dead.events().join(event(1).id.to_string()), "{\"half").unwrap();
    fs::write(dead.events().join(".draft"), "{").unwrap();
    drop(dead);
    assert!(open(&folder, 2).is_empty());
    assert_eq!(fs::read_dir(folder.path().join("unreadable")).unwrap().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_settled_is_due_again_after_growing_pauses() {
    let folder = TempDir::new().unwrap();
    let spool = open(&folder, 1);
    spool.keep(&event(1)).await.unwrap();
    let (start, pause) = (Instant::now(), Duration::from_secs(10));
    let due = |at: u64| !spool.due(&spool.ids(9), start + Duration::from_secs(at), pause).is_empty();
    assert!(due(0));
    spool.sent(event(1).id, start);
    assert!(!due(9) && due(10));
    spool.sent(event(1).id, start + pause);
    assert!(!due(29) && due(30));
    for _ in 0..100 {
        spool.sent(event(1).id, start);
    }
    assert!(!due(299) && due(300));
    assert!(spool.holds(event(1).id));
    spool.settle(&[event(1).id]);
    assert!(!spool.holds(event(1).id));
    assert!(!due(10_000));
    assert!(files_in(&spool.events()).is_empty());
}
