//! The events that the coordinator itself makes.

use slipway_protocol::{Data, Event, EventId, Holder, RunId, Task};
use slipway_runtime::Clock;

use crate::fleet::Flight;

/// Who says so.
pub(crate) const SOURCE: &str = "slipway/coordinator";

/// Makes events in the coordinator's name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    clock: &'a dyn Clock,
}

impl<'a> Facts<'a> {
    /// Facts dated by `clock`.
    pub(crate) const fn new(clock: &'a dyn Clock) -> Self {
        Self { clock }
    }

    /// A fact about the task's run.
    pub(crate) fn about(self, task: &Task, run: RunId, id: EventId, data: Data) -> Event {
        Event {
            id,
            source: SOURCE.into(),
            time: self.clock.now(),
            task: task.id,
            run,
            holder: None,
            priority: task.priority,
            cause: None,
            traceparent: None,
            data,
        }
    }

    /// A fact that follows from `cause`; the same one always has the same id.
    pub(crate) fn following(self, cause: &Event, what: &str, data: Data) -> Event {
        Event {
            id: EventId::derived(cause.id, what),
            source: SOURCE.into(),
            time: self.clock.now(),
            cause: Some(cause.id),
            data,
            holder: None,
            ..cause.clone()
        }
    }

    /// The end of `holder`'s attempt, because of `cause`.
    pub(crate) fn ending(self, cause: &Event, holder: Holder, data: Data) -> Event {
        let id = EventId::terminal(&holder);
        Event { id, holder: Some(holder), ..self.following(cause, "end", data) }
    }

    /// The end of an attempt whose holder cannot end it itself any more.
    pub(crate) fn given_up(self, holder: Holder, flight: &Flight, data: Data) -> Event {
        Event {
            id: EventId::terminal(&holder),
            source: SOURCE.into(),
            time: self.clock.now(),
            task: flight.task,
            run: flight.run,
            holder: Some(holder),
            priority: flight.priority,
            cause: None,
            traceparent: None,
            data,
        }
    }
}
