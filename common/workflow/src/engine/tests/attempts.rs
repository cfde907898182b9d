//! Leases, failures and the endings of an attempt.

use slipway_protocol::event::Cause;
use slipway_protocol::{Approval, Data, ExecutionId, Holder, Lease};
use uuid::Uuid;

use super::support::*;
use crate::engine::{Command, Illegal, Reason, pending};
use crate::run::{Ending, Execution, ExecutionState, Status};

#[test]
fn started_binds_the_lease_and_wants_nothing_more() {
    let mut world = World::delivery(Approval::Auto);
    let holder = world.holder();
    world.must(Some(holder), Data::ExecutionStarted);
    let bound = ExecutionState::Started { lease: holder.lease, incarnation: holder.incarnation };
    assert_eq!(world.active().1.state, bound);
    assert!(world.commands.is_empty());
    assert!(pending(&world.definition, &world.run).is_empty());
    assert_eq!(world.tell(Some(holder), Data::ExecutionStarted), Ok(Some(Reason::Duplicate)));
}

#[test]
fn another_incarnation_under_a_bound_lease_is_stale_whatever_it_says() {
    let mut world = World::delivery(Approval::Auto);
    world.must(Some(world.holder()), Data::ExecutionStarted);
    let other = Holder { incarnation: incarnation(2), ..world.holder() };
    for data in [Data::ExecutionStarted, failed(true), released(), world.result(true)] {
        assert_eq!(world.tell(Some(other), data), Ok(Some(Reason::Stale)));
    }
}

#[test]
fn a_terminal_event_may_speak_for_the_start_too() {
    let mut world = World::delivery(Approval::Auto);
    let holder = Holder { incarnation: incarnation(2), ..world.holder() };
    let data = world.result(true);
    world.must(Some(holder), data);
    assert_eq!(world.at_step(), "architecture");
}

#[test]
fn an_older_lease_is_stale_and_one_never_given_is_illegal() {
    let mut world = World::delivery(Approval::Auto);
    let first = world.holder();
    world.must(Some(first), Data::ExecutionStarted);
    world.must(Some(first), released());
    for data in [Data::ExecutionStarted, failed(true), released(), world.result(true)] {
        assert_eq!(world.tell(Some(first), data), Ok(Some(Reason::Stale)));
    }
    let future = Holder { lease: Lease::new(3), ..first };
    let error = world.tell(Some(future), Data::ExecutionStarted).unwrap_err();
    assert!(matches!(error, Illegal::UnknownLease { named, .. } if named == Lease::new(3)), "{error}");
}

#[test]
fn an_attempts_event_names_a_holder_of_an_execution_of_this_run() {
    let mut world = World::delivery(Approval::Auto);
    assert!(matches!(world.tell(None, Data::ExecutionStarted), Err(Illegal::NoHolder { .. })));
    let unknown = Holder { execution: ExecutionId::new(Uuid::from_u128(9)), ..world.holder() };
    let error = world.tell(Some(unknown), Data::ExecutionStarted).unwrap_err();
    assert!(matches!(error, Illegal::UnknownExecution { .. }), "{error}");
}

#[test]
fn a_release_gives_the_next_lease_at_once_and_spends_no_attempt() {
    let mut world = World::delivery(Approval::Auto);
    for number in 2..40 {
        world.must(Some(world.holder()), released());
        let Command::Dispatch(dispatch) = &world.commands[0] else { panic!("{:?}", world.commands) };
        assert_eq!((dispatch.lease, dispatch.attempt), (Lease::new(number), 1));
    }
}

#[test]
fn a_lease_that_nobody_took_can_be_released_by_whoever_watches() {
    let mut world = World::delivery(Approval::Auto);
    let watcher = Holder { incarnation: incarnation(77), ..world.holder() };
    world.must(Some(watcher), released());
    let late = Holder { lease: Lease::FIRST, ..world.holder() };
    assert_eq!(world.tell(Some(late), Data::ExecutionStarted), Ok(Some(Reason::Stale)));
}

#[test]
fn a_retryable_failure_spends_an_attempt_and_is_tried_again_under_the_next_lease() {
    let mut world = World::delivery(Approval::Auto);
    world.must(Some(world.holder()), failed(true));
    let Command::Retry { dispatch, attempt } = &world.commands[0] else { panic!("{:?}", world.commands) };
    assert_eq!((dispatch.lease, dispatch.attempt, *attempt), (Lease::new(2), 2, 2));
    assert_eq!(world.commands, pending(&world.definition, &world.run));
}

#[test]
fn when_the_attempts_are_spent_the_run_fails_with_the_true_cause() {
    let mut world = World::delivery(Approval::Auto);
    for _ in 0..5 {
        assert_eq!(world.run.status(), &Status::Running);
        world.must(Some(world.holder()), failed(true));
        let id = ExecutionId::of(world.run.id(), &step("plan"), 1);
        assert!(world.run.executions()[&id].spent <= 5);
    }
    let reason = "step plan failed after 5 attempts: timeout: the deadline of 10 min passed";
    assert_eq!(failed_because(&world), reason);
    assert_eq!(world.commands, [Command::Finish(Ending::Failed { reason: reason.into() })]);
}

#[test]
fn a_final_failure_ends_the_run_at_once() {
    let mut world = World::delivery(Approval::Auto);
    world.must(Some(world.holder()), failed(false));
    assert_eq!(failed_because(&world), "step plan failed: timeout: the deadline of 10 min passed");
    let states: Vec<_> = world.run.executions().values().map(|execution| &execution.state).collect();
    assert!(matches!(states.as_slice(), [ExecutionState::Failed { .. }]), "{states:?}");
}

#[test]
fn each_execution_has_its_own_attempts() {
    let mut world = World::delivery(Approval::Auto);
    for _ in 0..4 {
        world.must(Some(world.holder()), failed(true));
    }
    world.finish(true);
    let Execution { spent, .. } = world.active().1;
    assert_eq!((world.at_step().as_str(), spent), ("architecture", 0));
}

#[test]
fn of_two_endings_of_one_attempt_the_first_applied_wins() {
    for first_fails in [true, false] {
        let mut world = World::delivery(Approval::Auto);
        let holder = world.holder();
        world.must(Some(holder), Data::ExecutionStarted);
        let result = world.result(true);
        let (first, second) = if first_fails { (failed(true), result) } else { (result, failed(true)) };
        let first = world.terminal(holder, first);
        assert_eq!(world.apply(&first), Ok(None));
        let after = world.run.clone();
        let same_id = world.terminal(holder, second.clone());
        assert_eq!(world.apply(&same_id), Ok(Some(Reason::Duplicate)));
        assert_eq!(world.tell(Some(holder), second), Ok(Some(Reason::Stale)));
        assert_eq!(world.run, after);
    }
}

#[test]
fn a_reason_is_one_line_of_bounded_length_whatever_an_event_says() {
    let mut world = World::delivery(Approval::Auto);
    let message = format!("line one\n\u{1b}[2J{}", "x".repeat(10_000));
    let cause = Cause::Error;
    let data = Data::ExecutionFailed { cause, retryable: false, message, code: Some("E1".into()) };
    world.must(Some(world.holder()), data);
    let reason = failed_because(&world);
    assert!(reason.chars().count() < 600 && !reason.contains(char::is_control), "{reason:?}");
}
