//! Random histories: what happens in them, and what the engine must answer.

use proptest::collection::vec;
use proptest::prelude::*;
use slipway_protocol::{Approval, Data, Event, Holder, Lease};

use super::support::*;
use crate::engine::Reason;
use crate::run::{ExecutionState, Status};

/// One step of a history. What does not fit the state is left out.
#[derive(Debug, Clone)]
pub(super) enum Move {
    Start,
    Finish {
        good: bool,
    },
    Fail {
        retryable: bool,
    },
    Release,
    Grant {
        right: bool,
    },
    Deny,
    Cancel,
    Progress,
    /// An applied event again, as it was.
    Duplicate(prop::sample::Index),
    /// An applied attempt's event again, under a new id, in the name of someone who no longer counts.
    Stale(prop::sample::Index),
    /// A second ending of an attempt that has ended.
    Compete(prop::sample::Index),
}

fn a_move() -> impl Strategy<Value = Move> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        8 => Just(Move::Start),
        16 => prop::bool::weighted(0.7).prop_map(|good| Move::Finish { good }),
        4 => prop::bool::weighted(0.95).prop_map(|retryable| Move::Fail { retryable }),
        3 => Just(Move::Release),
        5 => prop::bool::weighted(0.8).prop_map(|right| Move::Grant { right }),
        1 => prop::bool::weighted(0.2).prop_map(|deny| if deny { Move::Deny } else { Move::Progress }),
        1 => prop::bool::weighted(0.2).prop_map(|cancel| if cancel { Move::Cancel } else { Move::Progress }),
        5 => index().prop_map(Move::Duplicate),
        5 => index().prop_map(Move::Stale),
        3 => index().prop_map(Move::Compete),
    ]
}

#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) looping: bool,
    pub(super) approval: Approval,
    pub(super) moves: Vec<Move>,
}

pub(super) fn a_history() -> impl Strategy<Value = History> {
    let approval = prop_oneof![Just(Approval::Auto), Just(Approval::Manual)];
    (any::<bool>(), approval, vec(a_move(), 0..70)).prop_map(|(looping, approval, moves)| History {
        looping,
        approval,
        moves,
    })
}

/// What an event of the history must come to.
pub(super) enum Expected {
    Change,
    Ignored(&'static [Reason]),
    Either,
}

impl Expected {
    pub(super) fn check(&self, said: Option<Reason>) -> Result<(), TestCaseError> {
        let holds = match (self, said) {
            (Self::Either, _) | (Self::Change, None) => true,
            (Self::Ignored(reasons), Some(reason)) => reasons.contains(&reason),
            (Self::Change, Some(_)) | (Self::Ignored(_), None) => false,
        };
        let wanted = match self {
            Self::Change => "a change".to_owned(),
            Self::Either => "anything".to_owned(),
            Self::Ignored(reasons) => format!("{reasons:?}"),
        };
        prop_assert!(holds, "wanted {wanted}, got {said:?}");
        Ok(())
    }
}

pub(super) fn make(world: &mut World, one: &Move) -> Option<(Event, Expected)> {
    let active = world.run.active().next().map(|(id, it)| holder_of(id, it, incarnation(1)));
    match one {
        Move::Start => Some((world.event(Some(active?), Data::ExecutionStarted), Expected::Either)),
        Move::Finish { good } => {
            let holder = active?;
            let data = world.result(*good);
            Some((world.terminal(holder, data), Expected::Change))
        }
        Move::Fail { retryable } => Some((world.terminal(active?, failed(*retryable)), Expected::Change)),
        Move::Release => Some((world.terminal(active?, released()), Expected::Change)),
        Move::Grant { right } => {
            let commit = if *right { world.run.head().clone() } else { commit(0xbad) };
            let waits = matches!(world.run.status(), Status::AwaitingApproval { .. });
            let expected = if waits && *right { Expected::Change } else { AFTERWARDS };
            Some((world.event(None, granted(&commit)), expected))
        }
        Move::Deny => {
            let head = world.run.head().clone();
            Some((world.event(None, denied(&head)), Expected::Either))
        }
        Move::Cancel => Some((world.event(None, Data::TaskCancelled { by: "ada".into() }), Expected::Either)),
        Move::Progress => {
            let step = world.definition.first().id().clone();
            let data = Data::TaskProgress { step, message: "a line".into() };
            Some((world.event(None, data), Expected::Ignored(&[Reason::Irrelevant])))
        }
        Move::Duplicate(index) => {
            Some((index.get(&world.log).clone(), Expected::Ignored(&[Reason::Duplicate])))
        }
        Move::Stale(index) => Some((stale_copy(world, *index)?, AFTERWARDS)),
        Move::Compete(index) => Some((competitor(world, *index)?, AFTERWARDS)),
    }
}

const AFTERWARDS: Expected = Expected::Ignored(&[Reason::Stale, Reason::Late]);

/// An applied attempt's event in the name of an older lease, or of another incarnation under a bound one.
fn stale_copy(world: &mut World, index: prop::sample::Index) -> Option<Event> {
    let held: Vec<Event> = world.log.iter().filter(|event| event.holder.is_some()).cloned().collect();
    let event = (!held.is_empty()).then(|| index.get(&held).clone())?;
    let holder = event.holder?;
    let execution = &world.run.executions()[&holder.execution];
    let other = match (&execution.state.lease(), &execution.state) {
        (None, _) => holder,
        (Some(lease), ExecutionState::Started { .. }) if index.index(2) == 0 => {
            Holder { lease: *lease, incarnation: incarnation(2), ..holder }
        }
        (Some(lease), _) => {
            Holder { lease: Lease::new(lease.number().checked_sub(1).filter(|n| *n > 0)?), ..holder }
        }
    };
    Some(world.event(Some(other), event.data))
}

/// Another ending for an attempt that has ended already, under an id of its own.
fn competitor(world: &mut World, index: prop::sample::Index) -> Option<Event> {
    let ended: Vec<Event> = world.log.iter().filter(|event| ends_an_attempt(&event.data)).cloned().collect();
    let event = (!ended.is_empty()).then(|| index.get(&ended).clone())?;
    let data = match event.data {
        Data::Result { .. } => failed(true),
        _ => released(),
    };
    Some(world.event(event.holder, data))
}

fn ends_an_attempt(data: &Data) -> bool {
    matches!(data, Data::Result { .. } | Data::ExecutionFailed { .. } | Data::ExecutionReleased { .. })
}
