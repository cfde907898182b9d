//! Random histories: what holds in every one of them, and that it is noticed when a guard is missing.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRng, TestRunner};
use slipway_protocol::{Approval, Data, Event, Holder, Lease, ReportKind};

use super::histories::{History, a_history, make};
use super::support::*;
use crate::definition::{Definition, Step, Target};
use crate::engine::{Applied, Guards, Reason, apply_with, pending};
use crate::run::{Run, Status};

type Held = Result<(), TestCaseError>;

/// Plays `history` by the true rules and checks after each event what must hold.
fn play(history: &History) -> Result<World, TestCaseError> {
    play_with(Guards::ON, Judge::AnswersAndState, history)
}

/// What is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Judge {
    /// What the engine answers to each event, and what the run is afterwards.
    AnswersAndState,
    /// Only what the run is afterwards: a wrong answer that does no harm passes.
    State,
}

fn play_with(guards: Guards, judge: Judge, history: &History) -> Result<World, TestCaseError> {
    let definition = if history.looping { looping() } else { delivery() };
    let mut world = World::new(definition, history.approval);
    world.guards = guards;
    let mut all = world.log.clone();
    for one in &history.moves {
        if let Some((event, expected)) = make(&mut world, one) {
            let before = world.run.clone();
            let said = match (world.apply(&event), judge) {
                (Ok(said), Judge::State) => said,
                (Ok(said), Judge::AnswersAndState) => expected.check(said).map(|()| said)?,
                (Err(_), Judge::State) => continue,
                (Err(error), Judge::AnswersAndState) => return Err(TestCaseError::fail(error.to_string())),
            };
            check_step(&world, &before, said)?;
            all.push(event);
        }
    }
    check_replay(&world, &all)?;
    Ok(world)
}

/// What holds after every event.
fn check_step(world: &World, before: &Run, said: Option<Reason>) -> Held {
    let (run, definition) = (&world.run, &world.definition);
    if said.is_some() {
        prop_assert_eq!(run, before, "an ignored event left a trace");
        return Ok(());
    }
    prop_assert!(before.status().ending().is_none(), "a run that had ended changed");
    prop_assert!(run.revisions() <= definition.revisions(), "more revisions than the definition grants");
    let going_on = pending(definition, run);
    for command in &world.commands {
        prop_assert!(going_on.contains(command), "a command that the state does not know: {command:?}");
    }
    let ended = run.status().ending().is_some();
    let active = run.active().count();
    prop_assert_eq!(
        active > 0,
        matches!(run.status(), Status::Running),
        "a run that runs has something to run"
    );
    prop_assert!(!ended || going_on.len() == 1, "an ended run is finished, once");
    if let Status::AwaitingApproval { commit, .. } = run.status() {
        prop_assert_eq!(commit, run.head(), "a person is asked about the head");
    }
    check_executions(run, before, definition)?;
    check_gates(world)?;
    let json = serde_json::to_vec(run).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let read: Run = serde_json::from_slice(&json).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(&read, run, "a run that is read back is another one");
    Ok(())
}

fn check_executions(run: &Run, before: &Run, definition: &Definition) -> Held {
    for (id, old) in before.executions() {
        let new = &run.executions()[id];
        prop_assert!(new.spent >= old.spent, "an attempt was given back");
        if let Some(lease) = new.state.lease() {
            prop_assert!(Some(lease) >= old.state.lease(), "a lease went back");
            prop_assert!(old.state.is_active(), "an execution that had ended began again");
            prop_assert!(new.spent < definition.attempts(), "more attempts than the definition grants");
        }
    }
    Ok(())
}

/// With manual approval, what stands behind a gate was visited no more often than a person said yes.
fn check_gates(world: &World) -> Held {
    if world.run.task().approval == Approval::Auto {
        return Ok(());
    }
    let mut ids: Vec<_> = Vec::new();
    let grants = world.log.iter().filter(|event| {
        let grant = matches!(event.data, Data::ApprovalGranted { .. });
        let first = !ids.contains(&event.id);
        ids.push(event.id);
        grant && first
    });
    let grants = grants.count();
    let steps = world.definition.steps().iter().flat_map(Step::next);
    let gated = steps.filter_map(|edge| match &edge.target {
        Target::Forward { to, gate: Some(_) } => Some(to),
        Target::Forward { .. } | Target::Back { .. } | Target::End(_) => None,
    });
    for step in gated {
        let visits = world.run.executions().values().filter(|execution| execution.step == *step).count();
        prop_assert!(visits <= grants, "{step} was visited {visits} times with {grants} approvals");
    }
    Ok(())
}

