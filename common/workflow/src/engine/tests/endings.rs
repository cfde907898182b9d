//! Gates, a person's word, cancellation, and what comes after the end.

use slipway_protocol::event::Unknown;
use slipway_protocol::{Approval, Data};

use super::support::*;
use crate::engine::{Command, Reason, pending};
use crate::run::{Ending, Run, Status};

#[test]
fn with_manual_approval_an_approved_review_waits_for_a_person() {
    let mut world = World::delivery(Approval::Manual);
    world.finish_until("review");
    world.finish(true);
    let head = world.run.head().clone();
    let asked = Command::AskApproval { commit: head.clone(), step: step("deploy") };
    assert_eq!(world.commands, [asked]);
    assert_eq!(pending(&world.definition, &world.run), world.commands);
    world.must(None, granted(&head));
    let dispatch = the_dispatch(&world);
    assert_eq!(dispatch.step, step("deploy"));
    let approved = dispatch.inputs.approved.as_ref().unwrap();
    assert_eq!((&approved.commit, approved.by.as_str()), (&head, "ada"));
}

#[test]
fn a_review_that_needs_a_person_waits_even_with_automatic_approval() {
    let mut world = World::delivery(Approval::Auto);
    world.finish_until("review");
    let data =
        Data::Result { report: review(true, true), commit: world.run.head().clone(), artefacts: Vec::new() };
    world.must(Some(world.holder()), data);
    assert!(matches!(world.run.status(), Status::AwaitingApproval { .. }));
}

#[test]
fn a_word_about_another_commit_or_one_nobody_waits_for_is_stale() {
    let mut world = World::delivery(Approval::Manual);
    world.finish_until("review");
    let head = world.run.head().clone();
    assert_eq!(world.tell(None, granted(&head)), Ok(Some(Reason::Stale)));
    world.finish(true);
    assert_eq!(world.tell(None, granted(&commit(5))), Ok(Some(Reason::Stale)));
    assert_eq!(world.tell(None, denied(&commit(5))), Ok(Some(Reason::Stale)));
    world.must(None, granted(&head));
    assert_eq!(world.tell(None, granted(&head)), Ok(Some(Reason::Stale)));
    assert_eq!(world.tell(None, denied(&head)), Ok(Some(Reason::Stale)));
}

#[test]
fn a_denial_ends_the_run_with_the_persons_reason() {
    let mut world = World::delivery(Approval::Manual);
    world.finish_until("review");
    world.finish(true);
    let head = world.run.head().clone();
    world.must(None, denied(&head));
    assert_eq!(failed_because(&world), "rejected by ada: wrong colour");
}

#[test]
fn a_gate_that_is_met_again_asks_again_and_one_grant_is_not_heard_twice() {
    let mut world = World::new(looping(), Approval::Manual);
    world.finish(true);
    let grant = world.event(None, granted(&commit(0)));
    assert_eq!(world.apply(&grant), Ok(None));
    world.finish(false);
    world.finish(true);
    assert!(matches!(world.run.status(), Status::AwaitingApproval { .. }));
    assert_eq!(world.apply(&grant), Ok(Some(Reason::Duplicate)));
}

#[test]
fn a_cancellation_ends_a_run_that_goes_on_and_abandons_what_is_active() {
    for waits in [false, true] {
        let mut world = World::delivery(Approval::Manual);
        if waits {
            world.finish_until("review");
            world.finish(true);
        }
        world.must(None, Data::TaskCancelled { by: "ada".into() });
        assert_eq!(world.run.status(), &Status::Cancelled { by: "ada".into() });
        assert_eq!(world.commands, [Command::Finish(Ending::Cancelled { by: "ada".into() })]);
        assert_eq!(world.run.active().count(), 0);
    }
}

#[test]
fn whatever_comes_after_the_end_is_late() {
    let mut world = World::delivery(Approval::Auto);
    let (holder, result, head) = (world.holder(), world.result(true), world.run.head().clone());
    let again = world.log[0].data.clone();
    world.must(None, Data::TaskCancelled { by: "ada".into() });
    let late = [
        again,
        Data::ExecutionStarted,
        failed(true),
        released(),
        result,
        granted(&head),
        denied(&head),
        Data::TaskCancelled { by: "bob".into() },
    ];
    for data in late {
        assert_eq!(world.tell(Some(holder), data), Ok(Some(Reason::Late)));
    }
    assert_eq!(world.run.status(), &Status::Cancelled { by: "ada".into() });
}

#[test]
fn progress_echoes_and_unknown_types_are_irrelevant_before_and_after_the_end() {
    let mut world = World::delivery(Approval::Auto);
    for _ in 0..2 {
        let irrelevant = [
            Data::TaskProgress { step: step("plan"), message: "wrote plan.yaml".into() },
            Data::ApprovalRequested { commit: commit(0), step: step("deploy") },
            Data::TaskCompleted,
            Data::TaskFailed { reason: "so".into() },
            Data::Unknown(Unknown {
                event_type: "moon.rose".into(),
                version: 1,
                data: serde_json::Value::Null,
            }),
        ];
        for data in irrelevant {
            assert_eq!(world.tell(None, data), Ok(Some(Reason::Irrelevant)));
        }
        let _ = world.tell(None, Data::TaskCancelled { by: "ada".into() });
    }
}

#[test]
fn replaying_the_applied_events_gives_the_same_run() {
    let mut world = World::delivery(Approval::Manual);
    world.must(Some(world.holder()), Data::ExecutionStarted);
    world.must(Some(world.holder()), failed(true));
    world.finish_until("test");
    world.finish(false);
    world.finish_until("review");
    world.finish(true);
    let (first, others) = world.log.split_first().unwrap();
    assert_eq!(Run::replay(&world.definition, first, others).unwrap(), world.run);
    let twice = others.iter().chain(others);
    assert_eq!(Run::replay(&world.definition, first, twice).unwrap(), world.run);
    assert!(Run::replay(&world.definition, &others[0], others).is_err());
}
