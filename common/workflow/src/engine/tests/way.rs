//! How a run begins, goes on and goes back.

use slipway_protocol::report::{Finding, Severity};
use slipway_protocol::{Approval, Data, ExecutionId, Lease, Report, ReportKind, RunId, TaskId};
use uuid::Uuid;

use super::support::*;
use crate::engine::{Command, Illegal};
use crate::run::{Ending, Run, Status};

#[test]
fn a_run_begins_with_the_first_step_dispatched_from_the_base() {
    let world = World::delivery(Approval::Auto);
    let dispatch = the_dispatch(&world);
    assert_eq!((dispatch.step.as_str(), dispatch.agent.as_str()), ("plan", "planner"));
    assert_eq!((dispatch.lease, dispatch.attempt, dispatch.revision), (Lease::FIRST, 1, 0));
    assert_eq!(dispatch.execution, ExecutionId::of(world.run.id(), &step("plan"), 1));
    assert_eq!((&dispatch.inputs.base, &dispatch.inputs.head), (&Some(commit(0)), &Some(commit(0))));
    assert!(dispatch.inputs.results.is_empty());
}

#[test]
fn a_run_begins_with_nothing_but_its_own_task_and_workflow() {
    let definition = delivery();
    let mut other = initiated(&definition, Approval::Auto);
    other.data = Data::TaskCompleted;
    assert!(matches!(Run::start(&definition, &other), Err(Illegal::NotAStart { .. })));
    let mut other = initiated(&definition, Approval::Auto);
    other.task = TaskId::new(Uuid::from_u128(9));
    assert!(matches!(Run::start(&definition, &other), Err(Illegal::OtherTask { .. })));
    let other = initiated(&looping(), Approval::Auto);
    let error = Run::start(&definition, &other).unwrap_err();
    assert!(
        error.to_string().ends_with("the run goes by workflow loop 7, and delivery 1 was given"),
        "{error}"
    );
}

#[test]
fn a_second_beginning_and_events_of_other_runs_are_illegal() {
    let mut world = World::delivery(Approval::Auto);
    let again = world.log[0].data.clone();
    assert!(matches!(world.tell(None, again), Err(Illegal::AlreadyStarted { .. })));
    let mut event = world.event(None, Data::TaskCompleted);
    event.run = RunId::new(Uuid::from_u128(9));
    assert!(matches!(world.apply(&event), Err(Illegal::OtherRun { .. })));
    let mut event = world.event(None, Data::TaskCompleted);
    event.task = TaskId::new(Uuid::from_u128(9));
    assert!(matches!(world.apply(&event), Err(Illegal::OtherTask { .. })));
    world.definition = looping();
    assert!(matches!(world.tell(None, Data::TaskCompleted), Err(Illegal::OtherWorkflow { .. })));
}

#[test]
fn good_results_lead_through_every_step_to_the_end() {
    let mut world = World::delivery(Approval::Auto);
    for name in ["plan", "architecture", "code", "test", "review", "deploy"] {
        assert_eq!(world.at_step(), name);
        world.finish(true);
    }
    assert_eq!(world.run.status(), &Status::Completed);
    assert_eq!(world.commands, [Command::Finish(Ending::Completed)]);
    assert_eq!(world.run.active().count(), 0);
    assert_eq!(world.run.results().len(), 6);
}

#[test]
fn a_result_of_a_step_that_commits_moves_the_head_and_no_other_does() {
    let mut world = World::delivery(Approval::Auto);
    world.finish(true);
    assert_ne!(world.run.head(), world.run.base());
    world.finish_until("test");
    let head = world.run.head().clone();
    assert_eq!(world.run.revision_heads(), std::slice::from_ref(&head));
    world.finish_until("deploy");
    assert_eq!(world.run.head(), &head);
}