/// Replaying what was applied, or all that came, gives the same run, also when the events were written and read.
fn check_replay(world: &World, all: &[Event]) -> Held {
    for events in [&world.log[..], all] {
        let mut run: Option<Run> = None;
        for event in events {
            let event =
                Event::from_json(&event.to_json()).map_err(|error| TestCaseError::fail(error.to_string()))?;
            run = match run {
                None => Run::start(&world.definition, &event).ok().map(|(run, _)| run),
                Some(run) => match apply_with(world.guards, &world.definition, &run, &event) {
                    Ok(Applied::Changed { run, .. }) => Some(run),
                    Ok(Applied::Ignored(_)) => Some(run),
                    Err(error) => return Err(TestCaseError::fail(format!("illegal on replay: {error}"))),
                },
            };
        }
        prop_assert_eq!(run.as_ref(), Some(&world.run), "replaying gives another run");
    }
    Ok(())
}

fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_rules(history in a_history()) {
        play(&history)?;
    }

    #[test]
    fn an_event_of_any_holder_changes_nothing_once_the_run_has_ended(
        history in a_history(), who in 1_u128..4, lease in 1_u32..4, kind in 0..5,
    ) {
        let mut world = play(&history)?;
        let _ = world.tell(None, Data::TaskCancelled { by: "ada".into() });
        let ids: Vec<_> = world.run.executions().keys().copied().collect();
        for execution in ids {
            let holder = Holder { execution, lease: Lease::new(lease), incarnation: incarnation(who) };
            let head = world.run.head().clone();
            let data = match kind {
                0 => Data::ExecutionStarted,
                1 => failed(true),
                2 => released(),
                3 => granted(&head),
                _ => Data::Result {
                    report: report(ReportKind::Plan, true), commit: head, artefacts: Vec::new(),
                },
            };
            prop_assert_eq!(world.tell(Some(holder), data), Ok(Some(Reason::Late)));
        }
    }
}

#[test]
fn the_histories_reach_every_ending_and_every_pause() {
    let reached = RefCell::new(BTreeSet::new());
    let mut runner = runner(1000);
    let played = runner.run(&a_history(), |history| {
        reached.borrow_mut().insert(kind_of(play(&history)?.run.status()));
        Ok(())
    });
    assert!(played.is_ok(), "{played:?}");
    let wanted =
        ["attempts", "cancelled", "completed", "end", "final", "rejected", "revisions", "running", "waiting"];
    assert_eq!(reached.into_inner(), BTreeSet::from(wanted));
}

fn kind_of(status: &Status) -> &'static str {
    let parts = [
        ("attempts: ", "attempts"),
        ("revisions (", "revisions"),
        ("rejected by", "rejected"),
        ("ended with", "end"),
    ];
    match status {
        Status::Running => "running",
        Status::AwaitingApproval { .. } => "waiting",
        Status::Completed => "completed",
        Status::Cancelled { .. } => "cancelled",
        Status::Failed { reason } => {
            parts.iter().find(|(part, _)| reason.contains(part)).map_or("final", |(_, kind)| kind)
        }
    }
}

/// Looks for a history in which an engine with `guards` does harm, and wants the harm to be `how`.
fn must_be_caught(guards: Guards, judge: Judge, how: &str) {
    let histories = a_history();
    match runner(20_000).run(&histories, |history| play_with(guards, judge, &history).map(drop)) {
        Err(TestError::Fail(reason, history)) => {
            assert!(reason.message().contains(how), "caught by {reason}, not by {how:?}: {history:?}");
        }
        other => panic!("not caught: {other:?}"),
    }
}

#[test]
fn an_engine_that_forgets_ids_is_caught_passing_a_gate_twice_on_one_approval() {
    must_be_caught(
        Guards { dedupe: false, ..Guards::ON },
        Judge::State,
        "was visited 2 times with 1 approvals",
    );
}

#[test]
fn an_engine_that_heeds_old_leases_and_other_holders_is_caught() {
    must_be_caught(
        Guards { stale: false, ..Guards::ON },
        Judge::AnswersAndState,
        "wanted [Stale, Late], got None",
    );
    must_be_caught(Guards { stale: false, ..Guards::ON }, Judge::State, "a lease went back");
}

#[test]
fn an_engine_that_grants_one_revision_too_many_is_caught() {
    must_be_caught(
        Guards { cap_slack: 1, ..Guards::ON },
        Judge::State,
        "more revisions than the definition grants",
    );
}
