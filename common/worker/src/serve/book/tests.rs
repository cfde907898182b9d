//! The book alone: which copies of a dispatch are begun, and when a lease is trusted no longer.

use std::time::Duration;

use slipway_protocol::{Approval, Inputs, PreviewMode, Priority, RunId, Task};
use time::macros::datetime;
use uuid::Uuid;

use super::*;

fn dispatch(execution: u128, lease: u32) -> Dispatch {
    Dispatch {
        execution: ExecutionId::new(Uuid::from_u128(execution)),
        lease: Lease::new(lease),
        run: RunId::new(Uuid::from_u128(1)),
        task: Task {
            id: TaskId::new(Uuid::from_u128(7)),
            prompt: "build a todo app".parse().unwrap(),
            priority: Priority::Normal,
            repository: None,
            approval: Approval::Auto,
            preview: PreviewMode::Auto,
            isolation: None,
            created_at: datetime!(2026-11-21 12:00 UTC),
        },
        step: "code".parse().unwrap(),
        agent: "coder".parse().unwrap(),
        attempt: 1,
        revision: 0,
        inputs: Inputs::default(),
    }
}

fn running(dispatch: &Dispatch) -> Running {
    Running { task: dispatch.task.id, execution: dispatch.execution, lease: dispatch.lease }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(25)
}

#[tokio::test(start_paused = true)]
async fn a_second_copy_of_a_dispatch_and_an_older_lease_are_not_begun() {
    let mut book = Book::default();
    assert!(book.begin(&dispatch(1, 2), soon()).is_some());
    assert!(book.begin(&dispatch(1, 2), soon()).is_none());
    assert!(book.begin(&dispatch(1, 1), soon()).is_none());
    book.end(dispatch(1, 2).execution, Lease::new(2));
    assert!(book.begin(&dispatch(1, 2), soon()).is_none(), "it is remembered after its end");
    assert!(book.begin(&dispatch(2, 1), soon()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_newer_lease_makes_the_older_attempt_stale() {
    let mut book = Book::default();
    let mut older = book.begin(&dispatch(1, 1), soon()).unwrap();
    let newer = book.begin(&dispatch(1, 2), soon()).unwrap();
    assert_eq!(older.stopped().await, Stop::Stale);
    assert!(!newer.is_stale());
    assert_eq!(book.busy(&"coder".parse().unwrap()), 2);
}

#[tokio::test(start_paused = true)]
async fn trust_ends_unless_a_beat_renews_it_and_never_comes_back() {
    let mut book = Book::default();
    let dispatch = dispatch(1, 1);
    let start = Instant::now();
    let mut ear = book.begin(&dispatch, soon()).unwrap();
    tokio::time::advance(Duration::from_secs(20)).await;
    assert!(!book.judge(&running(&dispatch), Verdict::Valid, soon()));
    assert_eq!(ear.stopped().await, Stop::Unconfirmed);
    assert_eq!(start.elapsed().as_secs(), 45);
    assert!(book.judge(&running(&dispatch), Verdict::Cancelled, soon()));
    book.judge(&running(&dispatch), Verdict::Valid, soon());
    assert_eq!(ear.stopped().await, Stop::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn stale_outweighs_every_other_reason() {
    let mut book = Book::default();
    let dispatch = dispatch(1, 1);
    let mut ear = book.begin(&dispatch, soon()).unwrap();
    book.cancel(dispatch.task.id);
    book.give_back();
    assert_eq!(ear.stopped().await, Stop::Cancelled);
    book.judge(&running(&dispatch), Verdict::Stale, soon());
    assert_eq!(ear.stopped().await, Stop::Stale);
    assert!(ear.is_stale());
}