#[test]
fn a_dispatch_bears_the_newest_result_of_each_kind() {
    let mut world = World::delivery(Approval::Auto);
    world.finish_until("test");
    world.finish(false);
    assert_eq!(world.at_step(), "code");
    let inputs = &the_dispatch(&world).inputs;
    let kinds: Vec<_> = inputs.results.iter().map(|accepted| accepted.report.kind()).collect();
    assert_eq!(kinds, [ReportKind::Plan, ReportKind::Architecture, ReportKind::Code, ReportKind::Tests]);
    assert_eq!(inputs.result(ReportKind::Tests).unwrap().report.outcome(), "failed");
    let first_code = inputs.result(ReportKind::Code).unwrap().commit.clone();
    world.finish(true);
    let inputs = &the_dispatch(&world).inputs;
    assert_ne!(inputs.result(ReportKind::Code).unwrap().commit, first_code);
    assert_eq!(inputs.revisions, [first_code, world.run.head().clone()]);
    assert_eq!(world.run.results().last().unwrap().step, step("code"));
}

#[test]
fn a_result_of_another_kind_is_illegal_and_the_message_names_state_and_event() {
    let mut world = World::delivery(Approval::Auto);
    let data =
        Data::Result { report: report(ReportKind::Tests, true), commit: commit(5), artefacts: Vec::new() };
    let event = world.event(Some(world.holder()), data);
    let error = world.apply(&event).unwrap_err();
    let wanted = format!(
        "test.results {} cannot be while plan (visit 1) is dispatched under lease 1: step plan publishes plan.created",
        event.id
    );
    assert_eq!(error.to_string(), wanted);
}

#[test]
fn a_result_about_another_commit_is_illegal_for_a_step_that_does_not_commit() {
    let mut world = World::delivery(Approval::Auto);
    world.finish_until("test");
    let before = world.run.clone();
    let data =
        Data::Result { report: report(ReportKind::Tests, true), commit: commit(5), artefacts: Vec::new() };
    let error = world.tell(Some(world.holder()), data).unwrap_err();
    let Illegal::WrongCommit { named, wanted, .. } = error else { panic!("{error}") };
    assert_eq!((named, &wanted), (commit(5), world.run.head()));
    assert_eq!(world.run, before);
}

#[test]
fn failed_tests_lead_back_to_the_coder_and_count_as_a_revision() {
    let mut world = World::delivery(Approval::Auto);
    world.finish_until("test");
    world.finish(false);
    let dispatch = the_dispatch(&world);
    assert_eq!((dispatch.step.as_str(), dispatch.revision, dispatch.attempt), ("code", 1, 1));
    assert_eq!(dispatch.execution, ExecutionId::of(world.run.id(), &step("code"), 2));
    assert_eq!(world.run.revisions(), 1);
}

#[test]
fn requested_changes_and_failed_tests_draw_on_one_bound() {
    let mut world = World::delivery(Approval::Auto);
    for late_step in ["test", "review", "test"] {
        world.finish_until(late_step);
        world.finish(false);
    }
    assert_eq!(world.run.revisions(), 3);
    world.finish_until("test");
    world.finish(false);
    assert_eq!(
        failed_because(&world),
        "tests still fail after 3 revisions (step test): unit: 2 of 31 tests failed"
    );
    assert_eq!(world.run.revisions(), 3);
}

#[test]
fn a_review_that_never_ends_tells_its_finding_in_the_reason() {
    let mut world = World::delivery(Approval::Auto);
    for _ in 0..3 {
        world.finish_until("review");
        world.finish(false);
    }
    world.finish_until("review");
    let finding = |severity, message: &str| Finding {
        check: "secret".into(),
        severity,
        message: message.into(),
        path: None,
        line: None,
    };
    let Report::Review { decision, basis, .. } = review(false, false) else { unreachable!() };
    let findings =
        vec![finding(Severity::Note, "long file"), finding(Severity::Blocking, "a key\nis committed")];
    let report = Report::Review { decision, findings, basis, needs_person: false };
    let data = Data::Result { report, commit: world.run.head().clone(), artefacts: Vec::new() };
    world.must(Some(world.holder()), data);
    let wanted =
        "the review still requests changes after 3 revisions (step review): a key is committed (and 1 more)";
    assert_eq!(failed_because(&world), wanted);
}

#[test]
fn an_edge_can_end_the_run_as_failed() {
    let mut world = World::new(looping(), Approval::Auto);
    world.finish(false);
    assert_eq!(failed_because(&world), "step test ended with failed: unit: 2 of 31 tests failed");
}
