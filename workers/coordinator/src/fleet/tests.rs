//! What the leader makes of beats and silence.

use std::time::{Duration, Instant};

use slipway_protocol::fleet::{Beat, Load, Running, Slots, Verdict};
use slipway_protocol::{AgentId, EventId, ExecutionId, Holder, Incarnation, Lease, Priority, RunId, TaskId};
use uuid::Uuid;

use super::{Fleet, Flight, Pauses, Stage, Timings, Why};

const TIMINGS: Timings = Timings {
    lease: Duration::from_secs(30),
    unclaimed: Duration::from_secs(10),
    overtime: Duration::from_secs(15),
    window: 2,
};

fn agent() -> AgentId {
    "coder".parse().unwrap()
}

fn id(number: u128) -> ExecutionId {
    ExecutionId::new(Uuid::from_u128(number))
}

fn worker(number: u128) -> Incarnation {
    Incarnation::new(Uuid::from_u128(number))
}

fn flight(stage: Stage) -> Flight {
    Flight {
        task: TaskId::new(Uuid::from_u128(1)),
        run: RunId::new(Uuid::from_u128(2)),
        agent: agent(),
        lease: Lease::FIRST,
        priority: Priority::Normal,
        deadline: Duration::from_mins(10),
        stage,
    }
}

fn started(by: Incarnation, at: Instant) -> Flight {
    flight(Stage::Started { incarnation: by, at, sign: at })
}

fn beat(by: Incarnation, running: &[ExecutionId], busy: u32) -> Beat {
    let task = TaskId::new(Uuid::from_u128(1));
    Beat {
        incarnation: by,
        worker: "w".into(),
        version: "0".into(),
        agents: vec![Slots { agent: agent(), slots: 4, busy }],
        running: running.iter().map(|it| Running { task, execution: *it, lease: Lease::FIRST }).collect(),
        unapplied: Vec::new(),
        draining: false,
        load: Load::default(),
    }
}

fn fleet_with(flight: Flight, begun: Instant) -> Fleet {
    let mut fleet = Fleet::new(TIMINGS, begun);
    fleet.reload([(id(1), flight)], Pauses::default());
    fleet
}

#[test]
fn a_lease_ends_when_its_holder_is_silent_for_a_whole_one_and_not_before() {
    let begun = Instant::now();
    let mut fleet = fleet_with(started(worker(1), begun), begun);
    assert!(fleet.overdue(begun + Duration::from_secs(30)).is_empty());
    fleet.beat(beat(worker(1), &[id(1)], 1), begun + Duration::from_secs(20));
    assert!(fleet.overdue(begun + Duration::from_secs(49)).is_empty());
    let overdue = fleet.overdue(begun + Duration::from_secs(51));
    assert_eq!(overdue[0].why, Why::Silent(worker(1)));
}

#[test]
fn a_worker_that_lives_but_has_lost_the_step_is_silent_about_it() {
    let begun = Instant::now();
    let mut fleet = fleet_with(started(worker(1), begun), begun);
    for seconds in (0..40).step_by(5) {
        fleet.beat(beat(worker(1), &[], 0), begun + Duration::from_secs(seconds));
    }
    assert_eq!(fleet.overdue(begun + Duration::from_secs(40)).len(), 1);
}

#[test]
fn keeping_the_event_that_ends_a_step_is_a_sign_of_life() {
    let begun = Instant::now();
    let mut fleet = fleet_with(started(worker(1), begun), begun);
    let holder = Holder { execution: id(1), lease: Lease::FIRST, incarnation: worker(1) };
    let mut kept = beat(worker(1), &[], 0);
    kept.unapplied.push(EventId::terminal(&holder));
    fleet.beat(kept, begun + Duration::from_secs(29));
    assert!(fleet.overdue(begun + Duration::from_secs(58)).is_empty());
}

#[test]
fn after_an_outage_no_lease_ends_for_a_whole_one() {
    let begun = Instant::now();
    let mut fleet = fleet_with(started(worker(1), begun), begun);
    let back = begun + Duration::from_secs(100);
    fleet.freeze(back);
    assert!(fleet.overdue(back + Duration::from_secs(29)).is_empty());
    assert_eq!(fleet.overdue(back + Duration::from_secs(31)).len(), 1);
}

#[test]
fn a_deadline_ends_even_a_step_whose_worker_beats() {
    let begun = Instant::now();
    let mut fleet = fleet_with(started(worker(1), begun), begun);
    let late = begun + Duration::from_secs(616);
    fleet.beat(beat(worker(1), &[id(1)], 1), late);
    assert_eq!(fleet.overdue(late)[0].why, Why::Late(worker(1)));
}

#[test]
fn a_dispatch_counts_as_lost_only_while_a_slot_was_free_for_it_all_the_time() {
    let begun = Instant::now();
    let mut fleet = fleet_with(flight(Stage::Sent { eligible: None, claimed: None }), begun);
    let at = |seconds| begun + Duration::from_secs(seconds);
    assert!(fleet.overdue(at(60)).is_empty(), "nobody serves the agent");
    fleet.beat(beat(worker(1), &[], 4), at(60));
    assert!(fleet.overdue(at(61)).is_empty(), "no slot is free");
    fleet.beat(beat(worker(1), &[], 3), at(62));
    assert!(fleet.overdue(at(62)).is_empty());
    fleet.beat(beat(worker(1), &[], 4), at(65));
    assert!(fleet.overdue(at(65)).is_empty());
    fleet.beat(beat(worker(1), &[], 3), at(66));
    assert!(fleet.overdue(at(66)).is_empty());
    assert!(fleet.overdue(at(76)).is_empty());
    assert_eq!(fleet.overdue(at(77))[0].why, Why::Unclaimed);
}

#[test]
fn a_dispatch_that_a_worker_says_it_performs_is_not_lost_even_if_its_start_is() {
    let begun = Instant::now();
    let mut fleet = fleet_with(flight(Stage::Sent { eligible: None, claimed: None }), begun);
    for seconds in 0..60 {
        let now = begun + Duration::from_secs(seconds);
        fleet.beat(beat(worker(1), &[id(1)], 1), now);
        assert!(fleet.overdue(now).is_empty());
    }
}

#[test]
fn only_the_holder_is_told_that_its_lease_is_valid() {
    let begun = Instant::now();
    let mut fleet = fleet_with(started(worker(1), begun), begun);
    assert_eq!(fleet.beat(beat(worker(1), &[id(1)], 1), begun), [Verdict::Valid]);
    assert_eq!(fleet.beat(beat(worker(2), &[id(1)], 1), begun), [Verdict::Stale]);
    assert_eq!(fleet.beat(beat(worker(1), &[id(9)], 1), begun), [Verdict::Stale]);
}

#[test]
fn there_is_room_for_the_free_slots_and_a_small_window_and_none_while_paused() {
    let begun = Instant::now();
    let mut fleet = fleet_with(started(worker(1), begun), begun);
    let agents = [agent()];
    assert_eq!(fleet.rooms(&agents, begun), [(agent(), 1)], "the window alone, less what is under way");
    fleet.beat(beat(worker(1), &[id(1)], 1), begun);
    fleet.beat(beat(worker(2), &[], 0), begun);
    assert_eq!(fleet.rooms(&agents, begun), [(agent(), 9)]);
    fleet.pause(Pauses { all: false, agents: [agent()].into() });
    assert!(fleet.rooms(&agents, begun).is_empty());
    assert_eq!(fleet.paused(), [agent()]);
}
